/* Reading a snapshot.  Every page has at least one entry, so the page of a sequence
 * number or UID is found by halving. */
#include "store/view_private.h"

const struct view *view_ref(const struct view *view)
{
	g_atomic_ref_count_inc((gatomicrefcount *)&view->refs);
	return view;
}

void view_unref(const struct view **view)
{
	struct view *v = (struct view *)*view;

	*view = NULL;
	if (v == NULL || !g_atomic_ref_count_dec(&v->refs))
		return;
	for (uint32_t i = 0; i < v->page_count; i++)
		if (g_atomic_ref_count_dec(&v->pages[i].page->refs))
			g_free(v->pages[i].page);
	g_strfreev(v->keywords);
	g_free(v);
}

struct mailbox_ref view_mailbox(const struct view *view)
{
	return view->mailbox;
}

uint32_t view_uidvalidity(const struct view *view)
{
	return view->uidvalidity;
}

uint32_t view_uidnext(const struct view *view)
{
	return view->uidnext;
}

uint64_t view_modseq(const struct view *view)
{
	return view->modseq;
}

uint32_t view_count(const struct view *view)
{
	return view->count;
}

uint32_t view_unseen(const struct view *view)
{
	return view->unseen;
}

uint32_t view_first_unseen(const struct view *view)
{
	for (uint32_t i = 0; i < view->page_count; i++) {
		const struct view_page *page = view->pages[i].page;

		for (uint32_t at = 0; page->unseen > 0 && at < page->count; at++)
			if (!(page->entries[at].flags & MESSAGE_SEEN))
				return view->pages[i].first + at + 1;
	}
	return 0;
}

const char *const *view_keywords(const struct view *view)
{
	return (const char *const *)view->keywords;
}

uint64_t view_keyword_bit(const struct view *view, struct slice keyword)
{
	for (unsigned i = 0; keyword.len > 0 && view->keywords[i] != NULL; i++)
		if (slice_equal_ascii_case(slice_from_string(view->keywords[i]), keyword))
			return UINT64_C(1) << (MESSAGE_KEYWORD_FIRST + i);
	return 0;
}

/* The last page whose first entry is at or before `index`; index < count. */
static uint32_t page_of_index(const struct view *view, uint32_t index)
{
	uint32_t low = 0, high = view->page_count;

	while (high - low > 1) {
		uint32_t middle = low + (high - low) / 2;

		if (view->pages[middle].first <= index)
			low = middle;
		else
			high = middle;
	}
	return low;
}

const struct view_entry *view_entry(const struct view *view, uint32_t seq)
{
	uint32_t page;

	g_assert(seq >= 1 && seq <= view->count);
	page = page_of_index(view, seq - 1);
	return &view->pages[page].page->entries[seq - 1 - view->pages[page].first];
}

static uint32_t last_uid(const struct view_page *page)
{
	return page->entries[page->count - 1].uid;
}

uint32_t view_seq_from(const struct view *view, uint32_t uid)
{
	uint32_t low = 0, high = view->page_count;
	const struct view_page *page;
	uint32_t at, end;

	while (low < high) { /* the first page that ends at or behind uid */
		uint32_t middle = low + (high - low) / 2;

		if (last_uid(view->pages[middle].page) < uid)
			low = middle + 1;
		else
			high = middle;
	}
	if (low == view->page_count)
		return view->count + 1;
	page = view->pages[low].page;
	for (at = 0, end = page->count; at < end;) {
		uint32_t middle = at + (end - at) / 2;

		if (page->entries[middle].uid < uid)
			at = middle + 1;
		else
			end = middle;
	}
	return view->pages[low].first + at + 1;
}

uint32_t view_seq(const struct view *view, uint32_t uid)
{
	uint32_t seq = view_seq_from(view, uid);

	return seq <= view->count && view_entry(view, seq)->uid == uid ? seq : 0;
}

void view_cursor_at(struct view_cursor *cursor, const struct view *view, uint32_t seq)
{
	g_assert(seq >= 1);
	*cursor = (struct view_cursor){ .view = view, .seq = seq, .page = view->page_count };
	if (seq > view->count)
		return;
	cursor->page = page_of_index(view, seq - 1);
	cursor->index = seq - 1 - view->pages[cursor->page].first;
}

const struct view_entry *view_cursor_get(const struct view_cursor *cursor)
{
	if (cursor->page >= cursor->view->page_count)
		return NULL;
	return &cursor->view->pages[cursor->page].page->entries[cursor->index];
}

void view_cursor_next(struct view_cursor *cursor)
{
	if (cursor->page >= cursor->view->page_count)
		return;
	cursor->seq++;
	if (++cursor->index == cursor->view->pages[cursor->page].page->count) {
		cursor->page++;
		cursor->index = 0;
	}
}

/* Where a comparison stands in both; *skip moves over pages that are the same. */
static bool at_same_page(const struct view_cursor *a, const struct view_cursor *b)
{
	return a->index == 0 && b->index == 0 && a->page < a->view->page_count &&
	       b->page < b->view->page_count &&
	       a->view->pages[a->page].page == b->view->pages[b->page].page;
}

static void skip_page(struct view_cursor *cursor)
{
	cursor->seq += cursor->view->pages[cursor->page].page->count;
	cursor->page++;
}

/* One walk over both; callbacks that are NULL in `diff` are left out, so that the three
 * kinds come one after the other. */
static void walk(const struct view *old_view, const struct view *new_view,
		 const struct view_diff *diff, void *arg)
{
	struct view_cursor a, b;
	const struct view_entry *old, *new;

	view_cursor_at(&a, old_view, 1);
	view_cursor_at(&b, new_view, 1);
	for (;;) {
		while (at_same_page(&a, &b)) {
			skip_page(&a);
			skip_page(&b);
		}
		old = view_cursor_get(&a);
		new = view_cursor_get(&b);
		if (old == NULL && new == NULL)
			return;
		if (new == NULL || (old != NULL && old->uid < new->uid)) {
			if (diff->vanished != NULL)
				diff->vanished(arg, old->uid, a.seq);
			view_cursor_next(&a);
		} else if (old == NULL || new->uid < old->uid) {
			if (diff->added != NULL)
				diff->added(arg, new, b.seq);
			view_cursor_next(&b);
		} else {
			if (diff->changed != NULL && old->modseq != new->modseq)
				diff->changed(arg, new, old->flags, b.seq);
			view_cursor_next(&a);
			view_cursor_next(&b);
		}
	}
}

void view_compare(const struct view *old_view, const struct view *new_view,
		  const struct view_diff *diff, void *arg)
{
	g_assert(mailbox_ref_equal(old_view->mailbox, new_view->mailbox));
	if (old_view == new_view)
		return;
	if (diff->vanished != NULL)
		walk(old_view, new_view, &(struct view_diff){ .vanished = diff->vanished }, arg);
	if (diff->changed != NULL)
		walk(old_view, new_view, &(struct view_diff){ .changed = diff->changed }, arg);
	if (diff->added != NULL)
		walk(old_view, new_view, &(struct view_diff){ .added = diff->added }, arg);
}
