/* Whether a message holds a text, for HEADER, BODY and TEXT (RFC 9051 6.4.4): exact, on
 * stored search text, on the copy's own headers, and on the octets where the stored
 * text is not all of it. */
#ifndef IMAP_SEARCH_TEXT_H
#define IMAP_SEARCH_TEXT_H

#include "imap/loader.h"
#include "imap/search_program.h"

/* `loaded` has facts, search text and prefix; `store` is for texts that must be scanned. */
bool search_text_fits(const struct search_key *key, const struct loaded *loaded,
		      struct store *store);
/* Whether that may need the store: the stored text is not all there is. */
bool search_text_is_cut(const struct loaded *loaded);
/* In the copy's own headers alone, given as search text (mime/text.h). */
bool search_text_fits_prefix(const struct search_key *key, struct slice prefix);

#endif
