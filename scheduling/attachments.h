/* The files that came with a stored mail, for readers without a mail program at hand:
 * its attachments, and those inside a winmail.dat (mime/tnef.h), which many programs
 * can't open.  Calendars are left out: the meeting's page offers its own. */
#ifndef SCHEDULING_ATTACHMENTS_H
#define SCHEDULING_ATTACHMENTS_H

#include "store/content.h"

/* Octets of a file that are handed out; a longer one is left in the mail. */
#define ATTACHMENT_MAX (32u << 20)

/* Their names, UTF-8 without a path and never empty, in the order of the mail: a GPtrArray
 * of char *.  A mail with more than 100 shows its first 100. */
enum store_result attachments_list(struct store *store, const uint8_t hash[CONTENT_HASH_SIZE],
				   GPtrArray **names_out);
/* The number-th of that list (from 0), decoded, appended to `out`; *name_out is the caller's to
 * g_free().  STORE_NOT_FOUND: no such file.  STORE_LIMIT: it is longer than ATTACHMENT_MAX. */
enum store_result attachments_read(struct store *store, const uint8_t hash[CONTENT_HASH_SIZE],
				   unsigned number, GString *out, char **name_out);

#endif
