/* A meeting's times in the words of its page. */
#ifndef WEB_WHEN_H
#define WEB_WHEN_H

#include "base/arena.h"
#include "calendar/dates.h"
#include "calendar/zone.h"
#include "web/page_meeting.h"

/* The strings live in the arena. */
struct when {
	struct arena *arena;
	const struct words *words;
	const struct zone *zone; /* the reader's */
};

/* "Tuesday, 5 May 2026, 14:00" "15:30" "Europe/Berlin, UTC+2", each with its datetime
 * attribute; nothing set when start is no time. */
void when_span(const struct when *when, const struct meeting_time *start,
	       const struct meeting_time *end, struct page_when *out);
/* The same on the organizer's clock; nothing set where that shows the same. */
void when_span_organizer(const struct when *when, const struct meeting_time *start,
			 const struct meeting_time *end, struct page_when *out);
/* What must be said about a time that can't be placed: floating, unknown zone; or NULL. */
const char *when_note(const struct when *when, const struct meeting_time *start);
/* "5 May 2026, 14:00" of an instant (seconds UTC), and its datetime attribute. */
char *when_moment(const struct when *when, int64_t seconds, char **iso_out);
/* "14:00 to 15:30" or with days, as text. */
char *when_span_text(const struct when *when, const struct meeting_time *start,
		     const struct meeting_time *end);

/* For <input type="datetime-local">: "2026-05-05T14:00" on the reader's clock. */
char *when_form_value(const struct when *when, const struct meeting_time *time);
/* The reverse; false for anything else.  zone_hit of a gap counts as good. */
bool when_form_parse(const char *text, const struct zone *zone, bool all_day,
		     struct meeting_time *time_out);

/* link_occurrence() in the arena. */
char *when_occurrence_query(const struct when *when, const struct meeting_time *recurrence_id);

#endif
