/* The calendar: month, week, day and agenda, each a pure function of one model.
 *
 * Days are counted since 1970-01-01 on the reader's wall clock; minutes count
 * from the day's midnight on that clock. */
#ifndef WEB_PAGE_CALENDAR_H
#define WEB_PAGE_CALENDAR_H

#include "web/page.h"

enum calendar_state {
	CALENDAR_BUSY,     /* one's own, or accepted */
	CALENDAR_OPEN,     /* not answered yet */
	CALENDAR_TENTATIVE,
	CALENDAR_DECLINED,
	CALENDAR_CANCELLED,
};

/* One occurrence. */
struct calendar_entry {
	char *title;
	char *link;         /* to the meeting's page */
	char *location;     /* or NULL */
	char *begins, *ends; /* "14:00", or NULL for all-day */
	char *hours;        /* "14:00–15:30", or NULL for all-day */
	char *state_text;   /* "not answered", "cancelled" ..., or NULL */
	enum calendar_state state;
	bool all_day;
	bool free;          /* does not block time */
	int64_t order;      /* the start's instant */
	int first_day, last_day;         /* inclusive */
	int start_minute, end_minute;    /* on first_day and on last_day; end exclusive */
};

struct calendar_entry *calendar_entry_create(void);
void calendar_entry_free(struct calendar_entry *entry);

enum calendar_view { CALENDAR_MONTH, CALENDAR_WEEK, CALENDAR_DAY, CALENDAR_AGENDA };

struct calendar_model {
	const GPtrArray *entries; /* struct calendar_entry *, by all_day first, then order */
	int day;                  /* the day asked for */
	int today;
	int week_start;           /* 1 = Monday, 7 = Sunday */
	const char *zone;         /* name, said at the end */
	bool truncated;           /* there is more than could be shown */
};

/* The days that a view of `day` shows: first and last, inclusive. */
void calendar_range(enum calendar_view view, int day, int week_start, int *first_out, int *last_out);
/* "calendar/?date=2026-05-05", "calendar/week?..."; g_free() it. */
char *calendar_path(enum calendar_view view, int day);
#define CALENDAR_AGENDA_DAYS 30

/* For GPtrArray sort. */
int calendar_entry_compare(gconstpointer a, gconstpointer b);

/* Side-by-side places of one day's timed entries, so that none covers another:
 * entries (sorted by start) get a lane of `lanes`. */
struct calendar_place {
	const struct calendar_entry *entry;
	int start, end;   /* minutes on this day, end > start */
	int lane, lanes;
};
/* A GArray of struct calendar_place; g_array_unref() it. */
GArray *calendar_layout(const GPtrArray *entries, int day);

GString *page_month(const struct page_frame *frame, const struct calendar_model *model);
GString *page_week(const struct page_frame *frame, const struct calendar_model *model);
GString *page_day(const struct page_frame *frame, const struct calendar_model *model);
GString *page_agenda(const struct page_frame *frame, const struct calendar_model *model);

/* Shared by the four: heading with turning and views, one entry as a link. */
struct html *calendar_begin(const struct page_frame *frame, const struct calendar_model *model,
			    enum calendar_view view, const char *heading);
GString *calendar_end(const struct page_frame *frame, const struct calendar_model *model,
		      struct html **html);
enum calendar_hours { CALENDAR_HOURS_BEFORE, CALENDAR_HOURS_BEHIND };
void calendar_add_event(struct html *html, const struct calendar_entry *entry, int day,
			enum calendar_hours hours);
/* Entries that touch `day`; with all_day_only those that fill it or have no hours. */
bool calendar_entry_on(const struct calendar_entry *entry, int day);
bool calendar_entry_fills(const struct calendar_entry *entry, int day);

/* For the style sheet: the rules that place a grid's entries. */
void calendar_grid_style(GString *css);

#endif
