/* Signatures (ingest/signature.h) of up to 1,024 messages, turned on their side: a row for each
 * bit position, a column for each message, so that one needle is asked of all of them by
 * ANDing a few rows.
 *
 * All columns have one resolution, so a signature of another is folded together or drawn
 * apart; the answers stay "no" for certain or "maybe". */
#ifndef IMAP_SIGNATURE_SLAB_H
#define IMAP_SIGNATURE_SLAB_H

#include "ingest/signature.h"

#include <stdint.h>

enum { SIGNATURE_SLAB_COLUMNS = 1024, SIGNATURE_SLAB_WORDS = SIGNATURE_SLAB_COLUMNS / 64 };

struct signature_slab;

/* log2: of the rows; 512 or 1,024 octets a message with 12 or 13. */
struct signature_slab *signature_slab_create(unsigned log2);
struct signature_slab *signature_slab_copy(const struct signature_slab *slab);
/* *slab becomes NULL. */
void signature_slab_destroy(struct signature_slab **slab);

/* The next column: a stored signature, and a further text that it does not know. */
void signature_slab_add(struct signature_slab *slab, struct slice signature, struct slice text);
unsigned signature_slab_count(const struct signature_slab *slab);
uint64_t signature_slab_octets(const struct signature_slab *slab);
/* Half the rows, for half the memory and more "maybe". */
void signature_slab_fold(struct signature_slab *slab);

/* Bit i of word i / 64: column i may contain the needle.  Bits behind the last column are 0. */
void signature_slab_ask(const struct signature_slab *slab, const struct signature_query *query,
			uint64_t bits_out[SIGNATURE_SLAB_WORDS]);

#endif
