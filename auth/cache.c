/* Entries have one lifetime, so the queue of additions is also the order in which
 * they end. */
#include "auth/cache.h"

#include "base/secret.h"

struct entry {
	struct digest key;
	int64_t ends;
};

struct check_cache {
	GMutex lock;
	struct digest secret;
	size_t max_entries;
	int64_t lifetime;
	GHashTable *entries;  /* entry->key -> entry */
	GQueue by_age;        /* the same entries, owned by the table, oldest first */
};

struct check_cache *check_cache_create(size_t max_entries, int64_t lifetime_usec)
{
	struct check_cache *cache = g_new0(struct check_cache, 1);

	g_assert(max_entries > 0);
	g_mutex_init(&cache->lock);
	secret_random(&cache->secret, sizeof(cache->secret));
	cache->max_entries = max_entries;
	cache->lifetime = lifetime_usec;
	cache->entries = g_hash_table_new_full(digest_hash, digest_equal, NULL, g_free);
	g_queue_init(&cache->by_age);
	return cache;
}

void check_cache_destroy(struct check_cache **cache)
{
	if (*cache == NULL)
		return;
	g_queue_clear(&(*cache)->by_age);
	g_hash_table_unref((*cache)->entries);
	g_mutex_clear(&(*cache)->lock);
	secret_wipe(&(*cache)->secret, sizeof((*cache)->secret));
	g_free(*cache);
	*cache = NULL;
}

struct digest check_cache_key(struct check_cache *cache, const char *address, const char *hash,
			      const char *password)
{
	struct slice parts[] = { slice_from_string(address), slice_from_string(hash),
				 slice_from_string(password) };

	return digest_keyed(&cache->secret, parts, G_N_ELEMENTS(parts));
}

static void drop_oldest(struct check_cache *cache)
{
	struct entry *oldest = g_queue_pop_head(&cache->by_age);

	g_hash_table_remove(cache->entries, &oldest->key);
}

static void drop_ended(struct check_cache *cache, int64_t now)
{
	const struct entry *oldest;

	while ((oldest = g_queue_peek_head(&cache->by_age)) != NULL && oldest->ends <= now)
		drop_oldest(cache);
}

bool check_cache_has(struct check_cache *cache, struct digest key, int64_t now)
{
	bool has;

	g_mutex_lock(&cache->lock);
	drop_ended(cache, now);
	has = g_hash_table_contains(cache->entries, &key);
	g_mutex_unlock(&cache->lock);
	return has;
}

void check_cache_add(struct check_cache *cache, struct digest key, int64_t now)
{
	struct entry *entry;

	g_mutex_lock(&cache->lock);
	drop_ended(cache, now);
	if (!g_hash_table_contains(cache->entries, &key)) {
		if (g_hash_table_size(cache->entries) >= cache->max_entries)
			drop_oldest(cache);
		entry = g_new0(struct entry, 1);
		entry->key = key;
		entry->ends = now + cache->lifetime;
		g_hash_table_insert(cache->entries, &entry->key, entry);
		g_queue_push_tail(&cache->by_age, entry);
	}
	g_mutex_unlock(&cache->lock);
}

size_t check_cache_entries(struct check_cache *cache)
{
	size_t count;

	g_mutex_lock(&cache->lock);
	count = g_hash_table_size(cache->entries);
	g_mutex_unlock(&cache->lock);
	return count;
}
