/* From a scheduling room's answer to the page that follows. */
#ifndef WEB_ACT_H
#define WEB_ACT_H

#include "scheduling/respond.h"
#include "web/meeting_place.h"

struct respond_actor act_as(struct web_call *call);
/* 303 to the meeting's page, which says `done`; or a page that says why not. */
void act_finish(struct web_call *call, const struct meeting_place *place, enum respond_result result,
		const char *done);
/* The RECURRENCE-ID of the place when it is about one occurrence, else NULL. */
const struct meeting_time *act_occurrence(const struct meeting_place *place);

#endif
