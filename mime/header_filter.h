/* HEADER.FIELDS and HEADER.FIELDS.NOT over a header of any size, in pieces.  Internal to mime/. */
#ifndef MIME_HEADER_FILTER_H
#define MIME_HEADER_FILTER_H

#include "base/slice.h"

struct header_filter {
	const struct slice *names; /* sorted by header_filter_compare() */
	size_t count;
	bool invert;
	/* state */
	bool mid_line, pass;
	GString *head;
};

/* Of two `const struct slice *`, for qsort() and bsearch(). */
int header_filter_compare(const void *a, const void *b);

void header_filter_open(struct header_filter *filter, const struct slice *names, size_t count,
			bool invert);
void header_filter_close(struct header_filter *filter);
/* Appends what passes.  The blank line that ends the header always does. */
void header_filter_push(struct header_filter *filter, const char *data, size_t len, GString *out);
void header_filter_finish(struct header_filter *filter, GString *out);

#endif
