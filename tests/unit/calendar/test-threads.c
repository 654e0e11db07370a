/* Everything in this room may be called by several workers at once. */
#include "calendar/itip.h"
#include "calendar/outgoing.h"
#include "calendar/recur.h"
#include "calendar/zone.h"

static const char sample[] =
	"BEGIN:VCALENDAR\r\nMETHOD:REQUEST\r\nBEGIN:VEVENT\r\nUID:u\r\nDTSTAMP:20260101T000000Z\r\n"
	"ORGANIZER:mailto:bob@example.test\r\nATTENDEE:mailto:alice@example.test\r\n"
	"DTSTART;TZID=\"%s\":20260505T100000\r\nDURATION:PT1H\r\nRRULE:FREQ=WEEKLY\r\nEND:VEVENT\r\nEND:VCALENDAR\r\n";

static const char *const zones[] = { "Europe/Berlin", "America/New_York", "Asia/Tokyo", "W. Europe Standard Time",
				     "Australia/Sydney", "Nowhere", "Africa/Casablanca", "(UTC+01:00) Berlin" };

static void one_round(int number)
{
	static const char *const addresses[] = { "alice@example.test", NULL }, *const from[] = { "bob@example.test", NULL };
	g_autofree char *text = g_strdup_printf(sample, zones[(size_t)number % G_N_ELEMENTS(zones)]);
	struct meeting *incoming = meeting_parse(slice_from_string(text), NULL, NULL);
	struct itip_input input = { .incoming = incoming, .addresses = addresses, .from = from, .vouch = IMIP_VOUCHED };
	struct outgoing_answer answer = { .address = addresses[0], .partstat = MEETING_PARTSTAT_ACCEPTED };
	struct itip_decision *decision = itip_decide(&input);
	struct recur_occurrence next[3];
	g_autofree char *reply = NULL;

	g_assert_nonnull(decision->result);
	g_assert_cmpuint(recur_upcoming(decision->result, 1900000000, zone_find("Asia/Kolkata"), next, 3), ==, 3);
	reply = outgoing_reply(decision->result, &answer);
	g_assert_nonnull(reply);
	itip_decision_destroy(&decision);
	meeting_destroy(&incoming);
}

static void *work(void *arg)
{
	for (int i = 0; i < 100; i++)
		one_round(i + GPOINTER_TO_INT(arg));
	return NULL;
}

/* Not even zone_init() has been called when the threads start. */
static void workers_do_not_disturb_each_other(void)
{
	GThread *threads[8];

	for (int i = 0; i < 8; i++)
		threads[i] = g_thread_new("worker", work, GINT_TO_POINTER(i));
	for (int i = 0; i < 8; i++)
		g_thread_join(threads[i]);
}

int main(int argc, char **argv)
{
	g_test_init(&argc, &argv, NULL);
	g_test_add_func("/threads/workers", workers_do_not_disturb_each_other);
	return g_test_run();
}
