/* COPY, MOVE (RFC 6851) and their UID forms, with COPYUID (RFC 4315). */
#include "imap/commands.h"

#include "imap/lookup.h"
#include "imap/message_limit.h"
#include "imap/rights.h"
#include "imap/selected.h"

/* UIDs in order of copying; runs of both kinds where they rise together. */
static void print_uids(GString *out, const GArray *uids)
{
	struct sequence_set set;

	sequence_set_init(&set);
	for (guint i = 0; i < uids->len; i++) {
		uint32_t uid = g_array_index(uids, uint32_t, i);

		sequence_set_add(&set, uid, uid);
	}
	sequence_set_format(&set, out);
	sequence_set_clear(&set);
}

static char *copy_uid(struct command *command, const struct message_copied *copied)
{
	g_autoptr(GString) code = g_string_new(NULL);

	if (copied->source == NULL || copied->source->len == 0)
		return NULL;
	g_string_append_printf(code, "COPYUID %u ", copied->uidvalidity);
	print_uids(code, copied->source);
	g_string_append_c(code, ' ');
	print_uids(code, copied->target);
	return arena_copy(command->arena, code->str, code->len);
}

static enum command_step reply(struct imap_session *session, struct command *command,
			       const struct message_copied *copied, bool move)
{
	char *code = copy_uid(command, copied);

	if (code == NULL)
		return command_ok(command, NULL, "There was nothing to do");
	if (!move)
		return command_ok(command, code, "Copied");
	session_untagged(session, "OK [%s] Moved", code);
	if (!session_has(session, EXTENSION_QRESYNC))
		return command_ok(command, NULL, "Done");
	return command_ok(command, arena_printf(command->arena, "HIGHESTMODSEQ %" G_GUINT64_FORMAT,
						copied->source_modseq), "Done");
}

/* Takes away the flags that may not be set in the target (RFC 4314 4). */
static enum store_result drop_flags(struct store *store, const struct mailbox *target,
				    const struct message_copied *copied)
{
	struct flag_change change = { .mode = FLAGS_REMOVE, .unchanged_since = UINT64_MAX };
	struct flags_changed changed = { 0 };
	struct uid_list uids = { 0 };
	struct mailbox now = { 0 };
	enum store_result result = mailbox_get(store, target->ref, &now);

	change.flags.system = MESSAGE_SYSTEM_FLAGS & ~rights_system_flags(target->rights);
	if (!rights_have(target->rights, "w"))
		change.flags.keywords = (const char *const *)now.keywords;
	for (guint i = 0; copied->target != NULL && i < copied->target->len; i++)
		uid_list_add(&uids, g_array_index(copied->target, uint32_t, i));
	change.uids = uid_list_set(&uids);
	if (result == STORE_OK && change.uids.count > 0)
		result = message_store_flags(store, target->ref, &change, &changed);
	flags_changed_clear(&changed);
	uid_list_clear(&uids);
	mailbox_clear(&now);
	return result;
}

static enum store_result transfer(struct store *store, struct mailbox_ref source, struct uid_set uids,
				  const struct mailbox *target, bool move, struct message_copied *copied)
{
	enum store_result (*run)(struct store *, struct mailbox_ref, struct uid_set, struct mailbox_ref,
				 struct message_copied *) = move ? message_move : message_copy;
	enum store_result result;

	if (rights_have(target->rights, "stw"))
		return run(store, source, uids, target->ref, copied);
	result = store_begin(store);
	if (result == STORE_OK)
		result = run(store, source, uids, target->ref, copied);
	if (result == STORE_OK)
		result = drop_flags(store, target, copied);
	if (result == STORE_OK)
		return store_commit(store);
	store_rollback(store);
	return result;
}

static enum command_step copy_or_move(struct imap_session *session, struct command *command,
				      struct store *store, bool move)
{
	struct sequence_set given, *seqs = arena_new(command->arena, struct sequence_set);
	struct sequence_set *uids = arena_new(command->arena, struct sequence_set);
	struct message_copied copied = { 0 };
	struct mailbox target = { 0 };
	enum store_result result;
	enum command_step step;
	struct slice name;

	if (!args_sequence_set(&command->args, &given))
		return command_bad_args(command);
	if (!session_read_last_mailbox(session, command, &name))
		return STEP_DONE;
	if (!selected_resolve(session, command, &given, command_is_uid(command), seqs))
		return STEP_DONE;
	/* A copy is whole or not at all. */
	if (move)
		message_limit_cut(session, command, seqs);
	else if (message_limit_refuses_set(session, command, seqs))
		return STEP_DONE;
	selected_uids(session, command, seqs, uids);
	result = lookup_mailbox(session, store, name, &target);
	if (result == STORE_OK && !rights_have(target.rights, "i")) {
		step = lookup_refuse(command, &target);
		mailbox_clear(&target);
		return step;
	}
	if (result == STORE_OK && uids->count > 0)
		result = transfer(store, session->selected->ref, sequence_set_uids(uids), &target, move, &copied);
	if (result == STORE_NOT_FOUND)
		step = command_no(command, "TRYCREATE", "There is no such mailbox");
	else if (result != STORE_OK)
		step = command_store_failed(command, result, "mailbox");
	else if (uids->count > 0 && (copied.target == NULL || copied.target->len == 0) && !command_is_uid(command))
		/* The client counts them still (RFC 2180 4.4.1); a UID that is gone is no error. */
		step = command_no(command, "EXPUNGEISSUED", "The messages no longer exist");
	else {
		if (move)
			selected_want(session, session->selected->ref, copied.source_modseq);
		selected_want(session, target.ref, copied.target_modseq);
		for (guint i = 0; copied.target != NULL && i < copied.target->len; i++)
			selected_added(session, target.ref, g_array_index(copied.target, uint32_t, i));
		step = reply(session, command, &copied, move);
	}
	message_copied_clear(&copied);
	mailbox_clear(&target);
	return step;
}

enum command_step cmd_copy(struct imap_session *session, struct command *command,
			   struct store *store)
{
	return copy_or_move(session, command, store, false);
}

enum command_step cmd_move(struct imap_session *session, struct command *command,
			   struct store *store)
{
	if (!selected_may(session->selected, "te"))
		return command_no(command, "NOPERM", "You do not have the right to take messages out of this mailbox");
	return copy_or_move(session, command, store, true);
}
