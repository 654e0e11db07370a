/* Making mail: new messages, and the rendered copy of a meeting mail.
 *
 * What is built is CRLF throughout, has no line over 998 octets, boundaries that occur
 * nowhere in the content, and is the same for the same input and seed. */
#ifndef MIME_BUILDER_H
#define MIME_BUILDER_H

#include "mime/part_index.h"
#include "mime/source.h"

struct builder_part {
	const char *type;        /* "text/plain", "text/calendar", "application/ics" */
	const char *parameters;  /* "charset=utf-8; method=REQUEST" or NULL */
	const char *filename;    /* UTF-8; NULL: no Content-Disposition */
	bool attachment;         /* disposition attachment (else inline), with a filename */
	struct slice content;    /* decoded; text with LF or CRLF line ends, sent as CRLF */
};

/* One new message. */
struct builder;
/* The seed makes boundaries; give something unique for the message (its Message-ID). */
struct builder *builder_create(const char *seed);
/* *builder becomes NULL.  NULL is allowed. */
void builder_destroy(struct builder **builder);

/* A field in order of calls; `value` is UTF-8 text, encoded (RFC 2047) and folded as
 * needed.  Control characters in it become spaces: no header can be injected. */
void builder_header(struct builder *builder, const char *name, const char *value);
/* A structured value in ASCII (folded at spaces; control characters become spaces; at most
 * 900 octets of it): Message-ID, In-Reply-To, Auto-Submitted ... */
void builder_header_raw(struct builder *builder, const char *name, const char *value);
/* Sender, From, Reply-To, To, Cc or Bcc: call once per address; those of one name make one
 * field, where the first was added.  The display name is UTF-8 and may be NULL. */
void builder_address(struct builder *builder, const char *name, const char *display_name,
		     const char *address);
/* Date, from seconds since 1970 and the zone's offset in seconds. */
void builder_date(struct builder *builder, int64_t seconds, int zone);

/* The forms of one thing, worst first: multipart/alternative when more than one. */
void builder_alternative(struct builder *builder, const struct builder_part *part);
/* A file beside them: multipart/mixed. */
void builder_attachment(struct builder *builder, const struct builder_part *part);

/* The finished message; it ends in CRLF. */
GBytes *builder_finish(struct builder *builder);

/* The rendered copy of a meeting mail: the original's top header fields in order and
 * octet for octet, except Content-* and MIME-Version; then `headers`; then
 *   multipart/mixed
 *     multipart/alternative (the alternatives in order)
 *     the attachments given
 *     the original's other attachments, octets unchanged
 * Parts of the original that say the same as the alternatives (its text/plain, text/html and
 * calendar alternatives) are replaced.  NULL when the source can't be read. */
struct builder_rendition {
	const struct part_index *index;
	const struct mime_source *source;
	const char *seed;
	const char *headers;                     /* whole fields with CRLF, or NULL */
	const struct builder_part *alternatives; /* worst first */
	size_t alternative_count;
	const struct builder_part *attachments;
	size_t attachment_count;
	const uint32_t *replaced;                /* numbers of further parts to leave out */
	size_t replaced_count;
};
GBytes *builder_render(const struct builder_rendition *rendition);

#endif
