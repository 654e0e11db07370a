/* Text parts are decoded in pieces that end at a line, and searched with the end of the
 * piece before in front.  HTML, and charsets of which a piece can't be read alone, are
 * taken whole up to a limit. */
#include "mime/text.h"

#include "mime/casemap.h"
#include "mime/charset.h"
#include "mime/charset_table.h"
#include "mime/decode.h"
#include "mime/text_private.h"

enum { PIECE = 256 * 1024, LONGEST_LINE = 1024 * 1024, WHOLE_LIMIT = 16 * 1024 * 1024 };

struct scan {
	const struct mime_source *source;
	struct slice needle;
	GString *window;  /* normalised text, from `needle` less one octet before the piece on */
	bool in_space;
};

static bool found_in(struct slice text, struct slice needle)
{
	return text.len >= needle.len && memmem(text.data, text.len, needle.data, needle.len) != NULL;
}

/* A piece of UTF-8 text; true when the needle ends in it. */
static bool scan_text(struct scan *scan, struct slice utf8)
{
	casemap_append_search(scan->window, utf8, &scan->in_space);
	if (found_in(slice_of(scan->window->str, scan->window->len), scan->needle))
		return true;
	if (scan->window->len >= scan->needle.len)
		g_string_erase(scan->window, 0, (gssize)(scan->window->len - scan->needle.len + 1));
	return false;
}

static bool scan_octets(struct scan *scan, const struct part *part, const char *charset,
			struct slice octets)
{
	g_autoptr(GString) text = g_string_new(NULL);

	charset_to_utf8(text, octets, slice_from_string(charset));
	text_finish_plain(text, part);
	return scan_text(scan, slice_of(text->str, text->len));
}

/* Whether the line that ends at `lf` flows into the next. */
static bool is_soft(const char *start, const char *lf)
{
	if (lf > start && lf[-1] == '\r')
		lf--;
	return lf > start && lf[-1] == ' ';
}

/* Where to cut: behind the last line (of flowed text, the last that does not flow on), or, in a
 * line without end, in front of a character that may not be whole; 0: not yet. */
static size_t cut_of(const GString *octets, bool flowed)
{
	const char *lf = memrchr(octets->str, '\n', octets->len);
	size_t at = octets->len;

	while (flowed && lf != NULL && octets->len < LONGEST_LINE && is_soft(octets->str, lf))
		lf = memrchr(octets->str, '\n', (size_t)(lf - octets->str));
	if (lf != NULL)
		return (size_t)(lf - octets->str) + 1;
	if (octets->len < LONGEST_LINE)
		return 0;
	while (at > octets->len - 4 && ((unsigned char)octets->str[at - 1] & 0xc0) == 0x80)
		at--;
	return (unsigned char)octets->str[at - 1] >= 0xc0 ? at - 1 : at;
}

static bool scan_plain(struct scan *scan, const struct part *part, const char *charset)
{
	struct decoder *decoder = decoder_create(transfer_encoding_of(part->encoding));
	g_autoptr(GString) octets = g_string_new(NULL);
	g_autofree char *raw = g_malloc(PIECE);
	uint64_t at = 0;
	bool found = false, flowed = text_is_flowed(part);

	while (!found && at < part->body_size) {
		size_t wanted = (size_t)MIN((uint64_t)PIECE, part->body_size - at), cut;
		ssize_t got = scan->source->read(scan->source->arg, part->body_offset + at, raw, wanted);

		if (got <= 0)
			break;
		at += (uint64_t)got;
		decoder_push(decoder, raw, (size_t)got, octets);
		cut = cut_of(octets, flowed);
		if (cut == 0)
			continue;
		found = scan_octets(scan, part, charset, slice_of(octets->str, cut));
		g_string_erase(octets, 0, (gssize)cut);
	}
	decoder_finish(decoder, octets);
	decoder_destroy(&decoder);
	return found || scan_octets(scan, part, charset, slice_of(octets->str, octets->len));
}

/* A piece means nothing without what stands in front of it: wide units, shift states. */
static bool must_be_whole(const char *label)
{
	const char *name = charset_find(slice_from_string(label)).iconv_name;

	return name != NULL && (g_str_has_prefix(name, "UTF-") || g_str_has_prefix(name, "ISO-2022-"));
}

static bool scan_part(struct scan *scan, const struct part *part)
{
	g_autofree char *charset = text_charset(part);
	g_autoptr(GString) text = g_string_new(NULL);

	g_string_truncate(scan->window, 0);
	scan->in_space = true;
	if (!part_is(part, "text", "html") && !must_be_whole(charset))
		return scan_plain(scan, part, charset);
	text_of_part(part, scan->source, WHOLE_LIMIT, text, NULL);
	return scan_text(scan, slice_of(text->str, text->len));
}

void text_search_whole_header(GString *out, const struct part_index *index,
			      const struct mime_source *source)
{
	struct part root = part_index_get(index, PART_ROOT);

	text_search_part_header(out, &root, source, WHOLE_LIMIT);
}

bool text_search_scan(const struct part_index *index, const struct mime_source *source,
		      struct slice needle)
{
	struct scan scan = { .source = source, .needle = needle, .window = g_string_new(NULL) };
	bool found = needle.len == 0;

	for (uint32_t i = 0; i < part_index_count(index) && !found; i++) {
		g_autoptr(GString) header = g_string_new(NULL);
		struct part part = part_index_get(index, i);

		if (i != PART_ROOT) {
			text_search_part_header(header, &part, source, WHOLE_LIMIT);
			found = found_in(slice_of(header->str, header->len), needle);
		}
		if (!found && part.kind == PART_LEAF && part_is(&part, "text", NULL))
			found = scan_part(&scan, &part);
	}
	g_string_free(scan.window, TRUE);
	return found;
}
