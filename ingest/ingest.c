/* A message understood.
 *
 * One pass over the octets makes hash and part index; the header and the text parts are then
 * read where the index says they are.  What fits one chunk is kept in memory, so small mail (nearly all
 * of it) is read from its source once. */
#include "ingest/ingest.h"
#include "ingest/derive.h"
#include "mime/part_index.h"

#include <openssl/evp.h>

#define PIECE 65536

struct ingest {
	struct content_row row;
	struct part_index *index;
	struct mime_source source;  /* the caller's, or `whole` */
	GString *octets;            /* all of them, when they fit one chunk */
	struct slice whole;
	struct derived *derived;
};

/* Hash and part index of everything; false when the source can't be read. */
static bool read_all(struct ingest *ingest, const struct mime_source *source)
{
	EVP_MD_CTX *digest = EVP_MD_CTX_new();
	struct part_indexer *indexer = part_indexer_create();
	size_t piece = (size_t)MIN(PIECE, source->size);
	g_autofree char *room = g_malloc(piece);
	uint64_t at = 0;

	g_assert(digest != NULL && EVP_DigestInit_ex(digest, EVP_sha256(), NULL) == 1);
	while (at < source->size) {
		ssize_t got = source->read(source->arg, at, room, (size_t)MIN(piece, source->size - at));

		if (got <= 0)
			break;
		g_assert(EVP_DigestUpdate(digest, room, (size_t)got) == 1);
		part_indexer_push(indexer, room, (size_t)got);
		if (source->size <= CONTENT_CHUNK)
			g_string_append_len(ingest->octets, room, got);
		at += (uint64_t)got;
	}
	g_assert(EVP_DigestFinal_ex(digest, ingest->row.hash, NULL) == 1);
	if (at == source->size)
		ingest->index = part_indexer_finish(indexer);
	part_indexer_destroy(&indexer);
	EVP_MD_CTX_free(digest);
	return ingest->index != NULL;
}

/* Where the derivation and the store find the octets. */
static void place_octets(struct ingest *ingest, const struct mime_source *source)
{
	ingest->source = *source;
	if (source->size > CONTENT_CHUNK) {
		ingest->row.read = source->read;
		ingest->row.read_arg = source->arg;
		return;
	}
	ingest->whole = slice_of(ingest->octets->str, ingest->octets->len);
	ingest->source = mime_source_of_slice(&ingest->whole);
	ingest->row.octets = ingest->whole;
}

struct ingest *ingest_create(const struct mime_source *source)
{
	struct ingest *ingest = g_new0(struct ingest, 1);

	ingest->octets = g_string_sized_new(source->size <= CONTENT_CHUNK ? (gsize)source->size : 0);
	if (!read_all(ingest, source)) {
		ingest_destroy(&ingest);
		return NULL;
	}
	place_octets(ingest, source);
	ingest->derived = derived_create(ingest->index, &ingest->source, &ingest->row);
	if (ingest->derived == NULL)
		ingest_destroy(&ingest);
	return ingest;
}

void ingest_destroy(struct ingest **ingest)
{
	if (*ingest == NULL)
		return;
	derived_destroy(&(*ingest)->derived);
	part_index_destroy(&(*ingest)->index);
	g_string_free((*ingest)->octets, TRUE);
	g_clear_pointer(ingest, g_free);
}

const struct content_row *ingest_row(const struct ingest *ingest)
{
	return &ingest->row;
}

const struct part_index *ingest_index(const struct ingest *ingest)
{
	return ingest->index;
}

enum store_result ingest_store(struct store *store, const struct ingest *ingest)
{
	return content_store(store, &ingest->row);
}

/* What is done with a content understood anew from its stored octets. */
typedef enum store_result (*derived_fn)(struct store *store, const struct ingest *ingest, void *arg);

static enum store_result with_rederived(struct store *store, const uint8_t hash[CONTENT_HASH_SIZE],
					uint64_t size, derived_fn fn, void *arg)
{
	struct content_source stored;
	struct mime_source source = { content_source_read, &stored, size };
	struct ingest *ingest;
	enum store_result result = STORE_DAMAGED;

	content_source_init(&stored, store, hash);
	ingest = ingest_create(&source);
	if (ingest == NULL && stored.result != STORE_OK)
		result = stored.result;
	else if (ingest != NULL && memcmp(ingest->row.hash, hash, CONTENT_HASH_SIZE) == 0)
		result = fn(store, ingest, arg);
	ingest_destroy(&ingest);
	content_source_clear(&stored);
	return result;
}

static enum store_result store_derived(struct store *store, const struct ingest *ingest, void *arg)
{
	(void)arg;
	return content_store_derived(store, &ingest->row);
}

enum store_result ingest_reparse(struct store *store, const uint8_t hash[CONTENT_HASH_SIZE])
{
	struct content_value *value = NULL;
	enum store_result result = content_load_one(store, CONTENT_FACTS, hash, &value);

	if (result == STORE_OK)
		result = with_rederived(store, hash, content_value_facts(value)->size, store_derived, NULL);
	content_value_unref(&value);
	return result;
}

/* The first fact that differs; NULL when none does. */
static const char *differing_fact(const struct content_facts *a, const struct content_facts *b)
{
	const struct {
		const char *name;
		struct slice a, b;
	} rows[] = {
		{ "part index", a->part_index, b->part_index },
		{ "ENVELOPE", a->envelope, b->envelope },
		{ "BODY", a->body, b->body },
		{ "BODYSTRUCTURE", a->bodystructure, b->bodystructure },
		{ "BODY", a->body_decoded, b->body_decoded },
		{ "BODYSTRUCTURE", a->bodystructure_decoded, b->bodystructure_decoded },
		{ "preview", a->preview, b->preview },
		{ "subject", a->subject, b->subject },
		{ "sort keys", a->base_subject, b->base_subject },
		{ "sort keys", a->from, b->from },
		{ "sort keys", a->to, b->to },
		{ "sort keys", a->cc, b->cc },
		{ "thread keys", a->message_id, b->message_id },
		{ "thread keys", a->in_reply_to, b->in_reply_to },
		{ "thread keys", a->references, b->references },
	};

	if (a->size != b->size || a->header_size != b->header_size)
		return "sizes";
	for (size_t i = 0; i < G_N_ELEMENTS(rows); i++)
		if (!slice_equal(rows[i].a, rows[i].b))
			return rows[i].name;
	return a->traits != b->traits || a->sent_date != b->sent_date ? "traits" : NULL;
}

static const char *differing_search_text(struct store *store, const struct content_row *row,
					 enum store_result *result_out)
{
	struct content_value *search = NULL, *signature = NULL;
	struct slice headers, body;
	const char *what = NULL;

	*result_out = content_load_one(store, CONTENT_SEARCH, row->hash, &search);
	if (*result_out == STORE_OK)
		*result_out = content_load_one(store, CONTENT_SIGNATURE, row->hash, &signature);
	if (*result_out == STORE_OK) {
		content_value_search(search, &headers, &body);
		if (!slice_equal(headers, row->search_headers) || !slice_equal(body, row->search_body))
			what = "search text";
		else if (!slice_equal(content_value_octets(signature), row->signature))
			what = "signature";
	}
	content_value_unref(&search);
	content_value_unref(&signature);
	return what;
}

struct comparing {
	const struct content_facts *facts;
	char **problem_out;
};

static enum store_result compare_derived(struct store *store, const struct ingest *ingest, void *arg)
{
	const struct comparing *comparing = arg;
	const char *what = differing_fact(comparing->facts, &ingest->row.facts);
	enum store_result result = STORE_OK;

	if (what == NULL)
		what = differing_search_text(store, &ingest->row, &result);
	if (what == NULL)
		return result;
	*comparing->problem_out = g_strdup_printf("its %s is not what its octets give", what);
	return STORE_DAMAGED;
}

enum store_result ingest_verify(struct store *store, const uint8_t hash[CONTENT_HASH_SIZE], char **problem_out)
{
	struct content_value *value = NULL;
	enum store_result result = content_load_one(store, CONTENT_FACTS, hash, &value);
	struct comparing comparing = { NULL, problem_out };

	*problem_out = NULL;
	if (result == STORE_OK && content_value_facts(value)->version == INGEST_VERSION) {
		comparing.facts = content_value_facts(value);
		result = with_rederived(store, hash, comparing.facts->size, compare_derived, &comparing);
	}
	content_value_unref(&value);
	return result;
}

void ingest_convert_crlf(GString *out, struct slice octets, char *last)
{
	for (size_t i = 0; i < octets.len; i++) {
		if (octets.data[i] == '\n' && *last != '\r')
			g_string_append_c(out, '\r');
		g_string_append_c(out, octets.data[i]);
		*last = octets.data[i];
	}
}
