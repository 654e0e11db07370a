#include "imap/search_context.h"

#include "imap/cmd_fetch.h"
#include "imap/commands.h"
#include "imap/search_eval.h"
#include "imap/search_return.h"
#include "imap/selected.h"

enum { MOST_CONTEXTS = 32 };

struct search_context {
	struct arena *arena;
	struct slice tag;
	bool is_uid, is_kept;
	bool names_mailbox;
	struct search_program program;
	GHashTable *uids;              /* the result as the client knows it */
	bool has_items;
	struct fetch_items items;      /* told of messages that arrive in it */
	struct sequence_set arrived;   /* UIDs of which they wait to be told */
	struct command *fetch;         /* tells them */
};

static void context_free(void *arg)
{
	struct search_context *context = arg;

	fetch_unasked_end(&context->fetch);
	sequence_set_clear(&context->arrived);
	g_clear_pointer(&context->uids, g_hash_table_unref);
	arena_destroy(&context->arena);
	g_free(context);
}

static void command_ended(void *arg)
{
	struct search_context *context = arg;

	if (!context->is_kept)
		context_free(context);
}

struct search_context *search_context_create(struct command *command, const struct search_return *wanted)
{
	struct search_context *context = g_new0(struct search_context, 1);
	struct args items;

	context->arena = arena_create();
	context->tag = slice_of(arena_copy(context->arena, command->tag.data, command->tag.len), command->tag.len);
	context->names_mailbox = command->row->run == cmd_esearch;
	context->is_uid = context->names_mailbox || command_is_uid(command);
	sequence_set_init(&context->arrived);
	context->has_items = wanted->has_update_items;
	items = args_copy(&wanted->update_items, context->arena);
	if (context->has_items)
		fetch_items_read(&items, &context->items);
	command_on_end(command, command_ended, context);
	return context;
}

struct args search_context_args(struct search_context *context, const struct args *args)
{
	return args_copy(args, context->arena);
}

void search_context_refuse(struct imap_session *session, const struct command *command,
			   const char *text)
{
	GString *out = session_text(session);

	g_string_append(out, "* NO [NOUPDATE ");
	quote_string(out, command->tag, QUOTE_ASCII);
	g_string_append_printf(out, "] %s\r\n", text);
}

static struct search_context *find(const struct selected *selected, struct slice tag)
{
	for (guint i = 0; selected->contexts != NULL && i < selected->contexts->len; i++) {
		struct search_context *context = selected->contexts->pdata[i];

		if (slice_equal(context->tag, tag))
			return context;
	}
	return NULL;
}

bool search_context_is_known(const struct imap_session *session, struct slice tag)
{
	return find(session->selected, tag) != NULL;
}

/* Message numbers and `$` are those of the moment of the command (RFC 5267 4.3): they become
 * UIDs.  The program has been run, so they resolve. */
static void fix_sets(struct imap_session *session, struct command *command, struct arena *arena,
		     struct search_key *keys)
{
	for (struct search_key *key = keys; key != NULL; key = key->next) {
		struct sequence_set *seqs, *uids;

		fix_sets(session, command, arena, key->children);
		if (key->kind != SEARCH_SEQUENCE && !(key->kind == SEARCH_UID && key->set.is_saved))
			continue;
		seqs = arena_new(command->arena, struct sequence_set);
		uids = arena_new(command->arena, struct sequence_set);
		selected_resolve_wide(session->selected->view, command,
				      key->set.is_saved ? &session->selected->saved : &key->set,
				      key->set.is_saved || key->kind == SEARCH_UID, seqs);
		selected_uids(session, command, seqs, uids);
		key->kind = SEARCH_UID;
		key->set = (struct sequence_set){
			.ranges = arena_new_array(arena, struct uid_range, MAX(uids->count, 1)),
			.count = uids->count, .in_arena = true,
		};
		for (size_t i = 0; i < uids->count; i++)
			key->set.ranges[i] = uids->ranges[i];
	}
}

void search_context_keep(struct imap_session *session, struct command *command,
			 struct search_context *context, const struct search_program *program,
			 const struct sequence_set *seqs)
{
	struct selected *selected = session->selected;

	if (program->uses_recent) {
		search_context_refuse(session, command, "\\Recent means something now alone");
		return;
	}
	if (selected->contexts != NULL && selected->contexts->len >= MOST_CONTEXTS) {
		search_context_refuse(session, command, "Too many searches are kept up to date");
		return;
	}
	context->program = *program;
	fix_sets(session, command, context->arena, context->program.root.children);
	context->uids = g_hash_table_new(NULL, NULL);
	for (size_t i = 0; i < seqs->count; i++)
		for (uint32_t seq = seqs->ranges[i].first; seq <= seqs->ranges[i].last; seq++)
			g_hash_table_add(context->uids, GUINT_TO_POINTER(view_entry(selected->view, seq)->uid));
	if (selected->contexts == NULL)
		selected->contexts = g_ptr_array_new_with_free_func(context_free);
	context->is_kept = true;
	g_ptr_array_add(selected->contexts, context);
}

/* Telling.  A search has no order of its own, so the position is 0 (RFC 5267 4.3.2). */

static void begin_reply(struct imap_session *session, GString *out, const struct search_context *context)
{
	g_string_append(out, "* ESEARCH (TAG ");
	quote_string(out, context->tag, QUOTE_ASCII);
	if (context->names_mailbox)
		search_return_print_mailbox(session, session->selected->name, view_uidvalidity(session->selected->view));
	g_string_append(out, context->is_uid ? ") UID" : ")");
}

static void print_change(GString *out, const char *word, const struct sequence_set *numbers)
{
	if (numbers->count == 0)
		return;
	g_string_append_printf(out, " %s (0 ", word);
	sequence_set_format(numbers, out);
	g_string_append_c(out, ')');
}

static void tell(struct imap_session *session, const struct search_context *context,
		 const struct sequence_set *removed, const struct sequence_set *added)
{
	GString *out = session_text(session);

	if (removed->count == 0 && added->count == 0)
		return;
	begin_reply(session, out, context);
	print_change(out, "REMOVEFROM", removed);
	print_change(out, "ADDTO", added);
	g_string_append(out, "\r\n");
}

/* What vanishes. */

struct vanishing {
	struct search_context *context;
	struct sequence_set removed;
};

static void on_vanished(void *arg, uint32_t uid, uint32_t old_seq)
{
	struct vanishing *vanishing = arg;
	uint32_t number = vanishing->context->is_uid ? uid : old_seq;

	if (g_hash_table_remove(vanishing->context->uids, GUINT_TO_POINTER(uid)))
		sequence_set_add(&vanishing->removed, number, number);
}

void search_context_before_expunges(struct imap_session *session, const struct view *old_view,
				    const struct view *new_view)
{
	static const struct view_diff diff = { .vanished = on_vanished };
	const GPtrArray *contexts = session->selected->contexts;
	struct sequence_set none;

	sequence_set_init(&none);
	for (guint i = 0; contexts != NULL && i < contexts->len; i++) {
		struct vanishing vanishing = { .context = contexts->pdata[i] };

		sequence_set_init(&vanishing.removed);
		view_compare(old_view, new_view, &diff, &vanishing);
		tell(session, vanishing.context, &vanishing.removed, &none);
		sequence_set_clear(&vanishing.removed);
	}
}

/* What comes and changes. */

static void compare(struct imap_session *session, struct search_context *context,
		    const struct sequence_set *touched, const struct sequence_set *arrived,
		    const struct sequence_set *found)
{
	const struct view *view = session->selected->view;
	struct sequence_set added, removed;

	sequence_set_init(&added);
	sequence_set_init(&removed);
	for (size_t i = 0; i < touched->count; i++) {
		for (uint32_t seq = touched->ranges[i].first; seq <= touched->ranges[i].last; seq++) {
			uint32_t uid = view_entry(view, seq)->uid, number = context->is_uid ? uid : seq;
			bool is_in = sequence_set_contains(found, seq);

			if (is_in && g_hash_table_add(context->uids, GUINT_TO_POINTER(uid))) {
				sequence_set_add(&added, number, number);
				if (context->has_items && sequence_set_contains(arrived, seq))
					sequence_set_add(&context->arrived, uid, uid);
			} else if (!is_in && g_hash_table_remove(context->uids, GUINT_TO_POINTER(uid)))
				sequence_set_add(&removed, number, number);
		}
	}
	tell(session, context, &removed, &added);
	sequence_set_clear(&added);
	sequence_set_clear(&removed);
}

/* False when it can't be kept up to date any more. */
static bool update(struct imap_session *session, struct store *store,
		   struct search_context *context, const struct sequence_set *touched,
		   const struct sequence_set *arrived)
{
	static const struct command_row row = { "UPDATE", NULL, ANY_STATE, CMD_STORE | CMD_UID };
	struct arena *arena = arena_create();
	struct command command = { .row = &row, .tag = context->tag, .arena = arena };
	struct search *search = search_create(session, &command, &context->program);
	enum store_result failure;
	struct sequence_set found;
	bool done = false;

	sequence_set_init(&found);
	if (search != NULL) {
		search_limit(search, touched);
		done = search_run(search, store, &found, &failure) == SEARCH_DONE;
	}
	if (done)
		compare(session, context, touched, arrived, &found);
	else
		search_context_refuse(session, &command, "The search can't be kept up to date any more");
	sequence_set_clear(&found);
	command_end(&command);
	arena_destroy(&arena);
	return done;
}

void search_context_update(struct imap_session *session, struct store *store,
			   const struct sequence_set *touched, const struct sequence_set *arrived)
{
	GPtrArray *contexts = session->selected->contexts;

	if (contexts == NULL || touched->count == 0)
		return;
	for (guint i = 0; i < contexts->len;) {
		if (update(session, store, contexts->pdata[i], touched, arrived))
			i++;
		else
			g_ptr_array_remove_index(contexts, i);
	}
}

bool search_context_is_waiting(const struct imap_session *session)
{
	const GPtrArray *contexts = session->selected != NULL ? session->selected->contexts : NULL;

	for (guint i = 0; contexts != NULL && i < contexts->len; i++)
		if (((const struct search_context *)contexts->pdata[i])->arrived.count > 0)
			return true;
	return false;
}

enum command_step search_context_tell(struct imap_session *session, struct store *store)
{
	const GPtrArray *contexts = session->selected != NULL ? session->selected->contexts : NULL;

	for (guint i = 0; contexts != NULL && i < contexts->len && !session->in_literal; i++) {
		struct search_context *context = contexts->pdata[i];

		if (context->arrived.count == 0)
			continue;
		if (fetch_unasked(session, store, &context->items, &context->arrived, &context->fetch) == STEP_MORE)
			return STEP_MORE;
		sequence_set_clear(&context->arrived);
	}
	return STEP_DONE;
}

/* `CANCELUPDATE "tag" "tag"` */
enum command_step cmd_cancelupdate(struct imap_session *session, struct command *command,
				   struct store *store)
{
	struct selected *selected = session->selected;
	struct args given = command->args;
	struct slice tag;

	(void)store;
	do {
		if (!args_string(&given, &tag)) {
			command->args.error = given.error;
			return command_bad_args(command);
		}
		if (find(selected, tag) == NULL)
			return command_bad(command, "No search of that tag is kept up to date");
	} while (!args_at_end(&given));
	while (!args_at_end(&command->args)) {
		struct search_context *context;

		args_string(&command->args, &tag);
		context = find(selected, tag);
		if (context != NULL)
			g_ptr_array_remove(selected->contexts, context);
	}
	return command_ok(command, NULL, "No longer kept up to date");
}
