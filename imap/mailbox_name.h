/* Mailbox names between the wire and the store: modified UTF-7 or UTF-8, the
 * hierarchy separator shown to clients or `/`, INBOX in any case. */
#ifndef IMAP_MAILBOX_NAME_H
#define IMAP_MAILBOX_NAME_H

#include "base/slice.h"

struct mailbox_name_rules {
	char separator; /* '/' or '.' */
	bool is_utf8;   /* after ENABLE UTF8=ACCEPT or IMAP4rev2 */
};

enum mailbox_name_error {
	MAILBOX_NAME_OK,
	MAILBOX_NAME_ENCODING, /* not the encoding that holds now: BAD */
	MAILBOX_NAME_CHARACTER, /* control characters, or '/' where '.' separates: NO [CANNOT] */
};

/* In the stored form, in front of OWNER-ADDRESS/NAME of other people's mailboxes. */
#define MAILBOX_SHARED_PREFIX "Shared/"

/* Appends the stored form of a name or (wildcards are ordinary characters) a
 * LIST pattern.  `INBOX` alone or as first level takes its capital form, Unicode the composed
 * one (NFC). */
enum mailbox_name_error mailbox_name_read(struct slice wire, struct mailbox_name_rules rules,
					  GString *out);
/* Appends the form for the wire, as an astring. */
void mailbox_name_write(GString *out, struct slice stored, struct mailbox_name_rules rules);
/* Whether a name in UTF-8 was given as Net-Unicode, the one form it is stored in. */
bool mailbox_name_is_composed(struct slice wire);
/* Appends ` ("OLDNAME" (GIVEN))`, a LIST's extended data item (RFC 9051 6.3.9.7). */
void mailbox_name_write_old(GString *out, struct slice wire);

/* LIST matching in the stored form: `*` anything, `%` anything but '/'.  INBOX
 * matches in any case, also as the level above others. */
bool mailbox_name_matches(struct slice name, struct slice pattern);

#endif
