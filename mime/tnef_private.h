/* What the reader found, for the calendar writer.  Internal to mime/. */
#ifndef MIME_TNEF_PRIVATE_H
#define MIME_TNEF_PRIVATE_H

#include "mime/tnef.h"
#include "mime/tnef_props.h"

struct tnef {
	struct slice charset;       /* of 8-bit strings */
	char charset_room[16];
	GArray *attachments;        /* struct tnef_attachment */
	char *message_class, *body;
	struct slice properties;    /* of the message: attMAPIProps, with its count */
	struct slice recipients;    /* attRecipTable */
	char *old_subject;          /* attSubject */
};

#endif
