/* JSON, JWT and OAUTHBEARER. */
#include "auth/json.h"
#include "auth/sasl.h"
#include "auth/token.h"

#include "auth/digest.h"
#include "base/log.h"
#include "fake-accounts.h"

#include <glib/gstdio.h>
#include <openssl/ecdsa.h>
#include <openssl/evp.h>
#include <openssl/pem.h>
#include <unistd.h>

#define SECRET "0123456789abcdef0123456789abcdef"
#define NOW 2000000000

static EVP_PKEY *rsa_key, *ec_key;
static char *secret_file, *rsa_file, *ec_file, *short_file;

static char *write_file(const char *text, EVP_PKEY *key)
{
	char *path;
	int fd = g_file_open_tmp("token-XXXXXX", &path, NULL);
	FILE *file = fdopen(fd, "w");

	if (key != NULL)
		PEM_write_PUBKEY(file, key);
	else
		fputs(text, file);
	fclose(file);
	return path;
}

/* ---- JSON */

static void json_is_read_strictly(void)
{
	static const struct {
		const char *text;
		bool ok;
	} rows[] = {
		{ "{}", true },
		{ " { \"a\" : 1 } \n", true },
		{ "{\"a\":[],\"b\":{},\"c\":null,\"d\":true,\"e\":false,\"f\":-0.5e+10,\"g\":\"\"}", true },
		{ "{\"a\":[1,[2,{\"x\":[]}]]}", true },
		{ "{\"a\":{\"b\":1,\"b\":2}}", true },
		{ "{\"a\":1,\"a\":2}", false },
		{ "[]", false },
		{ "", false },
		{ "{", false },
		{ "{} x", false },
		{ "{\"a\"}", false },
		{ "{\"a\":1,}", false },
		{ "{a:1}", false },
		{ "{\"a\":01}", false },
		{ "{\"a\":+1}", false },
		{ "{\"a\":1.}", false },
		{ "{\"a\":.5}", false },
		{ "{\"a\":1e}", false },
		{ "{\"a\":tru}", false },
		{ "{\"a\":[1,]}", false },
		{ "{\"a\":\"\x01\"}", false },
		{ "{\"a\":\"\\x\"}", false },
		{ "{\"a\":\"\\u0000\"}", false },
		{ "{\"a\":\"\\ud800\"}", false },
		{ "{\"a\":\"\\ud83d\\ude00\"}", true },
		{ "{\"a\":\"\xff\"}", false },
		{ "{\"a\":[[[[[[[[[[[[[[[[[1]]]]]]]]]]]]]]]]]}", false },
		{ "{\"a\":11111111111111111111111111111111111111111111111111111111111111111111111}", false },
	};

	for (size_t i = 0; i < G_N_ELEMENTS(rows); i++) {
		struct json_object *object = json_object_read(slice_from_string(rows[i].text));

		g_test_message("%s", rows[i].text);
		g_assert_cmpint(object != NULL, ==, rows[i].ok);
		json_object_free(&object);
	}
}

static const char sample[] = "{\"s\":\"\\u00e9\\ud83d\\ude00\\n\",\"n\":12.9,\"m\":-1,\"big\":1e300,\"a\":[1,\"x\",[\"deep\"],\"y\"],"
			     "\"t\":true,\"o\":{\"s\":\"inner\"}}";

static void json_members_have_their_kind(void)
{
	struct json_object *object = json_object_read(slice_from_string(sample));
	int64_t time = 7;

	g_assert_cmpstr(json_object_string(object, "s"), ==, "\xc3\xa9\xf0\x9f\x98\x80\n");
	g_assert_null(json_object_string(object, "n"));
	g_assert_null(json_object_string(object, "none"));
	g_assert_true(json_object_time(object, "n", &time));
	g_assert_cmpint(time, ==, 12);
	g_assert_false(json_object_time(object, "m", &time));
	g_assert_false(json_object_time(object, "big", &time));
	g_assert_false(json_object_time(object, "s", &time));
	g_assert_true(json_object_names(object, "a", "x"));
	g_assert_true(json_object_names(object, "a", "y"));
	g_assert_false(json_object_names(object, "a", "deep"));
	g_assert_false(json_object_names(object, "o", "inner"));
	g_assert_true(json_object_is_true(object, "t"));
	g_assert_false(json_object_is_true(object, "n"));
	json_object_free(&object);
}

static void every_cut_of_json_is_refused(void)
{
	for (size_t cut = 0; cut < sizeof(sample) - 1; cut++) {
		g_autofree char *exact = g_memdup2(sample, cut);

		g_assert_null(json_object_read(slice_of(exact, cut)));
	}
}

/* ---- JWT */

static char *base64url(const void *data, size_t len)
{
	char *text = g_base64_encode(data, len);

	text[strcspn(text, "=")] = '\0';
	return g_strdelimit(g_strdelimit(text, "+", '-'), "/", '_');
}

static char *sign(const char *algorithm, const char *text)
{
	unsigned char signature[512];
	size_t len = sizeof(signature);
	EVP_MD_CTX *context;

	if (strcmp(algorithm, "none") == 0)
		return g_strdup("");
	if (strcmp(algorithm, "HS256") == 0) {
		struct digest digest = digest_hmac(SLICE(SECRET), slice_from_string(text));

		return base64url(digest.octets, sizeof(digest.octets));
	}
	context = EVP_MD_CTX_new();
	EVP_DigestSignInit(context, NULL, EVP_sha256(), NULL, strcmp(algorithm, "RS256") == 0 ? rsa_key : ec_key);
	g_assert_cmpint(EVP_DigestSign(context, signature, &len, (const unsigned char *)text, strlen(text)), ==, 1);
	EVP_MD_CTX_free(context);
	if (strcmp(algorithm, "ES256") == 0) {
		const unsigned char *der = signature;
		ECDSA_SIG *pair = d2i_ECDSA_SIG(NULL, &der, (long)len);
		unsigned char raw[64];

		BN_bn2binpad(ECDSA_SIG_get0_r(pair), raw, 32);
		BN_bn2binpad(ECDSA_SIG_get0_s(pair), raw + 32, 32);
		ECDSA_SIG_free(pair);
		return base64url(raw, sizeof(raw));
	}
	return base64url(signature, len);
}

static char *make_token(const char *algorithm, const char *header, const char *payload)
{
	g_autofree char *header64 = base64url(header, strlen(header));
	g_autofree char *payload64 = base64url(payload, strlen(payload));
	g_autofree char *text = g_strconcat(header64, ".", payload64, NULL);
	g_autofree char *signature = sign(algorithm, text);

	return g_strconcat(text, ".", signature, NULL);
}

#define GOOD "\"iss\":\"https://issuer.test\",\"aud\":\"convoke\",\"exp\":2000000100,\"email\":\"alice@example.test\""

static struct token_policy *policy_of(const char *file)
{
	char *error = NULL;
	struct token_policy *policy =
		token_policy_create(file, "https://issuer.test", "convoke", "email", &error);

	g_assert_nonnull(policy);
	return policy;
}

static void tokens_are_for_us_in_time_and_signed_by_the_key(void)
{
	static const struct {
		const char *key, *algorithm, *header, *payload;
		enum token_result result;
	} rows[] = {
		{ "h", "HS256", "{\"alg\":\"HS256\",\"typ\":\"JWT\"}", "{" GOOD "}", TOKEN_OK },
		{ "r", "RS256", "{\"alg\":\"RS256\"}", "{" GOOD "}", TOKEN_OK },
		{ "e", "ES256", "{\"alg\":\"ES256\"}", "{" GOOD "}", TOKEN_OK },
		{ "h", "HS256", "{\"alg\":\"HS256\"}", "{" GOOD ",\"nbf\":2000000050,\"email_verified\":true}", TOKEN_OK },
		{ "h", "HS256", "{\"alg\":\"HS256\"}",
		  "{\"iss\":\"https://issuer.test\",\"aud\":[\"x\",\"convoke\"],\"exp\":2000000100,\"email\":\"a@b\"}", TOKEN_OK },
		/* The classic tricks. */
		{ "h", "none", "{\"alg\":\"none\"}", "{" GOOD "}", TOKEN_UNTRUSTED },
		{ "r", "HS256", "{\"alg\":\"HS256\"}", "{" GOOD "}", TOKEN_UNTRUSTED },
		{ "h", "HS256", "{\"alg\":\"RS256\"}", "{" GOOD "}", TOKEN_UNTRUSTED },
		{ "r", "HS256", "{\"alg\":\"RS256\"}", "{" GOOD "}", TOKEN_UNTRUSTED },
		{ "e", "RS256", "{\"alg\":\"ES256\"}", "{" GOOD "}", TOKEN_UNTRUSTED },
		{ "h", "HS256", "{\"alg\":\"HS256\",\"crit\":[\"x\"]}", "{" GOOD "}", TOKEN_UNTRUSTED },
		{ "h", "HS256", "{}", "{" GOOD "}", TOKEN_UNTRUSTED },
		{ "h", "HS256", "{\"alg\":\"HS256\"", "{" GOOD "}", TOKEN_MALFORMED },
		{ "h", "HS256", "{\"alg\":\"HS256\"}", "[]", TOKEN_MALFORMED },
		/* Time. */
		{ "h", "HS256", "{\"alg\":\"HS256\"}",
		  "{\"iss\":\"https://issuer.test\",\"aud\":\"convoke\",\"exp\":1999999900,\"email\":\"a@b\"}", TOKEN_EXPIRED },
		{ "h", "HS256", "{\"alg\":\"HS256\"}",
		  "{\"iss\":\"https://issuer.test\",\"aud\":\"convoke\",\"email\":\"a@b\"}", TOKEN_EXPIRED },
		{ "h", "HS256", "{\"alg\":\"HS256\"}",
		  "{\"iss\":\"https://issuer.test\",\"aud\":\"convoke\",\"exp\":\"2000000100\",\"email\":\"a@b\"}", TOKEN_EXPIRED },
		{ "h", "HS256", "{\"alg\":\"HS256\"}", "{" GOOD ",\"nbf\":2000000090}", TOKEN_EXPIRED },
		/* For somebody else. */
		{ "h", "HS256", "{\"alg\":\"HS256\"}",
		  "{\"iss\":\"https://other.test\",\"aud\":\"convoke\",\"exp\":2000000100,\"email\":\"a@b\"}", TOKEN_NOT_FOR_US },
		{ "h", "HS256", "{\"alg\":\"HS256\"}",
		  "{\"iss\":\"https://issuer.test\",\"aud\":\"other\",\"exp\":2000000100,\"email\":\"a@b\"}", TOKEN_NOT_FOR_US },
		{ "h", "HS256", "{\"alg\":\"HS256\"}",
		  "{\"iss\":\"https://issuer.test\",\"exp\":2000000100,\"email\":\"a@b\"}", TOKEN_NOT_FOR_US },
		{ "h", "HS256", "{\"alg\":\"HS256\"}",
		  "{\"iss\":\"https://issuer.test\",\"aud\":\"convoke\",\"exp\":2000000100}", TOKEN_NOT_FOR_US },
		{ "h", "HS256", "{\"alg\":\"HS256\"}", "{" GOOD ",\"email_verified\":false}", TOKEN_NOT_FOR_US },
	};

	for (size_t i = 0; i < G_N_ELEMENTS(rows); i++) {
		const char *file = rows[i].key[0] == 'h' ? secret_file : rows[i].key[0] == 'r' ? rsa_file : ec_file;
		struct token_policy *policy = policy_of(file);
		g_autofree char *token = make_token(rows[i].algorithm, rows[i].header, rows[i].payload);
		g_autofree char *identity = NULL;

		g_test_message("%s %s %s", rows[i].key, rows[i].header, rows[i].payload);
		g_assert_cmpint(token_verify(policy, slice_from_string(token), NOW, &identity), ==, rows[i].result);
		g_assert_cmpint(identity != NULL, ==, rows[i].result == TOKEN_OK);
		token_policy_unref(&policy);
	}
}

static void every_cut_and_every_changed_octet_of_a_token_is_refused(void)
{
	struct token_policy *policy = policy_of(secret_file);
	g_autofree char *token = make_token("HS256", "{\"alg\":\"HS256\"}", "{" GOOD "}");
	size_t len = strlen(token);
	char *identity = NULL;

	for (size_t i = 0; i < len; i++) {
		char was = token[i];

		g_assert_cmpint(token_verify(policy, slice_of(token, i), NOW, &identity), !=, TOKEN_OK);
		token[i] = was == 'A' ? 'B' : 'A';
		g_assert_cmpint(token_verify(policy, slice_of(token, len), NOW, &identity), !=, TOKEN_OK);
		token[i] = was;
	}
	g_assert_cmpint(token_verify(policy, slice_of(token, len), NOW, &identity), ==, TOKEN_OK);
	g_free(identity);
	token_policy_unref(&policy);
}

static void keys_that_can_not_be_used_say_why(void)
{
	const char *const files[] = { short_file, "/nonexistent/key" };

	for (size_t i = 0; i < G_N_ELEMENTS(files); i++) {
		g_autofree char *error = NULL;

		g_assert_null(token_policy_create(files[i], "i", "a", "email", &error));
		g_assert_nonnull(error);
	}
}

/* ---- OAUTHBEARER */

static struct auth *auth_with_key(const char *file)
{
	const struct config *config = config_defaults();
	struct config *changed = (struct config *)config;
	struct auth *auth;

	changed->server.default_domain = "example.test";
	changed->auth.oauth_key = file;
	changed->auth.oauth_issuer = "https://issuer.test";
	changed->auth.oauth_audience = "convoke";
	auth = auth_create(config);
	config_unref(&config);
	return auth;
}

static void the_mechanism_is_offered_with_a_key_only(void)
{
	const struct sasl_peer peer = { .address = "192.0.2.1", .may_sign_in = true };
	const char *const files[] = { secret_file, NULL, short_file };

	for (size_t i = 0; i < G_N_ELEMENTS(files); i++) {
		struct auth *auth = auth_with_key(files[i]);
		g_autoptr(GString) list = g_string_new(NULL);

		sasl_print_mechanisms(auth, &peer, " ", list);
		g_assert_cmpint(strstr(list->str, "OAUTHBEARER") != NULL, ==, i == 0);
		auth_destroy(&auth);
	}
}

static void messages_are_parsed_strictly_and_refusals_need_an_answer(void)
{
	static const struct {
		const char *before, *after;
		enum auth_outcome outcome;
	} rows[] = {
		{ "n,,\x01" "auth=Bearer ", "\x01\x01", AUTH_OK },
		{ "n,a=alice@example.test,\x01host=h\x01port=143\x01" "auth=Bearer ", "\x01\x01", AUTH_OK },
		{ "n,a=bob@example.test,\x01" "auth=Bearer ", "\x01\x01", AUTH_NOT_ALLOWED },
		{ "n,a=a=3Dlice@example.test,\x01" "auth=Bearer ", "\x01\x01", AUTH_OK },
		{ "n,a=a=lice@example.test,\x01" "auth=Bearer ", "\x01\x01", AUTH_MALFORMED },
		{ "n,user=alice@example.test,\x01" "auth=Bearer ", "\x01\x01", AUTH_MALFORMED },
		{ "n,a=,\x01" "auth=Bearer ", "\x01\x01", AUTH_MALFORMED },
		{ "y,,\x01" "auth=Bearer ", "\x01\x01", AUTH_OK },
		{ "n,,\x01" "auth=Bearer   ", "\x01\x01", AUTH_OK },
		{ "n,,\x01" "unknown=\x01" "auth=Bearer ", "\x01\x01", AUTH_OK },
		{ "n,,\x01" "auth=bearer ", "\x01\x01", AUTH_OK },
		{ "n,,\x01" "auth=Bearer x", "\x01\x01", AUTH_DENIED },
		{ "n,,\x01" "auth=Bearer ", "\x01", AUTH_MALFORMED },
		{ "n,,\x01" "auth=Bearer ", "\x01\x01\x01", AUTH_MALFORMED },
		{ "n,,\x01" "auth=Basic ", "\x01\x01", AUTH_DENIED },
		{ "n,,\x01" "auth=Bearer\x01\x01#", NULL, AUTH_DENIED },
		{ "n,,\x01" "auth=\x01\x01#", NULL, AUTH_DENIED },
		{ "n,,\x01host=h\x01\x01#", NULL, AUTH_MALFORMED },
		{ "n,,\x01h0st=h\x01" "auth=Bearer ", "\x01\x01", AUTH_MALFORMED },
		{ "n,,\x01=h\x01" "auth=Bearer ", "\x01\x01", AUTH_MALFORMED },
		{ "n,,\x01host=\xff\x01" "auth=Bearer ", "\x01\x01", AUTH_MALFORMED },
		{ "\x01#", NULL, AUTH_MALFORMED },
		{ "n,,\x01" "auth=Bearer x\x01" "auth=Bearer ", "\x01\x01", AUTH_MALFORMED },
		{ "p=tls-exporter,,\x01" "auth=Bearer ", "\x01\x01", AUTH_MALFORMED },
		{ "n,a=x\x01" "auth=Bearer ", "\x01\x01", AUTH_MALFORMED },
		{ "auth=Bearer ", "\x01\x01", AUTH_MALFORMED },
	};
	g_autofree char *payload = g_strdup_printf(
		"{\"iss\":\"https://issuer.test\",\"aud\":\"convoke\",\"exp\":%" G_GINT64_FORMAT
		",\"email\":\"alice@example.test\"}", g_get_real_time() / G_USEC_PER_SEC + 100);
	g_autofree char *token = make_token("HS256", "{\"alg\":\"HS256\"}", payload);
	struct auth *auth = auth_with_key(secret_file);

	for (size_t i = 0; i < G_N_ELEMENTS(rows); i++) {
		g_autofree char *address = g_strdup_printf("192.0.2.%zu", i);
		const struct sasl_peer peer = { .address = address, .may_sign_in = true };
		struct sasl *sasl = sasl_begin(auth, &peer, SLICE("OAUTHBEARER"));
		/* "#" is where a message without a token ends. */
		g_autofree char *message = rows[i].after != NULL ?
			g_strconcat(rows[i].before, token, rows[i].after, NULL) :
			g_strndup(rows[i].before, strlen(rows[i].before) - 1);
		g_autofree char *line = g_base64_encode((const guchar *)message, strlen(message));
		g_autoptr(GString) challenge = g_string_new(NULL);

		if (sasl_line(sasl, NULL, slice_from_string(line), true, challenge) == SASL_CHALLENGE) {
			/* {"status":"invalid_token"} */
			g_assert_cmpstr(challenge->str, ==, "eyJzdGF0dXMiOiJpbnZhbGlkX3Rva2VuIn0=");
			g_assert_cmpint(sasl_line(sasl, NULL, SLICE("AQ=="), false, challenge), ==, SASL_DONE);
		}
		g_assert_cmpint(sasl_result(sasl)->outcome, ==, rows[i].outcome);
		if (rows[i].outcome == AUTH_OK)
			g_assert_cmpstr(sasl_result(sasl)->address, ==, "alice@example.test");
		sasl_destroy(&sasl);
	}
	auth_destroy(&auth);
}

static void remove_file(char *path)
{
	g_unlink(path);
	g_free(path);
}

int main(int argc, char **argv)
{
	int status;

	g_test_init(&argc, &argv, NULL);
	log_set_level(LOG_LEVEL_ERROR);
	fake_accounts_make();
	rsa_key = EVP_RSA_gen(2048);
	ec_key = EVP_EC_gen("P-256");
	secret_file = write_file(SECRET "\n", NULL);
	rsa_file = write_file(NULL, rsa_key);
	ec_file = write_file(NULL, ec_key);
	short_file = write_file("short", NULL);
#define ADD(name) g_test_add_func("/token/" #name, name)
	ADD(json_is_read_strictly);
	ADD(json_members_have_their_kind);
	ADD(every_cut_of_json_is_refused);
	ADD(tokens_are_for_us_in_time_and_signed_by_the_key);
	ADD(every_cut_and_every_changed_octet_of_a_token_is_refused);
	ADD(keys_that_can_not_be_used_say_why);
	ADD(the_mechanism_is_offered_with_a_key_only);
	ADD(messages_are_parsed_strictly_and_refusals_need_an_answer);
	status = g_test_run();
	remove_file(secret_file);
	remove_file(rsa_file);
	remove_file(ec_file);
	remove_file(short_file);
	EVP_PKEY_free(rsa_key);
	EVP_PKEY_free(ec_key);
	fake_accounts_free();
	return status;
}
