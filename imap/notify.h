/* What a client wants to hear of without asking (RFC 5465): the event groups of its NOTIFY
 * command, and what has happened since it was last told.
 *
 * The selected mailbox is told as imap/news.c does it, at once when a group asks for it; other
 * mailboxes by STATUS, LIST and METADATA.  Notices are gathered in the network thread, also while
 * the session is out, and told by a worker, merged per mailbox.  When too many wait, the client
 * is told NOTIFICATIONOVERFLOW and hears nothing more. */
#ifndef IMAP_NOTIFY_H
#define IMAP_NOTIFY_H

#include "imap/fetch_items.h"
#include "imap/mailbox_scope.h"
#include "imap/session.h"
#include "store/mailbox.h"

enum notify_event {
	EVENT_MESSAGE_NEW = 1 << 0,
	EVENT_MESSAGE_EXPUNGE = 1 << 1,
	EVENT_FLAG_CHANGE = 1 << 2,
	EVENT_MAILBOX_NAME = 1 << 3,
	EVENT_SUBSCRIPTION = 1 << 4,
	EVENT_MAILBOX_METADATA = 1 << 5,
	EVENT_SERVER_METADATA = 1 << 6,
};
#define EVENT_MESSAGES (EVENT_MESSAGE_NEW | EVENT_MESSAGE_EXPUNGE | EVENT_FLAG_CHANGE)

struct notify_group {
	struct mailbox_scope scope;
	unsigned events;
};

/* As read; everything lives in its arena. */
struct notify_request {
	struct arena *arena;
	struct notify_group *groups;
	size_t count;
	bool wants_status;
	struct fetch_items new_items; /* of MessageNew in the selected mailbox */
	bool has_new_items;
};

enum notify_read_result { NOTIFY_READ, NOTIFY_BAD, NOTIFY_BAD_EVENT, NOTIFY_BAD_NAME };
/* Behind `SET`; the cursor's arguments live in request->arena (args_copy()). */
enum notify_read_result notify_read(struct args *args, struct mailbox_name_rules names,
				    struct notify_request *request);
/* For BADEVENT: `(MessageNew ...)`. */
void notify_print_events(GString *out);

struct notify_watch;

/* In the network thread; replaces what was before.  The request's arena becomes its.  Without groups
 * it is NOTIFY NONE. */
void notify_start(struct imap_session *session, const struct notify_request *request);
/* In the network thread: ENABLE METADATA, annotations that others change are told (RFC 5464 4.1). */
void notify_enable_metadata(struct imap_session *session);
/* Whether there has been a NOTIFY, which then says what is told. */
bool notify_is_asked(const struct imap_session *session);
/* In the network thread: as if there had never been a NOTIFY.  Harmless when there is none. */
void notify_stop(struct imap_session *session);
/* In a worker: finds other people's mailboxes that are meant; with STATUS tells how things are. */
enum store_result notify_prepare(struct imap_session *session, struct store *store);
/* In the network thread, the session at home: takes over what has come. */
void notify_at_home(struct imap_session *session);

/* Whether its client has asked not to hear of the selected mailbox (no SELECTED group, or NONE):
 * what others do there is then told only together with what the session itself does. */
bool notify_hides_selected(const struct imap_session *session);
/* Whether the selected mailbox is told without being asked, and expunges too. */
bool notify_pushes_selected(const struct imap_session *session);
bool notify_pushes_expunges(const struct imap_session *session);
/* Whether changed flags of the selected mailbox are told. */
bool notify_wants_flags(const struct imap_session *session);
/* ... with their UIDs (RFC 5465 5.1). */
bool notify_names_uids(const struct imap_session *session);
/* A message is new in the selected mailbox. */
void notify_message_added(struct imap_session *session, uint32_t uid);
/* The selected mailbox is left: of what was new in it nothing is told any more. */
void notify_forget_added(struct imap_session *session);

/* In the network thread: something waits to be told. */
bool notify_is_waiting(const struct imap_session *session);
/* In a worker: tells it.  STEP_MORE: output is at its mark, call again. */
enum command_step notify_tell(struct imap_session *session, struct store *store);

#endif
