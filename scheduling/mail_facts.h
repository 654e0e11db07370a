/* What one message says that matters for meetings: its calendar, who sent it and who
 * vouches for that, and the sender's own words.  Made once per message, for all its
 * recipients; needs no database. */
#ifndef SCHEDULING_MAIL_FACTS_H
#define SCHEDULING_MAIL_FACTS_H

#include "calendar/imip.h"
#include "mime/part_index.h"
#include "mime/source.h"

struct mail_facts {
	struct imip_found found;
	bool sealed;              /* signed or encrypted: never to be altered */
	const char *const *from;  /* addresses of all From fields; NULL-terminated */
	const char *const *results; /* Authentication-Results values, topmost first */
	char *sender;             /* Sender's address, or NULL */
	char *message_id;         /* or NULL */
	GString *words_text;      /* the body's text/plain (or its HTML as text); never NULL */
	GString *words_html;      /* the body's text/html as UTF-8; never NULL */
	GArray *calendar_parts;   /* uint32_t: the part with the meeting and its copies */
};

/* Never fails: what can't be read is not there.  The index and the source are only used
 * during the call. */
struct mail_facts *mail_facts_create(const struct part_index *index,
				     const struct mime_source *source);
/* *facts becomes NULL.  NULL is allowed. */
void mail_facts_destroy(struct mail_facts **facts);

#endif
