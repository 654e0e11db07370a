/* Mailboxes of an account. */
#include "base/number.h"
#include "ctl/lookup.h"
#include "store/content.h"
#include "store/message.h"

#include <stdio.h>

enum { MOST_EXPUNGED = 1000 };

static enum ctl_status mailbox_list_verb(struct ctl *ctl)
{
	static const char *const columns[] = { "name", "messages", "unseen", "octets", "subscribed", NULL };
	g_autoptr(GPtrArray) mailboxes = NULL;
	struct account account;
	struct ctl_table *table;
	enum store_result result;

	if (ctl_find_account(ctl, ctl->words[0], &account) != CTL_DONE)
		return CTL_FAILED;
	result = mailbox_list(ctl->store, account.account_id, &mailboxes);
	account_clear(&account);
	if (result != STORE_OK)
		return ctl_fail_store(result, "%s", ctl->words[0]);
	table = ctl_table_create(ctl, columns);
	for (guint i = 0; i < mailboxes->len; i++) {
		const struct mailbox *m = mailboxes->pdata[i];
		g_autofree char *shown = ctl_mailbox_shown(ctl, m->name);
		g_autofree char *messages = g_strdup_printf("%u", m->messages);
		g_autofree char *unseen = g_strdup_printf("%u", m->unseen);
		g_autofree char *size = g_strdup_printf("%" G_GUINT64_FORMAT, m->size);

		ctl_table_row(table, shown, m->noselect ? "-" : messages, m->noselect ? "-" : unseen,
			      m->noselect ? "-" : size, m->subscribed ? "yes" : "no", NULL);
	}
	ctl_table_print(&table);
	return CTL_DONE;
}

static enum ctl_status mailbox_create_verb(struct ctl *ctl)
{
	g_autofree char *name = NULL;
	struct account account;
	struct mailbox_ref ref;
	enum store_result result;

	if (ctl_find_account(ctl, ctl->words[0], &account) != CTL_DONE)
		return CTL_FAILED;
	name = ctl_mailbox_name(ctl, ctl->words[1]);
	result = name != NULL ? mailbox_create(ctl->store, account.account_id, slice_from_string(name), 0, &ref)
			      : STORE_OK;
	account_clear(&account);
	if (name == NULL)
		return CTL_FAILED;
	if (result == STORE_EXISTS)
		return ctl_fail("there is a mailbox %s already", ctl->words[1]);
	return result == STORE_OK ? CTL_DONE : ctl_fail_store(result, "%s", ctl->words[1]);
}

static enum ctl_status mailbox_remove_verb(struct ctl *ctl)
{
	struct account account;
	struct mailbox mailbox = { 0 };
	enum ctl_status status;

	if (ctl_find_account(ctl, ctl->words[0], &account) != CTL_DONE)
		return CTL_FAILED;
	status = ctl_find_mailbox(ctl, &account, ctl->words[1], &mailbox);
	if (status == CTL_DONE && mailbox.messages > 0 && ctl_option(ctl, "yes") == NULL) {
		ctl_fail("%s holds %u messages; say --yes to remove them with it", ctl->words[1], mailbox.messages);
		status = CTL_USAGE;
	} else if (status == CTL_DONE) {
		enum store_result result = mailbox_delete(ctl->store, mailbox.ref);

		if (result == STORE_INVALID)
			status = ctl_fail("INBOX cannot be removed");
		else if (result != STORE_OK)
			status = ctl_fail_store(result, "%s", ctl->words[1]);
	}
	mailbox_clear(&mailbox);
	account_clear(&account);
	return status;
}

static void expunged_row(struct ctl *ctl, struct ctl_table *table, const struct message_gone *gone)
{
	struct content_value *facts = NULL;
	g_autofree char *uid = g_strdup_printf("%u", gone->uid);
	g_autofree char *expunged = ctl_moment(gone->expunged_at * G_USEC_PER_SEC);
	g_autofree char *date = ctl_moment(gone->internal_date * G_USEC_PER_SEC);
	g_autofree char *size = g_strdup_printf("%" G_GUINT64_FORMAT, gone->size);
	g_autofree char *subject = NULL;

	if (content_load_one(ctl->store, CONTENT_FACTS, gone->hash, &facts) == STORE_OK) {
		struct slice text = content_value_facts(facts)->subject;

		subject = g_strndup(text.data, text.len);
	}
	content_value_unref(&facts);
	ctl_table_row(table, uid, expunged, date, size, subject != NULL ? subject : "", NULL);
}

static enum ctl_status mailbox_expunged_verb(struct ctl *ctl)
{
	static const char *const columns[] = { "uid", "expunged", "date", "octets", "subject", NULL };
	g_autoptr(GArray) gone = NULL;
	struct account account;
	struct mailbox mailbox = { 0 };
	enum ctl_status status;
	enum store_result result;

	if (ctl_find_account(ctl, ctl->words[0], &account) != CTL_DONE)
		return CTL_FAILED;
	status = ctl_find_mailbox(ctl, &account, ctl->words[1], &mailbox);
	if (status == CTL_DONE) {
		result = message_list_gone(ctl->store, mailbox.ref, MOST_EXPUNGED, &gone);
		if (result != STORE_OK)
			status = ctl_fail_store(result, "%s", ctl->words[1]);
	}
	if (status == CTL_DONE) {
		struct ctl_table *table = ctl_table_create(ctl, columns);

		for (guint i = 0; i < gone->len; i++)
			expunged_row(ctl, table, &g_array_index(gone, struct message_gone, i));
		ctl_table_print(&table);
	}
	mailbox_clear(&mailbox);
	account_clear(&account);
	return status;
}

/* UID or UID:UID. */
static bool read_range(const char *word, struct uid_range *range_out)
{
	const char *colon = strchr(word, ':');
	size_t len = colon != NULL ? (size_t)(colon - word) : strlen(word);
	uint64_t first, last;

	if (!number_parse(slice_of(word, len), 1, UINT32_MAX, &first))
		return false;
	last = first;
	if (colon != NULL && !number_parse(slice_from_string(colon + 1), 1, UINT32_MAX, &last))
		return false;
	*range_out = (struct uid_range){ (uint32_t)MIN(first, last), (uint32_t)MAX(first, last) };
	return true;
}

static gint compare_ranges(gconstpointer a, gconstpointer b)
{
	const struct uid_range *x = a, *y = b;

	return (x->first > y->first) - (x->first < y->first);
}

/* Ascending and apart, as the store wants them; NULL (and a message) when a word is none. */
static GArray *read_ranges(char *const *words, int count)
{
	GArray *given = g_array_new(FALSE, FALSE, sizeof(struct uid_range));
	GArray *ranges = g_array_new(FALSE, FALSE, sizeof(struct uid_range));

	for (int i = 0; i < count; i++) {
		struct uid_range range;

		if (!read_range(words[i], &range)) {
			ctl_fail("found \"%s\", expected UID or UID:UID", words[i]);
			g_array_unref(given);
			g_array_unref(ranges);
			return NULL;
		}
		g_array_append_val(given, range);
	}
	g_array_sort(given, compare_ranges);
	for (guint i = 0; i < given->len; i++) {
		const struct uid_range *range = &g_array_index(given, struct uid_range, i);
		struct uid_range *before = ranges->len > 0
			? &g_array_index(ranges, struct uid_range, ranges->len - 1) : NULL;

		if (before != NULL && range->first <= before->last)
			before->last = MAX(before->last, range->last);
		else
			g_array_append_val(ranges, *range);
	}
	g_array_unref(given);
	return ranges;
}

static enum ctl_status mailbox_undelete_verb(struct ctl *ctl)
{
	g_autoptr(GArray) ranges = read_ranges(ctl->words + 2, ctl->word_count - 2);
	struct account account;
	struct mailbox mailbox = { 0 };
	enum ctl_status status;
	unsigned count;

	if (ranges == NULL)
		return CTL_USAGE;
	if (ctl_find_account(ctl, ctl->words[0], &account) != CTL_DONE)
		return CTL_FAILED;
	status = ctl_find_mailbox(ctl, &account, ctl->words[1], &mailbox);
	if (status == CTL_DONE) {
		struct uid_set uids = { (const struct uid_range *)(const void *)ranges->data, ranges->len };
		enum store_result result = message_undelete(ctl->store, mailbox.ref, uids, &count);

		if (result != STORE_OK)
			status = ctl_fail_store(result, "%s", ctl->words[1]);
		else
			printf("%u messages are back, under new UIDs\n", count);
	}
	mailbox_clear(&mailbox);
	account_clear(&account);
	return status;
}

const struct ctl_verb ctl_mailbox_verbs[] = {
	{ "mailbox list", "ADDRESS", 1, 1, NULL, CTL_NEEDS_STORE, mailbox_list_verb, "The account's mailboxes with their counts." },
	{ "mailbox create", "ADDRESS NAME", 2, 2, NULL, CTL_NEEDS_STORE, mailbox_create_verb, "Makes a mailbox." },
	{ "mailbox remove", "ADDRESS NAME [--yes]", 2, 2, "yes", CTL_NEEDS_STORE, mailbox_remove_verb,
	  "Removes a mailbox; with --yes also one that holds messages." },
	{ "mailbox expunged", "ADDRESS NAME", 2, 2, NULL, CTL_NEEDS_STORE, mailbox_expunged_verb,
	  "What was expunged in the last 30 days and can be brought back, newest first." },
	{ "mailbox undelete", "ADDRESS NAME UID[:UID]...", 3, -1, NULL, CTL_NEEDS_STORE, mailbox_undelete_verb,
	  "Brings expunged messages back, under new UIDs." },
	{ NULL, NULL, 0, 0, NULL, CTL_NEEDS_NOTHING, NULL, NULL },
};
