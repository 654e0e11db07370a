/* The frame that all mechanisms share: which are offered, base64, cancelling. */
#include "auth/sasl.h"

#include "auth/sasl_private.h"
#include "base/secret.h"

const char *const sasl_binding_types[SASL_BINDINGS] = { "tls-exporter", "tls-server-end-point", "tls-unique" };

static bool offered_with_secrets(struct auth *auth, const struct sasl_peer *peer)
{
	(void)auth;
	return peer->may_sign_in;
}

static bool offered_with_binding(struct auth *auth, const struct sasl_peer *peer)
{
	bool has_binding = false;

	(void)auth;
	for (size_t i = 0; i < SASL_BINDINGS; i++)
		has_binding = has_binding || peer->bindings[i] != NULL;
	return peer->may_sign_in && has_binding;
}

static bool offered_with_certificate(struct auth *auth, const struct sasl_peer *peer)
{
	(void)auth;
	return peer->may_sign_in && peer->client_identity != NULL;
}

static bool offered_with_tokens(struct auth *auth, const struct sasl_peer *peer)
{
	struct token_policy *policy = auth_token_policy(auth);
	bool has_policy = policy != NULL;

	token_policy_unref(&policy);
	return peer->may_sign_in && has_policy;
}

/* Best first. */
static const struct mechanism mechanisms[] = {
	{ "EXTERNAL", offered_with_certificate, sasl_step_external },
	{ "SCRAM-SHA-256-PLUS", offered_with_binding, sasl_step_scram },
	{ "SCRAM-SHA-256", offered_with_secrets, sasl_step_scram },
	{ "OAUTHBEARER", offered_with_tokens, sasl_step_bearer },
	{ "PLAIN", offered_with_secrets, sasl_step_plain },
};

void sasl_print_mechanisms(struct auth *auth, const struct sasl_peer *peer, const char *prefix, GString *out)
{
	for (size_t i = 0; i < G_N_ELEMENTS(mechanisms); i++) {
		if (mechanisms[i].offered(auth, peer))
			g_string_append_printf(out, "%s%s", prefix, mechanisms[i].name);
	}
}

static const struct mechanism *find_mechanism(struct auth *auth, const struct sasl_peer *peer,
					      struct slice name)
{
	for (size_t i = 0; i < G_N_ELEMENTS(mechanisms); i++) {
		if (slice_equal_ascii_case(name, slice_from_string(mechanisms[i].name)))
			return mechanisms[i].offered(auth, peer) ? &mechanisms[i] : NULL;
	}
	return NULL;
}

void sasl_peer_clear(struct sasl_peer *peer)
{
	for (size_t i = 0; i < SASL_BINDINGS; i++)
		g_clear_pointer(&peer->bindings[i], g_bytes_unref);
}

static GBytes *ref_or_null(GBytes *bytes)
{
	return bytes != NULL ? g_bytes_ref(bytes) : NULL;
}

struct sasl *sasl_begin(struct auth *auth, const struct sasl_peer *peer, struct slice mechanism)
{
	const struct mechanism *found = find_mechanism(auth, peer, mechanism);
	struct sasl *sasl;

	if (found == NULL)
		return NULL;
	sasl = g_new0(struct sasl, 1);
	sasl->auth = auth;
	sasl->mechanism = found;
	sasl->peer_address = g_strdup(peer->address);
	sasl->client_identity = g_strdup(peer->client_identity);
	for (size_t i = 0; i < SASL_BINDINGS; i++)
		sasl->bindings[i] = ref_or_null(peer->bindings[i]);
	sasl->user = g_strdup("");
	return sasl;
}

void sasl_destroy(struct sasl **sasl)
{
	if (*sasl == NULL)
		return;
	g_free((*sasl)->peer_address);
	g_free((*sasl)->client_identity);
	for (size_t i = 0; i < SASL_BINDINGS; i++)
		g_clear_pointer(&(*sasl)->bindings[i], g_bytes_unref);
	g_free((*sasl)->user);
	auth_result_clear(&(*sasl)->result);
	scram_exchange_clear(&(*sasl)->scram);
	g_free(*sasl);
	*sasl = NULL;
}

void sasl_first_challenge(const struct sasl *sasl, GString *challenge_out)
{
	/* Every mechanism of ours lets the client speak first. */
	(void)sasl;
	(void)challenge_out;
}

enum sasl_step sasl_end(struct sasl *sasl, enum auth_outcome outcome)
{
	auth_conclude(sasl->auth, outcome, sasl->user, sasl->peer_address, sasl->mechanism->name, NULL,
		      &sasl->result);
	return SASL_DONE;
}

void sasl_set_user(struct sasl *sasl, struct slice user)
{
	g_free(sasl->user);
	sasl->user = slice_dup(user);
}

/* Whole groups of four with padding at the end only; NULL for anything else. */
static guchar *decode_line(struct slice line, size_t *len_out)
{
	g_autofree char *copy = NULL;
	g_autofree char *again = NULL;
	guchar *data;

	*len_out = 0;
	if (line.len % 4 != 0 || line.len > SASL_MAX_LINE)
		return NULL;
	copy = slice_dup(line);
	data = g_base64_decode(copy, len_out);
	again = g_base64_encode(data, *len_out);
	secret_wipe(copy, line.len);
	if (!slice_equal(slice_from_string(again), line)) {
		secret_wipe(data, *len_out);
		g_clear_pointer(&data, g_free);
	}
	secret_wipe(again, strlen(again));
	return data;
}

static void append_challenge(const GString *challenge, GString *out)
{
	g_autofree char *text = g_base64_encode((const guchar *)challenge->str, challenge->len);

	g_string_append(out, text);
}

enum sasl_step sasl_line(struct sasl *sasl, struct store *store, struct slice line,
			 bool is_initial, GString *challenge_out)
{
	g_autoptr(GString) challenge = g_string_new(NULL);
	enum sasl_step step;
	guchar *message;
	size_t len;

	if (!is_initial && slice_equal(line, SLICE("*")))
		return sasl_end(sasl, AUTH_CANCELLED);
	if (is_initial && slice_equal(line, SLICE("=")))
		line = slice_of(NULL, 0);
	message = decode_line(line, &len);
	if (message == NULL && line.len > 0)
		return sasl_end(sasl, AUTH_UNREADABLE);
	step = sasl->mechanism->step(sasl, store, slice_of((const char *)message, len), challenge);
	if (message != NULL)
		secret_wipe(message, len);
	g_free(message);
	if (step == SASL_CHALLENGE)
		append_challenge(challenge, challenge_out);
	return step;
}

const struct auth_result *sasl_result(const struct sasl *sasl)
{
	return &sasl->result;
}

const char *sasl_user(const struct sasl *sasl)
{
	return sasl->user;
}

const char *sasl_mechanism(const struct sasl *sasl)
{
	return sasl->mechanism->name;
}
