/* Links: random tokens that name account, meeting and invited address. */
#include "base/secret.h"
#include "store/meeting_store.h"
#include "store/statement.h"

/* 22 characters of base64url, 128 random bits. */
enum { TOKEN_OCTETS = 16 };

#define LINK_COLUMNS "token, account_id, uid, address, created, revoked"

void link_clear(struct link *link)
{
	g_free(link->token);
	g_free(link->uid);
	g_free(link->address);
	*link = (struct link){ 0 };
}

static void free_link(void *data)
{
	link_clear(data);
	g_free(data);
}

static void read_link(const PGresult *rows, int row, struct link *link)
{
	link->token = db_dup_text(rows, row, 0);
	link->account_id = (uint64_t)db_get_int8(rows, row, 1);
	link->uid = db_dup_text(rows, row, 2);
	link->address = db_dup_text(rows, row, 3);
	link->created = db_get_int8(rows, row, 4);
	link->revoked = db_get_bool(rows, row, 5);
}

/* Runs a statement that gives one link or none. */
static enum store_result run_one(struct store *store, const struct db_statement *statement, struct db_args *args,
				 struct link *link_out)
{
	PGresult *rows = NULL;
	enum store_result result = db_run(store, statement, args, &rows);

	*link_out = (struct link){ 0 };
	if (result == STORE_OK && PQntuples(rows) == 0)
		result = STORE_NOT_FOUND;
	if (result == STORE_OK)
		read_link(rows, 0, link_out);
	PQclear(rows);
	return result;
}

static void bind_meeting(struct db_args *args, uint64_t account_id, const char *uid, const char *lower)
{
	db_int8(args, (int64_t)account_id);
	db_text(args, uid);
	db_text(args, lower);
}

enum store_result link_ensure(struct store *store, uint64_t account_id, const char *uid, const char *address,
			      struct link *link_out)
{
	/* The update that changes nothing makes RETURNING answer for the one that was there. */
	static const struct db_statement ensure = {
		"INSERT INTO link (account_id, uid, address, token) VALUES ($1, $2, $3, $4)"
		" ON CONFLICT (account_id, uid, address) WHERE NOT revoked DO UPDATE SET uid = excluded.uid"
		" RETURNING " LINK_COLUMNS,
		false
	};
	g_autofree char *lower = g_utf8_strdown(address, -1), *token = secret_token(TOKEN_OCTETS);
	struct db_args args = { 0 };

	bind_meeting(&args, account_id, uid, lower);
	db_text(&args, token);
	return run_one(store, &ensure, &args, link_out);
}

enum store_result link_find(struct store *store, const char *token, struct link *link_out)
{
	static const struct db_statement find = { "SELECT " LINK_COLUMNS " FROM link WHERE token = $1", true };
	struct db_args args = { 0 };

	db_text(&args, token);
	return run_one(store, &find, &args, link_out);
}

enum store_result link_list(struct store *store, uint64_t account_id, const char *uid, GPtrArray **links_out)
{
	static const struct db_statement list = {
		"SELECT " LINK_COLUMNS " FROM link WHERE account_id = $1 AND ($2::text IS NULL OR uid = $2)"
		" ORDER BY created DESC, token",
		true
	};
	struct db_args args = { 0 };
	PGresult *rows = NULL;
	enum store_result result;

	*links_out = g_ptr_array_new_with_free_func(free_link);
	db_int8(&args, (int64_t)account_id);
	db_text(&args, uid);
	result = db_run(store, &list, &args, &rows);
	for (int row = 0; result == STORE_OK && row < PQntuples(rows); row++) {
		struct link *link = g_new0(struct link, 1);

		read_link(rows, row, link);
		g_ptr_array_add(*links_out, link);
	}
	PQclear(rows);
	return result;
}

enum store_result link_revoke(struct store *store, const char *token)
{
	static const struct db_statement revoke = { "UPDATE link SET revoked = true WHERE token = $1", false };
	struct db_args args = { 0 };

	db_text(&args, token);
	return db_change_one(store, &revoke, &args);
}

struct rotation {
	uint64_t account_id;
	const char *uid, *lower;
	struct link *link_out;
};

static enum store_result rotate(struct store *store, void *arg)
{
	static const struct db_statement revoke = {
		"UPDATE link SET revoked = true WHERE account_id = $1 AND uid = $2 AND address = $3 AND NOT revoked",
		false
	};
	struct rotation *rotation = arg;
	struct db_args args = { 0 };
	enum store_result result;

	bind_meeting(&args, rotation->account_id, rotation->uid, rotation->lower);
	result = db_change(store, &revoke, &args, NULL);
	if (result != STORE_OK)
		return result;
	link_clear(rotation->link_out);
	return link_ensure(store, rotation->account_id, rotation->uid, rotation->lower, rotation->link_out);
}

enum store_result link_rotate(struct store *store, uint64_t account_id, const char *uid, const char *address,
			      struct link *link_out)
{
	g_autofree char *lower = g_utf8_strdown(address, -1);
	struct rotation rotation = { account_id, uid, lower, link_out };

	*link_out = (struct link){ 0 };
	return connection_transaction(store, rotate, &rotation);
}
