/* A memo is a list of segments of up to SEGMENT messages (a slab and their UIDs), immutable
 * and shared between the memo before and the one after new messages; only the last, not
 * yet full one is made anew. */
#include "imap/signature_memo.h"

#include "imap/signature_slab.h"
#include "mime/text.h"
#include "store/message.h"

enum { SEGMENT = SIGNATURE_SLAB_COLUMNS, MOST_MESSAGES = 200000 };
/* A mailbox of more messages than SHARP_MESSAGES has less sharp signatures, of 512 octets. */
enum { SHARP_MESSAGES = 32768, SHARP_LOG2 = 13, BLUNT_LOG2 = 12 };
#define MOST_OCTETS_PER_MAILBOX (UINT64_C(128) << 20)
#define MOST_OCTETS (UINT64_C(192) << 20)

struct segment {
	gint refs;
	guint count;
	uint32_t uids[SEGMENT];
	struct signature_slab *slab;
};

struct signature_memo {
	gint refs;
	unsigned log2;
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
	signature_slab_destroy(&segment->slab);
	g_free(segment);
}

static struct segment *segment_ref(struct segment *segment)
{
	g_atomic_int_inc(&segment->refs);
	return segment;
}

static struct segment *segment_create(unsigned log2)
{
	struct segment *segment = g_new0(struct segment, 1);

	segment->refs = 1;
	segment->slab = signature_slab_create(log2);
	return segment;
}

static struct segment *segment_copy(const struct segment *from)
{
	struct segment *segment = g_memdup2(from, sizeof(*from));

	segment->refs = 1;
	segment->slab = signature_slab_copy(from->slab);
	return segment;
}

static struct segment *last_segment(const struct signature_memo *memo)
{
	return memo->segments->len > 0 ? memo->segments->pdata[memo->segments->len - 1] : NULL;
}

static uint64_t segment_octets(const struct segment *segment)
{
	return sizeof(*segment) + signature_slab_octets(segment->slab);
}

/* A copy that shares the full segments (when they are as sharp); its last one, if any, is its own. */
static struct signature_memo *memo_extend(const struct signature_memo *old, struct mailbox_ref mailbox,
					  unsigned log2)
{
	struct signature_memo *memo = g_new0(struct signature_memo, 1);

	memo->refs = 1;
	memo->log2 = old != NULL ? MIN(log2, old->log2) : log2;
	memo->mailbox = mailbox;
	memo->segments = g_ptr_array_new_with_free_func(segment_unref);
	for (guint i = 0; old != NULL && i < old->segments->len; i++) {
		struct segment *segment = old->segments->pdata[i];
		bool shared = segment->count == SEGMENT && memo->log2 == old->log2;

		segment = shared ? segment_ref(segment) : segment_copy(segment);
		for (unsigned sharp = old->log2; sharp > memo->log2; sharp--)
			signature_slab_fold(segment->slab);
		g_ptr_array_add(memo->segments, segment);
		memo->octets += segment_octets(segment);
	}
	return memo;
}

static void memo_add(struct signature_memo *memo, uint32_t uid, struct slice signature,
		     struct slice prefix)
{
	struct segment *segment = last_segment(memo);

	if (segment == NULL || segment->count == SEGMENT) {
		segment = segment_create(memo->log2);
		g_ptr_array_add(memo->segments, segment);
	} else {
		memo->octets -= segment_octets(segment);
	}
	signature_slab_add(segment->slab, signature, prefix);
	segment->uids[segment->count++] = uid;
	memo->octets += segment_octets(segment);
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

size_t signature_memo_words(const struct signature_memo *memo)
{
	return memo->segments->len * SIGNATURE_SLAB_WORDS;
}

void signature_memo_ask(const struct signature_memo *memo, const struct signature_query *query,
			uint64_t *bits_out)
{
	for (guint i = 0; i < memo->segments->len; i++) {
		const struct segment *segment = memo->segments->pdata[i];

		signature_slab_ask(segment->slab, query, bits_out + i * SIGNATURE_SLAB_WORDS);
	}
}

bool signature_memo_find(const struct signature_memo *memo, uint32_t uid, size_t *place)
{
	for (;;) {
		size_t number = *place / SEGMENT, i = *place % SEGMENT;
		const struct segment *segment;

		if (number >= memo->segments->len)
			return false;
		segment = memo->segments->pdata[number];
		while (i < segment->count && segment->uids[i] < uid)
			i++;
		*place = number * SEGMENT + i;
		if (i < segment->count)
			return segment->uids[i] == uid;
		*place = (number + 1) * SEGMENT;
	}
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

struct extending {
	struct signature_memo *memo;
	bool complete;
};

static void take_signature(void *arg, const struct message_signature *message)
{
	struct extending *extending = arg;
	g_autoptr(GString) prefix = NULL;

	extending->complete = extending->complete && extending->memo->octets <= MOST_OCTETS_PER_MAILBOX &&
			      message->uid > last_uid(extending->memo);
	if (!extending->complete)
		return;
	prefix = g_string_new(NULL);
	text_search_header(prefix, message->prefix);
	memo_add(extending->memo, message->uid, message->signature, slice_of(prefix->str, prefix->len));
}

/* Adds what the mailbox has behind the memo's last UID; *complete_out is false when it is too
 * large. */
static enum store_result extend(struct store *store, struct signature_memo *memo, bool *complete_out)
{
	struct extending extending = { memo, true };
	enum store_result result = message_walk_signatures(store, memo->mailbox, last_uid(memo) + 1,
							   take_signature, &extending);

	*complete_out = extending.complete;
	return result;
}

/* How many messages of the view it does not have. */
static uint32_t missing_of(const struct signature_memo *memo, const struct view *view)
{
	return view_count(view) + 1 - view_seq_from(view, last_uid(memo) + 1);
}

bool signature_memo_is_whole(struct imap_session *session, const struct view *view)
{
	struct signature_memo *memo = look_up(imap_room_signatures(session->room), view_mailbox(view));
	bool whole = memo != NULL && missing_of(memo, view) == 0;

	signature_memo_unref(&memo);
	return whole;
}

enum store_result signature_memo_get(struct imap_session *session, struct store *store,
				     const struct view *view, uint32_t most_missing,
				     struct signature_memo **memo_out)
{
	struct signature_memos *memos = imap_room_signatures(session->room);
	struct signature_memo *old = look_up(memos, view_mailbox(view)), *memo;
	uint32_t missing = missing_of(old, view);
	enum store_result result;
	bool complete;

	*memo_out = old;
	if (missing == 0 && old != NULL)
		return STORE_OK;
	*memo_out = NULL;
	if (missing > most_missing || view_count(view) > MOST_MESSAGES || store == NULL) {
		signature_memo_unref(&old);
		return STORE_OK;
	}
	memo = memo_extend(old, view_mailbox(view),
			   view_count(view) > SHARP_MESSAGES ? BLUNT_LOG2 : SHARP_LOG2);
	signature_memo_unref(&old);
	result = extend(store, memo, &complete);
	if (result == STORE_OK && complete) {
		keep(memos, memo);
		*memo_out = memo;
		return STORE_OK;
	}
	signature_memo_unref(&memo);
	return result;
}
