/* Notices: who is told, how soon, of what; and the pool that runs the jobs. */
#include "base/clock.h"
#include "store/connection.h"
#include "store/mailbox.h"
#include "store/message.h"
#include "store/meeting_store.h"
#include "store/notify.h"
#include "store/view.h"
#include "tests/unit/store/cluster.h"

static struct store_service *service, *elsewhere;
static struct store *store, *other;
static struct mailbox_ref inbox;
static struct loop *loop;

/* Everything a subscriber was told, and what the loop is to be stopped at. */
struct heard {
	GString *words;
	struct mailbox_ref mailbox;
	uint64_t modseq;
	unsigned wanted;      /* kinds */
	unsigned kinds;
	int64_t at;
};

static void on_notice(void *arg, const struct notice *notice)
{
	struct heard *heard = arg;

	if (notice->kinds == NOTICE_RESYNC)
		return;
	heard->kinds |= notice->kinds;
	heard->modseq = MAX(heard->modseq, notice->modseq);
	heard->mailbox = notice->mailbox;
	heard->at = clock_monotonic();
	if (notice->name != NULL)
		g_string_append_printf(heard->words, "%s%s%s ", notice->old_name != NULL ?
				       notice->old_name : "", notice->old_name != NULL ? ">" : "",
				       notice->name);
	if ((heard->kinds & heard->wanted) == heard->wanted)
		loop_stop(loop);
}

static struct heard hear(unsigned wanted)
{
	return (struct heard){ .words = g_string_new(NULL), .wanted = wanted };
}

static void stop_late(void *arg)
{
	*(bool *)arg = true;
	loop_stop(loop);
}

/* Runs until all wanted kinds were heard; false after a minute. */
static bool run_until_heard(void)
{
	bool late = false;
	struct loop_timer *timer = loop_timer_create(loop, stop_late, &late);

	loop_timer_set(timer, 60000);
	loop_run(loop);
	loop_timer_destroy(&timer);
	return !late;
}

static struct message_appended append(struct store *by)
{
	struct content_row row = test_content(SLICE("A: 1\r\n\r\nnotice"), NULL, NULL);
	struct message_new message = { .content = &row };
	struct message_appended appended;

	assert_ok(message_append(by, inbox, &message, &appended));
	return appended;
}

static void test_own_changes_are_heard_at_once(void)
{
	struct heard heard = hear(NOTICE_NEW);
	struct notify_subscription *subscription =
		notify_subscribe(store_service_pool(service), loop, inbox, on_notice, &heard);
	const struct view *view = NULL;
	struct message_appended appended;
	int64_t told;

	assert_ok(view_open(store, inbox, &view, NULL));
	view_unref(&view);
	appended = append(store);
	told = clock_monotonic();
	g_assert_true(run_until_heard());
	g_test_message("heard %d us after the append returned", (int)(heard.at - told));
	g_assert_cmpuint(heard.modseq, ==, appended.modseq);
	/* And the snapshot is there without asking the database. */
	view = view_peek(store_service_pool(service), inbox, heard.modseq);
	g_assert_nonnull(view);
	view_unref(&view);
	notify_unsubscribe(&subscription);
	g_string_free(heard.words, TRUE);
}

static void test_other_nodes_are_heard(void)
{
	struct heard heard = hear(NOTICE_NEW | NOTICE_CREATED);
	struct notify_subscription *subscription = notify_subscribe(store_service_pool(service),
		loop, (struct mailbox_ref){ inbox.account_id, 0 }, on_notice, &heard);
	struct message_appended appended = append(other);
	struct mailbox_ref made;
	const struct view *view;

	assert_ok(mailbox_create(other, inbox.account_id, SLICE("far away \303\244/-"), 0, &made));
	g_assert_true(run_until_heard());
	/* Two mailboxes were made; the other may be told by a notice of its own. */
	if (strcmp(heard.words->str, "far away \303\244 ") == 0)
		g_assert_true(run_until_heard());
	g_assert_cmpuint(heard.modseq, ==, appended.modseq);
	g_assert_cmpstr(heard.words->str, ==, "far away \303\244 far away \303\244/- ");
	g_assert_null(view_peek(store_service_pool(service), inbox, heard.modseq));
	assert_ok(view_open(store, inbox, &view, NULL));
	g_assert_cmpuint(view_modseq(view), ==, appended.modseq);
	view_unref(&view);
	notify_unsubscribe(&subscription);
	g_string_free(heard.words, TRUE);
}

/* So nobody who signs in at a node that has just started is told that something was missed. */
static void test_a_node_listens_from_its_first_moment_on(void)
{
	struct store_service *fresh = test_service(test_cluster_start(), 1);
	struct heard heard = hear(NOTICE_NEW);
	struct notify_subscription *subscription =
		notify_subscribe(store_service_pool(fresh), loop, inbox, on_notice, &heard);
	struct message_appended appended = append(other);

	g_assert_true(run_until_heard());
	g_assert_cmpuint(heard.modseq, ==, appended.modseq);
	notify_unsubscribe(&subscription);
	store_service_destroy(&fresh);
	g_string_free(heard.words, TRUE);
}

static void change_flags(struct store *by, uint32_t uid)
{
	struct uid_range one = { uid, uid };
	struct flag_change change = { { &one, 1 }, FLAGS_ADD, { MESSAGE_SEEN | MESSAGE_DELETED, NULL },
				      .unchanged_since = UINT64_MAX };
	struct flags_changed changed;

	assert_ok(message_store_flags(by, inbox, &change, &changed));
	flags_changed_clear(&changed);
}

static void test_each_kind_is_told(void)
{
	struct heard heard = hear(NOTICE_NEW | NOTICE_EXPUNGED | NOTICE_FLAGS | NOTICE_CREATED |
				  NOTICE_DELETED | NOTICE_RENAMED | NOTICE_SUBSCRIPTION | NOTICE_ACL |
				  NOTICE_METADATA | NOTICE_USE | NOTICE_CALENDAR);
	struct notify_subscription *subscription = notify_subscribe(store_service_pool(service),
		loop, (struct mailbox_ref){ inbox.account_id, 0 }, on_notice, &heard);
	struct annotation_change comment = { "/shared/comment", SLICE("x") };
	struct annotation_change secret = { "/PRIVATE/Secret", SLICE("x") };
	struct meeting_row meeting = { .uid = (char *)"notice-uid", .ics = SLICE("x") };
	struct message_appended appended = append(store);
	struct mailbox_ref made;
	struct uid_list gone;
	uint64_t modseq;

	change_flags(store, appended.uid);
	assert_ok(message_expunge(store, inbox, (struct uid_set){ &(struct uid_range){ 1, UINT32_MAX }, 1 },
				  false, &gone, &modseq));
	uid_list_clear(&gone);
	assert_ok(mailbox_create(store, inbox.account_id, SLICE("k"), 0, &made));
	assert_ok(mailbox_rename(store, made, SLICE("l")));
	assert_ok(mailbox_set_use(store, made, MAILBOX_FLAGGED));
	assert_ok(mailbox_subscribe(store, inbox.account_id, SLICE("l")));
	assert_ok(acl_set(store, made, "anyone", "l"));
	assert_ok(annotation_set(store, made, inbox.account_id, &comment, 1));
	/* His own affair, in whatever case he names it. */
	assert_ok(annotation_set(store, made, inbox.account_id + 1, &secret, 1));
	assert_ok(mailbox_delete(store, made));
	assert_ok(meeting_save(store, inbox.account_id, &meeting, NULL));
	g_assert_true(run_until_heard());
	g_assert_cmpstr(heard.words->str, ==, "k k>l l l /shared/comment l notice-uid ");
	notify_unsubscribe(&subscription);
	g_string_free(heard.words, TRUE);
}

static void test_rolled_back_changes_are_not_told(void)
{
	struct heard heard = hear(NOTICE_NEW);
	struct notify_subscription *subscription =
		notify_subscribe(store_service_pool(service), loop, inbox, on_notice, &heard);
	struct message_appended appended;

	assert_ok(store_begin(store));
	append(store);
	append(store);
	store_rollback(store);
	assert_ok(store_begin(store));
	appended = append(store);
	g_assert_cmpuint(heard.kinds, ==, 0);
	assert_ok(store_commit(store));
	g_assert_true(run_until_heard());
	g_assert_cmpuint(heard.modseq, ==, appended.modseq);
	notify_unsubscribe(&subscription);
	g_string_free(heard.words, TRUE);
}

static void stop_loop(void *arg)
{
	(void)arg;
	loop_stop(loop);
}

static void test_unsubscribed_hear_nothing(void)
{
	struct heard heard = hear(NOTICE_NEW);
	struct notify_subscription *subscription =
		notify_subscribe(store_service_pool(service), loop, inbox, on_notice, &heard);

	append(store); /* the notice waits in the loop's queue */
	notify_unsubscribe(&subscription);
	loop_post(loop, stop_loop, NULL);
	loop_run(loop);
	g_assert_cmpuint(heard.kinds, ==, 0);
	g_string_free(heard.words, TRUE);
}

/* A job's arguments and what came of it. */
struct job {
	GPtrArray *order;
	char name;
	bool in_worker, home;
	unsigned *left;
};

static void job_work(struct store *worker_store, void *arg)
{
	struct job *job = arg;
	struct mailbox mailbox;

	g_assert_false(loop_is_mine(loop));
	assert_ok(mailbox_get(worker_store, inbox, &mailbox));
	mailbox_clear(&mailbox);
	job->in_worker = true;
}

static void job_done(void *arg)
{
	struct job *job = arg;

	g_assert_true(loop_is_mine(loop));
	g_assert_true(job->in_worker);
	job->home = true;
	if (--*job->left == 0)
		loop_stop(loop);
}

static void test_jobs_go_out_and_come_home(void)
{
	struct job jobs[200];
	unsigned left = G_N_ELEMENTS(jobs);

	for (size_t i = 0; i < G_N_ELEMENTS(jobs); i++) {
		jobs[i] = (struct job){ .left = &left };
		store_pool_submit(store_service_pool(service), loop, job_work, job_done, &jobs[i]);
	}
	g_assert_true(run_until_heard());
	for (size_t i = 0; i < G_N_ELEMENTS(jobs); i++)
		g_assert_true(jobs[i].home);
}

int main(int argc, char **argv)
{
	int status;

	service = test_begin(&argc, &argv, 3);
	elsewhere = test_service(test_cluster_start(), 1);
	store = test_store(service);
	other = test_store(elsewhere);
	inbox = test_account(store, "notice@example.test");
	loop = loop_create();
	g_test_add_func("/notify/own-changes-are-heard-at-once", test_own_changes_are_heard_at_once);
	g_test_add_func("/notify/other-nodes-are-heard", test_other_nodes_are_heard);
	g_test_add_func("/notify/a-node-listens-from-its-first-moment-on",
			test_a_node_listens_from_its_first_moment_on);
	g_test_add_func("/notify/each-kind-is-told", test_each_kind_is_told);
	g_test_add_func("/notify/rolled-back-changes-are-not-told", test_rolled_back_changes_are_not_told);
	g_test_add_func("/notify/unsubscribed-hear-nothing", test_unsubscribed_hear_nothing);
	g_test_add_func("/pool/jobs-go-out-and-come-home", test_jobs_go_out_and_come_home);
	status = g_test_run();
	store_close(&store);
	store_close(&other);
	store_service_destroy(&elsewhere);
	store_service_destroy(&service);
	loop_destroy(&loop);
	test_cluster_stop();
	return status;
}
