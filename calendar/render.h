/* A meeting mail as its reader sees it: a block of plain text and an HTML card that
 * say the same, in the reader's language and time zone, with the link.
 *
 * Pure: the same input gives the same octets.  Every field of a foreign calendar is
 * bounded, kept to its place and escaped; only http and https become links. */
#ifndef CALENDAR_RENDER_H
#define CALENDAR_RENDER_H

#include "calendar/itip.h"

/* Another meeting of the reader's at that time. */
struct render_clash {
	const char *title;
	struct meeting_time start, end;
};

struct render_input {
	const struct meeting *incoming;
	const struct itip_decision *decision;

	const char *locale;             /* the reader's; NULL: English */
	const struct zone *zone;        /* the reader's; NULL: UTC */
	const char *const *addresses;   /* the reader's; NULL-terminated */
	const struct render_clash *clashes;
	size_t clash_count;
	const char *link;               /* http or https URL, or NULL */
	const char *answer_address;     /* mail address that takes an answer in words, or NULL */

	struct slice words_text;        /* the sender's text/plain as UTF-8; may be empty */
	struct slice words_html;        /* the sender's text/html as UTF-8; may be empty */
	int64_t now;                    /* seconds UTC */
};

/* text/plain in UTF-8, lines end in LF.  g_string_free() it. */
GString *render_text(const struct render_input *input);
/* A whole text/html document in UTF-8.  g_string_free() it. */
GString *render_html(const struct render_input *input);
/* "Updated invitation: Quarterly planning": one line, for a subject or a log. */
char *render_heading(const struct render_input *input);

/* "NAME <address>", or the one that there is; one clean line, at most 200 characters.
 * g_free() it. */
char *render_person(const struct meeting_person *person);
/* "not answered yet", "accepted" ... */
const char *render_partstat(const char *locale, enum meeting_partstat partstat);
/* itip_reason_sentence() in the reader's language. */
const char *render_reason(const char *locale, enum itip_reason reason);

#endif
