/* What others borrow from FETCH. */
#ifndef IMAP_CMD_FETCH_H
#define IMAP_CMD_FETCH_H

#include "imap/command.h"
#include "imap/fetch_items.h"

/* In a worker: tells these items of the selected mailbox's messages from that UID on, in steps
 * (STEP_MORE) whose state hangs on the command; sets no \Seen (RFC 5465 5.1). */
enum command_step fetch_new_messages(struct imap_session *session, struct command *command,
				     struct store *store, const struct fetch_items *items,
				     uint32_t first_uid);

#endif
