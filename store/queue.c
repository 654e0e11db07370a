/* Outgoing mail: one row per recipient, taken with a lease. */
#include "store/queue.h"

#include "store/statement.h"

void queue_item_clear(struct queue_item *item)
{
	g_free(item->meeting_uid);
	g_free(item->sender);
	g_free(item->recipient);
	g_free((char *)item->octets.data);
	g_free(item->last_error);
	*item = (struct queue_item){ 0 };
}

void queue_item_free(struct queue_item *item)
{
	if (item != NULL)
		queue_item_clear(item);
	g_free(item);
}

static const char *or_empty(const char *text)
{
	return text != NULL ? text : "";
}

enum store_result queue_add(struct store *store, const struct queue_item *item,
			    uint64_t *queue_id_out)
{
	static const struct db_statement add = {
		"INSERT INTO outgoing (account_id, meeting_uid, sender, recipient, octets)"
		" VALUES ($1, $2, $3, $4, $5) RETURNING queue_id", false };
	struct db_args args = { 0 };
	PGresult *rows;
	enum store_result result;

	if (queue_id_out != NULL)
		*queue_id_out = 0;
	db_int8(&args, (int64_t)item->account_id);
	db_text(&args, or_empty(item->meeting_uid));
	db_text(&args, or_empty(item->sender));
	db_text(&args, item->recipient);
	db_bytes(&args, item->octets);
	result = db_run(store, &add, &args, &rows);
	if (result == STORE_OK && queue_id_out != NULL)
		*queue_id_out = (uint64_t)db_get_int8(rows, 0, 0);
	PQclear(rows);
	return result;
}

#define ITEM_COLUMNS \
	"o.account_id, o.queue_id, o.meeting_uid, o.sender, o.recipient, o.state, o.attempts," \
	" o.created, o.next_attempt, o.last_error"

static struct queue_item *from_row(const PGresult *rows, int row)
{
	struct queue_item *item = g_new(struct queue_item, 1);
	struct slice octets = db_get_slice(rows, row, 10);

	*item = (struct queue_item){
		.account_id = (uint64_t)db_get_int8(rows, row, 0),
		.queue_id = (uint64_t)db_get_int8(rows, row, 1),
		.meeting_uid = db_dup_text(rows, row, 2),
		.sender = db_dup_text(rows, row, 3),
		.recipient = db_dup_text(rows, row, 4),
		.state = (enum queue_state)db_get_int4(rows, row, 5),
		.attempts = (unsigned)db_get_int4(rows, row, 6),
		.created = db_get_int8(rows, row, 7),
		.next_attempt = db_get_int8(rows, row, 8),
		.last_error = db_dup_text(rows, row, 9),
		.octets = slice_of(slice_dup(octets), octets.len),
	};
	return item;
}

static enum store_result read_items(struct store *store, const struct db_statement *statement,
				    struct db_args *args, GPtrArray **items_out)
{
	PGresult *rows;
	enum store_result result = db_run(store, statement, args, &rows);

	*items_out = NULL;
	if (result != STORE_OK)
		return result;
	*items_out = g_ptr_array_new_with_free_func((GDestroyNotify)queue_item_free);
	for (int i = 0; i < PQntuples(rows); i++)
		g_ptr_array_add(*items_out, from_row(rows, i));
	PQclear(rows);
	return STORE_OK;
}

enum store_result queue_claim(struct store *store, unsigned limit, unsigned lease_seconds,
			      GPtrArray **items_out)
{
	static const struct db_statement claim = {
		"WITH due AS MATERIALIZED (SELECT account_id, queue_id FROM outgoing"
		" WHERE state = 0 AND next_attempt <= (SELECT clock_now()) ORDER BY next_attempt LIMIT $1"
		" FOR UPDATE SKIP LOCKED)"
		" UPDATE outgoing o SET attempts = o.attempts + 1,"
		" next_attempt = clock_now() + $2 * 1000000::bigint"
		" FROM due WHERE o.account_id = due.account_id AND o.queue_id = due.queue_id"
		" RETURNING " ITEM_COLUMNS ", o.octets", false };
	struct db_args args = { 0 };

	db_int8(&args, limit);
	db_int8(&args, lease_seconds);
	return read_items(store, &claim, &args, items_out);
}

enum store_result queue_next_due(struct store *store, int64_t *due_out)
{
	static const struct db_statement next = {
		"SELECT min(next_attempt) FROM outgoing WHERE state = 0", true };
	struct db_args args = { 0 };
	PGresult *rows;
	enum store_result result = db_run(store, &next, &args, &rows);

	*due_out = INT64_MAX;
	if (result == STORE_OK && !db_is_null(rows, 0, 0))
		*due_out = db_get_int8(rows, 0, 0);
	PQclear(rows);
	return result;
}

static void add_key(struct db_args *args, uint64_t account_id, uint64_t queue_id)
{
	db_int8(args, (int64_t)account_id);
	db_int8(args, (int64_t)queue_id);
}

enum store_result queue_sent(struct store *store, uint64_t account_id, uint64_t queue_id)
{
	static const struct db_statement sent = {
		"UPDATE outgoing SET state = 1, octets = '', last_error = ''"
		" WHERE account_id = $1 AND queue_id = $2", false };
	struct db_args args = { 0 };

	add_key(&args, account_id, queue_id);
	return db_change_one(store, &sent, &args);
}

enum store_result queue_retry(struct store *store, uint64_t account_id, uint64_t queue_id,
			      int64_t next_attempt, const char *error)
{
	static const struct db_statement retry = {
		"UPDATE outgoing SET next_attempt = $3, last_error = $4"
		" WHERE account_id = $1 AND queue_id = $2 AND state = 0", false };
	struct db_args args = { 0 };

	add_key(&args, account_id, queue_id);
	db_int8(&args, next_attempt);
	db_text(&args, or_empty(error));
	return db_change_one(store, &retry, &args);
}

enum store_result queue_failed(struct store *store, uint64_t account_id, uint64_t queue_id,
			       const char *error)
{
	static const struct db_statement failed = {
		"UPDATE outgoing SET state = 2, last_error = $3 WHERE account_id = $1 AND queue_id = $2",
		false };
	struct db_args args = { 0 };

	add_key(&args, account_id, queue_id);
	db_text(&args, or_empty(error));
	return db_change_one(store, &failed, &args);
}

enum store_result queue_list(struct store *store, uint64_t account_id, unsigned limit,
			     GPtrArray **items_out)
{
	static const struct db_statement all = {
		"SELECT " ITEM_COLUMNS ", ''::bytea FROM outgoing o ORDER BY queue_id DESC LIMIT $1", true };
	static const struct db_statement of_account = {
		"SELECT " ITEM_COLUMNS ", ''::bytea FROM outgoing o WHERE account_id = $2"
		" ORDER BY queue_id DESC LIMIT $1", true };
	struct db_args args = { 0 };

	db_int8(&args, limit);
	if (account_id != 0)
		db_int8(&args, (int64_t)account_id);
	return read_items(store, account_id != 0 ? &of_account : &all, &args, items_out);
}

enum store_result queue_count(struct store *store, struct queue_counts *counts_out)
{
	static const struct db_statement count = {
		"SELECT count(*) FILTER (WHERE state = 0), count(*) FILTER (WHERE state = 2),"
		" count(*) FILTER (WHERE state = 1), coalesce(min(created) FILTER (WHERE state = 0), 0)"
		" FROM outgoing WHERE state IN (0, 1, 2)", true };
	struct db_args args = { 0 };
	PGresult *rows;
	enum store_result result = db_run(store, &count, &args, &rows);

	*counts_out = (struct queue_counts){ 0 };
	if (result == STORE_OK) {
		counts_out->waiting = (uint64_t)db_get_int8(rows, 0, 0);
		counts_out->failed = (uint64_t)db_get_int8(rows, 0, 1);
		counts_out->sent = (uint64_t)db_get_int8(rows, 0, 2);
		counts_out->oldest = db_get_int8(rows, 0, 3);
	}
	PQclear(rows);
	return result;
}
