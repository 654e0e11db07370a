/* A text key below FUZZY (RFC 6203): what text search in the database finds and ranks, on top of
 * what the exact search finds.  It has no index of its own: the signatures of SEARCH
 * (imap/signature_memo.h) say in which messages all of the words may stand, and only these, the
 * newest first when they are very many, are read and ranked.  So delivery pays nothing for it. */
#ifndef IMAP_SEARCH_FUZZY_H
#define IMAP_SEARCH_FUZZY_H

#include "imap/search_program.h"
#include "imap/signature_memo.h"

struct search_fuzzy;

/* The key outlives it. */
struct search_fuzzy *search_fuzzy_create(const struct search_key *key);
/* For g_ptr_array_new_with_free_func(). */
void search_fuzzy_destroy(void *fuzzy);
/* Asks the database, once, about those of the messages (numbers in the view) that may fit;
 * `memo` is NULL where signatures are not to be had. */
enum store_result search_fuzzy_load(struct search_fuzzy *fuzzy, struct store *store,
				    const struct view *view, const struct sequence_set *seqs,
				    const struct signature_memo *memo);
/* 1 to 100; 0: not found by it. */
unsigned search_fuzzy_score(const struct search_fuzzy *fuzzy, uint32_t uid);

#endif
