/* Mailboxes of an account. */
#include "ctl/lookup.h"

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

const struct ctl_verb ctl_mailbox_verbs[] = {
	{ "mailbox list", "ADDRESS", 1, 1, NULL, CTL_NEEDS_STORE, mailbox_list_verb, "The account's mailboxes with their counts." },
	{ "mailbox create", "ADDRESS NAME", 2, 2, NULL, CTL_NEEDS_STORE, mailbox_create_verb, "Makes a mailbox." },
	{ "mailbox remove", "ADDRESS NAME [--yes]", 2, 2, "yes", CTL_NEEDS_STORE, mailbox_remove_verb,
	  "Removes a mailbox; with --yes also one that holds messages." },
	{ NULL, NULL, 0, 0, NULL, CTL_NEEDS_NOTHING, NULL, NULL },
};
