/* What the four views share: their days, their head, and one entry. */
#include "web/page_calendar.h"

#include "web/days.h"

struct calendar_entry *calendar_entry_create(void)
{
	return g_new0(struct calendar_entry, 1);
}

void calendar_entry_free(struct calendar_entry *entry)
{
	g_free(entry->title);
	g_free(entry->link);
	g_free(entry->location);
	g_free(entry->begins);
	g_free(entry->ends);
	g_free(entry->hours);
	g_free(entry->state_text);
	g_free(entry);
}

int calendar_entry_compare(gconstpointer a, gconstpointer b)
{
	const struct calendar_entry *x = *(const struct calendar_entry *const *)a;
	const struct calendar_entry *y = *(const struct calendar_entry *const *)b;

	if (x->all_day != y->all_day)
		return x->all_day ? -1 : 1;
	if (x->order != y->order)
		return x->order < y->order ? -1 : 1;
	return g_utf8_collate(x->title, y->title);
}

bool calendar_entry_on(const struct calendar_entry *entry, int day)
{
	return entry->first_day <= day && day <= entry->last_day;
}

bool calendar_entry_fills(const struct calendar_entry *entry, int day)
{
	return calendar_entry_on(entry, day) &&
	       (entry->all_day || (entry->first_day < day && day < entry->last_day));
}

/* ---- the days of a view ---- */

static int week_begin(int day, int week_start)
{
	return day - (date_of(day).weekday - week_start + 7) % 7;
}

void calendar_range(enum calendar_view view, int day, int week_start, int *first_out, int *last_out)
{
	struct date date = date_of(day);

	switch (view) {
	case CALENDAR_MONTH:
		*first_out = week_begin(date_days(date.year, date.month, 1), week_start);
		*last_out = week_begin(date_days(date.year, date.month + 1, 1) - 1, week_start) + 6;
		return;
	case CALENDAR_WEEK:
		*first_out = week_begin(day, week_start);
		*last_out = *first_out + 6;
		return;
	case CALENDAR_DAY:
		*first_out = *last_out = day;
		return;
	case CALENDAR_AGENDA:
		*first_out = day;
		*last_out = day + CALENDAR_AGENDA_DAYS - 1;
		return;
	}
	g_assert_not_reached();
}

static int turned(enum calendar_view view, int day, int direction)
{
	struct date date = date_of(day);

	switch (view) {
	case CALENDAR_MONTH: return date_days(date.year, date.month + direction, 1);
	case CALENDAR_WEEK: return day + 7 * direction;
	case CALENDAR_DAY: return day + direction;
	case CALENDAR_AGENDA: return day + CALENDAR_AGENDA_DAYS * direction;
	}
	g_assert_not_reached();
}

static const char *view_path(enum calendar_view view)
{
	static const char *const paths[] = { "calendar/", "calendar/week", "calendar/day",
					     "calendar/agenda" };

	return paths[view];
}

char *calendar_path(enum calendar_view view, int day)
{
	g_autofree char *date = date_iso(day);

	return g_strdup_printf("%s?date=%s", view_path(view), date);
}

/* ---- the head ---- */

static void add_view_link(struct html *html, const struct page_frame *frame, enum calendar_view view,
			  int day, const char *text, const char *class)
{
	g_autofree char *path = calendar_path(view, day);
	g_autofree char *link = page_link(frame, "%s", path);

	html_element(html, "a", text, "href", link, "class", class, NULL);
}

static void add_turning(struct html *html, const struct page_frame *frame,
			const struct calendar_model *model, enum calendar_view view)
{
	html_open(html, "nav", "class", "turn", "aria-label", words_get(frame->words, "Other dates"), NULL);
	add_view_link(html, frame, view, turned(view, model->day, -1), words_get(frame->words, "Previous"),
		      "button");
	add_view_link(html, frame, view, model->today, words_get(frame->words, "Today"), "button");
	add_view_link(html, frame, view, turned(view, model->day, 1), words_get(frame->words, "Next"),
		      "button");
	html_close(html, "nav");
}

static void add_views(struct html *html, const struct page_frame *frame,
		      const struct calendar_model *model, enum calendar_view view)
{
	static const char *const names[] = { N_("Month"), N_("Week"), N_("Day"), N_("Agenda") };

	html_open(html, "nav", "class", "views", "aria-label", words_get(frame->words, "Views"), NULL);
	for (int i = CALENDAR_MONTH; i <= CALENDAR_AGENDA; i++) {
		g_autofree char *path = calendar_path((enum calendar_view)i, model->day);
		g_autofree char *link = page_link(frame, "%s", path);

		html_element(html, "a", words_get(frame->words, names[i]), "href", link, "aria-current",
			     i == (int)view ? "page" : NULL, NULL);
	}
	html_close(html, "nav");
}

struct html *calendar_begin(const struct page_frame *frame, const struct calendar_model *model,
			    enum calendar_view view, const char *heading)
{
	struct html *html = page_begin(frame);

	html_open(html, "div", "class", "head", NULL);
	html_element(html, "h1", heading, NULL);
	add_turning(html, frame, model, view);
	add_views(html, frame, model, view);
	html_close(html, "div");
	if (model->truncated)
		page_note(html, PAGE_NOTE_WARN,
			  words_get(frame->words, "There are more meetings than can be shown here."));
	return html;
}

GString *calendar_end(const struct page_frame *frame, const struct calendar_model *model,
		      struct html **html)
{
	html_open(*html, "p", "class", "small-print", NULL);
	page_fill(*html, words_get(frame->words, "Times are in {zone}."), "zone", model->zone);
	html_close(*html, "p");
	return page_end(frame, html);
}

/* ---- one entry ---- */

static const char *state_class(const struct calendar_entry *entry)
{
	switch (entry->state) {
	case CALENDAR_OPEN: return "event open";
	case CALENDAR_TENTATIVE: return "event tentative";
	case CALENDAR_DECLINED: return "event declined";
	case CALENDAR_CANCELLED: return "event cancelled";
	case CALENDAR_BUSY: break;
	}
	return entry->free ? "event free" : "event";
}

/* Where space is short the start is enough, and stands first; where an entry has its
 * place on a scale of hours, its title matters more. */
void calendar_add_event(struct html *html, const struct calendar_entry *entry, int day,
			enum calendar_hours hours)
{
	bool begins_here = entry->hours != NULL && day == entry->first_day;

	html_open(html, "a", "href", entry->link, "class", state_class(entry), "title", entry->title,
		  NULL);
	if (begins_here && hours == CALENDAR_HOURS_BEFORE) {
		html_element(html, "span", entry->begins, "class", "hours", NULL);
		html_text(html, " ");
	}
	html_text(html, entry->title);
	if (begins_here && hours == CALENDAR_HOURS_BEHIND) {
		html_text(html, " ");
		html_element(html, "span", entry->hours, "class", "hours", NULL);
	}
	if (entry->state_text != NULL) {
		html_open(html, "span", "class", "hidden", NULL);
		html_textf(html, " (%s)", entry->state_text);
		html_close(html, "span");
	}
	html_close(html, "a");
}
