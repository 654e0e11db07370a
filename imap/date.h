/* Dates of the IMAP grammar (RFC 9051: date, date-time). */
#ifndef IMAP_DATE_H
#define IMAP_DATE_H

#include "base/slice.h"

#include <stdint.h>

/* `1-Feb-1994`: seconds since 1970 at that day's midnight UTC. */
bool date_parse(struct slice text, int64_t *seconds_out);
/* `17-Jul-1996 02:44:25 -0700`, the day with a leading space or zero allowed;
 * second 60 is taken as 59.  Seconds since 1970, and the zone in minutes east. */
bool date_time_parse(struct slice text, int64_t *seconds_out, int *zone_out);
/* Appends `"17-Jul-1996 02:44:25 -0700"` with its quotes; the zone is less than a day. */
void date_time_format(GString *out, int64_t seconds, int zone);

#endif
