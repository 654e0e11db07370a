/* The one list of what this room offers, with the conditions. */
#ifndef IMAP_CAPABILITY_H
#define IMAP_CAPABILITY_H

#include "imap/session.h"

/* Appends the capabilities that hold now, separated by spaces, without the word
 * CAPABILITY. */
void capability_print(const struct imap_session *session, GString *out);

#endif
