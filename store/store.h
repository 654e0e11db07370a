/* The database as the rooms above see it: durable facts, in transactions.
 *
 * `struct store` is one connection, used by one thread at a time: a store worker
 * lends it to a job (store/pool.h).  Every function that reaches the database
 * blocks, so none may be called in a network thread.
 *
 * Failures of the outside world are answered, never asserted.  The connection is
 * made anew by itself; a transaction that was under way then answers
 * STORE_UNAVAILABLE and nothing of it has happened, or, when the answer to COMMIT
 * was lost, is looked up before a retry by whoever needs exactly-once. */
#ifndef STORE_STORE_H
#define STORE_STORE_H

#include "base/slice.h"

#include <stdint.h>

struct store;

enum store_result {
	STORE_OK,
	STORE_NOT_FOUND,
	STORE_EXISTS,
	STORE_CONFLICT,    /* somebody changed it since (UNCHANGEDSINCE, expected state) */
	STORE_LIMIT,       /* a limit of the schema or of the settings (keywords, folders) */
	STORE_OVER_QUOTA,
	STORE_INVALID,     /* the value can't be stored (name, zone, address) */
	STORE_UNAVAILABLE, /* the database can't be reached, or gave up; logged */
	STORE_DAMAGED,     /* stored data contradict themselves; logged */
};

/* For logs: "ok", "not found" ... */
const char *store_result_name(enum store_result result);

#endif
