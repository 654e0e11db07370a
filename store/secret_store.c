/* Whoever comes first makes it; all read the same. */
#include "store/secret_store.h"

#include "base/secret.h"
#include "store/statement.h"

enum store_result server_secret(struct store *store, const char *name,
				uint8_t secret_out[SERVER_SECRET_SIZE])
{
	static const struct db_statement get = {
		"WITH made AS (INSERT INTO server_secret (name, value) VALUES ($1, $2)"
		" ON CONFLICT DO NOTHING RETURNING value)"
		" SELECT value FROM made UNION ALL SELECT value FROM server_secret WHERE name = $1", false };
	uint8_t fresh[SERVER_SECRET_SIZE];
	enum store_result result;
	PGresult *rows = NULL;

	secret_random(fresh, sizeof(fresh));
	/* None at all: another node's insert was not visible yet; it is the second time. */
	for (int attempt = 0; attempt < 2; attempt++) {
		struct db_args args = { 0 };

		db_text(&args, name);
		db_bytes(&args, slice_of((const char *)fresh, sizeof(fresh)));
		result = db_run(store, &get, &args, &rows);
		if (result != STORE_OK || PQntuples(rows) > 0)
			break;
		PQclear(rows);
		rows = NULL;
		result = STORE_UNAVAILABLE;
	}
	if (result == STORE_OK && db_get_slice(rows, 0, 0).len == SERVER_SECRET_SIZE)
		memcpy(secret_out, db_get_slice(rows, 0, 0).data, SERVER_SECRET_SIZE);
	else if (result == STORE_OK)
		result = STORE_DAMAGED;
	PQclear(rows);
	secret_wipe(fresh, sizeof(fresh));
	return result;
}
