/* Who reads: the signed-in account with what the pages need of it. */
#ifndef WEB_READER_H
#define WEB_READER_H

#include "calendar/words.h"
#include "calendar/zone.h"
#include "config/config.h"
#include "store/web_session.h"

struct web_reader {
	uint64_t account_id;
	char *address;             /* the account's own */
	char *name;                /* "" when not set */
	const struct zone *zone;   /* never NULL */
	const struct words *words;
	char **addresses;          /* web_reader_addresses() */
};

struct web_reader *web_reader_create(const struct web_session *session, const struct config *config);
/* *reader becomes NULL.  NULL is allowed. */
void web_reader_destroy(struct web_reader **reader);

/* All addresses under which mail reaches the account, its own first; read once.  NULL
 * when the store does not answer. */
const char *const *web_reader_addresses(struct web_reader *reader, struct store *store);

#endif
