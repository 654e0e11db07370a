/* Messages: append, flags, copy, move, expunge, and what views make of it. */
#include "base/spool.h"
#include "store/account.h"
#include "store/mailbox.h"
#include "store/message.h"
#include "store/statement.h"
#include "store/view.h"
#include "tests/unit/store/cluster.h"

static struct store_service *service;
static struct store *store;

static struct mailbox_ref new_inbox(void)
{
	static unsigned number;
	g_autofree char *address = g_strdup_printf("message%u@example.test", number++);

	return test_account(store, address);
}

static struct message_appended append_text(struct mailbox_ref ref, const char *text, uint64_t flags)
{
	struct content_row row = test_content(slice_from_string(text), NULL, NULL);
	struct message_new message = { .content = &row, .flags.system = flags };
	struct message_appended appended;

	assert_ok(message_append(store, ref, &message, &appended));
	return appended;
}

static const struct uid_range all_uids = { 1, UINT32_MAX };
static const struct uid_set everything = { &all_uids, 1 };

/* The view in memory, after whatever happened, is what a load from the database gives. */
static const struct view *check_view(struct mailbox_ref ref)
{
	const struct view *view;
	struct mailbox row;
	uint32_t unseen = 0, deleted = 0;
	uint64_t size = 0, deleted_size = 0;

	assert_ok(view_open(store, ref, &view, &row));
	for (uint32_t seq = 1; seq <= view_count(view); seq++) {
		const struct view_entry *entry = view_entry(view, seq);

		unseen += (entry->flags & MESSAGE_SEEN) == 0;
		deleted += (entry->flags & MESSAGE_DELETED) != 0;
		size += entry->size;
		deleted_size += (entry->flags & MESSAGE_DELETED) != 0 ? entry->size : 0;
		g_assert_cmpuint(view_seq(view, entry->uid), ==, seq);
	}
	g_assert_cmpuint(row.messages, ==, view_count(view));
	g_assert_cmpuint(row.unseen, ==, unseen);
	g_assert_cmpuint(view_unseen(view), ==, unseen);
	g_assert_cmpuint(row.deleted, ==, deleted);
	g_assert_cmpuint(row.size, ==, size);
	g_assert_cmpuint(row.deleted_size, ==, deleted_size);
	g_assert_cmpuint(row.highestmodseq, ==, view_modseq(view));
	g_assert_cmpuint(row.uidnext, ==, view_uidnext(view));
	mailbox_clear(&row);
	return view;
}

static void test_append_gives_rising_uids(void)
{
	struct mailbox_ref ref = new_inbox();
	struct message_appended first = append_text(ref, "A: 1\r\n\r\none", 0);
	struct message_appended second = append_text(ref, "A: 1\r\n\r\ntwo", MESSAGE_SEEN);
	const struct view *view = check_view(ref);

	g_assert_cmpuint(first.uid, ==, 1);
	g_assert_cmpuint(second.uid, ==, 2);
	g_assert_cmpuint(second.modseq, ==, first.modseq + 1);
	g_assert_cmpuint(view_count(view), ==, 2);
	g_assert_cmpuint(view_unseen(view), ==, 1);
	g_assert_cmpuint(view_entry(view, 2)->flags, ==, MESSAGE_SEEN);
	view_unref(&view);
}

static void test_append_keeps_octets_and_prefix(void)
{
	struct mailbox_ref ref = new_inbox();
	static const char octets[] = "A: 1\r\n\r\nzero \0 and \xff";
	struct content_row row = test_content(slice_of(octets, sizeof(octets) - 1), NULL, NULL);
	struct message_new message = { .content = &row, .prefix = SLICE("Return-Path: <>\r\n"),
				       .internal_date = 1234567890, .zone = 1439 };
	struct message_appended appended;
	struct content_value *value;
	struct message read;
	GBytes *prefix;
	uint32_t uid;

	assert_ok(message_append(store, ref, &message, &appended));
	assert_ok(message_get(store, ref, appended.uid, &read));
	g_assert_cmpint(read.internal_date, ==, 1234567890);
	g_assert_cmpint(read.zone, ==, 1439);
	g_assert_cmpuint(read.size, ==, row.facts.size + 17);
	assert_ok(content_load_one(store, CONTENT_OCTETS, read.hash, &value));
	g_assert_true(slice_equal(content_value_octets(value), row.octets));
	content_value_unref(&value);
	assert_ok(content_load_one(store, CONTENT_FACTS, read.hash, &value));
	g_assert_true(slice_equal(content_value_facts(value)->envelope, row.facts.envelope));
	g_assert_cmpuint(content_value_facts(value)->size, ==, row.facts.size);
	content_value_unref(&value);
	uid = appended.uid;
	assert_ok(message_load_prefixes(store, ref, &uid, 1, &prefix));
	g_assert_cmpmem(g_bytes_get_data(prefix, NULL), g_bytes_get_size(prefix), "Return-Path: <>\r\n", 17);
	g_bytes_unref(prefix);
	prefix = message_peek_prefix(store_service_pool(service), ref, uid);
	g_assert_nonnull(prefix);
	g_bytes_unref(prefix);
}

static void test_append_failures_change_nothing(void)
{
	struct mailbox_ref ref = new_inbox();
	struct content_row row = test_content(SLICE("A: 1\r\n\r\nnever"), NULL, NULL);
	struct message_new message = { .content = &row };
	struct message_appended appended;
	static const uint8_t nothing[CONTENT_HASH_SIZE] = { 1 };
	const char *const bad[] = { "with space", NULL };

	assert_result(message_append(store, (struct mailbox_ref){ ref.account_id, 999999 }, &message,
				     &appended), "not found");
	message.flags.keywords = bad;
	assert_result(message_append(store, ref, &message, &appended), "invalid");
	message = (struct message_new){ .hash = nothing };
	assert_result(message_append(store, ref, &message, &appended), "not found");
	{
		const struct view *view = check_view(ref);

		g_assert_cmpuint(view_count(view), ==, 0);
		view_unref(&view);
	}
}

static void test_append_many_is_all_or_none(void)
{
	struct mailbox_ref ref = new_inbox();
	struct content_row a = test_content(SLICE("A: 1\r\n\r\nmany a"), NULL, NULL);
	struct content_row b = test_content(SLICE("A: 1\r\n\r\nmany b"), NULL, NULL);
	static const uint8_t nothing[CONTENT_HASH_SIZE] = { 2 };
	struct message_new messages[3] = { { .content = &a }, { .content = &b }, { .hash = nothing } };
	struct message_appended appended[3];
	const struct view *view;

	assert_result(message_append_many(store, ref, messages, 3, appended), "not found");
	view = check_view(ref);
	g_assert_cmpuint(view_count(view), ==, 0);
	view_unref(&view);
	messages[2] = messages[0];
	assert_ok(message_append_many(store, ref, messages, 3, appended));
	view = check_view(ref);
	g_assert_cmpuint(view_count(view), ==, 3);
	g_assert_cmpuint(appended[2].uid, ==, appended[0].uid + 2);
	view_unref(&view);
}

static void test_append_long_content_in_chunks(void)
{
	struct mailbox_ref ref = new_inbox();
	size_t size = 3 * CONTENT_CHUNK + 1000;
	g_autofree char *octets = g_malloc(size), *back = g_malloc(size);
	struct slice whole = slice_of(octets, size);
	struct mailbox_ref twice = new_inbox();
	struct content_row row;
	struct message_new message = { .content = &row };
	struct message_appended appended;
	size_t got;
	static const struct { uint64_t offset; size_t len, got; } reads[] = {
		{ 0, 10, 10 }, { CONTENT_CHUNK - 5, 10, 10 }, { CONTENT_CHUNK, 1, 1 },
		{ 3 * CONTENT_CHUNK + 999, 10, 1 }, { 3 * CONTENT_CHUNK + 1000, 10, 0 },
		{ 100 * CONTENT_CHUNK, 1, 0 }, { 0, 3 * CONTENT_CHUNK + 1000, 3 * CONTENT_CHUNK + 1000 },
	};
	struct spool *spool = spool_create(1000, NULL);
	g_autofree char *problem = NULL;

	for (size_t i = 0; i < size; i++)
		octets[i] = (char)(i * 7 + (i >> 9));
	g_assert_cmpint(spool_append(spool, octets, size), ==, 0);
	row = test_content(whole, NULL, NULL);
	row.octets = (struct slice){ NULL, 0 };
	row.search_body = SLICE("x");
	row.read = (ssize_t (*)(void *, uint64_t, void *, size_t))spool_read;
	row.read_arg = spool;
	assert_ok(message_append(store, ref, &message, &appended));
	assert_ok(message_append(store, twice, &message, &appended));
	for (size_t i = 0; i < G_N_ELEMENTS(reads); i++) {
		assert_ok(content_read(store, row.hash, reads[i].offset, back, reads[i].len, &got));
		g_assert_cmpuint(got, ==, reads[i].got);
		g_assert_cmpmem(back, got, octets + MIN(reads[i].offset, size), got);
	}
	assert_ok(content_verify(store, row.hash, &problem));
	spool_destroy(&spool);
}

static void test_delivery_key_suppresses_repeats(void)
{
	struct mailbox_ref ref = new_inbox();
	struct content_row row = test_content(SLICE("A: 1\r\n\r\nonce"), NULL, NULL);
	struct message_new message = { .content = &row, .delivery_key = SLICE("queue-id-1") };
	struct message_appended appended;
	const struct view *view;

	assert_ok(message_append(store, ref, &message, &appended));
	assert_result(message_append(store, ref, &message, &appended), "exists");
	/* What fails is not remembered as delivered. */
	message.delivery_key = SLICE("queue-id-2");
	assert_result(message_append(store, (struct mailbox_ref){ ref.account_id, 999999 }, &message,
				     &appended), "not found");
	assert_ok(message_append(store, ref, &message, &appended));
	view = check_view(ref);
	g_assert_cmpuint(view_count(view), ==, 2);
	view_unref(&view);
}

static void test_threads_follow_references(void)
{
	static const struct { const char *id, *references; unsigned thread; } rows[] = {
		{ "<a@x>", NULL, 0 },
		{ "<b@x>", "<a@x>", 0 },
		{ "<c@x>", "<b@x>", 0 },            /* root not named, but its parent is here */
		{ "<d@x>", NULL, 1 },
		{ "<f@x>", "<e@x>", 2 },            /* before its root */
		{ "<e@x>", NULL, 2 },
		{ NULL, NULL, 3 },
	};
	struct mailbox_ref ref = new_inbox();
	uint64_t threads[4] = { 0 };

	for (size_t i = 0; i < G_N_ELEMENTS(rows); i++) {
		g_autofree char *text = g_strdup_printf("A: %zu\r\n\r\nthread", i);
		struct content_row row = test_content(slice_from_string(text), rows[i].id,
						      rows[i].references);
		struct message_new message = { .content = &row };
		struct message_appended appended, again;

		assert_ok(message_append(store, ref, &message, &appended));
		if (threads[rows[i].thread] == 0)
			threads[rows[i].thread] = appended.thread_id;
		g_assert_cmpuint(appended.thread_id, ==, threads[rows[i].thread]);
		for (unsigned other = 0; other < rows[i].thread; other++)
			g_assert_cmpuint(threads[other], !=, appended.thread_id);
		message = (struct message_new){ .hash = row.hash };
		assert_ok(message_append(store, ref, &message, &again));
		g_assert_cmpuint(again.thread_id, ==, appended.thread_id);
	}
}

/* flags before -> change -> flags after; keywords "A" is bit 8, "b" bit 9. */
static void test_flags_table(void)
{
	static const char *const kw_a[] = { "A", NULL }, *const kw_b[] = { "B", NULL };
	static const struct {
		uint64_t before;
		enum flag_mode mode;
		uint64_t system;
		const char *const *keywords;
		uint64_t after;
	} rows[] = {
		{ 0, FLAGS_ADD, MESSAGE_SEEN, NULL, MESSAGE_SEEN },
		{ MESSAGE_SEEN, FLAGS_ADD, MESSAGE_SEEN, NULL, MESSAGE_SEEN },
		{ 0, FLAGS_ADD, 0, kw_a, 1 << 8 },
		{ 0, FLAGS_ADD, MESSAGE_FLAGGED, kw_b, MESSAGE_FLAGGED | 1 << 9 },
		{ MESSAGE_SEEN | MESSAGE_DRAFT, FLAGS_REMOVE, MESSAGE_SEEN, NULL, MESSAGE_DRAFT },
		{ MESSAGE_SEEN | MESSAGE_DRAFT, FLAGS_REPLACE, MESSAGE_DELETED, kw_a,
		  MESSAGE_DELETED | 1 << 8 },
		{ MESSAGE_SEEN, FLAGS_REPLACE, 0, NULL, 0 },
	};
	static const char *const both[] = { "A", "b", NULL };
	struct mailbox_ref ref = new_inbox();
	struct content_row row = test_content(SLICE("A: 1\r\n\r\nflags"), NULL, NULL);
	struct message_new with_both = { .content = &row, .flags.keywords = both };
	struct message_appended appended;

	assert_ok(message_append(store, ref, &with_both, &appended));
	for (size_t i = 0; i < G_N_ELEMENTS(rows); i++) {
		struct message_appended one = append_text(ref, "A: 1\r\n\r\nflags", rows[i].before);
		struct uid_range range = { one.uid, one.uid };
		struct flag_change change = { { &range, 1 }, rows[i].mode,
			{ rows[i].system, rows[i].keywords }, .unchanged_since = UINT64_MAX };
		struct flags_changed changed;
		const struct view *view;

		assert_ok(message_store_flags(store, ref, &change, &changed));
		if (rows[i].after == rows[i].before) {
			g_assert_cmpuint(changed.modseq, ==, 0);
			g_assert_cmpuint(changed.changed->len, ==, 0);
		} else {
			g_assert_cmpuint(changed.modseq, ==, one.modseq + 1);
			g_assert_cmpuint(g_array_index(changed.changed, struct flags_row, 0).flags, ==,
					 rows[i].after);
		}
		g_assert_cmpstr(changed.keywords[0], ==, "A");
		g_assert_cmpstr(changed.keywords[1], ==, "b");
		view = check_view(ref);
		g_assert_cmpuint(view_entry(view, view_count(view))->flags, ==, rows[i].after);
		g_assert_cmpuint(view_keyword_bit(view, SLICE("B")), ==, 1 << 9);
		view_unref(&view);
		flags_changed_clear(&changed);
	}
}

static void test_flags_unchanged_since(void)
{
	struct mailbox_ref ref = new_inbox();
	struct message_appended one = append_text(ref, "A: 1\r\n\r\n1", 0);
	struct message_appended two = append_text(ref, "A: 1\r\n\r\n2", 0);
	struct flag_change change = { everything, FLAGS_ADD, { MESSAGE_SEEN, NULL },
				      .unchanged_since = one.modseq };
	struct flags_changed changed;

	assert_ok(message_store_flags(store, ref, &change, &changed));
	g_assert_cmpuint(changed.changed->len, ==, 1);
	g_assert_true(uid_set_contains(uid_list_set(&changed.conflicts), two.uid));
	g_assert_cmpuint(uid_set_count(uid_list_set(&changed.conflicts)), ==, 1);
	flags_changed_clear(&changed);
	change.unchanged_since = 0;
	assert_ok(message_store_flags(store, ref, &change, &changed));
	g_assert_cmpuint(changed.modseq, ==, 0);
	g_assert_cmpuint(uid_set_count(uid_list_set(&changed.conflicts)), ==, 2);
	flags_changed_clear(&changed);
}

static void test_flags_only_what_is_allowed(void)
{
	static const char *const keyword[] = { "x", NULL };
	struct mailbox_ref ref = new_inbox();
	struct flag_change change = { everything, FLAGS_REPLACE, { MESSAGE_DELETED, keyword },
				      .unchanged_since = UINT64_MAX, .limit_system = true,
				      .system_allowed = MESSAGE_SEEN, .keywords_forbidden = true };
	struct flags_changed changed;
	const struct view *view;

	append_text(ref, "A: 1\r\n\r\n1", MESSAGE_SEEN | MESSAGE_FLAGGED);
	assert_ok(message_store_flags(store, ref, &change, &changed));
	flags_changed_clear(&changed);
	view = check_view(ref);
	g_assert_cmpuint(view_entry(view, 1)->flags, ==, MESSAGE_FLAGGED);
	view_unref(&view);
}

static void test_keywords_are_limited_and_reused(void)
{
	struct mailbox_ref ref = new_inbox();
	struct message_appended one = append_text(ref, "A: 1\r\n\r\nkw", 0);
	struct flags_changed changed;
	g_autoptr(GPtrArray) names = g_ptr_array_new_with_free_func(g_free);
	struct flag_change change = { everything, FLAGS_REPLACE, .unchanged_since = UINT64_MAX };
	static const char *const more[] = { "one-more", NULL };

	for (int i = 0; i < MESSAGE_KEYWORD_MAX; i++)
		g_ptr_array_add(names, g_strdup_printf("kw%d", i));
	g_ptr_array_add(names, NULL);
	change.flags.keywords = (const char *const *)names->pdata;
	assert_ok(message_store_flags(store, ref, &change, &changed));
	g_assert_cmpuint(g_array_index(changed.changed, struct flags_row, 0).flags, ==,
			 UINT64_MAX << MESSAGE_KEYWORD_FIRST);
	flags_changed_clear(&changed);
	change.mode = FLAGS_ADD;
	change.flags.keywords = more;
	assert_result(message_store_flags(store, ref, &change, &changed), "limit");
	flags_changed_clear(&changed);
	/* Once a keyword is nowhere set any more, its place can be had. */
	change.mode = FLAGS_REMOVE;
	g_ptr_array_set_size(names, 10);
	g_ptr_array_add(names, NULL);
	change.flags.keywords = (const char *const *)names->pdata;
	assert_ok(message_store_flags(store, ref, &change, &changed));
	flags_changed_clear(&changed);
	change.mode = FLAGS_ADD;
	change.flags.keywords = more;
	assert_ok(message_store_flags(store, ref, &change, &changed));
	g_assert_cmpstr(changed.keywords[0], ==, "one-more");
	g_assert_cmpuint(g_array_index(changed.changed, struct flags_row, 0).uid, ==, one.uid);
	flags_changed_clear(&changed);
	{
		const struct view *view = check_view(ref);

		g_assert_cmpuint(view_keyword_bit(view, SLICE("ONE-MORE")), ==, 1 << 8);
		g_assert_cmpuint(view_keyword_bit(view, SLICE("kw0")), ==, 0);
		view_unref(&view);
	}
}

static void test_expunge_takes_the_deleted(void)
{
	struct mailbox_ref ref = new_inbox();
	struct uid_list gone;
	uint64_t modseq;
	const struct view *view;

	append_text(ref, "A: 1\r\n\r\n1", MESSAGE_DELETED);
	append_text(ref, "A: 1\r\n\r\n2", 0);
	append_text(ref, "A: 1\r\n\r\n3", MESSAGE_DELETED | MESSAGE_SEEN);
	view = check_view(ref);
	view_unref(&view);
	assert_ok(message_expunge(store, ref, everything, false, &gone, &modseq));
	g_assert_cmpuint(uid_set_count(uid_list_set(&gone)), ==, 2);
	g_assert_false(uid_set_contains(uid_list_set(&gone), 2));
	uid_list_clear(&gone);
	view = check_view(ref);
	g_assert_cmpuint(view_count(view), ==, 1);
	g_assert_cmpuint(view_modseq(view), ==, modseq);
	view_unref(&view);
	assert_ok(message_expunge(store, ref, everything, false, &gone, &modseq));
	g_assert_cmpuint(modseq, ==, 0);
	uid_list_clear(&gone);
	assert_ok(message_vanished(store, ref, 1, &gone));
	g_assert_cmpuint(uid_set_count(uid_list_set(&gone)), ==, 2);
	uid_list_clear(&gone);
	assert_ok(message_expunge(store, ref, everything, true, &gone, &modseq));
	uid_list_clear(&gone);
	view = check_view(ref);
	g_assert_cmpuint(view_count(view), ==, 0);
	view_unref(&view);
}

static void test_undelete_brings_back(void)
{
	struct mailbox_ref ref = new_inbox();
	struct content_row row = test_content(SLICE("A: 1\r\n\r\nback"), NULL, NULL);
	struct message_new message = { .content = &row, .internal_date = 1234567890, .zone = -1439,
				       .flags = { .system = MESSAGE_DELETED | MESSAGE_SEEN } };
	struct message_appended appended;
	struct uid_list gone;
	uint64_t modseq;
	GArray *list;
	unsigned count;
	const struct view *view;

	assert_ok(message_append(store, ref, &message, &appended));
	assert_ok(message_expunge(store, ref, everything, false, &gone, &modseq));
	uid_list_clear(&gone);
	assert_ok(message_list_gone(store, ref, 10, &list));
	g_assert_cmpuint(list->len, ==, 1);
	g_array_unref(list);
	assert_ok(message_undelete(store, ref, everything, &count));
	g_assert_cmpuint(count, ==, 1);
	view = check_view(ref);
	g_assert_cmpuint(view_entry(view, 1)->uid, ==, 2);
	g_assert_cmpuint(view_entry(view, 1)->flags, ==, MESSAGE_SEEN);
	g_assert_cmpint(view_entry(view, 1)->internal_date, ==, 1234567890);
	g_assert_cmpint(view_entry(view, 1)->zone, ==, -1439);
	view_unref(&view);
	assert_ok(message_vanished(store, ref, 1, &gone));
	g_assert_true(uid_set_contains(uid_list_set(&gone), 1));
	uid_list_clear(&gone);
	assert_ok(message_undelete(store, ref, everything, &count));
	g_assert_cmpuint(count, ==, 0);
}

static int64_t expunged_rows_read(void)
{
	static const struct db_statement ask = {
		"SELECT seq_tup_read + idx_tup_fetch FROM pg_stat_xact_user_tables WHERE relname = 'expunged'", true };
	struct db_args args = { 0 };
	PGresult *rows;
	int64_t read;

	assert_ok(db_run_row(store, &ask, &args, &rows));
	read = db_get_int8(rows, 0, 0);
	PQclear(rows);
	return read;
}

/* Whatever the number of ranges, and each message once whatever they are. */
static void test_undelete_walks_the_expunged_once(void)
{
	enum { EXPUNGED = 200 };
	struct mailbox_ref ref = new_inbox();
	struct uid_range ranges[EXPUNGED / 2 + 1];
	const struct uid_set odd_and_some_twice = { ranges, G_N_ELEMENTS(ranges) };
	struct uid_list gone;
	uint64_t modseq;
	unsigned count;
	const struct view *view;

	for (uint32_t i = 0; i < EXPUNGED; i++)
		append_text(ref, "A: 1\r\n\r\nwalk", MESSAGE_DELETED);
	assert_ok(message_expunge(store, ref, everything, false, &gone, &modseq));
	uid_list_clear(&gone);
	for (uint32_t i = 0; i < EXPUNGED / 2; i++)
		ranges[i] = (struct uid_range){ 2 * i + 1, 2 * i + 1 };
	ranges[EXPUNGED / 2] = (struct uid_range){ 1, 7 };
	assert_ok(store_begin(store));
	assert_ok(message_undelete(store, ref, odd_and_some_twice, &count));
	/* Once to find them, and once more those that come back, to write to them. */
	g_assert_cmpint(expunged_rows_read(), <, 2 * EXPUNGED);
	assert_ok(store_commit(store));
	g_assert_cmpuint(count, ==, EXPUNGED / 2 + 3);
	view = check_view(ref);
	g_assert_cmpuint(view_count(view), ==, count);
	view_unref(&view);
}

static struct mailbox_ref sub_mailbox(struct mailbox_ref inbox, const char *name)
{
	struct mailbox_ref ref;

	assert_ok(mailbox_create(store, inbox.account_id, slice_from_string(name), 0, &ref));
	return ref;
}

static void test_copy_and_move(void)
{
	static const char *const keywords[] = { "second", "first", NULL };
	static const char *const other[] = { "first", NULL };
	struct mailbox_ref ref = new_inbox(), target = sub_mailbox(ref, "Target");
	struct content_row row = test_content(SLICE("A: 1\r\n\r\ncopied"), NULL, NULL);
	struct message_new message = { .content = &row, .flags = { MESSAGE_FLAGGED, keywords } };
	struct message_new there = { .content = &row, .flags = { 0, other } };
	struct message_appended appended;
	struct message_copied copied;
	const struct view *view;

	assert_ok(message_append(store, target, &there, &appended));
	assert_ok(message_append(store, ref, &message, &appended));
	append_text(ref, "A: 1\r\n\r\nother", 0);
	view = check_view(target);
	view_unref(&view);
	assert_ok(message_copy(store, ref, everything, target, &copied));
	g_assert_cmpuint(copied.source->len, ==, 2);
	g_assert_cmpuint(g_array_index(copied.target, uint32_t, 1), ==, 3);
	message_copied_clear(&copied);
	view = check_view(target);
	g_assert_cmpuint(view_count(view), ==, 3);
	g_assert_cmpuint(view_entry(view, 2)->flags, ==,
			 MESSAGE_FLAGGED | view_keyword_bit(view, SLICE("first")) |
			 view_keyword_bit(view, SLICE("second")));
	g_assert_cmpuint(view_keyword_bit(view, SLICE("first")), ==, 1 << 8);
	view_unref(&view);
	view = check_view(ref);
	view_unref(&view);
	assert_ok(message_move(store, ref, everything, target, &copied));
	g_assert_cmpuint(copied.source->len, ==, 2);
	g_assert_cmpuint(g_array_index(copied.target, uint32_t, 0), ==, 4);
	message_copied_clear(&copied);
	view = check_view(ref);
	g_assert_cmpuint(view_count(view), ==, 0);
	view_unref(&view);
	view = check_view(target);
	g_assert_cmpuint(view_count(view), ==, 5);
	view_unref(&view);
	/* Within one mailbox: new UIDs, the old ones vanish. */
	assert_ok(message_move(store, target, everything, target, &copied));
	g_assert_cmpuint(copied.source->len, ==, 5);
	message_copied_clear(&copied);
	view = check_view(target);
	g_assert_cmpuint(view_count(view), ==, 5);
	g_assert_cmpuint(view_entry(view, 1)->uid, ==, 6);
	view_unref(&view);
	assert_ok(message_copy(store, ref, everything, target, &copied));
	g_assert_cmpuint(copied.source->len, ==, 0);
	message_copied_clear(&copied);
	assert_result(message_copy(store, ref, everything,
				   (struct mailbox_ref){ ref.account_id, 999999 }, &copied), "not found");
	message_copied_clear(&copied);
}

static void test_replace(void)
{
	struct mailbox_ref ref = new_inbox();
	struct message_appended old = append_text(ref, "A: 1\r\n\r\ndraft 1", MESSAGE_DRAFT), new;
	struct content_row row = test_content(SLICE("A: 1\r\n\r\ndraft 2"), NULL, NULL);
	struct message_new message = { .content = &row };
	const struct view *view;

	assert_ok(message_replace(store, ref, old.uid, ref, &message, &new));
	assert_result(message_replace(store, ref, old.uid, ref, &message, &new), "not found");
	view = check_view(ref);
	g_assert_cmpuint(view_count(view), ==, 1);
	g_assert_cmpuint(view_entry(view, 1)->uid, ==, 2);
	view_unref(&view);
}

static void test_quota(void)
{
	struct mailbox_ref ref = new_inbox(), target;
	struct account account = { .account_id = ref.account_id, .quota_octets = 100, .quota_messages = 3 };
	struct content_row row = test_content(SLICE("A: 1\r\n\r\n0123456789012345678901234567890123456789"),
					      NULL, NULL);
	struct message_new message = { .content = &row };
	struct message_appended appended;
	struct message_copied copied;
	struct quota quota;

	target = sub_mailbox(ref, "Target");
	assert_ok(account_set(store, &account, ACCOUNT_QUOTA));
	assert_ok(message_append(store, ref, &message, &appended));
	assert_ok(message_append(store, ref, &message, &appended));
	assert_result(message_append(store, ref, &message, &appended), "over quota");
	assert_result(message_copy(store, ref, everything, target, &copied), "over quota");
	message_copied_clear(&copied);
	assert_ok(message_move(store, ref, everything, target, &copied));
	message_copied_clear(&copied);
	/* Delivery may overstep once, then no more. */
	message.delivery = true;
	assert_ok(message_append(store, ref, &message, &appended));
	assert_result(message_append(store, ref, &message, &appended), "over quota");
	assert_ok(quota_get(store, ref.account_id, &quota));
	g_assert_cmpuint(quota.messages, ==, 3);
	g_assert_cmpuint(quota.octets, ==, 3 * row.facts.size);
	g_assert_cmpuint(quota.octets_limit, ==, 100);
}

static void test_find_messages(void)
{
	struct mailbox_ref ref = new_inbox();
	struct content_row original = test_content(SLICE("A: 1\r\n\r\nas it came"), NULL, NULL);
	struct content_row shown = test_content(SLICE("A: 1\r\n\r\nas shown"), "<find@x>", NULL);
	struct message_new message = { .content = &shown, .original_hash = original.hash };
	struct message_appended appended;
	GArray *found;

	assert_result(message_append(store, ref, &message, &appended), "not found");
	assert_ok(content_store(store, &original));
	assert_ok(message_append(store, ref, &message, &appended));
	assert_ok(message_find_content(store, ref.account_id, original.hash, &found));
	g_assert_cmpuint(found->len, ==, 1);
	g_array_unref(found);
	assert_ok(message_find_content(store, ref.account_id, shown.hash, &found));
	g_assert_cmpuint(found->len, ==, 1);
	g_assert_true(g_array_index(found, struct message, 0).has_original);
	g_array_unref(found);
	assert_ok(message_walk_rendered(store, ref.account_id, (struct mailbox_ref){ 0 }, 0, 10, &found));
	g_assert_cmpuint(found->len, ==, 1);
	g_array_unref(found);
	assert_ok(message_walk_rendered(store, ref.account_id, ref, appended.uid, 10, &found));
	g_assert_cmpuint(found->len, ==, 0);
	g_array_unref(found);
}

static void test_fuzzy_finds_words(void)
{
	struct mailbox_ref ref = new_inbox();
	GArray *scores;

	append_text(ref, "A: 1\r\n\r\nthe quarterly report of sales", 0);
	append_text(ref, "A: 1\r\n\r\nnothing here", 0);
	append_text(ref, "A: 1\r\nSubject: report\r\n\r\nthe sales", 0);
	static const int64_t uids[] = { 1, 2, 3 };
	static const struct {
		struct message_fuzzy fuzzy;
		guint count;
		uint32_t uid;
	} rows[] = {
		{ { .words = SLICE("REPORT sales"), .uids = uids, .uid_count = 2 }, 1, 1 },
		{ { .words = SLICE("REPORT sales"), .uids = uids, .uid_count = 3 }, 2, 0 },
		{ { .words = SLICE("REPORT sales"), .uids = uids + 1, .uid_count = 2 }, 1, 3 },
		{ { .words = SLICE("report"), .uids = uids, .uid_count = 0 }, 0, 0 },
	};

	for (size_t i = 0; i < G_N_ELEMENTS(rows); i++) {
		assert_ok(message_search_fuzzy(store, ref, &rows[i].fuzzy, &scores));
		g_assert_cmpuint(scores->len, ==, rows[i].count);
		if (rows[i].uid != 0)
			g_assert_cmpuint(g_array_index(scores, struct message_score, 0).uid, ==, rows[i].uid);
		g_array_unref(scores);
	}
}

static void test_rollback_takes_all_back(void)
{
	struct mailbox_ref ref = new_inbox();
	const struct view *view = check_view(ref);

	view_unref(&view);
	assert_ok(store_begin(store));
	append_text(ref, "A: 1\r\n\r\nrolled back", 0);
	store_rollback(store);
	view = check_view(ref);
	g_assert_cmpuint(view_count(view), ==, 0);
	view_unref(&view);
	assert_ok(store_begin(store));
	append_text(ref, "A: 1\r\n\r\ncommitted 1", 0);
	append_text(ref, "A: 1\r\n\r\ncommitted 2", 0);
	assert_ok(store_commit(store));
	view = check_view(ref);
	g_assert_cmpuint(view_count(view), ==, 2);
	view_unref(&view);
}

int main(int argc, char **argv)
{
	int status;

	service = test_begin(&argc, &argv, 2);
	store = test_store(service);
	g_test_add_func("/message/append-gives-rising-uids", test_append_gives_rising_uids);
	g_test_add_func("/message/append-keeps-octets-and-prefix", test_append_keeps_octets_and_prefix);
	g_test_add_func("/message/append-failures-change-nothing", test_append_failures_change_nothing);
	g_test_add_func("/message/append-many-is-all-or-none", test_append_many_is_all_or_none);
	g_test_add_func("/message/append-long-content-in-chunks", test_append_long_content_in_chunks);
	g_test_add_func("/message/delivery-key-suppresses-repeats", test_delivery_key_suppresses_repeats);
	g_test_add_func("/message/threads-follow-references", test_threads_follow_references);
	g_test_add_func("/message/flags-table", test_flags_table);
	g_test_add_func("/message/flags-unchanged-since", test_flags_unchanged_since);
	g_test_add_func("/message/flags-only-what-is-allowed", test_flags_only_what_is_allowed);
	g_test_add_func("/message/keywords-are-limited-and-reused", test_keywords_are_limited_and_reused);
	g_test_add_func("/message/expunge-takes-the-deleted", test_expunge_takes_the_deleted);
	g_test_add_func("/message/undelete-brings-back", test_undelete_brings_back);
	g_test_add_func("/message/undelete-walks-the-expunged-once", test_undelete_walks_the_expunged_once);
	g_test_add_func("/message/copy-and-move", test_copy_and_move);
	g_test_add_func("/message/replace", test_replace);
	g_test_add_func("/message/quota", test_quota);
	g_test_add_func("/message/find-messages", test_find_messages);
	g_test_add_func("/message/fuzzy-finds-words", test_fuzzy_finds_words);
	g_test_add_func("/message/rollback-takes-all-back", test_rollback_takes_all_back);
	status = g_test_run();
	store_close(&store);
	store_service_destroy(&service);
	test_cluster_stop();
	return status;
}
