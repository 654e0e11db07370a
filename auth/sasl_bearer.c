/* OAUTHBEARER (RFC 7628): one message with a token, and, when it is refused, a status
 * as a challenge, which the client must answer before the exchange ends. */
#include "auth/sasl_private.h"

#include "base/clock.h"

#define SEPARATOR '\x01'

struct bearer_message {
	struct slice authzid, token;
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
static bool parse_header(struct slice header, struct slice *authzid_out)
{
	if (!skip_prefix(&header, SLICE("n,")) && !skip_prefix(&header, SLICE("y,")))
		return false;
	if (header.len == 0 || header.data[header.len - 1] != ',')
		return false;
	header.len--;
	if (header.len > 0 && !skip_prefix(&header, SLICE("a=")))
		return false;
	/* An address needs none of the escapes (=2C, =3D) of this place. */
	*authzid_out = header;
	return header.len == 0 || memchr(header.data, '=', header.len) == NULL;
}

static bool parse_message(struct slice rest, struct bearer_message *message)
{
	struct slice pair;

	*message = (struct bearer_message){ 0 };
	if (!take_pair(&rest, &pair) || !parse_header(pair, &message->authzid))
		return false;
	for (;;) {
		if (!take_pair(&rest, &pair))
			return false;
		if (pair.len == 0)
			return rest.len == 0 && message->token.len > 0;
		if (skip_prefix(&pair, SLICE("auth=Bearer "))) {
			if (message->token.len > 0)
				return false;
			message->token = pair;
		} else if (memchr(pair.data, '=', pair.len) == NULL) {
			return false;
		}
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
		.authzid = message->authzid, .peer = sasl->peer_address, .mechanism = sasl->mechanism->name,
	};
	g_autofree char *identity = NULL;
	enum token_result verdict = TOKEN_UNTRUSTED;

	if (policy != NULL)
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
	struct bearer_message parsed;

	/* Whatever the client answers to the status, it is over. */
	if (sasl->bearer_refused) {
		auth_conclude_uncounted(AUTH_DENIED, sasl->user, sasl->peer_address, sasl->mechanism->name,
					&sasl->result);
		return SASL_DONE;
	}
	if (!parse_message(message, &parsed))
		return sasl_end(sasl, AUTH_MALFORMED);
	sasl_set_user(sasl, parsed.authzid);
	return judge_token(sasl, store, &parsed, challenge_out);
}
