/* The inside of a stream, for its own files alone:
 *   stream.c          what the owner calls; input buffer; life and end
 *   stream_pump.c     the engine: fills, tells, encrypts, sends, ends
 *   stream_tls.c      the TLS layer (records to and from the socket layer)
 *   stream_deflate.c  the DEFLATE layer above it
 *
 * Way in:  socket -> [TLS] -> [inflate] -> `in` -> owner.
 * Way out: owner -> [deflate] -> `out` -> TLS -> `wire` -> socket; without TLS
 * straight into `wire`.
 *
 * All work is done by the pump, in the turn's end task or when the socket is
 * ready, never inside a call of the owner: so no callback runs inside a callback. */
#ifndef NET_STREAM_PRIVATE_H
#define NET_STREAM_PRIVATE_H

#include "net/connection.h"
#include "net/loop_task.h"
#include "net/queue.h"
#include "net/stream.h"
#include "net/tls.h"

enum {
	INPUT_LIMIT = 64 * 1024,
	READ_AT_ONCE = 16 * 1024,
	READ_BUDGET = 256 * 1024,  /* octets in per turn, then the others have theirs */
	WRITE_BUDGET = 1024 * 1024,
	HIGH_WATER = 256 * 1024,
	LOW_WATER = 64 * 1024,
	WIRE_AHEAD = 128 * 1024,   /* encrypted octets held for the socket */
	TLS_RECORD = 16 * 1024,
};

/* What a layer answers to "give me octets". */
enum io {
	IO_OK,     /* at least one octet; none when it worked for nothing so far */
	IO_AGAIN,  /* the socket must bring (or take) more first */
	IO_EOF,
	IO_BROKEN, /* reset, or not decodable: nothing more in either direction */
	IO_TLS,    /* handshake or record failed */
};

enum stream_state {
	STREAM_OPEN,
	STREAM_CLOSING,   /* sending what is queued, then the end mark */
	STREAM_LINGERING, /* our side is closed; waits shortly for the peer's */
	STREAM_ENDED,     /* the descriptor is closed */
};

struct tls_slot;
struct stream_tls;
struct stream_deflate;

struct stream {
	struct connection connection; /* first: goodbye() finds the stream by it */
	struct loop *loop;
	int fd;
	struct loop_watch *watch;
	unsigned watched;
	struct loop_task task;
	struct loop_timer *timer;
	int64_t timer_at;           /* when it fires; INT64_MAX: not set */

	const struct stream_handler *handler;
	void *owner;
	enum stream_state state;
	enum stream_end why;        /* once ended */
	bool end_untold;
	bool destroyed;
	unsigned depth;             /* of our frames on the stack; memory stays */

	uint8_t *in;
	size_t in_start, in_len, in_capacity, in_limit;
	bool paused;
	bool fresh;                 /* octets the owner has not been told of */
	bool wake;
	bool readable;              /* the lowest layer did not say AGAIN yet */
	bool socket_dry;            /* the socket did, since it was last ready */
	bool eof;
	bool drop_read;             /* readiness was told that nobody wants now */

	struct queue out, wire;
	bool socket_full;
	bool above_high;

	uint64_t timeout;           /* milliseconds; 0: none */
	int64_t active_at;          /* last octet in or out */
	int64_t deadline;           /* absolute, whatever moves; INT64_MAX: none */
	enum stream_end deadline_why;

	struct tls_slot *slot;      /* what the listener offers for STARTTLS */
	struct stream_tls *tls;
	struct stream_deflate *deflate;
	size_t deflate_end_left;    /* octets in which the peer may still end its DEFLATE data */
};

/* --- stream.c --- */
void stream_schedule(struct stream *stream);
/* Between the two the memory stays, whatever the owner destroys. */
void stream_hold(struct stream *stream);
void stream_release(struct stream *stream);
/* When it ends if no octet moves until then; INT64_MAX: never. */
int64_t stream_idle_limit(const struct stream *stream);
/* Room for reading; *room_out 0 when the input limit is reached. */
uint8_t *stream_input_room(struct stream *stream, size_t *room_out);
/* Closes the descriptor and gives the counters back; the owner is told by the
 * pump.  The first reason counts. */
void stream_end(struct stream *stream, enum stream_end why);
void stream_set_deadline(struct stream *stream, uint64_t milliseconds, enum stream_end why);
void stream_arm_timer(struct stream *stream);
/* The queue that the owner's octets go to now. */
struct queue *stream_outlet(struct stream *stream);
/* Frees the input buffer if nothing is in it. */
void stream_input_trim(struct stream *stream);

/* --- stream_pump.c --- */
void stream_pump(void *stream);
void stream_socket_ready(void *stream, unsigned events);
void stream_timer_fired(void *stream);
/* The lowest layer. */
enum io stream_socket_read(struct stream *stream, void *data, size_t size, size_t *len_out);
/* TLS if any. */
enum io stream_secure_read(struct stream *stream, void *data, size_t size, size_t *len_out);

/* --- stream_tls.c --- */
void stream_tls_begin(struct stream *stream, struct tls_server *tls);
/* Goes on with the handshake; IO_OK: done. */
enum io stream_tls_handshake(struct stream *stream);
bool stream_tls_established(const struct stream *stream);
enum io stream_tls_read(struct stream *stream, void *data, size_t size, size_t *len_out);
/* True when OpenSSL said that it must write before it reads on; to be asked
 * again when `wire` is shorter than WIRE_AHEAD. */
bool stream_tls_blocked(const struct stream *stream);
/* Moves octets from `out` to `wire` as far as it may hold them. */
enum io stream_tls_encrypt(struct stream *stream);
/* close_notify. */
void stream_tls_finish(struct stream *stream);
void stream_tls_free(struct stream *stream);

/* --- stream_deflate.c --- */
void stream_deflate_write(struct stream *stream, const void *data, size_t len);
/* So that no octet is held back. */
void stream_deflate_flush(struct stream *stream);
enum io stream_deflate_read(struct stream *stream, void *data, size_t size, size_t *len_out);
void stream_deflate_free(struct stream *stream);
/* Input behind stream_stop_deflate(): without the end of the peer's DEFLATE data, if that is
 * what it begins with; what is left of it. */
size_t stream_skip_deflate_end(struct stream *stream, uint8_t *data, size_t len);

/* --- the listener's current TLS, shared with its streams --- */
struct tls_slot *tls_slot_create(struct tls_server *tls);
struct tls_slot *tls_slot_ref(struct tls_slot *slot);
void tls_slot_unref(struct tls_slot **slot);
void tls_slot_set(struct tls_slot *slot, struct tls_server *tls);
/* A new reference, or NULL. */
struct tls_server *tls_slot_get(struct tls_slot *slot);

/* As stream_adopt(); the listener has filled in peer and admission, and gives
 * its slot. */
struct stream *stream_accept(struct loop *loop, int fd, const struct connection *connection,
			     struct tls_slot *slot);

#endif
