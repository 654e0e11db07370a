/* Collection of content that nobody refers to. */
#ifndef STORE_COLLECT_H
#define STORE_COLLECT_H

#include "store/connection.h"

/* Behind "INSERT INTO content_candidate (hash) SELECT ..." of hashes that lose a reference, each
 * once.  One that is a candidate already is written all the same: so this waits for a collector that
 * is just about to strike it off, and the grace time begins anew. */
#define CANDIDATE_AGAIN " ON CONFLICT (hash) DO UPDATE SET since = clock_now()"

/* Looks at up to `limit` candidates older than grace_seconds.  *seen_out: how many there were
 * (fewer than limit: no more). */
struct collected {
	uint64_t seen, contents, octets;
};
enum store_result collect_content(struct store *store, uint64_t grace_seconds, unsigned limit,
				  struct collected *collected_out);

#endif
