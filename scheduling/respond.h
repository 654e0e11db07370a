/* Answers given here: by the page, by keyword, by mail.
 *
 * The calendar changes and the iTIP mail enters the queue in one transaction; an
 * organizer of ours gets it delivered by the queue's runner like any other.  Blocking. */
#ifndef SCHEDULING_RESPOND_H
#define SCHEDULING_RESPOND_H

#include "calendar/meeting.h"
#include "config/config.h"
#include "store/store.h"

enum respond_result {
	RESPOND_DONE,
	RESPOND_NOT_FOUND,    /* no such meeting, occurrence, trail row or proposal */
	RESPOND_NOT_INVITED,  /* none of the account's addresses is an attendee */
	RESPOND_NOT_ORGANIZER,
	RESPOND_CANCELLED,    /* nothing to answer any more */
	RESPOND_INVALID,      /* what was asked makes no meeting */
	RESPOND_CONFLICT,     /* somebody changed it at the same time, again and again */
	RESPOND_STALE,        /* it is another version than the one that was looked at */
	RESPOND_UNAVAILABLE,  /* the database can't be reached */
};
const char *respond_result_name(enum respond_result result);

/* Who acts. */
struct respond_actor {
	struct store *store;
	const struct config *config;
	uint64_t account_id;
	int64_t now; /* clock_now() */
};

struct respond_answer {
	const char *uid;
	const struct meeting_time *recurrence_id; /* one occurrence; NULL: all */
	enum meeting_partstat partstat;           /* ACCEPTED, TENTATIVE, DECLINED or DELEGATED */
	const char *comment;                      /* or NULL */
	const char *address;                      /* the address that was invited (the link's); NULL: found */
	const char *delegate_to;                  /* DELEGATED: one mail address */
};
/* Sets the account's answer and queues the REPLY.  A meeting that was only offered is put
 * into the calendar (but for a decline or a delegation), one that was taken out of sight is
 * seen again by who comes.  DELEGATED queues the REQUEST for the delegate too;
 * INVALID when that one is the account itself, organises the meeting or is invited already. */
enum respond_result respond_answer(const struct respond_actor *actor,
				   const struct respond_answer *answer);

/* Proposes another time (COUNTER); the calendar stays as it is. */
enum respond_result respond_propose(const struct respond_actor *actor,
				    const struct respond_answer *answer,
				    const struct meeting_time *start, const struct meeting_time *end);

/* Applies by hand what a mail asked and was refused or only offered: trust and policy do
 * not count, order does not either.  trail_id: store/meeting_store.h. */
enum respond_result respond_apply(const struct respond_actor *actor, uint64_t trail_id);

/* Takes the meeting out of the account's view; nobody is told, links stay. */
enum respond_result respond_hide(const struct respond_actor *actor, const char *uid);

#endif
