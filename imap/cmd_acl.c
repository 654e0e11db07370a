/* SETACL, DELETEACL, GETACL, LISTRIGHTS, MYRIGHTS (RFC 4314).
 *
 * Rights are given to accounts by address, to "anyone", and taken away by these with '-'
 * in front.  The owner has all rights for good.  \Seen is one flag for all readers of a
 * mailbox: the RFC leaves it to the server, and one flag word a message is what makes the
 * shared views cheap. */
#include "imap/commands.h"

#include "imap/lookup.h"
#include "imap/rights.h"
#include "store/account.h"

static const char owner_keeps[] = "The owner of a mailbox has all rights and keeps them";

/* An identifier, as the client wrote it; false with the reply decided. */
static bool read_identifier(struct command *command, struct slice *identifier_out)
{
	if (!args_astring(&command->args, identifier_out)) {
		command_bad_args(command);
		return false;
	}
	if (identifier_out->len == 0 || memchr(identifier_out->data, '\0', identifier_out->len) != NULL ||
	    !g_utf8_validate_len(identifier_out->data, identifier_out->len, NULL)) {
		command_bad(command, "An identifier is an address or anyone");
		return false;
	}
	return true;
}

/* Whether an identifier is the mailbox's owner, by address or alias. */
static enum store_result is_owner(struct store *store, const struct mailbox *mailbox,
				  const char *identifier, bool *is_owner_out)
{
	struct account account = { 0 };
	enum store_result result;

	*is_owner_out = false;
	if (*identifier == '-')
		identifier++;
	if (g_ascii_strcasecmp(identifier, "anyone") == 0)
		return STORE_OK;
	result = account_find(store, identifier, &account);
	*is_owner_out = result == STORE_OK && account.account_id == mailbox->ref.account_id;
	account_clear(&account);
	return result;
}

/* The form an identifier has in the list. */
static char *canonical(struct store *store, const char *identifier)
{
	bool negative = *identifier == '-';
	const char *plain = identifier + negative;
	struct account account = { 0 };
	char *form;

	if (g_ascii_strcasecmp(plain, "anyone") == 0)
		return g_strconcat(negative ? "-" : "", "anyone", NULL);
	form = account_find(store, plain, &account) == STORE_OK
		? g_strconcat(negative ? "-" : "", account.address, NULL) : g_strdup(identifier);
	account_clear(&account);
	return form;
}

static enum store_result current_rights(struct store *store, struct mailbox_ref ref,
					const char *identifier, char **rights_out)
{
	g_autoptr(GPtrArray) entries = NULL;
	g_autofree char *wanted = canonical(store, identifier);
	enum store_result result = acl_list(store, ref, &entries);

	*rights_out = g_strdup("");
	for (guint i = 0; result == STORE_OK && i < entries->len; i++) {
		const struct acl_entry *entry = entries->pdata[i];

		if (!g_str_equal(entry->identifier, wanted))
			continue;
		g_free(*rights_out);
		*rights_out = g_strdup(entry->rights);
	}
	return result;
}

static enum command_step acl_failed(struct command *command, enum store_result result)
{
	switch (result) {
	case STORE_OK: return command_ok(command, NULL, "Done");
	case STORE_NOT_FOUND: return command_no(command, NULL, "Nobody here has that address");
	case STORE_LIMIT: return command_no(command, "LIMIT", "Too many entries");
	default: return command_store_failed(command, result, "access list");
	}
}

/* Changes the rights of one identifier; `change` as in SETACL. */
static enum command_step change(struct command *command, struct store *store,
				const struct mailbox *mailbox, struct slice identifier, struct slice change)
{
	g_autofree char *who = slice_dup(identifier), *now = NULL, *rights = NULL;
	bool owner = false;
	enum store_result result = is_owner(store, mailbox, who, &owner);

	if (owner)
		return command_no(command, "CANNOT", owner_keeps);
	if (result == STORE_OK)
		result = store_begin(store);
	if (result != STORE_OK)
		return acl_failed(command, result);
	result = current_rights(store, mailbox->ref, who, &now);
	if (result == STORE_OK) {
		rights = rights_modify(now, change);
		result = acl_set(store, mailbox->ref, who, rights);
	}
	if (result == STORE_OK)
		return acl_failed(command, store_commit(store));
	store_rollback(store);
	return acl_failed(command, result);
}

enum command_step cmd_setacl(struct imap_session *session, struct command *command,
			     struct store *store)
{
	struct slice name, identifier, modification;
	g_autofree char *understood = NULL;
	struct mailbox mailbox = { 0 };

	if (!session_read_mailbox(session, command, &name) || !read_identifier(command, &identifier))
		return STEP_DONE;
	if (!args_astring(&command->args, &modification) || !args_end(&command->args))
		return command_bad_args(command);
	understood = rights_modify("", modification);
	if (understood == NULL)
		return command_bad(command, "The rights known here are " ACL_ALL_RIGHTS);
	if (lookup_with_rights(session, command, store, name, "a", &mailbox))
		change(command, store, &mailbox, identifier, modification);
	mailbox_clear(&mailbox);
	return STEP_DONE;
}

enum command_step cmd_deleteacl(struct imap_session *session, struct command *command,
				struct store *store)
{
	struct slice name, identifier;
	struct mailbox mailbox = { 0 };

	if (!session_read_mailbox(session, command, &name) || !read_identifier(command, &identifier))
		return STEP_DONE;
	if (!args_end(&command->args))
		return command_bad_args(command);
	if (lookup_with_rights(session, command, store, name, "a", &mailbox))
		change(command, store, &mailbox, identifier, (struct slice){ 0 });
	mailbox_clear(&mailbox);
	return STEP_DONE;
}

static void print_pair(struct imap_session *session, const char *identifier, const char *rights)
{
	GString *out = session_text(session);

	g_string_append_c(out, ' ');
	quote_astring(out, slice_from_string(identifier), session_quote_mode(session));
	g_string_append_c(out, ' ');
	rights_print(out, rights);
}

/* The owner stands first, whoever asks. */
static enum store_result print_list(struct imap_session *session, struct store *store,
				    const struct mailbox *mailbox)
{
	g_autoptr(GPtrArray) entries = NULL;
	enum store_result result = acl_list(store, mailbox->ref, &entries);
	GString *out = session_text(session);

	if (result != STORE_OK)
		return result;
	g_string_append(out, "* ACL ");
	mailbox_name_write(out, slice_from_string(mailbox->name), session_names(session));
	print_pair(session, mailbox->owner != NULL ? mailbox->owner : session->address, ACL_ALL_RIGHTS);
	for (guint i = 0; i < entries->len; i++) {
		const struct acl_entry *entry = entries->pdata[i];

		print_pair(session, entry->identifier, entry->rights);
	}
	g_string_append(out, "\r\n");
	return STORE_OK;
}

enum command_step cmd_getacl(struct imap_session *session, struct command *command,
			     struct store *store)
{
	struct mailbox mailbox = { 0 };
	enum store_result result;
	struct slice name;

	if (!session_read_last_mailbox(session, command, &name))
		return STEP_DONE;
	if (lookup_with_rights(session, command, store, name, "a", &mailbox)) {
		result = print_list(session, store, &mailbox);
		command_answer(command, result, "access list", "Done");
	}
	mailbox_clear(&mailbox);
	return STEP_DONE;
}

enum command_step cmd_listrights(struct imap_session *session, struct command *command,
				 struct store *store)
{
	struct slice name, identifier;
	struct mailbox mailbox = { 0 };
	GString *out = session_text(session);
	bool owner = false;

	if (!session_read_mailbox(session, command, &name) || !read_identifier(command, &identifier))
		return STEP_DONE;
	if (!args_end(&command->args))
		return command_bad_args(command);
	if (lookup_with_rights(session, command, store, name, "a", &mailbox)) {
		g_autofree char *who = slice_dup(identifier);

		is_owner(store, &mailbox, who, &owner);
		g_string_append(out, "* LISTRIGHTS ");
		mailbox_name_write(out, slice_from_string(mailbox.name), session_names(session));
		g_string_append_c(out, ' ');
		quote_astring(out, identifier, session_quote_mode(session));
		/* No right is tied to another one; the owner's are always granted. */
		g_string_append(out, owner ? " lrswipkxteacd\r\n" : " \"\" l r s w i p k x t e a c d\r\n");
		command_ok(command, NULL, "Done");
	}
	mailbox_clear(&mailbox);
	return STEP_DONE;
}

enum command_step cmd_myrights(struct imap_session *session, struct command *command,
			       struct store *store)
{
	struct mailbox mailbox = { 0 };
	enum store_result result;
	struct slice name;

	if (!session_read_last_mailbox(session, command, &name))
		return STEP_DONE;
	result = lookup_mailbox(session, store, name, &mailbox);
	if (result == STORE_OK && !rights_have_any(mailbox.rights, "lrikxa"))
		result = STORE_NOT_FOUND;
	if (result == STORE_OK)
		lookup_print_rights(session, &mailbox);
	mailbox_clear(&mailbox);
	return command_answer(command, result, "mailbox", "Done");
}
