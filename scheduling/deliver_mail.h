/* Inside of scheduling/: a delivery under way. */
#ifndef SCHEDULING_DELIVER_MAIL_H
#define SCHEDULING_DELIVER_MAIL_H

#include "ingest/ingest.h"
#include "scheduling/deliver.h"
#include "scheduling/mail_facts.h"
#include "store/message.h"

struct delivery {
	const struct config *config;
	char *sender, *trace, *key;
	bool submitted_here;
	struct deliver_memory *memory;
	int64_t now;             /* clock_now() */
	struct mime_source source;
	struct ingest *ingest;   /* of the octets as they came */
	struct mail_facts *facts;
	GString *receipt;
};

/* One copy of it. */
struct letter {
	const struct account_target *target;
	const char *recipient;   /* as the envelope had it */
	const char *prefix;      /* headers of this copy alone */
	const char *key;         /* or NULL */
	struct mailbox_ref mailbox;
	uint32_t uid;            /* after delivery */
};

char *deliver_make_prefix(const struct delivery *delivery, const char *recipient);

#endif
