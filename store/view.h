/* The list of a selected mailbox: an immutable snapshot, shared by its sessions.
 *
 * A change makes a new snapshot that shares every untouched page with the one
 * before.  A session holds one snapshot and moves to a newer one when its protocol
 * allows; the difference (found by comparing pages, not messages) is what it reports.
 * Opening an unchanged mailbox reads one row; a changed one reads what has
 * changed; changes made in this process are added without reading at all.
 *
 * Snapshots may be read by any thread. */
#ifndef STORE_VIEW_H
#define STORE_VIEW_H

#include "store/content.h"
#include "store/mailbox.h"
#include "store/pool.h"

struct view;

struct view_entry {
	uint32_t uid;
	unsigned prefix_size : 20; /* octets of this copy's own headers (message_load_prefixes) */
	int zone : 12;         /* that internal_date was given in: minutes east of UTC */
	uint64_t flags;        /* store/message.h */
	uint64_t modseq;
	uint64_t size;         /* RFC822.SIZE: prefix and content */
	int64_t internal_date, save_date; /* seconds UTC */
	uint64_t thread_id;
	uint8_t hash[CONTENT_HASH_SIZE];
};

/* In a worker, outside a transaction: the newest snapshot; a new reference.  *mailbox_out (NULL
 * allowed; else mailbox_clear() it on any result) is the mailbox's row read with it (has_children
 * and subscribed are not looked up).  STORE_NOT_FOUND: the mailbox is gone or \Noselect. */
enum store_result view_open(struct store *store, struct mailbox_ref mailbox,
			    const struct view **view_out, struct mailbox *mailbox_out);
/* The same with a row of the mailbox that was read just now. */
enum store_result view_open_row(struct store *store, const struct mailbox *row,
				const struct view **view_out);
/* Any thread, never blocks on the database: the newest snapshot in memory when its MODSEQ is at
 * least min_modseq, as a new reference; else NULL (submit a job that calls view_open). */
const struct view *view_peek(struct store_pool *pool, struct mailbox_ref mailbox,
			     uint64_t min_modseq);
/* \Recent (RFC 3501 2.3.2) belongs to the session that hears of a message first.  Of the UIDs from
 * `first` on, those from the result on are nobody's yet in this process; the ones below `behind`
 * are now the caller's (0: it only asks).  Any thread. */
uint32_t view_claim_recent(struct store_pool *pool, struct mailbox_ref mailbox, uint32_t first,
			   uint32_t behind);
/* Any thread, never blocks on the database: the snapshot in memory when it has every change that
 * this process has told anybody of, or read, and nobody else changes the database but convokectl
 * (whose changes are heard within milliseconds; one whose notice is lost, within 10 s); else NULL.
 * So nobody sees less than he was told before, whichever of his connections told him. */
const struct view *view_newest(struct store_pool *pool, struct mailbox_ref mailbox);
/* The same for one of the account's mailboxes by its stored name (INBOX in any case), with its row:
 * ref, name, has_children and `recent`, which is exact.  False: ask.  mailbox_clear() the row. */
bool view_newest_by_name(struct store_pool *pool, uint64_t account_id, struct slice name,
			 struct mailbox *row_out, const struct view **view_out);
const struct view *view_ref(const struct view *view);
/* *view becomes NULL.  NULL is allowed. */
void view_unref(const struct view **view);

struct mailbox_ref view_mailbox(const struct view *view);
uint32_t view_uidvalidity(const struct view *view);
uint32_t view_uidnext(const struct view *view);
uint64_t view_modseq(const struct view *view);
/* How many messages. */
uint32_t view_count(const struct view *view);
/* Without \Seen / with \Deleted, and their octets. */
uint32_t view_unseen(const struct view *view);
/* The first message number without \Seen; 0: none. */
uint32_t view_first_unseen(const struct view *view);
/* As struct mailbox's keywords; lives as long as the snapshot. */
const char *const *view_keywords(const struct view *view);
/* The flag bits these names have here; keywords the mailbox does not know give none. */
uint64_t view_keyword_bit(const struct view *view, struct slice keyword);

/* seq from 1 to view_count(). */
const struct view_entry *view_entry(const struct view *view, uint32_t seq);
/* The sequence number of a UID; 0: not there. */
uint32_t view_seq(const struct view *view, uint32_t uid);
/* The first sequence number whose UID is >= uid; view_count() + 1: none. */
uint32_t view_seq_from(const struct view *view, uint32_t uid);

/* Walking: for (view_cursor_at(&c, view, seq); (e = view_cursor_get(&c)); view_cursor_next(&c)) */
struct view_cursor {
	const struct view *view;
	uint32_t seq;                /* of the current entry */
	uint32_t page, index;        /* private */
};
void view_cursor_at(struct view_cursor *cursor, const struct view *view, uint32_t seq);
/* NULL past the end. */
const struct view_entry *view_cursor_get(const struct view_cursor *cursor);
void view_cursor_next(struct view_cursor *cursor);

/* What is different between two snapshots of one mailbox (old older than new): first all
 * that vanished by rising old sequence number, then flag changes, then the new ones, both by
 * rising new sequence number.  Any callback may be NULL. */
struct view_diff {
	void (*vanished)(void *arg, uint32_t uid, uint32_t old_seq);
	void (*changed)(void *arg, const struct view_entry *entry, uint64_t old_flags, uint32_t new_seq);
	void (*added)(void *arg, const struct view_entry *entry, uint32_t new_seq);
};
void view_compare(const struct view *old_view, const struct view *new_view,
		  const struct view_diff *diff, void *arg);
/* For a session that may report flags and new messages, but no expunges yet: the new snapshot
 * with the vanished entries of the old one still in place.  A private snapshot (same reference
 * rules); equal to new_view itself when nothing vanished. */
const struct view *view_without_expunges(const struct view *old_view, const struct view *new_view);

#endif
