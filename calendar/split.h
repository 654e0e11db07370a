/* A calendar file as one object per UID, each with the time zones its times name.
 *
 * Such a file holds years of meetings, so it may be ten times as large as one meeting may
 * (meeting_limits_default); what one object costs is judged when that is read.  Work and
 * memory grow with the file: the text is read once, without recursion, and one object is
 * made at a time. */
#ifndef CALENDAR_SPLIT_H
#define CALENDAR_SPLIT_H

#include "base/slice.h"

#include <glib.h>

struct split;

/* NULL and a sentence (g_free() it) when there is no calendar in the text, or it passes a limit. */
struct split *split_create(struct slice text, char **reason_out);
/* *split becomes NULL.  NULL is allowed. */
void split_destroy(struct split **split);

/* The next object, without METHOD, in place of what `out` holds; in the order of the file.
 * False at the end. */
bool split_next(struct split *split, GString *out);

#endif
