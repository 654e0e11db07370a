/* The decision trail: rows are added and read, never changed. */
#include "store/meeting_store.h"
#include "store/statement.h"

void trail_row_free(struct trail_row *row)
{
	if (row == NULL)
		return;
	g_free(row->uid);
	g_free(row->method);
	g_free(row->from);
	g_free(row->vouch);
	g_free(row->kind);
	g_free(row->action);
	g_free(row->reason);
	g_free(row->note);
	g_free(row->recurrence_id);
	g_free(row);
}

static void free_row(void *row)
{
	trail_row_free(row);
}

static void bind_text(struct db_args *args, const char *text)
{
	db_text(args, text != NULL ? text : "");
}

enum store_result trail_add(struct store *store, uint64_t account_id, const struct trail_row *row,
			    uint64_t *trail_id_out)
{
	static const struct db_statement add = {
		"INSERT INTO trail (account_id, uid, received, method, sender, vouch, kind, action, reason, note,"
		" recurrence_id, sequence, mailbox_account_id, mailbox_id, message_uid, content_hash)"
		" VALUES ($1, $2, CASE WHEN $3 = 0 THEN clock_now() ELSE $3 END, $4, $5, $6, $7, $8, $9, $10, $11,"
		" $12, $13, $14, $15, $16) RETURNING trail_id",
		false
	};
	struct db_args args = { 0 };
	PGresult *rows = NULL;
	enum store_result result;

	db_int8(&args, (int64_t)account_id);
	bind_text(&args, row->uid);
	db_int8(&args, row->received);
	bind_text(&args, row->method);
	bind_text(&args, row->from);
	bind_text(&args, row->vouch);
	bind_text(&args, row->kind);
	bind_text(&args, row->action);
	bind_text(&args, row->reason);
	bind_text(&args, row->note);
	bind_text(&args, row->recurrence_id);
	db_int8(&args, row->sequence);
	db_int8(&args, (int64_t)row->mailbox.account_id);
	db_int8(&args, (int64_t)row->mailbox.mailbox_id);
	db_int8(&args, row->message_uid);
	if (row->has_content)
		db_bytes(&args, slice_of((const char *)row->content_hash, CONTENT_HASH_SIZE));
	else
		db_bytes_null(&args);
	result = db_run(store, &add, &args, &rows);
	if (result == STORE_OK && trail_id_out != NULL)
		*trail_id_out = (uint64_t)db_get_int8(rows, 0, 0);
	PQclear(rows);
	return result;
}

#define TRAIL_COLUMNS                                                                             \
	"trail_id, uid, received, method, sender, vouch, kind, action, reason, note, recurrence_id," \
	" sequence, mailbox_account_id, mailbox_id, message_uid, content_hash"

static struct trail_row *read_row(const PGresult *rows, int at)
{
	struct trail_row *row = g_new0(struct trail_row, 1);

	row->trail_id = (uint64_t)db_get_int8(rows, at, 0);
	row->uid = db_dup_text(rows, at, 1);
	row->received = db_get_int8(rows, at, 2);
	row->method = db_dup_text(rows, at, 3);
	row->from = db_dup_text(rows, at, 4);
	row->vouch = db_dup_text(rows, at, 5);
	row->kind = db_dup_text(rows, at, 6);
	row->action = db_dup_text(rows, at, 7);
	row->reason = db_dup_text(rows, at, 8);
	row->note = db_dup_text(rows, at, 9);
	row->recurrence_id = db_dup_text(rows, at, 10);
	row->sequence = (uint32_t)db_get_int8(rows, at, 11);
	row->mailbox.account_id = (uint64_t)db_get_int8(rows, at, 12);
	row->mailbox.mailbox_id = (uint64_t)db_get_int8(rows, at, 13);
	row->message_uid = (uint32_t)db_get_int8(rows, at, 14);
	row->has_content = !db_is_null(rows, at, 15) && db_get_slice(rows, at, 15).len == CONTENT_HASH_SIZE;
	if (row->has_content)
		memcpy(row->content_hash, db_get_slice(rows, at, 15).data, CONTENT_HASH_SIZE);
	return row;
}

enum store_result trail_list(struct store *store, uint64_t account_id, const char *uid, unsigned limit,
			     GPtrArray **rows_out)
{
	static const struct db_statement of_meeting = {
		"SELECT " TRAIL_COLUMNS " FROM trail WHERE account_id = $1 AND uid = $3 ORDER BY trail_id DESC LIMIT $2",
		true
	};
	static const struct db_statement of_account = {
		"SELECT " TRAIL_COLUMNS " FROM trail WHERE account_id = $1 ORDER BY trail_id DESC LIMIT $2", true
	};
	struct db_args args = { 0 };
	PGresult *rows = NULL;
	enum store_result result;

	*rows_out = g_ptr_array_new_with_free_func(free_row);
	db_int8(&args, (int64_t)account_id);
	db_int8(&args, limit);
	if (uid != NULL)
		db_text(&args, uid);
	result = db_run(store, uid != NULL ? &of_meeting : &of_account, &args, &rows);
	for (int at = 0; result == STORE_OK && at < PQntuples(rows); at++)
		g_ptr_array_add(*rows_out, read_row(rows, at));
	PQclear(rows);
	return result;
}

enum store_result trail_get(struct store *store, uint64_t account_id, uint64_t trail_id, struct trail_row **row_out)
{
	static const struct db_statement get = {
		"SELECT " TRAIL_COLUMNS " FROM trail WHERE account_id = $1 AND trail_id = $2", true
	};
	struct db_args args = { 0 };
	PGresult *rows = NULL;
	enum store_result result;

	*row_out = NULL;
	db_int8(&args, (int64_t)account_id);
	db_int8(&args, (int64_t)trail_id);
	result = db_run(store, &get, &args, &rows);
	if (result == STORE_OK && PQntuples(rows) == 0)
		result = STORE_NOT_FOUND;
	if (result == STORE_OK)
		*row_out = read_row(rows, 0);
	PQclear(rows);
	return result;
}
