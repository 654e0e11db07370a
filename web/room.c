/* From the HTTP library's exchange to a route and back: what needs no store is
 * answered in the library's thread, everything else in a store worker. */
#include "web/web.h"

#include "base/log.h"
#include "config/current.h"
#include "web/door.h"
#include "web/metrics.h"
#include "web/routes.h"
#include "web/session.h"

#include <arpa/inet.h>
#include <stdatomic.h>

#define BODY_LIMIT 262144 /* the largest form: a new meeting with some thousand attendees */
#define REQUEST_SECONDS 30

enum entrance { ENTRANCE_PAGES, ENTRANCE_COLLECTOR };

struct web_room {
	atomic_uint refs; /* the room's owner, and each exchange that is out */
	struct config_current config;
	struct store_pool *pool;
	struct auth *auth;
	void (*metrics)(void *arg, GString *out);
	void *metrics_arg;
	struct http_server *server;
	struct door_counts counts;
};

/* One request while it is worked on. */
struct work {
	struct web_room *room;
	struct http_exchange *exchange;
	const struct config *config;
	const struct route *route;
	struct web_call call;
	char *peer;
};

static void room_unref(struct web_room *room)
{
	if (atomic_fetch_sub(&room->refs, 1) != 1)
		return;
	config_current_clear(&room->config);
	g_free(room);
}

/* ---- before a route ---- */

static bool has_tls(const struct config *config)
{
	return config->web.listen.tls != NULL && config->web.listen.tls[0] != NULL &&
	       config->tls.certificate_count > 0;
}

/* Behind a front proxy the last address in X-Forwarded-For is what the proxy itself
 * saw; everything before it anyone may have written. */
static char *peer_of(const struct config *config, const struct web_request *request)
{
	const char *list = request->forwarded_for;
	const char *last = list != NULL ? strrchr(list, ',') : NULL;
	g_autofree char *address = NULL;
	unsigned char octets[sizeof(struct in6_addr)];

	if (!config->web.front_proxy || list == NULL)
		return g_strdup(request->peer);
	address = g_strstrip(g_strdup(last != NULL ? last + 1 : list));
	if (inet_pton(AF_INET, address, octets) != 1 && inet_pton(AF_INET6, address, octets) != 1)
		return g_strdup(request->peer);
	return g_steal_pointer(&address);
}

static struct slice host_name(const char *host)
{
	const char *end = host[0] == '[' ? strchr(host, ']') : strchr(host, ':');

	if (end == NULL)
		return slice_from_string(host);
	return slice_of(host, (size_t)(end - host) + (host[0] == '[' ? 1 : 0));
}

/* The host to go on with under TLS: the public one where links say https, else the
 * name that was asked for with the first TLS listener's port. */
static char *tls_host(const struct config *config, const char *asked)
{
	struct slice name = host_name(asked);
	const char *port;

	for (size_t i = 0; i <= config->domain_count; i++) {
		const char *protocol = i == 0 ? config->web.url_protocol : config->domains[i - 1].url_protocol;
		const char *host = i == 0 ? config->web.host : config->domains[i - 1].host;

		if (strcmp(protocol, "https:") == 0 && slice_equal_ascii_case(name, host_name(host)))
			return g_strdup(host);
	}
	port = strrchr(config->web.listen.tls[0], ':');
	return g_strdup_printf("%.*s%s", (int)name.len, name.data,
			       port != NULL && strcmp(port, ":443") != 0 ? port : "");
}

/* True when the answer is "over there, under TLS".  Never for a POST: its secrets
 * have gone in the clear already, and must not do so again unnoticed. */
static bool sent_to_tls(struct work *work)
{
	const struct web_request *request = work->call.request;
	g_autofree char *host = NULL;

	if (work->call.secure || !has_tls(work->config) || work->config->web.front_proxy ||
	    (work->route != NULL && route_stays_plain(work->route)))
		return false;
	if ((request->method != WEB_GET && request->method != WEB_HEAD) || request->host == NULL) {
		call_say(&work->call, 403, words_get(work->call.words, "This site is for secure connections only"),
			 words_get(work->call.words, "Nothing was changed. Open the page again with https."));
		return true;
	}
	host = tls_host(work->config, request->host);
	work->call.response->status = 308;
	work->call.response->content_type = "text/plain; charset=utf-8";
	work->call.response->location = g_strdup_printf("https://%s%s", host, request->target);
	return true;
}

static bool same_language(const char *a, const char *b)
{
	size_t n = strcspn(a, "-_");

	return n == strcspn(b, "-_") && g_ascii_strncasecmp(a, b, n) == 0;
}

/* The browser's first language that we speak, for whoever is not signed in.  Browsers name
 * them in order; one with a weight of nothing is not wanted. */
static const struct words *words_of(const char *accept_language, const struct config *config)
{
	g_auto(GStrv) wanted = g_strsplit(accept_language != NULL ? accept_language : "", ",", 20);

	for (char **one = wanted; *one != NULL; one++) {
		g_autofree char *name = g_strstrip(g_strndup(*one, strcspn(*one, ";")));
		const struct words *words = words_for(name);

		if (same_language(name, words_language(words)) && !g_str_has_suffix(*one, "q=0"))
			return words;
	}
	return words_for(config->calendar.default_locale);
}

static struct work *work_create(struct web_room *room, struct http_exchange *exchange)
{
	struct work *work = g_new0(struct work, 1);
	struct web_call *call = &work->call;

	atomic_fetch_add(&room->refs, 1);
	work->room = room;
	work->exchange = exchange;
	work->config = config_current_get(&room->config);
	call->config = work->config;
	call->auth = room->auth;
	call->request = http_exchange_request(exchange);
	call->response = http_exchange_response(exchange);
	work->peer = peer_of(work->config, call->request);
	call->peer = work->peer;
	call->secure = call->request->secure ||
		       (work->config->web.front_proxy && strcmp(work->config->web.url_protocol, "https:") == 0);
	call->base = "/";
	call->words = words_of(call->request->accept_language, work->config);
	return work;
}

static void work_finish(struct work *work)
{
	struct web_call *call = &work->call;

	log_info("web", "%s %s %s %u %s", call->peer, call->reader != NULL ? call->reader->address : "-",
		 call->request->method_name, call->response->status,
		 work->route != NULL ? route_pattern(work->route) : "-");
	http_exchange_finish(work->exchange);
	web_reader_destroy(&call->reader);
	g_free(call->csrf);
	g_strfreev(call->parts);
	g_free(work->peer);
	config_unref(&work->config);
	room_unref(work->room);
	g_free(work);
}

/* ---- in a worker ---- */

static void work_in_store(struct store *store, void *arg)
{
	struct work *work = arg;

	work->call.store = store;
	if (session_load(&work->call))
		route_run(work->route, &work->call);
	else
		call_unavailable(&work->call);
	work_finish(work);
}

/* ---- in the library's thread ---- */

static void wrong_method(struct work *work, const char *allow)
{
	call_say(&work->call, 405, words_get(work->call.words, "This can't be done here"), NULL);
	work->call.response->allow = allow;
}

/* The collector's entrance has its own few words. */
static void answer_collector(struct work *work)
{
	struct web_call *call = &work->call;

	if (strcmp(call->request->path, "/metrics") == 0 && call->request->method != WEB_POST) {
		call->response->content_type = "text/plain; version=0.0.4; charset=utf-8";
		metrics_print(&work->room->counts, call->response->body);
		if (work->room->metrics != NULL)
			work->room->metrics(work->room->metrics_arg, call->response->body);
	} else {
		call->response->status = 404;
		call->response->content_type = "text/plain; charset=utf-8";
		g_string_append(call->response->body, "/metrics and /healthz are here\n");
	}
	work_finish(work);
}

static void answer_page(struct work *work)
{
	struct web_call *call = &work->call;
	const char *allow = NULL;
	enum route_outcome outcome = route_find(work->config, call->request->method, call->request->path,
						&work->route, &call->base, &call->parts, &allow);

	if (sent_to_tls(work)) {
		work_finish(work);
		return;
	}
	if (outcome == ROUTE_FOUND && route_needs_store(work->route)) {
		/* The exchange is answered from the worker: nothing to bring home. */
		store_pool_submit(work->room->pool, NULL, work_in_store, NULL, work);
		return;
	}
	if (outcome == ROUTE_FOUND)
		route_run(work->route, call);
	else if (outcome == ROUTE_WRONG_METHOD)
		wrong_method(work, allow);
	else
		call_not_found(call);
	work_finish(work);
}

static void on_request(void *arg, struct http_exchange *exchange)
{
	struct work *work = work_create(arg, exchange);
	bool asks_health = strcmp(work->call.request->path, "/healthz") == 0;

	if (http_exchange_entrance(exchange) == ENTRANCE_COLLECTOR && !asks_health)
		answer_collector(work);
	else
		answer_page(work);
}

/* ---- the room ---- */

struct web_room *web_room_create(const struct web_options *options)
{
	struct web_room *room = g_new0(struct web_room, 1);

	atomic_init(&room->refs, 1);
	config_current_init(&room->config, options->config);
	room->pool = options->pool;
	room->auth = options->auth;
	room->metrics = options->metrics;
	room->metrics_arg = options->metrics_arg;
	/* The library's threads only parse and copy; the pages are made by the workers. */
	room->server = http_server_create((options->config->server.threads + 1) / 2, on_request, room);
	return room;
}

void web_room_reload(struct web_room *room, const struct config *config)
{
	config_current_replace(&room->config, config);
}

void web_room_destroy(struct web_room **room)
{
	if (*room == NULL)
		return;
	http_server_destroy(&(*room)->server);
	room_unref(*room);
	*room = NULL;
}

static void start(struct web_room *room, struct stream *stream, enum entrance entrance)
{
	const struct config *config = config_current_get(&room->config);
	const struct door_options options = {
		.server = room->server,
		.limits = { .body = BODY_LIMIT, .idle_seconds = config->web.idle_timeout,
			    .request_seconds = REQUEST_SECONDS },
		.counts = &room->counts,
		.entrance = entrance,
	};

	config_unref(&config);
	door_open(stream, &options);
}

void web_start(struct web_room *room, struct stream *stream)
{
	start(room, stream, ENTRANCE_PAGES);
}

void web_start_metrics(struct web_room *room, struct stream *stream)
{
	start(room, stream, ENTRANCE_COLLECTOR);
}
