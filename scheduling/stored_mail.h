/* A message in the store, read as meeting mail. */
#ifndef SCHEDULING_STORED_MAIL_H
#define SCHEDULING_STORED_MAIL_H

#include "scheduling/mail_facts.h"
#include "store/content.h"

/* NULL when there is no such content, or it can't be read. */
struct mail_facts *stored_mail_facts(struct store *store, const uint8_t hash[CONTENT_HASH_SIZE]);

#endif
