/* Making the pool: the service's business. */
#ifndef STORE_POOL_PRIVATE_H
#define STORE_POOL_PRIVATE_H

#include "store/pool.h"
#include "store/shared.h"

struct store_pool *pool_create(const char *url, unsigned workers, struct store_shared *shared);
/* Runs what is queued, then ends.  *pool becomes NULL.  NULL is allowed. */
void pool_destroy(struct store_pool **pool);

struct pool_counters {
	uint64_t waiting, running, done;
};
void pool_counters(struct store_pool *pool, struct pool_counters *counters_out);

#endif
