/* Expunge, what is remembered of it, and back again. */
#include "store/message.h"

#include "store/change.h"
#include "store/message_args.h"

static void tell(struct store *store, struct mailbox_ref mailbox, uint64_t modseq, GArray *uids)
{
	struct view_delta *delta = g_new0(struct view_delta, 1);

	delta->modseq = modseq;
	delta->removed = g_array_ref(uids);
	change_messages(store, mailbox, NOTICE_EXPUNGED, modseq, delta);
}

enum store_result message_expunge(struct store *store, struct mailbox_ref mailbox,
				  struct uid_set uids, bool force, struct uid_list *expunged_out,
				  uint64_t *modseq_out)
{
	static const struct db_statement statement = {
		"SELECT status, r_modseq, r_uids FROM message_expunge($1, $2, $3, $4, $5)", false };
	struct db_args args = { 0 };
	PGresult *rows;
	GArray *gone;
	enum store_result result;

	*expunged_out = (struct uid_list){ 0 };
	*modseq_out = 0;
	db_mailbox(&args, mailbox);
	add_uid_set(&args, uids);
	db_int8(&args, force ? 0 : MESSAGE_DELETED);
	result = db_run(store, &statement, &args, &rows);
	if (result != STORE_OK)
		return result;
	result = (enum store_result)db_get_int4(rows, 0, 0);
	*modseq_out = (uint64_t)db_get_int8(rows, 0, 1);
	gone = uids_from_column(rows, 0, 2);
	PQclear(rows);
	for (guint i = 0; i < gone->len; i++)
		uid_list_add(expunged_out, g_array_index(gone, uint32_t, i));
	if (gone->len > 0)
		tell(store, mailbox, *modseq_out, gone);
	g_array_unref(gone);
	return result;
}

static void add_uid(void *arg, const PGresult *row)
{
	uid_list_add(arg, (uint32_t)db_get_int8(row, 0, 0));
}

/* All that is not there, when the memory does not reach back far enough: the first row says whether
 * it does. */
static enum store_result vanished_all(struct store *store, struct mailbox_ref mailbox,
				      uint32_t uidnext, struct uid_list *vanished_out)
{
	static const struct db_statement list = {
		"SELECT uid FROM message WHERE account_id = $1 AND mailbox_id = $2 ORDER BY uid", true };
	struct uid_list there = { 0 };
	struct db_args args = { 0 };
	struct uid_set set;
	uint32_t next = 1;
	enum store_result result;

	db_mailbox(&args, mailbox);
	result = db_stream(store, &list, &args, add_uid, &there);
	set = uid_list_set(&there);
	vanished_out->ranges = g_array_new(FALSE, FALSE, sizeof(struct uid_range));
	for (size_t i = 0; i <= set.count; i++) {
		uint32_t end = i < set.count ? set.ranges[i].first : uidnext;
		struct uid_range hole = { next, end - 1 };

		if (end > next)
			g_array_append_val(vanished_out->ranges, hole);
		if (i < set.count)
			next = set.ranges[i].last + 1;
	}
	uid_list_clear(&there);
	return result;
}

enum store_result message_vanished(struct store *store, struct mailbox_ref mailbox, uint64_t modseq,
				   struct uid_list *vanished_out)
{
	static const struct db_statement read = {
		"SELECT forgotten_modseq, uidnext FROM mailbox WHERE account_id = $1 AND mailbox_id = $2"
		" AND NOT noselect", true };
	static const struct db_statement list = {
		"SELECT uid FROM expunged WHERE account_id = $1 AND mailbox_id = $2 AND modseq > $3"
		" ORDER BY uid", true };
	struct db_args args = { 0 };
	PGresult *rows;
	uint64_t forgotten;
	uint32_t uidnext;
	enum store_result result;

	*vanished_out = (struct uid_list){ 0 };
	db_mailbox(&args, mailbox);
	result = db_run_row(store, &read, &args, &rows);
	if (result != STORE_OK)
		return result;
	forgotten = (uint64_t)db_get_int8(rows, 0, 0);
	uidnext = (uint32_t)db_get_int8(rows, 0, 1);
	PQclear(rows);
	if (modseq < forgotten)
		return vanished_all(store, mailbox, uidnext, vanished_out);
	db_mailbox(&args, mailbox);
	db_int8(&args, modseq > INT64_MAX ? INT64_MAX : (int64_t)modseq);
	return db_stream(store, &list, &args, add_uid, vanished_out);
}

enum store_result message_list_gone(struct store *store, struct mailbox_ref mailbox, unsigned limit,
				    GArray **gone_out)
{
	static const struct db_statement list = {
		"SELECT uid, size, internal_date, expunged_at / 1000000, content_hash FROM expunged"
		" WHERE account_id = $1 AND mailbox_id = $2 AND content_hash IS NOT NULL"
		" ORDER BY modseq DESC, uid DESC LIMIT $3", true };
	struct db_args args = { 0 };
	PGresult *rows;
	enum store_result result;

	*gone_out = NULL;
	db_mailbox(&args, mailbox);
	db_int8(&args, limit);
	result = db_run(store, &list, &args, &rows);
	if (result != STORE_OK)
		return result;
	*gone_out = g_array_new(FALSE, FALSE, sizeof(struct message_gone));
	for (int i = 0; i < PQntuples(rows); i++) {
		struct message_gone gone = {
			.uid = (uint32_t)db_get_int8(rows, i, 0),
			.size = (uint64_t)db_get_int8(rows, i, 1),
			.internal_date = db_get_int8(rows, i, 2),
			.expunged_at = db_get_int8(rows, i, 3),
		};

		memcpy(gone.hash, db_get_slice(rows, i, 4).data, CONTENT_HASH_SIZE);
		g_array_append_val(*gone_out, gone);
	}
	PQclear(rows);
	return STORE_OK;
}

enum store_result message_undelete(struct store *store, struct mailbox_ref mailbox,
				   struct uid_set uids, unsigned *count_out)
{
	static const struct db_statement statement = {
		"SELECT status, r_count, r_modseq FROM message_undelete($1, $2, $3, $4, $5)", false };
	struct db_args args = { 0 };
	PGresult *rows;
	enum store_result result;

	*count_out = 0;
	db_mailbox(&args, mailbox);
	add_uid_set(&args, uids);
	db_int8(&args, g_get_real_time() / G_USEC_PER_SEC);
	result = db_run(store, &statement, &args, &rows);
	if (result != STORE_OK)
		return result;
	result = (enum store_result)db_get_int4(rows, 0, 0);
	*count_out = (unsigned)db_get_int8(rows, 0, 1);
	if (*count_out > 0)
		change_messages(store, mailbox, NOTICE_NEW, (uint64_t)db_get_int8(rows, 0, 2), NULL);
	PQclear(rows);
	return result;
}
