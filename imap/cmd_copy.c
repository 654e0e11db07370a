/* COPY, MOVE (RFC 6851) and their UID forms, with COPYUID (RFC 4315). */
#include "imap/commands.h"

#include "imap/lookup.h"
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
	if (!session_read_mailbox(session, command, &name))
		return STEP_DONE;
	if (!args_end(&command->args))
		return command_bad_args(command);
	if (!selected_resolve(session, command, &given, command_is_uid(command), seqs))
		return STEP_DONE;
	selected_uids(session, command, seqs, uids);
	result = lookup_mailbox(session, store, name, &target);
	if (result == STORE_OK && uids->count > 0)
		result = (move ? message_move : message_copy)(store, session->selected->ref,
							      sequence_set_uids(uids), target.ref, &copied);
	if (result == STORE_NOT_FOUND)
		step = command_no(command, "TRYCREATE", "There is no such mailbox");
	else if (result != STORE_OK)
		step = command_store_failed(command, result, "mailbox");
	else
		step = reply(session, command, &copied, move);
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
	return copy_or_move(session, command, store, true);
}
