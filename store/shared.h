/* What all connections of one process share: views, caches, subscribers, counters. */
#ifndef STORE_SHARED_H
#define STORE_SHARED_H

#include "store/service.h"

#include <stdatomic.h>

struct batches;
struct content_cache;
struct mailbox_memo;
struct maildrops;
struct notify;
struct notifier;
struct view_registry;

struct store_shared {
	struct content_cache *contents;
	struct notify *notify;
	struct view_registry *views;
	struct batches *flag_changes; /* of STOREs, by mailbox */
	struct mailbox_memo *mailboxes;
	struct maildrops *maildrops;  /* the leases held in this process */
	struct notifier *notifier;  /* NULL: no service (convokectl), changes are sent directly */
	/* Every change of this database is made here, or heard within moments (convokectl's): what
	 * memory knows is what the database has.  Only while the notifier listens. */
	atomic_bool is_alone;
	char *node;                 /* a name unique among the nodes */
	_Atomic uint64_t statements, reconnects, failures;
	_Atomic uint64_t view_loads, view_refreshes, view_shared;
	_Atomic uint64_t notices_sent, notices_received;
};

struct store_shared *shared_create(void);
void shared_destroy(struct store_shared **shared);

/* For hash tables whose keys are struct mailbox_ref. */
guint mailbox_key_hash(gconstpointer key);
gboolean mailbox_key_equal(gconstpointer a, gconstpointer b);

/* The pool's shared part (store/pool.c). */
struct store_shared *pool_shared(struct store_pool *pool);

#endif
