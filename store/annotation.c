/* Annotations (RFC 5464). */
#include "store/change.h"
#include "store/mailbox.h"
#include "store/message_args.h"

#define MAX_VALUE 65536
#define MAX_ENTRIES 1000
#define MAX_ENTRY 1024

static void annotation_free(void *data)
{
	struct annotation *annotation = data;

	g_free(annotation->entry);
	g_bytes_unref(annotation->value);
	g_free(annotation);
}

/* In lower case; NULL when it is no entry's name. */
static char *normalise_entry(const char *entry)
{
	size_t len = strlen(entry);
	char *lower;

	if (len > MAX_ENTRY || !g_utf8_validate(entry, -1, NULL) || strstr(entry, "//") != NULL ||
	    entry[len > 0 ? len - 1 : 0] == '/' || strpbrk(entry, "*%") != NULL)
		return NULL;
	lower = g_ascii_strdown(entry, -1);
	if (g_str_has_prefix(lower, "/private/") || g_str_has_prefix(lower, "/shared/"))
		return lower;
	g_free(lower);
	return NULL;
}

/* Shared entries of the server are everybody's, so they belong to no account. */
static void add_owner(struct db_args *args, struct mailbox_ref mailbox, bool is_private, uint64_t reader)
{
	uint64_t account = mailbox.account_id;

	if (mailbox.mailbox_id == 0)
		account = is_private ? reader : 0;
	db_int8(args, (int64_t)account);
	db_int8(args, (int64_t)mailbox.mailbox_id);
	db_int8(args, is_private ? (int64_t)reader : 0);
}

/* A normalised one. */
static bool is_private(const char *entry)
{
	return g_str_has_prefix(entry, "/private");
}

/* "/private" and "/shared" themselves are no entries, but one may ask for what is below. */
static char *normalise_query(const char *entry)
{
	if (g_ascii_strcasecmp(entry, "/private") == 0 || g_ascii_strcasecmp(entry, "/shared") == 0)
		return g_ascii_strdown(entry, -1);
	return normalise_entry(entry);
}

static bool is_deep_enough(struct slice entry, size_t asked_len, int depth)
{
	if (entry.len == asked_len || depth < 0)
		return true;
	return memchr(entry.data + asked_len + 1, '/', entry.len - asked_len - 1) == NULL;
}

static enum store_result get_below(struct store *store, const struct annotation_query *query,
				   const char *entry, GPtrArray *annotations)
{
	static const struct db_statement one = {
		"SELECT entry, value FROM annotation WHERE account_id = $1 AND mailbox_id = $2"
		" AND reader = $3 AND entry = $4", true };
	static const struct db_statement below = {
		"SELECT entry, value FROM annotation WHERE account_id = $1 AND mailbox_id = $2"
		" AND reader = $3 AND (entry = $4 OR (entry > $4 || '/' AND entry < $4 || '0'))"
		" ORDER BY entry", true };
	struct db_args args = { 0 };
	PGresult *rows;
	enum store_result result;

	add_owner(&args, query->mailbox, is_private(entry), query->reader);
	db_text(&args, entry);
	result = db_run(store, query->depth == 0 ? &one : &below, &args, &rows);
	for (int i = 0; result == STORE_OK && i < PQntuples(rows); i++) {
		struct slice value = db_get_slice(rows, i, 1);
		struct annotation *annotation;

		if (!is_deep_enough(db_get_slice(rows, i, 0), strlen(entry), query->depth))
			continue;
		annotation = g_new(struct annotation, 1);
		*annotation = (struct annotation){ query->mailbox.mailbox_id, db_dup_text(rows, i, 0),
						   g_bytes_new(value.data, value.len) };
		g_ptr_array_add(annotations, annotation);
	}
	PQclear(rows);
	return result;
}

enum store_result annotation_get(struct store *store, const struct annotation_query *query,
				 GPtrArray **annotations_out)
{
	enum store_result result = STORE_OK;

	*annotations_out = g_ptr_array_new_with_free_func(annotation_free);
	for (size_t i = 0; query->entries[i] != NULL && result == STORE_OK; i++) {
		g_autofree char *entry = normalise_query(query->entries[i]);

		if (entry != NULL)
			result = get_below(store, query, entry, *annotations_out);
	}
	return result;
}

enum store_result annotation_get_many(struct store *store, const struct mailbox_ref *mailboxes, size_t count,
				      uint64_t reader, const char *const *entries, GPtrArray **annotations_out)
{
	static const struct db_statement read = {
		"SELECT a.mailbox_id, a.entry, a.value FROM unnest($1::bigint[], $2::bigint[]) AS w (account_id, mailbox_id)"
		" JOIN annotation a ON a.account_id = w.account_id AND a.mailbox_id = w.mailbox_id"
		" AND a.reader IN (0, $3) AND a.entry = ANY($4) ORDER BY a.mailbox_id, array_position($4, a.entry)", true };
	g_autofree int64_t *accounts = g_new(int64_t, count + 1), *ids = g_new(int64_t, count + 1);
	struct db_args args = { 0 };
	PGresult *rows;
	enum store_result result;

	for (size_t i = 0; i < count; i++) {
		accounts[i] = (int64_t)mailboxes[i].account_id;
		ids[i] = (int64_t)mailboxes[i].mailbox_id;
	}
	*annotations_out = g_ptr_array_new_with_free_func(annotation_free);
	db_int8_array(&args, accounts, count);
	db_int8_array(&args, ids, count);
	db_int8(&args, (int64_t)reader);
	db_text_array(&args, entries);
	result = db_run(store, &read, &args, &rows);
	for (int i = 0; result == STORE_OK && i < PQntuples(rows); i++) {
		struct slice value = db_get_slice(rows, i, 2);
		struct annotation *annotation = g_new(struct annotation, 1);

		*annotation = (struct annotation){ (uint64_t)db_get_int8(rows, i, 0), db_dup_text(rows, i, 1),
						   g_bytes_new(value.data, value.len) };
		g_ptr_array_add(*annotations_out, annotation);
	}
	PQclear(rows);
	return result;
}

struct setting {
	struct mailbox_ref mailbox;
	uint64_t reader;
	const struct annotation_change *changes;
	size_t count;
};

static enum store_result set_one(struct store *store, const struct setting *setting,
				 const char *entry, struct slice value)
{
	static const struct db_statement remove = {
		"DELETE FROM annotation WHERE account_id = $1 AND mailbox_id = $2 AND reader = $3"
		" AND entry = $4", false };
	static const struct db_statement put = {
		"INSERT INTO annotation (account_id, mailbox_id, reader, entry, value)"
		" SELECT $1, $2, $3, $4, $5 WHERE (SELECT count(*) FROM annotation WHERE account_id = $1"
		" AND mailbox_id = $2 AND (reader, entry) <> ($3, $4)) < $6 ON CONFLICT (account_id, mailbox_id, reader, entry)"
		" DO UPDATE SET value = EXCLUDED.value", false };
	struct db_args args = { 0 };
	enum store_result result;

	add_owner(&args, setting->mailbox, is_private(entry), setting->reader);
	db_text(&args, entry);
	if (value.data == NULL)
		return db_run(store, &remove, &args, NULL);
	db_bytes(&args, value);
	db_int4(&args, MAX_ENTRIES);
	result = db_change_one(store, &put, &args);
	return result == STORE_NOT_FOUND ? STORE_LIMIT : result;
}

static enum store_result set_work(struct store *store, void *arg)
{
	const struct setting *setting = arg;
	enum store_result result = STORE_OK;

	for (size_t i = 0; i < setting->count && result == STORE_OK; i++) {
		g_autofree char *entry = normalise_entry(setting->changes[i].entry);

		if (entry == NULL)
			result = STORE_INVALID;
		else if (setting->changes[i].value.len > MAX_VALUE)
			result = STORE_LIMIT;
		else
			result = set_one(store, setting, entry, setting->changes[i].value);
	}
	for (size_t i = 0; i < setting->count && result == STORE_OK; i++) {
		g_autofree char *entry = normalise_entry(setting->changes[i].entry);

		/* What a reader keeps to himself is not the owner's to know. */
		if (!is_private(entry) || setting->reader == setting->mailbox.account_id)
			change_other(store, NOTICE_METADATA, setting->mailbox, entry, NULL);
	}
	return result;
}

enum store_result annotation_set(struct store *store, struct mailbox_ref mailbox, uint64_t reader,
				 const struct annotation_change *changes, size_t count)
{
	struct setting setting = { mailbox, reader, changes, count };

	return connection_transaction(store, set_work, &setting);
}
