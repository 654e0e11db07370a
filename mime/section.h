/* A section of a message (RFC 9051 6.4.5.1) as octets, with the partial range applied
 * last, on the very octets that are sent: size announced == octets sent ==
 * min(asked, left).
 *
 * The message is the content plus this copy's own header fields (the prefix), which
 * stand in front of the top-level header: in the whole message, HEADER,
 * HEADER.FIELDS, and MIME of a part 1 that is the message itself. */
#ifndef MIME_SECTION_H
#define MIME_SECTION_H

#include "mime/part_index.h"
#include "mime/source.h"

enum section_what {
	SECTION_BODY,              /* [] or [1.2] */
	SECTION_HEADER,
	SECTION_HEADER_FIELDS,
	SECTION_HEADER_FIELDS_NOT,
	SECTION_TEXT,
	SECTION_MIME,
	SECTION_BINARY,            /* BINARY[...]: transfer encoding removed (RFC 3516) */
};

struct section_spec {
	const uint32_t *path;       /* numbers from 1; none: the message */
	size_t path_len;
	enum section_what what;
	const struct slice *fields; /* names for HEADER_FIELDS and _NOT; see section_sort_fields() */
	size_t field_count;
	bool partial;               /* <offset.length> */
	uint64_t offset, length;
};

/* The order in which struct section_spec has them; case does not matter. */
void section_sort_fields(struct slice *names, size_t count);

enum section_result {
	SECTION_OK,
	SECTION_NONE,        /* the message has no such section: an empty string or NIL */
	SECTION_UNKNOWN_CTE, /* BINARY of an unknown transfer encoding: NO [UNKNOWN-CTE] */
	SECTION_FAILED,      /* the source can't be read */
};

/* A section being sent. */
struct section;

/* Everything given must outlive the section.  *section_out is set on SECTION_OK only. */
enum section_result section_open(const struct section_spec *spec, const struct part_index *index,
				 struct slice prefix, const struct mime_source *source,
				 struct section **section_out);
/* Octets that section_read will give, the partial range applied. */
uint64_t section_size(const struct section *section);
/* Whether there may be a NUL among them: known of what is decoded, since its size had to be counted; of
 * what goes out as it lies, as far as the index tells, which is of the whole message. */
bool section_may_hold_nul(const struct section *section);
/* The next up to len octets in order: the number, 0 at the end, -1 when the source fails. */
ssize_t section_read(struct section *section, void *data, size_t len);
/* *section becomes NULL.  NULL is allowed. */
void section_close(struct section **section);

/* A section that is plain ranges (all but HEADER.FIELDS, _NOT and BINARY of encoded
 * parts): first `prefix`, then size octets of the content at offset.  False for the others. */
struct section_ranges {
	struct slice prefix;
	uint64_t offset, size;
};
bool section_as_ranges(const struct section *section, struct section_ranges *ranges_out);

/* RFC822.SIZE of a copy. */
uint64_t section_message_size(const struct part_index *index, struct slice prefix);

#endif
