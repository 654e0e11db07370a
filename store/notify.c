/* A notice on its way to a loop is a small job that holds its subscription; message
 * notices of the same mailbox find the job that is already waiting and add to it. */
#include "store/notify.h"

#include "store/notify_private.h"
#include "store/shared.h"

struct delivery {
	struct delivery *next;
	struct notify_subscription *subscription;
	struct notice notice; /* strings owned */
};

struct notify_subscription {
	gatomicrefcount refs;
	struct notify *notify;
	struct loop *loop;
	struct mailbox_ref mailbox;
	notice_fn fn;
	void *arg;
	bool ended;               /* in the loop's thread only */
	GMutex lock;
	struct delivery *waiting; /* guarded by lock: posted, not run yet, message kinds only */
};

/* Subscriptions by account; RCU would be faster, but changes are few and the lock is short. */
struct notify {
	GMutex lock;
	GHashTable *by_account;   /* account_id -> GPtrArray of subscriptions */
};

static void free_list(void *list)
{
	g_ptr_array_unref(list);
}

struct notify *notify_create(void)
{
	struct notify *notify = g_new0(struct notify, 1);

	g_mutex_init(&notify->lock);
	notify->by_account = g_hash_table_new_full(g_int64_hash, g_int64_equal, g_free, free_list);
	return notify;
}

void notify_destroy(struct notify **notify)
{
	if (*notify == NULL)
		return;
	g_hash_table_unref((*notify)->by_account);
	g_mutex_clear(&(*notify)->lock);
	g_clear_pointer(notify, g_free);
}

static void subscription_unref(struct notify_subscription *subscription)
{
	if (!g_atomic_ref_count_dec(&subscription->refs))
		return;
	g_mutex_clear(&subscription->lock);
	g_free(subscription);
}

struct notify_subscription *notify_subscribe(struct store_pool *pool, struct loop *loop,
					     struct mailbox_ref mailbox, notice_fn fn, void *arg)
{
	struct notify *notify = pool_shared(pool)->notify;
	struct notify_subscription *subscription = g_new0(struct notify_subscription, 1);
	GPtrArray *list;

	g_atomic_ref_count_init(&subscription->refs);
	g_mutex_init(&subscription->lock);
	subscription->notify = notify;
	subscription->loop = loop;
	subscription->mailbox = mailbox;
	subscription->fn = fn;
	subscription->arg = arg;
	g_mutex_lock(&notify->lock);
	list = g_hash_table_lookup(notify->by_account, &mailbox.account_id);
	if (list == NULL) {
		list = g_ptr_array_new();
		g_hash_table_insert(notify->by_account,
				    g_memdup2(&mailbox.account_id, sizeof(mailbox.account_id)), list);
	}
	g_ptr_array_add(list, subscription);
	g_mutex_unlock(&notify->lock);
	return subscription;
}

void notify_unsubscribe(struct notify_subscription **subscription)
{
	struct notify_subscription *s = *subscription;
	GPtrArray *list;

	if (s == NULL)
		return;
	*subscription = NULL;
	s->ended = true;
	g_mutex_lock(&s->notify->lock);
	list = g_hash_table_lookup(s->notify->by_account, &s->mailbox.account_id);
	g_ptr_array_remove_fast(list, s);
	if (list->len == 0)
		g_hash_table_remove(s->notify->by_account, &s->mailbox.account_id);
	g_mutex_unlock(&s->notify->lock);
	subscription_unref(s);
}

static void run_delivery(void *arg)
{
	struct delivery *delivery = arg;
	struct notify_subscription *s = delivery->subscription;
	struct delivery **at;

	g_mutex_lock(&s->lock);
	for (at = &s->waiting; *at != NULL && *at != delivery; at = &(*at)->next)
		;
	if (*at != NULL)
		*at = delivery->next;
	g_mutex_unlock(&s->lock);
	if (!s->ended)
		s->fn(s->arg, &delivery->notice);
	subscription_unref(s);
	g_free((char *)delivery->notice.name);
	g_free((char *)delivery->notice.old_name);
	g_free(delivery);
}

/* True when a waiting job has taken the notice in.  s->lock is held. */
static bool merge(struct notify_subscription *s, const struct notice *notice)
{
	for (struct delivery *d = s->waiting; d != NULL; d = d->next)
		if (mailbox_ref_equal(d->notice.mailbox, notice->mailbox)) {
			d->notice.kinds |= notice->kinds;
			d->notice.modseq = MAX(d->notice.modseq, notice->modseq);
			if (d->notice.origin != notice->origin)
				d->notice.origin = 0;
			return true;
		}
	return false;
}

static void post(struct notify_subscription *s, const struct notice *notice)
{
	bool mergeable = (notice->kinds & ~(unsigned)NOTICE_MESSAGES) == 0;
	struct delivery *delivery;

	g_mutex_lock(&s->lock);
	if (mergeable && merge(s, notice)) {
		g_mutex_unlock(&s->lock);
		return;
	}
	delivery = g_new0(struct delivery, 1);
	delivery->subscription = s;
	delivery->notice = *notice;
	delivery->notice.name = g_strdup(notice->name);
	delivery->notice.old_name = g_strdup(notice->old_name);
	g_atomic_ref_count_inc(&s->refs);
	if (mergeable) {
		delivery->next = s->waiting;
		s->waiting = delivery;
	}
	g_mutex_unlock(&s->lock);
	loop_post(s->loop, run_delivery, delivery);
}

static bool concerns(const struct notify_subscription *s, const struct notice *notice)
{
	return s->mailbox.mailbox_id == 0 || s->mailbox.mailbox_id == notice->mailbox.mailbox_id ||
	       notice->kinds == NOTICE_RESYNC;
}

/* Posting under the lock: a subscription in the list is alive, and its loop too. */
void notify_publish(struct notify *notify, const struct notice *notice)
{
	GPtrArray *list;

	g_mutex_lock(&notify->lock);
	list = g_hash_table_lookup(notify->by_account, &notice->mailbox.account_id);
	for (guint i = 0; list != NULL && i < list->len; i++)
		if (concerns(g_ptr_array_index(list, i), notice))
			post(g_ptr_array_index(list, i), notice);
	g_mutex_unlock(&notify->lock);
}

void notify_publish_resync(struct notify *notify)
{
	static const struct notice resync = { .kinds = NOTICE_RESYNC };
	GHashTableIter iter;
	void *value;

	g_mutex_lock(&notify->lock);
	g_hash_table_iter_init(&iter, notify->by_account);
	while (g_hash_table_iter_next(&iter, NULL, &value)) {
		GPtrArray *list = value;

		for (guint i = 0; i < list->len; i++)
			post(g_ptr_array_index(list, i), &resync);
	}
	g_mutex_unlock(&notify->lock);
}
