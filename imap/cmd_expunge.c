/* EXPUNGE, UID EXPUNGE (RFC 4315), CLOSE and UNSELECT (RFC 3691). */
#include "imap/commands.h"

#include "imap/message_limit.h"
#include "imap/selected.h"

/* What EXPUNGE without a set covers: all the session knows. */
static bool all_uids(const struct selected *selected, struct uid_range *range_out)
{
	uint32_t count = view_count(selected->view);

	if (count == 0)
		return false;
	*range_out = (struct uid_range){ 1, view_entry(selected->view, count)->uid };
	return true;
}

static enum command_step expunge(struct imap_session *session, struct command *command,
				 struct store *store, struct uid_set uids)
{
	struct uid_list expunged = { 0 };
	uint64_t modseq = 0;
	enum store_result result;

	result = message_expunge(store, session->selected->ref, uids, false, &expunged, &modseq);
	uid_list_clear(&expunged);
	if (result != STORE_OK)
		return command_store_failed(command, result, "mailbox");
	selected_want(session, session->selected->ref, modseq);
	if (modseq > 0 && session_has(session, EXTENSION_QRESYNC))
		return command_ok(command, arena_printf(command->arena, "HIGHESTMODSEQ %" G_GUINT64_FORMAT,
							modseq), "Expunged");
	return command_ok(command, NULL, "Expunged");
}

enum command_step cmd_expunge(struct imap_session *session, struct command *command,
			      struct store *store)
{
	struct sequence_set given, *seqs = arena_new(command->arena, struct sequence_set);
	struct sequence_set *uids = arena_new(command->arena, struct sequence_set);
	struct uid_range all;

	if (!selected_may(session->selected, "e"))
		return command_no(command, "NOPERM", "You do not have the right to expunge messages here");
	if (command_is_uid(command)) {
		if (!args_sequence_set(&command->args, &given) || !args_end(&command->args))
			return command_bad_args(command);
		if (!selected_resolve(session, command, &given, true, seqs))
			return STEP_DONE;
		message_limit_cut_deleted(session, command, seqs);
		selected_uids(session, command, seqs, uids);
		return uids->count > 0 ? expunge(session, command, store, sequence_set_uids(uids))
				       : command_ok(command, NULL, "Nothing to expunge");
	}
	if (!args_end(&command->args))
		return command_bad_args(command);
	if (!all_uids(session->selected, &all))
		return command_ok(command, NULL, "Nothing to expunge");
	return expunge(session, command, store, (struct uid_set){ &all, 1 });
}

enum command_step cmd_close(struct imap_session *session, struct command *command,
			    struct store *store)
{
	struct uid_range all;

	if (!args_end(&command->args))
		return command_bad_args(command);
	/* Without the right to expunge it is no failure (RFC 4314 4). */
	if (!session->selected->is_read_only && selected_may(session->selected, "e") && all_uids(session->selected, &all)) {
		if (store == NULL)
			return STEP_STORE;
		if (expunge(session, command, store, (struct uid_set){ &all, 1 }) == STEP_DONE &&
		    command->reply != REPLY_OK)
			return STEP_DONE;
	}
	session_unselect(session);
	return command_ok(command, command->code, "Closed");
}

enum command_step cmd_unselect(struct imap_session *session, struct command *command,
			       struct store *store)
{
	(void)store;
	if (!args_end(&command->args))
		return command_bad_args(command);
	session_unselect(session);
	return command_ok(command, NULL, "Unselected");
}
