/* IDLE (RFC 2177): news are told the moment they come, until the client says DONE. */
#include "imap/commands.h"

#include "imap/notify.h"
#include "imap/run.h"
#include "imap/selected.h"

static void end_idle(void *arg)
{
	struct imap_session *session = arg;

	session->is_idle = false;
}

enum command_step cmd_idle(struct imap_session *session, struct command *command,
			   struct store *store)
{
	bool tells_selected = session->selected != NULL && !notify_hides_selected(session);

	if (session->is_idle) {
		if (!slice_equal_ascii_case(command->line, SLICE("DONE")))
			return command_bad(command, "DONE is expected");
		return command_ok(command, NULL, "No longer idle");
	}
	if (!args_end(&command->args))
		return command_bad_args(command);
	/* First what only the database knows. */
	if (store == NULL && tells_selected && selected_needs_store(session, false))
		return STEP_STORE;
	g_string_append(session_text(session), "+ idling\r\n");
	if (tells_selected)
		selected_tell_news(session, store, true);
	session->is_idle = true;
	command->in_worker = false;
	command_on_end(command, end_idle, session);
	return STEP_LINE;
}
