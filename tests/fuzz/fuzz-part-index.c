/* Any octets: the tree is sound, does not depend on the cuts, survives its blob; ENVELOPE,
 * BODYSTRUCTURE, texts and sections of it can be made.
 *
 * Seeds: the message corpus; dictionary: fuzz-part-index.dict. */
#include "mime/bodystructure.h"
#include "mime/envelope.h"
#include "mime/section.h"
#include "mime/text.h"

#define REQUIRE(condition) g_assert(condition)

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static struct part_index *index_cut_at(struct slice octets, size_t cut)
{
	struct part_indexer *indexer = part_indexer_create();
	struct part_index *index;

	part_indexer_push(indexer, octets.data, cut);
	part_indexer_push(indexer, octets.data + cut, octets.len - cut);
	index = part_indexer_finish(indexer);
	part_indexer_destroy(&indexer);
	return index;
}

static void check_nesting(const struct part_index *index)
{
	for (uint32_t i = 0; i < part_index_count(index); i++) {
		struct part part = part_index_get(index, i);
		uint64_t at = part.body_offset, end = part.body_offset + part.body_size;

		REQUIRE(end <= part_index_size(index));
		for (uint32_t c = 0; c < part.child_count; c++) {
			struct part child = part_index_get(index, part_index_child(index, &part, c));

			REQUIRE(child.header_offset >= at);
			at = child.body_offset + child.body_size;
			REQUIRE(at <= end);
		}
	}
}

static void read_section(const struct part_index *index, struct slice octets, enum section_what what,
			 uint32_t number)
{
	struct slice field = SLICE("subject");
	struct section_spec spec = { .path = &number, .path_len = number > 0, .what = what,
				     .fields = &field, .field_count = 1, .partial = number & 1,
				     .offset = number, .length = 100 };
	struct mime_source source = mime_source_of_slice(&octets);
	struct section *section = NULL;
	char room[97];
	ssize_t got;

	if (section_open(&spec, index, SLICE("P: q\r\n"), &source, &section) != SECTION_OK)
		return;
	while ((got = section_read(section, room, sizeof(room))) > 0)
		REQUIRE((size_t)got <= sizeof(room));
	REQUIRE(got == 0);
	section_close(&section);
}

static void use(const struct part_index *index, struct slice octets)
{
	struct mime_source source = mime_source_of_slice(&octets);
	g_autoptr(GString) text = g_string_new(NULL);
	struct text_search search;
	struct part root = part_index_get(index, PART_ROOT);

	REQUIRE(bodystructure_write(text, index, &source, BODYSTRUCTURE_EXTENDED));
	envelope_write(text, slice_of(octets.data, (size_t)root.header_size));
	g_string_truncate(text, 0);
	text_preview(text, index, &source);
	REQUIRE(g_utf8_validate(text->str, (gssize)text->len, NULL));
	text_search_build(index, &source, 100000, &search);
	REQUIRE(g_utf8_validate(search.body->str, (gssize)search.body->len, NULL));
	REQUIRE(g_utf8_validate(search.headers->str, (gssize)search.headers->len, NULL));
	text_search_clear(&search);
	for (uint32_t i = 0; i < MIN(part_index_count(index), 20u); i++) {
		struct part part = part_index_get(index, i);

		g_free(part_index_path(index, i));
		g_free(part_filename(&part));
	}
	for (int what = SECTION_BODY; what <= SECTION_BINARY; what++)
		for (uint32_t number = 0; number < 3; number++)
			read_section(index, octets, (enum section_what)what, number);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct slice octets = slice_of((const char *)data, size);
	struct part_index *whole = part_index_of_slice(octets), *other, *stored;

	check_nesting(whole);
	for (int i = 1; i < 4; i++) {
		other = index_cut_at(octets, size * (size_t)i / 4);
		REQUIRE(slice_equal(part_index_blob(whole), part_index_blob(other)));
		part_index_destroy(&other);
	}
	stored = part_index_from_blob(part_index_blob(whole));
	REQUIRE(stored != NULL);
	use(stored, octets);
	part_index_destroy(&stored);
	/* The same octets as a blob: refused or harmless. */
	stored = part_index_from_blob(octets);
	if (stored != NULL)
		check_nesting(stored);
	part_index_destroy(&stored);
	part_index_destroy(&whole);
	return 0;
}
