/* SELECT and EXAMINE (RFC 9051 6.3.2), with CONDSTORE and QRESYNC (RFC 7162 3.2.5).
 *
 * A mailbox that memory is known to have as it is (view_newest) is opened in the network thread;
 * every other one, and what needs more than its row, by a worker that reads the row. */
#include "imap/commands.h"

#include "imap/fetch_print.h"
#include "imap/lookup.h"
#include "imap/rights.h"
#include "imap/selected.h"

struct select_options {
	struct slice name;
	struct slice given;             /* the name as the client wrote it */
	bool condstore, qresync;
	uint64_t uidvalidity, modseq;
	bool has_known;
	struct sequence_set known;      /* UIDs */
	struct sequence_set match_seqs, match_uids;
};

/* `(seqs uids)`: as many numbers as UIDs, each the number of the UID at its place. */
static bool read_match(struct args *list, struct select_options *options)
{
	struct sequence_set *seqs = &options->match_seqs, *uids = &options->match_uids;
	struct args match;

	if (!args_list(list, &match) || !args_sequence_set(&match, seqs) || !args_sequence_set(&match, uids) ||
	    !args_end(&match) || seqs->has_star || uids->has_star)
		return false;
	sequence_set_resolve(seqs, 0);
	sequence_set_resolve(uids, 0);
	return seqs->count > 0 && sequence_set_size(seqs) == sequence_set_size(uids);
}

/* `(uidvalidity modseq [known-uids] [(seqs uids)])` */
static bool read_qresync(struct args *args, struct select_options *options)
{
	struct args list;

	options->qresync = true;
	if (!args_list(args, &list))
		return false;
	if (!args_number(&list, 1, UINT32_MAX, &options->uidvalidity) ||
	    !args_number(&list, 1, INT64_MAX, &options->modseq))
		return args_fail(args, "QRESYNC begins with UIDVALIDITY and a mod-sequence");
	if (!args_at_end(&list) && !args_is_list(&list)) {
		options->has_known = true;
		if (!args_sequence_set(&list, &options->known) || options->known.is_saved ||
		    options->known.has_star)
			return args_fail(args, "Known UIDs are a set without * or $");
		sequence_set_resolve(&options->known, 0);
	}
	if (!args_at_end(&list) && !read_match(&list, options))
		return args_fail(args, "The match data of QRESYNC are two sets of one size, without * or $");
	return args_end(&list) || args_fail(args, list.error);
}

static bool read_options(struct imap_session *session, struct command *command,
			 struct select_options *options)
{
	struct args list, given = command->args;

	if (!session_read_mailbox(session, command, &options->name) || !args_astring(&given, &options->given))
		return false;
	if (!args_at_end(&command->args)) {
		if (!args_list(&command->args, &list))
			goto bad;
		while (!args_at_end(&list)) {
			if (args_take_word(&list, "CONDSTORE")) {
				options->condstore = true;
			} else if (args_take_word(&list, "QRESYNC")) {
				if (!read_qresync(&list, options)) {
					args_fail(&command->args, list.error);
					goto bad;
				}
			} else {
				args_fail(&command->args, "Unknown option of SELECT");
				goto bad;
			}
		}
	}
	if (!args_end(&command->args))
		goto bad;
	if (options->match_seqs.count > 0 && session_has(session, EXTENSION_UIDONLY)) {
		command_bad_code(command, "UIDREQUIRED", "After ENABLE UIDONLY there is nothing to match by number");
		return false;
	}
	if (options->qresync && !session_has(session, EXTENSION_QRESYNC)) {
		args_fail(&command->args, "ENABLE QRESYNC first");
		goto bad;
	}
	return true;
bad:
	command_bad_args(command);
	return false;
}

static void print_list(struct imap_session *session, const struct mailbox *mailbox, struct slice given)
{
	GString *out = session_text(session);

	g_string_append_printf(out, "* LIST (%s) \"%c\" ",
			       mailbox->has_children ? "\\HasChildren" : "\\HasNoChildren",
			       session_names(session).separator);
	mailbox_name_write(out, slice_from_string(mailbox->name), session_names(session));
	if (!mailbox_name_is_composed(given))
		mailbox_name_write_old(out, given);
	g_string_append(out, "\r\n");
}

static void print_state(struct imap_session *session, const struct mailbox *mailbox, struct slice given)
{
	const struct view *view = session->selected->view;
	bool rev2 = session_has(session, EXTENSION_IMAP4REV2);
	char id[OBJECT_ID_SIZE];
	uint32_t unseen;

	selected_print_flags(session);
	session_untagged(session, "%u EXISTS", view_count(view));
	selected_tell_recent(session);
	if (!rev2) {
		unseen = view_first_unseen(view);
		if (unseen > 0 && !session_has(session, EXTENSION_UIDONLY))
			session_untagged(session, "OK [UNSEEN %u] First unseen", unseen);
	}
	session_untagged(session, "OK [UIDVALIDITY %u] UIDs valid", view_uidvalidity(view));
	session_untagged(session, "OK [UIDNEXT %u] Next UID", view_uidnext(view));
	session_untagged(session, "OK [HIGHESTMODSEQ %" G_GUINT64_FORMAT "] Highest", view_modseq(view));
	message_mailbox_id(mailbox->ref.mailbox_id, id);
	session_untagged(session, "OK [MAILBOXID (%s)] Mailbox id", id);
	if (rev2)
		print_list(session, mailbox, given);
}

/* The next number of a resolved set; false behind the last. */
static bool step_set(const struct sequence_set *set, size_t *range, uint32_t *number)
{
	if (*number < set->ranges[*range].last) {
		(*number)++;
		return true;
	}
	if (++*range == set->count)
		return false;
	*number = set->ranges[*range].first;
	return true;
}

/* UIDs the client may keep unasked: where its numbers match ours, nothing below that
 * message has vanished (RFC 7162 3.2.5.2). */
static uint32_t last_match(const struct view *view, struct select_options *options)
{
	const struct sequence_set *seqs = &options->match_seqs, *uids = &options->match_uids;
	size_t i = 0, k = 0;
	uint32_t seq, uid, last = 0;

	if (seqs->count == 0 || uids->count == 0)
		return 0;
	seq = seqs->ranges[0].first;
	uid = uids->ranges[0].first;
	while (seq <= view_count(view) && view_entry(view, seq)->uid == uid) {
		last = uid;
		if (!step_set(seqs, &i, &seq) || !step_set(uids, &k, &uid))
			break;
	}
	return last;
}

/* The known UIDs above the match: those of which it is told when they have vanished. */
static void above_match(const struct view *view, const struct select_options *options, uint32_t match,
			struct sequence_set *above_out)
{
	struct uid_range all = { 1, MAX(view_uidnext(view), 2) - 1 };
	const struct uid_range *ranges = options->has_known ? options->known.ranges : &all;
	size_t count = options->has_known ? options->known.count : 1;

	sequence_set_init(above_out);
	for (size_t i = 0; i < count; i++)
		if (ranges[i].last > match)
			sequence_set_add(above_out, MAX(ranges[i].first, match + 1), ranges[i].last);
}

static bool is_known(const struct select_options *options, uint32_t uid)
{
	return !options->has_known || sequence_set_contains(&options->known, uid);
}

static void print_changed(struct imap_session *session, const struct select_options *options)
{
	const struct view *view = session->selected->view;
	struct view_cursor cursor;
	const struct view_entry *entry;

	for (view_cursor_at(&cursor, view, 1); (entry = view_cursor_get(&cursor)) != NULL;
	     view_cursor_next(&cursor))
		if (entry->modseq > options->modseq && is_known(options, entry->uid))
			fetch_print_flags(session, entry, cursor.seq, fetch_print_flag_items(session));
}

static enum store_result print_resync(struct imap_session *session, struct store *store,
				      struct select_options *options)
{
	const struct view *view = session->selected->view;
	struct uid_list vanished = { 0 };
	struct sequence_set within;
	enum store_result result;

	if (options->uidvalidity != view_uidvalidity(view) || view_modseq(view) < options->modseq)
		return STORE_OK;
	result = message_vanished(store, session->selected->ref, options->modseq, &vanished);
	if (result != STORE_OK)
		return result;
	above_match(view, options, last_match(view, options), &within);
	selected_print_vanished(session, uid_list_set(&vanished), &within);
	sequence_set_clear(&within);
	uid_list_clear(&vanished);
	print_changed(session, options);
	return STORE_OK;
}

/* A mailbox on its way to be the selected one. */
struct opening {
	struct mailbox found;
	const struct view *view;
	bool read_only;
};

static bool claims_recent(const struct imap_session *session, const struct opening *opening)
{
	return !opening->read_only && !session_has(session, EXTENSION_IMAP4REV2) && opening->found.recent > 0;
}

/* The messages at the end of the mailbox that the database counts as recent. */
static void claim_recent(struct imap_session *session, struct store *store, const struct opening *opening)
{
	const struct selected *selected = session->selected;
	uint32_t count = view_count(selected->view), recent = MIN(opening->found.recent, count), first;

	if (recent > 0)
		selected_claim_recent(session, view_entry(selected->view, count - recent + 1)->uid);
	if (recent > 0 && claims_recent(session, opening))
		mailbox_claim_recent(store, selected->ref, &first);
}

/* False: a worker must look. */
static bool find_in_memory(struct imap_session *session, const struct select_options *options,
			   struct opening *opening)
{
	if (options->qresync || !view_newest_by_name(imap_room_pool(session->room), session->account_id,
						     options->name, &opening->found, &opening->view))
		return false;
	if (!claims_recent(session, opening))
		return true;
	view_unref(&opening->view);
	mailbox_clear(&opening->found);
	return false;
}

/* False with the tagged reply decided. */
static bool find_in_store(struct imap_session *session, struct command *command, struct store *store,
			  const struct select_options *options, struct opening *opening)
{
	enum store_result result;

	if (!lookup_with_rights(session, command, store, options->name, "r", &opening->found))
		return false;
	/* RFC 4314 5.2: whoever can change nothing has a read-only mailbox. */
	opening->read_only |= !rights_have_any(opening->found.rights, "iestw");
	result = view_open_row(store, &opening->found, &opening->view);
	if (result != STORE_OK)
		command_store_failed(command, result, "mailbox");
	return result == STORE_OK;
}

static void leave_selected(struct imap_session *session)
{
	if (session->selected == NULL)
		return;
	session_unselect(session);
	session_untagged(session, "OK [CLOSED] Previous mailbox closed");
}

/* Takes the view over. */
static enum command_step enter(struct imap_session *session, struct command *command, struct store *store,
			       struct select_options *options, struct opening *opening)
{
	enum store_result result;

	session->selected = selected_create(opening->view, opening->found.name, opening->read_only);
	session->selected->rights = g_steal_pointer(&opening->found.rights);
	session_set_state(session, SESSION_SELECTED);
	claim_recent(session, store, opening);
	print_state(session, &opening->found, options->given);
	result = options->qresync ? print_resync(session, store, options) : STORE_OK;
	if (result != STORE_OK) {
		session_unselect(session);
		return command_store_failed(command, result, "mailbox");
	}
	return opening->read_only ? command_ok(command, "READ-ONLY", "Opened for reading")
				  : command_ok(command, "READ-WRITE", "Opened");
}

static enum command_step select_or_examine(struct imap_session *session, struct command *command,
					   struct store *store, bool read_only)
{
	struct select_options *options = command->state;
	struct opening opening = { .read_only = read_only };
	enum command_step step = STEP_DONE;

	if (options == NULL) {
		options = command->state = arena_new(command->arena, struct select_options);
		if (!read_options(session, command, options)) {
			if (command->reply == REPLY_NO)
				leave_selected(session);
			return STEP_DONE;
		}
	}
	if (store == NULL && !find_in_memory(session, options, &opening))
		return STEP_STORE;
	/* Also when the new one can't be opened (RFC 9051 6.3.2). */
	leave_selected(session);
	if (options->condstore)
		session->extensions |= EXTENSION_CONDSTORE;
	if (store == NULL || find_in_store(session, command, store, options, &opening))
		step = enter(session, command, store, options, &opening);
	mailbox_clear(&opening.found);
	return step;
}

enum command_step cmd_select(struct imap_session *session, struct command *command,
			     struct store *store)
{
	return select_or_examine(session, command, store, false);
}

enum command_step cmd_examine(struct imap_session *session, struct command *command,
			      struct store *store)
{
	return select_or_examine(session, command, store, true);
}
