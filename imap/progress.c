#include "imap/progress.h"

static void tick(void *arg)
{
	struct imap_session *session = arg;
	uint64_t planned = atomic_load(&session->progress.planned);
	uint64_t did = MIN(atomic_load(&session->progress.did), planned);
	g_autoptr(GString) line = g_string_new("* OK [INPROGRESS (");

	/* The worker owns the session's output; what it had to say before has been sent whole. */
	if (session->wait != WAIT_WORKER || session->has_ended || session->closing)
		return;
	quote_string(line, session->progress.tag, QUOTE_ASCII);
	if (planned > 0)
		g_string_append_printf(line, " %" G_GUINT64_FORMAT " %" G_GUINT64_FORMAT, did, planned);
	else
		g_string_append(line, " NIL NIL");
	g_string_append(line, ")] Still working\r\n");
	if (!stream_above_high_water(session->stream))
		stream_write(session->stream, line->str, line->len);
	loop_timer_set(session->progress.timer, UINT64_C(1000) * session->config->imap.progress_interval);
}

void progress_reset(struct imap_session *session)
{
	atomic_store(&session->progress.planned, 0);
	atomic_store(&session->progress.did, 0);
}

void progress_out(struct imap_session *session)
{
	const struct command *command = session->command;

	/* Replies of these are whole lines; a FETCH may be in the middle of one. */
	if (!(command->row->flags & CMD_PROGRESS))
		return;
	session->progress.tag = command->tag;
	if (session->progress.timer == NULL)
		session->progress.timer = loop_timer_create(stream_loop(session->stream), tick, session);
	loop_timer_set(session->progress.timer, UINT64_C(1000) * session->config->imap.progress_interval);
}

void progress_home(struct imap_session *session)
{
	if (session->progress.timer != NULL)
		loop_timer_cancel(session->progress.timer);
}

void progress_destroy(struct imap_session *session)
{
	if (session->progress.timer != NULL)
		loop_timer_destroy(&session->progress.timer);
}

void progress_plan(struct imap_session *session, uint64_t count)
{
	atomic_fetch_add(&session->progress.planned, count);
}

void progress_did(struct imap_session *session, uint64_t count)
{
	atomic_fetch_add(&session->progress.did, count);
}
