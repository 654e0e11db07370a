/* The journeys of meeting mail over a real database: in by delivery, answered, back to
 * the organizer, changed, cancelled, refused; and what must not happen on the way. */
#include "house.h"

#include "calendar/link.h"
#include "calendar/zone.h"
#include "scheduling/answer_keyword.h"
#include "scheduling/answer_mail.h"
#include "scheduling/calendar_reader.h"
#include "scheduling/freebusy.h"
#include "scheduling/organize.h"
#include "scheduling/queue_item.h"
#include "scheduling/restamp.h"
#include "store/mailbox.h"
#include "store/queue.h"
#include "tests/unit/cost.h"

#define UID "planning@example.test"
#define OUTSIDER "orla@elsewhere.test"

static void deliver_invite(struct house *house, const struct invite *invite, const char *to)
{
	g_autofree char *octets = invite_mail(invite);
	const char *from = invite->from != NULL ? invite->from : invite->organizer != NULL ? invite->organizer : BOB;

	g_assert_cmpint(house_deliver(house, &(struct sent){ .from = from, .to = to, .octets = octets }), ==,
			DELIVER_DONE);
}

static void assert_trail(struct house *house, uint64_t account_id, const char *wanted)
{
	g_autofree char *trail = house_trail(house, account_id, UID);

	g_assert_cmpstr(trail, ==, wanted);
}

static enum meeting_partstat answer_of(struct house *house, uint64_t account_id, const char *address)
{
	const char *const addresses[] = { address, NULL };
	struct meeting *meeting = house_meeting(house, account_id, UID);
	enum meeting_partstat partstat;

	g_assert_nonnull(meeting);
	partstat = meeting_find_attendee(meeting_main_event(meeting), addresses)->partstat;
	meeting_destroy(&meeting);
	return partstat;
}

/* The one that a mail's text names. */
static char *answer_address(const char *text)
{
	const char *line = strstr(text, "\nalice+answer-");

	g_assert_nonnull(line);
	return g_strndup(line + 1, strcspn(line + 1, "\n"));
}

static void ordinary_mail_stays_octet_for_octet(struct house *house)
{
	static const char octets[] = "From: x@example.test\r\nSubject: =?bad\r\n\r\nbare\nLF and \x80\xff octets\r\n";
	g_autofree char *got = NULL, *trail = NULL;

	g_assert_cmpint(house_deliver(house, &(struct sent){ .from = "x@example.test", .to = ALICE, .octets = octets }),
			==, DELIVER_DONE);
	got = house_message(house, house->alice, "INBOX", 1);
	g_assert_true(g_str_has_prefix(got, "Return-Path: <x@example.test>\r\nDelivered-To: " ALICE "\r\nReceived: from "
					    "client.test ([127.0.0.1]) by mail.example.test with LMTP id 1;\r\n"
					    "\tFri, 24 Apr 2026 08:00:00 +0000\r\n"));
	g_assert_true(g_str_has_suffix(got, octets));
	trail = house_trail(house, house->alice, NULL);
	g_assert_null(trail);
}

static void a_request_is_rendered_and_in_the_calendar(struct house *house)
{
	g_autofree char *text = NULL, *octets = NULL;
	struct meeting_row row;
	GPtrArray *links = NULL;
	const struct link *link;

	deliver_invite(house, &(struct invite){ .uid = UID, .more = "LOCATION:Room 4\r\n" }, ALICE);
	text = house_text(house, house->alice, "INBOX", 1);
	octets = house_message(house, house->alice, "INBOX", 1);
	house_assert_starts(text, "Invitation: Planning\n\n"
					     "When    Tuesday, 5 May 2026, 14:00 to 15:30 (Europe/Berlin, UTC+2)\n"
					     "Where   Room 4\nFrom    Orga <bob@example.test>\n"
					     "Who     you (not answered yet)\n");
	g_assert_nonnull(strstr(octets, "\r\nX-Convoke-Meeting: uid=planning%40example.test;\r\n kind=invitation; "
					"action=add; reason=unverified; sender=unverified\r\n"));
	assert_trail(house, house->alice, "invitation/add/unverified");
	g_assert_cmpint(meeting_find(house->store, house->alice, UID, false, &row), ==, STORE_OK);
	g_assert_true(row.shown);
	g_assert_false(row.busy);
	g_assert_cmpstr(row.summary, ==, "Planning");
	g_assert_cmpint(row.first_start, ==, 1777982400);
	meeting_row_clear(&row);
	g_assert_cmpint(link_list(house->store, house->alice, UID, &links), ==, STORE_OK);
	g_assert_cmpuint(links->len, ==, 1);
	link = g_ptr_array_index(links, 0);
	{
		g_autofree char *line = g_strdup_printf("\nhttps://mail.example.test/m/%s\n", link->token);

		g_assert_nonnull(strstr(text, line));
	}
	g_ptr_array_unref(links);
}

static void the_original_is_kept_beside_the_rendition(struct house *house)
{
	g_autofree char *octets = invite_mail(&(struct invite){ .uid = UID });
	GArray *messages = NULL;
	uint8_t after[sizeof(struct mailbox_ref)] = { 0 };
	struct message *message;
	g_autofree char *original = g_malloc0(strlen(octets) + 1);
	size_t n;

	(void)after;
	house_deliver(house, &(struct sent){ .from = BOB, .to = ALICE, .octets = octets });
	g_assert_cmpint(message_walk_rendered(house->store, house->alice, (struct mailbox_ref){ 0, 0 }, 0, 10, &messages),
			==, STORE_OK);
	g_assert_cmpuint(messages->len, ==, 1);
	message = &g_array_index(messages, struct message, 0);
	g_assert_cmpint(content_read(house->store, message->original_hash, 0, original, strlen(octets), &n), ==, STORE_OK);
	g_assert_cmpstr(original, ==, octets);
	g_array_unref(messages);
}

static uint64_t version_of(struct house *house, uint64_t account_id, const char *uid)
{
	struct meeting_row row;
	uint64_t version;

	g_assert_cmpint(meeting_find(house->store, account_id, uid, false, &row), ==, STORE_OK);
	version = row.version;
	meeting_row_clear(&row);
	return version;
}

static void an_answer_reaches_the_organizer_here(struct house *house)
{
	const struct respond_actor alice = house_actor(house, house->alice);
	g_autofree char *uid = NULL, *reason = NULL, *text = NULL;
	const struct meeting_person guest = { .address = ALICE, .rsvp = true };
	struct outgoing_draft draft = { .summary = "Planning", .attendees = &guest, .attendee_count = 1,
					.start = { .kind = MEETING_TIME_UTC, .fields = { 2026, 5, 5, 12, 0, 0 },
						   .instant = 1777982400 },
					.end = { .kind = MEETING_TIME_UTC, .fields = { 2026, 5, 5, 13, 0, 0 },
						 .instant = 1777986000 } };
	const struct respond_actor bob = house_actor(house, house->bob);
	struct respond_answer answer = { .partstat = MEETING_PARTSTAT_ACCEPTED, .comment = "Gladly" };
	const char *const addresses[] = { ALICE, NULL };
	struct meeting *meeting;
	uint64_t version;

	g_assert_cmpint(organize_create(&bob, &draft, &uid, &reason), ==, RESPOND_DONE);
	house_run_queue(house, NULL);
	text = house_text(house, house->alice, "INBOX", 1);
	house_assert_starts(text, "Invitation: Planning\n\nWhen    Tuesday, 5 May 2026, 14:00 to 15:00 "
					     "(Europe/Berlin, UTC+2)\n");
	answer.uid = uid;
	g_assert_cmpint(respond_answer(&alice, &answer), ==, RESPOND_DONE);
	house_run_queue(house, NULL);
	g_free(text);
	text = house_text(house, house->bob, "INBOX", 1);
	house_assert_starts(text, "Alice has accepted: Planning\n\nWhen    Tuesday, 5 May 2026, 08:00 to 09:00 "
					     "(America/New_York, UTC-4)\n");
	g_assert_nonnull(strstr(text, "\nComment Gladly\n"));
	meeting = house_meeting(house, house->bob, uid);
	g_assert_cmpint(meeting_find_attendee(meeting->master, addresses)->partstat, ==, MEETING_PARTSTAT_ACCEPTED);
	g_assert_cmpstr(meeting_find_attendee(meeting->master, addresses)->comment, ==, "Gladly");
	g_assert_cmpstr(meeting_find_attendee(meeting->master, addresses)->schedule_status, ==, "1.2");
	meeting_destroy(&meeting);
	/* Nothing is left to be sent. */
	{
		struct queue_counts counts;

		g_assert_cmpint(queue_count(house->store, &counts), ==, STORE_OK);
		g_assert_cmpuint(counts.waiting + counts.failed, ==, 0);
		g_assert_cmpuint(counts.sent, ==, 2);
	}
	/* A change that is delivered as the first mail was leaves nothing to be noted: the object is
	 * written once, with the change itself. */
	version = version_of(house, house->bob, uid);
	draft.location = "Room 5";
	g_assert_cmpint(organize_edit(&bob, uid, NULL, &draft, 0, NULL), ==, RESPOND_DONE);
	house_run_queue(house, NULL);
	g_assert_cmpuint(house_count(house, house->alice, "INBOX"), ==, 2);
	g_assert_cmpuint(version_of(house, house->bob, uid), ==, version + 1);
}

static void an_answer_to_somebody_outside_goes_to_the_relay(struct house *house)
{
	const struct respond_actor alice = house_actor(house, house->alice);
	g_autoptr(GPtrArray) outside = g_ptr_array_new_with_free_func(g_free);
	struct meeting_row row;

	deliver_invite(house, &(struct invite){ .uid = UID, .organizer = OUTSIDER }, ALICE);
	g_assert_cmpint(respond_answer(&alice, &(struct respond_answer){ .uid = UID,
									  .partstat = MEETING_PARTSTAT_ACCEPTED }),
			==, RESPOND_DONE);
	g_assert_cmpint(answer_of(house, house->alice, ALICE), ==, MEETING_PARTSTAT_ACCEPTED);
	assert_trail(house, house->alice, "own-answer/ACCEPTED/asked");
	g_assert_cmpint(meeting_find(house->store, house->alice, UID, false, &row), ==, STORE_OK);
	g_assert_true(row.busy);
	g_assert_cmpint(row.partstat, ==, MEETING_PARTSTAT_ACCEPTED);
	meeting_row_clear(&row);
	house_run_queue(house, outside);
	g_assert_cmpuint(outside->len, ==, 1);
	g_assert_cmpstr(g_ptr_array_index(outside, 0), ==, OUTSIDER);
}

/* The newest meeting mail. */
static bool has_keyword(struct house *house, uint64_t account_id, const char *keyword)
{
	GArray *messages = NULL;
	struct mailbox mailbox;
	bool found = false;

	message_walk_rendered(house->store, account_id, (struct mailbox_ref){ 0, 0 }, 0, 10, &messages);
	g_assert_cmpint(mailbox_find(house->store, account_id, SLICE("INBOX"), &mailbox), ==, STORE_OK);
	for (unsigned i = 0; mailbox.keywords[i] != NULL; i++)
		if (strcmp(mailbox.keywords[i], keyword) == 0)
			found = g_array_index(messages, struct message, messages->len - 1).flags &
				UINT64_C(1) << (MESSAGE_KEYWORD_FIRST + i);
	mailbox_clear(&mailbox);
	g_array_unref(messages);
	return found;
}

static void the_messages_keywords_follow_the_answer(struct house *house)
{
	const struct respond_actor alice = house_actor(house, house->alice);

	deliver_invite(house, &(struct invite){ .uid = UID, .organizer = OUTSIDER }, ALICE);
	g_assert_true(has_keyword(house, house->alice, "$MeetingPending"));
	respond_answer(&alice, &(struct respond_answer){ .uid = UID, .partstat = MEETING_PARTSTAT_TENTATIVE });
	g_assert_false(has_keyword(house, house->alice, "$MeetingPending"));
	g_assert_true(has_keyword(house, house->alice, "$Tentative"));
	respond_answer(&alice, &(struct respond_answer){ .uid = UID, .partstat = MEETING_PARTSTAT_DECLINED });
	g_assert_false(has_keyword(house, house->alice, "$Tentative"));
	g_assert_true(has_keyword(house, house->alice, "$Declined"));
	/* An update that asks nothing anew comes with the answer that stands. */
	deliver_invite(house, &(struct invite){ .uid = UID, .organizer = OUTSIDER, .sequence = 1, .more = "LOCATION:Room 5\r\n",
						.stamp = "20260421T100000Z" }, ALICE);
	g_assert_true(has_keyword(house, house->alice, "$Declined"));
	deliver_invite(house, &(struct invite){ .uid = UID, .organizer = OUTSIDER, .sequence = 2,
						.stamp = "20260422T100000Z", .start = "DTSTART:20260506T120000Z" }, ALICE);
	g_assert_true(has_keyword(house, house->alice, "$MeetingPending"));
}

/* Once a meeting is over its answer is kept, and nobody is bothered with it. */
static void no_mail_is_sent_about_what_is_over(struct house *house)
{
	static const struct {
		const char *start, *more;
		guint mails;
	} rows[] = {
		{ "DTSTART:20200505T080000Z", "", 0 },
		{ "DTSTART:20200505T080000Z", "RRULE:FREQ=WEEKLY;COUNT=3\r\n", 0 },
		{ "DTSTART:20200505T080000Z", "RRULE:FREQ=WEEKLY\r\n", 1 },
	};
	const struct respond_actor alice = house_actor(house, house->alice);

	for (size_t i = 0; i < G_N_ELEMENTS(rows); i++) {
		g_autofree char *uid = g_strdup_printf("over-%zu", i);
		g_autoptr(GPtrArray) outside = g_ptr_array_new_with_free_func(g_free);

		deliver_invite(house, &(struct invite){ .uid = uid, .organizer = OUTSIDER, .start = rows[i].start,
							.more = rows[i].more }, ALICE);
		g_assert_cmpint(respond_answer(&alice, &(struct respond_answer){ .uid = uid, .partstat = MEETING_PARTSTAT_DECLINED }),
				==, RESPOND_DONE);
		house_run_queue(house, outside);
		g_assert_cmpuint(outside->len, ==, rows[i].mails);
	}
}

static void an_update_says_what_was_and_asks_anew(struct house *house)
{
	const struct respond_actor alice = house_actor(house, house->alice);
	g_autofree char *text = NULL;

	deliver_invite(house, &(struct invite){ .uid = UID, .organizer = OUTSIDER }, ALICE);
	respond_answer(&alice, &(struct respond_answer){ .uid = UID, .partstat = MEETING_PARTSTAT_ACCEPTED });
	deliver_invite(house, &(struct invite){ .uid = UID, .organizer = OUTSIDER, .sequence = 1,
						.stamp = "20260421T100000Z",
						.start = "DTSTART:20260506T120000Z\r\nDTEND:20260506T133000Z" }, ALICE);
	text = house_text(house, house->alice, "INBOX", 2);
	house_assert_starts(text, "Updated invitation: Planning\n\nWhen    Wednesday, 6 May 2026, 14:00 to 15:30 "
					     "(Europe/Berlin, UTC+2)\n        was: Tuesday, 5 May 2026, 14:00 to 15:30\n");
	g_assert_cmpint(answer_of(house, house->alice, ALICE), ==, MEETING_PARTSTAT_NEEDS_ACTION);
	/* The older one again, late: nothing goes back. */
	deliver_invite(house, &(struct invite){ .uid = UID, .organizer = OUTSIDER }, ALICE);
	assert_trail(house, house->alice, "outdated/none/sequence-lower");
}

static void a_forged_cancel_changes_nothing_until_it_is_applied_by_hand(struct house *house)
{
	const struct respond_actor alice = house_actor(house, house->alice);
	struct meeting *meeting;
	GPtrArray *rows = NULL;
	g_autofree char *text = NULL;

	deliver_invite(house, &(struct invite){ .uid = UID, .organizer = OUTSIDER }, ALICE);
	deliver_invite(house, &(struct invite){ .method = "CANCEL", .uid = UID, .organizer = OUTSIDER, .sequence = 1,
						.stamp = "20260421T100000Z", .from = "evil@elsewhere.test",
						.more = "STATUS:CANCELLED\r\n" }, ALICE);
	meeting = house_meeting(house, house->alice, UID);
	g_assert_cmpint(meeting->master->status, !=, MEETING_STATUS_CANCELLED);
	meeting_destroy(&meeting);
	text = house_text(house, house->alice, "INBOX", 2);
	house_assert_starts(text, "Cancelled (sender not confirmed): Planning\n\n"
					     "Note    Your calendar was not changed: its sender is not the organizer.\n");
	g_assert_cmpint(trail_list(house->store, house->alice, UID, 1, &rows), ==, STORE_OK);
	g_assert_cmpint(respond_apply(&alice, ((struct trail_row *)g_ptr_array_index(rows, 0))->trail_id), ==,
			RESPOND_DONE);
	g_ptr_array_unref(rows);
	meeting = house_meeting(house, house->alice, UID);
	g_assert_cmpint(meeting->master->status, ==, MEETING_STATUS_CANCELLED);
	meeting_destroy(&meeting);
	assert_trail(house, house->alice, "cancelled/cancel/by-hand");
	/* What is off can't be answered. */
	g_assert_cmpint(respond_answer(&alice, &(struct respond_answer){ .uid = UID,
									  .partstat = MEETING_PARTSTAT_ACCEPTED }),
			==, RESPOND_CANCELLED);
}

static void assert_shown(struct house *house, bool shown)
{
	struct meeting_row row;

	g_assert_cmpint(meeting_find(house->store, house->alice, UID, false, &row), ==, STORE_OK);
	g_assert_cmpint(row.shown, ==, shown);
	meeting_row_clear(&row);
}

static void policy_none(struct house *house)
{
	struct account account;

	g_assert_cmpint(account_get(house->store, house->alice, &account), ==, STORE_OK);
	account.add_invitations = ADD_INVITATIONS_NONE;
	g_assert_cmpint(account_set(house->store, &account, ACCOUNT_ADD_INVITATIONS), ==, STORE_OK);
	account_clear(&account);
}

static void what_is_only_offered_can_be_answered(struct house *house)
{
	const struct respond_actor alice = house_actor(house, house->alice);
	struct meeting *meeting;

	policy_none(house);
	deliver_invite(house, &(struct invite){ .uid = UID, .organizer = OUTSIDER }, ALICE);
	assert_trail(house, house->alice, "invitation/offer/policy-none");
	meeting = house_meeting(house, house->alice, UID);
	g_assert_null(meeting);
	g_assert_cmpint(respond_answer(&alice, &(struct respond_answer){ .uid = UID,
									  .partstat = MEETING_PARTSTAT_ACCEPTED }),
			==, RESPOND_DONE);
	g_assert_cmpint(answer_of(house, house->alice, ALICE), ==, MEETING_PARTSTAT_ACCEPTED);
}

static void what_is_only_offered_is_seen_by_who_comes(struct house *house)
{
	const struct respond_actor alice = house_actor(house, house->alice);
	struct respond_answer answer = { .uid = UID, .partstat = MEETING_PARTSTAT_DECLINED };

	policy_none(house);
	deliver_invite(house, &(struct invite){ .uid = UID, .organizer = OUTSIDER }, ALICE);
	g_assert_cmpint(respond_answer(&alice, &answer), ==, RESPOND_DONE);
	assert_shown(house, false);
	answer.partstat = MEETING_PARTSTAT_TENTATIVE;
	g_assert_cmpint(respond_answer(&alice, &answer), ==, RESPOND_DONE);
	assert_shown(house, true);
	g_assert_cmpint(respond_hide(&alice, UID), ==, RESPOND_DONE);
	assert_shown(house, false);
	answer.partstat = MEETING_PARTSTAT_ACCEPTED;
	g_assert_cmpint(respond_answer(&alice, &answer), ==, RESPOND_DONE);
	assert_shown(house, true);
}

static void an_offer_is_what_its_organizer_said_last(struct house *house)
{
	const struct respond_actor alice = house_actor(house, house->alice);
	const struct respond_answer answer = { .uid = UID, .partstat = MEETING_PARTSTAT_ACCEPTED };
	struct meeting *meeting;

	policy_none(house);
	deliver_invite(house, &(struct invite){ .uid = UID, .organizer = OUTSIDER, .summary = "Old", .sequence = 1 }, ALICE);
	deliver_invite(house, &(struct invite){ .uid = UID, .organizer = OUTSIDER, .summary = "New", .sequence = 2 }, ALICE);
	deliver_invite(house, &(struct invite){ .uid = UID, .organizer = OUTSIDER, .summary = "Older", .sequence = 0 }, ALICE);
	deliver_invite(house, &(struct invite){ .uid = UID, .organizer = "mallory@elsewhere.test", .summary = "Forged",
						.sequence = 3 }, ALICE);
	g_assert_cmpint(respond_answer(&alice, &answer), ==, RESPOND_DONE);
	meeting = house_meeting(house, house->alice, UID);
	g_assert_cmpstr(meeting->master->summary, ==, "New");
	g_assert_cmpuint(meeting->master->sequence, ==, 2);
	meeting_destroy(&meeting);
}

static void a_cancelled_offer_can_not_be_accepted(struct house *house)
{
	const struct respond_actor alice = house_actor(house, house->alice);
	const struct respond_answer answer = { .uid = UID, .partstat = MEETING_PARTSTAT_ACCEPTED };

	policy_none(house);
	deliver_invite(house, &(struct invite){ .uid = UID, .organizer = OUTSIDER }, ALICE);
	deliver_invite(house, &(struct invite){ .uid = UID, .organizer = OUTSIDER, .method = "CANCEL",
						.more = "STATUS:CANCELLED\r\n", .sequence = 1 }, ALICE);
	g_assert_cmpint(respond_answer(&alice, &answer), ==, RESPOND_CANCELLED);
	assert_shown(house, false);
}

static void a_cancellation_of_what_never_came_is_not_seen(struct house *house)
{
	deliver_invite(house, &(struct invite){ .uid = UID, .organizer = OUTSIDER, .method = "CANCEL",
						.more = "STATUS:CANCELLED\r\n" }, ALICE);
	assert_trail(house, house->alice, "cancelled/none/unknown-meeting");
	assert_shown(house, false);
	/* what it waited for, and a version of it that takes place */
	deliver_invite(house, &(struct invite){ .uid = UID, .organizer = OUTSIDER, .sequence = 1 }, ALICE);
	assert_shown(house, true);
}

static void a_repeated_transaction_adds_nothing(struct house *house)
{
	struct deliver_memory *memory = deliver_memory_create();
	g_autofree char *octets = invite_mail(&(struct invite){ .uid = UID });
	struct sent mail = { .from = BOB, .to = ALICE, .octets = octets, .memory = memory };

	g_assert_cmpint(house_deliver(house, &mail), ==, DELIVER_DONE);
	/* The answer was lost: the client comes again. */
	g_assert_cmpint(house_deliver(house, &mail), ==, DELIVER_DUPLICATE);
	g_assert_cmpuint(house_count(house, house->alice, "INBOX"), ==, 1);
	/* This time it is acknowledged: sent once more, it is meant so. */
	mail.confirmed = true;
	g_assert_cmpint(house_deliver(house, &mail), ==, DELIVER_DUPLICATE);
	g_assert_cmpint(house_deliver(house, &mail), ==, DELIVER_DONE);
	g_assert_cmpuint(house_count(house, house->alice, "INBOX"), ==, 2);
	deliver_memory_destroy(&memory);
}

static void a_sub_address_finds_its_folder(struct house *house)
{
	static const char octets[] = "Subject: x\r\n\r\nx\r\n";
	struct mailbox_ref ref;

	g_assert_cmpint(mailbox_create(house->store, house->alice, SLICE("lists"), 0, &ref), ==, STORE_OK);
	house_deliver(house, &(struct sent){ .from = "", .to = "alice+lists@example.test", .octets = octets });
	house_deliver(house, &(struct sent){ .from = "", .to = "alice+nowhere@example.test", .octets = octets });
	g_assert_cmpuint(house_count(house, house->alice, "lists"), ==, 1);
	g_assert_cmpuint(house_count(house, house->alice, "INBOX"), ==, 1);
}

static void signed_mail_changes_the_calendar_but_not_itself(struct house *house)
{
	g_autofree char *inner = invite_mail(&(struct invite){ .uid = UID });
	g_autofree char *octets = g_strconcat(
		"From: " BOB "\r\nMessage-ID: <s@example.test>\r\nMIME-Version: 1.0\r\nContent-Type: multipart/signed; "
		"boundary=b; protocol=\"application/pgp-signature\"\r\n\r\n--b\r\nContent-Type: text/calendar\r\n\r\n",
		strstr(inner, "BEGIN:VCALENDAR"), "--b\r\nContent-Type: application/pgp-signature\r\n\r\nx\r\n--b--\r\n",
		NULL);
	g_autofree char *got = NULL;
	struct meeting *meeting;

	g_assert_cmpint(house_deliver(house, &(struct sent){ .from = BOB, .to = ALICE, .octets = octets }), ==,
			DELIVER_DONE);
	got = house_message(house, house->alice, "INBOX", 1);
	g_assert_true(g_str_has_suffix(got, octets));
	meeting = house_meeting(house, house->alice, UID);
	g_assert_nonnull(meeting);
	meeting_destroy(&meeting);
}

static void a_broken_calendar_is_ordinary_mail_with_a_reason(struct house *house)
{
	static const char octets[] = "From: " BOB "\r\nMIME-Version: 1.0\r\nContent-Type: text/calendar; method=REQUEST\r\n"
				     "\r\nBEGIN:VCALENDAR\r\nMETHOD:REQUEST\r\nBEGIN:VEVENT\r\n";
	g_autofree char *got = NULL;
	GPtrArray *rows = NULL;

	g_assert_cmpint(house_deliver(house, &(struct sent){ .from = BOB, .to = ALICE, .octets = octets }), ==,
			DELIVER_DONE);
	got = house_message(house, house->alice, "INBOX", 1);
	g_assert_true(g_str_has_suffix(got, octets));
	g_assert_cmpint(trail_list(house->store, house->alice, NULL, 1, &rows), ==, STORE_OK);
	g_assert_cmpuint(rows->len, ==, 1);
	g_assert_cmpstr(((struct trail_row *)g_ptr_array_index(rows, 0))->note, !=, "");
	g_ptr_array_unref(rows);
}

static void other_meetings_at_that_time_are_named(struct house *house)
{
	const struct respond_actor alice = house_actor(house, house->alice);
	const struct meeting_time first = { .kind = MEETING_TIME_UTC, .fields = { 2026, 5, 1, 12, 0, 0 },
					    .instant = 1777636800 };
	g_autofree char *text = NULL, *series = NULL;
	GArray *spans = NULL;
	const struct freebusy_query query = { house->alice, 1777939200, 1778025600, NULL };

	deliver_invite(house, &(struct invite){ .uid = "standup@example.test", .summary = "Standup", .organizer = OUTSIDER,
						.start = "DTSTART:20260501T120000Z\r\nDTEND:20260501T121500Z\r\n"
							 "RRULE:FREQ=DAILY" }, ALICE);
	respond_answer(&alice, &(struct respond_answer){ .uid = "standup@example.test",
							 .partstat = MEETING_PARTSTAT_ACCEPTED });
	deliver_invite(house, &(struct invite){ .uid = UID, .organizer = OUTSIDER }, ALICE);
	text = house_text(house, house->alice, "INBOX", 2);
	g_assert_nonnull(strstr(text, "\nClash   \"Standup\", 14:00 to 14:15\n"));
	/* On the first date Alice stays away: the others clash all the same. */
	respond_answer(&alice, &(struct respond_answer){ .uid = "standup@example.test", .recurrence_id = &first,
							 .partstat = MEETING_PARTSTAT_DECLINED });
	deliver_invite(house, &(struct invite){ .uid = "course@example.test", .summary = "Course", .organizer = OUTSIDER,
						.start = "DTSTART:20260430T120000Z\r\nDTEND:20260430T130000Z\r\n"
							 "RRULE:FREQ=DAILY;COUNT=5" }, ALICE);
	series = house_text(house, house->alice, "INBOX", 3);
	g_assert_nonnull(strstr(series, "\nClash   \"Standup\", Saturday, 2 May 2026, 14:00 to 14:15\n"));
	/* What is not answered does not block. */
	g_assert_cmpint(freebusy_find(house->store, &query, &spans), ==, STORE_OK);
	g_assert_cmpuint(spans->len, ==, 1);
	g_assert_cmpint(g_array_index(spans, struct freebusy_span, 0).start, ==, 1777982400);
	g_assert_cmpint(g_array_index(spans, struct freebusy_span, 0).end, ==, 1777983300);
	g_array_unref(spans);
}

static void without_stamping_mail_stays_as_it_came(struct house *house)
{
	g_autofree char *octets = invite_mail(&(struct invite){ .uid = UID });
	g_autofree char *got = NULL;
	struct meeting *meeting;

	house_reconfigure(house, "[calendar]\nstamp = off\n");
	house_deliver(house, &(struct sent){ .from = BOB, .to = ALICE, .octets = octets });
	got = house_message(house, house->alice, "INBOX", 1);
	g_assert_true(g_str_has_suffix(got, octets));
	g_assert_null(strstr(got, "X-Convoke"));
	meeting = house_meeting(house, house->alice, UID);
	g_assert_nonnull(meeting);
	meeting_destroy(&meeting);
}

static void restamp_gives_new_links_under_new_uids(struct house *house)
{
	struct restamp_counts counts;
	g_autofree char *before = NULL, *after = NULL, *old = NULL, *text = NULL, *address = NULL;
	struct link rotated = { 0 };
	GArray *messages = NULL;

	deliver_invite(house, &(struct invite){ .uid = UID }, ALICE);
	before = house_text(house, house->alice, "INBOX", 1);
	g_assert_nonnull(strstr(before, "\nhttps://mail.example.test/m/"));
	g_assert_cmpint(restamp_account(house->store, house->config, house->alice, NOW, NULL, NULL, &counts), ==, STORE_OK);
	g_assert_cmpuint(counts.seen, ==, 1);
	g_assert_cmpuint(counts.changed, ==, 0);
	house_reconfigure(house, "[domain \"example.test\"]\nurl_protocol = http:\nhost = cal.example.test:8080\npath = /x/\n");
	g_assert_cmpint(restamp_account(house->store, house->config, house->alice, NOW, NULL, NULL, &counts), ==, STORE_OK);
	g_assert_cmpuint(counts.changed, ==, 1);
	g_assert_cmpuint(house_count(house, house->alice, "INBOX"), ==, 1);
	after = house_message(house, house->alice, "INBOX", 1);
	g_assert_nonnull(strstr(after, "http://cal.example.test:8080/x/m/"));
	g_assert_null(strstr(after, "https://mail.example.test/m/"));
	g_assert_nonnull(strstr(after, "X-Convoke-Meeting: uid=planning"));
	g_assert_cmpint(message_walk_rendered(house->store, house->alice, (struct mailbox_ref){ 0, 0 }, 0, 10, &messages),
			==, STORE_OK);
	g_assert_cmpuint(messages->len, ==, 1);
	g_assert_cmpuint(g_array_index(messages, struct message, 0).uid, ==, 2);
	g_array_unref(messages);
	g_assert_true(has_keyword(house, house->alice, "$MeetingPending"));
	/* A token that was taken back stands nowhere any more, in the addresses for answers neither. */
	g_assert_cmpint(link_rotate(house->store, house->alice, UID, ALICE, &rotated), ==, STORE_OK);
	old = g_strndup(strstr(after, "/x/m/") + 5, LINK_TOKEN_LENGTH);
	g_assert_cmpint(restamp_account(house->store, house->config, house->alice, NOW, NULL, NULL, &counts), ==, STORE_OK);
	g_assert_cmpuint(counts.changed, ==, 1);
	text = house_text(house, house->alice, "INBOX", 1);
	address = answer_address(text);
	g_assert_nonnull(strstr(address, rotated.token));
	g_assert_null(strstr(text, old));
	link_clear(&rotated);
}

static void a_refused_mail_is_told_to_its_sender(struct house *house)
{
	const struct respond_actor alice = house_actor(house, house->alice);
	struct queue_step step = { QUEUE_STEP_FAILED, g_strdup("550 no such user") };
	GPtrArray *items = NULL;
	g_autofree char *text = NULL;

	deliver_invite(house, &(struct invite){ .uid = UID, .organizer = OUTSIDER }, ALICE);
	respond_answer(&alice, &(struct respond_answer){ .uid = UID, .partstat = MEETING_PARTSTAT_ACCEPTED });
	g_assert_cmpint(queue_claim(house->store, 1, 60, &items), ==, STORE_OK);
	g_assert_cmpuint(items->len, ==, 1);
	queue_item_note(house->store, house->config, g_ptr_array_index(items, 0), &step, NOW);
	text = house_text(house, house->alice, "INBOX", 2);
	house_assert_starts(text, "Your meeting mail to " OUTSIDER " could not be delivered.\n\n550 no such user");
	g_free(step.text);
	g_ptr_array_unref(items);
}

static enum deliver_result send_words(struct house *house, const char *to, const char *from, const char *more,
				      const char *words)
{
	g_autofree char *octets = g_strdup_printf("From: %s\r\nSubject: Re: Planning\r\n%s\r\n%s\r\n", from, more, words);

	return house_deliver(house, &(struct sent){ .from = from, .to = to, .octets = octets });
}

static void an_answer_in_words_by_mail_is_an_answer(struct house *house)
{
	g_autofree char *text = NULL, *address = NULL;
	g_autoptr(GPtrArray) outside = g_ptr_array_new_with_free_func(g_free);

	deliver_invite(house, &(struct invite){ .uid = UID, .organizer = OUTSIDER }, ALICE);
	text = house_text(house, house->alice, "INBOX", 1);
	address = answer_address(text);
	/* What is no answer of Alice's is mail for her to see. */
	send_words(house, address, "evil@elsewhere.test", "", "ACCEPT");
	send_words(house, address, ALICE, "Auto-Submitted: auto-replied\r\n", "ACCEPT");
	send_words(house, address, ALICE, "", "Who is coming?");
	g_assert_cmpint(answer_of(house, house->alice, ALICE), ==, MEETING_PARTSTAT_NEEDS_ACTION);
	g_assert_cmpuint(house_count(house, house->alice, "INBOX"), ==, 4);
	g_assert_cmpint(send_words(house, address, ALICE, "", "\r\ndecline - I am away\r\n\r\n> ACCEPT"), ==, DELIVER_DONE);
	g_assert_cmpint(answer_of(house, house->alice, ALICE), ==, MEETING_PARTSTAT_DECLINED);
	g_assert_cmpuint(house_count(house, house->alice, "INBOX"), ==, 4);
	house_run_queue(house, outside);
	g_assert_cmpuint(outside->len, ==, 1);
}

/* The mail is about one date, so its answer is, and so is the page that it leads to. */
static void an_answer_by_mail_to_one_date_is_for_that_date(struct house *house)
{
	const struct meeting_time second = { .kind = MEETING_TIME_UTC, .instant = 1778587200 };
	g_autofree char *text = NULL, *address = NULL, *added = NULL;
	const struct meeting_event *date;
	struct meeting *meeting;

	deliver_invite(house, &(struct invite){ .uid = UID, .organizer = OUTSIDER, .more = "RRULE:FREQ=WEEKLY;COUNT=4\r\n" },
		       ALICE);
	deliver_invite(house, &(struct invite){ .uid = UID, .organizer = OUTSIDER, .sequence = 1,
						.stamp = "20260421T100000Z", .more = "RECURRENCE-ID:20260512T120000Z\r\n",
						.start = "DTSTART:20260512T150000Z" }, ALICE);
	text = house_text(house, house->alice, "INBOX", 2);
	g_assert_true(g_regex_match_simple("^https://mail\\.example\\.test/m/.{22}\\?occurrence=20260512T1200Z$", text,
					   G_REGEX_MULTILINE, 0));
	address = answer_address(text);
	g_assert_cmpint(send_words(house, address, ALICE, "", "decline"), ==, DELIVER_DONE);
	g_assert_true(has_keyword(house, house->alice, "$Declined"));
	g_assert_false(has_keyword(house, house->alice, "$MeetingPending"));
	meeting = house_meeting(house, house->alice, UID);
	date = meeting_find_override(meeting, &second);
	g_assert_cmpint(meeting->master->attendees[0].partstat, ==, MEETING_PARTSTAT_NEEDS_ACTION);
	g_assert_cmpint(date->attendees[0].partstat, ==, MEETING_PARTSTAT_DECLINED);
	meeting_destroy(&meeting);
	deliver_invite(house, &(struct invite){ .uid = UID, .method = "ADD", .organizer = OUTSIDER, .sequence = 2,
						.stamp = "20260422T100000Z", .start = "DTSTART:20260609T150000Z" }, ALICE);
	added = house_text(house, house->alice, "INBOX", 3);
	g_assert_nonnull(strstr(added, "?occurrence=20260609T1500Z\n"));
}

static void a_keyword_is_an_answer_where_it_was_asked_for(struct house *house)
{
	static const char *const accepted[] = { "$Accepted", NULL }, *const both[] = { "$Accepted", "$Declined", NULL };
	const struct uid_range range = { 1, 1 };
	const struct uid_set uids = { &range, 1 };
	struct mailbox mailbox;
	struct account account;

	deliver_invite(house, &(struct invite){ .uid = UID, .organizer = OUTSIDER }, ALICE);
	g_assert_cmpint(mailbox_find(house->store, house->alice, SLICE("INBOX"), &mailbox), ==, STORE_OK);
	answer_keyword_stored(house->store, house->config, mailbox.ref, uids, accepted);
	g_assert_cmpint(answer_of(house, house->alice, ALICE), ==, MEETING_PARTSTAT_NEEDS_ACTION);
	g_assert_cmpint(account_get(house->store, house->alice, &account), ==, STORE_OK);
	account.answer_by_keyword = true;
	g_assert_cmpint(account_set(house->store, &account, ACCOUNT_ANSWER_BY_KEYWORD), ==, STORE_OK);
	account_clear(&account);
	answer_keyword_stored(house->store, house->config, mailbox.ref, uids, both);
	g_assert_cmpint(answer_of(house, house->alice, ALICE), ==, MEETING_PARTSTAT_NEEDS_ACTION);
	answer_keyword_stored(house->store, house->config, mailbox.ref, uids, accepted);
	g_assert_cmpint(answer_of(house, house->alice, ALICE), ==, MEETING_PARTSTAT_ACCEPTED);
	mailbox_clear(&mailbox);
}

/* What hostile calendars may cost: a part of what issue and guard allow. */
static void hostile_calendars_are_delivered_in_time(struct house *house)
{
	g_autofree char *huge = g_strnfill(1000 * 1000, 'd');
	g_autoptr(GString) dates = g_string_new(NULL), people = g_string_new(NULL), overrides = g_string_new(NULL);
	g_autofree char *description = g_strconcat("DESCRIPTION:", huge, "\r\n", NULL);

	for (int i = 0; i < 9000; i++) {
		g_string_append_printf(dates, "RDATE:2027%02d%02dT%02d%02d00Z\r\n", i / 750 % 12 + 1, i / 27 % 28 + 1,
				       i % 24, i % 60);
		g_string_append_printf(people, "ATTENDEE;CN=P%d:mailto:p%d@elsewhere.test\r\n", i, i);
		g_string_append_printf(overrides, "%sBEGIN:VEVENT\r\nUID:h4\r\nDTSTAMP:20260420T100000Z\r\n"
				       "RECURRENCE-ID:%04d%02d%02dT120000Z\r\nDTSTART:20270101T130000Z\r\nSUMMARY:x\r\n",
				       i == 0 ? "RRULE:FREQ=DAILY\r\nEND:VEVENT\r\n" : "END:VEVENT\r\n",
				       2026 + i / 336, i / 28 % 12 + 1, i % 28 + 1);
	}
	{
		const struct {
			const char *uid, *start, *more;
		} rows[] = {
			{ "h1", NULL, dates->str },
			{ "h2", NULL, description },
			{ "h3", NULL, people->str },
			{ "h4", NULL, overrides->str },
			{ "h5", NULL, "RRULE:FREQ=SECONDLY;BYMONTH=2;BYMONTHDAY=30\r\n" },
			{ "h6", NULL, "RRULE:FREQ=YEARLY;BYMONTH=2;BYMONTHDAY=30\r\n" },
			{ "h7", NULL, "RRULE:FREQ=DAILY;INTERVAL=4294967295\r\n" },
			{ "h8", "DTSTART:00010101T000000Z", "RRULE:FREQ=DAILY\r\n" },
			{ "h9", "DTSTART;TZID=X:20260505T080000",
			  "END:VEVENT\r\nBEGIN:VTIMEZONE\r\nTZID:X\r\nBEGIN:STANDARD\r\nDTSTART:16010101T000000\r\n"
			  "RRULE:FREQ=MINUTELY\r\nTZOFFSETFROM:+0100\r\nTZOFFSETTO:+0100\r\nEND:STANDARD\r\n"
			  "END:VTIMEZONE\r\nBEGIN:VEVENT\r\nUID:h9\r\nDTSTAMP:20260420T100000Z\r\n"
			  "RECURRENCE-ID:20260506T080000Z\r\nDTSTART:20260506T080000Z\r\n" },
		};

		for (size_t i = 0; i < G_N_ELEMENTS(rows); i++) {
			gint64 start = cost_now();

			deliver_invite(house, &(struct invite){ .uid = rows[i].uid, .organizer = OUTSIDER,
								.start = rows[i].start, .more = rows[i].more }, ALICE);
			cost_check(rows[i].uid, start, 2);
		}
		g_assert_cmpuint(house_count(house, house->alice, "INBOX"), ==, G_N_ELEMENTS(rows));
	}
}

static void answers_in_words_are_read(void)
{
	static const struct {
		const char *text;
		bool good;
		enum meeting_partstat partstat;
		const char *rest;
	} rows[] = {
		{ "ACCEPT", true, MEETING_PARTSTAT_ACCEPTED, "" },
		{ "  accept, gladly\nmore", true, MEETING_PARTSTAT_ACCEPTED, "gladly" },
		{ "Tentative.", true, MEETING_PARTSTAT_TENTATIVE, "" },
		{ "Absage: keine Zeit\r\n", true, MEETING_PARTSTAT_DECLINED, "keine Zeit" },
		{ "acceptable", false, 0, NULL },
		{ "I accept", false, 0, NULL },
		{ "> ACCEPT", false, 0, NULL },
		{ "", false, 0, NULL },
	};

	for (size_t i = 0; i < G_N_ELEMENTS(rows); i++) {
		enum meeting_partstat partstat;
		struct slice rest;
		bool good = answer_mail_read(slice_from_string(rows[i].text), &partstat, &rest);

		g_assert_cmpint(good, ==, rows[i].good);
		if (!good)
			continue;
		g_assert_cmpint(partstat, ==, rows[i].partstat);
		g_assert_true(slice_equal(rest, slice_from_string(rows[i].rest)));
	}
}

static void pauses_grow_to_hours(void)
{
	g_assert_cmpint(queue_item_pause(1), ==, 30 * G_USEC_PER_SEC);
	g_assert_cmpint(queue_item_pause(2), ==, 60 * G_USEC_PER_SEC);
	g_assert_cmpint(queue_item_pause(4), ==, 240 * G_USEC_PER_SEC);
	g_assert_cmpint(queue_item_pause(50), ==, INT64_C(4) * 3600 * G_USEC_PER_SEC);
}

static const struct house_test tests[] = {
	{ "ordinary-mail-stays-octet-for-octet", ordinary_mail_stays_octet_for_octet },
	{ "a-request-is-rendered-and-in-the-calendar", a_request_is_rendered_and_in_the_calendar },
	{ "the-original-is-kept-beside-the-rendition", the_original_is_kept_beside_the_rendition },
	{ "an-answer-reaches-the-organizer-here", an_answer_reaches_the_organizer_here },
	{ "an-answer-to-somebody-outside-goes-to-the-relay", an_answer_to_somebody_outside_goes_to_the_relay },
	{ "the-messages-keywords-follow-the-answer", the_messages_keywords_follow_the_answer },
	{ "no-mail-is-sent-about-what-is-over", no_mail_is_sent_about_what_is_over },
	{ "an-update-says-what-was-and-asks-anew", an_update_says_what_was_and_asks_anew },
	{ "a-forged-cancel-changes-nothing-until-it-is-applied-by-hand",
	  a_forged_cancel_changes_nothing_until_it_is_applied_by_hand },
	{ "what-is-only-offered-can-be-answered", what_is_only_offered_can_be_answered },
	{ "what-is-only-offered-is-seen-by-who-comes", what_is_only_offered_is_seen_by_who_comes },
	{ "an-offer-is-what-its-organizer-said-last", an_offer_is_what_its_organizer_said_last },
	{ "a-cancelled-offer-can-not-be-accepted", a_cancelled_offer_can_not_be_accepted },
	{ "a-cancellation-of-what-never-came-is-not-seen", a_cancellation_of_what_never_came_is_not_seen },
	{ "a-repeated-transaction-adds-nothing", a_repeated_transaction_adds_nothing },
	{ "a-sub-address-finds-its-folder", a_sub_address_finds_its_folder },
	{ "signed-mail-changes-the-calendar-but-not-itself", signed_mail_changes_the_calendar_but_not_itself },
	{ "a-broken-calendar-is-ordinary-mail-with-a-reason", a_broken_calendar_is_ordinary_mail_with_a_reason },
	{ "other-meetings-at-that-time-are-named", other_meetings_at_that_time_are_named },
	{ "without-stamping-mail-stays-as-it-came", without_stamping_mail_stays_as_it_came },
	{ "restamp-gives-new-links-under-new-uids", restamp_gives_new_links_under_new_uids },
	{ "an-answer-in-words-by-mail-is-an-answer", an_answer_in_words_by_mail_is_an_answer },
	{ "an-answer-by-mail-to-one-date-is-for-that-date", an_answer_by_mail_to_one_date_is_for_that_date },
	{ "a-keyword-is-an-answer-where-it-was-asked-for", a_keyword_is_an_answer_where_it_was_asked_for },
	{ "hostile-calendars-are-delivered-in-time", hostile_calendars_are_delivered_in_time },
	{ "a-refused-mail-is-told-to-its-sender", a_refused_mail_is_told_to_its_sender },
};

int main(int argc, char **argv)
{
	g_test_init(&argc, &argv, NULL);
	zone_init();
	house_add_tests("/journeys/", tests, G_N_ELEMENTS(tests));
	g_test_add_func("/answer/answers-in-words-are-read", answers_in_words_are_read);
	g_test_add_func("/queue/pauses-grow-to-hours", pauses_grow_to_hours);
	return g_test_run();
}
