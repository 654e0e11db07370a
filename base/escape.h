/* Making foreign text safe for the place it is put into. */
#ifndef BASE_ESCAPE_H
#define BASE_ESCAPE_H

#include "base/slice.h"

/* Appends text for HTML element content and double-quoted attribute values:
 * & < > " ' become references; octets that are not UTF-8 become U+FFFD; control
 * characters other than TAB, LF and CR, and the bidi controls U+202A..U+202E and
 * U+2066..U+2069, are dropped. */
void escape_html(GString *out, struct slice text);

/* Appends text for one line of a log: printable ASCII and valid UTF-8 as they
 * are, control octets, bad UTF-8, backslash and double quote as \xHH. */
void escape_log(GString *out, struct slice text);

/* Appends text percent-encoded for one URL path segment or query value:
 * everything but RFC 3986 unreserved. */
void escape_url(GString *out, struct slice text);

#endif
