/* A server stream against the scripted client: whatever the record and segment
 * boundaries, the octets and the answers are the same and nothing waits. */
#include "tests/unit/net/certificate.h"
#include "tests/unit/net/peer.h"
#include "tests/unit/net/toy.h"

#include "net/connections.h"
#include "net/counters.h"
#include "net/stream_private.h"

#include <sys/socket.h>
#include <unistd.h>
#include <zlib.h>

/* The layers below the lines. */
struct way {
	const char *name;
	int version; /* 0: plain */
	bool deflate;
};

static const struct way ways[] = {
	{ "plain", 0, false },
	{ "plain deflate", 0, true },
	{ "tls1.2", TLS1_2_VERSION, false },
	{ "tls1.3", TLS1_3_VERSION, false },
	{ "tls1.2 deflate", TLS1_2_VERSION, true },
	{ "tls1.3 deflate", TLS1_3_VERSION, true },
};

static struct test_certificate certificate;
static struct tls_server *tls;

static struct tls_server *make_tls(const char *min_protocol, const char *ciphers)
{
	struct config_certificate row = { NULL, certificate.certificate, certificate.private_key };
	struct config_tls config = {
		.certificates = &row,
		.certificate_count = 1,
		.min_protocol = min_protocol,
		.ciphers = ciphers,
	};
	struct tls_server *made = tls_server_create(&config, NULL);

	g_assert(made != NULL);
	return made;
}

static struct peer *connect_way(struct toy *toy, const struct way *way)
{
	struct peer_tls versions = { way->version, way->version, NULL, NULL, NULL, NULL, NULL };
	struct peer *peer = peer_create(toy_connect_tls(toy, way->version != 0 ? tls : NULL));

	if (way->version != 0)
		g_assert(peer_handshake(peer, &versions));
	peer_expect(peer, "hello");
	if (way->deflate) {
		peer_put_text(peer, "DEFLATE\r\n");
		peer_flush(peer);
		peer_expect(peer, "go");
		peer_start_deflate(peer);
	}
	return peer;
}

/* A literal whose tail comes with the CRLF of its command (Q239082), a line
 * before and one behind. */
static const char script[] = "LINE ab\r\nLIT 10\r\n0123\r\n6789 tail\r\nLINE c\r\n";

static void expect_script_answers(struct peer *peer)
{
	g_autofree char *literal = g_strdup_printf("literal 10 %08x  tail", toy_crc("0123\r\n6789", 10));

	peer_expect(peer, "line 2 ab");
	peer_expect(peer, literal);
	peer_expect(peer, "line 1 c");
}

static void every_split_into_two_records_in_one_segment(gconstpointer data)
{
	const struct way *way = data;
	struct toy *toy = toy_start(1);
	struct peer *peer = connect_way(toy, way);

	for (size_t cut = 0; cut < sizeof script; cut++) {
		peer_put(peer, script, cut);
		peer_put(peer, script + cut, sizeof script - 1 - cut);
		peer_flush(peer);
		expect_script_answers(peer);
	}
	peer_destroy(&peer);
	toy_stop(&toy);
}

static void every_split_into_two_records_in_two_segments(gconstpointer data)
{
	const struct way *way = data;
	struct toy *toy = toy_start(1);
	struct peer *peer = connect_way(toy, way);

	for (size_t cut = 0; cut < sizeof script; cut++) {
		peer_put(peer, script, cut);
		peer_flush(peer);
		toy_barrier(toy);
		peer_put(peer, script + cut, sizeof script - 1 - cut);
		peer_flush(peer);
		expect_script_answers(peer);
	}
	peer_destroy(&peer);
	toy_stop(&toy);
}

static void one_octet_per_record_in_one_segment(gconstpointer data)
{
	const struct way *way = data;
	struct toy *toy = toy_start(1);
	struct peer *peer = connect_way(toy, way);

	for (size_t i = 0; i < sizeof script - 1; i++)
		peer_put(peer, script + i, 1);
	peer_flush(peer);
	expect_script_answers(peer);
	peer_destroy(&peer);
	toy_stop(&toy);
}

static void one_octet_per_record_and_segment(gconstpointer data)
{
	const struct way *way = data;
	struct toy *toy = toy_start(1);
	struct peer *peer = connect_way(toy, way);

	for (size_t i = 0; i < sizeof script - 1; i++) {
		peer_put(peer, script + i, 1);
		peer_flush(peer);
		toy_barrier(toy);
	}
	expect_script_answers(peer);
	peer_destroy(&peer);
	toy_stop(&toy);
}

static void many_commands_in_one_record(gconstpointer data)
{
	const struct way *way = data;
	struct toy *toy = toy_start(1);
	struct peer *peer = connect_way(toy, way);
	g_autoptr(GString) all = g_string_new(NULL);

	for (int i = 0; i < 200; i++)
		g_string_append(all, script);
	peer_put(peer, all->str, all->len);
	peer_flush(peer);
	for (int i = 0; i < 200; i++)
		expect_script_answers(peer);
	peer_destroy(&peer);
	toy_stop(&toy);
}

/* The wire octets of the whole script, records and all, cut at every offset. */
static void every_split_of_the_wire_octets_into_segments(gconstpointer data)
{
	const struct way *way = data;
	struct toy *toy = toy_start(1);
	struct peer *peer = connect_way(toy, way);
	guint len = 1;

	for (guint cut = 0; cut < len; cut++) {
		g_autoptr(GByteArray) wire = NULL;

		peer_put(peer, script, 20); /* inside the literal's announcement and data */
		peer_put(peer, script + 20, sizeof script - 1 - 20);
		wire = peer_steal_pending(peer);
		len = wire->len;
		peer_send_raw(peer, wire->data, MIN(cut, len));
		toy_barrier(toy);
		peer_send_raw(peer, wire->data + MIN(cut, len), len - MIN(cut, len));
		expect_script_answers(peer);
	}
	peer_destroy(&peer);
	toy_stop(&toy);
}

/* Commands behind one that is with a worker come with it in one record: when the
 * stream resumes they are inside OpenSSL, the socket is silent. */
static void octets_pending_in_the_layers_are_served_after_a_pause(gconstpointer data)
{
	const struct way *way = data;
	struct toy *toy = toy_start(1);
	struct peer *peer = connect_way(toy, way);
	g_autoptr(GString) many = g_string_new("PAUSE\r\n");

	for (int i = 0; i < 50; i++)
		g_string_append(many, "SLOW\r\nLINE x\r\n");
	/* A limit below the record: most of it can't leave OpenSSL at once. */
	peer_put_text(peer, "LIMIT 16\r\n");
	peer_flush(peer);
	peer_expect(peer, "limit");
	peer_put(peer, many->str, many->len);
	peer_flush(peer);
	toy_barrier(toy);
	toy_resume(toy);
	for (int i = 0; i < 50; i++) {
		peer_expect(peer, "slow");
		peer_expect(peer, "line 1 x");
	}
	g_assert_cmpuint(toy_facts(toy).most_input, <=, MAX(16, strlen("DEFLATE\r\n")));
	peer_destroy(&peer);
	toy_stop(&toy);
}

/* Input limit equal to, one below and one above what comes in one piece. */
static void buffer_exactly_full_goes_on(gconstpointer data)
{
	const struct way *way = data;
	static const char line[] = "LINE 0123456789\r\n";

	for (int limit = -1; limit <= 1; limit++) {
		struct toy *toy = toy_start(1);
		struct peer *peer = connect_way(toy, way);
		g_autofree char *set = g_strdup_printf("LIMIT %d\r\n", (int)strlen(line) + limit);

		peer_put_text(peer, set);
		peer_flush(peer);
		peer_expect(peer, "limit");
		for (int i = 0; i < 3; i++)
			peer_put_text(peer, line);
		peer_flush(peer);
		for (int i = 0; i < 3; i++)
			peer_expect(peer, "line 10 0123456789");
		peer_destroy(&peer);
		toy_stop(&toy);
	}
}

static void big_literal_arrives_whole(gconstpointer data)
{
	const struct way *way = data;
	enum { SIZE = 1000000 };
	struct toy *toy = toy_start(1);
	struct peer *peer = connect_way(toy, way);
	g_autofree uint8_t *octets = g_malloc(SIZE);
	g_autofree char *answer = NULL;

	toy_pattern(octets, 0, SIZE);
	answer = g_strdup_printf("literal %d %08x ", SIZE, toy_crc(octets, SIZE));
	g_strchomp(answer);
	peer_put_text(peer, "LIT 1000000\r\n");
	for (size_t at = 0; at < SIZE; at += 10000)
		peer_put(peer, octets + at, 10000);
	peer_put_text(peer, "\r\nLINE z\r\n");
	peer_flush(peer);
	peer_expect(peer, answer);
	peer_expect(peer, "line 1 z");
	g_assert_cmpuint(toy_facts(toy).most_input, <=, 64 * 1024);
	peer_destroy(&peer);
	toy_stop(&toy);
}

static void read_pattern(struct peer *peer, size_t size)
{
	uint8_t got[8192], want[8192];

	for (size_t at = 0; at < size; at += sizeof got) {
		size_t len = MIN(sizeof got, size - at);

		g_assert(peer_read(peer, got, len));
		toy_pattern(want, at, len);
		g_assert(memcmp(got, want, len) == 0);
	}
}

/* Sizes around a record, a chunk of the queue and the water marks. */
static void output_of_every_size_is_exact(gconstpointer data)
{
	static const size_t sizes[] = { 0, 1, 1023, 1024, 1983, 1984, 1985, 6144, 16383, 16384, 16385,
					65536, 262143, 262144, 262145, 1000000 };
	const struct way *way = data;
	struct toy *toy = toy_start(1);
	struct peer *peer = connect_way(toy, way);

	for (size_t i = 0; i < G_N_ELEMENTS(sizes); i++) {
		g_autofree char *command = g_strdup_printf("GET %zu\r\n", sizes[i]);

		peer_put_text(peer, command);
		peer_flush(peer);
		read_pattern(peer, sizes[i]);
		peer_expect(peer, "got");
	}
	peer_destroy(&peer);
	toy_stop(&toy);
}

/* 20 MB for a client that does not read until all came to a stop. */
static void slow_reader_bounds_the_queue_by_the_high_water_mark(gconstpointer data)
{
	const struct way *way = data;
	struct toy *toy = toy_start(1);
	struct peer *peer = connect_way(toy, way);
	struct toy_facts facts;

	peer_put_text(peer, "FLOOD 20000000\r\nLINE behind\r\n");
	peer_flush(peer);
	toy_barrier(toy);
	toy_barrier(toy);
	facts = toy_facts(toy);
	g_assert_cmpuint(facts.most_queued, >, 256 * 1024);
	read_pattern(peer, 20000000);
	peer_expect(peer, "got");
	peer_expect(peer, "line 6 behind");
	facts = toy_facts(toy);
	g_assert_cmpuint(facts.drained, >=, (way->deflate ? 1 : 20));
	/* High water, plus the piece that passed it (and what zlib made of it). */
	g_assert_cmpuint(facts.most_queued, <, 256 * 1024 + 64 * 1024);
	peer_destroy(&peer);
	toy_stop(&toy);
}

/* The peer shuts its side behind its last command and still gets every answer. */
static void half_closed_peer_gets_its_answers(gconstpointer data)
{
	const struct way *way = data;
	struct toy *toy = toy_start(1);
	struct peer *peer = connect_way(toy, way);

	peer_put_text(peer, "SLOW\r\nLINE a\r\nSLOW\r\nGET 300000\r\n");
	peer_flush(peer);
	shutdown(peer_fd(peer), SHUT_WR);
	peer_expect(peer, "slow");
	peer_expect(peer, "line 1 a");
	peer_expect(peer, "slow");
	read_pattern(peer, 300000);
	peer_expect(peer, "got");
	g_assert(peer_read_line(peer) == NULL);
	toy_wait_empty(toy);
	g_assert_cmpuint(toy_facts(toy).ended[STREAM_END_PEER], ==, 1);
	peer_destroy(&peer);
	toy_stop(&toy);
}

static void last_words_arrive_before_the_close(gconstpointer data)
{
	const struct way *way = data;
	struct toy *toy = toy_start(1);
	struct peer *peer = connect_way(toy, way);

	/* Octets behind QUIT are unread: without lingering they would reset. */
	peer_put_text(peer, "GET 200000\r\nQUIT\r\nLINE unread\r\n");
	peer_flush(peer);
	read_pattern(peer, 200000);
	peer_expect(peer, "got");
	peer_expect(peer, "bye");
	g_assert(peer_read_line(peer) == NULL);
	peer_destroy(&peer);
	toy_wait_empty(toy);
	g_assert_cmpuint(toy_facts(toy).ended[STREAM_END_FLUSHED], ==, 1);
	toy_stop(&toy);
}

static void owner_may_destroy_inside_his_callback(gconstpointer data)
{
	const struct way *way = data;
	struct toy *toy = toy_start(1);
	struct peer *peer = connect_way(toy, way);

	peer_put_text(peer, "LINE a\r\nDESTROY\r\nLINE b\r\n");
	peer_flush(peer);
	g_assert(peer_sees_end(peer));
	toy_wait_empty(toy);
	peer_destroy(&peer);
	toy_stop(&toy);
}

static void time_limit_counts_from_the_last_octet(gconstpointer data)
{
	const struct way *way = data;
	struct toy *toy = toy_start(1);
	struct peer *peer = connect_way(toy, way);

	peer_put_text(peer, "TIMEOUT 50\r\n");
	peer_flush(peer);
	peer_expect(peer, "timeout");
	peer_expect(peer, "too late");
	g_assert(peer_read_line(peer) == NULL);
	peer_destroy(&peer);
	toy_wait_empty(toy);
	g_assert_cmpuint(toy_facts(toy).timed_out, ==, 1);
	toy_stop(&toy);
}

/* A close with octets unread is a reset, and a reset may take what the peer has
 * not read yet: what he still sends is taken and dropped. */
static void last_words_survive_a_flood_of_unread_octets(void)
{
	enum { JUNK = 20000000 };
	struct listener_options options = { .label = "flood" };
	struct toy *toy = toy_start(1);
	struct listener *listener = toy_listen(toy, &options);
	struct peer *peer = peer_create(toy_dial(listener));
	g_autofree char *junk = g_malloc0(JUNK);

	peer_expect(peer, "hello");
	peer_put_text(peer, "QUIT\r\n");
	peer_flush(peer);
	g_assert_true(peer_send_raw(peer, junk, JUNK));
	peer_expect(peer, "bye");
	g_assert_null(peer_read_line(peer));
	peer_destroy(&peer);
	toy_wait_empty(toy);
	g_assert_cmpuint(toy_facts(toy).ended[STREAM_END_FLUSHED], ==, 1);
	listener_close(&listener);
	toy_stop(&toy);
}

/* --- TLS alone --- */

static void starttls_throws_injected_plaintext_away(void)
{
	struct toy *toy = toy_start(1);
	struct peer *peer = peer_create(toy_connect(toy));

	toy_set_tls(toy, tls);
	peer_expect(peer, "hello");
	peer_put_text(peer, "LINE a\r\nSTARTTLS\r\nLINE injected\r\nDESTROY\r\n");
	peer_flush(peer);
	peer_expect(peer, "line 1 a");
	peer_expect(peer, "go");
	g_assert(peer_handshake(peer, NULL));
	peer_put_text(peer, "LINE b\r\n");
	peer_flush(peer);
	peer_expect(peer, "line 1 b");
	g_assert_cmpuint(toy_facts(toy).secured, ==, 1);
	peer_destroy(&peer);
	toy_stop(&toy);
}

static void handshake_flights_octet_by_octet(void)
{
	struct toy *toy = toy_start(1);
	struct peer *peer = peer_create(toy_connect_tls(toy, tls));
	bool done = false;

	peer_begin_tls(peer, NULL);
	while (!done) {
		g_autoptr(GByteArray) flight = NULL;

		done = peer_shake(peer);
		flight = peer_steal_pending(peer);
		for (guint i = 0; i < flight->len; i++) {
			peer_send_raw(peer, flight->data + i, 1);
			toy_barrier(toy);
		}
		if (!done) {
			uint8_t answer[16384];
			ssize_t len = peer_read_raw(peer, answer, sizeof answer);

			g_assert_cmpint(len, >, 0);
			BIO_write(SSL_get_rbio(peer_ssl(peer)), answer, (int)len);
		}
	}
	peer_expect(peer, "hello");
	peer_put_text(peer, "QUIT\r\n");
	peer_flush(peer);
	peer_expect(peer, "bye");
	peer_destroy(&peer);
	toy_stop(&toy);
}

/* The first command rides in the same segment as the client's Finished. */
static void command_glued_to_the_handshake_is_served(void)
{
	static const int versions[] = { TLS1_2_VERSION, TLS1_3_VERSION };

	for (size_t i = 0; i < G_N_ELEMENTS(versions); i++) {
		struct peer_tls want = { versions[i], versions[i], NULL, NULL, NULL, NULL, NULL };
		struct toy *toy = toy_start(1);
		struct peer *peer = peer_create(toy_connect_tls(toy, tls));

		peer_begin_tls(peer, &want);
		while (!peer_shake(peer)) {
			uint8_t answer[16384];
			ssize_t len;

			peer_flush(peer);
			len = peer_read_raw(peer, answer, sizeof answer);
			g_assert_cmpint(len, >, 0);
			BIO_write(SSL_get_rbio(peer_ssl(peer)), answer, (int)len);
		}
		peer_put_text(peer, "LINE early\r\n");
		peer_flush(peer);
		peer_expect(peer, "hello");
		peer_expect(peer, "line 5 early");
		peer_destroy(&peer);
		toy_stop(&toy);
	}
}

struct dripping {
	struct loop *loop;
	int fd;
	struct toy *toy;
};

static void adopt_with_short_deadline(void *arg)
{
	struct dripping *dripping = arg;
	struct stream *stream = stream_adopt(dripping->loop, dripping->fd, "toy");

	stream_start_tls(stream, tls);
	stream_set_deadline(stream, 50, STREAM_END_TIMEOUT);
	toy_accepted(dripping->toy, stream);
}

/* Octets do come, so no idle limit would ever pass. */
static void a_dripping_handshake_ends_at_its_limit(void)
{
	struct net_counters before = net_counters_get("toy");
	struct toy *toy = toy_start(1);
	struct dripping dripping = { .loop = toy_loop(toy, 0), .toy = toy };
	int pair[2];

	g_assert(socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, pair) == 0);
	dripping.fd = pair[0];
	toy_call(toy, adopt_with_short_deadline, &dripping);
	/* A record of 16 KiB that never gets there. */
	g_assert(send(pair[1], "\x16\x03\x01\x40\x00\x01\x00\x3f\xfc", 9, MSG_NOSIGNAL) == 9);
	while (send(pair[1], "", 1, MSG_NOSIGNAL) == 1)
		toy_barrier(toy);
	toy_wait_empty(toy);
	g_assert_cmpuint(toy_facts(toy).ended[STREAM_END_TIMEOUT], ==, 1);
	g_assert_cmpuint(net_counters_get("toy").timeouts, ==, before.timeouts + 1);
	close(pair[1]);
	toy_stop(&toy);
}

/* After our last words the peer has a second to close; then we do. */
static void a_peer_that_never_closes_is_not_waited_for(void)
{
	struct toy *toy = toy_start(1);
	struct peer *peer = peer_create(toy_connect(toy));

	peer_expect(peer, "hello");
	peer_put_text(peer, "QUIT\r\n");
	peer_flush(peer);
	peer_expect(peer, "bye");
	toy_wait_empty(toy);
	g_assert_cmpuint(toy_facts(toy).ended[STREAM_END_FLUSHED], ==, 1);
	peer_destroy(&peer);
	toy_stop(&toy);
}

static void garbage_instead_of_a_handshake_or_record_ends_the_stream(void)
{
	for (int established = 0; established < 2; established++) {
		struct net_counters before = net_counters_get("toy");
		struct toy *toy = toy_start(1);
		struct peer *peer = peer_create(toy_connect_tls(toy, tls));

		if (established) {
			g_assert(peer_handshake(peer, NULL));
			peer_expect(peer, "hello");
		}
		peer_send_raw(peer, "\x17\x03\x03\x00\x20 this is no record of yours, is it?", 40);
		g_assert(peer_sees_end(peer));
		toy_wait_empty(toy);
		g_assert_cmpuint(toy_facts(toy).ended[STREAM_END_TLS], ==, 1);
		g_assert_cmpuint(net_counters_get("toy").tls_failures, ==, before.tls_failures + 1);
		peer_destroy(&peer);
		toy_stop(&toy);
	}
}

struct sending {
	struct peer *peer;
	GByteArray *octets;
};

static gpointer send_all(gpointer arg)
{
	struct sending *sending = arg;

	peer_send_raw(sending->peer, sending->octets->data, sending->octets->len);
	return NULL;
}

static uint64_t octets_in(void)
{
	return net_counters_get("toy").octets_in;
}

/* Each answer of OpenSSL to KeyUpdate is output that nobody asked for: a client
 * that sends thousands and reads none must not fill our memory, and loses
 * nothing when it reads at last. */
static void key_updates_without_reading_stop_the_reading(void)
{
	enum { UPDATES = 60000, QUIET = 300 };
	struct peer_tls want = { TLS1_3_VERSION, TLS1_3_VERSION, NULL, NULL, NULL, NULL, NULL };
	struct toy *toy = toy_start(1);
	struct peer *peer = peer_create(toy_connect_tls(toy, tls));
	struct sending sending = { .peer = peer };
	uint64_t before, seen = 0;
	GThread *sender;

	g_assert(peer_handshake(peer, &want));
	peer_expect(peer, "hello");
	for (int i = 0; i < UPDATES; i++) {
		g_assert(SSL_key_update(peer_ssl(peer), SSL_KEY_UPDATE_REQUESTED));
		peer_shake(peer);
	}
	peer_put_text(peer, "LINE k\r\n");
	sending.octets = peer_steal_pending(peer);
	toy_barrier(toy);
	before = octets_in();
	sender = g_thread_new("sender", send_all, &sending);
	for (int quiet = 0; quiet < QUIET; quiet++) {
		uint64_t now;

		toy_barrier(toy);
		now = octets_in();
		quiet = now != seen ? 0 : quiet;
		seen = now;
	}
	g_assert_cmpuint(seen - before, <, sending.octets->len / 2);
	peer_expect(peer, "line 1 k");
	g_thread_join(sender);
	g_byte_array_unref(sending.octets);
	peer_destroy(&peer);
	toy_stop(&toy);
}

static void channel_bindings_are_the_same_on_both_sides(void)
{
	static const int versions[] = { TLS1_2_VERSION, TLS1_3_VERSION };

	for (size_t i = 0; i < G_N_ELEMENTS(versions); i++) {
		struct peer_tls want = { versions[i], versions[i], NULL, NULL, NULL, NULL, NULL };
		struct toy *toy = toy_start(1);
		struct peer *peer = peer_create(toy_connect_tls(toy, tls));
		g_autoptr(GString) exporter = g_string_new("bind "), end_point = g_string_new("bind ");
		g_autoptr(GString) unique = g_string_new("bind ");
		uint8_t value[64];
		unsigned len;

		g_assert(peer_handshake(peer, &want));
		peer_expect(peer, "hello");
		g_assert(SSL_export_keying_material(peer_ssl(peer), value, 32, "EXPORTER-Channel-Binding", 24,
						    (const unsigned char *)"", 0, 1) == 1);
		for (int at = 0; at < 32; at++)
			g_string_append_printf(exporter, "%02x", value[at]);
		g_assert(X509_digest(SSL_get0_peer_certificate(peer_ssl(peer)), EVP_sha256(), value, &len));
		for (unsigned at = 0; at < len; at++)
			g_string_append_printf(end_point, "%02x", value[at]);
		len = (unsigned)SSL_get_finished(peer_ssl(peer), value, sizeof value);
		for (unsigned at = 0; at < len; at++)
			g_string_append_printf(unique, "%02x", value[at]);
		peer_put_text(peer, "BIND tls-exporter\r\nBIND tls-server-end-point\r\nBIND tls-unique\r\nBIND tls\r\n");
		peer_flush(peer);
		peer_expect(peer, exporter->str);
		peer_expect(peer, end_point->str);
		peer_expect(peer, versions[i] == TLS1_2_VERSION ? unique->str : "bind none");
		peer_expect(peer, "bind none");
		peer_destroy(&peer);
		toy_stop(&toy);
	}
}

/* 100 MB of zeros in 100 KB of DEFLATE: the owner never holds more than his limit. */
static void deflate_bomb_is_bounded_by_the_input_limit(void)
{
	static const uint8_t zeros[1 << 20];
	const struct way way = { "bomb", TLS1_3_VERSION, true };
	struct toy *toy = toy_start(1);
	struct peer *peer = connect_way(toy, &way);
	g_autofree char *answer = NULL;

	peer_put_text(peer, "LIT 104857600\r\n");
	for (int i = 0; i < 100; i++) {
		peer_put(peer, zeros, sizeof zeros);
		peer_flush(peer);
	}
	peer_put_text(peer, "\r\nLINE alive\r\n");
	peer_flush(peer);
	answer = peer_read_line(peer);
	g_assert_true(g_str_has_prefix(answer, "literal 104857600 "));
	peer_expect(peer, "line 5 alive");
	g_assert_cmpuint(toy_facts(toy).most_input, <=, 64 * 1024);
	peer_destroy(&peer);
	toy_stop(&toy);
}

/* Input that is all inside zlib, the socket silent: more of it than one turn may
 * take, or more than the owner has room for. */
static void octets_left_inside_zlib_are_served(void)
{
	static const struct {
		int limit, size, flush;
	} rows[] = {
		{ 1000000, 3000000, Z_SYNC_FLUSH },
		{ 1000000, 3000000, Z_PARTIAL_FLUSH },
		{ 16, 3000, Z_PARTIAL_FLUSH },
		{ 17, 3001, Z_PARTIAL_FLUSH },
	};

	for (size_t i = 0; i < G_N_ELEMENTS(rows); i++) {
		const struct way way = { "inside", TLS1_3_VERSION, true };
		struct toy *toy = toy_start(1);
		struct peer *peer = connect_way(toy, &way);
		g_autofree char *command = g_strdup_printf("LIMIT %d\r\nLIT %d\r\n", rows[i].limit, rows[i].size);
		g_autofree char *octets = g_malloc(rows[i].size + 4), *answer = NULL;

		peer_set_flush(peer, rows[i].flush);
		peer_put_text(peer, command);
		peer_flush(peer);
		peer_expect(peer, "limit");
		memset(octets, 'z', rows[i].size);
		answer = g_strdup_printf("literal %d %08x zz", rows[i].size, toy_crc(octets, rows[i].size));
		memcpy(octets + rows[i].size, "zz\r\n", 4);
		peer_put(peer, octets, rows[i].size + 4);
		peer_flush(peer);
		peer_expect(peer, answer);
		peer_destroy(&peer);
		toy_stop(&toy);
	}
}

static void damaged_deflate_ends_the_stream(void)
{
	const struct way way = { "damaged", 0, true };
	struct toy *toy = toy_start(1);
	struct peer *peer = connect_way(toy, &way);

	peer_send_raw(peer, "\xff\xff\xff\xff\xff\xff\xff\xff", 8);
	g_assert(peer_sees_end(peer));
	toy_wait_empty(toy);
	g_assert_cmpuint(toy_facts(toy).ended[STREAM_END_PEER], ==, 1);
	peer_destroy(&peer);
	toy_stop(&toy);
}

static void add_for_every_way(const char *name, GTestDataFunc fn)
{
	for (size_t i = 0; i < G_N_ELEMENTS(ways); i++) {
		g_autofree char *path = g_strdup_printf("/net/stream/%s/%s", name, ways[i].name);

		g_test_add_data_func(path, &ways[i], fn);
	}
}

#define EVERY_WAY(fn) add_for_every_way(#fn, fn)
#define ALONE(fn) g_test_add_func("/net/stream/" #fn, fn)

int main(int argc, char **argv)
{
	int result;

	g_test_init(&argc, &argv, NULL);
	certificate = test_certificate_make("localhost", TEST_KEY_EC);
	tls = make_tls("TLSv1.2", NULL);
	EVERY_WAY(every_split_into_two_records_in_one_segment);
	EVERY_WAY(every_split_into_two_records_in_two_segments);
	EVERY_WAY(one_octet_per_record_in_one_segment);
	EVERY_WAY(one_octet_per_record_and_segment);
	EVERY_WAY(many_commands_in_one_record);
	EVERY_WAY(every_split_of_the_wire_octets_into_segments);
	EVERY_WAY(octets_pending_in_the_layers_are_served_after_a_pause);
	EVERY_WAY(buffer_exactly_full_goes_on);
	EVERY_WAY(big_literal_arrives_whole);
	EVERY_WAY(output_of_every_size_is_exact);
	EVERY_WAY(slow_reader_bounds_the_queue_by_the_high_water_mark);
	EVERY_WAY(half_closed_peer_gets_its_answers);
	EVERY_WAY(last_words_arrive_before_the_close);
	EVERY_WAY(owner_may_destroy_inside_his_callback);
	EVERY_WAY(time_limit_counts_from_the_last_octet);
	ALONE(starttls_throws_injected_plaintext_away);
	ALONE(handshake_flights_octet_by_octet);
	ALONE(command_glued_to_the_handshake_is_served);
	ALONE(a_dripping_handshake_ends_at_its_limit);
	ALONE(a_peer_that_never_closes_is_not_waited_for);
	ALONE(garbage_instead_of_a_handshake_or_record_ends_the_stream);
	ALONE(key_updates_without_reading_stop_the_reading);
	ALONE(channel_bindings_are_the_same_on_both_sides);
	ALONE(deflate_bomb_is_bounded_by_the_input_limit);
	ALONE(octets_left_inside_zlib_are_served);
	ALONE(last_words_survive_a_flood_of_unread_octets);
	ALONE(damaged_deflate_ends_the_stream);
	result = g_test_run();
	tls_server_unref(&tls);
	test_certificate_clear(&certificate);
	return result;
}
