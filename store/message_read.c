/* Single messages and their prefixes; finding messages by what they hold. */
#include "store/message.h"

#include "store/content_cache.h"
#include "store/facts.h"
#include "store/message_args.h"

#define MESSAGE_COLUMNS \
	"m.account_id, m.mailbox_id, m.uid, m.flags, m.modseq, m.size, m.thread_id," \
	" m.internal_date, m.save_date, m.content_hash, m.original_hash, octet_length(m.prefix)," \
	" m.zone::integer"

static struct message from_row(const PGresult *rows, int row)
{
	struct message message = {
		.mailbox = { (uint64_t)db_get_int8(rows, row, 0), (uint64_t)db_get_int8(rows, row, 1) },
		.uid = (uint32_t)db_get_int8(rows, row, 2),
		.flags = (uint64_t)db_get_int8(rows, row, 3),
		.modseq = (uint64_t)db_get_int8(rows, row, 4),
		.size = (uint64_t)db_get_int8(rows, row, 5),
		.thread_id = (uint64_t)db_get_int8(rows, row, 6),
		.internal_date = db_get_int8(rows, row, 7),
		.save_date = db_get_int8(rows, row, 8),
		.zone = db_get_int4(rows, row, 12),
		.has_original = !db_is_null(rows, row, 10),
		.prefix_size = (uint32_t)db_get_int4(rows, row, 11),
	};

	memcpy(message.hash, db_get_slice(rows, row, 9).data, CONTENT_HASH_SIZE);
	if (message.has_original)
		memcpy(message.original_hash, db_get_slice(rows, row, 10).data, CONTENT_HASH_SIZE);
	return message;
}

static enum store_result read_messages(struct store *store, const struct db_statement *statement,
				       struct db_args *args, GArray **messages_out)
{
	PGresult *rows;
	enum store_result result = db_run(store, statement, args, &rows);

	*messages_out = NULL;
	if (result != STORE_OK)
		return result;
	*messages_out = g_array_new(FALSE, FALSE, sizeof(struct message));
	for (int i = 0; i < PQntuples(rows); i++) {
		struct message message = from_row(rows, i);

		g_array_append_val(*messages_out, message);
	}
	PQclear(rows);
	return STORE_OK;
}

enum store_result message_get(struct store *store, struct mailbox_ref mailbox, uint32_t uid,
			      struct message *message_out)
{
	static const struct db_statement read = {
		"SELECT " MESSAGE_COLUMNS " FROM message m"
		" WHERE account_id = $1 AND mailbox_id = $2 AND uid = $3", true };
	struct db_args args = { 0 };
	GArray *messages;
	enum store_result result;

	*message_out = (struct message){ 0 };
	db_mailbox(&args, mailbox);
	db_int8(&args, uid);
	result = read_messages(store, &read, &args, &messages);
	if (result != STORE_OK)
		return result;
	if (messages->len > 0)
		*message_out = g_array_index(messages, struct message, 0);
	else
		result = STORE_NOT_FOUND;
	g_array_unref(messages);
	return result;
}

enum store_result message_find_content(struct store *store, uint64_t account_id,
				       const uint8_t hash[CONTENT_HASH_SIZE], GArray **messages_out)
{
	static const struct db_statement find = {
		"SELECT " MESSAGE_COLUMNS " FROM message m WHERE (content_hash, account_id) >= ($2, $1)"
		" AND (content_hash, account_id) <= ($2, $1) UNION SELECT " MESSAGE_COLUMNS
		" FROM message m WHERE original_hash IS NOT NULL"
		" AND (original_hash, account_id) >= ($2, $1)"
		" AND (original_hash, account_id) <= ($2, $1)", true };
	struct db_args args = { 0 };

	db_int8(&args, (int64_t)account_id);
	db_bytes(&args, slice_of((const char *)hash, CONTENT_HASH_SIZE));
	return read_messages(store, &find, &args, messages_out);
}

enum store_result message_walk_rendered(struct store *store, uint64_t account_id,
					struct mailbox_ref after, uint32_t after_uid, unsigned limit,
					GArray **messages_out)
{
	static const struct db_statement walk = {
		"SELECT " MESSAGE_COLUMNS " FROM message m WHERE account_id = $1"
		" AND (mailbox_id, uid) > ($2, $3) AND original_hash IS NOT NULL"
		" ORDER BY account_id, mailbox_id, uid LIMIT $4", true };
	struct db_args args = { 0 };

	db_int8(&args, (int64_t)account_id);
	db_int8(&args, (int64_t)after.mailbox_id);
	db_int8(&args, after_uid);
	db_int8(&args, limit);
	return read_messages(store, &walk, &args, messages_out);
}

static GBytes *prefix_from_cache(struct content_cache *cache, struct mailbox_ref mailbox, uint32_t uid)
{
	uint8_t key[CONTENT_HASH_SIZE];
	struct content_value *value;
	GBytes *bytes;

	content_prefix_key(mailbox, uid, key);
	value = content_cache_get(cache, CONTENT_PREFIX, key);
	if (value == NULL)
		return NULL;
	bytes = content_value_bytes(value, 0, content_value_octets(value).len);
	content_value_unref(&value);
	return bytes;
}

GBytes *message_peek_prefix(struct store_pool *pool, struct mailbox_ref mailbox, uint32_t uid)
{
	return prefix_from_cache(pool_shared(pool)->contents, mailbox, uid);
}

static void keep_prefix(struct store *store, struct mailbox_ref mailbox, const PGresult *rows, int row)
{
	struct content_value *value = content_value_of_octets(db_get_slice(rows, row, 1));
	uint8_t key[CONTENT_HASH_SIZE];

	content_prefix_key(mailbox, (uint32_t)db_get_int8(rows, row, 0), key);
	content_cache_put(store->shared->contents, CONTENT_PREFIX, key, value);
	content_value_unref(&value);
}

/* Rows come in any order, uids in the caller's: matched by a table. */
static void fill_prefixes(struct store *store, struct mailbox_ref mailbox, const PGresult *rows,
			  const uint32_t *uids, size_t count, GBytes **prefixes)
{
	GHashTable *found = g_hash_table_new(g_direct_hash, g_direct_equal);

	for (int i = 0; i < PQntuples(rows); i++) {
		g_hash_table_insert(found, GUINT_TO_POINTER((guint)db_get_int8(rows, i, 0)),
				    GINT_TO_POINTER(i + 1));
		keep_prefix(store, mailbox, rows, i);
	}
	for (size_t i = 0; i < count; i++) {
		int row = GPOINTER_TO_INT(g_hash_table_lookup(found, GUINT_TO_POINTER(uids[i])));
		struct slice octets;

		if (prefixes[i] != NULL || row == 0)
			continue;
		octets = db_get_slice(rows, row - 1, 1);
		prefixes[i] = g_bytes_new(octets.data, octets.len);
	}
	g_hash_table_unref(found);
}

enum store_result message_load_prefixes(struct store *store, struct mailbox_ref mailbox,
					const uint32_t *uids, size_t count, GBytes **prefixes_out)
{
	static const struct db_statement load = {
		"SELECT m.uid, m.prefix FROM unnest($3) AS wanted (uid) CROSS JOIN LATERAL"
		" (SELECT uid, prefix FROM message WHERE account_id = $1 AND mailbox_id = $2"
		" AND uid = wanted.uid OFFSET 0) AS m", true };
	GArray *missing = g_array_new(FALSE, FALSE, sizeof(int64_t));
	struct db_args args = { 0 };
	PGresult *rows = NULL;
	enum store_result result = STORE_OK;

	for (size_t i = 0; i < count; i++) {
		int64_t uid = uids[i];

		prefixes_out[i] = prefix_from_cache(store->shared->contents, mailbox, uids[i]);
		if (prefixes_out[i] == NULL)
			g_array_append_val(missing, uid);
	}
	if (missing->len > 0) {
		db_mailbox(&args, mailbox);
		db_int8_array(&args, (const int64_t *)(void *)missing->data, missing->len);
		result = db_run(store, &load, &args, &rows);
	}
	if (rows != NULL)
		fill_prefixes(store, mailbox, rows, uids, count, prefixes_out);
	PQclear(rows);
	g_array_unref(missing);
	return result;
}

/* Text beyond the first 100,000 octets does not change what a message is about. */
#define FUZZY_HEADERS "text_start(c.search_headers, 20000)"
#define FUZZY_BODY "text_start(c.search_body, 100000)"
#define FUZZY_FIELD \
	"coalesce((SELECT string_agg(substr(line, length($5) + 2), ' ')" \
	" FROM regexp_split_to_table(" FUZZY_HEADERS ", E'\\n') AS line WHERE starts_with(line, $5 || ':')), '')"
#define FUZZY_SEARCH(text) \
	"SELECT uid FROM (SELECT m.uid, to_tsvector('simple', " text ") AS v" \
	" FROM message m JOIN content c ON c.hash = m.content_hash" \
	" WHERE m.account_id = $1 AND m.mailbox_id = $2 AND m.uid = ANY($4::bigint[])) AS found," \
	" plainto_tsquery('simple', lower($3)) AS q" \
	" WHERE v @@ q ORDER BY ts_rank(v, q) DESC, uid DESC"

enum store_result message_search_fuzzy(struct store *store, struct mailbox_ref mailbox,
				       const struct message_fuzzy *fuzzy, GArray **scores_out)
{
	static const struct db_statement searches[] = {
		[FUZZY_IN_ALL] = { FUZZY_SEARCH(FUZZY_HEADERS " || ' ' || " FUZZY_BODY), true },
		[FUZZY_IN_BODY] = { FUZZY_SEARCH(FUZZY_BODY), true },
		[FUZZY_IN_FIELD] = { FUZZY_SEARCH(FUZZY_FIELD), true },
	};
	struct db_args args = { 0 };
	PGresult *rows;
	enum store_result result;

	*scores_out = NULL;
	db_mailbox(&args, mailbox);
	db_text_slice(&args, fuzzy->words);
	db_int8_array(&args, fuzzy->uids, fuzzy->uid_count);
	if (fuzzy->in == FUZZY_IN_FIELD)
		db_text_slice(&args, fuzzy->field);
	result = db_run(store, &searches[fuzzy->in], &args, &rows);
	if (result != STORE_OK)
		return result;
	*scores_out = g_array_new(FALSE, FALSE, sizeof(struct message_score));
	for (int i = 0; i < PQntuples(rows); i++) {
		struct message_score score = { (uint32_t)db_get_int8(rows, i, 0), 0 };

		score.score = (unsigned)CLAMP(100 - i * 99 / MAX(PQntuples(rows), 2), 1, 100);
		g_array_append_val(*scores_out, score);
	}
	PQclear(rows);
	return STORE_OK;
}

struct signature_walk {
	message_signature_fn fn;
	void *arg;
};

static void take_signature(void *arg, const PGresult *row)
{
	const struct signature_walk *walk = arg;
	struct message_signature message = {
		.uid = (uint32_t)db_get_int8(row, 0, 0),
		.signature = db_get_slice(row, 0, 1),
		.prefix = db_get_slice(row, 0, 2),
	};

	walk->fn(walk->arg, &message);
}

enum store_result message_walk_signatures(struct store *store, struct mailbox_ref mailbox, uint32_t first,
					  message_signature_fn fn, void *arg)
{
	static const struct db_statement walk = {
		/* Sorted before the signatures are there: these would not fit into memory. */
		"SELECT m.uid, coalesce(c.signature, ''), m.prefix FROM"
		" (SELECT uid, content_hash, prefix FROM message WHERE account_id = $1 AND mailbox_id = $2"
		" AND uid >= $3 ORDER BY uid) m LEFT JOIN content c ON c.hash = m.content_hash", true };
	struct signature_walk taker = { fn, arg };
	struct db_args args = { 0 };

	db_mailbox(&args, mailbox);
	db_int8(&args, first);
	return db_stream(store, &walk, &args, take_signature, &taker);
}
