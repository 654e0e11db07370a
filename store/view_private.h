/* The inside of views: pages, edits, and the registry of what is in memory. */
#ifndef STORE_VIEW_PRIVATE_H
#define STORE_VIEW_PRIVATE_H

#include "store/message.h"
#include "store/shared.h"
#include "store/view.h"

#define VIEW_PAGE_SIZE 128

struct view_page {
	gatomicrefcount refs;
	uint32_t count;  /* 1 .. VIEW_PAGE_SIZE */
	uint32_t unseen;
	struct view_entry entries[];
};

struct view {
	gatomicrefcount refs;
	struct mailbox_ref mailbox;
	uint32_t uidvalidity, uidnext;
	uint64_t modseq;
	uint32_t count, unseen;
	char **keywords;
	uint32_t page_count;
	struct {
		struct view_page *page;
		uint32_t first; /* index (from 0) of its first entry in the view */
	} pages[];
};

/* What a snapshot has that its entries don't say. */
struct view_head {
	struct mailbox_ref mailbox;
	uint32_t uidvalidity, uidnext;
	uint64_t modseq;
	const char *const *keywords; /* copied; NULL: those of the view before */
};

/* What is different in the next snapshot.  Arrays are ascending by UID; NULL: empty. */
struct view_edit {
	const GArray *removed;  /* of uint32_t */
	const GArray *changed;  /* of struct view_entry; only flags and modseq are taken */
	const GArray *added;    /* of struct view_entry, all UIDs above those there */
};

/* base NULL: an empty one.  Pages that the edit does not touch are shared. */
const struct view *view_make(const struct view *base, const struct view_head *head,
			     const struct view_edit *edit);

/* One commit of this process, as the view follows it: exactly what the MODSEQs from first_modseq
 * (0: modseq alone) to modseq did. */
struct view_delta {
	struct view_delta *next; /* private to the registry */
	uint64_t first_modseq, modseq;
	GArray *removed, *changed, *added; /* as in struct view_edit, owned; NULL: none */
	char **keywords;                   /* NULL: unchanged */
};
void view_delta_free(struct view_delta *delta);

struct view_registry *view_registry_create(struct store_shared *shared);
void view_registry_destroy(struct view_registry **registry);
/* A change was committed; takes the delta (NULL: the view must look itself). */
void view_registry_follow(struct view_registry *registry, struct mailbox_ref mailbox,
			  uint64_t modseq, struct view_delta *delta);
/* A row of the mailbox with that MODSEQ was read: who reads it next must not see less. */
void view_registry_hear(struct view_registry *registry, struct mailbox_ref mailbox, uint64_t modseq);
/* The mailbox is gone. */
void view_registry_forget(struct view_registry *registry, struct mailbox_ref mailbox);
/* Notices may have been lost: nothing in memory is known to be the newest. */
void view_registry_doubt(struct view_registry *registry);
uint64_t view_registry_entries(struct view_registry *registry);

/* The database's state as a new snapshot; base NULL: all of it, else what has changed since. */
enum store_result view_load(struct store *store, struct mailbox_ref mailbox,
			    const struct view *base, const struct view **view_out);

#endif
