/* The pass of a search over the signatures of a whole mailbox: each text key asks them once for
 * all messages, and only where the program may be true is it evaluated. */
#include "imap/search_private.h"

#include "imap/sequence_set.h"

/* Asks the memo for every text key. */
static void ask_memo(struct search *search, struct node *node)
{
	for (struct node *child = node->children; child != NULL; child = child->next)
		ask_memo(search, child);
	if (node->signature == NULL)
		return;
	node->may = arena_new_array(search->command->arena, uint64_t, signature_memo_words(search->memo) + 1);
	signature_memo_ask(search->memo, node->signature, node->may);
}

/* The places in the memo outside which no message can fit; NULL: may be anywhere.  The array may be
 * changed. */
static uint64_t *possible(const struct search *search, const struct node *node)
{
	size_t words = signature_memo_words(search->memo);
	bool is_or = node->key->kind == SEARCH_OR;
	uint64_t *result = NULL;

	if (node->signature != NULL && node->fuzzy == NULL) {
		result = arena_new_array(search->command->arena, uint64_t, words + 1);
		return memcpy(result, node->may, words * sizeof(uint64_t));
	}
	if (!is_or && node->key->kind != SEARCH_AND)
		return NULL;
	for (const struct node *child = node->children; child != NULL; child = child->next) {
		uint64_t *more = possible(search, child);

		if (more == NULL && is_or)
			return NULL;
		for (size_t i = 0; more != NULL && result != NULL && i < words; i++)
			result[i] = is_or ? result[i] | more[i] : result[i] & more[i];
		result = result != NULL ? result : more;
	}
	return result;
}

void search_memo_run(struct search *search, const struct sequence_set *within, struct sequence_set *yes,
		     struct sequence_set *maybe)
{
	const uint64_t *outside;
	size_t place = 0;

	search->has_run_memo = true;
	ask_memo(search, search->root);
	outside = possible(search, search->root);
	for (size_t i = 0; i < within->count; i++) {
		struct view_cursor cursor;
		const struct view_entry *entry;

		for (view_cursor_at(&cursor, search->view, within->ranges[i].first);
		     cursor.seq <= within->ranges[i].last && (entry = view_cursor_get(&cursor)) != NULL;
		     view_cursor_next(&cursor)) {
			struct hand hand = { .search = search, .entry = entry, .seq = cursor.seq };

			hand.has_place = signature_memo_find(search->memo, entry->uid, &place);
			hand.place = place;
			if ((hand.has_place && outside != NULL && !search_has_bit(outside, place)) ||
			    (search->limit != NULL && !sequence_set_contains(search->limit, cursor.seq)))
				continue;
			search_add(search_eval(&hand, search->root), cursor.seq, yes, maybe);
		}
	}
}

enum store_result search_memo_get(struct search *search, struct store *store, uint64_t most)
{
	if (search->memo != NULL || !search->needs_text)
		return STORE_OK;
	return signature_memo_get(search->session, store, search->view, (uint32_t)MIN(most, (uint64_t)UINT32_MAX),
				  &search->memo);
}

void search_memo_forget(struct search *search)
{
	signature_memo_unref(&search->memo);
	search->has_run_memo = false;
}
