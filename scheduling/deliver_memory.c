/* A table from a transaction's key to how often it was acknowledged: the number becomes
 * part of the key of the next one.  Bounded by forgetting everything at the limit; what
 * is forgotten is at worst a repeat that is suppressed. */
#include "scheduling/deliver_memory.h"

#define MAX_KEYS 50000

struct deliver_memory {
	GMutex lock;
	GHashTable *counts; /* key to count */
};

struct deliver_memory *deliver_memory_create(void)
{
	struct deliver_memory *memory = g_new0(struct deliver_memory, 1);

	g_mutex_init(&memory->lock);
	memory->counts = g_hash_table_new_full(g_str_hash, g_str_equal, g_free, NULL);
	return memory;
}

void deliver_memory_destroy(struct deliver_memory **memory)
{
	if (*memory == NULL)
		return;
	g_hash_table_unref((*memory)->counts);
	g_mutex_clear(&(*memory)->lock);
	g_clear_pointer(memory, g_free);
}

unsigned deliver_memory_count(struct deliver_memory *memory, const char *key)
{
	unsigned count;

	if (memory == NULL)
		return 0;
	g_mutex_lock(&memory->lock);
	count = GPOINTER_TO_UINT(g_hash_table_lookup(memory->counts, key));
	g_mutex_unlock(&memory->lock);
	return count;
}

/* The receipt: keys with a NUL behind each. */
void deliver_confirm(struct deliver_memory *memory, GBytes *receipt)
{
	gsize size;
	const char *p = g_bytes_get_data(receipt, &size), *end = p + size;

	g_mutex_lock(&memory->lock);
	for (; p < end; p += strlen(p) + 1) {
		unsigned count = GPOINTER_TO_UINT(g_hash_table_lookup(memory->counts, p));

		if (g_hash_table_size(memory->counts) >= MAX_KEYS)
			g_hash_table_remove_all(memory->counts);
		g_hash_table_insert(memory->counts, g_strdup(p), GUINT_TO_POINTER(count + 1));
	}
	g_mutex_unlock(&memory->lock);
}
