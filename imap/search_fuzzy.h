/* A text key below FUZZY (RFC 6203): what text search in the database finds, on top of what the
 * exact search does.  Scores are of the words; a key about one header field keeps to the
 * messages whose field has all of the words, in any order. */
#ifndef IMAP_SEARCH_FUZZY_H
#define IMAP_SEARCH_FUZZY_H

#include "imap/search_program.h"
#include "store/message.h"

struct search_fuzzy;

/* The key outlives it. */
struct search_fuzzy *search_fuzzy_create(const struct search_key *key);
/* For g_ptr_array_new_with_free_func(). */
void search_fuzzy_destroy(void *fuzzy);
/* Asks the database, once. */
enum store_result search_fuzzy_load(struct search_fuzzy *fuzzy, struct store *store,
				    struct mailbox_ref mailbox);
/* 1 to 100; 0: not found by it. */
unsigned search_fuzzy_score(const struct search_fuzzy *fuzzy, uint32_t uid);

#endif
