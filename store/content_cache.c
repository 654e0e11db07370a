/* See the header. */
#include "store/content_cache.h"

#include "store/facts.h"

#include <stdatomic.h>

#define SHARDS 32

struct content_value {
	gatomicrefcount refs;
	size_t size;
	struct content_facts facts;
	struct slice first, second;
	char octets[];
};

struct key {
	uint8_t octets[CONTENT_HASH_SIZE];
	unsigned kind;
};

struct item {
	struct key key;
	struct content_value *value;
	bool asked;
	GList link;
};

struct shard {
	GMutex lock;
	GHashTable *items;  /* struct key -> struct item */
	GQueue clock;
	uint64_t size, limit;
};

struct content_cache {
	struct shard shards[CONTENT_PARTS][SHARDS];
	_Atomic uint64_t hits, misses;
};

static struct content_value *value_new(size_t len)
{
	struct content_value *value = g_malloc(sizeof(*value) + len);

	*value = (struct content_value){ .size = sizeof(*value) + sizeof(struct item) + len };
	g_atomic_ref_count_init(&value->refs);
	return value;
}

struct content_value *content_value_of_octets(struct slice octets)
{
	struct content_value *value = value_new(octets.len);

	if (octets.len > 0)
		memcpy(value->octets, octets.data, octets.len);
	value->first = slice_of(value->octets, octets.len);
	return value;
}

struct content_value *content_value_of_search(struct slice headers, struct slice body)
{
	struct content_value *value = value_new(headers.len + body.len);

	if (headers.len > 0)
		memcpy(value->octets, headers.data, headers.len);
	if (body.len > 0)
		memcpy(value->octets + headers.len, body.data, body.len);
	value->first = slice_of(value->octets, headers.len);
	value->second = slice_of(value->octets + headers.len, body.len);
	return value;
}

struct content_value *content_value_of_facts(struct slice packed)
{
	struct content_value *value = content_value_of_octets(packed);

	if (!facts_unpack(value->first, &value->facts))
		content_value_unref(&value);
	return value;
}

struct content_value *content_value_ref(struct content_value *value)
{
	g_atomic_ref_count_inc(&value->refs);
	return value;
}

void content_value_unref(struct content_value **value)
{
	struct content_value *v = *value;

	*value = NULL;
	if (v != NULL && g_atomic_ref_count_dec(&v->refs))
		g_free(v);
}

const struct content_facts *content_value_facts(const struct content_value *value)
{
	return &value->facts;
}

void content_value_search(const struct content_value *value, struct slice *headers_out,
			  struct slice *body_out)
{
	*headers_out = value->first;
	*body_out = value->second;
}

struct slice content_value_octets(const struct content_value *value)
{
	return value->first;
}

static void release(void *data)
{
	struct content_value *value = data;

	content_value_unref(&value);
}

GBytes *content_value_bytes(struct content_value *value, size_t offset, size_t len)
{
	g_assert(offset <= value->first.len && len <= value->first.len - offset);
	return g_bytes_new_with_free_func(value->first.data + offset, len, release,
					  content_value_ref(value));
}

static guint key_hash(gconstpointer data)
{
	const struct key *key = data;
	uint32_t word;

	memcpy(&word, key->octets + 4, sizeof(word));
	return word * 31 + key->kind;
}

static gboolean key_equal(gconstpointer a, gconstpointer b)
{
	const struct key *x = a, *y = b;

	return x->kind == y->kind && memcmp(x->octets, y->octets, CONTENT_HASH_SIZE) == 0;
}

static void item_free(void *data)
{
	struct item *item = data;

	content_value_unref(&item->value);
	g_free(item);
}

struct content_cache *content_cache_create(const uint64_t limits[CONTENT_PARTS])
{
	struct content_cache *cache = g_new0(struct content_cache, 1);

	for (int part = 0; part < CONTENT_PARTS; part++)
		for (int i = 0; i < SHARDS; i++) {
			struct shard *shard = &cache->shards[part][i];

			g_mutex_init(&shard->lock);
			shard->items = g_hash_table_new_full(key_hash, key_equal, NULL, item_free);
			shard->limit = limits[part] / SHARDS;
		}
	return cache;
}

void content_cache_destroy(struct content_cache **cache)
{
	if (*cache == NULL)
		return;
	for (int part = 0; part < CONTENT_PARTS; part++)
		for (int i = 0; i < SHARDS; i++) {
			g_hash_table_unref((*cache)->shards[part][i].items);
			g_mutex_clear(&(*cache)->shards[part][i].lock);
		}
	g_clear_pointer(cache, g_free);
}

static enum content_part part_of(unsigned kind)
{
	if (kind >= CONTENT_CHUNKS)
		return CONTENT_PART_CHUNKS;
	return kind == CONTENT_OCTETS || kind == CONTENT_SEARCH ? CONTENT_PART_LONG : CONTENT_PART_SHORT;
}

static struct shard *shard_of(struct content_cache *cache, unsigned kind, const uint8_t *key)
{
	return &cache->shards[part_of(kind)][(key[0] ^ key[23]) % SHARDS];
}

struct content_value *content_cache_get(struct content_cache *cache, unsigned kind,
					const uint8_t octets[CONTENT_HASH_SIZE])
{
	struct shard *shard = shard_of(cache, kind, octets);
	struct content_value *value = NULL;
	struct key key = { .kind = kind };
	struct item *item;

	memcpy(key.octets, octets, sizeof(key.octets));
	g_mutex_lock(&shard->lock);
	item = g_hash_table_lookup(shard->items, &key);
	if (item != NULL) {
		item->asked = true;
		value = content_value_ref(item->value);
	}
	g_mutex_unlock(&shard->lock);
	atomic_fetch_add_explicit(value != NULL ? &cache->hits : &cache->misses, 1,
				  memory_order_relaxed);
	return value;
}

static void drop(struct shard *shard, struct item *item)
{
	shard->size -= item->value->size;
	g_queue_unlink(&shard->clock, &item->link);
	g_hash_table_remove(shard->items, &item->key);
}

static void make_room(struct shard *shard)
{
	while (shard->size > shard->limit) {
		struct item *item = shard->clock.head->data;

		if (item->asked) {
			item->asked = false;
			g_queue_unlink(&shard->clock, &item->link);
			g_queue_push_tail_link(&shard->clock, &item->link);
		} else {
			drop(shard, item);
		}
	}
}

void content_cache_put(struct content_cache *cache, unsigned kind,
		       const uint8_t octets[CONTENT_HASH_SIZE], struct content_value *value)
{
	struct shard *shard = shard_of(cache, kind, octets);
	struct item *item;

	if (value->size > shard->limit) /* it would push out all, and then itself */
		return;
	item = g_new0(struct item, 1);
	memcpy(item->key.octets, octets, CONTENT_HASH_SIZE);
	item->key.kind = kind;
	item->link.data = item;
	item->value = content_value_ref(value);
	g_mutex_lock(&shard->lock);
	if (g_hash_table_contains(shard->items, &item->key)) {
		g_mutex_unlock(&shard->lock);
		item_free(item);
		return;
	}
	g_hash_table_insert(shard->items, &item->key, item);
	g_queue_push_tail_link(&shard->clock, &item->link);
	shard->size += value->size;
	make_room(shard);
	g_mutex_unlock(&shard->lock);
}

void content_cache_remove(struct content_cache *cache, unsigned kind,
			  const uint8_t octets[CONTENT_HASH_SIZE])
{
	struct shard *shard = shard_of(cache, kind, octets);
	struct key key = { .kind = kind };
	struct item *item;

	memcpy(key.octets, octets, sizeof(key.octets));
	g_mutex_lock(&shard->lock);
	item = g_hash_table_lookup(shard->items, &key);
	if (item != NULL)
		drop(shard, item);
	g_mutex_unlock(&shard->lock);
}

void content_cache_counters(struct content_cache *cache, uint64_t *hits_out, uint64_t *misses_out,
			    uint64_t *octets_out)
{
	*hits_out = cache->hits;
	*misses_out = cache->misses;
	*octets_out = 0;
	for (int part = 0; part < CONTENT_PARTS; part++)
		for (int i = 0; i < SHARDS; i++) {
			struct shard *shard = &cache->shards[part][i];

			g_mutex_lock(&shard->lock);
			*octets_out += shard->size;
			g_mutex_unlock(&shard->lock);
		}
}

void content_prefix_key(struct mailbox_ref mailbox, uint32_t uid, uint8_t key_out[CONTENT_HASH_SIZE])
{
	uint64_t mixed = (mailbox.mailbox_id << 32 ^ uid) * UINT64_C(0x9E3779B97F4A7C15);

	memset(key_out, 0, CONTENT_HASH_SIZE);
	memcpy(key_out, &mixed, sizeof(mixed)); /* spreads keys over shards and buckets */
	memcpy(key_out + 8, &mailbox, sizeof(mailbox));
	memcpy(key_out + 24, &uid, sizeof(uid));
}
