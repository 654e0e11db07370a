/* Annotations of mailboxes and of the server (RFC 5464): which entries are asked for, and
 * the METADATA reply.  Shared by GETMETADATA and LIST (RFC 9590). */
#ifndef IMAP_METADATA_H
#define IMAP_METADATA_H

#include "imap/session.h"
#include "store/mailbox.h"

/* The special use of an own mailbox as an annotation (RFC 6154 4). */
#define METADATA_SPECIAL_USE "/private/specialuse"

struct metadata_query {
	const char **entries;  /* lower case, NULL-terminated; in the cursor's arena */
	int depth;             /* 0, 1, or -1: infinity */
	bool has_max_size;
	uint64_t max_size;
};

/* An entry's name in lower case; NULL with args->error. */
char *metadata_read_entry(struct args *args);
/* One entry, or a list of them. */
bool metadata_read_entries(struct args *args, struct metadata_query *query_out);

/* Whether the reader may see and set annotations of a mailbox (RFC 5464 3.3). */
bool metadata_may(const struct mailbox *mailbox);

/* The untagged METADATA reply, if there is anything to say; mailbox NULL: the server's.
 * *longest_out (NULL allowed): the size of the largest value that was left out for its
 * size, else 0. */
enum store_result metadata_print(struct imap_session *session, struct store *store,
				 const struct mailbox *mailbox, const struct metadata_query *query,
				 uint64_t *longest_out);
/* The same from annotations that have been read: struct annotation, by entry. */
void metadata_print_read(struct imap_session *session, const struct mailbox *mailbox,
			 const struct metadata_query *query, const GPtrArray *annotations,
			 uint64_t *longest_out);

#endif
