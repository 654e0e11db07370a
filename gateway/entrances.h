/* The entrances: every listener of the settings, and the front room behind it. */
#ifndef GATEWAY_ENTRANCES_H
#define GATEWAY_ENTRANCES_H

#include "config/config.h"
#include "net/listener.h"

struct entrances;

/* How a front room takes a stream over; `room` is what entrances_set_room() was
 * given.  In the stream's loop thread. */
typedef void (*entrance_start_fn)(void *room, struct stream *stream);

enum entrance_room { ENTRANCE_IMAP, ENTRANCE_POP3, ENTRANCE_LMTP, ENTRANCE_WEB, ENTRANCE_METRICS, ENTRANCE_ROOMS };

/* Binds every address of the settings (before privileges are dropped and before
 * the loops run).  NULL and *error_out (g_free() it) when one can't be bound. */
struct entrances *entrances_open(const struct config *config, struct loop *const *loops, size_t loop_count,
				 char **error_out);
/* Before the loops run. */
void entrances_set_room(struct entrances *entrances, enum entrance_room which, entrance_start_fn start,
			void *room);
/* At the start and at each reload. */
void entrances_set_tls(struct entrances *entrances, struct tls_server *tls);
/* No more connections from now on, but for those that are on their way to their loop. */
void entrances_close(struct entrances *entrances);
/* When the loops have ended.  *entrances becomes NULL.  NULL is allowed. */
void entrances_destroy(struct entrances **entrances);

#endif
