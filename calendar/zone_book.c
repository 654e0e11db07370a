/* Which zone a TZID means in one calendar.  A VTIMEZONE says what its sender
 * meant, so where it makes sense it wins over the name; where both agree about the
 * time in question the name is taken, since its zone has a proper name and learns
 * of changed rules.  A VTIMEZONE that begins after the event says nothing of it. */
#include "calendar/rule.h"
#include "calendar/value.h"
#include "calendar/zone_table.h"

enum { DAY = 86400 };

struct entry {
	const struct component *vtimezone; /* or NULL */
	const struct zone *zone;
	bool resolved;
};

struct zone_book {
	struct arena *arena;
	GHashTable *entries; /* TZID -> struct entry, which live in the arena */
	struct meeting_span span;  /* of the events' times, roughly */
	int64_t budget;
};

static void widen(struct meeting_span *span, const char *value)
{
	struct meeting_time time;

	if (value == NULL || !value_parse_time(value, &time))
		return;
	span->start = MIN(span->start, time.instant - DAY);
	span->end = MAX(span->end, time.instant + 2 * DAY);
}

static void measure(struct zone_book *book, const struct component *calendar)
{
	bool recurs = false;

	book->span = (struct meeting_span){ INT64_MAX, INT64_MIN };
	for (const struct component *c = calendar->children; c != NULL; c = c->next) {
		if (strcmp(c->name, "VTIMEZONE") == 0)
			continue;
		widen(&book->span, component_value(c, "DTSTART"));
		widen(&book->span, component_value(c, "DTEND"));
		widen(&book->span, component_value(c, "RECURRENCE-ID"));
		recurs = recurs || component_find(c, "RRULE") != NULL;
	}
	if (book->span.start > book->span.end)
		book->span = (struct meeting_span){ 0, DAY };
	if (recurs)
		book->span.end = MAX(book->span.end, book->span.start + 400 * DAY);
}

static void free_entries(void *table)
{
	g_hash_table_destroy(table);
}

struct zone_book *zone_book_create(struct arena *arena, const struct component *calendar)
{
	struct zone_book *book = arena_new(arena, struct zone_book);

	book->arena = arena;
	book->budget = 4000000;
	book->entries = g_hash_table_new(g_str_hash, g_str_equal);
	measure(book, calendar);
	for (const struct component *c = calendar->children; c != NULL; c = c->next) {
		const char *tzid = strcmp(c->name, "VTIMEZONE") == 0 ? component_value(c, "TZID") : NULL;
		struct entry *entry;

		if (tzid == NULL)
			continue;
		entry = arena_new(arena, struct entry);
		entry->vtimezone = c;
		g_hash_table_insert(book->entries, g_strstrip(text_decode(arena, tzid)), entry);
	}
	return book;
}

void zone_book_close(struct zone_book *book)
{
	g_clear_pointer(&book->entries, free_entries);
}

/* Rules that stop long before the event at a change that the named zone has too: a copy
 * of its history that was cut off, and the name tells how it goes on.  (A country that
 * gives up its summer time ends with a change that an older zone database knows as well:
 * for a year the sender is believed.) */
static bool is_cut_off(const struct zone *own, const struct zone *named, int64_t start)
{
	const struct zone_change *last = &own->changes[own->count - 1], *same;

	if (own->count == 1 || last->at > start - 400 * DAY)
		return false;
	same = zone_change_at(named, last->at);
	return same->at == last->at && same->offset == last->offset;
}

static const struct zone *resolve(struct zone_book *book, const char *tzid,
				  const struct component *vtimezone)
{
	const struct zone *named = zone_find(tzid), *own = NULL;
	const char *location;

	if (vtimezone == NULL)
		return named;
	location = component_value(vtimezone, "X-LIC-LOCATION");
	if (named == NULL && location != NULL)
		named = zone_find(location);
	if (book->budget > 0)
		own = zone_from_vtimezone(book->arena, vtimezone, &book->budget);
	if (own == NULL || named == NULL)
		return own != NULL ? own : named;
	if (own->count > 1 && own->changes[1].at > book->span.start + DAY)
		return named;
	if (is_cut_off(own, named, book->span.start))
		return named;
	return zone_same_between(own, named, book->span.start, book->span.end) ? named : own;
}

const struct zone *zone_book_find(struct zone_book *book, const char *tzid)
{
	g_autofree char *clean = g_strstrip(g_strdup(tzid));
	struct entry *entry = g_hash_table_lookup(book->entries, clean);

	if (entry == NULL) {
		entry = arena_new(book->arena, struct entry);
		g_hash_table_insert(book->entries, arena_copy(book->arena, clean, strlen(clean)), entry);
	}
	if (!entry->resolved) {
		entry->zone = resolve(book, clean, entry->vtimezone);
		entry->resolved = true;
	}
	return entry->zone;
}
