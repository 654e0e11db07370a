/* STOREs of several sessions to one mailbox at the same time: run together, and each as
 * exact as alone. */
#include "store/batch.h"
#include "store/connection.h"
#include "store/mailbox.h"
#include "store/message.h"
#include "store/statement.h"
#include "store/view_private.h"
#include "tests/unit/store/cluster.h"

#define THREADS 8

static struct store_service *service;
static struct mailbox_ref inbox;

static struct store_shared *shared(void)
{
	return pool_shared(store_service_pool(service));
}

static uint64_t append_messages(struct store *store, unsigned count)
{
	struct message_appended appended = { 0 };

	for (unsigned i = 1; i <= count; i++) {
		g_autofree char *text = g_strdup_printf("A: b\r\n\r\n%u", i);
		struct content_row row = test_content(slice_from_string(text), NULL, NULL);
		struct message_new message = { .content = &row };

		assert_ok(message_append(store, inbox, &message, &appended));
		g_assert_cmpuint(appended.uid, ==, i);
	}
	return appended.modseq;
}

/* The shared view, followed in memory, is the database's; and so are the row's counts. */
static void check_mailbox(struct store *store)
{
	const struct view *view, *loaded;
	struct mailbox row;
	uint32_t unseen = 0, deleted = 0;

	assert_ok(view_open(store, inbox, &view, &row));
	assert_ok(view_load(store, inbox, NULL, &loaded));
	g_assert_cmpuint(view_modseq(view), ==, view_modseq(loaded));
	g_assert_cmpuint(view_count(view), ==, view_count(loaded));
	for (uint32_t seq = 1; seq <= view_count(view); seq++) {
		g_assert_cmpmem(view_entry(view, seq), sizeof(struct view_entry),
				view_entry(loaded, seq), sizeof(struct view_entry));
		unseen += (view_entry(view, seq)->flags & MESSAGE_SEEN) == 0;
		deleted += (view_entry(view, seq)->flags & MESSAGE_DELETED) != 0;
	}
	g_assert_cmpuint(row.unseen, ==, unseen);
	g_assert_cmpuint(row.deleted, ==, deleted);
	mailbox_clear(&row);
	view_unref(&view);
	view_unref(&loaded);
}

/* One row for each commit that changed flags. */
static int64_t logged_changes(struct store *store)
{
	static const struct db_statement count = { "SELECT count(*) FROM flag_log", true };
	struct db_args args = { 0 };
	PGresult *result;
	int64_t changes;

	assert_ok(db_run(store, &count, &args, &result));
	changes = db_get_int8(result, 0, 0);
	PQclear(result);
	return changes;
}

/* In the order in which they come; `modseqs` counts from the MODSEQ before all of them. */
static const struct together {
	struct uid_range range;
	enum flag_mode mode;
	uint64_t system;
	const char *keyword;
	bool conditional;        /* on the MODSEQ before all of them */
	unsigned modseqs;        /* 0: nothing is changed */
	unsigned changed;        /* messages */
	uint64_t flags;          /* of the first one changed */
	uint32_t conflict;       /* UID; 0: none */
} rows[] = {
	{ { 4, 4 }, FLAGS_ADD, MESSAGE_SEEN, NULL, false, 1, 1, MESSAGE_SEEN, 0 },
	{ { 1, 1 }, FLAGS_ADD, MESSAGE_FLAGGED, NULL, false, 2, 1, MESSAGE_FLAGGED, 0 },
	{ { 1, 1 }, FLAGS_ADD, MESSAGE_SEEN, NULL, true, 0, 0, 0, 1 },
	{ { 2, 2 }, FLAGS_ADD, MESSAGE_SEEN, NULL, true, 3, 1, MESSAGE_SEEN, 0 },
	{ { 1, 2 }, FLAGS_ADD, MESSAGE_FLAGGED, NULL, false, 4, 1, MESSAGE_SEEN | MESSAGE_FLAGGED, 0 },
	{ { 3, 3 }, FLAGS_ADD, 0, "$Work", false, 5, 1, 1 << 8, 0 },
	{ { 3, 4 }, FLAGS_ADD, MESSAGE_DELETED, "$work", true, 0, 0, 0, 3 },
	{ { 3, 3 }, FLAGS_ADD, MESSAGE_DELETED, "$work", false, 6, 1, MESSAGE_DELETED | 1 << 8, 0 },
	{ { 9, 9 }, FLAGS_ADD, MESSAGE_SEEN, NULL, false, 0, 0, 0, 0 },
	{ { 1, 5 }, FLAGS_REPLACE, MESSAGE_SEEN, "other", true, 7, 1, MESSAGE_SEEN | 1 << 9, 4 },
};

struct session {
	const struct together *row;
	struct store *store;
	uint64_t modseq_before;
	struct flags_changed changed;
	GThread *thread;
};

static void *store_flags(void *arg)
{
	struct session *session = arg;
	const struct together *row = session->row;
	const char *keywords[] = { row->keyword, NULL };
	struct flag_change change = { { &row->range, 1 }, row->mode, { row->system, keywords },
		.unchanged_since = row->conditional ? session->modseq_before : UINT64_MAX };

	assert_ok(message_store_flags(session->store, inbox, &change, &session->changed));
	return NULL;
}

static void check_session(const struct session *session)
{
	const struct together *row = session->row;
	const struct flags_changed *changed = &session->changed;

	g_assert_cmpuint(changed->modseq, ==, row->modseqs > 0 ? session->modseq_before + row->modseqs : 0);
	g_assert_cmpuint(changed->changed->len, ==, row->changed);
	if (row->changed > 0)
		g_assert_cmphex(g_array_index(changed->changed, struct flags_row, 0).flags, ==, row->flags);
	if (row->conflict > 0)
		g_assert_true(uid_set_contains(uid_list_set(&changed->conflicts), row->conflict));
}

/* The mailbox's row is locked until all of them wait: one at work, the others in line. */
static void test_those_that_wait_are_one_commit(void)
{
	struct session sessions[G_N_ELEMENTS(rows)];
	struct store *store = test_store(service), *holder = test_store(service);
	uint64_t modseq = append_messages(store, 5);
	const struct view *view;

	assert_ok(view_open(store, inbox, &view, NULL));
	view_unref(&view);
	assert_ok(store_begin(holder));
	assert_ok(connection_command(holder, "SELECT 1 FROM mailbox FOR UPDATE"));
	for (unsigned i = 0; i < G_N_ELEMENTS(rows); i++) {
		sessions[i] = (struct session){ &rows[i], test_store(service), modseq, .thread = NULL };
		sessions[i].thread = g_thread_new("store", store_flags, &sessions[i]);
		while (batch_length(shared()->flag_changes, inbox) <= i)
			g_usleep(500);
	}
	store_rollback(holder);
	for (unsigned i = 0; i < G_N_ELEMENTS(rows); i++)
		g_thread_join(sessions[i].thread);
	/* The one at work, and all the others. */
	g_assert_cmpint(logged_changes(store), ==, 2);
	for (unsigned i = 0; i < G_N_ELEMENTS(rows); i++) {
		check_session(&sessions[i]);
		flags_changed_clear(&sessions[i].changed);
		store_close(&sessions[i].store);
	}
	check_mailbox(store);
	store_close(&store);
	store_close(&holder);
}

struct rival {
	struct store *store;
	GArray *won;             /* of uint64_t: MODSEQs */
};

/* Changes a flag if nobody else has since it looked. */
static void *compete(void *arg)
{
	struct rival *rival = arg;
	struct uid_range range = { 2, 2 };

	while (rival->won->len < 40) {
		struct flag_change change = { { &range, 1 }, FLAGS_ADD, { MESSAGE_FLAGGED, NULL },
					      .unchanged_since = UINT64_MAX };
		struct flags_changed changed;
		struct message message;

		assert_ok(message_get(rival->store, inbox, 2, &message));
		change.unchanged_since = message.modseq;
		if (message.flags & MESSAGE_FLAGGED)
			change.mode = FLAGS_REMOVE;
		assert_ok(message_store_flags(rival->store, inbox, &change, &changed));
		/* Who won has changed it; who lost is told so. */
		g_assert_cmpuint(changed.changed->len, ==, uid_list_set(&changed.conflicts).count == 0);
		if (changed.modseq > 0)
			g_array_append_val(rival->won, changed.modseq);
		flags_changed_clear(&changed);
	}
	return NULL;
}

static void test_unchangedsince_has_one_winner_for_each_modseq(void)
{
	struct rival rivals[THREADS];
	GThread *threads[THREADS];
	struct store *store = test_store(service);
	GHashTable *seen = g_hash_table_new(g_int64_hash, g_int64_equal);
	struct message before, after;
	guint wins = 0;

	assert_ok(message_get(store, inbox, 2, &before));
	for (unsigned i = 0; i < THREADS; i++) {
		rivals[i] = (struct rival){ test_store(service), g_array_new(FALSE, FALSE, sizeof(uint64_t)) };
		threads[i] = g_thread_new("compete", compete, &rivals[i]);
	}
	for (unsigned i = 0; i < THREADS; i++) {
		g_thread_join(threads[i]);
		for (guint won = 0; won < rivals[i].won->len; won++)
			g_assert_true(g_hash_table_add(seen, &g_array_index(rivals[i].won, uint64_t, won)));
		wins += rivals[i].won->len;
	}
	assert_ok(message_get(store, inbox, 2, &after));
	/* Every win was one change of the flag, and nothing else was. */
	g_assert_cmpuint((before.flags ^ after.flags) & MESSAGE_FLAGGED, ==, wins % 2 ? MESSAGE_FLAGGED : 0);
	check_mailbox(store);
	g_hash_table_unref(seen);
	for (unsigned i = 0; i < THREADS; i++) {
		store_close(&rivals[i].store);
		g_array_unref(rivals[i].won);
	}
	store_close(&store);
}

int main(int argc, char **argv)
{
	struct store *store;
	int status;

	service = test_begin(&argc, &argv, 1);
	store = test_store(service);
	inbox = test_account(store, "flags@example.test");
	store_close(&store);
	g_test_add_func("/flags/those-that-wait-are-one-commit", test_those_that_wait_are_one_commit);
	g_test_add_func("/flags/unchangedsince-has-one-winner-for-each-modseq",
			test_unchangedsince_has_one_winner_for_each_modseq);
	status = g_test_run();
	store_service_destroy(&service);
	test_cluster_stop();
	return status;
}
