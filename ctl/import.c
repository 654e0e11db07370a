/* import: mbox files, Maildirs and single messages into a mailbox, .ics files into
 * the calendar.
 *
 * Repeatable without duplicates: a message whose content the mailbox has already is
 * passed over.
 * Line ends become CRLF once, before anything is computed. */
#include "base/clock.h"
#include "base/spool.h"
#include "ctl/lookup.h"
#include "ctl/mbox.h"
#include "ingest/ingest.h"
#include "scheduling/calendar_import.h"
#include "scheduling/calendar_reader.h"
#include "store/message.h"

#include <stdio.h>
#include <sys/stat.h>
#include <unistd.h>

struct import {
	struct ctl *ctl;
	struct account account;
	struct mailbox mailbox;
	uint64_t stored, known, failed;
};

/* What a Maildir's file name says. */
struct import_facts {
	uint64_t flags;
	int64_t internal_date; /* seconds UTC; 0: now */
};

static void progress(const struct import *import)
{
	uint64_t done = import->stored + import->known + import->failed;

	if (done % 100 == 0 && isatty(STDERR_FILENO))
		fprintf(stderr, "\r%" G_GUINT64_FORMAT " messages", done);
}

/* True when this mailbox has a message of that content already. */
static bool is_there(struct import *import, const uint8_t *hash)
{
	GArray *messages = NULL;
	bool found = false;

	if (message_find_content(import->ctl->store, import->account.account_id, hash, &messages) == STORE_OK) {
		for (guint i = 0; i < messages->len; i++)
			found |= mailbox_ref_equal(g_array_index(messages, struct message, i).mailbox,
						   import->mailbox.ref);
	}
	g_clear_pointer(&messages, g_array_unref);
	return found;
}

static enum store_result append(struct import *import, const struct ingest *ingest,
				const struct import_facts *facts)
{
	const struct content_row *row = ingest_row(ingest);
	struct message_new message = {
		.flags = { .system = facts->flags },
		.internal_date = facts->internal_date != 0 ? facts->internal_date : clock_now() / G_USEC_PER_SEC,
	};
	struct message_appended appended;
	enum store_result result;

	if (is_there(import, row->hash))
		return STORE_EXISTS;
	if (row->facts.size <= CONTENT_CHUNK) {
		message.content = row;
	} else {
		result = ingest_store(import->ctl->store, ingest);
		if (result != STORE_OK)
			return result;
		message.hash = row->hash;
	}
	return message_append(import->ctl->store, import->mailbox.ref, &message, &appended);
}

static void take_message(struct import *import, struct slice octets, const struct import_facts *facts,
			 const char *where)
{
	g_autoptr(GString) crlf = g_string_sized_new(octets.len + octets.len / 32 + 2);
	struct ingest *ingest;
	struct mime_source source;
	struct slice whole;
	enum store_result result = STORE_INVALID;
	char last = 0;

	ingest_convert_crlf(crlf, octets, &last);
	whole = slice_of(crlf->str, crlf->len);
	source = mime_source_of_slice(&whole);
	ingest = ingest_create(&source);
	if (ingest != NULL)
		result = append(import, ingest, facts);
	ingest_destroy(&ingest);
	if (result == STORE_OK) {
		import->stored++;
	} else if (result == STORE_EXISTS) {
		import->known++;
	} else {
		import->failed++;
		ctl_fail_store(result, "%s", where);
	}
	progress(import);
}

static void take_mbox(struct import *import, struct slice file, const char *path)
{
	struct mbox_message message;
	size_t at = 0;

	while (mbox_next(file, &at, &message)) {
		g_autoptr(GByteArray) plain = mbox_unquote(message.octets);
		const struct import_facts facts = { 0 };

		take_message(import, slice_of((const char *)plain->data, plain->len), &facts, path);
	}
}

/* ":2,FLAGS" at the end of a Maildir's file name; the seconds it begins with. */
static struct import_facts maildir_facts(const char *name)
{
	struct import_facts facts = { .internal_date = g_ascii_strtoll(name, NULL, 10) };
	const char *info = strstr(name, ":2,");

	for (; info != NULL && *info != '\0'; info++) {
		switch (*info) {
		case 'D': facts.flags |= MESSAGE_DRAFT; break;
		case 'F': facts.flags |= MESSAGE_FLAGGED; break;
		case 'R': facts.flags |= MESSAGE_ANSWERED; break;
		case 'S': facts.flags |= MESSAGE_SEEN; break;
		case 'T': facts.flags |= MESSAGE_DELETED; break;
		default: break;
		}
	}
	return facts;
}

static bool take_file(struct import *import, const char *path, const struct import_facts *facts)
{
	g_autoptr(GError) error = NULL;
	GMappedFile *mapped = g_mapped_file_new(path, FALSE, &error);
	struct slice file;

	if (mapped == NULL) {
		ctl_fail("%s", error->message);
		import->failed++;
		return false;
	}
	file = slice_of(g_mapped_file_get_contents(mapped), g_mapped_file_get_length(mapped));
	if (facts == NULL && file.len > 0 && mbox_is_one(file)) {
		take_mbox(import, file, path);
	} else {
		const struct import_facts none = { 0 };

		take_message(import, file, facts != NULL ? facts : &none, path);
	}
	g_mapped_file_unref(mapped);
	return true;
}

static int compare_names(const void *a, const void *b)
{
	return strcmp(*(char *const *)a, *(char *const *)b);
}

static void take_maildir_part(struct import *import, const char *maildir, const char *part)
{
	g_autofree char *folder = g_build_filename(maildir, part, NULL);
	g_autoptr(GDir) dir = g_dir_open(folder, 0, NULL);
	g_autoptr(GPtrArray) names = g_ptr_array_new_with_free_func(g_free);
	const char *name;

	while (dir != NULL && (name = g_dir_read_name(dir)) != NULL) {
		if (*name != '.')
			g_ptr_array_add(names, g_strdup(name));
	}
	/* Names begin with the time of arrival. */
	g_ptr_array_sort(names, compare_names);
	for (guint i = 0; i < names->len; i++) {
		g_autofree char *path = g_build_filename(folder, names->pdata[i], NULL);
		struct import_facts facts = maildir_facts(names->pdata[i]);

		take_file(import, path, &facts);
	}
}

static void take_ics(struct import *import, const char *path)
{
	g_autofree char *text = NULL, *problem = NULL;
	g_autoptr(GError) error = NULL;
	struct calendar_imported done = { 0 };
	enum store_result result;
	gsize len;

	if (!g_file_get_contents(path, &text, &len, &error)) {
		ctl_fail("%s", error->message);
		import->failed++;
		return;
	}
	result = calendar_import(import->ctl->store, import->account.account_id, slice_of(text, len), &done, &problem);
	import->stored += done.stored;
	import->known += done.known;
	import->failed += done.failed;
	if (result != STORE_OK && done.failed == 0)
		import->failed++;
	if (result != STORE_OK || done.failed > 0)
		ctl_fail("%s: %s", path, problem != NULL ? problem : store_result_name(result));
}

static void take_path(struct import *import, const char *path)
{
	g_autofree char *cur = g_build_filename(path, "cur", NULL);

	if (g_file_test(cur, G_FILE_TEST_IS_DIR)) {
		take_maildir_part(import, path, "cur");
		take_maildir_part(import, path, "new");
	} else if (g_file_test(path, G_FILE_TEST_IS_DIR)) {
		import->failed++;
		ctl_fail("%s is a folder, but no Maildir (it has no cur)", path);
	} else if (g_str_has_suffix(path, ".ics")) {
		take_ics(import, path);
	} else {
		take_file(import, path, NULL);
	}
}

static enum ctl_status import_verb(struct ctl *ctl)
{
	struct import import = { .ctl = ctl };
	enum ctl_status status = ctl_find_account(ctl, ctl->words[0], &import.account);

	if (status == CTL_DONE)
		status = ctl_find_mailbox(ctl, &import.account, ctl->words[1], &import.mailbox);
	if (status == CTL_DONE) {
		calendar_reader_open(1, NULL);
		for (int i = 2; i < ctl->word_count; i++)
			take_path(&import, ctl->words[i]);
		calendar_reader_close();
		if (isatty(STDERR_FILENO))
			fputc('\n', stderr);
		printf("%" G_GUINT64_FORMAT " imported, %" G_GUINT64_FORMAT " there already, %" G_GUINT64_FORMAT " failed\n",
		       import.stored, import.known, import.failed);
		status = import.failed == 0 ? CTL_DONE : CTL_FAILED;
	}
	mailbox_clear(&import.mailbox);
	account_clear(&import.account);
	return status;
}

const struct ctl_verb ctl_import_verbs[] = {
	{ "import", "ADDRESS MAILBOX FILE...", 3, -1, NULL, CTL_NEEDS_STORE, import_verb,
	  "Takes mbox files, Maildirs and single messages into the mailbox, .ics files into the calendar. "
	  "Repeated, it makes no duplicates." },
	{ NULL, NULL, 0, 0, NULL, CTL_NEEDS_NOTHING, NULL, NULL },
};
