/* i;unicode-casemap (RFC 5051): the form in which texts are compared and searched.
 * Titlecase by the simple mapping, then full compatibility decomposition. */
#ifndef MIME_CASEMAP_H
#define MIME_CASEMAP_H

#include "base/slice.h"

/* Appends the form of valid or invalid UTF-8 (invalid octets become U+FFFD). */
void casemap_append(GString *out, struct slice text);
/* The same with runs of white space (line ends too) made one space: for search text,
 * so that a match does not depend on where a line was folded.  *in_space carries the
 * state between pieces; start with true to drop leading space. */
void casemap_append_search(GString *out, struct slice text, bool *in_space);

#endif
