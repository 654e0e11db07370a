#include "imap/progress.h"

#include "imap/progress_code.h"

static void tick(void *arg)
{
	struct imap_session *session = arg;
	g_autoptr(GString) line = g_string_new("* OK [");

	/* The worker owns the session's output; what it had to say before has been sent whole. */
	if (session->wait != WAIT_WORKER || session->has_ended || session->closing)
		return;
	progress_code_print(line, session->progress.tag, atomic_load(&session->progress.did),
			    atomic_load(&session->progress.planned));
	g_string_append(line, "] Still working\r\n");
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
