/* SASL exchanges, played by a client written here from the RFCs. */
#include "auth/sasl.h"

#include "auth/scram.h"
#include "base/log.h"
#include "fake-accounts.h"

#define BINDING "\x01\x02" "exporter\xff"
#define BOUND { BINDING, sizeof(BINDING) - 1 }

static struct auth *auth;

static struct sasl_peer plain_peer(void)
{
	static unsigned count;
	static char address[32];

	/* A new address each time: the throttle is not the subject here. */
	g_snprintf(address, sizeof(address), "10.0.%u.%u", count / 250, count % 250);
	count++;
	return (struct sasl_peer){ .address = address, .may_sign_in = true };
}

static char *to_base64(struct slice data)
{
	return g_base64_encode((const guchar *)data.data, data.len);
}

static struct slice from_base64(const char *text)
{
	gsize len;
	char *data = (char *)g_base64_decode(text, &len);

	return slice_of(data, len);
}

static enum sasl_step send(struct sasl *sasl, struct slice message, bool initial, GString *challenge)
{
	g_autofree char *line = to_base64(message);

	g_string_truncate(challenge, 0);
	return sasl_line(sasl, NULL, slice_from_string(line), initial, challenge);
}

static void the_list_follows_from_the_connection(void)
{
	g_autoptr(GBytes) data = g_bytes_new_static(BINDING, sizeof(BINDING) - 1);
	const struct {
		struct sasl_peer peer;
		const char *list;
	} rows[] = {
		{ { .may_sign_in = false, .bindings = { data }, .client_identity = "a@b" }, "" },
		{ { .may_sign_in = true }, " AUTH=SCRAM-SHA-256 AUTH=PLAIN" },
		{ { .may_sign_in = true, .bindings = { NULL, NULL, data } },
		  " AUTH=SCRAM-SHA-256-PLUS AUTH=SCRAM-SHA-256 AUTH=PLAIN" },
		{ { .may_sign_in = true, .client_identity = "a@b" },
		  " AUTH=EXTERNAL AUTH=SCRAM-SHA-256 AUTH=PLAIN" },
	};

	for (size_t i = 0; i < G_N_ELEMENTS(rows); i++) {
		g_autoptr(GString) list = g_string_new(NULL);

		sasl_print_mechanisms(auth, &rows[i].peer, " AUTH=", list);
		g_assert_cmpstr(list->str, ==, rows[i].list);
	}
	for (size_t i = 0; i < 4; i++) {
		static const char *const names[] = { "EXTERNAL", "SCRAM-SHA-256-PLUS", "scram-sha-256", "Plain" };
		struct sasl *sasl = sasl_begin(auth, &rows[0].peer, slice_from_string(names[i]));

		g_assert_null(sasl);
		sasl = sasl_begin(auth, &rows[1].peer, slice_from_string(names[i]));
		g_assert_cmpint(sasl != NULL, ==, i >= 2);
		sasl_destroy(&sasl);
	}
	g_assert_null(sasl_begin(auth, &rows[1].peer, SLICE("CRAM-MD5")));
}

static void plain_takes_three_parts_and_nothing_else(void)
{
	static const struct {
		struct slice message;
		enum auth_outcome outcome;
	} rows[] = {
		{ { "\0alice\0open sesame", 18 }, AUTH_OK },
		{ { "\0alice@example.test\0open sesame", 31 }, AUTH_OK },
		{ { "alice\0alice\0open sesame", 23 }, AUTH_OK },
		{ { "info\0info\0open sesame", 21 }, AUTH_OK },
		{ { "alice\0info\0open sesame", 22 }, AUTH_OK },
		{ { "info\0alice\0open sesame", 22 }, AUTH_OK },
		{ { "\xc3\x84\0alice\0open sesame", 20 }, AUTH_OK },
		{ { "bob\0alice\0open sesame", 21 }, AUTH_NOT_ALLOWED },
		{ { "nobody\0alice\0open sesame", 24 }, AUTH_NOT_ALLOWED },
		{ { "\n\0alice\0open sesame", 19 }, AUTH_NOT_ALLOWED },
		{ { "\0alice\0wrong", 12 }, AUTH_DENIED },
		{ { "\0off\0closed", 11 }, AUTH_DISABLED },
		{ { "\0alice\0open sesame\0", 19 }, AUTH_MALFORMED },
		{ { "alice\0open sesame", 17 }, AUTH_MALFORMED },
		{ { "\0alice\0", 7 }, AUTH_MALFORMED },
		{ { "\0\0open sesame", 13 }, AUTH_MALFORMED },
		{ { "\0\0", 2 }, AUTH_MALFORMED },
		{ { "", 0 }, AUTH_MALFORMED },
	};

	for (size_t i = 0; i < G_N_ELEMENTS(rows); i++) {
		g_autoptr(GString) challenge = g_string_new(NULL);
		struct sasl_peer peer = plain_peer();
		struct sasl *sasl = sasl_begin(auth, &peer, SLICE("PLAIN"));

		g_assert_cmpint(send(sasl, rows[i].message, true, challenge), ==, SASL_DONE);
		g_assert_cmpint(sasl_result(sasl)->outcome, ==, rows[i].outcome);
		if (rows[i].outcome == AUTH_OK)
			g_assert_cmpstr(sasl_result(sasl)->address, ==, "alice@example.test");
		sasl_destroy(&sasl);
	}
}

static void every_cut_of_a_plain_message_is_refused(void)
{
	static const char message[] = "alice\0alice\0open sesame";

	for (size_t cut = 0; cut < sizeof(message) - 1; cut++) {
		g_autoptr(GString) challenge = g_string_new(NULL);
		struct sasl_peer peer = plain_peer();
		struct sasl *sasl = sasl_begin(auth, &peer, SLICE("PLAIN"));

		send(sasl, slice_of(message, cut), false, challenge);
		g_assert_cmpint(sasl_result(sasl)->outcome, !=, AUTH_OK);
		sasl_destroy(&sasl);
	}
}

static void lines_are_strict_base64_or_a_star(void)
{
	static const struct {
		const char *line;
		bool initial;
		enum auth_outcome outcome;
	} rows[] = {
		{ "*", false, AUTH_CANCELLED },
		{ "*", true, AUTH_UNREADABLE },
		{ "=", true, AUTH_MALFORMED },
		{ "=", false, AUTH_UNREADABLE },
		{ "", false, AUTH_MALFORMED },
		{ "AGFsaWNlAG9wZW4gc2VzYW1l", true, AUTH_OK },
		{ "AGFsaWNlAG9wZW4gc2VzYW1l ", true, AUTH_UNREADABLE },
		{ "AGFsaWNlAG9w ZW4gc2VzYW1l", true, AUTH_UNREADABLE },
		{ "AGFsaWNlAG9wZW4gc2VzYW1", true, AUTH_UNREADABLE },
		{ "AGFsaWNlAG9wZW4gc2VzYW1l====", true, AUTH_UNREADABLE },
		{ "AGFs=WNlAG9wZW4gc2VzYW1l", true, AUTH_UNREADABLE },
		{ "====", true, AUTH_UNREADABLE },
	};

	for (size_t i = 0; i < G_N_ELEMENTS(rows); i++) {
		g_autoptr(GString) challenge = g_string_new(NULL);
		struct sasl_peer peer = plain_peer();
		struct sasl *sasl = sasl_begin(auth, &peer, SLICE("PLAIN"));

		g_assert_cmpint(sasl_line(sasl, NULL, slice_from_string(rows[i].line), rows[i].initial, challenge),
				==, SASL_DONE);
		g_assert_cmpint(sasl_result(sasl)->outcome, ==, rows[i].outcome);
		sasl_destroy(&sasl);
	}
}

static void external_signs_in_as_the_certificate_says(void)
{
	static const struct {
		const char *identity, *authzid;
		enum auth_outcome outcome;
	} rows[] = {
		{ "alice@example.test", "", AUTH_OK },
		{ "alice@example.test", "alice@example.test", AUTH_OK },
		{ "alice@example.test", "bob@example.test", AUTH_NOT_ALLOWED },
		{ "carol@example.test", "", AUTH_DENIED },
		{ "off@example.test", "", AUTH_DISABLED },
	};

	for (size_t i = 0; i < G_N_ELEMENTS(rows); i++) {
		g_autoptr(GString) challenge = g_string_new(NULL);
		struct sasl_peer peer = plain_peer();
		struct sasl *sasl;

		peer.client_identity = rows[i].identity;
		sasl = sasl_begin(auth, &peer, SLICE("EXTERNAL"));
		if (rows[i].authzid[0] == '\0')
			g_assert_cmpint(sasl_line(sasl, NULL, SLICE("="), true, challenge), ==, SASL_DONE);
		else
			send(sasl, slice_from_string(rows[i].authzid), false, challenge);
		g_assert_cmpint(sasl_result(sasl)->outcome, ==, rows[i].outcome);
		sasl_destroy(&sasl);
	}
}

static void scram_sums_are_those_of_rfc_7677(void)
{
	static const char transcript[] =
		"n=user,r=rOprNGfwEbeRWgbNEkqO,"
		"r=rOprNGfwEbeRWgbNEkqO%hvYDpWUa2RaTCAfuxFIlj)hNlF$k0,s=W22ZaJ0SNY7soEsUEjb6gQ==,i=4096,"
		"c=biws,r=rOprNGfwEbeRWgbNEkqO%hvYDpWUa2RaTCAfuxFIlj)hNlF$k0";
	struct scram_verifier verifier = { .iterations = 4096, .salt_len = 16 };
	struct slice salt = from_base64("W22ZaJ0SNY7soEsUEjb6gQ==");
	struct slice proof = from_base64("dHzbZapWIk4jUhN+Ute9ytag9zjfMHgsqmmiz7AndVQ=");
	g_autoptr(GString) first = g_string_new(NULL);
	g_autoptr(GString) final = g_string_new(NULL);
	struct digest sent;

	memcpy(verifier.salt, salt.data, salt.len);
	memcpy(sent.octets, proof.data, proof.len);
	scram_verifier_derive("pencil", &verifier);
	scram_server_first(&verifier, SLICE("rOprNGfwEbeRWgbNEkqO%hvYDpWUa2RaTCAfuxFIlj)hNlF$k0"), first);
	g_assert_cmpstr(first->str, ==,
			"r=rOprNGfwEbeRWgbNEkqO%hvYDpWUa2RaTCAfuxFIlj)hNlF$k0,s=W22ZaJ0SNY7soEsUEjb6gQ==,i=4096");
	g_assert_true(scram_proof_is_right(&verifier, slice_from_string(transcript), &sent));
	scram_server_final(&verifier, slice_from_string(transcript), final);
	g_assert_cmpstr(final->str, ==, "v=6rriTRBi23WpRR/wtup+mMhUZUn/dB5nLTJRsjl95G4=");
	sent.octets[31] ^= 1;
	g_assert_false(scram_proof_is_right(&verifier, slice_from_string(transcript), &sent));
	g_free((void *)salt.data);
	g_free((void *)proof.data);
}

static void scram_verifiers_are_read_strictly(void)
{
	char *made = scram_verifier_make("p");
	struct scram_verifier verifier;
	size_t len = strlen(made);

	g_assert_true(scram_verifier_parse(made, &verifier));
	g_assert_cmpuint(verifier.iterations, ==, SCRAM_ITERATIONS);
	for (size_t cut = 0; cut < len; cut++) {
		g_autofree char *part = g_strndup(made, cut);

		g_assert_false(scram_verifier_parse(part, &verifier));
	}
	g_assert_false(scram_verifier_parse(NULL, &verifier));
	g_assert_false(scram_verifier_parse("SCRAM-SHA-256$0:AAAA$AAAA:AAAA", &verifier));
	g_free(made);
}

static void scram_client_messages_have_one_grammar(void)
{
	static const struct {
		const char *message, *user, *authzid; /* user NULL: refused */
	} rows[] = {
		{ "n,,n=user,r=abc", "user", "" },
		{ "y,,n=user,r=abc", "user", "" },
		{ "p=tls-exporter,,n=user,r=abc", "user", "" },
		{ "n,a=boss,n=user,r=abc", "user", "boss" },
		{ "n,,n=a=2Cb=3Dc,r=abc", "a,b=c", "" },
		{ "n,,n=user,r=abc,x=ext", "user", "" },
		{ "n,,n=user,r=abc,x=e=x,Y=\xc3\xa9", "user", "" },
		{ "n,,n=user,r=abc,m=must", NULL, NULL },
		{ "n,,n=user,r=abc,x=ext,m=must", NULL, NULL },
		{ "n,,n=user,r=abc,n=other", NULL, NULL },
		{ "n,,n=user,r=abc,", NULL, NULL },
		{ "n,,n=user,r=abc,x=", NULL, NULL },
		{ "n,,n=user,r=abc,ext", NULL, NULL },
		{ "n,,n=user,r=abc,x=\xff", NULL, NULL },
		{ "n,,m=must,n=user,r=abc", NULL, NULL },
		{ "n,,n=a=2cb,r=abc", NULL, NULL },
		{ "n,,n=a=,r=abc", NULL, NULL },
		{ "n,,n=,r=abc", NULL, NULL },
		{ "n,,n=user,r=", NULL, NULL },
		{ "n,,n=user", NULL, NULL },
		{ "n,,r=abc,n=user", NULL, NULL },
		{ "n,n=user,r=abc", NULL, NULL },
		{ "x,,n=user,r=abc", NULL, NULL },
		{ "p=,,n=user,r=abc", NULL, NULL },
		{ "p=tls_exporter,,n=user,r=abc", NULL, NULL },
		{ "n,,n=us\xff" "er,r=abc", NULL, NULL },
		{ "n,,n=user,r=a\x01", NULL, NULL },
		{ "", NULL, NULL },
	};

	for (size_t i = 0; i < G_N_ELEMENTS(rows); i++) {
		struct scram_client_first first;
		bool ok = scram_client_first_parse(slice_from_string(rows[i].message), &first);

		g_assert_cmpint(ok, ==, rows[i].user != NULL);
		if (ok) {
			g_assert_cmpstr(first.user, ==, rows[i].user);
			g_assert_cmpstr(first.authzid, ==, rows[i].authzid);
		}
		scram_client_first_clear(&first);
	}
}

static void scram_proofs_come_last_and_alone(void)
{
#define PROOF "p=dHzbZapWIk4jUhN+Ute9ytag9zjfMHgsqmmiz7AndVQ="
	static const struct {
		const char *message;
		bool ok;
	} rows[] = {
		{ "c=biws,r=n," PROOF, true },
		{ "c=biws,r=n,x=ext,y=ext," PROOF, true },
		{ "c=biws,r=n,m=must," PROOF, false },
		{ "c=biws,r=n,c=eSws," PROOF, false },
		{ "c=biws,r=n,," PROOF, false },
		{ "c=biws,r=n," PROOF "," PROOF, false },
		{ "c=biws,r=n," PROOF ",x=ext", false },
		{ "r=n,c=biws," PROOF, false },
		{ "c=biw,r=n," PROOF, false },
		{ "c=biws,r=n,p=AAAA", false },
	};
#undef PROOF

	for (size_t i = 0; i < G_N_ELEMENTS(rows); i++) {
		struct scram_client_final parsed;

		g_test_message("%s", rows[i].message);
		g_assert_cmpint(scram_client_final_parse(slice_from_string(rows[i].message), &parsed), ==, rows[i].ok);
		scram_client_final_clear(&parsed);
	}
}

/* How the client of the next exchange behaves. */
struct client {
	const char *user, *password, *gs2, *mechanism;
	struct slice bound;        /* put into c= behind the gs2 header */
	bool bad_nonce;
};

static char *client_final(const struct client *client, const char *bare, const char *server_first)
{
	g_auto(GStrv) parts = g_strsplit(server_first, ",", 3);
	g_autoptr(GString) channel = g_string_new(client->gs2);
	g_autofree char *channel64 = NULL, *without = NULL, *transcript = NULL, *proof64 = NULL;
	struct scram_verifier verifier = { .iterations = (unsigned)g_ascii_strtoull(parts[2] + 2, NULL, 10) };
	struct slice salt = from_base64(parts[1] + 2);
	struct digest salted, key, signature;

	/* ClientKey by the long way, from the password alone. */
	verifier.salt_len = salt.len;
	memcpy(verifier.salt, salt.data, salt.len);
	{
		g_autofree char *block = g_malloc(salt.len + 4);
		struct digest u;

		memcpy(block, salt.data, salt.len);
		memcpy(block + salt.len, "\0\0\0\1", 4);
		u = digest_hmac(slice_from_string(client->password), slice_of(block, salt.len + 4));
		salted = u;
		for (unsigned i = 1; i < verifier.iterations; i++) {
			u = digest_hmac(slice_from_string(client->password), digest_slice(&u));
			for (size_t k = 0; k < 32; k++)
				salted.octets[k] ^= u.octets[k];
		}
	}
	g_string_append_len(channel, client->bound.data, (gssize)client->bound.len);
	channel64 = to_base64(slice_of(channel->str, channel->len));
	without = g_strdup_printf("c=%s,%s%s", channel64, parts[0], client->bad_nonce ? "x" : "");
	transcript = g_strdup_printf("%s,%s,%s", bare, server_first, without);
	key = digest_hmac(digest_slice(&salted), SLICE("Client Key"));
	signature = digest_plain(digest_slice(&key));
	signature = digest_hmac(digest_slice(&signature), slice_from_string(transcript));
	for (size_t k = 0; k < 32; k++)
		key.octets[k] ^= signature.octets[k];
	proof64 = to_base64(digest_slice(&key));
	g_free((void *)salt.data);
	return g_strdup_printf("%s,p=%s", without, proof64);
}

/* An exchange whose first messages are said; *server_first_out is NULL when it is over. */
static struct sasl *begin_play(const struct client *client, const struct sasl_peer *peer, char **server_first_out)
{
	struct sasl *sasl = sasl_begin(auth, peer, slice_from_string(client->mechanism));
	g_autofree char *first = g_strdup_printf("%sn=%s,r=clientnonce", client->gs2, client->user);
	g_autoptr(GString) challenge = g_string_new(NULL);
	struct slice server_first;

	g_assert_nonnull(sasl);
	*server_first_out = NULL;
	if (send(sasl, slice_from_string(first), true, challenge) == SASL_CHALLENGE) {
		server_first = from_base64(challenge->str);
		*server_first_out = slice_dup(server_first);
		g_free((void *)server_first.data);
		g_assert_true(g_str_has_prefix(*server_first_out, "r=clientnonce"));
	}
	return sasl;
}

static enum auth_outcome end_play(const struct client *client, struct sasl *sasl, const char *server_first)
{
	g_autofree char *bare = g_strdup_printf("n=%s,r=clientnonce", client->user);
	g_autofree char *final = server_first != NULL ? client_final(client, bare, server_first) : NULL;
	g_autoptr(GString) challenge = g_string_new(NULL);
	enum auth_outcome outcome;

	if (final != NULL && send(sasl, slice_from_string(final), false, challenge) == SASL_CHALLENGE) {
		g_assert_true(g_str_has_prefix(challenge->str, "dj")); /* "v=" */
		g_assert_cmpint(send(sasl, SLICE(""), false, challenge), ==, SASL_DONE);
	}
	outcome = sasl_result(sasl)->outcome;
	g_assert_cmpint(outcome == AUTH_OK, ==, sasl_result(sasl)->account_id != 0);
	sasl_destroy(&sasl);
	return outcome;
}

static enum auth_outcome play(const struct client *client, const struct sasl_peer *peer)
{
	g_autofree char *server_first = NULL;
	struct sasl *sasl = begin_play(client, peer, &server_first);

	return end_play(client, sasl, server_first);
}

static void proofs_of_exchanges_begun_together_are_throttled_too(void)
{
	static const struct client wrong = { "alice", "open", "n,,", "SCRAM-SHA-256", { 0 }, false };
	static const struct client right = { "alice", "open sesame", "n,,", "SCRAM-SHA-256", { 0 }, false };
	struct sasl_peer peer = plain_peer();
	struct sasl *exchanges[6];
	char *firsts[6];

	for (size_t i = 0; i < 6; i++)
		exchanges[i] = begin_play(&wrong, &peer, &firsts[i]);
	for (size_t i = 0; i < 5; i++)
		g_assert_cmpint(end_play(&wrong, exchanges[i], firsts[i]), ==, AUTH_DENIED);
	g_assert_cmpint(end_play(&right, exchanges[5], firsts[5]), ==, AUTH_THROTTLED);
	for (size_t i = 0; i < 6; i++)
		g_free(firsts[i]);
}

static void scram_lets_in_the_right_client_only(void)
{
	static const struct {
		const char *what;
		struct client client;
		bool tls;
		enum auth_outcome outcome;
	} rows[] = {
		{ "right", { "alice", "open sesame", "n,,", "SCRAM-SHA-256", { 0 }, false }, false, AUTH_OK },
		{ "own alias", { "alice", "open sesame", "n,a=info,", "SCRAM-SHA-256", { 0 }, false }, false, AUTH_OK },
		{ "own identity", { "alice", "open sesame", "n,a=alice,", "SCRAM-SHA-256", { 0 }, false }, false,
		  AUTH_OK },
		{ "another identity", { "alice", "open sesame", "n,a=bob,", "SCRAM-SHA-256", { 0 }, false }, false,
		  AUTH_NOT_ALLOWED },
		{ "wrong", { "alice", "open", "n,,", "SCRAM-SHA-256", { 0 }, false }, false, AUTH_DENIED },
		{ "unknown", { "nobody", "open sesame", "n,,", "SCRAM-SHA-256", { 0 }, false }, false, AUTH_DENIED },
		{ "no verifier", { "hashonly", "plain", "n,,", "SCRAM-SHA-256", { 0 }, false }, false, AUTH_DENIED },
		{ "disabled", { "off", "closed", "n,,", "SCRAM-SHA-256", { 0 }, false }, false, AUTH_DISABLED },
		{ "other nonce", { "alice", "open sesame", "n,,", "SCRAM-SHA-256", { 0 }, true }, false, AUTH_DENIED },
		{ "y without plus", { "alice", "open sesame", "y,,", "SCRAM-SHA-256", { 0 }, false }, false, AUTH_OK },
		{ "y where plus was offered: downgrade",
		  { "alice", "open sesame", "y,,", "SCRAM-SHA-256", { 0 }, false }, true, AUTH_MALFORMED },
		{ "n where plus was offered",
		  { "alice", "open sesame", "n,,", "SCRAM-SHA-256", { 0 }, false }, true, AUTH_OK },
		{ "bound", { "alice", "open sesame", "p=tls-exporter,,", "SCRAM-SHA-256-PLUS", BOUND, false }, true,
		  AUTH_OK },
		{ "bound elsewhere",
		  { "alice", "open sesame", "p=tls-exporter,,", "SCRAM-SHA-256-PLUS", { "else", 4 }, false }, true,
		  AUTH_DENIED },
		{ "unbound plus", { "alice", "open sesame", "n,,", "SCRAM-SHA-256-PLUS", { 0 }, false }, true,
		  AUTH_MALFORMED },
		{ "unknown binding",
		  { "alice", "open sesame", "p=tls-unique,,", "SCRAM-SHA-256-PLUS", BOUND, false }, true,
		  AUTH_MALFORMED },
		{ "binding data into the plain mechanism",
		  { "alice", "open sesame", "n,,", "SCRAM-SHA-256", BOUND, false }, true, AUTH_DENIED },
	};
	g_autoptr(GBytes) data = g_bytes_new_static(BINDING, sizeof(BINDING) - 1);

	for (size_t i = 0; i < G_N_ELEMENTS(rows); i++) {
		struct sasl_peer peer = plain_peer();

		peer.bindings[0] = rows[i].tls ? data : NULL;
		g_test_message("%s", rows[i].what);
		g_assert_cmpint(play(&rows[i].client, &peer), ==, rows[i].outcome);
	}
}

static void every_cut_of_a_scram_message_is_refused(void)
{
	static const char first[] = "n,,n=alice,r=n";
	static const char final[] = "c=biws,r=n,p=dHzbZapWIk4jUhN+Ute9ytag9zjfMHgsqmmiz7AndVQ=";

	for (size_t cut = 0; cut < sizeof(first) - 1; cut++) {
		struct scram_client_first parsed;

		g_assert_false(scram_client_first_parse(slice_of(first, cut), &parsed));
		scram_client_first_clear(&parsed);
	}
	for (size_t cut = 0; cut < sizeof(final) - 1; cut++) {
		struct scram_client_final parsed;

		g_assert_false(scram_client_final_parse(slice_of(final, cut), &parsed));
		scram_client_final_clear(&parsed);
	}
	{
		struct scram_client_final parsed;

		g_assert_true(scram_client_final_parse(slice_of(final, sizeof(final) - 1), &parsed));
		scram_client_final_clear(&parsed);
	}
}

static char *salt_shown_to(const char *user)
{
	struct sasl_peer peer = plain_peer();
	struct sasl *sasl = sasl_begin(auth, &peer, SLICE("SCRAM-SHA-256"));
	g_autoptr(GString) challenge = g_string_new(NULL);
	g_autofree char *message = g_strdup_printf("n,,n=%s,r=abc", user);
	g_auto(GStrv) parts = NULL;
	struct slice text;

	send(sasl, slice_from_string(message), true, challenge);
	text = from_base64(challenge->str);
	parts = g_strsplit(text.data, ",", 3);
	g_free((void *)text.data);
	sasl_destroy(&sasl);
	return g_strdup(parts[1]);
}

/* Or an account would be told from a name that is none by trying it in capitals. */
static void the_same_unknown_name_shows_the_same_salt(void)
{
	static const struct {
		const char *a, *b;
		bool same;
	} rows[] = {
		{ "ghost", "ghost@example.test", true },
		{ "ghost", "GHOST", true },
		{ "gh\xc3\xb6st", "GH\xc3\x96ST", true },
		{ "gh\xc3\xb6st", "gho\xcc\x88st", true },
		{ "ghost", "spirit", false },
	};

	for (size_t i = 0; i < G_N_ELEMENTS(rows); i++) {
		g_autofree char *a = salt_shown_to(rows[i].a), *b = salt_shown_to(rows[i].b);

		g_test_message("%s %s", rows[i].a, rows[i].b);
		g_assert_cmpint(strcmp(a, b) == 0, ==, rows[i].same);
	}
}

int main(int argc, char **argv)
{
	const struct config *config = config_defaults();
	int status;

	g_test_init(&argc, &argv, NULL);
	log_set_level(LOG_LEVEL_WARNING);
	fake_accounts_make();
	((struct config *)config)->server.default_domain = "example.test";
	auth = auth_create(config);
#define ADD(name) g_test_add_func("/sasl/" #name, name)
	ADD(the_list_follows_from_the_connection);
	ADD(plain_takes_three_parts_and_nothing_else);
	ADD(every_cut_of_a_plain_message_is_refused);
	ADD(lines_are_strict_base64_or_a_star);
	ADD(external_signs_in_as_the_certificate_says);
	ADD(scram_sums_are_those_of_rfc_7677);
	ADD(scram_verifiers_are_read_strictly);
	ADD(scram_client_messages_have_one_grammar);
	ADD(scram_proofs_come_last_and_alone);
	ADD(scram_lets_in_the_right_client_only);
	ADD(proofs_of_exchanges_begun_together_are_throttled_too);
	ADD(every_cut_of_a_scram_message_is_refused);
	ADD(the_same_unknown_name_shows_the_same_salt);
	status = g_test_run();
	auth_destroy(&auth);
	fake_accounts_free();
	config_unref(&config);
	return status;
}
