/* Migrations: in order, each in a transaction of its own with the row that records it, behind them
 * the functions, when the database has others (row 0 names them by their hash); all under one
 * advisory lock, so that nodes that start together don't do it twice. */
#include "store/migration.h"
#include "store/service.h"
#include "store/statement.h"

#include "base/log.h"

#define ROOM "store"
/* Any number nobody else uses: "convoke" in octets. */
#define LOCK_KEY "27988542918454117"

unsigned store_schema_wanted(void)
{
	return migrations[migration_count - 1].number;
}

enum store_result store_schema_present(struct store *store, unsigned *version_out)
{
	static const struct db_statement exists = {
		"SELECT to_regclass('schema_migration') IS NOT NULL", true };
	static const struct db_statement read = {
		"SELECT coalesce(max(number), 0) FROM schema_migration", true };
	struct db_args args = { 0 };
	PGresult *rows;
	bool there;
	enum store_result result = db_run(store, &exists, &args, &rows);

	*version_out = 0;
	if (result != STORE_OK)
		return result;
	there = db_get_bool(rows, 0, 0);
	PQclear(rows);
	if (!there)
		return STORE_OK;
	result = db_run(store, &read, &args, &rows);
	if (result == STORE_OK)
		*version_out = (unsigned)db_get_int4(rows, 0, 0);
	PQclear(rows);
	return result;
}

static enum store_result record(struct store *store, const struct migration *migration)
{
	static const struct db_statement add = {
		"INSERT INTO schema_migration (number, name) VALUES ($1, $2)"
		" ON CONFLICT (number) DO UPDATE SET name = EXCLUDED.name, applied = now()", false };
	struct db_args args = { 0 };

	db_int4(&args, (int32_t)migration->number);
	db_text(&args, migration->name);
	return db_run(store, &add, &args, NULL);
}

static enum store_result apply(struct store *store, const struct migration *migration)
{
	enum store_result result = store_begin(store);

	if (result != STORE_OK)
		return result;
	result = connection_command(store, migration->sql);
	if (result == STORE_OK)
		result = record(store, migration);
	if (result != STORE_OK) {
		store_rollback(store);
		return result;
	}
	log_info(ROOM, "applied migration %s", migration->name);
	return store_commit(store);
}

static enum store_result is_recorded(struct store *store, const struct migration *migration, bool *is_out)
{
	static const struct db_statement find = {
		"SELECT EXISTS (SELECT 1 FROM schema_migration WHERE number = $1 AND name = $2)", true };
	struct db_args args = { 0 };
	PGresult *rows;
	enum store_result result;

	db_int4(&args, (int32_t)migration->number);
	db_text(&args, migration->name);
	result = db_run(store, &find, &args, &rows);
	*is_out = result == STORE_OK && db_get_bool(rows, 0, 0);
	PQclear(rows);
	return result;
}

static void say(GString *report, const struct migration *migration, const char *what)
{
	if (report != NULL)
		g_string_append_printf(report, "%s %s\n", migration->name, what);
}

static enum store_result migrate_one(struct store *store, const struct migration *migration, bool dry_run,
				     GString *report)
{
	enum store_result result = dry_run ? STORE_OK : apply(store, migration);

	if (result == STORE_OK)
		say(report, migration, dry_run ? "to be applied" : "applied");
	return result;
}

static enum store_result migrate_functions(struct store *store, unsigned present, bool dry_run,
					   GString *report)
{
	g_autofree char *hash = g_compute_checksum_for_string(G_CHECKSUM_SHA256, migration_functions, -1);
	g_autofree char *name = g_strdup_printf("functions.sql %.16s", hash);
	const struct migration functions = { 0, name, migration_functions };
	bool done = false;
	/* A dry run may have no table to look in. */
	enum store_result result = present > 0 ? is_recorded(store, &functions, &done) : STORE_OK;

	return result == STORE_OK && !done ? migrate_one(store, &functions, dry_run, report) : result;
}

static enum store_result migrate_locked(struct store *store, bool dry_run, GString *report)
{
	unsigned present;
	enum store_result result = store_schema_present(store, &present);

	if (result == STORE_OK && present > store_schema_wanted())
		return STORE_CONFLICT;
	if (result == STORE_OK && present == 0 && !dry_run)
		result = connection_command(store,
			"CREATE TABLE IF NOT EXISTS schema_migration (number integer PRIMARY KEY,"
			" name text NOT NULL, applied timestamptz NOT NULL DEFAULT now())");
	for (unsigned i = 0; i < migration_count && result == STORE_OK; i++)
		if (migrations[i].number > present)
			result = migrate_one(store, &migrations[i], dry_run, report);
	return result == STORE_OK ? migrate_functions(store, present, dry_run, report) : result;
}

enum store_result store_migrate(struct store *store, bool dry_run, GString *report)
{
	enum store_result result = connection_command(store, "SELECT pg_advisory_lock(" LOCK_KEY ")");

	if (result != STORE_OK)
		return result;
	result = migrate_locked(store, dry_run, report);
	connection_command(store, "SELECT pg_advisory_unlock(" LOCK_KEY ")");
	return result;
}
