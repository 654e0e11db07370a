/* From a stored meeting to the model of its page: a pure function. */
#ifndef WEB_MEETING_VIEW_H
#define WEB_MEETING_VIEW_H

#include "calendar/recur.h"
#include "store/meeting_store.h"
#include "web/when.h"

struct meeting_sources {
	const char *token;
	const struct meeting *meeting;
	const struct meeting_row *row;
	/* What the page is about: the whole, or one occurrence of it. */
	struct recur_occurrence about;
	bool one_occurrence;
	const char *const *addresses; /* of the reader, NULL-terminated */
	const char *invited_as;       /* the link's address */
	const GPtrArray *trail;       /* struct trail_row, newest first */
	const GPtrArray *clashes;     /* char * */
	int64_t now;                  /* seconds UTC */
};

struct meeting_view {
	struct page_meeting_model model;
	/* What the model points to, beside the arena's strings. */
	GArray *attendees, *joins;
	GPtrArray *next, *occurrences, *proposals;
	struct page_person organizer;
};

/* The strings live in when's arena; sources must outlive the view. */
struct meeting_view *meeting_view_create(const struct when *when, const struct meeting_sources *sources);
/* *view becomes NULL.  NULL is allowed. */
void meeting_view_destroy(struct meeting_view **view);

/* The reader among the attendees of an event, or NULL. */
const struct meeting_person *meeting_view_reader(const struct meeting_event *event,
						 const struct meeting_sources *sources);
/* "not answered yet", "accepted" ... */
const char *meeting_view_answer(const struct words *words, enum meeting_partstat partstat);

#endif
