/* Inside of scheduling/: one item of the outgoing queue, on its way. */
#ifndef SCHEDULING_QUEUE_ITEM_H
#define SCHEDULING_QUEUE_ITEM_H

#include "config/config.h"
#include "store/queue.h"

enum queue_step_kind {
	QUEUE_STEP_DELIVERED, /* in a mailbox here */
	QUEUE_STEP_RELAYED,   /* the relay took it */
	QUEUE_STEP_LATER,
	QUEUE_STEP_FAILED,
	QUEUE_STEP_ELSEWHERE, /* the recipient is nobody here: to be sent by the relay */
};

struct queue_step {
	enum queue_step_kind kind;
	char *text; /* one line about it, or NULL; owned */
};

/* To the recipient's mailbox, when he has one here. */
struct queue_step queue_item_deliver(struct store *store, const struct config *config,
				     const struct queue_item *item, int64_t now);

/* Writes down what came of it: sent, again later (failed when it is too old for that); tells the
 * sender of a failure by a message in his INBOX, and his meeting by SCHEDULE-STATUS. */
void queue_item_note(struct store *store, const struct config *config, const struct queue_item *item,
		     const struct queue_step *step, int64_t now);

/* Pause before the next attempt after so many, in microseconds. */
int64_t queue_item_pause(unsigned attempts);

#endif
