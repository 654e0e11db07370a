/* What an organizer does: make, change, cancel, and settle what others propose. */
#include "web/handlers.h"

#include "base/clock.h"
#include "calendar/link.h"
#include "scheduling/organize.h"
#include "web/act.h"
#include "web/days.h"
#include "web/draft_form.h"

#define EDIT_TRIES 8

/* The clock that an event's times are edited on: its own, so that a series stays on it; the
 * reader's where it has none. */
static const struct zone *zone_of(const struct web_call *call, const struct meeting_time *start)
{
	if (start->kind == MEETING_TIME_ZONED && zone_is_iana(start->zone))
		return start->zone;
	return call->reader->zone;
}

static void show_form(struct web_call *call, unsigned status, struct page_draft *draft, const struct zone *zone)
{
	bool is_new = draft->token == NULL;
	struct page_frame frame = call_frame(call, is_new ? words_get(call->words, "New meeting")
							  : words_get(call->words, "Change the meeting"),
					     PAGE_NARROW);

	frame.nav = is_new ? PAGE_NAV_NEW : PAGE_NAV_NONE;
	draft->zone = zone_name(zone);
	call->response->status = status;
	call_show(call, page_draft(&frame, draft));
}

/* ---- a new one ---- */

/* The next full hour of the clock on the reader's wall, or nine o'clock of the day asked for. */
static void propose_times(struct when *when, const char *date, struct page_draft *draft)
{
	int64_t now = clock_now() / G_USEC_PER_SEC;
	struct meeting_time start = { .kind = MEETING_TIME_UTC };
	struct meeting_time end = { .kind = MEETING_TIME_UTC };
	struct zone_local local;
	int day;

	zone_local(when->zone, now, &local);
	start.instant = now + 3600 - (local.fields.minute * 60 + local.fields.second);
	if (days_parse(date, &day)) {
		struct meeting_fields fields;

		zone_fields((int64_t)day * 86400 + 9 * 3600, &fields);
		start.instant = zone_instant(when->zone, &fields, NULL);
	}
	end.instant = start.instant + 3600;
	draft->start = when_form_value(when, &start);
	draft->end = when_form_value(when, &end);
}

void handle_new_form(struct web_call *call)
{
	struct when when = { arena_create(), call->words, call->reader->zone };
	struct page_draft draft = { 0 };

	propose_times(&when, web_fields_get(call->request->query, "date"), &draft);
	show_form(call, 200, &draft, when.zone);
	arena_destroy(&when.arena);
}

static void go_to_new(struct web_call *call, const char *uid)
{
	struct link link;
	g_autofree char *path = NULL;

	if (link_ensure(call->store, call->reader->account_id, uid, call->reader->address, &link) == STORE_OK) {
		path = g_strdup_printf("m/%s?done=created", link.token);
		call_go(call, path);
	} else {
		call_go(call, "calendar/");
	}
	link_clear(&link);
}

static enum respond_result create(struct web_call *call, struct outgoing_draft *draft, char **reason_out)
{
	struct respond_actor actor = act_as(call);
	g_autofree char *uid = NULL;
	enum respond_result result;

	draft->organizer_name = call->reader->name[0] != '\0' ? call->reader->name : NULL;
	result = organize_create(&actor, draft, &uid, reason_out);
	if (result == RESPOND_DONE)
		go_to_new(call, uid);
	return result;
}

void handle_new(struct web_call *call)
{
	struct when when = { arena_create(), call->words, call->reader->zone };
	struct outgoing_draft draft;
	struct page_draft again = draft_form_again(call->request->form);
	g_autofree char *reason = NULL;
	enum respond_result result = RESPOND_INVALID;

	again.problem = draft_form_read(&when, call->request->form, NULL, &draft);
	if (again.problem == NULL) {
		result = create(call, &draft, &reason);
		again.problem = reason;
	}
	if (result == RESPOND_UNAVAILABLE)
		call_unavailable(call);
	else if (result != RESPOND_DONE)
		show_form(call, 400, &again, when.zone);
	arena_destroy(&when.arena);
}

/* ---- changing one ---- */

static bool load_own(struct web_call *call, const char *occurrence, struct meeting_place *place)
{
	if (!place_load(call, occurrence, place))
		return false;
	if (place->row.is_organizer && place->about.event->status != MEETING_STATUS_CANCELLED)
		return true;
	act_finish(call, place, place->row.is_organizer ? RESPOND_CANCELLED : RESPOND_NOT_ORGANIZER, "");
	place_clear(place);
	return false;
}

static void name_place(const struct when *when, const struct meeting_place *place, struct page_draft *draft)
{
	const struct meeting_time *occurrence = act_occurrence(place);

	draft->token = place->link.token;
	draft->occurrence = occurrence != NULL ? when_occurrence_query(when, occurrence) : NULL;
	draft->keeps_rule = place->meeting->master != NULL && place->meeting->master->rule_count > 0;
}

void handle_edit_form(struct web_call *call)
{
	struct when when = { NULL, call->words, NULL };
	struct meeting_place place;
	struct page_draft draft;

	if (!load_own(call, web_fields_get(call->request->query, "occurrence"), &place))
		return;
	when.arena = arena_create();
	when.zone = zone_of(call, &place.about.start);
	draft = draft_form_of(&when, place.about.event, &place.about.start, &place.about.end);
	name_place(&when, &place, &draft);
	show_form(call, 200, &draft, when.zone);
	arena_destroy(&when.arena);
	place_clear(&place);
}

/* Answers and notes of deliveries change the object, too, at any moment, and are no reason to ask
 * once more; what the form showed is. */
static bool is_stale(const struct web_call *call, const struct when *when, const struct meeting_place *place)
{
	const struct page_draft now =
		draft_form_of(when, place->about.event, &place->about.start, &place->about.end);
	const char *shown = call_field(call, "version");

	return shown[0] != '\0' && strcmp(shown, now.version) != 0;
}

static enum respond_result edit(struct web_call *call, const struct when *when, const struct meeting_place *place,
				struct page_draft *again, char **reason_out)
{
	struct respond_actor actor = act_as(call);
	struct outgoing_draft draft;

	if (is_stale(call, when, place))
		return RESPOND_STALE;
	again->problem = draft_form_read(when, call->request->form, place->meeting->master, &draft);
	return again->problem != NULL ? RESPOND_INVALID
				      : organize_edit(&actor, place->link.uid, act_occurrence(place), &draft,
						      place->row.version, reason_out);
}

/* True when it is to be tried again: something came between looking and changing. */
static bool try_edit(struct web_call *call, bool last)
{
	struct when when = { NULL, call->words, NULL };
	struct page_draft again = draft_form_again(call->request->form);
	struct meeting_place place;
	g_autofree char *reason = NULL;
	enum respond_result result;
	bool overtaken;

	if (!load_own(call, call_field(call, "occurrence"), &place))
		return false;
	when.arena = arena_create();
	when.zone = zone_of(call, &place.about.start);
	result = edit(call, &when, &place, &again, &reason);
	overtaken = result == RESPOND_STALE && !is_stale(call, &when, &place) && !last;
	if (reason != NULL)
		again.problem = reason;
	again.version = call_field(call, "version");
	name_place(&when, &place, &again);
	if (result == RESPOND_INVALID)
		show_form(call, 400, &again, when.zone);
	else if (!overtaken)
		act_finish(call, &place, result, "changed");
	arena_destroy(&when.arena);
	place_clear(&place);
	return overtaken;
}

void handle_edit(struct web_call *call)
{
	for (unsigned tries = 1; try_edit(call, tries == EDIT_TRIES); tries++)
		;
}

/* ---- settling ---- */

void handle_cancel(struct web_call *call)
{
	struct respond_actor actor = act_as(call);
	struct meeting_place place;

	if (!load_own(call, call_field(call, "occurrence"), &place))
		return;
	act_finish(call, &place, organize_cancel(&actor, place.link.uid, act_occurrence(&place)), "cancelled");
	place_clear(&place);
}

void handle_proposal(struct web_call *call)
{
	const char *address = call_field(call, "address");
	bool take = strcmp(call_field(call, "decision"), "take") == 0;
	struct respond_actor actor = act_as(call);
	struct meeting_place place;
	struct meeting_time date;
	const struct meeting_time *of;
	enum respond_result result;

	if (!load_own(call, NULL, &place))
		return;
	of = link_occurrence_parse(call_field(call, "proposed"), &date) ? &date : NULL;
	result = take ? organize_accept_proposal(&actor, place.link.uid, address, of)
		      : organize_decline_proposal(&actor, place.link.uid, address, of);
	act_finish(call, &place, result, take ? "changed" : "kept");
	place_clear(&place);
}

void handle_invite(struct web_call *call)
{
	struct respond_actor actor = act_as(call);
	struct meeting_place place;

	if (!load_own(call, NULL, &place))
		return;
	act_finish(call, &place, organize_invite_crasher(&actor, place.link.uid, call_field(call, "address")),
		   "invited");
	place_clear(&place);
}
