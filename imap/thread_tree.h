/* The threading algorithms of RFC 5256 as pure functions: prepared keys in, the
 * text of the THREAD response out.  Work in proportion to messages (sorting
 * aside), whatever the depth: nothing here recurses. */
#ifndef IMAP_THREAD_TREE_H
#define IMAP_THREAD_TREE_H

#include "base/slice.h"

#include <stdint.h>

struct thread_message {
	uint32_t number;              /* what is printed: sequence number or UID */
	int64_t date;                 /* sent date, or internal date where there is none */
	struct slice subject;         /* base subject, compared octet by octet */
	bool is_reply;                /* the subject marked a reply or forward */
	struct slice message_id;      /* empty: none */
	const struct slice *references; /* in order; In-Reply-To's first where there are none */
	size_t reference_count;
};

/* Appends `(2)(3 6 (4 23)(44 7 96))`; nothing when there are no messages.  The
 * messages are in mailbox order. */
void thread_references(const struct thread_message *messages, size_t count, GString *out);
void thread_ordered_subject(const struct thread_message *messages, size_t count, GString *out);

#endif
