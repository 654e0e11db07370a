/* CREATE (with USE: RFC 6154), DELETE, RENAME, SUBSCRIBE, UNSUBSCRIBE, STATUS. */
#include "imap/commands.h"

#include "imap/lookup.h"
#include "imap/selected.h"
#include "imap/status.h"

/* `(USE (\Sent \Archive))`; false with the reply decided. */
static bool read_use(struct command *command, unsigned *use_out)
{
	struct args list, uses;
	struct slice name;

	*use_out = 0;
	if (args_at_end(&command->args))
		return true;
	if (!args_list(&command->args, &list) || !args_take_word(&list, "USE") ||
	    !args_list(&list, &uses) || !args_end(&list) || !args_end(&command->args)) {
		args_fail(&command->args, "CREATE knows the parameter (USE (...)) only");
		command_bad_args(command);
		return false;
	}
	while (!args_at_end(&uses)) {
		unsigned use = args_atom(&uses, &name) ? lookup_read_use(name) : 0;

		if (use == 0) {
			command_no(command, "USEATTR", "This special use is not known here");
			return false;
		}
		*use_out |= use;
	}
	return true;
}

enum command_step cmd_create(struct imap_session *session, struct command *command,
			     struct store *store)
{
	char id[OBJECT_ID_SIZE];
	struct mailbox_ref ref;
	enum store_result result;
	struct slice name;
	unsigned use;

	if (!session_read_mailbox(session, command, &name) || !read_use(command, &use))
		return STEP_DONE;
	result = mailbox_create(store, session->account_id, name, use, &ref);
	if (result == STORE_CONFLICT && use != 0)
		return command_no(command, "USEATTR", "Another mailbox has that special use");
	if (result != STORE_OK)
		return command_store_failed(command, result, "mailbox");
	message_mailbox_id(ref.mailbox_id, id);
	return command_ok(command, arena_printf(command->arena, "MAILBOXID (%s)", id), "Created");
}

enum command_step cmd_delete(struct imap_session *session, struct command *command,
			     struct store *store)
{
	struct mailbox mailbox = { 0 };
	enum store_result result;
	struct slice name;

	if (!session_read_mailbox(session, command, &name))
		return STEP_DONE;
	if (!args_end(&command->args))
		return command_bad_args(command);
	if (slice_equal(name, SLICE("INBOX")))
		return command_no(command, "CANNOT", "INBOX can't be deleted");
	result = lookup_name(session, store, name, &mailbox);
	if (result == STORE_OK && session->selected != NULL &&
	    mailbox_ref_equal(session->selected->ref, mailbox.ref)) {
		session_unselect(session);
		session_untagged(session, "OK [CLOSED] The selected mailbox is being deleted");
	}
	if (result == STORE_OK)
		result = mailbox_delete(store, mailbox.ref);
	mailbox_clear(&mailbox);
	if (result == STORE_EXISTS)
		return command_no(command, "HASCHILDREN", "Delete the mailboxes below it first");
	return result == STORE_OK ? command_ok(command, NULL, "Deleted")
				  : command_store_failed(command, result, "mailbox");
}

enum command_step cmd_rename(struct imap_session *session, struct command *command,
			     struct store *store)
{
	struct mailbox mailbox = { 0 };
	enum store_result result;
	struct slice from, to;

	if (!session_read_mailbox(session, command, &from) ||
	    !session_read_mailbox(session, command, &to))
		return STEP_DONE;
	if (!args_end(&command->args))
		return command_bad_args(command);
	result = lookup_name(session, store, from, &mailbox);
	if (result == STORE_OK)
		result = mailbox_rename(store, mailbox.ref, to);
	mailbox_clear(&mailbox);
	return result == STORE_OK ? command_ok(command, NULL, "Renamed")
				  : command_store_failed(command, result, "mailbox");
}

enum command_step cmd_subscribe(struct imap_session *session, struct command *command,
				struct store *store)
{
	enum store_result result;
	struct slice name;

	if (!session_read_mailbox(session, command, &name))
		return STEP_DONE;
	if (!args_end(&command->args))
		return command_bad_args(command);
	result = mailbox_subscribe(store, session->account_id, name);
	return result == STORE_OK ? command_ok(command, NULL, "Subscribed")
				  : command_store_failed(command, result, "mailbox");
}

enum command_step cmd_unsubscribe(struct imap_session *session, struct command *command,
				  struct store *store)
{
	enum store_result result;
	struct slice name;

	if (!session_read_mailbox(session, command, &name))
		return STEP_DONE;
	if (!args_end(&command->args))
		return command_bad_args(command);
	result = mailbox_unsubscribe(store, session->account_id, name);
	return result == STORE_OK ? command_ok(command, NULL, "Unsubscribed")
				  : command_store_failed(command, result, "subscription");
}

enum command_step cmd_status(struct imap_session *session, struct command *command,
			     struct store *store)
{
	struct mailbox mailbox = { 0 };
	enum store_result result;
	struct slice name;
	unsigned items;

	if (!session_read_mailbox(session, command, &name))
		return STEP_DONE;
	if (!status_read(&command->args, &items) || !args_end(&command->args))
		return command_bad_args(command);
	if (status_wants_condstore(items))
		selected_enable_condstore(session);
	result = lookup_mailbox(session, store, name, &mailbox);
	if (result == STORE_OK)
		status_print(session, &mailbox, items);
	mailbox_clear(&mailbox);
	return result == STORE_OK ? command_ok(command, NULL, "Done")
				  : command_store_failed(command, result, "mailbox");
}
