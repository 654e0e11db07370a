/* Which dates of a series are other ones in its next version: a reader is told them one by
 * one, since programs send the whole series again for a change of a single date.
 *
 * A date is what comes of it, however it is written: an exception and a cancelled
 * override are the same.  Where time or rule of the series itself changed, all are other
 * ones and none is told; nor is where so many are written that asking would cost much. */
#include "calendar/itip_private.h"

#include "calendar/recur.h"
#include "calendar/value.h"

#define MAX_DATES 300

/* What a meeting has on the date; kind NONE: nothing. */
static struct itip_date date_in(const struct meeting *meeting, const struct meeting_time *id, int64_t *budget)
{
	struct itip_date date = { .event = meeting_find_override(meeting, id) };

	if (date.event == NULL) {
		date.event = meeting->master;
		date.start = recur_normalise_within(meeting, id, budget);
		if (date.start.kind != MEETING_TIME_NONE)
			date.end = value_end_from(meeting->master, &date.start);
	} else if (date.event->status != MEETING_STATUS_CANCELLED) {
		date.start = date.event->start;
		date.end = date.event->end;
	}
	return date;
}

static bool is_there(const struct itip_date *date)
{
	return date->start.kind != MEETING_TIME_NONE;
}

/* Whether the date itself differs, where it is not just the series that does. */
static bool content_differs(const struct meeting *before, const struct meeting *after,
			    const struct itip_changed_date *date)
{
	unsigned shown = ITIP_CHANGED_SUMMARY | ITIP_CHANGED_LOCATION | ITIP_CHANGED_DESCRIPTION | ITIP_CHANGED_JOIN;

	shown &= itip_compare(date->before.event, date->after.event);
	if (date->after.event != after->master)
		return (shown & itip_compare(after->master, date->after.event)) != 0;
	return date->before.event != before->master && (shown & itip_compare(before->master, date->before.event)) != 0;
}

static bool differs(const struct meeting *before, const struct meeting *after, const struct itip_changed_date *date)
{
	if (!is_there(&date->before) || !is_there(&date->after))
		return is_there(&date->before) != is_there(&date->after);
	return !itip_same_time(&date->before.start, &date->after.start) ||
	       !itip_same_time(&date->before.end, &date->after.end) || content_differs(before, after, date);
}

static int64_t shown_at(const struct itip_changed_date *date)
{
	return is_there(&date->before) ? date->before.start.instant : date->after.start.instant;
}

static int compare_dates(const void *a, const void *b)
{
	int64_t x = shown_at(a), y = shown_at(b);

	return (x > y) - (x < y);
}

/* A day may be named by an exception and by an override. */
static bool is_known(const GArray *dates, const struct itip_changed_date *date)
{
	for (guint i = 0; i < dates->len; i++) {
		const struct itip_changed_date *known = &g_array_index(dates, struct itip_changed_date, i);

		if (known->before.start.instant == date->before.start.instant &&
		    known->after.start.instant == date->after.start.instant)
			return true;
	}
	return false;
}

/* The dates that a version writes of, each of which may be another one in the other. */
static bool add_written(GPtrArray *ids, const struct meeting *meeting)
{
	const struct meeting_event *master = meeting->master;

	if (master->exdate_count + master->rdate_count + meeting->override_count > MAX_DATES)
		return false;
	for (size_t i = 0; i < master->exdate_count; i++)
		g_ptr_array_add(ids, (gpointer)&master->exdates[i]);
	for (size_t i = 0; i < master->rdate_count; i++)
		g_ptr_array_add(ids, (gpointer)&master->rdates[i].start);
	for (size_t i = 0; i < meeting->override_count; i++)
		g_ptr_array_add(ids, (gpointer)&meeting->overrides[i]->recurrence_id);
	return true;
}

GArray *itip_compare_dates(const struct meeting *before, const struct meeting *after, int64_t *budget)
{
	g_autoptr(GPtrArray) ids = g_ptr_array_new();
	GArray *dates;

	if (before->master == NULL || after->master == NULL ||
	    (itip_compare(before->master, after->master) & (ITIP_CHANGED_TIME | ITIP_CHANGED_RULE)) != 0 ||
	    !add_written(ids, before) || !add_written(ids, after))
		return NULL;
	dates = g_array_new(FALSE, TRUE, sizeof(struct itip_changed_date));
	for (guint i = 0; i < ids->len; i++) {
		struct itip_changed_date date = { date_in(before, ids->pdata[i], budget),
						  date_in(after, ids->pdata[i], budget) };

		if (differs(before, after, &date) && !is_known(dates, &date))
			g_array_append_val(dates, date);
	}
	g_array_sort(dates, compare_dates);
	if (*budget < 0) /* not all of them were found */
		g_clear_pointer(&dates, g_array_unref);
	return dates;
}
