/* Mail out, the small way: POP3 (RFC 1939) with CAPA, RESP-CODES, PIPELINING (2449),
 * AUTH-RESP-CODE (3206), STLS (2595), SASL (5034), UTF8 and LANG (6856).
 *
 * The maildrop is the account's INBOX as it was at sign-in, locked for the session;
 * messages go at QUIT only.  Sizes are the octets that RETR sends, without stuffing
 * and the final ".". */
#ifndef POP3_POP3_H
#define POP3_POP3_H

#include "auth/auth.h"
#include "config/config.h"
#include "net/stream.h"
#include "store/pool.h"

struct pop3_room;

/* One for the process.  The configuration is referenced; pool and auth must outlive
 * the room, the room every session. */
struct pop3_room *pop3_room_create(const struct config *config, struct store_pool *pool, struct auth *auth);
/* Any thread; for sessions that begin from now on. */
void pop3_room_reload(struct pop3_room *room, const struct config *config);
/* When no session is left.  *room becomes NULL.  NULL is allowed. */
void pop3_room_destroy(struct pop3_room **room);

/* Takes the stream over; to be called in its loop's thread. */
void pop3_start(struct pop3_room *room, struct stream *stream);

#endif
