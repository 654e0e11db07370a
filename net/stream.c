/* The owner's side of a stream: what he asks for is noted here and done by the
 * pump at the end of the turn, so that nothing calls him back from inside his
 * own call, and so that what he writes in one turn leaves in as few packets and
 * records as it can. */
#include "net/stream.h"

#include "net/stream_private.h"

#include "base/clock.h"

#include <errno.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <sys/socket.h>
#include <unistd.h>

enum {
	GOODBYE_LIMIT = 5000,    /* ms for the owner and the peer to part */
	HANDSHAKE_LIMIT = 30000, /* ms for a whole handshake, however it drips */
	CLOSE_LIMIT = 30000,     /* ms without progress while the last octets go */
	KEEPALIVE_IDLE = 600,    /* s; then a probe every minute, five at most */
	KEEPALIVE_INTERVAL = 60,
	KEEPALIVE_PROBES = 5,
};

static void set_socket_options(int fd)
{
	int on = 1, idle = KEEPALIVE_IDLE, interval = KEEPALIVE_INTERVAL, probes = KEEPALIVE_PROBES;

	fcntl(fd, F_SETFL, fcntl(fd, F_GETFL) | O_NONBLOCK);
	/* These fail on a socket that is not TCP; that is fine. */
	if (setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on) == 0) {
		setsockopt(fd, SOL_SOCKET, SO_KEEPALIVE, &on, sizeof on);
		setsockopt(fd, IPPROTO_TCP, TCP_KEEPIDLE, &idle, sizeof idle);
		setsockopt(fd, IPPROTO_TCP, TCP_KEEPINTVL, &interval, sizeof interval);
		setsockopt(fd, IPPROTO_TCP, TCP_KEEPCNT, &probes, sizeof probes);
	}
}

void stream_acknowledge(struct stream *stream)
{
	int on = 1;

	setsockopt(stream->fd, IPPROTO_TCP, TCP_QUICKACK, &on, sizeof on);
}

static void goodbye(struct connection *connection, enum stream_end why)
{
	struct stream *stream = (struct stream *)connection;

	bool can_talk = stream->tls == NULL || stream_tls_established(stream);

	/* It may be on its way out already, with its last words. */
	if (stream->state != STREAM_OPEN && why == STREAM_END_SHUTDOWN)
		return;
	stream_hold(stream);
	if (stream->state == STREAM_OPEN && can_talk && stream->handler != NULL &&
	    stream->handler->goodbye != NULL) {
		stream_set_deadline(stream, GOODBYE_LIMIT, why);
		stream->handler->goodbye(stream->owner, why);
	} else {
		stream_end(stream, why);
	}
	stream_release(stream);
}

struct stream *stream_accept(struct loop *loop, int fd, const struct connection *connection,
			     struct tls_slot *slot)
{
	struct stream *stream = g_new0(struct stream, 1);

	stream->connection = *connection;
	stream->connection.loop = loop;
	stream->connection.goodbye = goodbye;
	stream->loop = loop;
	stream->fd = fd;
	stream->slot = tls_slot_ref(slot);
	stream->in_limit = INPUT_LIMIT;
	stream->timer_at = stream->deadline = INT64_MAX;
	stream->active_at = clock_monotonic();
	stream->task.fn = stream_pump;
	stream->task.arg = stream;
	set_socket_options(fd);
	connection_register(&stream->connection);
	stream->watch = loop_watch_create(loop, fd, stream_socket_ready, stream);
	stream_schedule(stream);
	return stream;
}

struct stream *stream_adopt(struct loop *loop, int fd, const char *label)
{
	struct connection connection = { .counters = protocol_counters(label) };
	struct sockaddr_storage address = { .ss_family = AF_UNSPEC };
	socklen_t len = sizeof address;

	getpeername(fd, (struct sockaddr *)&address, &len);
	peer_from_sockaddr(&connection.peer, (struct sockaddr *)&address);
	return stream_accept(loop, fd, &connection, NULL);
}

void stream_schedule(struct stream *stream)
{
	loop_task_queue(stream->loop, &stream->task);
}

static void stream_retire(struct stream *stream)
{
	stream->state = STREAM_ENDED;
	loop_watch_destroy(&stream->watch);
	loop_timer_destroy(&stream->timer);
	close(stream->fd);
	stream->fd = -1;
	connection_unregister(&stream->connection);
	queue_clear(&stream->out);
	queue_clear(&stream->wire);
}

void stream_end(struct stream *stream, enum stream_end why)
{
	if (stream->state == STREAM_ENDED)
		return;
	stream_retire(stream);
	stream->why = why;
	stream->end_untold = true;
	stream_schedule(stream);
}

static void stream_free(struct stream *stream)
{
	loop_task_cancel(stream->loop, &stream->task);
	stream_tls_free(stream);
	stream_deflate_free(stream);
	tls_slot_unref(&stream->slot);
	g_free(stream->in);
	g_free(stream);
}

void stream_destroy(struct stream **stream_ptr)
{
	struct stream *stream = *stream_ptr;

	*stream_ptr = NULL;
	if (stream == NULL)
		return;
	g_assert(!stream->destroyed);
	if (stream->state != STREAM_ENDED)
		stream_retire(stream);
	stream->destroyed = true;
	stream->end_untold = false;
	stream_hold(stream);
	stream_release(stream);
}

void stream_hold(struct stream *stream)
{
	stream->depth++;
}

void stream_release(struct stream *stream)
{
	if (--stream->depth == 0 && stream->destroyed)
		stream_free(stream);
}

void stream_set_owner(struct stream *stream, const struct stream_handler *handler, void *owner)
{
	g_assert(stream->handler == NULL);
	stream->handler = handler;
	stream->owner = owner;
	stream->fresh = stream->in_len > 0;
	stream_schedule(stream);
}

struct loop *stream_loop(const struct stream *stream)
{
	return stream->loop;
}

uint64_t stream_id(const struct stream *stream)
{
	return stream->connection.id;
}

void stream_set_user(struct stream *stream, const char *user)
{
	if (stream->state != STREAM_ENDED)
		connection_set_user(&stream->connection, user);
}

const char *stream_peer(const struct stream *stream)
{
	return stream->connection.peer.text;
}

const char *stream_peer_address(const struct stream *stream)
{
	return stream->connection.peer.address;
}

bool stream_peer_is_loopback(const struct stream *stream)
{
	return stream->connection.peer.loopback;
}

/* --- input --- */

struct slice stream_peek(struct stream *stream)
{
	return slice_of((const char *)stream->in + stream->in_start, stream->in_len);
}

void stream_consume(struct stream *stream, size_t len)
{
	bool was_full = stream->in_len >= stream->in_limit;

	g_assert(len <= stream->in_len);
	stream->in_len -= len;
	stream->in_start = stream->in_len > 0 ? stream->in_start + len : 0;
	if (was_full)
		stream_schedule(stream);
}

uint8_t *stream_input_room(struct stream *stream, size_t *room_out)
{
	size_t room = stream->in_len < stream->in_limit ? stream->in_limit - stream->in_len : 0;

	*room_out = room = MIN(room, READ_AT_ONCE);
	if (room == 0)
		return NULL;
	if (stream->in_start + stream->in_len + room > stream->in_capacity) {
		if (stream->in_start > 0)
			memmove(stream->in, stream->in + stream->in_start, stream->in_len);
		stream->in_start = 0;
	}
	if (stream->in_len + room > stream->in_capacity) {
		stream->in_capacity = MAX(stream->in_len + room,
					  MIN(2 * stream->in_capacity, stream->in_limit));
		stream->in = g_realloc(stream->in, stream->in_capacity);
	}
	return stream->in + stream->in_start + stream->in_len;
}

void stream_input_trim(struct stream *stream)
{
	if (stream->in_len > 0 || stream->in == NULL)
		return;
	g_clear_pointer(&stream->in, g_free);
	stream->in_start = stream->in_capacity = 0;
}

void stream_wake(struct stream *stream)
{
	stream->wake = true;
	stream_schedule(stream);
}

void stream_pause(struct stream *stream)
{
	stream->paused = true;
}

void stream_resume(struct stream *stream)
{
	if (!stream->paused)
		return;
	stream->paused = false;
	stream->wake = true;
	stream->active_at = clock_monotonic();
	stream_schedule(stream);
}

void stream_set_input_limit(struct stream *stream, size_t octets)
{
	stream->in_limit = octets;
	stream_schedule(stream);
}

/* --- output --- */

struct queue *stream_outlet(struct stream *stream)
{
	return stream->tls != NULL ? &stream->out : &stream->wire;
}

static void wrote(struct stream *stream)
{
	if (stream_queued(stream) > HIGH_WATER)
		stream->above_high = true;
	stream_schedule(stream);
}

void stream_write(struct stream *stream, const void *data, size_t len)
{
	if (stream->state != STREAM_OPEN || len == 0)
		return;
	if (stream->deflate != NULL)
		stream_deflate_write(stream, data, len);
	else
		queue_append(stream_outlet(stream), data, len);
	wrote(stream);
}

void stream_write_bytes(struct stream *stream, GBytes *bytes)
{
	size_t len;
	const void *data = g_bytes_get_data(bytes, &len);

	if (stream->deflate != NULL) {
		stream_write(stream, data, len);
		return;
	}
	if (stream->state != STREAM_OPEN || len == 0)
		return;
	queue_append_bytes(stream_outlet(stream), bytes);
	wrote(stream);
}

size_t stream_queued(const struct stream *stream)
{
	return stream->out.length + stream->wire.length;
}

bool stream_above_high_water(const struct stream *stream)
{
	return stream->above_high;
}

void stream_close(struct stream *stream)
{
	if (stream->state != STREAM_OPEN)
		return;
	stream->state = STREAM_CLOSING;
	stream->in_len = stream->in_start = 0;
	stream->active_at = clock_monotonic();
	stream_schedule(stream);
}

/* --- time --- */

void stream_set_timeout(struct stream *stream, uint64_t milliseconds)
{
	stream->timeout = milliseconds;
	stream->active_at = clock_monotonic();
	stream_arm_timer(stream);
}

void stream_set_deadline(struct stream *stream, uint64_t milliseconds, enum stream_end why)
{
	stream->deadline = clock_monotonic() + (int64_t)milliseconds * 1000;
	stream->deadline_why = why;
	stream_arm_timer(stream);
}

int64_t stream_idle_limit(const struct stream *stream)
{
	if (stream->state == STREAM_CLOSING || (stream->eof && stream_queued(stream) > 0))
		return stream->active_at + CLOSE_LIMIT * 1000;
	if (stream->state == STREAM_OPEN && stream->timeout != 0 && !stream->paused)
		return stream->active_at + (int64_t)stream->timeout * 1000;
	return INT64_MAX;
}

/* A timer that is set for an earlier moment stays: when it fires it is set
 * again.  So the octets that come and go cost no timer work. */
void stream_arm_timer(struct stream *stream)
{
	int64_t at = MIN(stream->deadline, stream_idle_limit(stream)), wait;

	if (stream->state == STREAM_ENDED || at >= stream->timer_at)
		return;
	if (stream->timer == NULL)
		stream->timer = loop_timer_create(stream->loop, stream_timer_fired, stream);
	wait = at - clock_monotonic();
	loop_timer_set(stream->timer, wait > 0 ? (uint64_t)(wait + 999) / 1000 : 0);
	stream->timer_at = at;
}

/* --- layers --- */

void stream_start_tls(struct stream *stream, struct tls_server *tls)
{
	struct tls_server *offered = NULL;

	g_assert(stream->tls == NULL && stream->deflate == NULL);
	if (stream->state != STREAM_OPEN)
		return;
	if (tls == NULL && stream->slot != NULL)
		tls = offered = tls_slot_get(stream->slot);
	if (tls == NULL) { /* a reload took it away since it was offered */
		stream_end(stream, STREAM_END_TLS);
		return;
	}
	stream->in_len = stream->in_start = 0;
	stream->fresh = stream->wake = false;
	stream_tls_begin(stream, tls);
	tls_server_unref(&offered);
	stream_set_deadline(stream, HANDSHAKE_LIMIT, STREAM_END_TIMEOUT);
	stream_schedule(stream);
}

bool stream_can_start_tls(const struct stream *stream)
{
	struct tls_server *tls;
	bool offered;

	if (stream->tls != NULL || stream->deflate != NULL || stream->slot == NULL)
		return false;
	tls = tls_slot_get(stream->slot);
	offered = tls != NULL;
	tls_server_unref(&tls);
	return offered;
}

bool stream_is_secure(const struct stream *stream)
{
	return stream->tls != NULL && stream_tls_established(stream);
}

bool stream_is_handshaking(const struct stream *stream)
{
	return stream->tls != NULL && !stream_tls_established(stream);
}

const char *stream_security(const struct stream *stream)
{
	return atomic_load(&stream->connection.security);
}

bool stream_is_deflated(const struct stream *stream)
{
	return stream->deflate != NULL;
}
