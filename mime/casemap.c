/* i;unicode-casemap (RFC 5051).  ASCII, which most text is, goes by octet; the rest by GLib's
 * Unicode tables. */
#include "mime/casemap.h"
#include "mime/charset.h"

static void append_char(GString *out, gunichar c)
{
	gunichar parts[G_UNICHAR_MAX_DECOMPOSITION_LENGTH];
	gsize count = g_unichar_fully_decompose(g_unichar_totitle(c), TRUE, parts, G_N_ELEMENTS(parts));

	for (gsize i = 0; i < MIN(count, G_N_ELEMENTS(parts)); i++)
		g_string_append_unichar(out, parts[i]);
}

/* The character at p, U+FFFD for what is none; *size_out octets of it. */
static gunichar next_char(const char *p, size_t left, size_t *size_out)
{
	gunichar c = g_utf8_get_char_validated(p, (gssize)left);

	if (c == (gunichar)-1 || c == (gunichar)-2 || c == 0) {
		*size_out = 1;
		return 0xfffd;
	}
	*size_out = (size_t)g_utf8_skip[(unsigned char)*p];
	return c;
}

/* Any search text passes here: ASCII words go in runs, straight into the string's room. */
static size_t append_word(GString *out, const char *text, size_t len)
{
	size_t start = out->len, run = 0;

	while (run < len && (unsigned char)text[run] > ' ' && (unsigned char)text[run] < 0x80)
		run++;
	g_string_set_size(out, start + run);
	for (size_t i = 0; i < run; i++) {
		char c = text[i];

		out->str[start + i] = c >= 'a' && c <= 'z' ? (char)(c - 'a' + 'A') : c;
	}
	return run;
}

void casemap_append(GString *out, struct slice text)
{
	for (size_t i = 0; i < text.len;) {
		unsigned char octet = (unsigned char)text.data[i];
		size_t size = 1;

		if (octet < 0x80 && octet != 0)
			g_string_append_c(out, g_ascii_toupper((char)octet));
		else
			append_char(out, next_char(text.data + i, text.len - i, &size));
		i += size;
	}
}

void casemap_append_search(GString *out, struct slice text, bool *in_space)
{
	for (size_t i = 0; i < text.len;) {
		unsigned char octet = (unsigned char)text.data[i];
		size_t size = 1;
		gunichar c = octet;

		if (octet >= 0x80 || octet == 0)
			c = next_char(text.data + i, text.len - i, &size);
		i += size;
		if (c <= ' ' || c == 0xa0) {
			if (!*in_space)
				g_string_append_c(out, ' ');
			*in_space = true;
			continue;
		}
		*in_space = false;
		if (c < 0x80)
			i += append_word(out, text.data + i - 1, text.len - i + 1) - 1;
		else
			append_char(out, c);
	}
}
