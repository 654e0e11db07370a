/* The base subject of RFC 5256 2.1, exactly. */
#ifndef MIME_SUBJECT_H
#define MIME_SUBJECT_H

#include "base/slice.h"

/* From a raw Subject value; UTF-8 in i;unicode-casemap form.  *is_reply_out
 * (NULL allowed): whether it marked a reply or forward.  g_free() it. */
char *subject_base(struct slice raw_value, bool *is_reply_out);
/* The same from a value that is decoded already, without the casemap. */
char *subject_base_decoded(struct slice decoded, bool *is_reply_out);

#endif
