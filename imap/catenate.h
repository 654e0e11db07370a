/* CATENATE (RFC 4469): a message put together from text and from parts of messages
 * that are here already. */
#ifndef IMAP_CATENATE_H
#define IMAP_CATENATE_H

#include "base/spool.h"
#include "imap/session.h"

struct catenate_part {
	struct slice url;                 /* data NULL: text */
	const struct imap_arg *text;
};

/* The parts, in the command's arena. */
struct catenate {
	struct catenate_part *parts;
	size_t count;
};

/* `(URL "..." TEXT {5} ...)`; false with args->error. */
bool catenate_read(struct args *args, struct catenate *catenate_out);

/* In a worker: copies all octets into a new spool.  NULL with the tagged reply decided:
 * BADURL, TOOBIG, or what the store or the disk answered. */
struct spool *catenate_make(struct imap_session *session, struct command *command,
			    struct store *store, const struct catenate *catenate);

#endif
