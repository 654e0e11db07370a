/* What is checked before anything in a calendar is believed: the octets become
 * clean UTF-8 text, and an object that would cost too much is refused.
 *
 * Line length, nesting and counts of components and properties are held while
 * the text is read (component.h); what is left is checked here. */
#ifndef CALENDAR_GUARD_H
#define CALENDAR_GUARD_H

#include "calendar/component.h"

/* Octets of a part to UTF-8 without NULs and control octets: by byte order mark,
 * by what the octets are, by `charset` (or NULL), in that order; what fits
 * nothing is read as windows-1252.  Lines folded inside a UTF-8 sequence are
 * joined first.  NULL and *reason_out when over limits->octets. */
GString *guard_text(struct slice octets, const char *charset, const struct meeting_limits *limits,
		    char **reason_out);

/* Loads the converters of all charsets, for a process that can open no files later. */
void guard_load_charsets(void);

/* Counts of dates and rules, rules in a VTIMEZONE yearly or none.  A VTIMEZONE
 * that breaks this is removed (its zone may still be known by name); an event that
 * does is a reason to refuse.  X-LIC-ERROR properties are removed.  False and
 * *reason_out when refused. */
bool guard_check(struct component *calendar, const struct meeting_limits *limits, char **reason_out);

#endif
