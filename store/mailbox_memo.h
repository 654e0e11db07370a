/* Rows of mailboxes that were read lately, by name, so that SELECT of a mailbox in which
 * nothing has changed need not ask.
 *
 * Any change to the names of an account forgets what is known of that account; the row's
 * counts are those of its UIDNEXT and HIGHESTMODSEQ and nothing newer.  Bounded. */
#ifndef STORE_MAILBOX_MEMO_H
#define STORE_MAILBOX_MEMO_H

#include "store/mailbox.h"
#include "store/notify.h"

struct mailbox_memo;

struct mailbox_memo *mailbox_memo_create(void);
/* *memo becomes NULL. */
void mailbox_memo_destroy(struct mailbox_memo **memo);

/* Asked before the row is read and given back with it: a row that was read before a change
 * and comes after it is not kept. */
uint64_t mailbox_memo_now(struct mailbox_memo *memo);
void mailbox_memo_put(struct mailbox_memo *memo, uint64_t when, const struct mailbox *row);
/* *row_out (mailbox_clear() it): without keywords, use and subscription. */
bool mailbox_memo_get(struct mailbox_memo *memo, uint64_t account_id, struct slice name,
		      struct mailbox *row_out);
/* Its recent messages were taken. */
void mailbox_memo_claimed(struct mailbox_memo *memo, struct mailbox_ref ref);
/* What that notice makes untrue. */
void mailbox_memo_hear(struct mailbox_memo *memo, const struct notice *notice);
void mailbox_memo_forget_all(struct mailbox_memo *memo);

#endif
