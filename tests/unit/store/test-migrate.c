/* The schema: a new one, and those of every time before, become the same. */
#include "store/connection.h"
#include "store/migration.h"
#include "store/statement.h"
#include "tests/unit/store/cluster.h"

static struct store *store;

/* From now on all is done in a schema of that name. */
static void enter(const char *schema)
{
	g_autofree char *sql = g_strdup_printf("CREATE SCHEMA IF NOT EXISTS %s; SET search_path = %s", schema,
					       schema);

	assert_ok(connection_command(store, sql));
}

/* Each time another statement to the connection, which knows prepared ones by their address. */
static char *ask(const char *sql)
{
	static struct db_statement statements[100];
	static unsigned count;
	struct db_args args = { 0 };
	PGresult *rows;
	char *answer;

	g_assert_cmpuint(count, <, G_N_ELEMENTS(statements));
	statements[count] = (struct db_statement){ sql, true };
	assert_ok(db_run_row(store, &statements[count++], &args, &rows));
	answer = db_dup_text(rows, 0, 0);
	PQclear(rows);
	return answer;
}

/* Columns, indexes, storage and functions. */
static char *describe(void)
{
	return ask("SELECT string_agg(line, E'\\n' ORDER BY line COLLATE \"C\") FROM ("
		   "SELECT format('%s.%s %s %s %s', table_name, column_name, data_type, is_nullable, column_default)"
		   " AS line FROM information_schema.columns WHERE table_schema = current_schema()"
		   " UNION ALL SELECT replace(indexdef, current_schema() || '.', '') FROM pg_indexes"
		   " WHERE schemaname = current_schema()"
		   " UNION ALL SELECT relname || reloptions::text FROM pg_class"
		   " WHERE relnamespace = current_schema()::regnamespace AND reloptions IS NOT NULL"
		   " UNION ALL SELECT oid::regprocedure::text || md5(prosrc) FROM pg_proc"
		   " WHERE pronamespace = current_schema()::regnamespace) AS d");
}

static char *migrate(bool dry_run)
{
	GString *report = g_string_new(NULL);

	assert_ok(store_migrate(store, dry_run, report));
	return g_string_free(report, FALSE);
}

static void test_migrations_are_applied_once(void)
{
	GString *report = g_string_new(NULL);
	unsigned present;

	assert_ok(store_schema_present(store, &present));
	g_assert_cmpuint(present, ==, store_schema_wanted());
	assert_ok(store_migrate(store, true, report));
	g_assert_cmpstr(report->str, ==, "");
	assert_ok(connection_command(store, "INSERT INTO schema_migration VALUES (9999, 'future')"));
	assert_result(store_migrate(store, false, report), "conflict");
	assert_ok(connection_command(store, "DELETE FROM schema_migration WHERE number = 9999"));
	assert_ok(connection_command(store, "CREATE SCHEMA fresh; SET search_path = fresh"));
	assert_ok(store_migrate(store, true, report));
	g_assert_nonnull(strstr(report->str, "001-tables.sql to be applied\n"));
	assert_ok(store_schema_present(store, &present));
	g_assert_cmpuint(present, ==, 0);
	g_string_set_size(report, 0);
	assert_ok(store_migrate(store, false, report));
	g_assert_nonnull(strstr(report->str, "001-tables.sql applied\n"));
	assert_ok(connection_command(store, "SET search_path = public"));
	g_string_free(report, TRUE);
}

/* Functions of before: of other parameters, and one that has the same name only. */
static const char old_functions[] =
	"CREATE FUNCTION message_flags(bigint, bigint, bigint[], bigint[], integer, bigint, text[], bigint,"
	" bigint) RETURNS integer LANGUAGE sql AS 'SELECT 1';"
	"CREATE FUNCTION message_append(bigint, bigint, bytea, bigint, bigint, integer, bytea, bytea, bytea,"
	" bytea, bytea, bigint[], bigint, bytea, bytea, bigint, text[], bigint, bigint, bytea, boolean)"
	" RETURNS integer LANGUAGE sql AS 'SELECT 1';"
	"CREATE OR REPLACE FUNCTION content_keep(p_hash bytea) RETURNS boolean LANGUAGE sql AS 'SELECT false'";

static void test_every_schema_of_before_becomes_the_newest(void)
{
	g_autofree char *wanted = NULL;

	enter("at_once");
	g_free(migrate(false));
	wanted = describe();
	for (unsigned had = 1; had <= migration_count; had++) {
		g_autofree char *schema = g_strdup_printf("had_%u", had), *report = NULL, *made = NULL;

		enter(schema);
		assert_ok(connection_command(store, "CREATE TABLE schema_migration (number integer PRIMARY KEY,"
					     " name text NOT NULL, applied timestamptz NOT NULL DEFAULT now())"));
		for (unsigned i = 0; i < had; i++) {
			g_autofree char *row = g_strdup_printf("INSERT INTO schema_migration VALUES (%u, 'old')",
							       migrations[i].number);

			assert_ok(connection_command(store, migrations[i].sql));
			assert_ok(connection_command(store, row));
		}
		assert_ok(connection_command(store, old_functions));
		report = migrate(false);
		g_assert_nonnull(strstr(report, "functions.sql"));
		made = describe();
		g_assert_cmpstr(made, ==, wanted);
	}
}

static void test_functions_are_those_of_the_program(void)
{
	g_autofree char *wanted = NULL, *before = NULL, *planned = NULL, *done = NULL, *again = NULL, *made = NULL;

	enter("functions");
	g_free(migrate(false));
	wanted = describe();
	assert_ok(connection_command(store, old_functions));
	before = migrate(true);
	g_assert_cmpstr(before, ==, "");
	assert_ok(connection_command(store, "UPDATE schema_migration SET name = 'others' WHERE number = 0"));
	planned = migrate(true);
	g_assert_true(g_str_has_prefix(planned, "functions.sql ") && g_str_has_suffix(planned, " to be applied\n"));
	done = migrate(false);
	g_assert_true(g_str_has_prefix(done, "functions.sql ") && g_str_has_suffix(done, " applied\n"));
	again = migrate(false);
	g_assert_cmpstr(again, ==, "");
	made = describe();
	g_assert_cmpstr(made, ==, wanted);
}

/* A start that was cut off may have left tables without functions. */
static void test_end_before_the_functions_is_made_good(void)
{
	g_autofree char *wanted = NULL, *made = NULL;

	enter("cut_off");
	g_free(migrate(false));
	wanted = describe();
	assert_ok(connection_command(store, "DELETE FROM schema_migration WHERE number = 0;"
				     "DROP FUNCTION content_keep(bytea)"));
	g_free(migrate(false));
	made = describe();
	g_assert_cmpstr(made, ==, wanted);
}

int main(int argc, char **argv)
{
	struct store_service *service;
	int status;

	service = test_begin(&argc, &argv, 1);
	store = test_store(service);
	g_test_add_func("/schema/migrations-are-applied-once", test_migrations_are_applied_once);
	g_test_add_func("/schema/every-one-of-before-becomes-the-newest",
			test_every_schema_of_before_becomes_the_newest);
	g_test_add_func("/schema/functions-are-those-of-the-program", test_functions_are_those_of_the_program);
	g_test_add_func("/schema/end-before-the-functions-is-made-good",
			test_end_before_the_functions_is_made_good);
	status = g_test_run();
	store_close(&store);
	store_service_destroy(&service);
	test_cluster_stop();
	return status;
}
