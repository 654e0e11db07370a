/* A meeting mail as this reader gets it: the original's header, our text and HTML, the
 * calendar, the sender's other attachments. */
#ifndef SCHEDULING_RENDITION_H
#define SCHEDULING_RENDITION_H

#include "calendar/itip.h"
#include "mime/part_index.h"
#include "mime/source.h"
#include "scheduling/freebusy.h"
#include "scheduling/holdings.h"
#include "scheduling/mail_facts.h"

struct rendition_input {
	const struct part_index *index; /* of the original */
	const struct mime_source *source;
	const struct mail_facts *facts;
	const struct itip_decision *decision;
	const struct reader *reader;
	const GPtrArray *clashes;       /* struct clash, or NULL */
	const char *link;               /* URL */
	const char *answer_address;     /* scheduling/answer_mail.h, or NULL */
	bool without_words;             /* made by us: its text is a rendering already */
	int64_t now;                    /* seconds UTC */
};

/* NULL when it can't be built; the mail then goes in as it came. */
GBytes *rendition_make(const struct rendition_input *input);

/* "X-Convoke-Meeting: ..." with CRLF: what was decided, for programs and filters. */
char *rendition_decision_header(const char *uid, const struct itip_decision *decision);

#endif
