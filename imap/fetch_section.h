/* A section of a message on its way into a FETCH reply: size announced, then
 * exactly that many octets, in as many steps as the client needs. */
#ifndef IMAP_FETCH_SECTION_H
#define IMAP_FETCH_SECTION_H

#include "imap/fetch_items.h"
#include "imap/loader.h"

struct section_sender;

enum section_sent {
	SECTION_SENT,
	SECTION_MORE,        /* the output is at its mark: go on later */
	SECTION_NEEDS_STORE, /* come back with a store: go on where *sender is set, else begin again */
	SECTION_CTE,         /* nothing was printed: NO [UNKNOWN-CTE] */
	SECTION_BROKEN,      /* octets that were announced can't be had: the connection must end */
	SECTION_GONE,        /* nothing was printed: can't be read now */
};

/* Begins with one section of one message; `index` and `loaded` outlive it.  *sender_out
 * is set only for SECTION_MORE and, when some of it is printed, SECTION_NEEDS_STORE. */
enum section_sent fetch_section_begin(struct imap_session *session, struct store *store,
				      const struct loaded *loaded, const struct part_index *index,
				      const struct fetch_section *section,
				      struct section_sender **sender_out);
/* Goes on; when it is neither SECTION_MORE nor SECTION_NEEDS_STORE, *sender becomes NULL. */
enum section_sent fetch_section_continue(struct section_sender **sender, struct store *store);
/* *sender becomes NULL.  NULL is allowed. */
void fetch_section_destroy(struct section_sender **sender);

#endif
