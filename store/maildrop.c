/* A row per locked maildrop with the time it ends by itself. */
#include "store/maildrop.h"

#include "store/maildrop_private.h"
#include "store/statement.h"

#define LEASE_US "60000000"

enum store_result maildrop_lock(struct store *store, uint64_t account_id, uint64_t *lease_out)
{
	static const struct db_statement lock = {
		"INSERT INTO maildrop (account_id, lease, node, expires)"
		" VALUES ($1, nextval('lease_number'), $2, clock_now() + " LEASE_US ")"
		" ON CONFLICT (account_id) DO UPDATE SET lease = EXCLUDED.lease, node = EXCLUDED.node,"
		" expires = EXCLUDED.expires WHERE maildrop.expires < clock_now() RETURNING lease", false };
	struct db_args args = { 0 };
	PGresult *rows;
	enum store_result result;

	*lease_out = 0;
	db_int8(&args, (int64_t)account_id);
	db_text(&args, store->shared->node);
	result = db_run(store, &lock, &args, &rows);
	if (result != STORE_OK)
		return result;
	if (PQntuples(rows) == 0)
		result = STORE_CONFLICT;
	else
		*lease_out = (uint64_t)db_get_int8(rows, 0, 0);
	PQclear(rows);
	return result;
}

enum store_result maildrop_check(struct store *store, uint64_t account_id, uint64_t lease)
{
	static const struct db_statement renew = {
		"UPDATE maildrop SET expires = clock_now() + " LEASE_US
		" WHERE account_id = $1 AND lease = $2", false };
	struct db_args args = { 0 };
	enum store_result result;

	db_int8(&args, (int64_t)account_id);
	db_int8(&args, (int64_t)lease);
	result = db_change_one(store, &renew, &args);
	return result == STORE_NOT_FOUND ? STORE_CONFLICT : result;
}

enum store_result maildrop_unlock(struct store *store, uint64_t account_id, uint64_t lease)
{
	static const struct db_statement unlock = {
		"DELETE FROM maildrop WHERE account_id = $1 AND lease = $2", false };
	struct db_args args = { 0 };

	db_int8(&args, (int64_t)account_id);
	db_int8(&args, (int64_t)lease);
	return db_run(store, &unlock, &args, NULL);
}

/* A scan: the table holds the POP3 sessions of this moment. */
enum store_result maildrop_renew_all(struct store *store)
{
	static const struct db_statement renew = {
		"UPDATE maildrop SET expires = clock_now() + " LEASE_US " WHERE node = $1", false };
	struct db_args args = { 0 };

	db_text(&args, store->shared->node);
	return db_run(store, &renew, &args, NULL);
}

enum store_result maildrop_forget_all(struct store *store)
{
	return connection_command(store, "DELETE FROM maildrop");
}
