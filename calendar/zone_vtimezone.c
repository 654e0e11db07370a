/* VTIMEZONE both ways: a sender's rules become a table of changes, and a table
 * becomes the shortest VTIMEZONE that tells the truth about the time it is for. */
#include "calendar/rule.h"
#include "calendar/value.h"
#include "calendar/zone_table.h"

enum { DAY = 86400, FIRST_YEAR = 1970, MAX_CHANGES = 4000 };

/* "+0100", "-0530", "+012345" in seconds. */
static bool parse_utc_offset(const char *text, int32_t *offset_out)
{
	int sign = *text == '-' ? -1 : 1, part[3] = { 0 };
	int count = 0;

	if (*text == '+' || *text == '-')
		text++;
	for (; count < 3 && g_ascii_isdigit(text[0]) && g_ascii_isdigit(text[1]); count++, text += 2) {
		part[count] = (text[0] - '0') * 10 + (text[1] - '0');
		if (text[2] == ':')
			text++;
	}
	if (count < 2 || part[0] > 18 || part[1] > 59 || part[2] > 59)
		return false;
	*offset_out = sign * (part[0] * 3600 + part[1] * 60 + part[2]);
	return true;
}

struct observance {
	int32_t from, to;
	bool daylight;
	const char *abbreviation;
	int64_t start; /* wall clock before the change */
};

static void add_change(GArray *changes, const struct observance *o, int64_t wall)
{
	struct zone_change change = { wall - o->from, o->to, o->daylight, o->abbreviation };

	if (changes->len < MAX_CHANGES)
		g_array_append_val(changes, change);
}

static void add_rule(GArray *changes, const struct observance *o, const char *value, int64_t *budget)
{
	struct arena *arena = arena_create();
	int64_t wall, first = MAX(o->start, zone_days(FIRST_YEAR, 1, 1) * DAY);
	struct meeting_rule rule;
	struct rule_walk *walk = NULL;

	if (rule_parse(arena, value, &rule) && rule.frequency == MEETING_YEARLY)
		walk = rule_walk_create(&rule, o->start, first, budget);
	while (walk != NULL && rule_walk_next(walk, &wall) == 1) {
		int64_t instant = wall - o->from;

		if (rule.until.kind == MEETING_TIME_UTC && instant > rule.until.instant)
			break;
		if (rule.until.kind != MEETING_TIME_NONE && rule.until.kind != MEETING_TIME_UTC &&
		    wall > rule.until.instant + (rule.until.kind == MEETING_TIME_DATE ? DAY - 1 : 0))
			break;
		if (wall >= zone_days(ZONE_LAST_YEAR, 1, 1) * DAY)
			break;
		if (wall > o->start) /* DTSTART itself is added by the caller */
			add_change(changes, o, wall);
	}
	rule_walk_destroy(&walk);
	arena_destroy(&arena);
}

static bool read_observance(struct arena *arena, const struct component *component,
			    struct observance *o)
{
	const char *start = component_value(component, "DTSTART");
	const char *from = component_value(component, "TZOFFSETFROM");
	const char *to = component_value(component, "TZOFFSETTO");
	const char *name = component_value(component, "TZNAME");
	struct meeting_time time;

	if (start == NULL || to == NULL || !value_parse_time(start, &time) ||
	    !parse_utc_offset(to, &o->to) || !parse_utc_offset(from != NULL ? from : to, &o->from))
		return false;
	o->start = zone_seconds(&time.fields);
	o->daylight = strcmp(component->name, "DAYLIGHT") == 0;
	o->abbreviation = name != NULL ? text_decode(arena, name) : "";
	return true;
}

static bool add_observance(struct arena *arena, GArray *changes, const struct component *component,
			   int64_t *budget)
{
	struct observance o;

	if (strcmp(component->name, "STANDARD") != 0 && strcmp(component->name, "DAYLIGHT") != 0)
		return true;
	if (!read_observance(arena, component, &o))
		return false;
	add_change(changes, &o, o.start);
	for (const struct property *p = component->properties; p != NULL; p = p->next) {
		if (strcmp(p->name, "RRULE") == 0)
			add_rule(changes, &o, p->value, budget);
		if (strcmp(p->name, "RDATE") == 0) {
			g_auto(GStrv) dates = g_strsplit(p->value, ",", 2000);
			struct meeting_time time;

			for (char **date = dates; *date != NULL; date++)
				if (value_parse_time(*date, &time))
					add_change(changes, &o, zone_seconds(&time.fields));
		}
	}
	return *budget >= 0;
}

static int compare_changes(gconstpointer a, gconstpointer b)
{
	const struct zone_change *x = a, *y = b;

	return (x->at > y->at) - (x->at < y->at);
}

/* What held before the first change: the standard offset that the rules know. */
static struct zone_change first_row(const GArray *changes)
{
	struct zone_change row = g_array_index(changes, struct zone_change, 0);

	for (guint i = 0; i < changes->len; i++)
		if (!g_array_index(changes, struct zone_change, i).daylight) {
			row = g_array_index(changes, struct zone_change, i);
			break;
		}
	row.at = INT64_MIN;
	return row;
}

const struct zone *zone_from_vtimezone(struct arena *arena, const struct component *vtimezone,
				       int64_t *budget)
{
	g_autoptr(GArray) changes = g_array_new(FALSE, FALSE, sizeof(struct zone_change));
	const char *tzid = component_value(vtimezone, "TZID");
	struct zone_change *rows;
	struct zone *zone;

	for (const struct component *c = vtimezone->children; c != NULL; c = c->next)
		if (!add_observance(arena, changes, c, budget))
			return NULL;
	if (tzid == NULL || changes->len == 0)
		return NULL;
	g_array_sort(changes, compare_changes);
	zone = arena_new(arena, struct zone);
	zone->name = text_decode(arena, tzid);
	rows = arena_new_array(arena, struct zone_change, changes->len + 1);
	rows[0] = first_row(changes);
	memcpy(rows + 1, changes->data, changes->len * sizeof(*rows));
	zone->changes = rows;
	zone->count = changes->len + 1;
	return zone;
}

static const char *format_offset(struct arena *arena, int offset)
{
	int a = ABS(offset);

	if (a % 60 != 0)
		return arena_printf(arena, "%c%02d%02d%02d", offset < 0 ? '-' : '+', a / 3600, a / 60 % 60,
				    a % 60);
	return arena_printf(arena, "%c%02d%02d", offset < 0 ? '-' : '+', a / 3600, a / 60 % 60);
}

static const char *format_wall(struct arena *arena, int64_t wall)
{
	struct meeting_fields f;

	zone_fields(wall, &f);
	return arena_printf(arena, "%04d%02d%02dT%02d%02d%02d", f.year, f.month, f.day, f.hour, f.minute,
			    f.second);
}

static struct component *make_observance(struct arena *arena, const struct zone_change *change,
					 int offset_before, int64_t wall)
{
	struct component *c = component_create(arena, change->daylight ? "DAYLIGHT" : "STANDARD");

	component_add(arena, c, "DTSTART", "", format_wall(arena, wall));
	component_add(arena, c, "TZOFFSETFROM", "", format_offset(arena, offset_before));
	component_add(arena, c, "TZOFFSETTO", "", format_offset(arena, change->offset));
	if (change->abbreviation != NULL && *change->abbreviation != '\0')
		component_add(arena, c, "TZNAME", "", text_encode(arena, change->abbreviation));
	return c;
}

/* A change as "the nth weekday of a month at a time". */
struct pattern {
	int month, weekday, nth, last;
	int64_t second;
	int from, to;
};

static struct pattern pattern_of(const struct zone_change *change)
{
	int before = change[-1].offset;
	int64_t wall = change->at + before;
	struct pattern p = { .from = before, .to = change->offset };
	struct meeting_fields f;
	int length;

	zone_fields(wall, &f);
	length = (int)(zone_days(f.year, f.month + 1, 1) - zone_days(f.year, f.month, 1));
	p.month = f.month;
	p.weekday = zone_weekday(&f);
	p.nth = (f.day - 1) / 7 + 1;
	p.last = (length - f.day) / 7 + 1;
	p.second = f.hour * 3600 + f.minute * 60 + f.second;
	return p;
}

static bool pattern_fits(struct pattern *wanted, const struct pattern *p)
{
	if (p->month != wanted->month || p->weekday != wanted->weekday || p->second != wanted->second ||
	    p->from != wanted->from || p->to != wanted->to)
		return false;
	if (p->nth != wanted->nth)
		wanted->nth = 0;
	if (p->last != wanted->last)
		wanted->last = 0;
	return wanted->nth != 0 || wanted->last != 0;
}

/* Whether the changes from `first` on go on as the same two every year, for 20 years. */
static bool find_patterns(const struct zone *zone, size_t first, struct pattern patterns_out[2])
{
	if (first + 41 >= zone->count)
		return false;
	for (size_t i = 0; i < 40; i++) {
		const struct zone_change *change = &zone->changes[first + i];
		struct pattern p = pattern_of(change);
		struct meeting_fields a, b;

		if (i < 2)
			patterns_out[i] = p;
		else if (!pattern_fits(&patterns_out[i % 2], &p))
			return false;
		zone_fields(zone->changes[first + i % 2].at, &a);
		zone_fields(change->at, &b);
		if (b.year - a.year != (int)(i / 2))
			return false;
	}
	return true;
}

static void add_pattern(struct arena *arena, struct component *vtimezone, const struct zone_change *change,
			const struct pattern *p)
{
	static const char words[][3] = { "", "MO", "TU", "WE", "TH", "FR", "SA", "SU" };
	struct component *c = make_observance(arena, change, p->from, change->at + p->from);

	component_add(arena, c, "RRULE", "",
		      arena_printf(arena, "FREQ=YEARLY;BYMONTH=%d;BYDAY=%d%s", p->month,
				   p->last == 1 ? -1 : p->nth != 0 ? p->nth : -p->last, words[p->weekday]));
	component_add_child(vtimezone, c);
}

struct component *zone_to_vtimezone(struct arena *arena, const struct zone *zone, const char *tzid,
				    struct meeting_span span)
{
	struct component *vtimezone = component_create(arena, "VTIMEZONE");
	size_t first = (size_t)(zone_change_at(zone, span.start) - zone->changes);
	struct pattern patterns[2];
	size_t listed = 0;

	component_add(arena, vtimezone, "TZID", "", text_encode(arena, tzid));
	/* One change earlier, so that both halves of the year are there. */
	if (first > 1 && find_patterns(zone, first - 1, patterns)) {
		add_pattern(arena, vtimezone, &zone->changes[first - 1], &patterns[0]);
		add_pattern(arena, vtimezone, &zone->changes[first], &patterns[1]);
		return vtimezone;
	}
	if (first == 0)
		component_add_child(vtimezone,
				    make_observance(arena, &zone->changes[0], zone->changes[0].offset,
						    zone_days(1970, 1, 1) * DAY));
	for (size_t i = MAX(first, 1); i < zone->count && listed < 120; i++, listed++) {
		const struct zone_change *change = &zone->changes[i];

		if (listed > 0 && change->at >= span.end)
			break;
		/* the rest follows a rule: say that instead of listing it */
		if (listed > 0 && find_patterns(zone, i, patterns)) {
			add_pattern(arena, vtimezone, change, &patterns[0]);
			add_pattern(arena, vtimezone, change + 1, &patterns[1]);
			break;
		}
		component_add_child(vtimezone, make_observance(arena, change, change[-1].offset,
							       change->at + change[-1].offset));
	}
	return vtimezone;
}
