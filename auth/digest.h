/* SHA-256 and HMAC-SHA-256 over octets in pieces, and their use as table keys. */
#ifndef AUTH_DIGEST_H
#define AUTH_DIGEST_H

#include "base/slice.h"

#include <stdint.h>

struct digest {
	uint8_t octets[32];
};

struct digest digest_plain(struct slice data);
struct digest digest_hmac(struct slice key, struct slice data);
/* HMAC over the parts, each with its length in front, so that no two lists of
 * parts are the same octets. */
struct digest digest_keyed(const struct digest *key, const struct slice *parts, size_t count);

struct slice digest_slice(const struct digest *digest);
/* For GHashTable; keys are struct digest. */
guint digest_hash(gconstpointer digest);
gboolean digest_equal(gconstpointer a, gconstpointer b);

#endif
