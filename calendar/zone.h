/* Time zones: by IANA name, by Windows name, by a sender's own VTIMEZONE.
 *
 * IANA zones come from the system's tzdata and live for the whole process; zones
 * made from a VTIMEZONE belong to the meeting that holds them.  Zones are
 * immutable; every function may be called from several threads.  An unknown zone
 * is NULL and is said to the reader, never guessed. */
#ifndef CALENDAR_ZONE_H
#define CALENDAR_ZONE_H

#include "calendar/meeting.h"

/* A moment on the wall clock of a zone. */
struct zone_local {
	struct meeting_fields fields;
	int weekday;              /* 1 = Monday .. 7 = Sunday */
	int offset;               /* seconds east of UTC */
	bool daylight;
	const char *abbreviation; /* "CEST", "+0530"; lives as long as the zone */
};

enum zone_hit {
	ZONE_EXACT,
	ZONE_GAP,   /* no such wall clock: read with the offset before the jump (RFC 5545 3.3.5) */
	ZONE_TWICE, /* the first of two (RFC 5545 3.3.5) */
};

/* Loads what all threads share; call once before threads start (further calls do nothing). */
void zone_init(void);
/* Reads every zone of the database now, for a process that will open no files later. */
void zone_load_all(void);

/* By IANA name ("Europe/Berlin"), old alias, Windows name ("W. Europe Standard
 * Time") or a vendor's wrapping of one ("/mozilla.org/20050126_1/Europe/Berlin",
 * "(UTC+01:00) Amsterdam, Berlin, ..."); ASCII case ignored.  NULL when unknown. */
const struct zone *zone_find(const char *name);
const struct zone *zone_utc(void);

/* The IANA name, or for a sender's own VTIMEZONE its TZID. */
const char *zone_name(const struct zone *zone);
/* False for a sender's own VTIMEZONE. */
bool zone_is_iana(const struct zone *zone);

void zone_local(const struct zone *zone, int64_t instant, struct zone_local *out);
int zone_offset(const struct zone *zone, int64_t instant);
/* hit_out may be NULL. */
int64_t zone_instant(const struct zone *zone, const struct meeting_fields *fields,
		     enum zone_hit *hit_out);
/* True when both show the same wall clock from `from` to `to` (instants). */
bool zone_same_between(const struct zone *a, const struct zone *b, int64_t from, int64_t to);

/* Days since 1970-01-01, and seconds, of a date in the proleptic Gregorian calendar;
 * fields beyond their range carry over (day 0 is the last of the month before). */
int64_t zone_days(int year, int month, int day);
int64_t zone_seconds(const struct meeting_fields *fields);
void zone_fields(int64_t seconds, struct meeting_fields *fields_out);
/* 1 = Monday .. 7 = Sunday. */
int zone_weekday(const struct meeting_fields *fields);

#endif
