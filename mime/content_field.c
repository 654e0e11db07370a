/* Parameters as the world writes them.
 *
 * `; name = value` with: quoted values with backslashes, quotes that never end, unquoted values
 * with spaces and brackets, comments, a missing semicolon between two parameters, empty
 * parameters, RFC 2231 continuations in any order and with gaps.  A parameter is never refused;
 * past 200 of them the rest is ignored. */
#include "mime/content_field.h"
#include "mime/part_blob.h"

#define MAX_PARAMETERS 200

struct piece {
	GString *name;    /* lower case, without *N and * */
	GString *value;
	int section;      /* -1: not a continuation */
	bool extended;    /* name ended in '*' */
	bool done;
};

struct cursor {
	const char *at, *end;
};

static bool is_space(char c)
{
	return c == ' ' || c == '\t' || c == '\r' || c == '\n';
}

/* Nested, with backslashes; one that never ends runs to the end. */
static void skip_comment(struct cursor *c)
{
	int depth = 0;

	while (c->at < c->end) {
		char octet = *c->at++;

		if (octet == '\\' && c->at < c->end)
			c->at++;
		else if (octet == '(')
			depth++;
		else if (octet == ')' && --depth == 0)
			return;
	}
}

static void skip_space(struct cursor *c)
{
	while (c->at < c->end && (is_space(*c->at) || *c->at == '('))
		if (*c->at == '(')
			skip_comment(c);
		else
			c->at++;
}

void content_field_word(GString *out, struct slice value, struct slice *rest_out)
{
	struct cursor c = { value.data, value.data + value.len };

	skip_space(&c);
	while (c.at < c.end && *c.at != ';' && *c.at != '(' && !is_space(*c.at)) {
		if (*c.at != '"')
			g_string_append_c(out, g_ascii_tolower(*c.at));
		c.at++;
	}
	*rest_out = slice_of(c.at, (size_t)(c.end - c.at));
}

bool content_field_type(struct slice value, GString *type_out, GString *subtype_out,
			struct slice *rest_out)
{
	g_autoptr(GString) word = g_string_new(NULL);
	struct cursor c;
	char *slash;

	content_field_word(word, value, rest_out);
	slash = memchr(word->str, '/', word->len);
	if (slash == NULL) {
		/* "text / plain" and "text" */
		c = (struct cursor){ rest_out->data, rest_out->data + rest_out->len };
		skip_space(&c);
		if (c.at == c.end || *c.at != '/')
			return false;
		g_string_append_c(word, '/');
		content_field_word(word, slice_of(c.at + 1, (size_t)(c.end - c.at - 1)), rest_out);
		slash = memchr(word->str, '/', word->len);
	} else if (slash + 1 == word->str + word->len) {
		content_field_word(word, *rest_out, rest_out);
		slash = memchr(word->str, '/', word->len);
	}
	g_string_append_len(type_out, word->str, slash - word->str);
	g_string_append_len(subtype_out, slash + 1, word->str + word->len - (slash + 1));
	if (type_out->len > 0 && subtype_out->len > 0 &&
	    memchr(subtype_out->str, '/', subtype_out->len) == NULL)
		return true;
	g_string_truncate(type_out, 0);
	g_string_truncate(subtype_out, 0);
	return false;
}

static void take_quoted(struct cursor *c, GString *value)
{
	c->at++;
	while (c->at < c->end && *c->at != '"') {
		if (*c->at == '\\' && c->at + 1 < c->end)
			c->at++;
		g_string_append_c(value, *c->at++);
	}
	if (c->at < c->end)
		c->at++;
}

/* Whether `token =` stands here: the next parameter, its semicolon forgotten. */
static bool parameter_follows(struct cursor c)
{
	const char *start;

	while (c.at < c.end && is_space(*c.at))
		c.at++;
	start = c.at;
	while (c.at < c.end && (g_ascii_isalnum(*c.at) || *c.at == '-' || *c.at == '*' || *c.at == '_'))
		c.at++;
	return c.at > start && c.at < c.end && *c.at == '=';
}

static void take_unquoted(struct cursor *c, GString *value, bool is_name)
{
	while (c->at < c->end && *c->at != ';') {
		if (is_space(*c->at)) {
			if (parameter_follows(*c))
				break;
			while (c->at < c->end && is_space(*c->at))
				g_string_append_c(value, *c->at++);
			continue;
		}
		if (*c->at == '(' && !is_name && (value->len == 0 || is_space(c->at[-1]))) {
			skip_comment(c);
			continue;
		}
		g_string_append_c(value, *c->at++);
	}
	while (value->len > 0 && is_space(value->str[value->len - 1]))
		g_string_truncate(value, value->len - 1);
}

/* name, name*, name*0, name*0* */
static void split_name(struct piece *piece)
{
	GString *name = piece->name;
	size_t end = name->len, digits;

	piece->section = -1;
	if (end > 1 && name->str[end - 1] == '*') {
		piece->extended = true;
		end--;
	}
	for (digits = end; digits > 0 && g_ascii_isdigit(name->str[digits - 1]); digits--)
		;
	if (digits < end && end - digits <= 4 && digits > 1 && name->str[digits - 1] == '*') {
		piece->section = 0;
		for (size_t i = digits; i < end; i++)
			piece->section = piece->section * 10 + (name->str[i] - '0');
		end = digits - 1;
	}
	g_string_truncate(name, end);
}

static bool take_piece(struct cursor *c, struct piece *piece)
{
	bool is_name;

	do {
		skip_space(c);
	} while (c->at < c->end && *c->at == ';' && c->at++);
	if (c->at == c->end)
		return false;
	*piece = (struct piece){ .name = g_string_new(NULL), .value = g_string_new(NULL) };
	while (c->at < c->end && *c->at != '=' && *c->at != ';' && *c->at != '"') {
		if (!is_space(*c->at))
			g_string_append_c(piece->name, g_ascii_tolower(*c->at));
		c->at++;
	}
	split_name(piece);
	is_name = strstr(piece->name->str, "name") != NULL;
	if (c->at < c->end && *c->at == '=') {
		c->at++;
		while (c->at < c->end && is_space(*c->at))
			c->at++;
	}
	if (c->at < c->end && *c->at == '"')
		take_quoted(c, piece->value);
	else
		take_unquoted(c, piece->value, is_name);
	return true;
}

static void emit(GString *out, const GString *name, bool extended, const GString *value)
{
	part_varint_append(out, name->len + extended);
	g_string_append_len(out, name->str, (gssize)name->len);
	if (extended)
		g_string_append_c(out, '*');
	part_varint_append(out, value->len);
	g_string_append_len(out, value->str, (gssize)value->len);
}

/* A plain segment of an extended value, in the value's own coding. */
static void append_percent(GString *out, const GString *value)
{
	for (size_t i = 0; i < value->len; i++)
		if (g_ascii_isalnum(value->str[i]) || strchr("-._~", value->str[i]) != NULL)
			g_string_append_c(out, value->str[i]);
		else
			g_string_append_printf(out, "%%%02X", (unsigned char)value->str[i]);
}

static void append_unpercent(GString *out, const GString *value)
{
	for (size_t i = 0; i < value->len; i++) {
		if (value->str[i] == '%' && i + 2 < value->len &&
		    g_ascii_isxdigit(value->str[i + 1]) && g_ascii_isxdigit(value->str[i + 2])) {
			g_string_append_c(out, (char)(g_ascii_xdigit_value(value->str[i + 1]) * 16 +
						      g_ascii_xdigit_value(value->str[i + 2])));
			i += 2;
		} else {
			g_string_append_c(out, value->str[i]);
		}
	}
}

static struct piece *next_section(GArray *pieces, const struct piece *first, int above)
{
	struct piece *best = NULL;

	for (guint i = 0; i < pieces->len; i++) {
		struct piece *p = &g_array_index(pieces, struct piece, i);

		if (!p->done && p->section > above && g_string_equal(p->name, first->name) &&
		    (best == NULL || p->section < best->section))
			best = p;
	}
	return best;
}

/* All sections of one name in the order of their numbers; the first says whether the
 * whole is extended. */
static void emit_continued(GString *out, GArray *pieces, struct piece *any)
{
	g_autoptr(GString) value = g_string_new(NULL);
	struct piece *first = next_section(pieces, any, -1);
	int section = -1;

	for (struct piece *p = first; p != NULL; p = next_section(pieces, any, section)) {
		if (p->extended == first->extended)
			g_string_append_len(value, p->value->str, (gssize)p->value->len);
		else if (first->extended)
			append_percent(value, p->value);
		else
			append_unpercent(value, p->value);
		section = p->section;
	}
	emit(out, first->name, first->extended, value);
	/* A second piece of the same number is dropped. */
	for (guint i = 0; i < pieces->len; i++) {
		struct piece *p = &g_array_index(pieces, struct piece, i);

		if (p->section >= 0 && g_string_equal(p->name, any->name))
			p->done = true;
	}
}

void content_field_parameters(GString *out, struct slice rest)
{
	struct cursor c = { rest.data, rest.len > 0 ? rest.data + rest.len : rest.data };
	g_autoptr(GArray) pieces = g_array_new(FALSE, FALSE, sizeof(struct piece));
	struct piece piece;

	while (pieces->len < MAX_PARAMETERS && take_piece(&c, &piece))
		g_array_append_val(pieces, piece);
	for (guint i = 0; i < pieces->len; i++) {
		struct piece *p = &g_array_index(pieces, struct piece, i);

		if (p->done || p->name->len == 0)
			continue;
		if (p->section < 0)
			emit(out, p->name, p->extended, p->value);
		else
			emit_continued(out, pieces, p);
	}
	for (guint i = 0; i < pieces->len; i++) {
		g_string_free(g_array_index(pieces, struct piece, i).name, TRUE);
		g_string_free(g_array_index(pieces, struct piece, i).value, TRUE);
	}
}
