/* The signatures (ingest/signature.h) of whole mailboxes, side by side in memory, with what each
 * copy's own headers (its prefix) add to them: a text search over 100,000 messages then looks at
 * some hundred KiB and asks no cache 100,000 times.
 *
 * A memo only grows, by what has come since; it never is wrong, since contents do not
 * change.  Bounded: the mailboxes searched longest ago are forgotten, and one that is too
 * large for memory is searched without. */
#ifndef IMAP_SIGNATURE_MEMO_H
#define IMAP_SIGNATURE_MEMO_H

#include "imap/session.h"
#include "ingest/signature.h"
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
/* Any thread: whether nothing would have to be loaded; `store` may then be NULL. */
bool signature_memo_is_whole(struct imap_session *session, const struct view *view);
/* *memo becomes NULL.  NULL is allowed. */
void signature_memo_unref(struct signature_memo **memo);

/* Which messages may contain the needle, as bits by place in the memo (bit i % 64 of word i / 64);
 * bits_out has signature_memo_words(). */
size_t signature_memo_words(const struct signature_memo *memo);
void signature_memo_ask(const struct signature_memo *memo, const struct signature_query *query,
			uint64_t *bits_out);
/* The place of a message; asked for rising UIDs, from *place 0 on.  False: not known (any text
 * may be in that message). */
bool signature_memo_find(const struct signature_memo *memo, uint32_t uid, size_t *place);

#endif
