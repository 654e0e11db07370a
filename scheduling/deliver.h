/* Mail in: from octets and an envelope to a message in a mailbox, with its meeting.
 *
 * Every message is taken in as it is.  Meeting mail is understood first: what it does
 * to the calendar is decided, a rendition with times in the reader's zone and a link
 * takes the octets' place (they are kept as the original), and message, meeting, link
 * and decision trail become durable in one transaction.  Whatever fails on the way to
 * that (a calendar that can't be read, a rendition that can't be built) makes it
 * ordinary mail, with the reason in the trail; only the database itself can make
 * delivery fail.
 *
 * Blocking: for store workers and the queue's runner, never a network thread. */
#ifndef SCHEDULING_DELIVER_H
#define SCHEDULING_DELIVER_H

#include "base/spool.h"
#include "config/config.h"
#include "store/account.h"

enum deliver_result {
	DELIVER_DONE,        /* durable */
	DELIVER_DUPLICATE,   /* the same transaction was completed before: durable, nothing added */
	DELIVER_OVER_QUOTA,  /* 452 4.2.2 */
	DELIVER_NO_MAILBOX,  /* 550 5.1.1: the account is gone */
	DELIVER_LATER,       /* 451 4.3.0: the database can't be reached */
};

/* Which transactions were acknowledged, so that the same octets sent anew on purpose
 * arrive again, while a client that lost our answer and repeats itself adds nothing.
 * Bounded; thread-safe; one per process. */
struct deliver_memory;
struct deliver_memory *deliver_memory_create(void);
/* *memory becomes NULL.  NULL is allowed. */
void deliver_memory_destroy(struct deliver_memory **memory);

struct deliver_options {
	const struct config *config;
	const char *sender;        /* envelope; "" is the null sender */
	const struct spool *spool; /* the octets, as they came; must outlive the delivery */
	/* Received's words in front of the date: "from CLIENT (NAME [ADDRESS]) by HOST with
	 * LMTPS id ID", or NULL: no Received line. */
	const char *trace;
	bool submitted_here;       /* made by us for one of our accounts: its sender is vouched for */
	const char *key;           /* suppresses repeats; NULL: from octets, sender and recipient where
	                            * the message has a Message-ID */
	struct deliver_memory *memory; /* or NULL: every repeat is suppressed */
	int64_t now;               /* clock_now() */
};

/* One message for any number of recipients: hashed, indexed and its meeting found once. */
struct delivery;
/* NULL when the octets can't be read.  The options' strings are copied, config referenced. */
struct delivery *delivery_create(const struct deliver_options *options);
/* *delivery becomes NULL.  NULL is allowed. */
void delivery_destroy(struct delivery **delivery);

struct deliver_outcome {
	enum deliver_result result;
	struct mailbox_ref mailbox; /* DONE: where it went */
	uint32_t uid;
	bool meeting;               /* it was meeting mail */
	char *text;                 /* one line for the reply and the log; never NULL; owned */
};
void deliver_outcome_clear(struct deliver_outcome *outcome);

/* To one account; recipient: the address as the envelope had it.  *outcome_out is overwritten. */
void deliver_to(struct delivery *delivery, struct store *store, const struct account_target *target,
		const char *recipient, struct deliver_outcome *outcome_out);

/* After the client has shown that it got the answers (by its next command): what
 * deliver_to() completed may come again.  Any thread. */
GBytes *delivery_receipt(const struct delivery *delivery);
void deliver_confirm(struct deliver_memory *memory, GBytes *receipt);

#endif
