#include "imap/append_message.h"

#include "base/clock.h"
#include "imap/date.h"
#include "imap/flags.h"
#include "imap/rights.h"
#include "ingest/ingest.h"

void append_message_clear(struct append_message *message)
{
	ingest_destroy(&message->ingest);
	spool_destroy(&message->spool);
}

static void set_source(const struct imap_arg *literal, struct append_message *message)
{
	message->octets = literal->text;
	message->source = literal->spool != NULL ? mime_source_of_spool(literal->spool)
						 : mime_source_of_slice(&message->octets);
}

/* A literal, `UTF8 (~{n})` (RFC 6855), or `CATENATE (...)`. */
static bool read_octets(struct args *args, struct append_message *message)
{
	const struct imap_arg *literal;
	struct args list;

	if (args_take_word(args, "CATENATE"))
		return catenate_read(args, &message->catenate);
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

bool append_message_read(struct command *command, struct append_message *message)
{
	struct args *args = &command->args;
	enum flags_result flags = FLAGS_OK;
	struct slice date;

	message->date = clock_now() / G_USEC_PER_SEC;
	if (args_is_list(args))
		flags = flags_read(args, false, &message->flags);
	if (flags == FLAGS_CANNOT) {
		command_no(command, "CANNOT", "One of these flags can't be stored");
		return false;
	}
	if (flags == FLAGS_OK && args_is_string(args) && !args_is_literal(args) &&
	    args_string(args, &date) && !date_time_parse(date, &message->date, &message->zone))
		args_fail(args, "A date and time like \"17-Jul-1996 02:44:25 -0700\" is expected");
	if (args->error == NULL && read_octets(args, message))
		return true;
	command_bad_args(command);
	return false;
}

static bool fits(const struct append_message *message, uint64_t *room)
{
	uint64_t size = message->source.size;

	if (size > CONTENT_CHUNK || size > *room)
		return false;
	*room -= size;
	return true;
}

/* Ahead of the message; what has been understood of it is forgotten. */
static enum store_result store_content(struct store *store, struct append_message *message)
{
	enum store_result result = ingest_store(store, message->ingest);

	memcpy(message->hash, ingest_row(message->ingest)->hash, CONTENT_HASH_SIZE);
	append_message_clear(message);
	return result;
}

bool append_message_make(struct imap_session *session, struct command *command, struct store *store,
			 struct append_message *message, uint64_t *room)
{
	enum store_result result;

	if (message->catenate.count > 0) {
		message->spool = catenate_make(session, command, store, &message->catenate);
		if (message->spool == NULL)
			return false;
		message->source = mime_source_of_spool(message->spool);
	}
	if (message->source.size == 0) {
		command_no(command, NULL, "An empty message cancels the command");
		return false;
	}
	message->ingest = ingest_create(&message->source);
	if (message->ingest == NULL) {
		command_no(command, "SERVERBUG", "The message could not be read back");
		return false;
	}
	result = fits(message, room) ? STORE_OK : store_content(store, message);
	if (result != STORE_OK)
		append_message_failed(command, result);
	return result == STORE_OK;
}

struct message_new append_message_row(struct append_message *message, const struct mailbox *target)
{
	rights_filter_flags(target->rights, &message->flags);
	return (struct message_new){
		.content = message->ingest != NULL ? ingest_row(message->ingest) : NULL,
		.hash = message->hash,
		.flags = message->flags,
		.internal_date = message->date,
		.zone = message->zone,
	};
}

enum command_step append_message_failed(struct command *command, enum store_result result)
{
	if (result == STORE_NOT_FOUND)
		return command_no(command, "TRYCREATE", "There is no such mailbox");
	if (result == STORE_LIMIT)
		return command_no(command, "LIMIT", "The mailbox has too many keywords");
	return command_store_failed(command, result, "message");
}
