/* Hands one message to the outgoing relay by SMTP and says what came of it.
 *
 * STARTTLS is required, and the relay's certificate verified, when a password is to
 * be sent; without one TLS is used where offered.  The certificate of an smtps://
 * relay is always verified.  Blocks, within time limits, so it runs in a thread of
 * its own kind, never in a network thread.
 *
 * A message with 8-bit octets is sent as it is, without BODY=8BITMIME (libcurl has
 * no way to say it): whoever builds mail encodes it to 7 bits.  SMTPUTF8 is used
 * when an address needs it and the relay offers it. */
#ifndef SUBMIT_SUBMIT_H
#define SUBMIT_SUBMIT_H

#include "config/config.h"

#include <sys/types.h>

enum submit_status {
	SUBMIT_SENT,      /* the relay took responsibility (250 after the data) */
	SUBMIT_TRANSIENT, /* try again later: unreachable, 4xx, TLS or sign-in failed, no relay set */
	SUBMIT_PERMANENT, /* the relay refused sender, recipient or message with 5xx */
};

struct submit_result {
	enum submit_status status;
	unsigned code;   /* last SMTP reply code; 0: none came */
	char *text;      /* one line of valid UTF-8 for the log and the queue; never NULL; owned */
};

void submit_result_clear(struct submit_result *result);

struct submit_message {
	const char *sender;              /* "" for the null sender */
	const char *const *recipients;   /* NULL-terminated, at least one; all or none get it */
	uint64_t size;                   /* of what `read` will give */
	/* Next octets: the number read, 0 at the end, -1 on failure (the transaction is
	 * then aborted, and the result transient). */
	ssize_t (*read)(void *arg, void *buffer, size_t len);
	void *arg;
};

/* Seconds that a call may take. */
#define SUBMIT_LONGEST 600

/* Several threads may call it at the same time.  *result_out is overwritten. */
void submit_message(const struct config_submit *settings, const struct submit_message *message,
		    struct submit_result *result_out);

#endif
