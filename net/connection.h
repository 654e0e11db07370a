/* What the process knows of one connection besides its octets: the part of a
 * stream that other threads may see.  For net/ alone. */
#ifndef NET_CONNECTION_H
#define NET_CONNECTION_H

#include "net/stream.h"

#include <netinet/in.h>
#include <stdatomic.h>
#include <sys/socket.h>

struct protocol_counters {
	const char *label;
	atomic_uint_least64_t open, total, refused, timeouts, handshakes, tls_failures;
	atomic_uint_least64_t octets_in, octets_out;
};

/* The counters of a label, made at first sight.  Never freed. */
struct protocol_counters *protocol_counters(const char *label);
#define counter_add(counter, n) \
	atomic_fetch_add_explicit(&(counter), (n), memory_order_relaxed)

struct peer {
	char text[64];    /* "[2001:db8::1]:4711" */
	char address[48]; /* "2001:db8::1" */
	bool loopback;
	struct in6_addr key; /* by which connections per address are counted */
};

void peer_from_sockaddr(struct peer *peer, const struct sockaddr *address);

/* A place under the limits: taken at accept, given back when the descriptor is
 * closed.  False: over a limit, nothing taken. */
bool connections_admit(const struct peer *peer);
void connections_dismiss(const struct peer *peer);

struct connection {
	uint64_t id;
	int64_t since;
	struct loop *loop;
	struct peer peer;
	bool admitted;    /* holds a place under the limits */
	char *user;       /* guarded by the registry */
	struct protocol_counters *counters;
	_Atomic(const char *) security;
	atomic_uint_least64_t octets_in, octets_out;
	/* In the thread of its loop. */
	void (*goodbye)(struct connection *connection, enum stream_end why);
};

/* Gives it an id and puts it on the list. */
void connection_register(struct connection *connection);
void connection_unregister(struct connection *connection);
void connection_set_user(struct connection *connection, const char *user);
void connection_count_in(struct connection *connection, size_t octets);
void connection_count_out(struct connection *connection, size_t octets);

#endif
