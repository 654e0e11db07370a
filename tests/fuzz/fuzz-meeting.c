/* Guard and parser: any octets are read or refused; what is read survives writing,
 * walking, deciding and answering. */
#include "calendar/guard.h"
#include "calendar/imip.h"
#include "calendar/itip.h"
#include "calendar/outgoing.h"
#include "calendar/recur.h"
#include "calendar/split.h"
#include "calendar/zone.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void decide(const struct meeting *meeting)
{
	const struct meeting_event *event = meeting_main_event(meeting);
	const char *to[] = { event->attendee_count > 0 ? event->attendees[0].address : "a@example.test", NULL };
	const char *from[] = { event->has_organizer ? event->organizer.address : "b@example.test", NULL };
	struct itip_input input = { .incoming = meeting, .addresses = to, .from = from, .vouch = IMIP_VOUCHED };
	struct itip_decision *decision = itip_decide(&input);

	if (decision->result != NULL) {
		struct meeting *stored = meeting_load(decision->result->ics);
		struct outgoing_answer answer = { .address = to[0], .partstat = MEETING_PARTSTAT_ACCEPTED };
		g_autofree char *reply = NULL, *request = NULL;

		g_assert_nonnull(stored);
		g_assert_true(slice_equal(stored->ics, decision->result->ics));
		reply = outgoing_reply(stored, &answer);
		request = outgoing_request(stored, NULL, 0);
		meeting_destroy(&stored);
	}
	itip_decision_destroy(&decision);
}

/* As a file to import: whatever is cut out of it is read or refused. */
static void cut(struct slice text)
{
	g_autoptr(GString) object = g_string_new(NULL);
	g_autofree char *reason = NULL;
	struct split *split = split_create(text, &reason);

	while (split != NULL && split_next(split, object)) {
		struct meeting *meeting = meeting_parse(slice_of(object->str, object->len), NULL, NULL);

		meeting_destroy(&meeting);
	}
	split_destroy(&split);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct imip_part part = { .type = "text/calendar", .octets = slice_of((const char *)data, size) };
	struct recur_occurrence next[3];
	struct imip_found found;
	struct meeting *meeting, *again;

	imip_find(&part, 1, NULL, &found);
	imip_found_clear(&found);
	cut(part.octets);
	meeting = meeting_parse(part.octets, NULL, NULL);
	if (meeting == NULL)
		return 0;
	again = meeting_parse(meeting->ics, NULL, NULL);
	g_assert_nonnull(again);
	g_assert_true(slice_equal(again->ics, meeting->ics));
	recur_span(meeting, NULL);
	recur_upcoming(meeting, 0, NULL, next, 3);
	decide(meeting);
	meeting_destroy(&again);
	meeting_destroy(&meeting);
	return 0;
}
