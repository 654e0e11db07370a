/* Accepting, spreading, limits, the list of the living, and the books: after
 * thousands of connections cut in every state, descriptors and counters are
 * exactly where they were. */
#include "tests/unit/net/certificate.h"
#include "tests/unit/net/peer.h"
#include "tests/unit/net/toy.h"

#include "base/log.h"
#include "net/connections.h"
#include "net/counters.h"

#include <dirent.h>
#include <netinet/in.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <unistd.h>

static struct test_certificate certificate;
static struct tls_server *tls;

static unsigned open_descriptors(void)
{
	DIR *folder = opendir("/proc/self/fd");
	unsigned count = 0;

	g_assert_nonnull(folder);
	while (readdir(folder) != NULL)
		count++;
	closedir(folder);
	return count;
}

/* Waits for something that another thread does; an event would be nicer, but
 * there is none for "the kernel has told the server". */
static void wait_until(bool (*done)(void *arg), void *arg)
{
	gint64 limit = g_get_monotonic_time() + 60 * G_USEC_PER_SEC;

	while (!done(arg)) {
		if (g_get_monotonic_time() > limit)
			g_error("waited a minute in vain");
		g_usleep(500); /* leaves the machine to whom is waited for */
	}
}

struct expectation {
	const char *label;
	uint64_t open, refused;
};

static bool counters_are(void *arg)
{
	const struct expectation *expected = arg;
	struct net_counters now = net_counters_get(expected->label);

	return now.open == expected->open && now.refused == expected->refused;
}

static void connections_spread_evenly_over_the_loops(void)
{
	enum { THREADS = 4, EACH = 25 };
	struct listener_options options = { .label = "spread" };
	struct toy *toy = toy_start(THREADS);
	struct listener *listener = toy_listen(toy, &options);
	struct peer *peers[THREADS * EACH];
	struct toy_facts facts;

	for (int i = 0; i < THREADS * EACH; i++) {
		peers[i] = peer_create(toy_dial(listener));
		peer_expect(peers[i], "hello");
	}
	facts = toy_facts(toy);
	for (int i = 0; i < THREADS; i++)
		g_assert_cmpuint(facts.sessions[i], ==, EACH);
	for (int i = 0; i < THREADS * EACH; i++)
		peer_destroy(&peers[i]);
	listener_close(&listener);
	toy_stop(&toy);
}

static void over_a_limit_is_closed_at_once_with_the_refusal(gconstpointer data)
{
	bool per_address = GPOINTER_TO_INT(data) == 1;
	const char *label = per_address ? "per-address" : "in-all";
	struct listener_options options = { .label = label, .refusal = "* BYE too many\r\n" };
	struct toy *toy = toy_start(2);
	struct listener *listener = toy_listen(toy, &options);
	struct peer *peers[3], *more;

	connections_set_limits(per_address ? 0 : 3, per_address ? 3 : 0);
	for (int round = 0; round < 3; round++) {
		struct expectation full = { label, 3, (uint64_t)round + 1 };
		struct expectation empty = { label, 0, (uint64_t)round + 1 };

		for (int i = 0; i < 3; i++) {
			peers[i] = peer_create(toy_dial(listener));
			peer_expect(peers[i], "hello");
		}
		more = peer_create(toy_dial(listener));
		peer_expect(more, "* BYE too many");
		g_assert_null(peer_read_line(more));
		peer_destroy(&more);
		wait_until(counters_are, &full);
		for (int i = 0; i < 3; i++)
			peer_destroy(&peers[i]);
		wait_until(counters_are, &empty);
	}
	connections_set_limits(0, 0);
	listener_close(&listener);
	toy_stop(&toy);
}

static void the_list_names_the_living_and_one_can_be_kicked(void)
{
	struct listener_options options = { .label = "who", .tls = tls, .implicit_tls = true };
	struct toy *toy = toy_start(2);
	struct listener *listener = toy_listen(toy, &options);
	struct peer *peers[3];
	g_autoptr(GPtrArray) list = NULL;
	const struct connection_info *middle;
	g_autofree char *answer = NULL;

	for (int i = 0; i < 3; i++) {
		peers[i] = peer_create(toy_dial(listener));
		g_assert_true(peer_handshake(peers[i], NULL));
		peer_expect(peers[i], "hello");
	}
	peer_put_text(peers[1], "WHO\r\n");
	peer_flush(peers[1]);
	answer = peer_read_line(peers[1]);
	list = connections_list();
	g_assert_cmpuint(list->len, ==, 3);
	g_assert_cmpuint(connections_count(), ==, 3);
	middle = list->pdata[1];
	g_assert_cmpstr(middle->label, ==, "who");
	g_assert_cmpstr(middle->user, ==, "alice@example.test");
	g_assert_true(g_str_has_prefix(middle->peer, "127.0.0.1:"));
	g_assert_true(g_str_has_prefix(middle->security, "TLSv1.3 "));
	g_assert_cmpuint(middle->octets_in, >, 300);
	g_assert_cmpuint(middle->octets_out, >, 600);
	g_assert_null(((struct connection_info *)list->pdata[0])->user);
	g_assert_true(connections_kick(middle->id));
	peer_expect(peers[1], "kicked");
	g_assert_null(peer_read_line(peers[1]));
	g_assert_false(connections_kick(middle->id + 1000));
	listener_close(&listener);
	g_assert_cmpuint(connections_end_all(), >=, 2);
	peer_expect(peers[0], "shutting down");
	peer_expect(peers[2], "shutting down");
	for (int i = 0; i < 3; i++)
		peer_destroy(&peers[i]);
	toy_stop(&toy);
	g_assert_cmpuint(connections_count(), ==, 0);
}

static void a_silent_handshake_is_not_waited_for_at_shutdown(void)
{
	struct listener_options options = { .label = "silent", .tls = tls, .implicit_tls = true };
	struct toy *toy = toy_start(1);
	struct listener *listener = toy_listen(toy, &options);
	struct peer *peer = peer_create(toy_dial(listener));
	struct expectation taken = { "silent", 1, 0 };

	wait_until(counters_are, &taken);
	listener_close(&listener);
	toy_stop(&toy); /* fails after a minute */
	g_assert_true(peer_sees_end(peer));
	peer_destroy(&peer);
}

static void without_descriptors_accepting_pauses_and_goes_on(void)
{
	struct listener_options options = { .label = "exhausted" };
	struct toy *toy = toy_start(1);
	struct listener *listener = toy_listen(toy, &options);
	struct rlimit old, low;
	int fds[8];
	struct peer *peers[8];

	getrlimit(RLIMIT_NOFILE, &old);
	for (int i = 0; i < 8; i++)
		fds[i] = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
	low = old;
	low.rlim_cur = (rlim_t)fds[7] + 4; /* room for the server's side of some */
	setrlimit(RLIMIT_NOFILE, &low);
	for (int i = 0; i < 8; i++) {
		struct sockaddr_in address = {
			.sin_family = AF_INET,
			.sin_addr.s_addr = htonl(INADDR_LOOPBACK),
			.sin_port = htons((uint16_t)listener_port(listener)),
		};

		g_assert_cmpint(connect(fds[i], (struct sockaddr *)&address, sizeof address), ==, 0);
		peers[i] = peer_create(fds[i]);
	}
	peer_expect(peers[0], "hello");
	setrlimit(RLIMIT_NOFILE, &old);
	for (int i = 1; i < 8; i++)
		peer_expect(peers[i], "hello");
	for (int i = 0; i < 8; i++)
		peer_destroy(&peers[i]);
	listener_close(&listener);
	toy_stop(&toy);
}

static void addresses_are_understood_or_refused_with_a_reason(void)
{
	static const struct {
		const char *address;
		bool opens;
	} rows[] = {
		{ "127.0.0.1:0", true }, { "[::1]:0", true }, { "[::]:0", true },
		{ "localhost:0", true }, { "127.0.0.1", false }, { ":143", false },
		{ "127.0.0.1:", false }, { "[::1:143", false }, { "192.0.2.1:143", false },
		{ "[]:143", false },
	};
	struct listener_options options = { .label = "addresses" };

	for (size_t i = 0; i < G_N_ELEMENTS(rows); i++) {
		struct loop *loop = loop_create();
		g_autofree char *error = NULL;
		struct listener *listener = listener_open(rows[i].address, &loop, 1, &options, &error);

		g_assert_cmpint(listener != NULL, ==, rows[i].opens);
		g_assert_cmpint(error == NULL, ==, rows[i].opens);
		if (listener != NULL)
			g_assert_cmpuint(listener_port(listener), >, 0);
		listener_close(&listener);
		loop_destroy(&loop);
	}
}

static void a_port_in_use_is_refused_with_a_reason(void)
{
	struct listener_options options = { .label = "addresses" };
	struct loop *loop = loop_create();
	g_autofree char *error = NULL, *again = NULL;
	struct listener *listener = listener_open("127.0.0.1:0", &loop, 1, &options, &error);

	again = g_strdup_printf("127.0.0.1:%u", listener_port(listener));
	g_assert_null(listener_open(again, &loop, 1, &options, &error));
	g_assert_nonnull(strstr(error, again));
	listener_close(&listener);
	loop_destroy(&loop);
}

/* --- cut in every state --- */

/* Brings a connection into a state; the caller cuts it. */
struct cut {
	const char *name;
	bool tls;
	void (*bring)(struct peer *peer, unsigned number);
};

static void bring_nothing(struct peer *peer, unsigned number)
{
	(void)peer;
	(void)number;
}

static void bring_garbage(struct peer *peer, unsigned number)
{
	(void)number;
	peer_send_raw(peer, "GET / HTTP/1.0\r\n\r\n", 18);
}

static void bring_mid_hello(struct peer *peer, unsigned number)
{
	g_autoptr(GByteArray) flight = NULL;

	peer_begin_tls(peer, NULL);
	peer_shake(peer);
	flight = peer_steal_pending(peer);
	peer_send_raw(peer, flight->data, number % flight->len);
}

static void bring_hello_sent(struct peer *peer, unsigned number)
{
	(void)number;
	peer_begin_tls(peer, NULL);
	peer_shake(peer);
	peer_flush(peer);
}

static void bring_mid_finished(struct peer *peer, unsigned number)
{
	uint8_t answer[16384];
	g_autoptr(GByteArray) flight = NULL;
	ssize_t len;

	bring_hello_sent(peer, number);
	len = peer_read_raw(peer, answer, sizeof answer);
	if (len <= 0)
		return;
	BIO_write(SSL_get_rbio(peer_ssl(peer)), answer, (int)len);
	peer_shake(peer);
	flight = peer_steal_pending(peer);
	peer_send_raw(peer, flight->data, flight->len > 0 ? number % flight->len : 0);
}

static void greet(struct peer *peer, bool secure)
{
	if (secure)
		g_assert_true(peer_handshake(peer, NULL));
	peer_expect(peer, "hello");
}

static void say(struct peer *peer, const char *text)
{
	peer_put_text(peer, text);
	peer_flush(peer);
}

#define BRING(name, text) \
	static void bring_##name(struct peer *peer, unsigned number) \
	{ \
		greet(peer, number % 2 == 1); \
		say(peer, text); \
	}

BRING(idle, "")
BRING(mid_line, "LINE half")
BRING(mid_literal, "LIT 1000\r\n0123456789")
BRING(mid_data, "DATA 1000\r\nhalf a message\r\n.\r")
BRING(mid_output, "FLOOD 50000000\r\n")
BRING(slow_command, "SLOW\r\nLINE a\r\nSLOW\r\n")
BRING(paused, "PAUSE\r\nLINE behind\r\n")
BRING(closing, "GET 3000000\r\nQUIT\r\n")

static void bring_mid_record(struct peer *peer, unsigned number)
{
	g_autoptr(GByteArray) record = NULL;

	greet(peer, number % 2 == 1);
	peer_put_text(peer, "LINE a whole line\r\n");
	record = peer_steal_pending(peer);
	peer_send_raw(peer, record->data, number % record->len);
}

static void bring_starttls(struct peer *peer, unsigned number)
{
	g_autoptr(GByteArray) flight = NULL;

	greet(peer, number % 2 == 1);
	if (number % 2 == 1)
		return;
	say(peer, "STARTTLS\r\n");
	peer_expect(peer, "go");
	peer_begin_tls(peer, NULL);
	peer_shake(peer);
	flight = peer_steal_pending(peer);
	peer_send_raw(peer, flight->data, number % flight->len);
}

static void bring_deflate(struct peer *peer, unsigned number)
{
	greet(peer, number % 2 == 1);
	say(peer, "DEFLATE\r\n");
	peer_expect(peer, "go");
	peer_start_deflate(peer);
	say(peer, "FLOOD 1000000\r\nLIT 100\r\nx");
}

/* With `tls` on the TLS port always, else on either. */
static const struct cut cuts[] = {
	{ "before the handshake", true, bring_nothing },
	{ "garbage for a handshake", true, bring_garbage },
	{ "inside the client hello", true, bring_mid_hello },
	{ "behind the client hello", true, bring_hello_sent },
	{ "inside the finished", true, bring_mid_finished },
	{ "idle", false, bring_idle },
	{ "inside a line", false, bring_mid_line },
	{ "inside a record", false, bring_mid_record },
	{ "inside a literal", false, bring_mid_literal },
	{ "inside data", false, bring_mid_data },
	{ "inside output", false, bring_mid_output },
	{ "command with a worker", false, bring_slow_command },
	{ "paused", false, bring_paused },
	{ "closing", false, bring_closing },
	{ "inside starttls", false, bring_starttls },
	{ "deflate", false, bring_deflate },
};

static bool all_gone(void *arg)
{
	struct toy *toy = arg;

	/* A paused stream does not look at its socket. */
	toy_resume(toy);
	return connections_count() == 0;
}

static void two_thousand_connections_cut_in_every_state_leave_nothing(void)
{
	enum { ROUNDS = 126 }; /* times sixteen states */
	struct listener_options plain = { .label = "cut", .tls = tls };
	struct listener_options secure = { .label = "cut", .tls = tls, .implicit_tls = true };
	struct net_counters before = net_counters_get("cut"), after;
	unsigned descriptors = open_descriptors();
	struct toy *toy = toy_start(2);
	struct listener *listeners[2] = { toy_listen(toy, &plain), toy_listen(toy, &secure) };

	for (unsigned number = 0; number < ROUNDS * G_N_ELEMENTS(cuts); number++) {
		const struct cut *cut = &cuts[number % G_N_ELEMENTS(cuts)];
		unsigned round = number / G_N_ELEMENTS(cuts);
		struct peer *peer = peer_create(toy_dial(listeners[cut->tls || round % 2 == 1]));

		cut->bring(peer, round);
		if (round % 3 == 0)
			peer_destroy(&peer);
		else
			peer_cut(&peer);
	}
	wait_until(all_gone, toy);
	listener_close(&listeners[0]);
	listener_close(&listeners[1]);
	toy_stop(&toy);
	after = net_counters_get("cut");
	g_assert_cmpuint(after.open, ==, 0);
	g_assert_cmpuint(after.total - before.total, ==, ROUNDS * G_N_ELEMENTS(cuts));
	g_assert_cmpuint(after.refused, ==, 0);
	g_assert_cmpuint(open_descriptors(), ==, descriptors);
	/* The limits' own books are back, too: one place is enough for one more. */
	connections_set_limits(1, 1);
	toy = toy_start(1);
	listeners[0] = toy_listen(toy, &plain);
	for (int i = 0; i < 2; i++) {
		struct peer *peer = peer_create(toy_dial(listeners[0]));
		struct expectation empty = { "cut", 0, 0 };

		peer_expect(peer, "hello");
		peer_destroy(&peer);
		wait_until(counters_are, &empty);
	}
	connections_set_limits(0, 0);
	listener_close(&listeners[0]);
	toy_stop(&toy);
}

/* The sum over a label is what its connections had. */
static void octets_are_counted_exactly_as_on_the_wire(void)
{
	struct listener_options options = { .label = "octets" };
	struct toy *toy = toy_start(1);
	struct listener *listener = toy_listen(toy, &options);
	struct peer *peer = peer_create(toy_dial(listener));
	struct net_counters counted;

	peer_expect(peer, "hello");
	peer_put_text(peer, "LINE abc\r\nQUIT\r\n");
	peer_flush(peer);
	peer_expect(peer, "line 3 abc");
	peer_expect(peer, "bye");
	g_assert_null(peer_read_line(peer));
	peer_destroy(&peer);
	toy_wait_empty(toy);
	counted = net_counters_get("octets");
	g_assert_cmpuint(counted.octets_in, ==, strlen("LINE abc\r\nQUIT\r\n"));
	g_assert_cmpuint(counted.octets_out, ==, strlen("hello\r\nline 3 abc\r\nbye\r\n"));
	g_assert_cmpuint(counted.total, ==, 1);
	g_assert_cmpuint(counted.open, ==, 0);
	listener_close(&listener);
	toy_stop(&toy);
}

#define ADD(fn) g_test_add_func("/net/listener/" #fn, fn)

int main(int argc, char **argv)
{
	struct config_certificate row;
	struct config_tls config = { .certificates = &row, .certificate_count = 1, .min_protocol = "TLSv1.2" };
	int result;

	g_test_init(&argc, &argv, NULL);
	log_set_level(LOG_LEVEL_ERROR);
	certificate = test_certificate_make("localhost", TEST_KEY_EC);
	row = (struct config_certificate){ NULL, certificate.certificate, certificate.private_key };
	tls = tls_server_create(&config, NULL);
	ADD(connections_spread_evenly_over_the_loops);
	g_test_add_data_func("/net/listener/over_a_limit_is_closed_at_once_with_the_refusal/in all",
			     GINT_TO_POINTER(0), over_a_limit_is_closed_at_once_with_the_refusal);
	g_test_add_data_func("/net/listener/over_a_limit_is_closed_at_once_with_the_refusal/per address",
			     GINT_TO_POINTER(1), over_a_limit_is_closed_at_once_with_the_refusal);
	ADD(the_list_names_the_living_and_one_can_be_kicked);
	ADD(a_silent_handshake_is_not_waited_for_at_shutdown);
	ADD(without_descriptors_accepting_pauses_and_goes_on);
	ADD(addresses_are_understood_or_refused_with_a_reason);
	ADD(a_port_in_use_is_refused_with_a_reason);
	ADD(two_thousand_connections_cut_in_every_state_leave_nothing);
	ADD(octets_are_counted_exactly_as_on_the_wire);
	result = g_test_run();
	tls_server_unref(&tls);
	test_certificate_clear(&certificate);
	return result;
}
