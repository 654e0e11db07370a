/* Calendar files brought in by hand, over a real database. */
#include "house.h"

#include "calendar/zone.h"
#include "scheduling/calendar_import.h"
#include "scheduling/calendar_reader.h"

#define UID "planning@example.test"

static void an_ics_file_is_imported_once(struct house *house)
{
	static const char ics[] =
		"BEGIN:VCALENDAR\r\nVERSION:2.0\r\nPRODID:x\r\nBEGIN:VEVENT\r\nUID:one\r\nDTSTAMP:20260420T100000Z\r\n"
		"DTSTART:20260505T080000Z\r\nSUMMARY:One\r\nEND:VEVENT\r\nBEGIN:VEVENT\r\nUID:two\r\n"
		"DTSTAMP:20260420T100000Z\r\nDTSTART;VALUE=DATE:20260505\r\nSUMMARY:Two\r\nEND:VEVENT\r\n"
		"END:VCALENDAR\r\n";
	struct calendar_imported done;
	g_autofree char *problem = NULL;

	g_assert_cmpint(calendar_import(house->store, house->alice, slice_from_string(ics), &done, &problem), ==, STORE_OK);
	g_assert_cmpuint(done.stored, ==, 2);
	g_assert_cmpint(calendar_import(house->store, house->alice, slice_from_string(ics), &done, &problem), ==, STORE_OK);
	g_assert_cmpuint(done.stored, ==, 0);
	g_assert_cmpuint(done.known, ==, 2);
	g_assert_cmpint(calendar_import(house->store, house->alice, SLICE("no calendar"), &done, &problem), ==, STORE_INVALID);
	g_assert_nonnull(problem);
}

static void an_ics_file_may_have_many_time_zones(struct house *house)
{
	g_autoptr(GString) ics = g_string_new("BEGIN:VCALENDAR\r\nVERSION:2.0\r\nPRODID:x\r\n");
	struct calendar_imported done;
	g_autofree char *problem = NULL;
	struct meeting *meeting;

	for (int i = 0; i < 600; i++)
		g_string_append_printf(ics, "BEGIN:VTIMEZONE\r\nTZID:Z%d\r\nBEGIN:STANDARD\r\nDTSTART:19700101T000000\r\n"
				       "TZOFFSETFROM:+0700\r\nTZOFFSETTO:+0700\r\nEND:STANDARD\r\nEND:VTIMEZONE\r\n", i);
	g_string_append(ics, "BEGIN:VEVENT\r\nUID:" UID "\r\nDTSTAMP:20260420T100000Z\r\n"
			"DTSTART;TZID=Z599:20260505T100000\r\nEND:VEVENT\r\nEND:VCALENDAR\r\n");
	g_assert_cmpint(calendar_import(house->store, house->alice, slice_of(ics->str, ics->len), &done, &problem), ==,
			STORE_OK);
	meeting = house_meeting(house, house->alice, UID);
	g_assert_cmpint(meeting->master->start.kind, ==, MEETING_TIME_ZONED);
	g_assert_cmpint(meeting->master->start.instant, ==, 1777950000);
	meeting_destroy(&meeting);
}

/* A calendar that its reader does not come through is not read here either. */
static void an_ics_file_goes_through_the_reader(struct house *house)
{
	static const char ics[] = "BEGIN:VCALENDAR\r\nBEGIN:VEVENT\r\nUID:one\r\nDTSTART:20260505T080000Z\r\n"
				  "END:VEVENT\r\nEND:VCALENDAR\r\n";
	struct calendar_imported done;
	g_autofree char *problem = NULL;

	calendar_reader_open(1, "/bin/false");
	g_assert_cmpint(calendar_import(house->store, house->alice, SLICE(ics), &done, &problem), ==, STORE_INVALID);
	calendar_reader_close();
	g_assert_cmpuint(done.stored, ==, 0);
	g_assert_cmpstr(problem, ==, "the calendar's reader came to a sudden end");
}

static const struct house_test tests[] = {
	{ "an-ics-file-is-imported-once", an_ics_file_is_imported_once },
	{ "an-ics-file-may-have-many-time-zones", an_ics_file_may_have_many_time_zones },
	{ "an-ics-file-goes-through-the-reader", an_ics_file_goes_through_the_reader },
};

int main(int argc, char **argv)
{
	g_test_init(&argc, &argv, NULL);
	zone_init();
	house_add_tests("/import/", tests, G_N_ELEMENTS(tests));
	return g_test_run();
}
