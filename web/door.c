#include "web/door.h"

#include "base/log.h"
#include "web/request_check.h"

#include <errno.h>
#include <sys/socket.h>
#include <unistd.h>

#define COPY_OCTETS 16384

struct door {
	struct stream *stream;
	struct door_options options;
	struct request_check *check;
	struct http_peer *peer;
	struct loop_watch *watch; /* of fd */
	struct loop_timer *timer; /* for one request */
	int fd;                   /* our end of the socketpair; -1 once closed */
	size_t passed;            /* octets of the stream's input that may go to the library */
	size_t queued_before;     /* what the stream had queued at the last time limit */
	bool busy;                /* a request is in the library, its answer not wholly out of it */
	bool answered;            /* the library has written all of that answer */
	bool timing;              /* the timer runs */
	bool paused;              /* the stream is */
	bool leaving;             /* the server stops: the present answer is the last */
	bool closing;             /* nothing more comes in; the stream flushes */
};

static void on_library(void *arg, unsigned events);
static void on_answered(void *arg);

static void close_library_side(struct door *door)
{
	loop_watch_destroy(&door->watch);
	if (door->fd >= 0)
		close(door->fd);
	door->fd = -1;
}

static void door_destroy(struct door *door)
{
	close_library_side(door);
	loop_timer_destroy(&door->timer);
	request_check_destroy(&door->check);
	if (door->peer != NULL)
		http_peer_forget(&door->peer);
	stream_destroy(&door->stream);
	g_atomic_int_add(&door->options.counts->open, -1);
	g_free(door);
}

/* What is queued still goes out; on_ended() does the rest. */
static void begin_closing(struct door *door)
{
	if (door->closing)
		return;
	door->closing = true;
	loop_timer_cancel(door->timer);
	if (door->paused)
		stream_resume(door->stream);
	door->paused = false;
	close_library_side(door);
	stream_close(door->stream);
}

static void watch_library(struct door *door)
{
	unsigned events = 0;

	if (door->fd < 0)
		return;
	if (!stream_above_high_water(door->stream))
		events |= LOOP_READ;
	if (door->passed > 0)
		events |= LOOP_WRITE;
	loop_watch_set(door->watch, events);
}

/* Library to stream, until there is no more or the client is slow.  False when
 * the library has ended the connection. */
static bool pump_out(struct door *door)
{
	char data[COPY_OCTETS];

	while (!stream_above_high_water(door->stream)) {
		ssize_t n = recv(door->fd, data, sizeof(data), MSG_DONTWAIT);

		if (n > 0) {
			stream_write(door->stream, data, (size_t)n);
			continue;
		}
		if (n < 0 && errno == EINTR)
			continue;
		if (n < 0 && (errno == EAGAIN || errno == EWOULDBLOCK))
			return true;
		return false;
	}
	return true;
}

/* True when all that may pass has passed; false when the library's end is full or gone. */
static bool send_passed(struct door *door)
{
	while (door->passed > 0) {
		struct slice input = stream_peek(door->stream);
		ssize_t n = send(door->fd, input.data, MIN(door->passed, input.len),
				 MSG_DONTWAIT | MSG_NOSIGNAL);

		if (n < 0 && errno == EINTR)
			continue;
		if (n < 0 && errno != EAGAIN && errno != EWOULDBLOCK)
			begin_closing(door);
		if (n < 0)
			return false;
		stream_consume(door->stream, (size_t)n);
		door->passed -= (size_t)n;
	}
	return true;
}

static void refuse(struct door *door)
{
	g_autoptr(GString) answer = g_string_new(NULL);

	g_atomic_int_inc(&door->options.counts->refused);
	log_info("web", "%" G_GUINT64_FORMAT " %s request refused: %u %s", stream_id(door->stream),
		 stream_peer(door->stream), request_check_status(door->check),
		 request_check_reason(door->check));
	request_check_refusal(door->check, answer);
	stream_write(door->stream, answer->str, answer->len);
	begin_closing(door);
}

/* The clock of a request runs while it is coming in. */
static void keep_time(struct door *door)
{
	bool inside = request_check_is_inside(door->check) || door->passed > 0;

	if (inside && !door->timing)
		loop_timer_set(door->timer, door->options.limits.request_seconds * 1000u);
	else if (!inside && door->timing)
		loop_timer_cancel(door->timer);
	door->timing = inside;
}

/* With the first octets: a connection that never asks costs no descriptors, and
 * only now is it known whether TLS was begun. */
static bool connect_library(struct door *door)
{
	const struct http_peer_options peer = {
		.address = stream_peer_address(door->stream),
		.secure = stream_is_secure(door->stream),
		.entrance = door->options.entrance,
		.loop = stream_loop(door->stream),
		.answered = on_answered,
		.arg = door,
	};
	int ends[2];

	if (socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0, ends) != 0)
		return false;
	door->fd = ends[0];
	door->peer = http_peer_create(&peer);
	door->watch = loop_watch_create(peer.loop, door->fd, on_library, door);
	return http_server_adopt(door->options.server, ends[1], door->peer);
}

/* While a request is answered its stream is paused: so a client that closes its side
 * right behind the request (nc, some scripts) still gets the answer. */
static void keep_open(struct door *door)
{
	bool pause = door->busy && door->passed == 0 && request_check_body_left(door->check) == 0;

	if (pause && !door->paused)
		stream_pause(door->stream);
	else if (!pause && door->paused)
		stream_resume(door->stream);
	door->paused = pause;
}

/* Stream to library. */
static void pump_in(struct door *door)
{
	while (!door->closing && send_passed(door)) {
		enum request_verdict verdict;

		if (door->busy && request_check_body_left(door->check) == 0)
			break;
		verdict = request_check_next(door->check, stream_peek(door->stream), &door->passed);
		if (verdict == REQUEST_MORE)
			break;
		if (verdict == REQUEST_REFUSED) {
			refuse(door);
			return;
		}
		if (verdict == REQUEST_HEAD) {
			door->busy = true;
			g_atomic_int_inc(&door->options.counts->requests);
		}
	}
	if (door->closing)
		return;
	keep_time(door);
	keep_open(door);
	watch_library(door);
}

/* The library's end can be read, the client has taken enough, or an answer is
 * complete.  The next head is looked at only when the whole answer is in the
 * stream, so that a refusal can't overtake it. */
static void pump(struct door *door)
{
	if (door->closing || door->fd < 0)
		return;
	if (!pump_out(door)) {
		begin_closing(door);
		return;
	}
	if (door->answered && !stream_above_high_water(door->stream))
		door->busy = door->answered = false;
	if (door->leaving && !door->busy)
		begin_closing(door);
	else
		pump_in(door);
}

static void on_library(void *arg, unsigned events)
{
	(void)events;
	pump(arg);
}

static void on_answered(void *arg)
{
	struct door *door = arg;

	door->answered = true;
	pump(door);
}

static void on_input(void *owner)
{
	struct door *door = owner;

	if (door->fd < 0 && !door->closing && !connect_library(door)) {
		log_warning("web", "%s closed: no descriptors left", stream_peer(door->stream));
		begin_closing(door);
	}
	pump_in(door);
}

static void on_drained(void *owner)
{
	pump(owner);
}

static void on_ended(void *owner, enum stream_end why)
{
	(void)why;
	door_destroy(owner);
}

/* No octet from the client for the idle limit. */
static void on_idle(void *owner)
{
	struct door *door = owner;
	size_t queued = stream_queued(door->stream);
	bool client_takes_nothing = queued > 0 && queued == door->queued_before;

	door->queued_before = queued;
	if (client_takes_nothing || (queued == 0 && door->closing)) {
		door_destroy(door);
		return;
	}
	if (queued == 0 && !door->busy) {
		begin_closing(door);
		return;
	}
	stream_set_timeout(door->stream, door->options.limits.idle_seconds * 1000u);
}

static void on_goodbye(void *owner, enum stream_end why)
{
	struct door *door = owner;

	(void)why;
	door->leaving = true;
	if (!door->busy)
		begin_closing(door);
}

static void on_request_timeout(void *arg)
{
	static const char answer[] = "HTTP/1.1 408 Request Timeout\r\nContent-Length: 0\r\n"
				     "Connection: close\r\n\r\n";
	struct door *door = arg;

	stream_write(door->stream, answer, strlen(answer));
	begin_closing(door);
}

static const struct stream_handler stream_handler = {
	.input = on_input,
	.drained = on_drained,
	.ended = on_ended,
	.timed_out = on_idle,
	.goodbye = on_goodbye,
};

void door_open(struct stream *stream, const struct door_options *options)
{
	struct door *door = g_new0(struct door, 1);

	g_atomic_int_inc(&options->counts->open);
	door->stream = stream;
	door->options = *options;
	door->fd = -1;
	door->check = request_check_create(options->limits.body);
	door->timer = loop_timer_create(stream_loop(stream), on_request_timeout, door);
	stream_set_input_limit(stream, 2 * REQUEST_HEAD_LIMIT);
	stream_set_timeout(stream, options->limits.idle_seconds * 1000u);
	stream_set_owner(stream, &stream_handler, door);
	stream_wake(stream);
}
