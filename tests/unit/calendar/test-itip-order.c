/* Conversations in any order, with duplicates, end in the same object. */
#include "calendar/itip.h"

#include "calendar/zone.h"
#include "tests/unit/cost.h"

/* Under a sanitizer the first of them do: the code they run is the same. */
#define CONVERSATIONS (COST_SLOWDOWN > 1 ? 100 : 400)

static const char *const alice[] = { "alice@example.test", NULL };
static const char *const bob[] = { "bob@example.test", NULL };

struct letter {
	char *text;
	const char *from;
};

static void letter_clear(void *data)
{
	g_free(((struct letter *)data)->text);
}

static void add_letter(GArray *letters, const char *method, const char *from, char *events)
{
	struct letter letter = { NULL, from };

	letter.text = g_strdup_printf("BEGIN:VCALENDAR\r\nVERSION:2.0\r\nPRODID:-//t//t//EN\r\nMETHOD:%s\r\n%s"
				      "END:VCALENDAR\r\n",
				      method, events);
	g_free(events);
	g_array_append_val(letters, letter);
}

static char *event(int sequence, int minute, const char *lines)
{
	return g_strdup_printf("BEGIN:VEVENT\r\nUID:m1\r\nORGANIZER:mailto:bob@example.test\r\n"
			       "ATTENDEE;PARTSTAT=NEEDS-ACTION;RSVP=TRUE:mailto:alice@example.test\r\n"
			       "ATTENDEE:mailto:carol@example.test\r\nSEQUENCE:%d\r\nDTSTAMP:202601%02dT%02d%02d00Z\r\n"
			       "%s\r\nEND:VEVENT\r\n",
			       sequence, minute / 1440 + 1, minute / 60 % 24, minute % 60, lines);
}

static char *occurrence_lines(GRand *rand, int week, bool cancel)
{
	return g_strdup_printf("RECURRENCE-ID%s;TZID=Europe/Berlin:202605%02dT100000\r\n"
			       "DTSTART;TZID=Europe/Berlin:202605%02dT%02d0000\r\nDURATION:PT1H\r\nSUMMARY:%s %d%s",
			       cancel && g_rand_int_range(rand, 0, 4) == 0 ? ";RANGE=THISANDFUTURE" : "",
			       5 + 7 * week, 5 + 7 * week, 11 + g_rand_int_range(rand, 0, 5), cancel ? "off" : "moved",
			       g_rand_int_range(rand, 0, 100), cancel ? "\r\nSTATUS:CANCELLED" : "");
}

/* What an organizer writes in the course of a meeting's life. */
static GArray *organizer_conversation(GRand *rand)
{
	GArray *letters = g_array_new(FALSE, FALSE, sizeof(struct letter));
	int count = g_rand_int_range(rand, 2, 8), sequence = 0, minute = 0;

	g_array_set_clear_func(letters, letter_clear);
	for (int i = 0; i < count; i++) {
		int kind = i == 0 ? 0 : g_rand_int_range(rand, 0, 10);
		g_autofree char *lines = NULL;

		minute += g_rand_int_range(rand, 1, 600);
		sequence += g_rand_int_range(rand, 0, 2);
		if (kind < 4) { /* the series, sometimes with an occurrence in the same mail */
			g_autofree char *occurrence = occurrence_lines(rand, g_rand_int_range(rand, 0, 4), false);
			g_autofree char *own = event(sequence, minute, occurrence);
			g_autofree char *master = NULL;

			lines = g_strdup_printf("DTSTART;TZID=Europe/Berlin:20260505T100000\r\nDURATION:PT1H\r\n"
						"RRULE:FREQ=WEEKLY;COUNT=%d\r\nSUMMARY:series %d\r\nCATEGORIES:C%d%s",
						g_rand_int_range(rand, 2, 9), g_rand_int_range(rand, 0, 100), i,
						kind == 3 ? "\r\nEXDATE;TZID=Europe/Berlin:20260512T100000" : "");
			master = event(sequence, minute, lines);
			add_letter(letters, "REQUEST", bob[0],
				   kind < 2 ? g_strconcat(master, own, NULL) : g_steal_pointer(&master));
		} else if (kind < 7) {
			lines = occurrence_lines(rand, g_rand_int_range(rand, 0, 4), false);
			add_letter(letters, "REQUEST", bob[0], event(sequence, minute, lines));
		} else if (kind < 9) {
			lines = occurrence_lines(rand, g_rand_int_range(rand, 0, 4), true);
			add_letter(letters, "CANCEL", bob[0], event(++sequence, minute, lines));
		} else {
			add_letter(letters, "CANCEL", bob[0],
				   event(++sequence, minute,
					 "DTSTART;TZID=Europe/Berlin:20260505T100000\r\nSUMMARY:all off\r\nSTATUS:CANCELLED"));
		}
	}
	return letters;
}

/* What attendees, delegates and strangers answer. */
static GArray *attendee_conversation(GRand *rand)
{
	static const char *const people[] = { "alice@example.test", "carol@example.test", "dave@example.test",
					      "erin@example.test" };
	static const char *const answers[] = { "ACCEPTED", "DECLINED", "TENTATIVE",
					       "DELEGATED;DELEGATED-TO=\"mailto:dave@example.test\"" };
	GArray *letters = g_array_new(FALSE, FALSE, sizeof(struct letter));
	int count = g_rand_int_range(rand, 2, 7), minute = 0;

	g_array_set_clear_func(letters, letter_clear);
	for (int i = 0; i < count; i++) {
		const char *who = people[g_rand_int_range(rand, 0, 4)];
		int answer = g_rand_int_range(rand, 0, who == people[0] ? 4 : 3);
		g_autofree char *of = g_rand_boolean(rand)
					      ? g_strdup_printf("RECURRENCE-ID:202605%02dT080000Z\r\n",
								5 + 7 * g_rand_int_range(rand, 0, 4))
					      : g_strdup("");

		minute += g_rand_int_range(rand, 1, 600);
		/* a proposal counts of those who are invited only */
		add_letter(letters, g_rand_int_range(rand, 0, 6) == 0 && (who == people[0] || who == people[1])
					    ? "COUNTER"
					    : "REPLY",
			   who,
			   g_strdup_printf("BEGIN:VEVENT\r\nUID:m1\r\nORGANIZER:mailto:bob@example.test\r\n"
					   "ATTENDEE;PARTSTAT=%s:mailto:%s\r\nSEQUENCE:0\r\n%s"
					   "DTSTAMP:202601%02dT%02d%02d00Z\r\nDTSTART:20260506T1%d0000Z\r\n"
					   "COMMENT:%d\r\nEND:VEVENT\r\n",
					   answers[answer], who, of, minute / 1440 + 1, minute / 60 % 24, minute % 60,
					   i, i));
	}
	return letters;
}

/* The object after the letters in this order. */
static struct meeting *play(GArray *letters, const guint *order, guint count, struct meeting *stored,
			    const char *const *account)
{
	for (guint i = 0; i < count; i++) {
		const struct letter *letter = &g_array_index(letters, struct letter, order[i]);
		struct meeting *incoming = meeting_parse(slice_from_string(letter->text), NULL, NULL);
		const char *const from[] = { letter->from, NULL };
		struct itip_input input = { .stored = stored, .incoming = incoming, .addresses = account,
					    .from = from, .vouch = IMIP_VOUCHED, .now = 1767000000 };
		struct itip_decision *decision;

		g_assert_nonnull(incoming);
		decision = itip_decide(&input);
		if (decision->result != NULL) {
			struct slice ics = decision->result->ics;
			struct meeting *next = meeting_load(ics);

			g_assert_nonnull(next);
			g_assert_true(slice_equal(next->ics, ics));
			meeting_destroy(&stored);
			stored = next;
		}
		itip_decision_destroy(&decision);
		meeting_destroy(&incoming);
	}
	return stored;
}

static void shuffle(GRand *rand, guint *order, guint count)
{
	for (guint i = count; i > 1; i--) {
		guint j = (guint)g_rand_int_range(rand, 0, (gint32)i), swap = order[i - 1];

		order[i - 1] = order[j];
		order[j] = swap;
	}
}

static struct meeting *bobs_series(void)
{
	g_autofree char *lines = event(0, 0, "DTSTART;TZID=Europe/Berlin:20260505T100000\r\nDURATION:PT1H\r\n"
					     "RRULE:FREQ=WEEKLY;COUNT=4\r\nSUMMARY:series");
	g_autofree char *text = g_strdup_printf("BEGIN:VCALENDAR\r\nVERSION:2.0\r\n%sEND:VCALENDAR\r\n", lines);

	return meeting_load(slice_from_string(text));
}

static int compare_lines(gconstpointer a, gconstpointer b)
{
	return strcmp(*(char *const *)a, *(char *const *)b);
}

/* The lines of an object sorted: the order of attendees' lines and of properties may
 * tell who answered first, which is no state. */
static char *sorted_state(const struct meeting *meeting)
{
	g_autofree char *text = NULL;
	g_auto(GStrv) events = NULL;

	if (meeting == NULL)
		return g_strdup("nothing");
	text = g_strndup(meeting->ics.data, meeting->ics.len);
	events = g_strsplit(text, "BEGIN:VEVENT", -1);
	for (char **e = events; *e != NULL; e++) {
		g_auto(GStrv) lines = g_strsplit(*e, "\r\n", -1);
		GPtrArray *unfolded = g_ptr_array_new();

		for (char **line = lines; *line != NULL; line++) {
			if (**line == ' ' && unfolded->len > 0) {
				char *joined = g_strconcat(unfolded->pdata[unfolded->len - 1], *line + 1, NULL);

				g_free(unfolded->pdata[unfolded->len - 1]);
				unfolded->pdata[unfolded->len - 1] = joined;
			} else {
				g_ptr_array_add(unfolded, g_strdup(*line));
			}
		}
		g_ptr_array_sort(unfolded, compare_lines);
		g_ptr_array_add(unfolded, NULL);
		g_free(*e);
		*e = g_strjoinv("\n", (char **)unfolded->pdata);
		g_strfreev((char **)g_ptr_array_free(unfolded, FALSE));
	}
	return g_strjoinv("\n====\n", events);
}

static void check_orders(GRand *rand, GArray *letters, bool organizer)
{
	const char *const *account = organizer ? bob : alice;
	guint count = letters->len, order[24];
	g_autofree char *expected = NULL;
	struct meeting *state;

	for (guint i = 0; i < count; i++)
		order[i] = i;
	state = play(letters, order, count, organizer ? bobs_series() : NULL, account);
	expected = sorted_state(state);
	meeting_destroy(&state);
	for (int round = 0; round < 6; round++) {
		guint total = count;
		g_autofree char *got = NULL;

		for (guint i = 0; i < count; i++)
			order[i] = i;
		for (guint i = 0; i < 3; i++) /* some come twice */
			order[total++] = (guint)g_rand_int_range(rand, 0, (gint32)count);
		shuffle(rand, order, total);
		state = play(letters, order, total, organizer ? bobs_series() : NULL, account);
		got = sorted_state(state);
		if (strcmp(got, expected) != 0) {
			for (guint i = 0; i < count; i++)
				g_printerr("%u: %s\n", i, g_array_index(letters, struct letter, i).text);
			for (guint i = 0; i < total; i++)
				g_printerr("%u ", order[i]);
			g_printerr("\n-- in order --\n%s\n-- shuffled --\n%s\n", expected, got);
			g_assert_cmpstr(got, ==, expected);
		}
		meeting_destroy(&state);
	}
}

static void an_organizers_mail_in_any_order_ends_in_the_same_object(void)
{
	g_autoptr(GRand) rand = g_rand_new_with_seed(5546);

	for (int i = 0; i < CONVERSATIONS; i++) {
		GArray *letters = organizer_conversation(rand);

		check_orders(rand, letters, false);
		g_array_unref(letters);
	}
}

static void answers_in_any_order_end_in_the_same_object(void)
{
	g_autoptr(GRand) rand = g_rand_new_with_seed(6047);

	for (int i = 0; i < CONVERSATIONS; i++) {
		GArray *letters = attendee_conversation(rand);

		check_orders(rand, letters, true);
		g_array_unref(letters);
	}
}

int main(int argc, char **argv)
{
	g_test_init(&argc, &argv, NULL);
	zone_init();
	g_test_add_func("/itip-order/organizer", an_organizers_mail_in_any_order_ends_in_the_same_object);
	g_test_add_func("/itip-order/answers", answers_in_any_order_end_in_the_same_object);
	return g_test_run();
}
