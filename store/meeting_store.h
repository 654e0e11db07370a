/* Calendars, meetings, links and the decision trail.
 *
 * The store keeps prepared values and iCalendar text and parses none.  Proposals and
 * the order of replies live in the meeting's text (calendar/meeting.h). */
#ifndef STORE_MEETING_STORE_H
#define STORE_MEETING_STORE_H

#include "calendar/meeting.h"
#include "store/content.h"
#include "store/store.h"

struct calendar {
	uint64_t calendar_id;
	char *name;
	char *color;          /* "#rrggbb" or "" */
	bool is_default;
};
/* A GPtrArray of struct calendar, the default one first; there always is one. */
enum store_result calendar_list(struct store *store, uint64_t account_id, GPtrArray **calendars_out);

/* One meeting of one account. */
struct meeting_row {
	char *uid;
	uint64_t calendar_id; /* 0 at saving: the default one (or where it is) */
	struct slice ics;     /* with overrides; in a row that was read: owned, NUL behind it */
	char *organizer;      /* address, "" none */
	char *summary, *location;
	enum meeting_status status;
	enum meeting_partstat partstat; /* the account's own answer */
	bool is_organizer;    /* the account organises it */
	char *invited_address; /* which of the account's addresses is meant, "" none */
	uint32_t sequence;
	int64_t stamp;        /* seconds UTC, as in meeting_event */
	/* Bounds of all occurrences, seconds UTC; last_end MEETING_FOREVER. For a range query. */
	int64_t first_start, last_end;
	bool recurring;
	bool busy;            /* blocks time (not TRANSPARENT, not cancelled, not declined) */
	bool shown;           /* false: kept for its links only (removed by its reader, or only offered) */
	uint64_t version;     /* 0 in a new one; raised at each save */
	int64_t created, updated; /* clock_now(); set by the store */
};
void meeting_row_clear(struct meeting_row *row);
void meeting_row_free(struct meeting_row *row);

/* *row_out is overwritten; clear it on any result.  With `lock`, inside a transaction, nobody
 * else changes the meeting until its end: also when it is not there yet (STORE_NOT_FOUND). */
enum store_result meeting_find(struct store *store, uint64_t account_id, const char *uid, bool lock,
			       struct meeting_row *row_out);
/* Inserts (version 0) or replaces what has that version.  STORE_CONFLICT: it has another one (or
 * is there though version is 0); read again and decide anew.  Harmless to the transaction.  *version_out
 * (NULL allowed) is the new one. */
enum store_result meeting_save(struct store *store, uint64_t account_id, const struct meeting_row *row,
			       uint64_t *version_out);
/* With its links and trail. */
enum store_result meeting_remove(struct store *store, uint64_t account_id, const char *uid);

/* Which meetings touch [from, to) by their bounds: the caller expands recurring ones.  By
 * first_start.  A GPtrArray of struct meeting_row. */
struct meeting_query {
	uint64_t account_id;
	uint64_t calendar_id; /* 0: all */
	int64_t from, to;     /* seconds UTC */
	bool busy_only;       /* for free/busy and conflicts */
	bool shown_only;
	unsigned limit;       /* 0: none */
};
enum store_result meeting_list(struct store *store, const struct meeting_query *query,
			       GPtrArray **rows_out);

/* Links: a random token that names account, meeting and invited address. */
struct link {
	char *token;          /* base64url, 22 characters */
	uint64_t account_id;
	char *uid;
	char *address;        /* whom it was made for: an address of the account, lower case */
	int64_t created;      /* clock_now() */
	bool revoked;
};
void link_clear(struct link *link);
/* The link of (account, meeting, address), made when there is none in force.  It may be made
 * before its meeting is. */
enum store_result link_ensure(struct store *store, uint64_t account_id, const char *uid,
			      const char *address, struct link *link_out);
/* STORE_NOT_FOUND; a revoked one is found, with revoked set. */
enum store_result link_find(struct store *store, const char *token, struct link *link_out);
/* All of a meeting, newest first; uid NULL: of the account.  A GPtrArray of struct link. */
enum store_result link_list(struct store *store, uint64_t account_id, const char *uid,
			    GPtrArray **links_out);
enum store_result link_revoke(struct store *store, const char *token);
/* Revokes what is in force and makes a new one. */
enum store_result link_rotate(struct store *store, uint64_t account_id, const char *uid,
			      const char *address, struct link *link_out);

/* The decision trail: one row per incoming meeting mail (and per answer given). */
struct trail_row {
	uint64_t trail_id;    /* rises; set by the store */
	char *uid;            /* "" when the calendar was unreadable */
	int64_t received;     /* clock_now(); 0 at adding: now */
	char *method;         /* "REQUEST" */
	char *from;           /* sender's address */
	char *vouch;          /* who vouched: a word of calendar/imip.h */
	char *kind, *action, *reason; /* words of calendar/itip.h */
	char *note;           /* details for people, "" none */
	char *recurrence_id;  /* the date of a series, as a link names it (calendar/link.h); "" none */
	uint32_t sequence;
	struct mailbox_ref mailbox; /* where the mail went; zeros: nowhere */
	uint32_t message_uid;
	bool has_content;     /* the mail as it came, kept as long as the row */
	uint8_t content_hash[CONTENT_HASH_SIZE];
};
void trail_row_free(struct trail_row *row);
/* NULL strings are kept as ""; trail_id_out may be NULL. */
enum store_result trail_add(struct store *store, uint64_t account_id, const struct trail_row *row,
			    uint64_t *trail_id_out);
/* Of one meeting (uid NULL: of the account), newest first.  A GPtrArray of struct trail_row. */
enum store_result trail_list(struct store *store, uint64_t account_id, const char *uid,
			     unsigned limit, GPtrArray **rows_out);
enum store_result trail_get(struct store *store, uint64_t account_id, uint64_t trail_id,
			    struct trail_row **row_out);

#endif
