#include "imap/message_limit.h"

#include "imap/selected.h"

static const char too_many[] = "Too many messages for one command";

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

/* An empty set that lives as long as the command. */
static struct sequence_set *new_set(struct command *command)
{
	struct sequence_set *set = arena_new(command->arena, struct sequence_set);

	sequence_set_init(set);
	command_on_end(command, sequence_set_clear_later, set);
	return set;
}

void message_limit_cut_deleted(struct imap_session *session, struct command *command, struct sequence_set *seqs)
{
	struct sequence_set *deleted;

	if (sequence_set_size(seqs) <= limit_of(session))
		return;
	deleted = new_set(command);
	for (size_t i = 0; i < seqs->count; i++) {
		struct view_cursor cursor;

		for (view_cursor_at(&cursor, session->selected->view, seqs->ranges[i].first);
		     cursor.seq <= seqs->ranges[i].last; view_cursor_next(&cursor))
			if (view_cursor_get(&cursor)->flags & MESSAGE_DELETED)
				sequence_set_add(deleted, cursor.seq, cursor.seq);
	}
	if (message_limit_cut(session, command, deleted)) {
		sequence_set_clear(seqs);
		sequence_set_copy(deleted, seqs);
	}
}

void message_limit_cut_search(struct imap_session *session, struct command *command, struct search *search)
{
	struct sequence_set *named;

	if (view_count(session->selected->view) <= limit_of(session))
		return;
	named = new_set(command);
	search_named(search, named);
	if (message_limit_cut(session, command, named))
		search_limit(search, named);
}

bool message_limit_refuses(struct imap_session *session, struct command *command, uint64_t count)
{
	if (count <= limit_of(session))
		return false;
	command_no(command, arena_printf(command->arena, "MESSAGELIMIT %u", limit_of(session)), too_many);
	return true;
}

bool message_limit_refuses_set(struct imap_session *session, struct command *command,
			       const struct sequence_set *seqs)
{
	struct sequence_set *part;

	if (sequence_set_size(seqs) <= limit_of(session))
		return false;
	part = new_set(command);
	sequence_set_copy(seqs, part);
	message_limit_cut(session, command, part);
	command_no(command, arena_printf(command->arena, "MESSAGELIMIT %u %u", limit_of(session),
					 command->lowest_uid), too_many);
	return true;
}

bool message_limit_refuses_search(struct imap_session *session, struct command *command,
				  const struct search *search)
{
	struct sequence_set *named;

	if (view_count(session->selected->view) <= limit_of(session))
		return false;
	named = new_set(command);
	search_named(search, named);
	return message_limit_refuses(session, command, sequence_set_size(named));
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
