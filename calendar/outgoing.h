/* iCalendar text that we make: answers, invitations, cancellations, and the
 * edited stored object.
 *
 * Everything returned is a whole VCALENDAR: CRLF, folded at 75 octets without
 * cutting a character, with a trimmed VTIMEZONE for each TZID in use (Outlook
 * refuses a TZID without one), without our X-CONVOKE marks unless it is the
 * stored object.  g_free() it. */
#ifndef CALENDAR_OUTGOING_H
#define CALENDAR_OUTGOING_H

#include "calendar/meeting.h"

/* An answer of ours to somebody else's meeting. */
struct outgoing_answer {
	const char *address; /* the attendee as invited: itip_decision.invited_as */
	const char *name;    /* CN, or NULL: as the invitation says */
	enum meeting_partstat partstat;
	const char *comment; /* or NULL */
	const struct meeting_time *recurrence_id; /* one occurrence, or NULL: all */
	const char *delegate_to;   /* address, with partstat DELEGATED; or NULL */
	bool as_guest;             /* not on the list (invited through a mailing list): answer all the same */
	int64_t now;               /* seconds UTC */
};

/* NULL when the attendee is not in the meeting, or there is no such occurrence. */
char *outgoing_reply(const struct meeting *meeting, const struct outgoing_answer *answer);
/* The stored object with our answer in it. */
char *outgoing_store_answer(const struct meeting *meeting, const struct outgoing_answer *answer);
/* A proposal of other times for the meeting (or the occurrence of answer->recurrence_id). */
char *outgoing_counter(const struct meeting *meeting, const struct outgoing_answer *answer,
		       const struct meeting_time *start, const struct meeting_time *end);
/* The stored object with that proposal of ours noted in it. */
char *outgoing_store_counter(const struct meeting *meeting, const struct outgoing_answer *answer,
			     const struct meeting_time *start, const struct meeting_time *end);
/* The REQUEST that a delegator forwards to whom he sends in his place (RFC 5546 3.2.2.3), out
 * of the object with his answer in it (outgoing_store_answer): the organizer's version, with
 * both people's lines.  NULL when no event says that he delegated to answer->delegate_to. */
char *outgoing_delegation(const struct meeting *meeting, const struct outgoing_answer *answer);
/* Asks the organizer for the current version. */
char *outgoing_refresh(const struct meeting *meeting, const struct outgoing_answer *answer);

/* What the organizer writes on the page; strings may be NULL. */
struct outgoing_draft {
	const char *uid;     /* a fresh one for a new meeting */
	const char *summary, *location, *description, *url;
	struct meeting_time start, end; /* ZONED, UTC, FLOATING or DATE */
	const char *rule;    /* RRULE's value, or NULL */
	const char *organizer_address, *organizer_name;
	const struct meeting_person *attendees; /* address, name, role, rsvp, cutype count */
	size_t attendee_count;
	int64_t now;
};

/* The stored object of a new meeting.  NULL and *reason_out (g_free()) when the draft can't be one. */
char *outgoing_create(const struct outgoing_draft *draft, char **reason_out);
/* The stored object with the draft's fields in it (uid and organizer stay): SEQUENCE
 * raised, answers asked anew when the time changed, kept otherwise.  With
 * recurrence_id only that occurrence. */
char *outgoing_edit(const struct meeting *meeting, const struct outgoing_draft *draft,
		    const struct meeting_time *recurrence_id, char **reason_out);
/* The stored object, cancelled: all of it or one occurrence; SEQUENCE raised. */
char *outgoing_store_cancel(const struct meeting *meeting,
			    const struct meeting_time *recurrence_id, int64_t now);
/* The stored object with the proposal of `address` for that date (NULL: for the whole) taken over
 * (SEQUENCE raised) or dropped.  NULL when there is no such proposal. */
char *outgoing_accept_proposal(const struct meeting *meeting, const char *address,
			       const struct meeting_time *recurrence_id, int64_t now);
char *outgoing_drop_proposal(const struct meeting *meeting, const char *address,
			     const struct meeting_time *recurrence_id);
/* The stored object with the party crasher invited.  NULL when there is none. */
char *outgoing_invite_crasher(const struct meeting *meeting, const char *address, int64_t now);
/* The stored object with SCHEDULE-STATUS (RFC 6638, "1.2") of an attendee. */
char *outgoing_store_schedule_status(const struct meeting *meeting, const char *address,
				     const char *status);

/* Mail from the organizer, out of the stored object.  recurrence_id: that occurrence alone, as
 * programs send a change to one date; NULL: all.  NULL when there is no such occurrence. */
char *outgoing_request(const struct meeting *meeting, const struct meeting_time *recurrence_id, int64_t now);
/* CANCEL to `addresses` (NULL-terminated; NULL: everybody, the meeting is off).
 * With addresses it says that they were removed, out of the object as it was before: SEQUENCE is
 * that of the change which removed them.  recurrence_id: one occurrence. */
char *outgoing_cancel(const struct meeting *meeting, const char *const *addresses,
		      const struct meeting_time *recurrence_id, int64_t now);
char *outgoing_decline_counter(const struct meeting *meeting, const char *address,
			       const struct meeting_time *recurrence_id, int64_t now);

/* The sender's object for the rendered mail: unknown properties kept, METHOD as
 * it was, URL added to each event that has none.  url may be NULL. */
char *outgoing_with_url(const struct meeting *meeting, const char *url);
/* The stored object for download and for other programs: our marks taken out. */
char *outgoing_export(const struct meeting *meeting);

#endif
