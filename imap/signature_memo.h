/* The signatures (ingest/signature.h) of whole mailboxes, side by side in memory, and the
 * search text of each copy's own headers (its prefix), which no signature knows: a text
 * search over 10,000 messages then asks no cache 10,000 times.
 *
 * A memo only grows, by what has come since; it never is wrong, since contents do not
 * change.  Bounded: the mailboxes searched longest ago are forgotten, and one that is too
 * large for memory is searched without. */
#ifndef IMAP_SIGNATURE_MEMO_H
#define IMAP_SIGNATURE_MEMO_H

#include "imap/session.h"
#include "store/view.h"

struct signature_memos; /* the room's */
struct signature_memo;

struct signature_memos *signature_memos_create(void);
/* *memos becomes NULL.  NULL is allowed. */
void signature_memos_destroy(struct signature_memos **memos);

/* In a worker: the memo for all messages of the view, what is missing loaded now; a new
 * reference.  *memo_out is NULL, with STORE_OK, when the mailbox is too large, or when more
 * than `most_missing` messages would have to be loaded first. */
enum store_result signature_memo_get(struct imap_session *session, struct store *store,
				     const struct view *view, uint32_t most_missing,
				     struct signature_memo **memo_out);
/* *memo becomes NULL.  NULL is allowed. */
void signature_memo_unref(struct signature_memo **memo);

/* Asking for rising UIDs, from a zeroed place on. */
struct signature_place {
	guint segment, index;
};
/* False: not known (any text may be in that message). */
bool signature_memo_find(const struct signature_memo *memo, uint32_t uid,
			 struct signature_place *place, struct slice *signature_out,
			 struct slice *prefix_out);

#endif
