/* Calendars and mails of many producers: each is read or refused with a reason, in
 * time, and whatever is read goes through every later step. */
#include "calendar/imip.h"
#include "calendar/itip.h"
#include "calendar/outgoing.h"
#include "calendar/recur.h"
#include "calendar/zone.h"

#include "tests/unit/cost.h"
#include "mail_parts.h"

static const char *corpus(void)
{
	const char *set = g_getenv("CONVOKE_CORPUS"), *top = g_getenv("srcdir");

	return set != NULL ? set : g_strdup_printf("%s/../shared/corpus", top != NULL ? top : ".");
}

static void collect(const char *folder, GPtrArray *paths)
{
	GDir *dir = g_dir_open(folder, 0, NULL);
	const char *name;

	while (dir != NULL && (name = g_dir_read_name(dir)) != NULL) {
		char *path = g_build_filename(folder, name, NULL);

		if (g_file_test(path, G_FILE_TEST_IS_DIR)) {
			collect(path, paths);
			g_free(path);
		} else {
			g_ptr_array_add(paths, path);
		}
	}
	if (dir != NULL)
		g_dir_close(dir);
}

static GPtrArray *files_of(const char *set)
{
	GPtrArray *paths = g_ptr_array_new_with_free_func(g_free);
	g_autofree char *folder = g_build_filename(corpus(), set, NULL);

	collect(folder, paths);
	if (paths->len == 0) {
		g_test_skip("the corpus is not here: set CONVOKE_CORPUS");
		g_clear_pointer(&paths, g_ptr_array_unref);
	}
	return paths;
}

/* What is done with every meeting: nothing may fail, nothing may change by being written. */
static void exercise(const struct meeting *meeting, const char *path)
{
	struct meeting_span span = recur_span(meeting, NULL), window = { span.start, span.start + 400 * 86400LL };
	struct recur_iterator *iterator = recur_open(meeting, window, zone_find("America/New_York"));
	struct meeting *again = meeting_load(meeting->ics);
	struct recur_occurrence o;
	int64_t last = INT64_MIN;
	int count = 0, more;

	if (again == NULL || !slice_equal(again->ics, meeting->ics))
		g_error("%s: not the same when read again", path);
	while ((more = recur_next(iterator, &o)) == 1 && count++ < 3000) {
		g_assert_cmpint(o.span.start, >=, last);
		g_assert_cmpint(o.span.end, >=, o.span.start);
		last = o.span.start;
	}
	g_assert_cmpint(more, !=, -1);
	recur_close(&iterator);
	meeting_destroy(&again);
}

static void every_calendar_is_read_or_refused(void)
{
	g_autoptr(GPtrArray) paths = files_of("ics");
	int64_t slowest = 0;
	guint read = 0;

	for (guint i = 0; paths != NULL && i < paths->len; i++) {
		g_autofree char *data = NULL, *reason = NULL;
		gsize len;
		int64_t begin = cost_now();
		struct meeting *meeting;

		g_assert_true(g_file_get_contents(paths->pdata[i], &data, &len, NULL));
		meeting = meeting_parse(slice_of(data, len), NULL, &reason);
		g_assert_true((meeting == NULL) == (reason != NULL));
		if (meeting != NULL) {
			read++;
			exercise(meeting, paths->pdata[i]);
		}
		meeting_destroy(&meeting);
		slowest = MAX(slowest, cost_now() - begin);
	}
	if (paths == NULL)
		return;
	g_test_message("%u files, %u read, slowest %.1f ms", paths->len, read, (double)slowest / 1000);
	g_assert_cmpint(slowest, <, COST_SLOWDOWN * 2000000);
	g_assert_cmpuint(read, >, 350);
}

static const char *other_attendee(const struct meeting_event *event, const char *organizer)
{
	for (size_t i = 0; i < event->attendee_count; i++)
		if (*event->attendees[i].address != '\0' && !meeting_address_equal(event->attendees[i].address, organizer))
			return event->attendees[i].address;
	return "nobody@example.test";
}

/* The mail goes to its first attendee, from its organizer (or the other way round). */
static void decide_and_answer(const struct meeting *meeting, const char *path)
{
	const struct meeting_event *event = meeting_main_event(meeting);
	bool from_attendee = meeting->method == MEETING_METHOD_REPLY || meeting->method == MEETING_METHOD_COUNTER;
	const char *organizer = event->has_organizer ? event->organizer.address : "organizer@example.test";
	const char *attendee = other_attendee(event, organizer);
	const char *const to[] = { from_attendee ? organizer : attendee, NULL };
	const char *const from[] = { from_attendee ? attendee : organizer, NULL };
	struct itip_input input = { .incoming = meeting, .addresses = to, .from = from, .vouch = IMIP_VOUCHED,
				    .now = 1000000000 };
	struct itip_decision *decision = itip_decide(&input), *twice;

	g_test_message("%s: %s, %s, %s", strrchr(path, '/') + 1, itip_kind_name(decision->kind),
		       itip_action_name(decision->action), itip_reason_name(decision->reason));
	if (decision->result != NULL) {
		struct meeting *stored = meeting_load(decision->result->ics);
		struct outgoing_answer answer = { .address = attendee, .partstat = MEETING_PARTSTAT_ACCEPTED,
						  .now = 1000000000 };
		g_autofree char *reply = NULL;

		g_assert_nonnull(stored);
		exercise(stored, path);
		input.stored = stored;
		twice = itip_decide(&input);
		g_assert_null(twice->result);
		itip_decision_destroy(&twice);
		reply = outgoing_reply(stored, &answer);
		g_assert_true(reply != NULL || stored->shell);
		if (reply != NULL) {
			struct meeting *sent = meeting_parse(slice_from_string(reply), NULL, NULL);

			g_assert_nonnull(sent);
			g_assert_cmpstr(sent->uid, ==, meeting->uid);
			meeting_destroy(&sent);
		}
		meeting_destroy(&stored);
	}
	itip_decision_destroy(&decision);
}

static void every_mail_is_recognised_or_left_alone(void)
{
	g_autoptr(GPtrArray) paths = files_of("itip");
	guint verdicts[3] = { 0 };
	int64_t slowest = 0;

	for (guint i = 0; paths != NULL && i < paths->len; i++) {
		g_autofree char *data = NULL;
		g_autoptr(GPtrArray) owned = g_ptr_array_new_with_free_func(g_free);
		g_autoptr(GArray) parts = NULL;
		struct imip_found found;
		gsize len;
		int64_t begin;

		g_assert_true(g_file_get_contents(paths->pdata[i], &data, &len, NULL));
		parts = mail_parts(slice_of(data, len), owned);
		begin = cost_now();
		imip_find((const struct imip_part *)(void *)parts->data, parts->len, NULL, &found);
		verdicts[found.verdict]++;
		if (found.verdict == IMIP_MEETING)
			decide_and_answer(found.meeting, paths->pdata[i]);
		else if (found.verdict == IMIP_UNUSABLE)
			g_test_message("%s: %s", (char *)paths->pdata[i], found.reason);
		imip_found_clear(&found);
		slowest = MAX(slowest, cost_now() - begin);
	}
	if (paths == NULL)
		return;
	g_test_message("%u mails: %u meetings, %u ordinary, %u unusable, slowest %.1f ms", paths->len,
		       verdicts[IMIP_MEETING], verdicts[IMIP_NONE], verdicts[IMIP_UNUSABLE], (double)slowest / 1000);
	g_assert_cmpint(slowest, <, COST_SLOWDOWN * 2000000);
	g_assert_cmpuint(verdicts[IMIP_MEETING], >, 100);
}

int main(int argc, char **argv)
{
	g_test_init(&argc, &argv, NULL);
	zone_init();
	g_test_add_func("/corpus/ics", every_calendar_is_read_or_refused);
	g_test_add_func("/corpus/itip", every_mail_is_recognised_or_left_alone);
	return g_test_run();
}
