/* COMPRESS=DEFLATE (RFC 4978).  Offered after sign-in only: a stranger shall not make
 * the server hold a compressor. */
#include "imap/commands.h"

#include "imap/session.h"

enum command_step cmd_compress(struct imap_session *session, struct command *command,
			       struct store *store)
{
	struct slice mechanism;

	(void)store;
	if (!args_atom(&command->args, &mechanism) || !args_end(&command->args))
		return command_bad_args(command);
	if (!slice_equal_ascii_case(mechanism, SLICE("DEFLATE")))
		return command_bad(command, "DEFLATE is the only way to compress");
	/* BAD by the RFC's table; its NO is for compression by TLS, which is never used. */
	if (stream_is_deflated(session->stream))
		return command_bad_code(command, "COMPRESSIONACTIVE", "DEFLATE is active already, by COMPRESS");
	/* The reply is the last that goes out as it is. */
	g_string_append_printf(session_text(session), "%.*s OK DEFLATE active\r\n",
			       (int)command->tag.len, command->tag.data);
	output_flush(session->output, session->stream);
	stream_start_deflate(session->stream);
	command->reply = REPLY_NONE;
	return STEP_DONE;
}
