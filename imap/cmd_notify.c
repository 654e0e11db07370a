/* NOTIFY (RFC 5465): which changes the client hears of without asking. */
#include "imap/commands.h"

#include "imap/notify.h"
#include "imap/selected.h"

static enum command_step refuse_event(struct command *command)
{
	g_autoptr(GString) code = g_string_new("BADEVENT ");

	notify_print_events(code);
	return command_no(command, arena_copy(command->arena, code->str, code->len),
			  "One of these events is not known here");
}

/* Reads from a copy, which the watch keeps. */
static bool start(struct imap_session *session, struct command *command)
{
	struct notify_request request = { .arena = arena_create() };
	struct args args = args_copy(&command->args, request.arena);

	switch (notify_read(&args, session_names(session), &request)) {
	case NOTIFY_READ:
		notify_start(session, &request);
		/* As NOOP: first what has happened in the selected mailbox (RFC 5465 3.1). */
		if (session->selected != NULL)
			session->selected->must_ask = session->selected->has_own_news = true;
		return true;
	case NOTIFY_BAD:
		command_bad(command, args.error != NULL ? args.error : "The arguments are wrong");
		break;
	case NOTIFY_BAD_EVENT:
		refuse_event(command);
		break;
	case NOTIFY_BAD_NAME:
		command_no(command, "CANNOT", "A mailbox name has a character that can't be used");
		break;
	}
	arena_destroy(&request.arena);
	return false;
}

enum command_step cmd_notify(struct imap_session *session, struct command *command,
			     struct store *store)
{
	enum store_result result;

	if (store == NULL) {
		if (args_take_word(&command->args, "NONE")) {
			if (!args_end(&command->args))
				return command_bad_args(command);
			notify_start(session, &(struct notify_request){ .arena = arena_create() });
			return command_ok(command, NULL, "Nothing is told unasked");
		}
		if (!args_take_word(&command->args, "SET"))
			return command_bad(command, "NOTIFY SET or NOTIFY NONE");
		return start(session, command) ? STEP_STORE : STEP_DONE;
	}
	result = notify_prepare(session, store);
	return command_answer(command, result, "list", "You will hear of it");
}
