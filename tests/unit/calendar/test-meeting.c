/* What is read out of a calendar: fields, leniency that does not change the meaning,
 * charsets, cuts, and what hostile objects cost. */
#include "calendar/meeting.h"

#include "tests/unit/cost.h"
#include "calendar/guard.h"
#include "calendar/recur.h"
#include "calendar/zone.h"

static struct meeting *parse_text(const char *text)
{
	char *reason = NULL;
	struct meeting *meeting = meeting_parse(slice_from_string(text), NULL, &reason);

	if (meeting == NULL)
		g_error("%s: %s", text, reason);
	return meeting;
}

static struct meeting *make(const char *lines)
{
	g_autofree char *text = g_strdup_printf(
		"BEGIN:VCALENDAR\r\nBEGIN:VEVENT\r\nUID:u\r\n%s\r\nEND:VEVENT\r\nEND:VCALENDAR\r\n", lines);

	return parse_text(text);
}

static void fields_are_decoded(void)
{
	struct meeting *m = make(
		"SUMMARY:a\\, b\\; c\\\\ d\\nE\\Nf\\\r\nLOCATION;LANGUAGE=de;ALTREP=\"x:y\":B\xc3\xbcro\r\n"
		"ATTENDEE;CN=\"M\xc3\xbcller, J^'o^' ^^ x\";ROLE=OPT-PARTICIPANT;CUTYPE=ROOM;PARTSTAT=declined;RSVP=true;\r\n"
		" MEMBER=\"mailto:l1@example.test\",\"mailto:l2@example.test\";SENT-BY=\"mailto:s@example.test\":"
		"mailto:j%2Bm@example.test\r\n"
		"ATTENDEE;EMAIL=e@example.test:urn:uuid:1\r\nATTENDEE:plain@example.test\r\nATTENDEE:invalid:nomail\r\n"
		"CATEGORIES:A,B\\,C\r\nCATEGORIES:D\r\nCOMMENT:one\r\nCOMMENT:two\r\nPRIORITY:5\r\n"
		"CONFERENCE;VALUE=URI;FEATURE=VIDEO;LABEL=Join in:https://meet.example.test/abc\r\n"
		"CONFERENCE;VALUE=URI:tel:+49-30-1\r\nX-GOOGLE-CONFERENCE:https://meet.google.test/x\r\n"
		"X-MICROSOFT-SKYPETEAMSMEETINGURL:https://teams.example.test/l\r\nCONFERENCE:javascript:alert(1)\r\n"
		"URL:javascript:alert(2)\r\nX-ALT-DESC;FMTTYPE=text/html:<b>x</b>\\n\r\nDTSTART:20260505T100000Z");
	const struct meeting_event *e = m->master;

	g_assert_cmpstr(e->summary, ==, "a, b; c\\ d\nE\nf\\");
	g_assert_cmpstr(e->location, ==, "B\xc3\xbcro");
	g_assert_cmpuint(e->attendee_count, ==, 4);
	g_assert_cmpstr(e->attendees[0].name, ==, "M\xc3\xbcller, J\"o\" ^ x");
	g_assert_cmpstr(e->attendees[0].address, ==, "j+m@example.test");
	g_assert_cmpint(e->attendees[0].role, ==, MEETING_ROLE_OPTIONAL);
	g_assert_cmpint(e->attendees[0].cutype, ==, MEETING_CUTYPE_ROOM);
	g_assert_cmpint(e->attendees[0].partstat, ==, MEETING_PARTSTAT_DECLINED);
	g_assert_true(e->attendees[0].rsvp);
	g_assert_cmpstr(e->attendees[0].member[1], ==, "l2@example.test");
	g_assert_cmpstr(e->attendees[0].sent_by, ==, "s@example.test");
	g_assert_cmpstr(e->attendees[1].address, ==, "e@example.test");
	g_assert_cmpstr(e->attendees[2].address, ==, "plain@example.test");
	g_assert_cmpstr(e->attendees[3].address, ==, "");
	g_assert_cmpstr(e->categories[1], ==, "B,C");
	g_assert_cmpstr(e->categories[2], ==, "D");
	g_assert_cmpstr(e->comments[1], ==, "two");
	g_assert_cmpuint(e->join_count, ==, 4);
	g_assert_cmpstr(e->joins[0].label, ==, "Join in");
	g_assert_cmpint(e->joins[1].kind, ==, MEETING_JOIN_PHONE);
	g_assert_null(e->url);
	g_assert_cmpstr(e->description_html, ==, "<b>x</b>\n");
	meeting_destroy(&m);
}

static void starts_and_ends_are_what_a_reader_expects(void)
{
	static const struct {
		const char *lines;
		enum meeting_time_kind kind;
		int64_t duration;
	} rows[] = {
		{ "DTSTART:20260505T100000Z\r\nDTEND:20260505T113000Z", MEETING_TIME_UTC, 5400 },
		{ "DTSTART:20260505T100000\r\nDURATION:PT1H30M", MEETING_TIME_FLOATING, 5400 },
		{ "DTSTART:20260505T100000Z", MEETING_TIME_UTC, 0 },
		{ "DTSTART:20260505T100000Z\r\nDTEND:20260505T090000Z", MEETING_TIME_UTC, 0 },
		{ "DTSTART:20260505T100000Z\r\nDURATION:-PT1H", MEETING_TIME_UTC, 0 },
		{ "DTSTART;VALUE=DATE:20260505", MEETING_TIME_DATE, 86400 },
		{ "DTSTART:20260505", MEETING_TIME_DATE, 86400 },
		{ "DTSTART;VALUE=DATE:20260505\r\nDTEND;VALUE=DATE:20260508", MEETING_TIME_DATE, 3 * 86400 },
		{ "DTSTART;VALUE=DATE:20260505\r\nDTEND;VALUE=DATE:20260505", MEETING_TIME_DATE, 86400 },
		{ "DTSTART;VALUE=DATE:20260505\r\nDURATION:P2D", MEETING_TIME_DATE, 2 * 86400 },
		{ "DTSTART;VALUE=DATE:20260505\r\nDURATION:PT24H", MEETING_TIME_DATE, 86400 },
		{ "DTSTART;VALUE=DATE:20260505T100000Z", MEETING_TIME_DATE, 86400 },
		{ "DTSTART;TZID=Europe/Berlin:20260505T100000\r\nDTEND:20260505T110000", MEETING_TIME_ZONED, 3600 },
		{ "DTSTART;TZID=Europe/Berlin:20260505T100000\r\nDTEND;TZID=America/New_York:20260505T050000",
		  MEETING_TIME_ZONED, 3600 },
		/* a nominal day over the jump is 23 hours, PT24H is not */
		{ "DTSTART;TZID=Europe/Berlin:20260328T120000\r\nDURATION:P1D", MEETING_TIME_ZONED, 23 * 3600 },
		{ "DTSTART;TZID=Europe/Berlin:20260328T120000\r\nDURATION:PT24H", MEETING_TIME_ZONED, 86400 },
		{ "DTSTART;TZID=Nowhere/Atall:20260505T100000\r\nDURATION:PT1H", MEETING_TIME_UNKNOWN_ZONE, 3600 },
		{ "DTSTART;TZID=:20260505T100000", MEETING_TIME_FLOATING, 0 },
		{ "DTSTART:20260230T100000Z", MEETING_TIME_NONE, 0 },
		{ "DTSTART:20261301T100000Z", MEETING_TIME_NONE, 0 },
		{ "DTSTART:00000000T000000Z", MEETING_TIME_NONE, 0 },
		{ "DTSTART:20260505T250000Z", MEETING_TIME_NONE, 0 },
		{ "DTSTART:20260505T100060Z", MEETING_TIME_UTC, 0 },
		{ "DTSTART:99999999999T100000Z", MEETING_TIME_NONE, 0 },
		{ "SUMMARY:no start", MEETING_TIME_NONE, 0 },
	};

	for (size_t i = 0; i < G_N_ELEMENTS(rows); i++) {
		struct meeting *m = make(rows[i].lines);

		g_test_message("%s", rows[i].lines);
		g_assert_cmpint(m->master->start.kind, ==, rows[i].kind);
		g_assert_cmpint(m->master->duration, ==, rows[i].duration);
		meeting_destroy(&m);
	}
}

#define BODY "UID:u\nDTSTART:20260505T100000Z\nSUMMARY:x\n"

static void small_sins_of_producers_are_forgiven_broken_objects_refused(void)
{
	static const struct {
		const char *text, *reason; /* NULL: read */
	} rows[] = {
		{ "BEGIN:VCALENDAR\nBEGIN:VEVENT\n" BODY "END:VEVENT\nEND:VCALENDAR\n", NULL },
		{ "BEGIN:VCALENDAR\nBEGIN:VEVENT\n" BODY "END:VEVENT\nEND:VCALENDAR", NULL },
		{ "BEGIN:VCALENDAR\rBEGIN:VEVENT\rUID:u\rEND:VEVENT\rEND:VCALENDAR\r", NULL },
		{ "\xef\xbb\xbf" "BEGIN:VCALENDAR\r\r\nBEGIN:VEVENT\r\r\n" BODY "END:VEVENT\r\nEND:VCALENDAR\r\n", NULL },
		{ "text before\n\nbegin:vcalendar\nbegin:vevent\nuid:u\nend:vevent\nend:vcalendar\ntext behind\n", NULL },
		{ "BEGIN:VCALENDAR \nBEGIN:VEVENT \n" BODY "\n\nEND:VEVENT \nEND:VCALENDAR \n", NULL },
		{ "BEGIN:VCALENDAR\nBEGIN:VEVENT\n" BODY "no colon here\n;x:y\n:z\nEND:VEVENT\nEND:VCALENDAR\n", NULL },
		{ "BEGIN:VCALENDAR\nBEGIN:VEVENT\n" BODY "X;Y=\"unclosed:value\nEND:VEVENT\nEND:VCALENDAR\n", NULL },
		{ "BEGIN:VCALENDAR\nEND:NOTHING\nBEGIN:VEVENT\n" BODY "END:VEVENT\nEND:VCALENDAR\n", NULL },
		{ "BEGIN:VCALENDAR\nBEGIN:VEVENT\n" BODY "END:VEVENT\nEND:VCALENDAR\nBEGIN:VCALENDAR\nBEGIN:VEVENT\n"
		  "UID:u\nRECURRENCE-ID:20260505T100000Z\nEND:VEVENT\nEND:VCALENDAR\n", NULL },
		{ "BEGIN:VCALENDAR\nBEGIN:VEVENT\n" BODY "END:VEVENT\n", "ends inside VCALENDAR" },
		{ "BEGIN:VCALENDAR\nBEGIN:VEVENT\n" BODY, "ends inside VEVENT" },
		{ "BEGIN:VCALENDAR\nBEGIN:VEVENT\n" BODY "END:VCALENDAR\n", "END:VCALENDAR while VEVENT is open" },
		{ "BEGIN:VCALENDAR\nBEGIN:VEVENT\nSUMMARY:x\nEND:VEVENT\nEND:VCALENDAR\n", "its event has no UID" },
		{ "BEGIN:VCALENDAR\nEND:VCALENDAR\n", "it holds no event" },
		{ "BEGIN:VCALENDAR\nBEGIN:VEVENT\nUID:a\nEND:VEVENT\nBEGIN:VEVENT\nUID:b\nEND:VEVENT\nEND:VCALENDAR\n",
		  "it holds events with several UIDs" },
		{ "BEGIN:VCALENDAR\nVERSION:1.0\nBEGIN:VEVENT\n" BODY "END:VEVENT\nEND:VCALENDAR\n",
		  "it is vCalendar 1.0, not iCalendar" },
		{ "", "no VCALENDAR" },
		{ "hello", "no VCALENDAR" },
	};

	for (size_t i = 0; i < G_N_ELEMENTS(rows); i++) {
		g_autofree char *reason = NULL;
		struct meeting *m = meeting_parse(slice_from_string(rows[i].text), NULL, &reason);

		g_assert_cmpstr(reason, ==, rows[i].reason);
		g_assert_cmpint(m != NULL, ==, rows[i].reason == NULL);
		if (m != NULL)
			g_assert_cmpstr(m->uid, ==, "u");
		meeting_destroy(&m);
	}
}

static void a_line_that_broke_belongs_to_the_text_before(void)
{
	struct meeting *m = make("DTSTART:20260505T100000Z\r\nDESCRIPTION:first\r\nsecond line\r\n\r\nthird\r\nSUMMARY:x");

	g_assert_cmpstr(m->master->description, ==, "first\nsecond line\nthird");
	g_assert_cmpstr(m->master->summary, ==, "x");
	meeting_destroy(&m);
	/* what is no text is not spoiled by it */
	m = make("SUMMARY:y\r\nDTSTART:20260505T100000Z\r\nSUMMARY=testevent");
	g_assert_cmpint(m->master->start.kind, ==, MEETING_TIME_UTC);
	meeting_destroy(&m);
}

static void the_newest_of_two_copies_counts(void)
{
	struct meeting *m = parse_text("BEGIN:VCALENDAR\nBEGIN:VEVENT\nUID:u\nSEQUENCE:2\nSUMMARY:new\nEND:VEVENT\n"
				       "BEGIN:VEVENT\nUID:u\nSEQUENCE:1\nSUMMARY:old\nEND:VEVENT\nEND:VCALENDAR\n");

	g_assert_cmpstr(m->master->summary, ==, "new");
	g_assert_null(strstr(m->ics.data, "old"));
	meeting_destroy(&m);
}

static void charsets_are_told_by_what_the_octets_are(void)
{
	static const char text[] = "BEGIN:VCALENDAR\r\nBEGIN:VEVENT\r\nUID:u\r\nSUMMARY:Gr\xc3\xbc\xc3\x9f" "e \xe2\x82\xac\r\n"
				   "END:VEVENT\r\nEND:VCALENDAR\r\n";
	static const char latin[] = "BEGIN:VCALENDAR\r\nBEGIN:VEVENT\r\nUID:u\r\nSUMMARY:Gr\xfc\xdf" "e \x80\r\n"
				    "END:VEVENT\r\nEND:VCALENDAR\r\n";
	/* a character cut by a fold */
	static const char cut[] = "BEGIN:VCALENDAR\r\nBEGIN:VEVENT\r\nUID:u\r\nSUMMARY:Gr\xc3\r\n \xbc\xc3\x9f" "e \xe2\r\n "
				  "\x82\r\n \xac\r\nEND:VEVENT\r\nEND:VCALENDAR\r\n";
	static const char *const encodings[] = { "UTF-16LE", "UTF-16BE", "UTF-16" };
	struct {
		struct slice octets;
		const char *charset;
	} rows[] = {
		{ SLICE(text), "utf-8" },	{ SLICE(text), NULL },	 { SLICE(text), "iso-8859-1" },
		{ SLICE(text), "us-ascii" },	{ SLICE(text), "junk" }, { SLICE(latin), NULL },
		{ SLICE(latin), "windows-1252" },{ SLICE(latin), "utf-8" },{ SLICE(latin), "us-ascii" },
		{ SLICE(cut), "utf-8" },	{ SLICE(cut), NULL },
	};

	for (size_t i = 0; i < G_N_ELEMENTS(rows) + G_N_ELEMENTS(encodings); i++) {
		char *reason = NULL;
		gsize len = 0;
		g_autofree char *wide = NULL;
		struct slice octets = i < G_N_ELEMENTS(rows) ? rows[i].octets : SLICE("");
		GString *clean;
		struct meeting *m;

		if (i >= G_N_ELEMENTS(rows)) {
			wide = g_convert(text, -1, encodings[i - G_N_ELEMENTS(rows)], "UTF-8", NULL, &len, NULL);
			octets = slice_of(wide, len);
		}
		clean = guard_text(octets, i < G_N_ELEMENTS(rows) ? rows[i].charset : "utf-8", &meeting_limits_default,
				   &reason);
		m = parse_text(clean->str);
		g_assert_cmpstr(m->master->summary, ==, "Gr\xc3\xbc\xc3\x9f" "e \xe2\x82\xac");
		meeting_destroy(&m);
		g_string_free(clean, TRUE);
	}
}

static void damaged_utf8_stays_utf8(void)
{
	static const char text[] = "BEGIN:VCALENDAR\nBEGIN:VEVENT\nUID:u\nSUMMARY:\xe6\x97\xa5\xe6\x9c\xac\xe5\x9b?\xe9\x9a\x9b\n"
				   "END:VEVENT\nEND:VCALENDAR\n";
	struct meeting *m = meeting_parse(SLICE(text), NULL, NULL);

	g_assert_true(g_str_has_prefix(m->master->summary, "\xe6\x97\xa5\xe6\x9c\xac\xef\xbf\xbd"));
	g_assert_true(g_str_has_suffix(m->master->summary, "?\xe9\x9a\x9b"));
	meeting_destroy(&m);
}

static void control_octets_and_nuls_are_dropped(void)
{
	static const char text[] = "BEGIN:VCALENDAR\nBEGIN:VEVENT\nUID:u\nSUMMARY:a\0b\x01" "c\x7f\x1b[0md\nEND:VEVENT\nEND:VCALENDAR\n";
	struct meeting *m = meeting_parse(SLICE(text), NULL, NULL);

	g_assert_cmpstr(m->master->summary, ==, "abc[0md");
	meeting_destroy(&m);
}

static void errors_of_other_readers_are_not_passed_on(void)
{
	struct meeting *m = make("DTSTART:20260505T100000Z\r\nX-LIC-ERROR;X-LIC-ERRORTYPE=VALUE-PARSE-ERROR:No value");

	g_assert_null(strstr(m->ics.data, "X-LIC-ERROR"));
	meeting_destroy(&m);
}

static void what_was_read_is_written_and_read_the_same(void)
{
	struct meeting *m = make("DTSTART:20260505T100000Z\r\nX-A;B=c;D=\"e;f:g\",h:i\\,j;k=l:m\r\nx-lower:kept");
	struct meeting *again = meeting_load(m->ics);

	g_assert_true(slice_equal(m->ics, again->ics));
	g_assert_nonnull(strstr(m->ics.data, "X-A;B=c;D=\"e;f:g\",h:i\\,j;k=l:m\r\n"));
	meeting_destroy(&again);
	meeting_destroy(&m);
}

static const char sample[] =
	"BEGIN:VCALENDAR\r\nMETHOD:REQUEST\r\nBEGIN:VTIMEZONE\r\nTZID:z\r\nBEGIN:STANDARD\r\nDTSTART:16010101T030000\r\n"
	"TZOFFSETFROM:+0200\r\nTZOFFSETTO:+0100\r\nRRULE:FREQ=YEARLY;BYDAY=-1SU;BYMONTH=10\r\nEND:STANDARD\r\n"
	"END:VTIMEZONE\r\nBEGIN:VEVENT\r\nUID:u\r\nDTSTART;TZID=z:20260505T100000\r\nDURATION:PT1H\r\n"
	"RRULE:FREQ=WEEKLY;BYDAY=TU;UNTIL=20270101\r\nEXDATE;TZID=z:20260512T100000,20260519T100000\r\n"
	"ATTENDEE;CN=\"a,b\";X=\"y\":mailto:a@example.test\r\nSUMMARY:gr\xc3\xbc\r\n \xc3\x9f\r\n"
	"BEGIN:VALARM\r\nTRIGGER:-PT1M\r\nEND:VALARM\r\nEND:VEVENT\r\nEND:VCALENDAR\r\n";

static void cut_at_any_octet_it_is_refused_never_half_read(void)
{
	for (size_t len = 0; len < sizeof(sample) - 3; len++) {
		/* an own buffer, so that a sanitizer sees reads behind its end */
		g_autofree char *piece = g_memdup2(sample, MAX(len, 1));
		g_autofree char *reason = NULL;
		struct meeting *m = meeting_parse(slice_of(piece, len), NULL, &reason);

		g_assert_null(m);
		g_assert_nonnull(reason);
	}
}

static void any_octet_changed_it_is_read_or_refused(void)
{
	static const char changes[] = { '\0', '\n', ':', ';', '"', '\\', '\xff', '0', ' ', '^' };

	for (size_t at = 0; at < sizeof(sample) - 1; at++)
		for (size_t i = 0; i < sizeof(changes); i++) {
			g_autofree char *copy = g_memdup2(sample, sizeof(sample) - 1);
			g_autofree char *reason = NULL;
			struct meeting *m, *again;

			copy[at] = changes[i];
			m = meeting_parse(slice_of(copy, sizeof(sample) - 1), NULL, &reason);
			g_assert_true((m == NULL) == (reason != NULL));
			if (m == NULL)
				continue;
			recur_span(m, NULL);
			again = meeting_parse(m->ics, NULL, NULL);
			g_assert_true(slice_equal(again->ics, m->ics));
			meeting_destroy(&again);
			meeting_destroy(&m);
		}
}

/* Lines that cost much to make: written by a function, the rest of the rows by repetition. */
static void overrides(GString *s, int count, const char *range)
{
	g_string_append(s, "RRULE:FREQ=DAILY\r\n");
	for (int i = 0; i < count; i++)
		g_string_append_printf(s, "END:VEVENT\r\nBEGIN:VEVENT\r\nUID:u\r\nRECURRENCE-ID%s:%04d%02d%02dT100000Z\r\n"
					  "DTSTART:%04d%02d%02dT110000Z\r\n", range,
				       2026 + i / 336, i / 28 % 12 + 1, i % 28 + 1, 2026 + i / 336, i / 28 % 12 + 1,
				       i % 28 + 1);
}

static void many_overrides(GString *s)
{
	overrides(s, 10000, "");
}

static void many_overrides_from_here_on(GString *s)
{
	overrides(s, 5000, ";RANGE=THISANDFUTURE");
}

static void many_attendees(GString *s)
{
	for (int i = 0; i < 10000; i++)
		g_string_append_printf(s, "ATTENDEE;CN=\"Person %d\";PARTSTAT=NEEDS-ACTION;RSVP=TRUE:mailto:p%d@example.test\r\n",
				       i, i);
}

static void many_dates(GString *s)
{
	g_string_append(s, "RDATE:20260101T000000Z");
	for (int i = 0; i < 40000; i++)
		g_string_append_printf(s, ",%04d0%d%02dT%02d0000Z", 2026 + i / 5000, i / 700 % 9 + 1, i / 25 % 28 + 1, i % 24);
	g_string_append(s, "\r\n");
}

/* 190 VTIMEZONEs of 60 yearly rules, all used. */
static void many_zones(GString *s)
{
	for (int z = 0; z < 190; z++)
		g_string_append_printf(s, "EXDATE;TZID=z%d:20260505T100000\r\n", z);
	g_string_append(s, "END:VEVENT\r\n");
	for (int z = 0; z < 190; z++) {
		g_string_append_printf(s, "BEGIN:VTIMEZONE\r\nTZID:z%d\r\n", z);
		for (int i = 0; i < 60; i++)
			g_string_append(s, "BEGIN:STANDARD\r\nDTSTART:19700101T000000\r\nTZOFFSETFROM:+0100\r\n"
					   "TZOFFSETTO:+0200\r\nRRULE:FREQ=YEARLY;BYDAY=MO,TU,WE,TH,FR,SA,SU\r\n"
					   "END:STANDARD\r\n");
		g_string_append(s, "END:VTIMEZONE\r\n");
	}
	g_string_append(s, "BEGIN:VEVENT\r\nUID:u\r\nRECURRENCE-ID:20260505T100000Z\r\nDTSTART:20260505T100000Z\r\n");
}

/* What stands in one event: `head`, `times` times `piece`, `tail`; or what `make` writes. */
static const struct {
	const char *name, *head, *piece;
	int times;
	const char *tail;
	void (*make)(GString *);
	bool read; /* or refused */
} hostile[] = {
	{ "nested 100,000 deep", "", "BEGIN:VEVENT\r\n", 100000, "", NULL, false },
	{ "one line of 10 MB", "DESCRIPTION:", "0123456789", 1000000, "\r\n", NULL, true },
	{ "a description of 1 MB, folded after every octet", "DESCRIPTION:", "x\r\n ", 1000000, "\r\n", NULL, true },
	{ "10,000 attendees", "", "", 0, "", many_attendees, true },
	{ "10,000 overrides", "", "", 0, "", many_overrides, true },
	{ "5,000 overrides from here on", "", "", 0, "", many_overrides_from_here_on, true },
	{ "400,000 dates", "RDATE:20260101T000000Z", ",20260101T000000Z", 400000, "\r\n", NULL, false },
	{ "40,000 dates", "", "", 0, "", many_dates, true },
	{ "a million properties", "", "X:\r\n", 1000000, "", NULL, false },
	{ "a VTIMEZONE that runs every second",
	  "EXDATE;TZID=z:20260505T100000\r\nEND:VEVENT\r\nBEGIN:VTIMEZONE\r\nTZID:z\r\nBEGIN:STANDARD\r\n"
	  "DTSTART:19700101T000000\r\nTZOFFSETFROM:+0100\r\nTZOFFSETTO:+0200\r\nRRULE:FREQ=SECONDLY\r\nEND:STANDARD\r\n"
	  "END:VTIMEZONE\r\nBEGIN:VEVENT\r\nUID:u\r\nRECURRENCE-ID:20260505T100000Z\r\nDTSTART;TZID=z:20260505T100000\r\n",
	  "", 0, "", NULL, true },
	{ "190 zones of 60 rules", "", "", 0, "", many_zones, true },
	{ "rules that never match", "",
	  "RRULE:FREQ=DAILY;BYMONTH=2;BYMONTHDAY=30\r\nEXRULE:FREQ=YEARLY;BYYEARDAY=366;BYMONTH=1\r\n", 30, "", NULL, true },
	{ "lines without a name", "", "x\r\n", 500000, "", NULL, false },
	{ "carriage returns", "", "\r", 5000000, "", NULL, true },
	{ "a parameter 100,000 times, quotes that don't pair", "ATTENDEE", ";CN=\"\"\"", 100000, ":mailto:a@example.test\r\n",
	  NULL, true },
};

static GString *hostile_text(size_t row)
{
	GString *s = g_string_new("BEGIN:VCALENDAR\r\nMETHOD:REQUEST\r\nBEGIN:VEVENT\r\nUID:u\r\n"
				  "DTSTART:20260505T100000Z\r\n");

	g_string_append(s, hostile[row].head);
	for (int i = 0; i < hostile[row].times; i++)
		g_string_append(s, hostile[row].piece);
	g_string_append(s, hostile[row].tail);
	if (hostile[row].make != NULL)
		hostile[row].make(s);
	g_string_append(s, "END:VEVENT\r\nEND:VCALENDAR\r\n");
	return s;
}

static void hostile_objects_cost_little(void)
{
	for (size_t i = 0; i < G_N_ELEMENTS(hostile); i++) {
		GString *text = hostile_text(i);
		int64_t begin = cost_now(), spent;
		g_autofree char *reason = NULL;
		struct meeting *m = meeting_parse(slice_of(text->str, text->len), NULL, &reason);
		struct recur_occurrence next[3];

		g_test_message("%s: %zu octets, %s", hostile[i].name, text->len, reason);
		g_assert_cmpint(m != NULL, ==, hostile[i].read);
		if (m != NULL) {
			recur_span(m, NULL);
			recur_upcoming(m, 1900000000, NULL, next, 3);
			meeting_destroy(&m);
		}
		spent = cost_now() - begin;
		g_test_message("%.0f ms", (double)spent / 1000);
		g_assert_cmpint(spent, <, COST_SLOWDOWN * 2000000);
		g_string_free(text, TRUE);
	}
}

static void addresses_are_compared_as_people_write_them_and_domains_are_not_confused(void)
{
	static const struct {
		const char *a, *b;
		bool equal;
	} rows[] = {
		{ "bob@example.test", "MAILTO:Bob@Example.Test", true },
		{ "bob@example.test", "bob%40example.test", true },
		{ "bÖb@example.test", "böb@example.test", true },
		{ "bob@example.test", "bob@example.tes", false },
		{ "", "", false },
		/* as many octets, and the same after case folding */
		{ "bob@straße.test", "bob@strasse.test", false },
	};

	for (size_t i = 0; i < G_N_ELEMENTS(rows); i++)
		g_assert_cmpint(meeting_address_equal(rows[i].a, rows[i].b), ==, rows[i].equal);
}

int main(int argc, char **argv)
{
	g_test_init(&argc, &argv, NULL);
	zone_init();
#define ADD(name) g_test_add_func("/meeting/" #name, name)
	ADD(fields_are_decoded);
	ADD(starts_and_ends_are_what_a_reader_expects);
	ADD(small_sins_of_producers_are_forgiven_broken_objects_refused);
	ADD(a_line_that_broke_belongs_to_the_text_before);
	ADD(addresses_are_compared_as_people_write_them_and_domains_are_not_confused);
	ADD(the_newest_of_two_copies_counts);
	ADD(charsets_are_told_by_what_the_octets_are);
	ADD(damaged_utf8_stays_utf8);
	ADD(control_octets_and_nuls_are_dropped);
	ADD(errors_of_other_readers_are_not_passed_on);
	ADD(what_was_read_is_written_and_read_the_same);
	ADD(cut_at_any_octet_it_is_refused_never_half_read);
	ADD(any_octet_changed_it_is_read_or_refused);
	ADD(hostile_objects_cost_little);
	return g_test_run();
}
