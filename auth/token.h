/* OAuth access tokens: JWTs (RFC 7519) signed by the issuer that the settings name.
 *
 * The key decides the algorithm, never the token: a PEM public key RS256 or ES256, any
 * other file is the secret of HS256.  A token must be signed by that key, not be
 * encrypted or "none", name our issuer and audience, have an expiry that is not past,
 * and carry the claim that is the account's address.  Unverified addresses
 * ("email_verified": false) are refused. */
#ifndef AUTH_TOKEN_H
#define AUTH_TOKEN_H

#include "base/slice.h"

#include <stdint.h>

#define TOKEN_MAX 8192
/* Clocks differ. */
#define TOKEN_LEEWAY 60

struct token_policy;

/* NULL and *error_out (g_free() it) when the key can't be used. */
struct token_policy *token_policy_create(const char *key_file, const char *issuer, const char *audience,
					 const char *claim, char **error_out);
struct token_policy *token_policy_ref(struct token_policy *policy);
/* *policy becomes NULL.  NULL is allowed. */
void token_policy_unref(struct token_policy **policy);

enum token_result {
	TOKEN_OK,
	TOKEN_MALFORMED,   /* no JWT */
	TOKEN_UNTRUSTED,   /* another algorithm, or the signature is wrong */
	TOKEN_EXPIRED,     /* past its time, or before it */
	TOKEN_NOT_FOR_US,  /* issuer, audience or identity are not as they must be */
};

/* now: seconds since 1970.  TOKEN_OK: *identity_out is the address, g_free() it. */
enum token_result token_verify(const struct token_policy *policy, struct slice token, int64_t now,
			       char **identity_out);

#endif
