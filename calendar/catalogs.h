/* The translations, as make-catalogs writes them into catalogs.c and
 * catalog-list.h: one .mo file each. */
#ifndef CALENDAR_CATALOGS_H
#define CALENDAR_CATALOGS_H

#include <stddef.h>

struct catalog {
	const char *name;     /* "de", "en_US" */
	const char *language; /* "de", "en-US" */
	const unsigned char *data;
	size_t size;
};

#include "calendar/catalog-list.h"

#endif
