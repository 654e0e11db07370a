/* Inside of the iTIP modules: one decision under way, and the stored object under edit. */
#ifndef CALENDAR_ITIP_PRIVATE_H
#define CALENDAR_ITIP_PRIVATE_H

#include "calendar/itip.h"
#include "calendar/meeting_private.h"

struct itip_work {
	const struct itip_input *input;
	struct itip_decision *decision;
	struct arena *arena;        /* becomes the result's */
	struct component *calendar; /* the new stored object; NULL: not begun */
	GHashTable *slots;          /* which occurrence -> its component in the object */
	bool noted;                 /* the object has to remember mail that was not applied */
	int64_t budget;             /* of all questions about occurrences: a mail may name thousands */
	GHashTable *seen;           /* which occurrence -> newest content that is gone */
};

/* Whether an address is one of the account's: as listed, as envelope recipient, or
 * with a sub-address (local+detail). */
bool itip_is_ours(const struct itip_input *input, const char *address);
const struct meeting_person *itip_find_ours(const struct itip_input *input,
					    const struct meeting_event *event);
bool itip_from_is(const struct itip_input *input, const char *address);

/* As a reader means it: the same moment, or the same day. */
bool itip_same_time(const struct meeting_time *a, const struct meeting_time *b);
/* The dates that differ (struct itip_changed_date), ascending; NULL where that is not asked. */
GArray *itip_compare_dates(const struct meeting *before, const struct meeting *after, int64_t *budget);

/* Takes what we have proposed for this date (kind NONE: for any, and for the whole) out of an event
 * under edit; true when there was something. */
bool itip_drop_own_proposals(struct itip_work *work, struct component *event, const struct meeting_time *id);

/* Starts the edit: a copy of the stored object, or a new one with the incoming's head. */
void itip_begin_edit(struct itip_work *work);
/* Writes what was noted beside the components and frees the tables. */
void itip_end_edit(struct itip_work *work);
/* The component of an occurrence, or (kind NONE) the master; NULL when there is none. */
struct component *itip_find_slot(const struct itip_work *work, const struct meeting_time *recurrence_id);
struct component *itip_find_master(const struct itip_work *work);
/* Puts a component into the object in place of `before` (NULL: none). */
void itip_put_slot(struct itip_work *work, const struct meeting_time *recurrence_id,
		   struct component *component, struct component *before);

/* What a step did to one event of the object. */
enum itip_step { ITIP_STEP_OLDER, ITIP_STEP_SAME, ITIP_STEP_APPLIED };

/* itip_merge.c: the attendee's side.  Each puts what is incoming into the object
 * under edit; the answer is the best of its events' steps. */
enum itip_step itip_merge_request(struct itip_work *work);
enum itip_step itip_merge_cancel(struct itip_work *work, bool removal);
enum itip_step itip_merge_add(struct itip_work *work);

/* An event shows what its marks say: its STATUS, and whether all dates after it are meant. */
void itip_show_void(struct arena *arena, struct component *event);

/* What making an occurrence out of this series takes from the budget. */
int64_t itip_cost_of_copy(const struct meeting_event *series);

/* itip_answer.c: the organizer's side. */
void itip_take_reply(struct itip_work *work);
void itip_take_counter(struct itip_work *work);
void itip_take_refresh(struct itip_work *work);

/* The one attendee an answer speaks for, or NULL. */
const struct meeting_person *itip_answering(const struct itip_input *input,
					    const struct meeting_event *event);
/* The stored meeting's attendee of that address, in any of its events; or NULL. */
const struct meeting_person *itip_find_invited(const struct meeting *stored, const char *address);

#endif
