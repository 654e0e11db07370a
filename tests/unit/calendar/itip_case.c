#include "itip_case.h"

#include "calendar/zone.h"

const char *const alice[] = { "alice@example.test", "a.long@example.test", NULL };
const char *const bob[] = { "bob@example.test", NULL };

static GPtrArray *kept;

struct meeting *keep(struct meeting *meeting)
{
	g_ptr_array_add(kept, meeting);
	return meeting;
}

static void let_go(void *meeting)
{
	struct meeting *m = meeting;

	meeting_destroy(&m);
}

struct meeting *parse(const char *method, const char *events)
{
	g_autofree char *text = g_strdup_printf("BEGIN:VCALENDAR\r\nVERSION:2.0\r\nPRODID:-//t//t//EN\r\n%s%s%s%s"
						"END:VCALENDAR\r\n",
						method != NULL ? "METHOD:" : "", method != NULL ? method : "",
						method != NULL ? "\r\n" : "", events);
	char *reason = NULL;
	struct meeting *meeting = meeting_parse(slice_from_string(text), NULL, &reason);

	if (meeting == NULL)
		g_error("%s: %s", text, reason);
	return keep(meeting);
}

char *event(const char *lines)
{
	return g_strdup_printf("BEGIN:VEVENT\r\nUID:m1\r\nORGANIZER;CN=Bob:mailto:bob@example.test\r\n"
			       "ATTENDEE;PARTSTAT=NEEDS-ACTION;RSVP=TRUE:mailto:alice@example.test\r\n"
			       "ATTENDEE;PARTSTAT=NEEDS-ACTION:mailto:carol@example.test\r\n%s\r\nEND:VEVENT\r\n",
			       lines);
}

struct meeting *mail(const char *method, const char *lines)
{
	g_autofree char *text = event(lines);

	return parse(method, text);
}

struct itip_input attendee_input(const struct meeting *stored, const struct meeting *incoming)
{
	static const char *const from[] = { "bob@example.test", NULL };

	return (struct itip_input){ .stored = stored, .incoming = incoming, .addresses = alice,
				    .recipient = "alice@example.test", .from = from,
				    .vouch = IMIP_VOUCHED, .policy = ITIP_ADD_ALL, .now = NOW };
}

struct itip_decision *apply(const struct itip_input *input, struct meeting **stored)
{
	struct itip_decision *decision = itip_decide(input);

	if (decision->result != NULL) {
		struct meeting *next = meeting_load(decision->result->ics);

		g_assert_nonnull(next);
		g_assert_true(slice_equal(next->ics, decision->result->ics));
		*stored = keep(next);
	}
	return decision;
}

struct itip_decision *deliver(struct meeting **stored, const char *method, const char *lines)
{
	struct meeting *incoming = mail(method, lines);
	struct itip_input input = attendee_input(*stored, incoming);

	return apply(&input, stored);
}

void check(struct itip_decision *d, enum itip_kind kind, enum itip_action action, enum itip_reason reason)
{
	g_assert_cmpstr(itip_kind_name(d->kind), ==, itip_kind_name(kind));
	g_assert_cmpstr(itip_action_name(d->action), ==, itip_action_name(action));
	g_assert_cmpstr(itip_reason_name(d->reason), ==, itip_reason_name(reason));
	itip_decision_destroy(&d);
}

enum meeting_partstat answer_of(const struct meeting *meeting, const char *address)
{
	const char *const addresses[] = { address, NULL };
	const struct meeting_person *person = meeting_find_attendee(meeting_main_event(meeting), addresses);

	g_assert_nonnull(person);
	return person->partstat;
}

struct meeting *replace_text(const struct meeting *meeting, const char *from, const char *to)
{
	g_autofree char *text = g_strndup(meeting->ics.data, meeting->ics.len);
	g_auto(GStrv) parts = g_strsplit(text, from, 2);
	g_autofree char *joined = g_strjoinv(to, parts);
	struct meeting *changed = meeting_load(slice_from_string(joined));

	g_assert_nonnull(changed);
	g_assert_cmpuint(g_strv_length(parts), ==, 2);
	return keep(changed);
}

struct meeting *bobs_meeting(const char *lines)
{
	g_autofree char *text = event(lines);
	g_autofree char *whole = g_strdup_printf("BEGIN:VCALENDAR\r\nVERSION:2.0\r\n%sEND:VCALENDAR\r\n", text);

	return keep(meeting_load(slice_from_string(whole)));
}

struct itip_decision *answer(struct meeting **stored, const char *method, const char *from_address,
				    const char *lines)
{
	g_autofree char *text = g_strdup_printf("BEGIN:VEVENT\r\nUID:m1\r\n%s\r\nEND:VEVENT\r\n", lines);
	struct meeting *incoming = parse(method, text);
	const char *from[] = { from_address, NULL };
	struct itip_input input = { .stored = *stored, .incoming = incoming, .addresses = bob,
				    .recipient = "bob@example.test", .from = from, .vouch = IMIP_VOUCHED,
				    .now = NOW };

	return apply(&input, stored);
}

void itip_case_init(int *argc, char ***argv)
{
	g_test_init(argc, argv, NULL);
	zone_init();
	kept = g_ptr_array_new_with_free_func(let_go);
}

int itip_case_run(void)
{
	int result = g_test_run();

	g_ptr_array_unref(kept);
	return result;
}
