/* HTML to text.  Internal to mime/ (text.h offers it). */
#ifndef MIME_HTML_H
#define MIME_HTML_H

#include "base/slice.h"

/* The charset an HTML text says of itself in a meta element, or an empty slice. */
struct slice html_charset(struct slice html);

#endif
