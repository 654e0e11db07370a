/* What time makes unnecessary. */
#include "store/collect.h"
#include "store/maildrop_private.h"
#include "store/service.h"
#include "store/statement.h"

#define BATCH 200

/* Ages in microseconds: a day of flag changes, 30 days of deliveries, 7 of sent mail.  The moment is
 * asked for once (SELECT): else each row would be read and compared with a moment of its own. */
static const struct db_statement sweeps[] = {
	{ "DELETE FROM flag_log WHERE created < (SELECT clock_now() - 86400000000)", false },
	{ "DELETE FROM delivered WHERE at < (SELECT clock_now() - 2592000000000)", false },
	{ "DELETE FROM web_session WHERE expires < (SELECT clock_now())", false },
	{ "DELETE FROM maildrop WHERE expires < (SELECT clock_now())", false },
	{ "DELETE FROM outgoing WHERE state = 1 AND created < (SELECT clock_now() - 604800000000)", false },
	{ "DELETE FROM outgoing WHERE state = 2 AND created < (SELECT clock_now() - 2592000000000)", false },
};

/* Expunges older than 30 days are forgotten: their content may go, and a client that comes back
 * after that is told of all UIDs that are not there. */
static enum store_result forget_expunged(struct store *store, uint64_t *count_out)
{
	static const struct db_statement forget = {
		"WITH gone AS (DELETE FROM expunged WHERE expunged_at < (SELECT clock_now() - 2592000000000)"
		" RETURNING account_id, mailbox_id, modseq, content_hash, original_hash),"
		" candidates AS (INSERT INTO content_candidate (hash)"
		" SELECT content_hash FROM gone WHERE content_hash IS NOT NULL UNION"
		" SELECT original_hash FROM gone WHERE original_hash IS NOT NULL" CANDIDATE_AGAIN "),"
		" latest AS (SELECT account_id, mailbox_id, max(modseq) AS modseq, count(*) AS n FROM gone"
		" GROUP BY account_id, mailbox_id), marked AS (UPDATE mailbox m"
		" SET forgotten_modseq = greatest(m.forgotten_modseq, l.modseq) FROM latest l"
		" WHERE m.account_id = l.account_id AND m.mailbox_id = l.mailbox_id)"
		" SELECT coalesce(sum(n), 0)::bigint FROM latest", false };
	struct db_args args = { 0 };
	PGresult *rows;
	enum store_result result = db_run(store, &forget, &args, &rows);

	if (result == STORE_OK)
		*count_out += (uint64_t)db_get_int8(rows, 0, 0);
	PQclear(rows);
	return result;
}

static enum store_result collect_all(struct store *store, uint64_t grace_seconds,
				     struct store_housekeeping *done)
{
	struct collected collected;
	enum store_result result;

	do {
		/* Many may take longer than a lease lasts, and who renews them is we. */
		result = maildrop_renew_all(store);
		if (result != STORE_OK)
			return result;
		result = collect_content(store, grace_seconds, BATCH, &collected);
		done->content_removed += collected.contents;
		done->octets_removed += collected.octets;
	} while (result == STORE_OK && collected.seen == BATCH);
	return result;
}

enum store_result store_housekeep(struct store *store, uint64_t grace_seconds,
				  struct store_housekeeping *done_out)
{
	enum store_result result = STORE_OK;
	uint64_t count;

	*done_out = (struct store_housekeeping){ 0 };
	for (size_t i = 0; i < G_N_ELEMENTS(sweeps) && result == STORE_OK; i++) {
		struct db_args args = { 0 };

		result = db_change(store, &sweeps[i], &args, &count);
		done_out->rows_removed += count;
	}
	if (result == STORE_OK)
		result = forget_expunged(store, &done_out->rows_removed);
	return result == STORE_OK ? collect_all(store, grace_seconds, done_out) : result;
}
