/* Reading content: the cache first, then one query for all that is missing. */
#include "store/content.h"

#include "base/log.h"
#include "store/content_cache.h"
#include "store/statement.h"

#define ROOM "store"

/* How each kind is read, and how many at once, so that one result stays small. */
struct kind_row {
	struct db_statement load;
	struct content_value *(*make)(const PGresult *rows, int row);
	size_t batch;
};

static struct content_value *make_facts(const PGresult *rows, int row)
{
	return content_value_of_facts(db_get_slice(rows, row, 1));
}

static struct content_value *make_octets(const PGresult *rows, int row)
{
	return content_value_of_octets(db_get_slice(rows, row, 1));
}

static struct content_value *make_search(const PGresult *rows, int row)
{
	return content_value_of_search(db_get_slice(rows, row, 1), db_get_slice(rows, row, 2));
}

static const struct kind_row kinds[] = {
	[CONTENT_FACTS] = {
		{ "SELECT hash, facts FROM content WHERE hash = ANY ($1)", true }, make_facts, 1000 },
	[CONTENT_SIGNATURE] = {
		{ "SELECT hash, signature FROM content WHERE hash = ANY ($1)", true },
		make_octets, 1000 },
	[CONTENT_SEARCH] = {
		{ "SELECT hash, search_headers, search_body FROM content WHERE hash = ANY ($1)", true },
		make_search, 64 },
	[CONTENT_OCTETS] = {
		{ "SELECT hash, octets FROM content WHERE hash = ANY ($1)", true }, make_octets, 64 },
};

static guint hash_hash(gconstpointer key)
{
	guint value;

	memcpy(&value, key, sizeof(value));
	return value;
}

static gboolean hash_equal(gconstpointer a, gconstpointer b)
{
	return memcmp(a, b, CONTENT_HASH_SIZE) == 0;
}

/* The result's row of each hash, plus one. */
static GHashTable *rows_by_hash(const PGresult *rows)
{
	GHashTable *table = g_hash_table_new(hash_hash, hash_equal);

	for (int i = 0; i < PQntuples(rows); i++)
		g_hash_table_insert(table, (gpointer)db_get_slice(rows, i, 0).data,
				    GINT_TO_POINTER(i + 1));
	return table;
}

/* A batch: the hashes still missing among a run of places. */
struct batch {
	enum content_kind kind;
	const uint8_t (*hashes)[CONTENT_HASH_SIZE];
	struct content_value **values;
	GByteArray *wanted;   /* hashes */
	GArray *places;       /* of size_t */
};

/* The same hash may stand in several places: the first makes the value, the cache or the row
 * gives it to the others. */
static enum store_result fill(struct store *store, const struct batch *batch, const PGresult *rows)
{
	GHashTable *found = rows_by_hash(rows);
	enum store_result result = STORE_OK;

	for (guint i = 0; i < batch->places->len; i++) {
		size_t place = g_array_index(batch->places, size_t, i);
		int row = GPOINTER_TO_INT(g_hash_table_lookup(found, batch->hashes[place]));

		if (row > 0)
			batch->values[place] = kinds[batch->kind].make(rows, row - 1);
		if (batch->values[place] == NULL) {
			log_error(ROOM, "content %02x%02x%02x%02x... is %s", batch->hashes[place][0],
				  batch->hashes[place][1], batch->hashes[place][2],
				  batch->hashes[place][3], row > 0 ? "damaged" : "missing");
			result = STORE_DAMAGED;
			continue;
		}
		content_cache_put(store->shared->contents, batch->kind, batch->hashes[place],
				  batch->values[place]);
	}
	g_hash_table_unref(found);
	return result;
}

static enum store_result load_batch(struct store *store, struct batch *batch)
{
	struct db_args args = { 0 };
	PGresult *rows;
	enum store_result result;

	if (batch->places->len == 0)
		return STORE_OK;
	db_bytes_array(&args, batch->wanted->data, CONTENT_HASH_SIZE, batch->places->len);
	result = db_run(store, &kinds[batch->kind].load, &args, &rows);
	if (result == STORE_OK)
		result = fill(store, batch, rows);
	PQclear(rows);
	g_byte_array_set_size(batch->wanted, 0);
	g_array_set_size(batch->places, 0);
	return result;
}

enum store_result content_load(struct store *store, enum content_kind kind,
			       const uint8_t (*hashes)[CONTENT_HASH_SIZE], size_t count,
			       struct content_value **values_out)
{
	struct batch batch = { .kind = kind, .hashes = hashes, .values = values_out };
	enum store_result result = STORE_OK, one;

	batch.wanted = g_byte_array_new();
	batch.places = g_array_new(FALSE, FALSE, sizeof(size_t));
	for (size_t i = 0; i < count; i++) {
		values_out[i] = content_cache_get(store->shared->contents, kind, hashes[i]);
		if (values_out[i] != NULL)
			continue;
		g_byte_array_append(batch.wanted, hashes[i], CONTENT_HASH_SIZE);
		g_array_append_val(batch.places, i);
		if (batch.places->len < kinds[kind].batch)
			continue;
		one = load_batch(store, &batch);
		result = one != STORE_OK ? one : result;
	}
	one = load_batch(store, &batch);
	result = one != STORE_OK ? one : result;
	g_byte_array_unref(batch.wanted);
	g_array_unref(batch.places);
	return result;
}

enum store_result content_load_one(struct store *store, enum content_kind kind,
				   const uint8_t hash[CONTENT_HASH_SIZE],
				   struct content_value **value_out)
{
	return content_load(store, kind, (const uint8_t (*)[CONTENT_HASH_SIZE])hash, 1, value_out);
}

struct content_value *content_peek(struct store_pool *pool, enum content_kind kind,
				   const uint8_t hash[CONTENT_HASH_SIZE])
{
	return content_cache_get(pool_shared(pool)->contents, kind, hash);
}

struct content_value *content_peek_chunk(struct store_pool *pool,
					 const uint8_t hash[CONTENT_HASH_SIZE], uint32_t number)
{
	return content_cache_get(pool_shared(pool)->contents,
				 number == 0 ? CONTENT_OCTETS : CONTENT_CHUNKS + number, hash);
}

enum store_result content_load_chunk(struct store *store, const uint8_t hash[CONTENT_HASH_SIZE],
				     uint32_t number, struct content_value **value_out)
{
	static const struct db_statement load = {
		"SELECT hash, octets FROM content_chunk WHERE hash = $1 AND number = $2", true };
	struct db_args args = { 0 };
	PGresult *rows;
	enum store_result result;

	if (number == 0)
		return content_load_one(store, CONTENT_OCTETS, hash, value_out);
	*value_out = content_cache_get(store->shared->contents, CONTENT_CHUNKS + number, hash);
	if (*value_out != NULL)
		return STORE_OK;
	db_bytes(&args, slice_of((const char *)hash, CONTENT_HASH_SIZE));
	db_int4(&args, (int32_t)number);
	result = db_run(store, &load, &args, &rows);
	if (result == STORE_OK && PQntuples(rows) == 0)
		result = STORE_DAMAGED;
	if (result == STORE_OK) {
		*value_out = make_octets(rows, 0);
		content_cache_put(store->shared->contents, CONTENT_CHUNKS + number, hash, *value_out);
	}
	PQclear(rows);
	return result;
}

enum store_result content_read(struct store *store, const uint8_t hash[CONTENT_HASH_SIZE],
			       uint64_t offset, void *data, size_t len, size_t *read_out)
{
	struct content_source source;
	ssize_t got = 0;

	*read_out = 0;
	content_source_init(&source, store, hash);
	while (*read_out < len) {
		got = content_source_read(&source, offset + *read_out, (char *)data + *read_out,
					  len - *read_out);
		if (got <= 0)
			break;
		*read_out += (size_t)got;
	}
	content_source_clear(&source);
	return got < 0 ? source.result : STORE_OK;
}

void content_source_init(struct content_source *source, struct store *store,
			 const uint8_t hash[CONTENT_HASH_SIZE])
{
	*source = (struct content_source){ .store = store };
	memcpy(source->hash, hash, CONTENT_HASH_SIZE);
}

void content_source_clear(struct content_source *source)
{
	content_value_unref(&source->chunk);
}

/* Up to the end of the chunk it begins in.  Behind a whole chunk there may be no next one. */
static ssize_t read_from_chunk(struct content_source *source, uint64_t offset, void *data, size_t len)
{
	struct slice chunk = content_value_octets(source->chunk);
	size_t start = (size_t)(offset % CONTENT_CHUNK);

	if (start >= chunk.len)
		return 0;
	len = MIN(len, chunk.len - start);
	memcpy(data, chunk.data + start, len);
	return (ssize_t)len;
}

/* True: there is such a chunk and source->chunk is it. */
static bool find_chunk(struct content_source *source, uint32_t number)
{
	struct content_value *facts;
	bool past_end;

	if (source->chunk != NULL && source->chunk_number == number)
		return true;
	source->result = content_load_one(source->store, CONTENT_FACTS, source->hash, &facts);
	if (source->result != STORE_OK) {
		content_value_unref(&facts);
		return false;
	}
	past_end = (uint64_t)number * CONTENT_CHUNK >= content_value_facts(facts)->size && number > 0;
	content_value_unref(&facts);
	if (past_end)
		return false;
	content_value_unref(&source->chunk);
	source->chunk_number = number;
	source->result = content_load_chunk(source->store, source->hash, number, &source->chunk);
	return source->result == STORE_OK;
}

ssize_t content_source_read(void *arg, uint64_t offset, void *data, size_t len)
{
	struct content_source *source = arg;
	size_t have = 0;

	source->result = STORE_OK;
	while (have < len) {
		uint64_t number = (offset + have) / CONTENT_CHUNK;
		ssize_t got;

		if (number > INT32_MAX || !find_chunk(source, (uint32_t)number))
			return source->result == STORE_OK ? (ssize_t)have : -1;
		got = read_from_chunk(source, offset + have, (char *)data + have, len - have);
		if (got == 0)
			break;
		have += (size_t)got;
	}
	return (ssize_t)have;
}
