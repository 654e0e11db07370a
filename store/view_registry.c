/* The newest snapshot of each mailbox in memory.
 *
 * A slot's snapshot is exactly the mailbox at its MODSEQ.  As each change raises MODSEQ by
 * one (several that were committed together: by one each), the next change of this process can
 * be applied without reading; one that comes
 * ahead of others (committed by other workers or nodes) waits for them in `pending`, or
 * until the slot is refreshed from the database.
 *
 * Locks: the registry's guards the table and the order of use, a slot's `lock` its snapshot,
 * a slot's `loading` is held while it is read from the database.  Taken in the order
 * loading, registry, lock. */
#include "store/change.h"
#include "store/mailbox_memo.h"
#include "store/mailbox_row.h"

#include "base/clock.h"

/* Entries kept when nobody uses them, and what a slot itself counts as. */
#define MAX_ENTRIES 500000
#define SLOT_ENTRIES 8
#define MAX_PENDING 256
/* How long memory is believed without asking: the bound for a change whose notice was lost. */
#define TRUST (INT64_C(10) * 1000000)
/* flag_log is kept for a day; a snapshot not confirmed for half of that is read anew. */
#define MAX_AGE (INT64_C(12) * 3600 * 1000000)

struct slot {
	struct mailbox_ref mailbox;
	gatomicrefcount refs;
	GMutex loading;
	GMutex lock;
	const struct view *newest; /* NULL: not loaded */
	int64_t confirmed;         /* clock_monotonic(): when newest was the database's state */
	int64_t asked;             /* clock_monotonic(): when the database last said so */
	uint64_t heard;            /* the highest MODSEQ known to be in the database */
	bool doubted;              /* notices may have been lost since */
	uint32_t recent_from;      /* UIDs below are no longer \Recent to a session that comes */
	struct view_delta *pending; /* by MODSEQ, all above newest's + 1 */
	unsigned pending_count;
	/* Guarded by the registry's lock: */
	GList link;
	uint32_t counted;          /* entries, as in the registry's sum */
};

struct view_registry {
	struct store_shared *shared;
	GMutex lock;
	GHashTable *slots;         /* struct mailbox_ref -> struct slot */
	GQueue used;               /* the last used at the head */
	uint64_t entries;
};

static void drop_pending(struct slot *slot)
{
	while (slot->pending != NULL) {
		struct view_delta *delta = slot->pending;

		slot->pending = delta->next;
		view_delta_free(delta);
	}
	slot->pending_count = 0;
}

static void slot_unref(void *data)
{
	struct slot *slot = data;

	if (!g_atomic_ref_count_dec(&slot->refs))
		return;
	drop_pending(slot);
	view_unref(&slot->newest);
	g_mutex_clear(&slot->loading);
	g_mutex_clear(&slot->lock);
	g_free(slot);
}

struct view_registry *view_registry_create(struct store_shared *shared)
{
	struct view_registry *registry = g_new0(struct view_registry, 1);

	registry->shared = shared;
	g_mutex_init(&registry->lock);
	registry->slots = g_hash_table_new_full(mailbox_key_hash, mailbox_key_equal, NULL, slot_unref);
	return registry;
}

void view_registry_destroy(struct view_registry **registry)
{
	struct view_registry *r = *registry;

	if (r == NULL)
		return;
	*registry = NULL;
	g_hash_table_unref(r->slots);
	g_mutex_clear(&r->lock);
	g_free(r);
}

uint64_t view_registry_entries(struct view_registry *registry)
{
	uint64_t entries;

	g_mutex_lock(&registry->lock);
	entries = registry->entries;
	g_mutex_unlock(&registry->lock);
	return entries;
}

/* A new reference, or NULL. */
static struct slot *find(struct view_registry *registry, struct mailbox_ref mailbox, bool make)
{
	struct slot *slot;

	g_mutex_lock(&registry->lock);
	slot = g_hash_table_lookup(registry->slots, &mailbox);
	if (slot == NULL && make) {
		slot = g_new0(struct slot, 1);
		slot->mailbox = mailbox;
		slot->link.data = slot;
		g_atomic_ref_count_init(&slot->refs);
		g_mutex_init(&slot->loading);
		g_mutex_init(&slot->lock);
		g_hash_table_insert(registry->slots, &slot->mailbox, slot);
		g_queue_push_head_link(&registry->used, &slot->link);
		slot->counted = SLOT_ENTRIES;
		registry->entries += slot->counted;
	} else if (slot != NULL && registry->used.head != &slot->link) {
		g_queue_unlink(&registry->used, &slot->link);
		g_queue_push_head_link(&registry->used, &slot->link);
	}
	if (slot != NULL)
		g_atomic_ref_count_inc(&slot->refs);
	g_mutex_unlock(&registry->lock);
	return slot;
}

/* Takes the slot out of the table; its memory goes with its last user. */
static void remove_slot(struct view_registry *registry, struct slot *slot)
{
	g_queue_unlink(&registry->used, &slot->link);
	registry->entries -= slot->counted;
	g_hash_table_remove(registry->slots, &slot->mailbox);
}

static bool is_idle(struct slot *slot)
{
	bool idle;

	if (!g_mutex_trylock(&slot->lock))
		return false;
	idle = g_atomic_ref_count_compare(&slot->refs, 1) &&
	       (slot->newest == NULL ||
		g_atomic_ref_count_compare((gatomicrefcount *)&slot->newest->refs, 1));
	g_mutex_unlock(&slot->lock);
	return idle;
}

/* Counts the slot anew and lets the longest unused snapshots go while there are too many. */
static void account_for(struct view_registry *registry, struct slot *slot, uint32_t entries)
{
	GList *link, *before;

	g_mutex_lock(&registry->lock);
	if (g_hash_table_lookup(registry->slots, &slot->mailbox) == slot) {
		registry->entries += (uint64_t)entries + SLOT_ENTRIES - slot->counted;
		slot->counted = entries + SLOT_ENTRIES;
	}
	for (link = registry->used.tail; link != NULL && registry->entries > MAX_ENTRIES; link = before) {
		before = link->prev;
		if (link->data != slot && is_idle(link->data))
			remove_slot(registry, link->data);
	}
	g_mutex_unlock(&registry->lock);
}

/* slot->lock is held: newest is now `view` (taken over). */
static void install(struct slot *slot, const struct view *view)
{
	view_unref(&slot->newest);
	slot->newest = view;
	slot->confirmed = clock_monotonic();
}

/* slot->lock is held, delta->modseq follows newest's. */
static void apply(struct slot *slot, const struct view_delta *delta)
{
	const struct view *base = slot->newest;
	struct view_head head = {
		base->mailbox, base->uidvalidity, base->uidnext, delta->modseq,
		(const char *const *)delta->keywords,
	};
	struct view_edit edit = { delta->removed, delta->changed, delta->added };

	if (delta->added != NULL && delta->added->len > 0)
		head.uidnext = g_array_index(delta->added, struct view_entry,
					     delta->added->len - 1).uid + 1;
	install(slot, view_make(base, &head, &edit));
}

/* slot->lock is held: what has waited and now follows. */
static void apply_pending(struct slot *slot)
{
	while (slot->pending != NULL && slot->pending->first_modseq <= slot->newest->modseq + 1) {
		struct view_delta *delta = slot->pending;

		slot->pending = delta->next;
		slot->pending_count--;
		if (delta->first_modseq == slot->newest->modseq + 1)
			apply(slot, delta);
		view_delta_free(delta);
	}
}

static void add_pending(struct slot *slot, struct view_delta *delta)
{
	struct view_delta **at = &slot->pending;

	while (*at != NULL && (*at)->modseq < delta->modseq)
		at = &(*at)->next;
	delta->next = *at;
	*at = delta;
	slot->pending_count++;
}

void view_registry_follow(struct view_registry *registry, struct mailbox_ref mailbox,
			  uint64_t modseq, struct view_delta *delta)
{
	struct slot *slot = find(registry, mailbox, false);
	uint32_t entries = 0;

	if (slot == NULL) {
		view_delta_free(delta);
		return;
	}
	g_mutex_lock(&slot->lock);
	slot->heard = MAX(slot->heard, modseq);
	if (delta == NULL || slot->newest == NULL || modseq <= slot->newest->modseq ||
	    slot->pending_count >= MAX_PENDING) {
		view_delta_free(delta);
	} else {
		if (delta->first_modseq == 0)
			delta->first_modseq = modseq;
		add_pending(slot, delta);
		apply_pending(slot);
	}
	if (slot->newest != NULL)
		entries = slot->newest->count;
	g_mutex_unlock(&slot->lock);
	account_for(registry, slot, entries);
	slot_unref(slot);
}

void view_registry_hear(struct view_registry *registry, struct mailbox_ref mailbox, uint64_t modseq)
{
	struct slot *slot = find(registry, mailbox, false);

	if (slot == NULL)
		return;
	g_mutex_lock(&slot->lock);
	slot->heard = MAX(slot->heard, modseq);
	g_mutex_unlock(&slot->lock);
	slot_unref(slot);
}

void view_registry_forget(struct view_registry *registry, struct mailbox_ref mailbox)
{
	struct slot *slot;

	g_mutex_lock(&registry->lock);
	slot = g_hash_table_lookup(registry->slots, &mailbox);
	if (slot != NULL)
		remove_slot(registry, slot);
	g_mutex_unlock(&registry->lock);
}

void view_registry_doubt(struct view_registry *registry)
{
	GHashTableIter iter;
	void *value;

	g_mutex_lock(&registry->lock);
	g_hash_table_iter_init(&iter, registry->slots);
	while (g_hash_table_iter_next(&iter, NULL, &value)) {
		struct slot *slot = value;

		g_mutex_lock(&slot->lock);
		slot->doubted = true;
		g_mutex_unlock(&slot->lock);
	}
	g_mutex_unlock(&registry->lock);
}

const struct view *view_peek(struct store_pool *pool, struct mailbox_ref mailbox,
			     uint64_t min_modseq)
{
	struct slot *slot = find(pool_shared(pool)->views, mailbox, false);
	const struct view *view = NULL;

	if (slot == NULL)
		return NULL;
	g_mutex_lock(&slot->lock);
	if (slot->newest != NULL && !slot->doubted && slot->newest->modseq >= min_modseq)
		view = view_ref(slot->newest);
	g_mutex_unlock(&slot->lock);
	slot_unref(slot);
	return view;
}

const struct view *view_newest(struct store_pool *pool, struct mailbox_ref mailbox)
{
	struct store_shared *shared = pool_shared(pool);
	struct slot *slot = atomic_load(&shared->is_alone) ? find(shared->views, mailbox, false) : NULL;
	const struct view *view = NULL;

	if (slot == NULL)
		return NULL;
	g_mutex_lock(&slot->lock);
	if (slot->newest != NULL && !slot->doubted && slot->newest->modseq >= slot->heard &&
	    clock_monotonic() - slot->asked < TRUST)
		view = view_ref(slot->newest);
	g_mutex_unlock(&slot->lock);
	slot_unref(slot);
	return view;
}

/* The snapshot in memory when it is at least as new as the mailbox's row. */
static const struct view *current(struct slot *slot, uint64_t modseq)
{
	const struct view *view = NULL;

	g_mutex_lock(&slot->lock);
	if (slot->newest != NULL && slot->newest->modseq >= modseq &&
	    clock_monotonic() - slot->confirmed < MAX_AGE) {
		slot->confirmed = slot->asked = clock_monotonic();
		slot->doubted = false;
		view = view_ref(slot->newest);
	}
	g_mutex_unlock(&slot->lock);
	return view;
}

static const struct view *base_for_refresh(struct slot *slot)
{
	const struct view *base = NULL;

	g_mutex_lock(&slot->lock);
	if (slot->newest != NULL && clock_monotonic() - slot->confirmed < MAX_AGE)
		base = view_ref(slot->newest);
	g_mutex_unlock(&slot->lock);
	return base;
}

/* slot->loading is held. */
static enum store_result refresh(struct store *store, struct slot *slot, const struct view **view_out)
{
	const struct view *base = base_for_refresh(slot);
	const struct view *view;
	enum store_result result = view_load(store, slot->mailbox, base, &view);

	atomic_fetch_add_explicit(base != NULL ? &store->shared->view_refreshes :
				  &store->shared->view_loads, 1, memory_order_relaxed);
	view_unref(&base);
	if (result != STORE_OK)
		return result;
	g_mutex_lock(&slot->lock);
	if (slot->newest == NULL || view->modseq > slot->newest->modseq ||
	    clock_monotonic() - slot->confirmed >= MAX_AGE) {
		install(slot, view);
		apply_pending(slot);
	} else {
		view_unref(&view);
	}
	slot->heard = MAX(slot->heard, slot->newest->modseq);
	slot->asked = clock_monotonic();
	slot->doubted = false;
	*view_out = view_ref(slot->newest);
	g_mutex_unlock(&slot->lock);
	return STORE_OK;
}

static enum store_result open_slot(struct store *store, struct slot *slot, uint64_t modseq,
				   const struct view **view_out)
{
	enum store_result result = STORE_OK;

	*view_out = current(slot, modseq);
	if (*view_out != NULL) {
		atomic_fetch_add_explicit(&store->shared->view_shared, 1, memory_order_relaxed);
		return STORE_OK;
	}
	g_mutex_lock(&slot->loading);
	*view_out = current(slot, modseq); /* another worker may have loaded it meanwhile */
	if (*view_out == NULL)
		result = refresh(store, slot, view_out);
	g_mutex_unlock(&slot->loading);
	if (result == STORE_OK)
		account_for(store->shared->views, slot, view_count(*view_out));
	return result;
}

enum store_result view_open_row(struct store *store, const struct mailbox *row,
				const struct view **view_out)
{
	struct slot *slot;
	enum store_result result;

	/* What a transaction has changed and may take back must not get into the snapshots. */
	g_assert(!store->in_transaction);
	*view_out = NULL;
	if (row->noselect)
		return STORE_NOT_FOUND;
	slot = find(store->shared->views, row->ref, true);
	result = open_slot(store, slot, row->highestmodseq, view_out);
	slot_unref(slot);
	return result;
}

bool view_newest_by_name(struct store_pool *pool, uint64_t account_id, struct slice name,
			 struct mailbox *row_out, const struct view **view_out)
{
	*view_out = NULL;
	if (!mailbox_memo_get(pool_shared(pool)->mailboxes, account_id, name, row_out))
		return false;
	*view_out = view_newest(pool, row_out->ref);
	/* Recent messages come with UIDs; they go by a claim, which the row follows, or by any change. */
	if (*view_out != NULL && row_out->uidnext == view_uidnext(*view_out) &&
	    (row_out->recent == 0 || row_out->highestmodseq == view_modseq(*view_out)))
		return true;
	view_unref(view_out);
	mailbox_clear(row_out);
	return false;
}

enum store_result view_open(struct store *store, struct mailbox_ref mailbox,
			    const struct view **view_out, struct mailbox *mailbox_out)
{
	struct mailbox row;
	enum store_result result = mailbox_read_lean(store, mailbox, &row);

	*view_out = NULL;
	if (result == STORE_OK)
		result = view_open_row(store, &row, view_out);
	if (mailbox_out != NULL)
		*mailbox_out = row;
	else
		mailbox_clear(&row);
	return result;
}

uint32_t view_claim_recent(struct store_pool *pool, struct mailbox_ref mailbox, uint32_t first,
			   uint32_t behind)
{
	struct slot *slot = find(pool_shared(pool)->views, mailbox, behind > 0);

	if (slot == NULL)
		return first;
	g_mutex_lock(&slot->lock);
	first = MAX(first, slot->recent_from);
	slot->recent_from = MAX(slot->recent_from, behind);
	g_mutex_unlock(&slot->lock);
	slot_unref(slot);
	return first;
}
