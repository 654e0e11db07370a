#include "imap/lookup.h"

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

enum store_result lookup_name(struct imap_session *session, struct store *store,
			      struct slice stored_name, struct mailbox *mailbox_out)
{
	return mailbox_find(store, session->account_id, stored_name, mailbox_out);
}

enum store_result lookup_mailbox(struct imap_session *session, struct store *store,
				 struct slice stored_name, struct mailbox *mailbox_out)
{
	enum store_result result = lookup_name(session, store, stored_name, mailbox_out);

	return result == STORE_OK && mailbox_out->noselect ? STORE_NOT_FOUND : result;
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
