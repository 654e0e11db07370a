/* The days that have something, one after the other. */
#include "web/page_calendar.h"

#include "web/days.h"

/* The hours of that day alone: an entry over midnight ends on a day of its own. */
static void add_hours(struct html *html, const struct page_frame *frame,
		      const struct calendar_entry *entry, int day)
{
	html_open(html, "span", "class", "soft hours", NULL);
	if (entry->hours != NULL && day == entry->first_day)
		html_text(html, entry->hours);
	else if (entry->ends != NULL && day == entry->last_day)
		page_fill(html, words_get(frame->words, "until {time}"), "time", entry->ends);
	else
		html_text(html, words_get(frame->words, "all day"));
	html_close(html, "span");
}

static void add_entry(struct html *html, const struct page_frame *frame,
		      const struct calendar_entry *entry, int day)
{
	bool crossed = entry->state == CALENDAR_CANCELLED || entry->state == CALENDAR_DECLINED;

	html_open(html, "li", NULL);
	add_hours(html, frame, entry, day);
	html_open(html, "span", NULL);
	html_element(html, "a", entry->title, "href", entry->link, "class",
		     crossed ? "cancelled" : NULL, NULL);
	if (entry->location != NULL) {
		html_text(html, " ");
		html_element(html, "span", entry->location, "class", "soft", NULL);
	}
	if (entry->state_text != NULL) {
		html_open(html, "span", "class", "soft", NULL);
		html_textf(html, " (%s)", entry->state_text);
		html_close(html, "span");
	}
	html_close(html, "span");
	html_close(html, "li");
}

static bool add_day(struct html *html, const struct page_frame *frame,
		    const struct calendar_model *model, int day)
{
	g_autofree char *heading = NULL;
	bool any = false;

	for (guint i = 0; i < model->entries->len; i++) {
		const struct calendar_entry *entry = g_ptr_array_index(model->entries, i);

		if (!calendar_entry_on(entry, day))
			continue;
		if (!any) {
			heading = day_long(frame->words, day);
			html_open(html, "section", NULL);
			html_element(html, "h2", heading, "class", day == model->today ? "today" : NULL, NULL);
			html_open(html, "ul", NULL);
			any = true;
		}
		add_entry(html, frame, entry, day);
	}
	if (any) {
		html_close(html, "ul");
		html_close(html, "section");
	}
	return any;
}

GString *page_agenda(const struct page_frame *frame, const struct calendar_model *model)
{
	struct html *html = calendar_begin(frame, model, CALENDAR_AGENDA, words_get(frame->words, "Agenda"));
	int first, last;
	bool any = false;

	calendar_range(CALENDAR_AGENDA, model->day, model->week_start, &first, &last);
	html_open(html, "div", "class", "card agenda", NULL);
	for (int day = first; day <= last; day++)
		any = add_day(html, frame, model, day) || any;
	if (!any)
		html_element(html, "p", words_get(frame->words, "Nothing in the next 30 days."), "class", "soft",
			     NULL);
	html_close(html, "div");
	return calendar_end(frame, model, &html);
}
