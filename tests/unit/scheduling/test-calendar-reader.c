/* The processes that read foreign calendars: what they cost, and that one which
 * crashes or stalls costs nobody else anything. */
#include "scheduling/calendar_reader.h"

#include "base/clock.h"
#include "tests/unit/cost.h"

#include <glib/gstdio.h>
#include <sys/resource.h>
#include <unistd.h>

static const char invitation[] =
	"BEGIN:VCALENDAR\r\nMETHOD:REQUEST\r\nBEGIN:VEVENT\r\nUID:u\r\nDTSTAMP:20260101T000000Z\r\n"
	"ORGANIZER:mailto:bob@example.test\r\nATTENDEE:mailto:alice@example.test\r\n"
	"DTSTART;TZID=Europe/Berlin:20260505T100000\r\nDURATION:PT1H\r\nRRULE:FREQ=WEEKLY\r\nEND:VEVENT\r\nEND:VCALENDAR\r\n";

/* The built program, from wherever the test is run. */
static char *built_reader(void)
{
	g_autofree char *self = g_file_read_link("/proc/self/exe", NULL);
	g_autofree char *folder = g_path_get_dirname(self);

	return g_build_filename(folder, "..", "..", "..", "calendar", "convoke-calendar-reader", NULL);
}

static bool open_built(unsigned count)
{
	g_autofree char *program = built_reader();

	if (access(program, X_OK) != 0) {
		g_test_skip("convoke-calendar-reader is not built");
		return false;
	}
	calendar_reader_open(count, program);
	return true;
}

static bool check(const char *text, const char *charset, const char **reason_out)
{
	int64_t left = CALENDAR_READER_WORK;

	return calendar_reader_check(slice_from_string(text), charset, &left, reason_out);
}

static void good_and_broken_calendars_come_through(void)
{
	static const char *const charsets[] = { NULL,	     "utf-8",	    "us-ascii",	  "iso-8859-1", "iso-8859-15",
						"windows-1251", "iso-2022-jp", "utf-7",	  "gb18030",	"big5",
						"koi8-r",	"shift_jis",   "utf-16", "euc-kr",	"no-such-charset" };
	const char *reason = NULL;

	if (!open_built(1))
		return;
	for (size_t i = 0; i < G_N_ELEMENTS(charsets); i++) {
		g_assert_true(check(invitation, charsets[i], &reason));
		g_assert_true(check("BEGIN:VCALENDAR\r\nSUMMARY:gr\xfc\xdf", charsets[i], &reason));
		g_assert_true(check("", charsets[i], &reason));
		g_assert_true(check("junk", charsets[i], &reason));
	}
	g_assert_null(reason);
	calendar_reader_close();
}

/* Sorting many asks the system for more than sorting few: the sandbox must allow it. */
static void calendars_with_many_dates_come_through(void)
{
	g_autoptr(GString) text = g_string_new("BEGIN:VCALENDAR\r\nMETHOD:REQUEST\r\nBEGIN:VEVENT\r\nUID:u\r\n"
					       "DTSTART:20260505T100000Z\r\n");
	const char *reason = NULL;

	if (!open_built(1))
		return;
	for (int i = 0; i < 5000; i++)
		g_string_append_printf(text, "RDATE:%04d%02d%02dT100000Z\r\n", 2027 + i / 336, i / 28 % 12 + 1, i % 28 + 1);
	g_string_append(text, "END:VEVENT\r\nEND:VCALENDAR\r\n");
	g_assert_true(check(text->str, NULL, &reason));
	g_assert_null(reason);
	calendar_reader_close();
}

/* Microseconds of CPU of this process and of the readers that have ended. */
static gint64 cost_of_both(void)
{
	struct rusage readers;

	g_assert_cmpint(getrusage(RUSAGE_CHILDREN, &readers), ==, 0);
	return cost_now() + (gint64)(readers.ru_utime.tv_sec + readers.ru_stime.tv_sec) * G_USEC_PER_SEC +
	       readers.ru_utime.tv_usec + readers.ru_stime.tv_usec;
}

/* What a reader's life costs with that many calendars in it, its start among it; -1: there is none. */
static gint64 cost_of(int calendars)
{
	gint64 begin = cost_of_both();
	const char *reason = NULL;

	if (!open_built(1))
		return -1;
	for (int i = 0; i < calendars; i++)
		g_assert_true(check(invitation, NULL, &reason));
	calendar_reader_close();
	return cost_of_both() - begin;
}

static void one_check_costs_less_than_a_millisecond(void)
{
	enum { ROUNDS = 500 };
	gint64 start = cost_of(1), whole;

	if (start < 0)
		return;
	whole = cost_of(ROUNDS + 1) - start;
	g_test_message("%.0f us of CPU a calendar", (double)whole / ROUNDS);
	g_assert_cmpint(whole, <, ROUNDS * 1000 * COST_SLOWDOWN);
}

static char *script(const char *folder, const char *body)
{
	char *path = g_build_filename(folder, "reader", NULL);
	g_autofree char *text = g_strdup_printf("#!/bin/sh\n%s\n", body);

	g_assert_true(g_file_set_contents(path, text, -1, NULL));
	g_assert_cmpint(g_chmod(path, 0700), ==, 0);
	return path;
}

/* However many there are in it. */
static void the_calendars_of_one_mail_share_the_time(void)
{
	g_autoptr(GString) text = g_string_new("BEGIN:VCALENDAR\r\nMETHOD:REQUEST\r\nBEGIN:VEVENT\r\nUID:1\r\n");
	int64_t left = CALENDAR_READER_WORK, before;
	const char *reason = NULL;

	if (!open_built(1))
		return;
	for (int i = 0; i < 20000; i++)
		g_string_append_printf(text, "X-%d:%d\r\n", i, i);
	g_string_append(text, "END:VEVENT\r\nEND:VCALENDAR\r\n");
	for (int i = 0; i < 3; i++) {
		before = left;
		g_assert_true(calendar_reader_check(slice_of(text->str, text->len), NULL, &left, &reason));
		g_assert_cmpint(left, <, before);
		g_assert_cmpint(left, >, 0);
	}
	left = 1;
	g_assert_false(calendar_reader_check(slice_of(text->str, text->len), NULL, &left, &reason));
	g_assert_cmpstr(reason, ==, "reading the calendar took longer than two seconds");
	g_assert_cmpint(left, ==, 0);
	g_assert_true(check(text->str, NULL, &reason));
	calendar_reader_close();
}

static void a_reader_that_crashes_or_stalls_costs_its_mail_alone(void)
{
	static const struct {
		const char *body, *reason;
		int64_t at_least; /* microseconds of the clock on the wall */
	} rows[] = {
		{ "exit 1", "the calendar's reader came to a sudden end", 0 },
		{ "read x; kill -SEGV $$", "the calendar's reader came to a sudden end", 0 },
		{ "while :; do :; done", "reading the calendar took longer than two seconds", 1900000 },
		/* It does nothing: perhaps the machine has no time for it. */
		{ "exec sleep 60", "reading the calendar took longer than two seconds", 7900000 },
	};
	g_autofree char *folder = g_dir_make_tmp("convoke-reader-XXXXXX", NULL);

	for (size_t i = 0; i < G_N_ELEMENTS(rows); i++) {
		g_autofree char *path = script(folder, rows[i].body);
		const char *reason = NULL;
		int64_t begin = clock_monotonic();

		calendar_reader_open(1, path);
		g_assert_false(check(invitation, NULL, &reason));
		g_assert_cmpstr(reason, ==, rows[i].reason);
		g_assert_cmpint(clock_monotonic() - begin, >=, rows[i].at_least);
		calendar_reader_close();
		g_unlink(path);
	}
	g_rmdir(folder);
}

static void without_a_reader_nothing_is_asked(void)
{
	const char *reason = NULL;

	g_assert_true(check(invitation, NULL, &reason));
	calendar_reader_open(2, "/nonexistent/reader");
	g_assert_true(check(invitation, NULL, &reason));
	calendar_reader_close();
}

static void *worker(void *arg)
{
	const char *reason = NULL;

	for (int i = 0; i < 50; i++)
		g_assert_true(check(invitation, NULL, &reason));
	return arg;
}

static void more_workers_than_readers_take_turns(void)
{
	GThread *threads[6];

	if (!open_built(2))
		return;
	for (size_t i = 0; i < G_N_ELEMENTS(threads); i++)
		threads[i] = g_thread_new("worker", worker, NULL);
	for (size_t i = 0; i < G_N_ELEMENTS(threads); i++)
		g_thread_join(threads[i]);
	calendar_reader_close();
}

int main(int argc, char **argv)
{
	g_test_init(&argc, &argv, NULL);
	g_test_add_func("/calendar-reader/none", without_a_reader_nothing_is_asked);
	g_test_add_func("/calendar-reader/through", good_and_broken_calendars_come_through);
	g_test_add_func("/calendar-reader/many-dates", calendars_with_many_dates_come_through);
	g_test_add_func("/calendar-reader/cost", one_check_costs_less_than_a_millisecond);
	g_test_add_func("/calendar-reader/one-mail-shares-the-time", the_calendars_of_one_mail_share_the_time);
	g_test_add_func("/calendar-reader/crash-and-stall", a_reader_that_crashes_or_stalls_costs_its_mail_alone);
	g_test_add_func("/calendar-reader/turns", more_workers_than_readers_take_turns);
	return g_test_run();
}
