/* Making the next snapshot: pages without a change are shared, the others are
 * written anew; pages that have become small are joined with their neighbours. */
#include "store/view_private.h"

#define SMALL_PAGE (VIEW_PAGE_SIZE / 4)

struct builder {
	GPtrArray *pages;        /* of struct view_page, finished */
	struct view_entry open[VIEW_PAGE_SIZE]; /* the page that is being filled */
	uint32_t open_count;
};

static void close_page(struct builder *builder)
{
	struct view_page *page;
	size_t size = builder->open_count * sizeof(struct view_entry);

	if (builder->open_count == 0)
		return;
	page = g_malloc(sizeof(*page) + size);
	g_atomic_ref_count_init(&page->refs);
	page->count = builder->open_count;
	page->unseen = 0;
	memcpy(page->entries, builder->open, size);
	for (uint32_t i = 0; i < page->count; i++)
		page->unseen += (page->entries[i].flags & MESSAGE_SEEN) == 0;
	g_ptr_array_add(builder->pages, page);
	builder->open_count = 0;
}

static void add_entry(struct builder *builder, const struct view_entry *entry)
{
	builder->open[builder->open_count++] = *entry;
	if (builder->open_count == VIEW_PAGE_SIZE)
		close_page(builder);
}

/* A page nothing in which changes: shared, unless it is better joined with a small one. */
static void add_page(struct builder *builder, struct view_page *page)
{
	uint32_t together = builder->open_count + page->count;

	if (builder->open_count > 0 && together <= VIEW_PAGE_SIZE &&
	    (builder->open_count < SMALL_PAGE || page->count < SMALL_PAGE)) {
		for (uint32_t i = 0; i < page->count; i++)
			add_entry(builder, &page->entries[i]);
		return;
	}
	close_page(builder);
	g_atomic_ref_count_inc(&page->refs);
	g_ptr_array_add(builder->pages, page);
}

/* Before entries are added behind it: the last page is opened again when there is room. */
static void reopen_last(struct builder *builder)
{
	struct view_page *page;

	if (builder->open_count > 0 || builder->pages->len == 0)
		return;
	page = g_ptr_array_index(builder->pages, builder->pages->len - 1);
	if (page->count == VIEW_PAGE_SIZE)
		return;
	memcpy(builder->open, page->entries, page->count * sizeof(struct view_entry));
	builder->open_count = page->count;
	g_ptr_array_set_size(builder->pages, (gint)builder->pages->len - 1);
	if (g_atomic_ref_count_dec(&page->refs))
		g_free(page);
}

/* Where the edit's two lists stand. */
struct edit_cursor {
	const struct view_edit *edit;
	guint removed, changed;
};

static uint32_t next_removed(const struct edit_cursor *at)
{
	if (at->edit->removed == NULL || at->removed >= at->edit->removed->len)
		return UINT32_MAX;
	return g_array_index(at->edit->removed, uint32_t, at->removed);
}

static const struct view_entry *next_changed(const struct edit_cursor *at)
{
	if (at->edit->changed == NULL || at->changed >= at->edit->changed->len)
		return NULL;
	return &g_array_index(at->edit->changed, struct view_entry, at->changed);
}

/* Passes what names UIDs below `uid`: the view does not have them (any more). */
static void pass_below(struct edit_cursor *at, uint32_t uid)
{
	while (next_removed(at) < uid)
		at->removed++;
	while (next_changed(at) != NULL && next_changed(at)->uid < uid)
		at->changed++;
}

static bool touches(const struct edit_cursor *at, uint32_t last)
{
	return next_removed(at) <= last || (next_changed(at) != NULL && next_changed(at)->uid <= last);
}

static void edit_page(struct builder *builder, const struct view_page *page, struct edit_cursor *at)
{
	for (uint32_t i = 0; i < page->count; i++) {
		struct view_entry entry = page->entries[i];

		pass_below(at, entry.uid);
		if (next_removed(at) == entry.uid)
			continue;
		if (next_changed(at) != NULL && next_changed(at)->uid == entry.uid &&
		    next_changed(at)->modseq >= entry.modseq) {
			entry.flags = next_changed(at)->flags;
			entry.modseq = next_changed(at)->modseq;
		}
		add_entry(builder, &entry);
	}
}

static void edit_pages(struct builder *builder, const struct view *base, const struct view_edit *edit)
{
	struct edit_cursor at = { .edit = edit };

	for (uint32_t i = 0; base != NULL && i < base->page_count; i++) {
		struct view_page *page = base->pages[i].page;

		pass_below(&at, page->entries[0].uid);
		if (touches(&at, page->entries[page->count - 1].uid))
			edit_page(builder, page, &at);
		else
			add_page(builder, page);
	}
	if (edit->added != NULL && edit->added->len > 0)
		reopen_last(builder);
	for (guint i = 0; edit->added != NULL && i < edit->added->len; i++)
		add_entry(builder, &g_array_index(edit->added, struct view_entry, i));
	close_page(builder);
}

const struct view *view_make(const struct view *base, const struct view_head *head,
			     const struct view_edit *edit)
{
	struct builder builder = { .pages = g_ptr_array_new() };
	struct view *view;

	edit_pages(&builder, base, edit);
	view = g_malloc0(sizeof(*view) + builder.pages->len * sizeof(view->pages[0]));
	g_atomic_ref_count_init(&view->refs);
	view->mailbox = head->mailbox;
	view->uidvalidity = head->uidvalidity;
	view->uidnext = head->uidnext;
	view->modseq = head->modseq;
	view->keywords = g_strdupv(head->keywords != NULL ? (char **)head->keywords :
				   base->keywords);
	view->page_count = builder.pages->len;
	for (uint32_t i = 0; i < view->page_count; i++) {
		struct view_page *page = g_ptr_array_index(builder.pages, i);

		view->pages[i].page = page;
		view->pages[i].first = view->count;
		view->count += page->count;
		view->unseen += page->unseen;
	}
	g_ptr_array_unref(builder.pages);
	return view;
}

void view_delta_free(struct view_delta *delta)
{
	if (delta == NULL)
		return;
	g_clear_pointer(&delta->removed, g_array_unref);
	g_clear_pointer(&delta->changed, g_array_unref);
	g_clear_pointer(&delta->added, g_array_unref);
	g_strfreev(delta->keywords);
	g_free(delta);
}

/* Merges the entries of two lists by UID into one page list. */
struct keeper {
	GArray *vanished; /* of struct view_entry, in the old snapshot's words */
	const struct view *old_view;
};

static void keep_vanished(void *arg, uint32_t uid, uint32_t old_seq)
{
	struct keeper *keeper = arg;

	(void)uid;
	g_array_append_vals(keeper->vanished, view_entry(keeper->old_view, old_seq), 1);
}

static const struct view *merge(const struct view *new_view, const GArray *kept)
{
	GArray *all = g_array_sized_new(FALSE, FALSE, sizeof(struct view_entry),
					new_view->count + kept->len);
	struct view_head head = { new_view->mailbox, new_view->uidvalidity, new_view->uidnext,
				  new_view->modseq, (const char *const *)new_view->keywords };
	struct view_edit edit = { .added = all };
	struct view_cursor at;
	const struct view_entry *entry;
	const struct view *merged;
	guint next = 0;

	for (view_cursor_at(&at, new_view, 1); (entry = view_cursor_get(&at)) != NULL;
	     view_cursor_next(&at)) {
		for (; next < kept->len; next++) {
			const struct view_entry *old = &g_array_index(kept, struct view_entry, next);

			if (old->uid > entry->uid)
				break;
			g_array_append_vals(all, old, 1);
		}
		g_array_append_vals(all, entry, 1);
	}
	g_array_append_vals(all, &g_array_index(kept, struct view_entry, next), kept->len - next);
	merged = view_make(NULL, &head, &edit);
	g_array_unref(all);
	return merged;
}

const struct view *view_without_expunges(const struct view *old_view, const struct view *new_view)
{
	struct keeper keeper = { g_array_new(FALSE, FALSE, sizeof(struct view_entry)), old_view };
	const struct view *view;

	view_compare(old_view, new_view, &(struct view_diff){ .vanished = keep_vanished }, &keeper);
	view = keeper.vanished->len == 0 ? view_ref(new_view) : merge(new_view, keeper.vanished);
	g_array_unref(keeper.vanished);
	return view;
}
