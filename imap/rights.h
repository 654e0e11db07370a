/* Rights as letters (RFC 4314): read as clients write them, shown as older ones
 * want to see them, and what they mean for flags.  NULL stands for the owner, who
 * has all. */
#ifndef IMAP_RIGHTS_H
#define IMAP_RIGHTS_H

#include "base/slice.h"
#include "store/message.h"

/* All of `letters`. */
bool rights_have(const char *rights, const char *letters);
/* One of `letters`. */
bool rights_have_any(const char *rights, const char *letters);

/* Letters of a command in the order of ACL_ALL_RIGHTS, each once; RFC 2086's c and d
 * become what they stand for.  NULL: there is an unknown one.  g_free() it. */
char *rights_read(struct slice letters);
/* `current` with the letters of a MODIFIED list: "+lr" adds, "-lr" takes away, "lr"
 * replaces.  NULL as above. */
char *rights_modify(const char *current, struct slice change);
/* Appends them with c and d where these belong. */
void rights_print(GString *out, const char *rights);

/* The system flags that may be set or cleared. */
uint64_t rights_system_flags(const char *rights);
/* Takes away what may not be stored. */
void rights_filter_flags(const char *rights, struct flag_names *flags);

#endif
