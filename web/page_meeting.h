/* The page behind the link (contract.md): what, when, where, who, one's own
 * answer; for the organizer everybody's answers and proposals.
 *
 * The model's strings are already in the reader's language and zone; the page
 * only arranges them. */
#ifndef WEB_PAGE_MEETING_H
#define WEB_PAGE_MEETING_H

#include "calendar/meeting.h"
#include "web/page.h"

/* One span of time in one zone.  "Tuesday, 5 May 2026, 14:00", "15:30",
 * "Europe/Berlin, UTC+2". */
struct page_when {
	char *start, *start_iso; /* NULL start: no such time */
	char *end, *end_iso;     /* NULL: no end worth saying */
	char *zone;              /* or NULL */
	const char *all_day;     /* instead of an end: the words for it, or NULL */
};

struct page_person {
	const char *name;        /* or NULL */
	const char *address;
	const char *role;        /* "optional", or NULL */
	const char *answer;      /* "accepted" */
	const char *deputy;      /* "to NAME", "in place of NAME", or NULL */
	const char *comment;     /* or NULL */
	bool is_reader;
	const char *invite;      /* a party crasher's address: offer to invite; or NULL */
};

struct page_proposal {
	const char *who, *address;
	struct page_when when;
	const char *comment;
	const char *query, *date; /* the date of the series that it is for; NULL: the whole */
};

struct page_trail_entry {
	char *time, *time_iso;
	char *what, *why;
	const char *apply_id; /* the message can be applied by hand; or NULL */
};

struct page_join {
	const char *uri, *label; /* label or NULL; a uri that is no http(s) is shown as text */
};

struct page_meeting_model {
	const char *token;
	const char *kind;           /* "Invitation", "Cancelled", ... or NULL */
	const char *title;
	const char *location;       /* "" or NULL: none */
	const char *description;
	struct page_when when;      /* reader's zone */
	struct page_when organizer_when; /* start NULL: the same */
	const char *when_note;      /* floating, unknown zone; or NULL */
	const char *recurrence;     /* sentence, or NULL */
	const GPtrArray *next;      /* of char *: next dates; may be NULL */
	const GArray *joins;        /* struct page_join; may be NULL */
	const char *url;            /* or NULL */
	const struct page_person *organizer; /* or NULL */
	const GArray *attendees;    /* struct page_person; may be NULL */
	const char *tally;          /* "3 accepted, 1 declined", or NULL */
	const GPtrArray *clashes;   /* of char *; may be NULL */
	const GPtrArray *occurrences; /* of struct page_occurrence *: overrides worth showing; may be NULL */

	bool cancelled;
	bool answerable;            /* buttons */
	bool is_organizer;
	bool can_propose;
	bool can_hide;              /* offers to take it out of the calendar */
	enum meeting_partstat answer;
	const char *status;         /* state of one's own answer, in words; NULL: none to say */
	struct page_when proposed;  /* by the reader, not decided yet; start NULL: nothing */
	const char *invited_as;     /* the address invited when it is not the account's own; or NULL */
	const char *comment;        /* what one wrote with the answer */
	const char *occurrence;     /* RECURRENCE-ID this page is about, as the query says it; or NULL */
	const char *occurrence_text; /* "This is one date of a series.", or NULL */
	bool has_series;             /* whose page can be seen too */

	const char *flash;          /* what was just done, or NULL */
	enum page_note flash_note;
	const char *offer;          /* why it is not in the calendar and can be added by hand; NULL: it is */
	bool offer_untrusted;       /* nobody vouches for the sender: warn */
	const char *offer_id;       /* the message to apply; NULL: nothing can be applied */
	const GPtrArray *proposals; /* struct page_proposal *; may be NULL */
	const GPtrArray *trail;     /* struct page_trail_entry *; may be NULL */
	bool has_original;
	uint64_t mail_id;           /* of the original, in links to its files */
	const GPtrArray *files;     /* of char *: names of the files that came with it; may be NULL */
	const char *propose_start, *propose_end; /* form values "2026-05-05T14:00" */
	const char *back;           /* a path of the calendar at its day */
};

/* One occurrence that differs from the series. */
struct page_occurrence {
	char *text;      /* "moved from ... to ..." */
	char *query;     /* for the link to its own page */
	const char *off; /* why it does not take place for the reader; NULL: it does */
};

GString *page_meeting(const struct page_frame *frame, const struct page_meeting_model *model);

#endif
