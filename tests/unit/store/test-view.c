/* Views: after any sequence of changes, made here or elsewhere, in any order of arrival,
 * the snapshot in memory equals a fresh load, and differences replay one into the other. */
#include "store/connection.h"
#include "store/mailbox.h"
#include "store/message.h"
#include "store/view_private.h"
#include "tests/unit/store/cluster.h"

static struct store_service *service, *elsewhere;
static struct store *store, *other; /* other: a node of its own */
static struct mailbox_ref inbox, target;

static void assert_same(const struct view *a, const struct view *b)
{
	struct view_cursor at;
	const struct view_entry *entry;

	g_assert_cmpuint(view_count(a), ==, view_count(b));
	g_assert_cmpuint(view_modseq(a), ==, view_modseq(b));
	g_assert_cmpuint(view_uidnext(a), ==, view_uidnext(b));
	g_assert_cmpuint(view_unseen(a), ==, view_unseen(b));
	g_assert_true(g_strv_equal(view_keywords(a), view_keywords(b)));
	for (view_cursor_at(&at, a, 1); (entry = view_cursor_get(&at)) != NULL; view_cursor_next(&at)) {
		const struct view_entry *same = view_entry(b, at.seq);

		g_assert_cmpmem(entry, sizeof(*entry), same, sizeof(*same));
		g_assert_cmpuint(view_seq(b, entry->uid), ==, at.seq);
	}
}

static void assert_pages_are_sound(const struct view *view)
{
	uint32_t count = 0, last = 0;

	for (uint32_t i = 0; i < view->page_count; i++) {
		const struct view_page *page = view->pages[i].page;

		g_assert_cmpuint(page->count, >=, 1);
		g_assert_cmpuint(page->count, <=, VIEW_PAGE_SIZE);
		g_assert_cmpuint(view->pages[i].first, ==, count);
		for (uint32_t e = 0; e < page->count; e++) {
			g_assert_cmpuint(page->entries[e].uid, >, last);
			last = page->entries[e].uid;
		}
		count += page->count;
	}
	g_assert_cmpuint(count, ==, view->count);
}

static void append(struct store *by, unsigned count)
{
	struct content_row row = test_content(SLICE("A: 1\r\n\r\nview"), NULL, NULL);
	g_autofree struct message_new *messages = g_new0(struct message_new, count);
	g_autofree struct message_appended *appended = g_new0(struct message_appended, count);

	for (unsigned i = 0; i < count; i++) {
		messages[i].content = &row;
		messages[i].flags.system = g_test_rand_int_range(0, 32);
		messages[i].prefix = slice_of("X: 12345\r\n", (size_t)g_test_rand_int_range(0, 3) * 5);
	}
	assert_ok(message_append_many(by, inbox, messages, count, appended));
}

static struct uid_range random_range(uint32_t uidnext, uint32_t most)
{
	uint32_t first = (uint32_t)g_test_rand_int_range(1, (gint32)uidnext + 1);

	return (struct uid_range){ first, first + (uint32_t)g_test_rand_int_range(0, (gint32)most) };
}

static void random_change(struct store *by, uint32_t uidnext)
{
	static const char *const words[] = { "k0", "k1", "k2", "K1" };
	const char *keywords[] = { words[g_test_rand_int_range(0, 4)], NULL };
	struct uid_range range = random_range(uidnext, 40);
	struct uid_set set = { &range, 1 };
	struct flag_change change = { set, (enum flag_mode)g_test_rand_int_range(0, 3),
		{ (uint64_t)g_test_rand_int_range(0, 32), g_test_rand_bit() ? keywords : NULL },
		.unchanged_since = UINT64_MAX };
	struct flags_changed changed;
	struct message_copied copied;
	struct uid_list gone;
	unsigned count;
	uint64_t modseq;

	switch (g_test_rand_int_range(0, 9)) {
	case 0:
	case 1:
		append(by, (unsigned)g_test_rand_int_range(1, 30));
		break;
	case 2:
	case 3:
	case 4:
		assert_ok(message_store_flags(by, inbox, &change, &changed));
		flags_changed_clear(&changed);
		break;
	case 5:
		assert_ok(message_expunge(by, inbox, set, g_test_rand_bit(), &gone, &modseq));
		uid_list_clear(&gone);
		break;
	case 6:
		assert_ok(message_move(by, inbox, set, g_test_rand_bit() ? inbox : target, &copied));
		message_copied_clear(&copied);
		break;
	case 7:
		assert_ok(message_copy(by, inbox, set, inbox, &copied));
		message_copied_clear(&copied);
		break;
	case 8:
		assert_ok(message_undelete(by, inbox, set, &count));
		break;
	}
}

/* What a session does with a difference: its own list of (uid, flags). */
struct replay {
	GArray *entries; /* of struct view_entry */
	const struct view *new_view;
	guint vanished;
};

static void replay_vanished(void *arg, uint32_t uid, uint32_t old_seq)
{
	struct replay *replay = arg;
	guint at = old_seq - 1 - replay->vanished++;

	g_assert_cmpuint(g_array_index(replay->entries, struct view_entry, at).uid, ==, uid);
	g_array_remove_index(replay->entries, at);
}

static void replay_changed(void *arg, const struct view_entry *entry, uint64_t old_flags, uint32_t seq)
{
	struct replay *replay = arg;
	struct view_entry *mine = &g_array_index(replay->entries, struct view_entry, seq - 1);

	g_assert_cmpuint(mine->uid, ==, entry->uid);
	g_assert_cmpuint(mine->flags, ==, old_flags);
	*mine = *entry;
}

static void replay_added(void *arg, const struct view_entry *entry, uint32_t seq)
{
	struct replay *replay = arg;

	g_assert_cmpuint(seq, ==, replay->entries->len + 1);
	g_array_append_vals(replay->entries, entry, 1);
}

static void assert_replays(const struct view *from, const struct view *to)
{
	static const struct view_diff diff = { replay_vanished, replay_changed, replay_added };
	struct replay replay = { g_array_new(FALSE, FALSE, sizeof(struct view_entry)), to, 0 };
	struct view_cursor at;
	const struct view_entry *entry;

	for (view_cursor_at(&at, from, 1); (entry = view_cursor_get(&at)) != NULL; view_cursor_next(&at))
		g_array_append_vals(replay.entries, entry, 1);
	view_compare(from, to, &diff, &replay);
	g_assert_cmpuint(replay.entries->len, ==, view_count(to));
	for (guint i = 0; i < replay.entries->len; i++)
		g_assert_cmpmem(&g_array_index(replay.entries, struct view_entry, i),
				sizeof(struct view_entry), view_entry(to, i + 1), sizeof(struct view_entry));
	g_array_unref(replay.entries);
}

static void assert_keeps(const struct view *from, const struct view *to)
{
	const struct view *merged = view_without_expunges(from, to);
	uint32_t next = 0;

	assert_pages_are_sound(merged);
	for (uint32_t seq = 1; seq <= view_count(from); seq++)
		g_assert_cmpuint(view_entry(merged, seq)->uid, ==, view_entry(from, seq)->uid);
	for (uint32_t seq = 1; seq <= view_count(to); seq++) {
		const struct view_entry *entry = view_entry(to, seq);

		next = view_seq(merged, entry->uid);
		g_assert_cmpuint(next, >, 0);
		g_assert_cmpmem(view_entry(merged, next), sizeof(*entry), entry, sizeof(*entry));
	}
	assert_replays(from, merged);
	assert_replays(merged, to);
	view_unref(&merged);
}

static void assert_counts(const struct view *view, const struct mailbox *row)
{
	uint32_t unseen = 0, deleted = 0;
	uint64_t size = 0, deleted_size = 0;

	for (uint32_t seq = 1; seq <= view_count(view); seq++) {
		const struct view_entry *entry = view_entry(view, seq);

		unseen += (entry->flags & MESSAGE_SEEN) == 0;
		size += entry->size;
		deleted += (entry->flags & MESSAGE_DELETED) != 0;
		deleted_size += (entry->flags & MESSAGE_DELETED) != 0 ? entry->size : 0;
	}
	g_assert_cmpuint(row->messages, ==, view_count(view));
	g_assert_cmpuint(row->recent, ==, view_count(view)); /* nobody has claimed any */
	g_assert_cmpuint(row->unseen, ==, unseen);
	g_assert_cmpuint(row->size, ==, size);
	g_assert_cmpuint(row->deleted, ==, deleted);
	g_assert_cmpuint(row->deleted_size, ==, deleted_size);
}

static void test_any_history_ends_in_the_database(void)
{
	const struct view *kept, *now, *loaded;
	struct mailbox row;
	unsigned steps = g_test_thorough() ? 2000 : 250;

	assert_ok(view_open(store, inbox, &kept, NULL));
	for (unsigned i = 0; i < steps; i++) {
		random_change(g_test_rand_int_range(0, 4) == 0 ? other : store, view_uidnext(kept));
		if (g_test_rand_int_range(0, 3) > 0)
			continue; /* several changes between two looks */
		assert_ok(view_open(store, inbox, &now, &row));
		assert_ok(view_load(store, inbox, NULL, &loaded));
		assert_same(now, loaded);
		assert_counts(now, &row);
		mailbox_clear(&row);
		assert_pages_are_sound(now);
		assert_pages_are_sound(loaded);
		assert_replays(kept, now);
		assert_keeps(kept, now);
		view_unref(&loaded);
		if (g_test_rand_bit()) {
			view_unref(&kept);
			kept = view_ref(now);
		}
		view_unref(&now);
	}
	view_unref(&kept);
}

static uint64_t statements(void)
{
	struct store_counters counters;

	store_service_counters(service, &counters);
	return counters.statements;
}

static void test_unchanged_mailbox_costs_one_row(void)
{
	const struct view *first, *second;
	uint64_t cost = UINT64_MAX;

	append(store, 1);
	assert_ok(view_open(store, inbox, &first, NULL));
	/* The notifier may send a statement of its own meanwhile, but not each time. */
	for (int i = 0; i < 20 && cost != 1; i++) {
		uint64_t before = statements();

		assert_ok(view_open(store, inbox, &second, NULL));
		cost = MIN(cost, statements() - before);
		g_assert_true(first == second);
		view_unref(&second);
	}
	g_assert_cmpuint(cost, ==, 1);
	/* Own changes are in memory at once; nothing is read. */
	append(store, 1);
	second = view_peek(store_service_pool(service), inbox, view_modseq(first) + 1);
	g_assert_nonnull(second);
	g_assert_cmpuint(view_count(second), ==, view_count(first) + 1);
	g_assert_null(view_peek(store_service_pool(service), inbox, view_modseq(second) + 1));
	view_unref(&first);
	view_unref(&second);
}

static void test_untouched_pages_are_shared(void)
{
	const struct view *before, *after;
	struct uid_range one;
	struct flag_change change = { { &one, 1 }, FLAGS_ADD, { MESSAGE_FLAGGED, NULL },
				      .unchanged_since = UINT64_MAX };
	struct flags_changed changed;
	uint32_t shared = 0;

	append(store, 1000);
	assert_ok(view_open(store, inbox, &before, NULL));
	one.first = one.last = view_entry(before, view_count(before) / 2)->uid;
	change.mode = view_entry(before, view_count(before) / 2)->flags & MESSAGE_FLAGGED ?
		      FLAGS_REMOVE : FLAGS_ADD;
	assert_ok(message_store_flags(store, inbox, &change, &changed));
	flags_changed_clear(&changed);
	assert_ok(view_open(store, inbox, &after, NULL));
	g_assert_cmpuint(before->page_count, ==, after->page_count);
	for (uint32_t i = 0; i < after->page_count; i++)
		shared += before->pages[i].page == after->pages[i].page;
	g_assert_cmpuint(shared, ==, after->page_count - 1);
	view_unref(&before);
	view_unref(&after);
}

static void test_deleted_mailbox_has_no_view(void)
{
	struct mailbox_ref ref;
	const struct view *view;

	assert_ok(mailbox_create(store, inbox.account_id, SLICE("gone"), 0, &ref));
	assert_ok(view_open(store, ref, &view, NULL));
	view_unref(&view);
	assert_ok(mailbox_delete(store, ref));
	g_assert_null(view_peek(store_service_pool(service), ref, 0));
	assert_result(view_open(store, ref, &view, NULL), "not found");
	g_assert_null(view);
}

/* A node that has not heard of it (its notices were lost) finds another UIDVALIDITY, and nothing of
 * what was there before. */
static void test_recreated_mailbox_shows_nothing_of_the_one_before(void)
{
	struct mailbox_ref level, below;
	const struct view *view;
	struct content_row row = test_content(SLICE("A: 1\r\n\r\nghost"), NULL, NULL);
	struct message_new message = { .content = &row };
	struct message_appended appended;

	assert_ok(mailbox_create(store, inbox.account_id, SLICE("Level"), 0, &level));
	assert_ok(mailbox_create(store, inbox.account_id, SLICE("Level/Below"), 0, &below));
	assert_ok(message_append(store, level, &message, &appended));
	assert_ok(view_open(other, level, &view, NULL));
	g_assert_cmpuint(view_count(view), ==, 1);
	view_unref(&view);
	/* By statements of no node, so that nobody is told. */
	assert_ok(connection_command(store, "DELETE FROM message USING mailbox b WHERE b.name = 'Level'"
				     " AND message.mailbox_id = b.mailbox_id;"
				     " UPDATE mailbox SET messages = 0, unseen = 0, size = 0, modseq = modseq + 1,"
				     " forgotten_modseq = modseq + 1, uidvalidity = uidvalidity + 1"
				     " WHERE name = 'Level'"));
	assert_ok(view_open(other, level, &view, NULL));
	g_assert_cmpuint(view_count(view), ==, 0);
	view_unref(&view);
}

int main(int argc, char **argv)
{
	int status;

	service = test_begin(&argc, &argv, 1);
	elsewhere = test_service(test_cluster_start(), 1);
	store = test_store(service);
	other = test_store(elsewhere);
	inbox = test_account(store, "view@example.test");
	assert_ok(mailbox_create(store, inbox.account_id, SLICE("Target"), 0, &target));
	g_test_add_func("/view/any-history-ends-in-the-database", test_any_history_ends_in_the_database);
	g_test_add_func("/view/unchanged-mailbox-costs-one-row", test_unchanged_mailbox_costs_one_row);
	g_test_add_func("/view/untouched-pages-are-shared", test_untouched_pages_are_shared);
	g_test_add_func("/view/recreated-mailbox-shows-nothing-of-the-one-before",
			test_recreated_mailbox_shows_nothing_of_the_one_before);
	g_test_add_func("/view/deleted-mailbox-has-no-view", test_deleted_mailbox_has_no_view);
	status = g_test_run();
	store_close(&store);
	store_close(&other);
	store_service_destroy(&elsewhere);
	store_service_destroy(&service);
	test_cluster_stop();
	return status;
}
