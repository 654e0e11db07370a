/* The thread that talks with the other nodes: one connection of its own that listens
 * and sends. */
#ifndef STORE_NOTIFIER_H
#define STORE_NOTIFIER_H

#include "store/connection.h"
#include "store/notify.h"

struct notifier;

/* Returns when it listens, so that nobody who comes from then on misses anything; without a database, when it has
 * tried.  `send` false: nobody else serves this database (the managed cluster), so it only listens. */
struct notifier *notifier_create(const char *url, struct store_shared *shared, bool send);
/* Sends what is waiting.  *notifier becomes NULL.  NULL is allowed. */
void notifier_destroy(struct notifier **notifier);

/* After a commit.  notifier NULL: sent on the store's own connection at once. */
void notifier_send(struct notifier *notifier, struct store *store, const struct notice *notice);

#endif
