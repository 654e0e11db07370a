/* What cancellations do: of the whole, of one occurrence, of our invitation. */
#include "itip_case.h"

#include "calendar/recur.h"

/* nextcloud/calendar #7057: cancelling one occurrence cancelled them all. */
static void a_cancelled_occurrence_leaves_the_others(void)
{
	struct meeting *stored = NULL;

	check(deliver(&stored, "REQUEST", V0 SERIES), ITIP_KIND_INVITATION, ITIP_ACTION_ADD, ITIP_REASON_APPLIED);
	check(deliver(&stored, "CANCEL",
		      V1 "STATUS:CANCELLED\r\nRECURRENCE-ID;TZID=Europe/Berlin:20260512T100000\r\n"
			 "DTSTART;TZID=Europe/Berlin:20260512T100000\r\nSUMMARY:Plan"),
	      ITIP_KIND_OCCURRENCE_CANCELLED, ITIP_ACTION_CANCEL_OCCURRENCE, ITIP_REASON_APPLIED);
	g_assert_cmpint(stored->master->status, ==, MEETING_STATUS_NONE);
	g_assert_cmpuint(stored->override_count, ==, 1);
	g_assert_cmpint(stored->overrides[0]->status, ==, MEETING_STATUS_CANCELLED);
	check(deliver(&stored, "CANCEL",
		      V1 "STATUS:CANCELLED\r\nRECURRENCE-ID:20260513T080000Z\r\nDTSTART:20260513T080000Z\r\nSUMMARY:Plan"),
	      ITIP_KIND_OCCURRENCE_CANCELLED, ITIP_ACTION_NONE, ITIP_REASON_NO_SUCH_OCCURRENCE);
}

static void a_cancel_of_the_whole_stays_visible_and_has_no_answer(void)
{
	struct meeting *stored = NULL;
	struct itip_decision *d;

	check(deliver(&stored, "REQUEST", V0 AT10), ITIP_KIND_INVITATION, ITIP_ACTION_ADD, ITIP_REASON_APPLIED);
	d = deliver(&stored, "CANCEL", V1 "STATUS:CANCELLED\r\n" AT10);
	g_assert_false(d->answerable);
	check(d, ITIP_KIND_CANCELLED, ITIP_ACTION_CANCEL, ITIP_REASON_APPLIED);
	g_assert_cmpint(stored->master->status, ==, MEETING_STATUS_CANCELLED);
	g_assert_cmpstr(stored->master->summary, ==, "Plan");
	check(deliver(&stored, "CANCEL", V1 "STATUS:CANCELLED\r\n" AT10), ITIP_KIND_CANCELLED, ITIP_ACTION_NONE,
	      ITIP_REASON_DUPLICATE);
	/* taken up again by a newer request */
	check(deliver(&stored, "REQUEST", V2 AT10), ITIP_KIND_UPDATE, ITIP_ACTION_REPLACE, ITIP_REASON_APPLIED);
	g_assert_cmpint(stored->master->status, ==, MEETING_STATUS_NONE);
	check(deliver(&stored, "CANCEL", V1 "STATUS:CANCELLED\r\n" AT10), ITIP_KIND_OUTDATED, ITIP_ACTION_NONE,
	      ITIP_REASON_SEQUENCE_LOWER);
}

static void a_cancel_that_names_only_us_removes_us(void)
{
	struct meeting *stored = NULL, *incoming;
	struct itip_input input;

	check(deliver(&stored, "REQUEST", V0 AT10), ITIP_KIND_INVITATION, ITIP_ACTION_ADD, ITIP_REASON_APPLIED);
	incoming = parse("CANCEL", "BEGIN:VEVENT\r\nUID:m1\r\nORGANIZER:mailto:bob@example.test\r\n"
				   "ATTENDEE:mailto:alice@example.test\r\n" V1 AT10 "\r\nEND:VEVENT\r\n");
	input = attendee_input(stored, incoming);
	check(apply(&input, &stored), ITIP_KIND_REMOVED, ITIP_ACTION_REMOVE, ITIP_REASON_APPLIED);
	g_assert_true(stored->removed);
	g_assert_cmpint(stored->master->status, ==, MEETING_STATUS_NONE);
	/* invited again: an invitation, not an update */
	check(deliver(&stored, "REQUEST", V2 AT10), ITIP_KIND_INVITATION, ITIP_ACTION_REPLACE, ITIP_REASON_APPLIED);
	g_assert_false(stored->removed);
}

#define ALONE "BEGIN:VEVENT\r\nUID:m1\r\nORGANIZER:mailto:bob@example.test\r\n" \
	      "ATTENDEE:mailto:alice@example.test\r\n%s\r\nEND:VEVENT\r\n"

static void a_cancel_without_status_of_a_meeting_for_us_alone_is_no_removal(void)
{
	g_autofree char *first = g_strdup_printf(ALONE, V0 AT10), *second = g_strdup_printf(ALONE, V1 AT10);
	struct meeting *stored = NULL;
	struct itip_input input = attendee_input(NULL, parse("REQUEST", first));

	check(apply(&input, &stored), ITIP_KIND_INVITATION, ITIP_ACTION_ADD, ITIP_REASON_APPLIED);
	input = attendee_input(stored, parse("CANCEL", second));
	check(apply(&input, &stored), ITIP_KIND_CANCELLED, ITIP_ACTION_CANCEL, ITIP_REASON_APPLIED);
	g_assert_cmpint(stored->master->status, ==, MEETING_STATUS_CANCELLED);
}

static void a_cancel_that_comes_first_waits_for_its_invitation(void)
{
	struct meeting *stored = NULL;

	check(deliver(&stored, "CANCEL", V1 "STATUS:CANCELLED\r\n" AT10), ITIP_KIND_CANCELLED, ITIP_ACTION_NONE,
	      ITIP_REASON_UNKNOWN_MEETING);
	g_assert_true(stored->shell);
	check(deliver(&stored, "REQUEST", V0 AT10 "\r\nLOCATION:Room 4"), ITIP_KIND_INVITATION, ITIP_ACTION_ADD,
	      ITIP_REASON_APPLIED);
	g_assert_false(stored->shell);
	g_assert_cmpint(stored->master->status, ==, MEETING_STATUS_CANCELLED);
	g_assert_cmpstr(stored->master->location, ==, "Room 4");
}

/* A shell left by somebody else must not keep the real invitation out. */
static void a_strangers_cancel_in_advance_does_not_block(void)
{
	static const char *const mallory[] = { "mallory@evil.test", NULL };
	struct meeting *stored = NULL;
	struct meeting *forged = parse("CANCEL", "BEGIN:VEVENT\r\nUID:m1\r\nORGANIZER:mailto:mallory@evil.test\r\n"
				       "ATTENDEE:mailto:alice@example.test\r\nSTATUS:CANCELLED\r\n"
				       "DTSTAMP:20260101T100000Z\r\nSEQUENCE:99999\r\n" AT10 "\r\nEND:VEVENT\r\n");
	struct itip_input input = attendee_input(NULL, forged);

	input.from = mallory;
	itip_decision_destroy(&(struct itip_decision *){ apply(&input, &stored) });
	check(deliver(&stored, "REQUEST", V0 AT10), ITIP_KIND_INVITATION, ITIP_ACTION_ADD, ITIP_REASON_APPLIED);
	g_assert_cmpint(stored->master->status, ==, MEETING_STATUS_NONE);
}

/* The series comes again without a word of its cancelled occurrence: a small change (the
 * same SEQUENCE) leaves it cancelled, a new version of the series takes it back, unless
 * that says so with EXDATE. */
static void a_newer_series_takes_a_cancelled_occurrence_back_a_small_change_does_not(void)
{
	static const struct {
		const char *series;
		enum meeting_status status;
		guint overrides;
	} rows[] = {
		{ "DTSTAMP:20260103T100000Z\r\nSEQUENCE:1\r\n" SERIES "\r\nLOCATION:Room 4", MEETING_STATUS_CANCELLED, 1 },
		{ V2 SERIES "\r\nLOCATION:Room 4", MEETING_STATUS_NONE, 0 },
		{ V2 SERIES "\r\nEXDATE:20260512T080000Z", MEETING_STATUS_NONE, 0 },
		/* a higher SEQUENCE that was written before: each occurrence counted for itself */
		{ "DTSTAMP:20260101T200000Z\r\nSEQUENCE:4\r\n" SERIES, MEETING_STATUS_CANCELLED, 1 },
	};
	static const char cancel[] = V1 "STATUS:CANCELLED\r\nRECURRENCE-ID:20260512T080000Z\r\n"
					"DTSTART:20260512T080000Z\r\nSUMMARY:Plan";

	for (size_t i = 0; i < 2 * G_N_ELEMENTS(rows); i++) {
		struct meeting *stored = NULL;

		check(deliver(&stored, "REQUEST", V0 SERIES), ITIP_KIND_INVITATION, ITIP_ACTION_ADD, ITIP_REASON_APPLIED);
		for (int step = 0; step < 2; step++)
			itip_decision_destroy(&(struct itip_decision *){
				(step == 0) == (i % 2 == 0) ? deliver(&stored, "CANCEL", cancel)
							    : deliver(&stored, "REQUEST", rows[i / 2].series) });
		g_assert_cmpuint(stored->override_count, ==, rows[i / 2].overrides);
		if (stored->override_count > 0)
			g_assert_cmpint(stored->overrides[0]->status, ==, rows[i / 2].status);
	}
}

/* The occurrence itself may be taken up again, too. */
static void a_cancelled_occurrence_comes_back_with_a_newer_request(void)
{
	struct meeting *stored = NULL;

	itip_decision_destroy(&(struct itip_decision *){ deliver(&stored, "REQUEST", V0 SERIES) });
	itip_decision_destroy(&(struct itip_decision *){ deliver(&stored, "CANCEL",
		V1 "STATUS:CANCELLED\r\nRECURRENCE-ID:20260512T080000Z\r\nDTSTART:20260512T080000Z\r\nSUMMARY:Plan") });
	g_assert_cmpint(stored->overrides[0]->status, ==, MEETING_STATUS_CANCELLED);
	itip_decision_destroy(&(struct itip_decision *){ deliver(&stored, "REQUEST",
		V2 "RECURRENCE-ID:20260512T080000Z\r\nDTSTART:20260512T080000Z\r\nSUMMARY:Plan") });
	g_assert_cmpint(stored->overrides[0]->status, ==, MEETING_STATUS_NONE);
}

/* nextcloud/calendar #6655, nextcloud/server #59695: an occurrence that is cancelled by a
 * REQUEST with STATUS:CANCELLED, beside its series, takes only itself out. */
static void an_occurrence_cancelled_by_a_request_leaves_the_series(void)
{
	g_autofree char *series = event(V1 SERIES);
	g_autofree char *one = event(V1 "STATUS:CANCELLED\r\nRECURRENCE-ID:20260512T080000Z\r\n"
					"DTSTART:20260512T080000Z\r\nSUMMARY:Plan");
	g_autofree char *both = g_strconcat(series, one, NULL);
	struct meeting *stored = NULL;
	struct itip_input input = attendee_input(NULL, parse("REQUEST", both));

	check(apply(&input, &stored), ITIP_KIND_INVITATION, ITIP_ACTION_ADD, ITIP_REASON_APPLIED);
	g_assert_cmpint(stored->master->status, ==, MEETING_STATUS_NONE);
	g_assert_cmpuint(stored->override_count, ==, 1);
	g_assert_cmpint(stored->overrides[0]->status, ==, MEETING_STATUS_CANCELLED);
}

/* RANGE=THISANDFUTURE: that date and all after it, whichever mail comes first. */
static void a_cancel_from_a_date_on_takes_all_after_it(void)
{
	static const char cancel[] = V1 "STATUS:CANCELLED\r\nRECURRENCE-ID;RANGE=THISANDFUTURE:20260519T080000Z\r\n"
					"DTSTART:20260519T080000Z\r\nSUMMARY:Plan";
	static const char *const moved = V0 "RECURRENCE-ID:20260519T080000Z\r\nDTSTART:20260519T120000Z\r\nSUMMARY:Plan";
	static const int orders[][3] = { { 0, 1, 2 }, { 0, 2, 1 }, { 2, 0, 1 }, { 1, 2, 0 }, { 2, 1, 0 } };
	const char *const mails[][2] = { { "REQUEST", V0 SERIES }, { "REQUEST", moved }, { "CANCEL", cancel } };

	for (size_t i = 0; i < G_N_ELEMENTS(orders); i++) {
		struct meeting *stored = NULL;
		struct recur_occurrence left[10];

		for (size_t k = 0; k < G_N_ELEMENTS(mails); k++)
			itip_decision_destroy(&(struct itip_decision *){
				deliver(&stored, mails[orders[i][k]][0], mails[orders[i][k]][1]) });
		g_assert_cmpuint(recur_upcoming(stored, 0, NULL, left, G_N_ELEMENTS(left)), ==, 2);
		g_assert_cmpint(stored->master->status, ==, MEETING_STATUS_NONE);
	}
}

int main(int argc, char **argv)
{
	itip_case_init(&argc, &argv);
#define ADD(name) g_test_add_func("/itip-cancels/" #name, name)
	ADD(a_cancelled_occurrence_leaves_the_others);
	ADD(a_cancel_of_the_whole_stays_visible_and_has_no_answer);
	ADD(a_cancel_that_names_only_us_removes_us);
	ADD(a_cancel_without_status_of_a_meeting_for_us_alone_is_no_removal);
	ADD(a_cancel_that_comes_first_waits_for_its_invitation);
	ADD(a_strangers_cancel_in_advance_does_not_block);
	ADD(a_newer_series_takes_a_cancelled_occurrence_back_a_small_change_does_not);
	ADD(a_cancelled_occurrence_comes_back_with_a_newer_request);
	ADD(an_occurrence_cancelled_by_a_request_leaves_the_series);
	ADD(a_cancel_from_a_date_on_takes_all_after_it);
	return itip_case_run();
}
