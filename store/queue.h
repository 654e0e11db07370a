/* Outgoing mail: rows written in the transaction that caused them, and sent by
 * scheduling's runner.  One row is one recipient. */
#ifndef STORE_QUEUE_H
#define STORE_QUEUE_H

#include "store/store.h"

enum queue_state { QUEUE_WAITING, QUEUE_SENT, QUEUE_FAILED };

struct queue_item {
	uint64_t queue_id;      /* set by the store */
	uint64_t account_id;    /* on whose behalf; 0: the server's */
	char *meeting_uid;      /* for SCHEDULE-STATUS; "" none */
	char *sender;           /* envelope; "" is the null sender */
	char *recipient;        /* envelope */
	struct slice octets;    /* the whole message, CRLF; in an item that was read: owned */
	enum queue_state state;
	unsigned attempts;
	int64_t created, next_attempt; /* clock_now() */
	char *last_error;       /* "" none */
};
void queue_item_clear(struct queue_item *item);
void queue_item_free(struct queue_item *item);

/* Only account_id, meeting_uid, sender, recipient and octets are read.  Joins the
 * transaction.  queue_id_out may be NULL. */
enum store_result queue_add(struct store *store, const struct queue_item *item,
			    uint64_t *queue_id_out);
/* Takes up to `limit` items that are due, for `lease_seconds`: nobody else gets them before; an
 * item whose holder dies comes back by itself.  Raises attempts.  A GPtrArray of
 * struct queue_item with octets. */
enum store_result queue_claim(struct store *store, unsigned limit, unsigned lease_seconds,
			      GPtrArray **items_out);
/* When the next item is due: *due_out in clock_now() terms; INT64_MAX: nothing waits. */
enum store_result queue_next_due(struct store *store, int64_t *due_out);
/* The relay said 250.  Sent ones are kept 7 days for the admin, without octets. */
enum store_result queue_sent(struct store *store, uint64_t account_id, uint64_t queue_id);
/* Again at `next_attempt` (clock_now() terms). */
enum store_result queue_retry(struct store *store, uint64_t account_id, uint64_t queue_id,
			      int64_t next_attempt, const char *error);
enum store_result queue_failed(struct store *store, uint64_t account_id, uint64_t queue_id,
			       const char *error);
/* Newest first, without octets; account_id 0: all. */
enum store_result queue_list(struct store *store, uint64_t account_id, unsigned limit,
			     GPtrArray **items_out);

struct queue_counts {
	uint64_t waiting, failed, sent;
	int64_t oldest;         /* creation of the oldest waiting one; 0: none */
};
enum store_result queue_count(struct store *store, struct queue_counts *counts_out);

#endif
