/* What invitations and their updates do, row by row, and the failures that others met. */
#include "itip_case.h"

#include "calendar/outgoing.h"
#include "tests/unit/cost.h"

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

/* cyrus-imapd #3942: TRANSP is the reader's. */
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

/* Alice sent dave.  The organizer's program may never have heard of it, or list them both. */
static void a_delegation_outlives_updates_and_a_move_that_the_delegate_is_asked_about(void)
{
	static const struct {
		const char *update;
		enum meeting_partstat partstat;
	} rows[] = {
		{ V1 AT10 "\r\nLOCATION:Room 5", MEETING_PARTSTAT_DELEGATED },
		{ V1 AT12, MEETING_PARTSTAT_NEEDS_ACTION },
		{ V1 AT12 "\r\nATTENDEE;DELEGATED-FROM=\"mailto:alice@example.test\":mailto:dave@example.test",
		  MEETING_PARTSTAT_DELEGATED },
	};

	for (size_t i = 0; i < G_N_ELEMENTS(rows); i++) {
		struct meeting *stored = NULL;
		const struct meeting_person *own;

		itip_decision_destroy(&(struct itip_decision *){ deliver(&stored, "REQUEST", V0 AT10) });
		stored = replace_text(stored, "PARTSTAT=NEEDS-ACTION;RSVP=TRUE:mailto:alice",
				      "PARTSTAT=DELEGATED;DELEGATED-TO=\"mailto:dave@example.test\":mailto:alice");
		check(deliver(&stored, "REQUEST", rows[i].update), ITIP_KIND_UPDATE, ITIP_ACTION_REPLACE,
		      ITIP_REASON_APPLIED);
		own = meeting_find_attendee(stored->master, alice);
		g_assert_cmpint(own->partstat, ==, rows[i].partstat);
		g_assert_cmpstr(own->delegated_to[0], ==,
				rows[i].partstat == MEETING_PARTSTAT_DELEGATED ? "dave@example.test" : NULL);
	}
}

/* RFC 5546 3.2.2.3: the delegator forwards the REQUEST.  He is not the organizer, so nothing
 * enters by itself; but it is what it says, unless the lines name others. */
static void a_delegators_request_is_offered_as_what_it_is(void)
{
#define DELEGATION(from, to) \
	"ATTENDEE;PARTSTAT=DELEGATED;DELEGATED-TO=\"mailto:" to "\":mailto:dave@example.test\r\n" \
	"ATTENDEE;RSVP=TRUE;DELEGATED-FROM=\"mailto:" from "\":mailto:alice@example.test\r\n"
	static const struct {
		const char *lines, *from;
		enum imip_vouch vouch;
		enum itip_reason reason;
	} rows[] = {
		{ DELEGATION("dave@example.test", "alice@example.test"), "dave@example.test", IMIP_VOUCHED,
		  ITIP_REASON_DELEGATED },
		{ DELEGATION("dave@example.test", "alice@example.test"), "DAVE@example.test", IMIP_UNVERIFIED,
		  ITIP_REASON_DELEGATED },
		{ DELEGATION("dave@example.test", "alice@example.test"), "dave@example.test", IMIP_FAILED,
		  ITIP_REASON_SENDER_NOT_ORGANIZER },
		{ DELEGATION("dave@example.test", "alice@example.test"), "evil@example.test", IMIP_VOUCHED,
		  ITIP_REASON_SENDER_NOT_ORGANIZER },
		{ DELEGATION("dave@example.test", "erin@example.test"), "dave@example.test", IMIP_VOUCHED,
		  ITIP_REASON_SENDER_NOT_ORGANIZER },
		{ DELEGATION("erin@example.test", "alice@example.test"), "dave@example.test", IMIP_VOUCHED,
		  ITIP_REASON_SENDER_NOT_ORGANIZER },
	};
#undef DELEGATION

	for (size_t i = 0; i < G_N_ELEMENTS(rows); i++) {
		g_autofree char *text = g_strdup_printf("BEGIN:VEVENT\r\nUID:m1\r\n" BOBS "%s" V0 AT10
							"\r\nEND:VEVENT\r\n", rows[i].lines);
		struct itip_input input = attendee_input(NULL, parse("REQUEST", text));
		const char *from[] = { rows[i].from, NULL };

		input.from = from;
		input.vouch = rows[i].vouch;
		check(itip_decide(&input), ITIP_KIND_INVITATION, ITIP_ACTION_OFFER, rows[i].reason);
		input.by_hand = true;
		check(itip_decide(&input), ITIP_KIND_INVITATION, ITIP_ACTION_ADD, ITIP_REASON_APPLIED);
	}
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
	/* sabre-io/vobject #541: the order of attendees */
	g_assert_cmpuint(itip_compare(first->master, parse("REQUEST", "BEGIN:VEVENT\r\nUID:m1\r\nATTENDEE:mailto:carol@example.test\r\n"
							   "ATTENDEE;PARTSTAT=ACCEPTED:MAILTO:Alice@example.test\r\nORGANIZER:mailto:bob@example.test\r\n"
							   V1 AT10 "\r\nEND:VEVENT\r\n")->master),
			 ==, 0);
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

/* An imported holiday, one's own appointment: who knows its UID is not its organizer. */
static void what_nobody_organises_is_nobodys_to_change_by_mail(void)
{
	static const char *const methods[] = { "REQUEST", "CANCEL", "ADD" };

	for (size_t i = 0; i < G_N_ELEMENTS(methods); i++) {
		struct meeting *own = parse(NULL, "BEGIN:VEVENT\r\nUID:m1\r\n" V0 AT10 "\r\nEND:VEVENT\r\n"), *stored = own;
		struct itip_decision *d = deliver(&stored, methods[i], V1 "STATUS:CANCELLED\r\n" AT12);

		g_assert_cmpstr(itip_action_name(d->action), ==, "offer");
		g_assert_cmpstr(itip_reason_name(d->reason), ==, "organizer-differs");
		g_assert_true(stored == own);
		itip_decision_destroy(&d);
	}
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
	begin = cost_now();
	input = attendee_input(NULL, incoming);
	check(apply(&input, &stored), ITIP_KIND_INVITATION, ITIP_ACTION_ADD, ITIP_REASON_APPLIED);
	input = attendee_input(stored, update);
	check(apply(&input, &stored), ITIP_KIND_UPDATE, ITIP_ACTION_REPLACE, ITIP_REASON_APPLIED);
	g_assert_cmpuint(stored->override_count, ==, 10000);
	check(deliver(&stored, "CANCEL", V2 "STATUS:CANCELLED\r\nRECURRENCE-ID:20260601T100000Z\r\nDTSTART:20260601T110000Z"),
	      ITIP_KIND_OCCURRENCE_CANCELLED, ITIP_ACTION_CANCEL_OCCURRENCE, ITIP_REASON_APPLIED);
	check(answer(&stored, "REPLY", "alice@example.test", BOBS ALICE_SAYS("ACCEPTED") V2), ITIP_KIND_REPLY,
	      ITIP_ACTION_SET_ANSWER, ITIP_REASON_APPLIED);
	cost_check("four decisions on 10,000 attendees and 10,000 occurrences", begin, 4);
	g_string_free(people, TRUE);
	g_string_free(occurrences, TRUE);
}

/* `count` events, one a day from 5 May 2026 on. */
static struct meeting *many_dates(const char *method, unsigned count, const char *lines)
{
	g_autoptr(GString) text = g_string_new(NULL);

	for (unsigned i = 0; i < count; i++) {
		g_autoptr(GDateTime) day = g_date_time_new_from_unix_utc(1777939200 + (gint64)i * 86400);
		g_autofree char *date = g_date_time_format(day, "%Y%m%d");

		g_string_append_printf(text, "BEGIN:VEVENT\r\nUID:m1\r\n" BOBS "%s\r\nRECURRENCE-ID:%sT100000Z\r\n"
				       "DTSTART:%sT100000Z\r\nSUMMARY:Plan\r\nEND:VEVENT\r\n", lines, date, date);
	}
	return parse(method, text->str);
}

#define MANY 3000
#define DAILY "DTSTART:20260505T100000Z\r\nDTEND:20260505T110000Z\r\nSUMMARY:Plan\r\nRRULE:FREQ=DAILY"
#define OFF_BY_ONE_HOUR "DTSTART:20260505T110000Z\r\nDTEND:20260505T120000Z\r\nSUMMARY:Plan\r\nRRULE:FREQ=DAILY"

/* What a mail of thousands of dates costs is about their number, not its square. */
static void many_dates_in_one_mail_are_decided_in_time(void)
{
	g_autoptr(GString) excepted = g_string_new(V0 OFF_BY_ONE_HOUR "\r\nEXDATE:20300101T000000Z");
	struct meeting *stored = bobs_meeting(V0 DAILY), *incoming = many_dates("REPLY", MANY, ALICE_SAYS("ACCEPTED") V0);
	static const char *const from[] = { "alice@example.test", NULL };
	struct itip_input input = { .stored = stored, .incoming = incoming, .addresses = bob, .from = from,
				    .vouch = IMIP_VOUCHED, .now = NOW };
	int64_t begin = cost_now();

	check(apply(&input, &stored), ITIP_KIND_REPLY, ITIP_ACTION_SET_ANSWER, ITIP_REASON_APPLIED);
	g_assert_cmpuint(stored->override_count, ==, MANY);
	check(answer(&stored, "REPLY", "alice@example.test", BOBS ALICE_SAYS("DECLINED") V0 "SUMMARY:Plan"),
	      ITIP_KIND_REPLY, ITIP_ACTION_SET_ANSWER, ITIP_REASON_APPLIED);
	cost_check("an answer to each of 3,000 dates, and one to all", begin, 2);

	incoming = many_dates("CANCEL", MANY, "STATUS:CANCELLED\r\n" ALICE_SAYS("NEEDS-ACTION") V1);
	for (unsigned i = 0; i < 2; i++) {
		if (i == 1)
			for (unsigned k = 0; k < 40000; k++)
				g_string_append_printf(excepted, ",%04u%02u%02uT123456Z", 2027 + k / 336, k / 28 % 12 + 1, k % 28 + 1);
		stored = NULL;
		begin = cost_now();
		check(deliver(&stored, "REQUEST", i == 0 ? V0 OFF_BY_ONE_HOUR ";COUNT=1000000" : excepted->str),
		      ITIP_KIND_INVITATION, ITIP_ACTION_ADD, ITIP_REASON_APPLIED);
		input = attendee_input(stored, incoming);
		check(apply(&input, &stored), ITIP_KIND_OCCURRENCE_CANCELLED, ITIP_ACTION_NONE,
		      ITIP_REASON_NO_SUCH_OCCURRENCE);
		cost_check("3,000 cancellations of what is not there", begin, 2);
	}

	stored = NULL;
	begin = cost_now();
	for (unsigned i = 0; i < 2; i++) {
		input = attendee_input(stored, many_dates("REQUEST", MANY, i == 0 ? ALICE_SAYS("NEEDS-ACTION") V0
										 : ALICE_SAYS("NEEDS-ACTION") V1));
		itip_decision_destroy(&(struct itip_decision *){ apply(&input, &stored) });
	}
	g_assert_cmpuint(stored->override_count, ==, MANY);
	cost_check("3,000 dates of a series that is not known, and their update", begin, 2);
}

/* An object that could not be read again would be lost with all that it held. */
static void an_object_does_not_grow_over_what_can_be_read(void)
{
	g_autoptr(GString) lines = g_string_new(V0 DAILY "\r\nEXDATE:20300101T000000Z");
	struct meeting *stored = NULL, *before;

	for (unsigned k = 0; k < 49998; k++)
		g_string_append_printf(lines, ",%04u%02u%02uT123456Z", 2027 + k / 336, k / 28 % 12 + 1, k % 28 + 1);
	check(deliver(&stored, "REQUEST", lines->str), ITIP_KIND_INVITATION, ITIP_ACTION_ADD, ITIP_REASON_APPLIED);
	before = stored;
	check(deliver(&stored, "REQUEST", V1 "RECURRENCE-ID:20260601T100000Z\r\nEXDATE:20300101T000000Z,20300102T000000Z\r\n" AT12),
	      ITIP_KIND_OCCURRENCE_UPDATE, ITIP_ACTION_NONE, ITIP_REASON_TOO_LARGE);
	g_assert_true(stored == before);
}

int main(int argc, char **argv)
{
	itip_case_init(&argc, &argv);
#define ADD(name) g_test_add_func("/itip-requests/" #name, name)
	ADD(a_new_request_enters_unanswered_whatever_it_claims);
	ADD(who_is_invited_is_asked_of_every_address);
	ADD(policy_decides_what_enters_by_itself);
	ADD(an_update_is_judged_by_sequence_then_stamp_then_last_modified);
	ADD(our_own_things_survive_an_update_and_the_answer_unless_the_time_changed);
	ADD(a_delegation_outlives_updates_and_a_move_that_the_delegate_is_asked_about);
	ADD(a_delegators_request_is_offered_as_what_it_is);
	ADD(what_does_not_change_for_a_reader_is_no_change);
	ADD(an_occurrence_is_merged_and_the_series_stays);
	ADD(one_occurrence_of_a_series_we_do_not_have_is_an_invitation);
	ADD(add_makes_one_occurrence_more_or_asks_for_the_series);
	ADD(only_the_organizer_vouched_for_changes_a_meeting);
	ADD(marks_of_ours_in_foreign_mail_are_not_believed);
	ADD(published_events_are_offered);
	ADD(meetings_that_are_over_have_no_answer);
	ADD(an_update_for_a_recipient_new_to_the_meeting_is_an_invitation);
	ADD(odd_objects_are_refused_with_a_reason);
	ADD(an_answer_does_not_raise_the_sequence);
	ADD(another_organizer_is_taken_by_hand_only);
	ADD(what_nobody_organises_is_nobodys_to_change_by_mail);
	ADD(large_meetings_are_decided_in_time);
	ADD(many_dates_in_one_mail_are_decided_in_time);
	ADD(an_object_does_not_grow_over_what_can_be_read);
	return itip_case_run();
}
