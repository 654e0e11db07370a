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

static enum auth_outcome judge_external(struct sasl *sasl, enum store_result found,
					const struct auth_account *account, struct slice authzid)
{
	if (found == STORE_NOT_FOUND)
		return AUTH_DENIED;
	if (found != STORE_OK)
		return AUTH_UNAVAILABLE;
	if (!account->enabled)
		return AUTH_DISABLED;
	return auth_may_act_as(sasl->auth, account, authzid) ? AUTH_OK : AUTH_NOT_ALLOWED;
}

/* Who he is, net/ has verified; here only whether such an account exists, and
 * whether it is the one asked for. */
enum sasl_step sasl_step_external(struct sasl *sasl, struct store *store, struct slice message,
				  GString *challenge_out)
{
	struct auth_account account = { 0 };
	enum store_result found;

	(void)challenge_out;
	sasl_set_user(sasl, slice_from_string(sasl->client_identity));
	if (auth_must_wait(sasl->auth, sasl->user, sasl->peer_address, sasl->mechanism->name, &sasl->result))
		return SASL_DONE;
	found = auth_lookup(store, sasl->user, &account);
	auth_conclude(sasl->auth, judge_external(sasl, found, &account, message), sasl->user,
		      sasl->peer_address, sasl->mechanism->name, &account, &sasl->result);
	auth_account_clear(&account);
	return SASL_DONE;
}
