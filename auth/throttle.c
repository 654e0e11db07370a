/* A hash table from a keyed digest of (address, name) to a count; a queue in order
 * of the last failure gives the entry to drop. */
#include "auth/throttle.h"

#include "auth/digest.h"
#include "base/secret.h"

#include <arpa/inet.h>

#define MAX_BLOCK (300 * G_USEC_PER_SEC)
#define FORGET_AFTER (900 * G_USEC_PER_SEC)

struct entry {
	struct digest key;
	GList link;             /* in `by_age`, link.data is the entry */
	unsigned failures;
	int64_t last, blocked_until;
};

struct throttle {
	GMutex lock;
	struct digest secret;
	size_t max_entries;
	GHashTable *entries;    /* entry->key -> entry, owned */
	GQueue by_age;          /* oldest failure first */
};

struct throttle *throttle_create(size_t max_entries)
{
	struct throttle *throttle = g_new0(struct throttle, 1);

	g_assert(max_entries > 0);
	g_mutex_init(&throttle->lock);
	secret_random(&throttle->secret, sizeof(throttle->secret));
	throttle->max_entries = max_entries;
	throttle->entries = g_hash_table_new_full(digest_hash, digest_equal, NULL, g_free);
	g_queue_init(&throttle->by_age);
	return throttle;
}

void throttle_destroy(struct throttle **throttle)
{
	if (*throttle == NULL)
		return;
	g_hash_table_unref((*throttle)->entries);
	g_mutex_clear(&(*throttle)->lock);
	g_free(*throttle);
	*throttle = NULL;
}

/* One customer's network: an IPv4 address, or the /64 of an IPv6 one. */
static char *network_of(const char *peer)
{
	struct in6_addr address;
	char text[INET6_ADDRSTRLEN];

	if (inet_pton(AF_INET6, peer, &address) != 1 || IN6_IS_ADDR_V4MAPPED(&address))
		return g_strdup(peer);
	memset(address.s6_addr + 8, 0, 8);
	return g_strdup(inet_ntop(AF_INET6, &address, text, sizeof(text)));
}

static bool is_loopback(const char *peer)
{
	return g_str_has_prefix(peer, "127.") || strcmp(peer, "::1") == 0;
}

/* user NULL: the count of the address alone. */
static struct digest key_of(struct throttle *throttle, const char *peer, const char *user)
{
	g_autofree char *network = network_of(peer);
	g_autofree char *folded = user != NULL ? g_ascii_strdown(user, -1) : NULL;
	struct slice parts[] = { slice_from_string(network),
				 slice_from_string(folded != NULL ? folded : "") };

	return digest_keyed(&throttle->secret, parts, folded != NULL ? 2 : 1);
}

static void drop(struct throttle *throttle, struct entry *entry)
{
	g_queue_unlink(&throttle->by_age, &entry->link);
	g_hash_table_remove(throttle->entries, &entry->key);
}

static void drop_forgotten(struct throttle *throttle, int64_t now)
{
	struct entry *oldest;

	while ((oldest = g_queue_peek_head(&throttle->by_age)) != NULL &&
	       now - oldest->last > FORGET_AFTER)
		drop(throttle, oldest);
}

static uint64_t entry_wait(struct throttle *throttle, struct digest key, int64_t now)
{
	struct entry *entry = g_hash_table_lookup(throttle->entries, &key);

	if (entry == NULL || entry->blocked_until <= now)
		return 0;
	return (uint64_t)(entry->blocked_until - now + 999) / 1000;
}

uint64_t throttle_wait(struct throttle *throttle, const char *peer, const char *user, int64_t now)
{
	uint64_t pair, address = 0;

	g_mutex_lock(&throttle->lock);
	drop_forgotten(throttle, now);
	pair = entry_wait(throttle, key_of(throttle, peer, user), now);
	if (!is_loopback(peer))
		address = entry_wait(throttle, key_of(throttle, peer, NULL), now);
	g_mutex_unlock(&throttle->lock);
	return MAX(pair, address);
}

static struct entry *entry_for(struct throttle *throttle, struct digest key)
{
	struct entry *entry = g_hash_table_lookup(throttle->entries, &key);

	if (entry != NULL) {
		g_queue_unlink(&throttle->by_age, &entry->link);
		return entry;
	}
	if (g_hash_table_size(throttle->entries) >= throttle->max_entries)
		drop(throttle, g_queue_peek_head(&throttle->by_age));
	entry = g_new0(struct entry, 1);
	entry->key = key;
	entry->link.data = entry;
	g_hash_table_insert(throttle->entries, &entry->key, entry);
	return entry;
}

static void count_failure(struct throttle *throttle, struct digest key, unsigned allowance, int64_t now)
{
	struct entry *entry = entry_for(throttle, key);
	unsigned over;

	g_queue_push_tail_link(&throttle->by_age, &entry->link);
	entry->last = now;
	entry->failures++;
	if (entry->failures < allowance)
		return;
	over = MIN(entry->failures - allowance, 10);
	entry->blocked_until = now + MIN((int64_t)G_USEC_PER_SEC << over, MAX_BLOCK);
}

void throttle_failed(struct throttle *throttle, const char *peer, const char *user, int64_t now)
{
	g_mutex_lock(&throttle->lock);
	drop_forgotten(throttle, now);
	count_failure(throttle, key_of(throttle, peer, user), THROTTLE_FREE_FAILURES, now);
	if (!is_loopback(peer))
		count_failure(throttle, key_of(throttle, peer, NULL), THROTTLE_FREE_ADDRESS_FAILURES, now);
	g_mutex_unlock(&throttle->lock);
}

void throttle_succeeded(struct throttle *throttle, const char *peer, const char *user)
{
	struct digest key;
	struct entry *entry;

	g_mutex_lock(&throttle->lock);
	key = key_of(throttle, peer, user);
	entry = g_hash_table_lookup(throttle->entries, &key);
	if (entry != NULL)
		drop(throttle, entry);
	g_mutex_unlock(&throttle->lock);
}

size_t throttle_entries(struct throttle *throttle)
{
	size_t count;

	g_mutex_lock(&throttle->lock);
	count = g_hash_table_size(throttle->entries);
	g_mutex_unlock(&throttle->lock);
	return count;
}
