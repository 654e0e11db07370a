/* Slows guessing: failures are counted per (client address, account name) and,
 * with a higher allowance, per client address.  Past the allowance each failure
 * doubles a time in which nothing is checked, up to five minutes.
 *
 * The table is bounded; when it is full the entry that failed least recently goes.
 * An IPv6 client counts as its /64.  An account is never locked as such, or anyone
 * could lock anyone out.  Loopback is spared the count per address: a web mailer
 * on the same machine signs in for everybody.  Safe for many threads. */
#ifndef AUTH_THROTTLE_H
#define AUTH_THROTTLE_H

#include "base/slice.h"

#include <stdint.h>

#define THROTTLE_FREE_FAILURES 5
#define THROTTLE_FREE_ADDRESS_FAILURES 50

struct throttle;

struct throttle *throttle_create(size_t max_entries);
void throttle_destroy(struct throttle **throttle);

/* Milliseconds until this client may try this account again; 0: now.  `now` is
 * clock_monotonic(). */
uint64_t throttle_wait(struct throttle *throttle, const char *peer, const char *user, int64_t now);
void throttle_failed(struct throttle *throttle, const char *peer, const char *user, int64_t now);
/* Forgets the failures of the pair, not those of the address. */
void throttle_succeeded(struct throttle *throttle, const char *peer, const char *user);
size_t throttle_entries(struct throttle *throttle);

#endif
