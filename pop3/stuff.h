/* Multi-line responses: dot-stuffing and the end (RFC 1939 section 3), for octets
 * that come in pieces of any size; and TOP's count of lines.
 *
 * The octets of the message go out as they are stored.  A dot is put in front of a
 * dot that begins a line, where a line also begins behind a bare LF: clients that
 * read line by line would otherwise take "LF . LF" inside a message for its end and
 * the rest of it for replies. */
#ifndef POP3_STUFF_H
#define POP3_STUFF_H

#include "base/slice.h"

#include <stdint.h>

struct pop3_stuffer {
	char last, before_last;   /* octets already seen; "\r\n" at the start */
};

void pop3_stuffer_init(struct pop3_stuffer *stuffer);
/* Appends the piece with its dots stuffed. */
void pop3_stuff(struct pop3_stuffer *stuffer, struct slice piece, GString *out);
/* The piece, not empty, was sent as it is: it needs no stuffing. */
void pop3_stuffer_skip(struct pop3_stuffer *stuffer, struct slice piece);
/* Appends what ends the response: CRLF unless the octets ended with one, ".", CRLF. */
void pop3_stuff_end(struct pop3_stuffer *stuffer, GString *out);

/* The front of `body` up to and with its `lines`th LF; *lines is lowered by the LFs
 * in it.  All of body when it has fewer. */
struct slice pop3_first_lines(struct slice body, uint64_t *lines);

#endif
