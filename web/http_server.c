/* An exchange has two holders: the library's connection and whoever answers.  The
 * answering side hands the response over with one atomic step (state), so a
 * server that stops in between never reads a half-made response. */
#include "web/http_server.h"

#include "base/log.h"

#include <arpa/inet.h>
#include <microhttpd.h>
#include <netinet/in.h>
#include <pthread.h>
#include <stdatomic.h>
#include <sys/socket.h>
#include <unistd.h>

struct http_peer {
	atomic_uint refs;
	char *address;
	bool secure;
	int entrance;
	struct loop *loop;
	pthread_mutex_t lock;
	bool forgotten;    /* lock; the door is gone, and maybe the loop too */
	loop_fn answered;  /* these two: loop's thread only */
	void *arg;
};

struct http_server {
	atomic_uint refs;
	struct MHD_Daemon **daemons;
	unsigned count;
	atomic_uint next;
	http_handler handler;
	void *arg;

	pthread_mutex_t lock;
	GHashTable *peers;   /* descriptor -> struct http_peer, from adopt to close */
	GHashTable *waiting; /* exchanges being worked on */
	bool stopping;
};

enum exchange_state { EXCHANGE_READING, EXCHANGE_WORKING, EXCHANGE_READY, EXCHANGE_GIVEN_UP };

struct http_exchange {
	struct http_server *server;
	struct MHD_Connection *connection;
	struct web_request *request;
	struct web_response *response;
	enum exchange_state state; /* server's lock */
	atomic_uint refs;
	int entrance;
};

/* ---- peers ---- */

struct http_peer *http_peer_create(const struct http_peer_options *options)
{
	struct http_peer *peer = g_new0(struct http_peer, 1);

	atomic_init(&peer->refs, 1);
	pthread_mutex_init(&peer->lock, NULL);
	peer->address = g_strdup(options->address);
	peer->secure = options->secure;
	peer->entrance = options->entrance;
	peer->loop = options->loop;
	peer->answered = options->answered;
	peer->arg = options->arg;
	return peer;
}

static void peer_unref(struct http_peer *peer)
{
	if (atomic_fetch_sub(&peer->refs, 1) != 1)
		return;
	pthread_mutex_destroy(&peer->lock);
	g_free(peer->address);
	g_free(peer);
}

static struct http_peer *peer_ref(struct http_peer *peer)
{
	atomic_fetch_add(&peer->refs, 1);
	return peer;
}

void http_peer_forget(struct http_peer **peer)
{
	(*peer)->answered = NULL;
	pthread_mutex_lock(&(*peer)->lock);
	(*peer)->forgotten = true;
	pthread_mutex_unlock(&(*peer)->lock);
	peer_unref(*peer);
	*peer = NULL;
}

/* In the loop's thread, holding the reference that post_to_door() took. */
static void tell_door(void *arg)
{
	struct http_peer *peer = arg;

	if (peer->answered != NULL)
		peer->answered(peer->arg);
	peer_unref(peer);
}

static void post_to_door(struct http_peer *peer)
{
	pthread_mutex_lock(&peer->lock);
	if (!peer->forgotten)
		loop_post(peer->loop, tell_door, peer_ref(peer));
	pthread_mutex_unlock(&peer->lock);
}

/* ---- exchanges ---- */

static void server_unref(struct http_server *server)
{
	if (atomic_fetch_sub(&server->refs, 1) != 1)
		return;
	g_hash_table_unref(server->peers);
	g_hash_table_unref(server->waiting);
	pthread_mutex_destroy(&server->lock);
	g_free(server->daemons);
	g_free(server);
}

static void exchange_unref(struct http_exchange *exchange)
{
	if (atomic_fetch_sub(&exchange->refs, 1) != 1)
		return;
	web_request_destroy(&exchange->request);
	web_response_destroy(&exchange->response);
	server_unref(exchange->server);
	g_free(exchange);
}

struct web_request *http_exchange_request(struct http_exchange *exchange)
{
	return exchange->request;
}

struct web_response *http_exchange_response(struct http_exchange *exchange)
{
	return exchange->response;
}

int http_exchange_entrance(const struct http_exchange *exchange)
{
	return exchange->entrance;
}

void http_exchange_finish(struct http_exchange *exchange)
{
	struct http_server *server = exchange->server;

	pthread_mutex_lock(&server->lock);
	g_hash_table_remove(server->waiting, exchange);
	if (exchange->state == EXCHANGE_WORKING) {
		exchange->state = EXCHANGE_READY;
		MHD_resume_connection(exchange->connection);
	}
	pthread_mutex_unlock(&server->lock);
	exchange_unref(exchange);
}

/* The library shows the target before it has split it; from here on the exchange
 * is the request's own memory (*req_cls). */
static void *on_target(void *arg, const char *target, struct MHD_Connection *connection)
{
	struct http_server *server = arg;
	struct http_exchange *exchange = g_new0(struct http_exchange, 1);

	atomic_init(&exchange->refs, 1);
	atomic_fetch_add(&server->refs, 1);
	exchange->server = server;
	exchange->connection = connection;
	/* The method comes with the first on_request(). */
	exchange->request = web_request_create("", target);
	exchange->response = web_response_create();
	return exchange;
}

static char *header(struct MHD_Connection *connection, const char *name)
{
	return g_strdup(MHD_lookup_connection_value(connection, MHD_HEADER_KIND, name));
}

static enum MHD_Result keep_value(void *arg, enum MHD_ValueKind kind, const char *name, const char *value)
{
	const char **kept = arg;

	(void)kind;
	if (g_ascii_strcasecmp(name, "X-Forwarded-For") == 0)
		*kept = value;
	return MHD_YES;
}

/* Of several fields the last: a front proxy may add its own behind those that the client wrote. */
static char *forwarded_for(struct MHD_Connection *connection)
{
	const char *last = NULL;

	MHD_get_connection_values(connection, MHD_HEADER_KIND, keep_value, &last);
	return g_strdup(last);
}

static struct http_peer *peer_of(struct MHD_Connection *connection)
{
	const union MHD_ConnectionInfo *info =
		MHD_get_connection_info(connection, MHD_CONNECTION_INFO_SOCKET_CONTEXT);

	return info->socket_context;
}

static void read_headers(struct http_exchange *exchange, struct MHD_Connection *connection)
{
	const struct http_peer *peer = peer_of(connection);
	struct web_request *request = exchange->request;

	request->host = header(connection, "Host");
	request->cookie = header(connection, "Cookie");
	request->fetch_site = header(connection, "Sec-Fetch-Site");
	request->accept_language = header(connection, "Accept-Language");
	request->if_none_match = header(connection, "If-None-Match");
	request->content_type = header(connection, "Content-Type");
	request->forwarded_for = forwarded_for(connection);
	request->secure = peer->secure;
	request->peer = g_strdup(peer->address);
	exchange->entrance = peer->entrance;
}

static void add_header(struct MHD_Response *out, const char *name, const char *value)
{
	/* A value with a line end in it is refused by the library: that would be our
	 * bug, since every foreign part is encoded before it gets here. */
	if (value != NULL && MHD_add_response_header(out, name, value) != MHD_YES)
		log_error("web", "response header %s could not be set", name);
}

static void add_headers(struct MHD_Response *out, const struct web_request *request,
			const struct web_response *response)
{
	add_header(out, "Content-Type", response->content_type);
	add_header(out, "Content-Security-Policy",
		   "default-src 'none'; style-src 'self'; img-src 'self'; form-action 'self'; "
		   "base-uri 'none'; frame-ancestors 'none'");
	add_header(out, "X-Content-Type-Options", "nosniff");
	add_header(out, "X-Frame-Options", "DENY");
	add_header(out, "X-Robots-Tag", "noindex, nofollow, noarchive");
	add_header(out, "Referrer-Policy", "no-referrer");
	add_header(out, "Cross-Origin-Opener-Policy", "same-origin");
	add_header(out, "Cross-Origin-Resource-Policy", "same-origin");
	if (request->secure)
		add_header(out, "Strict-Transport-Security", "max-age=31536000");
	add_header(out, "ETag", response->etag);
	add_header(out, "Cache-Control",
		   response->etag != NULL ? "public, max-age=31536000, immutable" : "no-store");
	add_header(out, "Location", response->location);
	add_header(out, "Content-Disposition", response->disposition);
	add_header(out, "Allow", response->allow);
	for (guint i = 0; i < response->cookies->len; i++)
		add_header(out, "Set-Cookie", g_ptr_array_index(response->cookies, i));
}

static enum MHD_Result send_response(struct MHD_Connection *connection,
				     struct http_exchange *exchange)
{
	struct web_response *response = exchange->response;
	struct MHD_Response *out =
		MHD_create_response_from_buffer(response->body->len, response->body->str,
						MHD_RESPMEM_PERSISTENT);
	enum MHD_Result result;

	/* PERSISTENT: the exchange, and with it the body, lives until the library
	 * has said that the request is completed. */
	if (out == NULL)
		return MHD_NO;
	add_headers(out, exchange->request, response);
	result = MHD_queue_response(connection, response->status, out);
	MHD_destroy_response(out);
	return result;
}

static const char stopping_text[] = "This can't be answered now.\n";

/* A static text, where there is no request or no time for a page. */
static enum MHD_Result send_status(struct MHD_Connection *connection, unsigned status, const char *text)
{
	struct MHD_Response *out =
		MHD_create_response_from_buffer(strlen(text), (void *)text, MHD_RESPMEM_PERSISTENT);
	enum MHD_Result result;

	if (out == NULL)
		return MHD_NO;
	add_header(out, "Content-Type", "text/plain; charset=utf-8");
	add_header(out, "X-Content-Type-Options", "nosniff");
	add_header(out, "Connection", "close");
	result = MHD_queue_response(connection, status, out);
	MHD_destroy_response(out);
	return result;
}

/* The request is complete: the connection sleeps and the handler gets to work. */
static enum MHD_Result begin_work(struct http_server *server, struct http_exchange *exchange)
{
	web_request_complete(exchange->request);
	pthread_mutex_lock(&server->lock);
	if (server->stopping) {
		pthread_mutex_unlock(&server->lock);
		return send_status(exchange->connection, MHD_HTTP_SERVICE_UNAVAILABLE, stopping_text);
	}
	exchange->state = EXCHANGE_WORKING;
	g_hash_table_add(server->waiting, exchange);
	atomic_fetch_add(&exchange->refs, 1);
	MHD_suspend_connection(exchange->connection);
	pthread_mutex_unlock(&server->lock);
	server->handler(server->arg, exchange);
	return MHD_YES;
}

static enum MHD_Result on_request(void *arg, struct MHD_Connection *connection, const char *url,
				  const char *method, const char *version, const char *data,
				  size_t *size, void **request_arg)
{
	struct http_server *server = arg;
	struct http_exchange *exchange = *request_arg;
	enum exchange_state state;

	(void)url;
	(void)version;
	if (exchange->request == NULL)
		return send_status(connection, MHD_HTTP_BAD_REQUEST, "This address can't be read.\n");
	if (exchange->request->method_name[0] == '\0') {
		web_request_set_method(exchange->request, method);
		read_headers(exchange, connection);
		return MHD_YES;
	}
	if (*size > 0) {
		g_string_append_len(exchange->request->body, data, (gssize)*size);
		*size = 0;
		return MHD_YES;
	}
	pthread_mutex_lock(&server->lock);
	state = exchange->state;
	pthread_mutex_unlock(&server->lock);
	switch (state) {
	case EXCHANGE_READING:
		return begin_work(server, exchange);
	case EXCHANGE_READY:
		return send_response(connection, exchange);
	case EXCHANGE_GIVEN_UP:
		return send_status(connection, MHD_HTTP_SERVICE_UNAVAILABLE, stopping_text);
	case EXCHANGE_WORKING: /* it sleeps */
		break;
	}
	g_assert_not_reached();
}

static void on_completed(void *arg, struct MHD_Connection *connection, void **request_arg,
			 enum MHD_RequestTerminationCode why)
{
	struct http_exchange *exchange = *request_arg;
	struct http_peer *peer = peer_of(connection);

	(void)arg;
	(void)why;
	if (exchange == NULL)
		return;
	*request_arg = NULL;
	exchange_unref(exchange);
	if (peer != NULL)
		post_to_door(peer);
}

static void on_connection(void *arg, struct MHD_Connection *connection, void **socket_context,
			  enum MHD_ConnectionNotificationCode what)
{
	struct http_server *server = arg;
	int fd = MHD_get_connection_info(connection, MHD_CONNECTION_INFO_CONNECTION_FD)->connect_fd;
	struct http_peer *peer;

	pthread_mutex_lock(&server->lock);
	peer = g_hash_table_lookup(server->peers, GINT_TO_POINTER(fd));
	g_assert(peer != NULL);
	if (what == MHD_CONNECTION_NOTIFY_STARTED) {
		*socket_context = peer;
	} else {
		/* Told before the descriptor is closed, so its number is still ours. */
		*socket_context = NULL;
		g_hash_table_remove(server->peers, GINT_TO_POINTER(fd));
	}
	pthread_mutex_unlock(&server->lock);
}

/* ---- the server ---- */

static void peer_unref_pointer(gpointer peer)
{
	peer_unref(peer);
}

static struct MHD_Daemon *start_daemon(struct http_server *server)
{
	return MHD_start_daemon(MHD_USE_EPOLL_INTERNAL_THREAD | MHD_USE_NO_LISTEN_SOCKET |
					MHD_USE_ITC | MHD_ALLOW_SUSPEND_RESUME,
				0, NULL, NULL, on_request, server,
				MHD_OPTION_URI_LOG_CALLBACK, on_target, server,
				MHD_OPTION_NOTIFY_COMPLETED, on_completed, server,
				MHD_OPTION_NOTIFY_CONNECTION, on_connection, server,
				MHD_OPTION_CONNECTION_MEMORY_LIMIT, (size_t)65536,
				MHD_OPTION_CONNECTION_LIMIT, 100000u,
				MHD_OPTION_CONNECTION_TIMEOUT, 0u, /* the door keeps time */
				MHD_OPTION_END);
}

struct http_server *http_server_create(unsigned threads, http_handler handler, void *arg)
{
	struct http_server *server = g_new0(struct http_server, 1);

	atomic_init(&server->refs, 1);
	pthread_mutex_init(&server->lock, NULL);
	server->peers = g_hash_table_new_full(NULL, NULL, NULL, peer_unref_pointer);
	server->waiting = g_hash_table_new(NULL, NULL);
	server->handler = handler;
	server->arg = arg;
	server->count = CLAMP(threads, 1, 8);
	server->daemons = g_new0(struct MHD_Daemon *, server->count);
	for (unsigned i = 0; i < server->count; i++) {
		server->daemons[i] = start_daemon(server);
		if (server->daemons[i] == NULL)
			g_error("the HTTP library can't start (no descriptors or threads left)");
	}
	return server;
}

/* A daemon must not stop while connections sleep. */
static void give_up_waiting(struct http_server *server)
{
	GHashTableIter iter;
	gpointer key;

	pthread_mutex_lock(&server->lock);
	server->stopping = true;
	g_hash_table_iter_init(&iter, server->waiting);
	while (g_hash_table_iter_next(&iter, &key, NULL)) {
		struct http_exchange *exchange = key;

		exchange->state = EXCHANGE_GIVEN_UP;
		MHD_resume_connection(exchange->connection);
	}
	g_hash_table_remove_all(server->waiting);
	pthread_mutex_unlock(&server->lock);
}

void http_server_destroy(struct http_server **server)
{
	struct http_server *s = *server;

	if (s == NULL)
		return;
	give_up_waiting(s);
	for (unsigned i = 0; i < s->count; i++)
		MHD_stop_daemon(s->daemons[i]);
	*server = NULL;
	server_unref(s);
}

static socklen_t parse_address(const char *text, struct sockaddr_storage *out)
{
	struct sockaddr_in *v4 = (struct sockaddr_in *)out;
	struct sockaddr_in6 *v6 = (struct sockaddr_in6 *)out;

	memset(out, 0, sizeof(*out));
	if (inet_pton(AF_INET6, text, &v6->sin6_addr) == 1) {
		v6->sin6_family = AF_INET6;
		return sizeof(*v6);
	}
	v4->sin_family = AF_INET;
	if (inet_pton(AF_INET, text, &v4->sin_addr) != 1)
		v4->sin_addr.s_addr = htonl(INADDR_NONE);
	return sizeof(*v4);
}

bool http_server_adopt(struct http_server *server, int fd, struct http_peer *peer)
{
	struct sockaddr_storage address;
	socklen_t len = parse_address(peer->address, &address);
	unsigned i = atomic_fetch_add(&server->next, 1) % server->count;
	gpointer key = GINT_TO_POINTER(fd);
	bool adopted;

	/* One step with the lock held, since the library closes the descriptor when
	 * it refuses, and the number may be somebody else's the next moment.  It only
	 * queues here; on_connection() is called by its own thread. */
	pthread_mutex_lock(&server->lock);
	g_hash_table_insert(server->peers, key, peer_ref(peer));
	adopted = MHD_add_connection(server->daemons[i], fd, (struct sockaddr *)&address, len) == MHD_YES;
	if (!adopted)
		g_hash_table_remove(server->peers, key);
	pthread_mutex_unlock(&server->lock);
	return adopted;
}

unsigned http_server_connections(struct http_server *server)
{
	unsigned count;

	pthread_mutex_lock(&server->lock);
	count = g_hash_table_size(server->peers);
	pthread_mutex_unlock(&server->lock);
	return count;
}
