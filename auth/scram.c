/* Grammar: RFC 5802 section 7.  Attributes stand in a fixed order, so a message is
 * read from left to right, one "x=value" at a time. */
#include "auth/scram.h"

#include "base/number.h"
#include "base/secret.h"

#include <openssl/evp.h>

#define VERIFIER_PREFIX "SCRAM-SHA-256$"
#define MAX_NONCE 512

static void append_base64(GString *out, struct slice data)
{
	g_autofree char *text = g_base64_encode((const guchar *)data.data, data.len);

	g_string_append(out, text);
}

/* Strict base64: whole groups of four, padding at the end only.  NULL when not. */
static guchar *decode_base64(struct slice text, size_t *len_out)
{
	g_autofree char *copy = slice_dup(text);
	g_autofree char *again = NULL;
	guchar *data;

	*len_out = 0;
	if (text.len % 4 != 0)
		return NULL;
	data = g_base64_decode(copy, len_out);
	again = g_base64_encode(data, *len_out);
	if (!slice_equal(slice_from_string(again), text))
		g_clear_pointer(&data, g_free);
	return data;
}

static bool decode_digest(struct slice text, struct digest *digest_out)
{
	size_t len;
	g_autofree guchar *data = decode_base64(text, &len);

	if (data == NULL || len != sizeof(digest_out->octets))
		return false;
	memcpy(digest_out->octets, data, len);
	return true;
}

/* Up to `separator`; the rest follows behind it.  False when it is not there. */
static bool split(struct slice *rest, char separator, struct slice *part_out)
{
	const char *at = rest->len > 0 ? memchr(rest->data, separator, rest->len) : NULL;

	if (at == NULL)
		return false;
	*part_out = slice_of(rest->data, (size_t)(at - rest->data));
	*rest = slice_of(at + 1, rest->len - part_out->len - 1);
	return true;
}

/* Up to the next comma; the rest follows it, or has no data when there was none. */
static struct slice take_part(struct slice *rest)
{
	struct slice part;

	if (split(rest, ',', &part))
		return part;
	part = *rest;
	*rest = slice_of(NULL, 0);
	return part;
}

/* The value of the attribute `name` at the front. */
static bool take_attribute(struct slice *rest, char name, struct slice *value_out)
{
	struct slice part = take_part(rest);

	if (part.len < 3 || part.data[0] != name || part.data[1] != '=')
		return false;
	*value_out = slice_of(part.data + 2, part.len - 2);
	return true;
}

/* What is left are extensions, ignored as they are unknown; but the names that have a
 * meaning have it in their own places, and "m" asks for what nobody has yet. */
static bool are_extensions(struct slice rest)
{
	while (rest.data != NULL) {
		struct slice part = take_part(&rest);

		if (part.len < 3 || !g_ascii_isalpha(part.data[0]) || part.data[1] != '=' ||
		    strchr("anmrcsipve", part.data[0]) != NULL ||
		    !g_utf8_validate(part.data, (gssize)part.len, NULL))
			return false;
	}
	return true;
}

/* =2C and =3D stand for "," and "="; any other "=" is an error (RFC 5802 5.1). */
static char *decode_saslname(struct slice text)
{
	g_autoptr(GString) name = g_string_sized_new(text.len);

	for (size_t i = 0; i < text.len; i++) {
		struct slice escape = slice_of(text.data + i, MIN(text.len - i, 3));

		if (text.data[i] == '\0')
			return NULL;
		if (text.data[i] != '=') {
			g_string_append_c(name, text.data[i]);
			continue;
		}
		if (slice_equal(escape, SLICE("=2C")))
			g_string_append_c(name, ',');
		else if (slice_equal(escape, SLICE("=3D")))
			g_string_append_c(name, '=');
		else
			return NULL;
		i += 2;
	}
	if (!g_utf8_validate(name->str, (gssize)name->len, NULL))
		return NULL;
	return g_strdup(name->str);
}

static bool nonce_is_legal(struct slice nonce)
{
	if (nonce.len == 0 || nonce.len > MAX_NONCE)
		return false;
	for (size_t i = 0; i < nonce.len; i++)
		if (nonce.data[i] < 0x21 || nonce.data[i] > 0x7e)
			return false;
	return true;
}

static bool is_binding_type(struct slice name)
{
	for (size_t i = 0; i < name.len; i++)
		if (!g_ascii_isalnum(name.data[i]) && name.data[i] != '.' && name.data[i] != '-')
			return false;
	return name.len > 0;
}

static bool parse_binding(struct slice flag, struct scram_client_first *first)
{
	if (slice_equal(flag, SLICE("n"))) {
		first->binding = SCRAM_BINDING_NONE;
	} else if (slice_equal(flag, SLICE("y"))) {
		first->binding = SCRAM_BINDING_UNUSED;
	} else if (flag.len > 2 && flag.data[0] == 'p' && flag.data[1] == '=') {
		first->binding = SCRAM_BINDING_USED;
		first->binding_type = slice_of(flag.data + 2, flag.len - 2);
		return is_binding_type(first->binding_type);
	} else {
		return false;
	}
	return true;
}

bool scram_authzid_parse(struct slice text, char **authzid_out)
{
	if (text.len == 0)
		*authzid_out = g_strdup("");
	else if (text.len < 3 || text.data[0] != 'a' || text.data[1] != '=')
		*authzid_out = NULL;
	else
		*authzid_out = decode_saslname(slice_of(text.data + 2, text.len - 2));
	return *authzid_out != NULL;
}

bool scram_client_first_parse(struct slice message, struct scram_client_first *first_out)
{
	struct slice rest = message, flag, authzid, user;

	*first_out = (struct scram_client_first){ 0 };
	if (!split(&rest, ',', &flag) || !split(&rest, ',', &authzid))
		return false;
	first_out->gs2_header = slice_of(message.data, message.len - rest.len);
	first_out->bare = rest;
	if (!parse_binding(flag, first_out) || !scram_authzid_parse(authzid, &first_out->authzid))
		return false;
	/* "m=" in front of "n=" is a mandatory extension: refused by not being "n=". */
	if (!take_attribute(&rest, 'n', &user) || !take_attribute(&rest, 'r', &first_out->nonce) ||
	    !are_extensions(rest))
		return false;
	first_out->user = decode_saslname(user);
	return first_out->user != NULL && nonce_is_legal(first_out->nonce);
}

void scram_client_first_clear(struct scram_client_first *first)
{
	g_clear_pointer(&first->user, g_free);
	g_clear_pointer(&first->authzid, g_free);
}

/* Extensions may stand between nonce and proof; the proof is last. */
static bool split_proof(struct slice message, struct slice *without_out, struct slice *proof_out)
{
	for (size_t i = message.len; i-- > 0;) {
		if (message.data[i] != ',')
			continue;
		*without_out = slice_of(message.data, i);
		*proof_out = slice_of(message.data + i + 1, message.len - i - 1);
		return proof_out->len > 2 && proof_out->data[0] == 'p' && proof_out->data[1] == '=';
	}
	return false;
}

bool scram_client_final_parse(struct slice message, struct scram_client_final *final_out)
{
	struct slice proof, rest, channel;
	guchar *data;
	size_t len;

	*final_out = (struct scram_client_final){ 0 };
	if (!split_proof(message, &final_out->without_proof, &proof))
		return false;
	rest = final_out->without_proof;
	if (!take_attribute(&rest, 'c', &channel) || !take_attribute(&rest, 'r', &final_out->nonce) ||
	    !are_extensions(rest))
		return false;
	data = decode_base64(channel, &len);
	if (data == NULL)
		return false;
	final_out->channel = g_bytes_new_take(data, len);
	return decode_digest(slice_of(proof.data + 2, proof.len - 2), &final_out->proof);
}

void scram_client_final_clear(struct scram_client_final *final)
{
	g_clear_pointer(&final->channel, g_bytes_unref);
}

void scram_verifier_derive(const char *password, struct scram_verifier *verifier)
{
	struct digest salted, client_key;

	g_assert(PKCS5_PBKDF2_HMAC(password, (int)strlen(password), verifier->salt, (int)verifier->salt_len,
				   (int)verifier->iterations, EVP_sha256(), (int)sizeof(salted.octets),
				   salted.octets) == 1);
	client_key = digest_hmac(digest_slice(&salted), SLICE("Client Key"));
	verifier->stored_key = digest_plain(digest_slice(&client_key));
	verifier->server_key = digest_hmac(digest_slice(&salted), SLICE("Server Key"));
	secret_wipe(&salted, sizeof(salted));
	secret_wipe(&client_key, sizeof(client_key));
}

char *scram_verifier_make(const char *password)
{
	struct scram_verifier verifier = { .iterations = SCRAM_ITERATIONS, .salt_len = SCRAM_SALT_SIZE };
	GString *text = g_string_new(NULL);

	secret_random(verifier.salt, verifier.salt_len);
	scram_verifier_derive(password, &verifier);
	g_string_printf(text, VERIFIER_PREFIX "%u:", verifier.iterations);
	append_base64(text, slice_of((const char *)verifier.salt, verifier.salt_len));
	g_string_append_c(text, '$');
	append_base64(text, digest_slice(&verifier.stored_key));
	g_string_append_c(text, ':');
	append_base64(text, digest_slice(&verifier.server_key));
	secret_wipe(&verifier, sizeof(verifier));
	return g_string_free(text, FALSE);
}

bool scram_verifier_parse(const char *text, struct scram_verifier *verifier_out)
{
	struct slice rest, iterations, salt, stored;
	g_autofree guchar *octets = NULL;
	uint64_t count;

	*verifier_out = (struct scram_verifier){ 0 };
	if (text == NULL || !g_str_has_prefix(text, VERIFIER_PREFIX))
		return false;
	rest = slice_from_string(text + strlen(VERIFIER_PREFIX));
	if (!split(&rest, ':', &iterations) || !split(&rest, '$', &salt) || !split(&rest, ':', &stored) ||
	    !number_parse(iterations, 1, 10000000, &count))
		return false;
	octets = decode_base64(salt, &verifier_out->salt_len);
	if (octets == NULL || verifier_out->salt_len == 0 || verifier_out->salt_len > SCRAM_MAX_SALT)
		return false;
	memcpy(verifier_out->salt, octets, verifier_out->salt_len);
	verifier_out->iterations = (unsigned)count;
	return decode_digest(stored, &verifier_out->stored_key) &&
	       decode_digest(rest, &verifier_out->server_key);
}

void scram_server_first(const struct scram_verifier *verifier, struct slice nonce, GString *out)
{
	g_string_append(out, "r=");
	g_string_append_len(out, nonce.data, (gssize)nonce.len);
	g_string_append(out, ",s=");
	append_base64(out, slice_of((const char *)verifier->salt, verifier->salt_len));
	g_string_append_printf(out, ",i=%u", verifier->iterations);
}

bool scram_proof_is_right(const struct scram_verifier *verifier, struct slice transcript,
			  const struct digest *proof)
{
	struct digest client_key = digest_hmac(digest_slice(&verifier->stored_key), transcript);
	struct digest stored;

	for (size_t i = 0; i < sizeof(client_key.octets); i++)
		client_key.octets[i] ^= proof->octets[i];
	stored = digest_plain(digest_slice(&client_key));
	secret_wipe(&client_key, sizeof(client_key));
	return secret_equal(digest_slice(&stored), digest_slice(&verifier->stored_key));
}

void scram_server_final(const struct scram_verifier *verifier, struct slice transcript, GString *out)
{
	struct digest signature = digest_hmac(digest_slice(&verifier->server_key), transcript);

	g_string_append(out, "v=");
	append_base64(out, digest_slice(&signature));
}
