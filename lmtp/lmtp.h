/* Mail in: LMTP (RFC 2033) with PIPELINING, 8BITMIME, SMTPUTF8, SIZE,
 * ENHANCEDSTATUSCODES, CHUNKING and STARTTLS.
 *
 * After the data each recipient gets a reply of its own, and 250 only when the
 * message is committed in the database.  Only CRLF.CRLF ends DATA. */
#ifndef LMTP_LMTP_H
#define LMTP_LMTP_H

#include "config/config.h"
#include "net/stream.h"
#include "store/pool.h"

struct lmtp_room;

/* One for the process.  The configuration is referenced, the pool must outlive the
 * room, the room every session. */
struct lmtp_room *lmtp_room_create(const struct config *config, struct store_pool *pool);
/* Any thread; for transactions that begin from now on. */
void lmtp_room_reload(struct lmtp_room *room, const struct config *config);
/* When no session is left.  *room becomes NULL.  NULL is allowed. */
void lmtp_room_destroy(struct lmtp_room **room);

/* Recipients since the start, by what the client was told at RCPT or behind the data; any thread. */
struct lmtp_counters {
	uint64_t delivered;  /* 250 behind the data: durable (now, or the repeat of one that was) */
	uint64_t meetings;   /* of these, meeting mail */
	uint64_t over_quota; /* 452 4.2.2 */
	uint64_t unknown;    /* 550 5.1.1 */
	uint64_t later;      /* 451 4.3.0 */
};
struct lmtp_counters lmtp_counters_get(void);

/* Takes the stream over; to be called in its loop's thread. */
void lmtp_start(struct lmtp_room *room, struct stream *stream);

#endif
