/* Yes or no to credentials.
 *
 * One `struct auth` serves the whole process: it holds the throttle and the cache
 * of successful checks, both bounded, and is safe for use by many threads.  What
 * reaches the database or computes a hash blocks, so it runs in a store worker.
 *
 * An unknown name costs the same time as a wrong password.  A password is never
 * kept: the cache remembers a keyed hash of (account, stored hash, password) for
 * a short while, so a changed password is in force at once.  Every decision
 * leaves one line in the log, without the password. */
#ifndef AUTH_AUTH_H
#define AUTH_AUTH_H

#include "config/config.h"
#include "store/store.h"

struct auth;

enum auth_outcome {
	AUTH_OK,
	AUTH_DENIED,      /* unknown name or wrong secret; never say which */
	AUTH_DISABLED,    /* the right secret of an account that is switched off */
	AUTH_NOT_ALLOWED, /* the right secret, but not for the identity asked for */
	AUTH_THROTTLED,   /* too many failures; nothing was checked; come back later */
	AUTH_UNAVAILABLE, /* the database did not answer */
	AUTH_MALFORMED,   /* what the client sent breaks the mechanism's rules */
	AUTH_UNREADABLE,  /* the client sent a line that is no base64, or too long */
	AUTH_CANCELLED,   /* the client sent "*" */
};
enum { AUTH_OUTCOMES = AUTH_CANCELLED + 1 };

/* For logs: "ok", "denied" ... */
const char *auth_outcome_name(enum auth_outcome outcome);
/* Attempts that ended so since the start; any thread. */
uint64_t auth_attempts(enum auth_outcome outcome);

struct auth_result {
	enum auth_outcome outcome;
	uint64_t account_id;      /* valid with AUTH_OK, else 0 */
	char *address;            /* the account's own address with AUTH_OK, else NULL */
};

void auth_result_clear(struct auth_result *result);

/* The configuration is referenced. */
struct auth *auth_create(const struct config *config);
/* Takes newer settings; the throttle and the cache stay. */
void auth_reload(struct auth *auth, const struct config *config);
/* *auth becomes NULL.  NULL is allowed. */
void auth_destroy(struct auth **auth);

/* In a worker.  `user` is the name as the client gave it (a name without "@" gets
 * [server] default_domain); `peer` the client's bare address.  *result_out is
 * overwritten; auth_result_clear() it. */
void auth_check_password(struct store *store, struct auth *auth, struct slice user,
			 struct slice password, const char *peer, struct auth_result *result_out);

/* What is kept of a password: set when an account is made or its password changes. */
struct auth_secrets {
	char *password_hash;      /* crypt(3) string, yescrypt */
	char *scram_sha256;       /* SCRAM-SHA-256$ITERATIONS:SALT$STORED:SERVER (RFC 5803's form) */
};

/* Why a password can't be used: empty, over 1,024 octets, a control octet, not
 * UTF-8; NULL when it can. */
const char *auth_password_problem(struct slice password);
/* Slow on purpose (some 50 ms).  The password has no problem. */
void auth_secrets_make(struct slice password, struct auth_secrets *secrets_out);
void auth_secrets_clear(struct auth_secrets *secrets);

#endif
