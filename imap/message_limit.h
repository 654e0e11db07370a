/* The most messages that one command works on (MESSAGELIMIT, RFC 9738).
 *
 * A command that may do a part works from the highest UID down and tells how far it came; the
 * client asks again for what is below.  COPY, APPEND, SORT and THREAD do all or nothing. */
#ifndef IMAP_MESSAGE_LIMIT_H
#define IMAP_MESSAGE_LIMIT_H

#include "imap/search_eval.h"
#include "imap/sequence_set.h"
#include "imap/session.h"

/* Leaves the highest of these message numbers of the selected mailbox; the reply will say so. */
bool message_limit_cut(struct imap_session *session, struct command *command, struct sequence_set *seqs);
/* The same where only those that are marked as deleted count. */
void message_limit_cut_deleted(struct imap_session *session, struct command *command, struct sequence_set *seqs);
/* The same for what a search of the selected mailbox looks at. */
void message_limit_cut_search(struct imap_session *session, struct command *command, struct search *search);

/* True with NO decided: so many messages are too many. */
bool message_limit_refuses(struct imap_session *session, struct command *command, uint64_t count);
/* The same of these message numbers, with the UID down to which they would not be. */
bool message_limit_refuses_set(struct imap_session *session, struct command *command,
			       const struct sequence_set *seqs);
/* The same of what a search looks at. */
bool message_limit_refuses_search(struct imap_session *session, struct command *command,
				  const struct search *search);
/* Before the tagged reply: how far down the command came, in that reply or in one of its own. */
void message_limit_tell(struct imap_session *session, struct command *command);

#endif
