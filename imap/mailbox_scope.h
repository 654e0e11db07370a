/* Which mailboxes are meant (RFC 5465 section 6, RFC 7377 section 2.2): by name, by place in the
 * tree, by subscription.  Shared by NOTIFY and ESEARCH. */
#ifndef IMAP_MAILBOX_SCOPE_H
#define IMAP_MAILBOX_SCOPE_H

#include "imap/args.h"

enum mailbox_scope_kind {
	SCOPE_SELECTED,
	SCOPE_SELECTED_DELAYED, /* of NOTIFY alone */
	SCOPE_INBOXES,
	SCOPE_PERSONAL,
	SCOPE_SUBSCRIBED,
	SCOPE_SUBTREE,          /* the named ones and all below */
	SCOPE_SUBTREE_ONE,      /* ... and their children */
	SCOPE_MAILBOXES,
};

struct mailbox_scope {
	enum mailbox_scope_kind kind;
	struct slice *names;    /* stored form */
	size_t name_count;
};

enum mailbox_scope_result { SCOPE_READ, SCOPE_BAD, SCOPE_BAD_NAME };
/* SCOPE_BAD: args->error.  SCOPE_BAD_NAME: a name has a character that can't be used. */
enum mailbox_scope_result mailbox_scope_read(struct args *args, struct mailbox_name_rules rules,
					     struct mailbox_scope *scope_out);
bool mailbox_scope_is_selected(const struct mailbox_scope *scope);
/* Whether other people's mailboxes may be meant. */
bool mailbox_scope_is_wide(const struct mailbox_scope *scope);
/* Whether a mailbox is meant by a scope that is not about the selected one; `subscribed` is a
 * set of names, or NULL. */
bool mailbox_scope_fits(const struct mailbox_scope *scope, const char *name, GHashTable *subscribed);

#endif
