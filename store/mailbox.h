/* Mailboxes: names, counts, subscriptions, rights, annotations, quota.
 *
 * Names are UTF-8 with '/' between levels whatever the separator shown; INBOX (any
 * case, also as the first level) is kept as "INBOX".  A name has no empty level, no
 * control characters, at most 1,000 octets, 255 a level, 50 levels. */
#ifndef STORE_MAILBOX_H
#define STORE_MAILBOX_H

#include "store/store.h"

/* Special use (RFC 6154); bits. */
enum mailbox_use {
	MAILBOX_ARCHIVE = 1 << 0,
	MAILBOX_DRAFTS = 1 << 1,
	MAILBOX_FLAGGED = 1 << 2,
	MAILBOX_JUNK = 1 << 3,
	MAILBOX_SENT = 1 << 4,
	MAILBOX_TRASH = 1 << 5,
	MAILBOX_IMPORTANT = 1 << 6,
};

/* One row says all that LIST, STATUS and SELECT need. */
struct mailbox {
	struct mailbox_ref ref;
	char *name;
	bool noselect;          /* deleted, but has inferiors (or a level only) */
	bool has_children;
	bool subscribed;
	unsigned use;           /* enum mailbox_use */
	uint32_t uidvalidity;
	uint32_t uidnext;       /* 1 .. 2^32 - 1 */
	uint64_t highestmodseq; /* at least 1 */
	uint32_t messages;
	uint32_t recent;
	uint32_t unseen;
	uint32_t deleted;
	uint64_t size;          /* octets of all messages */
	uint64_t deleted_size;  /* octets of those marked \Deleted */
	char **keywords;        /* NULL-terminated; keywords[i] is bit MESSAGE_KEYWORD_FIRST + i; ""
	                         * where a bit has no name */
	int64_t created;
	/* Of other people's mailboxes (mailbox_list_shared), else NULL: */
	char *owner;            /* address */
	char *rights;           /* the reader's, as letters of RFC 4314 */
};

void mailbox_clear(struct mailbox *mailbox);
void mailbox_free(struct mailbox *mailbox);

/* The name as it is kept (Unicode composed, NFC); NULL when it breaks the rules above.  A
 * trailing '/' (CREATE foo/) is dropped.  g_free() it. */
char *mailbox_name_normalise(struct slice name);

/* All mailboxes of an account by name (octet order, INBOX first), in one query.
 * *mailboxes_out: a new GPtrArray of struct mailbox; g_ptr_array_unref() it. */
enum store_result mailbox_list(struct store *store, uint64_t account_id, GPtrArray **mailboxes_out);
/* Other people's mailboxes in which this account has any right ("l" or more), by owner and
 * name; with owner and rights. */
enum store_result mailbox_list_shared(struct store *store, uint64_t account_id,
				      GPtrArray **mailboxes_out);
/* One row by name / by ref.  *mailbox_out is overwritten; mailbox_clear() it on any
 * result.  A \Noselect one is found too. */
enum store_result mailbox_find(struct store *store, uint64_t account_id, struct slice name,
			       struct mailbox *mailbox_out);
enum store_result mailbox_get(struct store *store, struct mailbox_ref ref, struct mailbox *mailbox_out);

/* Makes the mailbox and the levels above it that are missing.  A \Noselect name becomes a
 * mailbox again.  STORE_EXISTS; STORE_INVALID: the name; STORE_LIMIT: too many mailboxes
 * (50,000); STORE_CONFLICT: another mailbox of the account has one of the special uses. */
enum store_result mailbox_create(struct store *store, uint64_t account_id, struct slice name,
				 unsigned use, struct mailbox_ref *ref_out);
/* With inferiors the name stays as \Noselect, its messages go.  STORE_INVALID: INBOX.
 * STORE_EXISTS: \Noselect already, and has inferiors.  Subscriptions stay. */
enum store_result mailbox_delete(struct store *store, struct mailbox_ref ref);
/* With all inferiors; levels above the new name are made.  UIDs, UIDVALIDITY and
 * mailbox_id stay.  INBOX: its messages move to a new mailbox (with new UIDs), INBOX stays,
 * inferiors stay.  STORE_EXISTS: the new name, or one below it; STORE_INVALID: a bad name, or one
 * inside the tree that is renamed. */
enum store_result mailbox_rename(struct store *store, struct mailbox_ref ref, struct slice new_name);
/* Sets the special use (SETMETADATA /specialuse); STORE_CONFLICT as in create. */
enum store_result mailbox_set_use(struct store *store, struct mailbox_ref ref, unsigned use);

/* Subscriptions are names of the account's own view; they need not exist.  STORE_LIMIT: over 50,000. */
enum store_result mailbox_subscribe(struct store *store, uint64_t account_id, struct slice name);
/* STORE_NOT_FOUND: was not subscribed. */
enum store_result mailbox_unsubscribe(struct store *store, uint64_t account_id, struct slice name);
/* All subscribed names, by name; NULL-terminated, g_strfreev() it. */
enum store_result mailbox_subscriptions(struct store *store, uint64_t account_id, char ***names_out);

/* \Recent: takes the recent messages for this session.  Those with UID >= *first_recent_out are
 * recent to it (none: uidnext); the row is written only when there are any. */
enum store_result mailbox_claim_recent(struct store *store, struct mailbox_ref ref,
				       uint32_t *first_recent_out);

/* Quota (RFC 9208): what the account uses and may use; 0: no limit. */
struct quota {
	uint64_t octets, messages, octets_limit, messages_limit;
};
enum store_result quota_get(struct store *store, uint64_t account_id, struct quota *quota_out);

/* Rights (RFC 4314).  Identifiers are account addresses, "anyone", or these with '-' in
 * front.  Rights are letters of "lrswipkxtea", in that order, each once. */
struct acl_entry {
	char *identifier, *rights;
};
#define ACL_ALL_RIGHTS "lrswipkxtea"
/* A GPtrArray of struct acl_entry, the owner's not among them. */
enum store_result acl_list(struct store *store, struct mailbox_ref ref, GPtrArray **entries_out);
/* Replaces the identifier's rights; "" removes the entry.  An alias or other case becomes the
 * account's address.  STORE_NOT_FOUND: nobody has that address; STORE_INVALID: letters;
 * STORE_LIMIT: over 1,000 entries. */
enum store_result acl_set(struct store *store, struct mailbox_ref ref, const char *identifier,
			  const char *rights);
/* The rights account_id has: all as owner, else the union of its own and anyone's, less the
 * negative ones.  "" when none.  g_free() it. */
enum store_result acl_rights(struct store *store, struct mailbox_ref ref, uint64_t account_id,
			     char **rights_out);

/* Annotations (RFC 5464).  mailbox_id 0: the server's (shared ones then are everybody's, whatever
 * account_id).  entry: "/private/..." or "/shared/...", any case; private ones
 * belong to `reader`. */
struct annotation {
	uint64_t mailbox_id;
	char *entry;       /* lower case */
	GBytes *value;
};
/* Entries equal to one of `entries` (NULL-terminated), or below it: depth 0 none below, 1 direct
 * children, -1 all.  A GPtrArray of struct annotation by entry. */
struct annotation_query {
	struct mailbox_ref mailbox;
	uint64_t reader;
	const char *const *entries;
	int depth;
};
enum store_result annotation_get(struct store *store, const struct annotation_query *query,
				 GPtrArray **annotations_out);
/* The entries equal to one of `entries` of many mailboxes, in one query: by mailbox_id, then as
 * `entries` are.  */
enum store_result annotation_get_many(struct store *store, const struct mailbox_ref *mailboxes, size_t count,
				      uint64_t reader, const char *const *entries, GPtrArray **annotations_out);
/* Sets or (value->data NULL) removes several at once, all or nothing.  STORE_LIMIT: over
 * 64 KiB a value, 1,000 entries a mailbox. STORE_INVALID: an entry's name. */
struct annotation_change {
	const char *entry;
	struct slice value;
};
enum store_result annotation_set(struct store *store, struct mailbox_ref mailbox, uint64_t reader,
				 const struct annotation_change *changes, size_t count);

#endif
