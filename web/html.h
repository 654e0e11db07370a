/* HTML by construction: every text and attribute value is escaped on its way in
 * (base/escape.h), elements nest because the writer closes them, and a link's
 * scheme is checked.  There is no way to add raw markup, so no field of a foreign
 * calendar can become any.
 *
 * Element and attribute names are the program's own words and asserted to be
 * lower-case letters, digits and hyphens. */
#ifndef WEB_HTML_H
#define WEB_HTML_H

#include "base/slice.h"

struct html;

/* Starts with the doctype. */
struct html *html_create(void);
/* Asserts that every element is closed; *html becomes NULL; g_string_free() the
 * result. */
GString *html_finish(struct html **html);
/* For a page that is given up half-made.  NULL is allowed. */
void html_destroy(struct html **html);

/* Attributes are pairs of name and value, ended by NULL.  A pair whose value is
 * NULL is left out; "" makes a bare attribute (required, checked). */
void html_open(struct html *html, const char *element, ...) G_GNUC_NULL_TERMINATED;
/* Closes the innermost open element, which must be `element`. */
void html_close(struct html *html, const char *element);
/* <input>, <meta>, <link>, <br>, <hr>: no content. */
void html_void(struct html *html, const char *element, ...) G_GNUC_NULL_TERMINATED;
/* An element that holds text only; NULL text is empty. */
void html_element(struct html *html, const char *element, const char *text, ...)
	G_GNUC_NULL_TERMINATED;

void html_text(struct html *html, const char *text);
void html_textf(struct html *html, const char *format, ...) G_GNUC_PRINTF(2, 3);
/* Text with line ends kept as <br>, http(s) addresses in it made links. */
void html_prose(struct html *html, const char *text);

/* http:, https:, mailto: and scheme-less addresses; every other scheme
 * (javascript:, data:, with spaces or controls before it ...) is not. */
bool html_link_is_safe(const char *address);

#endif
