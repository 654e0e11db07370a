/* Any octets as the body of a text part: two octets choose type, charset, encoding and format, the
 * rest is the body.  What comes out is UTF-8; decoding does not depend on the cuts; what the search
 * text holds, a scan of the octets finds (where no charset must be guessed: a guess looks at all
 * there is, and a scan sees one piece). */
#include "mime/charset.h"
#include "mime/decode.h"
#include "mime/text.h"

#include <stdlib.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static const char *const types[] = { "plain", "html", "plain; format=flowed", "plain; format=flowed; delsp=yes",
				     "calendar", "enriched" };
static const char *const charsets[] = { "", "us-ascii", "utf-8", "utf-7", "iso-2022-jp", "gb18030", "big5",
					"iso-8859-1", "windows-1252", "windows-1255", "koi8-r", "shift_jis",
					"euc-kr", "utf-16", "iso-2022-kr", "no-such-charset" };
static const char *const encodings[] = { "7bit", "base64", "quoted-printable", "x-uuencode" };

static void require(bool condition, const char *rule)
{
	if (condition)
		return;
	g_printerr("%s\n", rule);
	abort();
}

static bool is_utf8(const GString *text)
{
	return g_utf8_validate(text->str, (gssize)text->len, NULL);
}

static void check_decoder(struct slice octets, enum transfer_encoding encoding)
{
	g_autoptr(GString) whole = g_string_new(NULL), cut = g_string_new(NULL);

	for (int pieces = 0; pieces < 2; pieces++) {
		struct decoder *decoder = decoder_create(encoding);
		size_t step = pieces ? octets.len / 3 + 1 : octets.len + 1;

		for (size_t at = 0; at < octets.len; at += step)
			decoder_push(decoder, octets.data + at, MIN(step, octets.len - at),
				     pieces ? cut : whole);
		decoder_finish(decoder, pieces ? cut : whole);
		decoder_destroy(&decoder);
	}
	require(g_string_equal(whole, cut), "decoding does not depend on the cuts");
}

static bool is_guessed(const struct part *part, const struct mime_source *source)
{
	g_autoptr(GString) octets = g_string_new(NULL);

	decode_part(part, source, UINT64_MAX, octets, NULL);
	return !g_utf8_validate(octets->str, (gssize)octets->len, NULL);
}

static void check_search(const struct part_index *index, const struct mime_source *source)
{
	struct text_search search;
	size_t middle, start, end;

	text_search_build(index, source, 1 << 20, &search);
	require(is_utf8(search.body) && is_utf8(search.headers), "search text is UTF-8");
	middle = start = end = search.body->len / 2;
	while (start > 0 && middle - start < 10 && search.body->str[start - 1] != '\n')
		start--;
	while (end < search.body->len && end - middle < 10 && search.body->str[end] != '\n')
		end++;
	require(text_search_scan(index, source, slice_of(search.body->str + start, end - start)),
		"a scan finds what the search text holds");
	text_search_clear(&search);
}

static void check_message(struct slice octets)
{
	struct mime_source source = mime_source_of_slice(&octets);
	struct part_index *index = part_index_of_slice(octets);
	struct part part = part_index_get(index, PART_ROOT);
	g_autoptr(GString) text = g_string_new(NULL), preview = g_string_new(NULL);

	text_of_part(&part, &source, UINT64_MAX, text, NULL);
	require(is_utf8(text), "text is UTF-8");
	text_preview(preview, index, &source);
	require(is_utf8(preview) && g_utf8_strlen(preview->str, (gssize)preview->len) <= 200,
		"a preview is at most 200 characters of UTF-8");
	if (!is_guessed(&part, &source))
		check_search(index, &source);
	part_index_destroy(&index);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	g_autoptr(GString) message = g_string_new(NULL);
	const char *encoding;

	if (size < 2)
		return 0;
	encoding = encodings[data[1] % G_N_ELEMENTS(encodings)];
	g_string_printf(message, "Content-Type: text/%s; charset=\"%s\"\r\nContent-Transfer-Encoding: %s\r\n\r\n",
			types[data[0] % G_N_ELEMENTS(types)], charsets[data[1] / 4 % G_N_ELEMENTS(charsets)],
			encoding);
	g_string_append_len(message, (const char *)data + 2, (gssize)(size - 2));
	check_decoder(slice_of((const char *)data + 2, size - 2), transfer_encoding_of(slice_from_string(encoding)));
	check_message(slice_of(message->str, message->len));
	return 0;
}
