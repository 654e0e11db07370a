/* Takes connections in and spreads them evenly over the network threads.
 *
 * A connection over the total or per-address limit is closed at once and
 * counted as refused.  Running out of descriptors pauses accepting for a
 * moment; it never spins. */
#ifndef NET_LISTENER_H
#define NET_LISTENER_H

#include "net/stream.h"
#include "net/tls.h"

struct listener;

struct listener_options {
	/* The protocol's name for counters and `convokectl who`: "imap".  Static. */
	const char *label;
	/* With implicit_tls the handshake starts by itself (what the owner writes
	 * meanwhile waits for it); else it is what STARTTLS uses.  NULL: no TLS. */
	struct tls_server *tls;
	bool implicit_tls;
	/* Sent (if the socket takes it at once) to a connection over the limit,
	 * unless implicit_tls; NULL: nothing. */
	const char *refusal;
	/* Called in the thread of the stream's loop, which was chosen among the
	 * listener's; the callee must stream_set_owner() or stream_destroy(). */
	void (*accepted)(void *arg, struct stream *stream);
	void *arg;
};

/* Whether the address is one of IPv6 and this machine's kernel was started without it. */
bool listener_is_impossible(const char *address);

/* `address` is "192.0.2.1:143", "[2001:db8::1]:143" or with a host name; port 0
 * takes a free one.  The loops must outlive the listener; the first one accepts.
 * To be called where loop_is_mine(loops[0]) or before it runs.  NULL and
 * *error_out (g_free() it) when the address can't be used. */
struct listener *listener_open(const char *address, struct loop *const *loops, size_t loop_count,
			       const struct listener_options *options, char **error_out);
/* Any thread.  Connections accepted from now on, and STARTTLS on older ones, use
 * the new value; NULL takes STARTTLS away (and refuses on implicit_tls). */
void listener_set_tls(struct listener *listener, struct tls_server *tls);
/* The port really bound. */
unsigned listener_port(const struct listener *listener);
/* Any thread; at once no more connections are accepted.  Streams live on.
 * *listener becomes NULL.  NULL is allowed. */
void listener_close(struct listener **listener);

#endif
