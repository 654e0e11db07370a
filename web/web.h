/* The web front room: the pages behind the links, the calendar, /healthz; and
 * /metrics for the machine's own collector. */
#ifndef WEB_WEB_H
#define WEB_WEB_H

#include "auth/auth.h"
#include "config/config.h"
#include "net/stream.h"
#include "store/pool.h"

struct web_room;

struct web_options {
	const struct config *config; /* referenced */
	struct store_pool *pool;
	struct auth *auth;           /* pool and auth must outlive the room */
	/* Appends more lines of Prometheus text to /metrics (any thread); NULL: none. */
	void (*metrics)(void *arg, GString *out);
	void *metrics_arg;
};

struct web_room *web_room_create(const struct web_options *options);
/* Any thread.  Requests from now on see the new settings. */
void web_room_reload(struct web_room *room, const struct config *config);
/* When no web stream is left open, and before the pool is destroyed: from here on no
 * job is submitted.  Those still out end without an answer, and the pool must let
 * them end.  *room becomes NULL.  NULL is allowed. */
void web_room_destroy(struct web_room **room);

/* In the stream's loop thread; the room owns the stream from here on. */
void web_start(struct web_room *room, struct stream *stream);
/* The same for a connection to [web] metrics_listen: /metrics and /healthz only. */
void web_start_metrics(struct web_room *room, struct stream *stream);

#endif
