/* Links: unguessable tokens, at most one in force per account, meeting and address. */
#include "store/meeting_store.h"

#include "base/secret.h"
#include "store/account.h"
#include "store/statement.h"

#define TOKEN_OCTETS 16
#define MAX_TOKEN 128

void link_clear(struct link *link)
{
	g_free(link->token);
	g_free(link->uid);
	g_free(link->address);
	*link = (struct link){ 0 };
}

static void link_free(void *data)
{
	link_clear(data);
	g_free(data);
}

#define LINK_COLUMNS "token, account_id, uid, address, created, revoked"

static void from_row(const PGresult *rows, int row, struct link *link_out)
{
	*link_out = (struct link){
		.token = db_dup_text(rows, row, 0),
		.account_id = (uint64_t)db_get_int8(rows, row, 1),
		.uid = db_dup_text(rows, row, 2),
		.address = db_dup_text(rows, row, 3),
		.created = db_get_int8(rows, row, 4),
		.revoked = db_get_bool(rows, row, 5),
	};
}

static enum store_result read_link(struct store *store, const struct db_statement *statement,
				   struct db_args *args, struct link *link_out)
{
	PGresult *rows;
	enum store_result result = db_run_row(store, statement, args, &rows);

	*link_out = (struct link){ 0 };
	if (result == STORE_OK)
		from_row(rows, 0, link_out);
	PQclear(rows);
	return result;
}

static enum store_result find_in_force(struct store *store, uint64_t account_id, const char *uid,
				       const char *address, struct link *link_out)
{
	static const struct db_statement find = {
		"SELECT " LINK_COLUMNS " FROM link WHERE account_id = $1 AND uid = $2 AND address = $3"
		" AND NOT revoked", true };
	struct db_args args = { 0 };

	db_int8(&args, (int64_t)account_id);
	db_text(&args, uid);
	db_text(&args, address);
	return read_link(store, &find, &args, link_out);
}

static enum store_result insert(struct store *store, uint64_t account_id, const char *uid,
				const char *address, struct link *link_out)
{
	static const struct db_statement add = {
		"INSERT INTO link (account_id, token, uid, address) VALUES ($1, $2, $3, $4)"
		" ON CONFLICT DO NOTHING RETURNING " LINK_COLUMNS, false };
	g_autofree char *token = secret_token(TOKEN_OCTETS);
	struct db_args args = { 0 };

	db_int8(&args, (int64_t)account_id);
	db_text(&args, token);
	db_text(&args, uid);
	db_text(&args, address);
	return read_link(store, &add, &args, link_out);
}

/* Lower case where it is an address, else as it is. */
static char *kept_address(const char *address)
{
	char *kept = account_address_normalise(address);

	return kept != NULL ? kept : g_strdup(address);
}

enum store_result link_ensure(struct store *store, uint64_t account_id, const char *uid,
			      const char *address, struct link *link_out)
{
	g_autofree char *kept = kept_address(address);
	enum store_result result = find_in_force(store, account_id, uid, kept, link_out);

	if (result != STORE_NOT_FOUND)
		return result;
	result = insert(store, account_id, uid, kept, link_out);
	/* Somebody else was first, and has committed. */
	return result == STORE_NOT_FOUND ? find_in_force(store, account_id, uid, kept, link_out) : result;
}

enum store_result link_find(struct store *store, const char *token, struct link *link_out)
{
	static const struct db_statement find = {
		"SELECT " LINK_COLUMNS " FROM link WHERE token = $1", true };
	struct db_args args = { 0 };

	*link_out = (struct link){ 0 };
	if (strlen(token) > MAX_TOKEN)
		return STORE_NOT_FOUND;
	db_text(&args, token);
	return read_link(store, &find, &args, link_out);
}

enum store_result link_list(struct store *store, uint64_t account_id, const char *uid,
			    GPtrArray **links_out)
{
	static const struct db_statement of_meeting = {
		"SELECT " LINK_COLUMNS " FROM link WHERE account_id = $1 AND uid = $2"
		" ORDER BY created DESC", true };
	static const struct db_statement of_account = {
		"SELECT " LINK_COLUMNS " FROM link WHERE account_id = $1 ORDER BY created DESC", true };
	struct db_args args = { 0 };
	PGresult *rows;
	enum store_result result;

	*links_out = NULL;
	db_int8(&args, (int64_t)account_id);
	if (uid != NULL)
		db_text(&args, uid);
	result = db_run(store, uid != NULL ? &of_meeting : &of_account, &args, &rows);
	if (result != STORE_OK)
		return result;
	*links_out = g_ptr_array_new_with_free_func(link_free);
	for (int i = 0; i < PQntuples(rows); i++) {
		struct link *link = g_new(struct link, 1);

		from_row(rows, i, link);
		g_ptr_array_add(*links_out, link);
	}
	PQclear(rows);
	return STORE_OK;
}

enum store_result link_revoke(struct store *store, const char *token)
{
	static const struct db_statement revoke = {
		"UPDATE link SET revoked = true WHERE token = $1", false };
	struct db_args args = { 0 };

	db_text(&args, token);
	return db_change_one(store, &revoke, &args);
}

struct rotating {
	uint64_t account_id;
	const char *uid, *address;
	struct link *link;
};

static enum store_result rotate_work(struct store *store, void *arg)
{
	static const struct db_statement revoke = {
		"UPDATE link SET revoked = true WHERE account_id = $1 AND uid = $2 AND address = $3"
		" AND NOT revoked", false };
	const struct rotating *rotating = arg;
	struct db_args args = { 0 };
	enum store_result result;

	db_int8(&args, (int64_t)rotating->account_id);
	db_text(&args, rotating->uid);
	db_text(&args, rotating->address);
	result = db_run(store, &revoke, &args, NULL);
	return result != STORE_OK ? result :
	       insert(store, rotating->account_id, rotating->uid, rotating->address, rotating->link);
}

enum store_result link_rotate(struct store *store, uint64_t account_id, const char *uid,
			      const char *address, struct link *link_out)
{
	g_autofree char *kept = kept_address(address);
	struct rotating rotating = { account_id, uid, kept, link_out };

	*link_out = (struct link){ 0 };
	return connection_transaction(store, rotate_work, &rotating);
}
