/* What answers do to a meeting of ours: REPLY, COUNTER, REFRESH. */
#include "itip_case.h"

#include "calendar/outgoing.h"

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
		/* nextcloud/server #53949, #58904: Exchange leaves ORGANIZER out; others SEQUENCE and DTSTART */
		{ ALICE_SAYS("ACCEPTED") V0 AT10, ITIP_REASON_APPLIED, MEETING_PARTSTAT_ACCEPTED },
		{ ALICE_SAYS("ACCEPTED") "DTSTAMP:20260101T100000Z", ITIP_REASON_APPLIED, MEETING_PARTSTAT_ACCEPTED },
		/* DTSTAMP before the invitation's (a clock that is slow): never compared */
		{ BOBS ALICE_SAYS("ACCEPTED") "DTSTAMP:20200101T100000Z\r\nSEQUENCE:0", ITIP_REASON_APPLIED,
		  MEETING_PARTSTAT_ACCEPTED },
		{ "ATTENDEE;PARTSTAT=ACCEPTED;CN=Alice:MAILTO:Alice@Example.Test\r\nCOMMENT;LANGUAGE=en-US:\\n\r\n"
		  "SUMMARY;LANGUAGE=en-US:Accepted: Plan\r\nDTSTART;TZID=W. Europe Standard Time:20260505T120000\r\n"
		  "PRIORITY:5\r\nTRANSP:OPAQUE\r\nSEQUENCE:0\r\nX-MICROSOFT-CDO-APPT-SEQUENCE:0\r\n"
		  "X-MICROSOFT-CDO-BUSYSTATUS:BUSY\r\nDTSTAMP:20260102T100000Z", ITIP_REASON_APPLIED,
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

/* Not every program of a person writes SEQUENCE (nextcloud/server #58904): without one the meeting as it
 * is now is meant, and the later mail counts. */
static void an_answer_without_sequence_is_as_new_as_its_stamp(void)
{
	static const struct {
		const char *later;
		enum itip_reason reason;
	} rows[] = {
		{ "DTSTAMP:20260120T100000Z\r\n", ITIP_REASON_APPLIED },
		{ "DTSTAMP:20260102T090000Z\r\n", ITIP_REASON_REPLY_OLDER },
		{ "DTSTAMP:20260120T100000Z\r\nSEQUENCE:0\r\n", ITIP_REASON_REPLY_TO_OLD_VERSION },
	};

	for (size_t i = 0; i < G_N_ELEMENTS(rows); i++) {
		struct meeting *stored = bobs_meeting(V1 AT10);
		g_autofree char *later = g_strconcat(BOBS ALICE_SAYS("DECLINED"), rows[i].later, AT10, NULL);

		check(answer(&stored, "REPLY", "alice@example.test", BOBS ALICE_SAYS("ACCEPTED") V1 AT10), ITIP_KIND_REPLY,
		      ITIP_ACTION_SET_ANSWER, ITIP_REASON_APPLIED);
		check(answer(&stored, "REPLY", "alice@example.test", later), ITIP_KIND_REPLY,
		      rows[i].reason == ITIP_REASON_APPLIED ? ITIP_ACTION_SET_ANSWER : ITIP_ACTION_NONE, rows[i].reason);
		check(answer(&stored, "REPLY", "alice@example.test",
			     BOBS ALICE_SAYS("TENTATIVE") "DTSTAMP:20260121T100000Z\r\nSEQUENCE:1\r\n" AT10),
		      ITIP_KIND_REPLY, ITIP_ACTION_SET_ANSWER, ITIP_REASON_APPLIED);
	}
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

/* Whoever has accepted the series has not accepted the date that is moved after that, whatever others
 * answer meanwhile; an answer to the series that comes behind the move is one to that date too
 * (nextcloud/server #61114). */
static void a_date_that_is_moved_waits_for_a_new_answer(void)
{
	static const char *const rows[] = { /* carol answers the series, or that date */
		"", "RECURRENCE-ID:20260512T080000Z\r\n",
	};

	for (size_t i = 0; i < G_N_ELEMENTS(rows); i++) {
		struct meeting *stored = bobs_meeting(V0 SERIES);
		g_autofree char *carol = g_strconcat(BOBS "ATTENDEE;PARTSTAT=DECLINED:mailto:carol@example.test\r\n", rows[i],
						     "DTSTAMP:20260112T100000Z\r\nSEQUENCE:1\r\nSUMMARY:Plan", NULL);
		const struct meeting_person everybody[] = { { .address = "alice@example.test" },
							    { .address = "carol@example.test" } };
		const struct meeting_time id = { .kind = MEETING_TIME_UTC, .instant = 1778572800 };
		struct outgoing_draft draft = {
			.summary = "Plan", .attendees = everybody, .attendee_count = 2, .now = NOW,
			.start = { .kind = MEETING_TIME_UTC, .fields = { 2026, 5, 12, 15, 0, 0 }, .instant = 1778598000 },
			.end = { .kind = MEETING_TIME_UTC, .fields = { 2026, 5, 12, 16, 0, 0 }, .instant = 1778601600 },
		};
		g_autofree char *moved = NULL;

		check(answer(&stored, "REPLY", "alice@example.test",
			     BOBS ALICE_SAYS("ACCEPTED") "DTSTAMP:20260110T100000Z\r\nSEQUENCE:0\r\nSUMMARY:Plan"),
		      ITIP_KIND_REPLY, ITIP_ACTION_SET_ANSWER, ITIP_REASON_APPLIED);
		moved = outgoing_edit(stored, &draft, &id, NULL);
		stored = keep(meeting_load(slice_from_string(moved)));
		check(answer(&stored, "REPLY", "carol@example.test", carol), ITIP_KIND_REPLY, ITIP_ACTION_SET_ANSWER,
		      ITIP_REASON_APPLIED);
		g_assert_cmpint(stored->overrides[0]->attendees[0].partstat, ==, MEETING_PARTSTAT_NEEDS_ACTION);
		g_assert_cmpint(stored->overrides[0]->attendees[1].partstat, ==, MEETING_PARTSTAT_DECLINED);
		g_assert_cmpint(answer_of(stored, "alice@example.test"), ==, MEETING_PARTSTAT_ACCEPTED);
		check(answer(&stored, "REPLY", "alice@example.test",
			     BOBS ALICE_SAYS("TENTATIVE") "DTSTAMP:20260113T100000Z\r\nSEQUENCE:0\r\nSUMMARY:Plan"),
		      ITIP_KIND_REPLY, ITIP_ACTION_SET_ANSWER, ITIP_REASON_APPLIED);
		g_assert_cmpint(stored->overrides[0]->attendees[0].partstat, ==, MEETING_PARTSTAT_TENTATIVE);
		check(answer(&stored, "REPLY", "alice@example.test",
			     BOBS ALICE_SAYS("DECLINED") "RECURRENCE-ID:20260512T080000Z\r\n"
			     "DTSTAMP:20260114T100000Z\r\nSEQUENCE:1\r\nSUMMARY:Plan"),
		      ITIP_KIND_REPLY, ITIP_ACTION_SET_ANSWER, ITIP_REASON_APPLIED);
		g_assert_cmpint(stored->overrides[0]->attendees[0].partstat, ==, MEETING_PARTSTAT_DECLINED);
		g_assert_cmpint(answer_of(stored, "alice@example.test"), ==, MEETING_PARTSTAT_TENTATIVE);
	}
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

/* cyrus-imapd #4033: an answer to a date that RDATE added is one to an occurrence; so is
 * (sabre-io/vobject #306) one to the very first of the series, which changes no other. */
static void a_reply_is_taken_for_added_dates_and_for_the_first_of_a_series(void)
{
	static const struct {
		const char *of;
		int64_t instant;
	} rows[] = {
		{ "RECURRENCE-ID:20260514T080000Z\r\n", 1778745600 },
		{ "RECURRENCE-ID;TZID=Europe/Berlin:20260505T100000\r\n", 1777968000 },
		{ "RECURRENCE-ID:20260505T080000Z\r\n", 1777968000 },
	};

	for (size_t i = 0; i < G_N_ELEMENTS(rows); i++) {
		struct meeting *stored = bobs_meeting(V0 SERIES "\r\nRDATE;TZID=Europe/Berlin:20260514T100000");
		g_autofree char *lines = g_strconcat(BOBS ALICE_SAYS("DECLINED") V0, rows[i].of, "SUMMARY:Plan", NULL);

		check(answer(&stored, "REPLY", "alice@example.test", lines), ITIP_KIND_REPLY, ITIP_ACTION_SET_ANSWER,
		      ITIP_REASON_APPLIED);
		g_assert_cmpuint(stored->override_count, ==, 1);
		g_assert_cmpint(stored->overrides[0]->recurrence_id.instant, ==, rows[i].instant);
		g_assert_cmpint(stored->overrides[0]->start.instant, ==, rows[i].instant);
		g_assert_cmpint(stored->overrides[0]->attendees[0].partstat, ==, MEETING_PARTSTAT_DECLINED);
		g_assert_cmpint(answer_of(stored, "alice@example.test"), ==, MEETING_PARTSTAT_NEEDS_ACTION);
	}
}

/* cyrus-imapd #3194: an answer to what is cancelled does not bring it back. */
static void a_reply_to_what_is_cancelled_leaves_it_cancelled(void)
{
	struct meeting *stored = bobs_meeting(V1 "STATUS:CANCELLED\r\n" AT10);

	itip_decision_destroy(&(struct itip_decision *){
		answer(&stored, "REPLY", "alice@example.test", BOBS ALICE_SAYS("ACCEPTED") V1 AT10) });
	g_assert_cmpint(stored->master->status, ==, MEETING_STATUS_CANCELLED);
}

/* One mail, several events: each speaks for its sender alone, whoever its first one names. */
static void a_reply_can_not_hide_somebody_elses_answer_behind_its_senders(void)
{
	static const char *const firsts[] = {
		BOBS "ATTENDEE;PARTSTAT=ACCEPTED:mailto:mallory@evil.test\r\n" V0 "SUMMARY:Plan",
		BOBS "ATTENDEE;PARTSTAT=ACCEPTED:mailto:carol@example.test\r\n" V0
		"RECURRENCE-ID:20260505T080000Z\r\nSUMMARY:Plan",
	};
	static const char *const senders[] = { "mallory@evil.test", "carol@example.test" };

	for (size_t i = 0; i < G_N_ELEMENTS(firsts); i++) {
		struct meeting *stored = bobs_meeting(V0 SERIES);
		g_autofree char *lines = g_strconcat(
			firsts[i], "\r\nEND:VEVENT\r\nBEGIN:VEVENT\r\nUID:m1\r\n" BOBS ALICE_SAYS("DECLINED") V0
			"RECURRENCE-ID:20260512T080000Z\r\nSUMMARY:Plan", NULL);
		const struct meeting_time id = { .kind = MEETING_TIME_UTC, .instant = 1778572800 };
		const struct meeting_event *occurrence;

		itip_decision_destroy(&(struct itip_decision *){ answer(&stored, "REPLY", senders[i], lines) });
		occurrence = meeting_find_override(stored, &id);
		g_assert_cmpint(answer_of(stored, "alice@example.test"), ==, MEETING_PARTSTAT_NEEDS_ACTION);
		g_assert_true(occurrence == NULL || occurrence->attendees[0].partstat == MEETING_PARTSTAT_NEEDS_ACTION);
	}
}

/* Who is invited to one date only is protected as the others are: SENT-BY from another domain
 * is anybody's word. */
static void a_forged_reply_for_a_guest_of_one_date_changes_nothing(void)
{
	struct meeting *stored = bobs_meeting(
		V0 SERIES "\r\nEND:VEVENT\r\nBEGIN:VEVENT\r\nUID:m1\r\n" BOBS
		"ATTENDEE:mailto:dave@example.test\r\n" V0 "RECURRENCE-ID:20260512T080000Z\r\n"
		"DTSTART:20260512T080000Z\r\nDTEND:20260512T090000Z\r\nSUMMARY:Plan");

	g_assert_cmpuint(stored->override_count, ==, 1);
	check(answer(&stored, "REPLY", "mallory@evil.test",
		     BOBS "ATTENDEE;PARTSTAT=DECLINED;SENT-BY=\"mailto:mallory@evil.test\":mailto:dave@example.test\r\n" V0
		     "RECURRENCE-ID:20260512T080000Z\r\nSUMMARY:Plan"),
	      ITIP_KIND_REPLY, ITIP_ACTION_OFFER, ITIP_REASON_SENDER_NOT_ATTENDEE);
	g_assert_cmpint(stored->overrides[0]->attendees[0].partstat, ==, MEETING_PARTSTAT_NEEDS_ACTION);
}

int main(int argc, char **argv)
{
	itip_case_init(&argc, &argv);
#define ADD(name) g_test_add_func("/itip-replies/" #name, name)
	ADD(a_reply_sets_the_answer_of_its_attendee);
	ADD(replies_count_in_the_order_they_were_written);
	ADD(an_answer_without_sequence_is_as_new_as_its_stamp);
	ADD(replies_to_before_the_last_significant_change_are_refused_to_small_ones_not);
	ADD(forged_replies_change_nothing);
	ADD(a_reply_to_a_meeting_of_others_is_refused);
	ADD(somebody_not_invited_who_answers_wants_to_come);
	ADD(a_delegate_is_invited_by_the_delegation_whichever_mail_comes_first);
	ADD(a_reply_for_one_occurrence_stays_with_it);
	ADD(a_date_that_is_moved_waits_for_a_new_answer);
	ADD(a_counter_is_kept_as_a_proposal);
	ADD(refresh_is_answered_to_attendees_only);
	ADD(an_answer_to_single_occurrences_needs_no_series);
	ADD(a_reply_with_series_and_occurrences_counts_for_its_sender_in_each);
	ADD(a_reply_is_taken_for_added_dates_and_for_the_first_of_a_series);
	ADD(a_reply_to_what_is_cancelled_leaves_it_cancelled);
	ADD(a_reply_can_not_hide_somebody_elses_answer_behind_its_senders);
	ADD(a_forged_reply_for_a_guest_of_one_date_changes_nothing);
	return itip_case_run();
}
