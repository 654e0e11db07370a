#include "web/agenda.h"

#include "base/escape.h"
#include "base/log.h"
#include "calendar/recur.h"
#include "store/meeting_store.h"
#include "web/days.h"
#include "web/meeting_view.h"

#define ROWS_MAX 5000        /* meetings looked at for one page */
#define ENTRIES_MAX 3000     /* occurrences on one page */

static int64_t day_begin(int day, const struct zone *zone)
{
	struct meeting_fields fields;

	zone_fields((int64_t)day * 86400, &fields);
	return zone_instant(zone, &fields, NULL);
}

struct listing {
	struct web_call *call;
	GPtrArray *entries;
	struct meeting_span window;
	bool truncated;
};

/* What does not take place, or not with the reader. */
static const char *why_struck(const struct meeting *meeting, const struct meeting_row *row,
			      const struct meeting_event *event, const struct words *words)
{
	if (event->status == MEETING_STATUS_CANCELLED || row->status == MEETING_STATUS_CANCELLED)
		return words_get(words, "cancelled");
	return meeting->removed || event->removed ? words_get(words, "you were removed") : NULL;
}

static void set_state(struct calendar_entry *entry, const struct meeting_row *row,
		      const struct meeting_event *event, const struct words *words)
{
	enum meeting_partstat partstat = row->partstat;

	for (size_t i = 0; !row->is_organizer && i < event->attendee_count; i++)
		if (meeting_address_equal(event->attendees[i].address, row->invited_address))
			partstat = event->attendees[i].partstat;
	entry->free = event->transparent;
	if (row->is_organizer || row->invited_address == NULL || row->invited_address[0] == '\0')
		return;
	entry->state = partstat == MEETING_PARTSTAT_NEEDS_ACTION ? CALENDAR_OPEN
		     : partstat == MEETING_PARTSTAT_TENTATIVE	 ? CALENDAR_TENTATIVE
		     : partstat == MEETING_PARTSTAT_DECLINED	 ? CALENDAR_DECLINED
		     : partstat == MEETING_PARTSTAT_DELEGATED	 ? CALENDAR_DECLINED
								 : CALENDAR_BUSY;
	if (entry->state != CALENDAR_BUSY)
		entry->state_text = g_strdup(meeting_view_answer(words, partstat));
}

/* Days and minutes on the reader's clock; an all-day or midnight end belongs to the day before. */
static void set_days(struct calendar_entry *entry, const struct recur_occurrence *occurrence,
		     const struct zone *zone)
{
	struct zone_local first, last;
	bool empty = occurrence->span.end <= occurrence->span.start;
	int64_t end = empty ? occurrence->span.start : occurrence->span.end - 1;

	zone_local(zone, occurrence->span.start, &first);
	zone_local(zone, end, &last);
	entry->first_day = (int)zone_days(first.fields.year, first.fields.month, first.fields.day);
	entry->last_day = (int)zone_days(last.fields.year, last.fields.month, last.fields.day);
	entry->start_minute = first.fields.hour * 60 + first.fields.minute;
	entry->end_minute = last.fields.hour * 60 + last.fields.minute + (empty ? 0 : 1);
	entry->order = occurrence->span.start;
	entry->all_day = meeting_time_is_day(&occurrence->start);
}

static char *clock_text(const struct words *words, const struct meeting_time *time, const struct zone *zone)
{
	struct meeting_fields fields;
	GString *out = g_string_new(NULL);

	dates_fields(time, zone, &fields);
	dates_append_time(out, words, &fields);
	return g_string_free(out, FALSE);
}

static void set_hours(struct calendar_entry *entry, const struct recur_occurrence *occurrence,
		      const struct words *words, const struct zone *zone)
{
	if (entry->all_day)
		return;
	entry->begins = clock_text(words, &occurrence->start, zone);
	entry->ends = clock_text(words, &occurrence->end, zone);
	entry->hours = occurrence->span.end > occurrence->span.start
			       ? g_strdup_printf("%s–%s", entry->begins, entry->ends)
			       : g_strdup(entry->begins);
}

/* By UID: a token for each of some hundred meetings would be a query each, and most
 * are never opened. */
static char *entry_link(const struct web_call *call, const char *uid,
			const struct recur_occurrence *occurrence)
{
	GString *link = g_string_new(call->base);
	struct when when = { NULL, call->words, call->reader->zone };

	g_string_append(link, "calendar/meeting?uid=");
	escape_url(link, slice_from_string(uid));
	if (occurrence->recurrence_id.kind != MEETING_TIME_NONE) {
		when.arena = arena_create();
		g_string_append_printf(link, "&occurrence=%s",
				       when_occurrence_query(&when, &occurrence->recurrence_id));
		arena_destroy(&when.arena);
	}
	return g_string_free(link, FALSE);
}

static struct calendar_entry *entry_of(const struct web_call *call, const struct meeting *meeting,
				       const struct meeting_row *row, const struct recur_occurrence *occurrence)
{
	struct calendar_entry *entry = calendar_entry_create();
	const struct meeting_event *event = occurrence->event;
	const char *struck = why_struck(meeting, row, event, call->words);

	entry->title = g_strdup(event->summary[0] != '\0' ? event->summary
							  : words_get(call->words, "(no title)"));
	entry->location = event->location[0] != '\0' ? g_strdup(event->location) : NULL;
	entry->link = entry_link(call, row->uid, occurrence);
	set_days(entry, occurrence, call->reader->zone);
	set_hours(entry, occurrence, call->words, call->reader->zone);
	set_state(entry, row, event, call->words);
	if (struck != NULL) {
		entry->state = CALENDAR_CANCELLED;
		g_free(entry->state_text);
		entry->state_text = g_strdup(struck);
	}
	return entry;
}

static void list_meeting(struct listing *listing, const struct meeting_row *row)
{
	struct web_call *call = listing->call;
	struct meeting *meeting = meeting_load(row->ics);
	struct recur_iterator *iterator;
	struct recur_occurrence occurrence;

	if (meeting == NULL) {
		log_error("web", "a stored meeting of account %" G_GUINT64_FORMAT " can't be read",
			  call->reader->account_id);
		return;
	}
	iterator = recur_open(meeting, listing->window, call->reader->zone);
	while (recur_next(iterator, &occurrence) == 1) {
		if (listing->entries->len >= ENTRIES_MAX) {
			listing->truncated = true;
			break;
		}
		g_ptr_array_add(listing->entries, entry_of(call, meeting, row, &occurrence));
	}
	recur_close(&iterator);
	meeting_destroy(&meeting);
}

bool agenda_list(struct web_call *call, int first, int last, GPtrArray *entries, bool *truncated_out)
{
	struct listing listing = {
		.call = call,
		.entries = entries,
		.window = { day_begin(first, call->reader->zone), day_begin(last + 1, call->reader->zone) },
	};
	struct meeting_query query = {
		.account_id = call->reader->account_id,
		/* All-day and floating meetings are indexed as if in UTC: a day's margin. */
		.from = listing.window.start - 86400,
		.to = listing.window.end + 86400,
		.shown_only = true,
		.limit = ROWS_MAX,
	};
	g_autoptr(GPtrArray) rows = NULL;

	if (meeting_list(call->store, &query, &rows) != STORE_OK)
		return false;
	for (guint i = 0; i < rows->len; i++)
		list_meeting(&listing, g_ptr_array_index(rows, i));
	g_ptr_array_sort(entries, calendar_entry_compare);
	*truncated_out = listing.truncated || rows->len == ROWS_MAX;
	return true;
}
