/* The decision trail. */
#include "store/meeting_store.h"

#include "base/clock.h"
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

static void add_text(struct db_args *args, const char *text)
{
	db_text(args, text != NULL ? text : "");
}

enum store_result trail_add(struct store *store, uint64_t account_id, const struct trail_row *row,
			    uint64_t *trail_id_out)
{
	static const struct db_statement add = {
		"INSERT INTO trail (account_id, uid, received, method, sender, vouch, kind, action, reason,"
		" note, recurrence_id, sequence, mailbox_account_id, mailbox_id, message_uid, content_hash)"
		" VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15, $16)"
		" RETURNING trail_id", false };
	struct db_args args = { 0 };
	PGresult *rows;
	enum store_result result;

	if (trail_id_out != NULL)
		*trail_id_out = 0;
	db_int8(&args, (int64_t)account_id);
	add_text(&args, row->uid);
	db_int8(&args, row->received != 0 ? row->received : clock_now());
	add_text(&args, row->method);
	add_text(&args, row->from);
	add_text(&args, row->vouch);
	add_text(&args, row->kind);
	add_text(&args, row->action);
	add_text(&args, row->reason);
	add_text(&args, row->note);
	add_text(&args, row->recurrence_id);
	db_int8(&args, row->sequence);
	db_mailbox(&args, row->mailbox);
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

#define TRAIL_COLUMNS \
	"trail_id, uid, received, method, sender, vouch, kind, action, reason, note, recurrence_id," \
	" sequence, mailbox_account_id, mailbox_id, message_uid, content_hash"

static struct trail_row *from_row(const PGresult *rows, int row)
{
	struct trail_row *trail = g_new(struct trail_row, 1);

	*trail = (struct trail_row){
		.trail_id = (uint64_t)db_get_int8(rows, row, 0),
		.uid = db_dup_text(rows, row, 1),
		.received = db_get_int8(rows, row, 2),
		.method = db_dup_text(rows, row, 3),
		.from = db_dup_text(rows, row, 4),
		.vouch = db_dup_text(rows, row, 5),
		.kind = db_dup_text(rows, row, 6),
		.action = db_dup_text(rows, row, 7),
		.reason = db_dup_text(rows, row, 8),
		.note = db_dup_text(rows, row, 9),
		.recurrence_id = db_dup_text(rows, row, 10),
		.sequence = (uint32_t)db_get_int8(rows, row, 11),
		.mailbox = { (uint64_t)db_get_int8(rows, row, 12), (uint64_t)db_get_int8(rows, row, 13) },
		.message_uid = (uint32_t)db_get_int8(rows, row, 14),
		.has_content = !db_is_null(rows, row, 15),
	};
	if (trail->has_content)
		memcpy(trail->content_hash, db_get_slice(rows, row, 15).data, CONTENT_HASH_SIZE);
	return trail;
}

enum store_result trail_list(struct store *store, uint64_t account_id, const char *uid,
			     unsigned limit, GPtrArray **rows_out)
{
	static const struct db_statement of_meeting = {
		"SELECT " TRAIL_COLUMNS " FROM trail WHERE account_id = $1 AND uid = $3"
		" ORDER BY trail_id DESC LIMIT $2", true };
	static const struct db_statement of_account = {
		"SELECT " TRAIL_COLUMNS " FROM trail WHERE account_id = $1"
		" ORDER BY trail_id DESC LIMIT $2", true };
	struct db_args args = { 0 };
	PGresult *rows;
	enum store_result result;

	*rows_out = NULL;
	db_int8(&args, (int64_t)account_id);
	db_int8(&args, limit);
	if (uid != NULL)
		db_text(&args, uid);
	result = db_run(store, uid != NULL ? &of_meeting : &of_account, &args, &rows);
	if (result != STORE_OK)
		return result;
	*rows_out = g_ptr_array_new_with_free_func((GDestroyNotify)trail_row_free);
	for (int i = 0; i < PQntuples(rows); i++)
		g_ptr_array_add(*rows_out, from_row(rows, i));
	PQclear(rows);
	return STORE_OK;
}

enum store_result trail_get(struct store *store, uint64_t account_id, uint64_t trail_id,
			    struct trail_row **row_out)
{
	static const struct db_statement get = {
		"SELECT " TRAIL_COLUMNS " FROM trail WHERE account_id = $1 AND trail_id = $2", true };
	struct db_args args = { 0 };
	PGresult *rows;
	enum store_result result;

	*row_out = NULL;
	db_int8(&args, (int64_t)account_id);
	db_int8(&args, (int64_t)trail_id);
	result = db_run_row(store, &get, &args, &rows);
	if (result == STORE_OK)
		*row_out = from_row(rows, 0);
	PQclear(rows);
	return result;
}
