/* See the header. */
#include "store/web_session.h"

#include "base/clock.h"
#include "base/secret.h"
#include "store/statement.h"

#include <openssl/sha.h>

#define TOKEN_OCTETS 32
#define CSRF_OCTETS 24
#define MAX_TOKEN 128

void web_session_clear(struct web_session *session)
{
	g_free(session->address);
	g_free(session->display_name);
	g_free(session->timezone);
	g_free(session->locale);
	secret_free(&session->csrf);
	*session = (struct web_session){ 0 };
}

static void add_token(struct db_args *args, const char *token, uint8_t digest[SHA256_DIGEST_LENGTH])
{
	SHA256((const unsigned char *)token, strlen(token), digest);
	db_bytes(args, slice_of((const char *)digest, SHA256_DIGEST_LENGTH));
}

#define SESSION_COLUMNS \
	"a.account_id, a.address, a.display_name, a.timezone, a.locale, s.csrf, s.created, s.expires"

static enum store_result read_session(struct store *store, const struct db_statement *statement,
				      struct db_args *args, struct web_session *session_out)
{
	PGresult *rows;
	enum store_result result = db_run_row(store, statement, args, &rows);

	*session_out = (struct web_session){ 0 };
	if (result == STORE_OK)
		*session_out = (struct web_session){
			.account_id = (uint64_t)db_get_int8(rows, 0, 0),
			.address = db_dup_text(rows, 0, 1),
			.display_name = db_dup_text(rows, 0, 2),
			.timezone = db_dup_text(rows, 0, 3),
			.locale = db_dup_text(rows, 0, 4),
			.csrf = db_dup_text(rows, 0, 5),
			.created = db_get_int8(rows, 0, 6),
			.expires = db_get_int8(rows, 0, 7),
		};
	PQclear(rows);
	return result;
}

enum store_result web_session_create(struct store *store, uint64_t account_id, unsigned seconds,
				     char **token_out, struct web_session *session_out)
{
	static const struct db_statement add = {
		"WITH s AS (INSERT INTO web_session (account_id, token_hash, csrf, expires)"
		" SELECT account_id, $2, $3, clock_now() + $4 * 1000000 FROM account"
		" WHERE account_id = $1 AND NOT disabled RETURNING *)"
		" SELECT " SESSION_COLUMNS " FROM s JOIN account a ON a.account_id = s.account_id", false };
	uint8_t digest[SHA256_DIGEST_LENGTH];
	g_autofree char *csrf = secret_token(CSRF_OCTETS);
	char *token = secret_token(TOKEN_OCTETS);
	struct db_args args = { 0 };
	enum store_result result;

	*token_out = NULL;
	db_int8(&args, (int64_t)account_id);
	add_token(&args, token, digest);
	db_text(&args, csrf);
	db_int8(&args, seconds);
	result = read_session(store, &add, &args, session_out);
	if (result == STORE_OK)
		*token_out = token;
	else
		secret_free(&token);
	return result;
}

static bool extend(struct store *store, const char *token, unsigned seconds)
{
	static const struct db_statement move = {
		"UPDATE web_session SET expires = clock_now() + $2 * 1000000 WHERE token_hash = $1", false };
	uint8_t digest[SHA256_DIGEST_LENGTH];
	struct db_args args = { 0 };

	add_token(&args, token, digest);
	db_int8(&args, seconds);
	return db_run(store, &move, &args, NULL) == STORE_OK;
}

enum store_result web_session_find(struct store *store, const char *token, unsigned seconds,
				   struct web_session *session_out)
{
	static const struct db_statement find = {
		"SELECT " SESSION_COLUMNS " FROM web_session s JOIN account a"
		" ON a.account_id = s.account_id WHERE s.token_hash = $1 AND s.expires > clock_now()"
		" AND NOT a.disabled", true };
	uint8_t digest[SHA256_DIGEST_LENGTH];
	struct db_args args = { 0 };
	enum store_result result;

	*session_out = (struct web_session){ 0 };
	if (strlen(token) > MAX_TOKEN)
		return STORE_NOT_FOUND;
	add_token(&args, token, digest);
	result = read_session(store, &find, &args, session_out);
	if (result == STORE_OK &&
	    session_out->expires - clock_now() < (int64_t)seconds * 1000000 / 2)
		session_out->extended = extend(store, token, seconds);
	return result;
}

enum store_result web_session_remove(struct store *store, const char *token)
{
	static const struct db_statement remove = {
		"DELETE FROM web_session WHERE token_hash = $1", false };
	uint8_t digest[SHA256_DIGEST_LENGTH];
	struct db_args args = { 0 };

	if (strlen(token) > MAX_TOKEN)
		return STORE_OK;
	add_token(&args, token, digest);
	return db_run(store, &remove, &args, NULL);
}
