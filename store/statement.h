/* Statements inside this room: prepared once per connection, parameters bound in
 * binary, results read without copying.
 *
 *	static const struct db_statement find = { "SELECT ... WHERE a = $1", true };
 *	struct db_args args = { 0 };
 *	db_int8(&args, account_id);
 *	result = db_run(store, &find, &args, &rows);
 *
 * What the arguments point to must live until db_run returns. */
#ifndef STORE_STATEMENT_H
#define STORE_STATEMENT_H

#include "store/connection.h"

#include <libpq-fe.h>

#define DB_MAX_ARGS 24

struct db_statement {
	const char *sql;
	bool reads_only; /* may be run again after a lost connection */
};

struct db_args {
	int count;
	Oid types[DB_MAX_ARGS];
	const char *values[DB_MAX_ARGS];
	int lengths[DB_MAX_ARGS];
	uint64_t numbers[DB_MAX_ARGS]; /* in network order */
	GByteArray *arrays[DB_MAX_ARGS];
};

void db_int8(struct db_args *args, int64_t value);
void db_int8_null(struct db_args *args);
void db_int4(struct db_args *args, int32_t value);
void db_bool(struct db_args *args, bool value);
/* Two arguments: account_id and mailbox_id. */
void db_mailbox(struct db_args *args, struct mailbox_ref mailbox);
/* NULL: SQL's NULL. */
void db_text(struct db_args *args, const char *value);
void db_text_slice(struct db_args *args, struct slice value);
/* Never SQL's NULL. */
void db_bytes(struct db_args *args, struct slice octets);
void db_bytes_null(struct db_args *args);
void db_int8_array(struct db_args *args, const int64_t *values, size_t count);
void db_text_array(struct db_args *args, const char *const *values); /* NULL: an empty one */
/* `size` octets each, one behind the other. */
void db_bytes_array(struct db_args *args, const void *octets, size_t size, size_t count);
/* Frees what the arguments own; db_run does it by itself. */
void db_args_clear(struct db_args *args);

/* *rows_out (NULL allowed) is a result to PQclear() with STORE_OK, else NULL.  A unique
 * violation is STORE_EXISTS, text that is not UTF-8 STORE_INVALID, everything else that is wrong
 * is logged and STORE_UNAVAILABLE. */
enum store_result db_run(struct store *store, const struct db_statement *statement,
			 struct db_args *args, PGresult **rows_out);
/* For one row, or more: STORE_NOT_FOUND when there is none. */
enum store_result db_run_row(struct store *store, const struct db_statement *statement,
			     struct db_args *args, PGresult **rows_out);
/* The same row by row, for results of any size; `row` gets results of one row each. */
typedef void (*db_row_fn)(void *arg, const PGresult *row);
enum store_result db_stream(struct store *store, const struct db_statement *statement,
			    struct db_args *args, db_row_fn row, void *arg);
/* For statements that change rows: *count_out of them. */
enum store_result db_change(struct store *store, const struct db_statement *statement,
			    struct db_args *args, uint64_t *count_out);
/* For one that must change a row: STORE_NOT_FOUND when it did not. */
enum store_result db_change_one(struct store *store, const struct db_statement *statement,
				struct db_args *args);

/* Columns; the type must be the right one (asserted by the length). */
int64_t db_get_int8(const PGresult *rows, int row, int column);
int32_t db_get_int4(const PGresult *rows, int row, int column);
bool db_get_bool(const PGresult *rows, int row, int column);
bool db_is_null(const PGresult *rows, int row, int column);
/* Lives as long as the result. */
struct slice db_get_slice(const PGresult *rows, int row, int column);
char *db_dup_text(const PGresult *rows, int row, int column); /* NULL for SQL's NULL */
/* A new GArray of int64_t; empty for NULL. */
GArray *db_get_int8_array(const PGresult *rows, int row, int column);
/* NULL-terminated; empty for NULL.  SQL NULL elements become "". */
char **db_get_text_array(const PGresult *rows, int row, int column);

#endif
