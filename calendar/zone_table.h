/* Inside of the zone modules: a zone is its name and the list of its changes. */
#ifndef CALENDAR_ZONE_TABLE_H
#define CALENDAR_ZONE_TABLE_H

#include "calendar/component.h"
#include "calendar/zone.h"

struct zone_change {
	int64_t at;     /* from this instant on; INT64_MIN in the first row */
	int32_t offset; /* seconds east of UTC */
	bool daylight;
	const char *abbreviation;
};

struct zone {
	const char *name;
	bool iana;
	const struct zone_change *changes;
	size_t count; /* at least 1 */
};

/* How far tables reach; behind it the last row holds. */
#define ZONE_LAST_YEAR 2150

struct zone_alias {
	const char *name, *iana;
};
extern const struct zone_alias zone_aliases[];
extern const size_t zone_alias_count;

/* The row that holds at an instant. */
const struct zone_change *zone_change_at(const struct zone *zone, int64_t instant);

/* The changes in a file of the zone database, to be freed with g_free(); NULL when damaged. */
struct zone_change *zone_read_file(struct slice file, size_t *count_out);

/* A zone out of a VTIMEZONE, in the arena; NULL when it makes no sense or its
 * rules cost more than the budget (days looked at, see rule.h). */
const struct zone *zone_from_vtimezone(struct arena *arena, const struct component *vtimezone,
				       int64_t *budget);
/* A VTIMEZONE for this zone with the changes that matter from `from` to `to` (MEETING_FOREVER
 * allowed), under the name tzid. */
struct component *zone_to_vtimezone(struct arena *arena, const struct zone *zone, const char *tzid,
				    struct meeting_span span);

#endif
