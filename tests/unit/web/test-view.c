/* From stored meetings to the models of pages: times, answers, forms, trail. */
#include "calendar/link.h"
#include "web/draft_form.h"
#include "web/meeting_view.h"
#include "web/trail_view.h"

static struct when when;
static struct arena *arena;

static struct when when_in(const char *zone, const char *locale)
{
	return (struct when){ arena, words_for(locale), zone_find(zone) };
}

static struct meeting_time zoned(const char *zone, int year, int month, int day, int hour, int minute)
{
	struct meeting_time time = { .kind = MEETING_TIME_ZONED, .zone = zone_find(zone), .zone_name = zone };

	time.fields = (struct meeting_fields){ year, month, day, hour, minute, 0 };
	time.instant = zone_instant(time.zone, &time.fields, NULL);
	return time;
}

static struct meeting_time other(enum meeting_time_kind kind, int year, int month, int day, int hour)
{
	struct meeting_time time = { .kind = kind, .zone_name = "Mars/Phobos" };

	time.fields = (struct meeting_fields){ year, month, day, hour, 0, 0 };
	time.instant = zone_seconds(&time.fields);
	return time;
}

static void spans_are_told_on_the_readers_clock(void)
{
	struct meeting_time tz = zoned("America/New_York", 2026, 5, 5, 8, 0);
	struct meeting_time tz_end = zoned("America/New_York", 2026, 5, 5, 9, 30);
	struct meeting_time late = zoned("Europe/Berlin", 2026, 5, 5, 23, 0);
	struct meeting_time late_end = zoned("Europe/Berlin", 2026, 5, 6, 1, 0);
	struct meeting_time date = other(MEETING_TIME_DATE, 2026, 5, 5, 0);
	struct meeting_time date_end = other(MEETING_TIME_DATE, 2026, 5, 6, 0);
	struct meeting_time days_end = other(MEETING_TIME_DATE, 2026, 5, 8, 0);
	struct meeting_time floating = other(MEETING_TIME_FLOATING, 2026, 5, 5, 9);
	struct meeting_time unknown = other(MEETING_TIME_UNKNOWN_ZONE, 2026, 5, 5, 9);
	struct meeting_time none = { .kind = MEETING_TIME_NONE };
	struct meeting_time midnight = zoned("Asia/Kolkata", 2026, 5, 5, 0, 0);
	struct meeting_time next_midnight = zoned("Asia/Kolkata", 2026, 5, 6, 0, 0);
	struct meeting_time summer = zoned("Europe/Berlin", 2026, 10, 25, 0, 0); /* a day of 25 hours */
	struct meeting_time summer_end = zoned("Europe/Berlin", 2026, 10, 26, 0, 0);
	const struct {
		const struct meeting_time *start, *end;
		const char *text, *start_iso, *end_text, *end_iso, *zone, *all_day;
	} rows[] = {
		{ &tz, &tz_end, "Tuesday, 5 May 2026, 14:00", "2026-05-05T14:00+02:00", "15:30",
		  "2026-05-05T15:30+02:00", "Europe/Berlin, UTC+2", NULL },
		{ &late, &late_end, "Tuesday, 5 May 2026, 23:00", "2026-05-05T23:00+02:00",
		  "Wednesday, 6 May 2026, 01:00", "2026-05-06T01:00+02:00", "Europe/Berlin, UTC+2", NULL },
		{ &date, &date_end, "Tuesday, 5 May 2026", "2026-05-05", NULL, NULL, NULL, "all day" },
		{ &date, &days_end, "Tuesday, 5 May 2026", "2026-05-05", "Thursday, 7 May 2026", "2026-05-07",
		  NULL, NULL },
		{ &midnight, &next_midnight, "Tuesday, 5 May 2026", "2026-05-05", NULL, NULL, NULL, "all day" },
		{ &summer, &summer_end, "Sunday, 25 October 2026", "2026-10-25", NULL, NULL, NULL, "all day" },
		{ &floating, &floating, "Tuesday, 5 May 2026, 09:00", "2026-05-05T09:00", NULL, NULL, NULL, NULL },
		{ &unknown, &unknown, "Tuesday, 5 May 2026, 09:00", "2026-05-05T09:00", NULL, NULL, NULL, NULL },
		{ &none, &none, NULL, NULL, NULL, NULL, NULL, NULL },
	};

	midnight.whole_day = next_midnight.whole_day = summer.whole_day = summer_end.whole_day = true;
	when = when_in("Europe/Berlin", "en");
	for (size_t i = 0; i < G_N_ELEMENTS(rows); i++) {
		struct page_when got;

		when_span(&when, rows[i].start, rows[i].end, &got);
		g_assert_cmpstr(got.start, ==, rows[i].text);
		g_assert_cmpstr(got.start_iso, ==, rows[i].start_iso);
		g_assert_cmpstr(got.end, ==, rows[i].end_text);
		g_assert_cmpstr(got.end_iso, ==, rows[i].end_iso);
		g_assert_cmpstr(got.zone, ==, rows[i].zone);
		g_assert_cmpstr(got.all_day, ==, rows[i].all_day);
		g_assert_cmpint(when_note(&when, rows[i].start) != NULL, ==,
				rows[i].start == &floating || rows[i].start == &unknown);
	}
}

static void the_organizers_clock_is_told_where_it_differs(void)
{
	struct meeting_time ny = zoned("America/New_York", 2026, 5, 5, 8, 0);
	struct meeting_time ny_end = zoned("America/New_York", 2026, 5, 5, 9, 30);
	struct meeting_time paris = zoned("Europe/Paris", 2026, 5, 5, 8, 0);
	struct meeting_time tokyo = zoned("Asia/Tokyo", 2026, 5, 6, 6, 0);
	struct page_when got;

	when = when_in("Europe/Berlin", "en");
	when_span_organizer(&when, &ny, &ny_end, &got);
	g_assert_cmpstr(got.start, ==, "08:00");
	g_assert_cmpstr(got.end, ==, "09:30");
	g_assert_cmpstr(got.zone, ==, "America/New_York, UTC-4");
	when_span_organizer(&when, &paris, &paris, &got);
	g_assert_null(got.start);
	ny.whole_day = ny_end.whole_day = true;
	when_span_organizer(&when, &ny, &ny_end, &got);
	g_assert_null(got.start);
	when_span_organizer(&when, &tokyo, &tokyo, &got);
	g_assert_cmpstr(got.start, ==, "Wednesday, 6 May 2026, 06:00");
}

static void form_times_are_real_moments_or_nothing(void)
{
	static const char *const bad[] = { "", "x", "2026-05-05", "2026-05-05T", "2026-05-05T24:00",
					   "2026-05-05T12:60", "2026-02-30T12:00", "2026-13-01T12:00",
					   "0026-05-05T12:00", "2026-05-05 12:00", "2026-05-05T12:00Z",
					   "2026-05-05T12:00:61", "+026-05-05T12:00", "9999-05-05T12:00" };
	struct meeting_time time = { .kind = MEETING_TIME_NONE };

	when = when_in("Europe/Berlin", "en");
	for (size_t i = 0; i < G_N_ELEMENTS(bad); i++)
		g_assert_false(when_form_parse(bad[i], when.zone, false, &time));
	g_assert_cmpint(time.kind, ==, MEETING_TIME_NONE);
	g_assert_true(when_form_parse("2026-05-05T14:00", when.zone, false, &time));
	g_assert_cmpint(time.kind, ==, MEETING_TIME_ZONED);
	g_assert_cmpstr(when_form_value(&when, &time), ==, "2026-05-05T14:00");
	g_assert_cmpint(time.instant, ==, zoned("Europe/Berlin", 2026, 5, 5, 14, 0).instant);
	g_assert_true(when_form_parse("2026-05-05T14:00", when.zone, true, &time));
	g_assert_cmpint(time.kind, ==, MEETING_TIME_DATE);
	g_assert_cmpint(time.fields.hour, ==, 0);
	g_assert_true(when_form_parse("2026-05-05", when.zone, true, &time));
}

static void occurrences_survive_the_way_through_an_address(void)
{
	static const char *const bad[] = { "", "2026", "20260505T", "20260505T12", "20260532", "20260505T250000Z",
					   "20260505T120000Zx", "<script>" };
	struct meeting_time times[] = {
		zoned("America/New_York", 2026, 5, 5, 8, 0),
		other(MEETING_TIME_DATE, 2026, 5, 5, 0),
		other(MEETING_TIME_FLOATING, 2026, 5, 5, 9),
	};

	when = when_in("Europe/Berlin", "en");
	for (size_t i = 0; i < G_N_ELEMENTS(times); i++) {
		struct meeting_time got;

		g_assert_true(link_occurrence_parse(when_occurrence_query(&when, &times[i]), &got));
		g_assert_true(meeting_time_equal(&got, &times[i]));
	}
	for (size_t i = 0; i < G_N_ELEMENTS(bad); i++)
		g_assert_false(link_occurrence_parse(bad[i], &times[0]));
}

/* ---- the meeting's model ---- */

#define MEETING(more) \
	"BEGIN:VCALENDAR\r\nVERSION:2.0\r\nPRODID:-//example.test//EN\r\nBEGIN:VEVENT\r\nUID:u1\r\n" \
	"DTSTAMP:20260101T000000Z\r\nDTSTART:20260505T120000Z\r\nDTEND:20260505T133000Z\r\n" \
	"SUMMARY:Quarterly planning\r\nORGANIZER;CN=Bob:mailto:bob@example.test\r\n" more \
	"END:VEVENT\r\nEND:VCALENDAR\r\n"
#define ALICE(partstat) "ATTENDEE;CN=Alice;PARTSTAT=" partstat ":mailto:alice@example.test\r\n"

static const char *const alice[] = { "alice@example.test", NULL };

static void the_readers_state_decides_what_the_page_offers(void)
{
	static const struct {
		const char *ics;
		bool organizer, over;
		const char *kind, *status;
		bool answerable, cancelled, can_hide;
	} rows[] = {
		{ MEETING(ALICE("NEEDS-ACTION")), false, false, "Invitation", "You have not answered yet.", true, false, false },
		{ MEETING(ALICE("ACCEPTED")), false, false, "Invitation", "You have accepted.", true, false, false },
		{ MEETING(ALICE("TENTATIVE")), false, false, "Invitation", "You have accepted tentatively.", true, false, false },
		{ MEETING(ALICE("DECLINED")), false, false, "Invitation", "You have declined.", true, false, true },
		{ MEETING(ALICE("DELEGATED")), false, false, "Invitation", "You have sent somebody else.", true, false, true },
		{ MEETING(ALICE("DELEGATED;DELEGATED-TO=\"mailto:dave@example.test\"")), false, false, "Invitation",
		  "You have sent dave@example.test in your place.", true, false, true },
		{ MEETING("ATTENDEE:MAILTO:ALICE@EXAMPLE.TEST\r\n"), false, false, "Invitation", "You have not answered yet.", true, false, false },
		{ MEETING(ALICE("ACCEPTED") "STATUS:CANCELLED\r\n"), false, false, "Cancelled", "This meeting was cancelled.", false, true, true },
		{ MEETING(ALICE("NEEDS-ACTION")), false, true, "Invitation", "This meeting is over.", false, false, false },
		{ MEETING(ALICE("NEEDS-ACTION")), true, false, "Your meeting", NULL, false, false, false },
		{ MEETING("ATTENDEE:mailto:carol@example.test\r\n"), false, false, NULL, NULL, false, false, false },
	};

	when = when_in("Europe/Berlin", "en");
	for (size_t i = 0; i < G_N_ELEMENTS(rows); i++) {
		struct meeting *meeting = meeting_parse(slice_from_string(rows[i].ics), NULL, NULL);
		const struct meeting_event *event = meeting_main_event(meeting);
		struct meeting_row row = { .is_organizer = rows[i].organizer, .shown = true,
					   .last_end = event->end.instant, .status = event->status };
		struct meeting_sources sources = {
			.token = "t", .meeting = meeting, .row = &row, .addresses = alice,
			.about = { .event = event, .start = event->start, .end = event->end,
				   .span = { event->start.instant, event->end.instant } },
			.now = event->start.instant + (rows[i].over ? 100000 : -100000),
		};
		struct meeting_view *view = meeting_view_create(&when, &sources);

		g_test_message("row %zu", i);
		g_assert_cmpstr(view->model.title, ==, "Quarterly planning");
		g_assert_cmpstr(view->model.kind, ==, rows[i].kind);
		g_assert_cmpstr(view->model.status, ==, rows[i].status);
		g_assert_cmpint(view->model.answerable, ==, rows[i].answerable);
		g_assert_cmpint(view->model.cancelled, ==, rows[i].cancelled);
		g_assert_cmpint(view->model.can_hide, ==, rows[i].can_hide);
		g_assert_cmpstr(view->model.when.start_iso, ==, "2026-05-05T14:00+02:00");
		meeting_view_destroy(&view);
		meeting_destroy(&meeting);
	}
}

static void a_series_is_told_in_words_with_its_next_and_odd_dates(void)
{
	static const char ics[] =
		"BEGIN:VCALENDAR\r\nVERSION:2.0\r\nPRODID:-//example.test//EN\r\n"
		"BEGIN:VEVENT\r\nUID:u1\r\nDTSTAMP:20260101T000000Z\r\nDTSTART:20260505T120000Z\r\n"
		"DTEND:20260505T130000Z\r\nRRULE:FREQ=WEEKLY\r\nSUMMARY:Weekly\r\nEND:VEVENT\r\n"
		"BEGIN:VEVENT\r\nUID:u1\r\nDTSTAMP:20260101T000000Z\r\nRECURRENCE-ID:20260519T120000Z\r\n"
		"DTSTART:20260520T120000Z\r\nDTEND:20260520T130000Z\r\nSUMMARY:Weekly\r\nEND:VEVENT\r\n"
		"END:VCALENDAR\r\n";
	struct meeting *meeting = meeting_parse(SLICE(ics), NULL, NULL);
	const struct meeting_event *event = meeting_main_event(meeting);
	struct meeting_row row = { .shown = true, .recurring = true, .last_end = MEETING_FOREVER };
	struct meeting_sources sources = {
		.token = "t", .meeting = meeting, .row = &row, .addresses = alice,
		.about = { .event = event, .start = event->start, .end = event->end },
		.now = event->start.instant - 1000,
	};
	struct meeting_view *view;
	const struct page_occurrence *odd;

	when = when_in("Europe/Berlin", "en");
	view = meeting_view_create(&when, &sources);
	g_assert_nonnull(strstr(view->model.recurrence, "Tuesday"));
	g_assert_cmpuint(view->model.next->len, ==, 3);
	g_assert_cmpstr(g_ptr_array_index(view->model.next, 2), ==, "20 May 2026");
	g_assert_cmpuint(view->model.occurrences->len, ==, 1);
	odd = g_ptr_array_index(view->model.occurrences, 0);
	g_assert_cmpstr(odd->query, ==, "20260519T1200Z");
	meeting_view_destroy(&view);
	meeting_destroy(&meeting);
}

static void dates_to_come_are_listed_however_many_have_passed(void)
{
	g_autoptr(GString) ics = g_string_new("BEGIN:VCALENDAR\r\nVERSION:2.0\r\nPRODID:-//example.test//EN\r\n"
		"BEGIN:VEVENT\r\nUID:u1\r\nDTSTAMP:20260101T000000Z\r\nDTSTART:20260101T120000Z\r\n"
		"RRULE:FREQ=DAILY\r\nSUMMARY:Daily\r\nEND:VEVENT\r\n");
	struct meeting_row row = { .shown = true, .recurring = true, .last_end = MEETING_FOREVER };
	struct meeting_sources sources = { .token = "t", .row = &row, .addresses = alice,
					   .now = zoned("Europe/Berlin", 2026, 4, 1, 0, 0).instant };
	struct meeting *meeting;
	struct meeting_view *view;

	for (int month = 1; month <= 5; month++)
		for (int day = 1; day <= 20; day++)
			g_string_append_printf(ics, "BEGIN:VEVENT\r\nUID:u1\r\nDTSTAMP:20260101T000000Z\r\n"
					       "RECURRENCE-ID:2026%02d%02dT120000Z\r\nDTSTART:2026%02d%02dT130000Z\r\n"
					       "SUMMARY:Daily\r\n%sEND:VEVENT\r\n", month, day, month, day,
					       day == 2 ? "STATUS:CANCELLED\r\n" : "");
	g_string_append(ics, "END:VCALENDAR\r\n");
	meeting = meeting_parse(slice_of(ics->str, ics->len), NULL, NULL);
	sources.meeting = meeting;
	sources.about = (struct recur_occurrence){ .event = meeting->master, .start = meeting->master->start,
						   .end = meeting->master->end };
	when = when_in("Europe/Berlin", "en");
	view = meeting_view_create(&when, &sources);
	g_assert_cmpuint(view->model.occurrences->len, ==, 40);
	g_assert_null(((const struct page_occurrence *)g_ptr_array_index(view->model.occurrences, 0))->off);
	g_assert_cmpstr(((const struct page_occurrence *)g_ptr_array_index(view->model.occurrences, 1))->off, ==,
			"cancelled");
	meeting_view_destroy(&view);
	meeting_destroy(&meeting);
}

/* ---- the organizer's form ---- */

static void addresses_are_read_as_people_write_them(void)
{
	static const struct {
		const char *text;
		const char *addresses; /* "name|address" each, by spaces; NULL: bad */
		const char *bad;
	} rows[] = {
		{ "", "", NULL },
		{ "a@b.test", "|a@b.test", NULL },
		{ "a@b.test\r\nc@d.test\n", "|a@b.test |c@d.test", NULL },
		{ "a@b.test, c@d.test; e@f.test", "|a@b.test |c@d.test |e@f.test", NULL },
		{ "Ann <a@b.test>", "Ann|a@b.test", NULL },
		{ "\"Doe, Jane\" <j@b.test>, k@b.test", "Doe, Jane|j@b.test |k@b.test", NULL },
		{ "A@b.test\na@B.TEST", "|A@b.test", NULL },
		{ "nobody", NULL, "nobody" },
		{ "a@b.test\nx y@z.test", NULL, "x y@z.test" },
		{ "<a@b.test", NULL, "<a@b.test" },
		{ "a@", NULL, "a@" },
		{ "@b", NULL, "@b" },
		{ "a@b.test>evil", NULL, "a@b.test>evil" },
	};

	for (size_t i = 0; i < G_N_ELEMENTS(rows); i++) {
		g_autoptr(GArray) people = g_array_new(FALSE, FALSE, sizeof(struct meeting_person));
		g_autoptr(GString) got = g_string_new(NULL);
		const char *bad = NULL;
		bool good = draft_form_people(arena, rows[i].text, MEETING_ROLE_OPTIONAL, people, &bad);

		g_assert_cmpint(good, ==, rows[i].addresses != NULL);
		if (!good) {
			g_assert_cmpstr(bad, ==, rows[i].bad);
			continue;
		}
		for (guint n = 0; n < people->len; n++) {
			const struct meeting_person *person = &g_array_index(people, struct meeting_person, n);

			g_assert_cmpint(person->role, ==, MEETING_ROLE_OPTIONAL);
			g_string_append_printf(got, "%s%s|%s", n > 0 ? " " : "",
					       person->name != NULL ? person->name : "", person->address);
		}
		g_assert_cmpstr(got->str, ==, rows[i].addresses);
	}
}

/* RFC 5545 3.3.10: UNTIL is of the same kind as DTSTART. */
static void a_rule_that_is_kept_ends_in_the_kind_of_the_new_times(void)
{
	static const struct {
		const char *times, *rule, *form, *kept;
	} rows[] = {
		{ "DTSTART;TZID=Europe/Berlin:20260505T090000", "FREQ=WEEKLY;UNTIL=20260602T215959Z;BYDAY=TU",
		  "all_day=1&start=2026-05-05T00:00&end=2026-05-05T00:00", "FREQ=WEEKLY;BYDAY=TU;UNTIL=20260602" },
		{ "DTSTART;VALUE=DATE:20260505", "UNTIL=20260602;FREQ=WEEKLY", "start=2026-05-05T09:00&end=2026-05-05T10:00",
		  "FREQ=WEEKLY;UNTIL=20260602T215959Z" },
		{ "DTSTART;TZID=Europe/Berlin:20260505T090000", "FREQ=WEEKLY;UNTIL=20260602T215959Z",
		  "start=2026-05-05T10:00&end=2026-05-05T11:00", "FREQ=WEEKLY;UNTIL=20260602T215959Z" },
		/* Exchange's whole days stay as they are written */
		{ "X-MICROSOFT-CDO-ALLDAYEVENT:TRUE\r\nDTSTART;TZID=Europe/Berlin:20260505T000000\r\n"
		  "DTEND;TZID=Europe/Berlin:20260506T000000", "FREQ=WEEKLY;UNTIL=20260601T220000Z",
		  "all_day=1&start=2026-05-05T00:00&end=2026-05-05T00:00", "FREQ=WEEKLY;UNTIL=20260601T220000Z" },
		{ "DTSTART;VALUE=DATE:20260505", "FREQ=WEEKLY;COUNT=3", "start=2026-05-05T09:00&end=2026-05-05T10:00",
		  "FREQ=WEEKLY;COUNT=3" },
	};

	when = when_in("Europe/Berlin", "en");
	for (size_t i = 0; i < G_N_ELEMENTS(rows); i++) {
		g_autofree char *ics = g_strdup_printf("BEGIN:VCALENDAR\r\nVERSION:2.0\r\nPRODID:x\r\nBEGIN:VEVENT\r\n"
						       "UID:u1\r\nDTSTAMP:20260101T000000Z\r\n%s\r\nRRULE:%s\r\n"
						       "END:VEVENT\r\nEND:VCALENDAR\r\n", rows[i].times, rows[i].rule);
		g_autofree char *fields = g_strconcat("title=T&repeat=keep&", rows[i].form, NULL);
		struct meeting *meeting = meeting_parse(slice_from_string(ics), NULL, NULL);
		struct web_fields *form = web_fields_parse(slice_from_string(fields));
		struct outgoing_draft draft;

		g_assert_null(draft_form_read(&when, form, meeting->master, &draft));
		g_assert_cmpstr(draft.rule, ==, rows[i].kept);
		web_fields_destroy(&form);
		meeting_destroy(&meeting);
	}
}

static void a_form_becomes_a_draft_or_says_what_is_wrong(void)
{
	static const struct {
		const char *form;
		bool good;
		const char *rule; /* of a good one, or NULL */
		int64_t length;
	} rows[] = {
		{ "title=T&start=2026-05-05T14:00&end=2026-05-05T15:30", true, NULL, 5400 },
		{ "title=T&start=2026-05-05T14:00&end=2026-05-05T14:00", true, NULL, 0 },
		{ "title=T&all_day=1&start=2026-05-05T14:00&end=2026-05-05T15:30", true, NULL, 86400 },
		{ "title=T&all_day=1&start=2026-05-05T00:00&end=2026-05-07T00:00", true, NULL, 3 * 86400 },
		{ "title=T&start=2026-05-05T14:00&end=2026-05-05T15:00&repeat=weekly", true, "FREQ=WEEKLY", 3600 },
		{ "title=T&start=2026-05-05T14:00&end=2026-05-05T15:00&repeat=fortnightly&until=2026-06-30", true,
		  "FREQ=WEEKLY;INTERVAL=2;UNTIL=20260630T215959Z", 3600 },
		{ "title=T&all_day=1&start=2026-05-05T00:00&end=2026-05-05T00:00&repeat=daily&until=2026-05-09", true,
		  "FREQ=DAILY;UNTIL=20260509", 86400 },
		{ "title=T&start=2026-05-05T14:00&end=2026-05-05T15:00&repeat=x%0D%0AATTENDEE", true, NULL, 3600 },
		{ "title=+&start=2026-05-05T14:00&end=2026-05-05T15:30", false, NULL, 0 },
		{ "start=2026-05-05T14:00&end=2026-05-05T15:30", false, NULL, 0 },
		{ "title=T&start=2026-05-05T14:00&end=2026-05-05T13:30", false, NULL, 0 },
		{ "title=T&start=&end=2026-05-05T13:30", false, NULL, 0 },
		{ "title=T&start=2026-05-05T14:00", false, NULL, 0 },
		{ "title=T&all_day=1&start=2026-05-05T00:00&end=2026-05-04T00:00", false, NULL, 0 },
		{ "title=T&start=2026-05-05T14:00&end=2026-05-05T15:00&repeat=daily&until=2026-05-04", false, NULL, 0 },
		{ "title=T&start=2026-05-05T14:00&end=2026-05-05T15:00&required=nobody", false, NULL, 0 },
	};

	when = when_in("Europe/Berlin", "en");
	for (size_t i = 0; i < G_N_ELEMENTS(rows); i++) {
		struct web_fields *form = web_fields_parse(slice_from_string(rows[i].form));
		struct outgoing_draft draft;
		const char *problem = draft_form_read(&when, form, NULL, &draft);

		g_test_message("%s", rows[i].form);
		g_assert_cmpint(problem == NULL, ==, rows[i].good);
		if (problem == NULL) {
			g_assert_cmpstr(draft.rule, ==, rows[i].rule);
			g_assert_cmpint(draft.end.instant - draft.start.instant, ==, rows[i].length);
		}
		web_fields_destroy(&form);
	}
}

static void a_meeting_fills_the_form_it_came_from(void)
{
	struct meeting *meeting = meeting_parse(
		slice_from_string(MEETING(ALICE("ACCEPTED") "ATTENDEE;ROLE=OPT-PARTICIPANT:mailto:dan@partner.test\r\n"
					  "RRULE:FREQ=WEEKLY\r\n")), NULL, NULL);
	const struct meeting_event *event = meeting_main_event(meeting);
	struct page_draft draft;

	when = when_in("Europe/Berlin", "en");
	draft = draft_form_of(&when, event, &event->start, &event->end);
	g_assert_cmpstr(draft.title, ==, "Quarterly planning");
	g_assert_cmpstr(draft.start, ==, "2026-05-05T14:00");
	g_assert_cmpstr(draft.repeat, ==, "keep");
	g_assert_cmpstr(draft.required, ==, "\"Alice\" <alice@example.test>\n");
	g_assert_cmpstr(draft.optional, ==, "dan@partner.test\n");
	meeting_destroy(&meeting);
}

int main(int argc, char **argv)
{
	int status;

	g_test_init(&argc, &argv, NULL);
	zone_init();
	arena = arena_create();
	g_test_add_func("/web/view/spans", spans_are_told_on_the_readers_clock);
	g_test_add_func("/web/view/organizer", the_organizers_clock_is_told_where_it_differs);
	g_test_add_func("/web/view/form-times", form_times_are_real_moments_or_nothing);
	g_test_add_func("/web/view/occurrence", occurrences_survive_the_way_through_an_address);
	g_test_add_func("/web/view/state", the_readers_state_decides_what_the_page_offers);
	g_test_add_func("/web/view/series", a_series_is_told_in_words_with_its_next_and_odd_dates);
	g_test_add_func("/web/view/dates-to-come", dates_to_come_are_listed_however_many_have_passed);
	g_test_add_func("/web/view/people", addresses_are_read_as_people_write_them);
	g_test_add_func("/web/view/draft", a_form_becomes_a_draft_or_says_what_is_wrong);
	g_test_add_func("/web/form/kept-rule", a_rule_that_is_kept_ends_in_the_kind_of_the_new_times);
	g_test_add_func("/web/view/form-again", a_meeting_fills_the_form_it_came_from);
	status = g_test_run();
	arena_destroy(&arena);
	return status;
}
