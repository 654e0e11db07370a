/* KB938857: every cipher suite that the linked OpenSSL offers, with every TLS
 * version it belongs to, carries a megabyte each way, octet for octet.  Suites
 * without certificates or with pre-shared keys can't be configured and are left
 * out. */
#include "tests/unit/net/certificate.h"
#include "tests/unit/net/peer.h"
#include "tests/unit/net/toy.h"

enum { SIZE = 1000000 };

struct suite {
	const char *name;
	int version;
	bool ec;
};

static const struct {
	const char *name;
	int number;
} versions[] = {
	{ "TLSv1", TLS1_VERSION },
	{ "TLSv1.1", TLS1_1_VERSION },
	{ "TLSv1.2", TLS1_2_VERSION },
	{ "TLSv1.3", TLS1_3_VERSION },
};

static struct test_certificate rsa, ec;
static GPtrArray *suites;

static struct tls_server *make_tls(bool use_ec)
{
	struct test_certificate *pair = use_ec ? &ec : &rsa;
	struct config_certificate row = { NULL, pair->certificate, pair->private_key };
	struct config_tls config = {
		.certificates = &row,
		.certificate_count = 1,
		.min_protocol = "TLSv1",
		.ciphers = "ALL:@SECLEVEL=0",
		.ciphersuites = "TLS_AES_256_GCM_SHA384:TLS_CHACHA20_POLY1305_SHA256:"
				"TLS_AES_128_GCM_SHA256:TLS_AES_128_CCM_SHA256:TLS_AES_128_CCM_8_SHA256",
	};
	struct tls_server *tls = tls_server_create(&config, NULL);

	g_assert_nonnull(tls);
	return tls;
}

static void send_pattern(struct peer *peer)
{
	g_autofree uint8_t *octets = g_malloc(SIZE);
	size_t len;

	toy_pattern(octets, 0, SIZE);
	/* Records of every length up to the largest, in a stride that hits all
	 * remainders of a cipher's block. */
	for (size_t at = 0; at < SIZE; at += len) {
		len = MIN(SIZE - at, at % 16384 + 1);
		peer_put(peer, octets + at, len);
	}
	peer_put_text(peer, "tail\r\n");
}

static void expect_pattern(struct peer *peer)
{
	g_autofree uint8_t *got = g_malloc(SIZE), *want = g_malloc(SIZE);

	g_assert_true(peer_read(peer, got, SIZE));
	toy_pattern(want, 0, SIZE);
	g_assert_true(memcmp(got, want, SIZE) == 0);
}

static void carries_a_megabyte_each_way(gconstpointer data)
{
	const struct suite *suite = data;
	g_autofree char *list = g_strdup_printf("%s:@SECLEVEL=0", suite->name);
	g_autofree char *octets = g_malloc(SIZE), *answer = NULL, *who = NULL;
	struct peer_tls want = { .min_version = suite->version, .max_version = suite->version };
	struct tls_server *tls = make_tls(suite->ec);
	struct toy *toy = toy_start(1);
	struct peer *peer = peer_create(toy_connect_tls(toy, tls));

	if (suite->version == TLS1_3_VERSION)
		want.suites = suite->name;
	else
		want.ciphers = list;
	g_assert_true(peer_handshake(peer, &want));
	peer_expect(peer, "hello");
	peer_put_text(peer, "WHO\r\n");
	peer_flush(peer);
	who = peer_read_line(peer);
	g_assert_nonnull(strstr(who, suite->name));
	toy_pattern((uint8_t *)octets, 0, SIZE);
	answer = g_strdup_printf("literal %d %08x tail", SIZE, toy_crc(octets, SIZE));
	peer_put_text(peer, "LIT 1000000\r\n");
	send_pattern(peer);
	peer_flush(peer);
	peer_expect(peer, answer);
	peer_put_text(peer, "GET 1000000\r\n");
	peer_flush(peer);
	expect_pattern(peer);
	peer_expect(peer, "got");
	peer_destroy(&peer);
	toy_stop(&toy);
	tls_server_unref(&tls);
}

/* Whether the suite can be had with this version, without a connection. */
static void collect_version(int version)
{
	SSL_CTX *ctx = SSL_CTX_new(TLS_server_method());
	SSL *ssl;
	STACK_OF(SSL_CIPHER) *list;

	SSL_CTX_set_cipher_list(ctx, "ALL:@SECLEVEL=0");
	SSL_CTX_set_ciphersuites(ctx, "TLS_AES_256_GCM_SHA384:TLS_CHACHA20_POLY1305_SHA256:"
				      "TLS_AES_128_GCM_SHA256:TLS_AES_128_CCM_SHA256:"
				      "TLS_AES_128_CCM_8_SHA256");
	SSL_CTX_set_min_proto_version(ctx, version);
	SSL_CTX_set_max_proto_version(ctx, version);
	ssl = SSL_new(ctx);
	list = SSL_get1_supported_ciphers(ssl);
	for (int i = 0; i < sk_SSL_CIPHER_num(list); i++) {
		const SSL_CIPHER *cipher = sk_SSL_CIPHER_value(list, i);
		int auth = SSL_CIPHER_get_auth_nid(cipher), exchange = SSL_CIPHER_get_kx_nid(cipher);
		struct suite *suite;

		if (auth != NID_auth_rsa && auth != NID_auth_ecdsa && auth != NID_auth_any)
			continue;
		if (exchange == NID_kx_rsa_psk || exchange == NID_kx_srp)
			continue;
		suite = g_new(struct suite, 1);
		*suite = (struct suite){ SSL_CIPHER_get_name(cipher), version, auth == NID_auth_ecdsa };
		g_ptr_array_add(suites, suite);
	}
	sk_SSL_CIPHER_free(list);
	SSL_free(ssl);
	SSL_CTX_free(ctx);
}

int main(int argc, char **argv)
{
	int result;

	g_test_init(&argc, &argv, NULL);
	rsa = test_certificate_make("localhost", TEST_KEY_RSA);
	ec = test_certificate_make("localhost", TEST_KEY_EC);
	suites = g_ptr_array_new_with_free_func(g_free);
	for (size_t i = 0; i < G_N_ELEMENTS(versions); i++) {
		guint before = suites->len;

		collect_version(versions[i].number);
		for (guint j = before; j < suites->len; j++) {
			const struct suite *suite = suites->pdata[j];
			g_autofree char *path = g_strdup_printf("/net/suites/carries_a_megabyte_each_way/%s/%s",
								versions[i].name, suite->name);

			g_test_add_data_func(path, suite, carries_a_megabyte_each_way);
		}
	}
	result = g_test_run();
	g_ptr_array_unref(suites);
	test_certificate_clear(&rsa);
	test_certificate_clear(&ec);
	return result;
}
