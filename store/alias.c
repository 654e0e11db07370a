/* Aliases and contacts. */
#include "store/account.h"

#include "store/statement.h"

struct alias_change {
	char *alias;
	uint64_t account_id;
};

static enum store_result add_work(struct store *store, void *arg)
{
	static const struct db_statement taken = {
		"SELECT pg_advisory_xact_lock(hashtextextended($1, 7)),"
		" EXISTS (SELECT 1 FROM address WHERE address = $1 AND own)", false };
	static const struct db_statement add = {
		"INSERT INTO address (address, account_id, own) VALUES ($1, $2, false)"
		" ON CONFLICT DO NOTHING", false };
	const struct alias_change *change = arg;
	struct db_args args = { 0 };
	PGresult *rows;
	uint64_t count = 0;
	enum store_result result;

	db_text(&args, change->alias);
	result = db_run(store, &taken, &args, &rows);
	if (result == STORE_OK && db_get_bool(rows, 0, 1))
		result = STORE_EXISTS;
	PQclear(rows);
	if (result != STORE_OK)
		return result;
	db_text(&args, change->alias);
	db_int8(&args, (int64_t)change->account_id);
	result = db_change(store, &add, &args, &count);
	return result == STORE_OK && count == 0 ? STORE_EXISTS : result;
}

/* The account whose own address it is. */
static enum store_result find_own(struct store *store, const char *address, uint64_t *account_id_out)
{
	struct account account;
	g_autofree char *kept = account_address_normalise(address);
	enum store_result result = account_find(store, address, &account);

	*account_id_out = account.account_id;
	if (result == STORE_OK && g_strcmp0(account.address, kept) != 0)
		result = STORE_NOT_FOUND;
	account_clear(&account);
	return result;
}

enum store_result alias_add(struct store *store, const char *alias, const char *account_address)
{
	g_autofree char *kept = account_address_normalise(alias);
	struct alias_change change = { kept, 0 };
	enum store_result result;

	if (kept == NULL)
		return STORE_INVALID;
	result = find_own(store, account_address, &change.account_id);
	return result == STORE_OK ? connection_transaction(store, add_work, &change) : result;
}

enum store_result alias_remove(struct store *store, const char *alias, const char *account_address)
{
	static const struct db_statement remove_all = {
		"DELETE FROM address WHERE address = $1 AND NOT own", false };
	static const struct db_statement remove_one = {
		"DELETE FROM address WHERE address = $1 AND account_id = $2 AND NOT own", false };
	g_autofree char *kept = account_address_normalise(alias);
	uint64_t account_id;
	struct db_args args = { 0 };
	enum store_result result;

	if (kept == NULL)
		return STORE_NOT_FOUND;
	if (account_address == NULL) {
		db_text(&args, kept);
		return db_change_one(store, &remove_all, &args);
	}
	result = find_own(store, account_address, &account_id);
	if (result != STORE_OK)
		return result;
	db_text(&args, kept);
	db_int8(&args, (int64_t)account_id);
	return db_change_one(store, &remove_one, &args);
}

static void alias_free(void *data)
{
	struct alias *alias = data;

	g_free(alias->alias);
	g_free(alias->address);
	g_free(alias);
}

enum store_result alias_list(struct store *store, uint64_t account_id, GPtrArray **aliases_out)
{
	static const struct db_statement all = {
		"SELECT d.address, a.address FROM address d JOIN account a ON a.account_id = d.account_id"
		" WHERE NOT d.own ORDER BY d.address, a.address", true };
	static const struct db_statement of_account = {
		"SELECT d.address, a.address FROM address d JOIN account a ON a.account_id = d.account_id"
		" WHERE NOT d.own AND d.account_id = $1 ORDER BY d.address", true };
	struct db_args args = { 0 };
	PGresult *rows;
	enum store_result result;

	*aliases_out = NULL;
	if (account_id != 0)
		db_int8(&args, (int64_t)account_id);
	result = db_run(store, account_id != 0 ? &of_account : &all, &args, &rows);
	if (result != STORE_OK)
		return result;
	*aliases_out = g_ptr_array_new_with_free_func(alias_free);
	for (int i = 0; i < PQntuples(rows); i++) {
		struct alias *alias = g_new(struct alias, 1);

		*alias = (struct alias){ db_dup_text(rows, i, 0), db_dup_text(rows, i, 1) };
		g_ptr_array_add(*aliases_out, alias);
	}
	PQclear(rows);
	return STORE_OK;
}

enum store_result account_addresses(struct store *store, uint64_t account_id, char ***addresses_out)
{
	static const struct db_statement list = {
		"SELECT address FROM address WHERE account_id = $1 ORDER BY own DESC, address", true };
	struct db_args args = { 0 };
	PGresult *rows;
	enum store_result result;
	int count;

	*addresses_out = NULL;
	db_int8(&args, (int64_t)account_id);
	result = db_run(store, &list, &args, &rows);
	if (result != STORE_OK)
		return result;
	count = PQntuples(rows);
	if (count == 0) {
		PQclear(rows);
		return STORE_NOT_FOUND;
	}
	*addresses_out = g_new0(char *, (gsize)count + 1);
	for (int i = 0; i < count; i++)
		(*addresses_out)[i] = db_dup_text(rows, i, 0);
	PQclear(rows);
	return STORE_OK;
}

enum store_result contact_add(struct store *store, uint64_t account_id, const char *address)
{
	static const struct db_statement add = {
		"INSERT INTO contact (account_id, address) VALUES ($1, $2) ON CONFLICT DO NOTHING", false };
	g_autofree char *kept = account_address_normalise(address);
	struct db_args args = { 0 };

	if (kept == NULL)
		return STORE_INVALID;
	db_int8(&args, (int64_t)account_id);
	db_text(&args, kept);
	return db_run(store, &add, &args, NULL);
}

enum store_result contact_known(struct store *store, uint64_t account_id, const char *address,
				bool *known_out)
{
	static const struct db_statement find = {
		"SELECT 1 FROM contact WHERE account_id = $1 AND address = $2", true };
	g_autofree char *kept = account_address_normalise(address);
	struct db_args args = { 0 };
	PGresult *rows;
	enum store_result result;

	*known_out = false;
	if (kept == NULL)
		return STORE_OK;
	db_int8(&args, (int64_t)account_id);
	db_text(&args, kept);
	result = db_run(store, &find, &args, &rows);
	*known_out = result == STORE_OK && PQntuples(rows) > 0;
	PQclear(rows);
	return result;
}
