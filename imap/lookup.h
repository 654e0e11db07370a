/* From a mailbox name as a command gives it to the mailbox: the one place that
 * knows which accounts' mailboxes this session may reach.
 *
 * Other people's mailboxes are called `Shared/OWNER-ADDRESS/NAME` (RFC 2342's other
 * users' namespace), INBOX among them; with '.' as separator the dots of the address
 * are shown as '^' (imap/mailbox_name.c).  Whoever has no right in a mailbox is told that
 * there is none. */
#ifndef IMAP_LOOKUP_H
#define IMAP_LOOKUP_H

#include "imap/session.h"
#include "store/mailbox.h"

/* *mailbox_out is overwritten; mailbox_clear() it on any result.  Of other people's
 * mailboxes the name is the one the client uses, and owner and rights are set; of own ones
 * these are NULL.  A \Noselect name is STORE_NOT_FOUND. */
enum store_result lookup_mailbox(struct imap_session *session, struct store *store,
				 struct slice stored_name, struct mailbox *mailbox_out);
/* The same; \Noselect names are found too. */
enum store_result lookup_name(struct imap_session *session, struct store *store,
			      struct slice stored_name, struct mailbox *mailbox_out);
/* The same with the right to do something (letters of RFC 4314): false with the tagged reply
 * decided. */
bool lookup_with_rights(struct imap_session *session, struct command *command, struct store *store,
			struct slice stored_name, const char *letters, struct mailbox *mailbox_out);
/* NO to who lacks a right: whoever may not even know of the mailbox does not learn of it. */
enum command_step lookup_refuse(struct command *command, const struct mailbox *mailbox);

/* The same for a mailbox that has been looked up with that result. */
bool lookup_allows(struct command *command, enum store_result found, const struct mailbox *mailbox,
		   const char *letters);

/* Whether the name is other people's place, be there a mailbox or not. */
bool lookup_is_shared(struct slice stored_name);

/* Where a new mailbox goes. */
struct lookup_place {
	uint64_t account_id;
	struct slice name;           /* in that account */
	struct mailbox_ref parent;   /* the nearest mailbox above it; mailbox_id 0: none */
	size_t parent_len;           /* of its name, which is the beginning of `name` */
};
/* False with the reply decided: no right to make a mailbox there, or not a place for one. */
bool lookup_place(struct imap_session *session, struct command *command, struct store *store,
		  struct slice stored_name, struct lookup_place *place_out);

/* Adds other people's mailboxes that this account may see ("l") to those of LIST. */
enum store_result lookup_list_shared(struct imap_session *session, struct store *store,
				     GPtrArray *mailboxes);
/* Whether LIST patterns may match other people's mailboxes. */
bool lookup_may_match_shared(struct slice pattern);

/* The untagged MYRIGHTS of a mailbox. */
void lookup_print_rights(struct imap_session *session, const struct mailbox *mailbox);

/* Appends ` \Sent \Trash` ... for enum mailbox_use bits. */
void lookup_print_use(GString *out, unsigned use);
/* The bit of `\Sent`; 0: none. */
unsigned lookup_read_use(struct slice name);

#endif
