/* A cursor over the text; each function reads one production at its front and
 * leaves the cursor behind it. */
#include "lmtp/path.h"

#define MAX_DOMAIN 255

static char peek(struct slice text)
{
	return text.len > 0 ? text.data[0] : '\0';
}

static bool skip(struct slice *text, char expected)
{
	if (text->len == 0 || text->data[0] != expected)
		return false;
	*text = slice_of(text->data + 1, text->len - 1);
	return true;
}

static bool is_8bit(char c)
{
	return (unsigned char)c >= 0x80;
}

/* atext of RFC 5322, with UTF-8 (RFC 6531). */
static bool is_atext(char c)
{
	return g_ascii_isalnum(c) || is_8bit(c) || (c != '\0' && strchr("!#$%&'*+-/=?^_`{|}~", c) != NULL);
}

static bool is_local_octet(char c)
{
	return is_atext(c) || c == '.';
}

/* Underscores are no part of a host name, and in use nevertheless. */
static bool is_label_octet(char c)
{
	return g_ascii_isalnum(c) || is_8bit(c) || c == '-' || c == '_';
}

static struct slice take_while(struct slice *text, bool (*wanted)(char c))
{
	struct slice taken = slice_of(text->data, 0);

	while (text->len > 0 && wanted(text->data[0])) {
		taken.len++;
		*text = slice_of(text->data + 1, text->len - 1);
	}
	return taken;
}

/* Atoms with single dots between. */
static bool read_dotted(struct slice *text, bool (*wanted)(char c), GString *out)
{
	do {
		struct slice atom = take_while(text, wanted);

		if (atom.len == 0)
			return false;
		g_string_append_len(out, atom.data, (gssize)atom.len);
		if (peek(*text) == '.')
			g_string_append_c(out, '.');
	} while (skip(text, '.'));
	return true;
}

/* The content between quotes, backslashes resolved. */
static bool read_quoted(struct slice *text, GString *content)
{
	if (!skip(text, '"'))
		return false;
	while (text->len > 0 && peek(*text) != '"') {
		char c;

		skip(text, '\\');
		c = peek(*text);
		if (text->len == 0 || (unsigned char)c < 0x20 || c == 0x7f)
			return false;
		g_string_append_c(content, c);
		skip(text, c);
	}
	return skip(text, '"');
}

static bool is_dot_atom(const GString *content)
{
	g_autoptr(GString) again = g_string_new(NULL);
	struct slice text = slice_of(content->str, content->len);

	return read_dotted(&text, is_atext, again) && text.len == 0;
}

static void append_quoted(GString *out, const GString *content)
{
	g_string_append_c(out, '"');
	for (gsize i = 0; i < content->len; i++) {
		if (content->str[i] == '"' || content->str[i] == '\\')
			g_string_append_c(out, '\\');
		g_string_append_c(out, content->str[i]);
	}
	g_string_append_c(out, '"');
}

static bool read_bare(struct slice *text, GString *content)
{
	struct slice bare = take_while(text, is_local_octet);

	g_string_append_len(content, bare.data, (gssize)bare.len);
	return bare.len > 0;
}

static bool read_local_part(struct slice *text, GString *out)
{
	g_autoptr(GString) content = g_string_new(NULL);

	if (peek(*text) == '"' ? !read_quoted(text, content) : !read_bare(text, content))
		return false;
	if (is_dot_atom(content))
		g_string_append_len(out, content->str, (gssize)content->len);
	else
		append_quoted(out, content);
	return true;
}

static bool is_literal_octet(char c)
{
	return g_ascii_isalnum(c) || c == '.' || c == ':' || c == '-';
}

static bool read_domain(struct slice *text, GString *out)
{
	gsize start = out->len;

	if (skip(text, '[')) {
		struct slice literal = take_while(text, is_literal_octet);

		g_string_append_c(out, '[');
		g_string_append_len(out, literal.data, (gssize)literal.len);
		g_string_append_c(out, ']');
		return literal.len > 0 && skip(text, ']');
	}
	return read_dotted(text, is_label_octet, out) && out->len - start <= MAX_DOMAIN;
}

/* "@a.test,@b.test:" is to be accepted and ignored (RFC 5321 appendix C). */
static bool skip_source_route(struct slice *text)
{
	g_autoptr(GString) dropped = g_string_new(NULL);

	if (peek(*text) != '@')
		return true;
	do {
		if (!skip(text, '@') || !read_domain(text, dropped))
			return false;
	} while (skip(text, ','));
	return skip(text, ':');
}

static bool read_mailbox(struct slice *text, enum lmtp_path_kind kind, GString *out)
{
	if (!skip_source_route(text) || !read_local_part(text, out))
		return false;
	if (kind == LMTP_FORWARD_PATH && peek(*text) == '>')
		return true;
	if (!skip(text, '@'))
		return false;
	g_string_append_c(out, '@');
	return read_domain(text, out);
}

bool lmtp_path_parse(struct slice text, enum lmtp_path_kind kind, struct lmtp_path *path_out,
		     struct slice *rest_out)
{
	g_autoptr(GString) address = g_string_new(NULL);

	*path_out = (struct lmtp_path){ 0 };
	if (!skip(&text, '<'))
		return false;
	if ((kind != LMTP_REVERSE_PATH || peek(text) != '>') && !read_mailbox(&text, kind, address))
		return false;
	if (!skip(&text, '>') || address->len > LMTP_MAX_ADDRESS ||
	    !g_utf8_validate(address->str, (gssize)address->len, NULL))
		return false;
	path_out->is_ascii = g_str_is_ascii(address->str);
	path_out->address = g_string_free(g_steal_pointer(&address), FALSE);
	*rest_out = text;
	return true;
}

void lmtp_path_clear(struct lmtp_path *path)
{
	g_clear_pointer(&path->address, g_free);
}
