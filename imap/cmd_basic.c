/* The commands of a few lines: CAPABILITY, NOOP, CHECK, LOGOUT, ID, ENABLE,
 * STARTTLS, NAMESPACE, CLOSE, UNSELECT. */
#include "imap/commands.h"

#include "imap/capability.h"
#include "imap/notify.h"
#include "imap/selected.h"
#include "imap/session.h"

enum command_step cmd_capability(struct imap_session *session, struct command *command,
				 struct store *store)
{
	GString *out = session_text(session);

	(void)store;
	if (!args_end(&command->args))
		return command_bad_args(command);
	g_string_append(out, "* CAPABILITY ");
	capability_print(session, out);
	g_string_append(out, "\r\n");
	return command_ok(command, NULL, "That is what I can do");
}

enum command_step cmd_noop(struct imap_session *session, struct command *command, struct store *store)
{
	(void)session;
	(void)store;
	return args_end(&command->args) ? command_ok(command, NULL, "Done") : command_bad_args(command);
}

enum command_step cmd_check(struct imap_session *session, struct command *command,
			    struct store *store)
{
	return cmd_noop(session, command, store);
}

enum command_step cmd_logout(struct imap_session *session, struct command *command,
			     struct store *store)
{
	(void)store;
	if (!args_end(&command->args))
		return command_bad_args(command);
	session_untagged(session, "BYE Goodbye");
	session_unselect(session);
	session_set_state(session, SESSION_LOGOUT);
	return command_ok(command, NULL, "Session ended");
}

/* What the client says of itself is read for its grammar and forgotten. */
static bool read_id(struct args *args)
{
	struct args list;
	struct slice name, value;

	if (args_take_word(args, "NIL"))
		return args_end(args);
	if (!args_list(args, &list) || !args_end(args))
		return false;
	while (!args_at_end(&list))
		if (!args_string(&list, &name) || !args_nstring(&list, &value))
			return args_fail(args, "ID takes NIL or a list of names and values");
	return true;
}

enum command_step cmd_id(struct imap_session *session, struct command *command, struct store *store)
{
	(void)store;
	if (!read_id(&command->args))
		return command_bad_args(command);
	session_untagged(session, "ID (\"name\" \"convoke\" \"vendor\" \"convoke\")");
	return command_ok(command, NULL, "Nice to meet you");
}

static const struct {
	const char *name;
	unsigned extension, implied;
} enable_rows[] = {
	{ "CONDSTORE", EXTENSION_CONDSTORE, 0 },
	{ "QRESYNC", EXTENSION_QRESYNC, EXTENSION_CONDSTORE },
	{ "UTF8=ACCEPT", EXTENSION_UTF8, 0 },
	{ "IMAP4rev2", EXTENSION_IMAP4REV2, 0 },
	{ "UIDONLY", EXTENSION_UIDONLY, 0 },
	{ "METADATA", EXTENSION_METADATA, 0 },
};

enum command_step cmd_enable(struct imap_session *session, struct command *command,
			     struct store *store)
{
	g_autoptr(GString) enabled = g_string_new("ENABLED");
	unsigned told = session->extensions; /* also what another word of this command implies is told */
	struct slice word;

	(void)store;
	do {
		if (!args_atom(&command->args, &word))
			return command_bad_args(command);
		for (size_t i = 0; i < G_N_ELEMENTS(enable_rows); i++) {
			if (!slice_equal_ascii_case(word, slice_from_string(enable_rows[i].name)) ||
			    (told & enable_rows[i].extension))
				continue;
			told |= enable_rows[i].extension;
			if ((enable_rows[i].extension | enable_rows[i].implied) & EXTENSION_CONDSTORE)
				selected_enable_condstore(session);
			session->extensions |= enable_rows[i].extension;
			if (enable_rows[i].extension == EXTENSION_METADATA)
				notify_enable_metadata(session);
			g_string_append_printf(enabled, " %s", enable_rows[i].name);
		}
	} while (!args_at_end(&command->args));
	session_untagged(session, "%s", enabled->str);
	return command_ok(command, NULL, "Enabled");
}

enum command_step cmd_starttls(struct imap_session *session, struct command *command,
			       struct store *store)
{
	(void)store;
	if (!args_end(&command->args))
		return command_bad_args(command);
	if (stream_is_secure(session->stream))
		return command_bad(command, "TLS is active already");
	if (!stream_can_start_tls(session->stream))
		return command_bad(command, "TLS is not available");
	/* The reply goes out in plain text, and nothing behind it (RFC 9051 6.2.1). */
	g_string_append_printf(session_text(session), "%.*s OK Begin TLS now\r\n",
			       (int)command->tag.len, command->tag.data);
	output_flush(session->output, session->stream);
	session->wait = WAIT_TLS;
	stream_start_tls(session->stream, NULL);
	command->reply = REPLY_NONE;
	return STEP_DONE;
}

enum command_step cmd_namespace(struct imap_session *session, struct command *command,
				struct store *store)
{
	char separator = session->config->imap.hierarchy_separator;

	(void)store;
	if (!args_end(&command->args))
		return command_bad_args(command);
	session_untagged(session, "NAMESPACE ((\"\" \"%c\")) ((\"Shared%c\" \"%c\")) NIL", separator,
			 separator, separator);
	return command_ok(command, NULL, "Done");
}
