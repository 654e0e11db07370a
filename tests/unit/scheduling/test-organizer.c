/* The organizer's side over a real database: who is told of a change, and what becomes
 * of a proposal. */
#include "house.h"

#include "calendar/zone.h"
#include "scheduling/freebusy.h"
#include "scheduling/organize.h"
#include "store/queue.h"

#define UID "planning@example.test"
#define OUTSIDER "orla@elsewhere.test"

/* A full hour of May 2026, UTC. */
static struct meeting_time in_may(int day, int hour)
{
	return (struct meeting_time){ .kind = MEETING_TIME_UTC, .fields = { 2026, 5, day, hour, 0, 0 },
				      .instant = 1777593600 + (day - 1) * 86400 + hour * 3600 };
}

static void the_organizer_tells_only_whom_it_concerns(struct house *house)
{
	const struct respond_actor bob = house_actor(house, house->bob);
	const struct meeting_person guests[] = { { .address = ALICE, .rsvp = true }, { .address = OUTSIDER, .rsvp = true } };
	struct outgoing_draft draft = { .summary = "Planning", .attendees = guests, .attendee_count = 2,
					.start = in_may(5, 12), .end = in_may(5, 13) };
	g_autoptr(GPtrArray) outside = g_ptr_array_new_with_free_func(g_free);
	g_autofree char *uid = NULL, *text = NULL, *octets = NULL;

	g_assert_cmpint(organize_create(&bob, &draft, &uid, NULL), ==, RESPOND_DONE);
	house_run_queue(house, outside);
	g_assert_cmpuint(outside->len, ==, 1);
	/* Alice is taken off; the other one hears of a new place. */
	draft.attendees = &guests[1];
	draft.attendee_count = 1;
	draft.location = "Room 5";
	g_assert_cmpint(organize_edit(&bob, uid, NULL, &draft, 0, NULL), ==, RESPOND_DONE);
	house_run_queue(house, outside);
	g_assert_cmpuint(outside->len, ==, 2);
	text = house_text(house, house->alice, "INBOX", 2);
	house_assert_starts(text, "You were removed: Planning\n");
	octets = house_message(house, house->alice, "INBOX", 2);
	g_assert_nonnull(strstr(octets, "\r\nSEQUENCE:1\r\n"));
	g_assert_cmpint(organize_edit(&bob, uid, NULL, &draft, 1, NULL), ==, RESPOND_STALE);
	g_assert_cmpint(organize_cancel(&bob, uid, NULL), ==, RESPOND_DONE);
	house_run_queue(house, outside);
	g_assert_cmpuint(outside->len, ==, 3);
	/* Nobody else may. */
	{
		const struct respond_actor alice = house_actor(house, house->alice);

		g_assert_cmpint(organize_cancel(&alice, uid, NULL), ==, RESPOND_NOT_ORGANIZER);
		g_assert_cmpint(organize_cancel(&bob, "nobody@example.test", NULL), ==, RESPOND_NOT_FOUND);
	}
}

/* Alice has nothing to do in that hour. */
static void assert_is_free(struct house *house, int64_t begin)
{
	const struct freebusy_query query = { house->alice, begin, begin + 3600, NULL };
	GArray *spans = NULL;

	g_assert_cmpint(freebusy_find(house->store, &query, &spans), ==, STORE_OK);
	g_assert_cmpuint(spans->len, ==, 0);
	g_array_unref(spans);
}

/* A change of one date is told as that, and to those who are invited to it. */
static void one_date_of_a_series_is_told_alone(struct house *house)
{
	const struct respond_actor alice = house_actor(house, house->alice), bob = house_actor(house, house->bob);
	const struct meeting_person guests[] = { { .address = ALICE, .rsvp = true }, { .address = OUTSIDER, .rsvp = true },
						 { .address = "new@elsewhere.test", .rsvp = true } };
	struct outgoing_draft draft = { .summary = "Planning", .attendees = guests, .attendee_count = 2,
					.rule = "FREQ=WEEKLY;COUNT=5",
					.start = in_may(5, 12), .end = in_may(5, 13) };
	const struct meeting_time second = in_may(12, 12);
	const struct meeting_time third = in_may(19, 12);
	g_autoptr(GPtrArray) outside = g_ptr_array_new_with_free_func(g_free);
	g_autofree char *uid = NULL, *moved = NULL, *octets = NULL, *removed = NULL;
	struct meeting *meeting;

	g_assert_cmpint(organize_create(&bob, &draft, &uid, NULL), ==, RESPOND_DONE);
	house_run_queue(house, outside);
	g_assert_cmpuint(outside->len, ==, 1);
	g_assert_cmpint(respond_answer(&alice, &(struct respond_answer){ .uid = uid,
									  .partstat = MEETING_PARTSTAT_ACCEPTED }),
			==, RESPOND_DONE);
	/* One date is moved. */
	draft.start = in_may(12, 15);
	draft.end = in_may(12, 16);
	g_assert_cmpint(organize_edit(&bob, uid, &second, &draft, 0, NULL), ==, RESPOND_DONE);
	house_run_queue(house, outside);
	g_assert_cmpuint(outside->len, ==, 2);
	moved = house_text(house, house->alice, "INBOX", 2);
	octets = house_message(house, house->alice, "INBOX", 2);
	house_assert_starts(moved, "Updated invitation (one date of a series): Planning\n\n"
			     "When    Tuesday, 12 May 2026, 17:00 to 18:00");
	g_assert_nonnull(strstr(moved, "was: Tuesday, 12 May 2026, 14:00 to 15:00"));
	g_assert_null(strstr(octets, "RRULE"));
	/* To another one somebody else comes: the series is none of his business, nor is its end hers. */
	draft.start = third;
	draft.end = in_may(19, 13);
	draft.attendees = &guests[1];
	g_assert_cmpint(organize_edit(&bob, uid, &third, &draft, 0, NULL), ==, RESPOND_DONE);
	house_run_queue(house, outside);
	g_assert_cmpuint(outside->len, ==, 4);
	removed = house_text(house, house->alice, "INBOX", 3);
	house_assert_starts(removed, "You were removed (one date of a series): Planning\n\nWhen    Tuesday, 19 May 2026");
	meeting = house_meeting(house, house->alice, uid);
	g_assert_false(meeting->removed);
	g_assert_cmpuint(meeting->override_count, ==, 2);
	meeting_destroy(&meeting);
	assert_is_free(house, third.instant);
	g_assert_cmpint(respond_answer(&alice, &(struct respond_answer){ .uid = uid, .recurrence_id = &third,
									  .partstat = MEETING_PARTSTAT_DECLINED }),
			==, RESPOND_CANCELLED);
}

/* Who is invited to one date alone stays so, and hears of the series when that takes his date away. */
static void a_guest_of_one_date_hears_of_that_alone(struct house *house)
{
	const struct respond_actor bob = house_actor(house, house->bob);
	const struct meeting_person guests[] = { { .address = ALICE, .rsvp = true }, { .address = OUTSIDER, .rsvp = true } };
	struct outgoing_draft draft = { .summary = "Planning", .attendees = guests, .attendee_count = 1,
					.rule = "FREQ=WEEKLY;COUNT=5", .start = in_may(5, 12), .end = in_may(5, 13) }, dated = draft;
	const struct meeting_time second = in_may(12, 12);
	g_autoptr(GPtrArray) outside = g_ptr_array_new_with_free_func(g_free);
	g_autofree char *uid = NULL, *text = NULL;
	struct meeting *meeting;

	g_assert_cmpint(organize_create(&bob, &draft, &uid, NULL), ==, RESPOND_DONE);
	dated.start = second;
	dated.end = in_may(12, 13);
	dated.attendee_count = 2;
	g_assert_cmpint(organize_edit(&bob, uid, &second, &dated, 0, NULL), ==, RESPOND_DONE);
	house_run_queue(house, outside);
	g_assert_cmpuint(outside->len, ==, 1);
	draft.summary = "Other name";
	g_assert_cmpint(organize_edit(&bob, uid, NULL, &draft, 0, NULL), ==, RESPOND_DONE);
	house_run_queue(house, outside);
	text = house_text(house, house->alice, "INBOX", 3);
	house_assert_starts(text, "Updated invitation: Other name\n");
	g_assert_cmpuint(outside->len, ==, 1);
	meeting = house_meeting(house, house->bob, uid);
	g_assert_cmpuint(meeting->overrides[0]->attendee_count, ==, 2);
	meeting_destroy(&meeting);
	draft.start = in_may(6, 12); /* another day: the dates are other ones */
	draft.end = in_may(6, 13);
	g_assert_cmpint(organize_edit(&bob, uid, NULL, &draft, 0, NULL), ==, RESPOND_DONE);
	house_run_queue(house, outside);
	g_assert_cmpuint(outside->len, ==, 2);
}

/* nextcloud/server #60452: an answer to one date sent the invitation to everybody else again. */
static void an_answer_to_one_date_is_the_organizers_alone(struct house *house)
{
	const struct respond_actor alice = house_actor(house, house->alice), bob = house_actor(house, house->bob);
	const struct meeting_person guests[] = { { .address = ALICE, .rsvp = true }, { .address = OUTSIDER, .rsvp = true } };
	struct outgoing_draft draft = { .summary = "Planning", .attendees = guests, .attendee_count = 2,
					.rule = "FREQ=WEEKLY;COUNT=5", .start = in_may(5, 12), .end = in_may(5, 13) };
	const struct meeting_time second = in_may(12, 12);
	g_autoptr(GPtrArray) outside = g_ptr_array_new_with_free_func(g_free);
	g_autofree char *uid = NULL;
	struct meeting *meeting;

	organize_create(&bob, &draft, &uid, NULL);
	house_run_queue(house, outside);
	g_assert_cmpint(respond_answer(&alice, &(struct respond_answer){ .uid = uid, .recurrence_id = &second,
									  .partstat = MEETING_PARTSTAT_DECLINED }),
			==, RESPOND_DONE);
	house_run_queue(house, outside);
	house_run_queue(house, outside);
	meeting = house_meeting(house, house->bob, uid);
	g_assert_cmpint(meeting->overrides[0]->attendees[0].partstat, ==, MEETING_PARTSTAT_DECLINED);
	g_assert_cmpuint(meeting->overrides[0]->sequence, ==, 0);
	g_assert_cmpuint(outside->len, ==, 1);
	g_assert_cmpuint(house_count(house, house->alice, "INBOX"), ==, 1);
	g_assert_cmpuint(house_count(house, house->bob, "INBOX"), ==, 1);
	meeting_destroy(&meeting);
}

/* Bob invites Alice for 5 May, 12:00, and she proposes 14:00; g_free() the UID. */
static char *propose_two_hours_later(struct house *house)
{
	const struct respond_actor alice = house_actor(house, house->alice), bob = house_actor(house, house->bob);
	const struct meeting_person guest = { .address = ALICE, .rsvp = true };
	struct outgoing_draft draft = { .summary = "Planning", .attendees = &guest, .attendee_count = 1,
					.start = in_may(5, 12), .end = in_may(5, 13) };
	const struct meeting_time start = in_may(5, 14), end = in_may(5, 15);
	char *uid = NULL;

	organize_create(&bob, &draft, &uid, NULL);
	house_run_queue(house, NULL);
	g_assert_cmpint(respond_propose(&alice, &(struct respond_answer){ .uid = uid,
									   .partstat = MEETING_PARTSTAT_TENTATIVE,
									   .comment = "Later?" }, &start, &end),
			==, RESPOND_DONE);
	return uid;
}

static void a_proposal_is_kept_and_taken_over(struct house *house)
{
	const struct respond_actor bob = house_actor(house, house->bob);
	g_autofree char *uid = propose_two_hours_later(house), *text = NULL, *update = NULL;
	struct meeting *meeting;

	house_run_queue(house, NULL);
	text = house_text(house, house->bob, "INBOX", 1);
	house_assert_starts(text, "Alice proposes a change: Planning\n\nWhen    Tuesday, 5 May 2026, 10:00 to "
					     "11:00 (America/New_York, UTC-4)\n"
					     "        now planned: Tuesday, 5 May 2026, 08:00 to 09:00\n");
	g_assert_cmpint(organize_accept_proposal(&bob, uid, ALICE, NULL), ==, RESPOND_DONE);
	house_run_queue(house, NULL);
	meeting = house_meeting(house, house->alice, uid);
	g_assert_cmpint(meeting->master->start.instant, ==, 1777989600);
	g_assert_cmpuint(meeting->master->proposal_count, ==, 0);
	meeting_destroy(&meeting);
	update = house_text(house, house->alice, "INBOX", 2);
	house_assert_starts(update, "Updated invitation: Planning\n");
	g_assert_cmpint(organize_accept_proposal(&bob, uid, ALICE, NULL), ==, RESPOND_NOT_FOUND);
}

static void ones_own_proposal_is_remembered_until_it_is_decided(struct house *house)
{
	const struct respond_actor bob = house_actor(house, house->bob);
	const struct meeting_time start = in_may(5, 14);
	g_autofree char *uid = propose_two_hours_later(house), *trail = NULL;
	struct meeting *meeting = house_meeting(house, house->alice, uid);

	g_assert_cmpuint(meeting->master->proposal_count, ==, 1);
	g_assert_cmpint(meeting->master->proposals[0].start.instant, ==, start.instant);
	g_assert_cmpint(meeting->master->attendees[0].partstat, ==, MEETING_PARTSTAT_NEEDS_ACTION);
	meeting_destroy(&meeting);
	house_run_queue(house, NULL);
	g_assert_cmpint(organize_decline_proposal(&bob, uid, ALICE, NULL), ==, RESPOND_DONE);
	house_run_queue(house, NULL);
	trail = house_trail(house, house->alice, uid);
	g_assert_cmpstr(trail, ==, "counter-declined/clear-proposal/applied");
	meeting = house_meeting(house, house->alice, uid);
	g_assert_cmpuint(meeting->master->proposal_count, ==, 0);
	meeting_destroy(&meeting);
}

static void propose_for_date(struct house *house, const char *uid, int day)
{
	const struct respond_actor alice = house_actor(house, house->alice);
	const struct meeting_time date = in_may(day, 12), start = in_may(day, 15), end = in_may(day, 16);

	g_assert_cmpint(respond_propose(&alice, &(struct respond_answer){ .uid = uid, .recurrence_id = &date,
									   .partstat = MEETING_PARTSTAT_TENTATIVE },
					&start, &end), ==, RESPOND_DONE);
	house_run_queue(house, NULL);
}

static void assert_proposals_left(struct house *house, const char *uid, size_t count)
{
	struct meeting *meeting = house_meeting(house, house->alice, uid);

	g_assert_cmpuint(meeting->master->proposal_count, ==, count);
	meeting_destroy(&meeting);
}

static void ones_own_proposals_for_single_dates_are_decided_one_by_one(struct house *house)
{
	const struct respond_actor bob = house_actor(house, house->bob);
	const struct meeting_person guest = { .address = ALICE, .rsvp = true };
	struct outgoing_draft draft = { .summary = "Planning", .attendees = &guest, .attendee_count = 1,
					.rule = "FREQ=WEEKLY;COUNT=5",
					.start = in_may(5, 12), .end = in_may(5, 13) };
	const struct meeting_time dates[] = { in_may(12, 12), in_may(19, 12), in_may(26, 12) };
	g_autofree char *uid = NULL;

	organize_create(&bob, &draft, &uid, NULL);
	house_run_queue(house, NULL);
	for (int day = 12; day <= 26; day += 7)
		propose_for_date(house, uid, day);
	propose_for_date(house, uid, 12);
	assert_proposals_left(house, uid, 3);
	g_assert_cmpint(organize_accept_proposal(&bob, uid, ALICE, &dates[1]), ==, RESPOND_DONE);
	house_run_queue(house, NULL);
	assert_proposals_left(house, uid, 2);
	g_assert_cmpint(organize_decline_proposal(&bob, uid, ALICE, &dates[2]), ==, RESPOND_DONE);
	house_run_queue(house, NULL);
	assert_proposals_left(house, uid, 1);
	g_assert_cmpint(organize_decline_proposal(&bob, uid, ALICE, &dates[0]), ==, RESPOND_DONE);
	house_run_queue(house, NULL);
	assert_proposals_left(house, uid, 0);
}

static void a_proposal_for_one_date_is_told_as_that(struct house *house)
{
	const struct respond_actor alice = house_actor(house, house->alice), bob = house_actor(house, house->bob);
	const struct meeting_person guest = { .address = ALICE, .rsvp = true };
	struct outgoing_draft draft = { .summary = "Planning", .attendees = &guest, .attendee_count = 1,
					.rule = "FREQ=WEEKLY;COUNT=5",
					.start = in_may(5, 12), .end = in_may(5, 13) };
	const struct meeting_time second = in_may(12, 12);
	const struct meeting_time start = in_may(12, 15);
	const struct meeting_time end = in_may(12, 16);
	g_autofree char *uid = NULL, *update = NULL, *octets = NULL;
	struct meeting *meeting;

	organize_create(&bob, &draft, &uid, NULL);
	house_run_queue(house, NULL);
	g_assert_cmpint(respond_propose(&alice, &(struct respond_answer){ .uid = uid, .recurrence_id = &second,
									   .partstat = MEETING_PARTSTAT_TENTATIVE },
					&start, &end), ==, RESPOND_DONE);
	house_run_queue(house, NULL);
	g_assert_cmpint(organize_accept_proposal(&bob, uid, ALICE, &second), ==, RESPOND_DONE);
	house_run_queue(house, NULL);
	update = house_text(house, house->alice, "INBOX", 2);
	octets = house_message(house, house->alice, "INBOX", 2);
	house_assert_starts(update, "Updated invitation (one date of a series): Planning\n\n"
				    "When    Tuesday, 12 May 2026, 17:00 to 18:00");
	g_assert_nonnull(strstr(octets, "RECURRENCE-ID"));
	g_assert_null(strstr(octets, "RRULE"));
	meeting = house_meeting(house, house->alice, uid);
	g_assert_cmpuint(meeting->override_count, ==, 1);
	g_assert_cmpint(meeting->master->start.instant, ==, 1777982400);
	meeting_destroy(&meeting);
}

static const struct house_test tests[] = {
	{ "the-organizer-tells-only-whom-it-concerns", the_organizer_tells_only_whom_it_concerns },
	{ "one-date-of-a-series-is-told-alone", one_date_of_a_series_is_told_alone },
	{ "a-guest-of-one-date-hears-of-that-alone", a_guest_of_one_date_hears_of_that_alone },
	{ "an-answer-to-one-date-is-the-organizers-alone", an_answer_to_one_date_is_the_organizers_alone },
	{ "a-proposal-is-kept-and-taken-over", a_proposal_is_kept_and_taken_over },
	{ "ones-own-proposal-is-remembered-until-it-is-decided", ones_own_proposal_is_remembered_until_it_is_decided },
	{ "ones-own-proposals-for-single-dates-are-decided-one-by-one",
	  ones_own_proposals_for_single_dates_are_decided_one_by_one },
	{ "a-proposal-for-one-date-is-told-as-that", a_proposal_for_one_date_is_told_as_that },
};

int main(int argc, char **argv)
{
	g_test_init(&argc, &argv, NULL);
	zone_init();
	house_add_tests("/organizer/", tests, G_N_ELEMENTS(tests));
	return g_test_run();
}
