/* Answers by keyword: a mail program stores $Accepted, $Tentative or $Declined on an
 * invitation, and that is the answer.  Only for accounts that asked for it
 * (store/account.h: answer_by_keyword). */
#ifndef SCHEDULING_ANSWER_KEYWORD_H
#define SCHEDULING_ANSWER_KEYWORD_H

#include "config/config.h"
#include "store/message.h"

/* After keywords were stored on messages of the account's own mailbox.  Blocking; failures
 * are logged. */
void answer_keyword_stored(struct store *store, const struct config *config, struct mailbox_ref mailbox,
			   struct uid_set uids, const char *const *keywords);

#endif
