#include "imap/search_fuzzy.h"

#include "store/content.h"

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

static bool contains(struct slice text, struct slice word)
{
	return text.len >= word.len && memmem(text.data, text.len, word.data, word.len) != NULL;
}

/* The next word of a text in search form, where one space stands between words. */
static bool next_word(struct slice *rest, struct slice *word_out)
{
	const char *space;
	size_t len;

	while (rest->len > 0 && rest->data[0] == ' ')
		*rest = slice_of(rest->data + 1, rest->len - 1);
	if (rest->len == 0)
		return false;
	space = memchr(rest->data, ' ', rest->len);
	len = space != NULL ? (size_t)(space - rest->data) : rest->len;
	*word_out = slice_of(rest->data, len);
	*rest = slice_of(rest->data + len, rest->len - len);
	return true;
}

static bool has_all_words(struct slice text, struct slice words)
{
	struct slice word;

	while (next_word(&words, &word))
		if (!contains(text, word))
			return false;
	return true;
}

/* Lines are "name: value\n". */
static bool field_has_words(struct slice headers, const struct search_key *key)
{
	while (headers.len > 0) {
		const char *end = memchr(headers.data, '\n', headers.len);
		size_t len = end != NULL ? (size_t)(end - headers.data) : headers.len;

		if (len > key->field.len && headers.data[key->field.len] == ':' &&
		    memcmp(headers.data, key->field.data, key->field.len) == 0 &&
		    has_all_words(slice_of(headers.data + key->field.len + 1, len - key->field.len - 1), key->needle))
			return true;
		len = MIN(len + 1, headers.len);
		headers = slice_of(headers.data + len, headers.len - len);
	}
	return false;
}

/* Whether a message that has the words somewhere has them where the key wants them. */
static enum store_result is_in_field(const struct search_fuzzy *fuzzy, struct store *store,
				     struct mailbox_ref mailbox, uint32_t uid, bool *fits_out)
{
	struct content_value *value = NULL;
	struct slice headers, body;
	struct message message;
	enum store_result result = message_get(store, mailbox, uid, &message);

	*fits_out = false;
	if (result == STORE_OK)
		result = content_load_one(store, CONTENT_SEARCH, message.hash, &value);
	if (result == STORE_OK) {
		content_value_search(value, &headers, &body);
		*fits_out = field_has_words(headers, fuzzy->key);
	}
	content_value_unref(&value);
	return result == STORE_NOT_FOUND || result == STORE_DAMAGED ? STORE_OK : result;
}

enum store_result search_fuzzy_load(struct search_fuzzy *fuzzy, struct store *store,
				    struct mailbox_ref mailbox)
{
	g_autoptr(GArray) scores = NULL;
	enum store_result result;

	if (fuzzy->scores != NULL)
		return STORE_OK;
	result = message_search_fuzzy(store, mailbox, fuzzy->key->needle, &scores);
	if (result != STORE_OK)
		return result;
	fuzzy->scores = g_hash_table_new(NULL, NULL);
	for (guint i = 0; i < scores->len && result == STORE_OK; i++) {
		const struct message_score *score = &g_array_index(scores, struct message_score, i);
		bool fits = true;

		if (fuzzy->key->kind == SEARCH_HEADER)
			result = is_in_field(fuzzy, store, mailbox, score->uid, &fits);
		if (fits)
			g_hash_table_insert(fuzzy->scores, GUINT_TO_POINTER(score->uid),
					    GUINT_TO_POINTER(score->score));
	}
	return result;
}

unsigned search_fuzzy_score(const struct search_fuzzy *fuzzy, uint32_t uid)
{
	return fuzzy->scores == NULL ? 0 :
	       GPOINTER_TO_UINT(g_hash_table_lookup(fuzzy->scores, GUINT_TO_POINTER(uid)));
}
