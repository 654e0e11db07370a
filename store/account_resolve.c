/* Where mail for an address goes: the address itself, and only when nobody has it, the
 * address without its detail. */
#include "store/account.h"

#include "store/statement.h"

static void target_free(void *data)
{
	struct account_target *target = data;

	g_free(target->address);
	g_free(target->matched);
	g_free(target->detail);
	g_free(target->display_name);
	g_free(target->timezone);
	g_free(target->locale);
	g_free(target);
}

static enum store_result look(struct store *store, const char *address, const char *detail,
			      GPtrArray *targets)
{
	static const struct db_statement find = {
		"SELECT a.account_id, a.address, a.display_name, a.timezone, a.locale, a.add_invitations,"
		" a.answer_by_keyword, NOT quota_allows(a.account_id, 0, 0, true)"
		" FROM address d JOIN account a ON a.account_id = d.account_id WHERE d.address = $1"
		" ORDER BY a.account_id", true };
	struct db_args args = { 0 };
	PGresult *rows;
	enum store_result result;

	db_text(&args, address);
	result = db_run(store, &find, &args, &rows);
	for (int i = 0; result == STORE_OK && i < PQntuples(rows); i++) {
		struct account_target *target = g_new(struct account_target, 1);

		*target = (struct account_target){
			.account_id = (uint64_t)db_get_int8(rows, i, 0),
			.address = db_dup_text(rows, i, 1),
			.matched = g_strdup(address),
			.detail = g_strdup(detail),
			.display_name = db_dup_text(rows, i, 2),
			.timezone = db_dup_text(rows, i, 3),
			.locale = db_dup_text(rows, i, 4),
			.add_invitations = db_get_int4(rows, i, 5),
			.answer_by_keyword = db_get_bool(rows, i, 6),
			.over_quota = db_get_bool(rows, i, 7),
		};
		g_ptr_array_add(targets, target);
	}
	PQclear(rows);
	return result;
}

/* user+detail@domain: the part in front of the first '+', which may not be empty. */
static char *without_detail(const char *address, char **detail_out)
{
	const char *at = strrchr(address, '@');
	const char *plus = memchr(address, '+', (size_t)(at - address));

	if (plus == NULL || plus == address)
		return NULL;
	*detail_out = g_strndup(plus + 1, (gsize)(at - plus - 1));
	return g_strdup_printf("%.*s%s", (int)(plus - address), address, at);
}

/* The detail as the sender wrote it: the same place in the address as given. */
static char *detail_as_written(const char *address)
{
	char *detail = NULL;

	g_free(without_detail(address, &detail));
	return detail;
}

enum store_result account_resolve(struct store *store, const char *address, GPtrArray **targets_out)
{
	g_autofree char *kept = account_address_normalise(address);
	g_autofree char *lower_detail = NULL, *base = NULL, *detail = NULL;
	enum store_result result;

	*targets_out = g_ptr_array_new_with_free_func(target_free);
	if (kept == NULL)
		return STORE_NOT_FOUND;
	result = look(store, kept, NULL, *targets_out);
	if (result != STORE_OK || (*targets_out)->len > 0)
		return result;
	base = without_detail(kept, &lower_detail);
	if (base == NULL)
		return STORE_NOT_FOUND;
	detail = detail_as_written(address);
	result = look(store, base, detail, *targets_out);
	return result == STORE_OK && (*targets_out)->len == 0 ? STORE_NOT_FOUND : result;
}
