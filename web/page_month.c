/* The month as a table of weeks; on a narrow screen the style sheet turns it into
 * a list of the days that have something. */
#include "web/page_calendar.h"

#include "web/days.h"

#define DAY_MAX 6 /* entries shown in a cell before "more" */

static void add_weekdays(struct html *html, const struct page_frame *frame, int week_start)
{
	html_open(html, "thead", NULL);
	html_open(html, "tr", NULL);
	for (int i = 0; i < 7; i++) {
		int weekday = (week_start - 1 + i) % 7 + 1;

		html_open(html, "th", "scope", "col", NULL);
		html_element(html, "abbr", dates_weekday_short(frame->words, weekday), "title",
			     dates_weekday(frame->words, weekday), NULL);
		html_close(html, "th");
	}
	html_close(html, "tr");
	html_close(html, "thead");
}

static void add_day_link(struct html *html, const struct page_frame *frame, int day, bool today)
{
	struct date date = date_of(day);
	g_autofree char *path = calendar_path(CALENDAR_DAY, day);
	g_autofree char *link = page_link(frame, "%s", path);
	g_autofree char *name = day_long(frame->words, day);

	html_open(html, "a", "class", "day", "href", link, "aria-label", name, "aria-current",
		  today ? "date" : NULL, NULL);
	html_open(html, "span", "class", "long", NULL);
	html_textf(html, "%s ", dates_weekday_short(frame->words, date.weekday));
	html_close(html, "span");
	html_textf(html, "%d", date.day);
	html_close(html, "a");
}

static void add_more(struct html *html, const struct page_frame *frame, int day, unsigned count)
{
	g_autofree char *path = calendar_path(CALENDAR_DAY, day);
	g_autofree char *link = page_link(frame, "%s", path);
	struct words_number number;

	html_open(html, "li", "class", "more", NULL);
	html_open(html, "a", "href", link, NULL);
	page_fill(html, words_get(frame->words, "{count} more"), "count", words_number(&number, count));
	html_close(html, "a");
	html_close(html, "li");
}

static void add_day_events(struct html *html, const struct page_frame *frame,
			   const struct calendar_model *model, int day)
{
	unsigned count = 0, shown = 0;

	for (guint i = 0; i < model->entries->len; i++)
		count += calendar_entry_on(g_ptr_array_index(model->entries, i), day);
	if (count == 0)
		return;
	html_open(html, "ul", "class", "events", NULL);
	for (guint i = 0; i < model->entries->len; i++) {
		const struct calendar_entry *entry = g_ptr_array_index(model->entries, i);

		if (!calendar_entry_on(entry, day))
			continue;
		if (count > DAY_MAX && shown == DAY_MAX - 1) {
			add_more(html, frame, day, count - shown);
			break;
		}
		html_open(html, "li", NULL);
		calendar_add_event(html, entry, day, CALENDAR_HOURS_BEFORE);
		html_close(html, "li");
		shown++;
	}
	html_close(html, "ul");
}

static bool has_events(const struct calendar_model *model, int day)
{
	for (guint i = 0; i < model->entries->len; i++)
		if (calendar_entry_on(g_ptr_array_index(model->entries, i), day))
			return true;
	return false;
}

static void add_cell(struct html *html, const struct page_frame *frame,
		     const struct calendar_model *model, int day)
{
	bool today = day == model->today;
	g_autofree char *class = g_strdup_printf(
		"%s%s%s", date_of(day).month != date_of(model->day).month ? "other " : "",
		today ? "today " : "", has_events(model, day) ? "" : "empty");

	g_strchomp(class);
	html_open(html, "td", "class", class[0] != '\0' ? class : NULL, NULL);
	add_day_link(html, frame, day, today);
	add_day_events(html, frame, model, day);
	html_close(html, "td");
}

GString *page_month(const struct page_frame *frame, const struct calendar_model *model)
{
	g_autofree char *heading = day_month(frame->words, model->day);
	struct html *html = calendar_begin(frame, model, CALENDAR_MONTH, heading);
	int first, last;

	calendar_range(CALENDAR_MONTH, model->day, model->week_start, &first, &last);
	html_open(html, "table", "class", "month", NULL);
	html_element(html, "caption", heading, "class", "hidden", NULL);
	add_weekdays(html, frame, model->week_start);
	html_open(html, "tbody", NULL);
	for (int week = first; week <= last; week += 7) {
		html_open(html, "tr", NULL);
		for (int day = week; day < week + 7; day++)
			add_cell(html, frame, model, day);
		html_close(html, "tr");
	}
	html_close(html, "tbody");
	html_close(html, "table");
	return calendar_end(frame, model, &html);
}
