/* Inside of calendar/: editing a meeting's object, shared by what decides and what
 * is sent. */
#ifndef CALENDAR_EDIT_H
#define CALENDAR_EDIT_H

#include "calendar/meeting_private.h"

/* A meeting's tree under edit, with the components of its events at hand. */
struct edit {
	const struct meeting *meeting;
	struct arena *arena;
	struct component *calendar;
	struct component *master;     /* or NULL */
	struct component **overrides; /* in the order of meeting->overrides */
};

void edit_begin(struct edit *edit, const struct meeting *meeting);
/* The object as text; the edit is over.  g_free() it. */
char *edit_finish(struct edit *edit);
void edit_abandon(struct edit *edit);

/* The override's component, or NULL. */
struct component *edit_find_override(const struct edit *edit, const struct meeting_time *recurrence_id);
/* A copy of `source` (the master's component) as the single occurrence that begins at `start`
 * (recur_normalise()), not yet in any calendar. */
struct component *edit_make_occurrence(struct arena *arena, const struct meeting *meeting,
				       const struct component *source, const struct meeting_time *start);
/* The component an edit of this occurrence (NULL: the whole) belongs in; an override is
 * made where there is none.  NULL when there is no such occurrence. */
struct component *edit_slot(struct edit *edit, const struct meeting_time *recurrence_id);

void edit_set_time(struct arena *arena, struct component *component, const char *name,
		   const struct meeting_time *time);
/* A time as one word without parameters: in UTC where it has an instant; NULL for kind NONE. */
const char *edit_plain_time(struct arena *arena, const struct meeting_time *time);
void edit_set_text(struct arena *arena, struct component *component, const char *name, const char *text);
void edit_set_number(struct arena *arena, struct component *component, const char *name, uint32_t number);
/* One above the highest of all its events; set as the event's own. */
uint32_t edit_next_sequence(const struct meeting *meeting);
void edit_raise_sequence(struct arena *arena, struct component *event, const struct meeting *meeting);
/* Our marks out of a component and all below it. */
void edit_remove_marks(struct arena *arena, struct component *component);
/* Adds the TZIDs that a component's times name, below it too; they live in the arena. */
void edit_collect_zones(struct arena *arena, const struct component *component, GHashTable *used);
/* A VTIMEZONE for every TZID in use that has none, as far as its zone is known; those
 * not in use are removed. */
void edit_complete_zones(struct arena *arena, struct component *calendar, struct meeting_span span);

/* A VCALENDAR of ours with this METHOD (NULL: none). */
struct component *edit_new_calendar(struct arena *arena, const char *method);
char *edit_text(const struct component *calendar);

#endif
