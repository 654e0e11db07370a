/* See the header. */
#include "tests/unit/store/cluster.h"

#include "store/account.h"
#include "store/connection.h"
#include "store/mailbox.h"
#include "store/managed.h"
#include "store/pool_private.h"

#include <errno.h>
#include <fcntl.h>
#include <glib/gstdio.h>
#include <grp.h>
#include <libpq-fe.h>
#include <openssl/sha.h>
#include <pwd.h>
#include <signal.h>
#include <stdlib.h>
#include <sys/wait.h>
#include <unistd.h>

struct test_server {
	char *folder, *data, *url, *programs;
	int alive;      /* closed when we end, however that comes */
	pid_t watchdog; /* stops the server then */
};

static struct test_server *own;
static char *database_url;

/* PostgreSQL refuses to run as root. */
static void become_nobody(gpointer unused)
{
	const struct passwd *user;

	(void)unused;
	if (geteuid() != 0)
		return;
	user = getpwnam("nobody");
	if (user == NULL || setgroups(0, NULL) != 0 || setgid(user->pw_gid) != 0 ||
	    setuid(user->pw_uid) != 0)
		_exit(126);
}

static bool run_program(const struct test_server *server, const char *const *arguments)
{
	g_autoptr(GPtrArray) argv = g_ptr_array_new();
	g_autofree char *path = g_build_filename(server->programs, arguments[0], NULL);
	g_autoptr(GError) error = NULL;
	int status = -1;

	g_ptr_array_add(argv, path);
	for (size_t i = 1; arguments[i - 1] != NULL; i++)
		g_ptr_array_add(argv, (char *)arguments[i]);
	if (!g_spawn_sync(server->folder, (char **)argv->pdata, NULL,
			  G_SPAWN_STDOUT_TO_DEV_NULL | G_SPAWN_STDERR_TO_DEV_NULL, become_nobody, NULL, NULL, NULL, &status, &error))
		g_test_message("%s: %s", arguments[0], error->message);
	return status == 0;
}

static bool server_up(struct test_server *server)
{
	g_autofree char *options = g_strdup_printf(
		"-k %s -c listen_addresses= -c max_connections=100 -c fsync=off", server->folder);
	g_autofree char *log = g_build_filename(server->folder, "log", NULL);
	const char *start[] = { "pg_ctl", "-D", server->data, "-w", "-t", "60", "-l", log, "-o",
				options, "start", NULL };

	return run_program(server, start);
}

static void end_server(const struct test_server *server)
{
	const char *stop[] = { "pg_ctl", "-D", server->data, "-m", "immediate", "-w", "stop", NULL };

	run_program(server, stop);
	test_remove_tree(server->folder);
}

/* A test that fails is aborted on the spot; its server must not stay behind. */
static void start_watchdog(struct test_server *server)
{
	int ends[2];
	char octet;

	if (pipe2(ends, O_CLOEXEC) != 0)
		g_error("pipe: %s", g_strerror(errno));
	server->watchdog = fork();
	if (server->watchdog == 0) {
		setsid();
		dup2(ends[0], STDERR_FILENO + 1);
		closefrom(STDERR_FILENO + 2);
		close(STDOUT_FILENO);
		close(STDERR_FILENO);
		while (read(STDERR_FILENO + 1, &octet, 1) > 0)
			;
		end_server(server);
		_exit(0);
	}
	close(ends[0]);
	server->alive = ends[1];
}

struct test_server *test_server_start(void)
{
	struct test_server *server = g_new0(struct test_server, 1);
	const char *initdb[] = { "initdb", "-D", NULL, "-U", "convoke", "-A", "trust", "-E", "UTF8",
				 "--locale=C.UTF-8", "-N", NULL };

	server->programs = managed_find_programs();
	server->folder = g_dir_make_tmp("convoke-pg-XXXXXX", NULL);
	g_assert_nonnull(server->folder);
	server->data = g_build_filename(server->folder, "data", NULL);
	server->url = g_strdup_printf("host=%s user=convoke dbname=postgres", server->folder);
	if (geteuid() == 0 && chown(server->folder, getpwnam("nobody")->pw_uid, (gid_t)-1) != 0)
		g_error("chown: %s", g_strerror(errno));
	initdb[2] = server->data;
	start_watchdog(server);
	if (server->programs == NULL || !run_program(server, initdb) || !server_up(server)) {
		g_test_message("no PostgreSQL here");
		test_server_stop(&server);
	}
	return server;
}

const char *test_server_url(const struct test_server *server)
{
	return server->url;
}

static pid_t server_pid(const struct test_server *server)
{
	g_autofree char *path = g_build_filename(server->data, "postmaster.pid", NULL);
	g_autofree char *text = NULL;

	return g_file_get_contents(path, &text, NULL, NULL) ? (pid_t)g_ascii_strtoll(text, NULL, 10) : 0;
}

void test_server_crash(struct test_server *server)
{
	pid_t pid = server_pid(server);

	g_assert_cmpint(pid, >, 1);
	g_assert_cmpint(kill(pid, SIGKILL), ==, 0);
	/* Its children end when they find it gone; the new one refuses to start before. */
	while (!server_up(server))
		g_usleep(50000);
}

void test_remove_tree(const char *path)
{
	GDir *directory = g_dir_open(path, 0, NULL);
	const char *name;

	while (directory != NULL && (name = g_dir_read_name(directory)) != NULL) {
		g_autofree char *inside = g_build_filename(path, name, NULL);

		if (!g_file_test(inside, G_FILE_TEST_IS_SYMLINK) &&
		    g_file_test(inside, G_FILE_TEST_IS_DIR))
			test_remove_tree(inside);
		else
			g_unlink(inside);
	}
	if (directory != NULL)
		g_dir_close(directory);
	g_rmdir(path);
}

void test_server_stop(struct test_server **server)
{
	struct test_server *s = *server;

	if (s == NULL)
		return;
	*server = NULL;
	close(s->alive);
	while (waitpid(s->watchdog, NULL, 0) < 0 && errno == EINTR)
		;
	g_free(s->folder);
	g_free(s->data);
	g_free(s->url);
	g_free(s->programs);
	g_free(s);
}

static void command(const char *base, const char *sql)
{
	PGconn *conn = PQconnectdb(base);
	PGresult *result = PQexec(conn, sql);

	if (PQresultStatus(result) != PGRES_COMMAND_OK)
		g_error("%s: %s", sql, PQerrorMessage(conn));
	PQclear(result);
	PQfinish(conn);
}

static const char *base_url(void)
{
	const char *given = g_getenv("CONVOKE_TEST_PG");

	return given != NULL ? given : own->url;
}

char *test_database_create(void)
{
	g_autofree char *name = g_strdup_printf("test_%d_%u", (int)getpid(), g_random_int());
	g_autofree char *create = g_strdup_printf("CREATE DATABASE %s", name);

	if (g_getenv("CONVOKE_TEST_PG") == NULL && own == NULL && (own = test_server_start()) == NULL)
		return NULL;
	command(base_url(), create);
	return g_strdup_printf("%s dbname=%s", base_url(), name);
}

void test_database_drop(char **url)
{
	g_autofree char *drop = g_strdup_printf("DROP DATABASE %s WITH (FORCE)", strrchr(*url, '=') + 1);

	command(base_url(), drop);
	g_clear_pointer(url, g_free);
}

const char *test_cluster_start(void)
{
	if (database_url == NULL)
		database_url = test_database_create();
	return database_url;
}

void test_cluster_stop(void)
{
	if (database_url != NULL)
		test_database_drop(&database_url);
	test_server_stop(&own);
}

struct config test_config(const char *url, unsigned workers)
{
	static const struct config *defaults; /* kept: the copies' strings are its own */
	struct config config;

	if (defaults == NULL)
		defaults = config_defaults();
	config = *defaults;
	config.database.url = url;
	config.server.workers = workers;
	return config;
}

struct store_service *test_service(const char *url, unsigned workers)
{
	struct config config = test_config(url, workers);
	g_autofree char *error = NULL;
	struct store_service *service = store_service_create(&config, &error);

	if (service == NULL)
		g_error("store_service_create: %s", error);
	return service;
}

struct store_service *test_begin(int *argc, char ***argv, unsigned workers)
{
	g_test_init(argc, argv, NULL);
	if (test_cluster_start() == NULL)
		exit(77);
	return test_service(database_url, workers);
}

struct store *test_store(struct store_service *service)
{
	return connection_create(database_url, pool_shared(store_service_pool(service)));
}

struct content_row test_content(struct slice octets, const char *message_id, const char *references)
{
	struct content_row row = { .octets = octets };

	SHA256((const unsigned char *)octets.data, octets.len, row.hash);
	row.facts.size = octets.len;
	row.facts.header_size = MIN(octets.len, 10);
	row.facts.envelope = SLICE("(NIL NIL NIL NIL NIL NIL NIL NIL NIL NIL)");
	row.facts.bodystructure = SLICE("(\"text\" \"plain\" NIL NIL NIL \"7bit\" 0 0)");
	row.facts.message_id = slice_from_string(message_id);
	row.facts.references = slice_from_string(references);
	row.facts.sent_date = 1700000000;
	row.facts.version = 1;
	row.search_headers = SLICE("SUBJECT: TEST\n");
	row.search_body = octets;
	row.signature = SLICE("\001\002\003");
	return row;
}

struct mailbox_ref test_account(struct store *store, const char *address)
{
	struct account account = { .address = (char *)address, .add_invitations = -1 };
	struct mailbox inbox;
	struct mailbox_ref ref;
	uint64_t account_id;

	assert_ok(account_add(store, &account, &account_id));
	assert_ok(mailbox_find(store, account_id, SLICE("inbox"), &inbox));
	ref = inbox.ref;
	mailbox_clear(&inbox);
	return ref;
}
