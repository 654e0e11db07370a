/* Recurrence and time zone of a TNEF meeting.  Internal to mime/. */
#ifndef MIME_TNEF_RECURRENCE_H
#define MIME_TNEF_RECURRENCE_H

#include "base/slice.h"

#include <stdint.h>

/* The zone's name in what tnef_zone_write writes. */
#define TNEF_TZID "Meeting time zone"

/* A VTIMEZONE from PidLidTimeZoneStruct; false (and nothing) when it is damaged. */
bool tnef_zone_write(GString *out, struct slice zone);

struct tnef_recurrence {
	int64_t start, end;  /* of the first occurrence, in local time as seconds since 1970 */
	char *rule;          /* RRULE's value */
	GArray *excluded;    /* int64_t: local starts of deleted occurrences */
};

/* PidLidAppointmentRecur; false when it is of a kind that has no RRULE, or damaged.
 * The zone gives UNTIL its UTC. */
bool tnef_recurrence_read(struct slice blob, struct slice zone, struct tnef_recurrence *recurrence_out);
void tnef_recurrence_clear(struct tnef_recurrence *recurrence);

/* 20260505T120000, from seconds since 1970. */
void tnef_append_time(GString *out, int64_t seconds);

#endif
