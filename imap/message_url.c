#include "imap/message_url.h"

#include "base/number.h"

static bool is_url_char(unsigned char c)
{
	return c > 0x20 && c < 0x7f && strchr("\"<>\\^`{|}", c) == NULL;
}

static int hex_value(char c)
{
	return g_ascii_xdigit_value(c);
}

/* %XX decoded; false for a broken one, a NUL, or an octet no URL may hold. */
static bool decode(struct slice text, struct arena *arena, struct slice *out)
{
	char *to = arena_alloc(arena, text.len + 1);
	size_t len = 0;

	for (size_t i = 0; i < text.len; i++) {
		char c = text.data[i];

		if (c == '%') {
			if (i + 2 >= text.len || hex_value(text.data[i + 1]) < 0 || hex_value(text.data[i + 2]) < 0)
				return false;
			c = (char)(hex_value(text.data[i + 1]) * 16 + hex_value(text.data[i + 2]));
			i += 2;
			if (c == '\0')
				return false;
		} else if (!is_url_char((unsigned char)c)) {
			return false;
		}
		to[len++] = c;
	}
	*out = slice_of(to, len);
	return true;
}

/* Where `;word=` (any case) begins, from `start` on; SIZE_MAX: nowhere. */
static size_t find(struct slice url, size_t start, const char *word)
{
	size_t len = strlen(word);

	for (size_t i = start; i + len <= url.len; i++)
		if (g_ascii_strncasecmp(url.data + i, word, len) == 0)
			return i;
	return SIZE_MAX;
}

static struct slice cut(struct slice url, size_t from, size_t to)
{
	return slice_of(url.data + from, to - from);
}

/* `/Drafts;UIDVALIDITY=5` */
static bool read_mailbox(struct slice text, struct arena *arena, struct message_url *url)
{
	size_t at = find(text, 0, ";UIDVALIDITY=");

	if (at != SIZE_MAX) {
		size_t digits = at + strlen(";UIDVALIDITY=");

		if (!number_parse(cut(text, digits, text.len), 1, UINT32_MAX, &url->uidvalidity))
			return false;
		text.len = at;
	}
	if (text.len >= 2 && text.data[0] == '/' && text.data[1] == '/')
		return false; /* a server */
	if (text.len > 0 && text.data[0] == '/') {
		url->is_rooted = true;
		text = cut(text, 1, text.len);
	}
	if (memchr(text.data, ';', text.len) != NULL || memchr(text.data, ':', text.len) != NULL ||
	    memchr(text.data, '?', text.len) != NULL || memchr(text.data, '#', text.len) != NULL)
		return false; /* a scheme, a search, or a parameter we do not know */
	return decode(text, arena, &url->mailbox);
}

/* `0.1024` or `7` */
static bool read_partial(struct slice text, struct message_url *url)
{
	const char *dot = memchr(text.data, '.', text.len);
	size_t digits = dot != NULL ? (size_t)(dot - text.data) : text.len;

	url->has_partial = true;
	url->length = UINT64_MAX;
	return number_parse(cut(text, 0, digits), 0, INT64_MAX, &url->offset) &&
	       (dot == NULL || number_parse(cut(text, digits + 1, text.len), 1, INT64_MAX, &url->length));
}

/* What stands behind the UID. */
static bool read_rest(struct slice rest, struct arena *arena, struct message_url *url)
{
	static const char section[] = "/;SECTION=", partial[] = "/;PARTIAL=";
	size_t at = find(rest, 0, partial);

	if (at != SIZE_MAX) {
		if (!read_partial(cut(rest, at + strlen(partial), rest.len), url))
			return false;
		rest.len = at;
	}
	if (rest.len == 0)
		return true;
	if (find(rest, 0, section) != 0 || rest.len == strlen(section))
		return false;
	rest = cut(rest, strlen(section), rest.len);
	return memchr(rest.data, ';', rest.len) == NULL && decode(rest, arena, &url->section);
}

bool message_url_parse(struct slice url, struct arena *arena, struct message_url *url_out)
{
	static const char slash_uid[] = "/;UID=";
	size_t at = find(url, 0, slash_uid), digits, end;
	uint64_t uid;

	*url_out = (struct message_url){ 0 };
	digits = at != SIZE_MAX ? at + strlen(slash_uid) : strlen(slash_uid) - 1;
	if (at == SIZE_MAX) {
		if (find(url, 0, slash_uid + 1) != 0)
			return false;
		at = 0;
	}
	for (end = digits; end < url.len && g_ascii_isdigit(url.data[end]); end++)
		;
	if (!number_parse(cut(url, digits, end), 1, UINT32_MAX, &uid))
		return false;
	url_out->uid = (uint32_t)uid;
	return read_mailbox(cut(url, 0, at), arena, url_out) &&
	       read_rest(cut(url, end, url.len), arena, url_out);
}
