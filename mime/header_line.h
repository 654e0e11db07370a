/* What one header line is; shared by the part indexer and the field walker, so that
 * both see the same fields.  Internal to mime/. */
#ifndef MIME_HEADER_LINE_H
#define MIME_HEADER_LINE_H

#include "base/slice.h"

/* How much of a line is looked at: longer names, and longer boundary lines, are none. */
#define HEADER_LINE_HEAD 8192

/* The length of the field name a line begins with, 0 when it is no field.  *colon_out is
 * where its colon stands.  A name is printable ASCII or 8-bit octets without a colon, white
 * space may stand in front of the colon (RFC 5322 4.5), and a line that looks like a
 * boundary is no field. */
static inline size_t header_line_name(const char *line, size_t len, size_t *colon_out)
{
	size_t n = 0;

	if (len > HEADER_LINE_HEAD)
		len = HEADER_LINE_HEAD;
	while (n < len && (unsigned char)line[n] > ' ' && line[n] != ':' && line[n] != 127)
		n++;
	if (n == 0 || (n >= 2 && line[0] == '-' && line[1] == '-'))
		return 0;
	for (size_t colon = n; colon < len; colon++) {
		if (line[colon] == ':') {
			*colon_out = colon;
			return n;
		}
		if (line[colon] != ' ' && line[colon] != '\t')
			return 0;
	}
	return 0;
}

/* "From " or ">From " of an mbox, which some programs leave as the first line. */
static inline bool header_line_is_mbox(const char *line, size_t len)
{
	return (len >= 5 && memcmp(line, "From ", 5) == 0) ||
	       (len >= 6 && memcmp(line, ">From ", 6) == 0);
}

static inline bool header_line_is_blank(const char *line, size_t len)
{
	return (len == 1 && line[0] == '\n') || (len == 2 && line[0] == '\r' && line[1] == '\n');
}

#endif
