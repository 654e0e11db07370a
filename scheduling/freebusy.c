/* The range index gives the meetings whose bounds touch the window; of a recurring one
 * only the occurrences inside it are made. */
#include "scheduling/freebusy.h"

#include "calendar/recur.h"
#include "calendar/zone.h"
#include "scheduling/holdings.h"
#include "store/account.h"
#include "store/meeting_store.h"

#define DAY INT64_C(86400)
#define MAX_WINDOW (366 * DAY)
#define CLASH_WINDOW (90 * DAY)
/* Of one meeting in one window; a daily meeting has 366 in a year. */
#define MAX_OCCURRENCES 2000

static enum store_result load(struct store *store, const struct freebusy_query *query,
			      GPtrArray **rows_out, char ***addresses_out)
{
	struct meeting_query ask = { .account_id = query->account_id, .from = query->from,
				     .to = MIN(query->to, query->from + MAX_WINDOW), .busy_only = true,
				     .shown_only = true };
	enum store_result result = meeting_list(store, &ask, rows_out);

	if (result != STORE_OK)
		return result;
	result = account_addresses(store, query->account_id, addresses_out);
	if (result != STORE_OK)
		g_ptr_array_unref(g_steal_pointer(rows_out));
	return result;
}

static bool is_tentative(const struct meeting_event *event, const char *const *addresses)
{
	const struct meeting_person *own = meeting_find_attendee(event, addresses);

	return event->status == MEETING_STATUS_TENTATIVE ||
	       (own != NULL && own->partstat == MEETING_PARTSTAT_TENTATIVE);
}

static void add_spans(GArray *spans, const struct freebusy_query *query, const struct meeting *meeting,
		      const char *const *addresses)
{
	struct meeting_span window = { query->from, MIN(query->to, query->from + MAX_WINDOW) };
	struct recur_iterator *walk = recur_open(meeting, window, query->zone);
	struct recur_occurrence occurrence;

	for (unsigned i = 0; i < MAX_OCCURRENCES && recur_next(walk, &occurrence) == 1; i++) {
		struct freebusy_span span = { MAX(occurrence.span.start, window.start),
					      MIN(occurrence.span.end, window.end),
					      is_tentative(occurrence.event, addresses) };

		if (span.end > span.start && meeting_event_blocks(occurrence.event, addresses))
			g_array_append_val(spans, span);
	}
	recur_close(&walk);
}

static int compare_spans(const void *a, const void *b)
{
	const struct freebusy_span *x = a, *y = b;

	return x->start < y->start ? -1 : x->start > y->start ? 1 : (int)x->tentative - (int)y->tentative;
}

/* Overlapping spans of the same kind become one. */
static void merge_spans(GArray *spans)
{
	guint to = 0;

	g_array_sort(spans, compare_spans);
	for (guint i = 0; i < spans->len; i++) {
		struct freebusy_span span = g_array_index(spans, struct freebusy_span, i);
		struct freebusy_span *last = to > 0 ? &g_array_index(spans, struct freebusy_span, to - 1) : NULL;

		if (last != NULL && span.start <= last->end && span.tentative == last->tentative)
			last->end = MAX(last->end, span.end);
		else
			g_array_index(spans, struct freebusy_span, to++) = span;
	}
	g_array_set_size(spans, to);
}

enum store_result freebusy_find(struct store *store, const struct freebusy_query *query,
				GArray **spans_out)
{
	GPtrArray *rows = NULL;
	g_auto(GStrv) addresses = NULL;
	enum store_result result = load(store, query, &rows, &addresses);

	*spans_out = g_array_new(FALSE, FALSE, sizeof(struct freebusy_span));
	if (result != STORE_OK)
		return result;
	for (guint i = 0; i < rows->len; i++) {
		const struct meeting_row *row = g_ptr_array_index(rows, i);
		struct meeting *meeting = meeting_load(row->ics);

		if (meeting != NULL)
			add_spans(*spans_out, query, meeting, (const char *const *)addresses);
		meeting_destroy(&meeting);
	}
	g_ptr_array_unref(rows);
	merge_spans(*spans_out);
	return STORE_OK;
}

void clash_free(struct clash *clash)
{
	g_free(clash->uid);
	g_free(clash->title);
	meeting_destroy(&clash->meeting);
	g_free(clash);
}

static void clash_free_item(gpointer clash)
{
	clash_free(clash);
}

/* Takes `other`. */
static void add_clash(GPtrArray *clashes, const struct meeting_row *row, struct meeting *other,
		      const struct recur_occurrence *at)
{
	struct clash *clash = g_new0(struct clash, 1);

	clash->uid = g_strdup(row->uid);
	clash->title = g_strdup(at->event->summary);
	clash->start = at->start;
	clash->end = at->end;
	clash->meeting = other;
	g_ptr_array_add(clashes, clash);
}

static int compare_clashes(const void *a, const void *b)
{
	const struct clash *x = *(const struct clash *const *)a, *y = *(const struct clash *const *)b;

	return x->start.instant < y->start.instant ? -1 : x->start.instant > y->start.instant;
}

enum store_result clash_find(struct store *store, const struct freebusy_query *query,
			     const struct meeting *meeting, unsigned limit, GPtrArray **clashes_out)
{
	struct meeting_span span = recur_span(meeting, query->zone);
	struct freebusy_query near = *query;
	struct recur_clash_query ask;
	GPtrArray *rows = NULL;
	g_auto(GStrv) addresses = NULL;
	enum store_result result;

	*clashes_out = g_ptr_array_new_with_free_func(clash_free_item);
	near.from = MAX(query->from, span.start);
	near.to = MIN(span.end, near.from + CLASH_WINDOW);
	if (near.to <= near.from)
		return STORE_OK;
	result = load(store, &near, &rows, &addresses);
	if (result != STORE_OK)
		return result;
	ask = (struct recur_clash_query){ { near.from, near.to }, query->zone, (const char *const *)addresses };
	for (guint i = 0; i < rows->len && (*clashes_out)->len < limit; i++) {
		const struct meeting_row *row = g_ptr_array_index(rows, i);
		struct recur_occurrence at[2];
		struct meeting *other;

		if (strcmp(row->uid, meeting->uid) == 0)
			continue;
		other = meeting_load(row->ics);
		if (other != NULL && recur_first_clash(meeting, other, &ask, at) == 1)
			add_clash(*clashes_out, row, g_steal_pointer(&other), &at[1]);
		meeting_destroy(&other);
	}
	g_ptr_array_unref(rows);
	g_ptr_array_sort(*clashes_out, compare_clashes);
	return STORE_OK;
}
