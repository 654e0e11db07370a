/* What LIST and LSUB answer (RFC 9051 6.3.9, RFC 5258), as a pure function of the
 * mailboxes there are: selection, implied parents, children, CHILDINFO. */
#ifndef IMAP_LIST_TREE_H
#define IMAP_LIST_TREE_H

#include "base/slice.h"

#include <stdint.h>

enum list_options {
	LIST_SELECT_SUBSCRIBED = 1 << 0,
	LIST_SELECT_RECURSIVE = 1 << 1,
	LIST_SELECT_SPECIAL_USE = 1 << 2,
	LIST_IS_LSUB = 1 << 3, /* LSUB: only what is subscribed, \Noselect for implied parents */
};

/* One answer.  Names are in the stored form ('/' between levels). */
struct list_entry {
	const char *name;
	const void *mailbox;     /* as given to list_tree_add(); NULL: not a mailbox */
	bool is_subscribed;
	bool has_children;
	bool has_special_use;
	bool child_is_selected;  /* CHILDINFO ("SUBSCRIBED") */
};

struct list_tree;

struct list_tree *list_tree_create(void);
/* *tree becomes NULL.  NULL is allowed. */
void list_tree_destroy(struct list_tree **tree);
/* A mailbox; `mailbox` is not NULL. */
void list_tree_add(struct list_tree *tree, const char *name, const void *mailbox,
		   bool has_special_use);
/* A subscription, to something that may not exist. */
void list_tree_subscribe(struct list_tree *tree, const char *name);

/* Calls fn for every answer, by name, INBOX first.  Patterns in the stored form. */
typedef void (*list_fn)(const struct list_entry *entry, void *arg);
void list_tree_match(struct list_tree *tree, const struct slice *patterns, size_t pattern_count,
		     unsigned options, list_fn fn, void *arg);

#endif
