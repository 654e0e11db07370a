/* Paths of MAIL and RCPT (RFC 5321 4.1.2, RFC 6531 3.3), as a pure function.
 *
 * A source route is read and dropped.  Quoted local parts lose quotes they do not
 * need, and those with dots at an end or in a row, that mobile operators gave out, get
 * the quotes they lack.  UTF-8 is taken with or without SMTPUTF8: the mail is already
 * with our own relay, and refusing it there helps nobody.  Other 8-bit octets, control
 * octets and over-long paths are refused. */
#ifndef LMTP_PATH_H
#define LMTP_PATH_H

#include "base/slice.h"

/* Octets of address; more than RFC 5321's 256, since VERP and SRS senders are long. */
#define LMTP_MAX_ADDRESS 512

struct lmtp_path {
	char *address;   /* "local@domain" in its shortest spelling, "" for <>; owned */
	bool is_ascii;
};

enum lmtp_path_kind {
	LMTP_REVERSE_PATH, /* may be <> */
	LMTP_FORWARD_PATH, /* may have no domain: <postmaster> */
};

/* Reads a path at the front of text.  True: *path_out is filled in (free with
 * lmtp_path_clear()) and *rest_out is what stands behind ">". */
bool lmtp_path_parse(struct slice text, enum lmtp_path_kind kind, struct lmtp_path *path_out,
		     struct slice *rest_out);
void lmtp_path_clear(struct lmtp_path *path);

#endif
