/* STATUS items (RFC 9051 6.3.11 and extensions): read from a list, printed from a
 * mailbox's row.  Shared by STATUS, LIST-STATUS and NOTIFY. */
#ifndef IMAP_STATUS_H
#define IMAP_STATUS_H

#include "imap/session.h"
#include "store/mailbox.h"

/* `(MESSAGES UNSEEN)`: a mask of rows; false with args->error. */
bool status_read(struct args *args, unsigned *items_out);
/* True when the items switch CONDSTORE on (HIGHESTMODSEQ). */
bool status_wants_condstore(unsigned items);
/* What NOTIFY tells (RFC 5465 5). */
unsigned status_items_of_news(bool unseen, bool modseq);
/* The untagged STATUS reply. */
void status_print(struct imap_session *session, const struct mailbox *mailbox, unsigned items);

#endif
