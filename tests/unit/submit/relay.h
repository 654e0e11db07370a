/* A small SMTP server with a script, in a thread of the test. */
#ifndef TESTS_UNIT_SUBMIT_RELAY_H
#define TESTS_UNIT_SUBMIT_RELAY_H

#include "base/slice.h"

struct relay_script {
	const char *banner;        /* NULL: "220 relay.test" */
	const char *extensions;    /* EHLO lines, "250-SIZE\r\n250-SMTPUTF8\r\n"; NULL: none */
	const char *mail, *rcpt, *data, *done, *auth; /* replies; NULL: the good one */
	bool starttls, implicit_tls;
	bool close_after_data;     /* reads the message and hangs up without an answer */
};

struct relay;

struct relay *relay_start(const struct relay_script *script);
/* "smtp://localhost:PORT" or "smtps://..."; valid until relay_stop(). */
const char *relay_url(const struct relay *relay);
/* Waits for the conversation's end.  *lines_out: every command, one a line, in
 * order, with "<TLS>" where it began; *message_out: octets of DATA as sent. */
void relay_stop(struct relay **relay, char **lines_out, char **message_out);

/* PEM file of the certificate that the relay shows for localhost. */
const char *relay_certificate(void);
void relay_certificate_remove(void);

#endif
