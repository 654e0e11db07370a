/* Takes the place of pop3/drop.c and of the store's functions that pop3/ calls. */
#include "fake-store.h"

#include "store/message.h"
#include "store/pool.h"

#define LARGE (3 * CONTENT_CHUNK + 12345)

struct pop3_drop {
	bool marks[8];
};

struct content_value {
	gatomicrefcount references;
	struct slice octets;
	struct content_facts facts;
};

static char *large;
struct fake_message fake_messages[] = {
	{ "Received: x\r\n", { "Subject: 1\r\n\r\none\r\n.two\r\n\r\nfour\r\n", 33 }, 14 },
	{ "", { "Subject: no end\r\n\r\nlast", 23 }, 19 },
	{ "Received: y\r\n", { NULL, LARGE }, 13 },
	{ "", { "", 0 }, 0 },
	{ "", { "Subject: only a header\r\n", 24 }, 24 },
};
const size_t fake_message_count = G_N_ELEMENTS(fake_messages);

static gint is_warm, is_broken, open_drops;
static bool is_locked;
static GMutex lock;
static GString *removed;
static struct view_entry entries[G_N_ELEMENTS(fake_messages)];

void fake_store_make(void)
{
	large = g_malloc(LARGE);
	for (size_t i = 0; i < LARGE; i++)
		large[i] = i % 72 == 70 ? '\r' : i % 72 == 71 ? '\n' : 'a' + (char)(i % 26);
	memcpy(large, "Subject: \r\n\r\n", 13);
	/* The second chunk begins with a dot at a line's beginning and ends with a line's
	 * end; the fourth begins with a dot inside a line. */
	memcpy(large + CONTENT_CHUNK - 2, "\r\n..", 4);
	memcpy(large + 2 * CONTENT_CHUNK - 2, "\r\na", 3);
	memcpy(large + 3 * CONTENT_CHUNK - 2, "aa..a", 5);
	memcpy(large + LARGE - 2, "\r\n", 2);
	fake_messages[2].content.data = large;
	removed = g_string_new(NULL);
	for (size_t i = 0; i < fake_message_count; i++) {
		entries[i].uid = (uint32_t)(10 * i + 10);
		entries[i].prefix_size = (uint32_t)strlen(fake_messages[i].prefix);
		entries[i].size = entries[i].prefix_size + fake_messages[i].content.len;
		entries[i].hash[0] = (uint8_t)i;
	}
}

void fake_store_free(void)
{
	g_free(large);
	g_string_free(removed, TRUE);
}

void fake_store_set_warm(bool warm)
{
	g_atomic_int_set(&is_warm, warm);
}

void fake_store_set_broken(bool broken)
{
	g_atomic_int_set(&is_broken, broken);
}

char *fake_store_removed(void)
{
	char *copy;

	g_mutex_lock(&lock);
	copy = g_strdup(removed->str);
	g_string_truncate(removed, 0);
	g_mutex_unlock(&lock);
	return copy;
}

int fake_store_open_drops(void)
{
	return g_atomic_int_get(&open_drops);
}

/* ---- pop3/drop.h */

enum pop3_drop_result pop3_drop_open(struct store *store, uint64_t account_id, struct pop3_drop **drop_out)
{
	(void)store;
	*drop_out = NULL;
	if (account_id == 1 && is_locked)
		return POP3_DROP_IN_USE;
	is_locked = true;
	g_atomic_int_inc(&open_drops);
	*drop_out = g_new0(struct pop3_drop, 1);
	return POP3_DROP_OK;
}

enum pop3_drop_result pop3_drop_remove_marked(struct store *store, struct pop3_drop *drop)
{
	(void)store;
	g_mutex_lock(&lock);
	for (size_t i = 0; i < fake_message_count; i++)
		if (drop->marks[i])
			g_string_append_printf(removed, "%" G_GSIZE_FORMAT " ", i);
	g_mutex_unlock(&lock);
	return POP3_DROP_OK;
}

void pop3_drop_close(struct store *store, struct pop3_drop **drop)
{
	(void)store;
	is_locked = false;
	g_atomic_int_add(&open_drops, -1);
	g_clear_pointer(drop, g_free);
}

size_t pop3_drop_count(const struct pop3_drop *drop)
{
	(void)drop;
	return fake_message_count;
}

size_t pop3_drop_unmarked(const struct pop3_drop *drop)
{
	size_t count = 0;

	for (size_t i = 0; i < fake_message_count; i++)
		count += !drop->marks[i];
	return count;
}

uint64_t pop3_drop_octets(const struct pop3_drop *drop)
{
	uint64_t octets = 0;

	for (size_t i = 0; i < fake_message_count; i++)
		octets += drop->marks[i] ? 0 : entries[i].size;
	return octets;
}

uint64_t pop3_drop_size(const struct pop3_drop *drop, size_t index)
{
	(void)drop;
	return entries[index].size;
}

void pop3_drop_append_uidl(const struct pop3_drop *drop, size_t index, GString *out)
{
	(void)drop;
	g_string_append_printf(out, "7.%u", entries[index].uid);
}

const struct view_entry *pop3_drop_entry(const struct pop3_drop *drop, size_t index)
{
	(void)drop;
	return &entries[index];
}

struct mailbox_ref pop3_drop_mailbox(const struct pop3_drop *drop)
{
	(void)drop;
	return (struct mailbox_ref){ 1, 1 };
}

bool pop3_drop_is_marked(const struct pop3_drop *drop, size_t index)
{
	return drop->marks[index];
}

void pop3_drop_mark(struct pop3_drop *drop, size_t index)
{
	drop->marks[index] = true;
}

void pop3_drop_unmark_all(struct pop3_drop *drop)
{
	memset(drop->marks, 0, sizeof(drop->marks));
}

/* ---- store/content.h, store/message.h, store/pool.h */

static struct content_value *make_value(const uint8_t *hash, uint32_t chunk)
{
	const struct fake_message *message = &fake_messages[hash[0]];
	struct content_value *value = g_new0(struct content_value, 1);
	size_t offset = (size_t)chunk * CONTENT_CHUNK;

	g_atomic_ref_count_init(&value->references);
	value->octets = slice_of(message->content.data + offset, MIN(message->content.len - offset, CONTENT_CHUNK));
	value->facts.size = message->content.len;
	value->facts.header_size = message->header_size;
	return value;
}

void content_value_unref(struct content_value **value)
{
	if (*value != NULL && g_atomic_ref_count_dec(&(*value)->references))
		g_free(*value);
	*value = NULL;
}

static void unref_value(gpointer data)
{
	struct content_value *value = data;

	content_value_unref(&value);
}

const struct content_facts *content_value_facts(const struct content_value *value)
{
	return &value->facts;
}

struct slice content_value_octets(const struct content_value *value)
{
	return value->octets;
}

GBytes *content_value_bytes(struct content_value *value, size_t offset, size_t len)
{
	g_atomic_ref_count_inc(&value->references);
	return g_bytes_new_with_free_func(value->octets.data + offset, len, unref_value, value);
}

struct content_value *content_peek(struct store_pool *pool, enum content_kind kind,
				   const uint8_t hash[CONTENT_HASH_SIZE])
{
	(void)pool;
	(void)kind;
	return g_atomic_int_get(&is_warm) ? make_value(hash, 0) : NULL;
}

enum store_result content_load_one(struct store *store, enum content_kind kind,
				   const uint8_t hash[CONTENT_HASH_SIZE], struct content_value **value_out)
{
	(void)store;
	(void)kind;
	*value_out = make_value(hash, 0);
	return STORE_OK;
}

enum store_result content_load_chunk(struct store *store, const uint8_t hash[CONTENT_HASH_SIZE], uint32_t number,
				     struct content_value **value_out)
{
	(void)store;
	*value_out = NULL;
	if (g_atomic_int_get(&is_broken))
		return STORE_UNAVAILABLE;
	*value_out = make_value(hash, number);
	return STORE_OK;
}

GBytes *message_peek_prefix(struct store_pool *pool, struct mailbox_ref mailbox, uint32_t uid)
{
	const char *prefix = fake_messages[uid / 10 - 1].prefix;

	(void)pool;
	(void)mailbox;
	return g_atomic_int_get(&is_warm) ? g_bytes_new_static(prefix, strlen(prefix)) : NULL;
}

enum store_result message_load_prefixes(struct store *store, struct mailbox_ref mailbox, const uint32_t *uids,
					size_t count, GBytes **prefixes_out)
{
	(void)store;
	(void)mailbox;
	g_assert_cmpuint(count, ==, 1);
	prefixes_out[0] = g_bytes_new_static(fake_messages[uids[0] / 10 - 1].prefix,
					     strlen(fake_messages[uids[0] / 10 - 1].prefix));
	return STORE_OK;
}

struct job {
	store_work_fn work;
	store_done_fn done;
	void *arg;
};

static void run_job(void *arg)
{
	struct job *job = arg;

	job->work(NULL, job->arg);
	job->done(job->arg);
	g_free(job);
}

void store_pool_submit(struct store_pool *pool, struct loop *home, store_work_fn work, store_done_fn done, void *arg)
{
	struct job *job = g_new0(struct job, 1);

	(void)pool;
	*job = (struct job){ work, done, arg };
	loop_post(home, run_job, job);
}
