/* The store workers: W threads, each with its own connection and prepared
 * statements, that run jobs as straight-line blocking code.
 *
 * A session has one owner at a time: its network thread, or the worker that runs
 * its job.  Submitting a job passes the session (arg) to the worker; `done` runs
 * in the home loop's thread and passes it back.  So sessions need no locks, and a
 * session must not be freed while its job is out (on disconnect: wait for done). */
#ifndef STORE_POOL_H
#define STORE_POOL_H

#include "net/loop.h"
#include "store/store.h"

struct store_pool;

/* In a worker. */
typedef void (*store_work_fn)(struct store *store, void *arg);
/* Back in the home loop's thread. */
typedef void (*store_done_fn)(void *arg);

/* Any thread.  Jobs start in the order submitted.  home and done may be NULL
 * together: nobody is told. */
void store_pool_submit(struct store_pool *pool, struct loop *home, store_work_fn work,
		       store_done_fn done, void *arg);

#endif
