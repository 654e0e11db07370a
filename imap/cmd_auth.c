/* LOGIN and AUTHENTICATE: credentials are checked in a worker by auth/. */
#include "imap/commands.h"

#include "base/secret.h"
#include "imap/capability.h"
#include "imap/session.h"

static const struct {
	enum auth_outcome outcome;
	const char *code;
	const char *text;
} answers[] = {
	{ AUTH_DENIED, "AUTHENTICATIONFAILED", "The name or the password is wrong" },
	{ AUTH_MALFORMED, "AUTHENTICATIONFAILED", "The client's response breaks the mechanism's rules" },
	{ AUTH_DISABLED, "CONTACTADMIN", "This account is switched off" },
	{ AUTH_NOT_ALLOWED, "AUTHORIZATIONFAILED", "You may not act for that account" },
	{ AUTH_THROTTLED, "UNAVAILABLE", "Too many failed sign-ins; try again later" },
	{ AUTH_UNAVAILABLE, "UNAVAILABLE", "Accounts can't be checked now; try again later" },
};

/* The reply to a sign-in that has been decided.  BAD is for what RFC 9051 6.2.2 wants it
 * for; a mechanism that fails is a NO. */
static enum command_step answer(struct imap_session *session, struct command *command,
				const struct auth_result *result)
{
	g_autoptr(GString) code = g_string_new("CAPABILITY ");

	if (result->outcome == AUTH_OK) {
		session_signed_in(session, result->account_id, result->address);
		capability_print(session, code);
		return command_ok(command, arena_copy(command->arena, code->str, code->len),
				  "You are signed in");
	}
	if (result->outcome == AUTH_CANCELLED)
		return command_bad(command, "The sign-in was cancelled");
	if (result->outcome == AUTH_UNREADABLE)
		return command_bad(command, "The line is not base64");
	for (size_t i = 0; i < G_N_ELEMENTS(answers); i++)
		if (answers[i].outcome == result->outcome)
			return command_no(command, answers[i].code, answers[i].text);
	g_assert_not_reached();
}

enum command_step cmd_login(struct imap_session *session, struct command *command, struct store *store)
{
	struct auth_result result;
	struct slice user, password;
	enum command_step step;

	if (!args_astring(&command->args, &user) || !args_astring(&command->args, &password) ||
	    !args_end(&command->args))
		return command_bad_args(command);
	if (!session_may_sign_in(session))
		return command_no(command, "PRIVACYREQUIRED", "Use TLS before you sign in");
	if (store == NULL) {
		/* The cursor is read again in the worker. */
		command->args = args_of(imap_parser_args(session->parser), command->arena);
		return STEP_STORE;
	}
	auth_check_password(store, imap_room_auth(session->room), user, password,
			    stream_peer_address(session->stream), &result);
	secret_wipe((char *)password.data, password.len);
	step = answer(session, command, &result);
	auth_result_clear(&result);
	return step;
}

static void destroy_sasl(void *arg)
{
	struct sasl *sasl = arg;

	sasl_destroy(&sasl);
}

static struct sasl *begin(struct imap_session *session, struct slice mechanism)
{
	struct sasl_peer peer = session_sasl_peer(session);
	struct sasl *sasl = sasl_begin(imap_room_auth(session->room), &peer, mechanism);

	sasl_peer_clear(&peer);
	return sasl;
}

/* The first call: the mechanism, and maybe the initial response (RFC 4959).  Both are atoms by the
 * grammar; programs that send every argument as a string are understood too. */
static enum command_step start(struct imap_session *session, struct command *command)
{
	struct slice mechanism;
	struct sasl *sasl;

	if (!args_astring(&command->args, &mechanism))
		return command_bad_args(command);
	if (!args_at_end(&command->args) && !args_astring(&command->args, &command->line))
		return command_bad_args(command);
	if (!args_end(&command->args))
		return command_bad_args(command);
	sasl = begin(session, mechanism);
	if (sasl == NULL)
		return session_may_sign_in(session)
			? command_no(command, "CANNOT", "This mechanism is not offered")
			: command_no(command, "PRIVACYREQUIRED", "Use TLS before you sign in");
	command->state = sasl;
	command_on_end(command, destroy_sasl, sasl);
	if (command->line.len > 0)
		return STEP_STORE;
	g_string_append(session_text(session), "+ ");
	sasl_first_challenge(sasl, session_text(session));
	g_string_append(session_text(session), "\r\n");
	command->has_begun = true;
	return STEP_LINE;
}

enum command_step cmd_authenticate(struct imap_session *session, struct command *command,
				   struct store *store)
{
	g_autoptr(GString) challenge = g_string_new(NULL);
	enum sasl_step step;
	bool is_initial;

	if (store == NULL)
		return start(session, command);
	is_initial = !command->has_begun;
	command->has_begun = true;
	step = sasl_line(command->state, store, command->line, is_initial, challenge);
	secret_wipe((char *)command->line.data, command->line.len);
	if (step == SASL_CHALLENGE) {
		g_string_append_printf(session_text(session), "+ %s\r\n", challenge->str);
		return STEP_LINE;
	}
	return answer(session, command, sasl_result(command->state));
}
