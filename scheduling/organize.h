/* Meetings made here: each change is stored and its mail queued in one transaction,
 * only to those whom it concerns.  Blocking. */
#ifndef SCHEDULING_ORGANIZE_H
#define SCHEDULING_ORGANIZE_H

#include "calendar/outgoing.h"
#include "scheduling/respond.h"

/* A new meeting: REQUEST to every attendee.  draft->uid NULL: a fresh one; organizer_address
 * NULL: the account's own; now is taken from the actor.  *uid_out (g_free() it) on DONE;
 * *reason_out (g_free() it, may be NULL) a sentence on INVALID. */
enum respond_result organize_create(const struct respond_actor *actor,
				    const struct outgoing_draft *draft, char **uid_out,
				    char **reason_out);
/* The meeting with the draft's fields, or one occurrence of it: REQUEST to those who
 * stay or come, CANCEL to those who are taken off.  expected_version: meeting_row.version that
 * the page showed (else RESPOND_STALE); 0: any. */
enum respond_result organize_edit(const struct respond_actor *actor, const char *uid,
				  const struct meeting_time *recurrence_id,
				  const struct outgoing_draft *draft, uint64_t expected_version,
				  char **reason_out);
/* CANCEL to every attendee; the meeting (or the occurrence) stays as cancelled. */
enum respond_result organize_cancel(const struct respond_actor *actor, const char *uid,
				    const struct meeting_time *recurrence_id);
/* Takes a proposal over (REQUEST to all) or declines it (DECLINECOUNTER to its author).
 * recurrence_id: the date of a series that it is for; NULL: the whole. */
enum respond_result organize_accept_proposal(const struct respond_actor *actor, const char *uid,
					     const char *address, const struct meeting_time *recurrence_id);
enum respond_result organize_decline_proposal(const struct respond_actor *actor, const char *uid,
					      const char *address, const struct meeting_time *recurrence_id);
/* Invites somebody who answered without being invited. */
enum respond_result organize_invite_crasher(const struct respond_actor *actor, const char *uid,
					    const char *address);

#endif
