/* Accounts: rows, and everything that comes and goes with them. */
#include "store/account.h"

#include "store/change.h"
#include "store/collect.h"
#include "store/mailbox.h"
#include "store/meeting_store.h"
#include "store/statement.h"

#define MAX_ADDRESS 254

void account_clear(struct account *account)
{
	g_free(account->address);
	g_free(account->password_hash);
	g_free(account->scram_sha256);
	g_free(account->display_name);
	g_free(account->timezone);
	g_free(account->locale);
	*account = (struct account){ 0 };
}

void account_free(struct account *account)
{
	if (account != NULL)
		account_clear(account);
	g_free(account);
}

static bool has_bad_character(const char *address)
{
	for (const char *p = address; *p != '\0'; p = g_utf8_next_char(p)) {
		gunichar c = g_utf8_get_char(p);

		if (g_unichar_iscntrl(c) || g_unichar_isspace(c) || c == '<' || c == '>')
			return true;
	}
	return false;
}

char *account_address_normalise(const char *address)
{
	g_autofree char *lower = NULL;
	const char *at = address != NULL ? strrchr(address, '@') : NULL;

	if (at == NULL || at == address || at[1] == '\0' || strlen(address) > MAX_ADDRESS ||
	    !g_utf8_validate(address, -1, NULL) || has_bad_character(address))
		return NULL;
	lower = g_utf8_strdown(address, -1);
	return g_utf8_normalize(lower, -1, G_NORMALIZE_NFC);
}

#define ACCOUNT_COLUMNS \
	"a.account_id, a.address, a.password_hash, a.scram_sha256, a.display_name, a.timezone," \
	" a.locale, a.quota_octets, a.quota_messages, a.add_invitations, a.answer_by_keyword," \
	" a.disabled, a.created"

static void from_row(const PGresult *rows, int row, struct account *account_out)
{
	*account_out = (struct account){
		.account_id = (uint64_t)db_get_int8(rows, row, 0),
		.address = db_dup_text(rows, row, 1),
		.password_hash = db_dup_text(rows, row, 2),
		.scram_sha256 = db_dup_text(rows, row, 3),
		.display_name = db_dup_text(rows, row, 4),
		.timezone = db_dup_text(rows, row, 5),
		.locale = db_dup_text(rows, row, 6),
		.quota_octets = (uint64_t)db_get_int8(rows, row, 7),
		.quota_messages = (uint64_t)db_get_int8(rows, row, 8),
		.add_invitations = db_get_int4(rows, row, 9),
		.answer_by_keyword = db_get_bool(rows, row, 10),
		.disabled = db_get_bool(rows, row, 11),
		.created = db_get_int8(rows, row, 12),
	};
}

static enum store_result read_one(struct store *store, const struct db_statement *statement,
				  struct db_args *args, struct account *account_out)
{
	PGresult *rows;
	enum store_result result = db_run(store, statement, args, &rows);

	*account_out = (struct account){ 0 };
	if (result != STORE_OK)
		return result;
	if (PQntuples(rows) == 1)
		from_row(rows, 0, account_out);
	else
		result = STORE_NOT_FOUND; /* none, or an alias of several */
	PQclear(rows);
	return result;
}

enum store_result account_find(struct store *store, const char *address, struct account *account_out)
{
	static const struct db_statement find = {
		"SELECT " ACCOUNT_COLUMNS " FROM address d JOIN account a ON a.account_id = d.account_id"
		" WHERE d.address = $1", true };
	g_autofree char *kept = account_address_normalise(address);
	struct db_args args = { 0 };

	*account_out = (struct account){ 0 };
	if (kept == NULL)
		return STORE_NOT_FOUND;
	db_text(&args, kept);
	return read_one(store, &find, &args, account_out);
}

enum store_result account_get(struct store *store, uint64_t account_id, struct account *account_out)
{
	static const struct db_statement get = {
		"SELECT " ACCOUNT_COLUMNS " FROM account a WHERE account_id = $1", true };
	struct db_args args = { 0 };

	db_int8(&args, (int64_t)account_id);
	return read_one(store, &get, &args, account_out);
}

enum store_result account_list(struct store *store, const char *after, unsigned limit,
			       GPtrArray **accounts_out)
{
	static const struct db_statement list = {
		"SELECT " ACCOUNT_COLUMNS " FROM address d JOIN account a ON a.account_id = d.account_id"
		" WHERE d.own AND d.address > $1 ORDER BY d.address LIMIT $2", true };
	struct db_args args = { 0 };
	PGresult *rows;
	enum store_result result;

	*accounts_out = NULL;
	db_text(&args, after);
	db_int8(&args, limit);
	result = db_run(store, &list, &args, &rows);
	if (result != STORE_OK)
		return result;
	*accounts_out = g_ptr_array_new_with_free_func((GDestroyNotify)account_free);
	for (int i = 0; i < PQntuples(rows); i++) {
		struct account *account = g_new0(struct account, 1);

		from_row(rows, i, account);
		g_ptr_array_add(*accounts_out, account);
	}
	PQclear(rows);
	return STORE_OK;
}

/* What account_add's transaction works on. */
struct adding {
	const struct account *account;
	char *address;
	uint64_t account_id;
};

static enum store_result insert_address(struct store *store, struct adding *adding)
{
	/* An alias of that name would make two meanings; the lock keeps one from being added now. */
	static const struct db_statement free_name = {
		"SELECT pg_advisory_xact_lock(hashtextextended($1, 7)),"
		" EXISTS (SELECT 1 FROM address WHERE address = $1)", false };
	static const struct db_statement add = {
		"INSERT INTO address (address, account_id, own) VALUES ($1, $2, true)", false };
	struct db_args args = { 0 };
	PGresult *rows;
	enum store_result result;

	db_text(&args, adding->address);
	result = db_run(store, &free_name, &args, &rows);
	if (result == STORE_OK && db_get_bool(rows, 0, 1))
		result = STORE_EXISTS;
	PQclear(rows);
	if (result != STORE_OK)
		return result;
	db_text(&args, adding->address);
	db_int8(&args, (int64_t)adding->account_id);
	return db_run(store, &add, &args, NULL);
}

static const char *or_empty(const char *text)
{
	return text != NULL ? text : "";
}

static void add_settings(struct db_args *args, const struct account *account)
{
	db_text(args, account->password_hash);
	db_text(args, account->scram_sha256);
	db_text(args, or_empty(account->display_name));
	db_text(args, or_empty(account->timezone));
	db_text(args, or_empty(account->locale));
	db_int8(args, (int64_t)account->quota_octets);
	db_int8(args, (int64_t)account->quota_messages);
	db_int4(args, account->add_invitations);
	db_bool(args, account->answer_by_keyword);
	db_bool(args, account->disabled);
}

static enum store_result insert_account(struct store *store, struct adding *adding)
{
	static const struct db_statement add = {
		"INSERT INTO account (address, password_hash, scram_sha256, display_name, timezone, locale,"
		" quota_octets, quota_messages, add_invitations, answer_by_keyword, disabled)"
		" VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11) RETURNING account_id", false };
	const struct account *account = adding->account;
	struct db_args args = { 0 };
	PGresult *rows;
	enum store_result result;

	db_text(&args, adding->address);
	add_settings(&args, account);
	result = db_run(store, &add, &args, &rows);
	if (result == STORE_OK)
		adding->account_id = (uint64_t)db_get_int8(rows, 0, 0);
	PQclear(rows);
	return result;
}

static enum store_result make_folders(struct store *store, uint64_t account_id)
{
	static const struct {
		const char *name;
		unsigned use;
	} folders[] = {
		{ "INBOX", 0 }, { "Drafts", MAILBOX_DRAFTS }, { "Sent", MAILBOX_SENT },
		{ "Junk", MAILBOX_JUNK }, { "Trash", MAILBOX_TRASH }, { "Archive", MAILBOX_ARCHIVE },
	};
	struct mailbox_ref ref;
	enum store_result result = STORE_OK;

	for (size_t i = 0; i < G_N_ELEMENTS(folders) && result == STORE_OK; i++) {
		struct slice name = slice_from_string(folders[i].name);

		result = mailbox_create(store, account_id, name, folders[i].use, &ref);
		if (result == STORE_OK)
			result = mailbox_subscribe(store, account_id, name);
	}
	return result;
}

static enum store_result make_calendar(struct store *store, uint64_t account_id)
{
	static const struct db_statement add = {
		"INSERT INTO calendar (account_id, name, is_default) VALUES ($1, 'Calendar', true)", false };
	struct db_args args = { 0 };

	db_int8(&args, (int64_t)account_id);
	return db_run(store, &add, &args, NULL);
}

static enum store_result add_work(struct store *store, void *arg)
{
	struct adding *adding = arg;
	enum store_result result = insert_account(store, adding);

	if (result == STORE_OK)
		result = insert_address(store, adding);
	if (result == STORE_OK)
		result = make_folders(store, adding->account_id);
	return result == STORE_OK ? make_calendar(store, adding->account_id) : result;
}

enum store_result account_add(struct store *store, const struct account *account,
			      uint64_t *account_id_out)
{
	struct adding adding = { account, account_address_normalise(account->address), 0 };
	enum store_result result;

	*account_id_out = 0;
	if (adding.address == NULL)
		return STORE_INVALID;
	result = connection_transaction(store, add_work, &adding);
	if (result == STORE_OK)
		*account_id_out = adding.account_id;
	g_free(adding.address);
	return result;
}

enum store_result account_set(struct store *store, const struct account *account, unsigned fields)
{
	static const struct db_statement set = {
		"WITH ended AS (DELETE FROM web_session WHERE account_id = $1 AND $2 & 1 <> 0)"
		" UPDATE account SET"
		" password_hash = CASE WHEN $2 & 1 <> 0 THEN $3 ELSE password_hash END,"
		" scram_sha256 = CASE WHEN $2 & 1 <> 0 THEN $4 ELSE scram_sha256 END,"
		" display_name = CASE WHEN $2 & 2 <> 0 THEN $5 ELSE display_name END,"
		" timezone = CASE WHEN $2 & 4 <> 0 THEN $6 ELSE timezone END,"
		" locale = CASE WHEN $2 & 8 <> 0 THEN $7 ELSE locale END,"
		" quota_octets = CASE WHEN $2 & 16 <> 0 THEN $8 ELSE quota_octets END,"
		" quota_messages = CASE WHEN $2 & 16 <> 0 THEN $9 ELSE quota_messages END,"
		" add_invitations = CASE WHEN $2 & 32 <> 0 THEN $10 ELSE add_invitations END,"
		" answer_by_keyword = CASE WHEN $2 & 64 <> 0 THEN $11 ELSE answer_by_keyword END,"
		" disabled = CASE WHEN $2 & 128 <> 0 THEN $12 ELSE disabled END"
		" WHERE account_id = $1", false };
	struct db_args args = { 0 };

	db_int8(&args, (int64_t)account->account_id);
	db_int4(&args, (int32_t)fields);
	add_settings(&args, account);
	return db_change_one(store, &set, &args);
}

/* In this order: the row that all name changes lock, then the rows that all who bring messages
 * wait for, so that nothing is added to what is swept up behind them. */
static enum store_result remove_work(struct store *store, void *arg)
{
	static const struct db_statement statements[] = {
		{ "SELECT 1 FROM account WHERE account_id = $1 FOR UPDATE", false },
		{ "DELETE FROM mailbox WHERE account_id = $1", false },
		{ "INSERT INTO content_candidate (hash) SELECT content_hash FROM message"
		  " WHERE account_id = $1 UNION SELECT original_hash FROM message"
		  " WHERE account_id = $1 AND original_hash IS NOT NULL UNION"
		  " SELECT content_hash FROM expunged WHERE account_id = $1 AND content_hash IS NOT NULL"
		  " UNION SELECT original_hash FROM expunged WHERE account_id = $1"
		  " AND original_hash IS NOT NULL UNION SELECT content_hash FROM trail"
		  " WHERE account_id = $1 AND content_hash IS NOT NULL" CANDIDATE_AGAIN, false },
		{ "DELETE FROM mailbox_right WHERE identifier IN (SELECT address FROM address"
		  " WHERE account_id = $1 AND own UNION SELECT '-' || address FROM address"
		  " WHERE account_id = $1 AND own)", false },
		{ "DELETE FROM message WHERE account_id = $1", false },
		{ "DELETE FROM expunged WHERE account_id = $1", false },
		{ "DELETE FROM flag_log WHERE account_id = $1", false },
		{ "DELETE FROM subscription WHERE account_id = $1", false },
		{ "DELETE FROM mailbox_right WHERE account_id = $1", false },
		{ "DELETE FROM annotation WHERE account_id = $1", false },
		{ "DELETE FROM delivered WHERE account_id = $1", false },
		{ "DELETE FROM maildrop WHERE account_id = $1", false },
		{ "DELETE FROM calendar WHERE account_id = $1", false },
		{ "DELETE FROM meeting WHERE account_id = $1", false },
		{ "DELETE FROM link WHERE account_id = $1", false },
		{ "DELETE FROM trail WHERE account_id = $1", false },
		{ "DELETE FROM web_session WHERE account_id = $1", false },
		{ "DELETE FROM contact WHERE account_id = $1", false },
		{ "DELETE FROM address WHERE account_id = $1", false },
	};
	static const struct db_statement remove = {
		"DELETE FROM account WHERE account_id = $1", false };
	const uint64_t *account_id = arg;
	struct db_args args = { 0 };
	enum store_result result = STORE_OK;

	for (size_t i = 0; i < G_N_ELEMENTS(statements) && result == STORE_OK; i++) {
		db_int8(&args, (int64_t)*account_id);
		result = db_run(store, &statements[i], &args, NULL);
	}
	if (result != STORE_OK)
		return result;
	db_int8(&args, (int64_t)*account_id);
	return db_change_one(store, &remove, &args);
}

enum store_result account_remove(struct store *store, uint64_t account_id)
{
	GPtrArray *mailboxes;
	enum store_result result = mailbox_list(store, account_id, &mailboxes);

	if (result != STORE_OK)
		return result;
	result = connection_transaction(store, remove_work, &account_id);
	for (guint i = 0; result == STORE_OK && i < mailboxes->len; i++) {
		const struct mailbox *mailbox = g_ptr_array_index(mailboxes, i);

		change_other(store, NOTICE_DELETED, mailbox->ref, mailbox->name, NULL);
	}
	g_ptr_array_unref(mailboxes);
	return result;
}
