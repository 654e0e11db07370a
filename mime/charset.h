/* Text in any charset to UTF-8, never failing: a wrong or unknown label is tried as what
 * it most likely means, and what still can't be read becomes U+FFFD. */
#ifndef MIME_CHARSET_H
#define MIME_CHARSET_H

#include "base/slice.h"

/* Appends the text as valid UTF-8 without NUL.  An empty or unknown charset: UTF-8 when it
 * is valid UTF-8, else windows-1252. */
void charset_to_utf8(GString *out, struct slice text, struct slice charset);
/* Any octets as valid UTF-8. */
void charset_make_utf8(GString *out, struct slice text);
/* Encoded words (RFC 2047, and the broken forms in use) decoded; line ends removed; the
 * result is valid UTF-8. */
void charset_decode_header(GString *out, struct slice value);

#endif
