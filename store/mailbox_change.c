/* Creating, deleting and renaming.  The account's row is locked first by all that change
 * names, so two sessions can't make the same tree at once. */
#include "store/change.h"
#include "store/collect.h"
#include "store/statement.h"
#include "store/mailbox_row.h"

#define MAX_MAILBOXES 50000

static enum store_result lock_names(struct store *store, uint64_t account_id)
{
	static const struct db_statement lock = {
		"SELECT 1 FROM account WHERE account_id = $1 FOR UPDATE", false };
	struct db_args args = { 0 };
	PGresult *rows;
	enum store_result result;

	db_int8(&args, (int64_t)account_id);
	result = db_run_row(store, &lock, &args, &rows);
	PQclear(rows);
	return result;
}

enum store_result mailbox_create(struct store *store, uint64_t account_id, struct slice name,
				 unsigned use, struct mailbox_ref *ref_out)
{
	static const struct db_statement make = {
		"SELECT status, r_mailbox, r_made FROM mailbox_make($1, $2, $3, $4)", false };
	g_autofree char *kept = mailbox_name_normalise(name);
	g_auto(GStrv) made = NULL;
	struct db_args args = { 0 };
	PGresult *rows;
	enum store_result result;

	*ref_out = (struct mailbox_ref){ account_id, 0 };
	if (kept == NULL)
		return STORE_INVALID;
	db_int8(&args, (int64_t)account_id);
	db_text(&args, kept);
	db_int4(&args, (int32_t)use);
	db_int4(&args, MAX_MAILBOXES);
	result = db_run(store, &make, &args, &rows);
	if (result != STORE_OK)
		return result;
	result = (enum store_result)db_get_int4(rows, 0, 0);
	ref_out->mailbox_id = (uint64_t)db_get_int8(rows, 0, 1);
	made = db_get_text_array(rows, 0, 2);
	PQclear(rows);
	for (char **one = made; result == STORE_OK && *one != NULL; one++)
		change_other(store, NOTICE_CREATED,
			     (struct mailbox_ref){ account_id,
						   one[1] == NULL ? ref_out->mailbox_id : 0 },
			     *one, NULL);
	return result;
}

/* Everything in a mailbox that is going away; its content may lose its last reference. */
static enum store_result empty_mailbox(struct store *store, struct mailbox_ref ref)
{
	static const struct db_statement statements[] = {
		{ "WITH gone AS (DELETE FROM message WHERE account_id = $1 AND mailbox_id = $2"
		  " RETURNING content_hash, original_hash)"
		  " INSERT INTO content_candidate (hash) SELECT content_hash FROM gone UNION"
		  " SELECT original_hash FROM gone WHERE original_hash IS NOT NULL"
		  CANDIDATE_AGAIN, false },
		{ "WITH gone AS (DELETE FROM expunged WHERE account_id = $1 AND mailbox_id = $2"
		  " RETURNING content_hash, original_hash)"
		  " INSERT INTO content_candidate (hash) SELECT content_hash FROM gone"
		  " WHERE content_hash IS NOT NULL UNION SELECT original_hash FROM gone"
		  " WHERE original_hash IS NOT NULL" CANDIDATE_AGAIN, false },
		{ "DELETE FROM flag_log WHERE account_id = $1 AND mailbox_id = $2", false },
		{ "DELETE FROM annotation WHERE account_id = $1 AND mailbox_id = $2", false },
		{ "DELETE FROM mailbox_right WHERE account_id = $1 AND mailbox_id = $2", false },
	};
	enum store_result result = STORE_OK;

	for (size_t i = 0; i < G_N_ELEMENTS(statements) && result == STORE_OK; i++) {
		struct db_args args = { 0 };

		db_mailbox(&args, ref);
		result = db_run(store, &statements[i], &args, NULL);
	}
	return result;
}

/* With inferiors the row stays as a level of the tree; what is known of its messages is
 * forgotten, and should it become a mailbox again it has a new UIDVALIDITY. */
static enum store_result drop_row(struct store *store, struct mailbox_ref ref, bool keep_level)
{
	static const struct db_statement remove = {
		"DELETE FROM mailbox WHERE account_id = $1 AND mailbox_id = $2", false };
	static const struct db_statement keep = {
		"UPDATE mailbox SET noselect = true, use = 0, messages = 0, recent = 0, unseen = 0,"
		" deleted = 0, size = 0, deleted_size = 0, keywords = '{}', modseq = modseq + 1,"
		" recent_from = uidnext, forgotten_modseq = modseq + 1,"
		" uidvalidity = new_uidvalidity($1) WHERE account_id = $1 AND mailbox_id = $2", false };
	struct db_args args = { 0 };

	db_mailbox(&args, ref);
	return db_change_one(store, keep_level ? &keep : &remove, &args);
}

static enum store_result delete_work(struct store *store, void *arg)
{
	const struct mailbox_ref *ref = arg;
	struct mailbox mailbox;
	enum store_result result = lock_names(store, ref->account_id);

	if (result != STORE_OK)
		return result;
	result = mailbox_get(store, *ref, &mailbox);
	if (result == STORE_OK && strcmp(mailbox.name, "INBOX") == 0)
		result = STORE_INVALID;
	if (result == STORE_OK && mailbox.noselect && mailbox.has_children)
		result = STORE_EXISTS;
	/* The row first: who appends waits for it and then finds the mailbox gone. */
	if (result == STORE_OK)
		result = drop_row(store, *ref, mailbox.has_children);
	if (result == STORE_OK)
		result = empty_mailbox(store, *ref);
	if (result == STORE_OK)
		change_other(store, NOTICE_DELETED, *ref, mailbox.name, NULL);
	mailbox_clear(&mailbox);
	return result;
}

enum store_result mailbox_delete(struct store *store, struct mailbox_ref ref)
{
	return connection_transaction(store, delete_work, &ref);
}

struct rename {
	struct mailbox_ref ref;
	const char *name; /* normalised */
};

/* The levels above a name that are missing become mailboxes. */
static enum store_result make_above(struct store *store, uint64_t account_id, const char *name)
{
	const char *slash = strrchr(name, '/');
	struct mailbox above;
	struct mailbox_ref ref;
	enum store_result result;

	if (slash == NULL)
		return STORE_OK;
	result = mailbox_find(store, account_id, slice_of(name, (size_t)(slash - name)), &above);
	mailbox_clear(&above);
	if (result != STORE_NOT_FOUND)
		return result;
	return mailbox_create(store, account_id, slice_of(name, (size_t)(slash - name)), 0, &ref);
}

static unsigned slashes(const char *name)
{
	unsigned count = 0;

	for (; *name != '\0'; name++)
		count += *name == '/';
	return count;
}

/* Whether the new name of the mailbox or of one below it is taken (by one outside the tree),
 * or would be too long or of too many levels. */
static enum store_result check_names(struct store *store, uint64_t account_id, const char *from,
				     const char *to)
{
	static const struct db_statement check = {
		"SELECT EXISTS (SELECT 1 FROM mailbox WHERE account_id = $1 AND"
		" (name = $2 OR (name > $2 || '/' AND name < $2 || '0'))),"
		" coalesce((SELECT max(octet_length(name)) FROM mailbox WHERE account_id = $1 AND"
		" name > $3 || '/' AND name < $3 || '0'), 0),"
		" coalesce((SELECT max(length(name) - length(replace(name, '/', ''))) FROM mailbox"
		" WHERE account_id = $1 AND name > $3 || '/' AND name < $3 || '0'), 0)", true };
	struct db_args args = { 0 };
	PGresult *rows;
	enum store_result result;

	db_int8(&args, (int64_t)account_id);
	db_text(&args, to);
	db_text(&args, from);
	result = db_run(store, &check, &args, &rows);
	if (result != STORE_OK)
		return result;
	if (db_get_bool(rows, 0, 0))
		result = STORE_EXISTS;
	else if ((size_t)db_get_int4(rows, 0, 1) + strlen(to) > MAILBOX_MAX_NAME + strlen(from) ||
		 (unsigned)db_get_int4(rows, 0, 2) + slashes(to) >= MAILBOX_MAX_LEVELS + slashes(from))
		result = STORE_INVALID;
	PQclear(rows);
	return result;
}

static enum store_result rename_tree(struct store *store, uint64_t account_id, const char *from,
				     const char *to)
{
	static const struct db_statement rename = {
		"UPDATE mailbox SET name = $3 || substr(name, length($2) + 1) WHERE account_id = $1"
		" AND (name = $2 OR (name > $2 || '/' AND name < $2 || '0'))", false };
	struct db_args args = { 0 };

	db_int8(&args, (int64_t)account_id);
	db_text(&args, from);
	db_text(&args, to);
	return db_change_one(store, &rename, &args);
}

/* RFC 3501 6.3.5: INBOX itself stays, its messages move. */
static enum store_result rename_inbox(struct store *store, const struct rename *rename)
{
	static const struct uid_range all = { 1, UINT32_MAX };
	struct message_copied moved;
	struct mailbox_ref target;
	enum store_result result = mailbox_create(store, rename->ref.account_id,
						  slice_from_string(rename->name), 0, &target);

	if (result != STORE_OK)
		return result;
	result = message_move(store, rename->ref, (struct uid_set){ &all, 1 }, target, &moved);
	message_copied_clear(&moved);
	return result;
}

static enum store_result rename_work(struct store *store, void *arg)
{
	const struct rename *rename = arg;
	struct mailbox mailbox = { 0 };
	enum store_result result = lock_names(store, rename->ref.account_id);
	size_t len;

	if (result == STORE_OK)
		result = mailbox_get(store, rename->ref, &mailbox);
	if (result != STORE_OK)
		return result;
	len = strlen(mailbox.name);
	if (strcmp(mailbox.name, "INBOX") == 0) {
		result = rename_inbox(store, rename);
		goto out;
	}
	if (strncmp(rename->name, mailbox.name, len) == 0 && rename->name[len] == '/')
		result = STORE_INVALID;
	if (result == STORE_OK)
		result = check_names(store, rename->ref.account_id, mailbox.name, rename->name);
	if (result == STORE_OK)
		result = make_above(store, rename->ref.account_id, rename->name);
	if (result == STORE_OK)
		result = rename_tree(store, rename->ref.account_id, mailbox.name, rename->name);
	if (result == STORE_OK)
		change_other(store, NOTICE_RENAMED, rename->ref, rename->name, mailbox.name);
out:
	mailbox_clear(&mailbox);
	return result;
}

enum store_result mailbox_rename(struct store *store, struct mailbox_ref ref, struct slice new_name)
{
	g_autofree char *kept = mailbox_name_normalise(new_name);
	struct rename rename = { ref, kept };

	if (kept == NULL)
		return STORE_INVALID;
	return connection_transaction(store, rename_work, &rename);
}

struct using {
	struct mailbox_ref ref;
	unsigned use;
};

static enum store_result use_work(struct store *store, void *arg)
{
	static const struct db_statement set = {
		"UPDATE mailbox m SET use = $3 WHERE account_id = $1 AND mailbox_id = $2 AND NOT EXISTS"
		" (SELECT 1 FROM mailbox o WHERE o.account_id = $1 AND o.mailbox_id <> $2"
		" AND o.use & $3 <> 0) RETURNING name", false };
	const struct using *using = arg;
	struct mailbox mailbox = { 0 };
	struct db_args args = { 0 };
	PGresult *rows;
	enum store_result result = lock_names(store, using->ref.account_id);

	if (result == STORE_OK)
		result = mailbox_read_lean(store, using->ref, &mailbox);
	mailbox_clear(&mailbox);
	if (result != STORE_OK)
		return result;
	db_mailbox(&args, using->ref);
	db_int4(&args, (int32_t)using->use);
	result = db_run(store, &set, &args, &rows);
	if (result != STORE_OK)
		return result;
	if (PQntuples(rows) == 0) {
		result = STORE_CONFLICT;
	} else {
		g_autofree char *name = db_dup_text(rows, 0, 0);

		change_other(store, NOTICE_USE, using->ref, name, NULL);
	}
	PQclear(rows);
	return result;
}

enum store_result mailbox_set_use(struct store *store, struct mailbox_ref ref, unsigned use)
{
	struct using using = { ref, use };

	return connection_transaction(store, use_work, &using);
}
