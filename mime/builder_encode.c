/* Encoders of the builder. */
#include "mime/builder_encode.h"

#define FOLD_AT 76
#define MAX_LINE 998
#define MAX_FILENAME 200

/* ---- fields ------------------------------------------------------------------------ */

/* Nothing that could end a header line or a field. */
static char *printable(const char *value)
{
	char *clean = g_strdup(value);

	for (char *p = clean; *p != '\0'; p++)
		if ((unsigned char)*p < ' ' || *p == 127)
			*p = ' ';
	return g_strstrip(clean);
}

void encode_field(GString *out, const char *name, const char *value)
{
	g_autofree char *clean = printable(value);
	size_t column = strlen(name) + 1;
	const char *p = clean;

	g_string_append_printf(out, "%s:", name);
	while (*p != '\0') {
		size_t len = strcspn(p, " ");

		len = MIN(len, MAX_LINE - 2);
		if (column + 1 + len > FOLD_AT && column > 1 && p != clean) {
			g_string_append(out, "\r\n");
			column = 0;
		}
		g_string_append_c(out, ' ');
		g_string_append_len(out, p, (gssize)len);
		column += 1 + len;
		p += len;
		p += strspn(p, " ");
	}
	g_string_append(out, "\r\n");
}

/* ---- encoded words -------------------------------------------------------------------- */

static bool needs_encoding(const char *text)
{
	size_t word = 0;

	for (const char *p = text; *p != '\0'; p++) {
		word = *p == ' ' ? 0 : word + 1;
		if ((unsigned char)*p >= 127 || word > 200 || (p[0] == '=' && p[1] == '?'))
			return true;
	}
	/* Runs of spaces would not survive folding. */
	return strstr(text, "  ") != NULL;
}

static bool is_plain_in_word(char c)
{
	return g_ascii_isalnum(c) || strchr("!*+-/", c) != NULL;
}

/* Octets of the UTF-8 text that fit one word of `room` encoded characters, whole characters. */
static size_t fit_q(const char *text, size_t room)
{
	size_t used = 0;
	const char *p = text;

	while (*p != '\0') {
		const char *next = g_utf8_next_char(p);
		size_t cost = 0;

		for (const char *q = p; q < next; q++)
			cost += is_plain_in_word(*q) || *q == ' ' ? 1 : 3;
		if (used + cost > room)
			break;
		used += cost;
		p = next;
	}
	return (size_t)(p - text);
}

static size_t fit_b(const char *text, size_t room)
{
	const char *p = text;

	while (*p != '\0' && (size_t)(g_utf8_next_char(p) - text) <= room)
		p = g_utf8_next_char(p);
	return (size_t)(p - text);
}

static void append_q(GString *out, const char *text, size_t len)
{
	g_string_append(out, "=?utf-8?Q?");
	for (size_t i = 0; i < len; i++) {
		if (text[i] == ' ')
			g_string_append_c(out, '_');
		else if (is_plain_in_word(text[i]))
			g_string_append_c(out, text[i]);
		else
			g_string_append_printf(out, "=%02X", (unsigned char)text[i]);
	}
	g_string_append(out, "?=");
}

static void append_b(GString *out, const char *text, size_t len)
{
	g_autofree char *encoded = g_base64_encode((const guchar *)text, len);

	g_string_append_printf(out, "=?utf-8?B?%s?=", encoded);
}

/* The whole text as words of at most 75 characters: Q when most of it is readable in it. */
static char *encode_words(const char *text)
{
	GString *out = g_string_new(NULL);
	size_t high = 0;

	for (const char *p = text; *p != '\0'; p++)
		high += (unsigned char)*p >= 128;
	while (*text != '\0') {
		bool q = high * 4 < strlen(text) || high == 0;
		size_t len = q ? fit_q(text, 60) : fit_b(text, 42);

		if (out->len > 0)
			g_string_append_c(out, ' ');
		if (q)
			append_q(out, text, len);
		else
			append_b(out, text, len);
		text += len;
	}
	return g_string_free(out, FALSE);
}

static char *tidy(const char *text)
{
	g_autofree char *valid = g_utf8_make_valid(text, -1);

	return printable(valid);
}

char *encode_text(const char *text)
{
	g_autofree char *clean = tidy(text);

	return needs_encoding(clean) ? encode_words(clean) : g_steal_pointer(&clean);
}

char *encode_phrase(const char *name)
{
	g_autofree char *clean = tidy(name);
	GString *out;
	bool atoms = true;

	if (needs_encoding(clean))
		return encode_words(clean);
	for (const char *p = clean; *p != '\0'; p++)
		atoms = atoms && (g_ascii_isalnum(*p) || strchr("!#$%&'*+-/=?^_`{|}~ ", *p) != NULL);
	if (atoms)
		return g_steal_pointer(&clean);
	out = g_string_new("\"");
	for (const char *p = clean; *p != '\0'; p++) {
		if (*p == '"' || *p == '\\')
			g_string_append_c(out, '\\');
		g_string_append_c(out, *p);
	}
	g_string_append_c(out, '"');
	return g_string_free(out, FALSE);
}

/* ---- parameters -------------------------------------------------------------------------- */

static void append_quoted_ascii(GString *out, const char *value)
{
	for (const char *p = value; *p != '\0'; p = g_utf8_next_char(p)) {
		char c = (unsigned char)*p < 127 ? *p : '_';

		if (c == '"' || c == '\\')
			g_string_append_c(out, '\\');
		g_string_append_c(out, c);
	}
}

void encode_parameter(GString *out, const char *name, const char *value)
{
	g_autofree char *clean = tidy(value);
	bool ascii = g_str_is_ascii(clean);

	if (strlen(clean) > MAX_FILENAME) {
		const char *end;

		clean[MAX_FILENAME] = '\0';
		if (!g_utf8_validate(clean, -1, &end))
			clean[end - clean] = '\0';
	}
	g_string_append_printf(out, "; %s=\"", name);
	append_quoted_ascii(out, clean);
	g_string_append_c(out, '"');
	if (ascii)
		return;
	g_string_append_printf(out, "; %s*=utf-8''", name);
	for (const char *p = clean; *p != '\0'; p++)
		if (g_ascii_isalnum(*p) || strchr("-._~", *p) != NULL)
			g_string_append_c(out, *p);
		else
			g_string_append_printf(out, "%%%02X", (unsigned char)*p);
}

/* ---- bodies --------------------------------------------------------------------------------- */

GString *encode_crlf(struct slice text)
{
	GString *out = g_string_sized_new(text.len + text.len / 32 + 16);

	for (size_t i = 0; i < text.len; i++) {
		char c = text.data[i];

		if (c == '\r' || c == '\n') {
			g_string_append(out, "\r\n");
			if (c == '\r' && i + 1 < text.len && text.data[i + 1] == '\n')
				i++;
		} else {
			g_string_append_c(out, c);
		}
	}
	return out;
}

/* One octet, with a soft break in front when the line is full; `at_end` when a line end or the
 * end of the text follows. */
static void append_qp_octet(GString *out, char c, bool at_end, size_t *column)
{
	bool literal = (c >= ' ' && c <= '~' && c != '=') || c == '\t';
	size_t width;

	if ((c == ' ' || c == '\t') && at_end)
		literal = false;
	/* "From " and "." at a line's start are changed by some relays. */
	if (*column == 0 && (c == 'F' || c == '.'))
		literal = false;
	width = literal ? 1 : 3;
	if (*column + width > 75) {
		g_string_append(out, "=\r\n");
		*column = 0;
	}
	if (literal)
		g_string_append_c(out, c);
	else
		g_string_append_printf(out, "=%02X", (unsigned char)c);
	*column += width;
}

void encode_quoted_printable(GString *out, struct slice text)
{
	size_t column = 0;

	for (size_t i = 0; i < text.len; i++) {
		bool at_end = i + 1 == text.len || text.data[i + 1] == '\r';

		if (text.data[i] == '\r' && i + 1 < text.len && text.data[i + 1] == '\n') {
			g_string_append(out, "\r\n");
			column = 0;
			i++;
		} else {
			append_qp_octet(out, text.data[i], at_end, &column);
		}
	}
}

void encode_base64(GString *out, struct slice data)
{
	for (size_t at = 0; at < data.len; at += 57) {
		g_autofree char *line = g_base64_encode((const guchar *)data.data + at,
							MIN(57, data.len - at));

		g_string_append(out, line);
		g_string_append(out, "\r\n");
	}
}

const char *encode_choose(struct slice text, bool is_text)
{
	size_t line = 0, longest = 0, high = 0;
	bool odd = false;

	for (size_t i = 0; i < text.len; i++) {
		unsigned char c = (unsigned char)text.data[i];

		line = c == '\n' ? 0 : line + 1;
		longest = MAX(longest, line);
		high += c >= 128;
		odd = odd || (c < ' ' && c != '\r' && c != '\n' && c != '\t') || c == 127;
	}
	if (!is_text)
		return "base64";
	if (high == 0 && longest <= MAX_LINE && !odd)
		return "7bit";
	return high * 6 > text.len ? "base64" : "quoted-printable";
}
