/* ESEARCH (RFC 7377): one search over many mailboxes, one reply for each in which something is
 * found.  Mailboxes that are not there or may not be read are passed over. */
#include "imap/commands.h"

#include "imap/lookup.h"
#include "imap/mailbox_scope.h"
#include "imap/rights.h"
#include "imap/search_command.h"
#include "imap/search_context.h"
#include "imap/selected.h"

enum { MOST_SCOPES = 100 };

struct target {
	struct mailbox_ref ref;
	char *name;
};

struct esearch {
	struct search_return wanted;
	struct search_program program;
	struct mailbox_scope scopes[MOST_SCOPES];
	size_t scope_count;
	GArray *targets;        /* of struct target */
	guint at;               /* the next one */
	struct search_context *context; /* RETURN (UPDATE) */
};

static void clear_target(void *target)
{
	g_free(((struct target *)target)->name);
}

static void destroy(void *arg)
{
	struct esearch *run = arg;

	g_array_unref(run->targets);
}

/* `IN (mailboxes (a b) subtree c)`; false with the reply decided. */
static bool read_source(struct imap_session *session, struct command *command, struct esearch *run)
{
	struct args list;

	if (!args_take_word(&command->args, "IN")) {
		run->scopes[run->scope_count++] = (struct mailbox_scope){ .kind = SCOPE_SELECTED };
		return true;
	}
	if (!args_list(&command->args, &list))
		goto bad;
	do {
		struct mailbox_scope *scope = &run->scopes[run->scope_count];
		enum mailbox_scope_result result;

		if (run->scope_count == MOST_SCOPES) {
			args_fail(&command->args, "Too many scopes");
			goto bad;
		}
		result = mailbox_scope_read(&list, session_names(session), scope);
		if (result == SCOPE_BAD_NAME) {
			command_no(command, "CANNOT", "A mailbox name has a character that can't be used");
			return false;
		}
		if (result == SCOPE_READ && scope->kind == SCOPE_SELECTED_DELAYED)
			args_fail(&list, "selected-delayed belongs to NOTIFY");
		if (list.error != NULL) {
			args_fail(&command->args, list.error);
			goto bad;
		}
		run->scope_count++;
	} while (!args_at_end(&list));
	return true;
bad:
	command_bad_args(command);
	return false;
}

static bool is_selected_alone(const struct esearch *run)
{
	for (size_t i = 0; i < run->scope_count; i++)
		if (run->scopes[i].kind != SCOPE_SELECTED)
			return false;
	return true;
}

static bool means_selected(const struct esearch *run)
{
	for (size_t i = 0; i < run->scope_count; i++)
		if (run->scopes[i].kind == SCOPE_SELECTED)
			return true;
	return false;
}

/* False with the reply decided. */
static bool read_program(struct imap_session *session, struct command *command, struct esearch *run)
{
	struct args args = command->args;

	if (run->wanted.options & RETURN_UPDATE) {
		if (search_context_is_known(session, command->tag)) {
			command_bad(command, "A search of that tag is kept up to date already");
			return false;
		}
		run->context = search_context_create(command, &run->wanted);
		args = search_context_args(run->context, &args);
	}
	if (!search_command_read(session, command, &args, NULL, &run->program)) {
		if (command->reply == REPLY_NO)
			search_found_forget(session, &run->wanted);
		return false;
	}
	if ((run->program.uses_numbers || run->program.uses_recent) && !is_selected_alone(run)) {
		command_bad(command, "Message numbers and \\Recent belong to the selected mailbox alone");
		return false;
	}
	if (run->program.uses_modseq)
		selected_enable_condstore(session);
	return true;
}

static bool read_request(struct imap_session *session, struct command *command, struct esearch *run)
{
	if (!read_source(session, command, run))
		return false;
	if (!search_return_read(&command->args, &run->wanted)) {
		command_bad_args(command);
		return false;
	}
	if (!run->wanted.is_extended)
		run->wanted = (struct search_return){ .is_extended = true, .options = RETURN_ALL };
	if (means_selected(run) && session->selected == NULL) {
		command_bad(command, "No mailbox is selected");
		return false;
	}
	if ((run->wanted.options & (RETURN_SAVE | RETURN_UPDATE)) != 0 && !is_selected_alone(run)) {
		command_bad(command, "SAVE and UPDATE belong to the selected mailbox alone");
		return false;
	}
	return read_program(session, command, run);
}

static void add_target(struct esearch *run, struct mailbox_ref ref, const char *name)
{
	struct target target = { ref, g_strdup(name) };

	g_array_append_val(run->targets, target);
}

static bool is_meant(const struct esearch *run, const struct mailbox *mailbox, GHashTable *subscribed)
{
	if (mailbox->noselect || !rights_have(mailbox->rights, "r"))
		return false;
	for (size_t i = 0; i < run->scope_count; i++)
		if (mailbox_scope_fits(&run->scopes[i], mailbox->name, subscribed))
			return true;
	return false;
}

static bool is_wide(const struct esearch *run)
{
	for (size_t i = 0; i < run->scope_count; i++)
		if (mailbox_scope_is_wide(&run->scopes[i]))
			return true;
	return false;
}

static bool is_target(const struct esearch *run, struct mailbox_ref ref)
{
	for (guint i = 0; i < run->targets->len; i++)
		if (mailbox_ref_equal(g_array_index(run->targets, struct target, i).ref, ref))
			return true;
	return false;
}

/* A mailbox that is named needs no right to be listed (RFC 7377 2.2). */
static void add_unlisted(struct imap_session *session, struct store *store, struct esearch *run,
			 struct slice name)
{
	struct mailbox mailbox = { 0 };

	if (lookup_is_shared(name) && lookup_mailbox(session, store, name, &mailbox) == STORE_OK &&
	    rights_have(mailbox.rights, "r") && !rights_have(mailbox.rights, "l") && !is_target(run, mailbox.ref))
		add_target(run, mailbox.ref, mailbox.name);
	mailbox_clear(&mailbox);
}

static enum store_result find_targets(struct imap_session *session, struct store *store,
				      struct esearch *run)
{
	g_autoptr(GHashTable) subscribed = g_hash_table_new(g_str_hash, g_str_equal);
	g_autoptr(GPtrArray) mailboxes = NULL;
	g_auto(GStrv) names = NULL;
	const struct selected *selected = means_selected(run) ? session->selected : NULL;
	enum store_result result;

	if (selected != NULL)
		add_target(run, selected->ref, selected->name);
	if (is_selected_alone(run))
		return STORE_OK;
	result = mailbox_list(store, session->account_id, &mailboxes);
	if (result == STORE_OK)
		result = mailbox_subscriptions(store, session->account_id, &names);
	if (result == STORE_OK && is_wide(run))
		result = lookup_list_shared(session, store, mailboxes);
	for (size_t i = 0; names != NULL && names[i] != NULL; i++)
		g_hash_table_add(subscribed, names[i]);
	for (guint i = 0; result == STORE_OK && i < mailboxes->len; i++) {
		const struct mailbox *mailbox = mailboxes->pdata[i];

		if ((selected == NULL || !mailbox_ref_equal(selected->ref, mailbox->ref)) &&
		    is_meant(run, mailbox, subscribed))
			add_target(run, mailbox->ref, mailbox->name);
	}
	for (size_t i = 0; result == STORE_OK && i < run->scope_count; i++)
		for (size_t k = 0; run->scopes[i].kind == SCOPE_MAILBOXES && k < run->scopes[i].name_count; k++)
			add_unlisted(session, store, run, run->scopes[i].names[k]);
	return result;
}

static void tell_found(struct imap_session *session, struct command *command, struct esearch *run,
		       const struct search_found *found)
{
	if (run->context != NULL)
		search_context_keep(session, command, run->context, &run->program, found->seqs);
	if (run->wanted.options & RETURN_SAVE)
		search_found_save(session, &run->wanted, found);
	/* Of a mailbox in which nothing is found nothing is told (RFC 7377 2.1). */
	if (found->seqs->count > 0 && search_return_tells_something(&run->wanted))
		search_found_tell(session, command->tag, &run->wanted, found);
}

/* The snapshot that the session knows, or the newest. */
static enum store_result open_view(struct imap_session *session, struct store *store,
				   const struct target *target, const struct view **view_out)
{
	const struct selected *selected = session->selected;

	if (selected == NULL || !mailbox_ref_equal(selected->ref, target->ref))
		return view_open(store, target->ref, view_out, NULL);
	*view_out = view_ref(selected->view);
	return STORE_OK;
}

/* False: the program does not fit, and the reply is decided. */
static bool search_one(struct imap_session *session, struct command *command, struct store *store,
		       struct esearch *run, const struct target *target, enum store_result *failure)
{
	struct arena *arena = arena_create();
	struct command part = { .row = command->row, .tag = command->tag, .arena = arena };
	const struct view *view = NULL;
	struct search *search = NULL;
	struct sequence_set seqs;

	sequence_set_init(&seqs);
	*failure = open_view(session, store, target, &view);
	if (*failure == STORE_OK)
		search = search_create_over(session, &part, &run->program, view);
	if (search != NULL && (run->wanted.options & RETURN_RELEVANCY) && !search_has_relevancy(search))
		command_bad(command, "RELEVANCY needs a FUZZY search");
	else if (search != NULL && search_run(search, store, &seqs, failure) == SEARCH_DONE)
		tell_found(session, command, run, &(struct search_found){
			.view = view, .seqs = &seqs, .search = search, .shows_modseq = run->program.uses_modseq,
			.is_uid = true, .mailbox = target->name });
	if (*failure == STORE_NOT_FOUND)
		*failure = STORE_OK;
	else if (*failure == STORE_OK && search == NULL)
		command_bad_code(command, part.code, part.text);
	sequence_set_clear(&seqs);
	command_end(&part);
	view_unref(&view);
	arena_destroy(&arena);
	return command->reply != REPLY_BAD;
}

enum command_step cmd_esearch(struct imap_session *session, struct command *command,
			      struct store *store)
{
	struct esearch *run = command->state;
	enum store_result failure;

	if (run == NULL) {
		run = command->state = arena_new(command->arena, struct esearch);
		run->targets = g_array_new(FALSE, FALSE, sizeof(struct target));
		g_array_set_clear_func(run->targets, clear_target);
		command_on_end(command, destroy, run);
		if (!read_request(session, command, run))
			return STEP_DONE;
		failure = find_targets(session, store, run);
		if (failure != STORE_OK)
			return command_store_failed(command, failure, "list");
	}
	for (; run->at < run->targets->len; run->at++) {
		if (output_is_full(session->output))
			return STEP_MORE;
		if (!search_one(session, command, store, run, &g_array_index(run->targets, struct target, run->at),
				&failure))
			return STEP_DONE;
		if (failure != STORE_OK) {
			search_found_forget(session, &run->wanted);
			return command_store_failed(command, failure, "mailbox");
		}
	}
	return command_ok(command, NULL, "Searched");
}
