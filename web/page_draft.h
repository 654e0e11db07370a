/* The form in which an organizer makes or changes a meeting. */
#ifndef WEB_PAGE_DRAFT_H
#define WEB_PAGE_DRAFT_H

#include "web/page.h"

/* Values as they stand in the form; NULL is empty. */
struct page_draft {
	const char *token;       /* the meeting that is changed; NULL: a new one */
	const char *occurrence;  /* only this date of it; or NULL */
	const char *version;     /* of what the form showed first: another says that somebody else has
				  * changed it; NULL for a new one */
	const char *problem;     /* why the last try failed, or NULL */
	const char *title, *location, *description;
	const char *start, *end; /* "2026-05-05T14:00" */
	bool all_day;
	const char *repeat;      /* "", "daily", "weekly", "fortnightly", "monthly", "yearly", "keep" */
	bool keeps_rule;         /* a rule that the form can't say exists: offer "as it is" */
	const char *until;       /* "2026-12-31" or empty */
	const char *required, *optional; /* addresses, one a line */
	const char *zone;        /* the reader's */
};
GString *page_draft(const struct page_frame *frame, const struct page_draft *draft);

#endif
