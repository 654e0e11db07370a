/* CREATE (with USE: RFC 6154), DELETE, RENAME, SUBSCRIBE, UNSUBSCRIBE, STATUS. */
#include "imap/commands.h"

#include "imap/lookup.h"
#include "imap/rights.h"
#include "imap/selected.h"
#include "imap/status.h"

static void tell_old_name(struct imap_session *session, struct slice stored, const char *attribute,
			  struct slice old)
{
	struct mailbox_name_rules rules = session_names(session);
	GString *out = session_text(session);

	if (stored.data[stored.len - 1] == '/')
		stored.len--;
	g_string_append_printf(out, "* LIST (%s) \"%c\" ", attribute, rules.separator);
	mailbox_name_write(out, stored, rules);
	mailbox_name_write_old(out, old);
	g_string_append(out, "\r\n");
}

/* With IMAP4rev2, a name that was not given as Net-Unicode is told in both forms (RFC 9051
 * 6.3.9.7).  `given` are the arguments that begin with it. */
static void tell_composed_name(struct imap_session *session, struct args given, struct slice stored,
			       const char *attribute)
{
	struct slice wire;

	if (session_has(session, EXTENSION_IMAP4REV2) && args_astring(&given, &wire) &&
	    !mailbox_name_is_composed(wire))
		tell_old_name(session, stored, attribute, wire);
}

/* Of RENAME, the new name as it is and the old one as it was given, when either was not Net-Unicode
 * (RFC 9051 6.3.6). */
static void tell_renamed(struct imap_session *session, struct args given, struct slice to)
{
	struct slice old, new;

	if (session_has(session, EXTENSION_IMAP4REV2) && args_astring(&given, &old) &&
	    args_astring(&given, &new) && !(mailbox_name_is_composed(old) && mailbox_name_is_composed(new)))
		tell_old_name(session, to, "", old);
}

/* `(USE (\Sent \Archive))`; false with the reply decided. */
static bool read_use(struct command *command, unsigned *use_out)
{
	struct args list, uses;
	struct slice name;

	*use_out = 0;
	if (args_at_end(&command->args))
		return true;
	if (!args_list(&command->args, &list) || !args_take_word(&list, "USE") ||
	    !args_list(&list, &uses) || !args_end(&list) || !args_end(&command->args)) {
		args_fail(&command->args, "CREATE knows the parameter (USE (...)) only");
		command_bad_args(command);
		return false;
	}
	while (!args_at_end(&uses)) {
		unsigned use = args_atom(&uses, &name) ? lookup_read_use(name) : 0;

		if (use == 0) {
			command_no(command, "USEATTR", "This special use is not known here");
			return false;
		}
		*use_out |= use;
	}
	return true;
}

static enum store_result copy_rights(struct store *store, const GPtrArray *entries,
				     const struct lookup_place *place, size_t len)
{
	struct mailbox mailbox = { 0 };
	enum store_result result =
		mailbox_find(store, place->account_id, slice_of(place->name.data, len), &mailbox);

	for (guint i = 0; result == STORE_OK && i < entries->len; i++) {
		const struct acl_entry *entry = entries->pdata[i];

		result = acl_set(store, mailbox.ref, entry->identifier, entry->rights);
	}
	mailbox_clear(&mailbox);
	return result;
}

/* A new mailbox has the rights of the one above it (RFC 4314 4), and so have the levels that
 * came with it. */
static enum store_result inherit_rights(struct store *store, const struct lookup_place *place)
{
	g_autoptr(GPtrArray) entries = NULL;
	enum store_result result;

	if (place->parent.mailbox_id == 0)
		return STORE_OK;
	result = acl_list(store, place->parent, &entries);
	if (result != STORE_OK || entries->len == 0)
		return result;
	for (size_t len = place->parent_len + 2; len <= place->name.len && result == STORE_OK; len++)
		if (len < place->name.len ? place->name.data[len] == '/' : place->name.data[len - 1] != '/')
			result = copy_rights(store, entries, place, len);
	return result;
}

static enum store_result create(struct store *store, const struct lookup_place *place, unsigned use,
				struct mailbox_ref *ref_out)
{
	enum store_result result = store_begin(store);

	if (result == STORE_OK)
		result = mailbox_create(store, place->account_id, place->name, use, ref_out);
	if (result == STORE_OK)
		result = inherit_rights(store, place);
	if (result == STORE_OK)
		return store_commit(store);
	store_rollback(store);
	return result;
}

enum command_step cmd_create(struct imap_session *session, struct command *command,
			     struct store *store)
{
	struct args given = command->args;
	char id[OBJECT_ID_SIZE];
	struct lookup_place place;
	struct mailbox_ref ref;
	enum store_result result;
	struct slice name;
	unsigned use;

	if (!session_read_mailbox(session, command, &name) || !read_use(command, &use))
		return STEP_DONE;
	if (!lookup_place(session, command, store, name, &place))
		return STEP_DONE;
	if (use != 0 && place.account_id != session->account_id)
		return command_no(command, "USEATTR", "Other people's mailboxes have no special use for you");
	result = create(store, &place, use, &ref);
	if (result == STORE_CONFLICT && use != 0)
		return command_no(command, "USEATTR", "Another mailbox has that special use");
	if (result != STORE_OK)
		return command_store_failed(command, result, "mailbox");
	tell_composed_name(session, given, name, "");
	message_mailbox_id(ref.mailbox_id, id);
	return command_ok(command, arena_printf(command->arena, "MAILBOXID (%s)", id), "Created");
}

enum command_step cmd_delete(struct imap_session *session, struct command *command,
			     struct store *store)
{
	struct args given = command->args;
	struct mailbox mailbox = { 0 };
	enum store_result result;
	struct slice name;
	bool is_selected;

	if (!session_read_last_mailbox(session, command, &name))
		return STEP_DONE;
	if (slice_equal(name, SLICE("INBOX")))
		return command_no(command, "CANNOT", "INBOX can't be deleted");
	if (!lookup_allows(command, lookup_name(session, store, name, &mailbox), &mailbox, "x")) {
		mailbox_clear(&mailbox);
		return STEP_DONE;
	}
	is_selected = session->selected != NULL && mailbox_ref_equal(session->selected->ref, mailbox.ref);
	result = mailbox_delete(store, mailbox.ref);
	mailbox_clear(&mailbox);
	if (result == STORE_EXISTS)
		return command_no(command, "HASCHILDREN", "Delete the mailboxes below it first");
	if (result != STORE_OK)
		return command_store_failed(command, result, "mailbox");
	if (is_selected) {
		session_unselect(session);
		session_untagged(session, "OK [CLOSED] The selected mailbox is deleted");
	}
	tell_composed_name(session, given, name, "\\NonExistent");
	return command_ok(command, NULL, "Deleted");
}

/* RENAME of an INBOX moves messages; that is its owner's alone. */
static enum command_step rename_to(struct command *command, struct store *store,
				   const struct mailbox *mailbox, const struct lookup_place *place)
{
	enum store_result result;

	if (place->account_id != mailbox->ref.account_id)
		return command_no(command, "CANNOT", "A mailbox stays with its owner; copy its messages instead");
	if (mailbox->owner != NULL && g_str_has_suffix(mailbox->name, "/INBOX") &&
	    strlen(mailbox->name) == strlen(MAILBOX_SHARED_PREFIX) + strlen(mailbox->owner) + strlen("/INBOX"))
		return command_no(command, "CANNOT", "Only its owner can rename an INBOX");
	result = mailbox_rename(store, mailbox->ref, place->name);
	return command_answer(command, result, "mailbox", "Renamed");
}

enum command_step cmd_rename(struct imap_session *session, struct command *command,
			     struct store *store)
{
	struct mailbox mailbox = { 0 };
	struct lookup_place place;
	struct slice from, to;
	struct args given = command->args;

	if (!session_read_mailbox(session, command, &from) || !session_read_last_mailbox(session, command, &to))
		return STEP_DONE;
	if (lookup_allows(command, lookup_name(session, store, from, &mailbox), &mailbox, "x") &&
	    lookup_place(session, command, store, to, &place))
		rename_to(command, store, &mailbox, &place);
	if (command->reply == REPLY_OK)
		tell_renamed(session, given, to);
	mailbox_clear(&mailbox);
	return STEP_DONE;
}

enum command_step cmd_subscribe(struct imap_session *session, struct command *command,
				struct store *store)
{
	enum store_result result;
	struct slice name;

	if (!session_read_last_mailbox(session, command, &name))
		return STEP_DONE;
	result = mailbox_subscribe(store, session->account_id, name);
	return command_answer(command, result, "mailbox", "Subscribed");
}

enum command_step cmd_unsubscribe(struct imap_session *session, struct command *command,
				  struct store *store)
{
	enum store_result result;
	struct slice name;

	if (!session_read_last_mailbox(session, command, &name))
		return STEP_DONE;
	/* No subscription is what was asked for (RFC 9051 6.3.8). */
	result = mailbox_unsubscribe(store, session->account_id, name);
	return command_answer(command, result == STORE_NOT_FOUND ? STORE_OK : result, "subscription",
			      "Unsubscribed");
}

enum command_step cmd_status(struct imap_session *session, struct command *command,
			     struct store *store)
{
	struct mailbox mailbox = { 0 };
	struct slice name;
	unsigned items;

	if (!session_read_mailbox(session, command, &name))
		return STEP_DONE;
	if (!status_read(&command->args, &items) || !args_end(&command->args))
		return command_bad_args(command);
	if (status_wants_condstore(items))
		selected_enable_condstore(session);
	if (lookup_with_rights(session, command, store, name, "r", &mailbox)) {
		status_print(session, &mailbox, items);
		command_ok(command, NULL, "Done");
	}
	mailbox_clear(&mailbox);
	return STEP_DONE;
}
