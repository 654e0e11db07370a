/* What an attendee sends and keeps. */
#include "calendar/outgoing.h"

#include "calendar/edit.h"
#include "calendar/recur.h"

/* The event an answer is about: the override, or the series itself. */
static const struct meeting_event *answered_event(const struct meeting *meeting, const struct meeting_time *id)
{
	const struct meeting_event *event = NULL;

	if (id == NULL || id->kind == MEETING_TIME_NONE)
		return meeting->master != NULL ? meeting->master : meeting_main_event(meeting);
	event = meeting_find_override(meeting, id);
	return event != NULL ? event : meeting->master;
}

static struct property *copy_property(struct arena *arena, struct component *to, const struct component *from,
				      const char *name)
{
	const struct property *p = component_find(from, name);

	return p != NULL ? component_add(arena, to, p->name, p->params, p->value) : NULL;
}

/* Our line, as the invitation has it, with the answer in it. */
static struct property *add_own_line(struct arena *arena, struct component *to, const struct component *from,
				     const struct outgoing_answer *answer)
{
	struct property *invited = meeting_tree_attendee(arena, from, "ATTENDEE", answer->address), *line;

	if (invited == NULL && !answer->as_guest)
		return NULL;
	line = component_add(arena, to, "ATTENDEE", invited != NULL ? invited->params : "",
			     invited != NULL ? invited->value
					     : arena_printf(arena, "mailto:%s", answer->address));
	property_remove_params(arena, line, MARK_PARAMETER);
	property_remove_params(arena, line, "SCHEDULE-");
	property_set_param(arena, line, "RSVP", NULL);
	property_set_param(arena, line, "PARTSTAT", meeting_partstat_name(answer->partstat));
	if (answer->name != NULL)
		property_set_param(arena, line, "CN", answer->name);
	if (answer->partstat == MEETING_PARTSTAT_DELEGATED && answer->delegate_to != NULL)
		property_set_param(arena, line, "DELEGATED-TO",
				   arena_printf(arena, "mailto:%s", answer->delegate_to));
	return line;
}

/* DTSTART, DTEND and RECURRENCE-ID of the event or of one occurrence of it. */
static bool add_times(struct arena *arena, struct component *to, const struct meeting *meeting,
		      const struct component *from, const struct outgoing_answer *answer)
{
	const struct meeting_event *event = answered_event(meeting, answer->recurrence_id);
	struct meeting_time start, end;

	if (event == NULL)
		return false;
	if (answer->recurrence_id == NULL || event->recurrence_id.kind != MEETING_TIME_NONE) {
		copy_property(arena, to, from, "RECURRENCE-ID");
		if (copy_property(arena, to, from, "DTSTART") != NULL &&
		    copy_property(arena, to, from, "DTEND") == NULL)
			copy_property(arena, to, from, "DURATION");
		return true;
	}
	start = recur_normalise(meeting, answer->recurrence_id);
	if (start.kind == MEETING_TIME_NONE)
		return false;
	end = value_end_from(event, &start);
	edit_set_time(arena, to, "RECURRENCE-ID", &start);
	edit_set_time(arena, to, "DTSTART", &start);
	edit_set_time(arena, to, "DTEND", &end);
	return true;
}

static void copy_zones(struct arena *arena, struct component *to, const struct component *from)
{
	for (const struct component *c = from->children; c != NULL; c = c->next)
		if (strcmp(c->name, "VTIMEZONE") == 0)
			component_add_child(to, component_copy(arena, c));
}

/* What REPLY, COUNTER and REFRESH have in common; NULL when it can't be said. */
static struct component *begin_answer(struct arena *arena, const struct meeting *meeting, const char *method,
				      const struct outgoing_answer *answer, struct component **event_out)
{
	const struct meeting_event *event = answered_event(meeting, answer->recurrence_id);
	const struct component *from = event != NULL ? meeting_event_tree(event) : NULL;
	struct component *calendar = edit_new_calendar(arena, method), *to;

	if (from == NULL)
		return NULL;
	copy_zones(arena, calendar, meeting_tree(meeting));
	to = component_create(arena, "VEVENT");
	component_add_child(calendar, to);
	copy_property(arena, to, from, "UID");
	component_add(arena, to, "DTSTAMP", "", value_format_utc(arena, answer->now));
	edit_set_number(arena, to, "SEQUENCE", event->sequence);
	copy_property(arena, to, from, "X-MICROSOFT-CDO-APPT-SEQUENCE");
	copy_property(arena, to, from, "ORGANIZER");
	if (add_own_line(arena, to, from, answer) == NULL || !add_times(arena, to, meeting, from, answer))
		return NULL;
	*event_out = to;
	return calendar;
}

static char *finish_answer(struct arena *arena, const struct meeting *meeting, struct component *calendar)
{
	char *text;

	edit_remove_marks(arena, calendar);
	edit_complete_zones(arena, calendar, recur_span(meeting, NULL));
	text = edit_text(calendar);
	arena_destroy(&arena);
	return text;
}

static void add_comment(struct arena *arena, struct component *event, const struct outgoing_answer *answer)
{
	if (answer->comment != NULL && *answer->comment != '\0')
		edit_set_text(arena, event, "COMMENT", answer->comment);
}

char *outgoing_reply(const struct meeting *meeting, const struct outgoing_answer *answer)
{
	struct arena *arena = arena_create();
	const struct meeting_event *from = answered_event(meeting, answer->recurrence_id);
	struct component *event = NULL, *calendar = begin_answer(arena, meeting, "REPLY", answer, &event);

	if (calendar == NULL) {
		arena_destroy(&arena);
		return NULL;
	}
	copy_property(arena, event, meeting_event_tree(from), "SUMMARY");
	add_comment(arena, event, answer);
	return finish_answer(arena, meeting, calendar);
}

char *outgoing_counter(const struct meeting *meeting, const struct outgoing_answer *answer,
		       const struct meeting_time *start, const struct meeting_time *end)
{
	struct arena *arena = arena_create();
	const struct meeting_event *from = answered_event(meeting, answer->recurrence_id);
	struct component *event = NULL, *calendar = begin_answer(arena, meeting, "COUNTER", answer, &event);
	struct meeting_time old;

	if (calendar == NULL) {
		arena_destroy(&arena);
		return NULL;
	}
	old = from->start;
	if (answer->recurrence_id != NULL && from->recurrence_id.kind == MEETING_TIME_NONE)
		old = recur_normalise(meeting, answer->recurrence_id);
	component_remove_all(event, "DURATION");
	edit_set_time(arena, event, "DTSTART", start);
	edit_set_time(arena, event, "DTEND", end);
	/* Outlook shows "proposed instead of" from these */
	edit_set_time(arena, event, "X-MS-OLK-ORIGINALSTART", &old);
	old = value_end_from(from, &old);
	edit_set_time(arena, event, "X-MS-OLK-ORIGINALEND", &old);
	copy_property(arena, event, meeting_event_tree(from), "SUMMARY");
	copy_property(arena, event, meeting_event_tree(from), "LOCATION");
	add_comment(arena, event, answer);
	return finish_answer(arena, meeting, calendar);
}

char *outgoing_refresh(const struct meeting *meeting, const struct outgoing_answer *answer)
{
	struct arena *arena = arena_create();
	struct component *event = NULL, *calendar = begin_answer(arena, meeting, "REFRESH", answer, &event);

	if (calendar == NULL) {
		arena_destroy(&arena);
		return NULL;
	}
	component_remove_all(event, "DTSTART");
	component_remove_all(event, "DTEND");
	component_remove_all(event, "DURATION");
	component_remove_all(event, "SEQUENCE");
	add_comment(arena, event, answer);
	return finish_answer(arena, meeting, calendar);
}

/* Our line in one event of the stored object. */
static bool store_in(struct arena *arena, struct component *event, const struct outgoing_answer *answer,
		     bool occurrence)
{
	struct property *line = meeting_tree_attendee(arena, event, "ATTENDEE", answer->address);

	if (line == NULL && answer->as_guest)
		line = component_add(arena, event, "ATTENDEE", "",
				     arena_printf(arena, "mailto:%s", answer->address));
	if (line == NULL)
		return false;
	property_set_param(arena, line, "PARTSTAT", meeting_partstat_name(answer->partstat));
	property_set_param(arena, line, "RSVP", NULL);
	property_set_param(arena, line, MARK_COMMENT,
			   answer->comment != NULL && *answer->comment != '\0' ? answer->comment : NULL);
	property_set_param(arena, line, MARK_REPLY_OWN, occurrence ? "TRUE" : NULL);
	property_set_param(arena, line, "DELEGATED-TO",
			   answer->partstat == MEETING_PARTSTAT_DELEGATED && answer->delegate_to != NULL
				   ? arena_printf(arena, "mailto:%s", answer->delegate_to)
				   : NULL);
	return true;
}

/* An answer to the series is one to every occurrence not answered by itself. */
static void store_in_overrides(struct edit *edit, const struct outgoing_answer *answer)
{
	for (size_t i = 0; i < edit->meeting->override_count; i++) {
		struct property *line =
			meeting_tree_attendee(edit->arena, edit->overrides[i], "ATTENDEE", answer->address);

		if (line != NULL && property_param(edit->arena, line, MARK_REPLY_OWN) == NULL)
			store_in(edit->arena, edit->overrides[i], answer, false);
	}
}

char *outgoing_store_answer(const struct meeting *meeting, const struct outgoing_answer *answer)
{
	struct edit edit;
	struct component *slot;
	bool whole = answer->recurrence_id == NULL, stored;

	edit_begin(&edit, meeting);
	slot = edit_slot(&edit, answer->recurrence_id);
	stored = slot != NULL && store_in(edit.arena, slot, answer, !whole);
	if (whole && slot == NULL) /* only single occurrences are known: all of them are meant */
		for (size_t i = 0; i < meeting->override_count; i++)
			stored = store_in(edit.arena, edit.overrides[i], answer, false) || stored;
	else if (whole)
		store_in_overrides(&edit, answer);
	if (!stored) {
		edit_abandon(&edit);
		return NULL;
	}
	return edit_finish(&edit);
}

char *outgoing_store_counter(const struct meeting *meeting, const struct outgoing_answer *answer,
			     const struct meeting_time *start, const struct meeting_time *end)
{
	struct edit edit;
	struct component *slot;
	struct property *p;
	const char *occurrence;

	edit_begin(&edit, meeting);
	slot = edit.master != NULL ? edit.master : edit_slot(&edit, answer->recurrence_id);
	if (slot == NULL) {
		edit_abandon(&edit);
		return NULL;
	}
	occurrence = answer->recurrence_id != NULL ? edit_plain_time(edit.arena, answer->recurrence_id) : NULL;
	p = meeting_tree_proposal(edit.arena, slot, answer->address, occurrence);
	if (p == NULL)
		p = component_add(edit.arena, slot, MARK_PROPOSAL, "",
				  arena_printf(edit.arena, "mailto:%s", answer->address));
	p->params = "";
	property_set_param(edit.arena, p, "OCCURRENCE", occurrence);
	property_set_param(edit.arena, p, "START", edit_plain_time(edit.arena, start));
	property_set_param(edit.arena, p, "END", edit_plain_time(edit.arena, end));
	property_set_param(edit.arena, p, "STAMP", value_format_utc(edit.arena, answer->now));
	if (answer->comment != NULL && *answer->comment != '\0')
		property_set_param(edit.arena, p, "COMMENT", answer->comment);
	return edit_finish(&edit);
}

char *outgoing_with_url(const struct meeting *meeting, const char *url)
{
	struct edit edit;

	edit_begin(&edit, meeting);
	for (struct component *c = edit.calendar->children; url != NULL && c != NULL; c = c->next)
		if (meeting_is_event_name(c->name) && component_find(c, "URL") == NULL)
			component_add(edit.arena, c, "URL", "", url);
	for (struct component *c = edit.calendar->children; c != NULL; c = c->next)
		if (strcmp(c->name, "VTIMEZONE") == 0 && c->children == NULL)
			c->name = "X-EMPTY"; /* its rules were not fit to be shown to anybody */
	component_remove_children(edit.calendar, "X-EMPTY");
	return edit_finish(&edit);
}

char *outgoing_export(const struct meeting *meeting)
{
	struct edit edit;

	edit_begin(&edit, meeting);
	edit_remove_marks(edit.arena, edit.calendar);
	edit_complete_zones(edit.arena, edit.calendar, recur_span(meeting, NULL));
	return edit_finish(&edit);
}
