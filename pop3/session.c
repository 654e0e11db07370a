/* The connection itself: what the stream says, jobs and their way home, beginning
 * and end.  Whatever the end, the maildrop's lock is given back. */
#include "pop3/session.h"

#include "base/log.h"
#include "base/secret.h"

#define ROOM "pop3"
#define MAX_LINE SASL_MAX_LINE /* RFC 2449's 255 octets are not enough for AUTH */

void pop3_reply(struct pop3_session *session, const char *line)
{
	stream_write(session->stream, line, strlen(line));
	stream_write(session->stream, "\r\n", 2);
}

void pop3_replyf(struct pop3_session *session, const char *format, ...)
{
	g_autofree char *line = NULL;
	va_list args;

	va_start(args, format);
	line = g_strdup_vprintf(format, args);
	va_end(args);
	pop3_reply(session, line);
}

static void session_free(struct pop3_session *session)
{
	g_assert(session->drop == NULL);
	reader_destroy(&session->reader);
	stream_destroy(&session->stream);
	secret_free(&session->password);
	secret_free(&session->sasl_text);
	sasl_destroy(&session->sasl);
	auth_result_clear(&session->signed_in);
	g_string_free(session->sasl_challenge, TRUE);
	pop3_transfer_clear(&session->transfer);
	g_free(session->user);
	config_unref(&session->config);
	g_free(session);
}

static void close_drop(struct pop3_session *session, struct store *store)
{
	pop3_drop_close(store, &session->drop);
}

/* The stream is over: the lock goes back in a worker, then the memory. */
static void end_session(struct pop3_session *session)
{
	log_debug(ROOM, "session=%" G_GUINT64_FORMAT " ended", stream_id(session->stream));
	session->ended = true;
	if (session->drop != NULL)
		pop3_submit(session, close_drop, session_free);
	else
		session_free(session);
}

void pop3_goodbye(struct pop3_session *session, const char *line)
{
	pop3_reply(session, line);
	session->input = POP3_INPUT_NOTHING;
	stream_close(session->stream);
}

static void take_line(struct pop3_session *session, enum reader_result result, struct slice line)
{
	if (result == READER_TOO_LONG) {
		session->input = POP3_INPUT_LINE;
		sasl_destroy(&session->sasl);
		pop3_refuse(session, "-ERR Line too long");
	} else if (session->input == POP3_INPUT_SASL) {
		pop3_sasl_line(session, line);
	} else {
		pop3_command(session, line);
	}
}

/* True when one line was taken and the next may be there. */
static bool take_unit(struct pop3_session *session)
{
	enum reader_result result;
	struct slice line;

	if (session->input != POP3_INPUT_LINE && session->input != POP3_INPUT_SASL)
		return false;
	result = reader_line(session->reader, &line, NULL);
	if (result == READER_MORE)
		return false;
	take_line(session, result, line);
	return true;
}

static void take_input(void *owner)
{
	struct pop3_session *session = owner;

	while (!session->job_out && !stream_above_high_water(session->stream) && take_unit(session))
		;
	/* A client that sends commands and reads no replies waits for itself. */
	if (!session->job_out && stream_above_high_water(session->stream))
		stream_pause(session->stream);
}

static void drained(void *owner)
{
	struct pop3_session *session = owner;

	if (session->job_out)
		return;
	stream_resume(session->stream);
	if (session->input == POP3_INPUT_WAIT)
		pop3_continue_transfer(session);
	stream_wake(session->stream);
}

static void work(struct store *store, void *arg)
{
	struct pop3_session *session = arg;

	session->job_work(session, store);
}

static void say_stopping(struct pop3_session *session)
{
	if (session->input == POP3_INPUT_WAIT) {
		session->input = POP3_INPUT_NOTHING;
		stream_close(session->stream); /* in the middle of a message no word fits */
	} else if (session->input != POP3_INPUT_NOTHING) {
		pop3_goodbye(session, "-ERR [SYS/TEMP] Server is shutting down");
	}
}

static void come_home(void *arg)
{
	struct pop3_session *session = arg;

	session->job_out = false;
	if (session->job_done == session_free) {
		session_free(session);
		return;
	}
	if (session->ended) {
		end_session(session);
		return;
	}
	stream_resume(session->stream);
	session->job_done(session);
	if (session->stopping && !session->job_out)
		say_stopping(session);
	stream_wake(session->stream);
}

void pop3_submit(struct pop3_session *session, void (*job_work)(struct pop3_session *session, struct store *store),
		 void (*job_done)(struct pop3_session *session))
{
	g_assert(!session->job_out);
	session->job_out = true;
	session->job_work = job_work;
	session->job_done = job_done;
	if (!session->ended)
		stream_pause(session->stream);
	store_pool_submit(session->room->pool, stream_loop(session->stream), work, come_home, session);
}

static void ended(void *owner, enum stream_end why)
{
	struct pop3_session *session = owner;

	(void)why;
	if (session->job_out)
		session->ended = true;
	else
		end_session(session);
}

/* RFC 1939 section 3: closed without a word, and nothing is removed. */
static void timed_out(void *owner)
{
	struct pop3_session *session = owner;

	session->input = POP3_INPUT_NOTHING;
	stream_close(session->stream);
}

static void server_stops(void *owner, enum stream_end why)
{
	struct pop3_session *session = owner;

	(void)why;
	if (session->job_out)
		session->stopping = true;
	else
		say_stopping(session);
}

static void secured(void *owner)
{
	struct pop3_session *session = owner;

	/* What was said in plain text does not count any more (RFC 2595 section 4). */
	g_clear_pointer(&session->user, g_free);
}

static const struct stream_handler handler = {
	.input = take_input,
	.drained = drained,
	.secured = secured,
	.ended = ended,
	.timed_out = timed_out,
	.goodbye = server_stops,
};

void pop3_start(struct pop3_room *room, struct stream *stream)
{
	struct pop3_session *session = g_new0(struct pop3_session, 1);

	session->room = room;
	session->config = config_current_get(&room->config);
	session->stream = stream;
	session->reader = reader_create(stream, MAX_LINE);
	session->state = POP3_AUTHORIZATION;
	session->sasl_challenge = g_string_new(NULL);
	stream_set_owner(stream, &handler, session);
	stream_set_timeout(stream, (uint64_t)session->config->pop3.login_timeout * 1000);
	pop3_reply(session, "+OK convoke POP3 ready");
}

struct pop3_room *pop3_room_create(const struct config *config, struct store_pool *pool, struct auth *auth)
{
	struct pop3_room *room = g_new0(struct pop3_room, 1);

	config_current_init(&room->config, config);
	room->pool = pool;
	room->auth = auth;
	return room;
}

void pop3_room_reload(struct pop3_room *room, const struct config *config)
{
	config_current_replace(&room->config, config);
}

void pop3_room_destroy(struct pop3_room **room)
{
	if (*room == NULL)
		return;
	config_current_clear(&(*room)->config);
	g_free(*room);
	*room = NULL;
}
