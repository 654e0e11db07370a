/* Names in arguments to what the store calls them; each says what is wrong itself. */
#ifndef CTL_LOOKUP_H
#define CTL_LOOKUP_H

#include "ctl/ctl.h"
#include "store/account.h"
#include "store/mailbox.h"

/* CTL_DONE, or a message was said.  account_clear() it on any result. */
enum ctl_status ctl_find_account(struct ctl *ctl, const char *address, struct account *account_out);
/* The mailbox of that name, levels as the settings separate them. */
enum ctl_status ctl_find_mailbox(struct ctl *ctl, const struct account *account, const char *name,
				 struct mailbox *mailbox_out);
/* The name as the store keeps it; NULL (and a message) when it can't be one. g_free() it. */
char *ctl_mailbox_name(const struct ctl *ctl, const char *name);
/* As people see it.  g_free() it. */
char *ctl_mailbox_shown(const struct ctl *ctl, const char *name);
/* "2026-05-05 12:00:00Z" of a clock_now() moment; "" for 0.  g_free() it. */
char *ctl_moment(int64_t moment);

#endif
