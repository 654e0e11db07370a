/* FETCH and UID FETCH (RFC 9051 6.4.5; CHANGEDSINCE and VANISHED: RFC 7162 3.1.4,
 * 3.2.6).  One message after another: simple items, then sections, each resumable
 * where the output reaches its mark. */
#include "imap/commands.h"

#include "imap/cmd_fetch.h"
#include "imap/fetch_items.h"
#include "imap/fetch_print.h"
#include "imap/fetch_section.h"
#include "imap/loader.h"
#include "imap/message_limit.h"
#include "imap/search_return.h"
#include "imap/selected.h"

/* What a network thread reads for sections that are not plain. */
enum { MOST_READ_AT_HOME = 4 * 1024 * 1024 };

struct fetch {
	struct imap_session *session;
	struct command *command;
	struct fetch_items items;
	struct sequence_set seqs;
	uint64_t changed_since;
	bool has_changed_since, vanished;
	struct search_return window;       /* PARTIAL (RFC 9394) */
	struct loader *loader;
	bool has_begun;                    /* with the current message */
	bool is_open;                      /* its reply is begun: there is no empty one */
	bool space;
	const struct fetch_section *next;  /* section to send */
	struct part_index *index;          /* of the current message, when sections need it */
	struct section_sender *sender;
	uint64_t read;                     /* octets, for sections that are not plain */
	struct sequence_set given_uids;    /* for VANISHED (EARLIER) */
	GArray *seen;                      /* struct flags_row: \Seen is our doing, by UID */
	uint64_t seen_modseq;
	uint32_t seen_up_to;               /* \Seen has been stored for message numbers up to this */
	bool unknown_cte, missing, vanished_told;
};

static void destroy_fetch(void *arg)
{
	struct fetch *fetch = arg;

	fetch_section_destroy(&fetch->sender);
	part_index_destroy(&fetch->index);
	sequence_set_clear(&fetch->given_uids);
	if (fetch->seen != NULL)
		g_array_unref(fetch->seen);
	if (fetch->loader != NULL)
		loader_destroy(fetch->loader);
}

/* `(CHANGEDSINCE 5 VANISHED PARTIAL 1:100)` */
static bool read_modifiers(struct fetch *fetch, struct args *args)
{
	struct args list;

	if (args_at_end(args))
		return true;
	if (!args_list(args, &list))
		return false;
	while (!args_at_end(&list)) {
		if (args_take_word(&list, "CHANGEDSINCE")) {
			if (!args_number(&list, 1, INT64_MAX, &fetch->changed_since))
				return args_fail(args, list.error);
			fetch->has_changed_since = true;
		} else if (args_take_word(&list, "VANISHED")) {
			fetch->vanished = true;
		} else if (fetch->window.options == 0 && args_take_word(&list, "PARTIAL")) {
			fetch->window.options = RETURN_PARTIAL;
			if (!search_return_read_window(&list, &fetch->window))
				return args_fail(args, list.error);
		} else {
			return args_fail(args, "Unknown modifier of FETCH");
		}
	}
	if (fetch->vanished &&
	    (!command_is_uid(fetch->command) || !fetch->has_changed_since ||
	     !session_has(fetch->session, EXTENSION_QRESYNC)))
		return args_fail(args, "VANISHED needs UID FETCH, CHANGEDSINCE and ENABLE QRESYNC");
	return args_end(args);
}

static unsigned needs_of(const struct fetch *fetch)
{
	unsigned needs = fetch_needs_facts(fetch->items.simple) ? LOAD_FACTS : 0;

	if (fetch->items.sections != NULL)
		needs |= LOAD_FACTS | LOAD_OCTETS | LOAD_PREFIX;
	return needs;
}

static bool is_wanted(void *arg, const struct view_entry *entry, uint32_t seq)
{
	const struct fetch *fetch = arg;

	(void)seq;
	return !fetch->has_changed_since || entry->modseq > fetch->changed_since;
}

/* The window counts the messages named; CHANGEDSINCE then leaves some of them (RFC 9394 3.4). */
static void apply_window(struct fetch *fetch)
{
	struct sequence_set window;
	size_t first, behind, at = 0;

	sequence_set_init(&window);
	if (!search_return_window(&fetch->window, sequence_set_size(&fetch->seqs), &first, &behind))
		first = behind = 0;
	for (size_t i = 0; i < fetch->seqs.count; i++) {
		const struct uid_range *range = &fetch->seqs.ranges[i];
		size_t end = at + range->last - range->first + 1;
		size_t from = MAX(at, first), to = MIN(end, behind);

		if (from < to)
			sequence_set_add(&window, range->first + (uint32_t)(from - at), range->first + (uint32_t)(to - at) - 1);
		at = end;
	}
	sequence_set_clear(&fetch->seqs);
	fetch->seqs = window;
}

static bool start(struct imap_session *session, struct command *command, struct fetch *fetch)
{
	struct sequence_set given;

	if (!args_sequence_set(&command->args, &given) ||
	    !fetch_items_read(&command->args, &fetch->items) || !read_modifiers(fetch, &command->args)) {
		command_bad_args(command);
		return false;
	}
	if (fetch->window.options != 0 &&
	    message_limit_refuses(session, command, search_return_window_width(&fetch->window)))
		return false;
	if (fetch->vanished) {
		sequence_set_copy(&given, &fetch->given_uids);
		sequence_set_resolve(&fetch->given_uids, view_uidnext(session->selected->view) - 1);
	}
	if (!selected_resolve(session, command, &given, command_is_uid(command), &fetch->seqs))
		return false;
	if (fetch->window.options != 0)
		apply_window(fetch);
	message_limit_cut(session, command, &fetch->seqs);
	/* UIDFETCH begins with it. */
	if (command_is_uid(command) && !session_has(session, EXTENSION_UIDONLY))
		fetch->items.simple |= FETCH_UID;
	if (fetch->has_changed_since)
		fetch->items.simple |= FETCH_MODSEQ;
	if (fetch->items.simple & FETCH_MODSEQ)
		selected_enable_condstore(session);
	fetch->items.sets_seen &= !session->selected->is_read_only && selected_may(session->selected, "s");
	fetch->loader = loader_create(session, session->selected->view, &fetch->seqs, needs_of(fetch));
	loader_set_filter(fetch->loader, is_wanted, fetch);
	return true;
}

/* VANISHED (EARLIER) comes before the first FETCH. */
static enum store_result tell_vanished(struct fetch *fetch, struct store *store)
{
	struct uid_list vanished = { 0 };
	enum store_result result;

	result = message_vanished(store, fetch->session->selected->ref, fetch->changed_since, &vanished);
	if (result == STORE_OK)
		selected_print_vanished(fetch->session, uid_list_set(&vanished), &fetch->given_uids);
	uid_list_clear(&vanished);
	fetch->vanished_told = true;
	return result;
}

/* \Seen for the rest of the batch in one go. */
static enum store_result store_seen(struct fetch *fetch, struct store *store)
{
	struct flag_change change = {
		.mode = FLAGS_ADD, .flags.system = MESSAGE_SEEN, .unchanged_since = UINT64_MAX,
	};
	struct uid_list unseen = { 0 };
	struct flags_changed changed = { 0 };
	enum store_result result = STORE_OK;
	size_t count;
	const struct loaded *rest = loader_rest(fetch->loader, &count);

	for (size_t i = 0; i < count; i++) {
		if (!(rest[i].entry->flags & MESSAGE_SEEN) && !rest[i].is_missing)
			uid_list_add(&unseen, rest[i].entry->uid);
		fetch->seen_up_to = rest[i].seq;
	}
	change.uids = uid_list_set(&unseen);
	if (change.uids.count > 0)
		result = message_store_flags(store, fetch->session->selected->ref, &change, &changed);
	if (fetch->seen != NULL)
		g_array_unref(fetch->seen);
	fetch->seen = result == STORE_OK && changed.changed != NULL ? g_array_ref(changed.changed) : NULL;
	fetch->seen_modseq = changed.modseq;
	if (fetch->seen != NULL)
		selected_tell_keywords(fetch->session, (const char *const *)changed.keywords);
	selected_want(fetch->session, fetch->session->selected->ref, changed.modseq);
	flags_changed_clear(&changed);
	uid_list_clear(&unseen);
	return result;
}

static bool needs_seen(const struct fetch *fetch, const struct loaded *loaded)
{
	return fetch->items.sets_seen && loaded->seq > fetch->seen_up_to && !(loaded->entry->flags & MESSAGE_SEEN);
}

/* The entry as it is after our own \Seen; true when that changed it. */
static bool apply_seen(const struct fetch *fetch, struct view_entry *entry)
{
	for (guint i = 0; fetch->seen != NULL && i < fetch->seen->len; i++) {
		const struct flags_row *row = &g_array_index(fetch->seen, struct flags_row, i);

		if (row->uid != entry->uid)
			continue;
		entry->flags = row->flags;
		entry->modseq = fetch->seen_modseq;
		return true;
	}
	return false;
}

static void open_reply(struct fetch *fetch, const struct loaded *loaded)
{
	fetch_print_begin(fetch->session, loaded->entry, loaded->seq);
	fetch->is_open = true;
}

static void begin_message(struct fetch *fetch, const struct loaded *loaded)
{
	struct imap_session *session = fetch->session;
	const struct content_facts *facts =
		loaded->facts != NULL ? content_value_facts(loaded->facts) : NULL;
	struct view_entry entry = *loaded->entry;
	unsigned items = fetch->items.simple;

	if (apply_seen(fetch, &entry)) {
		items |= fetch_print_flag_items(session);
		selected_mark_told(session->selected, entry.uid, entry.flags, entry.modseq);
	}
	fetch->is_open = fetch->space = false;
	if (items != 0) {
		open_reply(fetch, loaded);
		fetch->space = fetch_print_items(session, &entry, facts, items, false);
	}
	fetch->next = fetch->items.sections;
	fetch->has_begun = true;
}

static void end_message(struct fetch *fetch)
{
	if (fetch->is_open)
		g_string_append(session_text(fetch->session), ")\r\n");
	part_index_destroy(&fetch->index);
	fetch->has_begun = false;
	loader_next(fetch->loader);
}

/* One step of one section; one that can't be told leaves no trace. */
static enum section_sent send_section(struct fetch *fetch, struct store *store,
				      const struct loaded *loaded)
{
	GString *out = session_text(fetch->session);
	enum section_sent sent;
	gsize before = out->len;
	bool was_open = fetch->is_open;

	if (fetch->sender != NULL)
		return fetch_section_continue(&fetch->sender, store);
	if (!was_open)
		open_reply(fetch, loaded);
	if (fetch->space)
		g_string_append_c(out, ' ');
	sent = fetch_section_begin(fetch->session, store, loaded, fetch->index, fetch->next,
				   &fetch->sender);
	if (sent == SECTION_CTE || sent == SECTION_GONE ||
	    (sent == SECTION_NEEDS_STORE && fetch->sender == NULL)) {
		g_string_truncate(out, before);
		fetch->is_open = was_open;
	} else {
		fetch->space = true;
	}
	return sent;
}

/* STEP_DONE: the message is in the output; else what has to happen first. */
static enum command_step send_message(struct fetch *fetch, struct store *store,
				      const struct loaded *loaded)
{
	if (!fetch->has_begun)
		begin_message(fetch, loaded);
	for (; fetch->next != NULL; fetch->next = fetch->next->next) {
		enum section_sent sent = send_section(fetch, store, loaded);

		fetch->session->in_literal = fetch->sender != NULL || sent == SECTION_BROKEN;
		switch (sent) {
		case SECTION_SENT:
			break;
		case SECTION_MORE:
			return STEP_MORE;
		case SECTION_CTE:
			fetch->unknown_cte = true;
			break;
		case SECTION_GONE:
			fetch->missing = true;
			break;
		case SECTION_BROKEN:
			fetch->session->worker_bye = "Stored octets can't be read; try again later";
			return STEP_DONE;
		case SECTION_NEEDS_STORE:
			return STEP_STORE;
		}
	}
	end_message(fetch);
	return STEP_DONE;
}

/* What sections are found with; false when the message is not there, or its index is
 * damaged. */
static bool open_index(struct fetch *fetch, const struct loaded *loaded)
{
	if (loaded->is_missing)
		return false;
	if (fetch->items.sections == NULL || fetch->index != NULL)
		return true;
	fetch->index = part_index_over_blob(content_value_facts(loaded->facts)->part_index);
	return fetch->index != NULL;
}

static enum command_step finish(struct fetch *fetch)
{
	struct command *command = fetch->command;

	if (fetch->unknown_cte)
		return command_no(command, "UNKNOWN-CTE", "A part has an unknown transfer encoding");
	if (fetch->missing)
		return command_no(command, "EXPUNGEISSUED", "Some of the messages no longer exist");
	return command_ok(command, NULL, "Fetched");
}

/* Octets to be read for a section. */
static uint64_t reads(const struct fetch_section *section, const struct content_facts *facts)
{
	bool is_top_header = section->kind == FETCH_SECTION_TEXT && section->spec.path_len == 0;

	return section->is_plain ? 0 : is_top_header ? facts->header_size : facts->size;
}

/* True when a network thread has done enough for this command. */
static bool is_too_much(struct fetch *fetch, const struct loaded *loaded)
{
	for (const struct fetch_section *section = fetch->items.sections; section != NULL && !fetch->has_begun &&
	     !loaded->is_missing; section = section->next)
		fetch->read += reads(section, content_value_facts(loaded->facts));
	return fetch->read > MOST_READ_AT_HOME;
}

static enum command_step walk(struct fetch *fetch, struct store *store)
{
	enum store_result failure;
	enum command_step step;
	const struct loaded *loaded;

	for (;;) {
		if (output_is_full(fetch->session->output))
			return STEP_MORE;
		switch (loader_get(fetch->loader, store, &loaded, &failure)) {
		case LOADER_END: return finish(fetch);
		case LOADER_NO_STORE: return STEP_STORE;
		case LOADER_FAILED: return command_store_failed(fetch->command, failure, "message");
		case LOADER_HAVE: break;
		}
		if (store == NULL && (needs_seen(fetch, loaded) || is_too_much(fetch, loaded)))
			return STEP_STORE;
		if (needs_seen(fetch, loaded)) {
			failure = store_seen(fetch, store);
			if (failure != STORE_OK)
				return command_store_failed(fetch->command, failure, "mailbox");
		}
		if (!open_index(fetch, loaded)) {
			fetch->missing = true;
			loader_next(fetch->loader);
			continue;
		}
		step = send_message(fetch, store, loaded);
		if (step != STEP_DONE)
			return step;
		if (fetch->session->in_literal)
			return STEP_DONE;
	}
}

static struct command *begin_unasked(struct imap_session *session, const struct fetch_items *items,
				     const struct sequence_set *uids)
{
	static const struct command_row row = { "NEWS FETCH", NULL, ANY_STATE, CMD_STORE | CMD_UID };
	struct arena *arena = arena_create();
	struct command *command = arena_new(arena, struct command);
	struct fetch *fetch = arena_new(arena, struct fetch);

	command->arena = arena;
	command->row = &row;
	command->state = fetch;
	fetch->session = session;
	fetch->command = command;
	command_on_end(command, destroy_fetch, fetch);
	fetch->items = *items;
	fetch->items.sets_seen = false;
	/* MODSEQ of whatever is told unasked (RFC 7162 3.2.4). */
	fetch->items.simple |= (session_has(session, EXTENSION_UIDONLY) ? 0 : FETCH_UID) |
			       (session_has(session, EXTENSION_CONDSTORE) ? FETCH_MODSEQ : 0);
	selected_resolve_wide(session->selected->view, command, uids, true, &fetch->seqs);
	fetch->loader = loader_create(session, session->selected->view, &fetch->seqs, needs_of(fetch));
	return command;
}

void fetch_unasked_end(struct command **command)
{
	struct arena *arena;

	if (*command == NULL)
		return;
	command_end(*command);
	arena = (*command)->arena;
	*command = NULL;
	arena_destroy(&arena);
}

enum command_step fetch_unasked(struct imap_session *session, struct store *store,
				const struct fetch_items *items, const struct sequence_set *uids,
				struct command **command)
{
	if (*command == NULL)
		*command = begin_unasked(session, items, uids);
	if (walk((*command)->state, store) == STEP_MORE)
		return STEP_MORE;
	fetch_unasked_end(command);
	return STEP_DONE;
}

enum command_step cmd_fetch(struct imap_session *session, struct command *command,
			    struct store *store)
{
	struct fetch *fetch = command->state;

	if (fetch == NULL) {
		fetch = command->state = arena_new(command->arena, struct fetch);
		fetch->session = session;
		fetch->command = command;
		command_on_end(command, destroy_fetch, fetch);
		if (!start(session, command, fetch))
			return STEP_DONE;
	}
	if (fetch->vanished && !fetch->vanished_told) {
		enum store_result result;

		if (store == NULL)
			return STEP_STORE;
		result = tell_vanished(fetch, store);
		if (result != STORE_OK)
			return command_store_failed(command, result, "mailbox");
	}
	return walk(fetch, store);
}
