/* Views come first: who is told looks there. */
#include "store/change.h"

#include "store/mailbox_memo.h"
#include "store/notifier.h"
#include "store/notify_private.h"

void store_set_origin(struct store *store, uint64_t origin)
{
	store->origin = origin;
}

static void change_free(struct change *change)
{
	g_free((char *)change->notice.name);
	g_free((char *)change->notice.old_name);
	view_delta_free(change->delta);
	g_free(change);
}

static void add(struct store *store, struct change *change)
{
	*store->changes_end = change;
	store->changes_end = &change->next;
	if (!store->in_transaction)
		changes_publish(store);
}

void change_messages(struct store *store, struct mailbox_ref mailbox, unsigned kinds,
		     uint64_t modseq, struct view_delta *delta)
{
	struct change *change = g_new0(struct change, 1);

	change->notice = (struct notice){ .kinds = kinds, .mailbox = mailbox, .modseq = modseq, .origin = store->origin };
	change->delta = delta;
	add(store, change);
}

void change_other(struct store *store, enum notice_kind kind, struct mailbox_ref mailbox,
		  const char *name, const char *old_name)
{
	struct change *change = g_new0(struct change, 1);

	change->notice = (struct notice){
		.kinds = kind, .mailbox = mailbox,
		.name = g_strdup(name), .old_name = g_strdup(old_name), .origin = store->origin,
	};
	add(store, change);
}

static void publish_one(struct store *store, struct change *change)
{
	struct store_shared *shared = store->shared;

	if (change->notice.kinds & NOTICE_MESSAGES)
		view_registry_follow(shared->views, change->notice.mailbox, change->notice.modseq,
				     g_steal_pointer(&change->delta));
	mailbox_memo_hear(shared->mailboxes, &change->notice);
	if (change->notice.kinds & NOTICE_DELETED)
		view_registry_forget(shared->views, change->notice.mailbox);
	notify_publish(shared->notify, &change->notice);
	notifier_send(shared->notifier, store, &change->notice);
}

void changes_publish(struct store *store)
{
	struct change *change = store->changes;

	store->changes = NULL;
	store->changes_end = &store->changes;
	while (change != NULL) {
		struct change *next = change->next;

		publish_one(store, change);
		change_free(change);
		change = next;
	}
}

void changes_drop(struct store *store)
{
	while (store->changes != NULL) {
		struct change *change = store->changes;

		store->changes = change->next;
		change_free(change);
	}
	store->changes_end = &store->changes;
}
