#include "web/handlers.h"

#include "base/clock.h"
#include "calendar/link.h"
#include "store/meeting_store.h"
#include "web/agenda.h"
#include "web/days.h"
#include "web/when.h"

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

/* ---- from an entry to its page ---- */

static void go_to_meeting(struct web_call *call, const struct meeting_row *row, const char *occurrence)
{
	bool has_address = row->invited_address != NULL && row->invited_address[0] != '\0';
	const char *address = has_address ? row->invited_address : call->reader->address;
	struct meeting_time unused;
	struct link link;
	g_autofree char *path = NULL;

	if (link_ensure(call->store, call->reader->account_id, row->uid, address, &link) == STORE_OK) {
		bool is_one = occurrence != NULL && link_occurrence_parse(occurrence, &unused);

		path = g_strdup_printf("m/%s%s%s", link.token, is_one ? "?occurrence=" : "",
				       is_one ? occurrence : "");
		call_go(call, path);
	} else {
		call_unavailable(call);
	}
	link_clear(&link);
}

void handle_open(struct web_call *call)
{
	const char *uid = web_fields_get(call->request->query, "uid");
	struct meeting_row row = { 0 };
	enum store_result result = STORE_NOT_FOUND;

	if (uid != NULL)
		result = meeting_find(call->store, call->reader->account_id, uid, false, &row);
	if (result == STORE_OK)
		go_to_meeting(call, &row, web_fields_get(call->request->query, "occurrence"));
	else if (result == STORE_NOT_FOUND)
		call_not_found(call);
	else
		call_unavailable(call);
	meeting_row_clear(&row);
}
