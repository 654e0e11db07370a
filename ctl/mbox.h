/* Messages out of files: an mbox, a Maildir, a single message.  Pure reading, no
 * store. */
#ifndef CTL_MBOX_H
#define CTL_MBOX_H

#include "base/slice.h"

/* Where one message stands in an mbox's octets. */
struct mbox_message {
	struct slice octets; /* without its "From " line; ">From " lines not yet unquoted */
};

/* The next message at *at, which moves; false at the end.  A "From " line counts
 * at the start and behind an empty line (mboxo, mboxrd). */
bool mbox_next(struct slice file, size_t *at, struct mbox_message *message_out);
/* Whether the octets begin like an mbox. */
bool mbox_is_one(struct slice file);
/* A copy with one ">" taken off each ">From ", ">>From " line (mboxrd). */
GByteArray *mbox_unquote(struct slice message);

#endif
