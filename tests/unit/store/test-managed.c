/* The managed cluster: made, used, killed, taken over, stopped. */
#include "base/clock.h"
#include "store/account.h"
#include "store/managed.h"
#include "tests/unit/store/cluster.h"

#include <errno.h>
#include <pwd.h>
#include <signal.h>
#include <stdio.h>
#include <sys/wait.h>
#include <unistd.h>

static char *state_dir;

static struct config managed_config(void)
{
	struct config config = test_config("managed", 2);

	config.server.state_dir = state_dir;
	config.server.user = "nobody";
	return config;
}

static struct store_service *start(void)
{
	struct config config = managed_config();
	g_autofree char *error = NULL;
	struct store_service *service = store_service_create(&config, &error);

	if (service == NULL)
		g_error("%s", error);
	return service;
}

static pid_t server_pid(void)
{
	g_autofree char *path = g_build_filename(state_dir, "postgres", "postmaster.pid", NULL);
	g_autofree char *text = NULL;

	return g_file_get_contents(path, &text, NULL, NULL) ? (pid_t)g_ascii_strtoll(text, NULL, 10) : 0;
}

static void test_is_made_and_stopped(void)
{
	struct store_service *service = start();
	struct config config = managed_config();
	struct store *store;
	g_autofree char *error = NULL;
	pid_t pid = server_pid();
	g_autofree char *status_path = g_strdup_printf("/proc/%d/status", (int)pid);
	g_autofree char *status = NULL;

	g_assert_cmpint(pid, >, 0);
	g_assert_true(managed_is_running(state_dir));
	g_assert_true(g_file_get_contents(status_path, &status, NULL, NULL));
	g_assert_null(strstr(status, "Uid:\t0\t"));
	/* convokectl's way in, while the daemon runs. */
	assert_ok(store_open(&config, &store, &error));
	test_account(store, "managed@example.test");
	store_close(&store);
	store_service_destroy(&service);
	g_assert_false(managed_is_running(state_dir));
	g_assert_cmpint(server_pid(), ==, 0);
	/* And while it does not. */
	assert_ok(store_open(&config, &store, &error));
	{
		struct account account;

		assert_ok(account_find(store, "Managed@Example.test", &account));
		account_clear(&account);
	}
	store_close(&store);
	g_assert_false(managed_is_running(state_dir));
}

/* A second daemon by mistake, or convokectl while the daemon's server is not ready yet. */
static void test_server_of_another_process_is_left_alone(void)
{
	struct managed_options options = { state_dir, "nobody", 8 };
	struct store_service *service = start();
	pid_t pid = server_pid();
	g_autofree char *error = NULL;

	g_assert_null(managed_start(&options, &error));
	g_assert_nonnull(strstr(error, "another process"));
	g_assert_cmpint(server_pid(), ==, pid);
	g_assert_true(managed_is_running(state_dir));
	store_service_destroy(&service);
}

static void test_is_started_again_when_killed(void)
{
	struct store_service *service = start();
	struct config config = managed_config();
	struct store_counters counters;
	struct account account;
	struct store *store;
	g_autofree char *error = NULL;
	int64_t end = clock_monotonic() + 300000000;

	assert_ok(store_open(&config, &store, &error));
	g_assert_cmpint(kill(server_pid(), SIGKILL), ==, 0);
	for (;;) {
		enum store_result result = account_find(store, "managed@example.test", &account);

		account_clear(&account);
		store_service_counters(service, &counters);
		if (result == STORE_OK && counters.cluster_restarts > 0)
			break;
		g_assert_cmpint(clock_monotonic(), <, end);
		g_usleep(20000);
	}
	store_close(&store);
	store_service_destroy(&service);
}

/* A parent that is killed leaves a server that stops by itself; the next start works at once. */
static void test_survives_kill_of_its_parent(void)
{
	struct store_service *service;
	int ready[2], status;
	pid_t child;
	char octet;

	g_assert_cmpint(pipe(ready), ==, 0);
	child = fork();
	if (child == 0) {
		service = start();
		if (write(ready[1], "x", 1) == 1)
			for (;;)
				pause();
		_exit(1);
	}
	g_assert_cmpint(read(ready[0], &octet, 1), ==, 1);
	kill(child, SIGKILL);
	waitpid(child, &status, 0);
	service = start();
	g_assert_true(managed_is_running(state_dir));
	store_service_destroy(&service);
	g_assert_false(managed_is_running(state_dir));
	close(ready[0]);
	close(ready[1]);
}

static void test_url_fits_a_socket(void)
{
	static const size_t lengths[] = { 10, 80, 100, 500 };

	for (size_t i = 0; i < G_N_ELEMENTS(lengths); i++) {
		g_autofree char *name = g_strnfill(lengths[i], 'x');
		g_autofree char *directory = g_strconcat("/nonexistent/", name, NULL);
		g_autofree char *url = managed_url(directory), *again = managed_url(directory);
		const char *end = strchr(url + 6, '\'');

		g_assert_cmpstr(url, ==, again);
		g_assert_cmpint(end - (url + 6) + (ssize_t)strlen("/.s.PGSQL.5432"), <=, 107);
	}
}

int main(int argc, char **argv)
{
	g_autofree char *programs = managed_find_programs();
	int status;

	g_test_init(&argc, &argv, NULL);
	if (programs == NULL)
		return 77;
	state_dir = g_dir_make_tmp("convoke-managed-XXXXXX", NULL);
	g_test_add_func("/managed/url-fits-a-socket", test_url_fits_a_socket);
	g_test_add_func("/managed/is-made-and-stopped", test_is_made_and_stopped);
	g_test_add_func("/managed/server-of-another-process-is-left-alone",
			test_server_of_another_process_is_left_alone);
	g_test_add_func("/managed/is-started-again-when-killed", test_is_started_again_when_killed);
	g_test_add_func("/managed/survives-kill-of-its-parent", test_survives_kill_of_its_parent);
	status = g_test_run();
	test_remove_tree(state_dir);
	g_free(state_dir);
	return status;
}
