/* IMAP's ENVELOPE (RFC 9051 7.5.2), ready to send, from a raw header.
 *
 * Every string is quoted where the grammar allows it to every client (7-bit, no CR,
 * LF, NUL) and a literal where not, so the one text serves IMAP4rev1 and rev2. */
#ifndef MIME_ENVELOPE_H
#define MIME_ENVELOPE_H

#include "base/slice.h"

/* Appends "(date subject from sender reply-to to cc bcc in-reply-to message-id)".
 * Encoded words stay as they are (RFC 9051).  Absent Sender and Reply-To are From. */
void envelope_write(GString *out, struct slice header);

/* Appends an IMAP string: quoted, or a literal where it must be.  NUL octets, which no
 * string can carry, become '?'. */
void envelope_write_string(GString *out, struct slice text);

#endif
