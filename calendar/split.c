/* The tree of the whole file stays as it was read; an object is put together beside it, of
 * copies that live until the next one.  Only the zones that an object's times name are
 * copied: a file of a thousand zones and as many meetings would else be a million copies. */
#include "calendar/split.h"

#include "calendar/edit.h"
#include "calendar/guard.h"

enum {
	TIMES_LARGER = 10,
	HEAD_MAX = 100, /* properties of the calendar itself that each object gets */
	OBSERVANCES_MAX = 1000, /* of a zone */
	ZONE_COPIES_MAX = 2000000, /* observances in all objects together */
};

struct split {
	struct arena *arena;
	struct component *all, *head;
	GPtrArray *meetings; /* of GPtrArray of components: those of one UID */
	GHashTable *zones;   /* TZID as its VTIMEZONE writes it, and decoded */
	guint next;
	size_t zone_copies;
};

/* The calendar's own properties, each once: several calendars in a file are read as one. */
static struct component *make_head(struct arena *arena, const struct component *all)
{
	struct component *head = component_create(arena, "VCALENDAR");
	unsigned count = 0;

	for (const struct property *p = all->properties; p != NULL && count < HEAD_MAX; p = p->next) {
		if (strcmp(p->name, "METHOD") == 0 || component_find(head, p->name) != NULL)
			continue;
		component_add(arena, head, p->name, p->params, p->value);
		count++;
	}
	return head;
}

static void group_events(struct split *split)
{
	g_autoptr(GHashTable) by_uid = g_hash_table_new(g_str_hash, g_str_equal);

	for (struct component *c = split->all->children; c != NULL; c = c->next) {
		const char *uid = meeting_is_event_name(c->name) ? component_value(c, "UID") : NULL;
		GPtrArray *events;

		if (uid == NULL)
			continue;
		events = g_hash_table_lookup(by_uid, uid);
		if (events == NULL) {
			events = g_ptr_array_new();
			g_hash_table_insert(by_uid, (gpointer)uid, events);
			g_ptr_array_add(split->meetings, events);
		}
		g_ptr_array_add(events, c);
	}
}

static size_t count_children(const struct component *component)
{
	size_t count = 0;

	for (const struct component *c = component->children; c != NULL; c = c->next)
		count++;
	return count;
}

/* None that the guard would take for insane in each object it is in. */
static void index_zones(struct split *split)
{
	for (struct component *c = split->all->children; c != NULL; c = c->next) {
		const char *tzid = strcmp(c->name, "VTIMEZONE") == 0 ? component_value(c, "TZID") : NULL;

		if (tzid == NULL || g_hash_table_contains(split->zones, tzid) || count_children(c) > OBSERVANCES_MAX)
			continue;
		g_hash_table_insert(split->zones, (gpointer)tzid, c);
		g_hash_table_insert(split->zones, text_decode(split->arena, tzid), c);
	}
}

struct split *split_create(struct slice text, char **reason_out)
{
	struct meeting_limits limits = meeting_limits_default;
	struct split *split;
	GString *clean;

	limits.octets *= TIMES_LARGER;
	limits.components *= TIMES_LARGER;
	limits.properties *= TIMES_LARGER;
	clean = guard_text(text, NULL, &limits, reason_out);
	if (clean == NULL)
		return NULL;
	split = g_new0(struct split, 1);
	split->arena = arena_create();
	split->meetings = g_ptr_array_new_with_free_func((GDestroyNotify)g_ptr_array_unref);
	split->zones = g_hash_table_new(g_str_hash, g_str_equal);
	split->all = component_parse(split->arena, slice_of(clean->str, clean->len), &limits, reason_out);
	g_string_free(clean, TRUE);
	if (split->all == NULL) {
		split_destroy(&split);
		return NULL;
	}
	split->head = make_head(split->arena, split->all);
	group_events(split);
	index_zones(split);
	return split;
}

void split_destroy(struct split **split)
{
	if (*split == NULL)
		return;
	g_hash_table_unref((*split)->zones);
	g_ptr_array_unref((*split)->meetings);
	arena_destroy(&(*split)->arena);
	g_clear_pointer(split, g_free);
}

/* The zones that these names mean, each once.  Past the bound the rest go without: a zone
 * may still be known by its name. */
static void add_zones(struct split *split, struct arena *arena, struct component *calendar, GHashTable *names)
{
	g_autoptr(GHashTable) added = g_hash_table_new(NULL, NULL);
	g_autoptr(GList) sorted = g_list_sort(g_hash_table_get_keys(names), (GCompareFunc)strcmp);

	for (GList *name = sorted; name != NULL; name = name->next) {
		const struct component *zone = g_hash_table_lookup(split->zones, name->data);

		if (zone == NULL || !g_hash_table_add(added, (gpointer)zone))
			continue;
		if (split->zone_copies > ZONE_COPIES_MAX)
			return;
		split->zone_copies += count_children(zone);
		component_add_child(calendar, component_copy(arena, zone));
	}
}

bool split_next(struct split *split, GString *out)
{
	g_autoptr(GHashTable) names = g_hash_table_new(g_str_hash, g_str_equal);
	struct component *calendar;
	struct arena *arena;
	GPtrArray *events;

	if (split->next >= split->meetings->len)
		return false;
	events = g_ptr_array_index(split->meetings, split->next++);
	arena = arena_create();
	calendar = component_copy(arena, split->head);
	for (guint i = 0; i < events->len; i++)
		edit_collect_zones(arena, g_ptr_array_index(events, i), names);
	add_zones(split, arena, calendar, names);
	for (guint i = 0; i < events->len; i++)
		component_add_child(calendar, component_copy(arena, g_ptr_array_index(events, i)));
	g_string_truncate(out, 0);
	component_write(calendar, out);
	arena_destroy(&arena);
	return true;
}
