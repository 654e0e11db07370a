/* Inside of scheduling/: delivery of a message that carries a calendar. */
#ifndef SCHEDULING_MEETING_MAIL_H
#define SCHEDULING_MEETING_MAIL_H

#include "calendar/itip.h"
#include "scheduling/deliver_mail.h"
#include "scheduling/holdings.h"

/* STORE_EXISTS: delivered before.  Sets letter->uid. */
enum store_result deliver_meeting(struct delivery *delivery, struct store *store, struct letter *letter);

/* What a mail does to a reader's calendar: the decision, and what it was made on. */
struct verdict {
	struct holding holding;
	struct itip_decision *decision; /* about facts->found.meeting */
};
struct verdict_options {
	const struct config *config;
	const struct mail_facts *facts;
	const struct reader *reader;
	const char *recipient; /* envelope, or NULL */
	bool submitted_here, by_hand;
	int64_t now;           /* clock_now() */
};
/* *verdict_out is overwritten; verdict_clear() it on any result. */
enum store_result verdict_reach(struct store *store, const struct verdict_options *options,
				struct verdict *verdict_out);
void verdict_clear(struct verdict *verdict);

/* Saves what the decision changes; a meeting that is only offered is kept for its page. */
enum store_result verdict_save(struct store *store, const struct reader *reader,
			       const struct verdict *verdict, const struct meeting *incoming);
/* Queues what the decision asks to be sent (a REQUEST after REFRESH, a REFRESH after ADD). */
enum store_result verdict_send(struct store *store, const struct config *config,
			       const struct reader *reader, const struct verdict *verdict,
			       const struct meeting *incoming, int64_t now);

#endif
