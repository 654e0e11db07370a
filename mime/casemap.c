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
			g_string_append_c(out, g_ascii_toupper((char)c));
		else
			append_char(out, c);
	}
}
