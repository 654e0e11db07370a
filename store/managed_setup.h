/* What a managed cluster is made of: programs, directories, files; nothing that runs. */
#ifndef STORE_MANAGED_SETUP_H
#define STORE_MANAGED_SETUP_H

#include "store/managed.h"

#include <sys/types.h>

#define MANAGED_PORT 5432

struct managed_setup {
	char *programs;   /* directory of initdb and postgres */
	char *data;       /* STATE_DIR/postgres */
	char *socket;     /* directory of the socket */
	char *log;        /* STATE_DIR/postgres.log */
	bool drop;        /* we are root: run it as this user */
	uid_t uid;
	gid_t gid;
	char *user;       /* name of the user it runs as */
	unsigned connections;
};

/* Finds programs and user and makes directories.  False and *error_out on failure. */
bool managed_setup_make(struct managed_setup *setup, const struct managed_options *options,
			char **error_out);
/* Under the state directory's lock: makes the cluster (initdb) when there is none, and writes its
 * configuration.  False and *error_out on failure. */
bool managed_setup_cluster(const struct managed_setup *setup, char **error_out);
void managed_setup_clear(struct managed_setup *setup);

/* STATE_DIR/postgres-run, or a directory under /tmp with a short name when a socket's
 * path there would be over 107 octets. */
char *managed_socket_directory(const char *state_dir);
/* In a child before exec: becomes the user and dies with us. */
void managed_become_user(const struct managed_setup *setup, int death_signal);

#endif
