/* The organizer's form: from its fields to a draft, and from a meeting to its fields. */
#ifndef WEB_DRAFT_FORM_H
#define WEB_DRAFT_FORM_H

#include "calendar/outgoing.h"
#include "web/page_draft.h"
#include "web/request.h"
#include "web/when.h"

/* The draft that the fields say; strings and array in when's arena; times on the clock of
 * when->zone.  master: the meeting that is changed (its rule may be kept), or NULL.  NULL, or
 * a sentence about what is wrong. */
const char *draft_form_read(const struct when *when, const struct web_fields *form,
			    const struct meeting_event *master, struct outgoing_draft *draft_out);

/* The form as it was sent, to be shown again. */
struct page_draft draft_form_again(const struct web_fields *form);
/* The form for an event as it stands, with its times on when's clock. */
struct page_draft draft_form_of(const struct when *when, const struct meeting_event *event,
				const struct meeting_time *start, const struct meeting_time *end);

/* "Name <a@b>", "a@b"; separated by line ends, commas and semicolons (a comma inside quotes or
 * angle brackets does not count).  Appends struct meeting_person with the role; false when one is
 * no address: *bad_out is it. */
bool draft_form_people(struct arena *arena, const char *text, enum meeting_role role, GArray *people,
		       const char **bad_out);

#endif
