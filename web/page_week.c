/* Week and day: columns of a day with its hours.  An entry's place is said by
 * classes (quarter of an hour, length, lane), because the content policy allows
 * no style attributes; calendar_grid_style() has their rules. */
#include "web/page_calendar.h"

#include "web/days.h"

#define QUARTERS 96
#define LINE_MINUTES 30
#define EARLY 360 /* the night before it is shown only where it has something */
#define LANES 12 /* columns of the grid; 1, 2, 3, 4, 6 and 12 lanes divide it */

void calendar_grid_style(GString *css)
{
	g_string_append(css, "@media (min-width: 44.01rem) {\n");
	for (int i = 0; i < QUARTERS; i++)
		g_string_append_printf(css, ".at-%d{grid-row-start:%d}.for-%d{grid-row-end:span %d}\n", i,
				       i + 1, i + 1, i + 1);
	for (int i = 1; i <= LANES; i++)
		g_string_append_printf(css, ".from-%d{grid-column-start:%d}.wide-%d{grid-column-end:span %d}\n",
				       i, i, i, i);
	g_string_append(css, "}\n");
}

/* ---- lanes ---- */

static void place_of(const struct calendar_entry *entry, int day, struct calendar_place *place_out)
{
	place_out->entry = entry;
	place_out->start = entry->first_day == day ? entry->start_minute : 0;
	place_out->end = entry->last_day == day ? entry->end_minute : 24 * 60;
	/* Room for one line of text at least, inside the day. */
	place_out->start = MIN(place_out->start, 24 * 60 - LINE_MINUTES);
	place_out->end = MAX(place_out->end, place_out->start + LINE_MINUTES);
	place_out->lane = 0;
	place_out->lanes = 1;
}

/* Gives the group [first, end) of entries that touch each other its lanes. */
static void share_lanes(GArray *places, guint first, int lanes)
{
	for (guint i = first; i < places->len; i++)
		g_array_index(places, struct calendar_place, i).lanes = lanes;
}

GArray *calendar_layout(const GPtrArray *entries, int day)
{
	GArray *places = g_array_new(FALSE, TRUE, sizeof(struct calendar_place));
	int lane_ends[LANES] = { 0 };
	int lanes = 0, group_end = 0;
	guint group = 0;

	for (guint i = 0; i < entries->len; i++) {
		const struct calendar_entry *entry = g_ptr_array_index(entries, i);
		struct calendar_place place;

		if (!calendar_entry_on(entry, day) || calendar_entry_fills(entry, day))
			continue;
		place_of(entry, day, &place);
		if (place.start >= group_end) {
			share_lanes(places, group, lanes);
			group = places->len;
			lanes = 0;
		}
		while (place.lane < lanes && lane_ends[place.lane] > place.start)
			place.lane++;
		/* More at once than there are columns: the last one is shared. */
		place.lane = MIN(place.lane, LANES - 1);
		lanes = MAX(lanes, place.lane + 1);
		lane_ends[place.lane] = place.end;
		group_end = MAX(group_end, place.end);
		g_array_append_val(places, place);
	}
	share_lanes(places, group, lanes);
	return places;
}

/* The grid has twelve columns; lanes that do not divide it leave the rest empty. */
static char *place_class(const struct calendar_place *place)
{
	int at = place->start / 15;
	int rows = MAX((place->end + 14) / 15 - at, 1);
	int wide = MAX(LANES / place->lanes, 1);

	return g_strdup_printf("at-%d for-%d from-%d wide-%d%s", at, rows, place->lane * wide + 1, wide,
			       rows <= 3 ? " line" : "");
}

/* ---- columns ---- */

static void add_scale(struct html *html)
{
	html_open(html, "div", "class", "scale", "aria-hidden", "true", NULL);
	html_element(html, "span", NULL, NULL);
	html_open(html, "ol", NULL);
	for (int hour = 0; hour < 24; hour++) {
		html_open(html, "li", NULL);
		html_textf(html, "%02d:00", hour);
		html_close(html, "li");
	}
	html_close(html, "ol");
	html_close(html, "div");
}

static unsigned add_all_day(struct html *html, const struct calendar_model *model, int day)
{
	unsigned count = 0;

	for (guint i = 0; i < model->entries->len; i++) {
		const struct calendar_entry *entry = g_ptr_array_index(model->entries, i);

		if (!calendar_entry_fills(entry, day))
			continue;
		calendar_add_event(html, entry, day, CALENDAR_HOURS_BEFORE);
		count++;
	}
	return count;
}

static void add_hours(struct html *html, const GArray *places, int day)
{
	html_open(html, "ol", "class", "grid", NULL);
	for (guint i = 0; i < places->len; i++) {
		const struct calendar_place *place = &g_array_index(places, struct calendar_place, i);
		g_autofree char *class = place_class(place);

		html_open(html, "li", "class", class, NULL);
		calendar_add_event(html, place->entry, day, CALENDAR_HOURS_BEHIND);
		html_close(html, "li");
	}
	html_close(html, "ol");
}

static void add_column(struct html *html, const struct page_frame *frame,
		       const struct calendar_model *model, int day)
{
	g_autofree char *path = calendar_path(CALENDAR_DAY, day);
	g_autofree char *link = page_link(frame, "%s", path);
	g_autofree char *date = day_short(frame->words, day, date_of(day).year);
	g_autoptr(GArray) places = calendar_layout(model->entries, day);
	bool today = day == model->today;

	html_open(html, "section", "class", "column", NULL);
	html_open(html, "header", NULL);
	html_open(html, "h2", NULL);
	html_open(html, "a", "href", link, "class", today ? "day today" : "day", "aria-current",
		  today ? "date" : NULL, NULL);
	html_textf(html, "%s %s", dates_weekday_short(frame->words, date_of(day).weekday), date);
	html_close(html, "a");
	html_close(html, "h2");
	if (add_all_day(html, model, day) + places->len == 0)
		html_element(html, "p", words_get(frame->words, "Nothing on this day"), "class", "hidden", NULL);
	html_close(html, "header");
	add_hours(html, places, day);
	html_close(html, "section");
}

static bool begins_late(const struct calendar_model *model, int first, int last)
{
	for (int day = first; day <= last; day++) {
		g_autoptr(GArray) places = calendar_layout(model->entries, day);

		for (guint i = 0; i < places->len; i++)
			if (g_array_index(places, struct calendar_place, i).start < EARLY)
				return false;
	}
	return true;
}

static GString *columns(const struct page_frame *frame, const struct calendar_model *model,
			enum calendar_view view, const char *heading)
{
	struct html *html = calendar_begin(frame, model, view, heading);
	g_autofree char *class = NULL;
	int first, last;

	calendar_range(view, model->day, model->week_start, &first, &last);
	class = g_strdup_printf("week%s%s", view == CALENDAR_DAY ? " one" : "",
				begins_late(model, first, last) ? " late" : "");
	html_open(html, "div", "class", class, NULL);
	add_scale(html);
	for (int day = first; day <= last; day++)
		add_column(html, frame, model, day);
	html_close(html, "div");
	return calendar_end(frame, model, &html);
}

GString *page_week(const struct page_frame *frame, const struct calendar_model *model)
{
	g_autofree char *from = NULL, *until = NULL, *heading = NULL;
	int first, last;

	calendar_range(CALENDAR_WEEK, model->day, model->week_start, &first, &last);
	from = day_short(frame->words, first, date_of(last).year);
	until = day_short(frame->words, last, 0);
	heading = g_strdup_printf("%s – %s", from, until);
	return columns(frame, model, CALENDAR_WEEK, heading);
}

GString *page_day(const struct page_frame *frame, const struct calendar_model *model)
{
	g_autofree char *heading = day_long(frame->words, model->day);

	return columns(frame, model, CALENDAR_DAY, heading);
}
