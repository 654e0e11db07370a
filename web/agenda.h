/* An account's occurrences in a span of days, for the calendar's pages. */
#ifndef WEB_AGENDA_H
#define WEB_AGENDA_H

#include "web/call.h"
#include "web/page_calendar.h"
#include "web/when.h"

/* Appends the entries (struct calendar_entry) of the days first to last of the reader.
 * *truncated_out: there was more than is shown.  False: the store does not answer. */
bool agenda_list(struct web_call *call, int first, int last, GPtrArray *entries, bool *truncated_out);

#endif
