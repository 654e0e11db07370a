/* What a transaction changed, to be told when it has committed: to the views of this
 * process, to its subscribers, and to other nodes.  Kept with the connection until
 * then, dropped at a rollback. */
#ifndef STORE_CHANGE_H
#define STORE_CHANGE_H

#include "store/connection.h"
#include "store/notify.h"
#include "store/view_private.h"

struct change {
	struct change *next;
	struct notice notice;       /* name and old_name owned */
	struct view_delta *delta;   /* what the view needs to follow; NULL: it must look itself */
};

/* Takes the delta over.  Told at once when no transaction is open. */
void change_messages(struct store *store, struct mailbox_ref mailbox, unsigned kinds,
		     uint64_t modseq, struct view_delta *delta);
/* About a mailbox, an account's list, or its calendar; strings are copied, NULL allowed. */
void change_other(struct store *store, enum notice_kind kind, struct mailbox_ref mailbox,
		  const char *name, const char *old_name);

void changes_publish(struct store *store);
void changes_drop(struct store *store);

#endif
