/* QUOTA (RFC 9208): one quota root per account, named by the empty string. */
#include "imap/commands.h"

#include "imap/lookup.h"

static enum store_result print_quota(struct imap_session *session, struct store *store,
				     uint64_t account_id)
{
	GString *out = session_text(session);
	struct quota quota;
	enum store_result result = quota_get(store, account_id, &quota);
	const char *space = "";

	if (result != STORE_OK)
		return result;
	g_string_append(out, "* QUOTA \"\" (");
	if (quota.octets_limit > 0) {
		g_string_append_printf(out, "STORAGE %" G_GUINT64_FORMAT " %" G_GUINT64_FORMAT,
				       (quota.octets + 1023) / 1024, quota.octets_limit / 1024);
		space = " ";
	}
	if (quota.messages_limit > 0)
		g_string_append_printf(out, "%sMESSAGE %" G_GUINT64_FORMAT " %" G_GUINT64_FORMAT, space,
				       quota.messages, quota.messages_limit);
	g_string_append(out, ")\r\n");
	return STORE_OK;
}

enum command_step cmd_getquota(struct imap_session *session, struct command *command,
			       struct store *store)
{
	enum store_result result;
	struct slice root;

	if (!args_astring(&command->args, &root) || !args_end(&command->args))
		return command_bad_args(command);
	if (root.len > 0)
		return command_no(command, "NONEXISTENT", "There is no such quota root");
	result = print_quota(session, store, session->account_id);
	return result == STORE_OK ? command_ok(command, NULL, "Done")
				  : command_store_failed(command, result, "quota");
}

enum command_step cmd_getquotaroot(struct imap_session *session, struct command *command,
				   struct store *store)
{
	struct mailbox mailbox = { 0 };
	enum store_result result;
	struct slice name;

	if (!session_read_mailbox(session, command, &name))
		return STEP_DONE;
	if (!args_end(&command->args))
		return command_bad_args(command);
	result = lookup_mailbox(session, store, name, &mailbox);
	if (result == STORE_OK) {
		GString *out = session_text(session);

		g_string_append(out, "* QUOTAROOT ");
		mailbox_name_write(out, name, session_names(session));
		g_string_append(out, " \"\"\r\n");
		result = print_quota(session, store, mailbox.ref.account_id);
	}
	mailbox_clear(&mailbox);
	return result == STORE_OK ? command_ok(command, NULL, "Done")
				  : command_store_failed(command, result, "mailbox");
}

/* Limits are the administrator's, by convokectl. */
enum command_step cmd_setquota(struct imap_session *session, struct command *command,
			       struct store *store)
{
	struct args list;
	struct slice root, name;
	uint64_t limit;

	(void)session;
	(void)store;
	if (!args_astring(&command->args, &root) || !args_list(&command->args, &list) ||
	    !args_end(&command->args))
		return command_bad_args(command);
	while (!args_at_end(&list))
		if (!args_atom(&list, &name) || !args_number(&list, 0, INT64_MAX, &limit))
			return command_bad(command, "SETQUOTA takes resources and their limits");
	return command_no(command, "NOPERM", "Limits are set by the administrator");
}
