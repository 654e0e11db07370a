/* Rights (RFC 4314): entries of a mailbox, what an account may do there, and other
 * people's mailboxes it may see. */
#include "store/change.h"
#include "store/account.h"
#include "store/mailbox_row.h"
#include "store/message_args.h"
#include "store/view_private.h"

#define MAX_ENTRIES 1000

static void entry_free(void *data)
{
	struct acl_entry *entry = data;

	g_free(entry->identifier);
	g_free(entry->rights);
	g_free(entry);
}

enum store_result acl_list(struct store *store, struct mailbox_ref ref, GPtrArray **entries_out)
{
	static const struct db_statement list = {
		"SELECT identifier, rights FROM mailbox_right WHERE account_id = $1 AND mailbox_id = $2"
		" ORDER BY identifier", true };
	struct db_args args = { 0 };
	PGresult *rows;
	enum store_result result;

	*entries_out = NULL;
	db_mailbox(&args, ref);
	result = db_run(store, &list, &args, &rows);
	if (result != STORE_OK)
		return result;
	*entries_out = g_ptr_array_new_with_free_func(entry_free);
	for (int i = 0; i < PQntuples(rows); i++) {
		struct acl_entry *entry = g_new(struct acl_entry, 1);

		*entry = (struct acl_entry){ db_dup_text(rows, i, 0), db_dup_text(rows, i, 1) };
		g_ptr_array_add(*entries_out, entry);
	}
	PQclear(rows);
	return STORE_OK;
}

/* The letters of `plus` without those of `minus`, in order, each once. */
static char *rights_of(const char *plus, const char *minus)
{
	GString *rights = g_string_new(NULL);

	for (const char *p = ACL_ALL_RIGHTS; *p != '\0'; p++)
		if (strchr(plus, *p) != NULL && strchr(minus, *p) == NULL)
			g_string_append_c(rights, *p);
	return g_string_free(rights, FALSE);
}

/* The identifier as it is kept, and whose it is (0: anyone). */
static enum store_result normalise_identifier(struct store *store, const char *identifier, char **out,
					      uint64_t *account_id_out)
{
	bool negative = identifier[0] == '-';
	const char *name = identifier + (negative ? 1 : 0);
	struct account account = { 0 };
	enum store_result result = STORE_OK;

	*out = NULL;
	*account_id_out = 0;
	if (g_ascii_strcasecmp(name, "anyone") == 0) {
		*out = g_strdup(negative ? "-anyone" : "anyone");
		return STORE_OK;
	}
	result = account_find(store, name, &account);
	if (result == STORE_OK)
		*out = g_strconcat(negative ? "-" : "", account.address, NULL);
	*account_id_out = account.account_id;
	account_clear(&account);
	return result;
}

static enum store_result remove_entry(struct store *store, struct mailbox_ref ref, const char *identifier)
{
	static const struct db_statement remove = {
		"DELETE FROM mailbox_right WHERE account_id = $1 AND mailbox_id = $2 AND identifier = $3",
		false };
	struct db_args args = { 0 };

	db_mailbox(&args, ref);
	db_text(&args, identifier);
	return db_run(store, &remove, &args, NULL);
}

static enum store_result put_entry(struct store *store, struct mailbox_ref ref,
				   const char *identifier, const char *rights)
{
	static const struct db_statement put = {
		"INSERT INTO mailbox_right (account_id, mailbox_id, identifier, rights)"
		" SELECT $1, $2, $3, $4 WHERE (SELECT count(*) FROM mailbox_right"
		" WHERE account_id = $1 AND mailbox_id = $2 AND identifier <> $3) < $5"
		" AND EXISTS (SELECT 1 FROM mailbox WHERE account_id = $1 AND mailbox_id = $2)"
		" ON CONFLICT (account_id, mailbox_id, identifier) DO UPDATE SET rights = EXCLUDED.rights",
		false };
	struct db_args args = { 0 };
	enum store_result result;

	db_mailbox(&args, ref);
	db_text(&args, identifier);
	db_text(&args, rights);
	db_int4(&args, MAX_ENTRIES);
	result = db_change_one(store, &put, &args);
	return result == STORE_NOT_FOUND ? STORE_LIMIT : result;
}

enum store_result acl_set(struct store *store, struct mailbox_ref ref, const char *identifier,
			  const char *rights)
{
	g_autofree char *kept = NULL, *letters = rights_of(rights, "");
	uint64_t reader = 0;
	enum store_result result;

	if (strspn(rights, ACL_ALL_RIGHTS) != strlen(rights))
		return STORE_INVALID;
	result = normalise_identifier(store, identifier, &kept, &reader);
	if (result != STORE_OK)
		return result;
	result = letters[0] == '\0' ? remove_entry(store, ref, kept) :
		 put_entry(store, ref, kept, letters);
	if (result == STORE_OK)
		change_other(store, NOTICE_ACL, ref, NULL, NULL);
	/* The reader may have known nothing of that mailbox; of anyone, every reader. */
	if (result == STORE_OK)
		change_other(store, NOTICE_ACL, reader != 0 ? (struct mailbox_ref){ reader, 0 } : NOTICE_EVERYBODY,
			     NULL, NULL);
	return result;
}

/* Joined to mailbox m and the reader's address a. */
#define RIGHTS_COLUMNS \
	" coalesce(string_agg(r.rights, '') FILTER (WHERE r.identifier NOT LIKE '-%'), '')," \
	" coalesce(string_agg(r.rights, '') FILTER (WHERE r.identifier LIKE '-%'), '')"
#define RIGHTS_IDENTIFIERS "(a.address, '-' || a.address, 'anyone', '-anyone')"

enum store_result acl_rights(struct store *store, struct mailbox_ref ref, uint64_t account_id,
			     char **rights_out)
{
	static const struct db_statement read = {
		"SELECT" RIGHTS_COLUMNS " FROM account a JOIN mailbox_right r"
		" ON r.account_id = $1 AND r.mailbox_id = $2 AND r.identifier IN " RIGHTS_IDENTIFIERS
		" WHERE a.account_id = $3", true };
	struct db_args args = { 0 };
	PGresult *rows;
	enum store_result result;

	if (ref.account_id == account_id) {
		*rights_out = g_strdup(ACL_ALL_RIGHTS);
		return STORE_OK;
	}
	*rights_out = g_strdup("");
	db_mailbox(&args, ref);
	db_int8(&args, (int64_t)account_id);
	result = db_run(store, &read, &args, &rows);
	if (result == STORE_OK) {
		g_autofree char *plus = db_dup_text(rows, 0, 0), *minus = db_dup_text(rows, 0, 1);

		g_free(*rights_out);
		*rights_out = rights_of(plus, minus);
	}
	PQclear(rows);
	return result;
}

/* Columns behind those of the mailbox: owner, plus, minus. */
static struct mailbox *shared_from_row(const PGresult *rows, int row)
{
	g_autofree char *plus = db_dup_text(rows, row, MAILBOX_COLUMN_COUNT + 1);
	g_autofree char *minus = db_dup_text(rows, row, MAILBOX_COLUMN_COUNT + 2);
	struct mailbox *mailbox = g_new(struct mailbox, 1);

	mailbox_from_row(rows, row, mailbox);
	mailbox->owner = db_dup_text(rows, row, MAILBOX_COLUMN_COUNT);
	mailbox->rights = rights_of(plus, minus);
	return mailbox;
}

enum store_result mailbox_list_shared(struct store *store, uint64_t account_id,
				      GPtrArray **mailboxes_out)
{
	static const struct db_statement list = {
		"SELECT " MAILBOX_COLUMNS ", o.address, g.plus, g.minus FROM ("
		" SELECT r.account_id, r.mailbox_id,"
		" coalesce(string_agg(r.rights, '') FILTER (WHERE r.identifier NOT LIKE '-%'), '') AS plus,"
		" coalesce(string_agg(r.rights, '') FILTER (WHERE r.identifier LIKE '-%'), '') AS minus"
		" FROM account a JOIN mailbox_right r ON r.identifier IN " RIGHTS_IDENTIFIERS
		" WHERE a.account_id = $1 AND r.account_id <> $1 GROUP BY r.account_id, r.mailbox_id) g"
		" JOIN mailbox m ON m.account_id = g.account_id AND m.mailbox_id = g.mailbox_id"
		" JOIN account o ON o.account_id = m.account_id ORDER BY o.address, m.name", true };
	struct db_args args = { 0 };
	PGresult *rows;
	enum store_result result;

	*mailboxes_out = NULL;
	db_int8(&args, (int64_t)account_id);
	result = db_run(store, &list, &args, &rows);
	if (result != STORE_OK)
		return result;
	*mailboxes_out = g_ptr_array_new_with_free_func((GDestroyNotify)mailbox_free);
	for (int i = 0; i < PQntuples(rows); i++) {
		struct mailbox *mailbox = shared_from_row(rows, i);

		view_registry_hear(store->shared->views, mailbox->ref, mailbox->highestmodseq);
		if (mailbox->rights[0] != '\0')
			g_ptr_array_add(*mailboxes_out, mailbox);
		else
			mailbox_free(mailbox);
	}
	PQclear(rows);
	return STORE_OK;
}
