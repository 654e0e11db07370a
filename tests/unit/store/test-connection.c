/* A connection is what this room's statements rely on, whatever the database's own defaults say,
 * and a server that went away or turned read-only (a fail-over) is left for the one that took over. */
#include "store/account.h"
#include "store/message.h"
#include "store/statement.h"
#include "tests/unit/store/cluster.h"

static struct store_service *service;
static struct store *store;
static struct mailbox_ref inbox;

static void set_default(const char *setting)
{
	g_autofree char *sql = g_strdup_printf(
		"DO $$ BEGIN EXECUTE format('ALTER DATABASE %%I %s', current_database()); END $$", setting);

	assert_ok(connection_command(store, "SET default_transaction_read_only = off"));
	assert_ok(connection_command(store, sql));
}

static char *setting_of(struct store *of, const char *name)
{
	g_autofree char *sql = g_strdup_printf("SELECT current_setting('%s')", name);
	PGresult *rows;
	char *value;

	assert_ok(connection_ensure(of));
	rows = PQexec(of->conn, sql);
	value = g_strdup(PQgetvalue(rows, 0, 0));
	PQclear(rows);
	return value;
}

static enum store_result append(struct store *by)
{
	struct content_row row = test_content(SLICE("A: 1\r\n\r\nx"), NULL, NULL);
	struct message_new message = { .content = &row };
	struct message_appended appended;

	return message_append(by, inbox, &message, &appended);
}

/* Collection asks in a new statement what was committed before: only READ COMMITTED shows it. */
static void test_isolation_is_not_the_databases_default(void)
{
	g_autofree char *level = NULL;
	struct store *fresh;

	set_default("SET default_transaction_isolation = ''repeatable read''");
	fresh = test_store(service);
	level = setting_of(fresh, "transaction_isolation");
	g_assert_cmpstr(level, ==, "read committed");
	store_close(&fresh);
	set_default("RESET default_transaction_isolation");
}

/* A primary that became a standby takes no writes; the next statement looks for the new one. */
static void test_read_only_server_is_left(void)
{
	struct store *fresh;

	set_default("SET default_transaction_read_only = on");
	fresh = test_store(service);
	assert_result(append(fresh), "unavailable");
	set_default("RESET default_transaction_read_only");
	assert_ok(append(fresh));
	store_close(&fresh);
}

/* What the server said in its last moment waits in the socket, and its end behind it. */
static void test_idle_connection_that_was_ended_is_made_anew(void)
{
	struct store *killer = test_store(service);

	assert_ok(append(store));
	for (int i = 0; i < 20; i++) {
		g_autofree char *sql = g_strdup_printf("SELECT pg_terminate_backend(%d, 10000)",
						       PQbackendPID(store->conn));

		assert_ok(connection_command(killer, sql));
		assert_ok(append(store));
	}
	store_close(&killer);
}

/* After an outage nobody keeps waiting once the server is known to be back. */
static void test_pause_ends_when_another_connection_was_made(void)
{
	struct store *waiting = test_store(service), *other = test_store(service);
	char *url = waiting->url;

	waiting->url = g_strdup("postgresql://127.0.0.1:1/nowhere");
	assert_result(append(waiting), "unavailable");
	g_free(waiting->url);
	waiting->url = url;
	waiting->retry_at += (int64_t)3600 * G_USEC_PER_SEC;
	assert_result(append(waiting), "unavailable");
	connection_drop(other);
	assert_ok(append(other));
	assert_ok(append(waiting));
	store_close(&waiting);
	store_close(&other);
}

static const char *option_of(PQconninfoOption *options, const char *name)
{
	for (; options->keyword != NULL; options++)
		if (strcmp(options->keyword, name) == 0)
			return options->val;
	return NULL;
}

/* A machine that vanishes says nothing; without these a worker would wait for a quarter of an hour. */
static void test_vanished_server_is_noticed(void)
{
	PQconninfoOption *options = PQconninfo(store->conn);

	g_assert_nonnull(option_of(options, "keepalives_idle"));
	g_assert_nonnull(option_of(options, "tcp_user_timeout"));
	PQconninfoFree(options);
}

int main(int argc, char **argv)
{
	int status;

	service = test_begin(&argc, &argv, 1);
	store = test_store(service);
	inbox = test_account(store, "alice@example.test");
	g_test_add_func("/connection/isolation-is-not-the-databases-default",
			test_isolation_is_not_the_databases_default);
	g_test_add_func("/connection/read-only-server-is-left", test_read_only_server_is_left);
	g_test_add_func("/connection/idle-one-that-was-ended-is-made-anew",
			test_idle_connection_that_was_ended_is_made_anew);
	g_test_add_func("/connection/pause-ends-when-another-connection-was-made",
			test_pause_ends_when_another_connection_was_made);
	g_test_add_func("/connection/vanished-server-is-noticed", test_vanished_server_is_noticed);
	status = g_test_run();
	store_close(&store);
	store_service_destroy(&service);
	test_cluster_stop();
	return status;
}
