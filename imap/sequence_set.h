/* Sets of message numbers or UIDs (RFC 9051 sequence-set): `1:3,7,9:*`, or `$`
 * for the saved search result (RFC 5182).
 *
 * A set is a list of ranges.  As parsed it may hold `*`, overlap and be in any
 * order; sequence_set_resolve() gives `*` its value, sorts and merges, and only
 * then may the set be asked.  Neighbouring entries are merged while parsing, so
 * 100,000 entries cost memory only for their gaps. */
#ifndef IMAP_SEQUENCE_SET_H
#define IMAP_SEQUENCE_SET_H

#include "base/arena.h"
#include "store/message.h"

#include <stdint.h>

struct sequence_set {
	struct uid_range *ranges;
	size_t count;
	size_t capacity;
	bool has_star;
	bool is_saved; /* `$`; no ranges of its own */
	bool in_arena;
};

/* False when the text is no sequence set (numbers are 1 to 4294967295).  The
 * ranges live in the arena; `allow_saved` permits `$`. */
bool sequence_set_parse(struct slice text, bool allow_saved, struct arena *arena,
			struct sequence_set *set_out);
/* `*` becomes `star` (0: there is nothing, entries of `*` alone vanish; `n:*`
 * then vanishes too); sorted, merged. */
void sequence_set_resolve(struct sequence_set *set, uint32_t star);

/* An empty set on the heap, which sequence_set_add() may extend. */
void sequence_set_init(struct sequence_set *set);
void sequence_set_clear(struct sequence_set *set);
/* The same, for command_on_end(). */
void sequence_set_clear_later(void *set);
/* Adds to a heap set; cheapest in rising order, any order is right after
 * sequence_set_resolve(). */
void sequence_set_add(struct sequence_set *set, uint32_t first, uint32_t last);
/* *set_out becomes a heap copy. */
void sequence_set_copy(const struct sequence_set *set, struct sequence_set *set_out);

/* For resolved sets. */
/* Drops the lowest values beyond the `most` highest; false when there were no more. */
bool sequence_set_keep_highest(struct sequence_set *set, uint64_t most);
/* Adds what both have to a heap set. */
void sequence_set_intersect(struct uid_set a, struct uid_set b, struct sequence_set *out);
bool sequence_set_contains(const struct sequence_set *set, uint32_t value);
uint64_t sequence_set_size(const struct sequence_set *set);
uint32_t sequence_set_max(const struct sequence_set *set); /* 0 when empty */

/* The set as the store takes it; valid until the next change. */
struct uid_set sequence_set_uids(const struct sequence_set *set);

/* Appends `1:3,7`; nothing for the empty set. */
void sequence_set_format(const struct sequence_set *set, GString *out);

#endif
