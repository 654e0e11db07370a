/* Binary parameters and results follow the server's send and receive functions:
 * integers in network order, arrays as (dimensions, nulls, element type, length,
 * lower bound, then length-prefixed elements). */
#include "store/statement.h"

#include "base/log.h"

#include <endian.h>

enum {
	OID_BOOL = 16, OID_BYTEA = 17, OID_INT8 = 20, OID_INT4 = 23, OID_TEXT = 25,
	OID_BYTEA_ARRAY = 1001, OID_TEXT_ARRAY = 1009, OID_INT8_ARRAY = 1016,
};
#define MAX_REPEATS 5

static int next_arg(struct db_args *args, Oid type)
{
	g_assert(args->count < DB_MAX_ARGS);
	args->types[args->count] = type;
	return args->count++;
}

static void add(struct db_args *args, Oid type, const void *data, size_t len)
{
	int at = next_arg(args, type);

	g_assert(len <= G_MAXINT);
	args->values[at] = data;
	args->lengths[at] = (int)len;
}

static void add_number(struct db_args *args, Oid type, uint64_t network, size_t len)
{
	args->numbers[args->count] = network;
	add(args, type, &args->numbers[args->count], len);
}

void db_int8(struct db_args *args, int64_t value)
{
	add_number(args, OID_INT8, htobe64((uint64_t)value), 8);
}

void db_int8_null(struct db_args *args)
{
	add(args, OID_INT8, NULL, 0);
}

void db_int4(struct db_args *args, int32_t value)
{
	uint32_t network = htobe32((uint32_t)value);
	uint64_t number = 0;

	memcpy(&number, &network, sizeof(network));
	add_number(args, OID_INT4, number, 4);
}

void db_bool(struct db_args *args, bool value)
{
	uint64_t number = 0;

	memset(&number, value ? 1 : 0, 1);
	add_number(args, OID_BOOL, number, 1);
}

void db_mailbox(struct db_args *args, struct mailbox_ref mailbox)
{
	db_int8(args, (int64_t)mailbox.account_id);
	db_int8(args, (int64_t)mailbox.mailbox_id);
}

void db_text(struct db_args *args, const char *value)
{
	add(args, OID_TEXT, value, value != NULL ? strlen(value) : 0);
}

void db_text_slice(struct db_args *args, struct slice value)
{
	add(args, OID_TEXT, value.len > 0 ? value.data : "", value.len);
}

void db_bytes(struct db_args *args, struct slice octets)
{
	add(args, OID_BYTEA, octets.len > 0 ? octets.data : "", octets.len);
}

void db_bytes_null(struct db_args *args)
{
	add(args, OID_BYTEA, NULL, 0);
}

static void put32(GByteArray *array, uint32_t value)
{
	uint32_t network = htobe32(value);

	g_byte_array_append(array, (const guint8 *)&network, sizeof(network));
}

static GByteArray *begin_array(Oid element, size_t count)
{
	GByteArray *array = g_byte_array_new();

	put32(array, count > 0 ? 1 : 0);
	put32(array, 0);
	put32(array, element);
	if (count > 0) {
		put32(array, (uint32_t)count);
		put32(array, 1);
	}
	return array;
}

static void add_array(struct db_args *args, Oid type, GByteArray *array)
{
	args->arrays[args->count] = array;
	add(args, type, array->data, array->len);
}

void db_int8_array(struct db_args *args, const int64_t *values, size_t count)
{
	GByteArray *array = begin_array(OID_INT8, count);

	for (size_t i = 0; i < count; i++) {
		uint64_t network = htobe64((uint64_t)values[i]);

		put32(array, 8);
		g_byte_array_append(array, (const guint8 *)&network, sizeof(network));
	}
	add_array(args, OID_INT8_ARRAY, array);
}

void db_text_array(struct db_args *args, const char *const *values)
{
	size_t count = values != NULL ? g_strv_length((char **)values) : 0;
	GByteArray *array = begin_array(OID_TEXT, count);

	for (size_t i = 0; i < count; i++) {
		size_t len = strlen(values[i]);

		put32(array, (uint32_t)len);
		g_byte_array_append(array, (const guint8 *)values[i], (guint)len);
	}
	add_array(args, OID_TEXT_ARRAY, array);
}

void db_bytes_array(struct db_args *args, const void *octets, size_t size, size_t count)
{
	GByteArray *array = begin_array(OID_BYTEA, count);

	for (size_t i = 0; i < count; i++) {
		put32(array, (uint32_t)size);
		g_byte_array_append(array, (const guint8 *)octets + i * size, (guint)size);
	}
	add_array(args, OID_BYTEA_ARRAY, array);
}

void db_args_clear(struct db_args *args)
{
	for (int i = 0; i < args->count; i++)
		g_clear_pointer(&args->arrays[i], g_byte_array_unref);
	args->count = 0;
}

/* The statement's name on this connection, preparing it at first use.  An error is in
 * *error_out. */
static bool prepare(struct store *store, const struct db_statement *statement,
		    const struct db_args *args, char name_out[16], PGresult **error_out)
{
	unsigned number = GPOINTER_TO_UINT(g_hash_table_lookup(store->prepared, statement));
	PGresult *result;

	if (number != 0) {
		g_snprintf(name_out, 16, "s%u", number);
		return true;
	}
	number = ++store->prepared_last;
	g_snprintf(name_out, 16, "s%u", number);
	result = PQprepare(store->conn, name_out, statement->sql, args->count, args->types);
	if (PQresultStatus(result) != PGRES_COMMAND_OK) {
		*error_out = result;
		return false;
	}
	PQclear(result);
	g_hash_table_insert(store->prepared, (gpointer)statement, GUINT_TO_POINTER(number));
	return true;
}

static PGresult *run_once(struct store *store, const struct db_statement *statement,
			  const struct db_args *args)
{
	int formats[DB_MAX_ARGS];
	char name[16];
	PGresult *error = NULL;

	for (int i = 0; i < args->count; i++)
		formats[i] = 1;
	if (!prepare(store, statement, args, name, &error))
		return error;
	atomic_fetch_add_explicit(&store->shared->statements, 1, memory_order_relaxed);
	return PQexecPrepared(store->conn, name, args->count, args->values, args->lengths, formats, 1);
}

static bool succeeded(const PGresult *result)
{
	ExecStatusType status = PQresultStatus(result);

	return status == PGRES_TUPLES_OK || status == PGRES_COMMAND_OK ||
	       status == PGRES_SINGLE_TUPLE;
}

/* Whether to run it again: deadlocks, or a connection that was lost before or (for what only
 * reads) while it ran; never inside a transaction. */
static bool should_repeat(struct store *store, const struct db_statement *statement,
			  const PGresult *result, unsigned attempt)
{
	if (store->in_transaction || attempt >= MAX_REPEATS)
		return false;
	if (connection_may_repeat(result))
		return true;
	return statement->reads_only && attempt == 0 && PQstatus(store->conn) == CONNECTION_BAD;
}

enum store_result db_run(struct store *store, const struct db_statement *statement,
			 struct db_args *args, PGresult **rows_out)
{
	enum store_result answer = STORE_OK;
	PGresult *result = NULL;

	if (rows_out != NULL)
		*rows_out = NULL;
	for (unsigned attempt = 0;; attempt++) {
		answer = connection_ensure(store);
		if (answer != STORE_OK)
			break;
		result = run_once(store, statement, args);
		if (succeeded(result))
			break;
		if (!should_repeat(store, statement, result, attempt)) {
			answer = connection_failed(store, result, statement->sql);
			break;
		}
		if (PQstatus(store->conn) == CONNECTION_BAD)
			connection_drop(store);
		PQclear(result);
		result = NULL;
	}
	db_args_clear(args);
	if (answer == STORE_OK && rows_out != NULL)
		*rows_out = result;
	else
		PQclear(result);
	return answer;
}

enum store_result db_run_row(struct store *store, const struct db_statement *statement,
			     struct db_args *args, PGresult **rows_out)
{
	enum store_result result = db_run(store, statement, args, rows_out);

	if (result == STORE_OK && PQntuples(*rows_out) == 0) {
		PQclear(*rows_out);
		*rows_out = NULL;
		result = STORE_NOT_FOUND;
	}
	return result;
}

enum store_result db_stream(struct store *store, const struct db_statement *statement,
			    struct db_args *args, db_row_fn row, void *arg)
{
	enum store_result answer = connection_ensure(store);
	int formats[DB_MAX_ARGS];
	char name[16];
	PGresult *result = NULL;

	for (int i = 0; i < args->count; i++)
		formats[i] = 1;
	if (answer != STORE_OK)
		goto out;
	if (!prepare(store, statement, args, name, &result)) {
		answer = connection_failed(store, result, statement->sql);
		PQclear(result);
		goto out;
	}
	atomic_fetch_add_explicit(&store->shared->statements, 1, memory_order_relaxed);
	if (PQsendQueryPrepared(store->conn, name, args->count, args->values, args->lengths,
				formats, 1) == 0) {
		answer = connection_failed(store, NULL, statement->sql);
		goto out;
	}
	PQsetSingleRowMode(store->conn);
	while ((result = PQgetResult(store->conn)) != NULL) {
		if (!succeeded(result) && answer == STORE_OK)
			answer = connection_failed(store, result, statement->sql);
		else if (PQresultStatus(result) == PGRES_SINGLE_TUPLE)
			row(arg, result);
		PQclear(result);
		if (store->conn == NULL)
			break;
	}
out:
	db_args_clear(args);
	return answer;
}

enum store_result db_change(struct store *store, const struct db_statement *statement,
			    struct db_args *args, uint64_t *count_out)
{
	PGresult *rows;
	enum store_result result = db_run(store, statement, args, &rows);

	*count_out = 0;
	if (result == STORE_OK)
		*count_out = g_ascii_strtoull(PQcmdTuples(rows), NULL, 10);
	PQclear(rows);
	return result;
}

enum store_result db_change_one(struct store *store, const struct db_statement *statement,
				struct db_args *args)
{
	uint64_t count;
	enum store_result result = db_change(store, statement, args, &count);

	return result == STORE_OK && count == 0 ? STORE_NOT_FOUND : result;
}

bool db_is_null(const PGresult *rows, int row, int column)
{
	return PQgetisnull(rows, row, column) == 1;
}

int64_t db_get_int8(const PGresult *rows, int row, int column)
{
	uint64_t network = 0;

	if (db_is_null(rows, row, column))
		return 0;
	g_assert(PQgetlength(rows, row, column) == 8);
	memcpy(&network, PQgetvalue(rows, row, column), sizeof(network));
	return (int64_t)be64toh(network);
}

int32_t db_get_int4(const PGresult *rows, int row, int column)
{
	uint32_t network = 0;

	if (db_is_null(rows, row, column))
		return 0;
	g_assert(PQgetlength(rows, row, column) == 4);
	memcpy(&network, PQgetvalue(rows, row, column), sizeof(network));
	return (int32_t)be32toh(network);
}

bool db_get_bool(const PGresult *rows, int row, int column)
{
	if (db_is_null(rows, row, column))
		return false;
	g_assert(PQgetlength(rows, row, column) == 1);
	return *PQgetvalue(rows, row, column) != 0;
}

struct slice db_get_slice(const PGresult *rows, int row, int column)
{
	return slice_of(PQgetvalue(rows, row, column), (size_t)PQgetlength(rows, row, column));
}

char *db_dup_text(const PGresult *rows, int row, int column)
{
	return db_is_null(rows, row, column) ? NULL : slice_dup(db_get_slice(rows, row, column));
}

/* Steps through an array's elements; the value comes from our own server. */
struct array_reader {
	struct slice rest;
	uint32_t left;
};

static uint32_t take32(struct array_reader *reader)
{
	uint32_t network;

	g_assert(reader->rest.len >= sizeof(network));
	memcpy(&network, reader->rest.data, sizeof(network));
	reader->rest.data += sizeof(network);
	reader->rest.len -= sizeof(network);
	return be32toh(network);
}

static struct array_reader open_array(const PGresult *rows, int row, int column)
{
	struct array_reader reader = { db_get_slice(rows, row, column), 0 };
	uint32_t dimensions;

	if (reader.rest.len == 0)
		return reader;
	dimensions = take32(&reader);
	g_assert(dimensions <= 1);
	take32(&reader);
	take32(&reader);
	if (dimensions == 1) {
		reader.left = take32(&reader);
		take32(&reader);
	}
	return reader;
}

static struct slice next_element(struct array_reader *reader)
{
	uint32_t len = take32(reader);
	struct slice element;

	reader->left--;
	if (len == UINT32_MAX)
		return slice_of("", 0);
	g_assert(len <= reader->rest.len);
	element = slice_of(reader->rest.data, len);
	reader->rest.data += len;
	reader->rest.len -= len;
	return element;
}

GArray *db_get_int8_array(const PGresult *rows, int row, int column)
{
	struct array_reader reader = open_array(rows, row, column);
	GArray *values = g_array_sized_new(FALSE, FALSE, sizeof(int64_t), reader.left);

	while (reader.left > 0) {
		struct slice element = next_element(&reader);
		uint64_t network;
		int64_t value;

		g_assert(element.len == sizeof(network));
		memcpy(&network, element.data, sizeof(network));
		value = (int64_t)be64toh(network);
		g_array_append_val(values, value);
	}
	return values;
}

char **db_get_text_array(const PGresult *rows, int row, int column)
{
	struct array_reader reader = open_array(rows, row, column);
	GPtrArray *values = g_ptr_array_new();

	while (reader.left > 0)
		g_ptr_array_add(values, slice_dup(next_element(&reader)));
	g_ptr_array_add(values, NULL);
	return (char **)g_ptr_array_free(values, FALSE);
}
