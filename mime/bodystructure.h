/* IMAP's BODY and BODYSTRUCTURE texts (RFC 9051 7.5.2), ready to send. */
#ifndef MIME_BODYSTRUCTURE_H
#define MIME_BODYSTRUCTURE_H

#include "mime/part_index.h"
#include "mime/source.h"

enum bodystructure_form {
	BODYSTRUCTURE_EXTENDED = 1 << 0, /* with extension data; without it is BODY */
	/* Values in a charset (RFC 2231 4) as UTF-8, as IMAP4rev2 asks; the name keeps its "*".  Clients
	 * of IMAP4rev1 expect them as in the header, and would decode them once more. */
	BODYSTRUCTURE_DECODED = 1 << 1,
};

/* Appends the text, legal in the grammar for every message.  The source is read for
 * the headers of embedded messages (their ENVELOPE); what it can't read is written
 * as an empty envelope, and false is the answer.  forms: of enum bodystructure_form. */
bool bodystructure_write(GString *out, const struct part_index *index,
			 const struct mime_source *source, unsigned forms);
/* Whether BODYSTRUCTURE_DECODED makes a difference. */
bool bodystructure_has_extended_values(const struct part_index *index);

#endif
