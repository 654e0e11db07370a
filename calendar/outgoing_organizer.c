/* What an organizer makes, changes and sends.
 *
 * SEQUENCE is raised by every change; the last one that changed time, rule or place
 * is noted as significant: answers to what came after it still count. */
#include "calendar/outgoing.h"

#include "calendar/edit.h"
#include "calendar/recur.h"
#include "calendar/rule.h"

static bool refuse(char **reason_out, const char *sentence)
{
	if (reason_out != NULL)
		*reason_out = g_strdup(sentence);
	return false;
}

static bool address_is_sane(const char *address)
{
	struct arena *arena;
	bool sane;

	if (address == NULL)
		return false;
	arena = arena_create();
	sane = strcmp(value_address(arena, address), address) == 0 && *address != '\0';
	arena_destroy(&arena);
	return sane;
}

static bool draft_is_sane(const struct outgoing_draft *draft, char **reason_out)
{
	struct arena *arena;
	struct meeting_rule rule;
	bool rule_ok = true;

	if (draft->start.kind == MEETING_TIME_NONE || draft->start.kind == MEETING_TIME_UNKNOWN_ZONE)
		return refuse(reason_out, "the start is missing");
	if (draft->end.kind != MEETING_TIME_NONE && draft->end.instant < draft->start.instant)
		return refuse(reason_out, "the end is before the start");
	if (draft->end.kind != MEETING_TIME_NONE &&
	    (draft->end.kind == MEETING_TIME_DATE) != (draft->start.kind == MEETING_TIME_DATE))
		return refuse(reason_out, "start and end must both be days, or both have a time");
	if (draft->attendee_count > 10000)
		return refuse(reason_out, "more than 10000 attendees");
	for (size_t i = 0; i < draft->attendee_count; i++)
		if (!address_is_sane(draft->attendees[i].address))
			return refuse(reason_out, "an attendee's address is no mail address");
	if (draft->rule != NULL) {
		arena = arena_create();
		rule_ok = strpbrk(draft->rule, "\r\n:") == NULL && rule_parse(arena, draft->rule, &rule) &&
			  rule.expandable;
		arena_destroy(&arena);
	}
	return rule_ok || refuse(reason_out, "the recurrence rule can't be understood");
}

static void add_attendee(struct arena *arena, struct component *event, const struct meeting_person *person)
{
	static const char *const roles[] = { "REQ-PARTICIPANT", "CHAIR", "OPT-PARTICIPANT", "NON-PARTICIPANT" };
	static const char *const cutypes[] = { "INDIVIDUAL", "GROUP", "RESOURCE", "ROOM", "UNKNOWN" };
	struct property *line = component_add(arena, event, "ATTENDEE", "",
					      arena_printf(arena, "mailto:%s", person->address));

	if (person->name != NULL)
		property_set_param(arena, line, "CN", person->name);
	if (person->cutype != MEETING_CUTYPE_INDIVIDUAL)
		property_set_param(arena, line, "CUTYPE", cutypes[person->cutype]);
	property_set_param(arena, line, "ROLE", roles[person->role]);
	property_set_param(arena, line, "PARTSTAT", "NEEDS-ACTION");
	property_set_param(arena, line, "RSVP", "TRUE");
}

static void set_or_remove(struct arena *arena, struct component *event, const char *name, const char *text)
{
	if (text != NULL && *text != '\0')
		edit_set_text(arena, event, name, text);
	else
		component_remove_all(event, name);
}

/* What the draft says of the event itself, attendees apart. */
static void write_draft(struct arena *arena, struct component *event, const struct outgoing_draft *draft)
{
	edit_set_time(arena, event, "DTSTART", &draft->start);
	component_remove_all(event, "DURATION");
	if (draft->end.kind != MEETING_TIME_NONE)
		edit_set_time(arena, event, "DTEND", &draft->end);
	else
		component_remove_all(event, "DTEND");
	edit_set_text(arena, event, "SUMMARY", draft->summary != NULL ? draft->summary : "");
	set_or_remove(arena, event, "LOCATION", draft->location);
	set_or_remove(arena, event, "DESCRIPTION", draft->description);
	if (draft->url != NULL && *draft->url != '\0' && strpbrk(draft->url, "\r\n") == NULL)
		component_set(arena, event, "URL", "", draft->url);
	else
		component_remove_all(event, "URL");
	component_remove_all(event, "X-ALT-DESC"); /* would say the old words */
	if (!draft->start.whole_day)
		component_remove_all(event, PROPERTY_ALL_DAY);
}

static void stamp(struct arena *arena, struct component *event, int64_t now)
{
	component_set(arena, event, "DTSTAMP", "", value_format_utc(arena, now));
	component_set(arena, event, "LAST-MODIFIED", "", value_format_utc(arena, now));
}

/* VTIMEZONEs of zones we know are written anew: the old ones were trimmed to the
 * times there were before. */
static void renew_zones(struct arena *arena, struct component *calendar)
{
	g_autofree char *text = edit_text(calendar);
	struct meeting *meeting = meeting_load(slice_from_string(text)); /* for its span */

	for (struct component *c = calendar->children; c != NULL; c = c->next) {
		const char *tzid = strcmp(c->name, "VTIMEZONE") == 0 ? component_value(c, "TZID") : NULL;

		if (tzid != NULL && zone_find(text_decode(arena, tzid)) != NULL)
			c->name = "X-OLD";
	}
	component_remove_children(calendar, "X-OLD");
	if (meeting != NULL)
		edit_complete_zones(arena, calendar, recur_span(meeting, NULL));
	meeting_destroy(&meeting);
}

static char *finish_new(struct arena *arena, struct component *calendar)
{
	char *text;

	renew_zones(arena, calendar);
	text = edit_text(calendar);
	arena_destroy(&arena);
	return text;
}

char *outgoing_create(const struct outgoing_draft *draft, char **reason_out)
{
	struct arena *arena;
	struct component *calendar, *event;
	struct property *organizer;

	if (!draft_is_sane(draft, reason_out))
		return NULL;
	if (draft->uid == NULL || *draft->uid == '\0' || !address_is_sane(draft->organizer_address)) {
		refuse(reason_out, "a new meeting needs a UID and an organizer");
		return NULL;
	}
	arena = arena_create();
	calendar = edit_new_calendar(arena, NULL);
	event = component_create(arena, "VEVENT");
	component_add_child(calendar, event);
	edit_set_text(arena, event, "UID", draft->uid);
	stamp(arena, event, draft->now);
	component_add(arena, event, "CREATED", "", value_format_utc(arena, draft->now));
	edit_set_number(arena, event, "SEQUENCE", 0);
	organizer = component_add(arena, event, "ORGANIZER", "",
				  arena_printf(arena, "mailto:%s", draft->organizer_address));
	if (draft->organizer_name != NULL)
		property_set_param(arena, organizer, "CN", draft->organizer_name);
	write_draft(arena, event, draft);
	if (draft->rule != NULL)
		component_add(arena, event, "RRULE", "", draft->rule);
	component_add(arena, event, "STATUS", "", "CONFIRMED");
	edit_set_number(arena, event, MARK_SIGNIFICANT, 0);
	for (size_t i = 0; i < draft->attendee_count; i++)
		add_attendee(arena, event, &draft->attendees[i]);
	return finish_new(arena, calendar);
}

static void raise_sequence(struct arena *arena, struct component *event, const struct meeting *meeting,
			   int64_t now)
{
	edit_raise_sequence(arena, event, meeting);
	stamp(arena, event, now);
}

static bool is_delegated(struct arena *arena, const struct property *line)
{
	const char *partstat = property_param(arena, line, "PARTSTAT");

	return partstat != NULL && g_ascii_strcasecmp(partstat, "DELEGATED") == 0;
}

/* Everybody is asked anew: answers to the series as it was, or to one occurrence
 * (recurrence_id), are forgotten.  Whoever sent somebody else is not asked: that one is. */
static void forget_answers(struct edit *edit, const struct meeting_time *recurrence_id)
{
	const char *of = recurrence_id != NULL ? edit_plain_time(edit->arena, recurrence_id) : NULL;

	for (struct component *c = edit->calendar->children; c != NULL; c = c->next)
		for (struct property *p = component_find(c, MARK_ANSWER), *next; p != NULL; p = next) {
			const char *own = property_param(edit->arena, p, "OCCURRENCE");

			next = component_find_next(p);
			if ((of == NULL || g_strcmp0(own, of) == 0) && !is_delegated(edit->arena, p))
				component_remove(c, p);
		}
}

/* What was answered to the series was not answered to a date that is moved after that; a newer answer is
 * (see answer_for() of itip_answer.c). */
static void wait_for_answers(struct edit *edit, const struct meeting_time *recurrence_id)
{
	static const char *const kept[] = { "STAMP", "SEQUENCE" };
	struct arena *arena = edit->arena;

	for (struct component *c = edit->calendar->children; c != NULL; c = c->next)
		for (struct property *p = component_find(c, MARK_ANSWER); p != NULL; p = component_find_next(p)) {
			struct property *waiting;

			if (property_param(arena, p, "OCCURRENCE") != NULL || is_delegated(arena, p))
				continue;
			waiting = component_add(arena, c, MARK_ANSWER, ";" ANSWER_WAITING "=TRUE", p->value);
			for (size_t i = 0; i < G_N_ELEMENTS(kept); i++)
				property_set_param(arena, waiting, kept[i], property_param(arena, p, kept[i]));
			property_set_param(arena, waiting, "OCCURRENCE", edit_plain_time(arena, recurrence_id));
		}
}

static void reset_answers(struct edit *edit, struct component *event, const struct meeting_time *recurrence_id)
{
	struct arena *arena = edit->arena;

	forget_answers(edit, recurrence_id);
	if (recurrence_id != NULL)
		wait_for_answers(edit, recurrence_id);
	for (struct property *p = component_find(event, "ATTENDEE"); p != NULL; p = component_find_next(p)) {
		const char *delegate = property_param(arena, p, MARK_DELEGATE);

		if (is_delegated(arena, p))
			continue;
		property_remove_params(arena, p, MARK_PARAMETER);
		property_set_param(arena, p, MARK_DELEGATE, delegate);
		property_set_param(arena, p, "PARTSTAT", "NEEDS-ACTION");
		property_set_param(arena, p, "RSVP", "TRUE");
	}
}

static bool draft_lists(const struct outgoing_draft *draft, const char *address)
{
	for (size_t i = 0; i < draft->attendee_count; i++)
		if (meeting_address_equal(draft->attendees[i].address, address))
			return true;
	return false;
}

static bool lists(const struct meeting_event *event, const char *address)
{
	const char *const addresses[] = { address, NULL };

	return meeting_find_attendee(event, addresses) != NULL;
}

/* The list is the draft's; who stays keeps line and answer.  A date of the series, whose list was
 * `before`, has its own: whoever leaves the series leaves it, whoever comes to the series comes. */
static void sync_attendees(struct arena *arena, struct component *event, const struct outgoing_draft *draft,
			   const struct meeting_event *before)
{
	for (struct property *p = component_find(event, "ATTENDEE"), *next; p != NULL; p = next) {
		struct meeting_person person;

		next = component_find_next(p);
		meeting_read_person(arena, p, &person);
		if (!draft_lists(draft, person.address) && (before == NULL || lists(before, person.address)))
			component_remove(event, p);
	}
	for (size_t i = 0; i < draft->attendee_count; i++)
		if (meeting_tree_attendee(arena, event, "ATTENDEE", draft->attendees[i].address) == NULL &&
		    (before == NULL || !lists(before, draft->attendees[i].address)))
			add_attendee(arena, event, &draft->attendees[i]);
}

static bool same_moment(const struct meeting_time *a, const struct meeting_time *b)
{
	return (a->kind == MEETING_TIME_DATE) == (b->kind == MEETING_TIME_DATE) && a->instant == b->instant;
}

static bool time_changed(const struct meeting_event *event, const struct outgoing_draft *draft)
{
	return !same_moment(&event->start, &draft->start) ||
	       (draft->end.kind != MEETING_TIME_NONE && !same_moment(&event->end, &draft->end));
}

/* Whole days go on as the event writes them, so that its occurrences keep their names. */
static void keep_midnights(const struct meeting_time *start, struct outgoing_draft *draft)
{
	if (!start->whole_day || draft->start.kind != MEETING_TIME_DATE || draft->end.kind != MEETING_TIME_DATE)
		return;
	draft->start = value_at_wall(start, draft->start.instant);
	draft->end = value_at_wall(start, draft->end.instant);
}

static bool rule_changed(const struct meeting_event *master, const struct outgoing_draft *draft)
{
	const char *old = master->rule_count > 0 ? master->rules[0].text : NULL;

	return (old == NULL) != (draft->rule == NULL) ||
	       (old != NULL && g_ascii_strcasecmp(old, draft->rule) != 0);
}

static void edit_series(struct edit *edit, struct outgoing_draft *draft)
{
	const struct meeting_event *master = edit->meeting->master;
	bool moved, ruled = rule_changed(master, draft);
	bool placed = strcmp(master->location, draft->location != NULL ? draft->location : "") != 0;

	if (!ruled) /* another rule's UNTIL is a date, as the draft's start is */
		keep_midnights(&master->start, draft);
	moved = time_changed(master, draft);

	write_draft(edit->arena, edit->master, draft);
	if (ruled) {
		component_remove_all(edit->master, "RRULE");
		if (draft->rule != NULL)
			component_add(edit->arena, edit->master, "RRULE", "", draft->rule);
	}
	if (moved || ruled) { /* occurrences are other ones now: exceptions don't fit any more */
		component_remove_all(edit->master, "EXDATE");
		for (size_t i = 0; i < edit->meeting->override_count; i++)
			component_remove_child(edit->calendar, edit->overrides[i]);
	}
	sync_attendees(edit->arena, edit->master, draft, NULL);
	for (size_t i = 0; !moved && !ruled && i < edit->meeting->override_count; i++)
		sync_attendees(edit->arena, edit->overrides[i], draft, master);
	if (moved || ruled)
		reset_answers(edit, edit->master, NULL);
	raise_sequence(edit->arena, edit->master, edit->meeting, draft->now);
	if (moved || ruled || placed)
		edit_set_number(edit->arena, edit->master, MARK_SIGNIFICANT, edit_next_sequence(edit->meeting));
}

static void edit_occurrence(struct edit *edit, struct component *slot, struct outgoing_draft *draft,
			    const struct meeting_time *id)
{
	const struct meeting_event *before = meeting_find_override(edit->meeting, id);
	struct meeting_time raw = recur_normalise(edit->meeting, id);
	struct meeting_time end = before != NULL ? before->end : value_end_from(edit->meeting->master, &raw);
	bool moved;

	keep_midnights(before != NULL ? &before->start : &raw, draft);
	moved = !same_moment(before != NULL ? &before->start : &raw, &draft->start) ||
		(draft->end.kind != MEETING_TIME_NONE && !same_moment(&end, &draft->end));
	write_draft(edit->arena, slot, draft);
	sync_attendees(edit->arena, slot, draft, NULL);
	if (moved)
		reset_answers(edit, slot, &raw);
	raise_sequence(edit->arena, slot, edit->meeting, draft->now);
	if (moved)
		edit_set_number(edit->arena, slot, MARK_SIGNIFICANT, edit_next_sequence(edit->meeting));
}

static char *finish_edit(struct edit *edit)
{
	renew_zones(edit->arena, edit->calendar);
	return edit_finish(edit);
}

char *outgoing_edit(const struct meeting *meeting, const struct outgoing_draft *draft,
		    const struct meeting_time *recurrence_id, char **reason_out)
{
	struct outgoing_draft wanted = *draft;
	struct edit edit;
	struct component *slot;

	if (!draft_is_sane(draft, reason_out))
		return NULL;
	edit_begin(&edit, meeting);
	slot = edit_slot(&edit, recurrence_id);
	if (slot == NULL) {
		edit_abandon(&edit);
		refuse(reason_out, "the meeting has no such occurrence");
		return NULL;
	}
	if (slot == edit.master)
		edit_series(&edit, &wanted);
	else
		edit_occurrence(&edit, slot, &wanted, recurrence_id);
	return finish_edit(&edit);
}

char *outgoing_store_cancel(const struct meeting *meeting, const struct meeting_time *recurrence_id,
			    int64_t now)
{
	struct edit edit;
	struct component *slot;

	edit_begin(&edit, meeting);
	slot = edit_slot(&edit, recurrence_id);
	if (slot == NULL) {
		edit_abandon(&edit);
		return NULL;
	}
	component_set(edit.arena, slot, "STATUS", "", "CANCELLED");
	raise_sequence(edit.arena, slot, meeting, now);
	edit_set_number(edit.arena, slot, MARK_SIGNIFICANT, edit_next_sequence(meeting));
	return edit_finish(&edit);
}

static bool is_for(const struct meeting_proposal *proposal, const struct meeting_time *id)
{
	return id != NULL ? meeting_time_equal(&proposal->recurrence_id, id)
			  : proposal->recurrence_id.kind == MEETING_TIME_NONE;
}

/* The open proposal of an address for a date (NULL: the whole), as written and as read. */
static struct property *find_proposal(struct edit *edit, const char *address, const struct meeting_time *id,
				      const struct meeting_proposal **proposal_out)
{
	const struct meeting_event *event = meeting_main_event(edit->meeting);
	struct component *c = event == edit->meeting->master ? edit->master : edit->overrides[0];
	size_t at = 0;

	for (struct property *p = component_find(c, MARK_PROPOSAL); p != NULL; p = component_find_next(p)) {
		if (property_param(edit->arena, p, "DONE") != NULL)
			continue;
		if (meeting_address_equal(event->proposals[at].attendee.address, address) &&
		    is_for(&event->proposals[at], id)) {
			*proposal_out = &event->proposals[at];
			return p;
		}
		at++;
	}
	return NULL;
}

/* A proposal keeps the series' zone, so that a rule stays on its wall clock. */
static struct meeting_time in_zone_of(const struct meeting_time *like, const struct meeting_time *time)
{
	if (time->kind == MEETING_TIME_UTC && like->kind == MEETING_TIME_ZONED)
		return value_at_instant(like, time->instant);
	return *time;
}

char *outgoing_accept_proposal(const struct meeting *meeting, const char *address,
			       const struct meeting_time *id, int64_t now)
{
	const struct meeting_proposal *proposal = NULL;
	const struct meeting_event *event = meeting_main_event(meeting);
	struct edit edit;
	struct property *line;
	struct component *slot;
	struct meeting_time start, end;

	edit_begin(&edit, meeting);
	line = find_proposal(&edit, address, id, &proposal);
	slot = line != NULL ? edit_slot(&edit, id) : NULL;
	if (slot == NULL) {
		edit_abandon(&edit);
		return NULL;
	}
	start = in_zone_of(&event->start, &proposal->start);
	end = in_zone_of(&event->start, &proposal->end);
	if (!start.whole_day || !end.whole_day)
		component_remove_all(slot, PROPERTY_ALL_DAY);
	property_set_param(edit.arena, line, "DONE", "TRUE");
	component_remove_all(slot, "DURATION");
	edit_set_time(edit.arena, slot, "DTSTART", &start);
	edit_set_time(edit.arena, slot, "DTEND", &end);
	if (proposal->summary != NULL)
		edit_set_text(edit.arena, slot, "SUMMARY", proposal->summary);
	if (proposal->location != NULL)
		edit_set_text(edit.arena, slot, "LOCATION", proposal->location);
	reset_answers(&edit, slot, slot != edit.master ? id : NULL);
	raise_sequence(edit.arena, slot, meeting, now);
	edit_set_number(edit.arena, slot, MARK_SIGNIFICANT, edit_next_sequence(meeting));
	if (slot == edit.master)
		for (size_t i = 0; i < meeting->override_count; i++)
			component_remove_child(edit.calendar, edit.overrides[i]);
	return finish_edit(&edit);
}

char *outgoing_drop_proposal(const struct meeting *meeting, const char *address, const struct meeting_time *id)
{
	const struct meeting_proposal *proposal = NULL;
	struct edit edit;
	struct property *line;

	edit_begin(&edit, meeting);
	line = find_proposal(&edit, address, id, &proposal);
	if (line == NULL) {
		edit_abandon(&edit);
		return NULL;
	}
	property_set_param(edit.arena, line, "DONE", "TRUE"); /* kept: the same mail may come again */
	return edit_finish(&edit);
}

char *outgoing_invite_crasher(const struct meeting *meeting, const char *address, int64_t now)
{
	struct edit edit;
	bool any = false;

	edit_begin(&edit, meeting);
	for (struct component *c = edit.calendar->children; c != NULL; c = c->next) {
		struct property *line = meeting_is_event_name(c->name)
						? meeting_tree_attendee(edit.arena, c, MARK_CRASHER, address)
						: NULL;

		if (line == NULL)
			continue;
		component_add(edit.arena, c, "ATTENDEE", line->params, line->value);
		component_remove(c, line);
		stamp(edit.arena, c, now);
		any = true;
	}
	if (!any) {
		edit_abandon(&edit);
		return NULL;
	}
	return edit_finish(&edit);
}

char *outgoing_store_schedule_status(const struct meeting *meeting, const char *address, const char *status)
{
	struct edit edit;

	edit_begin(&edit, meeting);
	for (struct component *c = edit.calendar->children; c != NULL; c = c->next) {
		struct property *line = meeting_is_event_name(c->name)
						? meeting_tree_attendee(edit.arena, c, "ATTENDEE", address)
						: NULL;

		if (line != NULL)
			property_set_param(edit.arena, line, "SCHEDULE-STATUS", status);
	}
	return edit_finish(&edit);
}
