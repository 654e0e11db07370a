/* The first loop accepts, in batches, and hands each descriptor by a posted job
 * to the loop that has the fewest connections.  One acceptor keeps the spread
 * even (the kernel's own, SO_REUSEPORT, is by hash) and the limits exact. */
#include "net/listener.h"

#include "net/stream_private.h"

#include "base/log.h"

#include <errno.h>
#include <netdb.h>
#include <sys/socket.h>
#include <unistd.h>

enum {
	ACCEPT_BATCH = 64,     /* per turn, then the connections have theirs */
	BACKLOG = 4096,        /* the kernel's own limit is below or equal */
	EXHAUSTED_PAUSE = 200, /* ms */
};

/* What the accepted callback and the jobs on their way need; it outlives the
 * listener by the jobs. */
struct accepting {
	atomic_int references;
	struct listener_options options;
	struct tls_slot *slot;
	struct protocol_counters *counters;
	atomic_bool closed;
};

struct listener {
	struct accepting *accepting;
	struct loop **loops;
	size_t loop_count;
	int fd;
	unsigned port;
	struct loop_watch *watch;
	struct loop_timer *pause;
	size_t next_loop;     /* where the search for the idlest begins */
};

/* A connection on its way to its loop. */
struct handover {
	struct accepting *accepting;
	struct loop *loop;
	int fd;
	struct connection connection;
};

static void accepting_unref(struct accepting *accepting)
{
	if (atomic_fetch_sub(&accepting->references, 1) != 1)
		return;
	tls_slot_unref(&accepting->slot);
	g_free(accepting);
}

/* In the thread of the connection's loop. */
static void begin_stream(void *arg)
{
	struct handover *handover = arg;
	struct accepting *accepting = handover->accepting;
	struct tls_server *tls = tls_slot_get(accepting->slot);

	if (accepting->options.implicit_tls && tls == NULL) {
		close(handover->fd);
		connections_dismiss(&handover->connection.peer);
		counter_add(accepting->counters->refused, 1);
	} else {
		struct stream *stream = stream_accept(handover->loop, handover->fd,
						      &handover->connection, accepting->slot);

		if (accepting->options.implicit_tls)
			stream_start_tls(stream, tls);
		accepting->options.accepted(accepting->options.arg, stream);
	}
	tls_server_unref(&tls);
	accepting_unref(accepting);
	g_free(handover);
}

static struct loop *idlest_loop(struct listener *listener)
{
	struct loop *best = NULL;

	for (size_t i = 0; i < listener->loop_count; i++) {
		struct loop *loop = listener->loops[(listener->next_loop + i) % listener->loop_count];

		if (best == NULL || loop_load(loop) < loop_load(best))
			best = loop;
	}
	/* Handovers on their way are not counted yet: go round among equals. */
	listener->next_loop++;
	return best;
}

static void refuse(struct listener *listener, int fd, const struct peer *peer)
{
	struct accepting *accepting = listener->accepting;
	const char *words = accepting->options.implicit_tls ? NULL : accepting->options.refusal;

	counter_add(accepting->counters->refused, 1);
	log_debug("net", "%s %s: over the connection limit", accepting->counters->label, peer->text);
	if (words != NULL && send(fd, words, strlen(words), MSG_NOSIGNAL | MSG_DONTWAIT) < 0)
		log_debug("net", "%s: no room for the refusal", peer->text);
	close(fd);
}

static void take(struct listener *listener, int fd, const struct sockaddr *address)
{
	struct handover *handover;
	struct peer peer;

	peer_from_sockaddr(&peer, address);
	if (!connections_admit(&peer)) {
		refuse(listener, fd, &peer);
		return;
	}
	handover = g_new0(struct handover, 1);
	handover->accepting = listener->accepting;
	atomic_fetch_add(&listener->accepting->references, 1);
	handover->loop = idlest_loop(listener);
	handover->fd = fd;
	handover->connection.peer = peer;
	handover->connection.admitted = true;
	handover->connection.counters = listener->accepting->counters;
	/* By a job even to our own loop: the callback may close this listener. */
	loop_post(handover->loop, begin_stream, handover);
}

/* False: stop accepting for now. */
static bool accept_one(struct listener *listener)
{
	struct sockaddr_storage address;
	socklen_t len = sizeof address;
	int fd = accept4(listener->fd, (struct sockaddr *)&address, &len, SOCK_NONBLOCK | SOCK_CLOEXEC);

	if (fd >= 0) {
		take(listener, fd, (struct sockaddr *)&address);
		return true;
	}
	switch (errno) {
	case EAGAIN:
	case EINVAL: /* shut down by listener_close() in another thread */
		return false;
	case EMFILE:
	case ENFILE:
	case ENOBUFS:
	case ENOMEM:
		/* The connection stays in the backlog and the socket stays ready:
		 * without the pause we would spin. */
		log_warning("net", "%s: can't accept: %s", listener->accepting->counters->label,
			    g_strerror(errno));
		loop_watch_set(listener->watch, 0);
		loop_timer_set(listener->pause, EXHAUSTED_PAUSE);
		return false;
	default:
		return true; /* this one was gone before it was accepted */
	}
}

static void accept_ready(void *arg, unsigned events)
{
	struct listener *listener = arg;

	(void)events;
	if (atomic_load(&listener->accepting->closed)) {
		loop_watch_set(listener->watch, 0);
		return;
	}
	for (int i = 0; i < ACCEPT_BATCH && accept_one(listener); i++)
		;
}

static void pause_over(void *arg)
{
	struct listener *listener = arg;

	if (!atomic_load(&listener->accepting->closed))
		loop_watch_set(listener->watch, LOOP_READ);
}

/* --- opening --- */

/* "host:port", "[v6]:port" into its two parts. */
static bool split_address(const char *address, char **host_out, char **port_out)
{
	const char *colon = strrchr(address, ':');
	size_t len;

	if (colon == NULL || colon == address || colon[1] == '\0')
		return false;
	len = (size_t)(colon - address);
	if (address[0] == '[') {
		if (len < 3 || address[len - 1] != ']')
			return false;
		*host_out = g_strndup(address + 1, len - 2);
	} else {
		*host_out = g_strndup(address, len);
	}
	*port_out = g_strdup(colon + 1);
	return true;
}

bool listener_is_impossible(const char *address)
{
	int fd = *address == '[' ? socket(AF_INET6, SOCK_STREAM | SOCK_CLOEXEC, 0) : -1;
	bool impossible = *address == '[' && fd < 0 && errno == EAFNOSUPPORT;

	if (fd >= 0)
		close(fd);
	return impossible;
}

static int bind_one(const struct addrinfo *info)
{
	int fd = socket(info->ai_family, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
	int on = 1;

	if (fd < 0)
		return -1;
	setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &on, sizeof on);
	if (info->ai_family == AF_INET6)
		setsockopt(fd, IPPROTO_IPV6, IPV6_V6ONLY, &on, sizeof on);
	if (bind(fd, info->ai_addr, info->ai_addrlen) < 0 || listen(fd, BACKLOG) < 0) {
		int error = errno;

		close(fd);
		errno = error;
		return -1;
	}
	return fd;
}

static int bind_host(const char *host, const char *port, char **error_out)
{
	struct addrinfo hints = { .ai_socktype = SOCK_STREAM, .ai_flags = AI_PASSIVE }, *list;
	int fd = -1, result = getaddrinfo(host, port, &hints, &list);

	if (result != 0) {
		*error_out = g_strdup_printf("%s:%s: %s", host, port, gai_strerror(result));
		return -1;
	}
	for (struct addrinfo *info = list; info != NULL && fd < 0; info = info->ai_next)
		fd = bind_one(info);
	if (fd < 0)
		*error_out = g_strdup_printf("%s:%s: %s", host, port, g_strerror(errno));
	freeaddrinfo(list);
	return fd;
}

static unsigned bound_port(int fd)
{
	struct sockaddr_in6 address = { 0 };
	socklen_t len = sizeof address;

	/* The port stands at the same place for both families. */
	if (getsockname(fd, (struct sockaddr *)&address, &len) < 0)
		return 0;
	return ntohs(address.sin6_port);
}

static struct accepting *accepting_create(const struct listener_options *options)
{
	struct accepting *accepting = g_new0(struct accepting, 1);

	atomic_init(&accepting->references, 1);
	accepting->options = *options;
	accepting->options.tls = NULL; /* lives in the slot */
	accepting->slot = tls_slot_create(options->tls);
	accepting->counters = protocol_counters(options->label);
	return accepting;
}

struct listener *listener_open(const char *address, struct loop *const *loops, size_t loop_count,
			       const struct listener_options *options, char **error_out)
{
	g_autofree char *host = NULL, *port = NULL;
	struct listener *listener;
	int fd;

	g_assert(loop_count > 0 && loop_is_mine(loops[0]));
	if (!split_address(address, &host, &port)) {
		*error_out = g_strdup_printf("%s: expected ADDRESS:PORT", address);
		return NULL;
	}
	fd = bind_host(host, port, error_out);
	if (fd < 0)
		return NULL;
	listener = g_new0(struct listener, 1);
	listener->accepting = accepting_create(options);
	listener->loops = g_memdup2(loops, loop_count * sizeof *loops);
	listener->loop_count = loop_count;
	listener->fd = fd;
	listener->port = bound_port(fd);
	listener->pause = loop_timer_create(loops[0], pause_over, listener);
	listener->watch = loop_watch_create(loops[0], fd, accept_ready, listener);
	loop_watch_set(listener->watch, LOOP_READ);
	return listener;
}

void listener_set_tls(struct listener *listener, struct tls_server *tls)
{
	tls_slot_set(listener->accepting->slot, tls);
}

unsigned listener_port(const struct listener *listener)
{
	return listener->port;
}

static void listener_free(void *arg)
{
	struct listener *listener = arg;

	loop_watch_destroy(&listener->watch);
	loop_timer_destroy(&listener->pause);
	close(listener->fd);
	g_free(listener->loops);
	accepting_unref(listener->accepting);
	g_free(listener);
}

void listener_close(struct listener **listener_ptr)
{
	struct listener *listener = *listener_ptr;

	*listener_ptr = NULL;
	if (listener == NULL)
		return;
	atomic_store(&listener->accepting->closed, true);
	/* Ends listening at once; the rest is for the thread that may be accepting. */
	shutdown(listener->fd, SHUT_RDWR);
	if (loop_is_mine(listener->loops[0]))
		listener_free(listener);
	else
		loop_post(listener->loops[0], listener_free, listener);
}
