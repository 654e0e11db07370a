/* The server's side of SASL (RFC 4422), the same for every front room: PLAIN
 * (4616), SCRAM-SHA-256 and SCRAM-SHA-256-PLUS (5802, 7677), OAUTHBEARER (7628),
 * EXTERNAL.
 *
 * Way of an exchange: sasl_begin() in the network thread; then, for each line the
 * client sends, a worker job that calls sasl_line(); SASL_CHALLENGE: write the
 * challenge and read the next line; SASL_DONE: look at sasl_result().
 *
 * Which mechanisms are offered follows from the peer: none while a secret would
 * cross in plain text without permission; -PLUS only with channel binding data;
 * EXTERNAL only with a verified client certificate; OAUTHBEARER only with
 * [auth] oauth_key set. */
#ifndef AUTH_SASL_H
#define AUTH_SASL_H

#include "auth/auth.h"

struct sasl;

/* The channel bindings that -PLUS takes, by their registered names (RFC 9266, 5929). */
#define SASL_BINDINGS 3
extern const char *const sasl_binding_types[SASL_BINDINGS];

/* What the front room knows of its connection.  Copied where it is kept. */
struct sasl_peer {
	const char *address;         /* bare address, for the throttle and the log */
	bool may_sign_in;            /* TLS, or plain text that the settings allow */
	GBytes *bindings[SASL_BINDINGS]; /* data of each type; NULL: none */
	const char *client_identity; /* address in a verified client certificate; NULL: none */
};

enum sasl_step {
	SASL_CHALLENGE, /* write the challenge, read the client's next line */
	SASL_DONE,      /* over, well or badly: sasl_result() */
};

/* Gives the binding data back. */
void sasl_peer_clear(struct sasl_peer *peer);

/* Longest line sasl_line() can make use of; longer ones may be refused unread. */
#define SASL_MAX_LINE 16384

/* Appends prefix and name of every mechanism offered to this peer, best first:
 * with " AUTH=" for IMAP, with " " for a POP3 list. */
void sasl_print_mechanisms(struct auth *auth, const struct sasl_peer *peer, const char *prefix, GString *out);

/* NULL when the mechanism is unknown or not offered to this peer. */
struct sasl *sasl_begin(struct auth *auth, const struct sasl_peer *peer, struct slice mechanism);
/* *sasl becomes NULL.  NULL is allowed. */
void sasl_destroy(struct sasl **sasl);

/* The challenge to send when the command carried no initial response: appends
 * its base64 text, which is empty for all our mechanisms (the client speaks first). */
void sasl_first_challenge(const struct sasl *sasl, GString *challenge_out);

/* In a worker.  One line as it came: base64, or "*" to cancel; `is_initial` for an
 * initial response, where "=" means an empty one.  With SASL_CHALLENGE appends the
 * base64 text of the challenge (without "+ " or CRLF).  Not called after SASL_DONE. */
enum sasl_step sasl_line(struct sasl *sasl, struct store *store, struct slice line,
			 bool is_initial, GString *challenge_out);

/* After SASL_DONE; valid until sasl_destroy(). */
const struct auth_result *sasl_result(const struct sasl *sasl);
/* The name the client gave, or "" when it came to none; for logs, unescaped. */
const char *sasl_user(const struct sasl *sasl);
/* The mechanism's name in capitals. */
const char *sasl_mechanism(const struct sasl *sasl);

#endif
