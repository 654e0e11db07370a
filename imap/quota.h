/* Who may change limits (RFC 9208's QUOTASET). */
#ifndef IMAP_QUOTA_H
#define IMAP_QUOTA_H

#include "imap/session.h"

/* Signed in as one of [imap] quota_admins. */
bool quota_is_admin(const struct imap_session *session);

#endif
