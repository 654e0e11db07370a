/* A memo is a list of segments of up to SEGMENT messages, immutable and shared between
 * the memo before and the one after new messages; only the last, not yet full one is made
 * anew. */
#include "imap/signature_memo.h"

#include "imap/loader.h"
#include "mime/text.h"

enum { SEGMENT = 1024, MOST_MESSAGES = 200000 };
#define MOST_OCTETS_PER_MAILBOX (UINT64_C(64) << 20)
#define MOST_OCTETS (UINT64_C(192) << 20)

struct segment {
	gint refs;
	guint count;
	uint32_t uids[SEGMENT];
	uint32_t ends[SEGMENT];  /* behind each signature and prefix text in `octets` */
	uint32_t cuts[SEGMENT];  /* between the two */
	GByteArray *octets;
};

struct signature_memo {
	gint refs;
	GPtrArray *segments;
	uint64_t octets;
	struct mailbox_ref mailbox;
	uint64_t used_at;        /* memos->clock; under its lock */
};

struct signature_memos {
	GMutex lock;
	GHashTable *by_mailbox;  /* &memo->mailbox.mailbox_id -> memo */
	uint64_t octets, clock;
};

static void segment_unref(gpointer data)
{
	struct segment *segment = data;

	if (!g_atomic_int_dec_and_test(&segment->refs))
		return;
	g_byte_array_unref(segment->octets);
	g_free(segment);
}

static struct segment *segment_ref(struct segment *segment)
{
	g_atomic_int_inc(&segment->refs);
	return segment;
}

static struct segment *segment_copy(const struct segment *from)
{
	struct segment *segment = g_new0(struct segment, 1);

	segment->refs = 1;
	segment->octets = g_byte_array_new();
	if (from == NULL)
		return segment;
	segment->count = from->count;
	memcpy(segment->uids, from->uids, from->count * sizeof(from->uids[0]));
	memcpy(segment->ends, from->ends, from->count * sizeof(from->ends[0]));
	memcpy(segment->cuts, from->cuts, from->count * sizeof(from->cuts[0]));
	g_byte_array_append(segment->octets, from->octets->data, from->octets->len);
	return segment;
}

static struct segment *last_segment(const struct signature_memo *memo)
{
	return memo->segments->len > 0 ? memo->segments->pdata[memo->segments->len - 1] : NULL;
}

/* A copy that shares the full segments; its last one, if any, is its own. */
static struct signature_memo *memo_extend(const struct signature_memo *old, struct mailbox_ref mailbox)
{
	struct signature_memo *memo = g_new0(struct signature_memo, 1);

	memo->refs = 1;
	memo->mailbox = mailbox;
	memo->segments = g_ptr_array_new_with_free_func(segment_unref);
	if (old == NULL)
		return memo;
	memo->octets = old->octets;
	for (guint i = 0; i < old->segments->len; i++) {
		struct segment *segment = old->segments->pdata[i];

		g_ptr_array_add(memo->segments,
				segment->count == SEGMENT ? segment_ref(segment) : segment_copy(segment));
	}
	return memo;
}

static void memo_add(struct signature_memo *memo, uint32_t uid, struct slice signature,
		     struct slice prefix)
{
	struct segment *segment = last_segment(memo);

	if (segment == NULL || segment->count == SEGMENT) {
		segment = segment_copy(NULL);
		g_ptr_array_add(memo->segments, segment);
	}
	g_byte_array_append(segment->octets, (const guint8 *)signature.data, (guint)signature.len);
	segment->cuts[segment->count] = segment->octets->len;
	g_byte_array_append(segment->octets, (const guint8 *)prefix.data, (guint)prefix.len);
	segment->uids[segment->count] = uid;
	segment->ends[segment->count++] = segment->octets->len;
	memo->octets += signature.len + prefix.len + 3 * sizeof(uint32_t);
}

static uint32_t last_uid(const struct signature_memo *memo)
{
	const struct segment *segment = memo != NULL ? last_segment(memo) : NULL;

	return segment != NULL ? segment->uids[segment->count - 1] : 0;
}

void signature_memo_unref(struct signature_memo **memo)
{
	struct signature_memo *m = *memo;

	*memo = NULL;
	if (m == NULL || !g_atomic_int_dec_and_test(&m->refs))
		return;
	g_ptr_array_unref(m->segments);
	g_free(m);
}

bool signature_memo_find(const struct signature_memo *memo, uint32_t uid,
			 struct signature_place *place, struct slice *signature_out,
			 struct slice *prefix_out)
{
	for (; place->segment < memo->segments->len; place->segment++, place->index = 0) {
		const struct segment *segment = memo->segments->pdata[place->segment];
		const char *octets = (const char *)segment->octets->data;
		guint i = place->index;
		uint32_t start;

		while (i < segment->count && segment->uids[i] < uid)
			i++;
		place->index = i;
		if (i == segment->count)
			continue;
		if (segment->uids[i] != uid)
			return false;
		start = i > 0 ? segment->ends[i - 1] : 0;
		*signature_out = slice_of(octets + start, segment->cuts[i] - start);
		*prefix_out = slice_of(octets + segment->cuts[i], segment->ends[i] - segment->cuts[i]);
		return true;
	}
	return false;
}

/* The room's memos. */

static void unref_value(gpointer data)
{
	struct signature_memo *memo = data;

	signature_memo_unref(&memo);
}

struct signature_memos *signature_memos_create(void)
{
	struct signature_memos *memos = g_new0(struct signature_memos, 1);

	g_mutex_init(&memos->lock);
	memos->by_mailbox = g_hash_table_new_full(g_int64_hash, g_int64_equal, NULL, unref_value);
	return memos;
}

void signature_memos_destroy(struct signature_memos **memos)
{
	if (*memos == NULL)
		return;
	g_hash_table_unref((*memos)->by_mailbox);
	g_mutex_clear(&(*memos)->lock);
	g_free(*memos);
	*memos = NULL;
}

static struct signature_memo *look_up(struct signature_memos *memos, struct mailbox_ref mailbox)
{
	struct signature_memo *memo;

	g_mutex_lock(&memos->lock);
	memo = g_hash_table_lookup(memos->by_mailbox, &mailbox.mailbox_id);
	if (memo != NULL) {
		memo->used_at = ++memos->clock;
		g_atomic_int_inc(&memo->refs);
	}
	g_mutex_unlock(&memos->lock);
	return memo;
}

static void forget(struct signature_memos *memos, struct signature_memo *memo)
{
	memos->octets -= memo->octets;
	g_hash_table_remove(memos->by_mailbox, &memo->mailbox.mailbox_id);
}

static void forget_oldest(struct signature_memos *memos)
{
	struct signature_memo *oldest = NULL;
	GHashTableIter iter;
	gpointer value;

	g_hash_table_iter_init(&iter, memos->by_mailbox);
	while (g_hash_table_iter_next(&iter, NULL, &value)) {
		struct signature_memo *memo = value;

		if (oldest == NULL || memo->used_at < oldest->used_at)
			oldest = memo;
	}
	forget(memos, oldest);
}

static void keep(struct signature_memos *memos, struct signature_memo *memo)
{
	struct signature_memo *there;

	g_mutex_lock(&memos->lock);
	there = g_hash_table_lookup(memos->by_mailbox, &memo->mailbox.mailbox_id);
	if (there != NULL)
		forget(memos, there);
	while (memos->octets + memo->octets > MOST_OCTETS && g_hash_table_size(memos->by_mailbox) > 0)
		forget_oldest(memos);
	memo->used_at = ++memos->clock;
	memos->octets += memo->octets;
	g_atomic_int_inc(&memo->refs);
	g_hash_table_insert(memos->by_mailbox, &memo->mailbox.mailbox_id, memo);
	g_mutex_unlock(&memos->lock);
}

static void add_loaded(struct signature_memo *memo, const struct loaded *loaded)
{
	g_autoptr(GString) prefix = g_string_new(NULL);

	text_search_header(prefix, loader_prefix(loaded));
	memo_add(memo, loaded->entry->uid, content_value_octets(loaded->signature),
		 slice_of(prefix->str, prefix->len));
}

/* Adds what the view has behind the memo's last UID; *complete_out is false when the mailbox
 * is too large. */
static enum store_result extend(struct imap_session *session, struct store *store,
				const struct view *view, struct signature_memo *memo, bool *complete_out)
{
	struct uid_range range = { view_seq_from(view, last_uid(memo) + 1), view_count(view) };
	struct sequence_set missing = { .ranges = &range, .count = 1, .in_arena = true };
	struct loader *loader = loader_create(session, view, &missing, LOAD_SIGNATURE | LOAD_PREFIX);
	enum store_result failure = STORE_OK;
	const struct loaded *loaded;
	enum loader_result result = LOADER_END;

	while (memo->octets <= MOST_OCTETS_PER_MAILBOX &&
	       (result = loader_get(loader, store, &loaded, &failure)) == LOADER_HAVE) {
		if (!loaded->is_missing)
			add_loaded(memo, loaded);
		loader_next(loader);
	}
	loader_destroy(loader);
	*complete_out = memo->octets <= MOST_OCTETS_PER_MAILBOX;
	return result == LOADER_FAILED ? failure : STORE_OK;
}

enum store_result signature_memo_get(struct imap_session *session, struct store *store,
				     const struct view *view, uint32_t most_missing,
				     struct signature_memo **memo_out)
{
	struct signature_memos *memos = imap_room_signatures(session->room);
	struct signature_memo *old = look_up(memos, view_mailbox(view)), *memo;
	uint32_t missing = view_count(view) + 1 - view_seq_from(view, last_uid(old) + 1);
	enum store_result result;
	bool complete;

	*memo_out = old;
	if (missing == 0 && old != NULL)
		return STORE_OK;
	*memo_out = NULL;
	if (missing > most_missing || view_count(view) > MOST_MESSAGES) {
		signature_memo_unref(&old);
		return STORE_OK;
	}
	memo = memo_extend(old, view_mailbox(view));
	signature_memo_unref(&old);
	result = extend(session, store, view, memo, &complete);
	if (result == STORE_OK && complete) {
		keep(memos, memo);
		*memo_out = memo;
		return STORE_OK;
	}
	signature_memo_unref(&memo);
	return result;
}
