/* OAUTHBEARER (RFC 7628): one message with a token, and, when it is refused, a status
 * as a challenge, which the client must answer before the exchange ends. */
#include "auth/sasl_private.h"

#include "base/clock.h"

#define SEPARATOR '\x01'

struct bearer_message {
	char *authzid;
	bool has_auth;
	struct slice token; /* empty: the client asks what it needs (section 4.3), or tries another scheme */
};

/* Up to the separator; the rest follows it. */
static bool take_pair(struct slice *rest, struct slice *pair_out)
{
	const char *end = rest->len > 0 ? memchr(rest->data, SEPARATOR, rest->len) : NULL;

	if (end == NULL)
		return false;
	*pair_out = slice_of(rest->data, (size_t)(end - rest->data));
	*rest = slice_of(end + 1, rest->len - pair_out->len - 1);
	return true;
}

static bool skip_prefix(struct slice *text, struct slice prefix)
{
	if (text->len < prefix.len || !slice_equal_ascii_case(slice_of(text->data, prefix.len), prefix))
		return false;
	*text = slice_of(text->data + prefix.len, text->len - prefix.len);
	return true;
}

/* "n,a=user@example.test," or "n,,"; channel binding there is none. */
static bool parse_header(struct slice header, char **authzid_out)
{
	if (!skip_prefix(&header, SLICE("n,")) && !skip_prefix(&header, SLICE("y,")))
		return false;
	if (header.len == 0 || header.data[header.len - 1] != ',')
		return false;
	header.len--;
	return (header.len == 0 || memchr(header.data, ',', header.len) == NULL) &&
	       scram_authzid_parse(header, authzid_out);
}

/* Letters, "=", and what HTTP's header fields are made of. */
static bool is_pair(struct slice pair)
{
	size_t key = 0;

	while (key < pair.len && g_ascii_isalpha(pair.data[key]))
		key++;
	if (key == 0 || key == pair.len || pair.data[key] != '=')
		return false;
	for (size_t i = key; i < pair.len; i++)
		if (!g_ascii_isprint(pair.data[i]) && memchr("\t\r\n", pair.data[i], 3) == NULL)
			return false;
	return true;
}

static bool take_auth(struct slice value, struct bearer_message *message)
{
	if (message->has_auth)
		return false;
	message->has_auth = true;
	if (!skip_prefix(&value, SLICE("Bearer ")))
		return true;
	while (value.len > 0 && value.data[0] == ' ')
		value = slice_of(value.data + 1, value.len - 1);
	message->token = value;
	return true;
}

static bool parse_message(struct slice rest, struct bearer_message *message)
{
	struct slice pair;

	if (!take_pair(&rest, &pair) || !parse_header(pair, &message->authzid))
		return false;
	for (;;) {
		if (!take_pair(&rest, &pair))
			return false;
		if (pair.len == 0)
			return rest.len == 0 && message->has_auth;
		if (!is_pair(pair) || (skip_prefix(&pair, SLICE("auth=")) && !take_auth(pair, message)))
			return false;
	}
}

static enum sasl_step refuse_token(struct sasl *sasl, GString *challenge_out)
{
	sasl->bearer_refused = true;
	g_string_append(challenge_out, "{\"status\":\"invalid_token\"}");
	return SASL_CHALLENGE;
}

static enum sasl_step judge_token(struct sasl *sasl, struct store *store, const struct bearer_message *message,
				  GString *challenge_out)
{
	struct token_policy *policy = auth_token_policy(sasl->auth);
	struct auth_identity_attempt attempt = {
		.authzid = slice_from_string(message->authzid), .peer = sasl->peer_address, .mechanism = sasl->mechanism->name,
	};
	g_autofree char *identity = NULL;
	enum token_result verdict = TOKEN_UNTRUSTED;

	if (policy != NULL && message->token.len > 0)
		verdict = token_verify(policy, message->token, clock_now() / G_USEC_PER_SEC, &identity);
	token_policy_unref(&policy);
	if (verdict != TOKEN_OK)
		return refuse_token(sasl, challenge_out);
	attempt.identity = identity;
	sasl_set_user(sasl, slice_from_string(identity));
	auth_attempt_identity(store, sasl->auth, &attempt, &sasl->result);
	return SASL_DONE;
}

enum sasl_step sasl_step_bearer(struct sasl *sasl, struct store *store, struct slice message,
				GString *challenge_out)
{
	struct bearer_message parsed = { 0 };
	enum sasl_step step;

	/* Whatever the client answers to the status, it is over. */
	if (sasl->bearer_refused) {
		auth_conclude_uncounted(AUTH_DENIED, sasl->user, sasl->peer_address, sasl->mechanism->name,
					&sasl->result);
		return SASL_DONE;
	}
	if (parse_message(message, &parsed)) {
		sasl_set_user(sasl, slice_from_string(parsed.authzid));
		step = judge_token(sasl, store, &parsed, challenge_out);
	} else {
		step = sasl_end(sasl, AUTH_MALFORMED);
	}
	g_free(parsed.authzid);
	return step;
}
