/* What an idle TLS session costs: our own memory beside OpenSSL's, told apart by
 * counting OpenSSL's allocations.  CONVOKE_IDLE_SESSIONS sets another number. */
#include "tests/unit/net/certificate.h"
#include "tests/unit/net/peer.h"
#include "tests/unit/net/toy.h"

#include "net/connections.h"

#include <malloc.h>
#include <openssl/crypto.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <sys/resource.h>

static atomic_size_t openssl_octets;

static size_t cost(void *block)
{
	return block != NULL ? malloc_usable_size(block) + sizeof(size_t) : 0;
}

static void *count_malloc(size_t size, const char *file, int line)
{
	void *block = malloc(size);

	(void)file;
	(void)line;
	atomic_fetch_add(&openssl_octets, cost(block));
	return block;
}

static void count_free(void *block, const char *file, int line)
{
	(void)file;
	(void)line;
	atomic_fetch_sub(&openssl_octets, cost(block));
	free(block);
}

static void *count_realloc(void *block, size_t size, const char *file, int line)
{
	void *moved;

	(void)file;
	(void)line;
	atomic_fetch_sub(&openssl_octets, cost(block));
	moved = realloc(block, size);
	atomic_fetch_add(&openssl_octets, cost(moved));
	return moved;
}

static size_t all_octets(void)
{
	struct mallinfo2 info = mallinfo2();

	return info.uordblks + info.hblkhd;
}

static unsigned sessions_wanted(void)
{
	const char *text = g_getenv("CONVOKE_IDLE_SESSIONS");
	unsigned wanted = text != NULL ? (unsigned)g_ascii_strtoull(text, NULL, 10) : 500;
	struct rlimit limit;

	getrlimit(RLIMIT_NOFILE, &limit);
	limit.rlim_cur = limit.rlim_max;
	setrlimit(RLIMIT_NOFILE, &limit);
	return MIN(wanted, (unsigned)(limit.rlim_max - 100) / 2);
}

/* A session that has done a little work of every kind and went to sleep. */
static struct peer *make_idle(struct toy *toy, struct tls_server *tls)
{
	struct peer *peer = peer_create(toy_connect_tls(toy, tls));

	g_assert_true(peer_handshake(peer, NULL));
	peer_expect(peer, "hello");
	peer_put_text(peer, "LINE some command\r\nLIT 5\r\nhello\r\nTIMEOUT 1800000\r\nWHO\r\n");
	peer_flush(peer);
	for (int i = 0; i < 4; i++) {
		g_autofree char *line = peer_read_line(peer);

		g_assert_nonnull(line);
	}
	/* The client's half is not what we measure. */
	peer_forget_tls(peer);
	return peer;
}

static void an_idle_session_costs_us_less_than_four_kilobytes(void)
{
#if defined(__SANITIZE_ADDRESS__) || defined(__SANITIZE_THREAD__)
	g_test_skip("a sanitizer's allocator has no figures");
	(void)make_idle;
	(void)sessions_wanted;
	(void)all_octets;
#else
	struct test_certificate certificate = test_certificate_make("localhost", TEST_KEY_EC);
	struct config_certificate row = { NULL, certificate.certificate, certificate.private_key };
	struct config_tls config = { .certificates = &row, .certificate_count = 1, .min_protocol = "TLSv1.2" };
	struct tls_server *tls = tls_server_create(&config, NULL);
	unsigned count = sessions_wanted();
	g_autofree struct peer **peers = g_new0(struct peer *, count);
	struct toy *toy = toy_start(1);
	size_t all, theirs;

	peers[0] = make_idle(toy, tls); /* what is made once */
	toy_barrier(toy);
	all = all_octets();
	theirs = atomic_load(&openssl_octets);
	for (unsigned i = 1; i < count; i++)
		peers[i] = make_idle(toy, tls);
	toy_barrier(toy);
	theirs = (atomic_load(&openssl_octets) - theirs) / (count - 1);
	all = (all_octets() - all) / (count - 1);
	g_test_message("%u idle TLS sessions: %zu octets each by OpenSSL, %zu by us "
		       "(the test's own client and session included)", count, theirs, all - theirs);
	g_assert_cmpuint(all - theirs, <, 4096);
	g_assert_cmpuint(theirs, <, 40 * 1024);
	for (unsigned i = 0; i < count; i++)
		peer_destroy(&peers[i]);
	toy_stop(&toy);
	tls_server_unref(&tls);
	test_certificate_clear(&certificate);
#endif
}

int main(int argc, char **argv)
{
	if (!CRYPTO_set_mem_functions(count_malloc, count_realloc, count_free))
		return 99;
	g_test_init(&argc, &argv, NULL);
	g_test_add_func("/net/idle/an_idle_session_costs_us_less_than_four_kilobytes",
			an_idle_session_costs_us_less_than_four_kilobytes);
	return g_test_run();
}
