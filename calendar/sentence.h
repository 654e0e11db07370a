/* A recurrence in words: "every second Tuesday until 30 June 2027".
 *
 * What is said is exactly what the rule does; a rule that no plain sentence tells
 * is called irregular, and the reader gets the next dates beside it.  Days are those
 * of the meeting's own zone; where the reader's day differs, that is said. */
#ifndef CALENDAR_SENTENCE_H
#define CALENDAR_SENTENCE_H

#include "calendar/meeting.h"
#include "calendar/words.h"

/* One rule of an event that starts at `start`, without dates added or left out.
 * False, and nothing appended, when it is an odd one. */
bool sentence_append_rule(GString *out, const struct words *words, const struct meeting_rule *rule,
			  const struct meeting_time *start);

/* The whole recurrence of an event: its rules, further dates, exceptions.  zone: the
 * reader's, or NULL.  from: dates before this moment (seconds UTC) need not be listed.
 * Nothing is appended for an event that happens once.  False when something in it had
 * to be called irregular, so that dates should be listed. */
bool sentence_append(GString *out, const struct words *words, const struct meeting_event *event,
		     const struct zone *zone, int64_t from);

#endif
