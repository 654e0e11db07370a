/* Values of Content-Type, Content-Disposition and Content-Transfer-Encoding taken apart, in
 * every form they are met in.  Internal to mime/. */
#ifndef MIME_CONTENT_FIELD_H
#define MIME_CONTENT_FIELD_H

#include "base/slice.h"

/* The word in front of the parameters, in lower case without comments and white space; *rest_out
 * is what follows it. */
void content_field_word(GString *out, struct slice value, struct slice *rest_out);

/* "type/subtype" in lower case; false (and nothing) when it is not of that form. */
bool content_field_type(struct slice value, GString *type_out, GString *subtype_out,
			struct slice *rest_out);

/* The parameters of `rest`, RFC 2231 continuations joined, as raw_parameters of
 * part_index.h: (length, name, length, value) each. */
void content_field_parameters(GString *out, struct slice rest);

#endif
