/* IMAP URLs of messages and their parts, in the relative forms that CATENATE knows
 * (RFC 4469 3, RFC 5092):
 *   /Drafts;UIDVALIDITY=385759045/;UID=20/;SECTION=1.2;  with /;PARTIAL=0.1024 behind
 *   ;UID=20/;SECTION=TEXT                                 in the selected mailbox
 * A pure function of the octets. */
#ifndef IMAP_MESSAGE_URL_H
#define IMAP_MESSAGE_URL_H

#include "base/arena.h"

#include <stdint.h>

struct message_url {
	struct slice mailbox;   /* decoded; empty: the selected one */
	bool is_rooted;         /* the mailbox was named from the top ("/...") */
	uint64_t uidvalidity;   /* 0: not said */
	uint32_t uid;
	struct slice section;   /* decoded; empty: the whole message */
	bool has_partial;
	uint64_t offset, length; /* length UINT64_MAX: to the end */
};

/* False: not such a URL (with a scheme or a server; bad syntax). */
bool message_url_parse(struct slice url, struct arena *arena, struct message_url *url_out);

#endif
