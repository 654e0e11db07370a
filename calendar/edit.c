#include "calendar/edit.h"

#include "calendar/recur.h"
#include "calendar/zone_table.h"

void edit_begin(struct edit *edit, const struct meeting *meeting)
{
	g_autoptr(GHashTable) copies = g_hash_table_new(NULL, NULL);
	const struct component *original = meeting_tree(meeting)->children;

	edit->meeting = meeting;
	edit->arena = arena_create();
	edit->calendar = component_copy(edit->arena, meeting_tree(meeting));
	for (struct component *c = edit->calendar->children; c != NULL; c = c->next, original = original->next)
		g_hash_table_insert(copies, (void *)original, c);
	edit->master = meeting->master != NULL
			       ? g_hash_table_lookup(copies, meeting_event_tree(meeting->master))
			       : NULL;
	edit->overrides = arena_new_array(edit->arena, struct component *, meeting->override_count);
	for (size_t i = 0; i < meeting->override_count; i++)
		edit->overrides[i] =
			g_hash_table_lookup(copies, meeting_event_tree(meeting->overrides[i]));
}

void edit_abandon(struct edit *edit)
{
	arena_destroy(&edit->arena);
}

char *edit_text(const struct component *calendar)
{
	GString *text = g_string_new(NULL);

	component_write(calendar, text);
	return g_string_free(text, FALSE);
}

char *edit_finish(struct edit *edit)
{
	char *text = edit_text(edit->calendar);

	arena_destroy(&edit->arena);
	return text;
}

struct component *edit_find_override(const struct edit *edit, const struct meeting_time *id)
{
	const struct meeting_event *event = meeting_find_override(edit->meeting, id);

	for (size_t i = 0; event != NULL && i < edit->meeting->override_count; i++)
		if (edit->meeting->overrides[i] == event)
			return edit->overrides[i];
	return NULL;
}

void edit_set_time(struct arena *arena, struct component *component, const char *name,
		   const struct meeting_time *time)
{
	const char *params;
	const char *value = value_format_time(arena, time, &params);

	component_set(arena, component, name, params, value);
}

const char *edit_plain_time(struct arena *arena, const struct meeting_time *time)
{
	const char *params;

	if (time->kind == MEETING_TIME_NONE)
		return NULL;
	if (time->kind == MEETING_TIME_ZONED)
		return value_format_utc(arena, time->instant);
	return value_format_time(arena, time, &params);
}

void edit_set_text(struct arena *arena, struct component *component, const char *name, const char *text)
{
	component_set(arena, component, name, "", text_encode(arena, text));
}

void edit_set_number(struct arena *arena, struct component *component, const char *name, uint32_t number)
{
	component_set(arena, component, name, "", arena_printf(arena, "%u", number));
}

struct component *edit_make_occurrence(struct arena *arena, const struct meeting *meeting,
				       const struct component *source, const struct meeting_time *start)
{
	static const char *const dropped[] = { "RRULE",	  "EXRULE",	  "RDATE",	"EXDATE",
					       "DURATION", MARK_PROPOSAL, MARK_CRASHER, MARK_ANSWER };
	struct component *c = component_copy(arena, source);
	struct meeting_time end = value_end_from(meeting->master, start);

	for (size_t i = 0; i < G_N_ELEMENTS(dropped); i++)
		component_remove_all(c, dropped[i]);
	edit_set_time(arena, c, "RECURRENCE-ID", start);
	edit_set_time(arena, c, "DTSTART", start);
	edit_set_time(arena, c, "DTEND", &end);
	return c;
}

struct component *edit_slot(struct edit *edit, const struct meeting_time *id)
{
	struct meeting_time start;
	struct component *c;

	if (id == NULL || id->kind == MEETING_TIME_NONE)
		return edit->master;
	c = edit_find_override(edit, id);
	if (c != NULL || !meeting_is_recurring(edit->meeting))
		return c;
	start = recur_normalise(edit->meeting, id);
	if (start.kind == MEETING_TIME_NONE)
		return NULL;
	c = edit_make_occurrence(edit->arena, edit->meeting, edit->master, &start);
	component_add_child(edit->calendar, c);
	return c;
}

void edit_remove_marks(struct arena *arena, struct component *component)
{
	component_remove_all(component, MARK_ANY);
	for (struct property *p = component->properties; p != NULL; p = p->next)
		if (*p->params != '\0')
			property_remove_params(arena, p, MARK_PARAMETER);
	for (struct component *c = component->children; c != NULL; c = c->next)
		edit_remove_marks(arena, c);
}

void edit_collect_zones(struct arena *arena, const struct component *component, GHashTable *used)
{
	for (const struct property *p = component->properties; p != NULL; p = p->next) {
		const char *tzid = *p->params != '\0' ? property_param(arena, p, "TZID") : NULL;

		if (tzid != NULL)
			g_hash_table_add(used, (char *)tzid);
	}
	for (const struct component *c = component->children; c != NULL; c = c->next)
		edit_collect_zones(arena, c, used);
}

/* VTIMEZONEs stand in front of the events: some readers resolve TZIDs as they go. */
static void prepend_child(struct component *parent, struct component *child)
{
	child->next = parent->children;
	parent->children = child;
	if (parent->last_child == NULL)
		parent->last_child = child;
}

void edit_complete_zones(struct arena *arena, struct component *calendar, struct meeting_span span)
{
	g_autoptr(GHashTable) used = g_hash_table_new(g_str_hash, g_str_equal);
	g_autoptr(GList) names = NULL;

	for (const struct component *c = calendar->children; c != NULL; c = c->next)
		if (strcmp(c->name, "VTIMEZONE") != 0)
			edit_collect_zones(arena, c, used);
	for (struct component *c = calendar->children; c != NULL; c = c->next) {
		const char *tzid = strcmp(c->name, "VTIMEZONE") == 0 ? component_value(c, "TZID") : NULL;

		if (tzid != NULL && (c->children == NULL || (!g_hash_table_remove(used, tzid) &&
							     !g_hash_table_remove(used, text_decode(arena, tzid)))))
			c->name = "X-UNUSED";
	}
	component_remove_children(calendar, "X-UNUSED");
	names = g_list_sort(g_hash_table_get_keys(used), (GCompareFunc)strcmp);
	for (GList *name = g_list_last(names); name != NULL; name = name->prev) {
		const struct zone *zone = zone_find(name->data);

		if (zone != NULL)
			prepend_child(calendar, zone_to_vtimezone(arena, zone, name->data, span));
	}
}

uint32_t edit_next_sequence(const struct meeting *meeting)
{
	uint32_t highest = meeting->master != NULL ? meeting->master->sequence : 0;

	for (size_t i = 0; i < meeting->override_count; i++)
		highest = MAX(highest, meeting->overrides[i]->sequence);
	return MIN(highest, (uint32_t)INT32_MAX - 1) + 1;
}

void edit_raise_sequence(struct arena *arena, struct component *event, const struct meeting *meeting)
{
	component_remove_all(event, "X-MICROSOFT-CDO-APPT-SEQUENCE");
	edit_set_number(arena, event, "SEQUENCE", edit_next_sequence(meeting));
}

struct component *edit_new_calendar(struct arena *arena, const char *method)
{
	struct component *calendar = component_create(arena, "VCALENDAR");

	component_add(arena, calendar, "PRODID", "", "-//convoke//convoke//EN");
	component_add(arena, calendar, "VERSION", "", "2.0");
	component_add(arena, calendar, "CALSCALE", "", "GREGORIAN");
	if (method != NULL)
		component_add(arena, calendar, "METHOD", "", method);
	return calendar;
}
