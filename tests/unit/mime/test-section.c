/* Sections: announced == given == min(asked, left), for every section and range; together they
 * are the message. */
#include "mime/section.h"
#include "mime/decode.h"
#include "corpus.h"

static const struct slice no_prefix = { "", 0 };

/* All octets of a section, read in pieces of `piece`; NULL when there is no such section. */
static GString *read_section(const struct section_spec *spec, const struct part_index *index,
			     struct slice prefix, struct slice octets, size_t piece)
{
	struct mime_source source = mime_source_of_slice(&octets);
	struct section *section = NULL;
	g_autofree char *room = g_malloc(piece);
	GString *out;
	uint64_t size;
	ssize_t got;

	if (section_open(spec, index, prefix, &source, &section) != SECTION_OK)
		return NULL;
	out = g_string_new(NULL);
	size = section_size(section);
	while ((got = section_read(section, room, piece)) > 0)
		g_string_append_len(out, room, got);
	g_assert_cmpint(got, ==, 0);
	g_assert_cmpuint(out->len, ==, size);
	section_close(&section);
	return out;
}

static void check_ranges(const struct section_spec *spec, const struct part_index *index,
			 struct slice prefix, struct slice octets, const GString *expected)
{
	struct mime_source source = mime_source_of_slice(&octets);
	struct section *section = NULL;
	struct section_ranges ranges;
	g_autoptr(GString) joined = g_string_new(NULL);

	g_assert_cmpint(section_open(spec, index, prefix, &source, &section), ==, SECTION_OK);
	if (section_as_ranges(section, &ranges)) {
		g_string_append_len(joined, ranges.prefix.data, (gssize)ranges.prefix.len);
		g_assert_true(mime_source_append(&source, ranges.offset, ranges.size, joined));
		g_assert_cmpmem(joined->str, joined->len, expected->str, expected->len);
	}
	section_close(&section);
}

static const char message[] =
	"From: a@b\r\nSubject: one\r\n two\r\nsubject: again\r\nX-Long: y\r\n"
	"Content-Type: multipart/mixed; boundary=b\r\n\r\n"
	"preamble\r\n--b\r\nContent-Type: text/plain\r\nContent-Transfer-Encoding: base64\r\n\r\n"
	"aGVsbG8gd29ybGQ=\r\n--b\r\nContent-Type: message/rfc822\r\n\r\n"
	"Subject: inner\r\nTo: c@d\r\n\r\ninner text\r\n--b\r\n"
	"Content-Transfer-Encoding: x-strange\r\n\r\nodd\r\n--b--\r\n";

struct row {
	uint32_t path[3];
	size_t path_len;
	enum section_what what;
	const char *fields[3];
	const char *expected; /* NULL: no such section */
};

static const struct row rows[] = {
	{ { 0 }, 0, SECTION_HEADER, { NULL },
	  "P: q\r\nFrom: a@b\r\nSubject: one\r\n two\r\nsubject: again\r\nX-Long: y\r\n"
	  "Content-Type: multipart/mixed; boundary=b\r\n\r\n" },
	{ { 0 }, 0, SECTION_HEADER_FIELDS, { "SUBJECT", "p" },
	  "P: q\r\nSubject: one\r\n two\r\nsubject: again\r\n\r\n" },
	{ { 0 }, 0, SECTION_HEADER_FIELDS, { "none" }, "\r\n" },
	{ { 0 }, 0, SECTION_HEADER_FIELDS_NOT, { "subject", "x-long" },
	  "P: q\r\nFrom: a@b\r\nContent-Type: multipart/mixed; boundary=b\r\n\r\n" },
	{ { 1 }, 1, SECTION_BODY, { NULL }, "aGVsbG8gd29ybGQ=" },
	{ { 1 }, 1, SECTION_BINARY, { NULL }, "hello world" },
	{ { 1 }, 1, SECTION_MIME, { NULL },
	  "Content-Type: text/plain\r\nContent-Transfer-Encoding: base64\r\n\r\n" },
	{ { 1 }, 1, SECTION_HEADER, { NULL }, NULL },
	{ { 1 }, 1, SECTION_TEXT, { NULL }, NULL },
	{ { 2 }, 1, SECTION_BODY, { NULL }, "Subject: inner\r\nTo: c@d\r\n\r\ninner text" },
	{ { 2 }, 1, SECTION_HEADER, { NULL }, "Subject: inner\r\nTo: c@d\r\n\r\n" },
	{ { 2 }, 1, SECTION_HEADER_FIELDS, { "to" }, "To: c@d\r\n\r\n" },
	{ { 2 }, 1, SECTION_TEXT, { NULL }, "inner text" },
	{ { 2 }, 1, SECTION_MIME, { NULL }, "Content-Type: message/rfc822\r\n\r\n" },
	{ { 2, 1 }, 2, SECTION_BODY, { NULL }, "inner text" },
	{ { 2, 1 }, 2, SECTION_MIME, { NULL }, "Subject: inner\r\nTo: c@d\r\n\r\n" },
	{ { 2, 2 }, 2, SECTION_BODY, { NULL }, NULL },
	{ { 3 }, 1, SECTION_BODY, { NULL }, "odd" },
	{ { 4 }, 1, SECTION_BODY, { NULL }, NULL },
	{ { 0 }, 1, SECTION_BODY, { NULL }, NULL },
};

static struct section_spec spec_of(const struct row *row, struct slice *fields)
{
	struct section_spec spec = { .path = row->path, .path_len = row->path_len, .what = row->what,
				     .fields = fields };

	while (spec.field_count < 3 && row->fields[spec.field_count] != NULL) {
		fields[spec.field_count] = slice_from_string(row->fields[spec.field_count]);
		spec.field_count++;
	}
	section_sort_fields(fields, spec.field_count);
	return spec;
}

static void sections_are_the_octets_imap_names(void)
{
	struct slice octets = SLICE(message), fields[3];
	struct part_index *index = part_index_of_slice(octets);

	for (size_t i = 0; i < G_N_ELEMENTS(rows); i++) {
		struct section_spec spec = spec_of(&rows[i], fields);

		for (size_t piece = 1; piece <= 1000; piece = piece * 3 + 1) {
			g_autofree char *got = NULL;
			GString *text = read_section(&spec, index, SLICE("P: q\r\n"), octets, piece);

			got = text != NULL ? g_string_free(text, FALSE) : NULL;
			g_assert_cmpstr(got, ==, rows[i].expected);
		}
	}
	part_index_destroy(&index);
}

static void an_unknown_encoding_is_no_binary(void)
{
	struct slice octets = SLICE(message);
	struct part_index *index = part_index_of_slice(octets);
	struct mime_source source = mime_source_of_slice(&octets);
	struct section_spec spec = { .path = (uint32_t[]){ 3 }, .path_len = 1, .what = SECTION_BINARY };
	struct section *section = NULL;

	g_assert_cmpint(section_open(&spec, index, no_prefix, &source, &section), ==, SECTION_UNKNOWN_CTE);
	part_index_destroy(&index);
}

/* Every offset and length of every section, and the ends of the number range. */
static void a_partial_range_is_a_slice_of_the_section(void)
{
	static const uint64_t far[] = { 0, 1, 6144, UINT32_MAX, (uint64_t)UINT32_MAX + 1, INT64_MAX,
					UINT64_MAX - 1, UINT64_MAX };
	struct slice octets = SLICE(message), fields[3], prefix = SLICE("P: q\r\n");
	struct part_index *index = part_index_of_slice(octets);

	for (size_t i = 0; i < G_N_ELEMENTS(rows); i++) {
		struct section_spec spec = spec_of(&rows[i], fields);
		size_t total = rows[i].expected != NULL ? strlen(rows[i].expected) : 0;

		spec.partial = true;
		for (size_t o = 0; rows[i].expected != NULL && o < total + 3 + G_N_ELEMENTS(far); o++) {
			for (size_t l = 0; l < total + 3 + G_N_ELEMENTS(far); l += 1 + l / 4) {
				g_autoptr(GString) got = NULL;
				size_t from, len;

				spec.offset = o < total + 3 ? o : far[o - total - 3];
				spec.length = l < total + 3 ? l : far[l - total - 3];
				from = (size_t)MIN(spec.offset, total);
				len = (size_t)MIN(spec.length, total - from);
				got = read_section(&spec, index, prefix, octets, 5);
				g_assert_cmpmem(got->str, got->len, rows[i].expected + from, len);
				check_ranges(&spec, index, prefix, octets, got);
			}
		}
	}
	part_index_destroy(&index);
}

static void assert_whole(const char *name, const struct part_index *index, struct slice octets)
{
	struct section_spec spec = { .what = SECTION_BODY };
	g_autoptr(GString) whole = read_section(&spec, index, no_prefix, octets, 65536);
	g_autoptr(GString) header = NULL, text = NULL, chunks = g_string_new(NULL);

	if (!slice_equal(slice_of(whole->str, whole->len), octets))
		g_error("%s: BODY[] is not the message", name);
	spec.what = SECTION_HEADER;
	header = read_section(&spec, index, no_prefix, octets, 65536);
	spec.what = SECTION_TEXT;
	text = read_section(&spec, index, no_prefix, octets, 65536);
	g_string_append_len(header, text->str, (gssize)text->len);
	if (!slice_equal(slice_of(header->str, header->len), octets))
		g_error("%s: HEADER and TEXT are not the message", name);
	spec = (struct section_spec){ .what = SECTION_BODY, .partial = true, .length = 6144 };
	do {
		g_autoptr(GString) chunk = read_section(&spec, index, no_prefix, octets, 65536);

		g_string_append_len(chunks, chunk->str, (gssize)chunk->len);
		spec.offset += spec.length;
	} while (spec.offset < octets.len);
	if (!slice_equal(slice_of(chunks->str, chunks->len), octets))
		g_error("%s: chunks of 6144 are not the message", name);
}

/* Appends a multipart's or message's octets put together from the sections of its parts and what
 * stands between them (boundaries, preamble, epilogue). */
static void reassemble(GString *out, const struct part_index *index, uint32_t number,
		       struct slice octets)
{
	struct part part = part_index_get(index, number);
	uint64_t at = part.body_offset, end = part.body_offset + part.body_size;

	g_string_append_len(out, octets.data + part.header_offset, (gssize)part.header_size);
	for (uint32_t i = 0; i < part.child_count; i++) {
		struct part child = part_index_get(index, part_index_child(index, &part, i));

		g_string_append_len(out, octets.data + at, (gssize)(child.header_offset - at));
		reassemble(out, index, child.number, octets);
		at = child.body_offset + child.body_size;
	}
	g_string_append_len(out, octets.data + at, (gssize)(end - at));
}

static void assert_parts(const char *name, const struct part_index *index, struct slice octets)
{
	for (uint32_t i = 0; i < MIN(part_index_count(index), 200u); i++) {
		struct part part = part_index_get(index, i);
		g_autofree char *path = part_index_path(index, i);
		g_auto(GStrv) words = g_strsplit(path != NULL ? path : "", ".", -1);
		uint32_t numbers[128];
		struct section_spec spec = { .path = numbers, .what = SECTION_BODY };
		g_autoptr(GString) body = NULL, mime = NULL;

		if (path == NULL)
			continue;
		for (; words[spec.path_len] != NULL; spec.path_len++)
			numbers[spec.path_len] = (uint32_t)g_ascii_strtoull(words[spec.path_len], NULL, 10);
		body = read_section(&spec, index, no_prefix, octets, 65536);
		if (!slice_equal(slice_of(body->str, body->len),
				 slice_of(octets.data + part.body_offset, (size_t)part.body_size)))
			g_error("%s: BODY[%s] is not its range", name, path);
		spec.what = SECTION_MIME;
		mime = read_section(&spec, index, no_prefix, octets, 65536);
		if (!slice_equal(slice_of(mime->str, mime->len),
				 slice_of(octets.data + part.header_offset, (size_t)part.header_size)))
			g_error("%s: BODY[%s.MIME] is not its range", name, path);
	}
}

static void each_message(const char *name, struct slice octets, void *arg)
{
	struct part_index *index = part_index_of_slice(octets);
	g_autoptr(GString) whole = g_string_new(NULL);

	(void)arg;
	assert_whole(name, index, octets);
	assert_parts(name, index, octets);
	reassemble(whole, index, PART_ROOT, octets);
	if (!slice_equal(slice_of(whole->str, whole->len), octets))
		g_error("%s: the parts do not make the message", name);
	part_index_destroy(&index);
}

static void the_parts_of_every_corpus_message_make_it_up(void)
{
	corpus_each(each_message, NULL);
}

static void large_filtered_and_decoded_sections_are_read_twice(void)
{
	g_autoptr(GString) text = g_string_new(NULL), expected = g_string_new(NULL);
	g_autoptr(GString) decoded = NULL, fields = NULL;
	struct slice octets, names[] = { SLICE("keep") };
	struct part_index *index;
	struct section_spec spec = { .what = SECTION_HEADER_FIELDS, .fields = names, .field_count = 1 };

	for (int i = 0; i < 20000; i++) {
		g_string_append_printf(text, "Keep: %d\r\nDrop: %d\r\n", i, i);
		g_string_append_printf(expected, "Keep: %d\r\n", i);
	}
	g_string_append(expected, "\r\n");
	g_string_append(text, "Content-Transfer-Encoding: base64\r\n\r\n");
	for (int i = 0; i < 20000; i++)
		g_string_append(text, "MTIzNDU2Nzg5MDEyMzQ1Njc4OTAx\r\n");
	octets = slice_of(text->str, text->len);
	index = part_index_of_slice(octets);
	fields = read_section(&spec, index, no_prefix, octets, 777);
	g_assert_cmpmem(fields->str, fields->len, expected->str, expected->len);
	spec = (struct section_spec){ .path = (uint32_t[]){ 1 }, .path_len = 1, .what = SECTION_BINARY,
				      .partial = true, .offset = 21 * 15000 + 1, .length = 20 };
	decoded = read_section(&spec, index, no_prefix, octets, 7);
	g_assert_cmpstr(decoded->str, ==, "23456789012345678901");
	part_index_destroy(&index);
}

static ssize_t read_half(void *arg, uint64_t offset, void *data, size_t len)
{
	struct slice *octets = arg;

	if (offset >= octets->len / 2)
		return -1;
	len = MIN(len, octets->len / 2 - (size_t)offset);
	memcpy(data, octets->data + offset, len);
	return (ssize_t)len;
}

static void a_source_that_fails_is_said_never_a_short_answer(void)
{
	struct slice octets = SLICE(message);
	struct part_index *index = part_index_of_slice(octets);
	struct mime_source source = { read_half, &octets, octets.len };
	struct section_spec spec = { .what = SECTION_BODY };
	struct section *section = NULL;
	char room[1000];
	ssize_t got;

	g_assert_cmpint(section_open(&spec, index, no_prefix, &source, &section), ==, SECTION_OK);
	while ((got = section_read(section, room, sizeof(room))) > 0)
		;
	g_assert_cmpint(got, ==, -1);
	section_close(&section);
	part_index_destroy(&index);
}

int main(int argc, char **argv)
{
	g_test_init(&argc, &argv, NULL);
	g_test_add_func("/section/sections-are-the-octets-imap-names", sections_are_the_octets_imap_names);
	g_test_add_func("/section/an-unknown-encoding-is-no-binary", an_unknown_encoding_is_no_binary);
	g_test_add_func("/section/a-partial-range-is-a-slice-of-the-section",
			a_partial_range_is_a_slice_of_the_section);
	g_test_add_func("/section/the-parts-of-every-corpus-message-make-it-up",
			the_parts_of_every_corpus_message_make_it_up);
	g_test_add_func("/section/large-filtered-and-decoded-sections-are-read-twice",
			large_filtered_and_decoded_sections_are_read_twice);
	g_test_add_func("/section/a-source-that-fails-is-said-never-a-short-answer",
			a_source_that_fails_is_said_never_a_short_answer);
	return g_test_run();
}
