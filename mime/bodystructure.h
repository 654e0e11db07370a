/* IMAP's BODY and BODYSTRUCTURE texts (RFC 9051 7.5.2), ready to send. */
#ifndef MIME_BODYSTRUCTURE_H
#define MIME_BODYSTRUCTURE_H

#include "mime/part_index.h"
#include "mime/source.h"

/* Appends the text, legal in the grammar for every message.  The source is read for
 * the headers of embedded messages (their ENVELOPE); what it can't read is written
 * as an empty envelope, and false is the answer. */
bool bodystructure_write(GString *out, const struct part_index *index,
			 const struct mime_source *source);
/* The same without extension data, for BODY. */
bool bodystructure_write_body(GString *out, const struct part_index *index,
			      const struct mime_source *source);

#endif
