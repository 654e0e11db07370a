/* See the header.  Most text is ASCII and takes the short way. */
#include "auth/prepare.h"

#include "base/secret.h"

/* RFC 3454 table B.1. */
static bool mapped_to_nothing(gunichar c)
{
	return c == 0xad || c == 0x34f || c == 0x1806 || (c >= 0x180b && c <= 0x180d) ||
	       (c >= 0x200b && c <= 0x200d) || c == 0x2060 || (c >= 0xfe00 && c <= 0xfe0f) ||
	       c == 0xfeff;
}

static bool prohibited(gunichar c)
{
	/* Tables C.6 and C.7, where the category does not say it. */
	if (c == 0xfffc || c == 0xfffd || (c >= 0x2ff0 && c <= 0x2ffb))
		return true;
	switch (g_unichar_type(c)) {
	case G_UNICODE_CONTROL:
	case G_UNICODE_FORMAT:
	case G_UNICODE_UNASSIGNED:
	case G_UNICODE_PRIVATE_USE:
	case G_UNICODE_SURROGATE:
	case G_UNICODE_LINE_SEPARATOR:
	case G_UNICODE_PARAGRAPH_SEPARATOR:
		return true;
	default:
		return false;
	}
}

/* False when a character is prohibited. */
static bool map_characters(struct slice text, GString *out)
{
	const char *p = text.data, *end = text.data + text.len;

	for (; p < end; p = g_utf8_next_char(p)) {
		gunichar c = g_utf8_get_char(p);

		if (mapped_to_nothing(c))
			continue;
		if (prohibited(c))
			return false;
		g_string_append_unichar(out, g_unichar_type(c) == G_UNICODE_SPACE_SEPARATOR ? ' ' : c);
	}
	return out->len > 0;
}

static char *prepare_unicode(struct slice text)
{
	GString *mapped = g_string_sized_new(text.len * 3 + 8);
	char *result = NULL;

	if (map_characters(text, mapped))
		result = g_utf8_normalize(mapped->str, (gssize)mapped->len, G_NORMALIZE_NFKC);
	secret_wipe(mapped->str, mapped->len);
	g_string_free(mapped, TRUE);
	return result;
}

char *prepare_text(struct slice text)
{
	bool ascii = true;

	if (text.len == 0 || text.len > PREPARE_MAX)
		return NULL;
	for (size_t i = 0; i < text.len; i++) {
		unsigned char octet = (unsigned char)text.data[i];

		if (octet < 0x20 || octet == 0x7f)
			return NULL;
		ascii = ascii && octet < 0x80;
	}
	if (ascii)
		return slice_dup(text);
	if (!g_utf8_validate(text.data, (gssize)text.len, NULL))
		return NULL;
	return prepare_unicode(text);
}
