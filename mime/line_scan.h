/* Skipping body lines at the speed of memory.  Internal to mime/. */
#ifndef MIME_LINE_SCAN_H
#define MIME_LINE_SCAN_H

#include "base/slice.h"

#include <stdint.h>

struct line_scan {
	uint64_t lines;  /* LFs passed, added up */
	bool has_nul;    /* a NUL octet was passed; sticky */
};

/* Octets from data up to the first line start behind it that has '-' there (the LF in front is
 * passed), or len when there is none. */
size_t line_scan_to_hyphen(struct line_scan *scan, const char *data, size_t len);
/* All octets. */
void line_scan_all(struct line_scan *scan, const char *data, size_t len);

#endif
