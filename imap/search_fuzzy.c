#include "imap/search_fuzzy.h"

#include "ingest/signature.h"
#include "store/message.h"

/* A word in more messages than these says little; ranking goes to the newest. */
enum { MOST_RANKED = 500, MOST_WORDS = 32 };

struct search_fuzzy {
	const struct search_key *key;
	GHashTable *scores; /* UID -> score; NULL: not loaded */
};

struct search_fuzzy *search_fuzzy_create(const struct search_key *key)
{
	struct search_fuzzy *fuzzy = g_new0(struct search_fuzzy, 1);

	fuzzy->key = key;
	return fuzzy;
}

void search_fuzzy_destroy(void *arg)
{
	struct search_fuzzy *fuzzy = arg;

	g_clear_pointer(&fuzzy->scores, g_hash_table_unref);
	g_free(fuzzy);
}

/* Which messages may have the words. */

static bool is_of_word(char c)
{
	return g_ascii_isalnum(c) || (unsigned char)c >= 0x80;
}

/* Runs of letters and digits, since a word of the database ends nowhere within one. */
static bool next_word(struct slice *rest, struct slice *word_out)
{
	size_t start = 0, end;

	while (start < rest->len && !is_of_word(rest->data[start]))
		start++;
	for (end = start; end < rest->len && is_of_word(rest->data[end]); end++)
		;
	*word_out = slice_of(rest->data + start, end - start);
	*rest = slice_of(rest->data + end, rest->len - end);
	return word_out->len > 0;
}

static void destroy_query(void *arg)
{
	struct signature_query *query = arg;

	signature_query_destroy(&query);
}

static GPtrArray *queries_of(struct slice needle)
{
	GPtrArray *queries = g_ptr_array_new_with_free_func(destroy_query);
	struct slice word;

	while (queries->len < MOST_WORDS && next_word(&needle, &word))
		g_ptr_array_add(queries, signature_query_create(word));
	return queries;
}

/* By place in the memo: where every word may be. */
static uint64_t *places_of(const struct search_fuzzy *fuzzy, const struct signature_memo *memo)
{
	g_autoptr(GPtrArray) queries = queries_of(fuzzy->key->needle);
	size_t words = signature_memo_words(memo);
	g_autofree uint64_t *one = g_new(uint64_t, words + 1);
	uint64_t *all = g_new(uint64_t, words + 1);

	memset(all, 0xff, words * sizeof(uint64_t));
	for (guint i = 0; i < queries->len; i++) {
		signature_memo_ask(memo, queries->pdata[i], one);
		for (size_t k = 0; k < words; k++)
			all[k] &= one[k];
	}
	return all;
}

/* Rising UIDs of those that may fit. */
static GArray *narrow(const struct search_fuzzy *fuzzy, const struct view *view,
		      const struct sequence_set *seqs, const struct signature_memo *memo)
{
	g_autofree uint64_t *places = memo != NULL ? places_of(fuzzy, memo) : NULL;
	GArray *uids = g_array_new(FALSE, FALSE, sizeof(int64_t));
	size_t place = 0;

	for (size_t i = 0; i < seqs->count; i++) {
		struct view_cursor cursor;

		for (view_cursor_at(&cursor, view, seqs->ranges[i].first); cursor.seq <= seqs->ranges[i].last;
		     view_cursor_next(&cursor)) {
			int64_t uid = view_cursor_get(&cursor)->uid;

			if (memo == NULL || !signature_memo_find(memo, (uint32_t)uid, &place) ||
			    (places[place / 64] >> place % 64 & 1))
				g_array_append_val(uids, uid);
		}
	}
	return uids;
}

static enum message_fuzzy_in where(const struct search_key *key)
{
	return key->kind == SEARCH_HEADER ? FUZZY_IN_FIELD : key->kind == SEARCH_BODY ? FUZZY_IN_BODY : FUZZY_IN_ALL;
}

enum store_result search_fuzzy_load(struct search_fuzzy *fuzzy, struct store *store,
				    const struct view *view, const struct sequence_set *seqs,
				    const struct signature_memo *memo)
{
	g_autoptr(GArray) scores = NULL;
	g_autoptr(GArray) uids = NULL;
	struct message_fuzzy asked = {
		.words = fuzzy->key->needle, .in = where(fuzzy->key), .field = fuzzy->key->field,
	};
	enum store_result result;
	guint skipped;

	if (fuzzy->scores != NULL)
		return STORE_OK;
	uids = narrow(fuzzy, view, seqs, memo);
	skipped = uids->len > MOST_RANKED ? uids->len - MOST_RANKED : 0;
	asked.uids = (const int64_t *)(const void *)uids->data + skipped;
	asked.uid_count = uids->len - skipped;
	if (asked.uid_count > 0) {
		result = message_search_fuzzy(store, view_mailbox(view), &asked, &scores);
		if (result != STORE_OK)
			return result;
	}
	fuzzy->scores = g_hash_table_new(NULL, NULL);
	for (guint i = 0; scores != NULL && i < scores->len; i++) {
		const struct message_score *score = &g_array_index(scores, struct message_score, i);

		g_hash_table_insert(fuzzy->scores, GUINT_TO_POINTER(score->uid), GUINT_TO_POINTER(score->score));
	}
	return STORE_OK;
}

unsigned search_fuzzy_score(const struct search_fuzzy *fuzzy, uint32_t uid)
{
	return fuzzy->scores == NULL ? 0 :
	       GPOINTER_TO_UINT(g_hash_table_lookup(fuzzy->scores, GUINT_TO_POINTER(uid)));
}
