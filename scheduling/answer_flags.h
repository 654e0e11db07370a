/* The keywords of meeting mail follow the answer: $MeetingPending becomes $Accepted,
 * $Tentative or $Declined on each message of the meeting, wherever
 * it lies, whoever gave the answer. */
#ifndef SCHEDULING_ANSWER_FLAGS_H
#define SCHEDULING_ANSWER_FLAGS_H

#include "calendar/meeting.h"
#include "store/store.h"

/* "$Accepted" ...; "$MeetingPending" for no answer yet; NULL where no keyword says it. */
const char *answer_flags_keyword(enum meeting_partstat partstat);

/* After the answer is durable.  recurrence_id: the date that was answered, NULL for the whole.
 * A failure costs the keywords only, and is logged. */
void answer_flags_follow(struct store *store, uint64_t account_id, const char *uid,
			 const struct meeting_time *recurrence_id, enum meeting_partstat partstat);

#endif
