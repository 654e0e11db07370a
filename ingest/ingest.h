/* Octets into a stored message: hash, chunks, part index and every derived row.
 *
 * IMAP APPEND, delivery, import and reparse make the same rows in the same way, here.
 * Reading is one streaming pass (hash and part index together) and a second look at
 * the ranges that hold headers and text; memory does not grow with the message. */
#ifndef INGEST_INGEST_H
#define INGEST_INGEST_H

#include "base/spool.h"
#include "mime/source.h"
#include "store/content.h"
#include "store/store.h"

struct part_index;

/* A message understood, not yet stored.  Needs no database, so it may be made in any
 * worker before a transaction begins. */
struct ingest;

/* From octets as they are to be stored (line ends untouched).  NULL when the source
 * can't be read.  The source must stay readable until ingest_destroy. */
struct ingest *ingest_create(const struct mime_source *source);
/* *ingest becomes NULL.  NULL is allowed. */
void ingest_destroy(struct ingest **ingest);

/* The row for store/content.h; its slices live as long as the ingest. */
const struct content_row *ingest_row(const struct ingest *ingest);
const struct part_index *ingest_index(const struct ingest *ingest);

/* Stores content and rows unless the content is there already. */
enum store_result ingest_store(struct store *store, const struct ingest *ingest);

/* Makes the derived rows of stored content anew. */
enum store_result ingest_reparse(struct store *store, const uint8_t hash[32]);

/* LF and lone CR to CRLF, for files whose lines end in LF: in pieces, *last_out carries
 * the octet before the cut (start with 0). */
void ingest_convert_crlf(GString *out, struct slice octets, char *last);

#endif
