/* What a message says, as UTF-8 text: for search, preview, sorting and pages. */
#ifndef MIME_TEXT_H
#define MIME_TEXT_H

#include "mime/part_index.h"
#include "mime/source.h"

/* Text of one leaf part (text/plain, text/html, other text/...), transfer encoding and
 * charset removed, HTML reduced to its text, format=flowed joined, line ends LF.  At most
 * `limit` octets of decoded content are looked at.  False when the source fails. */
bool text_of_part(const struct part *part, const struct mime_source *source, uint64_t limit,
		  GString *out, bool *truncated_out);
/* HTML to text; never fails. */
void text_of_html(GString *out, struct slice html);

/* Preview (RFC 8970): at most 200 characters of UTF-8 of the first text meant to be read,
 * white space collapsed; "" when there is none. */
void text_preview(GString *out, const struct part_index *index, const struct mime_source *source);

/* Normalised search text (mime/casemap.h) of the message's header values (decoded) and of
 * its text parts, embedded messages included.  At most `limit` octets of the header are looked at,
 * and as many of all the rest. */
struct text_search {
	GString *headers;        /* as text_search_header makes them */
	GString *body;           /* text of header fields of inner parts and text parts */
	bool truncated;          /* there was more than the limit: a searcher that finds
	                          * nothing must scan the content itself */
};
void text_search_build(const struct part_index *index, const struct mime_source *source,
		       uint64_t limit, struct text_search *search_out);
void text_search_clear(struct text_search *search);
/* "name: value\n" of each field of a raw header; of one that holds addresses a second such line with
 * them as they are meant, "Name <local@domain>", where that is not what the first says. */
void text_search_header(GString *out, struct slice header);
/* The headers of struct text_search, of the first 16 MiB of the header whatever the limit was. */
void text_search_whole_header(GString *out, const struct part_index *index,
			      const struct mime_source *source);
/* Whether the body text as text_search_build would make it without a limit contains the needle
 * (search form), in bounded memory.  Of an HTML part and of a header the first 16 MiB count. */
bool text_search_scan(const struct part_index *index, const struct mime_source *source,
		      struct slice needle);

#endif
