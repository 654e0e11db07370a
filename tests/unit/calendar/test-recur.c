/* Occurrences: rules against known expansions and against two other expanders'
 * results, windows, overrides, exceptions, bounds. */
#include "calendar/recur.h"

#include "tests/unit/cost.h"
#include "calendar/zone.h"

#include <stdio.h>

#ifdef COMPARE_WITH_LIBICAL
#include <libical/ical.h>
#endif

static struct meeting *make(const char *lines)
{
	g_autofree char *text = g_strdup_printf("BEGIN:VCALENDAR\r\nVERSION:2.0\r\nBEGIN:VEVENT\r\nUID:u\r\n"
						"%s\r\nEND:VEVENT\r\nEND:VCALENDAR\r\n",
						lines);
	char *reason = NULL;
	struct meeting *meeting = meeting_parse(slice_from_string(text), NULL, &reason);

	if (meeting == NULL)
		g_error("%s: %s", lines, reason);
	return meeting;
}

static int64_t at(const char *text)
{
	struct meeting_fields f = { 0 };

	g_assert_cmpint(sscanf(text, "%4d%2d%2dT%2d%2d%2d", &f.year, &f.month, &f.day, &f.hour, &f.minute,
			       &f.second), >=, 3);
	return zone_seconds(&f);
}

/* Starts as written, separated by spaces, at most max. */
static char *expand(const struct meeting *meeting, const char *from, const char *to, size_t max)
{
	struct meeting_span window = { from != NULL ? at(from) : INT64_MIN, to != NULL ? at(to) : MEETING_FOREVER };
	struct recur_iterator *iterator = recur_open(meeting, window, NULL);
	struct recur_occurrence o;
	GString *out = g_string_new(NULL);

	for (size_t i = 0; i < max && recur_next(iterator, &o) == 1; i++) {
		const struct meeting_fields *f = &o.start.fields;

		g_string_append_printf(out, "%s%04d%02d%02d", i > 0 ? " " : "", f->year, f->month, f->day);
		if (o.start.kind != MEETING_TIME_DATE)
			g_string_append_printf(out, "T%02d%02d%s", f->hour, f->minute,
					       o.start.kind == MEETING_TIME_UTC ? "Z" : "");
	}
	recur_close(&iterator);
	return g_string_free(out, FALSE);
}

static void rules_give_the_occurrences_that_rfc_5545_prints(void)
{
	static const struct {
		const char *start, *rule, *expected;
	} rows[] = {
		{ "19970902T090000", "FREQ=DAILY;COUNT=3", "19970902T0900 19970903T0900 19970904T0900" },
		{ "19970902T090000", "FREQ=DAILY\\;COUNT=2", "19970902T0900 19970903T0900" }, /* escaped as if it were text */
		{ "19970902T090000", "FREQ=DAILY;INTERVAL=10;COUNT=5",
		  "19970902T0900 19970912T0900 19970922T0900 19971002T0900 19971012T0900" },
		{ "19970902T090000", "FREQ=WEEKLY;INTERVAL=2;COUNT=8;WKST=SU;BYDAY=TU,TH",
		  "19970902T0900 19970904T0900 19970916T0900 19970918T0900 19970930T0900 19971002T0900 "
		  "19971014T0900 19971016T0900" },
		{ "19970905T090000", "FREQ=MONTHLY;COUNT=10;BYDAY=1FR",
		  "19970905T0900 19971003T0900 19971107T0900 19971205T0900 19980102T0900 19980206T0900 "
		  "19980306T0900 19980403T0900 19980501T0900 19980605T0900" },
		{ "19970922T090000", "FREQ=MONTHLY;COUNT=6;BYDAY=-2MO",
		  "19970922T0900 19971020T0900 19971117T0900 19971222T0900 19980119T0900 19980216T0900" },
		{ "19970928T090000", "FREQ=MONTHLY;BYMONTHDAY=-3;COUNT=6",
		  "19970928T0900 19971029T0900 19971128T0900 19971229T0900 19980129T0900 19980226T0900" },
		{ "19970610T090000", "FREQ=YEARLY;COUNT=4;BYMONTH=6,7",
		  "19970610T0900 19970710T0900 19980610T0900 19980710T0900" },
		{ "19970101T090000", "FREQ=YEARLY;INTERVAL=3;COUNT=10;BYYEARDAY=1,100,200",
		  "19970101T0900 19970410T0900 19970719T0900 20000101T0900 20000409T0900 20000718T0900 "
		  "20030101T0900 20030410T0900 20030719T0900 20060101T0900" },
		/* sabre-io/vobject #383: days of the year alone, of leap years alone, behind the start */
		{ "20241231T090000", "FREQ=YEARLY;BYYEARDAY=366;COUNT=3", "20241231T0900 20281231T0900 20321231T0900" },
		{ "20260505T090000", "FREQ=YEARLY;BYYEARDAY=1;COUNT=2", "20270101T0900 20280101T0900" },
		{ "20251231T090000", "FREQ=YEARLY;BYYEARDAY=-1,-366;INTERVAL=3;COUNT=3", "20251231T0900 20280101T0900 20281231T0900" },
		{ "19970519T090000", "FREQ=YEARLY;BYDAY=20MO;COUNT=3", "19970519T0900 19980518T0900 19990517T0900" },
		{ "19970512T090000", "FREQ=YEARLY;BYWEEKNO=20;BYDAY=MO;COUNT=3",
		  "19970512T0900 19980511T0900 19990517T0900" },
		{ "19970313T090000", "FREQ=YEARLY;BYMONTH=3;BYDAY=TH;COUNT=4",
		  "19970313T0900 19970320T0900 19970327T0900 19980305T0900" },
		{ "19980213T090000", "FREQ=MONTHLY;BYDAY=FR;BYMONTHDAY=13;COUNT=5",
		  "19980213T0900 19980313T0900 19981113T0900 19990813T0900 20001013T0900" },
		{ "19961105T090000", "FREQ=YEARLY;INTERVAL=4;BYMONTH=11;BYDAY=TU;BYMONTHDAY=2,3,4,5,6,7,8;COUNT=3",
		  "19961105T0900 20001107T0900 20041102T0900" },
		{ "19970904T090000", "FREQ=MONTHLY;COUNT=3;BYDAY=TU,WE,TH;BYSETPOS=3",
		  "19970904T0900 19971007T0900 19971106T0900" },
		{ "19970929T090000", "FREQ=MONTHLY;BYDAY=MO,TU,WE,TH,FR;BYSETPOS=-2;COUNT=7",
		  "19970929T0900 19971030T0900 19971127T0900 19971230T0900 19980129T0900 19980226T0900 19980330T0900" },
		{ "19970805T090000", "FREQ=WEEKLY;INTERVAL=2;COUNT=4;BYDAY=TU,SU;WKST=MO",
		  "19970805T0900 19970810T0900 19970819T0900 19970824T0900" },
		{ "19970805T090000", "FREQ=WEEKLY;INTERVAL=2;COUNT=4;BYDAY=TU,SU;WKST=SU",
		  "19970805T0900 19970817T0900 19970819T0900 19970831T0900" },
		{ "20070115T090000", "FREQ=MONTHLY;BYMONTHDAY=15,30;COUNT=5",
		  "20070115T0900 20070130T0900 20070215T0900 20070315T0900 20070330T0900" },
		{ "20240229T090000", "FREQ=YEARLY;COUNT=3", "20240229T0900 20280229T0900 20320229T0900" },
		/* BYSETPOS in weeks and days, where other expanders go wrong */
		{ "20260105T090000", "FREQ=WEEKLY;BYDAY=MO,WE,FR;BYSETPOS=2;COUNT=2", "20260107T0900 20260114T0900" },
		{ "20260105T090000", "FREQ=DAILY;BYHOUR=9,10,11;BYSETPOS=2;COUNT=2", "20260105T1000 20260106T1000" },
	};

	for (size_t i = 0; i < G_N_ELEMENTS(rows); i++) {
		g_autofree char *lines = g_strdup_printf("DTSTART:%s\r\nRRULE:%s", rows[i].start, rows[i].rule);
		struct meeting *meeting = make(lines);
		g_autofree char *got = expand(meeting, NULL, NULL, 20);

		g_assert_cmpstr(got, ==, rows[i].expected);
		meeting_destroy(&meeting);
	}
}

static const char *pick(GRand *rand, const char *const *words, size_t count)
{
	return words[g_rand_int_range(rand, 0, (gint32)count)];
}

/* Rules that libical 3.0 and RFC 5545 agree on: no BYSETPOS below MONTHLY (it is
 * passed over there), no BYWEEKNO (weeks twice, and days that are not in BYDAY), no
 * yearly BYMONTHDAY without BYMONTH (which other readers take for every month), no
 * daily BYMONTHDAY from the end (passed over). */
static char *random_rule(GRand *rand)
{
	static const char *const daily[] = { "", ";BYDAY=MO,TU,WE,TH,FR", ";BYMONTH=1,6", ";BYMONTHDAY=1,15" };
	static const char *const weekly[] = { "", ";BYDAY=MO", ";BYDAY=SU,TU,SA", ";BYDAY=MO,WE;WKST=SU", ";BYMONTH=5" };
	static const char *const monthly[] = { "", ";BYMONTHDAY=31", ";BYMONTHDAY=-1,10", ";BYDAY=2TU", ";BYDAY=-1FR",
					       ";BYDAY=MO,TU,WE,TH,FR;BYSETPOS=-1", ";BYDAY=SA,SU;BYSETPOS=1,2",
					       ";BYDAY=FR;BYMONTHDAY=13", ";BYMONTH=2,7;BYDAY=1MO" };
	static const char *const yearly[] = { "", ";BYMONTH=3,9", ";BYMONTH=10;BYDAY=-1SU", ";BYYEARDAY=1,100,-1",
					      ";BYDAY=5WE", ";BYDAY=SU;BYMONTH=3",
					      ";BYMONTH=2;BYMONTHDAY=29" };
	static const char *const ends[] = { "", ";COUNT=7", ";UNTIL=20331231T235959" };
	int kind = g_rand_int_range(rand, 0, 4);
	const char *name = (const char *const[]){ "DAILY", "WEEKLY", "MONTHLY", "YEARLY" }[kind];
	const char *rest = kind == 0 ? pick(rand, daily, 4) : kind == 1 ? pick(rand, weekly, 5)
			 : kind == 2 ? pick(rand, monthly, 9) : pick(rand, yearly, 7);

	int interval = g_rand_int_range(rand, 1, 5);

	/* whether INTERVAL counts years or week-years, nobody says */
	return g_strdup_printf("FREQ=%s;INTERVAL=%d%s%s", name, strstr(rest, "WEEKNO") ? 1 : interval, rest,
			       pick(rand, ends, 3));
}

#ifdef COMPARE_WITH_LIBICAL
static char *expand_by_libical(const char *start, const char *rule, size_t max)
{
	struct icalrecurrencetype recurrence = icalrecurrencetype_from_string(rule);
	icalrecur_iterator *iterator = icalrecur_iterator_new(recurrence, icaltime_from_string(start));
	GString *out = g_string_new(NULL);

	for (size_t i = 0; iterator != NULL && i < max; i++) {
		struct icaltimetype t = icalrecur_iterator_next(iterator);

		if (icaltime_is_null_time(t) || t.year > 2100)
			break;
		g_string_append_printf(out, "%s%04d%02d%02dT%02d%02d", i > 0 ? " " : "", t.year, t.month, t.day,
				       t.hour, t.minute);
	}
	icalrecur_iterator_free(iterator);
	return g_string_free(out, FALSE);
}

static void random_rules_give_what_libical_gives(void)
{
	g_autoptr(GRand) rand = g_rand_new_with_seed(5545);

	for (int i = 0; i < 1500; i++) {
		g_autofree char *rule = random_rule(rand);
		g_autofree char *start = g_strdup_printf("%d%02d%02dT%02d3000", g_rand_int_range(rand, 2020, 2030),
							 g_rand_int_range(rand, 1, 13), g_rand_int_range(rand, 1, 29),
							 g_rand_int_range(rand, 0, 24));
		g_autofree char *lines = g_strdup_printf("DTSTART:%s\r\nRRULE:%s", start, rule);
		struct meeting *meeting = make(lines);
		g_autofree char *got = expand(meeting, NULL, "21010101", 25);
		g_autofree char *expected = expand_by_libical(start, rule, 25);

		if (strcmp(got, expected) != 0)
			g_test_message("%s %s", start, rule);
		g_assert_cmpstr(got, ==, expected);
		meeting_destroy(&meeting);
	}
}
#else
static void random_rules_give_what_libical_gives(void)
{
	g_test_skip("libical was not there when this was built");
}
#endif

static void a_window_shows_what_a_walk_from_the_start_shows(void)
{
	g_autoptr(GRand) rand = g_rand_new_with_seed(7);

	for (int i = 0; i < 600; i++) {
		g_autofree char *rule = random_rule(rand);
		g_autofree char *lines = g_strdup_printf("DTSTART:20240115T100000\r\nDURATION:PT%dH\r\nRRULE:%s",
							 g_rand_int_range(rand, 0, 60), rule);
		struct meeting *meeting = make(lines);
		int64_t from = at("20240101") + (int64_t)g_rand_int_range(rand, 0, 12 * 365) * 86400;
		struct meeting_span window = { from, from + 60 * 86400 }, all = { INT64_MIN, window.end };
		struct recur_iterator *narrow = recur_open(meeting, window, NULL), *wide = recur_open(meeting, all, NULL);
		struct recur_occurrence a, b;
		int more_a, more_b;

		do {
			more_a = recur_next(narrow, &a);
			do
				more_b = recur_next(wide, &b);
			while (more_b == 1 && b.span.end <= from && b.span.start < from);
			g_assert_cmpint(more_a, ==, more_b);
			if (more_a == 1) {
				g_assert_cmpint(a.span.start, ==, b.span.start);
				g_assert_cmpint(a.span.end, ==, b.span.end);
			}
		} while (more_a == 1);
		recur_close(&narrow);
		recur_close(&wide);
		meeting_destroy(&meeting);
	}
}

static void wall_clock_stays_over_daylight_saving(void)
{
	struct meeting *meeting = make("DTSTART;TZID=Europe/Berlin:20260327T023000\r\nDTEND;TZID=Europe/Berlin:"
				       "20260327T033000\r\nRRULE:FREQ=DAILY;COUNT=4");
	struct recur_iterator *iterator =
		recur_open(meeting, (struct meeting_span){ INT64_MIN, MEETING_FOREVER }, NULL);
	static const char *const expected[] = { "20260327T013000", "20260328T013000", "20260329T013000",
						"20260330T003000" };
	struct recur_occurrence o;

	for (size_t i = 0; i < 4; i++) {
		g_assert_cmpint(recur_next(iterator, &o), ==, 1);
		g_assert_cmpint(o.span.start, ==, at(expected[i]));
		g_assert_cmpint(o.span.end - o.span.start, ==, 3600);
	}
	g_assert_cmpint(recur_next(iterator, &o), ==, 0);
	recur_close(&iterator);
	meeting_destroy(&meeting);
}

static void exceptions_dates_and_periods_count(void)
{
	static const struct {
		const char *lines, *expected;
	} rows[] = {
		{ "DTSTART:20260105T100000Z\r\nRRULE:FREQ=DAILY;COUNT=4\r\nEXDATE:20260106T100000Z",
		  "20260105T1000Z 20260107T1000Z 20260108T1000Z" },
		/* EXDATE in UTC against a zone */
		{ "DTSTART;TZID=Europe/Berlin:20260105T100000\r\nRRULE:FREQ=DAILY;COUNT=3\r\nEXDATE:20260106T090000Z",
		  "20260105T1000 20260107T1000" },
		/* EXDATE as a date against times of day */
		{ "DTSTART;TZID=Europe/Berlin:20260105T100000\r\nRRULE:FREQ=DAILY;COUNT=3\r\nEXDATE;VALUE=DATE:20260106",
		  "20260105T1000 20260107T1000" },
		{ "DTSTART;VALUE=DATE:20260105\r\nRRULE:FREQ=DAILY;COUNT=3\r\nEXDATE;VALUE=DATE:20260106",
		  "20260105 20260107" },
		{ "DTSTART:20260105T100000Z\r\nRDATE:20260110T100000Z,20260107T100000Z",
		  "20260105T1000Z 20260107T1000Z 20260110T1000Z" },
		{ "DTSTART:20260105T100000Z\r\nRDATE:20260105T100000Z,20260107T100000Z",
		  "20260105T1000Z 20260107T1000Z" },
		{ "DTSTART:20260105T100000Z\r\nRDATE;VALUE=PERIOD:20260107T100000Z/PT5H", "20260105T1000Z 20260107T1000Z" },
		{ "DTSTART:20260105T100000Z\r\nRRULE:FREQ=DAILY;COUNT=4\r\nEXRULE:FREQ=DAILY;INTERVAL=2",
		  "20260106T1000Z 20260108T1000Z" },
		{ "DTSTART:20260105T100000Z\r\nRRULE:FREQ=WEEKLY;COUNT=2\r\nRRULE:FREQ=DAILY;COUNT=3",
		  "20260105T1000Z 20260106T1000Z 20260107T1000Z 20260112T1000Z" },
		/* UNTIL: inclusive; a date against times means the whole day; UTC against a zone */
		{ "DTSTART:20260105T100000Z\r\nRRULE:FREQ=DAILY;UNTIL=20260107T100000Z",
		  "20260105T1000Z 20260106T1000Z 20260107T1000Z" },
		{ "DTSTART;TZID=Europe/Berlin:20260105T100000\r\nRRULE:FREQ=DAILY;UNTIL=20260106",
		  "20260105T1000 20260106T1000" },
		{ "DTSTART;TZID=Europe/Berlin:20260105T100000\r\nRRULE:FREQ=DAILY;UNTIL=20260106T085959Z", "20260105T1000" },
		/* below daily: only the start is sure */
		{ "DTSTART:20260105T100000Z\r\nRRULE:FREQ=MINUTELY;COUNT=5", "20260105T1000Z" },
		{ "DTSTART:20260105T100000Z\r\nRRULE:FREQ=DAILY;RSCALE=HEBREW", "20260105T1000Z" },
	};

	for (size_t i = 0; i < G_N_ELEMENTS(rows); i++) {
		struct meeting *meeting = make(rows[i].lines);
		g_autofree char *got = expand(meeting, NULL, NULL, 20);

		g_assert_cmpstr(got, ==, rows[i].expected);
		meeting_destroy(&meeting);
	}
}

static const char series[] =
	"BEGIN:VCALENDAR\r\nVERSION:2.0\r\n"
	"BEGIN:VEVENT\r\nUID:u\r\nDTSTART;TZID=Europe/Berlin:20260105T100000\r\nDTEND;TZID=Europe/Berlin:"
	"20260105T110000\r\nRRULE:FREQ=WEEKLY;COUNT=5\r\nSUMMARY:series\r\nEND:VEVENT\r\n"
	/* Google names the occurrence in UTC */
	"BEGIN:VEVENT\r\nUID:u\r\nRECURRENCE-ID:20260112T090000Z\r\nDTSTART;TZID=Europe/Berlin:20260204T150000\r\n"
	"DTEND;TZID=Europe/Berlin:20260204T160000\r\nSUMMARY:moved\r\nEND:VEVENT\r\n"
	"BEGIN:VEVENT\r\nUID:u\r\nRECURRENCE-ID;TZID=Europe/Berlin:20260119T100000\r\nDTSTART;TZID=Europe/Berlin:"
	"20260119T100000\r\nSTATUS:CANCELLED\r\nSUMMARY:off\r\nEND:VEVENT\r\n"
	"END:VCALENDAR\r\n";

static void overrides_take_the_place_of_their_occurrence(void)
{
	struct meeting *meeting = meeting_parse(SLICE(series), NULL, NULL);
	struct recur_occurrence next[5];
	g_autofree char *all = expand(meeting, NULL, NULL, 20);
	g_autofree char *february = expand(meeting, "20260203", "20260301", 20);

	g_assert_cmpstr(all, ==, "20260105T1000 20260119T1000 20260126T1000 20260202T1000 20260204T1500");
	g_assert_cmpstr(february, ==, "20260204T1500");
	g_assert_cmpuint(recur_upcoming(meeting, at("20260106"), NULL, next, 5), ==, 3);
	g_assert_cmpstr(next[2].event->summary, ==, "moved");
	meeting_destroy(&meeting);
}

static void recurrence_ids_are_found_as_instants(void)
{
	static const struct {
		const char *id;
		bool found;
	} rows[] = {
		{ "RECURRENCE-ID:20260126T090000Z", true },
		{ "RECURRENCE-ID;TZID=Europe/Berlin:20260126T100000", true },
		{ "RECURRENCE-ID;TZID=America/New_York:20260126T040000", true },
		{ "RECURRENCE-ID;VALUE=DATE:20260126", true },
		{ "RECURRENCE-ID:20260126T100000", true }, /* the series' wall clock */
		{ "RECURRENCE-ID:20260126T100000Z", false },
		{ "RECURRENCE-ID:20260127T090000Z", false },
		{ "RECURRENCE-ID:20260209T090000Z", false }, /* behind COUNT */
	};
	struct meeting *meeting = meeting_parse(SLICE(series), NULL, NULL);

	for (size_t i = 0; i < G_N_ELEMENTS(rows); i++) {
		g_autofree char *lines = g_strdup_printf("%s\r\nDTSTART:20260101T000000Z", rows[i].id);
		struct meeting *one = make(lines);

		g_assert_cmpint(recur_has_occurrence(meeting, &one->overrides[0]->recurrence_id), ==, rows[i].found);
		meeting_destroy(&one);
	}
	meeting_destroy(&meeting);
}

static void spans_reach_from_first_start_to_last_end(void)
{
	static const struct {
		const char *lines, *start, *end;
	} rows[] = {
		{ "DTSTART:20260105T100000Z\r\nDTEND:20260105T113000Z", "20260105T100000", "20260105T113000" },
		{ "DTSTART:20260105T100000Z\r\nRRULE:FREQ=DAILY", "20260105T100000", NULL },
		{ "DTSTART;VALUE=DATE:20260105", "20260105T000000", "20260106T000000" },
		{ "DTSTART:20260105T100000Z\r\nDURATION:PT1H\r\nRDATE:20260301T100000Z,20251201T100000Z",
		  "20251201T100000", "20260301T110000" },
	};

	for (size_t i = 0; i < G_N_ELEMENTS(rows); i++) {
		struct meeting *meeting = make(rows[i].lines);
		struct meeting_span span = recur_span(meeting, NULL);

		g_assert_cmpint(span.start, ==, at(rows[i].start));
		g_assert_cmpint(span.end, ==, rows[i].end != NULL ? at(rows[i].end) : MEETING_FOREVER);
		meeting_destroy(&meeting);
	}
}

/* The index may be a little wider than the truth, never narrower. */
static void spans_hold_every_occurrence(void)
{
	g_autoptr(GRand) rand = g_rand_new_with_seed(99);

	for (int i = 0; i < 400; i++) {
		g_autofree char *rule = random_rule(rand);
		g_autofree char *lines = g_strdup_printf(
			"DTSTART;TZID=America/New_York:20240115T220000\r\nDURATION:PT5H\r\nRRULE:%s", rule);
		struct meeting *meeting = make(lines);
		struct meeting_span span = recur_span(meeting, NULL);
		struct recur_iterator *iterator =
			recur_open(meeting, (struct meeting_span){ INT64_MIN, at("20400101") }, NULL);
		struct recur_occurrence o;

		while (recur_next(iterator, &o) == 1) {
			g_assert_cmpint(o.span.start, >=, span.start);
			g_assert_cmpint(o.span.end, <=, span.end);
		}
		recur_close(&iterator);
		meeting_destroy(&meeting);
	}
}

static void fifty_years_of_a_daily_series_cost_nothing_until_asked(void)
{
	struct meeting *meeting = make("DTSTART;TZID=Europe/Berlin:20260105T100000\r\nDURATION:PT30M\r\nRRULE:FREQ=DAILY");
	int64_t begin = cost_now();
	struct recur_occurrence next[3];

	for (int i = 0; i < 1000; i++) {
		g_assert_cmpuint(recur_upcoming(meeting, at("20760105"), NULL, next, 3), ==, 3);
		g_assert_cmpint(next[0].start.fields.hour, ==, 10);
		g_assert_cmpint(next[0].span.start, ==, at("20760105T090000"));
	}
	g_test_message("three dates 50 years on: %.1f us", (double)(cost_now() - begin) / 1000);
	g_assert_cmpint(cost_now() - begin, <, COST_SLOWDOWN * 1000000);
	meeting_destroy(&meeting);
}

static void rules_that_never_match_end_quickly(void)
{
	static const char *const rules[] = {
		"FREQ=DAILY;BYMONTH=2;BYMONTHDAY=30", "FREQ=MONTHLY;BYMONTH=2;BYMONTHDAY=30",
		"FREQ=YEARLY;BYMONTH=2;BYMONTHDAY=30", "FREQ=WEEKLY;BYDAY=MO;BYMONTHDAY=31;BYMONTH=4",
		"FREQ=YEARLY;BYWEEKNO=53;BYMONTH=6;BYDAY=MO", "FREQ=DAILY;INTERVAL=32767;BYMONTH=2;BYMONTHDAY=30",
		"FREQ=YEARLY;BYYEARDAY=366;BYMONTH=1", "FREQ=YEARLY;BYYEARDAY=366;INTERVAL=2",
		"FREQ=YEARLY;BYYEARDAY=367", "FREQ=DAILY;COUNT=4000000000;BYDAY=MO;BYMONTHDAY=1",
		("FREQ=DAILY;BYHOUR=0,1,2,3,4,5,6,7,8,9,10,11,12,13,14,15,16,17,18,19,20,21,22,23;BYMINUTE=0,1,2,3,4,5,6,"
		 "7,8,9,10,11,12,13,14,15,16,17,18,19,20,21,22,23,24,25,26,27,28,29;BYSECOND=0,1,2,3,4,5"),
		"FREQ=SECONDLY;BYMONTH=2;BYMONTHDAY=30", "FREQ=DAILY;BYSETPOS=-366;BYMONTH=1",
	};

	for (size_t i = 0; i < G_N_ELEMENTS(rules); i++) {
		g_autofree char *lines = g_strdup_printf("DTSTART:20260105T100000Z\r\nRRULE:%s", rules[i]);
		struct meeting *meeting = make(lines);
		int64_t begin = cost_now();
		struct recur_occurrence next[3];

		recur_span(meeting, NULL);
		recur_upcoming(meeting, at("20300101"), NULL, next, 3);
		recur_has_occurrence(meeting, &meeting->master->end);
		g_assert_cmpint(cost_now() - begin, <, COST_SLOWDOWN * 1000000);
		meeting_destroy(&meeting);
	}
}

static void clashes_are_found_at_the_first_common_moment(void)
{
	static const struct {
		const char *a, *b;
		int result;
		const char *when;
	} rows[] = {
		{ "DTSTART:20260105T100000Z\r\nDURATION:PT1H\r\nRRULE:FREQ=DAILY",
		  "DTSTART:20260301T103000Z\r\nDURATION:PT1H", 1, "20260301T103000" },
		{ "DTSTART:20260105T100000Z\r\nDURATION:PT1H", "DTSTART:20260105T110000Z\r\nDURATION:PT1H", 0, NULL },
		{ "DTSTART:20260105T100000Z\r\nDURATION:PT1H\r\nRRULE:FREQ=WEEKLY;BYDAY=MO",
		  "DTSTART:20260106T100000Z\r\nDURATION:PT1H\r\nRRULE:FREQ=WEEKLY;BYDAY=TU", 0, NULL },
		{ "DTSTART:20260105T100000Z\r\nDURATION:PT1H", "DTSTART:20260105T100000Z\r\nDURATION:PT1H\r\nTRANSP:TRANSPARENT",
		  0, NULL },
		{ "DTSTART:20260105T100000Z\r\nDURATION:PT1H", "DTSTART:20260105T100000Z\r\nDURATION:PT1H\r\nSTATUS:CANCELLED",
		  0, NULL },
	};
	const struct recur_clash_query query = { .window = { at("20260101"), at("20270101") } };

	for (size_t i = 0; i < G_N_ELEMENTS(rows); i++) {
		struct meeting *a = make(rows[i].a), *b = make(rows[i].b);
		struct recur_occurrence clash[2];

		g_assert_cmpint(recur_first_clash(a, b, &query, clash), ==, rows[i].result);
		if (rows[i].when != NULL)
			g_assert_cmpint(clash[1].span.start, ==, at(rows[i].when));
		meeting_destroy(&a);
		meeting_destroy(&b);
	}
}

static void all_day_and_floating_follow_the_reader(void)
{
	struct meeting *meeting = make("DTSTART;VALUE=DATE:20260105");
	const struct zone *zone = zone_find("America/New_York");
	struct recur_iterator *iterator =
		recur_open(meeting, (struct meeting_span){ at("20260106T020000"), at("20260106T030000") }, zone);
	struct recur_occurrence o;

	g_assert_cmpint(recur_next(iterator, &o), ==, 1); /* still the 5th in New York */
	g_assert_cmpint(o.span.start, ==, at("20260105T050000"));
	g_assert_cmpint(o.start.fields.day, ==, 5);
	recur_close(&iterator);
	meeting_destroy(&meeting);
}

/* Exchange's midnights: the occurrences keep their instants as names, and take the reader's days. */
static void midnights_that_are_whole_days_follow_the_reader(void)
{
	struct meeting *meeting = make("X-MICROSOFT-CDO-ALLDAYEVENT:TRUE\r\nDTSTART;TZID=Europe/Berlin:20260329T000000\r\n"
				       "DTEND;TZID=Europe/Berlin:20260330T000000\r\nRRULE:FREQ=WEEKLY;COUNT=3");
	struct meeting *late = make("DTSTART:20260330T033000Z\r\nDTEND:20260330T040000Z");
	struct meeting *early = make("DTSTART:20260328T223000Z\r\nDTEND:20260328T233000Z");
	const struct zone *zone = zone_find("America/New_York");
	const struct recur_clash_query query = { .window = { at("20260320"), at("20260501") }, .reader = zone };
	struct recur_iterator *iterator = recur_open(meeting, query.window, zone);
	struct recur_occurrence o, clash[2];
	struct meeting_time google = { .kind = MEETING_TIME_UTC, .instant = at("20260404T220000") };

	g_assert_cmpint(recur_next(iterator, &o), ==, 1);
	g_assert_cmpint(o.span.start, ==, at("20260329T040000"));
	g_assert_cmpint(o.span.end, ==, at("20260330T040000"));
	g_assert_cmpint(recur_next(iterator, &o), ==, 1); /* the first had 23 hours, this one has 24 */
	g_assert_true(meeting_time_is_day(&o.start));
	g_assert_cmpint(o.start.fields.day, ==, 5);
	g_assert_cmpint(o.end.fields.day, ==, 6);
	g_assert_cmpint(o.end.fields.hour, ==, 0);
	g_assert_cmpint(o.span.start, ==, at("20260405T040000"));
	g_assert_cmpint(o.span.end, ==, at("20260406T040000"));
	g_assert_cmpint(o.recurrence_id.instant, ==, google.instant);
	g_assert_true(recur_has_occurrence(meeting, &google));
	g_assert_cmpint(recur_first_clash(meeting, late, &query, clash), ==, 1);
	g_assert_cmpint(recur_first_clash(meeting, early, &query, clash), ==, 0);
	g_assert_cmpint(recur_span(meeting, zone).end, >=, at("20260413T040000"));
	recur_close(&iterator);
	meeting_destroy(&early);
	meeting_destroy(&late);
	meeting_destroy(&meeting);
}

int main(int argc, char **argv)
{
	g_test_init(&argc, &argv, NULL);
	zone_init();
	g_test_add_func("/recur/rfc-5545", rules_give_the_occurrences_that_rfc_5545_prints);
	g_test_add_func("/recur/libical", random_rules_give_what_libical_gives);
	g_test_add_func("/recur/window", a_window_shows_what_a_walk_from_the_start_shows);
	g_test_add_func("/recur/daylight-saving", wall_clock_stays_over_daylight_saving);
	g_test_add_func("/recur/exceptions", exceptions_dates_and_periods_count);
	g_test_add_func("/recur/overrides", overrides_take_the_place_of_their_occurrence);
	g_test_add_func("/recur/recurrence-id", recurrence_ids_are_found_as_instants);
	g_test_add_func("/recur/span", spans_reach_from_first_start_to_last_end);
	g_test_add_func("/recur/span-holds-all", spans_hold_every_occurrence);
	g_test_add_func("/recur/fifty-years", fifty_years_of_a_daily_series_cost_nothing_until_asked);
	g_test_add_func("/recur/never-matching", rules_that_never_match_end_quickly);
	g_test_add_func("/recur/clash", clashes_are_found_at_the_first_common_moment);
	g_test_add_func("/recur/whole-days", midnights_that_are_whole_days_follow_the_reader);
	g_test_add_func("/recur/reader-zone", all_day_and_floating_follow_the_reader);
	return g_test_run();
}
