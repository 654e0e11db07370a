/* The engine.  One round: go on with the handshake, fill the input and tell the
 * owner, take his output through the layers to the socket, see whether it is
 * over, and only then say what to wait for.
 *
 * The rule that the product exists for: `readable` says "the layers did not
 * answer AGAIN yet".  While it is true and the owner wants input, the stream is
 * scheduled and never left to its socket, because the octets may sit in OpenSSL
 * or in zlib, of which the socket knows nothing. */
#include "net/stream_private.h"

#include "base/clock.h"
#include "base/log.h"

#include <errno.h>
#include <sys/socket.h>

enum {
	LINGER_LIMIT = 1000, /* ms we wait for the peer to close after us */
	VECTORS = 16,
};

static bool alive(const struct stream *stream)
{
	return stream->state != STREAM_ENDED;
}

static bool handshaking(const struct stream *stream)
{
	return stream->tls != NULL && !stream_tls_established(stream);
}

/* --- the lowest layer --- */

enum io stream_socket_read(struct stream *stream, void *data, size_t size, size_t *len_out)
{
	ssize_t len;

	if (stream->socket_dry)
		return IO_AGAIN;
	do {
		len = recv(stream->fd, data, size, 0);
	} while (len < 0 && errno == EINTR);
	if (len == 0)
		return IO_EOF;
	/* Less than asked for: the next call would only say EAGAIN. */
	if ((size_t)MAX(len, 0) < size)
		stream->socket_dry = true;
	if (len < 0)
		return errno == EAGAIN ? IO_AGAIN : IO_BROKEN;
	stream->active_at = clock_monotonic();
	connection_count_in(&stream->connection, (size_t)len);
	*len_out = (size_t)len;
	return IO_OK;
}

enum io stream_secure_read(struct stream *stream, void *data, size_t size, size_t *len_out)
{
	if (stream->tls != NULL)
		return stream_tls_read(stream, data, size, len_out);
	return stream_socket_read(stream, data, size, len_out);
}

/* Hands `wire` to the kernel until it is empty, the socket is full or the budget
 * is used up. */
static void send_wire(struct stream *stream, size_t *budget)
{
	while (stream->wire.length > 0 && !stream->socket_full && *budget > 0) {
		struct iovec vectors[VECTORS];
		struct msghdr message = { .msg_iov = vectors };
		ssize_t len;

		message.msg_iovlen = (size_t)queue_vectors(&stream->wire, vectors, VECTORS);
		len = sendmsg(stream->fd, &message, MSG_NOSIGNAL);
		if (len < 0 && errno == EINTR)
			continue;
		if (len < 0 && errno == EAGAIN) {
			stream->socket_full = true;
			return;
		}
		if (len < 0) {
			stream_end(stream, STREAM_END_PEER);
			return;
		}
		queue_consume(&stream->wire, (size_t)len);
		*budget -= MIN(*budget, (size_t)len);
		stream->active_at = clock_monotonic();
		connection_count_out(&stream->connection, (size_t)len);
	}
}

/* --- ends --- */

static void end_by_io(struct stream *stream, enum io io)
{
	size_t budget = WRITE_BUDGET;

	if (io != IO_TLS) {
		stream_end(stream, STREAM_END_PEER);
		return;
	}
	counter_add(stream->connection.counters->tls_failures, 1);
	send_wire(stream, &budget); /* the alert, if the socket takes it */
	stream_end(stream, STREAM_END_TLS);
}

static void tell_end(struct stream *stream)
{
	if (!stream->end_untold || stream->handler == NULL)
		return;
	stream->end_untold = false;
	stream->handler->ended(stream->owner, stream->why);
}

/* --- handshake --- */

/* True when octets may pass. */
static bool secure(struct stream *stream)
{
	enum io io;

	if (!handshaking(stream))
		return true;
	io = stream_tls_handshake(stream);
	if (io == IO_AGAIN) {
		stream->readable = stream_tls_blocked(stream);
		return false;
	}
	if (io != IO_OK) {
		end_by_io(stream, io);
		return false;
	}
	counter_add(stream->connection.counters->handshakes, 1);
	stream->deadline = INT64_MAX;
	stream->readable = true; /* the first command may have come with the Finished */
	if (stream->handler != NULL && stream->handler->secured != NULL &&
	    stream->state == STREAM_OPEN)
		stream->handler->secured(stream->owner);
	return alive(stream);
}

/* --- input --- */

static bool wants_input(const struct stream *stream)
{
	return stream->state == STREAM_OPEN && stream->handler != NULL && !stream->paused &&
	       !stream->eof && stream->in_len < stream->in_limit;
}

static bool can_read(const struct stream *stream)
{
	return wants_input(stream) && stream->readable && !handshaking(stream) &&
	       !(stream_tls_blocked(stream) && stream->wire.length >= WIRE_AHEAD);
}

static enum io layers_read(struct stream *stream, void *data, size_t size, size_t *len_out)
{
	if (stream->deflate != NULL)
		return stream_deflate_read(stream, data, size, len_out);
	return stream_secure_read(stream, data, size, len_out);
}

static void fill_input(struct stream *stream, size_t *budget)
{
	while (can_read(stream) && *budget > 0) {
		size_t room, len = 0;
		uint8_t *to = stream_input_room(stream, &room);
		enum io io = layers_read(stream, to, room, &len);

		if (io == IO_OK && stream->deflate_end_left > 0)
			len = stream_skip_deflate_end(stream, to, len);
		if (io == IO_OK) {
			stream->in_len += len;
			stream->fresh = stream->fresh || len > 0;
			*budget -= MIN(*budget, len > 0 ? len : READ_AT_ONCE);
		} else if (io == IO_AGAIN) {
			stream->readable = stream_tls_blocked(stream);
		} else if (io == IO_EOF) {
			stream->eof = true;
		} else {
			end_by_io(stream, io);
		}
	}
}

static bool has_news(const struct stream *stream)
{
	return stream->state == STREAM_OPEN && stream->handler != NULL && !stream->paused &&
	       stream->in_len > 0 && (stream->fresh || stream->wake);
}

static void take_input(struct stream *stream)
{
	size_t budget = READ_BUDGET;

	do {
		fill_input(stream, &budget);
		if (!has_news(stream))
			break;
		stream->fresh = stream->wake = false;
		stream->handler->input(stream->owner);
	} while (budget > 0 && can_read(stream));
	if (!stream->paused && stream->in_len == 0)
		stream->fresh = stream->wake = false;
	if (can_read(stream) || has_news(stream))
		stream_schedule(stream);
}

/* After our end mark whatever still comes is read and dropped: closing with
 * octets unread would reset the connection, and the peer would lose our last
 * words. */
static void drain_input(struct stream *stream)
{
	uint8_t nothing[4096];
	size_t len, budget = READ_BUDGET;
	enum io io = stream->eof ? IO_EOF : IO_OK;

	while (io == IO_OK && budget > 0) {
		io = stream_socket_read(stream, nothing, sizeof nothing, &len);
		budget -= io == IO_OK ? MIN(budget, len) : 0;
	}
	if (io == IO_EOF || io == IO_BROKEN)
		stream_end(stream, STREAM_END_FLUSHED);
}

/* --- output --- */

/* False when there is nothing to tell. */
static bool tell_drained(struct stream *stream)
{
	if (!alive(stream) || !stream->above_high || stream_queued(stream) >= LOW_WATER)
		return false;
	stream->above_high = false;
	if (stream->state != STREAM_OPEN || stream->handler == NULL)
		return false;
	stream->handler->drained(stream->owner);
	return alive(stream);
}

/* One pass through the layers.  False: no octet moved. */
static bool push_output(struct stream *stream, size_t *budget)
{
	size_t before;

	if (stream->deflate != NULL)
		stream_deflate_flush(stream);
	before = stream_queued(stream);
	if (stream->tls != NULL && stream_tls_established(stream)) {
		enum io io = stream_tls_encrypt(stream);

		if (io == IO_TLS || io == IO_BROKEN) {
			end_by_io(stream, io);
			return false;
		}
	}
	send_wire(stream, budget);
	return alive(stream) && stream_queued(stream) < before;
}

static void give_output(struct stream *stream)
{
	size_t budget = WRITE_BUDGET;
	bool moved, told;

	do {
		moved = push_output(stream, &budget);
		told = tell_drained(stream);
	} while (alive(stream) && (moved || told) && budget > 0);
	if (alive(stream) && stream_queued(stream) > 0 && budget == 0)
		stream_schedule(stream);
	/* OpenSSL would not read on before it could answer. */
	if (alive(stream) && stream_tls_blocked(stream) && stream->wire.length < WIRE_AHEAD)
		stream_schedule(stream);
}

static void begin_linger(struct stream *stream)
{
	size_t budget = WRITE_BUDGET;

	if (stream->tls != NULL && stream_tls_established(stream))
		stream_tls_finish(stream);
	send_wire(stream, &budget); /* a close_notify that finds no room is no loss */
	if (!alive(stream))
		return;
	shutdown(stream->fd, SHUT_WR);
	queue_clear(&stream->wire);
	stream->state = STREAM_LINGERING;
	stream->socket_full = false;
	stream_set_deadline(stream, LINGER_LIMIT, STREAM_END_FLUSHED);
	drain_input(stream);
}

/* Is it over? */
static void see_end(struct stream *stream)
{
	bool flushed = stream_queued(stream) == 0;

	if (stream->state == STREAM_CLOSING && flushed) {
		begin_linger(stream);
	} else if (stream->state == STREAM_LINGERING) {
		drain_input(stream);
	} else if (stream->state == STREAM_OPEN && stream->eof && flushed && !stream->paused &&
		   !has_news(stream) && stream->handler != NULL) {
		stream_end(stream, STREAM_END_PEER);
	}
}

static void wait_for_socket(struct stream *stream)
{
	unsigned wanted = 0;

	if (handshaking(stream) || stream->state == STREAM_LINGERING ||
	    (wants_input(stream) && !stream->readable))
		wanted |= LOOP_READ;
	else if (!stream->drop_read)
		/* A pause is mostly over before the peer says more; taking the
		 * descriptor out of the set and in again costs two calls. */
		wanted |= stream->watched & LOOP_READ;
	stream->drop_read = false;
	if (stream->socket_full)
		wanted |= LOOP_WRITE;
	stream->watched = wanted;
	loop_watch_set(stream->watch, wanted);
	stream_arm_timer(stream);
}

static void pump_round(struct stream *stream)
{
	if (alive(stream) && secure(stream))
		take_input(stream);
	if (alive(stream))
		give_output(stream);
	if (alive(stream))
		see_end(stream);
	if (alive(stream)) {
		stream_input_trim(stream);
		wait_for_socket(stream);
	} else {
		tell_end(stream);
	}
}

void stream_pump(void *arg)
{
	struct stream *stream = arg;

	stream_hold(stream);
	pump_round(stream);
	stream_release(stream);
}

void stream_socket_ready(void *arg, unsigned events)
{
	struct stream *stream = arg;

	if (events & LOOP_READ) {
		stream->socket_dry = false;
		stream->readable = true;
		stream->drop_read = !wants_input(stream);
	}
	if (events & LOOP_WRITE)
		stream->socket_full = false;
	stream_pump(stream);
}

static void time_out(struct stream *stream)
{
	counter_add(stream->connection.counters->timeouts, 1);
	if (stream->state == STREAM_OPEN && !stream->eof && stream->handler != NULL &&
	    stream->handler->timed_out != NULL && !handshaking(stream)) {
		stream->handler->timed_out(stream->owner);
		if (stream->state != STREAM_OPEN || stream_idle_limit(stream) > clock_monotonic())
			return;
	}
	stream_end(stream, STREAM_END_TIMEOUT);
}

void stream_timer_fired(void *arg)
{
	struct stream *stream = arg;
	int64_t now = clock_monotonic();

	stream_hold(stream);
	stream->timer_at = INT64_MAX;
	if (now >= stream->deadline) {
		if (stream->deadline_why == STREAM_END_TIMEOUT)
			counter_add(stream->connection.counters->timeouts, 1);
		stream_end(stream, stream->deadline_why);
	} else if (now >= stream_idle_limit(stream)) {
		time_out(stream);
	}
	pump_round(stream);
	stream_release(stream);
}
