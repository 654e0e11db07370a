/* Where LMTP meets the store and scheduling: who a recipient is, and handing a
 * message over.  All but the receipt is for workers, and speaks in reply lines. */
#ifndef LMTP_DELIVERY_H
#define LMTP_DELIVERY_H

#include "base/spool.h"
#include "config/config.h"
#include "scheduling/deliver.h"
#include "store/store.h"

struct lmtp_recipient {
	char *address;         /* as the client gave it, in its shortest spelling */
	GPtrArray *targets;    /* after lmtp_recipient_find(): struct account_target, one or more */
	char *reply;           /* after lmtp_delivery_run(), without CRLF */
};

void lmtp_recipient_free(struct lmtp_recipient *recipient);

/* NULL: the recipient is one of ours, and filled in.  Else the reply. */
const char *lmtp_recipient_find(struct store *store, const struct config *config,
				struct lmtp_recipient *recipient);

/* What is known of the mail beside its octets. */
struct lmtp_envelope {
	const char *sender;      /* "" for <> */
	const char *client_name; /* from LHLO */
	const char *client_address;
	const char *protocol;    /* for Received: LMTP, LMTPS, UTF8LMTP, UTF8LMTPS (RFC 3848, 6531) */
	uint64_t session_id;     /* for the log and Received */
	bool may_show_utf8;      /* in replies */
	const struct spool *octets;
	const struct config *config;
	struct deliver_memory *memory;
};

/* One message for all its recipients. */
struct lmtp_delivery;

/* The envelope and what it points to must outlive it. */
struct lmtp_delivery *lmtp_delivery_create(const struct lmtp_envelope *envelope);
/* *delivery becomes NULL.  NULL is allowed. */
void lmtp_delivery_destroy(struct lmtp_delivery **delivery);
/* Sets recipient->reply; "250 ..." says that the message is committed for all it leads to.
 * An account that several recipients lead to gets one copy per sub-address. */
void lmtp_delivery_run(struct lmtp_delivery *delivery, struct store *store, struct lmtp_recipient *recipient);
/* For deliver_confirm(); NULL when a repeat must go on being suppressed: some accounts behind
 * a recipient have the message, and the client was told to come again. */
GBytes *lmtp_delivery_receipt(const struct lmtp_delivery *delivery);

#endif
