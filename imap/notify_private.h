/* What notify.c (network thread) and notify_tell.c (worker) share of a watch. */
#ifndef IMAP_NOTIFY_PRIVATE_H
#define IMAP_NOTIFY_PRIVATE_H

#include "imap/notify.h"
#include "imap/sequence_set.h"

/* Something that happened; message kinds of one mailbox are merged. */
struct happening {
	unsigned kinds;
	bool is_own;                     /* by this session: it knows (RFC 5465 5) */
	struct mailbox_ref mailbox;
	char *name, *old_name;
};

/* Somebody else's mailbox that the reader may list and a group names. */
struct shared_mailbox {
	struct mailbox_ref ref;
	char *name;                      /* as the reader knows it */
	bool may_read;
	bool is_gone;                    /* to be dropped in the network thread */
	bool is_known;                   /* while the list is read anew */
	struct notify_subscription *subscription; /* network thread */
};

struct notify_watch {
	struct notify_request request;
	bool is_asked;                   /* by NOTIFY; else it is there for `also` alone */
	unsigned also;                   /* events that ENABLE METADATA wants of all own mailboxes */
	/* Network thread alone. */
	struct notify_subscription *own;
	struct notify_subscription *everybody; /* rights given to anyone; NULL: of no use to it */
	GPtrArray *waiting;              /* of struct happening */
	bool overflow;
	/* Whoever owns the session. */
	GPtrArray *taken;                /* of struct happening, to be told */
	bool overflow_taken;
	GHashTable *subscribed;          /* names; NULL: not known */
	GPtrArray *shared;               /* of struct shared_mailbox */
	struct sequence_set new_uids;    /* of the selected mailbox, whose items are to be told */
	struct command *fetch;           /* tells the items of those */
};

/* The events wanted of a mailbox. */
unsigned notify_events_for(const struct notify_watch *watch, const char *name);
/* Whether other people's mailboxes may be meant. */
bool notify_is_wide(const struct notify_watch *watch);
/* What any group about other mailboxes wants. */
unsigned notify_wanted_events(const struct notify_watch *watch);
/* The events that such notices are about. */
unsigned notify_events_of(unsigned kinds);

#endif
