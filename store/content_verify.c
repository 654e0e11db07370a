/* Walking all content and looking whether it is what it should be. */
#include "store/content.h"

#include "store/statement.h"

#include <openssl/evp.h>

G_STATIC_ASSERT(CONTENT_CHUNK == 262144); /* as the SQL below says */

enum store_result content_walk(struct store *store, unsigned limit, uint8_t after[CONTENT_HASH_SIZE],
			       GByteArray **hashes_out)
{
	static const struct db_statement walk = {
		"SELECT hash FROM content WHERE hash > $1 ORDER BY hash LIMIT $2", true };
	struct db_args args = { 0 };
	PGresult *rows;
	enum store_result result;

	*hashes_out = g_byte_array_new();
	db_bytes(&args, slice_of((const char *)after, CONTENT_HASH_SIZE));
	db_int8(&args, limit);
	result = db_run(store, &walk, &args, &rows);
	for (int i = 0; result == STORE_OK && i < PQntuples(rows); i++) {
		struct slice hash = db_get_slice(rows, i, 0);

		g_byte_array_append(*hashes_out, (const guint8 *)hash.data, CONTENT_HASH_SIZE);
		memcpy(after, hash.data, CONTENT_HASH_SIZE);
	}
	PQclear(rows);
	return result;
}

/* What verify reads of one content, a chunk at a time and never from the cache. */
struct verifying {
	EVP_MD_CTX *digest;
	uint64_t size;
};

static void take_octets(struct verifying *verifying, struct slice octets)
{
	EVP_DigestUpdate(verifying->digest, octets.data, octets.len);
	verifying->size += octets.len;
}

static enum store_result read_first(struct store *store, const uint8_t *hash,
				    struct verifying *verifying, uint64_t *size_out)
{
	static const struct db_statement read = {
		"SELECT size, octets FROM content WHERE hash = $1", true };
	struct db_args args = { 0 };
	PGresult *rows;
	enum store_result result;

	db_bytes(&args, slice_of((const char *)hash, CONTENT_HASH_SIZE));
	result = db_run_row(store, &read, &args, &rows);
	if (result == STORE_OK) {
		*size_out = (uint64_t)db_get_int8(rows, 0, 0);
		take_octets(verifying, db_get_slice(rows, 0, 1));
	}
	PQclear(rows);
	return result;
}

/* False at the end. */
static bool read_chunk(struct store *store, const uint8_t *hash, int32_t number,
		       struct verifying *verifying, enum store_result *result_out)
{
	static const struct db_statement read = {
		"SELECT octets FROM content_chunk WHERE hash = $1 AND number = $2", true };
	struct db_args args = { 0 };
	PGresult *rows;
	bool there;

	db_bytes(&args, slice_of((const char *)hash, CONTENT_HASH_SIZE));
	db_int4(&args, number);
	*result_out = db_run(store, &read, &args, &rows);
	there = *result_out == STORE_OK && PQntuples(rows) == 1;
	if (there)
		take_octets(verifying, db_get_slice(rows, 0, 0));
	PQclear(rows);
	return there;
}

enum store_result content_verify(struct store *store, const uint8_t hash[CONTENT_HASH_SIZE],
				 char **problem_out)
{
	struct verifying verifying = { EVP_MD_CTX_new(), 0 };
	uint8_t found[EVP_MAX_MD_SIZE];
	uint64_t size = 0;
	enum store_result result;

	*problem_out = NULL;
	EVP_DigestInit_ex(verifying.digest, EVP_sha256(), NULL);
	result = read_first(store, hash, &verifying, &size);
	if (result == STORE_OK)
		for (int32_t number = 1; read_chunk(store, hash, number, &verifying, &result); number++)
			;
	EVP_DigestFinal_ex(verifying.digest, found, NULL);
	EVP_MD_CTX_free(verifying.digest);
	if (result != STORE_OK)
		return result;
	if (verifying.size != size)
		*problem_out = g_strdup_printf("%" G_GUINT64_FORMAT " octets stored, %" G_GUINT64_FORMAT
					       " expected", verifying.size, size);
	else if (memcmp(found, hash, CONTENT_HASH_SIZE) != 0)
		*problem_out = g_strdup("the octets have another hash");
	return *problem_out != NULL ? STORE_DAMAGED : STORE_OK;
}

static void report_row(void *arg, const PGresult *row)
{
	GString *report = ((void **)arg)[0];
	uint64_t *count = ((void **)arg)[1];
	struct slice text = db_get_slice(row, 0, 0);

	g_string_append_len(report, text.data, (gssize)text.len);
	g_string_append_c(report, '\n');
	(*count)++;
}

enum store_result content_verify_rows(struct store *store, GString *report, uint64_t *count_out)
{
	static const struct db_statement checks[] = {
		{ "SELECT 'message ' || uid || ' of mailbox ' || mailbox_id || ' has no content ' ||"
		  " encode(content_hash, 'hex') FROM message m WHERE NOT EXISTS"
		  " (SELECT 1 FROM content c WHERE c.hash = m.content_hash)", true },
		{ "SELECT 'message ' || uid || ' of mailbox ' || mailbox_id || ' has no original ' ||"
		  " encode(original_hash, 'hex') FROM message m WHERE original_hash IS NOT NULL AND NOT"
		  " EXISTS (SELECT 1 FROM content c WHERE c.hash = m.original_hash)", true },
		{ "SELECT 'message ' || m.uid || ' of mailbox ' || m.mailbox_id || ' says ' || m.size ||"
		  " ' octets, its content and prefix have ' || c.size + octet_length(m.prefix)"
		  " FROM message m JOIN content c ON c.hash = m.content_hash"
		  " WHERE m.size <> c.size + octet_length(m.prefix)", true },
		{ "SELECT 'chunk ' || number || ' belongs to no content ' || encode(hash, 'hex')"
		  " FROM content_chunk k WHERE NOT EXISTS (SELECT 1 FROM content c WHERE c.hash = k.hash)"
		  " AND NOT EXISTS (SELECT 1 FROM content_candidate d WHERE d.hash = k.hash)", true },
		{ "SELECT 'chunk ' || k.number || ' stands behind the end of content ' || encode(k.hash, 'hex')"
		  " FROM content_chunk k JOIN content c ON c.hash = k.hash"
		  " WHERE k.number::bigint * 262144 >= c.size", true },
		{ "SELECT 'expunged message ' || uid || ' of mailbox ' || mailbox_id || ' has no content ' ||"
		  " encode(h.hash, 'hex') FROM expunged e CROSS JOIN LATERAL"
		  " (VALUES (e.content_hash), (e.original_hash)) h (hash) WHERE h.hash IS NOT NULL AND NOT EXISTS"
		  " (SELECT 1 FROM content c WHERE c.hash = h.hash)", true },
		{ "SELECT 'trail entry ' || trail_id || ' has no content ' || encode(content_hash, 'hex')"
		  " FROM trail t WHERE content_hash IS NOT NULL AND NOT EXISTS"
		  " (SELECT 1 FROM content c WHERE c.hash = t.content_hash)", true },
		{ "SELECT 'content ' || encode(hash, 'hex') || ' belongs to nobody and is never collected'"
		  " FROM content c WHERE NOT EXISTS (SELECT 1 FROM content_candidate WHERE hash = c.hash)"
		  " AND NOT EXISTS (SELECT 1 FROM message WHERE content_hash = c.hash)"
		  " AND NOT EXISTS (SELECT 1 FROM message WHERE original_hash = c.hash)"
		  " AND NOT EXISTS (SELECT 1 FROM expunged WHERE content_hash = c.hash)"
		  " AND NOT EXISTS (SELECT 1 FROM expunged WHERE original_hash = c.hash)"
		  " AND NOT EXISTS (SELECT 1 FROM trail WHERE content_hash = c.hash)", true },
		{ "SELECT 'mailbox ' || mailbox_id || ' belongs to no account ' || account_id FROM mailbox b"
		  " WHERE NOT EXISTS (SELECT 1 FROM account a WHERE a.account_id = b.account_id)", true },
		{ "SELECT 'message ' || uid || ' belongs to no mailbox ' || mailbox_id FROM message m"
		  " WHERE NOT EXISTS (SELECT 1 FROM mailbox b WHERE b.account_id = m.account_id"
		  " AND b.mailbox_id = m.mailbox_id)", true },
		{ "SELECT 'mailbox ' || b.mailbox_id || ' counts ' || b.messages || ' messages, ' ||"
		  " b.unseen || ' unseen, ' || b.size || ' octets; it has ' || c.n || ', ' || c.unseen ||"
		  " ', ' || c.size FROM mailbox b CROSS JOIN LATERAL (SELECT count(*) AS n,"
		  " count(*) FILTER (WHERE flags & 8 = 0) AS unseen, coalesce(sum(size), 0) AS size"
		  " FROM message m WHERE m.account_id = b.account_id AND m.mailbox_id = b.mailbox_id) c"
		  " WHERE (b.messages, b.unseen, b.size) IS DISTINCT FROM (c.n, c.unseen, c.size)", true },
	};
	void *target[] = { report, count_out };
	enum store_result result = STORE_OK;

	*count_out = 0;
	for (size_t i = 0; i < G_N_ELEMENTS(checks) && result == STORE_OK; i++) {
		struct db_args args = { 0 };

		result = db_stream(store, &checks[i], &args, report_row, target);
	}
	return result;
}
