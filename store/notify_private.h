/* The subscribers of this process. */
#ifndef STORE_NOTIFY_PRIVATE_H
#define STORE_NOTIFY_PRIVATE_H

#include "store/notify.h"

struct notify;

struct notify *notify_create(void);
void notify_destroy(struct notify **notify);

/* Any thread: posts the notice to the loops of those it concerns. */
void notify_publish(struct notify *notify, const struct notice *notice);
/* To everybody: NOTICE_RESYNC. */
void notify_publish_resync(struct notify *notify);

#endif
