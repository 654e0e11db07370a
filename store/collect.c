/* Nothing is counted: whoever drops a reference makes the content a candidate, and a
 * candidate that nobody refers to after the grace time goes.
 *
 * Safe against a delivery of the same content at the same moment: a delivery that finds the
 * content there either finds it young (younger than 10 minutes; we take only older than 20), or
 * holds its row FOR KEY SHARE until it has committed.  We lock the row FOR UPDATE first, and
 * only then, in a new statement that sees what was committed before, ask whether anybody
 * refers to it.  A delivery that waits for us finds the row gone and stores it anew. */
#include "store/collect.h"

#include "store/content.h"
#include "store/content_cache.h"
#include "store/statement.h"

#define YOUNGEST_SECONDS 1200

/* Ages in microseconds, by the database's clock: that of this machine may be another. */
struct collecting {
	int64_t waiting; /* of candidates, at least */
	int64_t age;     /* of contents, at least */
	unsigned limit;
	struct collected *collected;
};

/* One behind the other, as db_bytes_array wants them. */
static GByteArray *hashes_from_rows(const PGresult *rows)
{
	GByteArray *hashes = g_byte_array_new();

	for (int i = 0; i < PQntuples(rows); i++)
		g_byte_array_append(hashes, (const guint8 *)db_get_slice(rows, i, 0).data,
				    CONTENT_HASH_SIZE);
	return hashes;
}

static void add_hashes(struct db_args *args, const GByteArray *hashes)
{
	db_bytes_array(args, hashes->data, CONTENT_HASH_SIZE, hashes->len / CONTENT_HASH_SIZE);
}

static enum store_result read_hashes(struct store *store, const struct db_statement *statement,
				     struct db_args *args, GByteArray **hashes_out)
{
	PGresult *rows;
	enum store_result result = db_run(store, statement, args, &rows);

	*hashes_out = result == STORE_OK ? hashes_from_rows(rows) : g_byte_array_new();
	PQclear(rows);
	return result;
}

static enum store_result lock_candidates(struct store *store, const struct collecting *collecting,
					 GByteArray **hashes_out)
{
	static const struct db_statement pick = {
		"SELECT hash FROM content_candidate WHERE since < (SELECT clock_now() - $1) ORDER BY since LIMIT $2"
		" FOR UPDATE SKIP LOCKED", false };
	struct db_args args = { 0 };

	db_int8(&args, collecting->waiting);
	db_int8(&args, collecting->limit);
	return read_hashes(store, &pick, &args, hashes_out);
}

static enum store_result lock_contents(struct store *store, const struct collecting *collecting,
				       const GByteArray *candidates, GByteArray **hashes_out)
{
	static const struct db_statement lock = {
		"SELECT hash FROM content WHERE hash = ANY ($1) AND created < (SELECT clock_now() - $2)"
		" FOR UPDATE SKIP LOCKED", false };
	struct db_args args = { 0 };

	add_hashes(&args, candidates);
	db_int8(&args, collecting->age);
	return read_hashes(store, &lock, &args, hashes_out);
}

static enum store_result delete_unreferenced(struct store *store, const GByteArray *locked,
					     struct collected *collected)
{
	static const struct db_statement remove = {
		"DELETE FROM content c WHERE hash = ANY ($1)"
		" AND NOT EXISTS (SELECT 1 FROM message WHERE content_hash = c.hash)"
		" AND NOT EXISTS (SELECT 1 FROM message WHERE original_hash = c.hash)"
		" AND NOT EXISTS (SELECT 1 FROM expunged WHERE content_hash = c.hash)"
		" AND NOT EXISTS (SELECT 1 FROM expunged WHERE original_hash = c.hash)"
		" AND NOT EXISTS (SELECT 1 FROM trail WHERE content_hash = c.hash)"
		" RETURNING hash, size", false };
	struct db_args args = { 0 };
	PGresult *rows;
	enum store_result result;

	add_hashes(&args, locked);
	result = db_run(store, &remove, &args, &rows);
	for (int i = 0; result == STORE_OK && i < PQntuples(rows); i++) {
		collected->contents++;
		collected->octets += (uint64_t)db_get_int8(rows, i, 1);
		for (unsigned kind = CONTENT_FACTS; kind <= CONTENT_OCTETS; kind++)
			content_cache_remove(store->shared->contents, kind,
					     (const uint8_t *)db_get_slice(rows, i, 0).data);
	}
	PQclear(rows);
	return result;
}

/* Chunks without a content's row: of what was deleted just now, and of uploads cut off. */
static enum store_result delete_chunks(struct store *store, const GByteArray *candidates)
{
	static const struct db_statement remove = {
		"DELETE FROM content_chunk k WHERE hash = ANY ($1)"
		" AND NOT EXISTS (SELECT 1 FROM content c WHERE c.hash = k.hash)", false };
	struct db_args args = { 0 };

	add_hashes(&args, candidates);
	return db_run(store, &remove, &args, NULL);
}

/* Done with: what is gone, and what somebody refers to.  The rest (young, or locked by a
 * delivery) is looked at again later. */
static enum store_result settle(struct store *store, const GByteArray *candidates,
				const GByteArray *locked)
{
	static const struct db_statement done = {
		"DELETE FROM content_candidate d WHERE hash = ANY ($1) AND (hash = ANY ($2)"
		" OR NOT EXISTS (SELECT 1 FROM content c WHERE c.hash = d.hash))", false };
	static const struct db_statement later = {
		"UPDATE content_candidate SET since = clock_now() WHERE hash = ANY ($1)", false };
	struct db_args args = { 0 };
	enum store_result result;

	add_hashes(&args, candidates);
	add_hashes(&args, locked);
	result = db_run(store, &done, &args, NULL);
	if (result != STORE_OK)
		return result;
	add_hashes(&args, candidates);
	return db_run(store, &later, &args, NULL);
}

static enum store_result collect_work(struct store *store, void *arg)
{
	struct collecting *collecting = arg;
	GByteArray *candidates, *locked = NULL;
	enum store_result result = lock_candidates(store, collecting, &candidates);

	*collecting->collected = (struct collected){
		.seen = candidates->len / CONTENT_HASH_SIZE };
	if (result == STORE_OK && candidates->len > 0) {
		result = lock_contents(store, collecting, candidates, &locked);
		if (result == STORE_OK)
			result = delete_unreferenced(store, locked, collecting->collected);
		if (result == STORE_OK)
			result = delete_chunks(store, candidates);
		if (result == STORE_OK)
			result = settle(store, candidates, locked);
		g_byte_array_unref(locked);
	}
	g_byte_array_unref(candidates);
	return result;
}

enum store_result collect_content(struct store *store, uint64_t grace_seconds, unsigned limit,
				  struct collected *collected_out)
{
	struct collecting collecting = {
		.waiting = (int64_t)grace_seconds * 1000000,
		.age = (int64_t)MAX(grace_seconds, YOUNGEST_SECONDS) * 1000000,
		.limit = limit,
		.collected = collected_out,
	};

	*collected_out = (struct collected){ 0 };
	return connection_transaction(store, collect_work, &collecting);
}
