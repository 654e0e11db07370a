/* One client's session.  Room-internal: the commands read and change it.
 *
 * One owner at a time: the network thread, or, while `is_out`, the store worker
 * that runs its command; the network thread then touches nothing but the fact
 * that it is out, and notes what happens meanwhile (`end_wanted`, `has_ended`). */
#ifndef IMAP_SESSION_H
#define IMAP_SESSION_H

#include "auth/sasl.h"
#include "imap/command.h"
#include "imap/imap.h"
#include "imap/mailbox_name.h"
#include "imap/output.h"
#include "imap/quote.h"
#include "store/notify.h"

#include <stdatomic.h>

struct selected;
struct notify_watch;

enum session_state {
	SESSION_NOT_AUTHENTICATED,
	SESSION_AUTHENTICATED,
	SESSION_SELECTED,
	SESSION_LOGOUT,
};

/* ENABLE (RFC 5161) and what switches itself on. */
enum session_extension {
	EXTENSION_CONDSTORE = 1 << 0,
	EXTENSION_QRESYNC = 1 << 1,
	EXTENSION_UTF8 = 1 << 2,
	EXTENSION_IMAP4REV2 = 1 << 3,
	EXTENSION_UIDONLY = 1 << 4,
	EXTENSION_METADATA = 1 << 5,
};

enum session_wait {
	WAIT_COMMAND, /* for octets of a command */
	WAIT_LINE,    /* for a line that a running command wants */
	WAIT_WORKER,  /* the session is out */
	WAIT_DRAIN,   /* a running command has more to say */
	WAIT_TLS,     /* a handshake is under way */
};

struct imap_session {
	struct imap_room *room;
	const struct config *config;
	struct stream *stream;
	uint64_t id;
	enum session_state state;
	enum session_wait wait;
	bool has_ended;             /* the stream is over; destroy when home */
	const char *end_wanted;     /* say this BYE and close when home */
	bool closing;               /* BYE said */
	bool in_literal;            /* octets that were announced are still to come: nothing else may be said */
	bool greets_when_secure;    /* the greeting waits for the handshake */

	struct imap_parser *parser;
	struct output *output;
	struct command *command;    /* the running one, or NULL */
	enum command_step step;     /* its last answer, from the worker */
	GString *line;              /* what has come of a line */
	bool line_taken;            /* it has been given to the command */
	enum session_state limits_state; /* what the limits were set for */
	const char *refusal_code;   /* of a literal: NO with this code instead of BAD */
	unsigned bad_commands;

	uint64_t account_id;
	char *address;              /* the account's; NULL before sign-in */
	unsigned extensions;        /* enum session_extension */
	struct selected *selected;  /* NULL unless state is SESSION_SELECTED */
	const char *worker_bye;     /* the command ends the session with this */
	bool is_idle;               /* IDLE is running: news are told at once */
	bool is_pushing;            /* news are being told unasked */
	struct {                    /* imap/progress.h */
		struct loop_timer *timer; /* network thread; NULL: none yet */
		struct slice tag;
		atomic_uint_fast64_t planned, did;
	} progress;
	struct notify_watch *watch; /* NOTIFY (imap/notify.h); NULL: none */
	struct {                    /* network thread only, also while the session is out */
		struct notify_subscription *subscription;
		struct mailbox_ref mailbox;
		unsigned kinds;
		uint64_t modseq;
	} notices;
};

/* The only place where the state changes. */
void session_set_state(struct imap_session *session, enum session_state state);
/* Leaves the selected mailbox, if any. */
void session_unselect(struct imap_session *session);
/* Goes on with input; for those who end a wait (network thread). */
void session_continue(struct imap_session *session);
/* Whether the selected mailbox is told unasked now: in IDLE, or as NOTIFY says. */
bool session_pushes_selected(const struct imap_session *session);
/* Whether something is to be told between commands, whatever happens next. */
bool session_has_waiting(const struct imap_session *session);
/* A notice came: told at once when the session is idle or NOTIFY asks for that. */
void session_on_news(struct imap_session *session);

GString *session_text(struct imap_session *session);
/* An untagged reply: "* " in front, CRLF behind. */
void session_untagged(struct imap_session *session, const char *format, ...) G_GNUC_PRINTF(2, 3);

static inline bool session_has(const struct imap_session *session, unsigned extensions)
{
	return (session->extensions & extensions) != 0;
}

bool session_may_sign_in(const struct imap_session *session);
/* What decides on the mechanisms; sasl_peer_clear() it. */
struct sasl_peer session_sasl_peer(const struct imap_session *session);
bool session_is_utf8(const struct imap_session *session);
enum quote_mode session_quote_mode(const struct imap_session *session);
struct mailbox_name_rules session_names(const struct imap_session *session);

/* Reads a mailbox name; false with the tagged reply decided when it is none. */
bool session_read_mailbox(struct imap_session *session, struct command *command,
			  struct slice *stored_out);

/* The same for the last argument. */
bool session_read_last_mailbox(struct imap_session *session, struct command *command,
			       struct slice *stored_out);

/* Sign-in is done: owner of the session from now on. */
void session_signed_in(struct imap_session *session, uint64_t account_id, const char *address);
/* All that came with the sign-in is forgotten. */
void session_sign_out(struct imap_session *session);
/* Between commands: how long a line, its literals and a silence may be follows from the state. */
void session_set_limits(struct imap_session *session);

/* The room's. */
struct store_pool *imap_room_pool(struct imap_room *room);
struct signature_memos *imap_room_signatures(struct imap_room *room);
struct auth *imap_room_auth(struct imap_room *room);
const struct config *imap_room_config(struct imap_room *room); /* referenced */
/* Tells whoever asked for it (imap.h). */
void imap_room_keywords_stored(struct imap_room *room, struct store *store, struct mailbox_ref mailbox,
			       struct uid_set uids, const char *const *keywords);

#endif
