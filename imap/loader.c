#include "imap/loader.h"

enum {
	BATCH_MESSAGES = 128,
	BATCH_OCTETS = 4 * 1024 * 1024,
	BATCH_IN_NETWORK = 1, /* a network thread stops at the first that no cache has */
};

struct loader {
	struct imap_session *session;
	const struct view *view;
	const struct sequence_set *seqs;
	unsigned needs;
	loader_filter_fn filter;
	void *filter_arg;
	size_t range;                 /* the next message to take into a batch */
	struct view_cursor cursor;
	bool in_range;
	struct loaded batch[BATCH_MESSAGES];
	size_t count, at;
};

struct slice loader_prefix(const struct loaded *loaded)
{
	gsize len = 0;
	const char *data = loaded->prefix != NULL ? g_bytes_get_data(loaded->prefix, &len) : NULL;

	return slice_of(data, len);
}

struct loader *loader_create(struct imap_session *session, const struct view *view,
			     const struct sequence_set *seqs, unsigned needs)
{
	struct loader *loader = g_new0(struct loader, 1);

	loader->session = session;
	loader->view = view;
	loader->seqs = seqs;
	loader->needs = needs;
	return loader;
}

static void clear_loaded(struct loaded *loaded)
{
	content_value_unref(&loaded->facts);
	content_value_unref(&loaded->signature);
	content_value_unref(&loaded->search);
	content_value_unref(&loaded->octets);
	g_clear_pointer(&loaded->prefix, g_bytes_unref);
	loaded->is_missing = false;
}

static void clear_batch(struct loader *loader)
{
	for (size_t i = loader->at; i < loader->count; i++)
		clear_loaded(&loader->batch[i]);
	loader->at = loader->count = 0;
}

void loader_destroy(void *loader)
{
	clear_batch(loader);
	g_free(loader);
}

void loader_set_filter(struct loader *loader, loader_filter_fn fn, void *arg)
{
	loader->filter = fn;
	loader->filter_arg = arg;
}

/* The next message of the walk, or NULL. */
static const struct view_entry *walk(struct loader *loader, uint32_t *seq_out)
{
	while (loader->range < loader->seqs->count) {
		const struct uid_range *range = &loader->seqs->ranges[loader->range];
		const struct view_entry *entry;

		if (!loader->in_range)
			view_cursor_at(&loader->cursor, loader->view, range->first);
		loader->in_range = true;
		entry = view_cursor_get(&loader->cursor);
		if (entry == NULL || loader->cursor.seq > range->last) {
			loader->range++;
			loader->in_range = false;
			continue;
		}
		*seq_out = loader->cursor.seq;
		view_cursor_next(&loader->cursor);
		if (loader->filter == NULL || loader->filter(loader->filter_arg, entry, *seq_out))
			return entry;
	}
	return NULL;
}

static void gather(struct loader *loader, size_t most)
{
	uint64_t octets = 0;

	while (loader->count < most && octets < BATCH_OCTETS) {
		struct loaded *loaded = &loader->batch[loader->count];
		const struct view_entry *entry = walk(loader, &loaded->seq);

		if (entry == NULL)
			return;
		loaded->entry = entry;
		loader->count++;
		if (loader->needs & (LOAD_OCTETS | LOAD_SEARCH))
			octets += MIN(entry->size, (uint64_t)CONTENT_CHUNK);
	}
}

static const struct {
	unsigned need;
	enum content_kind kind;
	size_t offset;
} kinds[] = {
	{ LOAD_FACTS, CONTENT_FACTS, offsetof(struct loaded, facts) },
	{ LOAD_SIGNATURE, CONTENT_SIGNATURE, offsetof(struct loaded, signature) },
	{ LOAD_SEARCH, CONTENT_SEARCH, offsetof(struct loaded, search) },
	{ LOAD_OCTETS, CONTENT_OCTETS, offsetof(struct loaded, octets) },
};

static struct content_value **slot(struct loaded *loaded, size_t kind)
{
	return (struct content_value **)((char *)loaded + kinds[kind].offset);
}

/* All of what is needed from the caches. */
static bool peek(struct loader *loader, struct loaded *loaded)
{
	struct store_pool *pool = imap_room_pool(loader->session->room);

	for (size_t i = 0; i < G_N_ELEMENTS(kinds); i++) {
		struct content_value **value = slot(loaded, i);

		if (!(loader->needs & kinds[i].need) || *value != NULL)
			continue;
		*value = content_peek(pool, kinds[i].kind, loaded->entry->hash);
		if (*value == NULL)
			return false;
	}
	if (!(loader->needs & LOAD_PREFIX) || loaded->entry->prefix_size == 0 || loaded->prefix != NULL)
		return true;
	loaded->prefix = message_peek_prefix(pool, view_mailbox(loader->view), loaded->entry->uid);
	return loaded->prefix != NULL;
}

static enum store_result load_kind(struct loader *loader, struct store *store, size_t kind)
{
	uint8_t hashes[BATCH_MESSAGES][CONTENT_HASH_SIZE];
	struct content_value *values[BATCH_MESSAGES] = { NULL };
	struct loaded *batch = &loader->batch[loader->at];
	size_t count = loader->count - loader->at;
	enum store_result result;

	for (size_t i = 0; i < count; i++)
		memcpy(hashes[i], batch[i].entry->hash, CONTENT_HASH_SIZE);
	result = content_load(store, kinds[kind].kind, (const uint8_t(*)[CONTENT_HASH_SIZE])hashes,
			      count, values);
	for (size_t i = 0; i < count; i++) {
		content_value_unref(slot(&batch[i], kind));
		*slot(&batch[i], kind) = values[i];
		batch[i].is_missing |= values[i] == NULL;
	}
	return result == STORE_DAMAGED ? STORE_OK : result;
}

static enum store_result load_prefixes(struct loader *loader, struct store *store)
{
	uint32_t uids[BATCH_MESSAGES];
	GBytes *prefixes[BATCH_MESSAGES] = { NULL };
	size_t places[BATCH_MESSAGES], count = 0;
	enum store_result result;

	for (size_t i = loader->at; i < loader->count; i++) {
		if (loader->batch[i].entry->prefix_size == 0)
			continue;
		uids[count] = loader->batch[i].entry->uid;
		places[count++] = i;
	}
	if (count == 0)
		return STORE_OK;
	result = message_load_prefixes(store, view_mailbox(loader->view), uids, count, prefixes);
	for (size_t i = 0; i < count; i++) {
		struct loaded *loaded = &loader->batch[places[i]];

		g_clear_pointer(&loaded->prefix, g_bytes_unref);
		loaded->prefix = prefixes[i];
		loaded->is_missing |= prefixes[i] == NULL;
	}
	return result;
}

static enum store_result load(struct loader *loader, struct store *store)
{
	for (size_t i = 0; i < G_N_ELEMENTS(kinds); i++) {
		enum store_result result;

		if (!(loader->needs & kinds[i].need))
			continue;
		result = load_kind(loader, store, i);
		if (result != STORE_OK)
			return result;
	}
	return loader->needs & LOAD_PREFIX ? load_prefixes(loader, store) : STORE_OK;
}

enum loader_result loader_get(struct loader *loader, struct store *store,
			      const struct loaded **loaded_out, enum store_result *failure_out)
{
	if (loader->at == loader->count) {
		loader->at = loader->count = 0;
		gather(loader, store == NULL ? BATCH_IN_NETWORK : BATCH_MESSAGES);
		if (loader->count == 0)
			return LOADER_END;
		if (store != NULL) {
			*failure_out = load(loader, store);
			if (*failure_out != STORE_OK)
				return LOADER_FAILED;
		}
	}
	*loaded_out = &loader->batch[loader->at];
	if (loader->batch[loader->at].is_missing || peek(loader, &loader->batch[loader->at]))
		return LOADER_HAVE;
	if (store == NULL)
		return LOADER_NO_STORE;
	/* The batch was gathered in a network thread, or its value is gone from the cache. */
	*failure_out = load(loader, store);
	return *failure_out == STORE_OK ? LOADER_HAVE : LOADER_FAILED;
}

void loader_next(struct loader *loader)
{
	clear_loaded(&loader->batch[loader->at]);
	loader->at++;
}

const struct loaded *loader_rest(const struct loader *loader, size_t *count_out)
{
	*count_out = loader->count - loader->at;
	return &loader->batch[loader->at];
}
