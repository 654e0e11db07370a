/* Names and passwords made comparable: SASLprep (RFC 4013) of UTF-8 text.
 *
 * ASCII stays as it is.  Spaces become U+0020, what is "mapped to nothing" goes,
 * the rest is NFKC.  Control and unassigned characters, private use, non-characters
 * and what is no text (U+FFFD ...) are refused.  Differs from RFC 4013 in that the
 * tables are those of GLib's Unicode version, and that the bidi rule is not applied
 * (a password that breaks it was typed that way). */
#ifndef AUTH_PREPARE_H
#define AUTH_PREPARE_H

#include "base/slice.h"

/* Longest text looked at, in octets. */
#define PREPARE_MAX 1024

/* A new string, to be freed with secret_free(); NULL when refused (also: empty,
 * too long, not UTF-8). */
char *prepare_text(struct slice text);

#endif
