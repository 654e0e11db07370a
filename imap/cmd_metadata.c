/* GETMETADATA and SETMETADATA (RFC 5464), with the special use of own mailboxes (RFC 6154
 * 4).  The server's shared entries are the administrator's; everybody may read them. */
#include "imap/commands.h"

#include "imap/lookup.h"
#include "imap/metadata.h"
#include "imap/rights.h"

enum { MOST_CHANGES = 1000, LARGEST_VALUE = 64 * 1024 };

/* `(MAXSIZE 1024 DEPTH infinity)` */
static bool read_options(struct args *args, struct metadata_query *query)
{
	struct args list;

	args_list(args, &list);
	while (!args_at_end(&list)) {
		if (args_take_word(&list, "MAXSIZE")) {
			query->has_max_size = true;
			if (!args_number(&list, 0, UINT32_MAX, &query->max_size))
				return args_fail(args, list.error);
		} else if (args_take_word(&list, "DEPTH")) {
			if (args_take_word(&list, "infinity"))
				query->depth = -1;
			else if (args_take_word(&list, "1"))
				query->depth = 1;
			else if (!args_take_word(&list, "0"))
				return args_fail(args, "DEPTH is 0, 1 or infinity");
		} else {
			return args_fail(args, "GETMETADATA knows the options MAXSIZE and DEPTH");
		}
	}
	return true;
}

/* The options stand in front of the mailbox in the RFC's grammar and behind it in its
 * examples; clients do either. */
static bool read_query(struct imap_session *session, struct command *command, struct slice *name_out,
		       struct metadata_query *query)
{
	struct args *args = &command->args;

	if (args_is_list(args) && !read_options(args, query))
		goto bad;
	if (!session_read_mailbox(session, command, name_out))
		return false;
	if (args_is_list(args) && args->next->next != NULL && !read_options(args, query))
		goto bad;
	if (!metadata_read_entries(args, query) || !args_end(args))
		goto bad;
	return true;
bad:
	command_bad_args(command);
	return false;
}

/* The mailbox whose annotations are meant; the empty name is the server.  False with the
 * reply decided. */
static bool find(struct imap_session *session, struct command *command, struct store *store,
		 struct slice name, struct mailbox *mailbox)
{
	enum store_result result;

	if (name.len == 0)
		return true;
	result = lookup_name(session, store, name, mailbox);
	if (result != STORE_OK) {
		command_store_failed(command, result, "mailbox");
		return false;
	}
	if (metadata_may(mailbox))
		return true;
	lookup_refuse(command, mailbox);
	return false;
}

enum command_step cmd_getmetadata(struct imap_session *session, struct command *command,
				  struct store *store)
{
	struct metadata_query query = { 0 };
	struct mailbox mailbox = { 0 };
	enum store_result result;
	uint64_t longest = 0;
	struct slice name;

	if (!read_query(session, command, &name, &query))
		return STEP_DONE;
	if (find(session, command, store, name, &mailbox)) {
		result = metadata_print(session, store, name.len > 0 ? &mailbox : NULL, &query, &longest);
		if (result != STORE_OK)
			command_store_failed(command, result, "annotation");
		else if (longest > 0)
			command_ok(command, arena_printf(command->arena, "METADATA LONGENTRIES %" G_GUINT64_FORMAT,
							 longest), "Done, but for long values");
		else
			command_ok(command, NULL, "Done");
	}
	mailbox_clear(&mailbox);
	return STEP_DONE;
}

/* SETMETADATA. */

struct changes {
	struct annotation_change *list;
	size_t count;
	bool sets_use, has_shared;
	unsigned use;
};

/* `\Sent \Archive`; NULL data: none. */
static bool read_use(struct slice words, unsigned *use_out)
{
	g_autofree char *text = slice_dup(words);
	g_auto(GStrv) names = g_strsplit_set(text, " ", -1);

	*use_out = 0;
	for (size_t i = 0; names[i] != NULL; i++) {
		unsigned use = lookup_read_use(slice_from_string(names[i]));

		if (use == 0 && *names[i] != '\0')
			return false;
		*use_out |= use;
	}
	return true;
}

/* At least two components, and four where it is a vendor's (RFC 5464 3.2). */
static bool is_deep_enough(const char *entry)
{
	const char *rest = strchr(entry + 1, '/');

	if (rest == NULL)
		return false;
	if (!g_str_equal(rest, "/vendor") && !g_str_has_prefix(rest, "/vendor/"))
		return true;
	rest = strchr(rest + 1, '/');
	return rest != NULL && strchr(rest + 1, '/') != NULL;
}

/* One entry and its value; false with the reply decided. */
static bool read_change(struct command *command, struct args *list, struct changes *changes)
{
	struct annotation_change *change = &changes->list[changes->count];

	change->entry = metadata_read_entry(list);
	if (change->entry == NULL || !args_nstring(list, &change->value) || !is_deep_enough(change->entry)) {
		args_fail(&command->args, list->error != NULL ? list->error :
			  "An entry is below /private or /shared, a vendor's below /vendor and its name");
		command_bad_args(command);
		return false;
	}
	if (change->value.len > LARGEST_VALUE) {
		command_no(command, arena_printf(command->arena, "METADATA MAXSIZE %d", LARGEST_VALUE),
			   "The value is too large");
		return false;
	}
	changes->has_shared |= g_str_has_prefix(change->entry, "/shared/");
	if (!g_str_equal(change->entry, METADATA_SPECIAL_USE)) {
		changes->count++;
		return true;
	}
	changes->sets_use = true;
	if (!read_use(change->value, &changes->use)) {
		command_no(command, "USEATTR", "This special use is not known here");
		return false;
	}
	return true;
}

static bool read_changes(struct command *command, struct changes *changes)
{
	struct args list;

	changes->list = arena_new_array(command->arena, struct annotation_change, MOST_CHANGES);
	if (!args_list(&command->args, &list) || !args_end(&command->args) || args_at_end(&list)) {
		args_fail(&command->args, "SETMETADATA takes a list of entries and values");
		command_bad_args(command);
		return false;
	}
	while (!args_at_end(&list)) {
		if (changes->count == MOST_CHANGES) {
			command_no(command, "METADATA TOOMANY", "Too many entries");
			return false;
		}
		if (!read_change(command, &list, changes))
			return false;
	}
	return true;
}

/* All or nothing. */
static enum store_result set(struct imap_session *session, struct store *store, struct mailbox_ref ref,
			     const struct changes *changes)
{
	enum store_result result = store_begin(store);

	if (result == STORE_OK && changes->sets_use)
		result = mailbox_set_use(store, ref, changes->use);
	if (result == STORE_OK && changes->count > 0)
		result = annotation_set(store, ref, session->account_id, changes->list, changes->count);
	if (result == STORE_OK)
		return store_commit(store);
	store_rollback(store);
	return result;
}

static enum command_step apply(struct imap_session *session, struct command *command,
			       struct store *store, const struct mailbox *mailbox,
			       const struct changes *changes)
{
	bool is_server = mailbox->ref.mailbox_id == 0;
	struct mailbox_ref ref = is_server ? (struct mailbox_ref){ session->account_id, 0 } : mailbox->ref;
	enum store_result result;

	if (is_server && changes->has_shared)
		return command_no(command, "NOPERM", "The server's shared annotations are the administrator's");
	if (changes->has_shared && !rights_have(mailbox->rights, "w"))
		return lookup_refuse(command, mailbox);
	if (changes->sets_use && (is_server || mailbox->owner != NULL))
		return command_no(command, "NOPERM", "Only an own mailbox has a special use");
	result = set(session, store, ref, changes);
	switch (result) {
	case STORE_OK: return command_ok(command, NULL, "Done");
	case STORE_LIMIT: return command_no(command, "METADATA TOOMANY", "Too many annotations");
	case STORE_CONFLICT: return command_no(command, "USEATTR", "Another mailbox has that special use");
	default: return command_store_failed(command, result, "annotation");
	}
}

enum command_step cmd_setmetadata(struct imap_session *session, struct command *command,
				  struct store *store)
{
	struct mailbox mailbox = { 0 };
	struct changes changes = { 0 };
	struct slice name;

	if (!session_read_mailbox(session, command, &name) || !read_changes(command, &changes))
		return STEP_DONE;
	if (find(session, command, store, name, &mailbox))
		apply(session, command, store, &mailbox, &changes);
	mailbox_clear(&mailbox);
	return STEP_DONE;
}
