/* HTML as events, read by libxml2 as a browser would: elements are closed, entities decoded,
 * nothing is fetched.  Internal to mime/. */
#ifndef MIME_HTML_READ_H
#define MIME_HTML_READ_H

#include "base/slice.h"

struct html_events {
	/* Pairs of name and value (NULL: none), ended by NULL; NULL: no attributes. */
	void (*start)(void *arg, const char *element, const char *const *attributes);
	void (*end)(void *arg, const char *element);
	void (*text)(void *arg, struct slice text); /* UTF-8 */
};

/* Any octets, read as UTF-8; never fails, and costs no more than their length: nesting that is
 * deeper than 256 is closed and begun anew, and behind an element with more than some hundred
 * attributes nothing is read. */
void html_read(struct slice html, const struct html_events *events, void *arg);

#endif
