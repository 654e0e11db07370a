/* What the files of auth/ share: one attempt to sign in, from name to verdict. */
#ifndef AUTH_PRIVATE_H
#define AUTH_PRIVATE_H

#include "auth/auth.h"
#include "auth/lookup.h"
#include "auth/token.h"

/* The whole address for a name as given: prepared, in small letters, and with the
 * default domain added; NULL when it can't be an account's name. */
char *auth_full_name(struct auth *auth, struct slice user);

/* True, with *result_out set and a log line written, when this client must wait. */
bool auth_must_wait(struct auth *auth, const char *name, const char *peer, const char *mechanism,
		    struct auth_result *result_out);

/* Ends an attempt: counts it in the throttle, logs it, fills *result_out.  `account`
 * is needed with AUTH_OK only. */
void auth_conclude(struct auth *auth, enum auth_outcome outcome, const char *name, const char *peer,
		   const char *mechanism, const struct auth_account *account,
		   struct auth_result *result_out);

/* The same for a refusal that is no guess: a token that has run out is routine, and an
 * invented one has no chance. */
void auth_conclude_uncounted(enum auth_outcome outcome, const char *name, const char *peer,
			     const char *mechanism, struct auth_result *result_out);

/* auth_check_password() under the name of another mechanism and, when `authzid` is
 * not empty, for that identity. */
struct auth_password_attempt {
	struct slice user, password, authzid;
	const char *peer, *mechanism;
};
void auth_attempt_password(struct store *store, struct auth *auth,
			   const struct auth_password_attempt *attempt,
			   struct auth_result *result_out);

/* AUTH_OK when authzid is empty or one of the account's addresses, AUTH_NOT_ALLOWED
 * when it is not, AUTH_UNAVAILABLE when the database did not answer. */
enum auth_outcome auth_may_act_as(struct store *store, struct auth *auth, const struct auth_account *account,
				  struct slice authzid);

/* A new reference, or NULL: tokens are not taken. */
struct token_policy *auth_token_policy(struct auth *auth);

/* An identity that was proven by other means than a password (certificate, token): the
 * account of that address, for `authzid` when that is not empty. */
struct auth_identity_attempt {
	const char *identity;
	struct slice authzid;
	const char *peer, *mechanism;
};
void auth_attempt_identity(struct store *store, struct auth *auth, const struct auth_identity_attempt *attempt,
			   struct auth_result *result_out);

/* Salt for names (auth_full_name()) without a SCRAM verifier: looks random, same for
 * the same name on every node.  False when the database did not answer. */
bool auth_decoy_salt(struct store *store, struct auth *auth, const char *name, uint8_t *salt_out, size_t len);

#endif
