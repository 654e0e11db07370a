/* Calendars, meetings, links, trail; the outgoing queue; maildrops; secrets. */
#include "base/clock.h"
#include "store/connection.h"
#include "store/account.h"
#include "store/maildrop.h"
#include "store/maildrop_private.h"
#include "store/meeting_store.h"
#include "store/message.h"
#include "store/queue.h"
#include "store/secret_store.h"
#include "store/statement.h"
#include "tests/unit/store/cluster.h"

static struct store_service *service;
static struct store *store, *other;
static uint64_t account_id;

static struct meeting_row meeting(const char *uid, int64_t start, int64_t end)
{
	return (struct meeting_row){
		.uid = (char *)uid, .ics = SLICE("BEGIN:VCALENDAR\r\nEND:VCALENDAR\r\n"),
		.summary = (char *)"S", .first_start = start, .last_end = end, .busy = true, .shown = true,
	};
}

static void test_save_asks_for_the_version(void)
{
	struct meeting_row row = meeting("version-1", 100, 200), read;
	uint64_t version;

	assert_result(meeting_find(store, account_id, "version-1", false, &read), "not found");
	assert_ok(meeting_save(store, account_id, &row, &version));
	g_assert_cmpuint(version, ==, 1);
	assert_result(meeting_save(store, account_id, &row, &version), "conflict");
	assert_ok(meeting_find(store, account_id, "version-1", false, &read));
	g_assert_true(slice_equal(read.ics, row.ics));
	g_assert_cmpstr(read.summary, ==, "S");
	g_assert_cmpstr(read.organizer, ==, "");
	g_assert_cmpuint(read.calendar_id, >, 0);
	row.version = 1;
	row.calendar_id = read.calendar_id;
	meeting_row_clear(&read);
	assert_ok(meeting_save(store, account_id, &row, &version));
	g_assert_cmpuint(version, ==, 2);
	assert_result(meeting_save(store, account_id, &row, &version), "conflict");
	assert_ok(meeting_remove(store, account_id, "version-1"));
	assert_result(meeting_remove(store, account_id, "version-1"), "not found");
}

/* Which meetings a range touches. */
static void test_range_table(void)
{
	static const struct { const char *uid; int64_t start, end; bool busy; } rows[] = {
		{ "past", 0, 100, true }, { "now", 100, 200, true }, { "free", 150, 160, false },
		{ "series", 50, MEETING_FOREVER, true }, { "instant", 300, 300, true },
	};
	static const struct { int64_t from, to; bool busy; const char *found; } queries[] = {
		{ 0, 10, false, "past " }, { 100, 101, false, "series now " },
		{ 100, 160, false, "series now free " }, { 100, 160, true, "series now " },
		{ 200, 300, false, "series " }, { 300, 301, false, "series instant " },
		{ -10, 0, false, "" }, { 1000000, 1000001, false, "series " },
	};
	struct mailbox_ref ref = test_account(store, "range@example.test");

	for (size_t i = 0; i < G_N_ELEMENTS(rows); i++) {
		struct meeting_row row = meeting(rows[i].uid, rows[i].start, rows[i].end);

		row.busy = rows[i].busy;
		assert_ok(meeting_save(store, ref.account_id, &row, NULL));
	}
	for (size_t i = 0; i < G_N_ELEMENTS(queries); i++) {
		struct meeting_query query = { ref.account_id, 0, queries[i].from, queries[i].to,
					       queries[i].busy, true, 0 };
		GString *found = g_string_new(NULL);
		GPtrArray *list;

		assert_ok(meeting_list(store, &query, &list));
		for (guint m = 0; m < list->len; m++)
			g_string_append_printf(found, "%s ",
					       ((struct meeting_row *)g_ptr_array_index(list, m))->uid);
		g_assert_cmpstr(found->str, ==, queries[i].found);
		g_string_free(found, TRUE);
		g_ptr_array_unref(list);
	}
}

/* Ten thousand meetings, an hour each, one every ten hours from 0. */
static uint64_t large_calendar(const char *address)
{
	static const struct db_statement fill = {
		"INSERT INTO meeting (account_id, uid, calendar_id, version, ics, organizer, summary, location, status,"
		" partstat, is_organizer, invited_address, sequence, stamp, first_start, last_end, recurring, busy, shown)"
		" SELECT $1, 'large-' || i, 1, 1, decode(repeat('61', 1200), 'hex'), '', '', '', 0, 0, false, '', 0, 0,"
		" i * 36000, i * 36000 + 3600, false, true, true FROM generate_series(0, 9999) AS i", false };
	static const struct db_statement analyze = { "ANALYZE meeting", false };
	uint64_t account = test_account(store, address).account_id;
	struct db_args args = { 0 };

	db_int8(&args, (int64_t)account);
	assert_ok(db_run(store, &fill, &args, NULL));
	assert_ok(db_run(store, &analyze, &(struct db_args){ 0 }, NULL));
	return account;
}

/* Scans of whole tables, and rows of the meetings' table that were read, so far and not reported yet. */
static void work_done(int64_t *scans_out, int64_t *rows_out)
{
	static const struct db_statement ask = {
		"SELECT coalesce(sum(seq_scan), 0)::bigint, coalesce(sum(idx_tup_fetch) FILTER (WHERE relname = 'meeting'), 0)::bigint"
		" FROM pg_stat_xact_user_tables WHERE schemaname = current_schema()", true };
	PGresult *rows;

	assert_ok(db_run_row(store, &ask, &(struct db_args){ 0 }, &rows));
	*scans_out = db_get_int8(rows, 0, 0);
	*rows_out = db_get_int8(rows, 0, 1);
	PQclear(rows);
}

/* A view of a month costs what is in the month: no table is read through, and no meeting before or
 * after it is fetched, also once the server has planned the statement for any arguments. */
static void test_a_range_reads_the_meetings_in_it_alone(void)
{
	static const struct {
		int64_t from, to;
		guint count;
	} rows[] = {
		{ 0, 720 * 3600, 72 },               /* everything else is later */
		{ 49680 * 3600, 50400 * 3600, 72 },  /* in the middle */
		{ 99280 * 3600, 100000 * 3600, 72 }, /* everything else is earlier */
		{ 200000 * 3600, 200720 * 3600, 0 },
		{ 50000 * 3600, 50001 * 3600, 1 },
	};
	uint64_t account = large_calendar("large@example.test");

	for (int round = 0; round < 8; round++)
		for (size_t i = 0; i < G_N_ELEMENTS(rows); i++) {
			const struct meeting_query query = { .account_id = account, .from = rows[i].from, .to = rows[i].to,
							     .shown_only = true, .busy_only = round % 2 == 1,
							     .limit = round % 4 == 0 ? 5000 : 0 };
			g_autoptr(GPtrArray) list = NULL;
			int64_t scans, read, scans_before, read_before;

			assert_ok(store_begin(store));
			work_done(&scans_before, &read_before);
			assert_ok(meeting_list(store, &query, &list));
			work_done(&scans, &read);
			assert_ok(store_commit(store));
			g_assert_cmpuint(list->len, ==, rows[i].count);
			g_assert_cmpint(scans, ==, scans_before);
			g_assert_cmpint(read - read_before, <=, rows[i].count + 1);
		}
}

static void test_lock_keeps_others_out_also_of_what_is_not_there(void)
{
	struct meeting_row read, row = meeting("locked", 1, 2);

	assert_ok(store_begin(store));
	assert_result(meeting_find(store, account_id, "locked", true, &read), "not found");
	assert_ok(connection_command(other, "SET lock_timeout = 200"));
	assert_ok(store_begin(other));
	assert_result(meeting_find(other, account_id, "locked", true, &read), "unavailable");
	store_rollback(other);
	assert_ok(meeting_save(store, account_id, &row, NULL));
	assert_ok(store_commit(store));
	assert_ok(store_begin(other));
	assert_ok(meeting_find(other, account_id, "locked", true, &read));
	meeting_row_clear(&read);
	assert_ok(store_commit(other));
	assert_ok(connection_command(other, "RESET lock_timeout"));
}

static void test_links(void)
{
	struct link first, again, found, turned;
	GPtrArray *list;

	assert_ok(link_ensure(store, account_id, "m1", "Me@Example.test", &first));
	g_assert_cmpuint(strlen(first.token), ==, 22);
	g_assert_cmpstr(first.address, ==, "me@example.test");
	assert_ok(link_ensure(store, account_id, "m1", "me@example.test", &again));
	g_assert_cmpstr(again.token, ==, first.token);
	link_clear(&again);
	assert_ok(link_ensure(store, account_id, "m1", "alias@example.test", &again));
	g_assert_cmpstr(again.token, !=, first.token);
	link_clear(&again);
	assert_ok(link_find(store, first.token, &found));
	g_assert_cmpuint(found.account_id, ==, account_id);
	g_assert_cmpstr(found.uid, ==, "m1");
	g_assert_false(found.revoked);
	link_clear(&found);
	assert_result(link_find(store, "nonsense", &found), "not found");
	assert_ok(link_rotate(store, account_id, "m1", "ME@example.test", &turned));
	g_assert_cmpstr(turned.token, !=, first.token);
	assert_ok(link_find(store, first.token, &found));
	g_assert_true(found.revoked);
	link_clear(&found);
	assert_ok(link_revoke(store, turned.token));
	assert_result(link_revoke(store, "nonsense"), "not found");
	assert_ok(link_list(store, account_id, "m1", &list));
	g_assert_cmpuint(list->len, ==, 3);
	g_ptr_array_unref(list);
	link_clear(&first);
	link_clear(&turned);
}

static void test_trail(void)
{
	struct trail_row row = { .uid = (char *)"t1", .method = (char *)"REQUEST",
				 .action = (char *)"add", .sequence = 3, .message_uid = 7 }, *read;
	GPtrArray *list;
	uint64_t first, second;

	assert_ok(trail_add(store, account_id, &row, &first));
	row.method = (char *)"CANCEL";
	assert_ok(trail_add(store, account_id, &row, &second));
	g_assert_cmpuint(second, >, first);
	assert_ok(trail_list(store, account_id, "t1", 10, &list));
	g_assert_cmpuint(list->len, ==, 2);
	g_assert_cmpstr(((struct trail_row *)g_ptr_array_index(list, 0))->method, ==, "CANCEL");
	g_ptr_array_unref(list);
	assert_ok(trail_get(store, account_id, first, &read));
	g_assert_cmpstr(read->reason, ==, "");
	g_assert_cmpuint(read->sequence, ==, 3);
	trail_row_free(read);
	assert_result(trail_get(store, account_id + 1, first, &read), "not found");
}

static void test_one_transaction_over_all(void)
{
	struct mailbox_ref inbox = test_account(store, "one@example.test");
	struct content_row content = test_content(SLICE("A: 1\r\n\r\ninvite"), NULL, NULL);
	struct content_row original = test_content(SLICE("A: 1\r\n\r\ninvite as it came"), NULL, NULL);
	struct message_new message = { .content = &content, .original_hash = original.hash };
	struct meeting_row row = meeting("one", 1, 2), read;
	struct queue_item item = { .account_id = inbox.account_id, .recipient = (char *)"o@example.test",
				   .octets = SLICE("mail") };
	struct trail_row trail = { .uid = (char *)"one" };
	struct message_appended appended;
	struct link link;
	uint64_t number;

	for (int commit = 0; commit < 2; commit++) {
		assert_ok(store_begin(store));
		assert_result(meeting_find(store, inbox.account_id, "one", true, &read), "not found");
		assert_ok(meeting_save(store, inbox.account_id, &row, NULL));
		assert_ok(link_ensure(store, inbox.account_id, "one", "one@example.test", &link));
		link_clear(&link);
		assert_ok(content_store(store, &original));
		assert_ok(message_append(store, inbox, &message, &appended));
		assert_ok(trail_add(store, inbox.account_id, &trail, &number));
		assert_ok(queue_add(store, &item, &number));
		if (commit == 0)
			store_rollback(store);
		else
			assert_ok(store_commit(store));
	}
	g_assert_cmpuint(appended.uid, ==, 1);
	assert_ok(meeting_find(store, inbox.account_id, "one", false, &read));
	meeting_row_clear(&read);
}

static uint64_t add_to_queue(const char *recipient)
{
	struct queue_item item = { .account_id = account_id, .sender = (char *)"",
				   .recipient = (char *)recipient, .octets = SLICE("the mail") };
	uint64_t number;

	assert_ok(queue_add(store, &item, &number));
	return number;
}

static void test_queue(void)
{
	struct queue_counts counts;
	GPtrArray *items, *none;
	uint64_t first, second;
	int64_t due;

	assert_ok(connection_command(store, "DELETE FROM outgoing"));
	assert_ok(queue_next_due(store, &due));
	g_assert_cmpint(due, ==, INT64_MAX);
	first = add_to_queue("a@example.test");
	second = add_to_queue("b@example.test");
	assert_ok(queue_claim(store, 10, 60, &items));
	g_assert_cmpuint(items->len, ==, 2);
	g_assert_true(slice_equal(((struct queue_item *)g_ptr_array_index(items, 0))->octets,
				  SLICE("the mail")));
	g_assert_cmpuint(((struct queue_item *)g_ptr_array_index(items, 0))->attempts, ==, 1);
	g_ptr_array_unref(items);
	assert_ok(queue_claim(other, 10, 60, &none)); /* leased */
	g_assert_cmpuint(none->len, ==, 0);
	g_ptr_array_unref(none);
	assert_ok(queue_sent(store, account_id, first));
	assert_ok(queue_retry(store, account_id, second, clock_now() - 1, "try again"));
	assert_ok(queue_claim(other, 10, 0, &items)); /* a lease that ends at once */
	g_assert_cmpuint(items->len, ==, 1);
	g_assert_cmpuint(((struct queue_item *)g_ptr_array_index(items, 0))->attempts, ==, 2);
	g_ptr_array_unref(items);
	assert_ok(queue_claim(store, 10, 60, &items));
	g_assert_cmpuint(items->len, ==, 1);
	g_ptr_array_unref(items);
	assert_ok(queue_failed(store, account_id, second, "no such user"));
	assert_result(queue_retry(store, account_id, second, 0, ""), "not found");
	assert_ok(queue_count(store, &counts));
	g_assert_cmpuint(counts.sent, ==, 1);
	g_assert_cmpuint(counts.failed, ==, 1);
	g_assert_cmpuint(counts.waiting, ==, 0);
	assert_ok(queue_list(store, account_id, 10, &items));
	g_assert_cmpstr(((struct queue_item *)g_ptr_array_index(items, 0))->last_error, ==, "no such user");
	g_ptr_array_unref(items);
}

static void test_maildrop_has_one_holder(void)
{
	uint64_t lease, second;

	assert_ok(maildrop_lock(store, account_id, &lease));
	assert_result(maildrop_lock(store, account_id, &second), "conflict");
	assert_result(maildrop_lock(other, account_id, &second), "conflict");
	assert_ok(maildrop_check(store, account_id, lease));
	assert_ok(maildrop_unlock(store, account_id, lease));
	assert_ok(maildrop_lock(other, account_id, &second));
	assert_result(maildrop_check(store, account_id, lease), "conflict");
	/* The holder died: its lease ends by itself. */
	assert_ok(connection_command(store, "UPDATE maildrop SET expires = clock_now() - 1"));
	assert_ok(maildrop_lock(store, account_id, &lease));
	assert_ok(maildrop_unlock(other, account_id, second)); /* no longer his: nothing happens */
	assert_ok(maildrop_check(store, account_id, lease));
	assert_ok(connection_command(store, "UPDATE maildrop SET expires = clock_now() + 1000"));
	assert_ok(maildrop_renew_all(store));
	assert_result(maildrop_lock(other, account_id, &second), "conflict");
	assert_ok(maildrop_unlock(store, account_id, lease));
}

/* What has piled up may take longer to remove than a lease lasts. */
static void test_maildrop_is_renewed_between_pieces_of_housekeeping(void)
{
	static const struct db_statement ask = {
		"SELECT expires <> 4102444800000000 FROM maildrop", true };
	struct store_housekeeping done;
	PGresult *rows;
	uint64_t lease;

	assert_ok(maildrop_lock(store, account_id, &lease));
	assert_ok(connection_command(store, "UPDATE maildrop SET expires = 4102444800000000"));
	assert_ok(store_housekeep(store, 0, &done));
	assert_ok(db_run_row(store, &ask, &(struct db_args){ 0 }, &rows));
	g_assert_true(db_get_bool(rows, 0, 0));
	PQclear(rows);
	assert_ok(maildrop_unlock(store, account_id, lease));
}

/* What nobody holds any more ends by itself: the database was away when its holder let go, or it
 * never heard that it had it. */
static void test_maildrop_whose_holder_let_go_in_vain_is_not_renewed(void)
{
	uint64_t lease;

	assert_ok(maildrop_lock(store, account_id, &lease));
	assert_ok(connection_command(store, "ALTER TABLE maildrop RENAME TO away"));
	assert_result(maildrop_unlock(store, account_id, lease), "unavailable");
	assert_ok(connection_command(store, "ALTER TABLE away RENAME TO maildrop"));
	assert_ok(connection_command(store, "UPDATE maildrop SET expires = clock_now() - 1"));
	assert_ok(maildrop_renew_all(store));
	assert_ok(maildrop_lock(other, account_id, &lease));
	assert_ok(maildrop_unlock(other, account_id, lease));
}

static void test_secret_is_made_once(void)
{
	uint8_t first[SERVER_SECRET_SIZE], second[SERVER_SECRET_SIZE];

	assert_ok(server_secret(store, "test-a", first));
	assert_ok(server_secret(other, "test-a", second));
	g_assert_cmpmem(first, sizeof(first), second, sizeof(second));
	assert_ok(server_secret(store, "test-b", second));
	g_assert_cmpint(memcmp(first, second, sizeof(first)), !=, 0);
}

int main(int argc, char **argv)
{
	struct mailbox_ref inbox;
	int status;

	service = test_begin(&argc, &argv, 1);
	store = test_store(service);
	other = test_store(service);
	inbox = test_account(store, "meeting@example.test");
	account_id = inbox.account_id;
	g_test_add_func("/meeting/save-asks-for-the-version", test_save_asks_for_the_version);
	g_test_add_func("/meeting/range-table", test_range_table);
	g_test_add_func("/meeting/range-cost", test_a_range_reads_the_meetings_in_it_alone);
	g_test_add_func("/meeting/lock-keeps-others-out", test_lock_keeps_others_out_also_of_what_is_not_there);
	g_test_add_func("/meeting/links", test_links);
	g_test_add_func("/meeting/trail", test_trail);
	g_test_add_func("/meeting/one-transaction-over-all", test_one_transaction_over_all);
	g_test_add_func("/queue/claim-send-retry-fail", test_queue);
	g_test_add_func("/maildrop/has-one-holder", test_maildrop_has_one_holder);
	g_test_add_func("/maildrop/is-renewed-between-pieces-of-housekeeping",
			test_maildrop_is_renewed_between_pieces_of_housekeeping);
	g_test_add_func("/maildrop/let-go-in-vain-is-not-renewed",
			test_maildrop_whose_holder_let_go_in_vain_is_not_renewed);
	g_test_add_func("/secret/is-made-once", test_secret_is_made_once);
	status = g_test_run();
	store_close(&store);
	store_close(&other);
	store_service_destroy(&service);
	test_cluster_stop();
	return status;
}
