/* Values of content lines: dates and times, durations, addresses (RFC 5545 3.3). */
#ifndef CALENDAR_VALUE_H
#define CALENDAR_VALUE_H

#include "calendar/component.h"
#include "calendar/zone.h"

struct zone_book;

/* The zones of one calendar, by TZID as its VTIMEZONEs and names give them. */
struct zone_book *zone_book_create(struct arena *arena, const struct component *calendar);
/* NULL: unknown. */
const struct zone *zone_book_find(struct zone_book *book, const char *tzid);
/* Frees what is not in the arena; zones found stay. */
void zone_book_close(struct zone_book *book);

/* "20260505", "20260505T140000", "20260505T140000Z" into fields and kind (DATE,
 * FLOATING, UTC) and the instant of those; kind NONE and false when it is none. */
bool value_parse_time(const char *text, struct meeting_time *time_out);
/* The same of a property's value with its VALUE and TZID parameters. */
bool value_read_time(struct arena *arena, const struct property *property, const char *text,
		     struct zone_book *book, struct meeting_time *time_out);
/* Gives a time of kind FLOATING a zone. */
void value_place(struct meeting_time *time, const struct zone *zone, const char *zone_name);

struct value_duration {
	int64_t days, seconds; /* days are nominal: the wall clock stays */
};
bool value_parse_duration(const char *text, struct value_duration *duration_out);
/* time + duration, in its own zone; never before it. */
struct meeting_time value_add_duration(const struct meeting_time *time,
				       const struct value_duration *duration);
/* The same wall clock kind and zone, another wall clock (zone_seconds). */
struct meeting_time value_at_wall(const struct meeting_time *like, int64_t wall);
/* The same zone and kind, another instant. */
struct meeting_time value_at_instant(const struct meeting_time *like, int64_t instant);
/* The end of the event, were it to begin at start: as many days later on the wall clock
 * where it lasts whole days, else after its exact length. */
struct meeting_time value_end_from(const struct meeting_event *event, const struct meeting_time *start);
/* Marks the time as a whole day where it is a midnight in its own zone (a UTC one: in that
 * of `like`, which it then gets); false when it is none. */
bool value_take_day(struct meeting_time *time, const struct meeting_time *like);

/* "mailto:a%40b" to "a@b"; "" when it is no mail address. */
char *value_address(struct arena *arena, const char *value);

/* Writing: "20260505T140000Z" and so on; a property with its TZID or VALUE=DATE. */
char *value_format_utc(struct arena *arena, int64_t instant);
char *value_format_time(struct arena *arena, const struct meeting_time *time, const char **params_out);

#endif
