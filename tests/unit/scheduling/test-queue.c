/* The queue's runner with real threads and workers: to somebody here at once, to
 * somebody elsewhere again and again, and never twice. */
#include "house.h"

#include "calendar/zone.h"
#include "scheduling/organize.h"
#include "scheduling/queue_runner.h"
#include "store/queue.h"
#include "store/service.h"

#include <gio/gio.h>

#define OUTSIDER "orla@elsewhere.test"

struct running {
	struct house *house;
	struct store_service *service;
	struct queue_runner *runner;
};

static bool start_with(struct running *r, const char *settings)
{
	g_autofree char *error = NULL;

	r->house = house_open(settings);
	if (r->house == NULL)
		return false;
	r->service = store_service_create(r->house->config, &error);
	g_assert_cmpstr(error, ==, NULL);
	r->runner = queue_runner_create(r->house->config, store_service_pool(r->service));
	return true;
}

static bool start(struct running *r)
{
	return start_with(r, "[submit]\nrelay = smtp://127.0.0.1:1\n");
}

static void stop(struct running *r)
{
	queue_runner_destroy(&r->runner);
	store_service_destroy(&r->service);
	house_close(&r->house);
}

static char *invite_all(struct running *r, const struct meeting_person *guests, size_t count)
{
	const struct outgoing_draft draft = {
		.summary = "Planning", .attendees = guests, .attendee_count = count,
		.start = { .kind = MEETING_TIME_UTC, .fields = { 2030, 5, 5, 12, 0, 0 }, .instant = 1904212800 },
		.end = { .kind = MEETING_TIME_UTC, .fields = { 2030, 5, 5, 13, 0, 0 }, .instant = 1904216400 },
	};
	const struct respond_actor bob = house_actor(r->house, r->house->bob);
	char *uid = NULL;

	g_assert_cmpint(organize_create(&bob, &draft, &uid, NULL), ==, RESPOND_DONE);
	return uid;
}

static char *invite(struct running *r, const char *guest_address)
{
	const struct meeting_person guest = { .address = guest_address, .rsvp = true };

	return invite_all(r, &guest, 1);
}

/* Until the runner has done so much; it tells nobody, so it is asked. */
static void await(struct running *r, size_t counter, uint64_t wanted)
{
	gint64 until = g_get_monotonic_time() + 60 * G_USEC_PER_SEC;
	struct queue_runner_counters counters;

	for (;;) {
		queue_runner_counters(r->runner, &counters);
		if (G_STRUCT_MEMBER(uint64_t, &counters, counter) >= wanted)
			return;
		g_assert_cmpint(g_get_monotonic_time(), <, until);
		g_usleep(1000);
	}
}

/* One after the other: the runner's threads look for mail every 5 s without being told, so three
 * of them would take 40 s for this; being told, it is less than one.  Between the two there is room
 * for a busy machine. */
static void mail_to_somebody_here_is_delivered_at_once(void)
{
	enum { MAILS = 24, SECONDS = 30 };
	struct running r;
	gint64 begun;

	if (!start(&r))
		return;
	begun = g_get_monotonic_time();
	for (int i = 1; i <= MAILS; i++) {
		g_free(invite(&r, ALICE));
		await(&r, G_STRUCT_OFFSET(struct queue_runner_counters, delivered), i);
	}
	g_assert_cmpint(g_get_monotonic_time() - begun, <, SECONDS * G_USEC_PER_SEC);
	g_assert_cmpuint(house_count(r.house, r.house->alice, "INBOX"), ==, MAILS);
	stop(&r);
}

static void an_unreachable_relay_is_tried_again_later(void)
{
	struct running r;
	struct queue_counts counts;
	GPtrArray *items = NULL;

	if (!start(&r))
		return;
	g_free(invite(&r, OUTSIDER));
	await(&r, G_STRUCT_OFFSET(struct queue_runner_counters, retried), 1);
	g_assert_cmpint(queue_count(r.house->store, &counts), ==, STORE_OK);
	g_assert_cmpuint(counts.waiting, ==, 1);
	g_assert_cmpuint(counts.failed, ==, 0);
	g_assert_cmpint(queue_list(r.house->store, 0, 10, &items), ==, STORE_OK);
	g_assert_cmpuint(items->len, ==, 1);
	g_assert_cmpstr(((struct queue_item *)g_ptr_array_index(items, 0))->last_error, !=, "");
	g_ptr_array_unref(items);
	stop(&r);
}

/* A relay that takes a connection and never says a word holds up what it was given, nothing else. */
static void a_relay_that_hangs_holds_up_nobody_here(void)
{
	g_autoptr(GSocketListener) silent = g_socket_listener_new();
	g_autoptr(GSocketAddress) asked = g_inet_socket_address_new_from_string("127.0.0.1", 0), given = NULL;
	g_autofree char *settings = NULL;
	const struct meeting_person guests[] = { { .address = OUTSIDER, .rsvp = true }, { .address = "orin@elsewhere.test", .rsvp = true },
						 { .address = ALICE, .rsvp = true } };
	struct running r;

	g_assert_true(g_socket_listener_add_address(silent, asked, G_SOCKET_TYPE_STREAM, G_SOCKET_PROTOCOL_TCP, NULL,
						    &given, NULL));
	settings = g_strdup_printf("[submit]\nrelay = smtp://127.0.0.1:%u\n",
				   g_inet_socket_address_get_port(G_INET_SOCKET_ADDRESS(given)));
	if (!start_with(&r, settings))
		return;
	g_free(invite_all(&r, guests, G_N_ELEMENTS(guests)));
	await(&r, G_STRUCT_OFFSET(struct queue_runner_counters, delivered), 1);
	g_socket_listener_close(silent); /* whoever waits for its word need not any more */
	stop(&r);
}

int main(int argc, char **argv)
{
	g_test_init(&argc, &argv, NULL);
	zone_init();
	g_test_add_func("/queue/mail-to-somebody-here-is-delivered-at-once", mail_to_somebody_here_is_delivered_at_once);
	g_test_add_func("/queue/an-unreachable-relay-is-tried-again-later", an_unreachable_relay_is_tried_again_later);
	g_test_add_func("/queue/a-relay-that-hangs-holds-up-nobody-here", a_relay_that_hangs_holds_up_nobody_here);
	return g_test_run();
}
