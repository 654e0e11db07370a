/* UNAUTHENTICATE (RFC 8437): the connection as it was before sign-in, but for TLS.
 * The setting [imap] unauthenticate switches it off, as its section 8 asks for. */
#include "imap/commands.h"

#include "imap/session.h"

enum command_step cmd_unauthenticate(struct imap_session *session, struct command *command,
				     struct store *store)
{
	(void)store;
	if (!session->config->imap.unauthenticate)
		return command_bad(command, "UNAUTHENTICATE is switched off");
	if (!args_end(&command->args))
		return command_bad_args(command);
	session_sign_out(session);
	/* Compression ends behind the CRLF of this reply (section 4.1). */
	g_string_append_printf(session_text(session), "%.*s OK Signed out\r\n", (int)command->tag.len,
			       command->tag.data);
	output_flush(session->output, session->stream);
	if (stream_is_deflated(session->stream))
		stream_stop_deflate(session->stream);
	command->reply = REPLY_NONE;
	return STEP_DONE;
}
