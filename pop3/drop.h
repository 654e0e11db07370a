/* A maildrop: an account's INBOX as it was at sign-in, locked against other POP3
 * sessions, with the marks of DELE.
 *
 * It holds one shared snapshot of the mailbox, so it costs little more than a bit a
 * message.  Messages are named by index, from 0. */
#ifndef POP3_DROP_H
#define POP3_DROP_H

#include "store/store.h"
#include "store/view.h"

struct pop3_drop;

enum pop3_drop_result {
	POP3_DROP_OK,
	POP3_DROP_IN_USE,      /* another session has it */
	POP3_DROP_UNAVAILABLE, /* the database did not answer, or the lock was lost */
};

/* In a worker: locks and reads.  *drop_out is NULL unless POP3_DROP_OK. */
enum pop3_drop_result pop3_drop_open(struct store *store, uint64_t account_id, struct pop3_drop **drop_out);
/* In a worker: removes what is marked, in one transaction, if the lock is still ours. */
enum pop3_drop_result pop3_drop_remove_marked(struct store *store, struct pop3_drop *drop);
/* In a worker: gives the lock back and frees it; *drop becomes NULL.  NULL is allowed. */
void pop3_drop_close(struct store *store, struct pop3_drop **drop);

size_t pop3_drop_count(const struct pop3_drop *drop);
/* How many are not marked, and their octets. */
size_t pop3_drop_unmarked(const struct pop3_drop *drop);
uint64_t pop3_drop_octets(const struct pop3_drop *drop);

/* Octets as RETR sends them, without stuffing; the CRLF that RETR puts before the
 * final "." of a message whose last line has none belongs to the response's end. */
uint64_t pop3_drop_size(const struct pop3_drop *drop, size_t index);
/* "UIDVALIDITY.UID": never another message's. */
void pop3_drop_append_uidl(const struct pop3_drop *drop, size_t index, GString *out);
const struct view_entry *pop3_drop_entry(const struct pop3_drop *drop, size_t index);
struct mailbox_ref pop3_drop_mailbox(const struct pop3_drop *drop);

bool pop3_drop_is_marked(const struct pop3_drop *drop, size_t index);
/* Not marked yet. */
void pop3_drop_mark(struct pop3_drop *drop, size_t index);
void pop3_drop_unmark_all(struct pop3_drop *drop);

#endif
