/* STORE and UID STORE (RFC 9051 6.4.6; UNCHANGEDSINCE: RFC 7162 3.1.3). */
#include "imap/commands.h"

#include "imap/fetch_print.h"
#include "imap/flags.h"
#include "imap/message_limit.h"
#include "imap/rights.h"
#include "imap/selected.h"

struct store_request {
	struct sequence_set seqs, uids;
	struct flag_change change;
	bool silent, conditional;
};

static const struct {
	const char *word;
	enum flag_mode mode;
	bool silent;
} modes[] = {
	{ "FLAGS", FLAGS_REPLACE, false },
	{ "FLAGS.SILENT", FLAGS_REPLACE, true },
	{ "+FLAGS", FLAGS_ADD, false },
	{ "+FLAGS.SILENT", FLAGS_ADD, true },
	{ "-FLAGS", FLAGS_REMOVE, false },
	{ "-FLAGS.SILENT", FLAGS_REMOVE, true },
};

static bool read_mode(struct args *args, struct store_request *request)
{
	for (size_t i = 0; i < G_N_ELEMENTS(modes); i++) {
		if (!args_take_word(args, modes[i].word))
			continue;
		request->change.mode = modes[i].mode;
		request->silent = modes[i].silent;
		return true;
	}
	return args_fail(args, "STORE wants FLAGS, +FLAGS or -FLAGS, with or without .SILENT");
}

static bool read_modifiers(struct args *args, struct store_request *request)
{
	struct args list;

	request->change.unchanged_since = UINT64_MAX;
	if (!args_is_list(args))
		return true;
	args_list(args, &list);
	while (!args_at_end(&list)) {
		if (!args_take_word(&list, "UNCHANGEDSINCE"))
			return args_fail(args, "Unknown modifier of STORE");
		if (!args_number(&list, 0, INT64_MAX, &request->change.unchanged_since))
			return args_fail(args, list.error);
		request->conditional = true;
	}
	return true;
}

/* False with the reply decided. */
static bool read_request(struct imap_session *session, struct command *command,
			 struct store_request *request)
{
	struct args *args = &command->args;
	struct sequence_set given;
	enum flags_result flags;

	if (!args_sequence_set(args, &given) || !read_modifiers(args, request) ||
	    !read_mode(args, request)) {
		command_bad_args(command);
		return false;
	}
	flags = flags_read(args, true, &request->change.flags);
	if (flags == FLAGS_CANNOT)
		command_no(command, "CANNOT", "One of these flags can't be stored");
	else if (flags == FLAGS_BAD || !args_end(args))
		command_bad_args(command);
	else
		return selected_resolve(session, command, &given, command_is_uid(command), &request->seqs);
	return false;
}

static bool is_conflict(const struct flags_changed *changed, uint32_t uid)
{
	return uid_set_contains(uid_list_set(&changed->conflicts), uid);
}

/* The bits of these names in a mailbox. */
static uint64_t bits_of(const struct view *view, const struct flag_names *flags)
{
	uint64_t bits = flags->system;

	for (size_t i = 0; flags->keywords != NULL && flags->keywords[i] != NULL; i++)
		bits |= view_keyword_bit(view, slice_from_string(flags->keywords[i]));
	return bits;
}

/* What the client makes of the flags it knows when it is told nothing (.SILENT). */
static uint64_t expected_flags(uint64_t known, enum flag_mode mode, uint64_t bits)
{
	switch (mode) {
	case FLAGS_REPLACE: return bits;
	case FLAGS_ADD: return known | bits;
	case FLAGS_REMOVE: return known & ~bits;
	}
	g_assert_not_reached();
}

/* What the client is told at once, in its own message numbers, from the newest state.  False: all of the
 * messages are gone. */
static bool print_results(struct imap_session *session, struct store *store,
			  const struct store_request *request, const struct flags_changed *changed)
{
	struct selected *selected = session->selected;
	bool condstore = session_has(session, EXTENSION_CONDSTORE);
	unsigned items = fetch_print_flag_items(session) & ~(request->silent ? (unsigned)FETCH_FLAGS : 0);
	uint64_t bits;
	bool any = false;
	const struct view *newest = view_peek(imap_room_pool(session->room), selected->ref,
					      MAX(changed->modseq, view_modseq(selected->view)));

	/* Another session's change may not have reached the shared view yet, and ours behind it. */
	if (newest == NULL && view_open(store, selected->ref, &newest, NULL) != STORE_OK)
		newest = view_ref(selected->view);
	selected_tell_keywords(session, view_keywords(newest));
	bits = bits_of(newest, &request->change.flags);
	for (size_t i = 0; i < request->seqs.count; i++) {
		for (uint32_t seq = request->seqs.ranges[i].first; seq <= request->seqs.ranges[i].last; seq++) {
			const struct view_entry *known = view_entry(selected->view, seq);
			uint32_t there = view_seq(newest, known->uid);
			const struct view_entry *entry = there > 0 ? view_entry(newest, there) : NULL;
			bool own = entry != NULL && entry->modseq == changed->modseq;

			any |= entry != NULL;
			if (entry == NULL || is_conflict(changed, known->uid))
				continue;
			if (!request->silent || (condstore && own))
				fetch_print_flags(session, entry, seq, items);
			/* What another session has changed meanwhile is not silent. */
			if (!request->silent ||
			    (own && entry->flags == expected_flags(known->flags, request->change.mode, bits)))
				selected_mark_told(selected, known->uid, entry->flags, entry->modseq);
		}
	}
	view_unref(&newest);
	return any;
}

/* The set of MODIFIED: UIDs, or message numbers of the plain STORE. */
static const char *modified_code(struct imap_session *session, struct command *command,
				 const struct flags_changed *changed)
{
	struct uid_set conflicts = uid_list_set(&changed->conflicts);
	g_autoptr(GString) code = g_string_new("MODIFIED ");
	struct sequence_set shown;

	if (conflicts.count == 0)
		return NULL;
	sequence_set_init(&shown);
	for (size_t i = 0; i < conflicts.count; i++) {
		for (uint64_t uid = conflicts.ranges[i].first; uid <= conflicts.ranges[i].last; uid++) {
			uint32_t number = command_is_uid(command)
				? (uint32_t)uid : view_seq(session->selected->view, (uint32_t)uid);

			if (number > 0)
				sequence_set_add(&shown, number, number);
		}
	}
	sequence_set_format(&shown, code);
	sequence_set_clear(&shown);
	return arena_copy(command->arena, code->str, code->len);
}

/* Flags that may not be changed stay as they are; NO (and false) only when that is all of them
 * (RFC 4314 4). */
static bool limit_to_rights(struct imap_session *session, struct command *command,
			    struct store_request *request)
{
	const char *rights = session->selected->rights;
	struct flag_change *change = &request->change;
	bool has_keywords = change->flags.keywords != NULL && change->flags.keywords[0] != NULL;
	bool replaces = change->mode == FLAGS_REPLACE;

	if (rights == NULL)
		return true;
	change->limit_system = true;
	change->system_allowed = rights_system_flags(rights);
	change->keywords_forbidden = !rights_have(rights, "w");
	if ((replaces ? change->system_allowed : change->flags.system & change->system_allowed) != 0 ||
	    (!change->keywords_forbidden && (has_keywords || replaces)) ||
	    (!replaces && change->flags.system == 0 && !has_keywords))
		return true;
	command_no(command, "NOPERM", "You do not have the right to change these flags");
	return false;
}

enum command_step cmd_store(struct imap_session *session, struct command *command,
			    struct store *store)
{
	struct store_request *request = arena_new(command->arena, struct store_request);
	struct flags_changed changed = { 0 };
	enum store_result result;
	const char *code;
	bool any;

	if (!read_request(session, command, request))
		return STEP_DONE;
	if (request->conditional)
		selected_enable_condstore(session);
	message_limit_cut(session, command, &request->seqs);
	selected_uids(session, command, &request->seqs, &request->uids);
	if (request->uids.count == 0)
		return command_ok(command, NULL, "Nothing to store");
	if (!limit_to_rights(session, command, request))
		return STEP_DONE;
	request->change.uids = sequence_set_uids(&request->uids);
	result = message_store_flags(store, session->selected->ref, &request->change, &changed);
	if (result != STORE_OK) {
		flags_changed_clear(&changed);
		return result == STORE_LIMIT
			? command_no(command, "LIMIT", "The mailbox has too many keywords")
			: command_store_failed(command, result, "mailbox");
	}
	selected_want(session, session->selected->ref, changed.modseq);
	any = print_results(session, store, request, &changed);
	if (request->change.mode != FLAGS_REMOVE && session->selected->ref.account_id == session->account_id)
		imap_room_keywords_stored(session->room, store, session->selected->ref, request->change.uids,
					  request->change.flags.keywords);
	code = modified_code(session, command, &changed);
	flags_changed_clear(&changed);
	/* RFC 2180 4.2.2; a UID that is gone is no error. */
	if (!any && !request->silent && !command_is_uid(command))
		return command_no(command, "EXPUNGEISSUED", "The messages no longer exist");
	return command_ok(command, code, code != NULL ? "Stored, but for the modified" : "Stored");
}
