/* The TLS policy: certificates by name, reload one by one, versions, client
 * certificates, resumption. */
#include "tests/unit/net/certificate.h"
#include "tests/unit/net/peer.h"
#include "tests/unit/net/toy.h"

#include "net/counters.h"

#include <glib/gstdio.h>
#include <openssl/x509v3.h>
#include <sys/socket.h>
#include <time.h>

enum { STANDARD, MAIL, WILD, BROKEN, CERTIFICATES };

static struct test_certificate made[CERTIFICATES];

/* The default one, an exact name and a wildcard. */
static struct config_certificate three[] = {
	{ NULL, NULL, NULL },
	{ "Mail.example.test", NULL, NULL },
	{ "*.example.test", NULL, NULL },
};

static void make_certificates(void)
{
	made[STANDARD] = test_certificate_make("standard.test", TEST_KEY_EC);
	made[MAIL] = test_certificate_make("mail.test", TEST_KEY_EC);
	made[WILD] = test_certificate_make("wild.test", TEST_KEY_EC);
	made[BROKEN] = test_certificate_make("broken.test", TEST_KEY_EC);
	g_assert_true(g_file_set_contents(made[BROKEN].certificate, "no certificate", -1, NULL));
	for (size_t i = 0; i < G_N_ELEMENTS(three); i++) {
		three[i].certificate = made[i].certificate;
		three[i].private_key = made[i].private_key;
	}
}

static struct config_tls config_of(const struct config_certificate *certificates, size_t count)
{
	return (struct config_tls){
		.certificates = certificates,
		.certificate_count = count,
		.min_protocol = "TLSv1.2",
	};
}

/* The common name of the certificate served for a name; NULL when refused. */
static char *served_name(struct tls_server *tls, const char *name)
{
	struct toy *toy = toy_start(1);
	struct peer *peer = peer_create(toy_connect_tls(toy, tls));
	struct peer_tls want = { .server_name = name };
	char common_name[64];
	char *served = NULL;

	if (peer_handshake(peer, &want)) {
		X509 *x509 = SSL_get0_peer_certificate(peer_ssl(peer));

		X509_NAME_get_text_by_NID(X509_get_subject_name(x509), NID_commonName, common_name,
					  sizeof common_name);
		served = g_strdup(common_name);
	}
	peer_destroy(&peer);
	toy_stop(&toy);
	return served;
}

#define SERVES(tls, name, expected) \
	do { \
		g_autofree char *served_ = served_name(tls, name); \
		g_assert_cmpstr(served_, ==, expected); \
	} while (0)

static void the_certificate_follows_the_name_asked_for(void)
{
	static const struct {
		const char *asked, *served;
	} rows[] = {
		{ NULL, "standard.test" },
		{ "unknown.test", "standard.test" },
		{ "mail.example.test", "mail.test" },
		{ "MAIL.EXAMPLE.TEST", "mail.test" },
		{ "www.example.test", "wild.test" },
		{ "a.b.example.test", "standard.test" }, /* a wildcard is one label */
		{ "example.test", "standard.test" },
	};
	struct config_tls config = config_of(three, G_N_ELEMENTS(three));
	struct tls_server *tls = tls_server_create(&config, NULL);

	for (size_t i = 0; i < G_N_ELEMENTS(rows); i++)
		SERVES(tls, rows[i].asked, rows[i].served);
	tls_server_unref(&tls);
	g_assert_null(tls);
}

static void a_bad_extra_certificate_is_a_problem_and_the_default_is_served(void)
{
	struct config_certificate bad[] = { three[0], three[1], three[2] };
	struct config_tls config = config_of(bad, 3);
	g_autoptr(GPtrArray) problems = g_ptr_array_new_with_free_func(g_free);
	struct tls_server *tls;

	bad[1].certificate = made[BROKEN].certificate;
	tls = tls_server_create(&config, problems);
	g_assert_nonnull(tls);
	g_assert_cmpuint(problems->len, ==, 1);
	g_assert_nonnull(strstr(problems->pdata[0], made[BROKEN].certificate));
	/* Its name is still covered by the wildcard here; without it, by the default. */
	SERVES(tls, "mail.example.test", "wild.test");
	SERVES(tls, "www.example.test", "wild.test");
	tls_server_unref(&tls);
	config.certificate_count = 2;
	tls = tls_server_create(&config, NULL);
	SERVES(tls, "mail.example.test", "standard.test");
	tls_server_unref(&tls);
}

static void what_cannot_be_served_is_refused_with_a_reason(void)
{
	static char missing[] = "/nonexistent/certificate.pem";
	struct {
		const char *certificate, *private_key, *min_protocol, *ciphers, *suites, *client_ca;
		const char *reason;
	} rows[] = {
		{ missing, made[0].private_key, "TLSv1.2", NULL, NULL, NULL, missing },
		{ made[BROKEN].certificate, made[0].private_key, "TLSv1.2", NULL, NULL, NULL, "certificate" },
		{ made[0].certificate, missing, "TLSv1.2", NULL, NULL, NULL, missing },
		{ made[0].certificate, made[1].private_key, "TLSv1.2", NULL, NULL, NULL, "mismatch" },
		{ made[0].certificate, NULL, "TLSv1.2", NULL, NULL, NULL, "private key (not set)" },
		{ made[0].certificate, made[0].private_key, "SSLv3", NULL, NULL, NULL, "SSLv3" },
		{ made[0].certificate, made[0].private_key, "TLSv1.2", "NOSUCH", NULL, NULL, "NOSUCH" },
		{ made[0].certificate, made[0].private_key, "TLSv1.2", NULL, "NOSUCH", NULL, "NOSUCH" },
		{ made[0].certificate, made[0].private_key, "TLSv1.2", NULL, NULL, missing, missing },
	};

	for (size_t i = 0; i < G_N_ELEMENTS(rows); i++) {
		struct config_certificate row = { NULL, rows[i].certificate, rows[i].private_key };
		struct config_tls config = config_of(&row, 1);
		g_autoptr(GPtrArray) problems = g_ptr_array_new_with_free_func(g_free);

		config.min_protocol = rows[i].min_protocol;
		config.ciphers = rows[i].ciphers;
		config.ciphersuites = rows[i].suites;
		config.client_ca = rows[i].client_ca;
		g_assert_null(tls_server_create(&config, problems));
		g_assert_cmpuint(problems->len, ==, 1);
		if (strstr(problems->pdata[0], rows[i].reason) == NULL)
			g_error("%s does not say %s", (char *)problems->pdata[0], rows[i].reason);
	}
}

static void no_certificate_at_all_is_no_problem(void)
{
	struct config_tls config = { .min_protocol = "TLSv1.2" };
	g_autoptr(GPtrArray) problems = g_ptr_array_new_with_free_func(g_free);

	g_assert_null(tls_server_create(&config, problems));
	g_assert_cmpuint(problems->len, ==, 0);
}

static void at_a_reload_a_bad_certificate_keeps_the_old_one_of_its_name(void)
{
	struct config_certificate rows[] = { three[0], three[1] };
	struct config_tls config = config_of(rows, 2);
	g_autoptr(GPtrArray) problems = g_ptr_array_new_with_free_func(g_free);
	struct tls_server *old = tls_server_create(&config, NULL), *new;

	/* The default is replaced, the other can't be read. */
	rows[0].certificate = made[WILD].certificate;
	rows[0].private_key = made[WILD].private_key;
	rows[1].certificate = made[BROKEN].certificate;
	new = tls_server_reload(old, &config, problems);
	g_assert_cmpuint(problems->len, ==, 1);
	tls_server_unref(&old);
	SERVES(new, NULL, "wild.test");
	SERVES(new, "mail.example.test", "mail.test");
	tls_server_unref(&new);
}

static void sessions_keep_their_certificate_over_a_reload_of_the_listener(void)
{
	struct config_tls before = config_of(&three[0], 1), after = config_of(&three[1], 1);
	struct tls_server *old = tls_server_create(&before, NULL), *new;
	struct listener_options options = { .label = "reload", .tls = old, .implicit_tls = true };
	struct toy *toy = toy_start(2);
	struct listener *listener = toy_listen(toy, &options);
	struct peer *first = peer_create(toy_dial(listener)), *second;
	char name[64];

	g_assert_true(peer_handshake(first, NULL));
	peer_expect(first, "hello");
	new = tls_server_create(&after, NULL);
	listener_set_tls(listener, new);
	tls_server_unref(&old);
	tls_server_unref(&new);
	second = peer_create(toy_dial(listener));
	g_assert_true(peer_handshake(second, NULL));
	X509_NAME_get_text_by_NID(X509_get_subject_name(SSL_get0_peer_certificate(peer_ssl(second))),
				  NID_commonName, name, sizeof name);
	g_assert_cmpstr(name, ==, "mail.test");
	peer_put_text(first, "LINE old\r\n");
	peer_flush(first);
	peer_expect(first, "line 3 old");
	peer_destroy(&first);
	peer_destroy(&second);
	listener_close(&listener);
	toy_stop(&toy);
}

static void versions_below_the_minimum_are_refused(void)
{
	static const struct {
		const char *min_protocol;
		int version;
		bool accepted;
	} rows[] = {
		{ "TLSv1", TLS1_VERSION, true },      { "TLSv1", TLS1_3_VERSION, true },
		{ "TLSv1.1", TLS1_VERSION, false },   { "TLSv1.1", TLS1_1_VERSION, true },
		{ "TLSv1.2", TLS1_1_VERSION, false }, { "TLSv1.2", TLS1_2_VERSION, true },
		{ "TLSv1.3", TLS1_2_VERSION, false }, { "TLSv1.3", TLS1_3_VERSION, true },
	};

	for (size_t i = 0; i < G_N_ELEMENTS(rows); i++) {
		struct config_tls config = config_of(three, 1);
		struct peer_tls want = { .min_version = rows[i].version, .max_version = rows[i].version };
		struct toy *toy = toy_start(1);
		struct tls_server *tls;
		struct peer *peer;

		config.min_protocol = rows[i].min_protocol;
		tls = tls_server_create(&config, NULL);
		peer = peer_create(toy_connect_tls(toy, tls));
		g_assert_cmpint(peer_handshake(peer, &want), ==, rows[i].accepted);
		peer_destroy(&peer);
		toy_stop(&toy);
		tls_server_unref(&tls);
	}
}

static void a_verified_client_certificate_gives_its_mail_address(void)
{
	struct test_certificate known = test_certificate_make_client("alice@example.test");
	struct test_certificate unknown = test_certificate_make_client("mallory@example.test");
	const struct {
		struct test_certificate *certificate;
		const char *identity;
	} rows[] = { { &known, "alice@example.test" }, { &unknown, "-" }, { NULL, "-" } };
	struct config_tls config = config_of(three, 1);
	struct tls_server *tls;

	config.client_ca = known.certificate;
	tls = tls_server_create(&config, NULL);
	for (size_t i = 0; i < G_N_ELEMENTS(rows); i++) {
		struct toy *toy = toy_start(1);
		struct peer *peer = peer_create(toy_connect_tls(toy, tls));
		struct peer_tls want = { 0 };
		g_autofree char *answer = NULL;

		if (rows[i].certificate != NULL) {
			want.certificate = rows[i].certificate->certificate;
			want.private_key = rows[i].certificate->private_key;
		}
		g_assert_true(peer_handshake(peer, &want));
		peer_expect(peer, "hello");
		peer_put_text(peer, "WHO\r\n");
		peer_flush(peer);
		answer = peer_read_line(peer);
		g_assert_true(g_str_has_prefix(answer, "who TLSv1.3 TLS_"));
		g_assert_true(g_str_has_suffix(answer, rows[i].identity));
		peer_destroy(&peer);
		toy_stop(&toy);
	}
	tls_server_unref(&tls);
	test_certificate_clear(&known);
	test_certificate_clear(&unknown);
}

static void renegotiation_is_refused_and_the_session_goes_on(void)
{
	struct config_tls config = config_of(three, 1);
	struct tls_server *tls = tls_server_create(&config, NULL);
	struct toy *toy = toy_start(1);
	struct peer_tls want = { .max_version = TLS1_2_VERSION };
	struct peer *peer = peer_create(toy_connect_tls(toy, tls));
	char data[1];

	g_assert_true(peer_handshake(peer, &want));
	peer_expect(peer, "hello");
	SSL_renegotiate(peer_ssl(peer));
	peer_shake(peer);
	peer_flush(peer);
	/* The answer is an alert; our client takes it as the end of its attempt. */
	g_assert_cmpint(peer_read_raw(peer, data, 1), ==, 1);
	g_assert_cmpint(data[0], ==, 21);
	peer_destroy(&peer);
	toy_stop(&toy);
	tls_server_unref(&tls);
}

static void starttls_is_offered_while_the_listener_has_certificates(void)
{
	struct config_tls config = config_of(three, 1);
	struct tls_server *tls = tls_server_create(&config, NULL);
	struct listener_options options = { .label = "starttls" };
	struct toy *toy = toy_start(1);
	struct listener *listener = toy_listen(toy, &options);
	struct peer *peer = peer_create(toy_dial(listener));

	peer_expect(peer, "hello");
	listener_set_tls(listener, tls); /* for a connection that is up already */
	peer_put_text(peer, "STARTTLS\r\n");
	peer_flush(peer);
	peer_expect(peer, "go");
	g_assert_true(peer_handshake(peer, NULL));
	peer_destroy(&peer);
	/* Taken away between offer and use: the stream ends instead of going on in
	 * plain text. */
	listener_set_tls(listener, NULL);
	peer = peer_create(toy_dial(listener));
	peer_expect(peer, "hello");
	peer_put_text(peer, "STARTTLS\r\n");
	peer_flush(peer);
	g_assert_true(peer_sees_end(peer));
	peer_destroy(&peer);
	listener_close(&listener);
	toy_stop(&toy);
	tls_server_unref(&tls);
}

#define ADD(fn) g_test_add_func("/net/tls/" #fn, fn)

int main(int argc, char **argv)
{
	int result;

	g_test_init(&argc, &argv, NULL);
	make_certificates();
	ADD(the_certificate_follows_the_name_asked_for);
	ADD(a_bad_extra_certificate_is_a_problem_and_the_default_is_served);
	ADD(what_cannot_be_served_is_refused_with_a_reason);
	ADD(no_certificate_at_all_is_no_problem);
	ADD(at_a_reload_a_bad_certificate_keeps_the_old_one_of_its_name);
	ADD(sessions_keep_their_certificate_over_a_reload_of_the_listener);
	ADD(versions_below_the_minimum_are_refused);
	ADD(a_verified_client_certificate_gives_its_mail_address);
	ADD(renegotiation_is_refused_and_the_session_goes_on);
	ADD(starttls_is_offered_while_the_listener_has_certificates);
	result = g_test_run();
	for (size_t i = 0; i < CERTIFICATES; i++)
		test_certificate_clear(&made[i]);
	return result;
}
