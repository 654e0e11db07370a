/* The organizer's side: what attendees answer.  Every attendee's line carries the
 * version of the answer in it, so that an older one that comes late changes nothing.
 * An answer for one occurrence makes an override of it; an answer for the series
 * reaches the overrides in which that attendee has not answered separately. */
#include "calendar/itip_private.h"

#include "base/number.h"
#include "calendar/edit.h"
#include "calendar/recur.h"

const struct meeting_person *itip_answering(const struct itip_input *input, const struct meeting_event *event)
{
	if (event->attendee_count == 1)
		return &event->attendees[0];
	/* several: programs that list everybody; the one who wrote is meant */
	for (size_t i = 0; i < event->attendee_count; i++)
		if (itip_from_is(input, event->attendees[i].address))
			return &event->attendees[i];
	return NULL;
}

/* Answers with a SEQUENCE below it speak of a meeting that has changed since. */
static uint32_t significant_sequence(const struct component *c)
{
	const char *mark = component_value(c, MARK_SIGNIFICANT);
	uint64_t number;

	if (mark != NULL && number_parse(slice_from_string(mark), 0, INT32_MAX, &number))
		return (uint32_t)number;
	return meeting_read_sequence(c);
}

static bool has_sequence(const struct itip_work *work, const struct meeting_event *event)
{
	return component_find(meeting_event_tree(work->input->incoming, event), "SEQUENCE") != NULL;
}

static const char *first_comment(const struct meeting_event *event, const struct meeting_person *person)
{
	return event->comments[0] != NULL ? event->comments[0] : person->comment;
}

static void write_answer(struct itip_work *work, struct property *line, const struct meeting_event *event,
			 const struct meeting_person *person, bool own)
{
	struct arena *arena = work->arena;
	const char *comment = first_comment(event, person);

	property_set_param(arena, line, "PARTSTAT", meeting_partstat_name(person->partstat));
	property_set_param(arena, line, "RSVP", NULL);
	property_set_param(arena, line, "DELEGATED-TO",
			   person->partstat == MEETING_PARTSTAT_DELEGATED && person->delegated_to[0] != NULL
				   ? arena_printf(arena, "mailto:%s", person->delegated_to[0])
				   : NULL);
	property_set_param(arena, line, MARK_COMMENT, comment != NULL && *comment != '\0' ? comment : NULL);
	property_set_param(arena, line, MARK_REPLY_STAMP, value_format_utc(arena, event->stamp));
	property_set_param(arena, line, MARK_REPLY_SEQUENCE, arena_printf(arena, "%u", event->sequence));
	property_set_param(arena, line, MARK_REPLY_OWN, own ? "TRUE" : NULL);
}

/* -1: the line's answer is newer, 0: it is this one, 1: this one is newer. */
static int compare_answer(struct itip_work *work, const struct property *line, const struct meeting_event *event)
{
	struct meeting_person known;

	meeting_read_person(work->arena, line, &known);
	if (known.reply_stamp == 0)
		return 1;
	return meeting_compare_versions(event->sequence, event->stamp, known.reply_sequence, known.reply_stamp);
}

static const char *person_params(struct arena *arena, const struct meeting_person *person)
{
	struct property property = { .params = "" };

	if (person->name != NULL)
		property_set_param(arena, &property, "CN", person->name);
	if (person->delegated_from[0] != NULL)
		property_set_param(arena, &property, "DELEGATED-FROM",
				   arena_printf(arena, "mailto:%s", person->delegated_from[0]));
	return property.params;
}

static struct property *add_person(struct arena *arena, struct component *c, const char *name,
				   const struct meeting_person *person)
{
	return component_add(arena, c, name, person_params(arena, person),
			     arena_printf(arena, "mailto:%s", person->address));
}

/* Whoever an invited attendee delegated to is invited by that; an answer that came
 * from the delegate before is taken over. */
static void invite_delegates(struct itip_work *work, struct component *slot, const struct meeting_person *from)
{
	struct arena *arena = work->arena;

	if (from->partstat != MEETING_PARTSTAT_DELEGATED)
		return;
	for (size_t i = 0; from->delegated_to[i] != NULL && i < 8; i++) {
		const char *address = from->delegated_to[i];
		struct property *crasher = meeting_tree_attendee(arena, slot, MARK_CRASHER, address);
		struct property *line = meeting_tree_attendee(arena, slot, "ATTENDEE", address);
		const struct meeting_person person = { .address = address,
						       .delegated_from = (const char *const[]){ NULL } };

		if (line != NULL)
			continue;
		if (crasher != NULL) {
			line = component_add(arena, slot, "ATTENDEE", crasher->params, crasher->value);
			component_remove(slot, crasher);
		} else {
			line = add_person(arena, slot, "ATTENDEE", &person);
			property_set_param(arena, line, "PARTSTAT", "NEEDS-ACTION");
			property_set_param(arena, line, "RSVP", "TRUE");
		}
		property_set_param(arena, line, "DELEGATED-FROM", arena_printf(arena, "mailto:%s", from->address));
	}
}

/* The master's instance, to hold what is said of one occurrence. */
static struct component *make_override(struct itip_work *work, const struct meeting_time *id)
{
	const struct component *master = meeting_tree_master(work->calendar);
	struct meeting_time start;
	struct component *c;

	if (master == NULL)
		return NULL;
	c = edit_make_occurrence(work->arena, work->input->stored, master, id);
	if (c == NULL)
		return NULL;
	start = recur_normalise(work->input->stored, id);
	itip_put_slot(work, &start, c, NULL);
	return c;
}

static void set_reason(struct itip_work *work, enum itip_action action, enum itip_reason reason)
{
	work->decision->action = action;
	work->decision->reason = reason;
}

/* An answer of somebody who is not on the list: "wants to come". */
static void keep_crasher(struct itip_work *work, struct component *slot, const struct meeting_event *event,
			 const struct meeting_person *person)
{
	struct property *line = meeting_tree_attendee(work->arena, slot, MARK_CRASHER, person->address);

	work->decision->crasher = true;
	if (line != NULL && compare_answer(work, line, event) <= 0) {
		set_reason(work, ITIP_ACTION_NONE, ITIP_REASON_DUPLICATE);
		return;
	}
	if (line == NULL)
		line = add_person(work->arena, slot, MARK_CRASHER, person);
	write_answer(work, line, event, person, true);
	set_reason(work, ITIP_ACTION_KEEP_CRASHER, ITIP_REASON_CRASHER);
}

/* An answer for the series holds in every occurrence not answered by itself. */
static void spread_answer(struct itip_work *work, const struct meeting_event *event,
			  const struct meeting_person *person)
{
	for (struct component *c = work->calendar->children; c != NULL; c = c->next) {
		struct property *line;

		if (!meeting_is_event_name(c->name) || component_find(c, "RECURRENCE-ID") == NULL)
			continue;
		line = meeting_tree_attendee(work->arena, c, "ATTENDEE", person->address);
		if (line == NULL || property_param(work->arena, line, MARK_REPLY_OWN) != NULL ||
		    compare_answer(work, line, event) <= 0)
			continue;
		write_answer(work, line, event, person, false);
		invite_delegates(work, c, person);
	}
}

static void take_one_reply(struct itip_work *work, const struct meeting_event *event)
{
	const struct meeting_person *person = itip_answering(work->input, event);
	bool whole = event->recurrence_id.kind == MEETING_TIME_NONE;
	struct component *slot = itip_find_slot(work, &event->recurrence_id);
	struct property *line;
	int order;
	const struct component *version = slot != NULL ? slot : meeting_tree_master(work->calendar);

	if (version != NULL && has_sequence(work, event) && event->sequence < significant_sequence(version)) {
		set_reason(work, ITIP_ACTION_NONE, ITIP_REASON_REPLY_TO_OLD_VERSION);
		return;
	}
	if (slot == NULL && !whole)
		slot = make_override(work, &event->recurrence_id);
	if (slot == NULL) {
		set_reason(work, ITIP_ACTION_NONE, ITIP_REASON_NO_SUCH_OCCURRENCE);
		return;
	}
	line = meeting_tree_attendee(work->arena, slot, "ATTENDEE", person->address);
	if (line == NULL) {
		keep_crasher(work, slot, event, person);
		return;
	}
	/* in an override, an answer for the series that stands there is no match for its own */
	order = whole || property_param(work->arena, line, MARK_REPLY_OWN) != NULL ? compare_answer(work, line, event)
										    : 1;
	if (order <= 0) {
		set_reason(work, ITIP_ACTION_NONE, order < 0 ? ITIP_REASON_REPLY_OLDER : ITIP_REASON_DUPLICATE);
		return;
	}
	write_answer(work, line, event, person, !whole);
	invite_delegates(work, slot, person);
	if (whole)
		spread_answer(work, event, person);
	set_reason(work, ITIP_ACTION_SET_ANSWER, ITIP_REASON_APPLIED);
}

/* One mail may answer for several occurrences: the best outcome names it. */
void itip_take_reply(struct itip_work *work)
{
	const struct meeting *incoming = work->input->incoming;
	struct itip_decision best = { .reason = ITIP_REASON_NO_ATTENDEE };
	bool any = false;

	itip_begin_edit(work);
	for (size_t i = 0; i < incoming->override_count + 1; i++) {
		const struct meeting_event *event = i == 0 ? incoming->master : incoming->overrides[i - 1];

		if (event == NULL || itip_answering(work->input, event) == NULL)
			continue;
		take_one_reply(work, event);
		if (!any || best.action == ITIP_ACTION_NONE)
			best = *work->decision;
		any = true;
	}
	set_reason(work, best.action, best.reason);
}

static struct property *find_proposal(struct itip_work *work, struct component *slot,
				      const struct meeting_person *person, const char *occurrence)
{
	for (struct property *p = component_find(slot, MARK_PROPOSAL); p != NULL; p = component_find_next(p)) {
		const char *of = property_param(work->arena, p, "OCCURRENCE");

		if (meeting_address_equal(value_address(work->arena, p->value), person->address) &&
		    g_strcmp0(of, occurrence) == 0)
			return p;
	}
	return NULL;
}

static int compare_proposal(struct itip_work *work, const struct property *known,
			    const struct meeting_event *event)
{
	const char *sequence = property_param(work->arena, known, "SEQUENCE");
	const char *stamp = property_param(work->arena, known, "STAMP");
	struct meeting_time time = { 0 };
	uint64_t number = 0;

	if (sequence != NULL)
		number_parse(slice_from_string(sequence), 0, INT32_MAX, &number);
	if (stamp != NULL)
		value_parse_time(stamp, &time);
	return meeting_compare_versions(event->sequence, event->stamp, (uint32_t)number, time.instant);
}

static void write_proposal(struct itip_work *work, struct property *p, const struct meeting_event *event,
			   const struct meeting_person *person, const char *occurrence)
{
	struct arena *arena = work->arena;
	const struct meeting_event *now = work->input->stored->master;
	const char *comment = first_comment(event, person);

	p->params = person_params(arena, person);
	property_set_param(arena, p, "PARTSTAT", meeting_partstat_name(person->partstat));
	property_set_param(arena, p, "OCCURRENCE", occurrence);
	property_set_param(arena, p, "START", edit_plain_time(arena, &event->start));
	property_set_param(arena, p, "END", edit_plain_time(arena, &event->end));
	if (now != NULL && *event->summary != '\0' && strcmp(event->summary, now->summary) != 0)
		property_set_param(arena, p, "SUMMARY", event->summary);
	if (now != NULL && *event->location != '\0' && strcmp(event->location, now->location) != 0)
		property_set_param(arena, p, "LOCATION", event->location);
	if (comment != NULL && *comment != '\0')
		property_set_param(arena, p, "COMMENT", comment);
	property_set_param(arena, p, "STAMP", value_format_utc(arena, event->stamp));
	property_set_param(arena, p, "SEQUENCE", arena_printf(arena, "%u", event->sequence));
}

/* Whether the stored meeting has this attendee in any of its events. */
static bool is_invited(const struct meeting *stored, const char *address)
{
	const char *const addresses[] = { address, NULL };

	if (stored->master != NULL && meeting_find_attendee(stored->master, addresses) != NULL)
		return true;
	for (size_t i = 0; i < stored->override_count; i++)
		if (meeting_find_attendee(stored->overrides[i], addresses) != NULL)
			return true;
	return false;
}

void itip_take_counter(struct itip_work *work)
{
	const struct meeting_event *event = meeting_main_event(work->input->incoming);
	const struct meeting_person *person = itip_answering(work->input, event);
	struct component *slot;
	struct property *known;
	const char *occurrence;

	if (person == NULL || !is_invited(work->input->stored, person->address)) {
		set_reason(work, ITIP_ACTION_NONE,
			   person == NULL ? ITIP_REASON_NO_ATTENDEE : ITIP_REASON_CRASHER);
		work->decision->crasher = person != NULL;
		return;
	}
	if (event->start.kind == MEETING_TIME_NONE) {
		set_reason(work, ITIP_ACTION_NONE, ITIP_REASON_NO_START);
		return;
	}
	itip_begin_edit(work);
	slot = meeting_tree_master(work->calendar);
	if (slot == NULL)
		slot = itip_find_slot(work, &event->recurrence_id);
	if (slot == NULL || (event->recurrence_id.kind != MEETING_TIME_NONE &&
			     itip_find_slot(work, &event->recurrence_id) == NULL &&
			     !recur_has_occurrence(work->input->stored, &event->recurrence_id))) {
		set_reason(work, ITIP_ACTION_NONE, ITIP_REASON_NO_SUCH_OCCURRENCE);
		return;
	}
	occurrence = edit_plain_time(work->arena, &event->recurrence_id);
	known = find_proposal(work, slot, person, occurrence);
	if (known != NULL && compare_proposal(work, known, event) <= 0) {
		set_reason(work, ITIP_ACTION_NONE, ITIP_REASON_DUPLICATE);
		return;
	}
	if (known == NULL)
		known = component_add(work->arena, slot, MARK_PROPOSAL, "",
				      arena_printf(work->arena, "mailto:%s", person->address));
	write_proposal(work, known, event, person, occurrence);
	set_reason(work, ITIP_ACTION_KEEP_PROPOSAL, ITIP_REASON_APPLIED);
}

void itip_take_refresh(struct itip_work *work)
{
	const struct meeting_person *person =
		itip_answering(work->input, meeting_main_event(work->input->incoming));

	if (person == NULL)
		set_reason(work, ITIP_ACTION_NONE, ITIP_REASON_NO_ATTENDEE);
	else if (!is_invited(work->input->stored, person->address))
		set_reason(work, ITIP_ACTION_NONE, ITIP_REASON_CRASHER);
	else
		set_reason(work, ITIP_ACTION_SEND_REQUEST, ITIP_REASON_APPLIED);
}
