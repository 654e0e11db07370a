/* Shared by text.c and text_scan.c. */
#ifndef MIME_TEXT_PRIVATE_H
#define MIME_TEXT_PRIVATE_H

#include "mime/part_index.h"
#include "mime/source.h"

/* The charset of a text part that is not HTML, by its label; g_free() it, NULL: none. */
char *text_charset(const struct part *part);
/* format=flowed (RFC 3676). */
bool text_is_flowed(const struct part *part);
/* Octets of a text/plain part, in UTF-8 already, as text: line ends LF, format=flowed joined. */
void text_finish_plain(GString *text, const struct part *part);
/* "NAME: VALUE\n" of each field of a part's header, of which `limit` octets are looked at; false
 * when there is more, or it can't be read. */
bool text_search_part_header(GString *out, const struct part *part, const struct mime_source *source,
			     uint64_t limit);

#endif
