/* A message on its way into a mailbox, as APPEND and REPLACE take it: flags, date, and
 * octets from a literal or put together by CATENATE. */
#ifndef IMAP_APPEND_MESSAGE_H
#define IMAP_APPEND_MESSAGE_H

#include "imap/catenate.h"
#include "mime/source.h"
#include "store/mailbox.h"
#include "store/message.h"

struct ingest;

struct append_message {
	struct flag_names flags;
	int64_t date;                 /* seconds UTC */
	int zone;                     /* that the date was given in, minutes east */
	struct slice octets;          /* of a literal in memory */
	struct catenate catenate;     /* count 0: a literal */
	struct spool *spool;          /* what CATENATE made */
	struct mime_source source;
	struct ingest *ingest;        /* NULL: the content is in the store, under `hash` */
	uint8_t hash[CONTENT_HASH_SIZE];
};

/* Octets of messages that one command understands before it stores the first of them. */
#define APPEND_ROOM (4 * 1024 * 1024)

/* `[(flags)] ["date"] literal`; false with the reply decided. */
bool append_message_read(struct command *command, struct append_message *message);
/* In a worker: puts the octets together and understands them; false with the reply decided.
 * A large content is stored here, without a lock on the mailbox, and so is one for which there is
 * no *room left (APPEND_ROOM for all of a command). */
bool append_message_make(struct imap_session *session, struct command *command, struct store *store,
			 struct append_message *message, uint64_t *room);
/* The row for the store, with the flags that may be set in `target`; lives as long as the message. */
struct message_new append_message_row(struct append_message *message, const struct mailbox *target);
void append_message_clear(struct append_message *message);

/* NO for an APPEND that failed; "message" or the mailbox is the reason. */
enum command_step append_message_failed(struct command *command, enum store_result result);

#endif
