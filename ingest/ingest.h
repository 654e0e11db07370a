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

/* Raised when derived rows change; reparse makes all of them anew. */
#define INGEST_VERSION 3
/* Octets of decoded text per message in the search text (CONTENT_TEXT_TRUNCATED past it). */
#define INGEST_SEARCH_LIMIT (1024 * 1024)

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

/* Stores content and rows unless the content is there already.  Small content may rather go
 * with its message (store/message.h). */
enum store_result ingest_store(struct store *store, const struct ingest *ingest);

/* Makes the derived rows of stored content anew.  STORE_DAMAGED when its octets are not those of
 * the hash. */
enum store_result ingest_reparse(struct store *store, const uint8_t hash[32]);

/* Whether the stored derived rows are those that the stored octets give; STORE_DAMAGED when not, and
 * *problem_out (g_free() it; NULL: unreadable) says which.  Rows of another INGEST_VERSION pass. */
enum store_result ingest_verify(struct store *store, const uint8_t hash[32], char **problem_out);

/* A bare LF becomes CRLF, for files whose lines end in LF; the rest stays.  In pieces: *last
 * carries the octet before the cut (start with 0). */
void ingest_convert_crlf(GString *out, struct slice octets, char *last);

#endif
