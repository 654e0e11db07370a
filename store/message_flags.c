/* STORE: one statement for the whole set, and for those of all sessions that change flags in
 * the same mailbox at the same time (store/batch.h, sql/003-flags-together.sql). */
#include "store/message.h"

#include "store/batch.h"
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

/* One STORE in a batch; first member. */
struct flag_request {
	struct batch_request batch;
	const struct flag_change *change;
	struct flags_changed *changed;
	enum store_result result;
};

static struct flag_request *request_of(struct batch_request *batch)
{
	return (struct flag_request *)batch;
}

/* What message_flags() is called with: per request a place in the arrays. */
struct flag_columns {
	GArray *ranges, *first, *last, *mode, *system, *words, *unchanged, *allowed; /* of int64_t */
	GPtrArray *keywords;
};

static void put(GArray *column, uint64_t value)
{
	int64_t number = (int64_t)MIN(value, (uint64_t)INT64_MAX);

	g_array_append_val(column, number);
}

static void put_request(struct flag_columns *columns, const struct flag_change *change)
{
	int64_t allowed = (int64_t)allowed_bits(change);
	guint words = columns->keywords->len;

	for (size_t i = 0; i < change->uids.count; i++) {
		put(columns->first, change->uids.ranges[i].first);
		put(columns->last, change->uids.ranges[i].last);
	}
	for (size_t i = 0; change->flags.keywords != NULL && change->flags.keywords[i] != NULL; i++)
		g_ptr_array_add(columns->keywords, (gpointer)change->flags.keywords[i]);
	put(columns->ranges, change->uids.count);
	put(columns->mode, change->mode);
	put(columns->system, change->flags.system);
	put(columns->words, columns->keywords->len - words);
	put(columns->unchanged, change->unchanged_since);
	g_array_append_val(columns->allowed, allowed);
}

static void add_column(struct db_args *args, GArray *column)
{
	db_int8_array(args, &g_array_index(column, int64_t, 0), column->len);
	g_array_unref(column);
}

static GArray *new_column(void)
{
	return g_array_new(FALSE, FALSE, sizeof(int64_t));
}

/* The keywords' array is to be freed when the statement has run. */
static GPtrArray *add_requests(struct db_args *args, struct batch_request *first)
{
	struct flag_columns columns = {
		new_column(), new_column(), new_column(), new_column(), new_column(), new_column(),
		new_column(), new_column(), g_ptr_array_new(),
	};

	for (struct batch_request *at = first; at != NULL; at = at->next)
		put_request(&columns, request_of(at)->change);
	g_ptr_array_add(columns.keywords, NULL);
	add_column(args, columns.ranges);
	add_column(args, columns.first);
	add_column(args, columns.last);
	add_column(args, columns.mode);
	add_column(args, columns.system);
	add_column(args, columns.words);
	db_text_array(args, (const char *const *)columns.keywords->pdata);
	add_column(args, columns.unchanged);
	add_column(args, columns.allowed);
	return columns.keywords;
}

/* Columns: status, modseq, uids, flags, conflicts, keywords. */
static void take_answer(const PGresult *rows, int row, struct flags_changed *changed_out)
{
	GArray *uids = db_get_int8_array(rows, row, 2), *flags = db_get_int8_array(rows, row, 3);
	GArray *conflicts = db_get_int8_array(rows, row, 4);

	g_assert(uids->len == flags->len);
	changed_out->modseq = (uint64_t)db_get_int8(rows, row, 1);
	changed_out->keywords = db_get_text_array(rows, row, 5);
	for (guint i = 0; i < uids->len; i++) {
		struct flags_row changed = { (uint32_t)g_array_index(uids, int64_t, i),
					     (uint64_t)g_array_index(flags, int64_t, i) };

		g_array_append_val(changed_out->changed, changed);
	}
	for (guint i = 0; i < conflicts->len; i++)
		uid_list_add(&changed_out->conflicts, (uint32_t)g_array_index(conflicts, int64_t, i));
	g_array_unref(uids);
	g_array_unref(flags);
	g_array_unref(conflicts);
}

static gint by_uid_and_modseq(gconstpointer a, gconstpointer b)
{
	const struct view_entry *x = a, *y = b;

	if (x->uid != y->uid)
		return x->uid < y->uid ? -1 : 1;
	return x->modseq < y->modseq ? -1 : x->modseq > y->modseq;
}

/* Of a message that several of them changed, only the last state: that is what was committed. */
static void keep_newest(GArray *entries)
{
	guint kept = 0;

	g_array_sort(entries, by_uid_and_modseq);
	for (guint i = 0; i < entries->len; i++) {
		const struct view_entry *entry = &g_array_index(entries, struct view_entry, i);

		if (i + 1 < entries->len && entry[1].uid == entry->uid)
			continue;
		g_array_index(entries, struct view_entry, kept++) = *entry;
	}
	g_array_set_size(entries, kept);
}

static void add_changed(GArray *entries, const struct flags_changed *changed)
{
	for (guint i = 0; i < changed->changed->len; i++) {
		const struct flags_row *row = &g_array_index(changed->changed, struct flags_row, i);
		struct view_entry entry = { .uid = row->uid, .flags = row->flags,
					    .modseq = changed->modseq };

		g_array_append_val(entries, entry);
	}
}

/* All that was committed is told as one change. */
static void tell(struct store *store, struct mailbox_ref mailbox, struct batch_request *first)
{
	GArray *entries = g_array_new(FALSE, FALSE, sizeof(struct view_entry));
	const struct flags_changed *last = NULL;
	struct view_delta *delta;
	uint64_t first_modseq = 0;
	unsigned count = 0;

	for (struct batch_request *at = first; at != NULL; at = at->next) {
		const struct flags_changed *changed = request_of(at)->changed;

		if (changed->modseq == 0)
			continue;
		if (count++ == 0)
			first_modseq = changed->modseq;
		add_changed(entries, changed);
		last = changed;
	}
	if (last == NULL) {
		g_array_unref(entries);
		return;
	}
	if (count > 1)
		keep_newest(entries);
	delta = g_new0(struct view_delta, 1);
	*delta = (struct view_delta){ .first_modseq = first_modseq, .modseq = last->modseq,
				      .changed = entries, .keywords = g_strdupv(last->keywords) };
	change_messages(store, mailbox, NOTICE_FLAGS, last->modseq, delta);
}

static void run_together(struct store *store, struct mailbox_ref mailbox, struct batch_request *first)
{
	static const struct db_statement statement = {
		"SELECT status, r_modseq, r_uids, r_flags, r_conflicts, r_keywords"
		" FROM message_flags($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11)", false };
	struct db_args args = { 0 };
	GPtrArray *keywords;
	PGresult *rows;
	enum store_result result;
	int row = 0;

	db_mailbox(&args, mailbox);
	keywords = add_requests(&args, first);
	result = db_run(store, &statement, &args, &rows);
	g_ptr_array_unref(keywords);
	for (struct batch_request *at = first; at != NULL; at = at->next, row++) {
		struct flag_request *request = request_of(at);

		request->result = result == STORE_OK ? (enum store_result)db_get_int4(rows, row, 0) : result;
		if (request->result == STORE_OK)
			take_answer(rows, row, request->changed);
	}
	PQclear(rows);
	if (result == STORE_OK)
		tell(store, mailbox, first);
}

enum store_result message_store_flags(struct store *store, struct mailbox_ref mailbox,
				      const struct flag_change *change,
				      struct flags_changed *changed_out)
{
	struct flag_request request = { .change = change, .changed = changed_out };

	*changed_out = (struct flags_changed){ 0 };
	changed_out->changed = g_array_new(FALSE, FALSE, sizeof(struct flags_row));
	if (!flag_names_are_good(&change->flags))
		return STORE_INVALID;
	/* In a transaction the mailbox may be locked already: waiting for others could wait for ever. */
	if (store->in_transaction)
		run_together(store, mailbox, &request.batch);
	else
		batch_run(store->shared->flag_changes, store, mailbox, &request.batch, run_together);
	return request.result;
}
