/* One POP3 connection, as the files of this room share it. */
#ifndef POP3_SESSION_H
#define POP3_SESSION_H

#include "config/current.h"
#include "auth/sasl.h"
#include "net/reader.h"
#include "pop3/drop.h"
#include "pop3/pop3.h"
#include "pop3/stuff.h"

enum pop3_state {
	POP3_AUTHORIZATION = 1,
	POP3_TRANSACTION = 2,
};
#define POP3_ANY_STATE 3

/* What the next octets are. */
enum pop3_input {
	POP3_INPUT_LINE,
	POP3_INPUT_SASL,     /* the client's next line of an AUTH exchange */
	POP3_INPUT_WAIT,     /* a message is on its way out */
	POP3_INPUT_NOTHING,  /* goodbye said: what still comes is not read */
};

struct pop3_room {
	struct config_current config;
	struct store_pool *pool;
	struct auth *auth;
};

/* RETR or TOP under way. */
struct pop3_transfer {
	const struct view_entry *entry; /* lives as long as the drop */
	uint64_t body_lines;            /* still to send behind the header; UINT64_MAX: all */
	GBytes *prefix;
	struct content_value *facts;    /* for TOP */
	struct content_value *chunk;    /* the next to send */
	uint32_t chunk_number;
	struct pop3_stuffer stuffer;
	bool has_failed;
};

struct pop3_session {
	struct pop3_room *room;
	const struct config *config;
	struct stream *stream;
	struct reader *reader;
	enum pop3_state state;
	enum pop3_input input;
	unsigned bad_commands;       /* in a row */
	unsigned failed_sign_ins;
	char *user;                  /* from USER */
	char *password;              /* while its check is out; wiped after it */
	struct sasl *sasl;
	char *sasl_text;             /* the line being worked on, NULs and all; wiped after it */
	size_t sasl_len;
	bool sasl_is_initial;
	GString *sasl_challenge;
	enum sasl_step sasl_step;
	struct auth_result signed_in;
	enum pop3_drop_result opened; /* valid after a sign-in with AUTH_OK */
	struct pop3_drop *drop;
	enum pop3_drop_result removed;
	struct pop3_transfer transfer;

	/* A job that is out owns all of the session but these. */
	bool job_out;
	void (*job_work)(struct pop3_session *session, struct store *store);
	void (*job_done)(struct pop3_session *session);
	bool ended;                  /* the stream is over: clean up when the job is home */
	bool stopping;               /* say goodbye when the job is home */
};

/* "+OK ..." or "-ERR ..." without CRLF. */
void pop3_reply(struct pop3_session *session, const char *line);
void pop3_replyf(struct pop3_session *session, const char *format, ...) G_GNUC_PRINTF(2, 3);
/* Hands the session to a worker; `done` runs in its loop's thread. */
void pop3_submit(struct pop3_session *session, void (*work)(struct pop3_session *session, struct store *store),
		 void (*done)(struct pop3_session *session));
/* Says the line and closes; nothing is read any more. */
void pop3_goodbye(struct pop3_session *session, const char *line);

/* commands.c: one command line. */
void pop3_command(struct pop3_session *session, struct slice line);
/* Counts a command that can't be; after too many in a row the session ends. */
void pop3_refuse(struct pop3_session *session, const char *reply);

/* sign_in.c: CAPA's part of it, USER, PASS, AUTH, and the lines of its exchange. */
bool pop3_may_sign_in(const struct pop3_session *session);
void pop3_print_sasl(struct pop3_session *session, GString *out);
void pop3_run_user(struct pop3_session *session, struct slice rest);
void pop3_run_pass(struct pop3_session *session, struct slice rest);
void pop3_run_auth(struct pop3_session *session, struct slice rest);
void pop3_sasl_line(struct pop3_session *session, struct slice line);

/* transfer.c: a message on its way out. */
void pop3_begin_transfer(struct pop3_session *session, size_t index, uint64_t body_lines);
/* The stream has room again. */
void pop3_continue_transfer(struct pop3_session *session);
void pop3_transfer_clear(struct pop3_transfer *transfer);

#endif
