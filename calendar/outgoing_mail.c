/* Mail out of the stored object: REQUEST, CANCEL, DECLINECOUNTER, and the REQUEST that an
 * attendee forwards to a delegate.
 *
 * It is the object as it is stored, less what is nobody else's business.  The organizer's
 * mail is stamped now; a forwarded one stays the organizer's version, so that whatever he
 * sends later is newer. */
#include "calendar/outgoing.h"

#include "calendar/edit.h"
#include "calendar/recur.h"

static void set_method(struct edit *edit, const char *method)
{
	component_remove_all(edit->calendar, "METHOD");
	component_set(edit->arena, edit->calendar, "PRODID", "", "-//convoke//convoke//EN");
	component_add(edit->arena, edit->calendar, "METHOD", "", method);
}

static char *finish_mail(struct edit *edit)
{
	edit_remove_marks(edit->arena, edit->calendar);
	edit_complete_zones(edit->arena, edit->calendar, recur_span(edit->meeting, NULL));
	return edit_finish(edit);
}

/* What stays at home: alarms, our marks, delivery states. */
static void strip_private(struct edit *edit, struct component *event)
{
	component_remove_children(event, "VALARM");
	component_remove_all(event, "COLOR");
	for (struct property *p = component_find(event, "ATTENDEE"); p != NULL; p = component_find_next(p))
		property_remove_params(edit->arena, p, "SCHEDULE-");
}

/* The organizer's event as it goes out. */
static void prepare(struct edit *edit, struct component *event, int64_t now)
{
	strip_private(edit, event);
	component_set(edit->arena, event, "DTSTAMP", "", value_format_utc(edit->arena, now));
}

/* One event alone is told. */
static void keep_only(struct edit *edit, const struct component *slot)
{
	for (struct component *c = edit->calendar->children; c != NULL; c = c->next)
		if (meeting_is_event_name(c->name) && c != slot)
			c->name = "X-OTHER";
	component_remove_children(edit->calendar, "X-OTHER");
}

/* A cancelled occurrence is told as an exception of the series. */
static void hide_cancelled(struct edit *edit)
{
	for (size_t i = 0; i < edit->meeting->override_count; i++) {
		const struct meeting_event *event = edit->meeting->overrides[i];
		const char *params, *value;

		if (edit->master == NULL || event->status != MEETING_STATUS_CANCELLED)
			continue;
		value = value_format_time(edit->arena, &event->recurrence_id, &params);
		component_add(edit->arena, edit->master, "EXDATE", params, value);
		component_remove_child(edit->calendar, edit->overrides[i]);
	}
}

char *outgoing_request(const struct meeting *meeting, const struct meeting_time *recurrence_id, int64_t now)
{
	struct edit edit;
	struct component *slot;

	edit_begin(&edit, meeting);
	slot = edit_slot(&edit, recurrence_id);
	if (recurrence_id != NULL && slot == NULL) {
		edit_abandon(&edit);
		return NULL;
	}
	set_method(&edit, "REQUEST");
	if (recurrence_id != NULL)
		keep_only(&edit, slot);
	else
		hide_cancelled(&edit);
	for (struct component *c = edit.calendar->children; c != NULL; c = c->next)
		if (meeting_is_event_name(c->name))
			prepare(&edit, c, now);
	return finish_mail(&edit);
}

/* Only the removed are named: the others' copies of this mail would say nothing of them. */
static void name_only(struct edit *edit, struct component *event, const char *const *addresses)
{
	g_autoptr(GPtrArray) lines = g_ptr_array_new();

	for (; *addresses != NULL; addresses++) {
		struct property *line = meeting_tree_attendee(edit->arena, event, "ATTENDEE", *addresses);

		g_ptr_array_add(lines, line != NULL ? (char *)line->value
						    : arena_printf(edit->arena, "mailto:%s", *addresses));
	}
	component_remove_all(event, "ATTENDEE");
	component_remove_all(event, "STATUS");
	for (guint i = 0; i < lines->len; i++)
		component_add(edit->arena, event, "ATTENDEE", "", lines->pdata[i]);
}

char *outgoing_cancel(const struct meeting *meeting, const char *const *addresses,
		      const struct meeting_time *recurrence_id, int64_t now)
{
	struct edit edit;
	struct component *slot;

	edit_begin(&edit, meeting);
	slot = edit_slot(&edit, recurrence_id);
	if (slot == NULL && recurrence_id == NULL && meeting->override_count > 0)
		slot = edit.overrides[0];
	if (slot == NULL) {
		edit_abandon(&edit);
		return NULL;
	}
	keep_only(&edit, slot);
	set_method(&edit, "CANCEL");
	prepare(&edit, slot, now);
	if (addresses != NULL) {
		name_only(&edit, slot, addresses);
		/* that of the change which removed them (RFC 5546 3.2.5) */
		edit_raise_sequence(edit.arena, slot, meeting);
	} else {
		component_set(edit.arena, slot, "STATUS", "", "CANCELLED");
	}
	return finish_mail(&edit);
}

char *outgoing_decline_counter(const struct meeting *meeting, const char *address,
			       const struct meeting_time *recurrence_id, int64_t now)
{
	const char *const addresses[] = { address, NULL };
	struct edit edit;
	struct component *slot;

	edit_begin(&edit, meeting);
	slot = edit_slot(&edit, recurrence_id);
	if (slot == NULL) {
		edit_abandon(&edit);
		return NULL;
	}
	keep_only(&edit, slot);
	set_method(&edit, "DECLINECOUNTER");
	prepare(&edit, slot, now);
	name_only(&edit, slot, addresses);
	return finish_mail(&edit);
}

/* The delegate's line, beside the delegator's and with his part in the meeting. */
static bool add_delegate(struct edit *edit, struct component *event, const struct outgoing_answer *answer)
{
	struct arena *arena = edit->arena;
	struct property *own = meeting_tree_attendee(arena, event, "ATTENDEE", answer->address), *line;
	struct meeting_person person;

	if (own == NULL)
		return false;
	meeting_read_person(arena, own, &person);
	if (person.delegated_to[0] == NULL || !meeting_address_equal(person.delegated_to[0], answer->delegate_to))
		return false;
	line = component_add(arena, event, "ATTENDEE", "", arena_printf(arena, "mailto:%s", answer->delegate_to));
	property_set_param(arena, line, "ROLE", property_param(arena, own, "ROLE"));
	property_set_param(arena, line, "PARTSTAT", "NEEDS-ACTION");
	property_set_param(arena, line, "RSVP", "TRUE");
	property_set_param(arena, line, "DELEGATED-FROM", arena_printf(arena, "mailto:%s", person.address));
	return true;
}

char *outgoing_delegation(const struct meeting *meeting, const struct outgoing_answer *answer)
{
	struct edit edit;
	struct component *slot;
	bool any = false;

	edit_begin(&edit, meeting);
	slot = edit_slot(&edit, answer->recurrence_id);
	if (answer->recurrence_id != NULL && slot == NULL) {
		edit_abandon(&edit);
		return NULL;
	}
	if (answer->recurrence_id != NULL)
		keep_only(&edit, slot);
	else
		hide_cancelled(&edit);
	set_method(&edit, "REQUEST");
	for (struct component *c = edit.calendar->children; c != NULL; c = c->next) {
		if (!meeting_is_event_name(c->name))
			continue;
		strip_private(&edit, c);
		any = add_delegate(&edit, c, answer) || any;
	}
	if (!any) {
		edit_abandon(&edit);
		return NULL;
	}
	return finish_mail(&edit);
}
