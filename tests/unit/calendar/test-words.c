/* Links, catalogs, plural rules, dates in the reader's language. */
#include "calendar/dates.h"
#include "calendar/link.h"
#include "calendar/plural.h"
#include "calendar/words.h"
#include "calendar/zone.h"

#define TOKEN "Yk3vT0c2mQ8s_-abcdefAB"

static const struct config_domain settings[] = {
	{ NULL, "http:", "mail.example.test", "/" },
	{ NULL, "https:", "mail.example.test", "/" },
	{ NULL, "https:", "mail.example.test:8443", "/" },
	{ NULL, "http:", "127.0.0.1:10080", "/" },
	{ NULL, "https:", "[2001:db8::1]", "/" },
	{ NULL, "https:", "[2001:db8::1]:8443", "/calendar/" },
	{ NULL, "https:", "example.test", "/a/b/c/" },
	{ NULL, "https:", "m", "/m/" },
};

static void a_link_read_is_the_link_written(void)
{
	for (size_t i = 0; i < G_N_ELEMENTS(settings); i++) {
		g_autofree char *url = link_format(&settings[i], TOKEN);
		g_autofree char *wanted = g_strconcat(settings[i].url_protocol, "//", settings[i].host,
						      settings[i].path, "m/" TOKEN, NULL);
		struct slice token;

		g_assert_cmpstr(url, ==, wanted);
		g_assert_true(link_parse(&settings[i], slice_from_string(url), &token));
		g_assert_true(slice_equal(token, SLICE(TOKEN)));
		/* Cut anywhere it is none. */
		for (size_t n = 0; n < strlen(url); n++)
			g_assert_false(link_parse(&settings[i], slice_of(url, n), &token));
	}
}

static void only_a_link_of_these_settings_is_one(void)
{
	static const struct {
		const char *url;
		bool good;
	} rows[] = {
		{ "https://mail.example.test/m/" TOKEN, true },
		{ "HTTPS://Mail.Example.TEST/m/" TOKEN, true },
		{ "https://mail.example.test/m/" TOKEN "/", true },
		{ "https://mail.example.test/m/" TOKEN "?utm=1", true },
		{ "https://mail.example.test/m/" TOKEN "#top", true },
		{ "http://mail.example.test/m/" TOKEN, false },
		{ "https://mail.example.test:443/m/" TOKEN, false },
		{ "https://other.example.test/m/" TOKEN, false },
		{ "https://mail.example.test.evil.test/m/" TOKEN, false },
		{ "https://mail.example.test/M/" TOKEN, false },
		{ "https://mail.example.test/m/" TOKEN "x", false },
		{ "https://mail.example.test/m/" TOKEN "%20", false },
		{ "https://mail.example.test/m/short", false },
		{ "https://mail.example.test/m/" "Yk3vT0c2mQ8s.-abcdefAB", false },
		{ " https://mail.example.test/m/" TOKEN, false },
	};
	struct slice token;

	for (size_t i = 0; i < G_N_ELEMENTS(rows); i++)
		g_assert_cmpint(link_parse(&settings[1], slice_from_string(rows[i].url), &token), ==, rows[i].good);
	g_assert_false(link_parse(&settings[1], slice_of("https://mail.example.test/m/" TOKEN "\0", 51), &token));
	g_assert_true(link_parse_path("/x/", SLICE("/x/m/" TOKEN), &token));
	g_assert_false(link_parse_path("/x/", SLICE("/m/" TOKEN), &token));
}

static void a_locale_finds_the_nearest_language(void)
{
	static const struct {
		const char *locale, *language;
	} rows[] = {
		{ NULL, "en" }, { "", "en" }, { "en", "en" }, { "en_GB", "en" }, { "C", "en" }, { "fr", "en" },
		{ "de", "de" }, { "DE", "de" }, { "de_DE.UTF-8", "de" }, { "de-AT", "de" }, { "de_CH@euro", "de" },
		{ "en_US", "en-US" }, { "en-us", "en-US" }, { "en_US.UTF-8", "en-US" }, { "des", "en" },
	};

	for (size_t i = 0; i < G_N_ELEMENTS(rows); i++)
		g_assert_cmpstr(words_language(words_for(rows[i].locale)), ==, rows[i].language);
	g_assert_true(g_strv_contains(words_languages(), "de"));
}

static void words_are_said_in_their_context(void)
{
	const struct words *german = words_for("de");

	g_assert_cmpstr(words_get(german, "Tuesday"), ==, "Dienstag");
	g_assert_cmpstr(words_get(german, "no such words"), ==, "no such words");
	g_assert_cmpstr(words_get(german, ""), ==, "");
	g_assert_cmpstr(words_get_in(german, "month", "May"), ==, "Mai");
	g_assert_cmpstr(words_get_in(german, "position", "second"), ==, "zweiten");
	g_assert_cmpstr(words_get_in(german, "no such context", "May"), ==, "May");
	g_assert_cmpstr(words_plural(german, ", once", ", {n} times", 1), ==, ", einmal");
	g_assert_cmpstr(words_plural(german, ", once", ", {n} times", 3), ==, ", {n}-mal");
	g_assert_cmpstr(words_plural(words_for("en"), "one", "many", 0), ==, "many");
}

static void a_template_takes_values_as_they_are(void)
{
	static const struct {
		const char *template, *text;
	} rows[] = {
		{ "{a} and {b}", "x{b} and %s" }, { "{b}{b}", "%s%s" }, { "{c}", "{c}" },
		{ "{a", "{a" }, { "}{", "}{" }, { "", "" }, { "{}", "{}" },
	};

	for (size_t i = 0; i < G_N_ELEMENTS(rows); i++) {
		g_autofree char *text = words_filled(rows[i].template, "a", "x{b}", "b", "%s", NULL);

		g_assert_cmpstr(text, ==, rows[i].text);
	}
}

static void plural_rules_of_languages_are_understood(void)
{
	static const struct {
		const char *rule;
		guint64 n;
		unsigned form;
	} rows[] = {
		{ "nplurals=2; plural=n != 1;", 1, 0 },
		{ "nplurals=2; plural=n != 1;", 0, 1 },
		{ "nplurals=2; plural=(n > 1);", 1, 0 },
		{ "nplurals=1; plural=0;", 7, 0 },
		/* Polish, Russian */
		{ "nplurals=3; plural=(n==1 ? 0 : n%10>=2 && n%10<=4 && (n%100<10 || n%100>=20) ? 1 : 2);", 1, 0 },
		{ "nplurals=3; plural=(n==1 ? 0 : n%10>=2 && n%10<=4 && (n%100<10 || n%100>=20) ? 1 : 2);", 22, 1 },
		{ "nplurals=3; plural=(n==1 ? 0 : n%10>=2 && n%10<=4 && (n%100<10 || n%100>=20) ? 1 : 2);", 12, 2 },
		/* What can't be read is the first form. */
		{ "nplurals=2; plural=", 3, 0 },
		{ "nplurals=2; plural=n +;", 3, 0 },
		{ "nplurals=2; plural=n;", 3, 0 },
		{ "nplurals=2; plural=((((((((((((((((((((((((((((((((((((((((((((n", 3, 0 },
		{ "nplurals=2; plural=n % 0;", 3, 0 },
		{ "", 3, 0 },
	};

	for (size_t i = 0; i < G_N_ELEMENTS(rows); i++) {
		g_autofree char *header = g_strconcat("Language: x\nPlural-Forms: ", rows[i].rule, "\n", NULL);

		g_assert_cmpuint(plural_form(header, rows[i].n), ==, rows[i].form);
	}
}

static struct meeting_time time_at(enum meeting_time_kind kind, struct meeting_fields fields, const char *zone)
{
	struct meeting_time time = { .kind = kind, .fields = fields, .zone_name = zone };

	time.zone = kind == MEETING_TIME_ZONED ? zone_find(zone) : NULL;
	time.instant = time.zone != NULL ? zone_instant(time.zone, &fields, NULL) : zone_seconds(&fields);
	return time;
}

static void spans_are_written_in_the_readers_zone_and_language(void)
{
	static const struct {
		enum meeting_time_kind kind;
		struct meeting_fields start, end;
		const char *zone, *reader, *locale, *text;
	} rows[] = {
		{ MEETING_TIME_ZONED, { 2026, 5, 5, 8, 0, 0 }, { 2026, 5, 5, 9, 30, 0 }, "America/New_York",
		  "Europe/Berlin", "en", "Tuesday, 5 May 2026, 14:00 to 15:30" },
		{ MEETING_TIME_ZONED, { 2026, 5, 5, 8, 0, 0 }, { 2026, 5, 5, 9, 30, 0 }, "America/New_York",
		  "Europe/Berlin", "de", "Dienstag, 5. Mai 2026, 14:00 bis 15:30" },
		{ MEETING_TIME_ZONED, { 2026, 5, 5, 8, 0, 0 }, { 2026, 5, 5, 9, 30, 0 }, "America/New_York",
		  "America/New_York", "en_US", "Tuesday, May 5, 2026, 8:00 am to 9:30 am" },
		{ MEETING_TIME_UTC, { 2026, 5, 5, 0, 30, 0 }, { 2026, 5, 5, 12, 0, 0 }, NULL, "UTC", "en_US",
		  "Tuesday, May 5, 2026, 12:30 am to 12:00 pm" },
		/* Over midnight, and without length. */
		{ MEETING_TIME_UTC, { 2026, 12, 31, 23, 0, 0 }, { 2027, 1, 1, 1, 0, 0 }, NULL, "UTC", "en",
		  "Thursday, 31 December 2026, 23:00 to Friday, 1 January 2027, 01:00" },
		{ MEETING_TIME_UTC, { 2026, 5, 5, 23, 0, 0 }, { 2026, 5, 5, 23, 0, 0 }, NULL, "UTC", "en",
		  "Tuesday, 5 May 2026, 23:00" },
		/* All-day: inclusive, never shifted. */
		{ MEETING_TIME_DATE, { 2026, 5, 5, 0, 0, 0 }, { 2026, 5, 6, 0, 0, 0 }, NULL, "Pacific/Auckland", "en",
		  "Tuesday, 5 May 2026, all day" },
		{ MEETING_TIME_DATE, { 2026, 5, 5, 0, 0, 0 }, { 2026, 5, 8, 0, 0, 0 }, NULL, "America/Los_Angeles", "en",
		  "Tuesday, 5 May 2026 to Thursday, 7 May 2026, all day" },
		{ MEETING_TIME_DATE, { 2026, 5, 5, 0, 0, 0 }, { 2026, 5, 5, 0, 0, 0 }, NULL, "UTC", "de",
		  "Dienstag, 5. Mai 2026, ganztägig" },
		/* Floating and unknown: as written. */
		{ MEETING_TIME_FLOATING, { 2026, 5, 5, 9, 0, 0 }, { 2026, 5, 5, 10, 0, 0 }, NULL, "Asia/Tokyo", "en",
		  "Tuesday, 5 May 2026, 09:00 to 10:00" },
		{ MEETING_TIME_UNKNOWN_ZONE, { 2026, 5, 5, 9, 0, 0 }, { 2026, 5, 5, 10, 0, 0 }, "Nowhere", "Asia/Tokyo",
		  "en", "Tuesday, 5 May 2026, 09:00 to 10:00" },
		/* The night the clocks go back: 90 minutes of meeting. */
		{ MEETING_TIME_UTC, { 2026, 10, 25, 0, 30, 0 }, { 2026, 10, 25, 2, 0, 0 }, NULL, "Europe/Berlin", "en",
		  "Sunday, 25 October 2026, 02:30 to 03:00" },
		/* and an hour of it */
		{ MEETING_TIME_UTC, { 2026, 10, 25, 0, 30, 0 }, { 2026, 10, 25, 1, 30, 0 }, NULL, "Europe/Berlin", "en",
		  "Sunday, 25 October 2026, 02:30 to 02:30" },
	};

	for (size_t i = 0; i < G_N_ELEMENTS(rows); i++) {
		struct meeting_time start = time_at(rows[i].kind, rows[i].start, rows[i].zone);
		struct meeting_time end = time_at(rows[i].kind, rows[i].end, rows[i].zone);
		g_autoptr(GString) out = g_string_new(NULL);

		dates_append_span(out, words_for(rows[i].locale), &start, &end, zone_find(rows[i].reader));
		g_assert_cmpstr(out->str, ==, rows[i].text);
	}
}

static void offsets_are_written_short(void)
{
	static const struct {
		int offset;
		const char *text;
	} rows[] = { { 0, "UTC" }, { 7200, "UTC+2" }, { -14400, "UTC-4" }, { 19800, "UTC+5:30" },
		     { -12600, "UTC-3:30" }, { 20700, "UTC+5:45" }, { 50400, "UTC+14" }, { 53, "UTC" } };

	for (size_t i = 0; i < G_N_ELEMENTS(rows); i++) {
		g_autoptr(GString) out = g_string_new(NULL);

		dates_append_offset(out, rows[i].offset);
		g_assert_cmpstr(out->str, ==, rows[i].text);
	}
	g_assert_cmpint(dates_week_start(words_for("de")), ==, 1);
	g_assert_cmpint(dates_week_start(words_for("en_US")), ==, 7);
}

static gpointer speak(gpointer locale)
{
	const char *wanted = strcmp(locale, "de") == 0 ? "Dienstag" : "Tuesday";

	for (int i = 0; i < 20000; i++)
		if (strcmp(words_get(words_for(locale), "Tuesday"), wanted) != 0)
			return (gpointer) "another language";
	return NULL;
}

static void threads_speak_their_own_language(void)
{
	GThread *german = g_thread_new("de", speak, (gpointer) "de");
	GThread *english = g_thread_new("en", speak, (gpointer) "en");

	g_assert_null(g_thread_join(german));
	g_assert_null(g_thread_join(english));
}

int main(int argc, char **argv)
{
	g_test_init(&argc, &argv, NULL);
	zone_init();
	g_test_add_func("/link/a-link-read-is-the-link-written", a_link_read_is_the_link_written);
	g_test_add_func("/link/only-a-link-of-these-settings-is-one", only_a_link_of_these_settings_is_one);
	g_test_add_func("/words/a-locale-finds-the-nearest-language", a_locale_finds_the_nearest_language);
	g_test_add_func("/words/words-are-said-in-their-context", words_are_said_in_their_context);
	g_test_add_func("/words/a-template-takes-values-as-they-are", a_template_takes_values_as_they_are);
	g_test_add_func("/words/plural-rules-of-languages-are-understood", plural_rules_of_languages_are_understood);
	g_test_add_func("/words/threads-speak-their-own-language", threads_speak_their_own_language);
	g_test_add_func("/dates/spans-are-written-in-the-readers-zone-and-language",
			spans_are_written_in_the_readers_zone_and_language);
	g_test_add_func("/dates/offsets-are-written-short", offsets_are_written_short);
	return g_test_run();
}
