#include "imap/run.h"

#include "imap/message_limit.h"
#include "imap/notify.h"
#include "imap/parser.h"
#include "imap/progress.h"
#include "imap/search_context.h"
#include "imap/selected.h"

/* A stranger gets fewer tries. */
enum { BAD_COMMANDS_BEFORE_SIGN_IN = 10 };

static const char mailbox_gone[] = "The selected mailbox is not there for you any more";

void run_goodbye(struct imap_session *session, const char *code, const char *text)
{
	if (session->closing)
		return;
	session->closing = true;
	if (session->in_literal)
		; /* the client would take the words for octets of it */
	else if (code != NULL)
		session_untagged(session, "BYE [%s] %s", code, text);
	else
		session_untagged(session, "BYE %s", text);
	output_flush(session->output, session->stream);
	stream_close(session->stream);
}

void run_abandon(struct imap_session *session)
{
	if (session->command == NULL)
		return;
	command_end(session->command);
	session->command = NULL;
}

static void print_tagged(struct imap_session *session, struct slice tag, enum command_reply reply,
			 const char *code, const char *text)
{
	static const char *const words[] = {
		[REPLY_OK] = "OK", [REPLY_NO] = "NO", [REPLY_BAD] = "BAD",
	};
	GString *out = session_text(session);

	if (tag.len > 0)
		g_string_append_len(out, tag.data, (gssize)tag.len);
	else
		g_string_append_c(out, '*');
	g_string_append_printf(out, " %s ", words[reply]);
	if (code != NULL)
		g_string_append_printf(out, "[%s] ", code);
	quote_response_text(out, slice_from_string(text), QUOTE_ASCII);
	g_string_append(out, "\r\n");
}

static bool wants_news(const struct imap_session *session)
{
	return session->selected != NULL && !(session->command->row->flags & CMD_NO_SYNC) &&
	       (session->selected->has_own_news || !notify_hides_selected(session));
}

/* The tagged reply behind the news of the mailbox, in the place where the command ran. */
static void finish(struct imap_session *session, struct store *store)
{
	struct command *command = session->command;

	if (session->in_literal)
		return;
	if (wants_news(session) &&
	    !selected_tell_news(session, store, !(command->row->flags & CMD_NO_EXPUNGE)))
		session->worker_bye = mailbox_gone;
	message_limit_tell(session, command);
	if (command->reply != REPLY_NONE)
		print_tagged(session, command->tag, command->reply, command->code, command->text);
}

/* What ends the session has been met in the command. */
static void take_bye(struct imap_session *session)
{
	if (session->worker_bye != NULL)
		session->end_wanted = session->worker_bye;
}

static void count_bad(struct imap_session *session, bool bad)
{
	unsigned limit = session->config->imap.max_bad_commands;

	session->bad_commands = bad ? session->bad_commands + 1 : 0;
	if (session->state == SESSION_NOT_AUTHENTICATED)
		limit = MIN(limit, BAD_COMMANDS_BEFORE_SIGN_IN);
	if (session->bad_commands >= limit)
		run_goodbye(session, NULL, "Too many bad commands");
}

/* Home again with a finished command. */
static void next_command(struct imap_session *session)
{
	bool bad = session->command->reply == REPLY_BAD;

	run_abandon(session);
	imap_parser_next(session->parser);
	/* At once: the next command may be here already. */
	session_set_limits(session);
	selected_at_home(session);
	notify_at_home(session);
	session->refusal_code = NULL;
	if (session->wait != WAIT_TLS)
		session->wait = WAIT_COMMAND;
	if (session->state == SESSION_LOGOUT) {
		session->closing = true;
		output_flush(session->output, session->stream);
		stream_close(session->stream);
		return;
	}
	count_bad(session, bad);
}

/* The rights in the selected mailbox as they are now; false, with the end decided, when it may not
 * be read any more. */
static bool refresh_rights(struct imap_session *session, struct store *store)
{
	if (session->selected == NULL || selected_refresh_rights(session, store))
		return true;
	session->worker_bye = mailbox_gone;
	session->step = command_no(session->command, "NOPERM", mailbox_gone);
	session->command->is_decided = true;
	return false;
}

static void work(struct store *store, void *arg)
{
	struct imap_session *session = arg;
	struct command *command = session->command;

	if (!refresh_rights(session, store))
		return;
	store_set_origin(store, session->id);
	session->step = command->is_decided ? STEP_DONE : command->row->run(session, command, store);
	store_set_origin(store, 0);
	g_assert(session->step != STEP_STORE);
	if (session->step == STEP_DONE)
		finish(session, store);
}

/* For the rights alone: a command of the network thread may be one of no other place. */
static void rights_work(struct store *store, void *arg)
{
	struct imap_session *session = arg;

	if (refresh_rights(session, store))
		session->step = STEP_MORE;
}

static void advance(struct imap_session *session);

static void done(void *arg)
{
	struct imap_session *session = arg;

	progress_home(session);
	session->wait = WAIT_COMMAND;
	take_bye(session);
	if (!session->has_ended && session->end_wanted == NULL)
		advance(session);
	session_continue(session);
}

static void submit(struct imap_session *session, void (*job)(struct store *store, void *arg))
{
	session->wait = WAIT_WORKER;
	selected_at_home(session);
	output_flush(session->output, session->stream);
	progress_out(session);
	store_pool_submit(imap_room_pool(session->room), stream_loop(session->stream), job, done,
			  session);
}

static void send_out(struct imap_session *session)
{
	session->command->in_worker = true;
	submit(session, work);
}

/* Once a command: what comes while it runs is met at its end. */
static bool asks_for_rights(struct imap_session *session)
{
	struct command *command = session->command;

	if (command->rights_asked || session->selected == NULL || !session->selected->rights_stale)
		return false;
	command->rights_asked = true;
	return true;
}

/* Acts on the command's last answer, in the network thread. */
static void advance(struct imap_session *session)
{
	switch (session->step) {
	case STEP_DONE:
		next_command(session);
		return;
	case STEP_STORE:
		send_out(session);
		return;
	case STEP_LINE:
		session->wait = WAIT_LINE;
		/* What came while IDLE was out. */
		session_on_news(session);
		return;
	case STEP_MORE:
		session->wait = WAIT_DRAIN;
		return;
	}
}

/* One call of the command, where it belongs. */
static void call(struct imap_session *session)
{
	struct command *command = session->command;

	if (!command->in_worker)
		selected_at_home(session);
	if (command->in_worker) {
		send_out(session);
		return;
	}
	/* Rights that were taken away are taken away at once. */
	if (asks_for_rights(session)) {
		submit(session, rights_work);
		return;
	}
	session->step = command->row->run(session, command, NULL);
	if (session->step == STEP_DONE && wants_news(session) &&
	    selected_needs_store(session, (command->row->flags & CMD_SYNC) != 0)) {
		command->is_decided = true;
		send_out(session);
		return;
	}
	if (session->step == STEP_DONE)
		finish(session, NULL);
	take_bye(session);
	if (session->end_wanted == NULL)
		advance(session);
}

void run_line(struct imap_session *session, struct slice line)
{
	session->command->line = line;
	if (session->command->row->flags & CMD_LINES)
		session->command->in_worker = true;
	call(session);
}

static void send_news(struct imap_session *session);

/* Whether the selected mailbox is told unasked. */
static bool tells_selected(const struct imap_session *session)
{
	return session->selected != NULL && session_pushes_selected(session);
}

void run_drained(struct imap_session *session)
{
	if (session->is_pushing)
		send_news(session);
	else
		call(session);
}

/* News that nobody asked for: of the selected mailbox in IDLE or by NOTIFY, of others by NOTIFY. */
static void news_work(struct store *store, void *arg)
{
	struct imap_session *session = arg;
	bool expunges = session->is_idle || notify_pushes_expunges(session);

	if (!session->is_pushing && tells_selected(session) && !selected_tell_news(session, store, expunges))
		session->worker_bye = mailbox_gone;
	session->step = session->worker_bye == NULL ? search_context_tell(session, store) : STEP_DONE;
	if (session->step == STEP_DONE && session->worker_bye == NULL)
		session->step = notify_tell(session, store);
}

static void news_done(void *arg)
{
	struct imap_session *session = arg;

	/* Before the client hears of a mailbox, it is watched. */
	notify_at_home(session);
	session->is_pushing = session->step == STEP_MORE;
	session->wait = session->is_pushing ? WAIT_DRAIN : session->is_idle ? WAIT_LINE : WAIT_COMMAND;
	take_bye(session);
	session_continue(session);
}

static void send_news(struct imap_session *session)
{
	session->wait = WAIT_WORKER;
	store_pool_submit(imap_room_pool(session->room), stream_loop(session->stream), news_work,
			  news_done, session);
}

void run_news(struct imap_session *session)
{
	bool expunges = session->is_idle || notify_pushes_expunges(session);
	bool selected = tells_selected(session);

	selected_at_home(session);
	notify_at_home(session);
	if (!session_has_waiting(session) && selected && !selected_needs_store(session, false))
		selected_tell_news(session, NULL, expunges);
	else
		send_news(session);
	/* What NOTIFY tells of a new message is loaded. */
	if (session->wait != WAIT_WORKER && session_has_waiting(session))
		send_news(session);
}

/* Whether a command may run now; else decides the reply. */
static bool may_run(struct imap_session *session, struct command *command)
{
	unsigned states = command->row->states;

	if (!(states & (1u << session->state))) {
		command_bad(command, states & IN_NOT_AUTHENTICATED ? "You are signed in already" :
			    session->state == SESSION_NOT_AUTHENTICATED ? "Sign in first" :
			    "Select a mailbox first");
		return false;
	}
	if ((command->row->flags & CMD_NUMBERS) && session_has(session, EXTENSION_UIDONLY)) {
		command_bad_code(command, "UIDREQUIRED", "Only the UID form is allowed after ENABLE UIDONLY");
		return false;
	}
	if ((command->row->flags & CMD_WRITES) && selected_is_read_only(session->selected)) {
		command_no(command, "NOPERM", "The mailbox was opened for reading only");
		return false;
	}
	return true;
}

static struct command *new_command(struct imap_session *session)
{
	struct arena *arena = imap_parser_arena(session->parser);
	struct command *command = arena_new(arena, struct command);

	command->arena = arena;
	command->tag = imap_parser_tag(session->parser);
	command->args = args_of(imap_parser_args(session->parser), arena);
	return command;
}

void run_begin(struct imap_session *session)
{
	static const struct command_row unknown = { "", NULL, ANY_STATE, CMD_NO_SYNC };
	struct command *command = new_command(session);
	const struct command_row *row = command_find(imap_parser_command(session->parser));

	session->command = command;
	progress_reset(session);
	command->row = row != NULL ? row : &unknown;
	if (row == NULL) {
		command_bad(command, "Unknown command");
	} else if (may_run(session, command)) {
		command->in_worker = (row->flags & CMD_STORE) != 0;
		call(session);
		return;
	}
	print_tagged(session, command->tag, command->reply, command->code, command->text);
	next_command(session);
}

void run_bad(struct imap_session *session)
{
	bool refused = session->refusal_code != NULL;

	print_tagged(session, imap_parser_tag(session->parser), refused ? REPLY_NO : REPLY_BAD,
		     session->refusal_code, imap_parser_error(session->parser));
	imap_parser_next(session->parser);
	session->refusal_code = NULL;
	count_bad(session, !refused);
}
