/* One web connection: the stream on one side, the HTTP library on the other, the
 * request check between them.
 *
 * Exactly one request is let through at a time; the next head is looked at when
 * the answer to the last has been written.  So the library never holds two
 * requests of a connection, and a refusal (4xx, then close) stands behind every
 * answer that was due before it.  Back-pressure both ways: what the library does
 * not take stays in the stream, what the client does not take stays in the
 * socketpair.  Time limits: a request must be complete within its own limit, a
 * connection that does nothing is closed after the idle limit, and so is a client
 * that takes nothing of its answer. */
#ifndef WEB_DOOR_H
#define WEB_DOOR_H

#include "net/stream.h"
#include "web/http_server.h"

struct door_limits {
	uint64_t body;               /* octets of one request's body */
	unsigned idle_seconds;
	unsigned request_seconds;    /* from the first octet of a head to the last of its body */
};

/* Counters of all doors, for /metrics; any thread. */
struct door_counts {
	gint open;     /* doors now */
	gint requests; /* heads let through */
	gint refused;  /* by the check */
};

struct door_options {
	struct http_server *server;
	struct door_limits limits;
	struct door_counts *counts;
	int entrance; /* told to whoever answers (http_exchange_entrance) */
};

/* Takes the stream over; server and counts must outlive it. */
void door_open(struct stream *stream, const struct door_options *options);

#endif
