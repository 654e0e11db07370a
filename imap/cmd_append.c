/* APPEND with one or several messages (RFC 9051 6.3.12, RFC 3502), each from a literal or by
 * CATENATE (RFC 4469), with APPENDUID (RFC 4315).  The octets are in the parser's spools;
 * ingest/ makes the rows; all messages go in or none. */
#include "imap/commands.h"

#include "imap/append_message.h"
#include "imap/lookup.h"
#include "imap/message_limit.h"
#include "imap/rights.h"
#include "imap/selected.h"

struct append {
	struct slice mailbox;
	GPtrArray *messages;         /* of struct append_message */
	struct sequence_set uids;
};

static void destroy_append(void *arg)
{
	struct append *append = arg;

	for (guint i = 0; i < append->messages->len; i++)
		append_message_clear(append->messages->pdata[i]);
	g_ptr_array_unref(append->messages);
	sequence_set_clear(&append->uids);
}

static bool read_messages(struct imap_session *session, struct command *command,
			  struct append *append)
{
	if (!session_read_mailbox(session, command, &append->mailbox))
		return false;
	do {
		struct append_message *message = arena_new(command->arena, struct append_message);

		if (message_limit_refuses(session, command, (uint64_t)append->messages->len + 1))
			return false;
		g_ptr_array_add(append->messages, message);
		if (!append_message_read(command, message))
			return false;
	} while (!args_at_end(&command->args));
	return true;
}

static enum store_result store_messages(struct store *store, struct command *command,
					struct append *append, const struct mailbox *mailbox,
					struct message_appended *appended)
{
	guint count = append->messages->len;
	struct message_new *rows = arena_new_array(command->arena, struct message_new, count);

	for (guint i = 0; i < count; i++)
		rows[i] = append_message_row(append->messages->pdata[i], mailbox);
	return message_append_many(store, mailbox->ref, rows, count, appended);
}

static enum command_step appended_ok(struct imap_session *session, struct command *command,
				     struct append *append, struct mailbox_ref mailbox,
				     const struct message_appended *appended)
{
	g_autoptr(GString) code = g_string_new(NULL);

	g_string_append_printf(code, "APPENDUID %u ", appended[0].uidvalidity);
	for (guint i = 0; i < append->messages->len; i++) {
		selected_added(session, mailbox, appended[i].uid);
		sequence_set_add(&append->uids, appended[i].uid, appended[i].uid);
	}
	sequence_set_format(&append->uids, code);
	return command_ok(command, arena_copy(command->arena, code->str, code->len), "Appended");
}

static enum command_step append_all(struct imap_session *session, struct command *command,
				    struct store *store, struct append *append,
				    const struct mailbox *mailbox)
{
	struct message_appended *appended =
		arena_new_array(command->arena, struct message_appended, append->messages->len);
	uint64_t room = APPEND_ROOM;
	enum store_result result;

	for (guint i = 0; i < append->messages->len; i++)
		if (!append_message_make(session, command, store, append->messages->pdata[i], &room))
			return STEP_DONE;
	result = store_messages(store, command, append, mailbox, appended);
	if (result == STORE_OK)
		selected_want(session, mailbox->ref, appended[append->messages->len - 1].modseq);
	return result == STORE_OK ? appended_ok(session, command, append, mailbox->ref, appended)
				  : append_message_failed(command, result);
}

enum command_step cmd_append(struct imap_session *session, struct command *command,
			     struct store *store)
{
	struct append *append = arena_new(command->arena, struct append);
	struct mailbox mailbox = { 0 };
	enum store_result result;

	append->messages = g_ptr_array_new();
	command_on_end(command, destroy_append, append);
	if (!read_messages(session, command, append))
		return STEP_DONE;
	result = lookup_mailbox(session, store, append->mailbox, &mailbox);
	if (result != STORE_OK)
		append_message_failed(command, result);
	else if (!rights_have(mailbox.rights, "i"))
		lookup_refuse(command, &mailbox);
	else
		append_all(session, command, store, append, &mailbox);
	mailbox_clear(&mailbox);
	return STEP_DONE;
}
