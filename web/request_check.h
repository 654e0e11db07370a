/* The strict reader of HTTP/1.x request heads that stands before the HTTP
 * library (RFC 9110, 9112).  The library accepts shapes that two parsers can read
 * differently (request smuggling); nothing reaches it that has not passed here.
 *
 * The octets stay where they are, in the connection's input: the check is shown
 * them again and again from the first one not yet passed, remembers how far it
 * looked, and says how many may go on.  So a head passes whole or not at all, a
 * body only as many octets as its Content-Length said, and the answer does not
 * depend on how the octets were cut.
 *
 * Refused: bare LF or CR, NUL and controls, obs-fold, space before the colon,
 * duplicate or odd Content-Length, any Transfer-Encoding (411 for chunked),
 * duplicate, missing or odd Host, targets that are neither an absolute path nor a URL of the
 * same host (RFC 9112 3.2.2), bad percent-encoding, %00, encoded slashes, dot segments, a body on GET or HEAD,
 * versions but 1.0 and 1.1, heads and bodies over the limits. */
#ifndef WEB_REQUEST_CHECK_H
#define WEB_REQUEST_CHECK_H

#include "base/slice.h"

#include <stdint.h>

struct request_check;

#define REQUEST_HEAD_LIMIT 16384 /* octets of a head */
#define REQUEST_TARGET_LIMIT 4096
#define REQUEST_FIELD_LIMIT 100  /* header fields */

enum request_verdict {
	REQUEST_MORE,    /* nothing may pass yet: show it more */
	REQUEST_HEAD,    /* the first *pass_out octets are a good head */
	REQUEST_BODY,    /* the first *pass_out octets belong to its body */
	REQUEST_REFUSED, /* send request_check_refusal() and close; nothing passes any more */
};

struct request_check *request_check_create(uint64_t body_limit);
void request_check_destroy(struct request_check **check);

/* `input` starts at the first octet that has not passed; octets shown before are
 * shown again.  REQUEST_HEAD and REQUEST_BODY count as passed. */
enum request_verdict request_check_next(struct request_check *check, struct slice input,
					size_t *pass_out);
/* Octets of the present request's body that have not passed yet. */
uint64_t request_check_body_left(const struct request_check *check);
/* True between the first octet of a head and the last of its body. */
bool request_check_is_inside(const struct request_check *check);

/* After REQUEST_REFUSED: the status, why (for the log, no foreign text in it), and
 * the whole response to send. */
unsigned request_check_status(const struct request_check *check);
const char *request_check_reason(const struct request_check *check);
void request_check_refusal(const struct request_check *check, GString *out);

#endif
