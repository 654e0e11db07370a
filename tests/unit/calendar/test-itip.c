/* The table of what meeting mail does, row by row, and the failures that others met. */
#include "calendar/itip.h"

#include "base/clock.h"
#include "calendar/outgoing.h"
#include "calendar/zone.h"

static const char *const alice[] = { "alice@example.test", "a.long@example.test", NULL };
static const char *const bob[] = { "bob@example.test", NULL };

#define NOW 1767000000 /* 2025-12-29 */

static GPtrArray *kept; /* decisions point into meetings: all live until the end */

static struct meeting *keep(struct meeting *meeting)
{
	g_ptr_array_add(kept, meeting);
	return meeting;
}

static void let_go(void *meeting)
{
	struct meeting *m = meeting;

	meeting_destroy(&m);
}

static struct meeting *parse(const char *method, const char *events)
{
	g_autofree char *text = g_strdup_printf("BEGIN:VCALENDAR\r\nVERSION:2.0\r\nPRODID:-//t//t//EN\r\n%s%s%s%s"
						"END:VCALENDAR\r\n",
						method != NULL ? "METHOD:" : "", method != NULL ? method : "",
						method != NULL ? "\r\n" : "", events);
	char *reason = NULL;
	struct meeting *meeting = meeting_parse(slice_from_string(text), NULL, &reason);

	if (meeting == NULL)
		g_error("%s: %s", text, reason);
	return keep(meeting);
}

/* One event: the lines given, behind UID, organizer (bob) and attendees (alice, carol). */
static char *event(const char *lines)
{
	return g_strdup_printf("BEGIN:VEVENT\r\nUID:m1\r\nORGANIZER;CN=Bob:mailto:bob@example.test\r\n"
			       "ATTENDEE;PARTSTAT=NEEDS-ACTION;RSVP=TRUE:mailto:alice@example.test\r\n"
			       "ATTENDEE;PARTSTAT=NEEDS-ACTION:mailto:carol@example.test\r\n%s\r\nEND:VEVENT\r\n",
			       lines);
}

static struct meeting *mail(const char *method, const char *lines)
{
	g_autofree char *text = event(lines);

	return parse(method, text);
}

static struct itip_input attendee_input(const struct meeting *stored, const struct meeting *incoming)
{
	static const char *const from[] = { "bob@example.test", NULL };

	return (struct itip_input){ .stored = stored, .incoming = incoming, .addresses = alice,
				    .recipient = "alice@example.test", .from = from,
				    .vouch = IMIP_VOUCHED, .policy = ITIP_ADD_ALL, .now = NOW };
}

/* Decides and moves the calendar on: *stored becomes the new object. */
static struct itip_decision *apply(const struct itip_input *input, struct meeting **stored)
{
	struct itip_decision *decision = itip_decide(input);

	if (decision->result != NULL) {
		struct meeting *next = meeting_load(decision->result->ics);

		g_assert_nonnull(next);
		g_assert_true(slice_equal(next->ics, decision->result->ics));
		*stored = keep(next);
	}
	return decision;
}

static struct itip_decision *deliver(struct meeting **stored, const char *method, const char *lines)
{
	struct meeting *incoming = mail(method, lines);
	struct itip_input input = attendee_input(*stored, incoming);

	return apply(&input, stored);
}

#define V0 "DTSTAMP:20260101T100000Z\r\nSEQUENCE:0\r\n"
#define V1 "DTSTAMP:20260102T100000Z\r\nSEQUENCE:1\r\n"
#define V2 "DTSTAMP:20260103T100000Z\r\nSEQUENCE:2\r\n"
#define AT10 "DTSTART:20260505T100000Z\r\nDTEND:20260505T110000Z\r\nSUMMARY:Plan"
#define AT12 "DTSTART:20260505T120000Z\r\nDTEND:20260505T130000Z\r\nSUMMARY:Plan"
#define SERIES "DTSTART;TZID=Europe/Berlin:20260505T100000\r\nDTEND;TZID=Europe/Berlin:20260505T110000\r\n" \
	       "RRULE:FREQ=WEEKLY;COUNT=10\r\nSUMMARY:Plan"

static void check(struct itip_decision *d, enum itip_kind kind, enum itip_action action, enum itip_reason reason)
{
	g_assert_cmpstr(itip_kind_name(d->kind), ==, itip_kind_name(kind));
	g_assert_cmpstr(itip_action_name(d->action), ==, itip_action_name(action));
	g_assert_cmpstr(itip_reason_name(d->reason), ==, itip_reason_name(reason));
	itip_decision_destroy(&d);
}

static enum meeting_partstat answer_of(const struct meeting *meeting, const char *address)
{
	const char *const addresses[] = { address, NULL };
	const struct meeting_person *person = meeting_find_attendee(meeting_main_event(meeting), addresses);

	g_assert_nonnull(person);
	return person->partstat;
}

/* As if the account had answered. */
static struct meeting *replace_text(const struct meeting *meeting, const char *from, const char *to)
{
	g_autofree char *text = g_strndup(meeting->ics.data, meeting->ics.len);
	g_auto(GStrv) parts = g_strsplit(text, from, 2);
	g_autofree char *joined = g_strjoinv(to, parts);
	struct meeting *changed = meeting_load(slice_from_string(joined));

	g_assert_nonnull(changed);
	g_assert_cmpuint(g_strv_length(parts), ==, 2);
	return keep(changed);
}

static void a_new_request_enters_unanswered_whatever_it_claims(void)
{
	struct meeting *stored = NULL;
	struct meeting *incoming = parse("REQUEST", "BEGIN:VEVENT\r\nUID:m1\r\nORGANIZER:mailto:bob@example.test\r\n"
					 "ATTENDEE;PARTSTAT=ACCEPTED:MAILTO:Alice@Example.TEST\r\n" V0 AT10
					 "\r\nCOLOR:red\r\nBEGIN:VALARM\r\nACTION:AUDIO\r\nTRIGGER:-PT5M\r\nEND:VALARM\r\n"
					 "X-OTHER;X-P=1:kept\r\nEND:VEVENT\r\n");
	struct itip_input input = attendee_input(NULL, incoming);
	struct itip_decision *d = apply(&input, &stored);

	g_assert_true(d->answerable);
	g_assert_cmpstr(d->invited_as, ==, "Alice@Example.TEST");
	check(d, ITIP_KIND_INVITATION, ITIP_ACTION_ADD, ITIP_REASON_APPLIED);
	g_assert_cmpint(answer_of(stored, "alice@example.test"), ==, MEETING_PARTSTAT_NEEDS_ACTION);
	g_assert_null(strstr(stored->ics.data, "VALARM"));
	g_assert_null(strstr(stored->ics.data, "COLOR"));
	g_assert_null(strstr(stored->ics.data, "METHOD"));
	g_assert_nonnull(strstr(stored->ics.data, "X-OTHER;X-P=1:kept"));
}

static void who_is_invited_is_asked_of_every_address(void)
{
	static const struct {
		const char *attendee, *recipient;
		enum itip_reason reason;
	} rows[] = {
		{ "mailto:alice@example.test", NULL, ITIP_REASON_APPLIED },
		{ "MAILTO:A.Long@EXAMPLE.test", NULL, ITIP_REASON_APPLIED },
		{ "mailto:alice%40example.test", NULL, ITIP_REASON_APPLIED },
		{ "mailto:alice+work@example.test", NULL, ITIP_REASON_APPLIED },
		{ "mailto:team@example.test", "team@example.test", ITIP_REASON_APPLIED },
		{ "mailto:team@example.test", "alice@example.test", ITIP_REASON_NOT_INVITED },
		{ "mailto:alice@example.test.evil.test", NULL, ITIP_REASON_NOT_INVITED },
		{ "urn:uuid:1", NULL, ITIP_REASON_NOT_INVITED },
	};

	for (size_t i = 0; i < G_N_ELEMENTS(rows); i++) {
		g_autofree char *text = g_strdup_printf(
			"BEGIN:VEVENT\r\nUID:m1\r\nORGANIZER:mailto:bob@example.test\r\nATTENDEE:%s\r\n" V0 AT10
			"\r\nEND:VEVENT\r\n",
			rows[i].attendee);
		struct meeting *incoming = parse("REQUEST", text);
		struct itip_input input = attendee_input(NULL, incoming);

		input.recipient = rows[i].recipient;
		check(itip_decide(&input), ITIP_KIND_INVITATION,
		      rows[i].reason == ITIP_REASON_APPLIED ? ITIP_ACTION_ADD : ITIP_ACTION_OFFER, rows[i].reason);
	}
}

static void policy_decides_what_enters_by_itself(void)
{
	static const struct {
		enum itip_policy policy;
		bool known, by_hand;
		enum itip_action action;
		enum itip_reason reason;
	} rows[] = {
		{ ITIP_ADD_ALL, false, false, ITIP_ACTION_ADD, ITIP_REASON_APPLIED },
		{ ITIP_ADD_KNOWN, false, false, ITIP_ACTION_OFFER, ITIP_REASON_POLICY_KNOWN },
		{ ITIP_ADD_KNOWN, true, false, ITIP_ACTION_ADD, ITIP_REASON_APPLIED },
		{ ITIP_ADD_NONE, true, false, ITIP_ACTION_OFFER, ITIP_REASON_POLICY_NONE },
		{ ITIP_ADD_NONE, true, true, ITIP_ACTION_ADD, ITIP_REASON_APPLIED },
	};
	struct meeting *incoming = mail("REQUEST", V0 AT10);

	for (size_t i = 0; i < G_N_ELEMENTS(rows); i++) {
		struct itip_input input = attendee_input(NULL, incoming);

		input.policy = rows[i].policy;
		input.sender_known = rows[i].known;
		input.by_hand = rows[i].by_hand;
		check(itip_decide(&input), ITIP_KIND_INVITATION, rows[i].action, rows[i].reason);
	}
}

static void an_update_is_judged_by_sequence_then_stamp_then_last_modified(void)
{
	static const struct {
		const char *first, *second;
		enum itip_kind kind;
		enum itip_reason reason;
	} rows[] = {
		{ V0 AT10, V1 AT12, ITIP_KIND_UPDATE, ITIP_REASON_APPLIED },
		{ V1 AT10, V0 AT12, ITIP_KIND_OUTDATED, ITIP_REASON_SEQUENCE_LOWER },
		{ V0 AT10, "DTSTAMP:20260101T110000Z\r\nSEQUENCE:0\r\n" AT12, ITIP_KIND_UPDATE, ITIP_REASON_APPLIED },
		{ V0 AT10, "DTSTAMP:20260101T090000Z\r\nSEQUENCE:0\r\n" AT12, ITIP_KIND_OUTDATED,
		  ITIP_REASON_STAMP_OLDER },
		{ V0 AT10, V0 AT10, ITIP_KIND_INVITATION, ITIP_REASON_DUPLICATE },
		{ V1 AT10, V1 AT10, ITIP_KIND_UPDATE, ITIP_REASON_DUPLICATE },
		/* Apple raises LAST-MODIFIED only */
		{ V0 "LAST-MODIFIED:20260101T100000Z\r\n" AT10, V0 "LAST-MODIFIED:20260101T120000Z\r\n" AT12,
		  ITIP_KIND_UPDATE, ITIP_REASON_APPLIED },
		/* Microsoft's own count wins over SEQUENCE */
		{ V2 "X-MICROSOFT-CDO-APPT-SEQUENCE:1\r\n" AT10, V1 "X-MICROSOFT-CDO-APPT-SEQUENCE:3\r\n" AT12,
		  ITIP_KIND_UPDATE, ITIP_REASON_APPLIED },
	};

	for (size_t i = 0; i < G_N_ELEMENTS(rows); i++) {
		struct meeting *stored = NULL;
		struct itip_decision *d;

		itip_decision_destroy(&(struct itip_decision *){ deliver(&stored, "REQUEST", rows[i].first) });
		d = deliver(&stored, "REQUEST", rows[i].second);
		g_assert_cmpstr(itip_reason_name(d->reason), ==, itip_reason_name(rows[i].reason));
		g_assert_cmpstr(itip_kind_name(d->kind), ==, itip_kind_name(rows[i].kind));
		g_assert_cmpuint(d->changed, ==, rows[i].reason == ITIP_REASON_APPLIED ? ITIP_CHANGED_TIME : 0);
		itip_decision_destroy(&d);
	}
}

static void our_own_things_survive_an_update_and_the_answer_unless_the_time_changed(void)
{
	struct meeting *stored = NULL, *ours;

	check(deliver(&stored, "REQUEST", V0 AT10 "\r\nCATEGORIES:THEIRS\r\nTRANSP:OPAQUE"), ITIP_KIND_INVITATION,
	      ITIP_ACTION_ADD, ITIP_REASON_APPLIED);
	ours = replace_text(stored, "PARTSTAT=NEEDS-ACTION;RSVP=TRUE:mailto:alice",
			    "PARTSTAT=ACCEPTED;RSVP=TRUE:mailto:alice");
	ours = replace_text(ours, "TRANSP:OPAQUE", "TRANSP:TRANSPARENT\r\nCOLOR:green");
	ours = replace_text(ours, "END:VEVENT",
			    "BEGIN:VALARM\r\nACTION:DISPLAY\r\nTRIGGER:-PT15M\r\nEND:VALARM\r\nEND:VEVENT");
	stored = ours;
	check(deliver(&stored, "REQUEST", V1 AT10 "\r\nLOCATION:Room 4\r\nCATEGORIES:NEW\r\nTRANSP:OPAQUE"),
	      ITIP_KIND_UPDATE, ITIP_ACTION_REPLACE, ITIP_REASON_APPLIED);
	g_assert_cmpint(answer_of(stored, "alice@example.test"), ==, MEETING_PARTSTAT_ACCEPTED);
	g_assert_true(stored->master->transparent);
	g_assert_cmpstr(stored->master->color, ==, "green");
	g_assert_cmpstr(stored->master->categories[0], ==, "NEW"); /* never ours */
	g_assert_nonnull(strstr(stored->ics.data, "TRIGGER:-PT15M"));
	check(deliver(&stored, "REQUEST", V2 AT12), ITIP_KIND_UPDATE, ITIP_ACTION_REPLACE, ITIP_REASON_APPLIED);
	g_assert_cmpint(answer_of(stored, "alice@example.test"), ==, MEETING_PARTSTAT_NEEDS_ACTION);
	g_assert_nonnull(strstr(stored->ics.data, "TRIGGER:-PT15M"));
}

static void what_does_not_change_for_a_reader_is_no_change(void)
{
	static const char *const same[] = {
		V1 "DTSTART:20260505T100000Z\r\nDURATION:PT1H\r\nSUMMARY:Plan",
		V1 "DTSTART;TZID=Europe/Berlin:20260505T120000\r\nDTEND:20260505T110000Z\r\nSUMMARY:Plan",
		V1 AT10 "\r\nTRANSP:TRANSPARENT\r\nSTATUS:CONFIRMED",
		V1 "DTSTART:20260505T100000Z\r\nDTEND:20260505T110000Z\r\nSUMMARY:Plan ",
	};
	struct meeting *first = mail("REQUEST", V0 AT10);

	for (size_t i = 0; i < G_N_ELEMENTS(same); i++) {
		struct meeting *second = mail("REQUEST", same[i]);

		g_assert_cmpuint(itip_compare(first->master, second->master), ==, 0);
	}
	first = mail("REQUEST", V0 "RRULE:FREQ=WEEKLY;BYDAY=MO,TU;INTERVAL=1\r\n" AT10);
	g_assert_cmpuint(itip_compare(first->master, mail("REQUEST", V0 "RRULE:BYDAY=TU,MO;FREQ=WEEKLY;WKST=MO\r\n" AT10)->master),
			 ==, 0);
	g_assert_cmpuint(itip_compare(first->master, mail("REQUEST", V0 "RRULE:FREQ=WEEKLY;BYDAY=TU\r\n" AT10)->master),
			 ==, ITIP_CHANGED_RULE);
}

/* nextcloud/server #60159: an update of one occurrence deleted the series. */
static void an_occurrence_is_merged_and_the_series_stays(void)
{
	struct meeting *stored = NULL;
	struct itip_decision *d;

	check(deliver(&stored, "REQUEST", V0 SERIES), ITIP_KIND_INVITATION, ITIP_ACTION_ADD, ITIP_REASON_APPLIED);
	d = deliver(&stored, "REQUEST",
		    V1 "RECURRENCE-ID:20260512T080000Z\r\nDTSTART;TZID=Europe/Berlin:20260512T150000\r\n"
		       "DTEND;TZID=Europe/Berlin:20260512T160000\r\nSUMMARY:Plan");
	g_assert_cmpuint(d->changed, ==, ITIP_CHANGED_TIME);
	check(d, ITIP_KIND_OCCURRENCE_UPDATE, ITIP_ACTION_MERGE_OCCURRENCE, ITIP_REASON_APPLIED);
	g_assert_nonnull(stored->master);
	g_assert_cmpuint(stored->master->rule_count, ==, 1);
	g_assert_cmpuint(stored->override_count, ==, 1);
	/* a newer version of the series without it drops it */
	check(deliver(&stored, "REQUEST", V2 SERIES), ITIP_KIND_UPDATE, ITIP_ACTION_REPLACE, ITIP_REASON_APPLIED);
	g_assert_cmpuint(stored->override_count, ==, 0);
}

static void one_occurrence_of_a_series_we_do_not_have_is_an_invitation(void)
{
	struct meeting *stored = NULL;

	check(deliver(&stored, "REQUEST", V1 "RECURRENCE-ID:20260512T080000Z\r\nDTSTART:20260512T130000Z\r\nSUMMARY:Plan"),
	      ITIP_KIND_OCCURRENCE_INVITATION, ITIP_ACTION_ADD, ITIP_REASON_APPLIED);
	g_assert_null(stored->master);
	g_assert_cmpuint(stored->override_count, ==, 1);
}

/* nextcloud/calendar #7057: cancelling one occurrence cancelled them all. */
static void a_cancelled_occurrence_leaves_the_others(void)
{
	struct meeting *stored = NULL;

	check(deliver(&stored, "REQUEST", V0 SERIES), ITIP_KIND_INVITATION, ITIP_ACTION_ADD, ITIP_REASON_APPLIED);
	check(deliver(&stored, "CANCEL",
		      V1 "STATUS:CANCELLED\r\nRECURRENCE-ID;TZID=Europe/Berlin:20260512T100000\r\n"
			 "DTSTART;TZID=Europe/Berlin:20260512T100000\r\nSUMMARY:Plan"),
	      ITIP_KIND_OCCURRENCE_CANCELLED, ITIP_ACTION_CANCEL_OCCURRENCE, ITIP_REASON_APPLIED);
	g_assert_cmpint(stored->master->status, ==, MEETING_STATUS_NONE);
	g_assert_cmpuint(stored->override_count, ==, 1);
	g_assert_cmpint(stored->overrides[0]->status, ==, MEETING_STATUS_CANCELLED);
	check(deliver(&stored, "CANCEL",
		      V1 "STATUS:CANCELLED\r\nRECURRENCE-ID:20260513T080000Z\r\nDTSTART:20260513T080000Z\r\nSUMMARY:Plan"),
	      ITIP_KIND_OCCURRENCE_CANCELLED, ITIP_ACTION_NONE, ITIP_REASON_NO_SUCH_OCCURRENCE);
}

static void a_cancel_of_the_whole_stays_visible_and_has_no_answer(void)
{
	struct meeting *stored = NULL;
	struct itip_decision *d;

	check(deliver(&stored, "REQUEST", V0 AT10), ITIP_KIND_INVITATION, ITIP_ACTION_ADD, ITIP_REASON_APPLIED);
	d = deliver(&stored, "CANCEL", V1 "STATUS:CANCELLED\r\n" AT10);
	g_assert_false(d->answerable);
	check(d, ITIP_KIND_CANCELLED, ITIP_ACTION_CANCEL, ITIP_REASON_APPLIED);
	g_assert_cmpint(stored->master->status, ==, MEETING_STATUS_CANCELLED);
	g_assert_cmpstr(stored->master->summary, ==, "Plan");
	check(deliver(&stored, "CANCEL", V1 "STATUS:CANCELLED\r\n" AT10), ITIP_KIND_CANCELLED, ITIP_ACTION_NONE,
	      ITIP_REASON_DUPLICATE);
	/* taken up again by a newer request */
	check(deliver(&stored, "REQUEST", V2 AT10), ITIP_KIND_UPDATE, ITIP_ACTION_REPLACE, ITIP_REASON_APPLIED);
	g_assert_cmpint(stored->master->status, ==, MEETING_STATUS_NONE);
	check(deliver(&stored, "CANCEL", V1 "STATUS:CANCELLED\r\n" AT10), ITIP_KIND_OUTDATED, ITIP_ACTION_NONE,
	      ITIP_REASON_SEQUENCE_LOWER);
}

static void a_cancel_that_names_only_us_removes_us(void)
{
	struct meeting *stored = NULL, *incoming;
	struct itip_input input;

	check(deliver(&stored, "REQUEST", V0 AT10), ITIP_KIND_INVITATION, ITIP_ACTION_ADD, ITIP_REASON_APPLIED);
	incoming = parse("CANCEL", "BEGIN:VEVENT\r\nUID:m1\r\nORGANIZER:mailto:bob@example.test\r\n"
				   "ATTENDEE:mailto:alice@example.test\r\n" V1 AT10 "\r\nEND:VEVENT\r\n");
	input = attendee_input(stored, incoming);
	check(apply(&input, &stored), ITIP_KIND_REMOVED, ITIP_ACTION_REMOVE, ITIP_REASON_APPLIED);
	g_assert_true(stored->removed);
	g_assert_cmpint(stored->master->status, ==, MEETING_STATUS_NONE);
	/* invited again: an invitation, not an update */
	check(deliver(&stored, "REQUEST", V2 AT10), ITIP_KIND_INVITATION, ITIP_ACTION_REPLACE, ITIP_REASON_APPLIED);
	g_assert_false(stored->removed);
}

#define ALONE "BEGIN:VEVENT\r\nUID:m1\r\nORGANIZER:mailto:bob@example.test\r\n" \
	      "ATTENDEE:mailto:alice@example.test\r\n%s\r\nEND:VEVENT\r\n"

static void a_cancel_without_status_of_a_meeting_for_us_alone_is_no_removal(void)
{
	g_autofree char *first = g_strdup_printf(ALONE, V0 AT10), *second = g_strdup_printf(ALONE, V1 AT10);
	struct meeting *stored = NULL;
	struct itip_input input = attendee_input(NULL, parse("REQUEST", first));

	check(apply(&input, &stored), ITIP_KIND_INVITATION, ITIP_ACTION_ADD, ITIP_REASON_APPLIED);
	input = attendee_input(stored, parse("CANCEL", second));
	check(apply(&input, &stored), ITIP_KIND_CANCELLED, ITIP_ACTION_CANCEL, ITIP_REASON_APPLIED);
	g_assert_cmpint(stored->master->status, ==, MEETING_STATUS_CANCELLED);
}

static void a_cancel_that_comes_first_waits_for_its_invitation(void)
{
	struct meeting *stored = NULL;

	check(deliver(&stored, "CANCEL", V1 "STATUS:CANCELLED\r\n" AT10), ITIP_KIND_CANCELLED, ITIP_ACTION_NONE,
	      ITIP_REASON_UNKNOWN_MEETING);
	g_assert_true(stored->shell);
	check(deliver(&stored, "REQUEST", V0 AT10 "\r\nLOCATION:Room 4"), ITIP_KIND_INVITATION, ITIP_ACTION_ADD,
	      ITIP_REASON_APPLIED);
	g_assert_false(stored->shell);
	g_assert_cmpint(stored->master->status, ==, MEETING_STATUS_CANCELLED);
	g_assert_cmpstr(stored->master->location, ==, "Room 4");
}

/* A shell left by somebody else must not keep the real invitation out. */
static void a_strangers_cancel_in_advance_does_not_block(void)
{
	static const char *const mallory[] = { "mallory@evil.test", NULL };
	struct meeting *stored = NULL;
	struct meeting *forged = parse("CANCEL", "BEGIN:VEVENT\r\nUID:m1\r\nORGANIZER:mailto:mallory@evil.test\r\n"
				       "ATTENDEE:mailto:alice@example.test\r\nSTATUS:CANCELLED\r\n"
				       "DTSTAMP:20260101T100000Z\r\nSEQUENCE:99999\r\n" AT10 "\r\nEND:VEVENT\r\n");
	struct itip_input input = attendee_input(NULL, forged);

	input.from = mallory;
	itip_decision_destroy(&(struct itip_decision *){ apply(&input, &stored) });
	check(deliver(&stored, "REQUEST", V0 AT10), ITIP_KIND_INVITATION, ITIP_ACTION_ADD, ITIP_REASON_APPLIED);
	g_assert_cmpint(stored->master->status, ==, MEETING_STATUS_NONE);
}

static void add_makes_one_occurrence_more_or_asks_for_the_series(void)
{
	struct meeting *stored = NULL;
	struct itip_decision *d = deliver(&stored, "ADD", V1 "DTSTART:20260601T080000Z\r\nDTEND:20260601T090000Z\r\nSUMMARY:Extra");

	check(d, ITIP_KIND_OCCURRENCE_ADDED, ITIP_ACTION_SEND_REFRESH, ITIP_REASON_WAITS_FOR_MASTER);
	stored = NULL;
	check(deliver(&stored, "REQUEST", V0 SERIES), ITIP_KIND_INVITATION, ITIP_ACTION_ADD, ITIP_REASON_APPLIED);
	check(deliver(&stored, "ADD", V1 "DTSTART:20260601T080000Z\r\nDTEND:20260601T090000Z\r\nSUMMARY:Extra"),
	      ITIP_KIND_OCCURRENCE_ADDED, ITIP_ACTION_ADD, ITIP_REASON_APPLIED);
	g_assert_cmpuint(stored->override_count, ==, 1);
	g_assert_cmpuint(stored->master->rule_count, ==, 1);
}

/* CVE shapes: forged REQUEST, CANCEL, REPLY. */
static void only_the_organizer_vouched_for_changes_a_meeting(void)
{
	static const struct {
		const char *method, *organizer, *from;
		enum imip_vouch vouch;
		enum itip_reason reason;
		bool applied;
	} rows[] = {
		{ "REQUEST", "bob@example.test", "bob@example.test", IMIP_VOUCHED, ITIP_REASON_APPLIED, true },
		{ "REQUEST", "bob@example.test", "BOB@example.test", IMIP_UNVERIFIED, ITIP_REASON_UNVERIFIED, true },
		{ "REQUEST", "bob@example.test", "bob@example.test", IMIP_FAILED, ITIP_REASON_SENDER_FAILED, false },
		{ "REQUEST", "bob@example.test", "mallory@evil.test", IMIP_VOUCHED, ITIP_REASON_SENDER_NOT_ORGANIZER, false },
		{ "REQUEST", "mallory@evil.test", "mallory@evil.test", IMIP_VOUCHED, ITIP_REASON_ORGANIZER_DIFFERS, false },
		{ "REQUEST", "alice@example.test", "mallory@evil.test", IMIP_VOUCHED, ITIP_REASON_CLAIMS_OUR_MEETING, false },
		{ "CANCEL", "bob@example.test", "bob@example.test", IMIP_VOUCHED, ITIP_REASON_APPLIED, true },
		{ "CANCEL", "bob@example.test", "mallory@evil.test", IMIP_VOUCHED, ITIP_REASON_SENDER_NOT_ORGANIZER, false },
		{ "CANCEL", "bob@example.test", "bob@example.test", IMIP_FAILED, ITIP_REASON_SENDER_FAILED, false },
		{ "CANCEL", "mallory@evil.test", "mallory@evil.test", IMIP_VOUCHED, ITIP_REASON_ORGANIZER_DIFFERS, false },
		/* a SENT-BY that only the mail claims: within the organizer's domain, else not */
		{ "CANCEL", "bob@example.test\";SENT-BY=\"mailto:sec@example.test", "sec@example.test", IMIP_VOUCHED,
		  ITIP_REASON_APPLIED, true },
		{ "CANCEL", "bob@example.test\";SENT-BY=\"mailto:mallory@evil.test", "mallory@evil.test", IMIP_VOUCHED,
		  ITIP_REASON_SENDER_NOT_ORGANIZER, false },
		{ "ADD", "bob@example.test", "mallory@evil.test", IMIP_VOUCHED, ITIP_REASON_SENDER_NOT_ORGANIZER, false },
		{ "DECLINECOUNTER", "bob@example.test", "mallory@evil.test", IMIP_VOUCHED,
		  ITIP_REASON_SENDER_NOT_ORGANIZER, false },
	};

	for (size_t i = 0; i < G_N_ELEMENTS(rows); i++) {
		struct meeting *stored = NULL, *incoming;
		const char *from[] = { rows[i].from, NULL };
		g_auto(GStrv) organizer = g_strsplit(rows[i].organizer, "\"", 2);
		g_autofree char *params = organizer[1] != NULL ? g_strconcat(organizer[1], "\"", NULL) : g_strdup("");
		g_autofree char *text = g_strdup_printf(
			"BEGIN:VEVENT\r\nUID:m1\r\nORGANIZER%s:mailto:%s\r\nATTENDEE:mailto:alice@example.test\r\n"
			"ATTENDEE:mailto:carol@example.test\r\n%s\r\nEND:VEVENT\r\n",
			params, organizer[0], strcmp(rows[i].method, "CANCEL") == 0 ? V1 "STATUS:CANCELLED\r\n" AT10 : V1 AT12);
		struct itip_input input;
		struct itip_decision *d;

		check(deliver(&stored, "REQUEST", V0 AT10), ITIP_KIND_INVITATION, ITIP_ACTION_ADD, ITIP_REASON_APPLIED);
		incoming = parse(rows[i].method, text);
		input = attendee_input(stored, incoming);
		input.from = from;
		input.vouch = rows[i].vouch;
		d = itip_decide(&input);
		g_assert_cmpstr(itip_reason_name(d->reason), ==, itip_reason_name(rows[i].reason));
		g_assert_cmpint(d->result != NULL, ==, rows[i].applied);
		itip_decision_destroy(&d);
	}
}

/* Our marks in a stranger's mail mean nothing. */
static void marks_of_ours_in_foreign_mail_are_not_believed(void)
{
	struct meeting *incoming = parse("REQUEST", "BEGIN:VEVENT\r\nUID:m1\r\nX-CONVOKE-SHELL:TRUE\r\nX-CONVOKE-CANCELLED:"
					 "20300101T000000Z\r\nX-CONVOKE-CRASHER:mailto:x@evil.test\r\n"
					 "ATTENDEE;X-CONVOKE-REPLY-STAMP=20400101T000000Z:mailto:alice@example.test\r\n"
					 "ORGANIZER:mailto:bob@example.test\r\n" V0 AT10 "\r\nEND:VEVENT\r\n");

	g_assert_null(strstr(incoming->ics.data, "X-CONVOKE"));
	g_assert_false(incoming->shell);
	g_assert_cmpuint(incoming->master->crasher_count, ==, 0);
}

/* The organizer's side: bob's stored meeting, with alice and carol invited. */
static struct meeting *bobs_meeting(const char *lines)
{
	g_autofree char *text = event(lines);
	g_autofree char *whole = g_strdup_printf("BEGIN:VCALENDAR\r\nVERSION:2.0\r\n%sEND:VCALENDAR\r\n", text);

	return keep(meeting_load(slice_from_string(whole)));
}

static struct itip_decision *answer(struct meeting **stored, const char *method, const char *from_address,
				    const char *lines)
{
	g_autofree char *text = g_strdup_printf("BEGIN:VEVENT\r\nUID:m1\r\n%s\r\nEND:VEVENT\r\n", lines);
	struct meeting *incoming = parse(method, text);
	const char *from[] = { from_address, NULL };
	struct itip_input input = { .stored = *stored, .incoming = incoming, .addresses = bob,
				    .recipient = "bob@example.test", .from = from, .vouch = IMIP_VOUCHED,
				    .now = NOW };

	return apply(&input, stored);
}

#define ALICE_SAYS(partstat) "ATTENDEE;PARTSTAT=" partstat ":mailto:alice@example.test\r\n"
#define BOBS "ORGANIZER:mailto:bob@example.test\r\n"

static void a_reply_sets_the_answer_of_its_attendee(void)
{
	static const struct {
		const char *lines;
		enum itip_reason reason;
		enum meeting_partstat partstat;
	} rows[] = {
		{ BOBS ALICE_SAYS("ACCEPTED") V0 AT10, ITIP_REASON_APPLIED, MEETING_PARTSTAT_ACCEPTED },
		{ BOBS ALICE_SAYS("DECLINED") V0 AT10, ITIP_REASON_APPLIED, MEETING_PARTSTAT_DECLINED },
		{ BOBS ALICE_SAYS("TENTATIVE") V0 AT10, ITIP_REASON_APPLIED, MEETING_PARTSTAT_TENTATIVE },
		/* Outlook leaves ORGANIZER out, others SEQUENCE and DTSTART */
		{ ALICE_SAYS("ACCEPTED") V0 AT10, ITIP_REASON_APPLIED, MEETING_PARTSTAT_ACCEPTED },
		{ ALICE_SAYS("ACCEPTED") "DTSTAMP:20260101T100000Z", ITIP_REASON_APPLIED, MEETING_PARTSTAT_ACCEPTED },
		/* DTSTAMP before the invitation's (a clock that is slow): never compared */
		{ BOBS ALICE_SAYS("ACCEPTED") "DTSTAMP:20200101T100000Z\r\nSEQUENCE:0", ITIP_REASON_APPLIED,
		  MEETING_PARTSTAT_ACCEPTED },
		{ BOBS V0 AT10, ITIP_REASON_NO_ATTENDEE, MEETING_PARTSTAT_NEEDS_ACTION },
		{ BOBS "ATTENDEE:mailto:x@example.test\r\nATTENDEE:mailto:y@example.test\r\n" V0, ITIP_REASON_NO_ATTENDEE,
		  MEETING_PARTSTAT_NEEDS_ACTION },
		{ BOBS "ATTENDEE;PARTSTAT=DECLINED:mailto:carol@example.test\r\n" ALICE_SAYS("ACCEPTED") V0,
		  ITIP_REASON_APPLIED, MEETING_PARTSTAT_ACCEPTED },
		{ "ORGANIZER:mailto:mallory@evil.test\r\n" ALICE_SAYS("ACCEPTED") V0, ITIP_REASON_ORGANIZER_DIFFERS,
		  MEETING_PARTSTAT_NEEDS_ACTION },
	};

	for (size_t i = 0; i < G_N_ELEMENTS(rows); i++) {
		struct meeting *stored = bobs_meeting(V0 AT10);
		struct itip_decision *d = answer(&stored, "REPLY", "alice@example.test", rows[i].lines);

		g_assert_cmpstr(itip_reason_name(d->reason), ==, itip_reason_name(rows[i].reason));
		g_assert_cmpstr(itip_kind_name(d->kind), ==, "reply");
		g_assert_true(d->organised_here);
		g_assert_cmpint(answer_of(stored, "alice@example.test"), ==, rows[i].partstat);
		g_assert_cmpint(answer_of(stored, "carol@example.test"), ==, MEETING_PARTSTAT_NEEDS_ACTION);
		itip_decision_destroy(&d);
	}
}

static void replies_count_in_the_order_they_were_written(void)
{
	struct meeting *stored = bobs_meeting(V0 AT10);

	check(answer(&stored, "REPLY", "alice@example.test",
		     BOBS ALICE_SAYS("DECLINED") "COMMENT:Sorry\\, away\r\nDTSTAMP:20260110T100000Z\r\nSEQUENCE:0"),
	      ITIP_KIND_REPLY, ITIP_ACTION_SET_ANSWER, ITIP_REASON_APPLIED);
	g_assert_cmpstr(stored->master->attendees[0].comment, ==, "Sorry, away");
	check(answer(&stored, "REPLY", "alice@example.test",
		     BOBS ALICE_SAYS("ACCEPTED") "DTSTAMP:20260109T100000Z\r\nSEQUENCE:0"),
	      ITIP_KIND_REPLY, ITIP_ACTION_NONE, ITIP_REASON_REPLY_OLDER);
	check(answer(&stored, "REPLY", "alice@example.test",
		     BOBS ALICE_SAYS("DECLINED") "COMMENT:Sorry\\, away\r\nDTSTAMP:20260110T100000Z\r\nSEQUENCE:0"),
	      ITIP_KIND_REPLY, ITIP_ACTION_NONE, ITIP_REASON_DUPLICATE);
	g_assert_cmpint(answer_of(stored, "alice@example.test"), ==, MEETING_PARTSTAT_DECLINED);
}

/* Zimbra 74117: a small update must not kill the replies that are on their way. */
static void replies_to_before_the_last_significant_change_are_refused_to_small_ones_not(void)
{
	static const struct {
		const char *significant;
		enum itip_reason reason;
	} rows[] = {
		{ "X-CONVOKE-SIGNIFICANT-SEQUENCE:0\r\n", ITIP_REASON_APPLIED },
		{ "X-CONVOKE-SIGNIFICANT-SEQUENCE:1\r\n", ITIP_REASON_APPLIED },
		{ "X-CONVOKE-SIGNIFICANT-SEQUENCE:2\r\n", ITIP_REASON_REPLY_TO_OLD_VERSION },
	};

	for (size_t i = 0; i < G_N_ELEMENTS(rows); i++) {
		g_autofree char *lines = g_strconcat(rows[i].significant, V2 AT10, NULL);
		struct meeting *stored = bobs_meeting(lines);

		check(answer(&stored, "REPLY", "alice@example.test", BOBS ALICE_SAYS("ACCEPTED") V1 AT10), ITIP_KIND_REPLY,
		      rows[i].reason == ITIP_REASON_APPLIED ? ITIP_ACTION_SET_ANSWER : ITIP_ACTION_NONE, rows[i].reason);
	}
}

static void forged_replies_change_nothing(void)
{
	struct meeting *stored = bobs_meeting(V0 AT10);

	check(answer(&stored, "REPLY", "mallory@evil.test", BOBS ALICE_SAYS("DECLINED") V0), ITIP_KIND_REPLY,
	      ITIP_ACTION_OFFER, ITIP_REASON_SENDER_NOT_ATTENDEE);
	check(answer(&stored, "REPLY", "mallory@evil.test",
		     BOBS "ATTENDEE;PARTSTAT=DECLINED;SENT-BY=\"mailto:mallory@evil.test\":mailto:alice@example.test\r\n" V0),
	      ITIP_KIND_REPLY, ITIP_ACTION_OFFER, ITIP_REASON_SENDER_NOT_ATTENDEE);
	g_assert_cmpint(answer_of(stored, "alice@example.test"), ==, MEETING_PARTSTAT_NEEDS_ACTION);
	stored = NULL;
	check(answer(&stored, "REPLY", "alice@example.test", BOBS ALICE_SAYS("ACCEPTED") V0), ITIP_KIND_REPLY,
	      ITIP_ACTION_NONE, ITIP_REASON_UNKNOWN_MEETING);
	g_assert_null(stored);
}

static void a_reply_to_a_meeting_of_others_is_refused(void)
{
	struct meeting *stored = NULL, *incoming;
	struct itip_input input;

	check(deliver(&stored, "REQUEST", V0 AT10), ITIP_KIND_INVITATION, ITIP_ACTION_ADD, ITIP_REASON_APPLIED);
	incoming = mail("REPLY", V0 AT10);
	input = attendee_input(stored, incoming);
	check(itip_decide(&input), ITIP_KIND_REPLY, ITIP_ACTION_NONE, ITIP_REASON_NOT_ORGANIZER);
}

static void somebody_not_invited_who_answers_wants_to_come(void)
{
	struct meeting *stored = bobs_meeting(V0 AT10);
	struct itip_decision *d = answer(&stored, "REPLY", "dave@example.test",
					 BOBS "ATTENDEE;CN=Dave;PARTSTAT=ACCEPTED:mailto:dave@example.test\r\n" V0);

	g_assert_true(d->crasher);
	check(d, ITIP_KIND_REPLY, ITIP_ACTION_KEEP_CRASHER, ITIP_REASON_CRASHER);
	g_assert_cmpuint(stored->master->attendee_count, ==, 2);
	g_assert_cmpuint(stored->master->crasher_count, ==, 1);
	g_assert_cmpstr(stored->master->crashers[0].name, ==, "Dave");
	g_assert_cmpint(stored->master->crashers[0].partstat, ==, MEETING_PARTSTAT_ACCEPTED);
}

static void a_delegate_is_invited_by_the_delegation_whichever_mail_comes_first(void)
{
	static const char *const delegation =
		BOBS "ATTENDEE;PARTSTAT=DELEGATED;DELEGATED-TO=\"mailto:dave@example.test\":mailto:alice@example.test\r\n"
		     "DTSTAMP:20260110T100000Z\r\nSEQUENCE:0";
	static const char *const delegate =
		BOBS "ATTENDEE;PARTSTAT=ACCEPTED;DELEGATED-FROM=\"mailto:alice@example.test\":mailto:dave@example.test\r\n"
		     "DTSTAMP:20260110T110000Z\r\nSEQUENCE:0";

	for (int order = 0; order < 2; order++) {
		struct meeting *stored = bobs_meeting(V0 AT10);
		const struct meeting_person *dave;

		for (int i = 0; i < 2; i++) {
			bool first = (i == 0) == (order == 0);

			itip_decision_destroy(&(struct itip_decision *){
				answer(&stored, "REPLY", first ? "alice@example.test" : "dave@example.test",
				       first ? delegation : delegate) });
		}
		g_assert_cmpuint(stored->master->attendee_count, ==, 3);
		g_assert_cmpuint(stored->master->crasher_count, ==, 0);
		g_assert_cmpint(answer_of(stored, "alice@example.test"), ==, MEETING_PARTSTAT_DELEGATED);
		g_assert_cmpstr(stored->master->attendees[0].delegated_to[0], ==, "dave@example.test");
		dave = &stored->master->attendees[2];
		g_assert_cmpint(dave->partstat, ==, MEETING_PARTSTAT_ACCEPTED);
		g_assert_cmpstr(dave->delegated_from[0], ==, "alice@example.test");
	}
}

static void a_reply_for_one_occurrence_stays_with_it(void)
{
	struct meeting *stored = bobs_meeting(V0 SERIES);
	const char *const one = BOBS ALICE_SAYS("DECLINED")
		"RECURRENCE-ID:20260512T080000Z\r\nDTSTAMP:20260110T100000Z\r\nSEQUENCE:0";
	const char *const all = BOBS ALICE_SAYS("ACCEPTED") "DTSTAMP:20260111T100000Z\r\nSEQUENCE:0";

	check(answer(&stored, "REPLY", "alice@example.test", one), ITIP_KIND_REPLY, ITIP_ACTION_SET_ANSWER,
	      ITIP_REASON_APPLIED);
	check(answer(&stored, "REPLY", "alice@example.test", all), ITIP_KIND_REPLY, ITIP_ACTION_SET_ANSWER,
	      ITIP_REASON_APPLIED);
	g_assert_cmpuint(stored->override_count, ==, 1);
	g_assert_cmpint(stored->overrides[0]->start.instant, ==, stored->overrides[0]->recurrence_id.instant);
	g_assert_cmpint(stored->overrides[0]->duration, ==, 3600);
	g_assert_cmpint(stored->overrides[0]->attendees[0].partstat, ==, MEETING_PARTSTAT_DECLINED);
	g_assert_cmpint(answer_of(stored, "alice@example.test"), ==, MEETING_PARTSTAT_ACCEPTED);
	check(answer(&stored, "REPLY", "alice@example.test",
		     BOBS ALICE_SAYS("DECLINED") "RECURRENCE-ID:20260513T080000Z\r\nDTSTAMP:20260110T100000Z\r\nSEQUENCE:0"),
	      ITIP_KIND_REPLY, ITIP_ACTION_NONE, ITIP_REASON_NO_SUCH_OCCURRENCE);
}

static void a_counter_is_kept_as_a_proposal(void)
{
	struct meeting *stored = bobs_meeting(V0 AT10);
	const char *const proposal = BOBS ALICE_SAYS("TENTATIVE") "COMMENT:later?\r\n" V0 AT12;

	check(answer(&stored, "COUNTER", "alice@example.test", proposal), ITIP_KIND_COUNTER, ITIP_ACTION_KEEP_PROPOSAL,
	      ITIP_REASON_APPLIED);
	g_assert_cmpuint(stored->master->proposal_count, ==, 1);
	g_assert_cmpstr(stored->master->proposals[0].attendee.address, ==, "alice@example.test");
	g_assert_cmpstr(stored->master->proposals[0].comment, ==, "later?");
	g_assert_cmpint(stored->master->proposals[0].start.instant - stored->master->start.instant, ==, 7200);
	check(answer(&stored, "COUNTER", "alice@example.test", proposal), ITIP_KIND_COUNTER, ITIP_ACTION_NONE,
	      ITIP_REASON_DUPLICATE);
	check(answer(&stored, "COUNTER", "dave@example.test",
		     BOBS "ATTENDEE:mailto:dave@example.test\r\n" V0 AT12),
	      ITIP_KIND_COUNTER, ITIP_ACTION_NONE, ITIP_REASON_CRASHER);
}

static void refresh_is_answered_to_attendees_only(void)
{
	struct meeting *stored = bobs_meeting(V0 AT10);

	check(answer(&stored, "REFRESH", "alice@example.test", BOBS "ATTENDEE:mailto:alice@example.test\r\nDTSTAMP:"
		     "20260110T100000Z"),
	      ITIP_KIND_REFRESH, ITIP_ACTION_SEND_REQUEST, ITIP_REASON_APPLIED);
	check(answer(&stored, "REFRESH", "dave@example.test", BOBS "ATTENDEE:mailto:dave@example.test\r\nDTSTAMP:"
		     "20260110T100000Z"),
	      ITIP_KIND_REFRESH, ITIP_ACTION_NONE, ITIP_REASON_CRASHER);
}

static void published_events_are_offered(void)
{
	struct meeting *incoming = mail("PUBLISH", V0 AT10);
	struct itip_input input = attendee_input(NULL, incoming);
	struct meeting *stored = NULL;

	check(itip_decide(&input), ITIP_KIND_PUBLISHED, ITIP_ACTION_OFFER, ITIP_REASON_PUBLISHED);
	input.by_hand = true;
	check(apply(&input, &stored), ITIP_KIND_PUBLISHED, ITIP_ACTION_ADD, ITIP_REASON_APPLIED);
	g_assert_nonnull(stored);
}

static void meetings_that_are_over_have_no_answer(void)
{
	struct meeting *incoming = mail("REQUEST", V0 AT10);
	struct itip_input input = attendee_input(NULL, incoming);
	struct itip_decision *d;

	input.now = incoming->master->end.instant;
	d = itip_decide(&input);
	g_assert_false(d->answerable);
	g_assert_nonnull(d->result);
	check(d, ITIP_KIND_INVITATION, ITIP_ACTION_ADD, ITIP_REASON_PAST);
}

static void an_update_for_a_recipient_new_to_the_meeting_is_an_invitation(void)
{
	struct meeting *stored = NULL;

	check(deliver(&stored, "REQUEST", V2 AT10), ITIP_KIND_INVITATION, ITIP_ACTION_ADD, ITIP_REASON_APPLIED);
}

static void odd_objects_are_refused_with_a_reason(void)
{
	struct meeting *stored = NULL;
	struct meeting *task = parse("REQUEST", "BEGIN:VTODO\r\nUID:m1\r\nORGANIZER:mailto:bob@example.test\r\n"
				     "ATTENDEE:mailto:alice@example.test\r\n" V0 "\r\nEND:VTODO\r\n");
	struct itip_input input = attendee_input(NULL, task);

	check(itip_decide(&input), ITIP_KIND_OTHER, ITIP_ACTION_NONE, ITIP_REASON_NOT_AN_EVENT);
	check(deliver(&stored, "REQUEST", V0 "SUMMARY:no time"), ITIP_KIND_INVITATION, ITIP_ACTION_NONE,
	      ITIP_REASON_NO_START);
	check(deliver(&stored, "FROBNICATE", V0 AT10), ITIP_KIND_OTHER, ITIP_ACTION_NONE, ITIP_REASON_METHOD_UNKNOWN);
	g_assert_null(stored);
}

/* The series comes again without a word of its cancelled occurrence: a small change (the
 * same SEQUENCE) leaves it cancelled, a new version of the series takes it back, unless
 * that says so with EXDATE. */
static void a_newer_series_takes_a_cancelled_occurrence_back_a_small_change_does_not(void)
{
	static const struct {
		const char *series;
		enum meeting_status status;
		guint overrides;
	} rows[] = {
		{ "DTSTAMP:20260103T100000Z\r\nSEQUENCE:1\r\n" SERIES "\r\nLOCATION:Room 4", MEETING_STATUS_CANCELLED, 1 },
		{ V2 SERIES "\r\nLOCATION:Room 4", MEETING_STATUS_NONE, 0 },
		{ V2 SERIES "\r\nEXDATE:20260512T080000Z", MEETING_STATUS_NONE, 0 },
		/* a higher SEQUENCE that was written before: each occurrence counted for itself */
		{ "DTSTAMP:20260101T200000Z\r\nSEQUENCE:4\r\n" SERIES, MEETING_STATUS_CANCELLED, 1 },
	};
	static const char cancel[] = V1 "STATUS:CANCELLED\r\nRECURRENCE-ID:20260512T080000Z\r\n"
					"DTSTART:20260512T080000Z\r\nSUMMARY:Plan";

	for (size_t i = 0; i < 2 * G_N_ELEMENTS(rows); i++) {
		struct meeting *stored = NULL;

		check(deliver(&stored, "REQUEST", V0 SERIES), ITIP_KIND_INVITATION, ITIP_ACTION_ADD, ITIP_REASON_APPLIED);
		for (int step = 0; step < 2; step++)
			itip_decision_destroy(&(struct itip_decision *){
				(step == 0) == (i % 2 == 0) ? deliver(&stored, "CANCEL", cancel)
							    : deliver(&stored, "REQUEST", rows[i / 2].series) });
		g_assert_cmpuint(stored->override_count, ==, rows[i / 2].overrides);
		if (stored->override_count > 0)
			g_assert_cmpint(stored->overrides[0]->status, ==, rows[i / 2].status);
	}
}

/* The occurrence itself may be taken up again, too. */
static void a_cancelled_occurrence_comes_back_with_a_newer_request(void)
{
	struct meeting *stored = NULL;

	itip_decision_destroy(&(struct itip_decision *){ deliver(&stored, "REQUEST", V0 SERIES) });
	itip_decision_destroy(&(struct itip_decision *){ deliver(&stored, "CANCEL",
		V1 "STATUS:CANCELLED\r\nRECURRENCE-ID:20260512T080000Z\r\nDTSTART:20260512T080000Z\r\nSUMMARY:Plan") });
	g_assert_cmpint(stored->overrides[0]->status, ==, MEETING_STATUS_CANCELLED);
	itip_decision_destroy(&(struct itip_decision *){ deliver(&stored, "REQUEST",
		V2 "RECURRENCE-ID:20260512T080000Z\r\nDTSTART:20260512T080000Z\r\nSUMMARY:Plan") });
	g_assert_cmpint(stored->overrides[0]->status, ==, MEETING_STATUS_NONE);
}

/* nextcloud/calendar #6655, nextcloud/server #59695: an occurrence that is cancelled by a
 * REQUEST with STATUS:CANCELLED, beside its series, takes only itself out. */
static void an_occurrence_cancelled_by_a_request_leaves_the_series(void)
{
	g_autofree char *series = event(V1 SERIES);
	g_autofree char *one = event(V1 "STATUS:CANCELLED\r\nRECURRENCE-ID:20260512T080000Z\r\n"
					"DTSTART:20260512T080000Z\r\nSUMMARY:Plan");
	g_autofree char *both = g_strconcat(series, one, NULL);
	struct meeting *stored = NULL;
	struct itip_input input = attendee_input(NULL, parse("REQUEST", both));

	check(apply(&input, &stored), ITIP_KIND_INVITATION, ITIP_ACTION_ADD, ITIP_REASON_APPLIED);
	g_assert_cmpint(stored->master->status, ==, MEETING_STATUS_NONE);
	g_assert_cmpuint(stored->override_count, ==, 1);
	g_assert_cmpint(stored->overrides[0]->status, ==, MEETING_STATUS_CANCELLED);
}

/* tutao/tutanota #2807: an answer must not make the next update look known. */
static void an_answer_does_not_raise_the_sequence(void)
{
	struct meeting *stored = NULL;
	struct outgoing_answer yes = { .address = "alice@example.test", .partstat = MEETING_PARTSTAT_ACCEPTED, .now = NOW };
	g_autofree char *text = NULL;

	check(deliver(&stored, "REQUEST", V0 AT10), ITIP_KIND_INVITATION, ITIP_ACTION_ADD, ITIP_REASON_APPLIED);
	text = outgoing_store_answer(stored, &yes);
	stored = keep(meeting_load(slice_from_string(text)));
	g_assert_cmpuint(stored->master->sequence, ==, 0);
	check(deliver(&stored, "REQUEST", V1 AT12), ITIP_KIND_UPDATE, ITIP_ACTION_REPLACE, ITIP_REASON_APPLIED);
}

/* sabre-io/vobject #210: an answer to an object that has no series, only occurrences. */
static void an_answer_to_single_occurrences_needs_no_series(void)
{
	struct meeting *stored = bobs_meeting(V0 "RECURRENCE-ID:20260512T080000Z\r\nDTSTART:20260512T080000Z");

	check(answer(&stored, "REPLY", "alice@example.test", BOBS ALICE_SAYS("ACCEPTED") V0), ITIP_KIND_REPLY,
	      ITIP_ACTION_NONE, ITIP_REASON_NO_SUCH_OCCURRENCE);
	check(answer(&stored, "REPLY", "alice@example.test",
		     BOBS ALICE_SAYS("ACCEPTED") V0 "RECURRENCE-ID:20260512T080000Z"),
	      ITIP_KIND_REPLY, ITIP_ACTION_SET_ANSWER, ITIP_REASON_APPLIED);
	g_assert_cmpint(stored->overrides[0]->attendees[0].partstat, ==, MEETING_PARTSTAT_ACCEPTED);
}

/* nextcloud/mail #10811: a REPLY that repeats the whole series with all its people. */
static void a_reply_with_series_and_occurrences_counts_for_its_sender_in_each(void)
{
	struct meeting *stored = bobs_meeting(V0 SERIES), *incoming;
	static const char *const from[] = { "alice@example.test", NULL };
	struct itip_input input;

	incoming = parse("REPLY", "BEGIN:VEVENT\r\nUID:m1\r\n" BOBS ALICE_SAYS("ACCEPTED") "ATTENDEE;PARTSTAT=DECLINED:"
			 "mailto:carol@example.test\r\n" V0 SERIES "\r\nEND:VEVENT\r\nBEGIN:VEVENT\r\nUID:m1\r\n" BOBS
			 ALICE_SAYS("DECLINED") "ATTENDEE;PARTSTAT=DECLINED:mailto:carol@example.test\r\n" V0
			 "RECURRENCE-ID:20260512T080000Z\r\nDTSTART:20260512T080000Z\r\nEND:VEVENT\r\n");
	input = (struct itip_input){ .stored = stored, .incoming = incoming, .addresses = bob, .from = from,
				     .vouch = IMIP_VOUCHED, .now = NOW };
	check(apply(&input, &stored), ITIP_KIND_REPLY, ITIP_ACTION_SET_ANSWER, ITIP_REASON_APPLIED);
	g_assert_cmpint(answer_of(stored, "alice@example.test"), ==, MEETING_PARTSTAT_ACCEPTED);
	g_assert_cmpint(answer_of(stored, "carol@example.test"), ==, MEETING_PARTSTAT_NEEDS_ACTION);
	g_assert_cmpint(stored->overrides[0]->attendees[0].partstat, ==, MEETING_PARTSTAT_DECLINED);
	g_assert_cmpint(stored->overrides[0]->attendees[1].partstat, ==, MEETING_PARTSTAT_NEEDS_ACTION);
}

/* Google gives each calendar its own organizer: a meeting that moved can be taken by hand. */
static void another_organizer_is_taken_by_hand_only(void)
{
	static const char *const carol[] = { "carol@example.test", NULL };
	struct meeting *stored = NULL, *incoming;
	struct itip_input input;

	check(deliver(&stored, "REQUEST", V0 AT10), ITIP_KIND_INVITATION, ITIP_ACTION_ADD, ITIP_REASON_APPLIED);
	incoming = parse("REQUEST", "BEGIN:VEVENT\r\nUID:m1\r\nORGANIZER:mailto:carol@example.test\r\n"
				    "ATTENDEE:mailto:alice@example.test\r\n" V1 AT12 "\r\nEND:VEVENT\r\n");
	input = attendee_input(stored, incoming);
	input.from = carol;
	check(itip_decide(&input), ITIP_KIND_UPDATE, ITIP_ACTION_OFFER, ITIP_REASON_ORGANIZER_DIFFERS);
	input.by_hand = true;
	check(apply(&input, &stored), ITIP_KIND_UPDATE, ITIP_ACTION_REPLACE, ITIP_REASON_APPLIED);
	g_assert_cmpstr(stored->master->organizer.address, ==, "carol@example.test");
}

static void large_meetings_are_decided_in_time(void)
{
	GString *people = g_string_new(BOBS), *occurrences = g_string_new(NULL);
	struct meeting *stored = NULL, *incoming, *update;
	struct itip_input input;
	int64_t begin;

	for (int i = 0; i < 10000; i++)
		g_string_append_printf(people, "ATTENDEE;CN=Person %d;PARTSTAT=NEEDS-ACTION:mailto:p%d@example.test\r\n", i, i);
	g_string_append(people, ALICE_SAYS("NEEDS-ACTION"));
	for (int i = 0; i < 10000; i++)
		g_string_append_printf(occurrences,
				       "BEGIN:VEVENT\r\nUID:m1\r\n" BOBS ALICE_SAYS("NEEDS-ACTION") V0
				       "RECURRENCE-ID:%04d%02d%02dT100000Z\r\nDTSTART:%04d%02d%02dT110000Z\r\nEND:VEVENT\r\n",
				       2026 + i / 336, i / 28 % 12 + 1, i % 28 + 1, 2026 + i / 336, i / 28 % 12 + 1,
				       i % 28 + 1);
	{
		g_autofree char *text = g_strdup_printf("BEGIN:VEVENT\r\nUID:m1\r\n%s" V0 AT10
							"\r\nRRULE:FREQ=DAILY\r\nEND:VEVENT\r\n%s",
							people->str, occurrences->str);
		g_autofree char *newer = g_strdup_printf("BEGIN:VEVENT\r\nUID:m1\r\n%s" V1 AT12
							 "\r\nRRULE:FREQ=DAILY\r\nEND:VEVENT\r\n%s",
							 people->str, occurrences->str);

		incoming = parse("REQUEST", text);
		update = parse("REQUEST", newer);
	}
	begin = clock_monotonic();
	input = attendee_input(NULL, incoming);
	check(apply(&input, &stored), ITIP_KIND_INVITATION, ITIP_ACTION_ADD, ITIP_REASON_APPLIED);
	input = attendee_input(stored, update);
	check(apply(&input, &stored), ITIP_KIND_UPDATE, ITIP_ACTION_REPLACE, ITIP_REASON_APPLIED);
	g_assert_cmpuint(stored->override_count, ==, 10000);
	check(deliver(&stored, "CANCEL", V2 "STATUS:CANCELLED\r\nRECURRENCE-ID:20260601T100000Z\r\nDTSTART:20260601T110000Z"),
	      ITIP_KIND_OCCURRENCE_CANCELLED, ITIP_ACTION_CANCEL_OCCURRENCE, ITIP_REASON_APPLIED);
	check(answer(&stored, "REPLY", "alice@example.test", BOBS ALICE_SAYS("ACCEPTED") V2), ITIP_KIND_REPLY,
	      ITIP_ACTION_SET_ANSWER, ITIP_REASON_APPLIED);
	g_test_message("four decisions on 10,000 attendees and 10,000 occurrences: %.0f ms",
		       (double)(clock_monotonic() - begin) / 1000);
	g_assert_cmpint(clock_monotonic() - begin, <, 8000000);
	g_string_free(people, TRUE);
	g_string_free(occurrences, TRUE);
}

int main(int argc, char **argv)
{
	int result;

	g_test_init(&argc, &argv, NULL);
	zone_init();
	kept = g_ptr_array_new_with_free_func(let_go);
#define ADD(name) g_test_add_func("/itip/" #name, name)
	ADD(a_new_request_enters_unanswered_whatever_it_claims);
	ADD(who_is_invited_is_asked_of_every_address);
	ADD(policy_decides_what_enters_by_itself);
	ADD(an_update_is_judged_by_sequence_then_stamp_then_last_modified);
	ADD(our_own_things_survive_an_update_and_the_answer_unless_the_time_changed);
	ADD(what_does_not_change_for_a_reader_is_no_change);
	ADD(an_occurrence_is_merged_and_the_series_stays);
	ADD(one_occurrence_of_a_series_we_do_not_have_is_an_invitation);
	ADD(a_cancelled_occurrence_leaves_the_others);
	ADD(a_cancel_of_the_whole_stays_visible_and_has_no_answer);
	ADD(a_cancel_that_names_only_us_removes_us);
	ADD(a_cancel_without_status_of_a_meeting_for_us_alone_is_no_removal);
	ADD(a_cancel_that_comes_first_waits_for_its_invitation);
	ADD(a_strangers_cancel_in_advance_does_not_block);
	ADD(add_makes_one_occurrence_more_or_asks_for_the_series);
	ADD(only_the_organizer_vouched_for_changes_a_meeting);
	ADD(marks_of_ours_in_foreign_mail_are_not_believed);
	ADD(a_reply_sets_the_answer_of_its_attendee);
	ADD(replies_count_in_the_order_they_were_written);
	ADD(replies_to_before_the_last_significant_change_are_refused_to_small_ones_not);
	ADD(forged_replies_change_nothing);
	ADD(a_reply_to_a_meeting_of_others_is_refused);
	ADD(somebody_not_invited_who_answers_wants_to_come);
	ADD(a_delegate_is_invited_by_the_delegation_whichever_mail_comes_first);
	ADD(a_reply_for_one_occurrence_stays_with_it);
	ADD(a_counter_is_kept_as_a_proposal);
	ADD(refresh_is_answered_to_attendees_only);
	ADD(published_events_are_offered);
	ADD(meetings_that_are_over_have_no_answer);
	ADD(an_update_for_a_recipient_new_to_the_meeting_is_an_invitation);
	ADD(a_newer_series_takes_a_cancelled_occurrence_back_a_small_change_does_not);
	ADD(a_cancelled_occurrence_comes_back_with_a_newer_request);
	ADD(an_occurrence_cancelled_by_a_request_leaves_the_series);
	ADD(an_answer_does_not_raise_the_sequence);
	ADD(an_answer_to_single_occurrences_needs_no_series);
	ADD(a_reply_with_series_and_occurrences_counts_for_its_sender_in_each);
	ADD(another_organizer_is_taken_by_hand_only);
	ADD(large_meetings_are_decided_in_time);
	ADD(odd_objects_are_refused_with_a_reason);
	result = g_test_run();
	g_ptr_array_unref(kept);
	return result;
}
