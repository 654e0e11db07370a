/* The occurrences of a meeting: rules, dates, exceptions and overrides together,
 * in order of start, without ever making the whole list.
 *
 * Every walk is bounded: by its window, by the number of rule steps and by time
 * spent; what a bound cut off is said (-1), never silently left out. */
#ifndef CALENDAR_RECUR_H
#define CALENDAR_RECUR_H

#include "calendar/meeting.h"

struct recur_occurrence {
	const struct meeting_event *event; /* the override, or else the master */
	struct meeting_time recurrence_id; /* where the rule puts it; kind NONE: not recurring */
	struct meeting_time start, end;
	struct meeting_span span;          /* the same as instants; floating and all-day in the reader's zone */
};

struct recur_iterator;

/* Occurrences that overlap [from, to) or start in it, cancelled ones included
 * (event->status says so).  reader: the zone in which floating and all-day times
 * are placed; NULL: UTC.  The meeting must outlive the iterator. */
struct recur_iterator *recur_open(const struct meeting *meeting, struct meeting_span window,
				  const struct zone *reader);
/* 1: *occurrence_out is set; 0: no more; -1: a bound was reached. */
int recur_next(struct recur_iterator *iterator, struct recur_occurrence *occurrence_out);
/* *iterator becomes NULL.  NULL is allowed. */
void recur_close(struct recur_iterator **iterator);

/* Up to max occurrences that start at or after `after` and are not cancelled: how many. */
size_t recur_upcoming(const struct meeting *meeting, int64_t after, const struct zone *reader,
		      struct recur_occurrence *occurrences_out, size_t max);

/* From the first start to the last end; end is MEETING_FOREVER when unbounded
 * (or a bound was reached).  For an index of ranges. */
struct meeting_span recur_span(const struct meeting *meeting, const struct zone *reader);

/* Whether the meeting has an occurrence with this RECURRENCE-ID (as instant; all-day as date). */
bool recur_has_occurrence(const struct meeting *meeting, const struct meeting_time *recurrence_id);
/* The start that the rule gives to that occurrence, in the master's own zone; kind NONE: none. */
struct meeting_time recur_normalise(const struct meeting *meeting,
				    const struct meeting_time *recurrence_id);
/* The same for one of many questions about a meeting: *budget, in days looked at, is what all of
 * them may cost; when it is spent (below 0) there are no more answers. */
struct meeting_time recur_normalise_within(const struct meeting *meeting,
					   const struct meeting_time *recurrence_id, int64_t *budget);
#define RECUR_BUDGET INT64_C(2000000) /* of one question: 50 years of a daily series come to 18,000 */

struct recur_clash_query {
	struct meeting_span window;
	const struct zone *reader;
	const char *const *addresses; /* of whose calendar b is in: only what blocks their time clashes; NULL: all does */
};
/* Conflicts: 1 and both set to the first two occurrences that overlap in time,
 * within the window; 0 none; -1 a bound was reached.  Cancelled and transparent ones don't clash. */
int recur_first_clash(const struct meeting *a, const struct meeting *b, const struct recur_clash_query *query,
		      struct recur_occurrence clash_out[2]);

#endif
