/* Encoded words that GMime 3.2 would write badly.
 *
 * It counts characters where RFC 2047 counts octets: 39 characters without a blank make one word, of
 * up to 220 octets (Chinese 168, where 75 are allowed).  It leaves alone what looks like an encoded
 * word, so that a reader would see something else than was meant, and runs of blanks, which a name
 * does not keep.  Such text is encoded here, and passes GMime as the plain ASCII that it then is. */
#include "mime/builder_words.h"

#include <gmime/gmime.h>
#include <stdbool.h>
#include <string.h>

#define MAX_WORD 75
/* Of base64, so that a word fits a line beside the field's name, which GMime does not fold. */
#define WORD_OCTETS 36

void builder_clean(char *text)
{
	for (char *p = text; *p != '\0'; p++)
		if ((unsigned char)*p < ' ' || *p == 127)
			*p = ' ';
	g_strstrip(text);
}

static bool gmime_does_well(const char *text)
{
	g_autofree char *encoded = NULL;

	if (strstr(text, "=?") != NULL || strstr(text, "  ") != NULL)
		return false;
	encoded = g_mime_utils_header_encode_phrase(NULL, text, "utf-8");
	for (const char *p = encoded; *p != '\0'; p += strspn(p, " ")) {
		size_t len = strcspn(p, " ");

		if (len > MAX_WORD)
			return false;
		p += len;
	}
	return true;
}

/* Words of whole characters, one behind the other. */
static char *encode(const char *text)
{
	GString *out = g_string_new(NULL);

	while (*text != '\0') {
		const char *end = text;
		g_autofree char *base64 = NULL;

		while (*end != '\0' && g_utf8_next_char(end) - text <= WORD_OCTETS)
			end = g_utf8_next_char(end);
		base64 = g_base64_encode((const guchar *)text, (gsize)(end - text));
		g_string_append_printf(out, "%s=?UTF-8?B?%s?=", out->len > 0 ? " " : "", base64);
		text = end;
	}
	return g_string_free(out, FALSE);
}

char *builder_words(const char *text)
{
	g_autofree char *clean = g_utf8_make_valid(text, -1);

	builder_clean(clean);
	return gmime_does_well(clean) ? g_steal_pointer(&clean) : encode(clean);
}
