/* A mailbox's row out of a result, for the functions that read one. */
#ifndef STORE_MAILBOX_ROW_H
#define STORE_MAILBOX_ROW_H

#include "store/mailbox.h"
#include "store/statement.h"

/* What mailbox_from_row wants, in order; `m` is the mailbox.  The last two are has_children and
 * subscribed. */
#define MAILBOX_LEAN_COLUMNS \
	"m.account_id, m.mailbox_id, m.name, m.noselect, m.use, m.uidvalidity, m.uidnext, m.modseq," \
	" m.messages, m.recent, m.unseen, m.deleted, m.size, m.deleted_size, m.keywords, m.created"
#define MAILBOX_COLUMNS \
	MAILBOX_LEAN_COLUMNS \
	", EXISTS (SELECT 1 FROM mailbox c WHERE c.account_id = m.account_id" \
	" AND c.name > m.name || '/' AND c.name < m.name || '0')" \
	", EXISTS (SELECT 1 FROM subscription s WHERE s.account_id = m.account_id AND s.name = m.name)"
#define MAILBOX_COLUMN_COUNT 18

/* The rules of store/mailbox.h. */
#define MAILBOX_MAX_NAME 1000
#define MAILBOX_MAX_LEVELS 50

void mailbox_from_row(const PGresult *rows, int row, struct mailbox *mailbox_out);
/* mailbox_get without has_children and subscribed. */
enum store_result mailbox_read_lean(struct store *store, struct mailbox_ref ref,
				    struct mailbox *mailbox_out);

#endif
