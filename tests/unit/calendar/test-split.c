/* Calendar files cut into objects: each UID once, with its own zones, and no file costs more than
 * its length. */
#include "calendar/split.h"

#include "calendar/meeting.h"
#include "calendar/zone.h"
#include "tests/unit/cost.h"

#define CALENDAR(lines) "BEGIN:VCALENDAR\r\nVERSION:2.0\r\nMETHOD:PUBLISH\r\n" lines "END:VCALENDAR\r\n"
#define EVENT(lines) "BEGIN:VEVENT\r\n" lines "END:VEVENT\r\n"
#define ZONE(lines) \
	"BEGIN:VTIMEZONE\r\n" lines "BEGIN:STANDARD\r\nDTSTART:19700101T000000\r\nTZOFFSETFROM:+0700\r\n" \
	"TZOFFSETTO:+0700\r\nEND:STANDARD\r\nEND:VTIMEZONE\r\n"

/* What comes out, without line ends' CR, objects apart by a line; a reason in its place. */
static char *cut(const char *text)
{
	g_autoptr(GString) all = g_string_new(NULL), object = g_string_new("left over");
	g_autofree char *reason = NULL;
	struct split *split = split_create(slice_from_string(text), &reason);

	if (split == NULL) {
		g_assert_nonnull(reason);
		return g_strdup("refused");
	}
	while (split_next(split, object))
		g_string_append_printf(all, "%s%s", all->len > 0 ? "--\n" : "", object->str);
	g_assert_false(split_next(split, object));
	split_destroy(&split);
	g_assert_null(split);
	g_string_replace(all, "\r", "", 0);
	g_string_replace(all, "BEGIN:VCALENDAR\nVERSION:2.0\n", "(", 0);
	g_string_replace(all, "END:VCALENDAR\n", ")", 0);
	g_string_replace(all, "BEGIN:STANDARD\nDTSTART:19700101T000000\nTZOFFSETFROM:+0700\nTZOFFSETTO:+0700\nEND:STANDARD\n",
			 "", 0);
	return g_strdup(all->str);
}

static void each_uid_is_one_object_with_the_zones_it_names(void)
{
	static const struct {
		const char *text, *wanted;
	} rows[] = {
		{ "", "refused" },
		{ "no calendar", "refused" },
		{ CALENDAR(""), "" },
		{ CALENDAR(EVENT("SUMMARY:no UID\r\n") EVENT("UID:a\r\n")), "(BEGIN:VEVENT\nUID:a\nEND:VEVENT\n)" },
		/* an occurrence far from its series; other kinds of components are left behind */
		{ CALENDAR(EVENT("UID:a\r\n") "BEGIN:VJOURNAL\r\nUID:a\r\nEND:VJOURNAL\r\n" EVENT("UID:b\r\n")
			   EVENT("UID:a\r\nRECURRENCE-ID:20260505T080000Z\r\n")),
		  "(BEGIN:VEVENT\nUID:a\nEND:VEVENT\nBEGIN:VEVENT\nUID:a\nRECURRENCE-ID:20260505T080000Z\nEND:VEVENT\n)--\n"
		  "(BEGIN:VEVENT\nUID:b\nEND:VEVENT\n)" },
		/* several calendars in one file */
		{ CALENDAR(EVENT("UID:a\r\n")) CALENDAR(EVENT("UID:b\r\n")),
		  "(BEGIN:VEVENT\nUID:a\nEND:VEVENT\n)--\n(BEGIN:VEVENT\nUID:b\nEND:VEVENT\n)" },
		/* a zone by its name as written, quoted, behind its event; one without a name, one unused, one twice */
		{ CALENDAR(ZONE("TZID:Here\\, there\r\n") ZONE("") ZONE("TZID:Nowhere\r\n")
			   EVENT("UID:a\r\nDTSTART;TZID=\"Here, there\":20260505T100000\r\n")
			   EVENT("UID:b\r\nDTSTART;TZID=Late:20260505T100000\r\nDTEND;TZID=Late:20260505T110000\r\n")
			   ZONE("TZID:Late\r\n") ZONE("TZID:Late\r\nX-SECOND:1\r\n")),
		  "(BEGIN:VTIMEZONE\nTZID:Here\\, there\nEND:VTIMEZONE\nBEGIN:VEVENT\nUID:a\n"
		  "DTSTART;TZID=\"Here, there\":20260505T100000\nEND:VEVENT\n)--\n"
		  "(BEGIN:VTIMEZONE\nTZID:Late\nEND:VTIMEZONE\nBEGIN:VEVENT\nUID:b\nDTSTART;TZID=Late:20260505T100000\n"
		  "DTEND;TZID=Late:20260505T110000\nEND:VEVENT\n)" },
		/* a time below an event */
		{ CALENDAR(ZONE("TZID:Z\r\n") EVENT("UID:a\r\nBEGIN:VALARM\r\nX-AT;TZID=Z:20260505T100000\r\nEND:VALARM\r\n")),
		  "(BEGIN:VTIMEZONE\nTZID:Z\nEND:VTIMEZONE\nBEGIN:VEVENT\nUID:a\nBEGIN:VALARM\nX-AT;TZID=Z:20260505T100000\n"
		  "END:VALARM\nEND:VEVENT\n)" },
		/* cut short */
		{ "BEGIN:VCALENDAR\r\nVERSION:2.0\r\nBEGIN:VEVENT\r\nUID:a\r\n", "refused" },
	};

	for (size_t i = 0; i < G_N_ELEMENTS(rows); i++) {
		g_autofree char *got = cut(rows[i].text);

		g_assert_cmpstr(got, ==, rows[i].wanted);
	}
}

static void nesting_is_refused_at_any_depth(void)
{
	for (int depth = 4; depth <= 100000; depth *= 5) {
		g_autoptr(GString) text = g_string_new("BEGIN:VCALENDAR\r\n");
		g_autofree char *got = NULL;

		for (int i = 0; i < depth; i++)
			g_string_append(text, "BEGIN:VEVENT\r\nUID:a\r\n");
		for (int i = 0; i < depth; i++)
			g_string_append(text, "END:VEVENT\r\n");
		g_string_append(text, "END:VCALENDAR\r\n");
		got = cut(text->str);
		g_assert_true((strcmp(got, "refused") == 0) == (depth > 6));
	}
}

static char *many_of_both(int count)
{
	GString *text = g_string_new("BEGIN:VCALENDAR\r\nVERSION:2.0\r\n");

	for (int i = 0; i < count; i++)
		g_string_append_printf(text, ZONE("TZID:Z%d\r\n"), i);
	for (int i = 0; i < count; i++)
		g_string_append_printf(text, EVENT("UID:%d\r\nDTSTAMP:20260101T000000Z\r\nDTSTART;TZID=Z%d:20260505T100000\r\n"),
				       i, i);
	g_string_append(text, "END:VCALENDAR\r\n");
	return g_string_free(text, FALSE);
}

static void a_zone_is_found_however_many_there_are(void)
{
	enum { COUNT = 30000 };
	g_autofree char *text = many_of_both(COUNT), *reason = NULL;
	g_autoptr(GString) object = g_string_new(NULL);
	gint64 start = cost_now();
	struct split *split = split_create(slice_from_string(text), &reason);
	int count = 0;

	g_assert_nonnull(split);
	for (; split_next(split, object); count++)
		g_assert_cmpuint(object->len, <, 500);
	cost_check("a file of 30,000 zones and meetings", start, 5);
	g_assert_cmpint(count, ==, COUNT);
	split_destroy(&split);
	g_assert_nonnull(strstr(object->str, "TZID:Z29999\r\n"));
	struct meeting *last = meeting_parse(slice_of(object->str, object->len), NULL, NULL);
	g_assert_cmpint(last->master->start.kind, ==, MEETING_TIME_ZONED);
	meeting_destroy(&last);
}

/* As much as a file allows that belongs to every meeting of it. */
static void what_all_share_is_not_written_for_ever(void)
{
	g_autoptr(GString) text = g_string_new("BEGIN:VCALENDAR\r\nVERSION:2.0\r\n");
	g_autoptr(GString) object = g_string_new(NULL);
	g_autofree char *reason = NULL;
	gint64 start;
	struct split *split;
	int count = 0;

	for (int i = 0; i < 50000; i++)
		g_string_append_printf(text, "X-%d:%d\r\n", i, i);
	g_string_append(text, "BEGIN:VTIMEZONE\r\nTZID:Z\r\n");
	for (int i = 0; i < 1000; i++)
		g_string_append(text, "BEGIN:STANDARD\r\nEND:STANDARD\r\n");
	g_string_append(text, "END:VTIMEZONE\r\n");
	for (int i = 0; i < 50000; i++)
		g_string_append_printf(text, EVENT("UID:%d\r\nDTSTART;TZID=Z:20260505T100000\r\n"), i);
	g_string_append(text, "END:VCALENDAR\r\n");
	start = cost_now();
	split = split_create(slice_of(text->str, text->len), &reason);
	g_assert_nonnull(split);
	while (split_next(split, object))
		count++;
	cost_check("a long head and a large zone in every meeting", start, 20);
	g_assert_cmpint(count, ==, 50000);
	split_destroy(&split);
}

int main(int argc, char **argv)
{
	g_test_init(&argc, &argv, NULL);
	zone_init();
	g_test_add_func("/split/objects", each_uid_is_one_object_with_the_zones_it_names);
	g_test_add_func("/split/nesting", nesting_is_refused_at_any_depth);
	g_test_add_func("/split/zones", a_zone_is_found_however_many_there_are);
	g_test_add_func("/split/shared", what_all_share_is_not_written_for_ever);
	return g_test_run();
}
