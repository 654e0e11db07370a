/* See the header. */
#include "store/managed_setup.h"

#include "base/log.h"
#include "base/machine.h"

#include <errno.h>
#include <fcntl.h>
#include <grp.h>
#include <pwd.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/prctl.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#define ROOM "store"
/* sizeof(sun_path) - 1, less "/.s.PGSQL.5432" and the ".lock" beside it. */
#define MAX_SOCKET_DIRECTORY (107 - 19)

static bool has_programs(const char *directory)
{
	g_autofree char *initdb = g_build_filename(directory, "initdb", NULL);
	g_autofree char *postgres = g_build_filename(directory, "postgres", NULL);

	return access(initdb, X_OK) == 0 && access(postgres, X_OK) == 0;
}

/* Debian keeps them out of the PATH, one directory per major version: the newest. */
static char *debian_programs(void)
{
	for (int version = 30; version >= 15; version--) {
		g_autofree char *directory = g_strdup_printf("/usr/lib/postgresql/%d/bin", version);

		if (has_programs(directory))
			return g_steal_pointer(&directory);
	}
	return NULL;
}

static char *path_programs(void)
{
	g_autofree char *initdb = g_find_program_in_path("initdb");
	g_autofree char *real = initdb != NULL ? realpath(initdb, NULL) : NULL;
	g_autofree char *directory = real != NULL ? g_path_get_dirname(real) : NULL;

	return directory != NULL && has_programs(directory) ? g_steal_pointer(&directory) : NULL;
}

/* A cluster can only be run by the major version that made it. */
static char *programs_for(const char *data)
{
	g_autofree char *path = g_build_filename(data, "PG_VERSION", NULL);
	g_autofree char *version = NULL, *directory = NULL;

	if (!g_file_get_contents(path, &version, NULL, NULL))
		return managed_find_programs();
	directory = g_strdup_printf("/usr/lib/postgresql/%s/bin", g_strchomp(version));
	return has_programs(directory) ? g_steal_pointer(&directory) : managed_find_programs();
}

char *managed_find_programs(void)
{
	char *directory = debian_programs();
	g_autofree char *said = NULL;

	if (directory == NULL)
		directory = path_programs();
	if (directory == NULL &&
	    g_spawn_command_line_sync("pg_config --bindir", &said, NULL, NULL, NULL) &&
	    has_programs(g_strstrip(said)))
		directory = g_strdup(said);
	return directory;
}

char *managed_socket_directory(const char *state_dir)
{
	g_autofree char *absolute = realpath(state_dir, NULL);
	g_autofree char *canonical = absolute != NULL ? g_steal_pointer(&absolute) :
				     g_canonicalize_filename(state_dir, NULL);
	g_autofree char *inside = g_build_filename(canonical, "postgres-run", NULL);
	g_autofree char *digest = g_compute_checksum_for_string(G_CHECKSUM_SHA256, canonical, -1);

	if (strlen(inside) <= MAX_SOCKET_DIRECTORY)
		return g_steal_pointer(&inside);
	return g_strdup_printf("/tmp/convoke-%.16s", digest);
}

void managed_setup_clear(struct managed_setup *setup)
{
	g_free(setup->programs);
	g_free(setup->data);
	g_free(setup->socket);
	g_free(setup->log);
	g_free(setup->user);
	*setup = (struct managed_setup){ 0 };
}

void managed_become_user(const struct managed_setup *setup, int death_signal)
{
	/* Nothing here may allocate or ask the name service: other threads were alive at the fork. */
	if (setup->drop && (setgroups(1, &setup->gid) != 0 || setgid(setup->gid) != 0 ||
			    setuid(setup->uid) != 0))
		_exit(126);
	if (death_signal != 0)
		prctl(PR_SET_PDEATHSIG, death_signal);
	umask(0077);
}

static bool find_user(struct managed_setup *setup, const char *wanted, char **error_out)
{
	const struct passwd *user = geteuid() == 0 ? getpwnam(wanted) : getpwuid(geteuid());

	if (user == NULL || user->pw_uid == 0) {
		*error_out = g_strdup_printf("the database can't run as user \"%s\": %s", wanted,
					     user == NULL ? "there is no such user" :
					     "PostgreSQL refuses to run as root");
		return false;
	}
	setup->drop = geteuid() == 0;
	setup->uid = user->pw_uid;
	setup->gid = user->pw_gid;
	setup->user = g_strdup(user->pw_name);
	return true;
}

/* Made, or there already, and the user's alone. */
static bool own_directory(const struct managed_setup *setup, const char *path, char **error_out)
{
	struct stat info;

	if (mkdir(path, 0700) != 0 && errno != EEXIST) {
		*error_out = g_strdup_printf("can't make %s: %s", path, g_strerror(errno));
		return false;
	}
	if (lstat(path, &info) != 0 || !S_ISDIR(info.st_mode) ||
	    (info.st_uid != geteuid() && info.st_uid != setup->uid)) {
		*error_out = g_strdup_printf("%s is somebody else's, or no directory", path);
		return false;
	}
	/* What a link of the user's leads to is not given away. */
	if (setup->drop && info.st_uid != setup->uid && lchown(path, setup->uid, setup->gid) != 0) {
		*error_out = g_strdup_printf("can't give %s to %s: %s", path, setup->user,
					     g_strerror(errno));
		return false;
	}
	return true;
}

/* Runs a program as the user, its output to the log file.  True when it exits with 0. */
static bool run_program(const struct managed_setup *setup, const char *const *argv)
{
	int status = -1;
	pid_t child = fork();

	if (child == 0) {
		int out;

		managed_become_user(setup, SIGKILL);
		out = open(setup->log, O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0600);
		if (out >= 0) {
			dup2(out, STDOUT_FILENO);
			dup2(out, STDERR_FILENO);
		}
		closefrom(3);
		if (chdir("/") == 0)
			execv(argv[0], (char *const *)argv);
		_exit(127);
	}
	while (child > 0 && waitpid(child, &status, 0) < 0 && errno == EINTR)
		;
	return child > 0 && WIFEXITED(status) && WEXITSTATUS(status) == 0;
}

static void remove_tree(const char *path)
{
	g_autoptr(GDir) directory = g_dir_open(path, 0, NULL);
	const char *name;

	while (directory != NULL && (name = g_dir_read_name(directory)) != NULL) {
		g_autofree char *inside = g_build_filename(path, name, NULL);

		if (!g_file_test(inside, G_FILE_TEST_IS_SYMLINK) &&
		    g_file_test(inside, G_FILE_TEST_IS_DIR))
			remove_tree(inside);
		else
			unlink(inside);
	}
	rmdir(path);
}

/* Into a directory of another name first, so that an initdb that was cut off is not taken for a
 * cluster. */
static bool make_cluster(const struct managed_setup *setup, char **error_out)
{
	g_autofree char *initdb = g_build_filename(setup->programs, "initdb", NULL);
	g_autofree char *fresh = g_strconcat(setup->data, ".new", NULL);
	const char *argv[] = { initdb, "-D", fresh, "-U", "convoke", "--data-checksums",
			       "--encoding=UTF8", "--locale=C.UTF-8", "--auth-local=peer",
			       "--auth-host=reject", "--no-instructions", NULL };

	remove_tree(fresh);
	if (!own_directory(setup, fresh, error_out))
		return false;
	log_info(ROOM, "making a database cluster in %s", setup->data);
	if (!run_program(setup, argv)) {
		*error_out = g_strdup_printf("initdb failed; it says why in %s", setup->log);
		return false;
	}
	if (rename(fresh, setup->data) != 0) {
		*error_out = g_strdup_printf("can't rename %s: %s", fresh, g_strerror(errno));
		return false;
	}
	return true;
}

static bool write_file(const struct managed_setup *setup, const char *name, const char *text,
		       char **error_out)
{
	g_autofree char *path = g_build_filename(setup->data, name, NULL);
	g_autoptr(GError) error = NULL;

	if (!g_file_set_contents_full(path, text, -1, G_FILE_SET_CONTENTS_CONSISTENT, 0600, &error)) {
		*error_out = g_strdup_printf("can't write %s: %s", path, error->message);
		return false;
	}
	if (setup->drop && lchown(path, setup->uid, setup->gid) != 0) {
		*error_out = g_strdup_printf("can't give %s to %s", path, setup->user);
		return false;
	}
	return true;
}

/* An eighth of the memory is the database's own cache (the rest of it is the system's); what
 * makes it durable stays at its defaults. */
static bool write_configuration(const struct managed_setup *setup, char **error_out)
{
	uint64_t memory = machine_memory() >> 20;
	g_autofree char *settings = g_strdup_printf(
		"# Written by convoked at each start; put your own into postgresql.auto.conf\n"
		"# (ALTER SYSTEM), which is read after this.\n"
		"listen_addresses = ''\nport = %d\nunix_socket_directories = '%s'\n"
		"unix_socket_permissions = 0700\nmax_connections = %u\nshared_buffers = %uMB\n"
		"max_wal_size = %uMB\nmin_wal_size = 256MB\ncheckpoint_timeout = 15min\n"
		"wal_compression = on\nwork_mem = 8MB\nmaintenance_work_mem = 64MB\n"
		"autovacuum_vacuum_cost_delay = 1ms\nautovacuum_naptime = 30s\njit = off\n"
		"max_parallel_workers_per_gather = 0\nlog_destination = stderr\n"
		"log_line_prefix = '%%m [%%p] '\nlog_checkpoints = off\nlog_min_messages = warning\n"
		"log_error_verbosity = terse\nlog_min_error_statement = panic\ntimezone = UTC\n"
		"log_timezone = UTC\nlc_messages = 'C.UTF-8'\n",
		MANAGED_PORT, setup->socket, setup->connections + 12,
		(unsigned)CLAMP(memory / 8, 64, 2048), (unsigned)CLAMP(memory / 4, 1024, 8192));
	g_autofree char *ident = g_strdup_printf("convoke root convoke\nconvoke \"%s\" convoke\n",
						 setup->user);

	return write_file(setup, "postgresql.conf", settings, error_out) &&
	       write_file(setup, "pg_hba.conf", "local all convoke peer map=convoke\n", error_out) &&
	       write_file(setup, "pg_ident.conf", ident, error_out);
}

/* The socket directory is searchable by its owner alone, so only he and root get to it. */
bool managed_setup_make(struct managed_setup *setup, const struct managed_options *options,
			char **error_out)
{
	*setup = (struct managed_setup){ .connections = options->connections };
	setup->data = g_build_filename(options->state_dir, "postgres", NULL);
	setup->programs = programs_for(setup->data);
	if (setup->programs == NULL) {
		*error_out = g_strdup("PostgreSQL's programs (initdb, postgres) are not to be found; "
				      "install postgresql, or set [database] url");
		return false;
	}
	setup->log = g_build_filename(options->state_dir, "postgres.log", NULL);
	setup->socket = managed_socket_directory(options->state_dir);
	return find_user(setup, options->user, error_out) &&
	       own_directory(setup, options->state_dir, error_out) &&
	       own_directory(setup, setup->socket, error_out);
}

bool managed_setup_cluster(const struct managed_setup *setup, char **error_out)
{
	g_autofree char *version = g_build_filename(setup->data, "PG_VERSION", NULL);

	if (access(version, F_OK) != 0 && !make_cluster(setup, error_out))
		return false;
	return write_configuration(setup, error_out);
}
