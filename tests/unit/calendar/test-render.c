/* What a reader sees: kinds of meeting mail against expected texts, hostile fields, the
 * reasons in German.
 *
 * tests/data/render/NAME.ics comes in, NAME.stored.ics is what the calendar holds,
 * NAME.LOCALE.txt is what the reader must see.  With CONVOKE_WRITE_EXPECTED set, the
 * expected texts are written instead of compared: to be read before they are kept. */
#include "render_case.h"

#include "calendar/words.h"
#include "calendar/zone.h"
#include "tests/unit/cost.h"

#include <stdlib.h>

#define ALICE "alice@example.test"
#define ORGANIZER "organizer@example.test"
#define BOB "bob@example.test"

static const struct {
	const char *name, *from, *reader, *locale, *zone, *words;
	bool clash;
} cases[] = {
	{ "invitation", ORGANIZER, ALICE, "en", "Europe/Berlin", "Hello all,\n\nsee you there.\n", true },
	{ "invitation", ORGANIZER, ALICE, "de", "Europe/Berlin", NULL, true },
	{ "invitation", ORGANIZER, ALICE, "en_US", "America/New_York", NULL, false },
	{ "update", ORGANIZER, ALICE, "en", "Europe/Berlin", NULL, false },
	{ "update", ORGANIZER, ALICE, "de", "Europe/Berlin", NULL, false },
	{ "cancel", ORGANIZER, ALICE, "en", "Europe/Berlin", NULL, true },
	{ "cancel", ORGANIZER, ALICE, "de", "Europe/Berlin", NULL, false },
	/* nextcloud/server #60451: which occurrence, from when to when */
	{ "occurrence-update", ORGANIZER, ALICE, "en", "Europe/Berlin", NULL, false },
	{ "occurrence-update", ORGANIZER, ALICE, "de", "Europe/Berlin", NULL, false },
	{ "occurrence-cancel", ORGANIZER, ALICE, "en", "Europe/Berlin", NULL, false },
	{ "removed", ORGANIZER, ALICE, "en", "Europe/Berlin", NULL, false },
	{ "reply", BOB, ORGANIZER, "en", "America/New_York", NULL, false },
	{ "reply", BOB, ORGANIZER, "de", "Europe/Berlin", NULL, false },
	{ "counter", BOB, ORGANIZER, "en", "Europe/Berlin", NULL, false },
	{ "forged", BOB, ALICE, "en", "Europe/Berlin", NULL, false },
	{ "all-day", ORGANIZER, ALICE, "en", "Pacific/Auckland", NULL, false },
	{ "unknown-zone", ORGANIZER, ALICE, "en", "Europe/Berlin", NULL, false },
	{ "floating", ORGANIZER, ALICE, "de", "Europe/Berlin", NULL, false },
	/* nextcloud/server #53511: the whole series comes again, as programs send single dates */
	{ "dates-update", ORGANIZER, ALICE, "en", "Europe/Berlin", NULL, false },
	{ "dates-update", ORGANIZER, ALICE, "de", "America/New_York", NULL, false },
	{ "reply-nameless", BOB, ORGANIZER, "en", "Europe/Berlin", NULL, false },
};

static char *data_file(const char *name, const char *suffix)
{
	g_autofree char *file = g_strconcat(name, suffix, NULL);

	return g_build_filename(g_getenv("srcdir") != NULL ? g_getenv("srcdir") : ".", "tests", "data", "render", file,
				NULL);
}

static char *load(const char *name, const char *suffix)
{
	g_autofree char *path = data_file(name, suffix);
	char *text = NULL;

	return g_file_get_contents(path, &text, NULL, NULL) ? text : NULL;
}

static void run_case(size_t i, struct rendered *out)
{
	g_autofree char *incoming = load(cases[i].name, ".ics"), *stored = load(cases[i].name, ".stored.ics");
	const struct render_case c = { slice_from_string(incoming), slice_from_string(stored), cases[i].from,
				       cases[i].reader, cases[i].locale, cases[i].zone, cases[i].words, NULL,
				       cases[i].clash };

	g_assert_nonnull(incoming);
	g_assert_true(render_case_run(&c, out));
}

static void every_kind_of_mail_reads_as_expected(void)
{
	for (size_t i = 0; i < G_N_ELEMENTS(cases); i++) {
		g_autofree char *suffix = g_strdup_printf(".%s.txt", cases[i].locale);
		g_autofree char *path = data_file(cases[i].name, suffix), *wanted = load(cases[i].name, suffix);
		struct rendered r;

		run_case(i, &r);
		if (g_getenv("CONVOKE_WRITE_EXPECTED") != NULL)
			g_assert_true(g_file_set_contents(path, r.text->str, -1, NULL));
		else
			g_assert_cmpstr(r.text->str, ==, wanted);
		rendered_clear(&r);
	}
}

/* Text and HTML are printed from one card; this holds that every word of our block of
 * text is in the HTML too. */
static void html_says_what_the_text_says(void)
{
	for (size_t i = 0; i < G_N_ELEMENTS(cases); i++) {
		struct rendered r;
		g_auto(GStrv) words = NULL;

		run_case(i, &r);
		words = g_strsplit_set(r.text->str, " \n()\",;:<>", -1);
		for (char **word = words; *word != NULL && strncmp(*word, "-----", 5) != 0; word++)
			if (strstr(r.html->str, *word) == NULL && strchr(*word, '\'') == NULL)
				g_error("%s: \"%s\" is not in the HTML", cases[i].name, *word);
		g_assert_nonnull(strstr(r.html->str, "href=\"" RENDER_LINK "\""));
		g_assert_true(g_utf8_validate(r.html->str, (gssize)r.html->len, NULL));
		rendered_clear(&r);
	}
}

static void a_mail_without_a_question_has_no_answer_button(void)
{
	static const struct {
		size_t index;
		bool answer;
	} rows[] = { { 0, true }, { 3, true }, { 5, false }, { 9, false }, { 10, false }, { 11, false }, { 15, true } };

	for (size_t i = 0; i < G_N_ELEMENTS(rows); i++) {
		struct rendered r;

		run_case(rows[i].index, &r);
		g_assert_cmpint(strstr(r.text->str, "See it and answer:\n" RENDER_LINK "\n") != NULL, ==,
				rows[i].answer);
		g_assert_nonnull(strstr(r.text->str, ":\n" RENDER_LINK "\n"));
		rendered_clear(&r);
	}
}

/* ---- hostile fields ----------------------------------------------------------------------- */

#define EVIL "\"><script>alert(1)</script><img src=x onerror=alert(2)>'\\;javascript:alert(3)"

static char *hostile_ics(const char *value)
{
	return g_strdup_printf(
		"BEGIN:VCALENDAR\r\nVERSION:2.0\r\nPRODID:%s\r\nMETHOD:REQUEST\r\nBEGIN:VEVENT\r\nUID:%s\r\n"
		"DTSTAMP:20260420T100000Z\r\nDTSTART;TZID=\"%s\":20260505T080000\r\nSUMMARY:%s\r\nLOCATION:%s\r\n"
		"DESCRIPTION:%s\r\nURL:%s\r\nCOMMENT:%s\r\nCONFERENCE;VALUE=URI;LABEL=\"%s\":javascript:alert(4)\r\n"
		"X-GOOGLE-CONFERENCE:%s\r\nORGANIZER;CN=\"%s\":mailto:organizer@example.test\r\n"
		"ATTENDEE;CN=\"%s\":mailto:%s\r\nATTENDEE;RSVP=TRUE:mailto:alice@example.test\r\n"
		"END:VEVENT\r\nEND:VCALENDAR\r\n",
		value, value, value, value, value, value, value, value, value, value, value, value, value);
}

static void render_hostile(const char *value, struct rendered *out)
{
	g_autofree char *ics = hostile_ics(value);
	const struct render_case c = { slice_from_string(ics), { NULL, 0 }, ORGANIZER, ALICE, "en",
				       "Europe/Berlin", value, NULL, true };

	if (!render_case_run(&c, out))
		memset(out, 0, sizeof *out);
}

static void script_in_any_field_stays_text(void)
{
	static const char *const values[] = {
		EVIL, "<script>alert(1)</script>", "</td></table><script src=//evil.test/x.js>", "javascript:alert(1)",
		"data:text/html,<script>alert(1)</script>", "<!--", "]]>", "<style>*{display:none}</style>",
		"&lt;script&gt;", "https://evil.test/\"onmouseover=\"alert(1)", "<svg/onload=alert(1)>",
	};

	for (size_t i = 0; i < G_N_ELEMENTS(values); i++) {
		struct rendered r;

		render_hostile(values[i], &r);
		if (r.html == NULL)
			continue;
		g_assert_null(strstr(r.html->str, "<script"));
		g_assert_null(strstr(r.html->str, "<img"));
		g_assert_null(strstr(r.html->str, "<svg"));
		g_assert_null(strstr(r.html->str, "href=\"javascript"));
		g_assert_null(strstr(r.html->str, "href=\"data"));
		g_assert_null(strstr(r.html->str, "\"onmouseover"));
		/* One style sheet: ours. */
		g_assert_null(strstr(strstr(r.html->str, "<style>") + 1, "<style>"));
		rendered_clear(&r);
	}
}

static void controls_and_bidi_marks_do_not_get_through(void)
{
	static const char value[] = "a\xe2\x80\xae"
				    "b\xe2\x81\xa6"
				    "c\x1b[31m\x07 d\xc2\x85";
	struct rendered r;

	render_hostile(value, &r);
	g_assert_nonnull(r.html);
	for (const char *p = r.text->str; *p != '\0'; p++)
		g_assert_true((guchar)*p >= 0x20 || *p == '\n');
	g_assert_null(strstr(r.text->str, "\xe2\x80\xae"));
	g_assert_null(strstr(r.html->str, "\xe2\x80\xae"));
	g_assert_null(strstr(r.html->str, "\xe2\x81\xa6"));
	rendered_clear(&r);
}

/* What Exchange sends for whole days; the organizer's midnight is half past eight in the evening here. */
#define DAYS(value, start, end, more)                                                                        \
	"BEGIN:VCALENDAR\r\nVERSION:2.0\r\nMETHOD:REQUEST\r\nBEGIN:VEVENT\r\nUID:days\r\nSUMMARY:Days\r\n"    \
	"DTSTAMP:20260401T100000Z\r\nX-MICROSOFT-CDO-ALLDAYEVENT:" value "\r\nORGANIZER:mailto:" ORGANIZER   \
	"\r\nATTENDEE:mailto:" ALICE "\r\nDTSTART;TZID=Asia/Kolkata:" start "\r\n" end "\r\n" more           \
	"END:VEVENT\r\nEND:VCALENDAR\r\n"
#define KOLKATA(end) "DTEND;TZID=Asia/Kolkata:" end

static void whole_days_written_as_midnights_are_days_in_any_zone(void)
{
	static const char one[] = DAYS("TRUE", "20260505T000000", KOLKATA("20260506T000000"), "");
	static const struct {
		const char *incoming, *stored, *wanted;
	} rows[] = {
		{ one, NULL, "\nWhen    Tuesday, 5 May 2026, all day\nFrom" },
		{ DAYS("true", "20260505T000000", KOLKATA("20260508T000000"), ""), NULL,
		  "\nWhen    Tuesday, 5 May 2026 to Thursday, 7 May 2026, all day\n" },
		{ DAYS("TRUE", "20260505T000000", "DURATION:P1D", ""), NULL, "\nWhen    Tuesday, 5 May 2026, all day\n" },
		{ DAYS("TRUE", "20260505T000000", "DTEND:20260505T183000Z", ""), NULL,
		  "\nWhen    Tuesday, 5 May 2026, all day\n" },
		{ DAYS("TRUE", "20260505T000000", KOLKATA("20260506T000000"),
		       "RRULE:FREQ=WEEKLY\r\nEXDATE:20260511T183000Z\r\n"), NULL,
		  "\nWhen    Tuesday, 5 May 2026, all day\n        every Tuesday, not on 12 May; next 19 May, 26 May, 2 June\n" },
		/* another day */
		{ DAYS("TRUE", "20260507T000000", KOLKATA("20260508T000000"), "SEQUENCE:1\r\n"), one,
		  "\nWhen    Thursday, 7 May 2026, all day   (was: Tuesday, 5 May 2026, all day)\n" },
		/* one date of a series */
		{ DAYS("TRUE", "20260513T000000", KOLKATA("20260514T000000"), "SEQUENCE:1\r\nRECURRENCE-ID:20260511T183000Z\r\n"),
		  DAYS("TRUE", "20260505T000000", KOLKATA("20260506T000000"), "RRULE:FREQ=WEEKLY\r\n"),
		  "\nWhen    Wednesday, 13 May 2026, all day\n        was: Tuesday, 12 May 2026, all day\n"
		  "        this date of a series only\n" },
		/* said to be, and is not */
		{ DAYS("TRUE", "20260505T003000", KOLKATA("20260505T013000"), ""), NULL,
		  "\nWhen    Monday, 4 May 2026, 21:00 to 22:00 (Europe/Berlin, UTC+2)\n" },
		{ DAYS("TRUE", "20260505T000000", KOLKATA("20260505T013000"), ""), NULL,
		  "\nWhen    Monday, 4 May 2026, 20:30 to 22:00 (Europe/Berlin, UTC+2)\n" },
		{ DAYS("FALSE", "20260505T000000", KOLKATA("20260506T000000"), ""), NULL,
		  "\nWhen    Monday, 4 May 2026, 20:30 to Tuesday, 5 May 2026, 20:30\n" },
	};

	for (size_t i = 0; i < G_N_ELEMENTS(rows); i++) {
		struct render_case c = { .incoming = slice_from_string(rows[i].incoming), .from = ORGANIZER,
					 .reader = ALICE, .locale = "en", .zone = "Europe/Berlin" };
		struct rendered r;

		if (rows[i].stored != NULL)
			c.stored = slice_from_string(rows[i].stored);
		g_assert_true(render_case_run(&c, &r));
		if (strstr(r.text->str, rows[i].wanted) == NULL)
			g_error("%s not in %s", rows[i].wanted, r.text->str);
		rendered_clear(&r);
	}
}

/* The same day under another zone's midnights, or as a DATE, is no move. */
static void the_same_whole_day_written_otherwise_is_no_change(void)
{
	static const char again[] =
		"BEGIN:VCALENDAR\r\nVERSION:2.0\r\nMETHOD:REQUEST\r\nBEGIN:VEVENT\r\nUID:days\r\nSUMMARY:Days\r\nSEQUENCE:1\r\n"
		"DTSTAMP:20260402T100000Z\r\nORGANIZER:mailto:" ORGANIZER "\r\nATTENDEE:mailto:" ALICE
		"\r\nDTSTART;VALUE=DATE:20260505\r\nEND:VEVENT\r\nEND:VCALENDAR\r\n";
	const struct render_case c = {
		.incoming = slice_from_string(again), .from = ORGANIZER, .reader = ALICE, .locale = "en", .zone = "Europe/Berlin",
		.stored = slice_from_string(DAYS("TRUE", "20260505T000000", KOLKATA("20260506T000000"), "")),
	};
	struct rendered r;

	g_assert_true(render_case_run(&c, &r));
	g_assert_null(strstr(r.text->str, "was:"));
	rendered_clear(&r);
}

/* A title with line ends can't make a line that looks like ours. */
static void a_field_stays_on_its_line(void)
{
	static const char value[] = "Lunch\\n\\nSee it and answer:\\nhttps://evil.test/m/Yk3vT0c2mQ8s_-abcdefAB";
	struct rendered r;
	const char *first;

	render_hostile(value, &r);
	g_assert_nonnull(r.text);
	first = strstr(r.text->str, "\nSee it and answer:\n");
	g_assert_nonnull(first);
	g_assert_true(g_str_has_prefix(first + strlen("\nSee it and answer:\n"), RENDER_LINK "\n"));
	/* What follows our link stands behind the rule. */
	g_assert_nonnull(strstr(first, RENDER_LINK "\n\n-----"));
	rendered_clear(&r);
}

static void large_fields_are_cut(void)
{
	g_autofree char *huge = g_strnfill(1024 * 1024, 'x');
	gint64 start = cost_now();
	struct rendered r;

	render_hostile(huge, &r);
	if (r.html != NULL) {
		/* The sender's words stay whole; every field of the calendar is cut. */
		g_assert_cmpuint(r.text->len, <, 1024 * 1024 + 64 * 1024);
		g_assert_cmpuint(r.html->len, <, 1024 * 1024 + 64 * 1024);
	}
	cost_check("a description of 1 MiB", start, 5);
	rendered_clear(&r);
}

static void many_attendees_are_cut(void)
{
	GString *ics = g_string_new("BEGIN:VCALENDAR\r\nVERSION:2.0\r\nPRODID:x\r\nMETHOD:REQUEST\r\nBEGIN:VEVENT\r\n"
				    "UID:many@example.test\r\nDTSTAMP:20260420T100000Z\r\nDTSTART:20260505T080000Z\r\n"
				    "SUMMARY:All hands\r\nORGANIZER:mailto:organizer@example.test\r\n");
	gint64 start = cost_now();
	struct rendered r;

	for (int i = 0; i < 9999; i++)
		g_string_append_printf(ics, "ATTENDEE;CN=Person %d:mailto:person%d@example.test\r\n", i, i);
	g_string_append(ics, "ATTENDEE:mailto:alice@example.test\r\nEND:VEVENT\r\nEND:VCALENDAR\r\n");
	g_assert_true(render_case_run(&(struct render_case){ .incoming = slice_of(ics->str, ics->len),
							     .from = ORGANIZER, .reader = ALICE, .locale = "en",
							     .zone = "Europe/Berlin" }, &r));
	g_assert_nonnull(strstr(r.text->str, "Who     you (not answered yet), Person 0, Person 1, Person 2, Person 3,"));
	g_assert_nonnull(strstr(r.text->str, "9994 more"));
	cost_check("9,999 attendees", start, 2);
	rendered_clear(&r);
	g_string_free(ics, TRUE);
}

static void a_senders_html_is_made_harmless(void)
{
	static const char words[] =
		"<html><head><style>td{display:none}</style><title>t</title></head><body onload='x()'>"
		"<p style=\"background:url(//evil.test)\">Hello <b>you</b></p><script>alert(1)</script>"
		"<img src='https://evil.test/pixel.gif'><img src=\"cid:logo\" alt=logo>"
		"<a href=' jav&#x09;ascript:alert(1)'>bad</a><a href='https://example.test/?a=1&amp;b=2'>good</a>"
		"<form action=https://evil.test><input name=p><button>go</button></form><iframe src=//evil.test></iframe>"
		"</table></td></div>after<svg><script>alert(2)</script></svg><table><tr><td>cell";
	g_autofree char *incoming = load("all-day", ".ics");
	struct rendered r;

	g_assert_true(render_case_run(&(struct render_case){ .incoming = slice_from_string(incoming),
							     .from = ORGANIZER, .reader = ALICE, .locale = "en",
							     .zone = "UTC", .words_text = "Hello you",
							     .words_html = words }, &r));
	g_assert_nonnull(strstr(r.html->str, "Hello <b>you</b>"));
	g_assert_nonnull(strstr(r.html->str, "href=\"https://example.test/?a=1&amp;b=2\""));
	g_assert_nonnull(strstr(r.html->str, "src=\"cid:logo\""));
	g_assert_nonnull(strstr(r.html->str, "after"));
	g_assert_nonnull(strstr(r.html->str, "cell</td>"));
	g_assert_null(strstr(r.html->str, "evil.test"));
	g_assert_null(strstr(r.html->str, "<script"));
	g_assert_null(strstr(r.html->str, "onload"));
	g_assert_null(strstr(r.html->str, "<form"));
	g_assert_null(strstr(r.html->str, "<input"));
	g_assert_null(strstr(r.html->str, "ascript:"));
	rendered_clear(&r);
}

static void every_reason_is_said_in_german(void)
{
	for (int i = ITIP_REASON_APPLIED; i <= ITIP_REASON_UNVERIFIED; i++) {
		const char *english = itip_reason_sentence((enum itip_reason)i);

		if (strcmp(render_reason("de", (enum itip_reason)i), english) == 0)
			g_error("no German for \"%s\"", english);
	}
}

int main(int argc, char **argv)
{
	g_test_init(&argc, &argv, NULL);
	zone_init();
	g_test_add_func("/render/every-kind-of-mail-reads-as-expected", every_kind_of_mail_reads_as_expected);
	g_test_add_func("/render/html-says-what-the-text-says", html_says_what_the_text_says);
	g_test_add_func("/render/a-mail-without-a-question-has-no-answer-button",
			a_mail_without_a_question_has_no_answer_button);
	g_test_add_func("/render/script-in-any-field-stays-text", script_in_any_field_stays_text);
	g_test_add_func("/render/controls-and-bidi-marks-do-not-get-through",
			controls_and_bidi_marks_do_not_get_through);
	g_test_add_func("/render/a-field-stays-on-its-line", a_field_stays_on_its_line);
	g_test_add_func("/render/whole-days-written-as-midnights-are-days-in-any-zone",
			whole_days_written_as_midnights_are_days_in_any_zone);
	g_test_add_func("/render/the-same-whole-day-written-otherwise-is-no-change",
			the_same_whole_day_written_otherwise_is_no_change);
	g_test_add_func("/render/large-fields-are-cut", large_fields_are_cut);
	g_test_add_func("/render/many-attendees-are-cut", many_attendees_are_cut);
	g_test_add_func("/render/a-senders-html-is-made-harmless", a_senders_html_is_made_harmless);
	g_test_add_func("/render/every-reason-is-said-in-german", every_reason_is_said_in_german);
	return g_test_run();
}
