/* The IMAP front room (RFC 9051, RFC 3501 and extensions; imap/capability.c has
 * the list).  One room per process; one session per stream. */
#ifndef IMAP_IMAP_H
#define IMAP_IMAP_H

#include "auth/auth.h"
#include "config/config.h"
#include "net/stream.h"
#include "store/message.h"
#include "store/pool.h"

struct imap_room;

/* What the room works with; everything outlives it.  The configuration is
 * referenced. */
struct imap_room_options {
	const struct config *config;
	struct store_pool *pool;
	struct auth *auth;
	/* Called in a worker after a session stored keywords on messages of its own account;
	 * NULL: nobody wants to know. */
	void (*keywords_stored)(struct store *store, const struct config *config,
				struct mailbox_ref mailbox, struct uid_set uids,
				const char *const *keywords);
};

struct imap_room *imap_room_create(const struct imap_room_options *options);
/* Any thread: sessions begun from now on use these settings. */
void imap_room_reload(struct imap_room *room, const struct config *config);
/* When no session is left.  *room becomes NULL.  NULL is allowed. */
void imap_room_destroy(struct imap_room **room);

/* Takes the stream over, in its loop's thread, and greets. */
void imap_start(struct imap_room *room, struct stream *stream);

#endif
