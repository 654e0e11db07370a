/* The decision trail of a meeting in words: what was decided on each incoming mail,
 * and why; and what of it is offered to be applied by hand. */
#ifndef WEB_TRAIL_VIEW_H
#define WEB_TRAIL_VIEW_H

#include "store/meeting_store.h"
#include "web/when.h"

/* A GPtrArray of struct page_trail_entry for the rows (struct trail_row, newest first);
 * strings in when's arena.  g_ptr_array_unref() it. */
GPtrArray *trail_view_entries(const struct when *when, const GPtrArray *rows);
/* The newest mail that the calendar did not take and that nothing later has settled; NULL
 * when there is none. */
const struct trail_row *trail_view_open(const GPtrArray *rows);
/* Whether nobody vouches for it, or the sender is not who he ought to be: apply with a warning. */
bool trail_view_is_doubtful(const struct trail_row *row);
/* Why it was not taken, as a sentence. */
const char *trail_view_why(const struct when *when, const struct trail_row *row);

#endif
