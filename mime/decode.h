/* Streaming removal of a content transfer encoding, for octets good and bad.
 *
 * base64: octets outside the alphabet are skipped; padding ends a quantum and decoding
 * goes on behind it; a lone last character is dropped.  quoted-printable: a broken escape
 * stays as it is, trailing white space of a line is removed, soft breaks end in CRLF or
 * LF.  uuencode (x-uuencode, uuencode, x-uue): from "begin" to "end"; without "begin" the
 * octets pass as they are.  7bit, 8bit, binary: as they are. */
#ifndef MIME_DECODE_H
#define MIME_DECODE_H

#include "base/slice.h"
#include "mime/part_index.h"
#include "mime/source.h"

enum transfer_encoding {
	TRANSFER_IDENTITY,
	TRANSFER_BASE64,
	TRANSFER_QUOTED_PRINTABLE,
	TRANSFER_UUENCODE,
	TRANSFER_UNKNOWN,
};

/* Any case; the empty word is identity. */
enum transfer_encoding transfer_encoding_of(struct slice word);

struct decoder;
/* TRANSFER_UNKNOWN decodes as identity. */
struct decoder *decoder_create(enum transfer_encoding encoding);
/* *decoder becomes NULL.  NULL is allowed. */
void decoder_destroy(struct decoder **decoder);
/* Appends what the octets decode to; the result does not depend on the cuts. */
void decoder_push(struct decoder *decoder, const void *data, size_t len, GString *out);
/* What is left at the end. */
void decoder_finish(struct decoder *decoder, GString *out);

/* A part's body decoded, at most `limit` octets: false when the source fails.
 * *truncated_out (NULL allowed) says that there was more. */
bool decode_part(const struct part *part, const struct mime_source *source, uint64_t limit,
		 GString *out, bool *truncated_out);

#endif
