/* REPLACE and UID REPLACE (RFC 8508): a new message comes and an old one goes, in one
 * transaction. */
#include "imap/commands.h"

#include "imap/append_message.h"
#include "imap/lookup.h"
#include "imap/rights.h"
#include "imap/selected.h"

struct replace {
	uint32_t uid;               /* of the message that goes */
	struct slice mailbox;
	struct append_message message;
};

static void destroy_replace(void *arg)
{
	struct replace *replace = arg;

	append_message_clear(&replace->message);
}

/* One message number or UID; false with the reply decided. */
static bool resolve(struct imap_session *session, struct command *command, struct sequence_set *given,
		    uint32_t *uid_out)
{
	struct sequence_set *seqs = arena_new(command->arena, struct sequence_set);

	if (!selected_resolve(session, command, given, command_is_uid(command), seqs))
		return false;
	if (sequence_set_size(seqs) == 0) {
		command_no(command, "NONEXISTENT", "There is no message of that UID");
		return false;
	}
	*uid_out = view_entry(session->selected->view, seqs->ranges[0].first)->uid;
	return true;
}

/* A number, or `*`. */
static bool is_one(const struct sequence_set *given)
{
	return !given->is_saved && given->count == 1 && given->ranges[0].first == given->ranges[0].last;
}

static bool read_replace(struct imap_session *session, struct command *command, struct replace *replace)
{
	struct sequence_set given;

	if (!args_sequence_set(&command->args, &given)) {
		command_bad_args(command);
		return false;
	}
	if (!is_one(&given)) {
		command_bad(command, "REPLACE takes one message");
		return false;
	}
	if (!session_read_mailbox(session, command, &replace->mailbox) ||
	    !append_message_read(command, &replace->message))
		return false;
	if (!args_end(&command->args)) {
		command_bad_args(command);
		return false;
	}
	return resolve(session, command, &given, &replace->uid);
}

/* *modseq_out: HIGHESTMODSEQ of the selected mailbox with the old message gone. */
static enum store_result exchange(struct imap_session *session, struct store *store,
				  const struct replace *replace, struct mailbox_ref target,
				  const struct message_new *row, struct message_appended *appended_out,
				  uint64_t *modseq_out)
{
	struct mailbox_ref source = session->selected->ref;
	struct mailbox now = { 0 };
	enum store_result result = store_begin(store);

	if (result != STORE_OK)
		return result;
	result = message_replace(store, source, replace->uid, target, row, appended_out);
	/* Under the row's lock, so it is our own. */
	if (result == STORE_OK)
		result = mailbox_get(store, source, &now);
	*modseq_out = now.highestmodseq;
	mailbox_clear(&now);
	if (result == STORE_OK)
		return store_commit(store);
	store_rollback(store);
	return result;
}

static enum command_step run(struct imap_session *session, struct command *command, struct store *store,
			     struct replace *replace, const struct mailbox *target)
{
	struct message_appended appended;
	uint64_t modseq, room = APPEND_ROOM;
	struct message_new row;
	enum store_result result;

	if (!append_message_make(session, command, store, &replace->message, &room))
		return STEP_DONE;
	row = append_message_row(&replace->message, target);
	result = exchange(session, store, replace, target->ref, &row, &appended, &modseq);
	if (result == STORE_NOT_FOUND)
		return command_no(command, "EXPUNGEISSUED", "The message is not there any more");
	if (result != STORE_OK)
		return append_message_failed(command, result);
	selected_want(session, session->selected->ref, modseq);
	selected_added(session, target->ref, appended.uid);
	/* In front of the EXPUNGE (RFC 8508 4.3). */
	session_untagged(session, "OK [APPENDUID %u %u] The new message is there", appended.uidvalidity,
			 appended.uid);
	if (!session_has(session, EXTENSION_QRESYNC))
		return command_ok(command, NULL, "Replaced");
	return command_ok(command, arena_printf(command->arena, "HIGHESTMODSEQ %" G_GUINT64_FORMAT, modseq),
			  "Replaced");
}

enum command_step cmd_replace(struct imap_session *session, struct command *command,
			      struct store *store)
{
	struct replace *replace = arena_new(command->arena, struct replace);
	struct mailbox target = { 0 };
	enum store_result result;

	command_on_end(command, destroy_replace, replace);
	if (!read_replace(session, command, replace))
		return STEP_DONE;
	if (!selected_may(session->selected, "te"))
		return command_no(command, "NOPERM", "You do not have the right to take messages out of this mailbox");
	result = lookup_mailbox(session, store, replace->mailbox, &target);
	if (result != STORE_OK)
		append_message_failed(command, result);
	else if (!rights_have(target.rights, "i"))
		lookup_refuse(command, &target);
	else
		run(session, command, store, replace, &target);
	mailbox_clear(&target);
	return STEP_DONE;
}
