/* APPEND with one or several messages (RFC 9051 6.3.12, RFC 3502), UTF8 (RFC 6855)
 * and APPENDUID (RFC 4315).  The octets are in the parser's spools; ingest/ makes the
 * rows; all messages go in or none. */
#include "imap/commands.h"

#include "imap/date.h"
#include "imap/flags.h"
#include "imap/lookup.h"
#include "imap/session.h"
#include "ingest/ingest.h"
#include "mime/source.h"
#include "store/message.h"

enum { MOST_MESSAGES = 1000 };

struct append_message {
	struct flag_names flags;
	int64_t date;
	struct slice octets;          /* of a literal in memory */
	struct mime_source source;
	struct ingest *ingest;
};

struct append {
	struct slice mailbox;
	struct append_message *messages;
	size_t count;
	struct sequence_set uids;
};

static void destroy_append(void *arg)
{
	struct append *append = arg;

	for (size_t i = 0; i < append->count; i++)
		ingest_destroy(&append->messages[i].ingest);
	sequence_set_clear(&append->uids);
}

static void set_source(const struct imap_arg *literal, struct append_message *message)
{
	message->octets = literal->text;
	message->source = literal->spool != NULL ? mime_source_of_spool(literal->spool)
						 : mime_source_of_slice(&message->octets);
}

/* A literal, or `UTF8 (~{n})`. */
static bool read_literal(struct args *args, struct append_message *message)
{
	const struct imap_arg *literal;
	struct args list;

	if (args_take_word(args, "UTF8")) {
		if (!args_list(args, &list))
			return false;
		if (!args_literal(&list, &literal) || !args_end(&list))
			return args_fail(args, "UTF8 takes one literal in parentheses");
	} else if (!args_literal(args, &literal)) {
		return false;
	}
	set_source(literal, message);
	return true;
}

/* `[(flags)] ["date"] literal`; false with the reply decided. */
static bool read_message(struct command *command, struct append_message *message)
{
	struct args *args = &command->args;
	enum flags_result flags = FLAGS_OK;
	struct slice date;

	if (args_is_list(args))
		flags = flags_read(args, false, &message->flags);
	if (flags == FLAGS_CANNOT) {
		command_no(command, "CANNOT", "One of these flags can't be stored");
		return false;
	}
	if (flags == FLAGS_OK && args_is_string(args) && !args_is_literal(args) &&
	    args_string(args, &date) && !date_time_parse(date, &message->date))
		args_fail(args, "A date and time like \"17-Jul-1996 02:44:25 -0700\" is expected");
	if (args->error == NULL && read_literal(args, message))
		return true;
	command_bad_args(command);
	return false;
}

static bool read_messages(struct imap_session *session, struct command *command,
			  struct append *append)
{
	if (!session_read_mailbox(session, command, &append->mailbox))
		return false;
	append->messages = arena_new_array(command->arena, struct append_message, MOST_MESSAGES);
	do {
		if (append->count == MOST_MESSAGES) {
			command_no(command, "LIMIT", "Too many messages in one command");
			return false;
		}
		if (!read_message(command, &append->messages[append->count]))
			return false;
		append->count++;
	} while (!args_at_end(&command->args));
	return true;
}

static bool understand(struct append *append)
{
	for (size_t i = 0; i < append->count; i++) {
		append->messages[i].ingest = ingest_create(&append->messages[i].source);
		if (append->messages[i].ingest == NULL)
			return false;
	}
	return true;
}

/* Large contents are stored first, without a lock on the mailbox. */
static enum store_result store_messages(struct store *store, struct mailbox_ref mailbox,
					struct command *command, struct append *append,
					struct message_appended *appended)
{
	struct message_new *rows = arena_new_array(command->arena, struct message_new, append->count);

	for (size_t i = 0; i < append->count; i++) {
		const struct content_row *row = ingest_row(append->messages[i].ingest);

		rows[i].flags = append->messages[i].flags;
		rows[i].internal_date = append->messages[i].date;
		rows[i].content = row;
		if (row->facts.size > CONTENT_CHUNK) {
			enum store_result result = ingest_store(store, append->messages[i].ingest);

			if (result != STORE_OK)
				return result;
			rows[i].content = NULL;
			rows[i].hash = row->hash;
		}
	}
	return message_append_many(store, mailbox, rows, append->count, appended);
}

static enum command_step appended_ok(struct command *command, struct append *append,
				     const struct message_appended *appended)
{
	g_autoptr(GString) code = g_string_new(NULL);

	g_string_append_printf(code, "APPENDUID %u ", appended[0].uidvalidity);
	for (size_t i = 0; i < append->count; i++)
		sequence_set_add(&append->uids, appended[i].uid, appended[i].uid);
	sequence_set_format(&append->uids, code);
	return command_ok(command, arena_copy(command->arena, code->str, code->len), "Appended");
}

static enum command_step append_all(struct imap_session *session, struct command *command,
				    struct store *store, struct append *append)
{
	struct message_appended *appended =
		arena_new_array(command->arena, struct message_appended, append->count);
	struct mailbox mailbox = { 0 };
	enum store_result result = lookup_mailbox(session, store, append->mailbox, &mailbox);
	struct mailbox_ref ref = mailbox.ref;

	mailbox_clear(&mailbox);
	if (result == STORE_OK && !understand(append))
		return command_no(command, "SERVERBUG", "The message could not be read back");
	if (result == STORE_OK)
		result = store_messages(store, ref, command, append, appended);
	if (result == STORE_NOT_FOUND)
		return command_no(command, "TRYCREATE", "There is no such mailbox");
	if (result == STORE_LIMIT)
		return command_no(command, "LIMIT", "The mailbox has too many keywords");
	if (result != STORE_OK)
		return command_store_failed(command, result, "message");
	return appended_ok(command, append, appended);
}

enum command_step cmd_append(struct imap_session *session, struct command *command,
			     struct store *store)
{
	struct append *append = arena_new(command->arena, struct append);

	command_on_end(command, destroy_append, append);
	if (!read_messages(session, command, append))
		return STEP_DONE;
	for (size_t i = 0; i < append->count; i++)
		if (append->messages[i].source.size == 0)
			return command_no(command, NULL, "An empty message cancels the command");
	return append_all(session, command, store, append);
}
