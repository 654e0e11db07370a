/* See the header.  A million: more than a mailbox gets in the days between two copies, and
 * of the four thousand million UIDs one mailbox has, few enough to do it a thousand times. */
#include "store/restored.h"

#include "store/connection.h"
#include "store/statement.h"

static enum store_result restored_work(struct store *store, void *arg)
{
	static const struct db_statement mailboxes = {
		"UPDATE mailbox SET modseq = modseq + 1000000, forgotten_modseq = modseq + 1000000,"
		" uidnext = CASE WHEN uidnext < 4000000000 THEN uidnext + 1000000 ELSE uidnext END,"
		" uidvalidity = CASE WHEN uidnext < 4000000000 THEN uidvalidity"
		" ELSE new_uidvalidity(account_id) END", false };
	static const struct db_statement others[] = {
		{ "UPDATE message SET modseq = b.modseq FROM mailbox b WHERE b.account_id = message.account_id"
		  " AND b.mailbox_id = message.mailbox_id", false },
		{ "DELETE FROM flag_log", false },
		{ "SELECT setval('mailbox_number', nextval('mailbox_number') + 1000000)", false },
	};
	struct db_args none = { 0 };
	enum store_result result = db_change(store, &mailboxes, &none, arg);

	for (size_t i = 0; i < G_N_ELEMENTS(others) && result == STORE_OK; i++)
		result = db_run(store, &others[i], &none, NULL);
	return result;
}

enum store_result store_restored(struct store *store, uint64_t *mailboxes_out)
{
	*mailboxes_out = 0;
	return connection_transaction(store, restored_work, mailboxes_out);
}
