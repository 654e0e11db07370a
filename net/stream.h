/* A connection as its protocol sees it: octets in, octets out, TLS (and later
 * DEFLATE) invisible.  Belongs to one loop for life; every function here is for
 * that loop's thread.
 *
 * Promises: no octet is left undecrypted, decrypted-but-undelivered or
 * un-inflated while the stream waits for its socket (field report Q239082);
 * output is queued without limit but the owner is told when the queue passes the
 * high-water mark and when it has drained, and must stop producing in between;
 * TCP_NODELAY is set; a write that OpenSSL asks to repeat is repeated with the
 * same octets. */
#ifndef NET_STREAM_H
#define NET_STREAM_H

#include "base/slice.h"
#include "net/loop.h"

struct stream;
struct tls_server;

enum stream_end {
	STREAM_END_PEER,     /* the peer closed (or reset) the connection */
	STREAM_END_TIMEOUT,  /* the time limit passed without an octet from the peer */
	STREAM_END_TLS,      /* handshake or record layer failed; logged */
	STREAM_END_FLUSHED,  /* stream_close() has sent all there was */
	STREAM_END_SHUTDOWN, /* the server stops */
	STREAM_END_KICKED,   /* an administrator ended it */
};

/* What the owner is told.  In any of these he may call any stream function. */
struct stream_handler {
	/* New octets can be peeked at.  Called again only after more came; an owner
	 * that leaves octets unconsumed (a paused command) calls stream_wake(). */
	void (*input)(void *owner);
	/* The output queue fell below the low-water mark after having been above
	 * the high-water mark. */
	void (*drained)(void *owner);
	/* The TLS handshake begun by stream_start_tls() is done.  NULL allowed. */
	void (*secured)(void *owner);
	/* The connection is over; nothing more is sent or received.  The owner must
	 * call stream_destroy(), now or later.  Called at most once, and not for
	 * stream_destroy(). */
	void (*ended)(void *owner, enum stream_end why);
	/* Time limit passed.  NULL: the stream ends with STREAM_END_TIMEOUT.  Else
	 * the owner says goodbye and calls stream_close(). */
	void (*timed_out)(void *owner);
	/* The server stops (or an administrator ends this one).  The owner says
	 * goodbye and calls stream_close(), at the latest some seconds later, when
	 * it ends anyway.  NULL: it ends at once. */
	void (*goodbye)(void *owner, enum stream_end why);
};

/* Takes over a connected socket (also one of a socketpair), which is closed with
 * the stream.  `label` is the protocol's name, static.  Not counted against the limits. */
struct stream *stream_adopt(struct loop *loop, int fd, const char *label);

/* The owner takes a new stream over with this, once. */
void stream_set_owner(struct stream *stream, const struct stream_handler *handler, void *owner);
struct loop *stream_loop(const struct stream *stream);
/* A number unique in this process, for logs and `convokectl who`. */
uint64_t stream_id(const struct stream *stream);
/* Who signed in, for `convokectl who`; NULL: nobody. */
void stream_set_user(struct stream *stream, const char *user);
/* "192.0.2.1:4711" or "[2001:db8::1]:4711"; and the bare address. */
const char *stream_peer(const struct stream *stream);
const char *stream_peer_address(const struct stream *stream);
bool stream_peer_is_loopback(const struct stream *stream);

/* The octets that have come and are not consumed yet; the run is contiguous and
 * valid until the next stream_consume() or return to the loop. */
/* When the peer has closed its side, the owner is told (STREAM_END_PEER) after
 * he has seen all input, is not paused, and all his output is sent. */
struct slice stream_peek(struct stream *stream);
void stream_consume(struct stream *stream, size_t len);
/* Calls handler->input soon (never from inside this call) if octets are there. */
void stream_wake(struct stream *stream);
/* What has come makes no whole yet: the peer learns at once that it is here.  A client that writes
 * a command in pieces holds the next one back until then, 40 ms for each (RFC 1122 4.2.3.2). */
void stream_acknowledge(struct stream *stream);
/* While paused the socket is not read (back-pressure), input is not called, the
 * time limit does not run and the peer's end is not told; output goes on (that it
 * can't is told: the stream has ended).  A session whose command is with a worker
 * pauses.  stream_resume() implies stream_wake(). */
void stream_pause(struct stream *stream);
void stream_resume(struct stream *stream);
/* Input held at most before the socket is no longer read (default 64 KiB); a
 * reader that needs a longer run of contiguous octets raises it. */
void stream_set_input_limit(struct stream *stream, size_t octets);

/* Queues a copy / a reference. */
void stream_write(struct stream *stream, const void *data, size_t len);
void stream_write_bytes(struct stream *stream, GBytes *bytes);
/* Octets queued and not yet handed to the kernel. */
size_t stream_queued(const struct stream *stream);
bool stream_above_high_water(const struct stream *stream);
/* Sends what is queued, then ends with STREAM_END_FLUSHED. */
void stream_close(struct stream *stream);
/* Ends at once, unflushed; *stream becomes NULL; counters and descriptor are
 * given back.  NULL is allowed. */
void stream_destroy(struct stream **stream);

/* The time limit without an octet from or to the peer; 0: none (after
 * stream_close() there is always one).  Does not run while paused. */
void stream_set_timeout(struct stream *stream, uint64_t milliseconds);

/* Server side of STARTTLS: what is queued goes out in plain text first; octets
 * that the peer sent in plain text behind the command are thrown away (response
 * injection, CVE-2011-0411). */
void stream_start_tls(struct stream *stream, struct tls_server *tls);
/* True when the listener offers STARTTLS (now) and the stream is not secure;
 * then stream_start_tls(stream, NULL) uses the listener's certificates. */
bool stream_can_start_tls(const struct stream *stream);
bool stream_is_secure(const struct stream *stream);
/* TLS has been begun (by the listener, or by STARTTLS) and its handshake is not over: what
 * stream_is_secure() and the channel binding say is not the last word. */
bool stream_is_handshaking(const struct stream *stream);
/* "TLSv1.3 TLS_AES_256_GCM_SHA384", or "plain". */
const char *stream_security(const struct stream *stream);
/* Channel binding data: type "tls-exporter" (RFC 9266), "tls-server-end-point" or
 * "tls-unique" (RFC 5929).  False when there is none.  g_bytes_unref() it. */
bool stream_channel_binding(struct stream *stream, const char *type, GBytes **data_out);
/* The subject address of a verified client certificate (rfc822Name), or NULL. */
const char *stream_client_identity(const struct stream *stream);

/* From here on both directions are raw DEFLATE (RFC 4978), inside TLS if any.
 * What was queued before goes out uncompressed. */
void stream_start_deflate(struct stream *stream);
/* And as it was before (RFC 8437 4.1): what was queued goes out as the end of the DEFLATE
 * data; what the peer sent behind the end of its own is taken as it is.  The peer may end
 * its own before or after, or just stop. */
void stream_stop_deflate(struct stream *stream);
bool stream_is_deflated(const struct stream *stream);

#endif
