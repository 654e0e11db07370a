/* What was loaded by key and kind, in bounded memory.
 *
 * Three parts, so that bodies passing through do not push out the short facts, nor one
 * long message the others; each is cut into shards with a lock of their own, and lets go what was not asked for since the
 * hand of its clock last passed. */
#ifndef STORE_CONTENT_CACHE_H
#define STORE_CONTENT_CACHE_H

#include "store/content.h"

#define CONTENT_CHUNKS 100   /* kind of chunk n >= 1: CONTENT_CHUNKS + n */
#define CONTENT_PREFIX 99    /* key: content_prefix_key */

struct content_cache;

enum content_part {
	CONTENT_PART_SHORT,  /* facts and the like */
	CONTENT_PART_LONG,   /* octets up to a chunk, and search texts */
	CONTENT_PART_CHUNKS, /* the further chunks of long messages */
	CONTENT_PARTS
};
/* So many octets for each part. */
struct content_cache *content_cache_create(const uint64_t limits[CONTENT_PARTS]);
void content_cache_destroy(struct content_cache **cache);

/* A new reference, or NULL; counted as a hit or a miss. */
struct content_value *content_cache_get(struct content_cache *cache, unsigned kind,
					const uint8_t key[CONTENT_HASH_SIZE]);
/* Keeps a reference of its own; what is there already stays. */
void content_cache_put(struct content_cache *cache, unsigned kind,
		       const uint8_t key[CONTENT_HASH_SIZE], struct content_value *value);
void content_cache_remove(struct content_cache *cache, unsigned kind,
			  const uint8_t key[CONTENT_HASH_SIZE]);
void content_cache_counters(struct content_cache *cache, uint64_t *hits_out, uint64_t *misses_out,
			    uint64_t *octets_out);

void content_prefix_key(struct mailbox_ref mailbox, uint32_t uid, uint8_t key_out[CONTENT_HASH_SIZE]);

/* Makers of values; the octets are copied.  Facts: NULL when damaged. */
struct content_value *content_value_of_facts(struct slice packed);
struct content_value *content_value_of_octets(struct slice octets);
struct content_value *content_value_of_search(struct slice headers, struct slice body);

#endif
