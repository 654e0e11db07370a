/* Reading mailboxes: rows, lists, subscriptions, usage. */
#include "store/mailbox.h"

#include "store/change.h"
#include "store/mailbox_memo.h"
#include "store/mailbox_row.h"

#define MAX_LEVEL 255
#define MAX_SUBSCRIPTIONS 50000

void mailbox_clear(struct mailbox *mailbox)
{
	g_free(mailbox->name);
	g_strfreev(mailbox->keywords);
	g_free(mailbox->owner);
	g_free(mailbox->rights);
	*mailbox = (struct mailbox){ 0 };
}

void mailbox_free(struct mailbox *mailbox)
{
	if (mailbox != NULL)
		mailbox_clear(mailbox);
	g_free(mailbox);
}

static bool levels_are_good(const char *name)
{
	g_auto(GStrv) levels = g_strsplit(name, "/", -1);
	guint count = g_strv_length(levels);

	for (guint i = 0; i < count; i++)
		if (levels[i][0] == '\0' || strlen(levels[i]) > MAX_LEVEL)
			return false;
	return count >= 1 && count <= MAILBOX_MAX_LEVELS;
}

static bool has_control(const char *name)
{
	for (const char *p = name; *p != '\0'; p = g_utf8_next_char(p)) {
		gunichar c = g_utf8_get_char(p);

		if (g_unichar_iscntrl(c) || c == 0x2028 || c == 0x2029)
			return true;
	}
	return false;
}

char *mailbox_name_normalise(struct slice name)
{
	char *kept;

	if (name.len > 0 && name.data[name.len - 1] == '/')
		name.len--;
	if (name.len == 0 || name.len > MAILBOX_MAX_NAME || memchr(name.data, '\0', name.len) != NULL ||
	    !g_utf8_validate(name.data, (gssize)name.len, NULL))
		return NULL;
	kept = g_utf8_normalize(name.data, (gssize)name.len, G_NORMALIZE_NFC);
	if (strlen(kept) > MAILBOX_MAX_NAME || has_control(kept) || !levels_are_good(kept)) {
		g_free(kept);
		return NULL;
	}
	if (g_ascii_strncasecmp(kept, "INBOX", 5) == 0 && (kept[5] == '\0' || kept[5] == '/'))
		memcpy(kept, "INBOX", 5);
	return kept;
}

void mailbox_from_row(const PGresult *rows, int row, struct mailbox *mailbox_out)
{
	*mailbox_out = (struct mailbox){
		.ref = { (uint64_t)db_get_int8(rows, row, 0), (uint64_t)db_get_int8(rows, row, 1) },
		.name = db_dup_text(rows, row, 2),
		.noselect = db_get_bool(rows, row, 3),
		.use = (unsigned)db_get_int4(rows, row, 4),
		.uidvalidity = (uint32_t)db_get_int8(rows, row, 5),
		.uidnext = (uint32_t)db_get_int8(rows, row, 6),
		.highestmodseq = (uint64_t)db_get_int8(rows, row, 7),
		.messages = (uint32_t)db_get_int4(rows, row, 8),
		.recent = (uint32_t)db_get_int4(rows, row, 9),
		.unseen = (uint32_t)db_get_int4(rows, row, 10),
		.deleted = (uint32_t)db_get_int4(rows, row, 11),
		.size = (uint64_t)db_get_int8(rows, row, 12),
		.deleted_size = (uint64_t)db_get_int8(rows, row, 13),
		.keywords = db_get_text_array(rows, row, 14),
		.created = db_get_int8(rows, row, 15),
		.has_children = db_get_bool(rows, row, 16),
		.subscribed = db_get_bool(rows, row, 17),
	};
}

/* One row or STORE_NOT_FOUND. */
static enum store_result read_one(struct store *store, const struct db_statement *statement,
				  struct db_args *args, struct mailbox *mailbox_out)
{
	PGresult *rows;
	enum store_result result = db_run_row(store, statement, args, &rows);

	*mailbox_out = (struct mailbox){ 0 };
	if (result == STORE_OK)
		mailbox_from_row(rows, 0, mailbox_out);
	PQclear(rows);
	if (result == STORE_OK && !store->in_transaction)
		view_registry_hear(store->shared->views, mailbox_out->ref, mailbox_out->highestmodseq);
	return result;
}

enum store_result mailbox_read_lean(struct store *store, struct mailbox_ref ref,
				    struct mailbox *mailbox_out)
{
	static const struct db_statement read = {
		"SELECT " MAILBOX_LEAN_COLUMNS ", false, false FROM mailbox m"
		" WHERE account_id = $1 AND mailbox_id = $2", true };
	struct db_args args = { 0 };

	db_mailbox(&args, ref);
	return read_one(store, &read, &args, mailbox_out);
}

enum store_result mailbox_get(struct store *store, struct mailbox_ref ref, struct mailbox *mailbox_out)
{
	static const struct db_statement read = {
		"SELECT " MAILBOX_COLUMNS " FROM mailbox m"
		" WHERE account_id = $1 AND mailbox_id = $2", true };
	struct db_args args = { 0 };

	db_mailbox(&args, ref);
	return read_one(store, &read, &args, mailbox_out);
}

enum store_result mailbox_find(struct store *store, uint64_t account_id, struct slice name,
			       struct mailbox *mailbox_out)
{
	static const struct db_statement read = {
		"SELECT " MAILBOX_COLUMNS " FROM mailbox m WHERE account_id = $1 AND name = $2", true };
	g_autofree char *kept = mailbox_name_normalise(name);
	uint64_t when = mailbox_memo_now(store->shared->mailboxes);
	struct db_args args = { 0 };
	enum store_result result;

	*mailbox_out = (struct mailbox){ 0 };
	if (kept == NULL)
		return STORE_NOT_FOUND;
	db_int8(&args, (int64_t)account_id);
	db_text(&args, kept);
	result = read_one(store, &read, &args, mailbox_out);
	/* What a transaction of ours sees may not come to pass. */
	if (result == STORE_OK && !store->in_transaction)
		mailbox_memo_put(store->shared->mailboxes, when, mailbox_out);
	return result;
}

static GPtrArray *mailboxes_new(guint size)
{
	return g_ptr_array_new_full(size, (GDestroyNotify)mailbox_free);
}

/* True when `name` lies below `parent`. */
static bool is_below(const char *name, const char *parent)
{
	size_t len = strlen(parent);

	return strncmp(name, parent, len) == 0 && name[len] == '/';
}

/* Rows are ordered by name, but "a b" and "a-b" come between "a" and "a/b": so a stack of the
 * levels above would not do; each name marks the one directly above it. */
static void mark_children(GPtrArray *mailboxes)
{
	GHashTable *by_name = g_hash_table_new(g_str_hash, g_str_equal);

	for (guint i = 0; i < mailboxes->len; i++) {
		struct mailbox *mailbox = g_ptr_array_index(mailboxes, i);

		g_hash_table_insert(by_name, mailbox->name, mailbox);
	}
	for (guint i = 0; i < mailboxes->len; i++) {
		struct mailbox *mailbox = g_ptr_array_index(mailboxes, i);
		g_autofree char *above = g_strdup(mailbox->name);
		char *slash;

		while ((slash = strrchr(above, '/')) != NULL) {
			struct mailbox *parent;

			*slash = '\0';
			parent = g_hash_table_lookup(by_name, above);
			if (parent != NULL && parent->has_children)
				break;
			if (parent != NULL)
				parent->has_children = is_below(mailbox->name, parent->name);
		}
	}
	g_hash_table_unref(by_name);
}

enum store_result mailbox_list(struct store *store, uint64_t account_id, GPtrArray **mailboxes_out)
{
	static const struct db_statement list = {
		"SELECT " MAILBOX_LEAN_COLUMNS ", false, s.name IS NOT NULL FROM mailbox m"
		" LEFT JOIN subscription s ON s.account_id = m.account_id AND s.name = m.name"
		" WHERE m.account_id = $1 ORDER BY m.name <> 'INBOX', m.name", true };
	struct db_args args = { 0 };
	PGresult *rows;
	enum store_result result;
	int count;

	*mailboxes_out = NULL;
	db_int8(&args, (int64_t)account_id);
	result = db_run(store, &list, &args, &rows);
	if (result != STORE_OK)
		return result;
	count = PQntuples(rows);
	*mailboxes_out = mailboxes_new((guint)count);
	for (int i = 0; i < count; i++) {
		struct mailbox *mailbox = g_new(struct mailbox, 1);

		mailbox_from_row(rows, i, mailbox);
		if (!store->in_transaction)
			view_registry_hear(store->shared->views, mailbox->ref, mailbox->highestmodseq);
		g_ptr_array_add(*mailboxes_out, mailbox);
	}
	PQclear(rows);
	mark_children(*mailboxes_out);
	return STORE_OK;
}

/* Runs a statement whose first column is text. */
static enum store_result read_names(struct store *store, const struct db_statement *statement,
				    struct db_args *args, char ***names_out)
{
	PGresult *rows;
	enum store_result result = db_run(store, statement, args, &rows);
	int count;

	*names_out = NULL;
	if (result != STORE_OK)
		return result;
	count = PQntuples(rows);
	*names_out = g_new0(char *, (gsize)count + 1);
	for (int i = 0; i < count; i++)
		(*names_out)[i] = db_dup_text(rows, i, 0);
	PQclear(rows);
	return STORE_OK;
}

enum store_result mailbox_subscriptions(struct store *store, uint64_t account_id, char ***names_out)
{
	static const struct db_statement list = {
		"SELECT name FROM subscription WHERE account_id = $1 ORDER BY name", true };
	struct db_args args = { 0 };

	db_int8(&args, (int64_t)account_id);
	return read_names(store, &list, &args, names_out);
}

static void told_subscription(struct store *store, uint64_t account_id, const char *name)
{
	change_other(store, NOTICE_SUBSCRIPTION, (struct mailbox_ref){ account_id, 0 }, name, NULL);
}

/* One more, unless the list is full; *added_out: it was not there. */
static enum store_result add_subscription(struct store *store, uint64_t account_id, const char *name, bool *added_out)
{
	static const struct db_statement add = {
		"WITH room AS (SELECT count(*) < $3 AS is_left FROM subscription WHERE account_id = $1),"
		" added AS (INSERT INTO subscription (account_id, name) SELECT $1, $2 FROM room WHERE is_left"
		" ON CONFLICT DO NOTHING RETURNING name)"
		" SELECT EXISTS (SELECT 1 FROM added), is_left OR EXISTS (SELECT 1 FROM subscription"
		" WHERE account_id = $1 AND name = $2) FROM room", false };
	struct db_args args = { 0 };
	PGresult *rows;
	enum store_result result;

	*added_out = false;
	db_int8(&args, (int64_t)account_id);
	db_text(&args, name);
	db_int4(&args, MAX_SUBSCRIPTIONS);
	result = db_run(store, &add, &args, &rows);
	if (result != STORE_OK)
		return result;
	*added_out = db_get_bool(rows, 0, 0);
	if (!*added_out && !db_get_bool(rows, 0, 1))
		result = STORE_LIMIT;
	PQclear(rows);
	return result;
}

enum store_result mailbox_subscribe(struct store *store, uint64_t account_id, struct slice name)
{
	g_autofree char *kept = mailbox_name_normalise(name);
	enum store_result result;
	bool added;

	if (kept == NULL)
		return STORE_INVALID;
	result = add_subscription(store, account_id, kept, &added);
	if (added)
		told_subscription(store, account_id, kept);
	return result;
}

enum store_result mailbox_unsubscribe(struct store *store, uint64_t account_id, struct slice name)
{
	static const struct db_statement remove = {
		"DELETE FROM subscription WHERE account_id = $1 AND name = $2", false };
	g_autofree char *kept = mailbox_name_normalise(name);
	struct db_args args = { 0 };
	enum store_result result;

	if (kept == NULL)
		return STORE_NOT_FOUND;
	db_int8(&args, (int64_t)account_id);
	db_text(&args, kept);
	result = db_change_one(store, &remove, &args);
	if (result == STORE_OK)
		told_subscription(store, account_id, kept);
	return result;
}

/* The row is only written when there is something to claim; both are one statement. */
enum store_result mailbox_claim_recent(struct store *store, struct mailbox_ref ref,
				       uint32_t *first_recent_out)
{
	static const struct db_statement claim = {
		"WITH had AS MATERIALIZED (SELECT recent, recent_from, uidnext FROM mailbox"
		" WHERE account_id = $1 AND mailbox_id = $2 AND NOT noselect), taken AS ("
		" UPDATE mailbox m SET recent = 0, recent_from = m.uidnext FROM had"
		" WHERE m.account_id = $1 AND m.mailbox_id = $2 AND had.recent_from < had.uidnext"
		" AND m.recent_from = had.recent_from RETURNING had.recent_from)"
		" SELECT coalesce((SELECT recent_from FROM taken), had.uidnext) FROM had", false };
	struct db_args args = { 0 };
	PGresult *rows;
	enum store_result result;

	*first_recent_out = 0;
	db_mailbox(&args, ref);
	result = db_run_row(store, &claim, &args, &rows);
	if (result == STORE_OK) {
		*first_recent_out = (uint32_t)db_get_int8(rows, 0, 0);
		mailbox_memo_claimed(store->shared->mailboxes, ref);
	}
	PQclear(rows);
	return result;
}

enum store_result quota_get(struct store *store, uint64_t account_id, struct quota *quota_out)
{
	static const struct db_statement read = {
		"SELECT a.quota_octets, a.quota_messages, coalesce(sum(m.size), 0)::bigint,"
		" coalesce(sum(m.messages), 0)::bigint FROM account a"
		" LEFT JOIN mailbox m ON m.account_id = a.account_id"
		" WHERE a.account_id = $1 GROUP BY a.account_id", true };
	struct db_args args = { 0 };
	PGresult *rows;
	enum store_result result;

	*quota_out = (struct quota){ 0 };
	db_int8(&args, (int64_t)account_id);
	result = db_run_row(store, &read, &args, &rows);
	if (result == STORE_OK) {
		quota_out->octets_limit = (uint64_t)db_get_int8(rows, 0, 0);
		quota_out->messages_limit = (uint64_t)db_get_int8(rows, 0, 1);
		quota_out->octets = (uint64_t)db_get_int8(rows, 0, 2);
		quota_out->messages = (uint64_t)db_get_int8(rows, 0, 3);
	}
	PQclear(rows);
	return result;
}
