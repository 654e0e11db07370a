/* COPY and MOVE, atomic, in one statement. */
#include "store/message.h"

#include "store/change.h"
#include "store/message_args.h"

void message_copied_clear(struct message_copied *copied)
{
	g_clear_pointer(&copied->source, g_array_unref);
	g_clear_pointer(&copied->target, g_array_unref);
	*copied = (struct message_copied){ 0 };
}

/* New UIDs follow each other; the target's view reads the new rows itself. */
static void tell(struct store *store, struct mailbox_ref source, struct mailbox_ref target,
		 const struct message_copied *copied)
{
	struct view_delta *delta;

	change_messages(store, target, NOTICE_NEW, copied->target_modseq, NULL);
	if (copied->source_modseq == 0)
		return;
	delta = g_new0(struct view_delta, 1);
	delta->modseq = copied->source_modseq;
	delta->removed = g_array_ref(copied->source);
	change_messages(store, source, NOTICE_EXPUNGED, copied->source_modseq, delta);
}

struct copying {
	struct mailbox_ref source, target;
	struct uid_set uids;
	bool move;
};

/* Columns: status, uidvalidity, source uids, first new uid, source modseq, target modseq. */
static enum store_result copy(struct store *store, const struct copying *copying,
			      struct message_copied *copied_out)
{
	static const struct db_statement statement = {
		"SELECT status, r_uidvalidity, r_source, r_first, r_source_modseq, r_target_modseq"
		" FROM message_copy($1, $2, $3, $4, $5, $6, $7, $8)", false };
	struct db_args args = { 0 };
	PGresult *rows;
	enum store_result result;

	*copied_out = (struct message_copied){ 0 };
	copied_out->target = g_array_new(FALSE, FALSE, sizeof(uint32_t));
	db_mailbox(&args, copying->source);
	add_uid_set(&args, copying->uids);
	db_mailbox(&args, copying->target);
	db_bool(&args, copying->move);
	db_int8(&args, g_get_real_time() / G_USEC_PER_SEC);
	result = db_run(store, &statement, &args, &rows);
	if (result == STORE_OK)
		result = (enum store_result)db_get_int4(rows, 0, 0);
	if (result != STORE_OK) {
		copied_out->source = g_array_new(FALSE, FALSE, sizeof(uint32_t));
		PQclear(rows);
		return result;
	}
	copied_out->uidvalidity = (uint32_t)db_get_int8(rows, 0, 1);
	copied_out->source = uids_from_column(rows, 0, 2);
	copied_out->source_modseq = (uint64_t)db_get_int8(rows, 0, 4);
	copied_out->target_modseq = (uint64_t)db_get_int8(rows, 0, 5);
	for (guint i = 0; i < copied_out->source->len; i++) {
		uint32_t uid = (uint32_t)db_get_int8(rows, 0, 3) + i;

		g_array_append_val(copied_out->target, uid);
	}
	PQclear(rows);
	if (copied_out->source->len > 0)
		tell(store, copying->source, copying->target, copied_out);
	return STORE_OK;
}

enum store_result message_copy(struct store *store, struct mailbox_ref source, struct uid_set uids,
			       struct mailbox_ref target, struct message_copied *copied_out)
{
	return copy(store, &(struct copying){ source, target, uids, false }, copied_out);
}

enum store_result message_move(struct store *store, struct mailbox_ref source, struct uid_set uids,
			       struct mailbox_ref target, struct message_copied *copied_out)
{
	return copy(store, &(struct copying){ source, target, uids, true }, copied_out);
}
