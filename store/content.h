/* Content: the immutable octets of messages by their SHA-256, and what ingest/
 * derived from them once.
 *
 * Octets up to CONTENT_CHUNK stand in the content's row; of longer ones the first
 * chunk does, and the others beside it, so any range costs the chunks it touches.
 * A content's row is written last: where there is a row, all octets are there.
 *
 * Being immutable, everything here is cached by hash in bounded memory shared by all
 * workers; whatever is handed out is reference-counted and stays valid. */
#ifndef STORE_CONTENT_H
#define STORE_CONTENT_H

#include "store/pool.h"
#include "store/store.h"

#include <sys/types.h>

#define CONTENT_HASH_SIZE 32
#define CONTENT_CHUNK 262144
#define CONTENT_NO_DATE INT64_MIN
#define CONTENT_NO_DAY INT32_MIN

enum content_traits {
	CONTENT_TEXT_TRUNCATED = 1 << 0, /* search text holds not all: scan the octets too */
	CONTENT_HAS_NUL = 1 << 1,
	CONTENT_8BIT_HEADER = 1 << 2,
	CONTENT_HAS_CALENDAR = 1 << 3,
	CONTENT_HAS_ATTACHMENT = 1 << 4,
	CONTENT_IS_MEETING = 1 << 5,     /* a calendar part with METHOD was recognised */
};

/* Short facts, ready to send or to compare.  Text is UTF-8 unless said otherwise. */
struct content_facts {
	uint64_t size;
	uint64_t header_size;       /* of the top header with its blank line */
	struct slice part_index;    /* mime/part_index.h's blob */
	struct slice envelope;      /* "(...)" as IMAP sends it; no line ends outside literals */
	struct slice body;          /* BODY, without extension data */
	struct slice bodystructure;
	/* The same with parameters' values as UTF-8 (RFC 9051 7.5.2); empty: no other text. */
	struct slice body_decoded, bodystructure_decoded;
	int64_t sent_date;          /* Date field, seconds UTC; CONTENT_NO_DATE */
	int32_t sent_day;           /* the date as written, days since 1970-01-01; CONTENT_NO_DAY */
	struct slice subject;       /* decoded */
	struct slice base_subject;  /* RFC 5256 2.1, in i;unicode-casemap form */
	/* Sort keys in i;unicode-casemap form: the local part of the first address ... */
	struct slice from, to, cc;
	/* ... and RFC 5957's display name of it (or its address) */
	struct slice display_from, display_to;
	struct slice message_id;    /* with its angle brackets; empty: none; normalised (RFC 5256) */
	struct slice in_reply_to;   /* ids separated by spaces */
	struct slice references;    /* ids separated by spaces, oldest first */
	struct slice preview;       /* RFC 8970 */
	unsigned traits;            /* enum content_traits */
	unsigned version;           /* of the derivation; ingest/ raises it, reparse catches up */
};

/* A content to be stored. */
struct content_row {
	uint8_t hash[CONTENT_HASH_SIZE];
	struct content_facts facts;
	struct slice search_headers; /* mime/casemap.h's search form, "name: value\n" each */
	struct slice search_body;
	struct slice signature;      /* ingest/signature.h */
	/* The octets: all of them when facts.size <= CONTENT_CHUNK (read may be NULL) ... */
	struct slice octets;
	/* ... else (octets.data NULL) read from here; same contract as mime/source.h's read. */
	ssize_t (*read)(void *arg, uint64_t offset, void *data, size_t len);
	void *read_arg;
};

/* Stores it unless it is there already.  Small content rather goes with its message
 * (message_append), in the same round trip.  Outside a transaction, large content is written
 * chunk by chunk without holding any lock.  STORE_DAMAGED: read failed or ended early. */
enum store_result content_store(struct store *store, const struct content_row *row);
/* Replaces the derived part of a stored content (reparse). */
enum store_result content_store_derived(struct store *store, const struct content_row *row);
/* Whether it is there; then it is kept from collection for the grace time. */
enum store_result content_exists(struct store *store, const uint8_t hash[CONTENT_HASH_SIZE]);

/* What can be loaded, by batches: misses cost one query for all. */
enum content_kind {
	CONTENT_FACTS,      /* content_value_facts */
	CONTENT_SIGNATURE,  /* content_value_octets: the signature */
	CONTENT_SEARCH,     /* content_value_search: search_headers and search_body */
	CONTENT_OCTETS,     /* content_value_octets: the whole of a content up to CONTENT_CHUNK, else its
	                     * first chunk */
};

/* One loaded thing; immutable, for any thread. */
struct content_value;
struct content_value *content_value_ref(struct content_value *value);
/* *value becomes NULL.  NULL is allowed. */
void content_value_unref(struct content_value **value);
/* The slices live as long as the value is held. */
const struct content_facts *content_value_facts(const struct content_value *value);
void content_value_search(const struct content_value *value, struct slice *headers_out,
			  struct slice *body_out);
struct slice content_value_octets(const struct content_value *value);
/* A GBytes over (part of) a value's octets without a copy: holds the value as long as it lives.
 * For stream_write_bytes(). */
GBytes *content_value_bytes(struct content_value *value, size_t offset, size_t len);

/* values_out[i] for hashes[i]: a new reference, or NULL when there is no such content (the
 * answer is then STORE_DAMAGED, the others loaded).  Memory: mind the batch (100 contents
 * of CONTENT_OCTETS may be 25 MiB). */
enum store_result content_load(struct store *store, enum content_kind kind,
			       const uint8_t (*hashes)[CONTENT_HASH_SIZE], size_t count,
			       struct content_value **values_out);
/* The same for one. */
enum store_result content_load_one(struct store *store, enum content_kind kind,
				   const uint8_t hash[CONTENT_HASH_SIZE],
				   struct content_value **value_out);
/* From the cache only; NULL on a miss.  Never blocks: for network threads too. */
struct content_value *content_peek(struct store_pool *pool, enum content_kind kind,
				   const uint8_t hash[CONTENT_HASH_SIZE]);

/* One chunk (number from 0, each CONTENT_CHUNK octets but the last) as octets. */
enum store_result content_load_chunk(struct store *store, const uint8_t hash[CONTENT_HASH_SIZE],
				     uint32_t number, struct content_value **value_out);
/* Any thread: a chunk from the cache, or NULL. */
struct content_value *content_peek_chunk(struct store_pool *pool,
					 const uint8_t hash[CONTENT_HASH_SIZE], uint32_t number);
/* len octets at offset; fewer only at the end: *read_out.  Reads just the chunks it touches. */
enum store_result content_read(struct store *store, const uint8_t hash[CONTENT_HASH_SIZE],
			       uint64_t offset, void *data, size_t len, size_t *read_out);

/* A content seen as mime/source.h sees octets: pass content_source_read and the struct as
 * arg.  Valid while the store is the caller's. */
struct content_source {
	struct store *store;
	uint8_t hash[CONTENT_HASH_SIZE];
	enum store_result result;           /* of the last failure, STORE_OK before */
	struct content_value *chunk;        /* private */
	uint32_t chunk_number;
};
void content_source_init(struct content_source *source, struct store *store,
			 const uint8_t hash[CONTENT_HASH_SIZE]);
void content_source_clear(struct content_source *source);
ssize_t content_source_read(void *arg, uint64_t offset, void *data, size_t len);

/* Walks all contents by hash, for reparse and verify: *after starts as zeros and
 * moves; *hashes_out: 32 octets each, at most `limit`; empty at the end. */
enum store_result content_walk(struct store *store, unsigned limit, uint8_t after[CONTENT_HASH_SIZE],
			       GByteArray **hashes_out);
/* Reads all octets of one content again: STORE_DAMAGED when hash or size or a chunk is not
 * right; *problem_out (g_free() it) says what. */
enum store_result content_verify(struct store *store, const uint8_t hash[CONTENT_HASH_SIZE],
				 char **problem_out);
/* Rows that point nowhere: messages without content, chunks without content.  One line each
 * into report; *count_out how many. */
enum store_result content_verify_rows(struct store *store, GString *report, uint64_t *count_out);

#endif
