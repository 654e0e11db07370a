/* See the header.  Compact serialisation: header.payload.signature, each base64url. */
#include "auth/token.h"

#include "auth/digest.h"
#include "auth/json.h"
#include "base/secret.h"

#include <errno.h>
#include <openssl/bn.h>
#include <openssl/core_names.h>
#include <openssl/ecdsa.h>
#include <openssl/err.h>
#include <openssl/evp.h>
#include <openssl/pem.h>

#define MIN_SECRET 32  /* RFC 7518 3.2 */
#define MIN_RSA_BITS 2048
#define ES256_HALF 32

enum algorithm { HS256, RS256, ES256 };

static const char *const algorithm_names[] = { "HS256", "RS256", "ES256" };

struct token_policy {
	gatomicrefcount references;
	enum algorithm algorithm;
	EVP_PKEY *key;         /* RS256, ES256 */
	char *secret;          /* HS256 */
	gsize secret_len;
	char *issuer, *audience, *claim;
};

/* A public key, or a certificate's. */
static EVP_PKEY *read_pem(struct slice text)
{
	BIO *bio = BIO_new_mem_buf(text.data, (int)text.len);
	EVP_PKEY *key = PEM_read_bio_PUBKEY(bio, NULL, NULL, NULL);
	X509 *certificate;

	if (key == NULL) {
		(void)BIO_reset(bio);
		certificate = PEM_read_bio_X509(bio, NULL, NULL, NULL);
		key = certificate != NULL ? X509_get_pubkey(certificate) : NULL;
		X509_free(certificate);
	}
	BIO_free(bio);
	ERR_clear_error();
	return key;
}

static bool is_p256(EVP_PKEY *key)
{
	char group[64] = "";

	return EVP_PKEY_get_utf8_string_param(key, OSSL_PKEY_PARAM_GROUP_NAME, group, sizeof(group), NULL) == 1 &&
	       strcmp(group, "prime256v1") == 0;
}

/* NULL, or why the public key can't be used. */
static const char *take_public_key(struct token_policy *policy, struct slice text)
{
	policy->key = read_pem(text);
	if (policy->key == NULL)
		return "expected a PEM public key or certificate";
	if (EVP_PKEY_is_a(policy->key, "RSA")) {
		policy->algorithm = RS256;
		return EVP_PKEY_get_bits(policy->key) >= MIN_RSA_BITS ? NULL : "expected an RSA key of 2048 bits or more";
	}
	policy->algorithm = ES256;
	return is_p256(policy->key) ? NULL : "expected an RSA key, or an elliptic curve key on P-256";
}

/* The line's end that editors put behind a secret is not part of it. */
static const char *take_secret(struct token_policy *policy, char **text, gsize len)
{
	while (len > 0 && ((*text)[len - 1] == '\n' || (*text)[len - 1] == '\r'))
		len--;
	policy->algorithm = HS256;
	policy->secret = g_steal_pointer(text);
	policy->secret_len = len;
	return len >= MIN_SECRET ? NULL : "expected a secret of 32 octets or more, or a PEM public key";
}

struct token_policy *token_policy_create(const char *key_file, const char *issuer, const char *audience,
					 const char *claim, char **error_out)
{
	struct token_policy *policy;
	g_autofree char *text = NULL;
	g_autoptr(GError) error = NULL;
	const char *problem;
	gsize len;

	if (!g_file_get_contents(key_file, &text, &len, &error)) {
		*error_out = g_strdup(error->message);
		return NULL;
	}
	policy = g_new0(struct token_policy, 1);
	g_atomic_ref_count_init(&policy->references);
	policy->issuer = g_strdup(issuer);
	policy->audience = g_strdup(audience);
	policy->claim = g_strdup(claim);
	problem = g_strstr_len(text, (gssize)len, "-----BEGIN ") != NULL ? take_public_key(policy, slice_of(text, len))
									 : take_secret(policy, &text, len);
	if (problem != NULL) {
		*error_out = g_strdup_printf("%s: %s", key_file, problem);
		token_policy_unref(&policy);
	}
	return policy;
}

struct token_policy *token_policy_ref(struct token_policy *policy)
{
	g_atomic_ref_count_inc(&policy->references);
	return policy;
}

void token_policy_unref(struct token_policy **policy)
{
	struct token_policy *it = g_steal_pointer(policy);

	if (it == NULL || !g_atomic_ref_count_dec(&it->references))
		return;
	EVP_PKEY_free(it->key);
	if (it->secret != NULL)
		secret_wipe(it->secret, it->secret_len);
	g_free(it->secret);
	g_free(it->issuer);
	g_free(it->audience);
	g_free(it->claim);
	g_free(it);
}

/* base64url without padding (RFC 7515 2); NULL when it is anything else. */
static GBytes *decode_part(struct slice part)
{
	g_autofree char *text = NULL, *again = NULL;
	guchar *data;
	gsize len;

	if (part.len == 0 || part.len % 4 == 1)
		return NULL;
	for (size_t i = 0; i < part.len; i++)
		if (!g_ascii_isalnum(part.data[i]) && part.data[i] != '-' && part.data[i] != '_')
			return NULL;
	text = g_strdup_printf("%.*s%s", (int)part.len, part.data,
			       part.len % 4 == 2 ? "==" : part.len % 4 == 3 ? "=" : "");
	g_strdelimit(g_strdelimit(text, "-", '+'), "_", '/');
	data = g_base64_decode(text, &len);
	again = g_base64_encode(data, len);
	if (strcmp(again, text) != 0)
		g_clear_pointer(&data, g_free);
	return data != NULL ? g_bytes_new_take(data, len) : NULL;
}

static struct slice bytes_slice(GBytes *bytes)
{
	gsize len;
	const char *data = g_bytes_get_data(bytes, &len);

	return slice_of(data, len);
}

static struct json_object *decode_object(struct slice part)
{
	g_autoptr(GBytes) octets = decode_part(part);

	return octets != NULL ? json_object_read(bytes_slice(octets)) : NULL;
}

struct parts {
	struct slice header, payload, signature, is_signed;
};

static bool split_token(struct slice token, struct parts *parts)
{
	const char *first = memchr(token.data, '.', token.len), *second, *end = token.data + token.len;

	if (first == NULL)
		return false;
	second = memchr(first + 1, '.', (size_t)(end - first - 1));
	if (second == NULL || memchr(second + 1, '.', (size_t)(end - second - 1)) != NULL)
		return false;
	parts->header = slice_of(token.data, (size_t)(first - token.data));
	parts->payload = slice_of(first + 1, (size_t)(second - first - 1));
	parts->signature = slice_of(second + 1, (size_t)(end - second - 1));
	parts->is_signed = slice_of(token.data, (size_t)(second - token.data));
	return true;
}

/* JOSE carries r and s side by side, OpenSSL wants them in DER. */
static GBytes *es256_to_der(struct slice raw)
{
	ECDSA_SIG *signature;
	unsigned char *der = NULL;
	GBytes *bytes = NULL;
	int len;

	if (raw.len != 2 * ES256_HALF)
		return NULL;
	signature = ECDSA_SIG_new();
	ECDSA_SIG_set0(signature, BN_bin2bn((const unsigned char *)raw.data, ES256_HALF, NULL),
		       BN_bin2bn((const unsigned char *)raw.data + ES256_HALF, ES256_HALF, NULL));
	len = i2d_ECDSA_SIG(signature, &der);
	if (len > 0)
		bytes = g_bytes_new(der, (gsize)len);
	OPENSSL_free(der);
	ECDSA_SIG_free(signature);
	return bytes;
}

static bool key_signed(EVP_PKEY *key, struct slice text, struct slice signature)
{
	EVP_MD_CTX *context = EVP_MD_CTX_new();
	bool good = EVP_DigestVerifyInit(context, NULL, EVP_sha256(), NULL, key) == 1 &&
		    EVP_DigestVerify(context, (const unsigned char *)signature.data, signature.len,
				     (const unsigned char *)text.data, text.len) == 1;

	EVP_MD_CTX_free(context);
	ERR_clear_error();
	return good;
}

static bool signature_is_right(const struct token_policy *policy, const struct parts *parts)
{
	g_autoptr(GBytes) signature = decode_part(parts->signature);
	g_autoptr(GBytes) der = NULL;
	struct digest digest;

	if (signature == NULL)
		return false;
	switch (policy->algorithm) {
	case HS256:
		digest = digest_hmac(slice_of(policy->secret, policy->secret_len), parts->is_signed);
		return secret_equal(digest_slice(&digest), bytes_slice(signature));
	case RS256:
		return key_signed(policy->key, parts->is_signed, bytes_slice(signature));
	case ES256:
		der = es256_to_der(bytes_slice(signature));
		return der != NULL && key_signed(policy->key, parts->is_signed, bytes_slice(der));
	}
	return false;
}

/* "crit" asks for extensions that we do not have (RFC 7515 4.1.11). */
static bool header_is_acceptable(const struct token_policy *policy, const struct json_object *header)
{
	return g_strcmp0(json_object_string(header, "alg"), algorithm_names[policy->algorithm]) == 0 &&
	       !json_object_has(header, "crit") && !json_object_has(header, "enc");
}

static bool is_in_time(const struct json_object *payload, int64_t now)
{
	int64_t expiry, begin = 0;

	if (!json_object_time(payload, "exp", &expiry) || now >= expiry + TOKEN_LEEWAY)
		return false;
	return !json_object_has(payload, "nbf") ||
	       (json_object_time(payload, "nbf", &begin) && now >= begin - TOKEN_LEEWAY);
}

static enum token_result judge_payload(const struct token_policy *policy, const struct json_object *payload,
				       int64_t now, char **identity_out)
{
	const char *identity = json_object_string(payload, policy->claim);

	if (!is_in_time(payload, now))
		return TOKEN_EXPIRED;
	if (g_strcmp0(json_object_string(payload, "iss"), policy->issuer) != 0 ||
	    !json_object_names(payload, "aud", policy->audience) || identity == NULL || identity[0] == '\0')
		return TOKEN_NOT_FOR_US;
	if (json_object_has(payload, "email_verified") && strcmp(policy->claim, "email") == 0 &&
	    !json_object_is_true(payload, "email_verified"))
		return TOKEN_NOT_FOR_US;
	*identity_out = g_strdup(identity);
	return TOKEN_OK;
}

enum token_result token_verify(const struct token_policy *policy, struct slice token, int64_t now,
			       char **identity_out)
{
	enum token_result result = TOKEN_MALFORMED;
	struct json_object *header, *payload = NULL;
	struct parts parts;

	*identity_out = NULL;
	if (token.len == 0 || token.len > TOKEN_MAX || !split_token(token, &parts))
		return TOKEN_MALFORMED;
	header = decode_object(parts.header);
	if (header != NULL)
		payload = decode_object(parts.payload);
	if (payload != NULL) {
		if (header_is_acceptable(policy, header) && signature_is_right(policy, &parts))
			result = judge_payload(policy, payload, now, identity_out);
		else
			result = TOKEN_UNTRUSTED;
	}
	json_object_free(&header);
	json_object_free(&payload);
	return result;
}
