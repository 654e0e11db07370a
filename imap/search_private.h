/* The inside of a search: prepared keys, and what is known of the message at hand.
 *
 * Evaluation is three-valued: a key that can't be decided with what is at hand is
 * MAYBE; AND, OR and NOT carry that up.  Later passes know more and leave nothing open. */
#ifndef IMAP_SEARCH_PRIVATE_H
#define IMAP_SEARCH_PRIVATE_H

#include "imap/loader.h"
#include "imap/search_eval.h"
#include "imap/signature_memo.h"

struct search_fuzzy;

enum truth { NO, MAYBE, YES };

/* A prepared key: the parsed one with what depends on the mailbox. */
struct node {
	const struct search_key *key;
	struct node *children, *next;
	struct sequence_set set;            /* of SEQUENCE and UID, as message numbers */
	uint64_t flag_bit;                  /* of KEYWORD */
	struct signature_query *signature;  /* of text keys */
	uint64_t *may;                      /* ... and what it says, by place in the memo */
	struct search_fuzzy *fuzzy;         /* of text keys below FUZZY */
};

struct search {
	struct imap_session *session;
	struct command *command;
	const struct view *view;
	struct node *root;
	const struct sequence_set *limit;   /* NULL: all messages */
	bool needs_facts, needs_text, in_fuzzy;
	struct signature_memo *memo;        /* during a run; NULL: not at hand */
	bool has_run_memo;                  /* what it rules out is ruled out */
	GPtrArray *fuzzies;                 /* of struct search_fuzzy: those of the program; NULL: none */
	int64_t now;
};

/* What is at hand for one message. */
struct hand {
	const struct search *search;
	struct store *store;
	const struct view_entry *entry;
	uint32_t seq;
	const struct loaded *loaded;        /* NULL in the first pass */
	bool has_text;                      /* the last pass */
	bool has_place;                     /* the memo knows it, there: */
	size_t place;
};

static inline bool search_has_bit(const uint64_t *bits, size_t place)
{
	return bits[place / 64] >> place % 64 & 1;
}

static inline void search_add(enum truth truth, uint32_t seq, struct sequence_set *yes,
			      struct sequence_set *maybe)
{
	if (truth != NO)
		sequence_set_add(truth == YES ? yes : maybe, seq, seq);
}

/* With what is at hand. */
enum truth search_eval(struct hand *hand, const struct node *node);

/* imap/search_memo.c: search->memo becomes the mailbox's signatures.  What it lacks is loaded,
 * unless that is more than `most`; a network thread (store NULL) loads nothing. */
enum store_result search_memo_get(struct search *search, struct store *store, uint64_t most);
/* What search->memo rules out of `within`. */
void search_memo_run(struct search *search, const struct sequence_set *within, struct sequence_set *yes,
		     struct sequence_set *maybe);
void search_memo_forget(struct search *search);

#endif
