/* An account's side of a meeting: who the reader is, what his calendar holds of it,
 * and how a changed meeting is stored. */
#ifndef SCHEDULING_HOLDINGS_H
#define SCHEDULING_HOLDINGS_H

#include "calendar/meeting.h"
#include "config/config.h"
#include "store/meeting_store.h"

/* Who reads, answers or organises. */
struct reader {
	uint64_t account_id;
	char *address;           /* the account's own */
	char *display_name;      /* "" none */
	char *locale;            /* the account's or the setting's */
	const struct zone *zone; /* the account's or the setting's, or UTC */
	char **addresses;        /* all, the own one first; NULL-terminated */
	int add_invitations;     /* enum config_add_invitations */
};
/* *reader_out is overwritten; reader_clear() it on any result. */
enum store_result reader_load(struct store *store, const struct config *config, uint64_t account_id,
			      struct reader *reader_out);
void reader_clear(struct reader *reader);
/* Adds an address that is the reader's in this mail (the envelope's). */
void reader_add_address(struct reader *reader, const char *address);
/* The address of the reader's that equals this one, in lower case as the store wants
 * it; his own when none does. */
const char *reader_own_form(const struct reader *reader, const char *address);

/* What is known of a meeting. */
struct holding {
	struct meeting_row row;      /* all zero when nothing is */
	bool known;                  /* there is a row */
	struct meeting *meeting;     /* the stored object, or what was offered; NULL: none, or unreadable */
	const struct meeting *stored; /* `meeting` when it is in the calendar, NULL when only offered */
};
/* *holding_out is overwritten; holding_clear() it on any result.  STORE_OK also when nothing is
 * known. */
enum store_result holding_load(struct store *store, uint64_t account_id, const char *uid, bool lock,
			       struct holding *holding_out);
void holding_clear(struct holding *holding);

/* Saves `meeting` over what is known.  shown false, or a shell: kept for its links only.
 * STORE_CONFLICT: somebody was quicker; load again and decide anew. */
enum store_result holding_save(struct store *store, const struct reader *reader,
			       const struct holding *holding, const struct meeting *meeting, bool shown);

#endif
