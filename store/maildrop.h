/* The exclusive lock on an account's INBOX that POP3 asks for (RFC 1939 section 3), across
 * nodes.  A lease that the service renews by itself while the process lives; after a crash it
 * ends within a minute. */
#ifndef STORE_MAILDROP_H
#define STORE_MAILDROP_H

#include "store/store.h"

/* *lease_out names the lease.  STORE_CONFLICT: another session has it. */
enum store_result maildrop_lock(struct store *store, uint64_t account_id, uint64_t *lease_out);
/* Renews it.  STORE_CONFLICT: it is no longer ours (to be asked before messages are removed). */
enum store_result maildrop_check(struct store *store, uint64_t account_id, uint64_t lease);
enum store_result maildrop_unlock(struct store *store, uint64_t account_id, uint64_t lease);

#endif
