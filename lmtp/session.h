/* One LMTP connection, as the files of this room share it. */
#ifndef LMTP_SESSION_H
#define LMTP_SESSION_H

#include "config/current.h"
#include "lmtp/delivery.h"
#include "lmtp/lmtp.h"
#include "net/reader.h"

/* Where the conversation is; a command's row says in which it is allowed. */
enum lmtp_state {
	LMTP_CONNECTED = 1,  /* no LHLO yet */
	LMTP_READY = 2,      /* no transaction */
	LMTP_MAIL = 4,       /* a sender, no recipient taken */
	LMTP_RCPT = 8,       /* at least one recipient */
	LMTP_CHUNKS = 16,    /* at least one BDAT chunk, not the last */
	LMTP_REFUSED = 32,   /* a chunk failed: everything but RSET is too late */
};
#define LMTP_ANY_STATE 63
#define LMTP_GREETED (LMTP_ANY_STATE & ~LMTP_CONNECTED)

/* What the next octets are. */
enum lmtp_input {
	LMTP_INPUT_LINE,
	LMTP_INPUT_DATA,
	LMTP_INPUT_CHUNK,
	LMTP_INPUT_NOTHING,  /* goodbye said: what still comes is not read */
};

struct lmtp_room {
	struct config_current config;
	struct store_pool *pool;
	struct deliver_memory *memory;
};

struct lmtp_session {
	struct lmtp_room *room;
	const struct config *config; /* in force when the connection began */
	struct stream *stream;
	struct reader *reader;
	enum lmtp_state state;
	enum lmtp_input input;
	unsigned bad_commands;       /* in a row */
	char *client_name;

	/* The transaction. */
	char *sender;
	bool is_utf8;
	GPtrArray *recipients;       /* struct lmtp_recipient, accepted ones in order */
	struct spool *spool;
	uint64_t chunk_size;
	bool chunk_is_last;
	const char *chunk_problem;   /* reply after a chunk that is thrown away; NULL: kept */

	/* A job that is out owns all of the session but these. */
	bool job_out;
	void (*job_work)(struct lmtp_session *session, struct store *store);
	void (*job_done)(struct lmtp_session *session);
	bool ended;                  /* the stream is over: free when the job is home */
	bool stopping;               /* say goodbye when the job is home */

	/* For the RCPT job and the delivery job. */
	struct lmtp_recipient *candidate;
	const char *candidate_reply;
	guint next_delivery;
	struct lmtp_envelope envelope;
	struct lmtp_delivery *delivery;

	/* Of the last transaction, until the client shows by a command that it has our
	 * replies.  Octets that had come before these were written show nothing. */
	GBytes *receipt;
	size_t sent_too_early;
};

/* "250 ..." without CRLF. */
void lmtp_reply(struct lmtp_session *session, const char *line);
/* Asserts that the move is one of the protocol's. */
void lmtp_move(struct lmtp_session *session, enum lmtp_state state);
/* Ends the transaction; the state becomes LMTP_READY unless nobody said LHLO. */
void lmtp_reset(struct lmtp_session *session);
/* Hands the session to a worker; `done` runs in its loop's thread. */
void lmtp_submit(struct lmtp_session *session, void (*work)(struct lmtp_session *session, struct store *store),
		 void (*done)(struct lmtp_session *session));
/* Says the line and closes; nothing is read any more. */
void lmtp_goodbye(struct lmtp_session *session, const char *line);

/* commands.c: one command line. */
void lmtp_command(struct lmtp_session *session, struct slice line);

/* transfer.c */
void lmtp_begin_data(struct lmtp_session *session);
void lmtp_begin_chunk(struct lmtp_session *session, uint64_t size, bool is_last);
/* Takes what has come of the data.  False: wait for more input. */
bool lmtp_take_data(struct lmtp_session *session);
bool lmtp_take_chunk(struct lmtp_session *session);

#endif
