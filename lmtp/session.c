/* The connection itself: what the stream says, jobs and their way home, beginning
 * and end.  The words are in commands.c, the octets of mail in transfer.c. */
#include "lmtp/session.h"

#include "base/log.h"

#define ROOM "lmtp"
#define MAX_LINE 2048 /* RFC 5321's 512 and 998 of parameters, with room */

void lmtp_reply(struct lmtp_session *session, const char *line)
{
	stream_write(session->stream, line, strlen(line));
	stream_write(session->stream, "\r\n", 2);
}

void lmtp_move(struct lmtp_session *session, enum lmtp_state state)
{
	static const struct {
		enum lmtp_state to;
		unsigned from;
	} moves[] = {
		{ LMTP_CONNECTED, LMTP_ANY_STATE },
		{ LMTP_READY, LMTP_ANY_STATE },
		{ LMTP_MAIL, LMTP_READY },
		{ LMTP_RCPT, LMTP_MAIL | LMTP_RCPT },
		{ LMTP_CHUNKS, LMTP_RCPT | LMTP_CHUNKS },
		{ LMTP_REFUSED, LMTP_GREETED },
	};

	for (size_t i = 0; i < G_N_ELEMENTS(moves); i++)
		if (moves[i].to == state)
			g_assert(moves[i].from & (unsigned)session->state);
	session->state = state;
}

void lmtp_reset(struct lmtp_session *session)
{
	g_clear_pointer(&session->sender, g_free);
	g_ptr_array_set_size(session->recipients, 0);
	lmtp_delivery_destroy(&session->delivery);
	spool_destroy(&session->spool);
	session->is_utf8 = false;
	session->chunk_problem = NULL;
	if (session->state != LMTP_CONNECTED)
		lmtp_move(session, LMTP_READY);
}

static void session_free(struct lmtp_session *session)
{
	lmtp_reset(session);
	g_clear_pointer(&session->candidate, lmtp_recipient_free);
	g_clear_pointer(&session->receipt, g_bytes_unref);
	reader_destroy(&session->reader);
	stream_destroy(&session->stream);
	g_ptr_array_unref(session->recipients);
	g_free(session->client_name);
	config_unref(&session->config);
	g_free(session);
}

void lmtp_goodbye(struct lmtp_session *session, const char *line)
{
	lmtp_reply(session, line);
	session->input = LMTP_INPUT_NOTHING;
	stream_close(session->stream);
}

static void take_line(struct lmtp_session *session, enum reader_result result, struct slice line)
{
	if (result == READER_TOO_LONG)
		lmtp_reply(session, "500 5.5.2 Line too long");
	else
		lmtp_command(session, line);
}

/* True when one unit was taken and the next may be there. */
static bool take_unit(struct lmtp_session *session)
{
	enum reader_result result;
	struct slice line;

	switch (session->input) {
	case LMTP_INPUT_LINE:
		result = reader_line(session->reader, &line, NULL);
		if (result == READER_MORE)
			return false;
		take_line(session, result, line);
		return true;
	case LMTP_INPUT_DATA:
		return lmtp_take_data(session);
	case LMTP_INPUT_CHUNK:
		return lmtp_take_chunk(session);
	case LMTP_INPUT_NOTHING:
		return false;
	}
	g_assert_not_reached();
}

static void take_input(void *owner)
{
	struct lmtp_session *session = owner;

	while (!session->job_out && !stream_above_high_water(session->stream) && take_unit(session))
		;
	/* A client that sends commands and reads no replies waits for itself. */
	if (!session->job_out && stream_above_high_water(session->stream))
		stream_pause(session->stream);
}

static void drained(void *owner)
{
	struct lmtp_session *session = owner;

	if (session->job_out)
		return;
	stream_resume(session->stream);
	stream_wake(session->stream);
}

static void work(struct store *store, void *arg)
{
	struct lmtp_session *session = arg;

	session->job_work(session, store);
}

static void come_home(void *arg)
{
	struct lmtp_session *session = arg;

	session->job_out = false;
	if (session->ended) {
		session_free(session);
		return;
	}
	stream_resume(session->stream);
	session->job_done(session);
	if (session->stopping && !session->job_out && session->input == LMTP_INPUT_LINE)
		lmtp_goodbye(session, "421 4.3.2 Service is shutting down");
	stream_wake(session->stream);
}

void lmtp_submit(struct lmtp_session *session, void (*job_work)(struct lmtp_session *session, struct store *store),
		 void (*job_done)(struct lmtp_session *session))
{
	g_assert(!session->job_out);
	session->job_out = true;
	session->job_work = job_work;
	session->job_done = job_done;
	stream_pause(session->stream);
	store_pool_submit(session->room->pool, stream_loop(session->stream), work, come_home, session);
}

static void ended(void *owner, enum stream_end why)
{
	struct lmtp_session *session = owner;

	(void)why;
	log_debug(ROOM, "session=%" G_GUINT64_FORMAT " peer=%s ended", stream_id(session->stream),
		  stream_peer(session->stream));
	if (session->job_out)
		session->ended = true;
	else
		session_free(session);
}

static void timed_out(void *owner)
{
	lmtp_goodbye(owner, "421 4.4.2 Timeout, closing");
}

static void server_stops(void *owner, enum stream_end why)
{
	struct lmtp_session *session = owner;

	(void)why;
	if (session->job_out)
		session->stopping = true;
	else
		lmtp_goodbye(session, "421 4.3.2 Service is shutting down");
}

/* After STARTTLS the client begins anew (RFC 3207 4.2). */
static void secured(void *owner)
{
	struct lmtp_session *session = owner;

	g_clear_pointer(&session->client_name, g_free);
	lmtp_reset(session);
	lmtp_move(session, LMTP_CONNECTED);
}

static const struct stream_handler handler = {
	.input = take_input,
	.drained = drained,
	.secured = secured,
	.ended = ended,
	.timed_out = timed_out,
	.goodbye = server_stops,
};

static void free_recipient(void *recipient)
{
	lmtp_recipient_free(recipient);
}

void lmtp_start(struct lmtp_room *room, struct stream *stream)
{
	struct lmtp_session *session = g_new0(struct lmtp_session, 1);
	g_autofree char *greeting = g_strdup_printf("220 %s LMTP convoke", g_get_host_name());

	session->room = room;
	session->config = config_current_get(&room->config);
	session->stream = stream;
	session->reader = reader_create(stream, MAX_LINE);
	session->recipients = g_ptr_array_new_with_free_func(free_recipient);
	session->state = LMTP_CONNECTED;
	stream_set_owner(stream, &handler, session);
	stream_set_timeout(stream, (uint64_t)session->config->lmtp.idle_timeout * 1000);
	lmtp_reply(session, greeting);
}

struct lmtp_room *lmtp_room_create(const struct config *config, struct store_pool *pool)
{
	struct lmtp_room *room = g_new0(struct lmtp_room, 1);

	config_current_init(&room->config, config);
	room->pool = pool;
	room->memory = deliver_memory_create();
	return room;
}

void lmtp_room_reload(struct lmtp_room *room, const struct config *config)
{
	config_current_replace(&room->config, config);
}

void lmtp_room_destroy(struct lmtp_room **room)
{
	if (*room == NULL)
		return;
	config_current_clear(&(*room)->config);
	deliver_memory_destroy(&(*room)->memory);
	g_free(*room);
	*room = NULL;
}
