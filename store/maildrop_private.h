/* The leases of this process: the housekeeper's business. */
#ifndef STORE_MAILDROP_PRIVATE_H
#define STORE_MAILDROP_PRIVATE_H

#include "store/connection.h"

struct maildrops *maildrops_create(void);
/* *maildrops becomes NULL. */
void maildrops_destroy(struct maildrops **maildrops);

/* Every lease that is held in this process gets its full time again. */
enum store_result maildrop_renew_all(struct store *store);
enum store_result maildrop_forget_all(struct store *store);

#endif
