/* "Still working" while a command is long in a worker (RFC 9585): the network thread says it
 * every so often, with what the worker has counted. */
#ifndef IMAP_PROGRESS_H
#define IMAP_PROGRESS_H

#include "imap/session.h"

/* Network thread: a command begins; the session goes out with it; it is home again. */
void progress_reset(struct imap_session *session);
void progress_out(struct imap_session *session);
void progress_home(struct imap_session *session);
/* Network thread: the session ends. */
void progress_destroy(struct imap_session *session);

/* Worker: so many more things are to be done / are done. */
void progress_plan(struct imap_session *session, uint64_t count);
void progress_did(struct imap_session *session, uint64_t count);

#endif
