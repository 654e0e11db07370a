/* What two do at the same moment, each case brought about and not left to luck: one waits for a
 * lock of the other before the other goes on. */
#include "store/account.h"
#include "store/mailbox.h"
#include "store/message.h"
#include "store/statement.h"
#include "tests/unit/store/cluster.h"

#include <stdatomic.h>

static struct store_service *service;
static struct store *store, *other;
static atomic_bool done;

static int64_t number(const char *sql)
{
	const struct db_statement statement = { sql, true };
	struct store *mine = test_store(service); /* prepared statements are known by address */
	struct db_args args = { 0 };
	PGresult *rows;
	int64_t value;

	assert_ok(db_run_row(mine, &statement, &args, &rows));
	value = db_get_int8(rows, 0, 0);
	PQclear(rows);
	store_close(&mine);
	return value;
}

/* Until the other thread waits for a lock, or has ended without waiting. */
static void wait_until_blocked(void)
{
	while (!done && number("SELECT count(*) FROM pg_stat_activity WHERE datname = current_database()"
			       " AND wait_event_type = 'Lock'") == 0)
		g_usleep(1000);
}

static void append(struct store *by, struct mailbox_ref mailbox, const char *text)
{
	struct content_row row = test_content(slice_from_string(text), NULL, NULL);
	struct message_new message = { .content = &row };
	struct message_appended appended;

	assert_ok(message_append(by, mailbox, &message, &appended));
}

static void *remove_account(void *arg)
{
	const struct mailbox_ref *inbox = arg;

	assert_ok(account_remove(other, inbox->account_id));
	done = true;
	return NULL;
}

static void *remove_mailbox(void *arg)
{
	assert_ok(mailbox_delete(other, *(struct mailbox_ref *)arg));
	done = true;
	return NULL;
}

#define NEVER_COLLECTED \
	"SELECT count(*) FROM content c WHERE NOT EXISTS (SELECT 1 FROM content_candidate WHERE hash = c.hash)" \
	" AND NOT EXISTS (SELECT 1 FROM message WHERE content_hash = c.hash)"
#define NEWEST " AND c.hash IN (SELECT hash FROM content ORDER BY created DESC LIMIT 1)"

/* The removal waits for the mailbox; the message that came meanwhile goes with it. */
static void test_mail_that_comes_while_its_account_goes_leaves_nothing(void)
{
	struct mailbox_ref inbox = test_account(store, "going@example.test");
	GThread *thread;

	done = false;
	assert_ok(store_begin(store));
	append(store, inbox, "A: 1\r\n\r\njust before the end");
	thread = g_thread_new("remove", remove_account, &inbox);
	wait_until_blocked();
	assert_ok(store_commit(store));
	g_thread_join(thread);
	g_assert_cmpint(number("SELECT count(*) FROM message"), ==, 0);
	g_assert_cmpint(number(NEVER_COLLECTED), ==, 0);
}

/* Names are made under the account's lock, so one that is being made is waited for. */
static void test_mailbox_made_while_its_account_goes_goes_too(void)
{
	struct mailbox_ref inbox = test_account(store, "making@example.test"), made;
	GThread *thread;

	done = false;
	assert_ok(store_begin(store));
	assert_ok(mailbox_create(store, inbox.account_id, SLICE("New"), 0, &made));
	thread = g_thread_new("remove", remove_account, &inbox);
	wait_until_blocked();
	assert_ok(store_commit(store));
	g_thread_join(thread);
	g_assert_cmpint(number("SELECT count(*) FROM mailbox"), ==, 0);
}

/* The collector (by its statements here) has seen that somebody refers to a candidate; before it
 * strikes it off, the last reference goes. */
static void test_candidate_that_is_struck_off_as_it_becomes_one_stays_one(void)
{
	struct mailbox_ref inbox = test_account(store, "last@example.test"), made;
	GThread *thread;

	assert_ok(mailbox_create(store, inbox.account_id, SLICE("Going"), 0, &made));
	append(store, made, "A: 1\r\n\r\nlast reference");
	assert_ok(connection_command(store, "INSERT INTO content_candidate SELECT hash, 1 FROM content"
				     " ON CONFLICT DO NOTHING"));
	done = false;
	assert_ok(store_begin(store));
	assert_ok(connection_command(store, "SELECT hash FROM content_candidate FOR UPDATE"));
	thread = g_thread_new("remove", remove_mailbox, &made);
	wait_until_blocked();
	assert_ok(connection_command(store, "DELETE FROM content_candidate"));
	assert_ok(store_commit(store));
	g_thread_join(thread);
	g_assert_cmpint(number(NEVER_COLLECTED NEWEST), ==, 0);
}

static atomic_bool may_commit;

static void *append_in_vain(void *arg)
{
	const struct content_row *row = arg;
	const struct message_new message = { .content = row };
	const struct mailbox_ref nowhere = { 1, 987654321 };
	struct message_appended appended;

	assert_ok(store_begin(other));
	assert_result(message_append(other, nowhere, &message, &appended), "not found");
	done = true;
	while (!may_commit)
		g_usleep(1000);
	assert_ok(store_commit(other));
	return NULL;
}

/* The same of what was uploaded and has no message, where an upload of before was cut off. */
static void test_upload_in_vain_stays_a_candidate_as_the_one_before_is_struck_off(void)
{
	struct content_row row = test_content(SLICE("A: 1\r\n\r\nin vain"), NULL, NULL);
	g_autofree char *hash = g_compute_checksum_for_data(G_CHECKSUM_SHA256, (const guchar *)row.octets.data,
							    row.octets.len);
	g_autofree char *candidate = g_strdup_printf("INSERT INTO content_candidate VALUES ('\\x%s', 1)", hash);
	GThread *thread;

	assert_ok(connection_command(store, candidate));
	done = may_commit = false;
	assert_ok(store_begin(store));
	assert_ok(connection_command(store, "SELECT hash FROM content_candidate FOR UPDATE"));
	thread = g_thread_new("append", append_in_vain, &row);
	wait_until_blocked();
	assert_ok(connection_command(store, "DELETE FROM content_candidate d WHERE NOT EXISTS"
				     " (SELECT 1 FROM content c WHERE c.hash = d.hash)"));
	assert_ok(store_commit(store));
	may_commit = true;
	g_thread_join(thread);
	g_assert_cmpint(number(NEVER_COLLECTED NEWEST), ==, 0);
}

static enum store_result second_use;

static void *use_too(void *arg)
{
	second_use = mailbox_set_use(other, *(struct mailbox_ref *)arg, MAILBOX_FLAGGED);
	done = true;
	return NULL;
}

static void test_special_use_that_two_give_at_once_is_had_by_one(void)
{
	struct mailbox_ref inbox = test_account(store, "use@example.test"), first, second;
	GThread *thread;

	assert_ok(mailbox_create(store, inbox.account_id, SLICE("First"), 0, &first));
	assert_ok(mailbox_create(store, inbox.account_id, SLICE("Second"), 0, &second));
	done = false;
	assert_ok(store_begin(store));
	assert_ok(mailbox_set_use(store, first, MAILBOX_FLAGGED));
	thread = g_thread_new("use", use_too, &second);
	wait_until_blocked();
	assert_ok(store_commit(store));
	g_thread_join(thread);
	assert_result(second_use, "conflict");
}

int main(int argc, char **argv)
{
	int status;

	service = test_begin(&argc, &argv, 1);
	store = test_store(service);
	other = test_store(service);
	g_test_add_func("/races/mail-that-comes-while-its-account-goes-leaves-nothing",
			test_mail_that_comes_while_its_account_goes_leaves_nothing);
	g_test_add_func("/races/mailbox-made-while-its-account-goes-goes-too",
			test_mailbox_made_while_its_account_goes_goes_too);
	g_test_add_func("/races/candidate-that-is-struck-off-as-it-becomes-one-stays-one",
			test_candidate_that_is_struck_off_as_it_becomes_one_stays_one);
	g_test_add_func("/races/upload-in-vain-stays-a-candidate-as-the-one-before-is-struck-off",
			test_upload_in_vain_stays_a_candidate_as_the_one_before_is_struck_off);
	g_test_add_func("/races/special-use-that-two-give-at-once-is-had-by-one",
			test_special_use_that_two_give_at_once_is_had_by_one);
	status = g_test_run();
	store_close(&store);
	store_close(&other);
	store_service_destroy(&service);
	test_cluster_stop();
	return status;
}
