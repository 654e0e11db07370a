/* One exchange, as the mechanisms see it. */
#ifndef AUTH_SASL_PRIVATE_H
#define AUTH_SASL_PRIVATE_H

#include "auth/private.h"
#include "auth/sasl.h"
#include "auth/scram.h"

struct mechanism {
	const char *name;
	bool (*offered)(struct auth *auth, const struct sasl_peer *peer);
	/* One decoded message from the client; appends the undecoded challenge.  Ends by
	 * sasl_end() or auth_conclude() on sasl->result, then SASL_DONE. */
	enum sasl_step (*step)(struct sasl *sasl, struct store *store, struct slice message,
			       GString *challenge_out);
};

enum scram_state { SCRAM_WANTS_FIRST, SCRAM_WANTS_FINAL, SCRAM_WANTS_ACK };

struct scram_exchange {
	enum scram_state state;
	enum scram_binding binding;
	char *binding_type, *gs2_header, *authzid;
	GString *transcript;       /* client-first-bare , server-first */
	GString *nonce;            /* the client's and ours */
	struct scram_verifier verifier;
	bool known;                /* the verifier belongs to an account */
	struct auth_account account;
};

struct sasl {
	struct auth *auth;
	const struct mechanism *mechanism;
	char *peer_address, *client_identity;
	GBytes *bindings[SASL_BINDINGS];
	char *user;                /* as logged; "" until known */
	struct auth_result result;
	struct scram_exchange scram;
	bool bearer_refused;
};

/* Ends the exchange with a verdict that needs no account. */
enum sasl_step sasl_end(struct sasl *sasl, enum auth_outcome outcome);
void sasl_set_user(struct sasl *sasl, struct slice user);

enum sasl_step sasl_step_plain(struct sasl *sasl, struct store *store, struct slice message,
			       GString *challenge_out);
enum sasl_step sasl_step_external(struct sasl *sasl, struct store *store, struct slice message,
				  GString *challenge_out);
enum sasl_step sasl_step_bearer(struct sasl *sasl, struct store *store, struct slice message,
				GString *challenge_out);
enum sasl_step sasl_step_scram(struct sasl *sasl, struct store *store, struct slice message,
			       GString *challenge_out);
void scram_exchange_clear(struct scram_exchange *scram);

#endif
