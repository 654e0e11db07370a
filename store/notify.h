/* Who wants to know of a change is told after its commit: in this process at once, by
 * a callback posted to his loop; in other processes by one LISTEN/NOTIFY connection per node
 * (coalesced over some 10 ms; a lost notice costs seconds, never a message: sessions also
 * compare MODSEQ at NOOP). */
#ifndef STORE_NOTIFY_H
#define STORE_NOTIFY_H

#include "net/loop.h"
#include "store/pool.h"

enum notice_kind {
	NOTICE_NEW = 1 << 0,          /* messages were added */
	NOTICE_EXPUNGED = 1 << 1,
	NOTICE_FLAGS = 1 << 2,
	NOTICE_CREATED = 1 << 3,      /* mailbox `name` */
	NOTICE_DELETED = 1 << 4,      /* mailbox `name` */
	NOTICE_RENAMED = 1 << 5,      /* from old_name to name */
	NOTICE_SUBSCRIPTION = 1 << 6, /* name was subscribed or unsubscribed */
	NOTICE_ACL = 1 << 7,
	NOTICE_METADATA = 1 << 8,     /* mailbox_id 0: the server's */
	NOTICE_USE = 1 << 9,          /* special use */
	NOTICE_CALENDAR = 1 << 10,    /* meetings of the account */
	NOTICE_RESYNC = 1 << 11,      /* notices may have been lost: look for yourself */
};
/* The mailbox of what concerns every account: rights given to or taken from anyone. */
#define NOTICE_EVERYBODY ((struct mailbox_ref){ 0, 0 })
#define NOTICE_MESSAGES (NOTICE_NEW | NOTICE_EXPUNGED | NOTICE_FLAGS)

struct notice {
	unsigned kinds;               /* message kinds may come together; others alone */
	struct mailbox_ref mailbox;
	uint64_t modseq;              /* message kinds: look for at least this (view_peek) */
	const char *name, *old_name;  /* NULL where not said */
	uint64_t origin;              /* who did it (store_set_origin()); 0: not known here */
};

/* In the loop's thread; the notice lives until it returns. */
typedef void (*notice_fn)(void *arg, const struct notice *notice);

struct notify_subscription;

/* In the loop's thread.  mailbox_id 0: everything of the account; else that mailbox only.
 * Message notices of one mailbox that wait in the loop's queue are merged. */
struct notify_subscription *notify_subscribe(struct store_pool *pool, struct loop *loop,
					     struct mailbox_ref mailbox, notice_fn fn, void *arg);
/* In the loop's thread; fn is not called any more.  *subscription becomes NULL.  NULL is
 * allowed. */
void notify_unsubscribe(struct notify_subscription **subscription);

#endif
