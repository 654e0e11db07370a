/* The database as the rooms above see it: durable facts, in transactions.
 *
 * `struct store` is one connection, used by one thread at a time: a store worker
 * lends it to a job (store/pool.h), convokectl opens one of its own
 * (store/service.h).  Every function that reaches the database blocks, so none
 * may be called in a network thread.
 *
 * Failures of the outside world are answered, never asserted.  The connection is
 * made anew by itself; a transaction that was under way then answers
 * STORE_UNAVAILABLE and nothing of it has happened, or, when the answer to COMMIT
 * was lost, is looked up before a retry by whoever needs exactly-once
 * (struct message_new's delivery_key).  Deadlocks and serialisation failures of a
 * function that is its own transaction are retried inside. */
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

/* Names a mailbox; with shared folders the account of the session and that of the
 * mailbox differ.  mailbox_id is unique over all accounts, never 0, never reused. */
struct mailbox_ref {
	uint64_t account_id, mailbox_id;
};

static inline bool mailbox_ref_equal(struct mailbox_ref a, struct mailbox_ref b)
{
	return a.mailbox_id == b.mailbox_id && a.account_id == b.account_id;
}

/* Who makes the changes from now on, for the notices of them in this process; 0: nobody. */
void store_set_origin(struct store *store, uint64_t origin);

/* One transaction over several functions (message + meeting + trail + queue).
 * Between begin and commit every function of this room joins in; each of them alone is a
 * transaction by itself.  After a result other than those its contract calls harmless, the
 * transaction can only be rolled back; commit then rolls back and answers
 * STORE_UNAVAILABLE.  Begun and ended in the same function of the caller.  Changes are told
 * to subscribers and views at commit.  To keep clear of deadlocks, touch the meeting rows
 * first, then mailboxes, the queue last. */
enum store_result store_begin(struct store *store);
enum store_result store_commit(struct store *store);
/* Harmless when no transaction is open. */
void store_rollback(struct store *store);

#endif
