/* One command being run, and the table of all of them.
 *
 * A command is a function that is called until it says STEP_DONE.  Where it runs
 * follows from its row: in the network thread with store == NULL, or in a store
 * worker.  With CMD_FAST it is tried in the network thread first and may ask for
 * a worker with STEP_STORE.  Its own state between calls hangs on the command. */
#ifndef IMAP_COMMAND_H
#define IMAP_COMMAND_H

#include "imap/args.h"
#include "store/store.h"

struct imap_session;
struct command;

enum command_step {
	STEP_DONE,  /* the tagged reply is decided */
	STEP_MORE,  /* output is at its mark: call again, in the same place, when it has drained */
	STEP_STORE, /* call again in a store worker (only when store was NULL) */
	STEP_LINE,  /* call again when the client has sent a line (command->line) */
};

typedef enum command_step (*command_fn)(struct imap_session *session, struct command *command,
					struct store *store);

enum command_states {
	IN_NOT_AUTHENTICATED = 1 << 0,
	IN_AUTHENTICATED = 1 << 1,
	IN_SELECTED = 1 << 2,
	IN_LOGOUT = 1 << 3,
	SIGNED_IN = IN_AUTHENTICATED | IN_SELECTED,
	ANY_STATE = IN_NOT_AUTHENTICATED | IN_AUTHENTICATED | IN_SELECTED,
};

enum command_flags {
	CMD_STORE = 1 << 0,      /* runs in a store worker */
	CMD_FAST = 1 << 1,       /* in the network thread first */
	CMD_NO_EXPUNGE = 1 << 2, /* uses message numbers: EXPUNGE may not be told at its end */
	CMD_WRITES = 1 << 3,     /* changes the selected mailbox: not after EXAMINE */
	CMD_SPOOL = 1 << 4,      /* its literals may be messages */
	CMD_NO_SYNC = 1 << 5,    /* nothing of the selected mailbox is told at its end */
	CMD_SYNC = 1 << 6,       /* the database is asked for news at its end */
	CMD_UID = 1 << 7,        /* the UID form */
	CMD_LINES = 1 << 8,      /* takes its lines in a worker */
	CMD_PROGRESS = 1 << 10,  /* may take long: "still working" is told (RFC 9585) */
	CMD_NUMBERS = 1 << 9,    /* speaks of message numbers: not after ENABLE UIDONLY */
};

struct command_row {
	const char *name;
	command_fn run;
	unsigned states;
	unsigned flags;
};

/* NULL for an unknown one. */
const struct command_row *command_find(struct slice name);

enum command_reply { REPLY_OK, REPLY_NO, REPLY_BAD, REPLY_NONE };

struct command {
	const struct command_row *row;
	struct slice tag;
	struct args args;
	struct arena *arena;      /* freed with the command */
	void *state;              /* the command's own; from the arena, or see command_on_end */
	struct slice line;        /* after STEP_LINE, without its end; valid for that call */
	bool in_worker;           /* where it is called */
	bool has_begun;           /* for the command's own use; false in its first call */
	bool rights_asked;        /* those in the selected mailbox were looked at for it */
	bool is_decided;          /* STEP_DONE was said; what is left is to tell the news */
	enum command_reply reply;
	const char *code;         /* response code without brackets, or NULL */
	const char *text;
	uint32_t lowest_uid;      /* it went no further down (imap/message_limit.h); 0: it did all */
	GSList *cleanups;
};

/* Calls fn(arg) when the command ends, however it ends. */
void command_on_end(struct command *command, void (*fn)(void *arg), void *arg);
/* Makes those calls. */
void command_end(struct command *command);

/* The tagged reply; each returns STEP_DONE.  `code` NULL: none.  Strings must be
 * static or in the command's arena. */
enum command_step command_ok(struct command *command, const char *code, const char *text);
enum command_step command_no(struct command *command, const char *code, const char *text);
enum command_step command_bad(struct command *command, const char *text);
/* The same with a response code. */
enum command_step command_bad_code(struct command *command, const char *code, const char *text);
/* BAD with the cursor's error. */
enum command_step command_bad_args(struct command *command);
/* NO for what the store answered, with the response code of RFC 5530; `what` is
 * the object for the text ("mailbox"). */
enum command_step command_store_failed(struct command *command, enum store_result result,
				       const char *what);
/* OK with the text `done`, or that NO. */
enum command_step command_answer(struct command *command, enum store_result result, const char *what,
				 const char *done);

static inline bool command_is_uid(const struct command *command)
{
	return (command->row->flags & CMD_UID) != 0;
}

#endif
