/* i;unicode-casemap (RFC 5051).  ASCII, which most text is, goes by octet; the rest by GLib's
 * Unicode tables. */
#include "mime/casemap.h"
#include "mime/charset.h"

#include <stdint.h>

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

#define EIGHT(octet) (UINT64_C(0x0101010101010101) * (octet))

/* Eight octets at once: the search form of all of them at `to`, when they are ASCII without NUL
 * and no white space among them is left out.  Sums of ASCII octets do not carry into the next
 * one, so their top bits answer comparisons. */
static bool map_eight(const char *text, char *to, bool *in_space)
{
	uint64_t octets, spaces, letters, mask;

	memcpy(&octets, text, 8);
	octets = GUINT64_FROM_LE(octets);
	if ((octets | (octets - EIGHT(1))) & EIGHT(0x80))
		return false;
	spaces = ~(octets + EIGHT(0x7f - ' ')) & EIGHT(0x80);
	if (spaces & (spaces << 8 | (*in_space ? 0x80 : 0)))
		return false;
	letters = (octets + EIGHT(0x80 - 'a')) & ~(octets + EIGHT(0x7f - 'z')) & EIGHT(0x80);
	mask = (spaces >> 7) * 0xff;
	octets = ((octets - (letters >> 2)) & ~mask) | (EIGHT(' ') & mask);
	octets = GUINT64_TO_LE(octets);
	memcpy(to, &octets, 8);
	*in_space = spaces >> 63;
	return true;
}

/* Any search text passes here, and most of it is ASCII: the run of it at the start, straight into
 * the string's room.  How many octets that was. */
static size_t append_search_ascii(GString *out, const char *text, size_t len, bool *in_space)
{
	size_t start = out->len, i = 0;
	bool space = *in_space;
	char *to;

	g_string_set_size(out, start + len);
	to = out->str + start;
	while (i < len) {
		size_t stop = MIN(i + 8, len);

		if (stop == i + 8 && map_eight(text + i, to, &space)) {
			to += 8;
			i = stop;
			continue;
		}
		for (; i < stop; i++) {
			unsigned char c = (unsigned char)text[i];
			bool is_space = c <= ' ';

			if (c == 0 || c >= 0x80)
				break;
			*to = (char)(is_space ? ' ' : c >= 'a' && c <= 'z' ? c - 'a' + 'A' : c);
			to += !(is_space && space);
			space = is_space;
		}
		if (i < stop)
			break;
	}
	*in_space = space;
	g_string_set_size(out, (gsize)(to - out->str));
	return i;
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
		size_t size;
		gunichar c;

		i += append_search_ascii(out, text.data + i, text.len - i, in_space);
		if (i == text.len)
			return;
		c = next_char(text.data + i, text.len - i, &size);
		i += size;
		if (c <= ' ' || c == 0xa0) {
			if (!*in_space)
				g_string_append_c(out, ' ');
			*in_space = true;
			continue;
		}
		*in_space = false;
		append_char(out, c);
	}
}
