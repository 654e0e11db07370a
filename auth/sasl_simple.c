/* The mechanisms of one message: PLAIN (RFC 4616) and EXTERNAL (RFC 4422 app. A). */
#include "auth/sasl_private.h"

/* [authzid] NUL authcid NUL password, the password free of NUL. */
static bool split_plain(struct slice message, struct auth_password_attempt *attempt)
{
	const char *first, *second, *end = message.data + message.len;

	first = message.len > 0 ? memchr(message.data, '\0', message.len) : NULL;
	if (first == NULL)
		return false;
	second = memchr(first + 1, '\0', (size_t)(end - first - 1));
	if (second == NULL || memchr(second + 1, '\0', (size_t)(end - second - 1)) != NULL)
		return false;
	attempt->authzid = slice_of(message.data, (size_t)(first - message.data));
	attempt->user = slice_of(first + 1, (size_t)(second - first - 1));
	attempt->password = slice_of(second + 1, (size_t)(end - second - 1));
	return attempt->user.len > 0 && attempt->password.len > 0;
}

enum sasl_step sasl_step_plain(struct sasl *sasl, struct store *store, struct slice message,
			       GString *challenge_out)
{
	struct auth_password_attempt attempt = {
		.peer = sasl->peer_address, .mechanism = sasl->mechanism->name,
	};

	(void)challenge_out;
	if (!split_plain(message, &attempt))
		return sasl_end(sasl, AUTH_MALFORMED);
	sasl_set_user(sasl, attempt.user);
	auth_attempt_password(store, sasl->auth, &attempt, &sasl->result);
	return SASL_DONE;
}

/* Who he is, net/ has verified; here only whether such an account exists, and
 * whether it is the one asked for. */
enum sasl_step sasl_step_external(struct sasl *sasl, struct store *store, struct slice message,
				  GString *challenge_out)
{
	const struct auth_identity_attempt attempt = {
		.identity = sasl->client_identity, .authzid = message,
		.peer = sasl->peer_address, .mechanism = sasl->mechanism->name,
	};

	(void)challenge_out;
	sasl_set_user(sasl, slice_from_string(sasl->client_identity));
	auth_attempt_identity(store, sasl->auth, &attempt, &sasl->result);
	return SASL_DONE;
}
