/* TNEF (winmail.dat): what is inside, for hostile input too.
 *
 * The reader is bounded: it never allocates more than the input's size allows, and takes
 * what it can of damaged input. */
#ifndef MIME_TNEF_H
#define MIME_TNEF_H

#include "base/slice.h"
#include "mime/part_index.h"

struct tnef;

struct tnef_attachment {
	char *name;          /* UTF-8, as part_tidy_name() leaves it; never NULL */
	struct slice data;
};

/* True for application/ms-tnef, application/vnd.ms-tnef or a file name winmail.dat. */
bool tnef_is_part(const struct part *part);

/* NULL when the octets are no TNEF at all.  The data must outlive the result. */
struct tnef *tnef_parse(struct slice data);
/* *tnef becomes NULL.  NULL is allowed. */
void tnef_destroy(struct tnef **tnef);

size_t tnef_attachment_count(const struct tnef *tnef);
const struct tnef_attachment *tnef_attachment(const struct tnef *tnef, size_t number);
/* Message class in the form "IPM.Microsoft Schedule.MtgReq"; "" when absent. */
const char *tnef_message_class(const struct tnef *tnef);
/* Plain text body as UTF-8, or NULL. */
const char *tnef_body(const struct tnef *tnef);
/* The meeting request, cancellation or reply inside as an iCalendar object (with METHOD),
 * as far as it can be told; NULL when there is none.  g_free() it. */
char *tnef_calendar(const struct tnef *tnef);

#endif
