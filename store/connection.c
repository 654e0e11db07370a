/* A connection that is found dead between two transactions is made anew before the
 * next statement is sent, so a restarted server costs idle workers nothing. */
#include "store/connection.h"

#include "base/clock.h"
#include "base/log.h"
#include "store/change.h"
#include "store/mailbox_memo.h"

#include <poll.h>

#define ROOM "store"
#define FIRST_PAUSE 50000
#define LAST_PAUSE 1000000
#define MAX_REPEATS 5

const char *store_result_name(enum store_result result)
{
	static const char *const names[] = {
		[STORE_OK] = "ok", [STORE_NOT_FOUND] = "not found", [STORE_EXISTS] = "exists",
		[STORE_CONFLICT] = "conflict", [STORE_LIMIT] = "limit",
		[STORE_OVER_QUOTA] = "over quota", [STORE_INVALID] = "invalid",
		[STORE_UNAVAILABLE] = "unavailable", [STORE_DAMAGED] = "damaged",
	};

	g_assert((size_t)result < G_N_ELEMENTS(names));
	return names[result];
}

struct store *connection_create(const char *url, struct store_shared *shared)
{
	struct store *store = g_new0(struct store, 1);

	store->url = g_strdup(url);
	store->shared = shared;
	store->prepared = g_hash_table_new(g_direct_hash, g_direct_equal);
	store->changes_end = &store->changes;
	return store;
}

void connection_destroy(struct store **store)
{
	struct store *s = *store;

	if (s == NULL)
		return;
	*store = NULL;
	changes_drop(s);
	if (s->conn != NULL)
		PQfinish(s->conn);
	g_hash_table_unref(s->prepared);
	if (s->at_close != NULL)
		s->at_close(s->at_close_arg);
	g_free(s->url);
	g_free(s);
}

void connection_drop(struct store *store)
{
	if (store->conn != NULL)
		PQfinish(store->conn);
	store->conn = NULL;
	/* What it was changing may have been committed, and nobody has been told. */
	view_registry_doubt(store->shared->views);
	mailbox_memo_forget_all(store->shared->mailboxes);
	g_hash_table_remove_all(store->prepared);
	store->prepared_last = 0;
	store->broken = store->in_transaction;
}

char *connection_problem(const struct store *store)
{
	char *problem = g_strdup(store->conn != NULL ? PQerrorMessage(store->conn) : "not connected");

	return g_strchomp(g_strdelimit(problem, "\n\t", ' '));
}

/* The statements of this room are written for index scans; without statistics (a fresh
 * database) the planner would choose others, and keep them. */
static const char session_settings[] =
	"SET client_min_messages = warning; SET timezone = 'UTC'; SET jit = off;"
	"SET enable_seqscan = off; SET enable_hashjoin = off; SET enable_mergejoin = off;"
	"SET default_transaction_isolation = 'read committed';" /* collect.c relies on it */
	"SET plan_cache_mode = force_generic_plan; SET idle_in_transaction_session_timeout = '5min';"
	"SET max_parallel_workers_per_gather = 0; SET bytea_output = hex";

/* What the server says beside its answers; a FATAL one comes again as the connection's error. */
static void on_server_notice(void *arg, const char *message)
{
	g_autofree char *line = g_strdelimit(g_strdup(message), "\n\t", ' ');

	(void)arg;
	log_debug(ROOM, "database says: %s", g_strchomp(line));
}

static bool make_connection(struct store *store)
{
	/* What stands in the URL goes before what stands in front of it here.  A machine that vanishes
	 * says nothing: it is given up within a minute. */
	const char *const keywords[] = { "connect_timeout", "keepalives_idle", "keepalives_interval",
					 "keepalives_count", "tcp_user_timeout", "client_encoding",
					 "dbname", "fallback_application_name", NULL };
	const char *const values[] = { "5", "30", "10", "3", "60000", "UTF8", store->url, "convoke",
				       NULL };
	PGresult *result;
	bool done;

	store->conn = PQconnectdbParams(keywords, values, 1);
	if (PQstatus(store->conn) != CONNECTION_OK)
		return false;
	PQsetNoticeProcessor(store->conn, on_server_notice, NULL);
	result = PQexec(store->conn, session_settings);
	done = PQresultStatus(result) == PGRES_COMMAND_OK;
	PQclear(result);
	return done;
}

/* Until its pause is over, or another connection found the server back. */
static bool is_too_early(const struct store *store)
{
	return clock_monotonic() < store->retry_at &&
	       atomic_load_explicit(&store->shared->reconnects, memory_order_relaxed) ==
		       store->reconnects_seen;
}

static enum store_result connect_now(struct store *store)
{
	if (is_too_early(store))
		return STORE_UNAVAILABLE;
	store->reconnects_seen =
		atomic_load_explicit(&store->shared->reconnects, memory_order_relaxed);
	if (store->conn != NULL)
		connection_drop(store);
	if (make_connection(store)) {
		store->pause = 0;
		store->retry_at = 0;
		store->connected++;
		atomic_fetch_add_explicit(&store->shared->reconnects, 1, memory_order_relaxed);
		return STORE_OK;
	}
	/* Said once, and again when it has lasted. */
	if (store->pause == 0 || store->pause == LAST_PAUSE) {
		g_autofree char *problem = connection_problem(store);

		log_error(ROOM, "can't connect to the database: %s", problem);
	}
	store->pause = CLAMP(store->pause * 2, FIRST_PAUSE, LAST_PAUSE);
	store->retry_at = clock_monotonic() + store->pause;
	return STORE_UNAVAILABLE;
}

/* Between statements an idle connection has little to say but that it is over: its last words come
 * first, and the end behind them. */
static bool is_alive(struct store *store)
{
	while (PQstatus(store->conn) == CONNECTION_OK) {
		struct pollfd poller = { .fd = PQsocket(store->conn), .events = POLLIN };

		if (poll(&poller, 1, 0) <= 0)
			return true;
		if (PQconsumeInput(store->conn) == 0)
			return false;
	}
	return false;
}

enum store_result connection_ensure(struct store *store)
{
	if (store->in_transaction)
		return store->broken || store->conn == NULL ? STORE_UNAVAILABLE : STORE_OK;
	if (store->conn != NULL && is_alive(store))
		return STORE_OK;
	if (connect_now(store) == STORE_OK)
		return STORE_OK;
	atomic_fetch_add_explicit(&store->shared->failures, 1, memory_order_relaxed);
	return STORE_UNAVAILABLE;
}

bool connection_may_repeat(const PGresult *result)
{
	const char *code = PQresultErrorField(result, PG_DIAG_SQLSTATE);

	return g_strcmp0(code, "40001") == 0 || g_strcmp0(code, "40P01") == 0;
}

static enum store_result classify(const char *code)
{
	static const struct {
		const char *code;
		enum store_result result;
	} rows[] = {
		{ "23505", STORE_EXISTS },  /* unique_violation */
		{ "22021", STORE_INVALID }, /* character_not_in_repertoire */
		{ "22P05", STORE_INVALID }, /* untranslatable_character */
		{ "22001", STORE_INVALID }, /* string_data_right_truncation */
	};

	for (size_t i = 0; i < G_N_ELEMENTS(rows); i++)
		if (g_strcmp0(code, rows[i].code) == 0)
			return rows[i].result;
	return STORE_UNAVAILABLE;
}

/* Only the primary message: the detail may hold data. */
enum store_result connection_failed(struct store *store, const PGresult *result, const char *sql)
{
	const char *code = result != NULL ? PQresultErrorField(result, PG_DIAG_SQLSTATE) : NULL;
	const char *said = result != NULL ? PQresultErrorField(result, PG_DIAG_MESSAGE_PRIMARY) : NULL;
	enum store_result answer = classify(code);

	if (store->in_transaction) {
		store->broken = true;
		store->deadlocked = result != NULL && connection_may_repeat(result);
	}
	if (answer == STORE_UNAVAILABLE) {
		g_autofree char *lost = said == NULL ? connection_problem(store) : NULL;

		log_error(ROOM, "database: %s (%s) in: %.60s", said != NULL ? said : lost,
			  code != NULL ? code : "no answer", sql);
		atomic_fetch_add_explicit(&store->shared->failures, 1, memory_order_relaxed);
	}
	/* Read-only: it has become a standby, and the URL may lead to another server now. */
	if (PQstatus(store->conn) == CONNECTION_BAD || g_strcmp0(code, "25006") == 0)
		connection_drop(store);
	return answer;
}

enum store_result connection_command(struct store *store, const char *sql)
{
	enum store_result answer = connection_ensure(store);
	PGresult *result;

	if (answer != STORE_OK)
		return answer;
	atomic_fetch_add_explicit(&store->shared->statements, 1, memory_order_relaxed);
	result = PQexec(store->conn, sql);
	if (PQresultStatus(result) != PGRES_COMMAND_OK && PQresultStatus(result) != PGRES_TUPLES_OK)
		answer = connection_failed(store, result, sql);
	PQclear(result);
	return answer;
}

enum store_result store_begin(struct store *store)
{
	enum store_result result;

	g_assert(!store->in_transaction);
	result = connection_command(store, "BEGIN");
	if (result != STORE_OK)
		return result;
	store->in_transaction = true;
	store->broken = false;
	store->deadlocked = false;
	return STORE_OK;
}

void store_rollback(struct store *store)
{
	PGresult *result;

	if (!store->in_transaction)
		return;
	changes_drop(store);
	if (store->conn != NULL) {
		result = PQexec(store->conn, "ROLLBACK");
		if (PQresultStatus(result) != PGRES_COMMAND_OK)
			connection_drop(store);
		PQclear(result);
	}
	store->in_transaction = false;
	store->broken = false;
}

enum store_result store_commit(struct store *store)
{
	enum store_result result;

	g_assert(store->in_transaction);
	if (store->broken || store->conn == NULL) {
		store_rollback(store);
		return STORE_UNAVAILABLE;
	}
	result = connection_command(store, "COMMIT");
	if (result != STORE_OK) {
		store_rollback(store);
		return result;
	}
	store->in_transaction = false;
	changes_publish(store);
	return STORE_OK;
}

enum store_result connection_transaction(struct store *store, transaction_fn work, void *arg)
{
	enum store_result result;
	bool repeat;

	if (store->in_transaction)
		return work(store, arg);
	for (unsigned attempt = 0;; attempt++) {
		result = store_begin(store);
		if (result != STORE_OK)
			return result;
		result = work(store, arg);
		if (result == STORE_OK)
			return store_commit(store);
		repeat = attempt < MAX_REPEATS && store->deadlocked;
		store_rollback(store);
		if (!repeat)
			return result;
	}
}
