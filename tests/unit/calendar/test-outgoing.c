/* What we send and keep: complete for the pickiest reader, folded, without our marks. */
#include "calendar/outgoing.h"

#include "calendar/itip.h"
#include "calendar/recur.h"
#include "calendar/zone.h"

#define NOW 1767002400 /* 2025-12-29 10:00 UTC */

static const char series[] =
	"BEGIN:VCALENDAR\r\nVERSION:2.0\r\nPRODID:-//t//t//EN\r\nX-WR-CALNAME:kept\r\n"
	"BEGIN:VTIMEZONE\r\nTZID:Customized Time Zone\r\nBEGIN:STANDARD\r\nDTSTART:16010101T030000\r\n"
	"TZOFFSETFROM:+0200\r\nTZOFFSETTO:+0100\r\nRRULE:FREQ=YEARLY;BYDAY=-1SU;BYMONTH=10\r\nEND:STANDARD\r\n"
	"BEGIN:DAYLIGHT\r\nDTSTART:16010101T020000\r\nTZOFFSETFROM:+0100\r\nTZOFFSETTO:+0200\r\n"
	"RRULE:FREQ=YEARLY;BYDAY=-1SU;BYMONTH=3\r\nEND:DAYLIGHT\r\nEND:VTIMEZONE\r\n"
	"BEGIN:VEVENT\r\nUID:m1\r\nDTSTAMP:20260101T100000Z\r\nSEQUENCE:3\r\n"
	"ORGANIZER;CN=\"Bob; the organizer\":mailto:bob@example.test\r\n"
	"ATTENDEE;CN=Alice;ROLE=REQ-PARTICIPANT;PARTSTAT=NEEDS-ACTION;RSVP=TRUE;X-NUM-GUESTS=0:MAILTO:Alice@example.test\r\n"
	"ATTENDEE;CN=Carol:mailto:carol@example.test\r\n"
	"DTSTART;TZID=Customized Time Zone:20260505T100000\r\nDTEND;TZID=Customized Time Zone:20260505T110000\r\n"
	"RRULE:FREQ=WEEKLY;COUNT=10\r\nSUMMARY:Planning\\, quarterly\r\nX-UNKNOWN;X-P=\"a:b\":value;with:signs\r\n"
	"BEGIN:VALARM\r\nACTION:DISPLAY\r\nTRIGGER:-PT15M\r\nEND:VALARM\r\nEND:VEVENT\r\n"
	"BEGIN:VEVENT\r\nUID:m1\r\nDTSTAMP:20260101T100000Z\r\nSEQUENCE:4\r\nRECURRENCE-ID:20260512T080000Z\r\n"
	"ORGANIZER:mailto:bob@example.test\r\nATTENDEE;PARTSTAT=NEEDS-ACTION:mailto:alice@example.test\r\n"
	"DTSTART:20260512T120000Z\r\nDTEND:20260512T130000Z\r\nSUMMARY:Planning\\, moved\r\nEND:VEVENT\r\n"
	"END:VCALENDAR\r\n";

/* Every text that leaves must read again, be folded and end its lines in CRLF. */
static struct meeting *check_text(const char *text, bool stored)
{
	struct meeting *meeting;
	char *reason = NULL;
	size_t column = 0;

	g_assert_nonnull(text);
	g_assert_true(g_utf8_validate(text, -1, NULL));
	for (const char *c = text; *c != '\0'; c++) {
		if (*c == '\r') {
			g_assert_cmpint(c[1], ==, '\n');
			g_assert_cmpuint(column, <=, 75);
			column = 0;
			c++;
			/* no fold inside a character */
			g_assert_true(c[1] != ' ' || (c[2] & 0xc0) != 0x80);
			continue;
		}
		g_assert_cmpint(*c, !=, '\n');
		column++;
	}
	if (!stored)
		g_assert_null(strstr(text, "X-CONVOKE"));
	meeting = stored ? meeting_load(slice_from_string(text)) : meeting_parse(slice_from_string(text), NULL, &reason);
	if (meeting == NULL)
		g_error("%s\n%s", reason, text);
	return meeting;
}

static struct meeting *load(void)
{
	struct meeting *meeting = meeting_load(SLICE(series));

	g_assert_nonnull(meeting);
	return meeting;
}

static struct meeting_time at(const char *zone, int year, int month, int day, int hour)
{
	struct meeting_time time = { .kind = MEETING_TIME_ZONED, .fields = { year, month, day, hour, 0, 0 },
				     .zone_name = zone, .zone = zone_find(zone) };

	time.instant = zone_instant(time.zone, &time.fields, NULL);
	return time;
}

/* stalwart #2102, sabre-io/vobject #465: replies without these, or without the rules of the zones
 * they name, are ignored by other vendors. */
static void a_reply_carries_all_that_vendors_ask_for(void)
{
	struct meeting *meeting = load(), *reply;
	struct outgoing_answer answer = { .address = "alice@example.test", .partstat = MEETING_PARTSTAT_ACCEPTED,
					  .comment = "See you, there", .now = NOW };
	g_autofree char *text = outgoing_reply(meeting, &answer);
	static const char *const wanted[] = {
		"METHOD:REPLY\r\n", "UID:m1\r\n", "SEQUENCE:3\r\n", "DTSTAMP:20251229T100000Z\r\n",
		"ORGANIZER;CN=\"Bob; the organizer\":mailto:bob@example.test\r\n",
		"DTSTART;TZID=Customized Time Zone:20260505T100000\r\n",
		"DTEND;TZID=Customized Time Zone:20260505T110000\r\n", "SUMMARY:Planning\\, quarterly\r\n",
		"COMMENT:See you\\, there\r\n", "TZID:Customized Time Zone\r\n", "TZOFFSETTO:+0200\r\n",
	};

	reply = check_text(text, false);
	for (size_t i = 0; i < G_N_ELEMENTS(wanted); i++)
		if (strstr(text, wanted[i]) == NULL)
			g_error("%s is missing in\n%s", wanted[i], text);
	g_assert_cmpuint(reply->master->attendee_count, ==, 1);
	g_assert_cmpstr(reply->master->attendees[0].address, ==, "Alice@example.test"); /* as invited */
	g_assert_cmpint(reply->master->attendees[0].partstat, ==, MEETING_PARTSTAT_ACCEPTED);
	g_assert_false(reply->master->attendees[0].rsvp);
	g_assert_cmpuint(reply->master->rule_count, ==, 0);
	g_assert_null(strstr(text, "VALARM"));
	meeting_destroy(&reply);
	meeting_destroy(&meeting);
}

/* sabre-io/vobject #112, #412: the occurrence is named in the series' own zone, and every
 * message brings the rules of the zones it names. */
static void a_reply_to_one_occurrence_names_it(void)
{
	struct meeting *meeting = load(), *reply;
	struct meeting_time plain = at("Europe/Berlin", 2026, 5, 19, 10);
	struct outgoing_answer answer = { .address = "alice@example.test", .partstat = MEETING_PARTSTAT_DECLINED,
					  .recurrence_id = &plain, .now = NOW };
	g_autofree char *first = outgoing_reply(meeting, &answer), *second = NULL;

	reply = check_text(first, false);
	g_assert_null(reply->master);
	g_assert_cmpint(reply->overrides[0]->recurrence_id.instant, ==, plain.instant);
	g_assert_cmpint(reply->overrides[0]->start.instant, ==, plain.instant);
	g_assert_nonnull(strstr(first, "RECURRENCE-ID;TZID=\"Customized Time Zone\":20260519T100000\r\n"));
	g_assert_nonnull(strstr(first, "BEGIN:VTIMEZONE\r\nTZID:Customized Time Zone\r\n"));
	meeting_destroy(&reply);
	answer.recurrence_id = &meeting->overrides[0]->recurrence_id;
	second = outgoing_reply(meeting, &answer);
	reply = check_text(second, false);
	g_assert_cmpint(reply->overrides[0]->recurrence_id.instant, ==, answer.recurrence_id->instant);
	g_assert_cmpint(reply->overrides[0]->start.fields.hour, ==, 12);
	g_assert_cmpuint(reply->overrides[0]->sequence, ==, 4);
	meeting_destroy(&reply);
	plain.instant += 3600;
	plain.fields.hour++;
	answer.recurrence_id = &plain;
	g_assert_null(outgoing_reply(meeting, &answer)); /* no such occurrence */
	meeting_destroy(&meeting);
}

static void a_reply_of_somebody_not_invited_is_none_unless_as_a_guest(void)
{
	struct meeting *meeting = load(), *reply;
	struct outgoing_answer answer = { .address = "dave@example.test", .partstat = MEETING_PARTSTAT_ACCEPTED, .now = NOW };
	g_autofree char *text = NULL;

	g_assert_null(outgoing_reply(meeting, &answer));
	g_assert_null(outgoing_store_answer(meeting, &answer));
	answer.as_guest = true;
	text = outgoing_reply(meeting, &answer);
	reply = check_text(text, false);
	g_assert_cmpstr(reply->master->attendees[0].address, ==, "dave@example.test");
	meeting_destroy(&reply);
	meeting_destroy(&meeting);
}

static void a_delegation_names_the_delegate(void)
{
	struct meeting *meeting = load(), *reply;
	struct outgoing_answer answer = { .address = "alice@example.test", .partstat = MEETING_PARTSTAT_DELEGATED,
					  .delegate_to = "dave@example.test", .now = NOW };
	g_autofree char *text = outgoing_reply(meeting, &answer);

	reply = check_text(text, false);
	g_assert_cmpint(reply->master->attendees[0].partstat, ==, MEETING_PARTSTAT_DELEGATED);
	g_assert_cmpstr(reply->master->attendees[0].delegated_to[0], ==, "dave@example.test");
	meeting_destroy(&reply);
	meeting_destroy(&meeting);
}

/* RFC 5546 3.2.2.3: the existing REQUEST, with the line of the one who is sent and whom for. */
static void a_delegate_gets_the_organizers_version_with_both_peoples_lines(void)
{
	struct meeting *meeting = load(), *stored, *mail;
	struct outgoing_answer answer = { .address = "alice@example.test", .partstat = MEETING_PARTSTAT_DELEGATED,
					  .delegate_to = "dave@example.test", .comment = "ill", .now = NOW };
	const char *const dave[] = { "dave@example.test", NULL }, *const alice[] = { "alice@example.test", NULL };
	g_autofree char *object = outgoing_store_answer(meeting, &answer), *text = NULL;
	const struct meeting_person *person;

	g_assert_null(outgoing_delegation(meeting, &answer));
	stored = check_text(object, true);
	text = outgoing_delegation(stored, &answer);
	mail = check_text(text, false);
	g_assert_cmpint(mail->method, ==, MEETING_METHOD_REQUEST);
	g_assert_cmpuint(mail->master->sequence, ==, 3);
	g_assert_cmpint(mail->master->stamp, ==, meeting->master->stamp);
	g_assert_cmpuint(mail->override_count, ==, 1);
	g_assert_null(strstr(text, "VALARM"));
	for (int i = 0; i < 2; i++) {
		const struct meeting_event *event = i == 0 ? mail->master : mail->overrides[0];

		person = meeting_find_attendee(event, dave);
		g_assert_cmpint(person->partstat, ==, MEETING_PARTSTAT_NEEDS_ACTION);
		g_assert_true(person->rsvp);
		g_assert_cmpstr(person->delegated_from[0], ==, i == 0 ? "Alice@example.test" : "alice@example.test");
		person = meeting_find_attendee(event, alice);
		g_assert_cmpint(person->partstat, ==, MEETING_PARTSTAT_DELEGATED);
		g_assert_cmpstr(person->delegated_to[0], ==, "dave@example.test");
	}
	meeting_destroy(&mail);
	meeting_destroy(&stored);
	meeting_destroy(&meeting);
}

static void a_delegate_for_one_date_gets_that_date_alone(void)
{
	struct meeting *meeting = load(), *stored, *mail;
	struct meeting_time third = at("Europe/Berlin", 2026, 5, 19, 10), second = at("Europe/Berlin", 2026, 5, 12, 10);
	struct outgoing_answer answer = { .address = "alice@example.test", .partstat = MEETING_PARTSTAT_DELEGATED,
					  .delegate_to = "dave@example.test", .recurrence_id = &third, .now = NOW };
	g_autofree char *object = outgoing_store_answer(meeting, &answer), *text = NULL;

	stored = check_text(object, true);
	text = outgoing_delegation(stored, &answer);
	mail = check_text(text, false);
	g_assert_null(mail->master);
	g_assert_cmpuint(mail->override_count, ==, 1);
	g_assert_cmpint(mail->overrides[0]->recurrence_id.instant, ==, third.instant);
	g_assert_cmpuint(mail->overrides[0]->attendee_count, ==, 3);
	answer.recurrence_id = &second; /* to which she goes herself */
	g_assert_null(outgoing_delegation(stored, &answer));
	meeting_destroy(&mail);
	meeting_destroy(&stored);
	meeting_destroy(&meeting);
}

/* What one has answered to a date by itself is not delegated with the series. */
static void a_date_that_the_delegator_takes_is_not_the_delegates(void)
{
	struct meeting *meeting = load(), *one, *stored, *mail;
	struct meeting_time second = at("Europe/Berlin", 2026, 5, 12, 10);
	struct outgoing_answer yes = { .address = "alice@example.test", .partstat = MEETING_PARTSTAT_ACCEPTED,
				       .recurrence_id = &second, .now = NOW };
	struct outgoing_answer answer = { .address = "alice@example.test", .partstat = MEETING_PARTSTAT_DELEGATED,
					  .delegate_to = "dave@example.test", .now = NOW };
	g_autofree char *first = outgoing_store_answer(meeting, &yes), *object = NULL, *text = NULL;

	one = check_text(first, true);
	object = outgoing_store_answer(one, &answer);
	stored = check_text(object, true);
	text = outgoing_delegation(stored, &answer);
	mail = check_text(text, false);
	g_assert_cmpuint(mail->master->attendee_count, ==, 3);
	g_assert_cmpuint(mail->overrides[0]->attendee_count, ==, 1);
	meeting_destroy(&mail);
	meeting_destroy(&stored);
	meeting_destroy(&one);
	meeting_destroy(&meeting);
}

static void a_stored_answer_keeps_everything_else(void)
{
	struct meeting *meeting = load(), *stored;
	struct outgoing_answer answer = { .address = "alice@example.test", .partstat = MEETING_PARTSTAT_TENTATIVE,
					  .comment = "maybe \"late\"", .now = NOW };
	g_autofree char *text = outgoing_store_answer(meeting, &answer);

	stored = check_text(text, true);
	g_assert_cmpint(stored->master->attendees[0].partstat, ==, MEETING_PARTSTAT_TENTATIVE);
	g_assert_cmpstr(stored->master->attendees[0].comment, ==, "maybe \"late\"");
	g_assert_cmpint(stored->overrides[0]->attendees[0].partstat, ==, MEETING_PARTSTAT_TENTATIVE);
	g_assert_nonnull(strstr(text, "X-UNKNOWN;X-P=\"a:b\":value;with:signs\r\n"));
	g_assert_nonnull(strstr(text, "X-NUM-GUESTS=0"));
	g_assert_nonnull(strstr(text, "TRIGGER:-PT15M"));
	g_assert_nonnull(strstr(text, "X-WR-CALNAME:kept"));
	meeting_destroy(&stored);
	meeting_destroy(&meeting);
}

static void an_answer_for_one_occurrence_is_not_changed_by_one_for_the_series(void)
{
	struct meeting *meeting = load(), *one, *all;
	struct meeting_time plain = at("Europe/Berlin", 2026, 5, 19, 10);
	struct outgoing_answer answer = { .address = "alice@example.test", .partstat = MEETING_PARTSTAT_DECLINED,
					  .recurrence_id = &plain, .now = NOW };
	g_autofree char *first = outgoing_store_answer(meeting, &answer), *second = NULL;
	const struct meeting_event *event;

	one = check_text(first, true);
	g_assert_cmpuint(one->override_count, ==, 2);
	answer.recurrence_id = NULL;
	answer.partstat = MEETING_PARTSTAT_ACCEPTED;
	second = outgoing_store_answer(one, &answer);
	all = check_text(second, true);
	event = meeting_find_override(all, &plain);
	g_assert_cmpint(event->attendees[0].partstat, ==, MEETING_PARTSTAT_DECLINED);
	g_assert_cmpint(all->master->attendees[0].partstat, ==, MEETING_PARTSTAT_ACCEPTED);
	g_assert_cmpint(meeting_find_override(all, &meeting->overrides[0]->recurrence_id)->attendees[0].partstat, ==,
			MEETING_PARTSTAT_ACCEPTED);
	meeting_destroy(&all);
	meeting_destroy(&one);
	meeting_destroy(&meeting);
}

static void a_counter_says_old_and_new_time(void)
{
	struct meeting *meeting = load(), *counter;
	struct meeting_time start = at("Europe/Berlin", 2026, 5, 6, 15), end = at("Europe/Berlin", 2026, 5, 6, 16);
	struct outgoing_answer answer = { .address = "alice@example.test", .partstat = MEETING_PARTSTAT_TENTATIVE,
					  .comment = "later?", .now = NOW };
	g_autofree char *text = outgoing_counter(meeting, &answer, &start, &end);

	counter = check_text(text, false);
	g_assert_cmpint(counter->method, ==, MEETING_METHOD_COUNTER);
	g_assert_cmpint(counter->master->start.instant, ==, start.instant);
	g_assert_nonnull(strstr(text, "X-MS-OLK-ORIGINALSTART;TZID=\"Customized Time Zone\":20260505T100000"));
	g_assert_nonnull(strstr(text, "TZID:Europe/Berlin\r\n"));
	meeting_destroy(&counter);
	meeting_destroy(&meeting);
}

static struct outgoing_draft draft_of(const struct meeting_person *people, size_t count)
{
	return (struct outgoing_draft){
		.uid = "new@example.test", .summary = "Gr\xc3\xbc\xc3\x9f" "e, alle; \xe2\x82\xac\nzwei",
		.location = "Room 4", .start = at("America/New_York", 2026, 5, 5, 9),
		.end = at("America/New_York", 2026, 5, 5, 10), .rule = "FREQ=WEEKLY;BYDAY=TU",
		.organizer_address = "bob@example.test", .organizer_name = "Bob \"B\" Builder",
		.attendees = people, .attendee_count = count, .now = NOW,
	};
}

static const struct meeting_person people[] = {
	{ .address = "alice@example.test", .name = "Alice" },
	{ .address = "carol@example.test", .role = MEETING_ROLE_OPTIONAL },
	{ .address = "dave@example.test" },
};

static struct meeting *created(size_t count)
{
	struct outgoing_draft draft = draft_of(people, count);
	g_autofree char *text = outgoing_create(&draft, NULL);

	return check_text(text, true);
}

static void a_new_meeting_is_what_the_draft_says(void)
{
	struct meeting *meeting = created(2);
	const struct meeting_event *event = meeting->master;

	g_assert_cmpstr(meeting->uid, ==, "new@example.test");
	g_assert_cmpstr(event->summary, ==, "Gr\xc3\xbc\xc3\x9f" "e, alle; \xe2\x82\xac\nzwei");
	g_assert_cmpstr(event->organizer.name, ==, "Bob \"B\" Builder");
	g_assert_cmpuint(event->attendee_count, ==, 2);
	g_assert_true(event->attendees[0].rsvp);
	g_assert_cmpint(event->attendees[1].role, ==, MEETING_ROLE_OPTIONAL);
	g_assert_cmpuint(event->sequence, ==, 0);
	g_assert_cmpuint(event->rule_count, ==, 1);
	g_assert_nonnull(strstr(meeting->ics.data, "BEGIN:VTIMEZONE\r\nTZID:America/New_York\r\n"));
	meeting_destroy(&meeting);
}

static void a_draft_that_makes_no_sense_is_refused(void)
{
	struct outgoing_draft good = draft_of(people, 1), bad;
	char *reason = NULL;

	bad = good;
	bad.end = at("America/New_York", 2026, 5, 4, 9);
	g_assert_null(outgoing_create(&bad, &reason));
	g_assert_cmpstr(reason, ==, "the end is before the start");
	g_clear_pointer(&reason, g_free);
	bad = good;
	bad.start.kind = MEETING_TIME_NONE;
	g_assert_null(outgoing_create(&bad, &reason));
	g_clear_pointer(&reason, g_free);
	bad = good;
	bad.rule = "FREQ=SOMETIMES";
	g_assert_null(outgoing_create(&bad, &reason));
	g_clear_pointer(&reason, g_free);
	bad = good;
	bad.attendees = &(struct meeting_person){ .address = "a@example.test\r\nX-EVIL:1" };
	g_assert_null(outgoing_create(&bad, &reason));
	g_clear_pointer(&reason, g_free);
}

static void no_field_can_begin_another_line(void)
{
	static const char evil[] = "x\r\nATTENDEE:mailto:injected@example.test\r\n";
	struct meeting *meeting = load(), *reply;
	struct outgoing_answer answer = { .address = "alice@example.test", .name = evil, .comment = evil,
					  .partstat = MEETING_PARTSTAT_DELEGATED, .delegate_to = evil, .now = NOW };
	struct outgoing_draft draft = draft_of(people, 1);
	g_autofree char *text = outgoing_reply(meeting, &answer), *created_text = NULL;

	reply = check_text(text, false);
	g_assert_cmpuint(reply->master->attendee_count, ==, 1);
	meeting_destroy(&reply);
	draft.summary = draft.location = draft.description = draft.url = draft.organizer_name = draft.uid = evil;
	created_text = outgoing_create(&draft, NULL);
	reply = check_text(created_text, true);
	g_assert_cmpuint(reply->master->attendee_count, ==, 1);
	meeting_destroy(&reply);
	draft.rule = "FREQ=DAILY;X=1\r\nATTENDEE:mailto:injected@example.test";
	g_assert_null(outgoing_create(&draft, NULL));
	meeting_destroy(&meeting);
}

/* sabre-io/vobject #462: each REQUEST has a DTSTAMP of its own, and with an equal SEQUENCE the later
 * one is the newer: else an update in which LAST-MODIFIED alone has risen is taken for the old one. */
static void a_request_sent_again_is_newer_than_the_first(void)
{
	struct meeting *meeting = created(2), *sent[2];
	const char *const alice[] = { "alice@example.test", NULL }, *const from[] = { "bob@example.test", NULL };
	struct itip_decision *first, *second;

	for (int i = 0; i < 2; i++) {
		g_autofree char *text = outgoing_request(meeting, NULL, NOW + 60 * (i + 1));

		sent[i] = check_text(text, false);
		g_assert_cmpint(sent[i]->master->stamp, ==, NOW + 60 * (i + 1));
		g_assert_cmpuint(sent[i]->master->sequence, ==, meeting->master->sequence);
	}
	first = itip_decide(&(struct itip_input){ .incoming = sent[0], .addresses = alice, .from = from, .now = NOW });
	g_assert_cmpint(first->reason, ==, ITIP_REASON_APPLIED);
	second = itip_decide(&(struct itip_input){ .stored = first->result, .incoming = sent[1], .addresses = alice,
						   .from = from, .now = NOW });
	g_assert_cmpint(second->reason, ==, ITIP_REASON_APPLIED);
	g_assert_cmpint(second->action, ==, ITIP_ACTION_REPLACE);
	itip_decision_destroy(&second);
	itip_decision_destroy(&first);
	for (int i = 0; i < 2; i++)
		meeting_destroy(&sent[i]);
	meeting_destroy(&meeting);
}

static void a_request_goes_out_without_what_is_ours_alone(void)
{
	struct meeting *meeting = created(2), *request;
	g_autofree char *text = outgoing_request(meeting, NULL, NOW + 60);

	request = check_text(text, false);
	g_assert_cmpint(request->method, ==, MEETING_METHOD_REQUEST);
	g_assert_cmpuint(request->master->attendee_count, ==, 2);
	g_assert_nonnull(strstr(text, "DTSTAMP:20251229T100100Z"));
	meeting_destroy(&request);
	meeting_destroy(&meeting);
}

static void moving_a_meeting_asks_everybody_anew_renaming_it_does_not(void)
{
	struct meeting *meeting = created(2), *answered, *renamed, *moved;
	struct outgoing_answer yes = { .address = "alice@example.test", .partstat = MEETING_PARTSTAT_ACCEPTED, .now = NOW };
	g_autofree char *text = outgoing_store_answer(meeting, &yes), *second = NULL, *third = NULL;
	struct outgoing_draft draft = draft_of(people + 0, 3);

	answered = check_text(text, true);
	draft.summary = "Other name";
	second = outgoing_edit(answered, &draft, NULL, NULL);
	renamed = check_text(second, true);
	g_assert_cmpuint(renamed->master->sequence, ==, 1);
	g_assert_cmpuint(renamed->master->attendee_count, ==, 3);
	g_assert_cmpint(renamed->master->attendees[0].partstat, ==, MEETING_PARTSTAT_ACCEPTED);
	g_assert_nonnull(strstr(second, "SIGNIFICANT-SEQUENCE:0"));
	draft.start = at("America/New_York", 2026, 5, 5, 11);
	draft.end = at("America/New_York", 2026, 5, 5, 12);
	draft.attendees = people + 1; /* alice leaves */
	draft.attendee_count = 2;
	third = outgoing_edit(renamed, &draft, NULL, NULL);
	moved = check_text(third, true);
	g_assert_cmpuint(moved->master->sequence, ==, 2);
	g_assert_cmpuint(moved->master->attendee_count, ==, 2);
	g_assert_cmpstr(moved->master->attendees[0].address, ==, "carol@example.test");
	g_assert_cmpint(moved->master->attendees[0].partstat, ==, MEETING_PARTSTAT_NEEDS_ACTION);
	g_assert_nonnull(strstr(third, "SIGNIFICANT-SEQUENCE:2"));
	meeting_destroy(&moved);
	meeting_destroy(&renamed);
	meeting_destroy(&answered);
	meeting_destroy(&meeting);
}

/* Whoever sent somebody goes on not going; the one who was sent says whether he can. */
static void moving_a_meeting_asks_the_delegate_anew_and_not_the_delegator(void)
{
	const struct outgoing_answer sent = { .address = "alice@example.test", .partstat = MEETING_PARTSTAT_DELEGATED,
					      .delegate_to = "dave@example.test", .now = NOW };
	struct meeting *meeting = created(2), *delegated, *moved;
	const struct meeting_person *alice, *dave;
	const char *const of_alice[] = { "alice@example.test", NULL }, *const of_dave[] = { "dave@example.test", NULL };
	struct outgoing_draft draft = draft_of(people, 2);
	struct meeting_person invited[3] = { people[0], people[1], { .address = "dave@example.test" } };
	g_autofree char *answered = outgoing_store_answer(meeting, &sent), *edited = NULL;
	g_autoptr(GString) object = g_string_new(answered);

	g_string_replace(object, "END:VEVENT",
			 "X-CONVOKE-ANSWER;PARTSTAT=DELEGATED;DELEGATED-TO=\"mailto:dave@example.test\";"
			 "STAMP=20251229T100000Z;SEQUENCE=0:mailto:alice@example.test\r\n"
			 "X-CONVOKE-ANSWER;PARTSTAT=ACCEPTED;STAMP=20251229T100000Z;SEQUENCE=0:mailto:dave@example.test\r\n"
			 "ATTENDEE;DELEGATED-FROM=\"mailto:alice@example.test\";X-CONVOKE-DELEGATE=TRUE;"
			 "PARTSTAT=ACCEPTED:mailto:dave@example.test\r\nEND:VEVENT", 1);
	delegated = meeting_load(slice_of(object->str, object->len));
	g_assert_nonnull(delegated);
	draft.attendees = invited;
	draft.attendee_count = 3;
	draft.start = at("America/New_York", 2026, 5, 5, 11);
	draft.end = at("America/New_York", 2026, 5, 5, 12);
	edited = outgoing_edit(delegated, &draft, NULL, NULL);
	moved = check_text(edited, true);
	alice = meeting_find_attendee(moved->master, of_alice);
	dave = meeting_find_attendee(moved->master, of_dave);
	g_assert_cmpint(alice->partstat, ==, MEETING_PARTSTAT_DELEGATED);
	g_assert_cmpstr(alice->delegated_to[0], ==, "dave@example.test");
	g_assert_cmpint(dave->partstat, ==, MEETING_PARTSTAT_NEEDS_ACTION);
	g_assert_cmpstr(dave->delegated_from[0], ==, "alice@example.test");
	g_string_assign(object, edited);
	g_string_replace(object, "\r\n ", "", 0);
	g_assert_nonnull(strstr(object->str, "X-CONVOKE-DELEGATE"));
	g_assert_nonnull(strstr(object->str, "X-CONVOKE-ANSWER;PARTSTAT=DELEGATED"));
	g_assert_null(strstr(object->str, "X-CONVOKE-ANSWER;PARTSTAT=ACCEPTED"));
	meeting_destroy(&moved);
	meeting_destroy(&delegated);
	meeting_destroy(&meeting);
}

/* nextcloud/calendar #8450: who comes to the series comes to its changed dates too, and who leaves it
 * leaves them; who is on the list of one date only, or off it, stays so. */
static void a_change_of_the_series_leaves_the_guests_of_one_date(void)
{
	const struct meeting_person eve = { .address = "eve@example.test" };
	struct meeting_person of_date[] = { people[0], people[2] }, of_series[] = { people[1], eve };
	struct meeting *meeting = created(2), *dated, *renamed;
	struct meeting_time id = at("America/New_York", 2026, 5, 12, 9);
	struct outgoing_draft draft = draft_of(of_date, 2);
	g_autofree char *text = NULL, *second = NULL;

	draft.start = id; /* alice and dave, without carol */
	draft.end = at("America/New_York", 2026, 5, 12, 10);
	text = outgoing_edit(meeting, &draft, &id, NULL);
	dated = check_text(text, true);
	draft = draft_of(of_series, 2); /* eve for alice */
	draft.summary = "Other name";
	second = outgoing_edit(dated, &draft, NULL, NULL);
	renamed = check_text(second, true);
	g_assert_cmpuint(renamed->master->attendee_count, ==, 2);
	g_assert_cmpuint(renamed->overrides[0]->attendee_count, ==, 2);
	g_assert_cmpstr(renamed->overrides[0]->attendees[0].address, ==, "dave@example.test");
	g_assert_cmpstr(renamed->overrides[0]->attendees[1].address, ==, "eve@example.test");
	meeting_destroy(&renamed);
	meeting_destroy(&dated);
	meeting_destroy(&meeting);
}

static void one_occurrence_can_be_moved_and_called_off(void)
{
	struct meeting *meeting = created(1), *moved, *off, *request;
	struct meeting_time id = at("America/New_York", 2026, 5, 12, 9), other = at("America/New_York", 2026, 5, 19, 9);
	struct outgoing_draft draft = draft_of(people, 1);
	g_autofree char *text = NULL, *second = NULL, *third = NULL, *cancel = NULL;
	struct recur_occurrence next[3];

	draft.start = at("America/New_York", 2026, 5, 13, 15);
	draft.end = at("America/New_York", 2026, 5, 13, 16);
	text = outgoing_edit(meeting, &draft, &id, NULL);
	moved = check_text(text, true);
	g_assert_cmpuint(moved->override_count, ==, 1);
	second = outgoing_store_cancel(moved, &other, NOW);
	off = check_text(second, true);
	g_assert_cmpint(off->master->status, ==, MEETING_STATUS_CONFIRMED);
	g_assert_cmpuint(recur_upcoming(off, NOW, NULL, next, 3), ==, 3);
	g_assert_cmpint(next[1].start.fields.day, ==, 13);
	g_assert_cmpint(next[2].start.fields.day, ==, 26);
	/* others learn of the cancelled one by an exception */
	third = outgoing_request(off, NULL, NOW);
	request = check_text(third, false);
	g_assert_cmpuint(request->override_count, ==, 1);
	g_assert_cmpuint(request->master->exdate_count, ==, 1);
	cancel = outgoing_cancel(off, NULL, &other, NOW);
	meeting_destroy(&request);
	request = check_text(cancel, false);
	g_assert_null(request->master);
	g_assert_cmpint(request->overrides[0]->status, ==, MEETING_STATUS_CANCELLED);
	meeting_destroy(&request);
	meeting_destroy(&off);
	meeting_destroy(&moved);
	meeting_destroy(&meeting);
}

static void a_cancel_to_the_removed_names_only_them(void)
{
	static const char *const removed[] = { "dave@example.test", NULL };
	struct meeting *meeting = created(2), *cancel;
	g_autofree char *text = outgoing_cancel(meeting, removed, NULL, NOW);

	cancel = check_text(text, false);
	g_assert_cmpint(cancel->method, ==, MEETING_METHOD_CANCEL);
	g_assert_cmpuint(cancel->master->attendee_count, ==, 1);
	g_assert_cmpstr(cancel->master->attendees[0].address, ==, "dave@example.test");
	g_assert_cmpint(cancel->master->status, !=, MEETING_STATUS_CANCELLED);
	meeting_destroy(&cancel);
	meeting_destroy(&meeting);
}

static void a_url_is_added_where_there_is_none_and_nothing_else_changes(void)
{
	struct meeting *meeting = load(), *again;
	g_autofree char *text = outgoing_with_url(meeting, "https://mail.example.test/m/token");
	g_autofree char *plain = outgoing_with_url(meeting, NULL);
	g_auto(GStrv) pieces = g_strsplit(text, "URL:https://mail.example.test/m/token\r\n", -1);
	g_autofree char *without = g_strjoinv("", pieces);

	again = check_text(text, false);
	g_assert_cmpstr(again->master->url, ==, "https://mail.example.test/m/token");
	g_assert_cmpstr(without, ==, plain);
	g_assert_cmpuint(g_strv_length(pieces), ==, 3);
	meeting_destroy(&again);
	meeting_destroy(&meeting);
}

static void long_lines_are_folded_between_characters(void)
{
	GString *text = g_string_new("BEGIN:VCALENDAR\nBEGIN:VEVENT\nUID:u\nDTSTART:20260505T100000Z\nSUMMARY:");
	struct meeting *meeting, *again;
	g_autofree char *out = NULL;

	for (int i = 0; i < 400; i++)
		g_string_append(text, i % 3 == 0 ? "\xf0\x9f\x98\x80" : i % 3 == 1 ? "\xc3\xbc" : "\xe2\x82\xac");
	g_string_append(text, "\nEND:VEVENT\nEND:VCALENDAR\n");
	meeting = meeting_parse(slice_of(text->str, text->len), NULL, NULL);
	out = outgoing_export(meeting);
	again = check_text(out, false);
	g_assert_cmpstr(again->master->summary, ==, meeting->master->summary);
	meeting_destroy(&again);
	meeting_destroy(&meeting);
	g_string_free(text, TRUE);
}

/* The object goes on as Exchange wrote it, whatever is shown; edited, it stays so. */
static void whole_days_written_as_midnights_stay_written_so(void)
{
	static const char days[] =
		"BEGIN:VCALENDAR\r\nVERSION:2.0\r\nBEGIN:VEVENT\r\nUID:d1\r\nDTSTAMP:20260101T100000Z\r\nSEQUENCE:3\r\n"
		"ORGANIZER:mailto:bob@example.test\r\nATTENDEE:mailto:alice@example.test\r\nSUMMARY:Days\r\n"
		"X-MICROSOFT-CDO-ALLDAYEVENT:TRUE\r\nDTSTART;TZID=Europe/Berlin:20260329T000000\r\n"
		"DTEND;TZID=Europe/Berlin:20260330T000000\r\nRRULE:FREQ=WEEKLY;COUNT=10\r\nEND:VEVENT\r\nEND:VCALENDAR\r\n";
	struct meeting *meeting = meeting_load(SLICE(days)), *moved;
	struct meeting_time id = at("Europe/Berlin", 2026, 4, 12, 0);
	struct outgoing_answer answer = { .address = "alice@example.test", .partstat = MEETING_PARTSTAT_ACCEPTED,
					  .recurrence_id = &id, .now = NOW };
	struct meeting_person alice = { .address = "alice@example.test" };
	struct outgoing_draft draft = { .summary = "Days", .attendees = &alice, .attendee_count = 1, .now = NOW,
					.rule = meeting->master->rules[0].text };
	g_autofree char *reply = outgoing_reply(meeting, &answer), *kept = NULL, *one = NULL, *timed = NULL;

	g_assert_nonnull(strstr(reply, "DTSTART;TZID=Europe/Berlin:20260412T000000\r\n"));
	g_assert_nonnull(strstr(reply, "DTEND;TZID=Europe/Berlin:20260413T000000\r\n"));
	draft.start = (struct meeting_time){ .kind = MEETING_TIME_DATE, .fields = { 2026, 3, 29, 0, 0, 0 } };
	draft.end = (struct meeting_time){ .kind = MEETING_TIME_DATE, .fields = { 2026, 3, 30, 0, 0, 0 } };
	draft.start.instant = zone_seconds(&draft.start.fields);
	draft.end.instant = zone_seconds(&draft.end.fields);
	kept = outgoing_edit(meeting, &draft, NULL, NULL);
	g_assert_nonnull(strstr(kept, "X-MICROSOFT-CDO-ALLDAYEVENT:TRUE\r\nDTSTART;TZID=Europe/Berlin:20260329T000000\r\n"));
	g_assert_null(strstr(kept, "SIGNIFICANT")); /* not moved */
	draft.start.instant += 15 * 86400;
	draft.end.instant += 15 * 86400;
	one = outgoing_edit(meeting, &draft, &id, NULL);
	moved = check_text(one, true);
	g_assert_cmpint(moved->overrides[0]->recurrence_id.instant, ==, id.instant);
	g_assert_cmpint(moved->overrides[0]->start.instant, ==, at("Europe/Berlin", 2026, 4, 13, 0).instant);
	g_assert_true(meeting_time_is_day(&moved->overrides[0]->start));
	meeting_destroy(&moved);
	draft.start = at("Europe/Berlin", 2026, 4, 12, 9);
	draft.end = at("Europe/Berlin", 2026, 4, 12, 10);
	timed = outgoing_edit(meeting, &draft, NULL, NULL);
	g_assert_null(strstr(timed, "ALLDAYEVENT"));
	meeting_destroy(&meeting);
}

int main(int argc, char **argv)
{
	g_test_init(&argc, &argv, NULL);
	zone_init();
#define ADD(name) g_test_add_func("/outgoing/" #name, name)
	ADD(a_reply_carries_all_that_vendors_ask_for);
	ADD(a_reply_to_one_occurrence_names_it);
	ADD(a_reply_of_somebody_not_invited_is_none_unless_as_a_guest);
	ADD(a_delegation_names_the_delegate);
	ADD(a_delegate_gets_the_organizers_version_with_both_peoples_lines);
	ADD(a_delegate_for_one_date_gets_that_date_alone);
	ADD(a_date_that_the_delegator_takes_is_not_the_delegates);
	ADD(moving_a_meeting_asks_the_delegate_anew_and_not_the_delegator);
	ADD(a_stored_answer_keeps_everything_else);
	ADD(an_answer_for_one_occurrence_is_not_changed_by_one_for_the_series);
	ADD(a_counter_says_old_and_new_time);
	ADD(a_new_meeting_is_what_the_draft_says);
	ADD(a_draft_that_makes_no_sense_is_refused);
	ADD(no_field_can_begin_another_line);
	ADD(a_request_goes_out_without_what_is_ours_alone);
	ADD(a_request_sent_again_is_newer_than_the_first);
	ADD(moving_a_meeting_asks_everybody_anew_renaming_it_does_not);
	ADD(a_change_of_the_series_leaves_the_guests_of_one_date);
	ADD(one_occurrence_can_be_moved_and_called_off);
	ADD(a_cancel_to_the_removed_names_only_them);
	ADD(a_url_is_added_where_there_is_none_and_nothing_else_changes);
	ADD(long_lines_are_folded_between_characters);
	ADD(whole_days_written_as_midnights_stay_written_so);
	return g_test_run();
}
