/* The items of a FETCH reply that need no reading of octets. */
#ifndef IMAP_FETCH_PRINT_H
#define IMAP_FETCH_PRINT_H

#include "imap/fetch_items.h"
#include "imap/session.h"
#include "store/view.h"

/* Appends the start of a reply: `* 5 FETCH (`. */
void fetch_print_begin(struct imap_session *session, const struct view_entry *entry, uint32_t seq);
/* Appends the wanted items (enum fetch_item) that the entry and the facts know, with
 * a space in front of each but the first; `space` says whether one was there
 * before.  `facts` may be NULL when no item needs it (fetch_needs_facts). */
bool fetch_print_items(struct imap_session *session, const struct view_entry *entry,
		       const struct content_facts *facts, unsigned items, bool space);
/* The items of a reply about flags that nobody asked for. */
unsigned fetch_print_flag_items(const struct imap_session *session);
/* A whole reply about flags: untagged news and STORE. */
void fetch_print_flags(struct imap_session *session, const struct view_entry *entry, uint32_t seq,
		       unsigned items);
bool fetch_needs_facts(unsigned items);

#endif
