/* Meeting mail to alice from bob, and answers to bob, for the tests of what it does. */
#ifndef TESTS_ITIP_CASE_H
#define TESTS_ITIP_CASE_H

#include "calendar/itip.h"

extern const char *const alice[], *const bob[];

#define NOW 1767000000 /* 2025-12-29 */

/* Around main(): decisions point into meetings, so all live until the end. */
void itip_case_init(int *argc, char ***argv);
int itip_case_run(void);

struct meeting *keep(struct meeting *meeting);
/* METHOD (NULL: none) and the text of the events. */
struct meeting *parse(const char *method, const char *events);
/* One event: the lines given, behind UID, organizer (bob) and attendees (alice, carol). */
char *event(const char *lines);
struct meeting *mail(const char *method, const char *lines);
struct itip_input attendee_input(const struct meeting *stored, const struct meeting *incoming);
/* Decides and moves the calendar on: *stored becomes the new object. */
struct itip_decision *apply(const struct itip_input *input, struct meeting **stored);
struct itip_decision *deliver(struct meeting **stored, const char *method, const char *lines);

#define V0 "DTSTAMP:20260101T100000Z\r\nSEQUENCE:0\r\n"
#define V1 "DTSTAMP:20260102T100000Z\r\nSEQUENCE:1\r\n"
#define V2 "DTSTAMP:20260103T100000Z\r\nSEQUENCE:2\r\n"
#define AT10 "DTSTART:20260505T100000Z\r\nDTEND:20260505T110000Z\r\nSUMMARY:Plan"
#define AT12 "DTSTART:20260505T120000Z\r\nDTEND:20260505T130000Z\r\nSUMMARY:Plan"
#define SERIES "DTSTART;TZID=Europe/Berlin:20260505T100000\r\nDTEND;TZID=Europe/Berlin:20260505T110000\r\n" \
	       "RRULE:FREQ=WEEKLY;COUNT=10\r\nSUMMARY:Plan"

/* Takes the decision. */
void check(struct itip_decision *d, enum itip_kind kind, enum itip_action action, enum itip_reason reason);
enum meeting_partstat answer_of(const struct meeting *meeting, const char *address);
/* As if the account had answered. */
struct meeting *replace_text(const struct meeting *meeting, const char *from, const char *to);

/* The organizer's side: bob's stored meeting, with alice and carol invited. */
struct meeting *bobs_meeting(const char *lines);
struct itip_decision *answer(struct meeting **stored, const char *method, const char *from_address,
				    const char *lines);

#define ALICE_SAYS(partstat) "ATTENDEE;PARTSTAT=" partstat ":mailto:alice@example.test\r\n"
#define BOBS "ORGANIZER:mailto:bob@example.test\r\n"

#endif
