/* Meeting mail made here, put into the outgoing queue inside the caller's transaction.
 *
 * One message per recipient: text, HTML and calendar object say the same, in the
 * sender's language and zone (a recipient of ours gets his own rendering at delivery).
 * Everything is 7 bit. */
#ifndef SCHEDULING_OUTBOX_H
#define SCHEDULING_OUTBOX_H

#include "calendar/itip.h"
#include "config/config.h"
#include "scheduling/holdings.h"

struct outbox_mail {
	const struct reader *sender;
	const char *sender_address; /* which of the sender's addresses is meant */
	const char *recipient;
	const char *ics;            /* the iTIP object, with METHOD */
	enum itip_kind kind;        /* what it is to its recipient; chooses the wording */
	const struct meeting_event *before; /* what it was, for "was:"; NULL: nothing said */
	const char *comment_words;  /* the sender's words in front of all; or NULL */
	/* The whole meeting, and the date of it that is meant (NULL: all): nothing is queued about
	 * what is over.  NULL: not asked. */
	const struct meeting *about;
	const struct meeting_time *occurrence;
	int64_t now;                /* clock_now() */
};

/* STORE_OK also when there is nothing to say any more.  STORE_INVALID: the object can't be read again (a bug of ours; logged). */
enum store_result outbox_add(struct store *store, const struct config *config,
			     const struct outbox_mail *mail);

/* The message itself; NULL as above.  For tests. */
GBytes *outbox_build(const struct outbox_mail *mail);

#endif
