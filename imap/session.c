/* The life of a session: its stream's events, its input, its end. */
#include "imap/session.h"

#include "auth/auth.h"
#include "imap/capability.h"
#include "imap/commands.h"
#include "imap/notify.h"
#include "imap/parser.h"
#include "imap/progress.h"
#include "imap/run.h"
#include "imap/search_context.h"
#include "imap/selected.h"

#include <stdarg.h>

/* Literals that are messages; each may be a file. */
#define MOST_SPOOLS 1000

enum {
	LINE_BEFORE_SIGN_IN = 16 * 1024,
	LITERALS_BEFORE_SIGN_IN = 8 * 1024,
	LITERALS_IN_MEMORY = 1024 * 1024,
	LIST_DEPTH = 250,
	MAX_ARGS = 50000,
	SPOOL_IN_MEMORY = 128 * 1024,
	SPOOLS_IN_MEMORY = 4 * 1024 * 1024, /* of one command */
	MAX_CLIENT_LINE = 64 * 1024,
};

GString *session_text(struct imap_session *session)
{
	return output_text(session->output);
}

void session_untagged(struct imap_session *session, const char *format, ...)
{
	GString *out = session_text(session);
	va_list args;

	g_string_append(out, "* ");
	va_start(args, format);
	g_string_append_vprintf(out, format, args);
	va_end(args);
	g_string_append(out, "\r\n");
}

bool session_may_sign_in(const struct imap_session *session)
{
	return stream_is_secure(session->stream) || session->config->imap.allow_plaintext_login ||
	       stream_peer_is_loopback(session->stream);
}

struct sasl_peer session_sasl_peer(const struct imap_session *session)
{
	struct sasl_peer peer = {
		.address = stream_peer_address(session->stream),
		.may_sign_in = session_may_sign_in(session),
		.client_identity = stream_client_identity(session->stream),
	};

	for (size_t i = 0; i < SASL_BINDINGS; i++)
		stream_channel_binding(session->stream, sasl_binding_types[i], &peer.bindings[i]);
	return peer;
}

bool session_is_utf8(const struct imap_session *session)
{
	return session_has(session, EXTENSION_UTF8 | EXTENSION_IMAP4REV2);
}

enum quote_mode session_quote_mode(const struct imap_session *session)
{
	return session_is_utf8(session) ? QUOTE_UTF8 : QUOTE_ASCII;
}

struct mailbox_name_rules session_names(const struct imap_session *session)
{
	return (struct mailbox_name_rules){
		.separator = session->config->imap.hierarchy_separator,
		.is_utf8 = session_is_utf8(session),
	};
}

bool session_read_mailbox(struct imap_session *session, struct command *command,
			  struct slice *stored_out)
{
	switch (args_mailbox(&command->args, session_names(session), stored_out)) {
	case MAILBOX_NAME_OK:
		return true;
	case MAILBOX_NAME_ENCODING:
		command_bad_args(command);
		return false;
	case MAILBOX_NAME_CHARACTER:
		command_no(command, "CANNOT", "This mailbox name has a character that can't be used");
		return false;
	}
	g_assert_not_reached();
}

bool session_read_last_mailbox(struct imap_session *session, struct command *command,
			       struct slice *stored_out)
{
	if (!session_read_mailbox(session, command, stored_out))
		return false;
	if (args_end(&command->args))
		return true;
	command_bad_args(command);
	return false;
}

void session_set_state(struct imap_session *session, enum session_state state)
{
	static const unsigned char allowed[] = {
		[SESSION_NOT_AUTHENTICATED] = 1 << SESSION_AUTHENTICATED | 1 << SESSION_LOGOUT,
		[SESSION_AUTHENTICATED] = 1 << SESSION_SELECTED | 1 << SESSION_LOGOUT |
					  1 << SESSION_NOT_AUTHENTICATED,
		[SESSION_SELECTED] = 1 << SESSION_AUTHENTICATED | 1 << SESSION_LOGOUT,
		[SESSION_LOGOUT] = 0,
	};

	g_assert(allowed[session->state] & (1 << state));
	session->state = state;
}

void session_unselect(struct imap_session *session)
{
	if (session->selected == NULL)
		return;
	selected_close(&session->selected);
	notify_forget_added(session);
	session_set_state(session, SESSION_AUTHENTICATED);
}

void session_set_limits(struct imap_session *session)
{
	const struct config_imap *imap = &session->config->imap;
	bool known = (SIGNED_IN & (1u << session->state)) != 0;
	struct imap_parser_limits limits = {
		.line = known ? (size_t)imap->max_line_size : LINE_BEFORE_SIGN_IN,
		.literals = known ? LITERALS_IN_MEMORY : LITERALS_BEFORE_SIGN_IN,
		.depth = LIST_DEPTH,
		.args = MAX_ARGS,
	};

	if (session->parser != NULL && session->limits_state == session->state)
		return;
	session->limits_state = session->state;
	stream_set_user(session->stream, session->address);
	if (session->parser == NULL)
		session->parser = imap_parser_create(&limits);
	imap_parser_set_limits(session->parser, &limits);
	stream_set_timeout(session->stream,
			   UINT64_C(1000) * (known ? imap->idle_timeout : imap->login_timeout));
}

void session_signed_in(struct imap_session *session, uint64_t account_id, const char *address)
{
	session->account_id = account_id;
	g_free(session->address);
	session->address = g_strdup(address);
	session_set_state(session, SESSION_AUTHENTICATED);
}

void session_sign_out(struct imap_session *session)
{
	session_unselect(session);
	notify_stop(session);
	session->account_id = 0;
	g_clear_pointer(&session->address, g_free);
	session->extensions = 0;
	session->bad_commands = 0;
	session_set_state(session, SESSION_NOT_AUTHENTICATED);
}

/* Between commands, or in IDLE. */
static bool is_quiet(const struct imap_session *session)
{
	return session->wait == WAIT_LINE ? session->is_idle
	       : session->wait == WAIT_COMMAND && session->command == NULL && session->parser != NULL &&
		 imap_parser_is_idle(session->parser);
}

bool session_pushes_selected(const struct imap_session *session)
{
	return notify_is_asked(session) ? notify_pushes_selected(session) : session->is_idle;
}

bool session_has_waiting(const struct imap_session *session)
{
	return notify_is_waiting(session) || search_context_is_waiting(session);
}

static bool has_news_to_tell(const struct imap_session *session)
{
	bool selected = session->selected != NULL && session->notices.kinds != 0;

	return (selected && session_pushes_selected(session)) || session_has_waiting(session);
}

void session_on_news(struct imap_session *session)
{
	if (!is_quiet(session) || session->closing || session->has_ended || session->end_wanted != NULL ||
	    stream_above_high_water(session->stream) || !has_news_to_tell(session))
		return;
	run_news(session);
	if (session->wait != WAIT_WORKER)
		output_flush(session->output, session->stream);
}

static void destroy(struct imap_session *session)
{
	run_abandon(session);
	selected_unsubscribe(session);
	notify_stop(session);
	progress_destroy(session);
	if (session->selected != NULL)
		selected_close(&session->selected);
	imap_parser_destroy(&session->parser);
	output_destroy(&session->output);
	stream_destroy(&session->stream);
	g_string_free(session->line, TRUE);
	config_unref(&session->config);
	g_free(session->address);
	g_free(session);
}

/* Input. */

static struct spool *new_spool(const struct imap_session *session)
{
	size_t taken = imap_parser_spooled_in_memory(session->parser);
	size_t room = taken < SPOOLS_IN_MEMORY ? SPOOLS_IN_MEMORY - taken : 0;

	return spool_create(MIN(room, SPOOL_IN_MEMORY), session->config->server.state_dir);
}

/* A literal is announced: to memory, to a spool, or refused. */
static void answer_literal(struct imap_session *session)
{
	struct imap_literal literal = imap_parser_literal(session->parser);
	const struct command_row *row = command_find(imap_parser_command(session->parser));
	bool spool = row != NULL && (row->flags & CMD_SPOOL) && (row->states & (1u << session->state));
	const char *refusal = NULL;

	if (spool && literal.size > session->config->imap.max_message_size) {
		session->refusal_code = "TOOBIG";
		refusal = "The message is larger than this server takes";
	} else if (spool && imap_parser_spools(session->parser) >= MOST_SPOOLS) {
		/* MULTIAPPEND has a message in each (RFC 9738), and no client is told of two limits. */
		session->refusal_code =
			row->run == cmd_append && session->config->imap.message_limit <= MOST_SPOOLS ?
				"MESSAGELIMIT " G_STRINGIFY(MOST_SPOOLS) : "LIMIT";
		refusal = "The command has too many literals";
	} else if (spool) {
		imap_parser_accept_spool(session->parser, new_spool(session));
	} else if (!imap_parser_accept(session->parser)) {
		session->refusal_code = session->state == SESSION_NOT_AUTHENTICATED ? NULL :
					row != NULL && row->run == cmd_setmetadata ? "METADATA MAXSIZE 65536" : "TOOBIG";
		refusal = "The literal is too large";
	}
	if (refusal != NULL) {
		if (imap_parser_refuse(session->parser, refusal) == IMAP_PARSE_BAD)
			run_bad(session);
		return;
	}
	if (literal.is_sync)
		g_string_append(session_text(session), "+ Ready for the literal\r\n");
}

static void spool_failed(struct imap_session *session)
{
	if (imap_parser_spool_error(session->parser) != 0)
		session->refusal_code = "SERVERBUG";
	run_bad(session);
}

static void feed_parser(struct imap_session *session, struct slice input)
{
	size_t eaten;
	enum imap_parse_result result = imap_parser_feed(session->parser, input, &eaten);

	stream_consume(session->stream, eaten);
	switch (result) {
	case IMAP_PARSE_MORE:
		if (!imap_parser_is_idle(session->parser))
			stream_acknowledge(session->stream);
		return;
	case IMAP_PARSE_LITERAL:
		answer_literal(session);
		return;
	case IMAP_PARSE_DONE:
		run_begin(session);
		return;
	case IMAP_PARSE_BAD:
		spool_failed(session);
		return;
	case IMAP_PARSE_FATAL:
		run_goodbye(session, NULL, imap_parser_error(session->parser));
		return;
	}
}

/* A line for the running command; longer ones than any use come out empty of sense. */
static void feed_line(struct imap_session *session, struct slice input)
{
	const char *end = memchr(input.data, '\n', input.len);
	size_t len = end != NULL ? (size_t)(end - input.data) : input.len;
	GString *line = session->line;

	if (session->line_taken)
		g_string_truncate(line, 0);
	session->line_taken = false;
	g_string_append_len(line, input.data, (gssize)MIN(len, MAX_CLIENT_LINE - line->len));
	stream_consume(session->stream, len + (end != NULL));
	if (end == NULL)
		return;
	if (line->len > 0 && line->str[line->len - 1] == '\r')
		g_string_truncate(line, line->len - 1);
	session->line_taken = true;
	run_line(session, slice_of(line->str, line->len));
}

/* One step; false when there is nothing to do but wait. */
static bool take_step(struct imap_session *session)
{
	struct slice input;

	switch (session->wait) {
	case WAIT_WORKER:
	case WAIT_TLS:
		return false;
	case WAIT_DRAIN:
		output_flush(session->output, session->stream);
		if (stream_above_high_water(session->stream))
			return false;
		run_drained(session);
		return true;
	case WAIT_COMMAND:
	case WAIT_LINE:
		break;
	}
	if (output_is_full(session->output))
		output_flush(session->output, session->stream);
	if (stream_above_high_water(session->stream))
		return false;
	input = stream_peek(session->stream);
	if (input.len == 0)
		return false;
	if (session->wait == WAIT_LINE)
		feed_line(session, input);
	else
		feed_parser(session, input);
	return true;
}

void session_continue(struct imap_session *session)
{
	while (!session->closing) {
		if (session->wait == WAIT_WORKER)
			return;
		if (session->has_ended) {
			destroy(session);
			return;
		}
		if (session->end_wanted != NULL) {
			run_goodbye(session, NULL, session->end_wanted);
			return;
		}
		if (!take_step(session))
			break;
	}
	if (session->closing || session->wait == WAIT_WORKER)
		return;
	output_flush(session->output, session->stream);
	/* What could not be told while the client was slow. */
	session_on_news(session);
}

/* The stream's events. */

static void on_input(void *owner)
{
	session_continue(owner);
}

static void greet(struct imap_session *session)
{
	GString *out = session_text(session);

	g_string_append(out, "* OK [CAPABILITY ");
	capability_print(session, out);
	g_string_append(out, "] convoke is ready\r\n");
	output_flush(session->output, session->stream);
}

static void on_secured(void *owner)
{
	struct imap_session *session = owner;

	if (session->wait == WAIT_TLS)
		session->wait = WAIT_COMMAND;
	if (session->greets_when_secure)
		greet(session);
	session->greets_when_secure = false;
	session_continue(session);
}

static void on_ended(void *owner, enum stream_end why)
{
	struct imap_session *session = owner;

	(void)why;
	session->has_ended = true;
	if (session->wait != WAIT_WORKER)
		destroy(session);
}

static void end_soon(struct imap_session *session, const char *text)
{
	session->end_wanted = text;
	if (session->wait != WAIT_WORKER)
		run_goodbye(session, NULL, text);
}

static void on_timed_out(void *owner)
{
	end_soon(owner, "Nothing was heard for too long");
}

static void on_goodbye(void *owner, enum stream_end why)
{
	end_soon(owner, why == STREAM_END_KICKED ? "An administrator ends this session"
						 : "The server is shutting down");
}

static const struct stream_handler handler = {
	.input = on_input,
	.drained = on_input,
	.secured = on_secured,
	.ended = on_ended,
	.timed_out = on_timed_out,
	.goodbye = on_goodbye,
};

void imap_start(struct imap_room *room, struct stream *stream)
{
	struct imap_session *session = g_new0(struct imap_session, 1);

	session->room = room;
	session->config = imap_room_config(room);
	session->stream = stream;
	session->id = stream_id(stream);
	session->output = output_create();
	session->line = g_string_new(NULL);
	session_set_limits(session);
	stream_set_owner(stream, &handler, session);
	/* Which mechanisms there are follows from TLS: its keys bind them, its certificate signs in. */
	session->greets_when_secure = stream_is_handshaking(stream);
	if (!session->greets_when_secure)
		greet(session);
}
