/* Many at once in one mailbox; and a database that is killed under them. */
#include "base/clock.h"
#include "store/connection.h"
#include "store/mailbox.h"
#include "store/message.h"
#include "store/view_private.h"
#include "tests/unit/store/cluster.h"

#include <stdatomic.h>

#define THREADS 8
#define ROUNDS 150

static struct store_service *service;
static struct mailbox_ref inbox, second;

struct worker {
	unsigned number;
	GRand *random;
	struct store *store;
	GArray *appended;  /* of struct message_appended */
};

static void append_one(struct worker *worker, unsigned round)
{
	g_autofree char *text = g_strdup_printf("A: %u\r\n\r\nbusy %u", worker->number, round);
	struct content_row row = test_content(slice_from_string(text), NULL, NULL);
	struct message_new message = { .content = &row };
	struct message_appended appended;

	assert_ok(message_append(worker->store, inbox, &message, &appended));
	g_array_append_val(worker->appended, appended);
}

static void change_some(struct worker *worker)
{
	uint32_t first = (uint32_t)g_rand_int_range(worker->random, 1, 600);
	struct uid_range range = { first, first + 10 };
	struct uid_set set = { &range, 1 };
	struct flag_change change = { set, (enum flag_mode)g_rand_int_range(worker->random, 0, 3),
		{ (uint64_t)g_rand_int_range(worker->random, 0, 32), NULL },
		.unchanged_since = UINT64_MAX };
	struct flags_changed changed;

	assert_ok(message_store_flags(worker->store, inbox, &change, &changed));
	flags_changed_clear(&changed);
}

static void remove_some(struct worker *worker)
{
	uint32_t first = (uint32_t)g_rand_int_range(worker->random, 1, 600);
	struct uid_range range = { first, first + 3 };
	struct uid_list gone;
	uint64_t modseq;

	assert_ok(message_expunge(worker->store, inbox, (struct uid_set){ &range, 1 },
				  true, &gone, &modseq));
	uid_list_clear(&gone);
}

/* Both directions at once: this is where two locks could be taken in two orders. */
static void move_some(struct worker *worker)
{
	uint32_t first = (uint32_t)g_rand_int_range(worker->random, 1, 600);
	struct uid_range range = { first, first + 3 };
	bool there = g_rand_boolean(worker->random);
	struct message_copied copied;

	assert_ok(message_move(worker->store, there ? inbox : second, (struct uid_set){ &range, 1 },
			       there ? second : inbox, &copied));
	message_copied_clear(&copied);
}

static void look(struct worker *worker)
{
	const struct view *view;
	uint32_t last = 0;

	assert_ok(view_open(worker->store, inbox, &view, NULL));
	for (uint32_t seq = 1; seq <= view_count(view); seq++) {
		g_assert_cmpuint(view_entry(view, seq)->uid, >, last);
		last = view_entry(view, seq)->uid;
	}
	view_unref(&view);
}

static void *work(void *arg)
{
	struct worker *worker = arg;

	for (unsigned i = 0; i < ROUNDS; i++) {
		append_one(worker, i);
		switch (g_rand_int_range(worker->random, 0, 4)) {
		case 0:
			change_some(worker);
			break;
		case 1:
			remove_some(worker);
			break;
		case 2:
			move_some(worker);
			break;
		case 3:
			look(worker);
			break;
		}
	}
	return NULL;
}

static void check_mailbox(struct store *store, struct mailbox_ref ref)
{
	const struct view *view, *loaded;
	struct mailbox row;
	uint32_t unseen = 0;
	uint64_t size = 0;

	assert_ok(view_open(store, ref, &view, &row));
	assert_ok(view_load(store, ref, NULL, &loaded));
	g_assert_cmpuint(view_count(view), ==, view_count(loaded));
	for (uint32_t seq = 1; seq <= view_count(view); seq++) {
		g_assert_cmpmem(view_entry(view, seq), sizeof(struct view_entry),
				view_entry(loaded, seq), sizeof(struct view_entry));
		unseen += (view_entry(view, seq)->flags & MESSAGE_SEEN) == 0;
		size += view_entry(view, seq)->size;
	}
	g_assert_cmpuint(row.messages, ==, view_count(view));
	g_assert_cmpuint(row.unseen, ==, unseen);
	g_assert_cmpuint(row.size, ==, size);
	mailbox_clear(&row);
	view_unref(&view);
	view_unref(&loaded);
}

/* Every UID was given once, and each worker's own rise. */
static void check_uids(struct worker *workers)
{
	GHashTable *seen = g_hash_table_new(g_direct_hash, g_direct_equal);

	for (unsigned i = 0; i < THREADS; i++) {
		uint32_t last = 0;

		for (guint a = 0; a < workers[i].appended->len; a++) {
			uint32_t uid = g_array_index(workers[i].appended, struct message_appended, a).uid;

			g_assert_cmpuint(uid, >, last);
			g_assert_true(g_hash_table_add(seen, GUINT_TO_POINTER(uid)));
			last = uid;
		}
	}
	g_hash_table_unref(seen);
}

static void test_many_at_once(void)
{
	struct worker workers[THREADS];
	GThread *threads[THREADS];
	struct store *store = test_store(service);
	GString *report = g_string_new(NULL);
	uint64_t problems;

	for (unsigned i = 0; i < THREADS; i++) {
		workers[i] = (struct worker){ i, g_rand_new_with_seed(i), test_store(service),
			g_array_new(FALSE, FALSE, sizeof(struct message_appended)) };
		threads[i] = g_thread_new("busy", work, &workers[i]);
	}
	for (unsigned i = 0; i < THREADS; i++)
		g_thread_join(threads[i]);
	check_uids(workers);
	check_mailbox(store, inbox);
	check_mailbox(store, second);
	assert_ok(content_verify_rows(store, report, &problems));
	g_assert_cmpstr(report->str, ==, "");
	g_string_free(report, TRUE);
	for (unsigned i = 0; i < THREADS; i++) {
		g_rand_free(workers[i].random);
		store_close(&workers[i].store);
		g_array_unref(workers[i].appended);
	}
	store_close(&store);
}

/* Crash: who is told "ok" finds it afterwards, exactly once. */
struct crash {
	struct test_server *server;
	struct store_service *service;
	struct mailbox_ref inbox;
	atomic_bool stop;
	atomic_uint acknowledged;
};

struct appender {
	struct crash *crash;
	struct store *store;
	unsigned number;
	GPtrArray *kept; /* bodies that were acknowledged */
};

/* Some of them longer than goes with one statement. */
static char *crash_text(unsigned number, unsigned i)
{
	g_autoptr(GString) text = g_string_new(NULL);

	g_string_printf(text, "A: %u\r\n\r\ncrash %u", number, i);
	while (i % 16 == 0 && text->len < 2 * CONTENT_CHUNK + 1000)
		g_string_append_printf(text, " %u", g_random_int());
	return g_string_free(g_steal_pointer(&text), FALSE);
}

static ssize_t read_text(void *arg, uint64_t offset, void *data, size_t len)
{
	const char *text = arg;

	memcpy(data, text + offset, len);
	return (ssize_t)len;
}

static struct content_row crash_content(const char *text)
{
	struct content_row row = test_content(slice_from_string(text), NULL, NULL);

	if (row.facts.size > CONTENT_CHUNK) {
		row.octets = row.search_body = slice_of(NULL, 0);
		row.read = read_text;
		row.read_arg = (char *)text;
	}
	return row;
}

/* As LMTP does it: a try whose answer was lost is repeated with the same key. */
static void *append_until_stopped(void *arg)
{
	struct appender *appender = arg;

	for (unsigned i = 0; !appender->crash->stop; i++) {
		char *text = crash_text(appender->number, i);
		g_autofree char *key = g_strdup_printf("crash-%u-%u", appender->number, i);
		struct content_row row = crash_content(text);
		struct message_new message = { .content = &row, .delivery_key = slice_from_string(key),
					       .delivery = true };
		struct message_appended appended;
		enum store_result result;

		do {
			result = message_append(appender->store, appender->crash->inbox, &message, &appended);
			if (result == STORE_UNAVAILABLE)
				g_usleep(10000);
		} while (result == STORE_UNAVAILABLE);
		g_assert_true(result == STORE_OK || result == STORE_EXISTS);
		appender->crash->acknowledged++;
		g_ptr_array_add(appender->kept, text);
	}
	return NULL;
}

static GHashTable *stored_hashes(struct store *store, struct mailbox_ref ref)
{
	GHashTable *counts = g_hash_table_new_full(g_str_hash, g_str_equal, g_free, NULL);
	const struct view *view;

	assert_ok(view_load(store, ref, NULL, &view));
	for (uint32_t seq = 1; seq <= view_count(view); seq++) {
		char id[OBJECT_ID_SIZE];

		message_email_id(view_entry(view, seq)->hash, id);
		g_assert_true(g_hash_table_add(counts, g_strdup(id)));
	}
	view_unref(&view);
	return counts;
}

static void test_crash_loses_nothing_and_doubles_nothing(void)
{
	struct crash crash = { .server = test_server_start() };
	struct appender appenders[4];
	GThread *threads[4];
	struct store *store;
	GHashTable *stored;
	guint acknowledged = 0;

	crash.service = test_service(test_server_url(crash.server), 1);
	store = connection_create(test_server_url(crash.server),
				  pool_shared(store_service_pool(crash.service)));
	crash.inbox = test_account(store, "crash@example.test");
	for (unsigned i = 0; i < 4; i++) {
		appenders[i] = (struct appender){ &crash, connection_create(
			test_server_url(crash.server), pool_shared(store_service_pool(crash.service))),
			i, g_ptr_array_new_with_free_func(g_free) };
		threads[i] = g_thread_new("append", append_until_stopped, &appenders[i]);
	}
	for (unsigned crashes = 1; crashes <= 3; crashes++) {
		while (crash.acknowledged < crashes * 200)
			g_usleep(1000);
		test_server_crash(crash.server);
	}
	crash.stop = true;
	for (unsigned i = 0; i < 4; i++)
		g_thread_join(threads[i]);
	while (connection_ensure(store) != STORE_OK)
		g_usleep(10000);
	stored = stored_hashes(store, crash.inbox);
	for (unsigned i = 0; i < 4; i++) {
		for (guint a = 0; a < appenders[i].kept->len; a++) {
			struct content_row row = crash_content(g_ptr_array_index(appenders[i].kept, a));
			char id[OBJECT_ID_SIZE];
			g_autofree char *problem = NULL;

			message_email_id(row.hash, id);
			g_assert_true(g_hash_table_contains(stored, id));
			if (row.facts.size > CONTENT_CHUNK)
				assert_ok(content_verify(store, row.hash, &problem));
		}
		acknowledged += appenders[i].kept->len;
		g_ptr_array_unref(appenders[i].kept);
		store_close(&appenders[i].store);
	}
	g_assert_cmpuint(g_hash_table_size(stored), ==, acknowledged);
	check_mailbox(store, crash.inbox);
	g_hash_table_unref(stored);
	store_close(&store);
	store_service_destroy(&crash.service);
	test_server_stop(&crash.server);
}

int main(int argc, char **argv)
{
	struct store *store;
	int status;

	service = test_begin(&argc, &argv, 1);
	store = test_store(service);
	inbox = test_account(store, "busy@example.test");
	assert_ok(mailbox_create(store, inbox.account_id, SLICE("Second"), 0, &second));
	store_close(&store);
	g_test_add_func("/busy/many-at-once", test_many_at_once);
	g_test_add_func("/busy/crash-loses-nothing-and-doubles-nothing",
			test_crash_loses_nothing_and_doubles_nothing);
	status = g_test_run();
	store_service_destroy(&service);
	test_cluster_stop();
	return status;
}
