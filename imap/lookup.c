#include "imap/lookup.h"

#include "imap/rights.h"
#include "store/account.h"

enum { PREFIX_LEN = sizeof(MAILBOX_SHARED_PREFIX) - 1 };

static const struct {
	unsigned use;
	const char *name;
} uses[] = {
	{ MAILBOX_ARCHIVE, "\\Archive" },
	{ MAILBOX_DRAFTS, "\\Drafts" },
	{ MAILBOX_FLAGGED, "\\Flagged" },
	{ MAILBOX_IMPORTANT, "\\Important" },
	{ MAILBOX_JUNK, "\\Junk" },
	{ MAILBOX_SENT, "\\Sent" },
	{ MAILBOX_TRASH, "\\Trash" },
};

/* `Shared/OWNER/NAME` in two; false when it is a name of the account's own. */
static bool split_shared(struct slice name, struct slice *owner_out, struct slice *rest_out)
{
	const char *end;

	if (name.len <= PREFIX_LEN || memcmp(name.data, MAILBOX_SHARED_PREFIX, PREFIX_LEN) != 0)
		return false;
	name = slice_of(name.data + PREFIX_LEN, name.len - PREFIX_LEN);
	end = memchr(name.data, '/', name.len);
	*owner_out = slice_of(name.data, end != NULL ? (size_t)(end - name.data) : name.len);
	*rest_out = end != NULL ? slice_of(end + 1, name.len - owner_out->len - 1) : (struct slice){ 0 };
	return memchr(owner_out->data, '@', owner_out->len) != NULL;
}

static char *shared_name(const char *owner, const char *name)
{
	return g_strconcat(MAILBOX_SHARED_PREFIX, owner, "/", name, NULL);
}

/* Somebody's account by his own address (an alias would give a mailbox two names). */
static enum store_result find_owner(struct imap_session *session, struct store *store,
				    struct slice address, uint64_t *account_id_out, char **address_out)
{
	g_autofree char *given = slice_dup(address);
	g_autofree char *wanted = account_address_normalise(given);
	struct account account = { 0 };
	enum store_result result;

	if (wanted == NULL)
		return STORE_NOT_FOUND;
	result = account_find(store, wanted, &account);
	if (result == STORE_OK && (account.account_id == session->account_id ||
				   !g_str_equal(account.address, wanted)))
		result = STORE_NOT_FOUND;
	*account_id_out = account.account_id;
	*address_out = result == STORE_OK ? g_strdup(account.address) : NULL;
	account_clear(&account);
	return result;
}

static enum store_result find_shared(struct imap_session *session, struct store *store,
				     struct slice owner, struct slice name, struct mailbox *mailbox_out)
{
	uint64_t account_id;
	char *whole;
	enum store_result result;

	*mailbox_out = (struct mailbox){ 0 };
	if (name.len == 0)
		return STORE_NOT_FOUND;
	result = find_owner(session, store, owner, &account_id, &mailbox_out->owner);
	if (result == STORE_OK) {
		char *address = g_steal_pointer(&mailbox_out->owner);

		result = mailbox_find(store, account_id, name, mailbox_out);
		g_free(mailbox_out->owner);
		mailbox_out->owner = address;
	}
	if (result == STORE_OK)
		result = acl_rights(store, mailbox_out->ref, session->account_id, &mailbox_out->rights);
	if (result != STORE_OK)
		return result;
	whole = shared_name(mailbox_out->owner, mailbox_out->name);
	g_free(mailbox_out->name);
	mailbox_out->name = whole;
	/* What is the owner's \Sent is not the reader's. */
	mailbox_out->use = 0;
	return *mailbox_out->rights != '\0' ? STORE_OK : STORE_NOT_FOUND;
}

enum store_result lookup_name(struct imap_session *session, struct store *store,
			      struct slice stored_name, struct mailbox *mailbox_out)
{
	struct slice owner, name;

	if (split_shared(stored_name, &owner, &name))
		return find_shared(session, store, owner, name, mailbox_out);
	return mailbox_find(store, session->account_id, stored_name, mailbox_out);
}

enum store_result lookup_mailbox(struct imap_session *session, struct store *store,
				 struct slice stored_name, struct mailbox *mailbox_out)
{
	enum store_result result = lookup_name(session, store, stored_name, mailbox_out);

	return result == STORE_OK && mailbox_out->noselect ? STORE_NOT_FOUND : result;
}

enum command_step lookup_refuse(struct command *command, const struct mailbox *mailbox)
{
	if (!rights_have(mailbox->rights, "l"))
		return command_store_failed(command, STORE_NOT_FOUND, "mailbox");
	return command_no(command, "NOPERM", "You do not have the right to do that in this mailbox");
}

bool lookup_allows(struct command *command, enum store_result found, const struct mailbox *mailbox,
		   const char *letters)
{
	if (found != STORE_OK)
		command_store_failed(command, found, "mailbox");
	else if (!rights_have(mailbox->rights, letters))
		lookup_refuse(command, mailbox);
	else
		return true;
	return false;
}

bool lookup_with_rights(struct imap_session *session, struct command *command, struct store *store,
			struct slice stored_name, const char *letters, struct mailbox *mailbox_out)
{
	return lookup_allows(command, lookup_mailbox(session, store, stored_name, mailbox_out), mailbox_out, letters);
}

/* The nearest mailbox above the name in that account. */
static enum store_result find_parent(struct store *store, struct lookup_place *place)
{
	struct slice name = place->name;

	for (size_t len = name.len; len > 0; len--) {
		struct mailbox mailbox = { 0 };
		enum store_result result;

		if (name.data[len - 1] != '/')
			continue;
		result = mailbox_find(store, place->account_id, slice_of(name.data, len - 1), &mailbox);
		if (result == STORE_OK) {
			place->parent = mailbox.ref;
			place->parent_len = len - 1;
		}
		mailbox_clear(&mailbox);
		if (result != STORE_NOT_FOUND && result != STORE_INVALID)
			return result;
	}
	return STORE_OK;
}

bool lookup_is_shared(struct slice stored_name)
{
	return slice_equal(stored_name, SLICE("Shared")) ||
	       (stored_name.len >= PREFIX_LEN && memcmp(stored_name.data, MAILBOX_SHARED_PREFIX, PREFIX_LEN) == 0);
}

bool lookup_place(struct imap_session *session, struct command *command, struct store *store,
		  struct slice stored_name, struct lookup_place *place_out)
{
	g_autofree char *address = NULL, *rights = NULL;
	struct slice owner, name;
	enum store_result result;

	*place_out = (struct lookup_place){ .account_id = session->account_id, .name = stored_name };
	if (!split_shared(stored_name, &owner, &name)) {
		if (lookup_is_shared(stored_name)) {
			command_no(command, "CANNOT", "There stand other people's mailboxes");
			return false;
		}
		result = find_parent(store, place_out);
		if (result != STORE_OK)
			command_store_failed(command, result, "mailbox");
		return result == STORE_OK;
	}
	place_out->name = name;
	result = find_owner(session, store, owner, &place_out->account_id, &address);
	if (result == STORE_OK)
		result = find_parent(store, place_out);
	if (result == STORE_OK && place_out->parent.mailbox_id != 0)
		result = acl_rights(store, place_out->parent, session->account_id, &rights);
	if (result != STORE_OK && result != STORE_NOT_FOUND) {
		command_store_failed(command, result, "mailbox");
		return false;
	}
	if (rights == NULL || !rights_have(rights, "k")) {
		command_no(command, "NOPERM", "You do not have the right to make a mailbox there");
		return false;
	}
	return true;
}

enum store_result lookup_list_shared(struct imap_session *session, struct store *store,
				     GPtrArray *mailboxes)
{
	g_autoptr(GPtrArray) shared = NULL;
	enum store_result result = mailbox_list_shared(store, session->account_id, &shared);

	for (guint i = 0; result == STORE_OK && i < shared->len; i++) {
		struct mailbox *mailbox = shared->pdata[i], *ours;
		char *name;

		if (!rights_have(mailbox->rights, "l"))
			continue;
		name = shared_name(mailbox->owner, mailbox->name);
		g_free(mailbox->name);
		mailbox->name = name;
		mailbox->use = 0;
		ours = g_memdup2(mailbox, sizeof(*mailbox));
		memset(mailbox, 0, sizeof(*mailbox));
		g_ptr_array_add(mailboxes, ours);
	}
	return result;
}

bool lookup_may_match_shared(struct slice pattern)
{
	size_t fixed = 0;

	while (fixed < pattern.len && pattern.data[fixed] != '*' && pattern.data[fixed] != '%')
		fixed++;
	return memcmp(pattern.data != NULL ? pattern.data : "", MAILBOX_SHARED_PREFIX,
		      MIN(fixed, (size_t)PREFIX_LEN)) == 0 && (fixed < pattern.len || fixed >= PREFIX_LEN - 1);
}

void lookup_print_rights(struct imap_session *session, const struct mailbox *mailbox)
{
	GString *out = session_text(session);

	g_string_append(out, "* MYRIGHTS ");
	mailbox_name_write(out, slice_from_string(mailbox->name), session_names(session));
	g_string_append_c(out, ' ');
	rights_print(out, mailbox->rights != NULL ? mailbox->rights : ACL_ALL_RIGHTS);
	g_string_append(out, "\r\n");
}

void lookup_print_use(GString *out, unsigned use)
{
	for (size_t i = 0; i < G_N_ELEMENTS(uses); i++)
		if (use & uses[i].use)
			g_string_append_printf(out, " %s", uses[i].name);
}

unsigned lookup_read_use(struct slice name)
{
	for (size_t i = 0; i < G_N_ELEMENTS(uses); i++)
		if (slice_equal_ascii_case(name, slice_from_string(uses[i].name)))
			return uses[i].use;
	return 0;
}
