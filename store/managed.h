/* A private PostgreSQL cluster in STATE_DIR/postgres: made with initdb, started and
 * supervised as a child process, on a unix socket only, sized to the machine,
 * durability settings untouched.
 *
 * Peer authentication: the user it runs as and root, nobody else.  When the server
 * dies, it is started again with a growing pause; connections meanwhile fail.  After
 * a kill -9 of the parent the server stops by itself; one that is still there is
 * stopped first.  One state directory is run by one process at a time. */
#ifndef STORE_MANAGED_H
#define STORE_MANAGED_H

#include <glib.h>
#include <stdbool.h>
#include <stdint.h>

struct managed;

struct managed_options {
	const char *state_dir;
	const char *user;       /* whom it runs as when we are root */
	unsigned connections;   /* we shall need */
};

/* Blocks until the server takes connections.  NULL and *error_out on failure, which it is too that
 * another process runs it and goes on for some seconds. */
struct managed *managed_start(const struct managed_options *options, char **error_out);
/* Fast shutdown, waited for.  *managed becomes NULL.  NULL is allowed. */
void managed_stop(struct managed **managed);
/* How often it was started again after it had died. */
uint64_t managed_restarts(const struct managed *managed);

/* The libpq connection string of the cluster of this state directory (whether it runs or
 * not); g_free() it. */
char *managed_url(const char *state_dir);
/* Whether somebody runs it now; while he starts it (or ends it), this waits. */
bool managed_is_running(const char *state_dir);
/* The directory of initdb and postgres, NULL when there is none; g_free() it. */
char *managed_find_programs(void);

#endif
