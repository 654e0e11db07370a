/* What a meeting mail does to a calendar (RFC 5546), as one pure function.
 *
 * The stored object carries everything that later decisions need (which answer
 * came when, what was cancelled by which SEQUENCE), so that messages which come
 * twice or in another order end in the same object. */
#ifndef CALENDAR_ITIP_H
#define CALENDAR_ITIP_H

#include "calendar/imip.h"
#include "calendar/meeting.h"

enum itip_policy {
	ITIP_ADD_ALL,
	ITIP_ADD_KNOWN, /* only from senders the account has written to or knows */
	ITIP_ADD_NONE,
};

struct itip_input {
	const struct meeting *stored;   /* same UID, or NULL */
	const struct meeting *incoming;
	const char *const *addresses;   /* of the account, the main one first; NULL-terminated */
	const char *recipient;          /* envelope recipient, or NULL */
	const char *const *from;        /* From addresses, NULL-terminated */
	const char *sender;             /* Sender address, or NULL */
	enum imip_vouch vouch;
	enum itip_policy policy;
	bool sender_known;
	bool by_hand; /* the owner asked to apply it all the same: trust and policy don't count */
	int64_t now;  /* seconds UTC */
};

/* What the mail is to its reader; chooses the wording. */
enum itip_kind {
	ITIP_KIND_PUBLISHED,
	ITIP_KIND_INVITATION,          /* also an update, for a recipient new to the meeting */
	ITIP_KIND_UPDATE,
	ITIP_KIND_OCCURRENCE_UPDATE,   /* one occurrence of a known series */
	ITIP_KIND_OCCURRENCE_INVITATION, /* one occurrence of a series we don't have */
	ITIP_KIND_OCCURRENCE_ADDED,    /* ADD */
	ITIP_KIND_CANCELLED,
	ITIP_KIND_OCCURRENCE_CANCELLED,
	ITIP_KIND_REMOVED,             /* we were taken off the list; the meeting takes place */
	ITIP_KIND_REPLY,
	ITIP_KIND_COUNTER,
	ITIP_KIND_COUNTER_DECLINED,
	ITIP_KIND_REFRESH,
	ITIP_KIND_OUTDATED,            /* an older version of what is known */
	ITIP_KIND_OTHER,
};

/* What is done to the calendar, or has to be done by the caller. */
enum itip_action {
	ITIP_ACTION_NONE,
	ITIP_ACTION_OFFER,             /* nothing yet; the page offers to add or apply it */
	ITIP_ACTION_ADD,
	ITIP_ACTION_REPLACE,
	ITIP_ACTION_MERGE_OCCURRENCE,
	ITIP_ACTION_CANCEL,
	ITIP_ACTION_CANCEL_OCCURRENCE,
	ITIP_ACTION_REMOVE,
	ITIP_ACTION_SET_ANSWER,
	ITIP_ACTION_KEEP_CRASHER,      /* an answer of somebody not invited: "wants to come" */
	ITIP_ACTION_KEEP_PROPOSAL,
	ITIP_ACTION_CLEAR_PROPOSAL,
	ITIP_ACTION_SEND_REQUEST,      /* REFRESH: send the current REQUEST to that attendee */
	ITIP_ACTION_SEND_REFRESH,      /* ADD without the master: ask the organizer */
};

enum itip_reason {
	ITIP_REASON_APPLIED,
	ITIP_REASON_DUPLICATE,
	ITIP_REASON_SEQUENCE_LOWER,
	ITIP_REASON_STAMP_OLDER,
	ITIP_REASON_REPLY_OLDER,
	ITIP_REASON_REPLY_TO_OLD_VERSION,
	ITIP_REASON_NOT_INVITED,        /* none of our addresses is an attendee */
	ITIP_REASON_POLICY_KNOWN,
	ITIP_REASON_POLICY_NONE,
	ITIP_REASON_CLAIMS_OUR_MEETING, /* says that we organise it, and we don't know it or others changed it */
	ITIP_REASON_ORGANIZER_DIFFERS,
	ITIP_REASON_SENDER_NOT_ORGANIZER,
	ITIP_REASON_SENDER_NOT_ATTENDEE,
	ITIP_REASON_DELEGATED,          /* an invited one asks us to go in his place */
	ITIP_REASON_SENDER_FAILED,      /* authentication of the sender failed */
	ITIP_REASON_UNKNOWN_MEETING,
	ITIP_REASON_NOT_ORGANIZER,      /* an answer to a meeting that we don't organise */
	ITIP_REASON_NO_SUCH_OCCURRENCE,
	ITIP_REASON_NO_ATTENDEE,        /* an answer without exactly one attendee */
	ITIP_REASON_NO_ORGANIZER,
	ITIP_REASON_NO_START,
	ITIP_REASON_PAST,               /* applied; the meeting is over, nothing is to be answered */
	ITIP_REASON_PUBLISHED,
	ITIP_REASON_METHOD_UNKNOWN,
	ITIP_REASON_NOT_AN_EVENT,
	ITIP_REASON_WAITS_FOR_MASTER,
	ITIP_REASON_CRASHER,
	ITIP_REASON_REMOVED,
	ITIP_REASON_UNVERIFIED,         /* applied; nobody vouched for the sender */
	ITIP_REASON_TOO_LARGE,          /* with it the stored object would be over the limits */
};

/* What changed between `before` and `after`; bits. */
enum itip_change {
	ITIP_CHANGED_TIME = 1 << 0,
	ITIP_CHANGED_RULE = 1 << 1,
	ITIP_CHANGED_SUMMARY = 1 << 2,
	ITIP_CHANGED_LOCATION = 1 << 3,
	ITIP_CHANGED_DESCRIPTION = 1 << 4,
	ITIP_CHANGED_JOIN = 1 << 5,
	ITIP_CHANGED_ATTENDEES = 1 << 6, /* somebody came or went; order and answers are no change */
	ITIP_CHANGED_STATUS = 1 << 7,
	ITIP_CHANGED_ORGANIZER = 1 << 8,
	ITIP_CHANGED_OCCURRENCES = 1 << 9, /* exceptions, dates or overrides */
};

/* A date of a series, in one version of it. */
struct itip_date {
	struct meeting_time start, end;    /* kind NONE: it has none, or cancelled it */
	const struct meeting_event *event; /* its own, or the series */
};

struct itip_changed_date {
	struct itip_date before, after;
};

struct itip_decision {
	enum itip_kind kind;
	enum itip_action action;
	enum itip_reason reason;
	enum imip_vouch vouch;
	/* The new stored object; NULL: the stored one stays.  result->ics is to be stored. */
	struct meeting *result;
	/* In input->incoming: the event the mail is about. */
	const struct meeting_event *about;
	/* The event before (in input->stored) and after (in result); NULL: none. */
	const struct meeting_event *before, *after;
	unsigned changed; /* itip_change bits; 0 without before */
	/* The dates of the series that are other ones, ascending (struct itip_changed_date); NULL: not told. */
	GArray *dates;
	/* Which of our addresses was invited, as written there; NULL: none. */
	const char *invited_as;
	/* REPLY, COUNTER, REFRESH: who; in input->incoming. */
	const struct meeting_person *replier;
	bool crasher;    /* the replier was not invited */
	bool answerable; /* buttons make sense: invited, not cancelled, not over */
	bool organised_here; /* the account is the organizer */
};

/* The input's meetings must outlive the decision. */
struct itip_decision *itip_decide(const struct itip_input *input);
/* *decision becomes NULL.  NULL is allowed. */
void itip_decision_destroy(struct itip_decision **decision);

/* Tokens for headers and the trail ("invitation", "merge-occurrence", "sequence-lower"),
 * and a sentence in English for people (translated by the reader's side). */
const char *itip_kind_name(enum itip_kind kind);
const char *itip_action_name(enum itip_action action);
const char *itip_reason_name(enum itip_reason reason);
const char *itip_reason_sentence(enum itip_reason reason);

/* Which fields differ; either may be NULL (then 0). */
unsigned itip_compare(const struct meeting_event *before, const struct meeting_event *after);

#endif
