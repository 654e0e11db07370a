/* What one header line is; shared by the part indexer and the field walker, so that
 * both see the same fields.  Internal to mime/. */
#ifndef MIME_HEADER_LINE_H
#define MIME_HEADER_LINE_H

#include "base/slice.h"

/* How much of a line is looked at: longer names, and longer boundary lines, are none. */
#define HEADER_LINE_HEAD 8192

/* Whether the line is a field: a name, which may be empty (others take that for a field too), and a
 * colon, perhaps with white space in front of it (RFC 5322 4.5).  A name is printable ASCII or 8-bit
 * octets; a line that looks like a boundary is no field. */
static inline bool header_line_is_field(const char *line, size_t len, size_t *name_out, size_t *colon_out)
{
	size_t n = 0;

	if (len > HEADER_LINE_HEAD)
		len = HEADER_LINE_HEAD;
	while (n < len && (unsigned char)line[n] > ' ' && line[n] != ':' && line[n] != 127)
		n++;
	if (n >= 2 && line[0] == '-' && line[1] == '-')
		return false;
	*name_out = *colon_out = n;
	while (n > 0 && *colon_out < len && (line[*colon_out] == ' ' || line[*colon_out] == '\t'))
		(*colon_out)++;
	return *colon_out < len && line[*colon_out] == ':';
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
