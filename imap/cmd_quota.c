/* QUOTA (RFC 9208): one quota root per account.  The own one is named by the empty string
 * (and by the account's address), another account's by its address: whoever may read one of
 * its mailboxes may see it.  Limits are set by convokectl, and by the accounts that [imap]
 * quota_admins names; to these QUOTASET is advertised. */
#include "imap/commands.h"

#include "imap/lookup.h"
#include "imap/quota.h"
#include "imap/rights.h"
#include "store/account.h"

bool quota_is_admin(const struct imap_session *session)
{
	const char *const *admins = session->config->imap.quota_admins;

	for (; session->address != NULL && *admins != NULL; admins++)
		if (g_ascii_strcasecmp(*admins, session->address) == 0)
			return true;
	return false;
}

/* An account without limits has no quota root: the list of its QUOTA would be empty, and the
 * grammar has no such list. */
static bool is_limited(const struct quota *quota)
{
	return quota->octets_limit > 0 || quota->messages_limit > 0;
}

/* `name`: the quota root, "" for the own one. */
static void print_quota(struct imap_session *session, const struct quota *quota, const char *name)
{
	GString *out = session_text(session);
	const char *space = "";

	g_string_append(out, "* QUOTA ");
	quote_astring(out, slice_from_string(name), session_quote_mode(session));
	g_string_append(out, " (");
	if (quota->octets_limit > 0) {
		g_string_append_printf(out, "STORAGE %" G_GUINT64_FORMAT " %" G_GUINT64_FORMAT,
				       (quota->octets + 1023) / 1024, quota->octets_limit / 1024);
		space = " ";
	}
	if (quota->messages_limit > 0)
		g_string_append_printf(out, "%sMESSAGE %" G_GUINT64_FORMAT " %" G_GUINT64_FORMAT, space,
				       quota->messages, quota->messages_limit);
	g_string_append(out, ")\r\n");
}

/* Whether this account may read a mailbox of that one. */
static enum store_result may_see(struct imap_session *session, struct store *store,
				 uint64_t account_id, bool *may_out)
{
	g_autoptr(GPtrArray) shared = NULL;
	enum store_result result;

	*may_out = quota_is_admin(session);
	if (*may_out)
		return STORE_OK;
	result = mailbox_list_shared(store, session->account_id, &shared);
	for (guint i = 0; result == STORE_OK && i < shared->len; i++) {
		const struct mailbox *mailbox = shared->pdata[i];

		*may_out |= mailbox->ref.account_id == account_id && rights_have(mailbox->rights, "r");
	}
	return result;
}

/* The account behind a quota root; false with the reply decided. */
static bool find_root(struct imap_session *session, struct command *command, struct store *store,
		      struct slice root, struct account *account)
{
	g_autofree char *name = slice_dup(root.len > 0 ? root : slice_from_string(session->address));
	enum store_result result = account_find(store, name, account);
	bool may = true;

	if (result == STORE_OK && account->account_id != session->account_id)
		result = may_see(session, store, account->account_id, &may);
	if (result == STORE_OK && may)
		return true;
	if (result == STORE_OK || result == STORE_NOT_FOUND)
		command_no(command, "NONEXISTENT", "There is no such quota root");
	else
		command_store_failed(command, result, "quota");
	return false;
}

static const char *root_name(const struct imap_session *session, const struct account *account)
{
	return account->account_id == session->account_id ? "" : account->address;
}

/* `may_be_missing`: no limits are an answer too. */
static enum command_step answer(struct imap_session *session, struct command *command, struct store *store,
				const struct account *account, bool may_be_missing)
{
	struct quota quota;
	enum store_result result = quota_get(store, account->account_id, &quota);

	if (result != STORE_OK)
		return command_store_failed(command, result, "quota");
	if (is_limited(&quota))
		print_quota(session, &quota, root_name(session, account));
	else if (!may_be_missing)
		return command_no(command, "NONEXISTENT", "There is no such quota root");
	return command_ok(command, NULL, "Done");
}

enum command_step cmd_getquota(struct imap_session *session, struct command *command,
			       struct store *store)
{
	struct account account = { 0 };
	struct slice root;

	if (!args_astring(&command->args, &root) || !args_end(&command->args))
		return command_bad_args(command);
	if (find_root(session, command, store, root, &account))
		answer(session, command, store, &account, false);
	account_clear(&account);
	return STEP_DONE;
}

static enum command_step print_roots(struct imap_session *session, struct command *command, struct store *store,
				     struct slice name, const struct mailbox *mailbox)
{
	const char *root = mailbox->owner != NULL ? mailbox->owner : "";
	GString *out = session_text(session);
	struct quota quota;
	enum store_result result = quota_get(store, mailbox->ref.account_id, &quota);

	if (result != STORE_OK)
		return command_store_failed(command, result, "quota");
	g_string_append(out, "* QUOTAROOT ");
	mailbox_name_write(out, name, session_names(session));
	if (is_limited(&quota)) {
		g_string_append_c(out, ' ');
		quote_astring(out, slice_from_string(root), session_quote_mode(session));
	}
	g_string_append(out, "\r\n");
	if (is_limited(&quota))
		print_quota(session, &quota, root);
	return command_ok(command, NULL, "Done");
}

enum command_step cmd_getquotaroot(struct imap_session *session, struct command *command,
				   struct store *store)
{
	struct mailbox mailbox = { 0 };
	enum store_result result;
	struct slice name;

	if (!session_read_last_mailbox(session, command, &name))
		return STEP_DONE;
	result = lookup_name(session, store, name, &mailbox);
	/* It may be a mailbox that will be made (RFC 9208 4.1.2): an own one. */
	if (result == STORE_NOT_FOUND && !lookup_is_shared(name)) {
		mailbox.ref.account_id = session->account_id;
		result = STORE_OK;
	}
	if (lookup_allows(command, result, &mailbox, "r"))
		print_roots(session, command, store, name, &mailbox);
	mailbox_clear(&mailbox);
	return STEP_DONE;
}

/* `(STORAGE 512 MESSAGE 100)`; what is not named has no limit (RFC 9208 4.1.1).  False with
 * the reply decided. */
static bool read_limits(struct command *command, struct args *list, struct account *limits)
{
	struct slice name;
	uint64_t limit;

	while (!args_at_end(list)) {
		if (!args_atom(list, &name) || !args_number(list, 0, INT64_MAX / 1024, &limit)) {
			command_bad(command, "SETQUOTA takes resources and their limits");
			return false;
		}
		if (limit == 0) {
			command_no(command, "CANNOT", "A limit is at least 1 here");
			return false;
		}
		if (slice_equal_ascii_case(name, SLICE("STORAGE"))) {
			limits->quota_octets = limit * 1024;
		} else if (slice_equal_ascii_case(name, SLICE("MESSAGE"))) {
			limits->quota_messages = limit;
		} else {
			command_no(command, "CANNOT", "STORAGE and MESSAGE can be limited");
			return false;
		}
	}
	return true;
}

enum command_step cmd_setquota(struct imap_session *session, struct command *command,
			       struct store *store)
{
	struct account account = { 0 }, limits = { 0 };
	enum store_result result;
	struct args list;
	struct slice root;

	if (!args_astring(&command->args, &root) || !args_list(&command->args, &list) ||
	    !args_end(&command->args))
		return command_bad_args(command);
	if (!read_limits(command, &list, &limits))
		return STEP_DONE;
	if (!quota_is_admin(session))
		return command_no(command, "NOPERM", "Limits are set by the administrator");
	if (find_root(session, command, store, root, &account)) {
		account.quota_octets = limits.quota_octets;
		account.quota_messages = limits.quota_messages;
		result = account_set(store, &account, ACCOUNT_QUOTA);
		if (result == STORE_OK)
			answer(session, command, store, &account, true);
		else
			command_store_failed(command, result, "quota");
	}
	account_clear(&account);
	return STEP_DONE;
}
