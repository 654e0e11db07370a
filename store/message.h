/* Messages of a mailbox: append, copy, move, flags, expunge.
 *
 * UIDs and MODSEQs rise in the order of commits: both come from the mailbox's row
 * under its lock.  Each function here is one round trip for the common case.  After the
 * commit the shared view (store/view.h) has the change, and subscribers (store/notify.h)
 * are told.
 *
 * Flags are one 64-bit word: bits 0 to 4 below, bits 8 to 63 index the mailbox's keyword
 * list, so a mailbox has at most 56 keywords. \Recent is no flag (mailbox_claim_recent). */
#ifndef STORE_MESSAGE_H
#define STORE_MESSAGE_H

#include "store/content.h"
#include "store/store.h"

enum message_flags {
	MESSAGE_ANSWERED = 1 << 0,
	MESSAGE_FLAGGED = 1 << 1,
	MESSAGE_DELETED = 1 << 2,
	MESSAGE_SEEN = 1 << 3,
	MESSAGE_DRAFT = 1 << 4,
};
#define MESSAGE_SYSTEM_FLAGS UINT64_C(31)
#define MESSAGE_KEYWORD_FIRST 8
#define MESSAGE_KEYWORD_MAX 56

/* Flags by name, as a client gives them; keywords are compared without case and made on
 * demand (an atom, at most 100 octets). */
struct flag_names {
	uint64_t system;             /* enum message_flags */
	const char *const *keywords; /* NULL-terminated, or NULL: none */
};

/* A run of UIDs, both ends included.  Sets are arrays of these, ascending, not touching. */
struct uid_range {
	uint32_t first, last;
};
struct uid_set {
	const struct uid_range *ranges;
	size_t count;
};
/* An array that grows; for results.  Ranges are merged when UIDs come in ascending order. */
struct uid_list {
	GArray *ranges;              /* of struct uid_range; NULL: empty */
};
void uid_list_add(struct uid_list *list, uint32_t uid);
void uid_list_clear(struct uid_list *list);
struct uid_set uid_list_set(const struct uid_list *list);
size_t uid_set_count(struct uid_set set);
bool uid_set_contains(struct uid_set set, uint32_t uid);

/* One message to append. */
struct message_new {
	/* What it is: content to be stored with it ... */
	const struct content_row *content;
	/* ... or, when content is NULL, the hash of one that is stored. */
	const uint8_t *hash;
	/* The octets this copy was made from (the mail as it came, when it is shown rendered),
	 * already stored; NULL: none.  Kept as long as the message. */
	const uint8_t *original_hash;
	struct slice prefix;         /* headers of this copy alone, with their CRLFs; <= 64 KiB */
	struct flag_names flags;
	int64_t internal_date;       /* seconds UTC */
	int zone;                    /* that it was given in: minutes east, less than a day */
	/* Not empty: suppresses a delivery that was made already: when the account has seen the key
	 * within 30 days, nothing is stored and the answer is STORE_EXISTS (harmless). */
	struct slice delivery_key;
	/* Delivery counts against the quota only when the account is over already (RFC 9208's
	 * soft limit); APPEND must fit. */
	bool delivery;
};

struct message_appended {
	uint32_t uidvalidity, uid;
	uint64_t modseq;
	uint64_t thread_id;
	uint8_t hash[CONTENT_HASH_SIZE];
};

/* STORE_NOT_FOUND: no such mailbox (or \Noselect; or no content of that hash).  STORE_LIMIT: too
 * many keywords.  STORE_OVER_QUOTA. */
enum store_result message_append(struct store *store, struct mailbox_ref mailbox,
				 const struct message_new *message,
				 struct message_appended *appended_out);
/* All or none, UIDs in order; appended_out has `count` places. */
enum store_result message_append_many(struct store *store, struct mailbox_ref mailbox,
				      const struct message_new *messages, size_t count,
				      struct message_appended *appended_out);
/* REPLACE (RFC 8508): appends, and expunges `uid` of `source` (same or other mailbox) in one
 * transaction.  STORE_NOT_FOUND also: the UID is gone. */
enum store_result message_replace(struct store *store, struct mailbox_ref source, uint32_t uid,
				  struct mailbox_ref target, const struct message_new *message,
				  struct message_appended *appended_out);

/* COPYUID: source UIDs that were there, ascending, and their new UIDs in the same order. */
struct message_copied {
	uint32_t uidvalidity;        /* of the target */
	GArray *source, *target;     /* of uint32_t; same length */
	uint64_t source_modseq, target_modseq;
};
void message_copied_clear(struct message_copied *copied);
/* Copies those of the set that are there (none: STORE_OK with empty arrays), all or none.
 * Move takes them out of the source in the same transaction.  *copied_out is overwritten;
 * clear it on any result.  STORE_NOT_FOUND: a mailbox is gone. */
enum store_result message_copy(struct store *store, struct mailbox_ref source, struct uid_set uids,
			       struct mailbox_ref target, struct message_copied *copied_out);
enum store_result message_move(struct store *store, struct mailbox_ref source, struct uid_set uids,
			       struct mailbox_ref target, struct message_copied *copied_out);

enum flag_mode { FLAGS_ADD, FLAGS_REMOVE, FLAGS_REPLACE };

struct flag_change {
	struct uid_set uids;
	enum flag_mode mode;
	struct flag_names flags;
	/* Messages with a MODSEQ above it are left alone and listed.  UINT64_MAX: no condition. */
	uint64_t unchanged_since;
	/* Only these may be changed by this session (ACL): others are left as they are. */
	bool limit_system;           /* false: all */
	uint64_t system_allowed;
	bool keywords_forbidden;
};

struct flags_changed {
	uint64_t modseq;             /* the new HIGHESTMODSEQ; 0: nothing was changed */
	GArray *changed;             /* of struct flags_row: those whose flags are different now */
	struct uid_list conflicts;   /* failed UNCHANGEDSINCE */
	char **keywords;             /* the mailbox's list now, as in struct mailbox */
};
struct flags_row {
	uint32_t uid;
	uint64_t flags;
};
void flags_changed_clear(struct flags_changed *changed);
/* One statement for the whole set.  UIDs that are gone are left out of every list. */
enum store_result message_store_flags(struct store *store, struct mailbox_ref mailbox,
				      const struct flag_change *change,
				      struct flags_changed *changed_out);

/* Expunges those of the set that are \Deleted (`force`: whatever their flags); *expunged_out
 * ascending, *modseq_out the new HIGHESTMODSEQ or 0 when none was. */
enum store_result message_expunge(struct store *store, struct mailbox_ref mailbox,
				  struct uid_set uids, bool force, struct uid_list *expunged_out,
				  uint64_t *modseq_out);
/* VANISHED (EARLIER): UIDs expunged after `modseq`.  Survives restarts; when the memory
 * has been cut short since, it is all UIDs up to uidnext that are not there. */
enum store_result message_vanished(struct store *store, struct mailbox_ref mailbox, uint64_t modseq,
				   struct uid_list *vanished_out);
/* What was expunged and is still remembered, newest first, and back again (under new
 * UIDs, with the system flags less \Deleted). */
struct message_gone {
	uint32_t uid;
	uint64_t size;
	int64_t internal_date, expunged_at;  /* seconds UTC */
	uint8_t hash[CONTENT_HASH_SIZE];
};
enum store_result message_list_gone(struct store *store, struct mailbox_ref mailbox, unsigned limit,
				    GArray **gone_out);
enum store_result message_undelete(struct store *store, struct mailbox_ref mailbox,
				   struct uid_set uids, unsigned *count_out);

/* The prefixes of messages: prefixes_out[i] for uids[i], a new reference (empty when it has
 * none), NULL when the message is gone.  Cached like content. */
enum store_result message_load_prefixes(struct store *store, struct mailbox_ref mailbox,
					const uint32_t *uids, size_t count, GBytes **prefixes_out);
/* What a text search first asks of every message from UID `first` on, by rising UID (a caller that
 * relies on it checks: a join keeps the order, SQL does not promise it); past the caches, row by row. */
struct message_signature {
	uint32_t uid;
	struct slice signature;  /* empty: its content is gone */
	struct slice prefix;
};
typedef void (*message_signature_fn)(void *arg, const struct message_signature *message);
enum store_result message_walk_signatures(struct store *store, struct mailbox_ref mailbox, uint32_t first,
					  message_signature_fn fn, void *arg);
/* From the cache only; NULL: not there.  For network threads too. */
GBytes *message_peek_prefix(struct store_pool *pool, struct mailbox_ref mailbox, uint32_t uid);

/* One message's row, also when its view is not open. */
struct message {
	struct mailbox_ref mailbox;
	uint32_t uid;
	uint64_t flags, modseq, size, thread_id;
	int64_t internal_date, save_date;    /* seconds UTC */
	int zone;                            /* of internal_date, minutes east */
	uint8_t hash[CONTENT_HASH_SIZE];
	bool has_original;
	uint8_t original_hash[CONTENT_HASH_SIZE];
	uint32_t prefix_size;
};
enum store_result message_get(struct store *store, struct mailbox_ref mailbox, uint32_t uid,
			      struct message *message_out);
/* All messages of an account with that content, or made from it (original); a GArray of
 * struct message. */
enum store_result message_find_content(struct store *store, uint64_t account_id,
				       const uint8_t hash[CONTENT_HASH_SIZE], GArray **messages_out);
/* Every message with an original (rendered meeting mail), for restamp: ascending from `after`
 * (zeros at first), at most `limit`; empty at the end. */
enum store_result message_walk_rendered(struct store *store, uint64_t account_id,
					struct mailbox_ref after, uint32_t after_uid, unsigned limit,
					GArray **messages_out);

/* SEARCH=FUZZY (RFC 6203): which of these messages PostgreSQL's text search finds, with a score
 * from 1 to 100, best first.  There is no index: whoever asks has narrowed the messages down. */
enum message_fuzzy_in { FUZZY_IN_ALL, FUZZY_IN_BODY, FUZZY_IN_FIELD };
struct message_fuzzy {
	struct slice words;
	enum message_fuzzy_in in;
	struct slice field;        /* FUZZY_IN_FIELD: its name as in search text */
	const int64_t *uids;
	size_t uid_count;
};
struct message_score {
	uint32_t uid;
	unsigned score;
};
enum store_result message_search_fuzzy(struct store *store, struct mailbox_ref mailbox,
				       const struct message_fuzzy *fuzzy, GArray **scores_out);

/* OBJECTID (RFC 8474): what EMAILID, THREADID and MAILBOXID show: [A-Za-z0-9_-], at most 43
 * characters and the NUL. */
#define OBJECT_ID_SIZE 48
void message_email_id(const uint8_t hash[CONTENT_HASH_SIZE], char id_out[OBJECT_ID_SIZE]);
void message_thread_id(uint64_t thread_id, char id_out[OBJECT_ID_SIZE]);
void message_mailbox_id(uint64_t mailbox_id, char id_out[OBJECT_ID_SIZE]);

#endif
