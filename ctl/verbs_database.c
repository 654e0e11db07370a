/* The database itself: schema, integrity, derived rows, housekeeping. */
#include "ctl/ctl.h"
#include "ingest/ingest.h"
#include "store/content.h"
#include "store/restored.h"
#include "store/service.h"

#include <stdio.h>
#include <unistd.h>

enum { WALK_PAGE = 500 };

/* Progress for people: on a terminal, now and then. */
static void progress(const char *what, uint64_t done)
{
	if (done % 1000 == 0 && isatty(STDERR_FILENO))
		fprintf(stderr, "\r%s: %" G_GUINT64_FORMAT, what, done);
}

static void progress_end(void)
{
	if (isatty(STDERR_FILENO))
		fputc('\n', stderr);
}

static enum ctl_status db_migrate(struct ctl *ctl)
{
	g_autoptr(GString) report = g_string_new(NULL);
	enum store_result result = store_migrate(ctl->store, ctl_option(ctl, "dry-run") != NULL, report);

	fputs(report->str, stdout);
	if (result == STORE_CONFLICT)
		return ctl_fail("the database's schema is newer than this program");
	if (result == STORE_OK && report->len == 0)
		puts("the schema is up to date");
	return result == STORE_OK ? CTL_DONE : ctl_fail_store(result, "migration");
}

/* fn for each stored content; *failed_out counts its failures. */
typedef bool (*content_fn)(struct ctl *ctl, const uint8_t *hash);

static enum store_result walk(struct ctl *ctl, const char *what, content_fn fn, uint64_t *done_out,
			      uint64_t *failed_out)
{
	uint8_t after[CONTENT_HASH_SIZE] = { 0 };

	*done_out = *failed_out = 0;
	for (;;) {
		g_autoptr(GByteArray) hashes = NULL;
		enum store_result result = content_walk(ctl->store, WALK_PAGE, after, &hashes);

		if (result != STORE_OK || hashes->len == 0)
			return result;
		for (guint at = 0; at < hashes->len; at += CONTENT_HASH_SIZE) {
			*failed_out += !fn(ctl, hashes->data + at);
			progress(what, ++*done_out);
		}
	}
}

static bool verify_one(struct ctl *ctl, const uint8_t *hash)
{
	g_autofree char *problem = NULL;
	enum store_result result = content_verify(ctl->store, hash, &problem);

	if (result == STORE_OK)
		result = ingest_verify(ctl->store, hash, &problem);
	/* Not found: collected since it was listed. */
	if (result == STORE_OK || result == STORE_NOT_FOUND)
		return true;
	fputs("content ", stdout);
	for (size_t i = 0; i < CONTENT_HASH_SIZE; i++)
		printf("%02x", hash[i]);
	printf(": %s\n", problem != NULL ? problem : store_result_name(result));
	return false;
}

static enum ctl_status db_verify(struct ctl *ctl)
{
	g_autoptr(GString) report = g_string_new(NULL);
	uint64_t done, failed, orphans = 0;
	enum store_result result = walk(ctl, "verified", verify_one, &done, &failed);

	progress_end();
	if (result == STORE_OK)
		result = content_verify_rows(ctl->store, report, &orphans);
	fputs(report->str, stdout);
	printf("%" G_GUINT64_FORMAT " contents verified, %" G_GUINT64_FORMAT " damaged, %" G_GUINT64_FORMAT
	       " rows that point nowhere\n",
	       done, failed, orphans);
	if (result != STORE_OK)
		return ctl_fail_store(result, "verification");
	return failed + orphans == 0 ? CTL_DONE : CTL_FAILED;
}

static enum ctl_status db_restored(struct ctl *ctl)
{
	uint64_t mailboxes;
	enum store_result result = store_restored(ctl->store, &mailboxes);

	if (result != STORE_OK)
		return ctl_fail_store(result, "nothing was changed");
	printf("the numbers of %" G_GUINT64_FORMAT " mailboxes begin again above those of the time since the backup;"
	       " restart convoked now\n", mailboxes);
	return CTL_DONE;
}

static bool reparse_one(struct ctl *ctl, const uint8_t *hash)
{
	enum store_result result = ingest_reparse(ctl->store, hash);

	if (result != STORE_OK)
		ctl_fail_store(result, "a content");
	return result == STORE_OK;
}

static enum ctl_status reparse(struct ctl *ctl)
{
	uint64_t done, failed;
	enum store_result result = walk(ctl, "reparsed", reparse_one, &done, &failed);

	progress_end();
	printf("%" G_GUINT64_FORMAT " contents reparsed, %" G_GUINT64_FORMAT " failed\n", done - failed, failed);
	if (result != STORE_OK)
		return ctl_fail_store(result, "reparse");
	return failed == 0 ? CTL_DONE : CTL_FAILED;
}

const struct ctl_verb ctl_database_verbs[] = {
	{ "db migrate", "[--dry-run]", 0, 0, "dry-run", CTL_NEEDS_STORE, db_migrate,
	  "Brings the schema up to date; --dry-run only lists what would be done." },
	{ "db verify", "", 0, 0, NULL, CTL_NEEDS_STORE, db_verify,
	  "Checks hash, size, chunks and derived rows of everything stored, and rows that point nowhere." },
	{ "db restored", "", 0, 0, NULL, CTL_NEEDS_STORE, db_restored,
	  "To be said once after a backup was put back: no UID or MODSEQ given since then is given again." },
	{ "reparse", "", 0, 0, NULL, CTL_NEEDS_STORE, reparse,
	  "Derives structures, envelopes and search texts anew from the stored octets." },
	{ NULL, NULL, 0, 0, NULL, CTL_NEEDS_NOTHING, NULL, NULL },
};
