/* Who runs the server of a state directory holds that directory's lock (flock), so no two
 * processes end each other's.
 *
 * One thread starts the server as its child, waits for it, and starts it again.  The
 * server gets SIGINT (a fast shutdown) from the kernel when this thread is no more, so
 * nothing outlives a killed parent for long. */
#include "store/managed.h"

#include "base/clock.h"
#include "base/log.h"
#include "base/number.h"
#include "store/managed_setup.h"

#include <errno.h>
#include <fcntl.h>
#include <libpq-fe.h>
#include <signal.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <sys/file.h>
#include <sys/wait.h>
#include <unistd.h>

#define ROOM "store"
#define START_SECONDS 60
#define STOP_SECONDS 60
#define LOCK_SECONDS 10
#define POLL_US 20000
#define LAST_PAUSE_MS 10000

struct managed {
	struct managed_setup setup;
	int lock_fd;            /* the state directory; -1: not held */
	char *url;
	GThread *thread;
	GMutex lock;
	GCond changed;          /* of the next two */
	pid_t child;            /* 0: not running */
	bool stop;
	_Atomic uint64_t restarts;
};

char *managed_url(const char *state_dir)
{
	g_autofree char *directory = managed_socket_directory(state_dir);
	GString *url = g_string_new("host='");

	for (const char *p = directory; *p != '\0'; p++) {
		if (*p == '\'' || *p == '\\')
			g_string_append_c(url, '\\');
		g_string_append_c(url, *p);
	}
	g_string_append_printf(url, "' port=%d dbname=postgres user=convoke", MANAGED_PORT);
	return g_string_free(url, FALSE);
}

/* The pid in postmaster.pid when that is a live postgres of this data directory, else 0. */
static pid_t running_server(const char *data)
{
	g_autofree char *path = g_build_filename(data, "postmaster.pid", NULL);
	g_autofree char *text = NULL, *link = NULL, *cwd = NULL, *real = realpath(data, NULL);
	uint64_t pid;
	struct slice line;

	if (real == NULL || !g_file_get_contents(path, &text, NULL, NULL))
		return 0;
	line = slice_of(text, strcspn(text, "\n"));
	if (!number_parse(line, 2, INT32_MAX, &pid))
		return 0;
	/* A postmaster's working directory is its data directory. */
	link = g_strdup_printf("/proc/%d/cwd", (int)pid);
	cwd = g_file_read_link(link, NULL);
	return g_strcmp0(cwd, real) == 0 ? (pid_t)pid : 0;
}

/* The state directory, locked; -1 when another process has the lock. */
static int lock_directory(const char *state_dir)
{
	int fd = open(state_dir, O_RDONLY | O_DIRECTORY | O_CLOEXEC);

	/* A file system without locks is none of our business. */
	if (fd >= 0 && flock(fd, LOCK_EX | LOCK_NB) != 0 && errno == EWOULDBLOCK) {
		close(fd);
		errno = EWOULDBLOCK;
		return -1;
	}
	return fd;
}

static bool is_locked(const char *state_dir)
{
	int fd = lock_directory(state_dir);
	bool locked = fd < 0 && errno == EWOULDBLOCK;

	if (fd >= 0)
		close(fd);
	return locked;
}

bool managed_is_running(const char *state_dir)
{
	int64_t end = clock_monotonic() + START_SECONDS * INT64_C(1000000);
	g_autofree char *url = managed_url(state_dir);

	while (PQping(url) != PQPING_OK) {
		if (!is_locked(state_dir) || clock_monotonic() > end)
			return false;
		g_usleep(POLL_US);
	}
	return true;
}

/* Whoever has the lock may be on its way out. */
static bool take_lock(struct managed *managed, const char *state_dir, char **error_out)
{
	int64_t end = clock_monotonic() + LOCK_SECONDS * INT64_C(1000000);

	while ((managed->lock_fd = lock_directory(state_dir)) < 0) {
		if (errno != EWOULDBLOCK || clock_monotonic() > end) {
			*error_out = errno != EWOULDBLOCK ?
				g_strdup_printf("%s: %s", state_dir, g_strerror(errno)) :
				g_strdup_printf("another process runs the database in %s", state_dir);
			return false;
		}
		g_usleep(POLL_US);
	}
	return true;
}

/* One that a killed parent has left behind: it is on its way out, or is told to go. */
static bool end_leftover(const struct managed_setup *setup, char **error_out)
{
	int64_t end = clock_monotonic() + STOP_SECONDS * INT64_C(1000000);
	pid_t pid = running_server(setup->data);

	if (pid == 0)
		return true;
	log_warning(ROOM, "a database server (pid %d) still runs in %s; stopping it", (int)pid,
		    setup->data);
	kill(pid, SIGINT);
	while (running_server(setup->data) == pid) {
		if (clock_monotonic() > end) {
			*error_out = g_strdup_printf("the database server with pid %d does not stop",
						     (int)pid);
			return false;
		}
		g_usleep(POLL_US);
	}
	return true;
}

/* In the child. */
static void exec_server(const struct managed_setup *setup, const char *postgres)
{
	const char *argv[] = { postgres, "-D", setup->data, NULL };
	/* Not ours: with NOTIFY_SOCKET the server would tell the service manager that it is
	 * ready, in our name and before we are. */
	const char *environment[] = { "PATH=/usr/bin:/bin", NULL };
	sigset_t none;
	int out;

	sigemptyset(&none);
	sigprocmask(SIG_SETMASK, &none, NULL);
	managed_become_user(setup, SIGINT);
	setpgid(0, 0); /* Ctrl-C at a terminal is for the parent, who stops it in order */
	out = open(setup->log, O_WRONLY | O_CREAT | O_APPEND, 0600);
	if (out >= 0) {
		dup2(out, STDOUT_FILENO);
		dup2(out, STDERR_FILENO);
	}
	out = open("/dev/null", O_RDONLY);
	if (out >= 0)
		dup2(out, STDIN_FILENO);
	closefrom(3);
	if (chdir("/") == 0)
		execve(postgres, (char *const *)argv, (char *const *)environment);
	_exit(127);
}

static pid_t start_child(struct managed *managed)
{
	g_autofree char *postgres = g_build_filename(managed->setup.programs, "postgres", NULL);
	pid_t child = fork();

	if (child == 0)
		exec_server(&managed->setup, postgres);
	if (child < 0)
		log_error(ROOM, "can't start the database server: %s", g_strerror(errno));
	g_mutex_lock(&managed->lock);
	managed->child = MAX(child, 0);
	if (managed->stop && child > 0)
		kill(child, SIGINT);
	g_cond_broadcast(&managed->changed);
	g_mutex_unlock(&managed->lock);
	return child;
}

static int wait_for_child(struct managed *managed, pid_t child)
{
	int status = 0;

	while (waitpid(child, &status, 0) < 0 && errno == EINTR)
		;
	g_mutex_lock(&managed->lock);
	managed->child = 0;
	g_cond_broadcast(&managed->changed);
	g_mutex_unlock(&managed->lock);
	return status;
}

/* True when it is to go on after the pause. */
static bool pause_between(struct managed *managed, unsigned milliseconds)
{
	int64_t until = g_get_monotonic_time() + milliseconds * INT64_C(1000);
	bool go_on;

	g_mutex_lock(&managed->lock);
	while (!managed->stop && g_cond_wait_until(&managed->changed, &managed->lock, until))
		;
	go_on = !managed->stop;
	g_mutex_unlock(&managed->lock);
	return go_on;
}

static void *supervise(void *arg)
{
	struct managed *managed = arg;
	unsigned pause = 50;
	g_autofree char *error = NULL;

	for (;;) {
		int64_t started = clock_monotonic();
		pid_t child = start_child(managed);
		int status = child > 0 ? wait_for_child(managed, child) : -1;

		if (clock_monotonic() - started > INT64_C(10000000))
			pause = 50;
		if (!pause_between(managed, 0))
			return NULL;
		log_error(ROOM, "the database server ended (status %d); starting it again", status);
		if (!pause_between(managed, pause))
			return NULL;
		pause = MIN(pause * 2, LAST_PAUSE_MS);
		managed->restarts++;
		/* Its children may live on for a moment and hold the shared memory. */
		end_leftover(&managed->setup, &error);
		g_clear_pointer(&error, g_free);
	}
}

static bool wait_until_ready(struct managed *managed, char **error_out)
{
	int64_t end = clock_monotonic() + START_SECONDS * INT64_C(1000000);

	while (PQping(managed->url) != PQPING_OK) {
		if (clock_monotonic() > end || managed->restarts > 5) {
			*error_out = g_strdup_printf("the database server does not start; it says why "
						     "in %s", managed->setup.log);
			return false;
		}
		g_usleep(POLL_US);
	}
	return true;
}

struct managed *managed_start(const struct managed_options *options, char **error_out)
{
	struct managed *managed = g_new0(struct managed, 1);

	*error_out = NULL;
	g_mutex_init(&managed->lock);
	g_cond_init(&managed->changed);
	managed->lock_fd = -1;
	if (!managed_setup_make(&managed->setup, options, error_out) ||
	    !take_lock(managed, options->state_dir, error_out) ||
	    !managed_setup_cluster(&managed->setup, error_out) ||
	    !end_leftover(&managed->setup, error_out)) {
		managed_stop(&managed);
		return NULL;
	}
	managed->url = managed_url(options->state_dir);
	managed->thread = g_thread_new("postgres", supervise, managed);
	if (!wait_until_ready(managed, error_out))
		managed_stop(&managed);
	return managed;
}

/* Fast shutdown; should it not end in time, the immediate one, after which the next start
 * recovers. */
static void end_child(struct managed *managed)
{
	int64_t until = g_get_monotonic_time() + STOP_SECONDS * INT64_C(1000000);

	g_mutex_lock(&managed->lock);
	managed->stop = true;
	g_cond_broadcast(&managed->changed);
	if (managed->child > 0)
		kill(managed->child, SIGINT);
	while (managed->child > 0 && g_cond_wait_until(&managed->changed, &managed->lock, until))
		;
	if (managed->child > 0)
		kill(managed->child, SIGQUIT);
	g_mutex_unlock(&managed->lock);
}

void managed_stop(struct managed **managed)
{
	struct managed *m = *managed;

	if (m == NULL)
		return;
	*managed = NULL;
	if (m->thread != NULL) {
		end_child(m);
		g_thread_join(m->thread);
	}
	if (m->lock_fd >= 0)
		close(m->lock_fd);
	managed_setup_clear(&m->setup);
	g_free(m->url);
	g_cond_clear(&m->changed);
	g_mutex_clear(&m->lock);
	g_free(m);
}

uint64_t managed_restarts(const struct managed *managed)
{
	return managed->restarts;
}
