#include "imap/status.h"

#include "store/message.h"
#include "store/view.h"

enum item {
	ITEM_MESSAGES,
	ITEM_RECENT,
	ITEM_UIDNEXT,
	ITEM_UIDVALIDITY,
	ITEM_UNSEEN,
	ITEM_SIZE,
	ITEM_DELETED,
	ITEM_DELETED_STORAGE,
	ITEM_HIGHESTMODSEQ,
	ITEM_APPENDLIMIT,
	ITEM_MAILBOXID,
};

static const char *const names[] = {
	[ITEM_MESSAGES] = "MESSAGES",
	[ITEM_RECENT] = "RECENT",
	[ITEM_UIDNEXT] = "UIDNEXT",
	[ITEM_UIDVALIDITY] = "UIDVALIDITY",
	[ITEM_UNSEEN] = "UNSEEN",
	[ITEM_SIZE] = "SIZE",
	[ITEM_DELETED] = "DELETED",
	[ITEM_DELETED_STORAGE] = "DELETED-STORAGE",
	[ITEM_HIGHESTMODSEQ] = "HIGHESTMODSEQ",
	[ITEM_APPENDLIMIT] = "APPENDLIMIT",
	[ITEM_MAILBOXID] = "MAILBOXID",
};

static bool read_item(struct args *list, unsigned *items)
{
	for (size_t i = 0; i < G_N_ELEMENTS(names); i++) {
		if (args_take_word(list, names[i])) {
			*items |= 1u << i;
			return true;
		}
	}
	return args_fail(list, "Unknown STATUS item");
}

bool status_read(struct args *args, unsigned *items_out)
{
	struct args list;

	*items_out = 0;
	if (!args_list(args, &list))
		return false;
	if (args_at_end(&list))
		return args_fail(args, "STATUS wants at least one item");
	while (!args_at_end(&list))
		if (!read_item(&list, items_out))
			return args_fail(args, list.error);
	return true;
}

bool status_wants_condstore(unsigned items)
{
	return (items & (1u << ITEM_HIGHESTMODSEQ)) != 0;
}

unsigned status_items_of_news(bool unseen, bool modseq)
{
	return 1u << ITEM_MESSAGES | 1u << ITEM_UIDNEXT | 1u << ITEM_UIDVALIDITY |
	       (unseen ? 1u << ITEM_UNSEEN : 0) | (modseq ? 1u << ITEM_HIGHESTMODSEQ : 0);
}

/* Less those that a session of this process has heard of, though the row does not know it yet. */
static uint64_t recent(const struct imap_session *session, const struct mailbox *mailbox)
{
	uint32_t first = view_claim_recent(imap_room_pool(session->room), mailbox->ref, 1, 0);

	return first >= mailbox->uidnext ? 0 : MIN(mailbox->recent, mailbox->uidnext - first);
}

static uint64_t number(const struct imap_session *session, const struct mailbox *mailbox,
		       enum item item)
{
	switch (item) {
	case ITEM_MESSAGES: return mailbox->messages;
	case ITEM_RECENT: return recent(session, mailbox);
	case ITEM_UIDNEXT: return mailbox->uidnext;
	case ITEM_UIDVALIDITY: return mailbox->uidvalidity;
	case ITEM_UNSEEN: return mailbox->unseen;
	case ITEM_SIZE: return mailbox->size;
	case ITEM_DELETED: return mailbox->deleted;
	case ITEM_DELETED_STORAGE: return mailbox->deleted_size;
	case ITEM_HIGHESTMODSEQ: return mailbox->highestmodseq;
	case ITEM_APPENDLIMIT: return session->config->imap.max_message_size;
	case ITEM_MAILBOXID: break;
	}
	g_assert_not_reached();
}

void status_print(struct imap_session *session, const struct mailbox *mailbox, unsigned items)
{
	GString *out = session_text(session);
	const char *space = "";

	g_string_append(out, "* STATUS ");
	mailbox_name_write(out, slice_from_string(mailbox->name), session_names(session));
	g_string_append(out, " (");
	for (size_t i = 0; i < G_N_ELEMENTS(names); i++) {
		char id[OBJECT_ID_SIZE];

		if (!(items & (1u << i)))
			continue;
		message_mailbox_id(mailbox->ref.mailbox_id, id);
		if (i == ITEM_MAILBOXID)
			g_string_append_printf(out, "%s%s (%s)", space, names[i], id);
		else
			g_string_append_printf(out, "%s%s %" G_GUINT64_FORMAT, space, names[i],
					       number(session, mailbox, i));
		space = " ";
	}
	g_string_append(out, ")\r\n");
}
