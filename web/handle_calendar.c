#include "web/handlers.h"

#include "base/clock.h"
#include "web/agenda.h"
#include "web/days.h"

static int today_of(const struct web_reader *reader)
{
	struct zone_local now;

	zone_local(reader->zone, clock_now() / G_USEC_PER_SEC, &now);
	return (int)zone_days(now.fields.year, now.fields.month, now.fields.day);
}

static void show(struct web_call *call, enum calendar_view view,
		 GString *(*page)(const struct page_frame *, const struct calendar_model *))
{
	g_autoptr(GPtrArray) entries = g_ptr_array_new_with_free_func((GDestroyNotify)calendar_entry_free);
	struct calendar_model model = {
		.entries = entries,
		.today = today_of(call->reader),
		.week_start = dates_week_start(call->words),
		.zone = zone_name(call->reader->zone),
	};
	struct page_frame frame = call_frame(call, words_get(call->words, "Calendar"), PAGE_WIDE);
	int first, last;

	frame.nav = PAGE_NAV_CALENDAR;
	model.day = model.today;
	/* A date that is none is passed over: the address may have been typed. */
	days_parse(web_fields_get(call->request->query, "date"), &model.day);
	calendar_range(view, model.day, model.week_start, &first, &last);
	if (!agenda_list(call, first, last, entries, &model.truncated))
		call_unavailable(call);
	else
		call_show(call, page(&frame, &model));
}

void handle_month(struct web_call *call)
{
	show(call, CALENDAR_MONTH, page_month);
}

void handle_week(struct web_call *call)
{
	show(call, CALENDAR_WEEK, page_week);
}

void handle_day(struct web_call *call)
{
	show(call, CALENDAR_DAY, page_day);
}

void handle_agenda(struct web_call *call)
{
	show(call, CALENDAR_AGENDA, page_agenda);
}
