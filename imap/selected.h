/* The selected mailbox: the snapshot whose message numbers the client knows, and
 * the way from it to the newest one.  Room-internal.
 *
 * Notices come in the network thread, also while the session is out; they are kept
 * in session->notices (network thread only) and taken over when the session is home. */
#ifndef IMAP_SELECTED_H
#define IMAP_SELECTED_H

#include "imap/sequence_set.h"
#include "imap/session.h"
#include "store/mailbox.h"
#include "store/notify.h"
#include "store/view.h"

struct selected {
	struct mailbox_ref ref;
	char *name;                 /* stored form */
	bool is_read_only;
	const struct view *view;
	char **keywords;            /* as the client was told them; never behind the view's */
	char *rights;               /* of the reader, RFC 4314 letters; NULL: the owner */
	bool rights_stale;          /* they may have changed */
	struct sequence_set recent; /* UIDs of messages that this session heard of first */
	struct sequence_set saved;  /* `$`: UIDs (RFC 5182) */
	struct sequence_set own;    /* UIDs that the session has added itself, until they are told */
	GPtrArray *contexts;        /* searches kept up to date (imap/search_context.h); NULL: none */
	uint32_t told_count;        /* what the client was told by EXISTS */
	uint32_t told_recent;       /* ... by RECENT */

	bool has_news;              /* the snapshot may not be the newest */
	bool has_own_news;          /* ... by what the session itself did */
	bool must_ask;              /* ... and only the database knows */
	uint64_t wanted_modseq;     /* ... it must be at least this */

	/* What the client knows already although its snapshot does not: struct told_flags,
	 * by rising UID.  Its own STORE, and \Seen by its FETCH. */
	GArray *told;
};

struct told_flags {
	uint32_t uid;
	uint64_t flags, modseq;
};

/* Takes the view's reference. */
struct selected *selected_create(const struct view *view, const char *name, bool is_read_only);
/* *selected becomes NULL. */
void selected_close(struct selected **selected);
bool selected_is_read_only(const struct selected *selected);
/* The right (letters of RFC 4314, all of them) to do something with its messages. */
bool selected_may(const struct selected *selected, const char *letters);
/* Reads the rights again when they may have changed; tells what flags can be changed now.  False:
 * the mailbox may not be read any more. */
bool selected_refresh_rights(struct imap_session *session, struct store *store);

/* In the network thread: subscribes to the mailbox that is selected now, and takes
 * over the notices that have come. */
void selected_at_home(struct imap_session *session);
void selected_unsubscribe(struct imap_session *session);

/* Whether the news can only be told with the database's help. */
bool selected_needs_store(struct imap_session *session, bool ask);
/* Moves to the newest snapshot and tells the difference; expunges only if allowed.
 * `store` NULL: as far as memory knows.  False: the mailbox is gone. */
bool selected_tell_news(struct imap_session *session, struct store *store, bool expunge_allowed);

/* The session itself has changed that mailbox: if it is the selected one, the news to be told
 * must include `modseq` (0: nothing changed). */
void selected_want(struct imap_session *session, struct mailbox_ref changed, uint64_t modseq);

/* The session itself has added that message to that mailbox; by rising UID. */
void selected_added(struct imap_session *session, struct mailbox_ref changed, uint32_t uid);

/* From a set as the client gave it to message numbers here (a heap set that
 * is cleared with the command).  False with the tagged reply decided. */
bool selected_resolve(struct imap_session *session, struct command *command,
		      struct sequence_set *given, bool is_uid, struct sequence_set *seqs_out);
/* The same where numbers beyond the end are no error, as in a search (RFC 7377 2), and in any
 * snapshot; `$` has no meaning here.  The set as given stays as it is. */
void selected_resolve_wide(const struct view *view, struct command *command,
			   const struct sequence_set *given, bool is_uid, struct sequence_set *seqs_out);
/* UIDs of message numbers, as a heap set cleared with the command. */
void selected_uids(struct imap_session *session, struct command *command,
		   const struct sequence_set *seqs, struct sequence_set *uids_out);

/* The client knows these flags of this message; by rising UID within a command. */
void selected_mark_told(struct selected *selected, uint32_t uid, uint64_t flags, uint64_t modseq);
/* Whether it does; any MODSEQ will do for a client without CONDSTORE. */
bool selected_was_told(const struct imap_session *session, const struct view_entry *entry);

/* Of the UIDs from `first` on, which have come to the client's view, those that nobody else has
 * heard of are recent to this session. */
void selected_claim_recent(struct imap_session *session, uint32_t first);
bool selected_is_recent(const struct imap_session *session, uint32_t uid);
uint32_t selected_recent_count(const struct imap_session *session);
/* RECENT, which IMAP4rev2 does not have. */
void selected_tell_recent(struct imap_session *session);
/* CONDSTORE switches itself on; tells HIGHESTMODSEQ the first time. */
void selected_enable_condstore(struct imap_session *session);

/* VANISHED (EARLIER) of those within the set (NULL: all) that are not in the snapshot. */
void selected_print_vanished(struct imap_session *session, struct uid_set uids,
			     const struct sequence_set *within);
/* The untagged FLAGS and PERMANENTFLAGS. */
void selected_print_flags(struct imap_session *session);
/* The same when there are keywords that the client does not know: before it sees them in a FETCH. */
void selected_tell_keywords(struct imap_session *session, const char *const *keywords);

#endif
