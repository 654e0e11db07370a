/* Header fields of a raw header range, in memory.
 *
 * A header is a run of fields, each a name, a colon and a value that may go on
 * in lines beginning with space or tab; line ends may be CRLF or bare LF.  Lines
 * that are no field (a line without a colon, "From " of an mbox) are skipped. */
#ifndef MIME_HEADER_H
#define MIME_HEADER_H

#include "base/slice.h"

#include <stdint.h>

struct header_field {
	struct slice name;  /* without the colon and white space in front of it */
	struct slice value; /* raw: folded, without the white space at both ends */
	struct slice whole; /* the field's octets from name to the last line end */
};

/* Start with *rest = the header; false at the end (a blank line, or no octets). */
bool header_next(struct slice *rest, struct header_field *field_out);
/* The first field of that name (any case). */
bool header_find(struct slice header, const char *name, struct header_field *field_out);
size_t header_count(struct slice header, const char *name);
/* Value of the first field of that name, unfolded; NULL when there is none.  g_free() it. */
char *header_value(struct slice header, const char *name);
/* The same with encoded words decoded, as valid UTF-8. */
char *header_decoded(struct slice header, const char *name);
/* Line ends removed (RFC 5322 2.2.3), NUL octets too; other white space stays. */
void header_unfold(GString *out, struct slice value);

/* Words of References, In-Reply-To, Message-ID: each <id> with its brackets, without
 * white space and needless quotes inside (normalised as RFC 5256 asks).  A GPtrArray of char *, freed with it. */
GPtrArray *header_message_ids(struct slice value);

/* RFC 5322 date with what the wild writes instead: true with seconds since 1970 UTC
 * and the zone's offset in seconds east. */
bool header_parse_date(struct slice value, int64_t *seconds_out, int *zone_out);

#endif
