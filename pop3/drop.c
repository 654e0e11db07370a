/* See the header. */
#include "pop3/drop.h"

#include "store/mailbox.h"
#include "store/maildrop.h"
#include "store/message.h"

struct pop3_drop {
	uint64_t account_id, lease;
	const struct view *view;
	size_t count, marked;
	uint64_t octets, marked_octets;
	uint8_t *marks;            /* a bit a message; NULL until the first DELE */
};

static enum store_result open_inbox(struct store *store, uint64_t account_id, const struct view **view_out)
{
	struct mailbox inbox = { 0 };
	enum store_result result = mailbox_find(store, account_id, SLICE("INBOX"), &inbox);

	if (result == STORE_OK)
		result = view_open(store, inbox.ref, view_out, NULL);
	mailbox_clear(&inbox);
	return result;
}

static uint64_t sum_octets(const struct view *view)
{
	struct view_cursor cursor;
	const struct view_entry *entry;
	uint64_t octets = 0;

	for (view_cursor_at(&cursor, view, 1); (entry = view_cursor_get(&cursor)) != NULL;
	     view_cursor_next(&cursor))
		octets += entry->size;
	return octets;
}

enum pop3_drop_result pop3_drop_open(struct store *store, uint64_t account_id, struct pop3_drop **drop_out)
{
	const struct view *view = NULL;
	struct pop3_drop *drop;
	uint64_t lease;

	*drop_out = NULL;
	switch (maildrop_lock(store, account_id, &lease)) {
	case STORE_OK:
		break;
	case STORE_CONFLICT:
		return POP3_DROP_IN_USE;
	default:
		return POP3_DROP_UNAVAILABLE;
	}
	if (open_inbox(store, account_id, &view) != STORE_OK) {
		maildrop_unlock(store, account_id, lease);
		return POP3_DROP_UNAVAILABLE;
	}
	drop = g_new0(struct pop3_drop, 1);
	drop->account_id = account_id;
	drop->lease = lease;
	drop->view = view;
	drop->count = view_count(view);
	drop->octets = sum_octets(view);
	*drop_out = drop;
	return POP3_DROP_OK;
}

enum pop3_drop_result pop3_drop_remove_marked(struct store *store, struct pop3_drop *drop)
{
	struct uid_list marked = { NULL }, removed = { NULL };
	enum store_result result;
	uint64_t modseq;

	if (drop->marked == 0)
		return POP3_DROP_OK;
	for (size_t index = 0; index < drop->count; index++)
		if (pop3_drop_is_marked(drop, index))
			uid_list_add(&marked, pop3_drop_entry(drop, index)->uid);
	result = maildrop_check(store, drop->account_id, drop->lease);
	if (result == STORE_OK)
		result = message_expunge(store, view_mailbox(drop->view), uid_list_set(&marked), true, &removed,
					 &modseq);
	uid_list_clear(&marked);
	uid_list_clear(&removed);
	return result == STORE_OK ? POP3_DROP_OK : POP3_DROP_UNAVAILABLE;
}

void pop3_drop_close(struct store *store, struct pop3_drop **drop)
{
	if (*drop == NULL)
		return;
	/* When it fails the lease ends by itself. */
	maildrop_unlock(store, (*drop)->account_id, (*drop)->lease);
	view_unref(&(*drop)->view);
	g_free((*drop)->marks);
	g_free(*drop);
	*drop = NULL;
}

size_t pop3_drop_count(const struct pop3_drop *drop)
{
	return drop->count;
}

size_t pop3_drop_unmarked(const struct pop3_drop *drop)
{
	return drop->count - drop->marked;
}

uint64_t pop3_drop_octets(const struct pop3_drop *drop)
{
	return drop->octets - drop->marked_octets;
}

const struct view_entry *pop3_drop_entry(const struct pop3_drop *drop, size_t index)
{
	g_assert(index < drop->count);
	return view_entry(drop->view, (uint32_t)index + 1);
}

uint64_t pop3_drop_size(const struct pop3_drop *drop, size_t index)
{
	return pop3_drop_entry(drop, index)->size;
}

void pop3_drop_append_uidl(const struct pop3_drop *drop, size_t index, GString *out)
{
	g_string_append_printf(out, "%" G_GUINT32_FORMAT ".%" G_GUINT32_FORMAT, view_uidvalidity(drop->view),
			       pop3_drop_entry(drop, index)->uid);
}

struct mailbox_ref pop3_drop_mailbox(const struct pop3_drop *drop)
{
	return view_mailbox(drop->view);
}

bool pop3_drop_is_marked(const struct pop3_drop *drop, size_t index)
{
	return drop->marks != NULL && (drop->marks[index / 8] & (1u << index % 8)) != 0;
}

void pop3_drop_mark(struct pop3_drop *drop, size_t index)
{
	g_assert(!pop3_drop_is_marked(drop, index));
	if (drop->marks == NULL)
		drop->marks = g_malloc0(drop->count / 8 + 1);
	drop->marks[index / 8] |= (uint8_t)(1u << index % 8);
	drop->marked++;
	drop->marked_octets += pop3_drop_size(drop, index);
}

void pop3_drop_unmark_all(struct pop3_drop *drop)
{
	g_clear_pointer(&drop->marks, g_free);
	drop->marked = 0;
	drop->marked_octets = 0;
}
