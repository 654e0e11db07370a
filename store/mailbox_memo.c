/* One table of accounts, each with a table of its rows by name, under one lock. */
#include "store/mailbox_memo.h"

enum { MOST_ROWS = 20000 };

struct memo_row {
	char *name;
	struct mailbox_ref ref;
	uint32_t uidvalidity, uidnext, messages, recent, unseen;
	uint64_t highestmodseq;
	bool has_children;
};

struct mailbox_memo {
	GMutex lock;
	GHashTable *by_account; /* account_id -> GHashTable of name -> struct memo_row */
	guint rows;
	uint64_t changes;       /* how often something was forgotten */
};

static void row_free(void *data)
{
	struct memo_row *row = data;

	g_free(row->name);
	g_free(row);
}

static void table_free(void *table)
{
	g_hash_table_unref(table);
}

struct mailbox_memo *mailbox_memo_create(void)
{
	struct mailbox_memo *memo = g_new0(struct mailbox_memo, 1);

	g_mutex_init(&memo->lock);
	memo->by_account = g_hash_table_new_full(g_int64_hash, g_int64_equal, g_free, table_free);
	return memo;
}

void mailbox_memo_destroy(struct mailbox_memo **memo)
{
	if (*memo == NULL)
		return;
	g_hash_table_unref((*memo)->by_account);
	g_mutex_clear(&(*memo)->lock);
	g_clear_pointer(memo, g_free);
}

uint64_t mailbox_memo_now(struct mailbox_memo *memo)
{
	uint64_t now;

	g_mutex_lock(&memo->lock);
	now = memo->changes;
	g_mutex_unlock(&memo->lock);
	return now;
}

/* The lock is held. */
static void forget_all(struct mailbox_memo *memo)
{
	g_hash_table_remove_all(memo->by_account);
	memo->rows = 0;
	memo->changes++;
}

void mailbox_memo_forget_all(struct mailbox_memo *memo)
{
	g_mutex_lock(&memo->lock);
	forget_all(memo);
	g_mutex_unlock(&memo->lock);
}

static GHashTable *table_of(struct mailbox_memo *memo, uint64_t account_id)
{
	GHashTable *table = g_hash_table_lookup(memo->by_account, &account_id);

	if (table == NULL) {
		table = g_hash_table_new_full(g_str_hash, g_str_equal, NULL, row_free);
		g_hash_table_insert(memo->by_account, g_memdup2(&account_id, sizeof(account_id)), table);
	}
	return table;
}

void mailbox_memo_put(struct mailbox_memo *memo, uint64_t when, const struct mailbox *row)
{
	struct memo_row *kept;
	GHashTable *table;

	if (row->noselect)
		return;
	kept = g_new(struct memo_row, 1);
	*kept = (struct memo_row){
		.name = g_strdup(row->name), .ref = row->ref, .uidvalidity = row->uidvalidity,
		.uidnext = row->uidnext, .messages = row->messages, .recent = row->recent,
		.unseen = row->unseen, .highestmodseq = row->highestmodseq,
		.has_children = row->has_children,
	};
	g_mutex_lock(&memo->lock);
	if (memo->changes != when) {
		row_free(kept);
	} else {
		if (memo->rows >= MOST_ROWS)
			forget_all(memo);
		table = table_of(memo, row->ref.account_id);
		memo->rows += g_hash_table_replace(table, kept->name, kept);
	}
	g_mutex_unlock(&memo->lock);
}

bool mailbox_memo_get(struct mailbox_memo *memo, uint64_t account_id, struct slice name,
		      struct mailbox *row_out)
{
	g_autofree char *wanted = slice_dup(name);
	const struct memo_row *row;
	GHashTable *table;

	*row_out = (struct mailbox){ 0 };
	if (name.len == 5 && g_ascii_strcasecmp(wanted, "INBOX") == 0)
		memcpy(wanted, "INBOX", 5);
	g_mutex_lock(&memo->lock);
	table = g_hash_table_lookup(memo->by_account, &account_id);
	row = table != NULL ? g_hash_table_lookup(table, wanted) : NULL;
	if (row != NULL)
		*row_out = (struct mailbox){
			.ref = row->ref, .name = g_steal_pointer(&wanted), .has_children = row->has_children,
			.uidvalidity = row->uidvalidity, .uidnext = row->uidnext, .messages = row->messages,
			.recent = row->recent, .unseen = row->unseen, .highestmodseq = row->highestmodseq,
		};
	g_mutex_unlock(&memo->lock);
	return row_out->name != NULL;
}

void mailbox_memo_claimed(struct mailbox_memo *memo, struct mailbox_ref ref)
{
	GHashTableIter iter;
	GHashTable *table;
	void *value;

	g_mutex_lock(&memo->lock);
	table = g_hash_table_lookup(memo->by_account, &ref.account_id);
	if (table != NULL) {
		g_hash_table_iter_init(&iter, table);
		while (g_hash_table_iter_next(&iter, NULL, &value)) {
			struct memo_row *row = value;

			if (mailbox_ref_equal(row->ref, ref))
				row->recent = 0;
		}
	}
	g_mutex_unlock(&memo->lock);
}

void mailbox_memo_hear(struct mailbox_memo *memo, const struct notice *notice)
{
	GHashTable *table;

	if ((notice->kinds & (NOTICE_CREATED | NOTICE_DELETED | NOTICE_RENAMED)) == 0)
		return;
	g_mutex_lock(&memo->lock);
	table = g_hash_table_lookup(memo->by_account, &notice->mailbox.account_id);
	if (table != NULL) {
		memo->rows -= g_hash_table_size(table);
		g_hash_table_remove(memo->by_account, &notice->mailbox.account_id);
	}
	memo->changes++;
	g_mutex_unlock(&memo->lock);
}
