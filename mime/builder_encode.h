/* The encodings a builder writes: encoded words, quoted-printable, base64, file name
 * parameters, folded fields.  Internal to mime/. */
#ifndef MIME_BUILDER_ENCODE_H
#define MIME_BUILDER_ENCODE_H

#include "base/slice.h"

/* "NAME: value" folded at spaces, with CRLF; `value` printable ASCII.  Words too long for a line
 * are cut. */
void encode_field(GString *out, const char *name, const char *value);
/* UTF-8 text as encoded words where it must be; the result may be given to encode_field. */
char *encode_text(const char *text);
/* A display name: atoms, a quoted string, or encoded words. */
char *encode_phrase(const char *name);
/* `; NAME="..."`, and `; NAME*=utf-8''...` where it must be. */
void encode_parameter(GString *out, const char *name, const char *value);

void encode_quoted_printable(GString *out, struct slice text);
void encode_base64(GString *out, struct slice data);
/* LF and lone CR become CRLF. */
GString *encode_crlf(struct slice text);

/* "7bit", "quoted-printable" or "base64" for text with CRLF line ends. */
const char *encode_choose(struct slice text, bool is_text);

#endif
