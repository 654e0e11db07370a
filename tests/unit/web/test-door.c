/* The door with the real HTTP library behind it, over socketpairs: smuggling shapes,
 * order, back-pressure, time limits, and descriptors back at their start. */
#include "web/door.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <pthread.h>
#include <sys/socket.h>
#include <unistd.h>

#define HOST "Host: mail.example.test\r\n"
#define BIG (3u << 20)

/* A house of one loop and one server whose handler answers from another thread with
 * "METHOD target body". */
static struct loop *the_loop;
static GThread *loop_thread;
static struct http_server *server;
static struct door_counts counts;
static gint begun, handled;
static struct door_options options = { .limits = { .body = 1000, .idle_seconds = 20, .request_seconds = 20 } };
static pthread_mutex_t gate = PTHREAD_MUTEX_INITIALIZER; /* held: the handler waits */

static void *work(void *data)
{
	struct http_exchange *exchange = data;
	struct web_request *request = http_exchange_request(exchange);
	struct web_response *response = http_exchange_response(exchange);

	g_atomic_int_inc(&begun);
	pthread_mutex_lock(&gate);
	pthread_mutex_unlock(&gate);
	g_atomic_int_inc(&handled);
	response->content_type = "text/plain";
	if (strcmp(request->path, "/big") == 0) {
		g_string_set_size(response->body, BIG);
		for (size_t i = 0; i < BIG; i++)
			response->body->str[i] = (char)(i * 7 + (i >> 12));
	} else {
		g_string_append_printf(response->body, "[%s %s %s %s]", request->method_name, request->target,
				       request->body->str, request->peer);
	}
	http_exchange_finish(exchange);
	return NULL;
}

static void handler(void *arg, struct http_exchange *exchange)
{
	pthread_t thread;

	(void)arg;
	g_assert_cmpint(pthread_create(&thread, NULL, work, exchange), ==, 0);
	pthread_detach(thread);
}

static gpointer run_loop(gpointer loop)
{
	loop_run(loop);
	return NULL;
}

/* ---- the client's side ---- */

struct opening {
	int fd;
};

static void open_door(void *arg)
{
	struct opening *opening = arg;

	door_open(stream_adopt(the_loop, opening->fd, "web"), &options);
	g_free(opening);
}

static int client_open(void)
{
	struct opening *opening = g_new0(struct opening, 1);
	int ends[2];

	g_assert_cmpint(socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, ends), ==, 0);
	g_assert_cmpint(fcntl(ends[1], F_SETFL, O_NONBLOCK), ==, 0);
	opening->fd = ends[1];
	loop_post(the_loop, open_door, opening);
	return ends[0];
}

static void put(int fd, struct slice octets)
{
	while (octets.len > 0) {
		ssize_t n = send(fd, octets.data, octets.len, MSG_NOSIGNAL);

		if (n < 0 && errno == EPIPE)
			return; /* refused before the end */
		g_assert_cmpint(n, >, 0);
		octets = slice_of(octets.data + n, octets.len - (size_t)n);
	}
}

static ssize_t get(int fd, void *data, size_t len)
{
	struct pollfd wait = { fd, POLLIN, 0 };

	g_assert_cmpint(poll(&wait, 1, 120000), ==, 1);
	return recv(fd, data, len, 0);
}

/* All up to the end. */
static GString *get_all(int fd)
{
	GString *out = g_string_new(NULL);
	char data[65536];
	ssize_t n;

	while ((n = get(fd, data, sizeof(data))) > 0)
		g_string_append_len(out, data, n);
	return out;
}

/* Up to and with `mark`. */
static char *get_until(int fd, const char *mark)
{
	GString *out = g_string_new(NULL);
	char c;

	while (strstr(out->str, mark) == NULL) {
		g_assert_cmpint(get(fd, &c, 1), ==, 1);
		g_string_append_c(out, c);
	}
	return g_string_free(out, FALSE);
}

static unsigned count_of(const char *text, const char *what)
{
	unsigned n = 0;

	for (; (text = strstr(text, what)) != NULL; text++)
		n++;
	return n;
}

/* ---- waiting for quiet, without sleeping a guess ---- */

static void in_loop(void *arg)
{
	g_atomic_int_set((gint *)arg, 1);
}

static void until_quiet(void)
{
	gint64 limit = g_get_monotonic_time() + 60 * G_USEC_PER_SEC;

	while (g_atomic_int_get(&counts.open) != 0 || http_server_connections(server) != 0) {
		gint seen = 0;

		g_assert_cmpint(g_get_monotonic_time(), <, limit);
		loop_post(the_loop, in_loop, &seen);
		while (g_atomic_int_get(&seen) == 0)
			g_thread_yield();
		g_usleep(500);
	}
}

static unsigned descriptors(void)
{
	DIR *folder = opendir("/proc/self/fd");
	unsigned n = 0;

	while (readdir(folder) != NULL)
		n++;
	closedir(folder);
	return n;
}

/* ---- tests ---- */

static const struct {
	const char *name;
	struct slice octets;
	const char *status;
} shapes[] = {
#define ROW(name, text, status) { name, { text, sizeof(text) - 1 }, status }
	ROW("two lengths", "POST /x HTTP/1.1\r\n" HOST "Content-Length: 5\r\nContent-Length: 30\r\n\r\n"
			   "helloGET /smuggled HTTP/1.1\r\n" HOST "\r\n", "400"),
	ROW("length and chunked", "POST /x HTTP/1.1\r\n" HOST "Content-Length: 4\r\nTransfer-Encoding: chunked\r\n\r\n"
				  "0\r\n\r\nGET /smuggled HTTP/1.1\r\n" HOST "\r\n", "400"),
	ROW("chunked", "POST /x HTTP/1.1\r\n" HOST "Transfer-Encoding: chunked\r\n\r\n"
		       "0\r\n\r\nGET /smuggled HTTP/1.1\r\n" HOST "\r\n", "411"),
	ROW("odd coding", "POST /x HTTP/1.1\r\n" HOST "Transfer-Encoding: x\r\n\r\nGET /smuggled HTTP/1.1\r\n" HOST "\r\n", "501"),
	ROW("bare LF", "GET /x HTTP/1.1\n" HOST "\nGET /smuggled HTTP/1.1\r\n" HOST "\r\n", "400"),
	ROW("two hosts", "GET /x HTTP/1.1\r\n" HOST "Host: evil.test\r\n\r\n", "400"),
	ROW("folded", "GET /x HTTP/1.1\r\n" HOST "X: a\r\n Content-Length: 30\r\n\r\n", "400"),
	ROW("NUL", "GET /x%00 HTTP/1.1\r\n" HOST "\r\n", "400"),
	ROW("dot dot", "GET /a/../x HTTP/1.1\r\n" HOST "\r\n", "400"),
	ROW("preface", "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n", "505"),
	ROW("too large", "POST /x HTTP/1.1\r\n" HOST "Content-Length: 1001\r\n\r\n", "413"),
#undef ROW
};

static void smuggling_shapes_never_reach_the_library(void)
{
	for (size_t i = 0; i < G_N_ELEMENTS(shapes); i++) {
		gint before = g_atomic_int_get(&handled);
		g_autofree char *start = g_strdup_printf("HTTP/1.1 %s ", shapes[i].status);
		g_autoptr(GString) answer = NULL;
		int fd = client_open();

		g_test_message("%s", shapes[i].name);
		put(fd, shapes[i].octets);
		answer = get_all(fd);
		g_assert_true(g_str_has_prefix(answer->str, start));
		g_assert_cmpuint(count_of(answer->str, "HTTP/1.1 "), ==, 1);
		g_assert_cmpint(g_atomic_int_get(&handled), ==, before);
		close(fd);
	}
	until_quiet();
}

static void requests_are_answered_in_order_and_a_refusal_comes_last(void)
{
	g_autoptr(GString) answer = NULL;
	int fd = client_open();
	const char *first, *second, *third;

	put(fd, SLICE("GET /one HTTP/1.1\r\n" HOST "\r\n"
		      "POST /two HTTP/1.1\r\n" HOST "Content-Length: 4\r\n\r\na=b\n"
		      "GET /three HTTP/1.1\r\n\r\n"));
	answer = get_all(fd);
	first = strstr(answer->str, "[GET /one ");
	second = strstr(answer->str, "[POST /two a=b\n");
	third = strstr(answer->str, "HTTP/1.1 400 ");
	g_assert_true(first != NULL && second > first && third > second);
	close(fd);
	until_quiet();
}

static void a_request_may_come_octet_by_octet(void)
{
	static const char text[] = "POST /slow HTTP/1.1\r\n" HOST "Content-Length: 5\r\n\r\nhello";
	g_autofree char *answer = NULL;
	int fd = client_open();

	for (size_t i = 0; i < strlen(text); i++)
		put(fd, slice_of(text + i, 1));
	answer = get_until(fd, "]");
	g_assert_nonnull(strstr(answer, "[POST /slow hello "));
	close(fd);
	until_quiet();
}

static void a_connection_is_kept_and_closed_as_asked(void)
{
	g_autofree char *first = NULL;
	g_autoptr(GString) rest = NULL;
	int fd = client_open();

	put(fd, SLICE("GET /1 HTTP/1.1\r\n" HOST "\r\n"));
	first = get_until(fd, "]");
	g_assert_nonnull(strstr(first, "[GET /1 "));
	put(fd, SLICE("GET /2 HTTP/1.1\r\n" HOST "Connection: close\r\n\r\n"));
	rest = get_all(fd);
	g_assert_nonnull(strstr(rest->str, "[GET /2 "));
	close(fd);
	until_quiet();
}

static void a_client_that_closes_its_side_still_gets_the_answer(void)
{
	g_autoptr(GString) answer = NULL;
	int fd = client_open();

	pthread_mutex_lock(&gate);
	put(fd, SLICE("GET /half HTTP/1.1\r\n" HOST "\r\n"));
	shutdown(fd, SHUT_WR);
	pthread_mutex_unlock(&gate);
	answer = get_all(fd);
	g_assert_nonnull(strstr(answer->str, "[GET /half "));
	close(fd);
	until_quiet();
}

static void a_large_answer_waits_for_a_slow_client(void)
{
	g_autoptr(GString) answer = NULL;
	const char *body;
	int fd = client_open();

	put(fd, SLICE("GET /big HTTP/1.1\r\n" HOST "\r\nGET /next HTTP/1.1\r\n" HOST "Connection: close\r\n\r\n"));
	/* Nothing is taken until the library has been stopped by back-pressure: the second
	 * request can't have been handled. */
	while (g_atomic_int_get(&counts.requests) == 0)
		g_thread_yield();
	answer = get_all(fd);
	body = strstr(answer->str, "\r\n\r\n") + 4;
	for (size_t i = 0; i < BIG; i++)
		if (body[i] != (char)(i * 7 + (i >> 12)))
			g_error("octet %zu differs", i);
	g_assert_nonnull(g_strstr_len(body + BIG, -1, "[GET /next "));
	close(fd);
	until_quiet();
}

static void time_limits_end_a_slow_request_and_an_idle_connection(void)
{
	g_autoptr(GString) late = NULL, idle = NULL;
	struct door_options before = options;
	int slow, quiet;

	options.limits.request_seconds = 1;
	options.limits.idle_seconds = 2;
	slow = client_open();
	quiet = client_open();
	put(slow, SLICE("GET /x HTTP/1.1\r\nHost: "));
	late = get_all(slow);
	g_assert_true(g_str_has_prefix(late->str, "HTTP/1.1 408 "));
	idle = get_all(quiet);
	g_assert_cmpuint(idle->len, ==, 0);
	close(slow);
	close(quiet);
	until_quiet();
	options = before;
}

/* Each state in which a client may vanish. */
static const struct slice states[] = {
	{ "", 0 },
	{ "GET", 3 },
	{ "GET / HTTP/1.1\r\nHost: a\r\n", 25 },
	{ "POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 100\r\n\r\nab", 50 },
	{ "GET / HTTP/1.1\r\nHost: a\r\n\r\n", 27 },
	{ "GET /big HTTP/1.1\r\nHost: a\r\n\r\n", 30 },
	{ "GET / HTTP/1.1\r\nHost: a\r\n\r\nGET / HTTP/1.1\r\nHost: a\r\n\r\nGET", 57 },
	{ "bad\r\n", 5 },
};

static void descriptors_and_counts_are_back_after_cuts_in_every_state(void)
{
	unsigned before;

	until_quiet();
	before = descriptors();
	for (int round = 0; round < 250; round++) {
		for (size_t i = 0; i < G_N_ELEMENTS(states); i++) {
			int fd = client_open();

			put(fd, states[i]);
			if (round % 3 == 1)
				shutdown(fd, SHUT_WR);
			if (round % 3 == 2 && i == 5) {
				char some[1000];

				g_assert_cmpint(get(fd, some, sizeof(some)), >, 0);
			}
			close(fd);
		}
		if (round % 10 == 9)
			until_quiet();
	}
	until_quiet();
	g_assert_cmpuint(descriptors(), ==, before);
}

static void a_server_may_stop_while_a_request_is_worked_on(void)
{
	g_autoptr(GString) answer = NULL;
	struct http_server *other = http_server_create(1, handler, NULL);
	struct door_options with_other = options, before = options;
	gint before_begun = g_atomic_int_get(&begun), done;
	int fd;

	with_other.server = other;
	options = with_other;
	pthread_mutex_lock(&gate);
	done = g_atomic_int_get(&handled);
	fd = client_open();
	put(fd, SLICE("GET /late HTTP/1.1\r\n" HOST "\r\n"));
	while (g_atomic_int_get(&begun) == before_begun)
		g_thread_yield();
	http_server_destroy(&other);
	answer = get_all(fd);
	close(fd);
	pthread_mutex_unlock(&gate);
	while (g_atomic_int_get(&handled) == done)
		g_thread_yield();
	options = before;
	until_quiet();
}

int main(int argc, char **argv)
{
	int status;

	g_test_init(&argc, &argv, NULL);
	the_loop = loop_create();
	server = http_server_create(2, handler, NULL);
	options.server = server;
	options.counts = &counts;
	loop_thread = g_thread_new("loop", run_loop, the_loop);
	g_test_add_func("/web/door/smuggling", smuggling_shapes_never_reach_the_library);
	g_test_add_func("/web/door/order", requests_are_answered_in_order_and_a_refusal_comes_last);
	g_test_add_func("/web/door/octets", a_request_may_come_octet_by_octet);
	g_test_add_func("/web/door/keep-alive", a_connection_is_kept_and_closed_as_asked);
	g_test_add_func("/web/door/half-close", a_client_that_closes_its_side_still_gets_the_answer);
	g_test_add_func("/web/door/large", a_large_answer_waits_for_a_slow_client);
	g_test_add_func("/web/door/limits", time_limits_end_a_slow_request_and_an_idle_connection);
	g_test_add_func("/web/door/cuts", descriptors_and_counts_are_back_after_cuts_in_every_state);
	g_test_add_func("/web/door/stop", a_server_may_stop_while_a_request_is_worked_on);
	status = g_test_run();
	http_server_destroy(&server);
	loop_stop(the_loop);
	g_thread_join(loop_thread);
	loop_destroy(&the_loop);
	return status;
}
