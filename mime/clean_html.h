/* A sender's HTML made harmless, to stand inside HTML of ours.
 *
 * Only known elements, attributes and URL schemes come out, written anew with
 * everything escaped and every element closed: no script, no style sheet, no form,
 * nothing that is fetched from elsewhere (images only from inside the mail, cid:).
 * The words, tables, emphasis and links stay; colours go, so that the text can be read on
 * a light page and on a dark one. */
#ifndef MIME_CLEAN_HTML_H
#define MIME_CLEAN_HTML_H

#include "base/slice.h"

/* Appends what belongs inside <body>.  The octets are read as UTF-8.  Never fails;
 * nesting beyond 200 is flattened. */
void clean_html(GString *out, struct slice html);

#endif
