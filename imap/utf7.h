/* Modified UTF-7 of mailbox names (RFC 3501 5.1.3). */
#ifndef IMAP_UTF7_H
#define IMAP_UTF7_H

#include "base/slice.h"

/* Appends the UTF-8 form.  False (with `out` as it was) for octets outside
 * printable ASCII and for encodings that are not the one right form: unfinished
 * or needless shifts, two shifts in a row, surrogates alone, bits left over,
 * NUL.  So two names that look different never mean the same mailbox. */
bool utf7_decode(struct slice name, GString *out);

/* Appends the modified UTF-7 form of valid UTF-8 text. */
void utf7_encode(struct slice utf8, GString *out);

#endif
