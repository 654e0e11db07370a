/* Where LMTP meets the store and scheduling: who a recipient is, and handing a
 * message over.  Both run in a worker and speak in reply lines. */
#ifndef LMTP_DELIVERY_H
#define LMTP_DELIVERY_H

#include "base/spool.h"
#include "config/config.h"
#include "store/store.h"

struct lmtp_recipient {
	char *address;         /* as the client gave it, in its shortest spelling */
	char *key;             /* after lmtp_recipient_find(): equal for the same place of delivery */
	const struct lmtp_recipient *same_as; /* an earlier one with the same key, or NULL */
	char *reply;           /* after lmtp_recipient_deliver(), without CRLF */
	GPtrArray *targets;    /* delivery.c's own */
};

void lmtp_recipient_free(struct lmtp_recipient *recipient);

/* What is known of the mail beside its octets. */
struct lmtp_envelope {
	const char *sender;      /* "" for <> */
	const char *client_name; /* from LHLO */
	const char *client_address;
	const char *protocol;    /* for Received: LMTP, LMTPS, UTF8LMTP, UTF8LMTPS (RFC 3848, 6531) */
	const struct spool *octets;
	const struct config *config;
};

/* NULL: the recipient is one of ours, and filled in.  Else the reply. */
const char *lmtp_recipient_find(struct store *store, const struct config *config, uint64_t announced_size,
				struct lmtp_recipient *recipient);
/* Sets recipient->reply; "250 ..." says that the message is committed. */
void lmtp_recipient_deliver(struct store *store, const struct lmtp_envelope *envelope,
			    struct lmtp_recipient *recipient);

#endif
