/* What a database needs that was put back from an older copy: mail programs have seen
 * UIDs and MODSEQs that it knows nothing of, and would take the next messages and
 * changes that get these numbers for those they know (RFC 9051 2.3.1.1, RFC 7162). */
#ifndef STORE_RESTORED_H
#define STORE_RESTORED_H

#include "store/store.h"

/* Lets UIDs, MODSEQs and mailbox numbers begin again far above any that was given since the
 * copy was made, and every message count as changed, so that programs that keep a copy of a
 * mailbox learn what it is like now.  A mailbox whose UIDs would come to an end gets a new
 * UIDVALIDITY.  For a database that nobody works with: views in memory are not told. */
enum store_result store_restored(struct store *store, uint64_t *mailboxes_out);

#endif
