/* Calendars and meetings. */
#include "store/meeting_store.h"

#include "store/change.h"
#include "store/collect.h"
#include "store/statement.h"

static void calendar_free(void *data)
{
	struct calendar *calendar = data;

	g_free(calendar->name);
	g_free(calendar->color);
	g_free(calendar);
}

enum store_result calendar_list(struct store *store, uint64_t account_id, GPtrArray **calendars_out)
{
	static const struct db_statement list = {
		"SELECT calendar_id, name, color, is_default FROM calendar WHERE account_id = $1"
		" ORDER BY is_default DESC, name, calendar_id", true };
	struct db_args args = { 0 };
	PGresult *rows;
	enum store_result result;

	*calendars_out = NULL;
	db_int8(&args, (int64_t)account_id);
	result = db_run(store, &list, &args, &rows);
	if (result != STORE_OK)
		return result;
	*calendars_out = g_ptr_array_new_with_free_func(calendar_free);
	for (int i = 0; i < PQntuples(rows); i++) {
		struct calendar *calendar = g_new(struct calendar, 1);

		*calendar = (struct calendar){
			.calendar_id = (uint64_t)db_get_int8(rows, i, 0),
			.name = db_dup_text(rows, i, 1), .color = db_dup_text(rows, i, 2),
			.is_default = db_get_bool(rows, i, 3),
		};
		g_ptr_array_add(*calendars_out, calendar);
	}
	PQclear(rows);
	return STORE_OK;
}

void meeting_row_clear(struct meeting_row *row)
{
	g_free(row->uid);
	g_free((char *)row->ics.data);
	g_free(row->organizer);
	g_free(row->summary);
	g_free(row->location);
	g_free(row->invited_address);
	*row = (struct meeting_row){ 0 };
}

void meeting_row_free(struct meeting_row *row)
{
	if (row != NULL)
		meeting_row_clear(row);
	g_free(row);
}

#define MEETING_COLUMNS \
	"uid, calendar_id, ics, organizer, summary, location, status, partstat, is_organizer," \
	" invited_address, sequence, stamp, first_start, last_end, recurring, busy, shown, version," \
	" created, updated"

static void from_row(const PGresult *rows, int row, struct meeting_row *row_out)
{
	struct slice ics = db_get_slice(rows, row, 2);

	*row_out = (struct meeting_row){
		.uid = db_dup_text(rows, row, 0),
		.calendar_id = (uint64_t)db_get_int8(rows, row, 1),
		.ics = slice_of(slice_dup(ics), ics.len),
		.organizer = db_dup_text(rows, row, 3),
		.summary = db_dup_text(rows, row, 4),
		.location = db_dup_text(rows, row, 5),
		.status = (enum meeting_status)db_get_int4(rows, row, 6),
		.partstat = (enum meeting_partstat)db_get_int4(rows, row, 7),
		.is_organizer = db_get_bool(rows, row, 8),
		.invited_address = db_dup_text(rows, row, 9),
		.sequence = (uint32_t)db_get_int8(rows, row, 10),
		.stamp = db_get_int8(rows, row, 11),
		.first_start = db_get_int8(rows, row, 12),
		.last_end = db_get_int8(rows, row, 13),
		.recurring = db_get_bool(rows, row, 14),
		.busy = db_get_bool(rows, row, 15),
		.shown = db_get_bool(rows, row, 16),
		.version = (uint64_t)db_get_int8(rows, row, 17),
		.created = db_get_int8(rows, row, 18),
		.updated = db_get_int8(rows, row, 19),
	};
}

/* A meeting that is not there has no row to lock, so its name is locked. */
static enum store_result lock_name(struct store *store, uint64_t account_id, const char *uid)
{
	static const struct db_statement lock = {
		"SELECT pg_advisory_xact_lock(hashtextextended($2, $1))", false };
	struct db_args args = { 0 };

	g_assert(store->in_transaction);
	db_int8(&args, (int64_t)account_id);
	db_text(&args, uid);
	return db_run(store, &lock, &args, NULL);
}

enum store_result meeting_find(struct store *store, uint64_t account_id, const char *uid, bool lock,
			       struct meeting_row *row_out)
{
	static const struct db_statement find = {
		"SELECT " MEETING_COLUMNS " FROM meeting WHERE account_id = $1 AND uid = $2", true };
	struct db_args args = { 0 };
	PGresult *rows;
	enum store_result result = lock ? lock_name(store, account_id, uid) : STORE_OK;

	*row_out = (struct meeting_row){ 0 };
	if (result != STORE_OK)
		return result;
	db_int8(&args, (int64_t)account_id);
	db_text(&args, uid);
	result = db_run_row(store, &find, &args, &rows);
	if (result == STORE_OK)
		from_row(rows, 0, row_out);
	PQclear(rows);
	return result;
}

static const char *or_empty(const char *text)
{
	return text != NULL ? text : "";
}

static void add_row(struct db_args *args, uint64_t account_id, const struct meeting_row *row)
{
	db_int8(args, (int64_t)account_id);
	db_text(args, row->uid);
	db_int8(args, (int64_t)row->calendar_id);
	db_bytes(args, row->ics);
	db_text(args, or_empty(row->organizer));
	db_text(args, or_empty(row->summary));
	db_text(args, or_empty(row->location));
	db_int4(args, (int32_t)row->status);
	db_int4(args, (int32_t)row->partstat);
	db_bool(args, row->is_organizer);
	db_text(args, or_empty(row->invited_address));
	db_int8(args, row->sequence);
	db_int8(args, row->stamp);
	db_int8(args, row->first_start);
	db_int8(args, row->last_end);
	db_bool(args, row->recurring);
	db_bool(args, row->busy);
	db_bool(args, row->shown);
}

enum store_result meeting_save(struct store *store, uint64_t account_id, const struct meeting_row *row,
			       uint64_t *version_out)
{
	static const struct db_statement insert = {
		"INSERT INTO meeting (account_id, uid, calendar_id, ics, organizer, summary, location,"
		" status, partstat, is_organizer, invited_address, sequence, stamp, first_start, last_end,"
		" recurring, busy, shown, version)"
		" SELECT $1, $2, CASE WHEN $3 <> 0 THEN $3 ELSE (SELECT min(calendar_id) FROM calendar"
		" WHERE account_id = $1 AND is_default) END, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13,"
		" $14, $15, $16, $17, $18, 1 ON CONFLICT DO NOTHING RETURNING version", false };
	static const struct db_statement update = {
		"UPDATE meeting SET calendar_id = CASE WHEN $3 <> 0 THEN $3 ELSE calendar_id END, ics = $4,"
		" organizer = $5, summary = $6, location = $7, status = $8, partstat = $9,"
		" is_organizer = $10, invited_address = $11, sequence = $12, stamp = $13,"
		" first_start = $14, last_end = $15, recurring = $16, busy = $17, shown = $18,"
		" version = version + 1, updated = clock_now()"
		" WHERE account_id = $1 AND uid = $2 AND version = $19 RETURNING version", false };
	struct db_args args = { 0 };
	PGresult *rows;
	enum store_result result;

	add_row(&args, account_id, row);
	if (row->version > 0)
		db_int8(&args, (int64_t)row->version);
	result = db_run(store, row->version > 0 ? &update : &insert, &args, &rows);
	if (result == STORE_OK && PQntuples(rows) == 0)
		result = STORE_CONFLICT;
	if (result == STORE_OK && version_out != NULL)
		*version_out = (uint64_t)db_get_int8(rows, 0, 0);
	PQclear(rows);
	if (result == STORE_OK)
		change_other(store, NOTICE_CALENDAR, (struct mailbox_ref){ account_id, 0 }, row->uid, NULL);
	return result;
}

struct removing {
	uint64_t account_id;
	const char *uid;
};

static enum store_result remove_work(struct store *store, void *arg)
{
	static const struct db_statement remove = {
		"DELETE FROM meeting WHERE account_id = $1 AND uid = $2", false };
	static const struct db_statement with_it[] = {
		{ "DELETE FROM link WHERE account_id = $1 AND uid = $2", false },
		{ "WITH gone AS (DELETE FROM trail WHERE account_id = $1 AND uid = $2"
		  " RETURNING content_hash) INSERT INTO content_candidate (hash)"
		  " SELECT DISTINCT content_hash FROM gone WHERE content_hash IS NOT NULL"
		  CANDIDATE_AGAIN, false },
	};
	const struct removing *removing = arg;
	struct db_args args = { 0 };
	enum store_result result;

	db_int8(&args, (int64_t)removing->account_id);
	db_text(&args, removing->uid);
	result = db_change_one(store, &remove, &args);
	for (size_t i = 0; i < G_N_ELEMENTS(with_it) && result == STORE_OK; i++) {
		db_int8(&args, (int64_t)removing->account_id);
		db_text(&args, removing->uid);
		result = db_run(store, &with_it[i], &args, NULL);
	}
	if (result == STORE_OK)
		change_other(store, NOTICE_CALENDAR,
			     (struct mailbox_ref){ removing->account_id, 0 }, removing->uid, NULL);
	return result;
}

enum store_result meeting_remove(struct store *store, uint64_t account_id, const char *uid)
{
	struct removing removing = { account_id, uid };

	return connection_transaction(store, remove_work, &removing);
}

enum store_result meeting_list(struct store *store, const struct meeting_query *query,
			       GPtrArray **rows_out)
{
	static const struct db_statement list = {
		"SELECT " MEETING_COLUMNS " FROM meeting WHERE account_id = $1 AND last_end >= $2 AND (last_end > $2 OR first_start = $2)"
		" AND first_start < $3 AND ($4 = 0 OR calendar_id = $4) AND (busy OR NOT $5)"
		" AND (shown OR NOT $6) ORDER BY first_start, uid LIMIT $7", true };
	struct db_args args = { 0 };
	PGresult *rows;
	enum store_result result;

	*rows_out = NULL;
	db_int8(&args, (int64_t)query->account_id);
	db_int8(&args, query->from);
	db_int8(&args, query->to);
	db_int8(&args, (int64_t)query->calendar_id);
	db_bool(&args, query->busy_only);
	db_bool(&args, query->shown_only);
	db_int8(&args, query->limit > 0 ? query->limit : INT32_MAX);
	result = db_run(store, &list, &args, &rows);
	if (result != STORE_OK)
		return result;
	*rows_out = g_ptr_array_new_with_free_func((GDestroyNotify)meeting_row_free);
	for (int i = 0; i < PQntuples(rows); i++) {
		struct meeting_row *row = g_new(struct meeting_row, 1);

		from_row(rows, i, row);
		g_ptr_array_add(*rows_out, row);
	}
	PQclear(rows);
	return STORE_OK;
}
