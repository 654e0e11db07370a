/* A few processes that read foreign calendars before this one does, so that a
 * calendar which crashes or stalls its reader costs one of them, and one mail its
 * rendition, but never the daemon or another session.
 *
 * Shared by all workers; every function may be called from several threads. */
#ifndef SCHEDULING_CALENDAR_READER_H
#define SCHEDULING_CALENDAR_READER_H

#include "base/slice.h"

/* At most `count` processes at the same time, each started when it is first needed.
 * program: NULL for the installed one (or the build tree's, beside this program).
 * Without this call, or when the program is not there, nothing is asked. */
void calendar_reader_open(unsigned count, const char *program);
/* Ends them; no check may be under way. */
void calendar_reader_close(void);

/* What a reader may work on one mail's calendars, or on one file's meeting, in microseconds. */
#define CALENDAR_READER_WORK INT64_C(2000000)

/* True when the octets may be read here: a reader came through them, or there is
 * none.  False and *reason_out (a static sentence) when a reader crashed over them
 * or took too long.  *left, CALENDAR_READER_WORK before the first, is what it may work, and
 * afterwards what is left of that. */
bool calendar_reader_check(struct slice octets, const char *charset, int64_t *left, const char **reason_out);

#endif
