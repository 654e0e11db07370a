/* Dates and times as people of one language write them. */
#ifndef CALENDAR_DATES_H
#define CALENDAR_DATES_H

#include "calendar/meeting.h"
#include "calendar/words.h"

/* "Tuesday", "Tue"; 1 = Monday .. 7 = Sunday. */
const char *dates_weekday(const struct words *words, int weekday);
const char *dates_weekday_short(const struct words *words, int weekday);
/* "May", "May"; 1 .. 12. */
const char *dates_month(const struct words *words, int month);
const char *dates_month_short(const struct words *words, int month);
/* The day a week begins with in this language: 1 = Monday, 7 = Sunday. */
int dates_week_start(const struct words *words);

/* "Tuesday, 5 May 2026" */
void dates_append_day(GString *out, const struct words *words, const struct meeting_fields *fields);
/* "5 May 2026" */
void dates_append_date(GString *out, const struct words *words, const struct meeting_fields *fields);
/* "5 May", with the year when it is not `year`. */
void dates_append_short(GString *out, const struct words *words,
			const struct meeting_fields *fields, int year);
/* "May 2026" */
void dates_append_month(GString *out, const struct words *words, int year, int month);
/* "14:00", "2:00 pm" */
void dates_append_time(GString *out, const struct words *words, const struct meeting_fields *fields);
/* "UTC", "UTC+2", "UTC+5:30" from seconds east. */
void dates_append_offset(GString *out, int offset);

/* The wall clock that a reader in `zone` (NULL: UTC) sees: UTC and zoned times are
 * moved into his zone; floating, all-day and unknown-zone times never are. */
void dates_fields(const struct meeting_time *time, const struct zone *zone,
		  struct meeting_fields *fields_out);

/* "Tuesday, 5 May 2026, 14:00 to 15:30"; over midnight with both days; all-day with
 * its last day inclusive; without zone names. */
void dates_append_span(GString *out, const struct words *words, const struct meeting_time *start,
		       const struct meeting_time *end, const struct zone *zone);
/* Only the times ("08:00 to 09:30") where start and end are on `day`, else as above. */
void dates_append_span_beside(GString *out, const struct words *words,
			      const struct meeting_time *start, const struct meeting_time *end,
			      const struct zone *zone, const struct meeting_fields *day);
/* "Europe/Berlin, UTC+2" at that moment. */
void dates_append_zone(GString *out, const struct zone *zone, int64_t instant);

#endif
