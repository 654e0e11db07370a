/* A row per locked maildrop with the time it ends by itself.  What this process holds is known by
 * number: a lease that it let go in vain, or was never told that it got, is not renewed. */
#include "store/maildrop.h"

#include "store/maildrop_private.h"
#include "store/statement.h"

#define LEASE_US "60000000"

struct maildrops {
	GMutex lock;
	GHashTable *leases; /* of uint64_t */
};

struct maildrops *maildrops_create(void)
{
	struct maildrops *maildrops = g_new0(struct maildrops, 1);

	g_mutex_init(&maildrops->lock);
	maildrops->leases = g_hash_table_new_full(g_int64_hash, g_int64_equal, g_free, NULL);
	return maildrops;
}

void maildrops_destroy(struct maildrops **maildrops)
{
	g_hash_table_unref((*maildrops)->leases);
	g_mutex_clear(&(*maildrops)->lock);
	g_clear_pointer(maildrops, g_free);
}

static void hold(struct maildrops *maildrops, uint64_t lease)
{
	g_mutex_lock(&maildrops->lock);
	g_hash_table_add(maildrops->leases, g_memdup2(&lease, sizeof(lease)));
	g_mutex_unlock(&maildrops->lock);
}

static void let_go(struct maildrops *maildrops, uint64_t lease)
{
	g_mutex_lock(&maildrops->lock);
	g_hash_table_remove(maildrops->leases, &lease);
	g_mutex_unlock(&maildrops->lock);
}

/* Of int64_t. */
static GArray *held(struct maildrops *maildrops)
{
	GArray *leases = g_array_new(FALSE, FALSE, sizeof(int64_t));
	GHashTableIter iter;
	void *key;

	g_mutex_lock(&maildrops->lock);
	g_hash_table_iter_init(&iter, maildrops->leases);
	while (g_hash_table_iter_next(&iter, &key, NULL))
		g_array_append_vals(leases, key, 1);
	g_mutex_unlock(&maildrops->lock);
	return leases;
}

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
	if (PQntuples(rows) == 0) {
		result = STORE_CONFLICT;
	} else {
		*lease_out = (uint64_t)db_get_int8(rows, 0, 0);
		hold(store->shared->maildrops, *lease_out);
	}
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

	let_go(store->shared->maildrops, lease);
	db_int8(&args, (int64_t)account_id);
	db_int8(&args, (int64_t)lease);
	return db_run(store, &unlock, &args, NULL);
}

/* A scan: the table holds the POP3 sessions of this moment. */
enum store_result maildrop_renew_all(struct store *store)
{
	static const struct db_statement renew = {
		"UPDATE maildrop SET expires = clock_now() + " LEASE_US
		" WHERE node = $1 AND lease = ANY ($2)", false };
	GArray *leases = held(store->shared->maildrops);
	struct db_args args = { 0 };
	enum store_result result = STORE_OK;

	if (leases->len > 0) {
		db_text(&args, store->shared->node);
		db_int8_array(&args, &g_array_index(leases, int64_t, 0), leases->len);
		result = db_run(store, &renew, &args, NULL);
	}
	g_array_unref(leases);
	return result;
}

enum store_result maildrop_forget_all(struct store *store)
{
	return connection_command(store, "DELETE FROM maildrop");
}
