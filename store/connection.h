/* One connection inside this room: made anew by itself with a growing pause, its
 * transaction, and the changes to be told when that commits. */
#ifndef STORE_CONNECTION_H
#define STORE_CONNECTION_H

#include "store/shared.h"
#include "store/store.h"

#include <libpq-fe.h>

struct change;

struct store {
	PGconn *conn;               /* NULL: not connected */
	char *url;
	struct store_shared *shared;
	GHashTable *prepared;       /* struct db_statement * -> its number on this connection */
	unsigned prepared_last;
	bool in_transaction;
	uint64_t origin;
	bool broken;                /* the transaction can only be rolled back */
	bool deadlocked;            /* because of a deadlock or serialisation failure */
	unsigned connected;         /* how often a connection was made */
	int64_t retry_at;           /* clock_monotonic(): no attempt to connect before */
	int64_t pause;              /* microseconds */
	uint64_t reconnects_seen;   /* the process's, before the last attempt */
	struct change *changes, **changes_end; /* store/change.h: to be told at commit */
	void (*at_close)(void *arg);
	void *at_close_arg;
};

/* The shared part outlives the store. */
struct store *connection_create(const char *url, struct store_shared *shared);
void connection_destroy(struct store **store);

/* STORE_OK when there is a live connection; tries to make one unless it is too early: the last
 * attempt failed moments ago, and no other connection was made since. */
enum store_result connection_ensure(struct store *store);
/* Why the last attempt failed, one line; g_free() it. */
char *connection_problem(const struct store *store);
/* Takes the connection down (it is broken); a transaction is then broken too. */
void connection_drop(struct store *store);

/* Logs what went wrong and says what it means; marks the transaction broken. */
enum store_result connection_failed(struct store *store, const PGresult *result, const char *sql);
/* True for a deadlock or serialisation failure. */
bool connection_may_repeat(const PGresult *result);

/* One simple command without parameters (BEGIN, SET ...; several with ';'). */
enum store_result connection_command(struct store *store, const char *sql);

/* Runs work(store, arg) as one transaction, or within the one that is open.  work answers
 * STORE_OK to commit; anything else rolls back (when the transaction is its own) and is the
 * answer.  Repeated after a deadlock. */
typedef enum store_result (*transaction_fn)(struct store *store, void *arg);
enum store_result connection_transaction(struct store *store, transaction_fn work, void *arg);

#endif
