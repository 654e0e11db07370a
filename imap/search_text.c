#include "imap/search_text.h"

#include "ingest/ingest.h"
#include "mime/part_index.h"
#include "mime/text.h"

static bool contains(struct slice text, struct slice needle)
{
	return needle.len == 0 || (text.len >= needle.len &&
				   memmem(text.data, text.len, needle.data, needle.len) != NULL);
}

/* Lines are "name: value\n". */
static bool header_contains(struct slice headers, struct slice field, struct slice needle)
{
	while (headers.len > 0) {
		const char *end = memchr(headers.data, '\n', headers.len);
		size_t len = end != NULL ? (size_t)(end - headers.data) : headers.len;
		bool named = len > field.len && headers.data[field.len] == ':' &&
			     memcmp(headers.data, field.data, field.len) == 0;

		if (named && contains(slice_of(headers.data + field.len + 1, len - field.len - 1), needle))
			return true;
		len = MIN(len + 1, headers.len);
		headers = slice_of(headers.data + len, headers.len - len);
	}
	return false;
}

bool search_text_fits_prefix(const struct search_key *key, struct slice prefix)
{
	if (prefix.len == 0 || key->kind == SEARCH_BODY)
		return false;
	return key->kind == SEARCH_HEADER ? header_contains(prefix, key->field, key->needle)
					  : contains(prefix, key->needle);
}

static bool fits_own_headers(const struct search_key *key, const struct loaded *loaded)
{
	struct slice octets = loader_prefix(loaded);
	g_autoptr(GString) text = NULL;

	if (octets.len == 0 || key->kind == SEARCH_BODY)
		return false;
	text = g_string_new(NULL);
	text_search_header(text, octets);
	return search_text_fits_prefix(key, slice_of(text->str, text->len));
}

static bool scan_header(const struct search_key *key, const struct part_index *index,
			const struct mime_source *source)
{
	g_autoptr(GString) text = g_string_new(NULL);

	text_search_whole_header(text, index, source);
	return search_text_fits_prefix(key, slice_of(text->str, text->len));
}

/* On the octets, behind where the stored text was cut. */
static bool scan(const struct search_key *key, const struct loaded *loaded, struct store *store)
{
	const struct content_facts *facts = content_value_facts(loaded->facts);
	struct part_index *index = part_index_over_blob(facts->part_index);
	struct content_source stored;
	struct mime_source source = { .read = content_source_read, .arg = &stored, .size = facts->size };
	bool header_was_cut = facts->header_size > INGEST_SEARCH_LIMIT, found;

	if (index == NULL)
		return false;
	content_source_init(&stored, store, loaded->entry->hash);
	found = (header_was_cut && key->kind != SEARCH_BODY && scan_header(key, index, &source)) ||
		(key->kind != SEARCH_HEADER && text_search_scan(index, &source, key->needle));
	content_source_clear(&stored);
	part_index_destroy(&index);
	return found;
}

bool search_text_is_cut(const struct loaded *loaded)
{
	return loaded->facts != NULL && (content_value_facts(loaded->facts)->traits & CONTENT_TEXT_TRUNCATED);
}

bool search_text_fits(const struct search_key *key, const struct loaded *loaded,
		      struct store *store)
{
	struct slice headers, body;

	if (loaded->search == NULL || loaded->facts == NULL)
		return false;
	content_value_search(loaded->search, &headers, &body);
	if (key->kind == SEARCH_HEADER ? header_contains(headers, key->field, key->needle)
				       : contains(body, key->needle) ||
						 (key->kind == SEARCH_TEXT && contains(headers, key->needle)))
		return true;
	if (fits_own_headers(key, loaded))
		return true;
	return search_text_is_cut(loaded) && scan(key, loaded, store);
}
