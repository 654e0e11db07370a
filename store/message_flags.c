/* STORE: one statement for the whole set. */
#include "store/message.h"

#include "store/change.h"
#include "store/message_args.h"

void add_uid_set(struct db_args *args, struct uid_set uids)
{
	g_autofree int64_t *first = g_new(int64_t, uids.count);
	g_autofree int64_t *last = g_new(int64_t, uids.count);

	for (size_t i = 0; i < uids.count; i++) {
		first[i] = uids.ranges[i].first;
		last[i] = uids.ranges[i].last;
	}
	db_int8_array(args, first, uids.count);
	db_int8_array(args, last, uids.count);
}

void add_mailbox(struct db_args *args, struct mailbox_ref mailbox)
{
	db_int8(args, (int64_t)mailbox.account_id);
	db_int8(args, (int64_t)mailbox.mailbox_id);
}

GArray *uids_from_column(const PGresult *rows, int row, int column)
{
	GArray *wide = db_get_int8_array(rows, row, column);
	GArray *uids = g_array_sized_new(FALSE, FALSE, sizeof(uint32_t), wide->len);

	for (guint i = 0; i < wide->len; i++) {
		uint32_t uid = (uint32_t)g_array_index(wide, int64_t, i);

		g_array_append_val(uids, uid);
	}
	g_array_unref(wide);
	return uids;
}

void flags_changed_clear(struct flags_changed *changed)
{
	g_clear_pointer(&changed->changed, g_array_unref);
	uid_list_clear(&changed->conflicts);
	g_strfreev(changed->keywords);
	*changed = (struct flags_changed){ 0 };
}

/* The bits the session may change. */
static uint64_t allowed_bits(const struct flag_change *change)
{
	uint64_t system = change->limit_system ? change->system_allowed & MESSAGE_SYSTEM_FLAGS :
			  MESSAGE_SYSTEM_FLAGS;

	return change->keywords_forbidden ? system : system | (UINT64_MAX << MESSAGE_KEYWORD_FIRST);
}

static void tell(struct store *store, struct mailbox_ref mailbox, const struct flags_changed *changed)
{
	struct view_delta *delta = g_new0(struct view_delta, 1);

	delta->modseq = changed->modseq;
	delta->keywords = g_strdupv(changed->keywords);
	delta->changed = g_array_sized_new(FALSE, FALSE, sizeof(struct view_entry),
					   changed->changed->len);
	for (guint i = 0; i < changed->changed->len; i++) {
		const struct flags_row *row = &g_array_index(changed->changed, struct flags_row, i);
		struct view_entry entry = { .uid = row->uid, .flags = row->flags,
					    .modseq = changed->modseq };

		g_array_append_val(delta->changed, entry);
	}
	change_messages(store, mailbox, NOTICE_FLAGS, changed->modseq, delta);
}

/* Columns: status, modseq, uids, flags, conflicts, keywords. */
static void take_answer(const PGresult *rows, struct flags_changed *changed_out)
{
	GArray *uids = db_get_int8_array(rows, 0, 2), *flags = db_get_int8_array(rows, 0, 3);
	GArray *conflicts = db_get_int8_array(rows, 0, 4);

	g_assert(uids->len == flags->len);
	changed_out->modseq = (uint64_t)db_get_int8(rows, 0, 1);
	changed_out->keywords = db_get_text_array(rows, 0, 5);
	for (guint i = 0; i < uids->len; i++) {
		struct flags_row row = { (uint32_t)g_array_index(uids, int64_t, i),
					 (uint64_t)g_array_index(flags, int64_t, i) };

		g_array_append_val(changed_out->changed, row);
	}
	for (guint i = 0; i < conflicts->len; i++)
		uid_list_add(&changed_out->conflicts, (uint32_t)g_array_index(conflicts, int64_t, i));
	g_array_unref(uids);
	g_array_unref(flags);
	g_array_unref(conflicts);
}

enum store_result message_store_flags(struct store *store, struct mailbox_ref mailbox,
				      const struct flag_change *change,
				      struct flags_changed *changed_out)
{
	static const struct db_statement statement = {
		"SELECT status, r_modseq, r_uids, r_flags, r_conflicts, r_keywords"
		" FROM message_flags($1, $2, $3, $4, $5, $6, $7, $8, $9)", false };
	struct db_args args = { 0 };
	PGresult *rows;
	enum store_result result;

	*changed_out = (struct flags_changed){ 0 };
	changed_out->changed = g_array_new(FALSE, FALSE, sizeof(struct flags_row));
	if (!flag_names_are_good(&change->flags))
		return STORE_INVALID;
	add_mailbox(&args, mailbox);
	add_uid_set(&args, change->uids);
	db_int4(&args, (int32_t)change->mode);
	db_int8(&args, (int64_t)change->flags.system);
	db_text_array(&args, change->flags.keywords);
	db_int8(&args, change->unchanged_since > INT64_MAX ? INT64_MAX :
		(int64_t)change->unchanged_since);
	db_int8(&args, (int64_t)allowed_bits(change));
	result = db_run(store, &statement, &args, &rows);
	if (result != STORE_OK)
		return result;
	result = (enum store_result)db_get_int4(rows, 0, 0);
	if (result == STORE_OK)
		take_answer(rows, changed_out);
	PQclear(rows);
	if (changed_out->modseq > 0)
		tell(store, mailbox, changed_out);
	return result;
}
