/* The state of a mailbox out of the database: all of it, or what has changed since a
 * snapshot.  One statement each, so what it reads is of one moment; its first row is
 * the mailbox's. */
#include "store/statement.h"
#include "store/view_private.h"

/* Columns: what (0 mailbox, 1 message, 2 gone), uid or uidnext, flags or uidvalidity, modseq, size,
 * internal_date, save_date, thread, hash, prefix size, keywords, zone. */
#define MAILBOX_PART \
	"SELECT 0, uidnext, uidvalidity, modseq, 0::bigint, 0::bigint, 0::bigint, 0::bigint," \
	" NULL::bytea, 0, keywords, 0 FROM mailbox" \
	" WHERE account_id = $1 AND mailbox_id = $2 AND NOT noselect"
#define MESSAGE_COLUMNS \
	"SELECT 1, m.uid, m.flags, m.modseq, m.size, m.internal_date, m.save_date, m.thread_id," \
	" m.content_hash, octet_length(m.prefix), NULL::text[], m.zone::integer"

static const struct db_statement load_all = {
	MAILBOX_PART " UNION ALL " MESSAGE_COLUMNS
	" FROM message m WHERE account_id = $1 AND mailbox_id = $2", true };
static const struct db_statement load_since = {
	MAILBOX_PART " UNION ALL " MESSAGE_COLUMNS
	" FROM message m WHERE account_id = $1 AND mailbox_id = $2 AND uid >= $4"
	" UNION ALL " MESSAGE_COLUMNS
	" FROM flag_log l CROSS JOIN LATERAL unnest(l.uids) AS r CROSS JOIN LATERAL"
	" (SELECT * FROM message WHERE account_id = $1 AND mailbox_id = $2 AND uid >= lower(r)"
	" AND uid < upper(r) AND uid < $4 OFFSET 0) AS m"
	" WHERE l.account_id = $1 AND l.mailbox_id = $2 AND l.modseq > $3"
	" UNION ALL SELECT 2, uid, 0, modseq, 0, 0, 0, 0, NULL, 0, NULL, 0 FROM expunged"
	" WHERE account_id = $1 AND mailbox_id = $2 AND modseq > $3 AND uid < $4", true };

struct loading {
	uint32_t new_from;   /* UIDs from here on are new */
	bool found;
	struct view_head head;
	char **keywords;
	GArray *removed, *changed, *added;
};

static struct view_entry entry_from_row(const PGresult *row)
{
	struct view_entry entry = {
		.uid = (uint32_t)db_get_int8(row, 0, 1),
		.flags = (uint64_t)db_get_int8(row, 0, 2),
		.modseq = (uint64_t)db_get_int8(row, 0, 3),
		.size = (uint64_t)db_get_int8(row, 0, 4),
		.internal_date = db_get_int8(row, 0, 5),
		.save_date = db_get_int8(row, 0, 6),
		.thread_id = (uint64_t)db_get_int8(row, 0, 7),
		.prefix_size = (uint32_t)db_get_int4(row, 0, 9),
		.zone = db_get_int4(row, 0, 11),
	};
	struct slice hash = db_get_slice(row, 0, 8);

	g_assert(hash.len == CONTENT_HASH_SIZE);
	memcpy(entry.hash, hash.data, hash.len);
	return entry;
}

static void take_row(void *arg, const PGresult *row)
{
	struct loading *loading = arg;
	int32_t what = db_get_int4(row, 0, 0);
	struct view_entry entry;
	uint32_t uid = (uint32_t)db_get_int8(row, 0, 1);

	if (what == 0) {
		loading->found = true;
		loading->head.uidnext = uid;
		loading->head.uidvalidity = (uint32_t)db_get_int8(row, 0, 2);
		loading->head.modseq = (uint64_t)db_get_int8(row, 0, 3);
		loading->keywords = db_get_text_array(row, 0, 10);
	} else if (what == 2) {
		g_array_append_val(loading->removed, uid);
	} else {
		entry = entry_from_row(row);
		g_array_append_val(entry.uid >= loading->new_from ? loading->added :
				   loading->changed, entry);
	}
}

static gint by_uid(gconstpointer a, gconstpointer b)
{
	const struct view_entry *x = a, *y = b;

	if (x->uid != y->uid)
		return x->uid < y->uid ? -1 : 1;
	return 0;
}

static gint by_number(gconstpointer a, gconstpointer b)
{
	uint32_t x = *(const uint32_t *)a, y = *(const uint32_t *)b;

	return x < y ? -1 : x > y;
}

/* The plan decides the order of rows, which is nearly always that of UIDs already. */
static void sort_entries(GArray *entries)
{
	for (guint i = 1; i < entries->len; i++)
		if (by_uid(&g_array_index(entries, struct view_entry, i - 1),
			   &g_array_index(entries, struct view_entry, i)) > 0) {
			g_array_sort(entries, by_uid);
			return;
		}
}

/* STORE_CONFLICT: it has another UIDVALIDITY than the base. */
static enum store_result load(struct store *store, struct mailbox_ref mailbox,
			      const struct view *base, const struct view **view_out)
{
	struct loading loading = {
		.head.mailbox = mailbox,
		.new_from = base != NULL ? view_uidnext(base) : 0,
		.removed = g_array_new(FALSE, FALSE, sizeof(uint32_t)),
		.changed = g_array_new(FALSE, FALSE, sizeof(struct view_entry)),
		.added = g_array_new(FALSE, FALSE, sizeof(struct view_entry)),
	};
	struct db_args args = { 0 };
	enum store_result result;

	*view_out = NULL;
	db_mailbox(&args, mailbox);
	if (base != NULL) {
		db_int8(&args, (int64_t)view_modseq(base));
		db_int8(&args, view_uidnext(base));
	}
	result = db_stream(store, base != NULL ? &load_since : &load_all, &args, take_row, &loading);
	if (result == STORE_OK && !loading.found)
		result = STORE_NOT_FOUND;
	if (result == STORE_OK && base != NULL && loading.head.uidvalidity != base->uidvalidity)
		result = STORE_CONFLICT;
	if (result == STORE_OK) {
		struct view_edit edit = { loading.removed, loading.changed, loading.added };

		g_array_sort(loading.removed, by_number);
		sort_entries(loading.changed);
		sort_entries(loading.added);
		loading.head.keywords = (const char *const *)loading.keywords;
		*view_out = view_make(base, &loading.head, &edit);
	}
	g_strfreev(loading.keywords);
	g_array_unref(loading.removed);
	g_array_unref(loading.changed);
	g_array_unref(loading.added);
	return result;
}

/* A mailbox that was deleted and made again (as a level of the tree it kept its row) has nothing in
 * common with what it was. */
enum store_result view_load(struct store *store, struct mailbox_ref mailbox,
			    const struct view *base, const struct view **view_out)
{
	enum store_result result = load(store, mailbox, base, view_out);

	return result == STORE_CONFLICT ? load(store, mailbox, NULL, view_out) : result;
}
