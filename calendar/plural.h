/* Which plural form a language uses for a number (the Plural-Forms header of a
 * gettext catalog: an expression of C in n). */
#ifndef CALENDAR_PLURAL_H
#define CALENDAR_PLURAL_H

#include <glib.h>

/* header: the catalog's header entry ("Name: value" lines).  The number of the form,
 * below the header's nplurals; 0 when the header has no usable expression. */
unsigned plural_form(const char *header, guint64 n);

#endif
