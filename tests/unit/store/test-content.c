/* Content: collection, also while the same content is delivered; verification; the
 * cache; migrations. */
#include "store/collect.h"
#include "store/connection.h"
#include "store/content_cache.h"
#include "store/facts.h"
#include "store/mailbox.h"
#include "store/meeting_store.h"
#include "store/message.h"
#include "store/queue.h"
#include "store/statement.h"
#include "store/view.h"
#include "tests/unit/store/cluster.h"

#include <stdatomic.h>

static struct store_service *service;
static struct store *store;
static struct mailbox_ref inbox;

static const struct uid_range all_uids = { 1, UINT32_MAX };
static const struct uid_set everything = { &all_uids, 1 };

static void test_facts_survive_packing(void)
{
	struct content_facts facts = {
		.size = UINT64_C(1) << 40, .header_size = 77, .sent_date = CONTENT_NO_DATE,
		.sent_day = -3, .traits = CONTENT_HAS_NUL, .version = 9,
		.part_index = { "a\0b", 3 }, .preview = SLICE("preview"), .cc = SLICE("in between"),
		.bodystructure_decoded = SLICE("last"),
	}, read;
	GByteArray *packed = facts_pack(&facts);
	struct slice octets = slice_of((const char *)packed->data, packed->len);

	g_assert_true(facts_unpack(octets, &read));
	g_assert_cmpuint(read.size, ==, facts.size);
	g_assert_cmpint(read.sent_date, ==, CONTENT_NO_DATE);
	g_assert_cmpint(read.sent_day, ==, -3);
	g_assert_true(slice_equal(read.part_index, facts.part_index));
	g_assert_true(slice_equal(read.preview, facts.preview));
	g_assert_true(slice_equal(read.cc, facts.cc));
	g_assert_true(slice_equal(read.bodystructure_decoded, facts.bodystructure_decoded));
	g_assert_cmpuint(read.envelope.len, ==, 0);
	for (size_t cut = 0; cut < octets.len; cut++)
		g_assert_false(facts_unpack(slice_of(octets.data, cut), &read));
	g_byte_array_unref(packed);
}

/* Rows of before IMAP4rev2's texts: two lengths and texts fewer, of the format's number 1. */
static void test_facts_of_an_older_format_are_read(void)
{
	enum { OLD_LENGTHS_END = 37 + 15 * 4 };
	struct content_facts facts = { .size = 5, .version = 2, .subject = SLICE("s"), .preview = SLICE("p") }, read;
	GByteArray *packed = facts_pack(&facts);

	packed->data[0] = 1;
	g_byte_array_remove_range(packed, OLD_LENGTHS_END, 2 * 4);
	g_assert_true(facts_unpack(slice_of((const char *)packed->data, packed->len), &read));
	g_assert_cmpuint(read.size, ==, 5);
	g_assert_true(slice_equal(read.subject, SLICE("s")));
	g_assert_true(slice_equal(read.preview, SLICE("p")));
	g_assert_cmpuint(read.bodystructure_decoded.len, ==, 0);
	g_byte_array_unref(packed);
}

static struct message_appended append(struct store *by, const struct content_row *row)
{
	struct message_new message = { .content = row };
	struct message_appended appended;

	assert_ok(message_append(by, inbox, &message, &appended));
	return appended;
}

static void expunge_all(void)
{
	struct uid_list gone;
	uint64_t modseq;

	assert_ok(message_expunge(store, inbox, everything, true, &gone, &modseq));
	uid_list_clear(&gone);
}

/* As if so much time had passed since everything that is there was made. */
static void let_time_pass(void)
{
	assert_ok(connection_command(store,
		"UPDATE content SET created = created - 8640000000000;"
		"UPDATE content_candidate SET since = since - 8640000000000;"
		"UPDATE expunged SET expunged_at = expunged_at - 8640000000000"));
}

static void housekeep(void)
{
	struct store_housekeeping done;

	assert_ok(store_housekeep(store, 3600, &done));
}

static bool is_there(const struct content_row *row)
{
	enum store_result result = content_exists(store, row->hash);

	g_assert_true(result == STORE_OK || result == STORE_NOT_FOUND);
	return result == STORE_OK;
}

static void test_content_goes_with_its_last_reference(void)
{
	struct content_row row = test_content(SLICE("A: 1\r\n\r\nshort life"), NULL, NULL);
	struct message_appended first = append(store, &row), second = append(store, &row);
	struct uid_range one = { first.uid, first.uid };
	struct uid_list gone;
	uint64_t modseq;

	assert_ok(message_expunge(store, inbox, (struct uid_set){ &one, 1 }, true, &gone, &modseq));
	uid_list_clear(&gone);
	let_time_pass();
	housekeep(); /* the expunged row is forgotten, the content becomes a candidate */
	let_time_pass();
	housekeep();
	g_assert_true(is_there(&row)); /* the second message has it */
	one.first = one.last = second.uid;
	assert_ok(message_expunge(store, inbox, (struct uid_set){ &one, 1 }, true, &gone, &modseq));
	uid_list_clear(&gone);
	housekeep();
	g_assert_true(is_there(&row)); /* undelete is possible */
	let_time_pass();
	housekeep();
	g_assert_true(is_there(&row)); /* the grace time has just begun */
	let_time_pass();
	housekeep();
	g_assert_false(is_there(&row));
	/* VANISHED still knows what is gone, though the rows are forgotten. */
	assert_ok(message_vanished(store, inbox, 1, &gone));
	g_assert_true(uid_set_contains(uid_list_set(&gone), first.uid));
	g_assert_true(uid_set_contains(uid_list_set(&gone), second.uid));
	uid_list_clear(&gone);
}

static void test_what_refers_keeps(void)
{
	struct content_row original = test_content(SLICE("A: 1\r\n\r\noriginal"), NULL, NULL);
	struct content_row trail = test_content(SLICE("A: 1\r\n\r\ntrail"), NULL, NULL);
	struct content_row nobody = test_content(SLICE("A: 1\r\n\r\nnobody"), NULL, NULL);
	struct content_row shown = test_content(SLICE("A: 1\r\n\r\nshown"), NULL, NULL);
	struct message_new message = { .content = &shown, .original_hash = original.hash };
	struct trail_row row = { .uid = (char *)"u", .has_content = true };
	struct message_appended appended;
	uint64_t trail_id;

	assert_ok(content_store(store, &original));
	assert_ok(content_store(store, &trail));
	assert_ok(content_store(store, &nobody));
	assert_ok(message_append(store, inbox, &message, &appended));
	memcpy(row.content_hash, trail.hash, CONTENT_HASH_SIZE);
	assert_ok(trail_add(store, inbox.account_id, &row, &trail_id));
	let_time_pass();
	housekeep();
	g_assert_true(is_there(&original));
	g_assert_true(is_there(&trail));
	g_assert_false(is_there(&nobody));
	expunge_all();
}

/* An upload that was cut off leaves chunks, which go. */
static void test_cut_off_upload_is_swept_up(void)
{
	GString *report = g_string_new(NULL);
	uint64_t problems;

	assert_ok(connection_command(store,
		"INSERT INTO content_candidate (hash) VALUES (sha256('cut off'));"
		"INSERT INTO content_chunk (hash, number, octets) VALUES (sha256('cut off'), 1, 'x')"));
	let_time_pass();
	housekeep();
	/* No chunk and no candidate is left, else this would find the chunk. */
	assert_ok(content_verify_rows(store, report, &problems));
	g_assert_cmpstr(report->str, ==, "");
	g_string_free(report, TRUE);
}

/* Three deliver and expunge the same content over and over, one lets time pass and collects:
 * no message is ever without its content. */
static atomic_uint collected;

#define COLLECTIONS 60

static void *deliver(void *arg)
{
	struct store *mine = test_store(service);
	struct content_row row = test_content(SLICE("A: 1\r\n\r\nfought over"), NULL, NULL);

	while (collected < COLLECTIONS) {
		struct message_appended appended;
		struct uid_range one;
		struct content_value *value;
		struct uid_list gone;
		uint64_t modseq;

		/* Long enough between finding the content and committing for the other to act. */
		assert_ok(store_begin(mine));
		appended = append(mine, &row);
		g_usleep((gulong)g_random_int_range(0, 3000));
		assert_ok(store_commit(mine));
		one.first = one.last = appended.uid;
		content_cache_remove(mine->shared->contents, CONTENT_OCTETS, row.hash);
		assert_ok(content_load_one(mine, CONTENT_OCTETS, row.hash, &value));
		content_value_unref(&value);
		assert_ok(message_expunge(mine, inbox, (struct uid_set){ &one, 1 }, true, &gone, &modseq));
		uid_list_clear(&gone);
		/* Now and then nobody has it, else it could never be collected. */
		g_usleep((gulong)g_random_int_range(0, 8000));
	}
	store_close(&mine);
	return arg;
}

static void *collect(void *arg)
{
	struct store *mine = test_store(service);

	while (collected < COLLECTIONS) {
		struct store_housekeeping done;

		assert_ok(connection_command(mine, "DELETE FROM expunged; INSERT INTO content_candidate"
			" SELECT hash, 1 FROM content ON CONFLICT (hash) DO UPDATE SET since = 1"));
		assert_ok(store_housekeep(mine, 3600, &done));
		collected += done.content_removed;
	}
	store_close(&mine);
	return arg;
}

static void test_collection_and_delivery_at_once(void)
{
	GThread *deliverers[3], *collector;
	const struct view *view;

	/* Old from the beginning: what is young is not collected at all. */
	assert_ok(connection_command(store, "ALTER TABLE content ALTER created SET DEFAULT 0"));
	collector = g_thread_new("collect", collect, NULL);
	for (unsigned i = 0; i < 3; i++)
		deliverers[i] = g_thread_new("deliver", deliver, NULL);
	for (unsigned i = 0; i < 3; i++)
		g_thread_join(deliverers[i]);
	g_thread_join(collector);
	assert_ok(connection_command(store, "ALTER TABLE content ALTER created SET DEFAULT clock_now()"));
	assert_ok(view_open(store, inbox, &view, NULL));
	g_assert_cmpuint(view_count(view), ==, 0);
	view_unref(&view);
}

static void test_verify_finds_damage(void)
{
	static const struct { const char *damage, *problem; } rows[] = {
		{ "UPDATE content SET octets = 'A: 1 changed' WHERE hash = $", "octets" },
		{ "UPDATE content SET size = size + 1 WHERE hash = $", "expected" },
	};

	for (size_t i = 0; i < G_N_ELEMENTS(rows); i++) {
		g_autofree char *text = g_strdup_printf("A: %zu\r\n\r\nverify", i);
		struct content_row row = test_content(slice_from_string(text), NULL, NULL);
		g_autofree char *problem = NULL, *good = NULL, *sql = NULL;
		GString *hex = g_string_new("'\\x");
		g_auto(GStrv) halves = g_strsplit(rows[i].damage, "$", 2);

		assert_ok(content_store(store, &row));
		assert_ok(content_verify(store, row.hash, &good));
		g_assert_null(good);
		for (int b = 0; b < CONTENT_HASH_SIZE; b++)
			g_string_append_printf(hex, "%02x", row.hash[b]);
		g_string_append_c(hex, '\'');
		sql = g_strconcat(halves[0], hex->str, NULL);
		assert_ok(connection_command(store, sql));
		assert_result(content_verify(store, row.hash, &problem), "damaged");
		g_assert_nonnull(strstr(problem, rows[i].problem));
		g_string_free(hex, TRUE);
	}
}

struct reads {
	int64_t scans, rows;
};

/* Scans of whole tables, and rows looked at, by all connections so far. */
static struct reads reads_so_far(const char *table)
{
	g_autofree char *sql = g_strdup_printf("SELECT seq_scan, seq_tup_read + coalesce(idx_tup_fetch, 0)"
					       " FROM pg_stat_user_tables WHERE relname = '%s'", table);
	const struct db_statement read = { sql, true };
	struct store *mine = test_store(service); /* prepared statements are known by address */
	struct db_args args = { 0 };
	struct reads reads;
	PGresult *rows;

	assert_ok(connection_command(store, "SELECT pg_stat_force_next_flush()"));
	assert_ok(connection_command(store, "SELECT 1"));
	assert_ok(db_run_row(mine, &read, &args, &rows));
	reads = (struct reads){ db_get_int8(rows, 0, 0), db_get_int8(rows, 0, 1) };
	PQclear(rows);
	store_close(&mine);
	return reads;
}

/* Work in proportion to what is old, not to what there is. */
static void test_housekeeping_looks_at_old_rows_only(void)
{
	static const struct { const char *table, *fill; bool by_row; } rows[] = {
		{ "flag_log", "INSERT INTO flag_log SELECT 1, 1, i, clock_now(), '{}' FROM many", false },
		{ "delivered", "INSERT INTO delivered SELECT 1, i::text::bytea, clock_now() FROM many", false },
		{ "expunged", "INSERT INTO expunged SELECT 1, 1, i, i, clock_now(), 0, 0, 0, 0, NULL, NULL, ''"
		  " FROM many", true },
		{ "web_session", "INSERT INTO web_session SELECT 1, i::text::bytea, '', 0, clock_now() + 1000000000"
		  " FROM many", true },
		{ "outgoing", "INSERT INTO outgoing (account_id, meeting_uid, sender, recipient, state, octets,"
		  " next_attempt) SELECT 1, '', '', '', i % 3, '', clock_now() + 1000000000 FROM many", true },
		{ "content_candidate", "INSERT INTO content_candidate SELECT sha256(i::text::bytea) FROM many", true },
	};
	struct reads before[G_N_ELEMENTS(rows)];
	struct store_housekeeping done;
	GPtrArray *items;

	for (size_t i = 0; i < G_N_ELEMENTS(rows); i++) {
		g_autofree char *sql = g_strconcat("WITH many AS (SELECT generate_series(1, 3000) AS i) ",
						   rows[i].fill, NULL);

		assert_ok(connection_command(store, sql));
	}
	for (size_t i = 0; i < G_N_ELEMENTS(rows); i++)
		before[i] = reads_so_far(rows[i].table);
	assert_ok(store_housekeep(store, 3600, &done));
	assert_ok(queue_claim(store, 10, 60, &items));
	g_assert_cmpuint(items->len, ==, 0);
	g_ptr_array_unref(items);
	for (size_t i = 0; i < G_N_ELEMENTS(rows); i++) {
		struct reads after = reads_so_far(rows[i].table);

		g_test_message("%s: %d scans, %d rows", rows[i].table, (int)(after.scans - before[i].scans),
			       (int)(after.rows - before[i].rows));
		g_assert_cmpint(after.scans, ==, before[i].scans);
		g_assert_true(!rows[i].by_row || after.rows - before[i].rows < 100);
	}
	assert_ok(connection_command(store, "TRUNCATE flag_log, delivered, expunged, web_session, outgoing,"
				     " content_candidate"));
}

/* Anybody can send any number of contents of one Message-ID. */
static void test_answer_looks_at_so_many_parents_only(void)
{
	g_autofree char *fill = g_strdup_printf("INSERT INTO content (hash, size, message_id_key, version, facts,"
		" search_headers, search_body, signature, octets) SELECT sha256(('common' || i)::bytea), 6,"
		" %" G_GINT64_FORMAT ", 1, '', '', '', '', 'common' FROM generate_series(1, 3000) AS i",
		facts_id_key(SLICE("<common@x>")));
	struct content_row row = test_content(SLICE("A: 1\r\n\r\nanswer"), "<answer@x>", "<common@x>");
	struct reads before, after;

	assert_ok(connection_command(store, fill));
	before = reads_so_far("content");
	append(store, &row);
	after = reads_so_far("content");
	g_assert_cmpint(after.rows - before.rows, <, 1200);
	assert_ok(connection_command(store, "DELETE FROM content WHERE octets = 'common'"));
}

static void test_walk_visits_each_once(void)
{
	uint8_t after[CONTENT_HASH_SIZE] = { 0 };
	GHashTable *seen = g_hash_table_new_full(g_bytes_hash, g_bytes_equal, (GDestroyNotify)g_bytes_unref, NULL);
	GByteArray *hashes;

	for (unsigned i = 0; i < 7; i++) {
		g_autofree char *text = g_strdup_printf("A: 1\r\n\r\nwalk %u", i);
		struct content_row one = test_content(slice_from_string(text), NULL, NULL);

		assert_ok(content_store(store, &one));
	}
	for (;;) {
		assert_ok(content_walk(store, 3, after, &hashes));
		if (hashes->len == 0)
			break;
		for (guint i = 0; i < hashes->len; i += CONTENT_HASH_SIZE)
			g_assert_true(g_hash_table_add(seen, g_bytes_new(hashes->data + i, CONTENT_HASH_SIZE)));
		g_byte_array_unref(hashes);
	}
	g_byte_array_unref(hashes);
	g_assert_cmpuint(g_hash_table_size(seen), >=, 7);
	g_hash_table_unref(seen);
}

static void test_derived_rows_are_replaced(void)
{
	struct content_row row = test_content(SLICE("A: 1\r\n\r\nderived"), NULL, NULL);
	struct content_value *value;

	assert_ok(content_store(store, &row));
	assert_ok(content_load_one(store, CONTENT_FACTS, row.hash, &value));
	content_value_unref(&value);
	row.facts.envelope = SLICE("(new)");
	row.facts.version = 2;
	assert_ok(content_store_derived(store, &row));
	assert_ok(content_load_one(store, CONTENT_FACTS, row.hash, &value));
	g_assert_true(slice_equal(content_value_facts(value)->envelope, SLICE("(new)")));
	content_value_unref(&value);
}

static void test_load_many_with_repeats_and_misses(void)
{
	struct content_row a = test_content(SLICE("A: 1\r\n\r\nload a"), NULL, NULL);
	struct content_row b = test_content(SLICE("A: 1\r\n\r\nload b"), NULL, NULL);
	uint8_t hashes[4][CONTENT_HASH_SIZE] = { { 0 } };
	struct content_value *values[4];
	struct slice headers, body;

	assert_ok(content_store(store, &a));
	assert_ok(content_store(store, &b));
	memcpy(hashes[0], a.hash, CONTENT_HASH_SIZE);
	memcpy(hashes[1], b.hash, CONTENT_HASH_SIZE);
	memcpy(hashes[2], a.hash, CONTENT_HASH_SIZE);
	assert_result(content_load(store, CONTENT_SEARCH, (const uint8_t (*)[CONTENT_HASH_SIZE])hashes, 4, values), "damaged");
	g_assert_null(values[3]);
	for (int i = 0; i < 3; i++) {
		content_value_search(values[i], &headers, &body);
		g_assert_true(slice_equal(body, i == 1 ? b.octets : a.octets));
		content_value_unref(&values[i]);
	}
}

static void test_cache_stays_in_bounds(void)
{
	static const uint64_t limits[CONTENT_PARTS] = { 48 << 20, 32 << 20, 32 << 20 };
	struct content_cache *cache = content_cache_create(limits);
	g_autofree char *octets = g_malloc0(100000);
	uint64_t hits, misses, size;
	struct content_value *value;
	uint8_t key[CONTENT_HASH_SIZE] = { 0 };

	for (uint32_t i = 0; i < 3000; i++) {
		memcpy(key, &i, sizeof(i));
		value = content_value_of_octets(slice_of(octets, 100000));
		content_cache_put(cache, CONTENT_OCTETS, key, value);
		content_value_unref(&value);
	}
	content_cache_counters(cache, &hits, &misses, &size);
	g_assert_cmpuint(size, <=, UINT64_C(64) << 20);
	g_assert_cmpuint(size, >, UINT64_C(4) << 20);
	value = content_cache_get(cache, CONTENT_OCTETS, key);
	g_assert_nonnull(value);
	content_value_unref(&value);
	content_cache_destroy(&cache);
}

static void test_what_is_larger_than_its_place_pushes_nothing_out(void)
{
	static const uint64_t limits[CONTENT_PARTS] = { 1 << 20, 1 << 20, 1 << 20 };
	struct content_cache *cache = content_cache_create(limits);
	g_autofree char *octets = g_malloc0(1 << 20);
	struct content_value *value = content_value_of_octets(slice_of(octets, 100));
	uint8_t key[CONTENT_HASH_SIZE] = { 0 };

	content_cache_put(cache, CONTENT_SEARCH, key, value);
	content_value_unref(&value);
	value = content_value_of_octets(slice_of(octets, 1 << 20));
	key[1] = 1; /* the same shard */
	content_cache_put(cache, CONTENT_SEARCH, key, value);
	content_value_unref(&value);
	key[1] = 0;
	value = content_cache_get(cache, CONTENT_SEARCH, key);
	g_assert_nonnull(value);
	content_value_unref(&value);
	content_cache_destroy(&cache);
}

int main(int argc, char **argv)
{
	int status;

	service = test_begin(&argc, &argv, 1);
	store = test_store(service);
	inbox = test_account(store, "content@example.test");
	g_test_add_func("/content/facts-survive-packing", test_facts_survive_packing);
	g_test_add_func("/content/facts-of-an-older-format-are-read",
			test_facts_of_an_older_format_are_read);
	g_test_add_func("/content/goes-with-its-last-reference", test_content_goes_with_its_last_reference);
	g_test_add_func("/content/what-refers-keeps", test_what_refers_keeps);
	g_test_add_func("/content/cut-off-upload-is-swept-up", test_cut_off_upload_is_swept_up);
	g_test_add_func("/content/collection-and-delivery-at-once", test_collection_and_delivery_at_once);
	g_test_add_func("/content/verify-finds-damage", test_verify_finds_damage);
	g_test_add_func("/content/housekeeping-looks-at-old-rows-only", test_housekeeping_looks_at_old_rows_only);
	g_test_add_func("/content/answer-looks-at-so-many-parents-only", test_answer_looks_at_so_many_parents_only);
	g_test_add_func("/content/walk-visits-each-once", test_walk_visits_each_once);
	g_test_add_func("/content/derived-rows-are-replaced", test_derived_rows_are_replaced);
	g_test_add_func("/content/load-many-with-repeats-and-misses", test_load_many_with_repeats_and_misses);
	g_test_add_func("/content/cache-stays-in-bounds", test_cache_stays_in_bounds);
	g_test_add_func("/content/what-is-larger-than-its-place-pushes-nothing-out",
			test_what_is_larger_than_its_place_pushes_nothing_out);
	status = g_test_run();
	store_close(&store);
	store_service_destroy(&service);
	test_cluster_stop();
	return status;
}
