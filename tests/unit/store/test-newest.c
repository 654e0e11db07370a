/* What a network thread may answer from memory: never less than anybody was told before,
 * whoever makes changes at the same time, and nothing when a notice may have been lost. */
#include "store/mailbox.h"
#include "store/message.h"
#include "store/notify.h"
#include "store/shared.h"
#include "store/statement.h"
#include "store/view.h"
#include "tests/unit/store/cluster.h"

enum { WRITERS = 4, CHANGES = 150 };

static struct store_service *service;
static struct store_pool *pool;
static struct store_service *elsewhere;
static struct store *store, *other;
static struct mailbox_ref inbox;
static struct loop *loop;
static unsigned heard; /* kinds */
static uint64_t known_modseq; /* notices of no more are late, and of nothing new */

static enum store_result try_append(struct store *by, struct mailbox_ref mailbox,
				    struct message_appended *appended_out)
{
	struct content_row row = test_content(SLICE("A: 1\r\n\r\nnewest"), NULL, NULL);
	struct message_new message = { .content = &row };

	return message_append(by, mailbox, &message, appended_out);
}

static uint64_t append(struct store *by, struct mailbox_ref mailbox)
{
	struct message_appended appended;

	assert_ok(try_append(by, mailbox, &appended));
	return appended.modseq;
}

static void on_notice(void *arg, const struct notice *notice)
{
	if (notice->kinds == NOTICE_RESYNC || notice->modseq > known_modseq)
		heard |= notice->kinds;
	loop_stop(arg);
}

static void append_elsewhere(void *arg)
{
	struct message_appended appended;

	/* Its connection may just have been ended. */
	try_append(other, inbox, &appended);
	loop_timer_set(*(struct loop_timer **)arg, 50);
}

/* Until the service hears that; another node makes changes meanwhile. */
static void wait_for(enum notice_kind kind)
{
	struct loop_timer *timer = loop_timer_create(loop, append_elsewhere, &timer);

	for (append_elsewhere(&timer); !(heard & kind);)
		loop_run(loop);
	heard = 0;
	loop_timer_destroy(&timer);
}

/* As in a managed cluster. */
static void be_alone(bool alone)
{
	atomic_store(&pool_shared(pool)->is_alone, alone);
}

static void load(struct mailbox_ref mailbox)
{
	const struct view *view;

	assert_ok(view_open(store, mailbox, &view, NULL));
	view_unref(&view);
}

/* Either memory answers with at least that, or it says that one has to ask. */
static bool assert_not_older(uint64_t modseq)
{
	const struct view *view = view_newest(pool, inbox);
	bool known = view != NULL;

	if (known)
		g_assert_cmpuint(view_modseq(view), >=, modseq);
	view_unref(&view);
	return known;
}

static uint64_t change_something(struct store *by, GRand *random)
{
	struct uid_range range = { (uint32_t)g_rand_int_range(random, 1, 200), UINT32_MAX };
	struct uid_set set = { &range, 1 };
	struct flag_change flag = { set, g_rand_boolean(random) ? FLAGS_ADD : FLAGS_REMOVE,
				    { MESSAGE_SEEN, NULL }, .unchanged_since = UINT64_MAX };
	struct flags_changed changed;
	struct message_copied copied;
	struct uid_list gone;
	uint64_t modseq = 0;

	range.last = range.first + 2;
	switch (g_rand_int_range(random, 0, 6)) {
	case 0:
		assert_ok(message_store_flags(by, inbox, &flag, &changed));
		modseq = changed.modseq;
		flags_changed_clear(&changed);
		return modseq;
	case 1:
		assert_ok(message_expunge(by, inbox, set, true, &gone, &modseq));
		uid_list_clear(&gone);
		return modseq;
	case 2:
		assert_ok(message_copy(by, inbox, set, inbox, &copied));
		modseq = copied.target->len > 0 ? copied.target_modseq : 0;
		message_copied_clear(&copied);
		return modseq;
	default:
		return append(by, inbox);
	}
}

static void *write_and_look(void *arg)
{
	struct store *own = test_store(service);
	GRand *random = g_rand_new_with_seed(GPOINTER_TO_UINT(arg));
	const struct view *view;
	struct mailbox row;
	guint known = 0;

	for (unsigned i = 0; i < CHANGES; i++) {
		known += assert_not_older(change_something(own, random));
		/* What was read is not forgotten either. */
		assert_ok(mailbox_find(own, inbox.account_id, SLICE("INBOX"), &row));
		known += assert_not_older(row.highestmodseq);
		if (i % 8 == 0) {
			assert_ok(view_open_row(own, &row, &view));
			known += assert_not_older(view_modseq(view));
			view_unref(&view);
		}
		mailbox_clear(&row);
	}
	g_rand_free(random);
	store_close(&own);
	return GUINT_TO_POINTER(known);
}

static void test_nobody_sees_less_than_was_answered(void)
{
	GThread *threads[WRITERS];
	guint known = 0;
	struct mailbox row;

	be_alone(true);
	load(inbox);
	for (guint i = 0; i < WRITERS; i++)
		threads[i] = g_thread_new("writer", write_and_look, GUINT_TO_POINTER(i + 1));
	for (guint i = 0; i < WRITERS; i++)
		known += GPOINTER_TO_UINT(g_thread_join(threads[i]));
	g_test_message("answered from memory %u times", known);
	g_assert_cmpuint(known, >, 0);
	load(inbox);
	assert_ok(mailbox_find(store, inbox.account_id, SLICE("INBOX"), &row));
	g_assert_true(assert_not_older(row.highestmodseq));
	mailbox_clear(&row);
}

static void test_with_other_nodes_the_database_is_asked(void)
{
	load(inbox);
	be_alone(false);
	g_assert_null(view_newest(pool, inbox));
	be_alone(true);
	g_assert_true(assert_not_older(0));
}

static bool is_known(const char *name, struct mailbox *row_out)
{
	const struct view *view;
	bool known = view_newest_by_name(pool, inbox.account_id, slice_from_string(name), row_out, &view);

	view_unref(&view);
	return known;
}

static void find_and_load(const char *name)
{
	const struct view *view;
	struct mailbox row;

	assert_ok(mailbox_find(store, inbox.account_id, slice_from_string(name), &row));
	assert_ok(view_open_row(store, &row, &view));
	view_unref(&view);
	mailbox_clear(&row);
}

static void test_names_follow_every_change(void)
{
	struct mailbox_ref ref, child;
	struct mailbox row;

	be_alone(true);
	find_and_load("INBOX");
	g_assert_true(is_known("inbox", &row));
	g_assert_cmpstr(row.name, ==, "INBOX");
	mailbox_clear(&row);
	assert_ok(mailbox_create(store, inbox.account_id, SLICE("a"), 0, &ref));
	g_assert_false(is_known("INBOX", &row));
	find_and_load("a");
	g_assert_true(is_known("a", &row));
	g_assert_false(row.has_children);
	mailbox_clear(&row);
	assert_ok(mailbox_create(store, inbox.account_id, SLICE("a/b"), 0, &child));
	find_and_load("a");
	g_assert_true(is_known("a", &row));
	g_assert_true(row.has_children);
	mailbox_clear(&row);
	assert_ok(mailbox_rename(store, ref, SLICE("c")));
	g_assert_false(is_known("a", &row));
	find_and_load("c/b");
	assert_ok(mailbox_delete(store, child));
	g_assert_false(is_known("c/b", &row));
	assert_result(mailbox_find(store, inbox.account_id, SLICE("c/b"), &row), "not found");
}

static void test_recent_is_exact_or_not_known(void)
{
	struct mailbox_ref ref;
	struct uid_range last = { 2, 2 };
	struct mailbox row;
	struct uid_list gone;
	uint64_t modseq;
	uint32_t first;

	be_alone(true);
	assert_ok(mailbox_create(store, inbox.account_id, SLICE("recent"), 0, &ref));
	append(store, ref);
	find_and_load("recent");
	g_assert_true(is_known("recent", &row));
	g_assert_cmpuint(row.recent, ==, 1);
	mailbox_clear(&row);
	assert_ok(mailbox_claim_recent(store, ref, &first));
	g_assert_true(is_known("recent", &row));
	g_assert_cmpuint(row.recent, ==, 0);
	mailbox_clear(&row);
	append(store, ref);
	g_assert_false(is_known("recent", &row));
	find_and_load("recent");
	assert_ok(message_expunge(store, ref, (struct uid_set){ &last, 1 }, true, &gone, &modseq));
	uid_list_clear(&gone);
	g_assert_false(is_known("recent", &row));
}

static void test_rolled_back_names_are_not_kept(void)
{
	struct mailbox_ref ref;
	struct mailbox row;

	be_alone(true);
	assert_ok(store_begin(store));
	assert_ok(mailbox_create(store, inbox.account_id, SLICE("never"), 0, &ref));
	assert_ok(mailbox_find(store, inbox.account_id, SLICE("never"), &row));
	mailbox_clear(&row);
	store_rollback(store);
	g_assert_false(is_known("never", &row));
}

/* Of this database, but the one that asks. */
static void end_all_connections(void)
{
	static const struct db_statement end = {
		"SELECT count(pg_terminate_backend(pid)) FROM pg_stat_activity WHERE datname ="
		" current_database() AND pid <> pg_backend_pid()", false };
	struct db_args args = { 0 };
	PGresult *rows;

	assert_ok(db_run(store, &end, &args, &rows));
	g_assert_cmpint(db_get_int8(rows, 0, 0), >=, 1);
	PQclear(rows);
}

static void test_a_lost_listener_is_doubted_and_listens_again(void)
{
	const struct view *view;

	be_alone(true);
	load(inbox);
	end_all_connections();
	wait_for(NOTICE_RESYNC); /* of the new connection */
	g_assert_false(atomic_load(&pool_shared(pool)->is_alone));
	be_alone(true);
	g_assert_null(view_newest(pool, inbox));
	load(inbox);
	view = view_newest(pool, inbox);
	g_assert_nonnull(view);
	known_modseq = view_modseq(view);
	view_unref(&view);
	wait_for(NOTICE_NEW);
	g_assert_null(view_newest(pool, inbox));
}

int main(int argc, char **argv)
{
	struct notify_subscription *subscription;
	int status;

	service = test_begin(&argc, &argv, 1);
	pool = store_service_pool(service);
	store = test_store(service);
	inbox = test_account(store, "newest@example.test");
	elsewhere = test_service(test_cluster_start(), 1);
	other = test_store(elsewhere);
	loop = loop_create();
	subscription = notify_subscribe(pool, loop, inbox, on_notice, loop);
	wait_for(NOTICE_NEW);
	g_test_add_func("/newest/nobody-sees-less-than-was-answered", test_nobody_sees_less_than_was_answered);
	g_test_add_func("/newest/with-other-nodes-the-database-is-asked",
			test_with_other_nodes_the_database_is_asked);
	g_test_add_func("/newest/names-follow-every-change", test_names_follow_every_change);
	g_test_add_func("/newest/recent-is-exact-or-not-known", test_recent_is_exact_or_not_known);
	g_test_add_func("/newest/rolled-back-names-are-not-kept", test_rolled_back_names_are_not_kept);
	g_test_add_func("/newest/a-lost-listener-is-doubted-and-listens-again",
			test_a_lost_listener_is_doubted_and_listens_again);
	status = g_test_run();
	notify_unsubscribe(&subscription);
	store_close(&store);
	store_close(&other);
	store_service_destroy(&elsewhere);
	store_service_destroy(&service);
	loop_destroy(&loop);
	test_cluster_stop();
	return status;
}
