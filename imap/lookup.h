/* From a mailbox name as a command gives it to the mailbox: the one place that
 * knows which accounts' mailboxes this session may reach. */
#ifndef IMAP_LOOKUP_H
#define IMAP_LOOKUP_H

#include "imap/session.h"
#include "store/mailbox.h"

/* *mailbox_out is overwritten; mailbox_clear() it on any result.  A \Noselect name is
 * STORE_NOT_FOUND. */
enum store_result lookup_mailbox(struct imap_session *session, struct store *store,
				 struct slice stored_name, struct mailbox *mailbox_out);
/* The same; \Noselect names are found too. */
enum store_result lookup_name(struct imap_session *session, struct store *store,
			      struct slice stored_name, struct mailbox *mailbox_out);

/* Appends ` \Sent \Trash` ... for enum mailbox_use bits. */
void lookup_print_use(GString *out, unsigned use);
/* The bit of `\Sent`; 0: none. */
unsigned lookup_read_use(struct slice name);

#endif
