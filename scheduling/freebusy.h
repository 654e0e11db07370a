/* When an account is busy, and what a meeting clashes with: from the store's range
 * index, expanding only the recurring meetings that touch the window. */
#ifndef SCHEDULING_FREEBUSY_H
#define SCHEDULING_FREEBUSY_H

#include "calendar/meeting.h"
#include "store/store.h"

struct freebusy_span {
	int64_t start, end; /* seconds UTC */
	bool tentative;
};

struct freebusy_query {
	uint64_t account_id;
	int64_t from, to;        /* seconds UTC; at most a year is looked at */
	const struct zone *zone; /* places floating and all-day times; NULL: UTC */
};

/* Merged, by start.  A GArray of struct freebusy_span. */
enum store_result freebusy_find(struct store *store, const struct freebusy_query *query,
				GArray **spans_out);

struct clash {
	char *uid, *title;
	struct meeting_time start, end; /* zone pointers live as long as the clash */
	struct meeting *meeting;        /* owned */
};
void clash_free(struct clash *clash);

/* The account's other meetings that overlap this one (or one of its occurrences within the
 * next 90 days after `from`), by start, at most `limit`.  A GPtrArray of struct clash. */
enum store_result clash_find(struct store *store, const struct freebusy_query *query,
			     const struct meeting *meeting, unsigned limit, GPtrArray **clashes_out);

#endif
