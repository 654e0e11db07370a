/* Inside of calendar/: the tree behind a meeting, and our marks in stored objects. */
#ifndef CALENDAR_MEETING_PRIVATE_H
#define CALENDAR_MEETING_PRIVATE_H

#include "calendar/component.h"
#include "calendar/meeting.h"
#include "calendar/value.h"

/* TRUE: the midnights of DTSTART and DTEND mean whole days (struct meeting_time, whole_day). */
#define PROPERTY_ALL_DAY "X-MICROSOFT-CDO-ALLDAYEVENT"

/* Properties of an event in a stored object. */
#define MARK_CANCELLED "X-CONVOKE-CANCELLED"     /* stamp of the CANCEL; SEQUENCE parameter */
#define MARK_SHELL "X-CONVOKE-SHELL"             /* all we know of it comes from a CANCEL */
#define MARK_SEEN "X-CONVOKE-SEEN"               /* version of an occurrence's content that is gone (see itip_merge.c) */
#define MARK_GONE "X-CONVOKE-GONE"               /* on the master: cancellation of an occurrence that it does not have */
#define MARK_REMOVED "X-CONVOKE-REMOVED"         /* we were taken off the list */
#define MARK_CRASHER "X-CONVOKE-CRASHER"         /* like ATTENDEE, not invited */
#define MARK_PROPOSAL "X-CONVOKE-PROPOSAL"       /* address; the rest as parameters */
#define MARK_SIGNIFICANT "X-CONVOKE-SIGNIFICANT-SEQUENCE"
#define MARK_ANSWER "X-CONVOKE-ANSWER"           /* the newest REPLY of an attendee (see itip_answer.c) */
#define ANSWER_WAITING "WAITING"                 /* its parameter: none yet since the date was moved */
/* Parameters of ATTENDEE and MARK_CRASHER. */
#define MARK_REPLY_STAMP "X-CONVOKE-REPLY-STAMP"
#define MARK_REPLY_SEQUENCE "X-CONVOKE-REPLY-SEQUENCE"
#define MARK_DELEGATE "X-CONVOKE-DELEGATE" /* on the list because an invited one delegated */
#define MARK_REPLY_OWN "X-CONVOKE-REPLY-OWN" /* answered for this occurrence itself */
#define MARK_COMMENT "X-CONVOKE-COMMENT"
#define MARK_ANY "X-CONVOKE-*"
#define MARK_PARAMETER "X-CONVOKE-"

/* Takes the calendar, whose strings live in the arena, and the arena itself.  The
 * tree is put in order (one master, one override per occurrence, the newest).
 * NULL and *reason_out when it is no meeting; the arena is then gone too. */
struct meeting *meeting_from_tree(struct arena *arena, struct component *calendar, char **reason_out);
/* Whether meeting_load() would take its text: many small mails may make an object grow. */
bool meeting_is_loadable(const struct meeting *meeting);
/* The tree behind it: not to be changed; copy it. */
const struct component *meeting_tree(const struct meeting *meeting);
const struct component *meeting_event_tree(const struct meeting_event *event);

/* Decodes one VEVENT or VTODO. */
void meeting_read_event(struct arena *arena, const struct component *component, struct zone_book *book,
			struct meeting_event *event_out);
void meeting_read_person(struct arena *arena, const struct property *property,
			 struct meeting_person *person_out);
uint32_t meeting_read_sequence(const struct component *component);
int64_t meeting_read_stamp(const struct component *component, const char *name);
/* -1, 0, 1: by SEQUENCE, then by DTSTAMP. */
int meeting_compare_versions(uint32_t sequence_a, int64_t stamp_a, uint32_t sequence_b, int64_t stamp_b);

bool meeting_is_event_name(const char *component_name);
/* The first event without, or with this, RECURRENCE-ID in a tree under edit. */
struct component *meeting_tree_master(const struct component *calendar);

/* An attendee's line in a component: ATTENDEE, or MARK_CRASHER. */
struct property *meeting_tree_attendee(struct arena *arena, const struct component *event,
				       const char *name, const char *address);
/* What an address has proposed for a date (edit_plain_time(); NULL: for the whole). */
struct property *meeting_tree_proposal(struct arena *arena, const struct component *event, const char *address,
				       const char *occurrence);

#endif
