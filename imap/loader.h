/* What a command needs of the messages it walks over, loaded by batches in a worker
 * or taken from the caches in a network thread.  Bounded: a batch holds at most so
 * many messages and octets. */
#ifndef IMAP_LOADER_H
#define IMAP_LOADER_H

#include "imap/sequence_set.h"
#include "imap/session.h"
#include "store/view.h"

enum loader_needs {
	LOAD_FACTS = 1 << 0,
	LOAD_SIGNATURE = 1 << 1,
	LOAD_SEARCH = 1 << 2,
	LOAD_OCTETS = 1 << 3,  /* the whole, or the first chunk of a larger content */
	LOAD_PREFIX = 1 << 4,
};

/* One message; pointers are NULL where it was not needed or is gone. */
struct loaded {
	const struct view_entry *entry;
	uint32_t seq;
	struct content_value *facts, *signature, *search, *octets;
	GBytes *prefix;        /* NULL: it has none, or none was asked for */
	bool is_missing;       /* something needed is not there any more */
};

/* The prefix's octets; empty without one. */
struct slice loader_prefix(const struct loaded *loaded);

struct loader;

/* Walks these message numbers of the view, in order; both outlive the loader. */
struct loader *loader_create(struct imap_session *session, const struct view *view,
			     const struct sequence_set *seqs, unsigned needs);
/* For command_on_end(). */
void loader_destroy(void *loader);

/* Walks only those; called before anything is loaded, in the order of the walk. */
typedef bool (*loader_filter_fn)(void *arg, const struct view_entry *entry, uint32_t seq);
void loader_set_filter(struct loader *loader, loader_filter_fn fn, void *arg);

enum loader_result {
	LOADER_HAVE,     /* *loaded_out is the message, valid until loader_next() */
	LOADER_END,
	LOADER_NO_STORE, /* store is NULL and a cache does not have it: go to a worker */
	LOADER_FAILED,   /* *failure_out */
};
/* The current message. */
enum loader_result loader_get(struct loader *loader, struct store *store,
			      const struct loaded **loaded_out, enum store_result *failure_out);
/* Done with the current message. */
void loader_next(struct loader *loader);
/* The messages of the batch from the current one on, for work that goes by batches. */
const struct loaded *loader_rest(const struct loader *loader, size_t *count_out);

#endif
