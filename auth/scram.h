/* SCRAM-SHA-256 (RFC 5802, 7677): the messages and the sums, as pure functions. */
#ifndef AUTH_SCRAM_H
#define AUTH_SCRAM_H

#include "auth/digest.h"

#define SCRAM_SALT_SIZE 16
#define SCRAM_MAX_SALT 64
/* The client computes this at each sign-in, the server once per password. */
#define SCRAM_ITERATIONS 16384

struct scram_verifier {
	unsigned iterations;
	uint8_t salt[SCRAM_MAX_SALT];
	size_t salt_len;
	struct digest stored_key, server_key;
};

/* "SCRAM-SHA-256$16384:SALT$STORED:SERVER" of a prepared password; free with
 * secret_free(). */
char *scram_verifier_make(const char *password);
/* Fills in the two keys from the password and the verifier's salt and iterations. */
void scram_verifier_derive(const char *password, struct scram_verifier *verifier);
bool scram_verifier_parse(const char *text, struct scram_verifier *verifier_out);

enum scram_binding {
	SCRAM_BINDING_NONE,     /* "n": the client can't */
	SCRAM_BINDING_UNUSED,   /* "y": it can, but thinks that the server can't */
	SCRAM_BINDING_USED,     /* "p=TYPE" */
};

/* Slices point into the message. */
struct scram_client_first {
	enum scram_binding binding;
	struct slice binding_type;
	struct slice gs2_header;     /* up to and with its second comma */
	struct slice bare;           /* what stands behind the header */
	char *user, *authzid;        /* unescaped; "" when absent; owned */
	struct slice nonce;
};

struct scram_client_final {
	struct slice without_proof;
	struct slice nonce;
	GBytes *channel;             /* c= decoded; owned */
	struct digest proof;
};

/* False when the grammar is broken or a mandatory extension is asked for.  The
 * value may be cleared either way. */
bool scram_client_first_parse(struct slice message, struct scram_client_first *first_out);
void scram_client_first_clear(struct scram_client_first *first);
bool scram_client_final_parse(struct slice message, struct scram_client_final *final_out);
void scram_client_final_clear(struct scram_client_final *final);

/* The middle of a gs2 header: "" or "a=NAME", where =2C and =3D stand for "," and "=".
 * False when it is anything else; else *authzid_out, "" for none, is to be freed. */
bool scram_authzid_parse(struct slice text, char **authzid_out);

/* "r=NONCE,s=SALT,i=ITERATIONS" */
void scram_server_first(const struct scram_verifier *verifier, struct slice nonce, GString *out);
/* True when the proof belongs to the password behind the verifier.  `transcript` is
 * client-first-bare , server-first , client-final-without-proof. */
bool scram_proof_is_right(const struct scram_verifier *verifier, struct slice transcript,
			  const struct digest *proof);
/* "v=SIGNATURE" */
void scram_server_final(const struct scram_verifier *verifier, struct slice transcript, GString *out);

#endif
