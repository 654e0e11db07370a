/* Zones by every name that mail brings, wall clocks at the jumps, VTIMEZONE both ways. */
#include "calendar/zone.h"

#include "base/arena.h"
#include "calendar/zone_table.h"

static int64_t at(int year, int month, int day, int hour, int minute)
{
	struct meeting_fields f = { year, month, day, hour, minute, 0 };

	return zone_seconds(&f);
}

static void names_are_found_or_said_unknown(void)
{
	static const struct {
		const char *name, *zone; /* NULL: unknown */
	} rows[] = {
		{ "Europe/Berlin", "Europe/Berlin" },
		{ "europe/berlin", "Europe/Berlin" },
		{ "\"Europe/Berlin\"", "Europe/Berlin" },
		{ " Europe/Berlin ", "Europe/Berlin" },
		{ "US/Eastern", "US/Eastern" },
		{ "America/Argentina/Buenos_Aires", "America/Argentina/Buenos_Aires" },
		{ "W. Europe Standard Time", "Europe/Berlin" },
		{ "W. EUROPE STANDARD TIME", "Europe/Berlin" },
		{ "Eastern Standard Time", "America/New_York" },
		{ "Eastern Daylight Time", "America/New_York" },
		{ "Romance Standard Time", "Europe/Paris" },
		{ "GMT Standard Time", "Europe/London" },
		{ "Tokyo Standard Time", "Asia/Tokyo" },
		{ "UTC", "UTC" },
		{ "Etc/UTC", "Etc/UTC" },
		{ "Z", "UTC" },
		{ "GMT", "GMT" },
		{ "UTC+2", "Etc/GMT-2" },
		{ "GMT-0500", "Etc/GMT+5" },
		{ "+01:00", "Etc/GMT-1" },
		{ "UTC+05:30", NULL },
		{ "/mozilla.org/20050126_1/Europe/Berlin", "Europe/Berlin" },
		{ "/mozilla.org/20070129_1/America/Argentina/Buenos_Aires", "America/Argentina/Buenos_Aires" },
		{ "/freeassociation.sourceforge.net/Tzfile/Europe/Vienna", "Europe/Vienna" },
		{ "/softwarestudio.org/Olson_20011030_5/America/New_York", "America/New_York" },
		{ "tzone://Microsoft/Utc", "UTC" },
		{ "(UTC+01:00) Amsterdam, Berlin, Bern, Rome, Stockholm, Vienna", "Europe/Amsterdam" },
		{ "(GMT+01.00) Brussels / Copenhagen / Madrid / Paris", NULL },
		{ "(UTC-05:00) Eastern Time (US & Canada)", "America/New_York" },
		{ "(GMT-08:00) Pacific Time (US & Canada)", "America/Los_Angeles" },
		{ "(UTC+05:30) Chennai, Kolkata, Mumbai, New Delhi", "Asia/Kolkata" },
		{ "(UTC+09:00) Berlin", NULL }, /* the offset says it is not */
		{ "(UTC) Coordinated Universal Time", "Etc/UTC" },
		{ "Customized Time Zone", NULL },
		{ "Unknown/Nowhere", NULL },
		{ "../../etc/passwd", NULL },
		{ "/etc/passwd", NULL },
		{ "posix/Europe/Berlin", "Europe/Berlin" },
		{ "IST", NULL }, /* India, Ireland, Israel: nobody knows */
		{ "", NULL },
	};

	for (size_t i = 0; i < G_N_ELEMENTS(rows); i++) {
		const struct zone *zone = zone_find(rows[i].name);

		if (g_strcmp0(zone != NULL ? zone_name(zone) : NULL, rows[i].zone) != 0)
			g_error("%s: %s, not %s", rows[i].name, zone != NULL ? zone_name(zone) : "unknown", rows[i].zone);
	}
	g_assert_null(zone_find(NULL));
}

static void every_alias_leads_to_a_zone(void)
{
	for (size_t i = 0; i < zone_alias_count; i++)
		if (zone_find(zone_aliases[i].name) == NULL)
			g_error("%s leads to %s, which is not there", zone_aliases[i].name, zone_aliases[i].iana);
}

static void offsets_are_those_of_the_database(void)
{
	static const struct {
		const char *zone;
		int64_t days; /* year and month, at noon UTC of the 15th */
		int year, month, offset;
		const char *abbreviation;
	} rows[] = {
		{ "Europe/Berlin", 0, 2026, 1, 3600, "CET" },	    { "Europe/Berlin", 0, 2026, 7, 7200, "CEST" },
		{ "Europe/Berlin", 0, 2076, 7, 7200, "CEST" },	    { "Europe/Berlin", 0, 1970, 7, 3600, "CET" },
		{ "America/New_York", 0, 2026, 7, -14400, "EDT" },  { "America/St_Johns", 0, 2026, 1, -12600, "NST" },
		{ "Asia/Kolkata", 0, 2026, 7, 19800, "IST" },	    { "Asia/Kathmandu", 0, 2026, 1, 20700, "+0545" },
		{ "Australia/Lord_Howe", 0, 2026, 1, 39600, "+11" },{ "Australia/Lord_Howe", 0, 2026, 7, 37800, "+1030" },
		{ "Pacific/Kiritimati", 0, 2026, 1, 50400, "+14" }, { "Africa/Casablanca", 0, 2026, 7, 3600, "+01" },
		{ "Europe/Dublin", 0, 2026, 7, 3600, "IST" },	    { "Asia/Tehran", 0, 2026, 7, 12600, "+0330" },
		{ "America/Sao_Paulo", 0, 2018, 1, -7200, "-02" },  { "America/Sao_Paulo", 0, 2026, 1, -10800, "-03" },
	};

	for (size_t i = 0; i < G_N_ELEMENTS(rows); i++) {
		struct zone_local local;

		zone_local(zone_find(rows[i].zone), at(rows[i].year, rows[i].month, 15, 12, 0), &local);
		g_assert_cmpint(local.offset, ==, rows[i].offset);
		g_assert_cmpstr(local.abbreviation, ==, rows[i].abbreviation);
	}
}

static void wall_clocks_in_gaps_and_overlaps_follow_rfc_5545(void)
{
	static const struct {
		const char *zone;
		struct meeting_fields wall;
		enum zone_hit hit;
		struct meeting_fields utc;
	} rows[] = {
		{ "Europe/Berlin", { 2026, 3, 29, 1, 59, 59 }, ZONE_EXACT, { 2026, 3, 29, 0, 59, 59 } },
		{ "Europe/Berlin", { 2026, 3, 29, 2, 0, 0 }, ZONE_GAP, { 2026, 3, 29, 1, 0, 0 } },
		{ "Europe/Berlin", { 2026, 3, 29, 2, 30, 0 }, ZONE_GAP, { 2026, 3, 29, 1, 30, 0 } },
		{ "Europe/Berlin", { 2026, 3, 29, 3, 0, 0 }, ZONE_EXACT, { 2026, 3, 29, 1, 0, 0 } },
		{ "Europe/Berlin", { 2026, 10, 25, 1, 59, 0 }, ZONE_EXACT, { 2026, 10, 24, 23, 59, 0 } },
		{ "Europe/Berlin", { 2026, 10, 25, 2, 30, 0 }, ZONE_TWICE, { 2026, 10, 25, 0, 30, 0 } },
		{ "Europe/Berlin", { 2026, 10, 25, 3, 0, 0 }, ZONE_EXACT, { 2026, 10, 25, 2, 0, 0 } },
		{ "America/New_York", { 2007, 3, 11, 2, 30, 0 }, ZONE_GAP, { 2007, 3, 11, 7, 30, 0 } },
		{ "America/New_York", { 2007, 11, 4, 1, 30, 0 }, ZONE_TWICE, { 2007, 11, 4, 5, 30, 0 } },
		{ "Australia/Lord_Howe", { 2026, 4, 5, 1, 45, 0 }, ZONE_TWICE, { 2026, 4, 4, 14, 45, 0 } },
		/* a whole day that was left out */
		{ "Pacific/Apia", { 2011, 12, 30, 12, 0, 0 }, ZONE_GAP, { 2011, 12, 30, 22, 0, 0 } },
		{ "Etc/UTC", { 2026, 3, 29, 2, 30, 0 }, ZONE_EXACT, { 2026, 3, 29, 2, 30, 0 } },
	};

	for (size_t i = 0; i < G_N_ELEMENTS(rows); i++) {
		enum zone_hit hit;
		int64_t instant = zone_instant(zone_find(rows[i].zone), &rows[i].wall, &hit);

		g_assert_cmpint(hit, ==, rows[i].hit);
		g_assert_cmpint(instant, ==, zone_seconds(&rows[i].utc));
	}
}

static void an_instant_and_its_wall_clock_come_back(void)
{
	static const char *const names[] = { "Europe/Berlin", "America/New_York", "Asia/Tehran", "Australia/Lord_Howe",
					     "Africa/Casablanca", "America/Sao_Paulo" };

	for (size_t n = 0; n < G_N_ELEMENTS(names); n++) {
		const struct zone *zone = zone_find(names[n]);

		for (int64_t t = at(1995, 1, 1, 0, 0); t < at(2080, 1, 1, 0, 0); t += 7 * 3600 + 1801) {
			struct zone_local local;
			enum zone_hit hit;
			int64_t back;

			zone_local(zone, t, &local);
			back = zone_instant(zone, &local.fields, &hit);
			g_assert_cmpint(hit, !=, ZONE_GAP);
			g_assert_true(back == t || (hit == ZONE_TWICE && back < t));
		}
	}
}

static void days_and_dates_come_back(void)
{
	for (int64_t day = zone_days(-1, 1, 1); day < zone_days(3000, 1, 1); day += 13) {
		struct meeting_fields f;

		zone_fields(day * 86400 + 86399, &f);
		g_assert_cmpint(zone_days(f.year, f.month, f.day), ==, day);
		g_assert_cmpint(f.hour, ==, 23);
	}
	g_assert_cmpint(zone_days(1970, 1, 1), ==, 0);
	g_assert_cmpint(zone_days(2024, 3, 0), ==, zone_days(2024, 2, 29));
	g_assert_cmpint(zone_days(2024, 13, 1), ==, zone_days(2025, 1, 1));
}

static struct meeting *with_zone(const char *tzid, const char *vtimezone, const char *start)
{
	g_autofree char *text = g_strdup_printf("BEGIN:VCALENDAR\r\n%sBEGIN:VEVENT\r\nUID:u\r\nDTSTART;TZID=\"%s\":%s\r\n"
						"END:VEVENT\r\nEND:VCALENDAR\r\n",
						vtimezone, tzid, start);
	struct meeting *meeting = meeting_parse(slice_from_string(text), NULL, NULL);

	g_assert_nonnull(meeting);
	return meeting;
}

#define OUTLOOK(tzid, standard, daylight, rule_s, rule_d) \
	"BEGIN:VTIMEZONE\r\nTZID:" tzid "\r\nBEGIN:STANDARD\r\nDTSTART:16010101T030000\r\nTZOFFSETFROM:" daylight \
	"\r\nTZOFFSETTO:" standard "\r\nRRULE:FREQ=YEARLY;" rule_s "\r\nEND:STANDARD\r\nBEGIN:DAYLIGHT\r\n" \
	"DTSTART:16010101T020000\r\nTZOFFSETFROM:" standard "\r\nTZOFFSETTO:" daylight "\r\nRRULE:FREQ=YEARLY;" rule_d \
	"\r\nEND:DAYLIGHT\r\nEND:VTIMEZONE\r\n"
#define EU_S "INTERVAL=1;BYDAY=-1SU;BYMONTH=10"
#define EU_D "INTERVAL=1;BYDAY=-1SU;BYMONTH=3"

static void the_senders_vtimezone_wins_where_it_makes_sense(void)
{
	static const struct {
		const char *tzid, *vtimezone, *start;
		struct meeting_fields utc; /* year 0: unknown zone */
		const char *zone;
	} rows[] = {
		{ "W. Europe Standard Time", OUTLOOK("W. Europe Standard Time", "+0100", "+0200", EU_S, EU_D),
		  "20260705T140000", { 2026, 7, 5, 12, 0, 0 }, "Europe/Berlin" },
		{ "W. Europe Standard Time", "", "20260705T140000", { 2026, 7, 5, 12, 0, 0 }, "Europe/Berlin" },
		/* a name of its own */
		{ "Customized Time Zone", OUTLOOK("Customized Time Zone", "+0100", "+0200", EU_S, EU_D),
		  "20260705T140000", { 2026, 7, 5, 12, 0, 0 }, "Customized Time Zone" },
		{ "Customized Time Zone", OUTLOOK("Customized Time Zone", "+0100", "+0200", EU_S, EU_D),
		  "20261105T140000", { 2026, 11, 5, 13, 0, 0 }, "Customized Time Zone" },
		{ "Customized Time Zone", "", "20260705T140000", { 0 }, NULL },
		/* the rules contradict the name: the sender meant the rules */
		{ "Europe/Berlin", OUTLOOK("Europe/Berlin", "-0500", "-0400", EU_S, EU_D), "20260705T140000",
		  { 2026, 7, 5, 18, 0, 0 }, "Europe/Berlin" },
		/* rules that make no sense: the name */
		{ "Europe/Berlin", "BEGIN:VTIMEZONE\r\nTZID:Europe/Berlin\r\nBEGIN:STANDARD\r\nDTSTART:junk\r\n"
				   "TZOFFSETFROM:x\r\nTZOFFSETTO:y\r\nEND:STANDARD\r\nEND:VTIMEZONE\r\n",
		  "20260705T140000", { 2026, 7, 5, 12, 0, 0 }, "Europe/Berlin" },
		{ "Europe/Berlin", "BEGIN:VTIMEZONE\r\nTZID:Europe/Berlin\r\nEND:VTIMEZONE\r\n", "20260705T140000",
		  { 2026, 7, 5, 12, 0, 0 }, "Europe/Berlin" },
		/* rules that only begin after the event say nothing of it */
		{ "Europe/Berlin", "BEGIN:VTIMEZONE\r\nTZID:Europe/Berlin\r\nBEGIN:STANDARD\r\nDTSTART:20301027T030000\r\n"
				   "TZOFFSETFROM:+0200\r\nTZOFFSETTO:+0100\r\nEND:STANDARD\r\nEND:VTIMEZONE\r\n",
		  "20260705T140000", { 2026, 7, 5, 12, 0, 0 }, "Europe/Berlin" },
		/* a copy of history that was cut off long ago: the name goes on */
		{ "Europe/Berlin", "BEGIN:VTIMEZONE\r\nTZID:Europe/Berlin\r\nBEGIN:STANDARD\r\nDTSTART:18930401T000000\r\n"
				   "TZOFFSETFROM:+005328\r\nTZOFFSETTO:+0100\r\nEND:STANDARD\r\nEND:VTIMEZONE\r\n",
		  "20260705T140000", { 2026, 7, 5, 12, 0, 0 }, "Europe/Berlin" },
		/* one offset from ever on is no copy: a zone whose rules the sender knows better */
		{ "Europe/Berlin", "BEGIN:VTIMEZONE\r\nTZID:Europe/Berlin\r\nBEGIN:STANDARD\r\nDTSTART:16010101T000000\r\n"
				   "TZOFFSETFROM:+0300\r\nTZOFFSETTO:+0300\r\nEND:STANDARD\r\nEND:VTIMEZONE\r\n",
		  "20260705T140000", { 2026, 7, 5, 11, 0, 0 }, "Europe/Berlin" },
		/* and so is summer time given up last autumn */
		{ "Europe/Berlin", "BEGIN:VTIMEZONE\r\nTZID:Europe/Berlin\r\nBEGIN:STANDARD\r\nDTSTART:20251026T030000\r\n"
				   "TZOFFSETFROM:+0200\r\nTZOFFSETTO:+0100\r\nEND:STANDARD\r\nEND:VTIMEZONE\r\n",
		  "20260705T140000", { 2026, 7, 5, 13, 0, 0 }, "Europe/Berlin" },
		{ "mine", "BEGIN:VTIMEZONE\r\nTZID:mine\r\nX-LIC-LOCATION:Europe/Berlin\r\nEND:VTIMEZONE\r\n",
		  "20260705T140000", { 2026, 7, 5, 12, 0, 0 }, "Europe/Berlin" },
		/* a rule below yearly is never run */
		{ "mine", OUTLOOK("mine", "+0100", "+0200", "FREQ=SECONDLY", EU_D), "20260705T140000", { 0 }, NULL },
		{ "mine", "BEGIN:VTIMEZONE\r\nTZID:mine\r\nBEGIN:STANDARD\r\nDTSTART:19700101T000000\r\nTZOFFSETFROM:+0100\r\n"
			  "TZOFFSETTO:+0100\r\nRRULE:FREQ=MINUTELY\r\nEND:STANDARD\r\nEND:VTIMEZONE\r\n",
		  "20260705T140000", { 0 }, NULL },
	};

	for (size_t i = 0; i < G_N_ELEMENTS(rows); i++) {
		struct meeting *meeting = with_zone(rows[i].tzid, rows[i].vtimezone, rows[i].start);
		const struct meeting_time *start = &meeting->master->start;

		g_test_message("row %zu", i);
		g_assert_cmpstr(start->zone_name, ==, rows[i].tzid);
		if (rows[i].zone == NULL) {
			g_assert_cmpint(start->kind, ==, MEETING_TIME_UNKNOWN_ZONE);
			g_assert_cmpint(start->fields.hour, ==, 14); /* never shifted */
		} else {
			g_assert_cmpint(start->kind, ==, MEETING_TIME_ZONED);
			g_assert_cmpint(start->instant, ==, zone_seconds(&rows[i].utc));
			g_assert_cmpstr(zone_name(start->zone), ==, rows[i].zone);
		}
		meeting_destroy(&meeting);
	}
}

/* What we write must say the same to whoever reads it, over the time it is for. */
static void a_written_vtimezone_tells_the_same_offsets(void)
{
	static const struct {
		const char *zone;
		int from, to; /* years; to 0: forever */
	} rows[] = {
		{ "Europe/Berlin", 2026, 2026 },    { "Europe/Berlin", 2026, 0 },     { "America/New_York", 2006, 0 },
		{ "America/New_York", 2026, 0 },    { "Asia/Kolkata", 2026, 0 },      { "Australia/Sydney", 2026, 0 },
		{ "Africa/Casablanca", 2026, 2030 },{ "America/Sao_Paulo", 2017, 0 }, { "Asia/Tehran", 2021, 0 },
		{ "Etc/UTC", 2026, 0 },		    { "Europe/Dublin", 2026, 0 },     { "Australia/Lord_Howe", 2026, 0 },
		{ "America/Asuncion", 2020, 0 },    { "Asia/Gaza", 2026, 2030 },      { "Europe/London", 1975, 1985 },
		{ "Europe/Moscow", 2005, 0 },	    { "Pacific/Apia", 2010, 0 },
	};

	for (size_t i = 0; i < G_N_ELEMENTS(rows); i++) {
		struct arena *arena = arena_create();
		const struct zone *zone = zone_find(rows[i].zone), *back;
		int64_t budget = 10000000, end = at(rows[i].to != 0 ? rows[i].to + 1 : 2060, 1, 1, 0, 0);
		struct meeting_span span = { at(rows[i].from, 1, 1, 0, 0), rows[i].to != 0 ? end : MEETING_FOREVER };
		struct component *written = zone_to_vtimezone(arena, zone, rows[i].zone, span);
		g_autoptr(GString) text = g_string_new(NULL);

		component_write(written, text);
		g_test_message("%s: %zu octets", rows[i].zone, text->len);
		back = zone_from_vtimezone(arena, written, &budget);
		g_assert_nonnull(back);
		g_assert_cmpuint(text->len, <, 12000);
		for (int64_t t = span.start; t < end; t += 1800)
			if (zone_offset(zone, t) != zone_offset(back, t))
				g_error("%s differs at %" G_GINT64_FORMAT "\n%s", rows[i].zone, t, text->str);
		arena_destroy(&arena);
	}
}

int main(int argc, char **argv)
{
	g_test_init(&argc, &argv, NULL);
	zone_init();
	g_test_add_func("/zone/names", names_are_found_or_said_unknown);
	g_test_add_func("/zone/aliases", every_alias_leads_to_a_zone);
	g_test_add_func("/zone/offsets", offsets_are_those_of_the_database);
	g_test_add_func("/zone/gaps-and-overlaps", wall_clocks_in_gaps_and_overlaps_follow_rfc_5545);
	g_test_add_func("/zone/there-and-back", an_instant_and_its_wall_clock_come_back);
	g_test_add_func("/zone/days", days_and_dates_come_back);
	g_test_add_func("/zone/sender", the_senders_vtimezone_wins_where_it_makes_sense);
	g_test_add_func("/zone/written", a_written_vtimezone_tells_the_same_offsets);
	return g_test_run();
}
