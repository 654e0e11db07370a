/* Writing content.  A long one is announced as a candidate for collection before its
 * first chunk is written, so that what a crash leaves behind is found again. */
#include "store/content.h"

#include "store/content_cache.h"
#include "store/content_row.h"
#include "store/facts.h"

void content_args(struct db_args *args, const struct content_row *row, struct slice octets,
		  GByteArray *packed)
{
	db_int8(args, (int64_t)row->facts.size);
	if (row->facts.message_id.len > 0)
		db_int8(args, facts_id_key(row->facts.message_id));
	else
		db_int8_null(args);
	db_int4(args, (int32_t)row->facts.version);
	db_bytes(args, slice_of((const char *)packed->data, packed->len));
	db_bytes(args, row->search_headers);
	db_bytes(args, row->search_body);
	db_bytes(args, row->signature);
	db_bytes(args, octets);
}

static struct slice hash_slice(const uint8_t *hash)
{
	return slice_of((const char *)hash, CONTENT_HASH_SIZE);
}

/* The content's row, with its first octets.  Nothing refers to it yet, so it is a candidate for
 * collection from now on. */
static enum store_result put_row(struct store *store, const struct content_row *row,
				 struct slice octets)
{
	static const struct db_statement put = {
		"WITH announced AS (INSERT INTO content_candidate (hash) VALUES ($1)"
		" ON CONFLICT (hash) DO UPDATE SET since = clock_now())"
		" SELECT content_put($1, $2, $3, $4, $5, $6, $7, $8, $9)", false };
	GByteArray *packed = facts_pack(&row->facts);
	struct db_args args = { 0 };
	enum store_result result;

	db_bytes(&args, hash_slice(row->hash));
	content_args(&args, row, octets, packed);
	result = db_run(store, &put, &args, NULL);
	g_byte_array_unref(packed);
	return result;
}

enum store_result content_exists(struct store *store, const uint8_t hash[CONTENT_HASH_SIZE])
{
	static const struct db_statement keep = {
		"WITH touched AS (UPDATE content_candidate SET since = clock_now() WHERE hash = $1)"
		" SELECT content_keep($1)", false };
	struct db_args args = { 0 };
	PGresult *rows;
	enum store_result result;

	db_bytes(&args, hash_slice(hash));
	result = db_run(store, &keep, &args, &rows);
	if (result == STORE_OK && !db_get_bool(rows, 0, 0))
		result = STORE_NOT_FOUND;
	PQclear(rows);
	return result;
}

static enum store_result announce(struct store *store, const uint8_t *hash)
{
	static const struct db_statement add = {
		"INSERT INTO content_candidate (hash) VALUES ($1)"
		" ON CONFLICT (hash) DO UPDATE SET since = clock_now()", false };
	struct db_args args = { 0 };

	db_bytes(&args, hash_slice(hash));
	return db_run(store, &add, &args, NULL);
}

static enum store_result put_chunk(struct store *store, const uint8_t *hash, uint32_t number,
				   struct slice octets)
{
	static const struct db_statement add = {
		"INSERT INTO content_chunk (hash, number, octets) VALUES ($1, $2, $3)"
		" ON CONFLICT DO NOTHING", false };
	struct db_args args = { 0 };

	db_bytes(&args, hash_slice(hash));
	db_int4(&args, (int32_t)number);
	db_bytes(&args, octets);
	return db_run(store, &add, &args, NULL);
}

static bool read_all(const struct content_row *row, uint64_t offset, char *data, size_t len)
{
	size_t have = 0;

	while (have < len) {
		ssize_t got = row->read(row->read_arg, offset + have, data + have, len - have);

		if (got <= 0)
			return false;
		have += (size_t)got;
	}
	return true;
}

static enum store_result put_chunks(struct store *store, const struct content_row *row, char *buffer)
{
	enum store_result result = announce(store, row->hash);
	uint64_t offset = CONTENT_CHUNK;

	for (uint32_t number = 1; result == STORE_OK && offset < row->facts.size; number++) {
		size_t len = MIN(row->facts.size - offset, CONTENT_CHUNK);

		if (!read_all(row, offset, buffer, len))
			return STORE_DAMAGED;
		result = put_chunk(store, row->hash, number, slice_of(buffer, len));
		offset += len;
	}
	return result;
}

static enum store_result put_pieces(struct store *store, const struct content_row *row)
{
	g_autofree char *buffer = NULL;
	enum store_result result;

	if (row->facts.size <= CONTENT_CHUNK)
		return put_row(store, row, row->octets);
	buffer = g_malloc(CONTENT_CHUNK);
	result = put_chunks(store, row, buffer);
	if (result != STORE_OK)
		return result;
	if (!read_all(row, 0, buffer, CONTENT_CHUNK))
		return STORE_DAMAGED;
	return put_row(store, row, slice_of(buffer, CONTENT_CHUNK));
}

/* None of these commits is waited for on the disk, as nobody is told of content: whoever is told
 * of a message that refers to it waits for a later commit, and with it for all the log before. */
static enum store_result put(struct store *store, const struct content_row *row)
{
	enum store_result result;

	/* In a transaction there is one commit, and it is its owner's to wait for. */
	if (store->in_transaction)
		return put_pieces(store, row);
	result = connection_command(store, "SET synchronous_commit = off");
	if (result == STORE_OK)
		result = put_pieces(store, row);
	/* A connection that can't be put back must not be used for what is acknowledged. */
	if (store->conn != NULL && connection_command(store, "RESET synchronous_commit") != STORE_OK)
		connection_drop(store);
	return result;
}

enum store_result content_store(struct store *store, const struct content_row *row)
{
	enum store_result result = STORE_NOT_FOUND;

	if (row->facts.size <= CONTENT_CHUNK)
		g_assert(row->octets.len == row->facts.size);
	else
		result = content_exists(store, row->hash);
	return result == STORE_NOT_FOUND ? put(store, row) : result;
}

enum store_result content_store_derived(struct store *store, const struct content_row *row)
{
	static const struct db_statement replace = {
		"UPDATE content SET message_id_key = $2, version = $3, facts = $4, search_headers = $5,"
		" search_body = $6, signature = $7 WHERE hash = $1", false };
	GByteArray *packed = facts_pack(&row->facts);
	struct db_args args = { 0 };
	enum store_result result;

	db_bytes(&args, hash_slice(row->hash));
	if (row->facts.message_id.len > 0)
		db_int8(&args, facts_id_key(row->facts.message_id));
	else
		db_int8_null(&args);
	db_int4(&args, (int32_t)row->facts.version);
	db_bytes(&args, slice_of((const char *)packed->data, packed->len));
	db_bytes(&args, row->search_headers);
	db_bytes(&args, row->search_body);
	db_bytes(&args, row->signature);
	result = db_change_one(store, &replace, &args);
	g_byte_array_unref(packed);
	if (result == STORE_OK) {
		content_cache_remove(store->shared->contents, CONTENT_FACTS, row->hash);
		content_cache_remove(store->shared->contents, CONTENT_SEARCH, row->hash);
		content_cache_remove(store->shared->contents, CONTENT_SIGNATURE, row->hash);
	}
	return result;
}
