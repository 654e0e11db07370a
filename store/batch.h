/* Requests to one mailbox that come while another one of them is at work are run
 * together next: one statement, one commit, whatever their number.
 *
 * Who finds nobody at work begins at once, so a request that is alone waits for nothing.
 * Embed struct batch_request in the request; everything it points to must stay as it is
 * until batch_run returns. */
#ifndef STORE_BATCH_H
#define STORE_BATCH_H

#include "store/store.h"

struct batches;

struct batch_request {
	struct batch_request *next;  /* for batch_fn: those to run, in this order */
	/* Private: */
	GCond wakeup;
	enum { BATCH_WAITS, BATCH_LEADS, BATCH_DONE } state;
};

/* Runs all of them, in the thread of one, and leaves each its result. */
typedef void (*batch_fn)(struct store *store, struct mailbox_ref mailbox,
			 struct batch_request *first);

struct batches *batches_create(void);
void batches_destroy(struct batches **batches);
/* Returns when the request was run, by this thread or another.  Every caller for these batches gives
 * the same `run`. */
void batch_run(struct batches *batches, struct store *store, struct mailbox_ref mailbox,
	       struct batch_request *request, batch_fn run);
/* How many stand in line, with the one at work; 0: nobody is at work. */
unsigned batch_length(struct batches *batches, struct mailbox_ref mailbox);

#endif
