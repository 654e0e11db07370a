/* The meeting behind a link, with the right to see it checked. */
#ifndef WEB_MEETING_PLACE_H
#define WEB_MEETING_PLACE_H

#include "calendar/recur.h"
#include "store/meeting_store.h"
#include "web/call.h"

struct meeting_place {
	struct link link;
	struct meeting_row row;
	struct meeting *meeting;
	const char *const *addresses;  /* of the reader */
	struct recur_occurrence about; /* the whole, or the occurrence asked for */
	bool one_occurrence;
};

/* Reads what the link in call->parts[0] names, at the occurrence that `occurrence`
 * (NULL or "": the whole) says.  False when the answer has been given already: no such
 * link or meeting (404), somebody else's (403), the store does not answer (503). */
bool place_load(struct web_call *call, const char *occurrence, struct meeting_place *place_out);
/* The same, but the whole where there is no such occurrence (any more): the link in a mail about
 * one date works for as long as the meeting is kept. */
bool place_load_to_see(struct web_call *call, const char *occurrence, struct meeting_place *place_out);
void place_clear(struct meeting_place *place);

#endif
