/* Rendered meeting mail made anew from its original, after the settings of links
 * changed: each under a new UID, since what stands under a UID never changes. */
#ifndef SCHEDULING_RESTAMP_H
#define SCHEDULING_RESTAMP_H

#include "config/config.h"
#include "store/store.h"

struct restamp_counts {
	uint64_t seen, changed, failed;
};

/* All rendered mail of one account.  progress (may be NULL) is called after each page of
 * messages.  Stops at the first failure of the database. */
enum store_result restamp_account(struct store *store, const struct config *config,
				  uint64_t account_id, int64_t now,
				  void (*progress)(void *arg, const struct restamp_counts *counts),
				  void *arg, struct restamp_counts *counts_out);

#endif
