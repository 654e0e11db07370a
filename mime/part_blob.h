/* The layout of the part index blob.  Internal to mime/.
 *
 * All numbers little-endian:
 *   head      48 octets: magic and version, count, flags, length of the strings, octets and lines of
 *             the message, two words of zero
 *   records   count times 56 octets
 *   children  count - 1 numbers: each parent's children in order, at its child_slot
 *   strings   per part a run of (tag, length, octets); lengths are base-128 varints
 */
#ifndef MIME_PART_BLOB_H
#define MIME_PART_BLOB_H

#include "mime/part_index.h"

#define PART_BLOB_MAGIC (0x58495000u | PART_INDEX_VERSION) /* "PIX" */
#define PART_BLOB_HEAD 48
#define PART_BLOB_RECORD 56

#define PART_BLOB_HAS_NUL 1u
#define PART_BLOB_HAS_8BIT_HEADER 2u

enum part_tag {
	PART_TAG_TYPE = 1,
	PART_TAG_SUBTYPE,
	PART_TAG_PARAMETERS,
	PART_TAG_ENCODING,
	PART_TAG_DISPOSITION,
	PART_TAG_DISPOSITION_PARAMETERS,
	PART_TAG_ID,
	PART_TAG_DESCRIPTION,
	PART_TAG_LANGUAGE,
	PART_TAG_LOCATION,
	PART_TAG_MD5,
};

/* A record unpacked. */
struct part_record {
	uint64_t header_offset, body_offset, body_size, body_lines;
	uint32_t parent, child_count, child_slot, kind;
	uint32_t strings_offset, strings_size;
};

struct part_blob_head {
	uint32_t count, flags, strings_size;
	uint64_t octets, lines;
};

/* Puts the blob together; fills in the records' child slots. */
struct part_index *part_blob_build(struct part_blob_head head, struct part_record *records,
				   struct slice strings);

/* Base-128 varints, as in the strings. */
void part_varint_append(GString *out, size_t value);
/* False when there is none (damaged). */
bool part_varint_take(struct slice *rest, size_t *value_out);
/* A length and that many octets. */
bool part_varint_take_slice(struct slice *rest, struct slice *slice_out);

#endif
