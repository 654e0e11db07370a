#include "imap/message_limit.h"

#include "imap/selected.h"

static unsigned limit_of(const struct imap_session *session)
{
	return session->config->imap.message_limit;
}

bool message_limit_cut(struct imap_session *session, struct command *command, struct sequence_set *seqs)
{
	if (!sequence_set_keep_highest(seqs, limit_of(session)))
		return false;
	command->lowest_uid = view_entry(session->selected->view, seqs->ranges[0].first)->uid;
	return true;
}

static void clear_set(void *arg)
{
	sequence_set_clear(arg);
}

void message_limit_cut_search(struct imap_session *session, struct command *command, struct search *search)
{
	struct sequence_set *named;

	if (view_count(session->selected->view) <= limit_of(session))
		return;
	named = arena_new(command->arena, struct sequence_set);
	sequence_set_init(named);
	command_on_end(command, clear_set, named);
	search_named(search, named);
	if (message_limit_cut(session, command, named))
		search_limit(search, named);
}

bool message_limit_refuses(struct imap_session *session, struct command *command, uint64_t count)
{
	if (count <= limit_of(session))
		return false;
	command_no(command, arena_printf(command->arena, "MESSAGELIMIT %u", limit_of(session)),
		   "Too many messages for one command");
	return true;
}

void message_limit_tell(struct imap_session *session, struct command *command)
{
	const char *code;

	if (command->lowest_uid == 0 || command->reply != REPLY_OK)
		return;
	code = arena_printf(command->arena, "MESSAGELIMIT %u %u", limit_of(session), command->lowest_uid);
	/* The tagged reply has room for one code. */
	if (command->code == NULL)
		command->code = code;
	else
		session_untagged(session, "NO [%s] Messages of lower UIDs are left", code);
}
