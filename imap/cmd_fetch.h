/* What others borrow from FETCH. */
#ifndef IMAP_CMD_FETCH_H
#define IMAP_CMD_FETCH_H

#include "imap/command.h"
#include "imap/fetch_items.h"

/* In a worker: tells these items of the selected mailbox's messages of these UIDs, which nobody
 * asked for just now, in steps: STEP_MORE, call again; its state is *command, NULL at first and at
 * the end.  Sets no \Seen (RFC 5465 5.1). */
enum command_step fetch_unasked(struct imap_session *session, struct store *store,
				const struct fetch_items *items, const struct sequence_set *uids,
				struct command **command);
/* Gives up what is under way.  *command becomes NULL; NULL is allowed. */
void fetch_unasked_end(struct command **command);

#endif
