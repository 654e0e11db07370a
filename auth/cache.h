/* Remembers, for some minutes, which (account, stored hash, password) were found
 * good, as keyed digests under a key made at start: mail programs sign in every few
 * minutes, and a yescrypt check costs some 20 ms.  Bounded; safe for many threads. */
#ifndef AUTH_CACHE_H
#define AUTH_CACHE_H

#include "auth/digest.h"

struct check_cache;

struct check_cache *check_cache_create(size_t max_entries, int64_t lifetime_usec);
void check_cache_destroy(struct check_cache **cache);

struct digest check_cache_key(struct check_cache *cache, const char *address, const char *hash,
			      const char *password);
/* True when the key was added less than a lifetime before `now` (monotonic). */
bool check_cache_has(struct check_cache *cache, struct digest key, int64_t now);
void check_cache_add(struct check_cache *cache, struct digest key, int64_t now);
size_t check_cache_entries(struct check_cache *cache);

#endif
