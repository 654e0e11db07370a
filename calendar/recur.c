/* Two streams are merged by start: what rules and dates give ("raw" occurrences),
 * and the overrides, each at its own time.  A raw occurrence that has an override
 * is left out, since the override's stream brings it. */
#include "calendar/recur.h"

#include "calendar/meeting_private.h"
#include "calendar/rule.h"
#include "calendar/zone.h"

enum { DAY = 86400 };

struct source {
	struct rule_walk *walk;
	const struct meeting_rule *rule;
	int64_t wall; /* the next one */
	bool done;
};

/* Starts by rules and dates, ascending, exceptions taken out. */
struct raw {
	const struct meeting_event *master;
	int64_t *budget;
	struct source *rules, *exrules;
	size_t rule_count, exrule_count;
	bool single; /* only DTSTART (and RDATEs) */
	bool start_given;
	struct meeting_rdate *rdates; /* sorted */
	size_t rdate_count, rdate_at;
	struct meeting_time *exdates; /* sorted by instant */
	size_t exdate_count;
	int64_t last;
	bool any;
};

static int compare_rdates(const void *a, const void *b)
{
	const struct meeting_rdate *x = a, *y = b;

	return (x->start.instant > y->start.instant) - (x->start.instant < y->start.instant);
}

static int compare_starts(const void *a, const void *b)
{
	const struct meeting_time *x = a, *y = b;

	return (x->instant > y->instant) - (x->instant < y->instant);
}

/* Moves a source to its next start: 1, 0 at its end, -1 out of budget. */
static int advance(struct source *source, const struct meeting_event *master)
{
	int more = source->walk != NULL ? rule_walk_next(source->walk, &source->wall) : 0;

	if (more == 1 && source->rule->until.kind != MEETING_TIME_NONE &&
	    value_at_wall(&master->start, source->wall).instant > source->rule->until.instant)
		more = 0;
	source->done = more != 1;
	return more;
}

static struct source *open_sources(struct raw *raw, const struct meeting_rule *rules, size_t count,
				   int64_t from_wall, size_t *count_out)
{
	struct source *sources = g_new0(struct source, count + 1);
	int64_t start = zone_seconds(&raw->master->start.fields);

	*count_out = 0;
	for (size_t i = 0; i < count; i++) {
		struct source *source = &sources[*count_out];

		source->rule = &rules[i];
		source->walk = rule_walk_create(&rules[i], start, from_wall, raw->budget);
		if (source->walk == NULL)
			continue;
		if (advance(source, raw->master) != 1)
			source->done = true;
		(*count_out)++;
	}
	return sources;
}

static void close_sources(struct source *sources, size_t count)
{
	for (size_t i = 0; i < count; i++)
		rule_walk_destroy(&sources[i].walk);
	g_free(sources);
}

/* from_wall: starts before it may be left out. */
static void raw_open(struct raw *raw, const struct meeting_event *master, int64_t from_wall, int64_t *budget)
{
	*raw = (struct raw){ .master = master, .budget = budget };
	raw->rules = open_sources(raw, master->rules, master->rule_count, from_wall, &raw->rule_count);
	raw->exrules = open_sources(raw, master->exrules, master->exrule_count, from_wall, &raw->exrule_count);
	raw->single = raw->rule_count == 0;
	raw->rdates = g_memdup2(master->rdates, master->rdate_count * sizeof(*raw->rdates));
	raw->rdate_count = master->rdate_count;
	if (raw->rdate_count > 0)
		qsort(raw->rdates, raw->rdate_count, sizeof(*raw->rdates), compare_rdates);
	raw->exdates = g_memdup2(master->exdates, master->exdate_count * sizeof(*raw->exdates));
	raw->exdate_count = master->exdate_count;
	if (raw->exdate_count > 0)
		qsort(raw->exdates, raw->exdate_count, sizeof(*raw->exdates), compare_starts);
}

static void raw_close(struct raw *raw)
{
	close_sources(raw->rules, raw->rule_count);
	close_sources(raw->exrules, raw->exrule_count);
	g_free(raw->rdates);
	g_free(raw->exdates);
}

static bool excluded_by_date(const struct raw *raw, const struct meeting_time *start)
{
	size_t low = 0, high = raw->exdate_count;

	/* dates and other zones' wall clocks may stand up to two days away */
	while (low < high) {
		size_t middle = low + (high - low) / 2;

		if (raw->exdates[middle].instant < start->instant - 2 * DAY)
			low = middle + 1;
		else
			high = middle;
	}
	for (; low < raw->exdate_count && raw->exdates[low].instant <= start->instant + 2 * DAY; low++)
		if (meeting_time_equal(&raw->exdates[low], start))
			return true;
	return false;
}

static bool excluded_by_rule(struct raw *raw, int64_t wall)
{
	for (size_t i = 0; i < raw->exrule_count; i++) {
		struct source *source = &raw->exrules[i];

		while (!source->done && source->wall < wall)
			advance(source, raw->master);
		if (!source->done && source->wall == wall)
			return true;
	}
	return false;
}

/* The earliest of all sources, taken from its source: 1, 0, -1. */
static int take_earliest(struct raw *raw, struct meeting_rdate *next_out)
{
	struct meeting_time best = { .kind = MEETING_TIME_NONE };
	struct source *from = NULL;

	if (raw->single && !raw->start_given)
		best = raw->master->start;
	for (size_t i = 0; i < raw->rule_count; i++) {
		struct meeting_time time;

		if (raw->rules[i].done)
			continue;
		time = value_at_wall(&raw->master->start, raw->rules[i].wall);
		if (best.kind == MEETING_TIME_NONE || time.instant < best.instant) {
			best = time;
			from = &raw->rules[i];
		}
	}
	next_out->end.kind = MEETING_TIME_NONE;
	if (raw->rdate_at < raw->rdate_count &&
	    (best.kind == MEETING_TIME_NONE || raw->rdates[raw->rdate_at].start.instant < best.instant)) {
		*next_out = raw->rdates[raw->rdate_at++];
		return 1;
	}
	next_out->start = best;
	if (from != NULL)
		advance(from, raw->master);
	else
		raw->start_given = true;
	return best.kind != MEETING_TIME_NONE ? 1 : *raw->budget < 0 ? -1 : 0;
}

static int raw_next(struct raw *raw, struct meeting_rdate *next_out)
{
	int more;

	while ((more = take_earliest(raw, next_out)) == 1) {
		if (--*raw->budget < 0)
			return -1;
		if (raw->any && next_out->start.instant == raw->last)
			continue;
		raw->any = true;
		raw->last = next_out->start.instant;
		if (!excluded_by_date(raw, &next_out->start) &&
		    !excluded_by_rule(raw, zone_seconds(&next_out->start.fields)))
			return 1;
	}
	return more;
}

struct placed {
	const struct meeting_event *event;
	struct meeting_span span;
};

struct recur_iterator {
	const struct meeting *meeting;
	struct meeting_span window;
	const struct zone *reader;
	int64_t budget;
	struct raw raw;
	bool has_raw;
	struct recur_occurrence pending; /* the next raw occurrence that counts */
	int pending_state;               /* 1 there, 0 none left, -1 bound, 2 not looked yet */
	struct placed *overrides;        /* within the window, by start */
	size_t override_count, override_at;
	const struct meeting_event **ranges; /* overrides with THISANDFUTURE, by recurrence id */
	size_t range_count;
};

static int64_t place(const struct meeting_time *time, const struct zone *reader)
{
	if (time->whole_day)
		return reader == NULL ? zone_seconds(&time->fields) : zone_instant(reader, &time->fields, NULL);
	if (time->kind == MEETING_TIME_UTC || time->kind == MEETING_TIME_ZONED || reader == NULL)
		return time->instant;
	return zone_instant(reader, &time->fields, NULL);
}

static struct meeting_span place_span(const struct meeting_time *start, const struct meeting_time *end,
				      const struct zone *reader)
{
	struct meeting_span span = { place(start, reader), place(end, reader) };

	span.end = MAX(span.end, span.start);
	return span;
}

static bool overlaps(struct meeting_span span, struct meeting_span window)
{
	return span.start < window.end && (span.end > window.start || span.start >= window.start);
}

static int compare_placed(const void *a, const void *b)
{
	const struct placed *x = a, *y = b;

	return (x->span.start > y->span.start) - (x->span.start < y->span.start);
}

static void collect_overrides(struct recur_iterator *iterator)
{
	const struct meeting *meeting = iterator->meeting;

	iterator->overrides = g_new(struct placed, meeting->override_count + 1);
	iterator->ranges = g_new(const struct meeting_event *, meeting->override_count + 1);
	for (size_t i = 0; i < meeting->override_count; i++) {
		const struct meeting_event *event = meeting->overrides[i];
		struct placed placed = { event, { 0 } };

		if (event->start.kind == MEETING_TIME_NONE)
			continue;
		if (event->this_and_future)
			iterator->ranges[iterator->range_count++] = event;
		placed.span = place_span(&event->start, &event->end, iterator->reader);
		if (overlaps(placed.span, iterator->window))
			iterator->overrides[iterator->override_count++] = placed;
	}
	if (iterator->override_count > 0)
		qsort(iterator->overrides, iterator->override_count, sizeof(struct placed), compare_placed);
}

/* How long before the window an occurrence may start and still reach into it. */
static int64_t look_back(const struct recur_iterator *iterator)
{
	int64_t longest = iterator->meeting->master->duration;

	for (size_t i = 0; i < iterator->meeting->master->rdate_count; i++) {
		const struct meeting_rdate *rdate = &iterator->meeting->master->rdates[i];

		if (rdate->end.kind != MEETING_TIME_NONE)
			longest = MAX(longest, rdate->end.instant - rdate->start.instant);
	}
	for (size_t i = 0; i < iterator->range_count; i++) {
		const struct meeting_event *event = iterator->ranges[i];

		longest = MAX(longest, event->duration + ABS(event->start.instant - event->recurrence_id.instant));
	}
	return longest + 3 * DAY;
}

struct recur_iterator *recur_open(const struct meeting *meeting, struct meeting_span window,
				  const struct zone *reader)
{
	struct recur_iterator *iterator = g_new0(struct recur_iterator, 1);

	iterator->meeting = meeting;
	iterator->window = window;
	iterator->reader = reader;
	iterator->budget = RECUR_BUDGET;
	iterator->pending_state = 2;
	collect_overrides(iterator);
	if (meeting->master != NULL && meeting->master->start.kind != MEETING_TIME_NONE) {
		int64_t from = window.start > INT64_MIN / 2 ? window.start - look_back(iterator) : INT64_MIN / 2;

		iterator->has_raw = true;
		raw_open(&iterator->raw, meeting->master, MAX(from, zone_days(1, 1, 1) * DAY),
			 &iterator->budget);
	}
	return iterator;
}

void recur_close(struct recur_iterator **iterator)
{
	if (*iterator == NULL)
		return;
	if ((*iterator)->has_raw)
		raw_close(&(*iterator)->raw);
	g_free((*iterator)->overrides);
	g_free((*iterator)->ranges);
	g_free(*iterator);
	*iterator = NULL;
}

/* The newest override with THISANDFUTURE that covers this recurrence id. */
static const struct meeting_event *find_range(const struct recur_iterator *iterator, int64_t instant)
{
	const struct meeting_event *found = NULL;

	for (size_t i = 0; i < iterator->range_count; i++)
		if (iterator->ranges[i]->recurrence_id.instant <= instant)
			found = iterator->ranges[i];
	return found;
}

static void make_occurrence(const struct recur_iterator *iterator, const struct meeting_rdate *raw,
			    struct recur_occurrence *occurrence_out)
{
	const struct meeting *meeting = iterator->meeting;
	const struct meeting_event *range = find_range(iterator, raw->start.instant);
	const struct meeting_event *event = range != NULL ? range : meeting->master;
	struct meeting_time start = raw->start, end = raw->end;

	if (range != NULL) {
		int64_t shift = zone_seconds(&range->start.fields) - zone_seconds(&range->recurrence_id.fields);

		if (range->recurrence_id.kind == MEETING_TIME_UTC)
			start = value_at_instant(&range->start, raw->start.instant + range->start.instant -
									range->recurrence_id.instant);
		else
			start = value_at_wall(&range->start, zone_seconds(&raw->start.fields) + shift);
	}
	if (end.kind == MEETING_TIME_NONE)
		end = value_end_from(event, &start);
	occurrence_out->event = event;
	occurrence_out->recurrence_id = raw->start;
	if (!meeting_is_recurring(meeting))
		occurrence_out->recurrence_id.kind = MEETING_TIME_NONE;
	occurrence_out->start = start;
	occurrence_out->end = end;
	occurrence_out->span = place_span(&start, &end, iterator->reader);
}

/* Looks for the next raw occurrence in the window that no override replaces. */
static void find_pending(struct recur_iterator *iterator)
{
	struct meeting_rdate raw;

	iterator->pending_state = 0;
	if (!iterator->has_raw)
		return;
	for (;;) {
		int more = raw_next(&iterator->raw, &raw);

		if (more != 1) {
			iterator->pending_state = more;
			return;
		}
		if (iterator->meeting->override_count > 0 &&
		    meeting_find_override(iterator->meeting, &raw.start) != NULL)
			continue;
		make_occurrence(iterator, &raw, &iterator->pending);
		if (iterator->pending.span.start >= iterator->window.end) {
			/* a later range may still shift back into the window, but not by much */
			if (iterator->range_count == 0 || raw.start.instant > iterator->window.end + 366 * (int64_t)DAY)
				return;
			continue;
		}
		if (overlaps(iterator->pending.span, iterator->window)) {
			iterator->pending_state = 1;
			return;
		}
	}
}

static void give_override(struct recur_iterator *iterator, struct recur_occurrence *occurrence_out)
{
	const struct placed *placed = &iterator->overrides[iterator->override_at++];

	occurrence_out->event = placed->event;
	occurrence_out->recurrence_id = placed->event->recurrence_id;
	occurrence_out->start = placed->event->start;
	occurrence_out->end = placed->event->end;
	occurrence_out->span = placed->span;
}

int recur_next(struct recur_iterator *iterator, struct recur_occurrence *occurrence_out)
{
	if (iterator->pending_state == 2)
		find_pending(iterator);
	if (iterator->override_at < iterator->override_count &&
	    (iterator->pending_state != 1 || iterator->overrides[iterator->override_at].span.start <=
						     iterator->pending.span.start)) {
		give_override(iterator, occurrence_out);
		return 1;
	}
	if (iterator->pending_state != 1)
		return iterator->pending_state;
	*occurrence_out = iterator->pending;
	iterator->pending_state = 2;
	return 1;
}

static bool is_off(const struct meeting *meeting, const struct recur_occurrence *occurrence)
{
	return occurrence->event->status == MEETING_STATUS_CANCELLED || occurrence->event->removed ||
	       (meeting->master != NULL && meeting->master->status == MEETING_STATUS_CANCELLED);
}

size_t recur_upcoming(const struct meeting *meeting, int64_t after, const struct zone *reader,
		      struct recur_occurrence *occurrences_out, size_t max)
{
	struct recur_iterator *iterator =
		recur_open(meeting, (struct meeting_span){ after, MEETING_FOREVER }, reader);
	struct recur_occurrence occurrence;
	size_t count = 0;

	while (count < max && recur_next(iterator, &occurrence) == 1)
		if (occurrence.span.start >= after && !is_off(meeting, &occurrence))
			occurrences_out[count++] = occurrence;
	recur_close(&iterator);
	return count;
}

/* Where a rule ends at the latest, as an instant of a start. */
static int64_t last_start(const struct meeting_event *master, const struct meeting_rule *rule)
{
	int64_t budget = RECUR_BUDGET, start = zone_seconds(&master->start.fields), wall, last = start;
	struct rule_walk *walk;
	int more;

	if (!rule->expandable)
		return master->start.instant;
	if (rule->until.kind != MEETING_TIME_NONE)
		return rule->until.instant;
	if (rule->count == 0)
		return MEETING_FOREVER;
	walk = rule_walk_create(rule, start, start, &budget);
	if (walk == NULL)
		return master->start.instant;
	while ((more = rule_walk_next(walk, &wall)) == 1)
		last = wall;
	rule_walk_destroy(&walk);
	return more < 0 ? MEETING_FOREVER : value_at_wall(&master->start, last).instant;
}

static void include(struct meeting_span *all, struct meeting_span span)
{
	all->start = MIN(all->start, span.start);
	all->end = MAX(all->end, span.end);
}

static void include_master(struct meeting_span *all, const struct meeting_event *master,
			   const struct zone *reader)
{
	if (master->start.kind == MEETING_TIME_NONE)
		return;
	include(all, place_span(&master->start, &master->end, reader));
	for (size_t i = 0; i < master->rdate_count; i++) {
		struct meeting_time end = master->rdates[i].end;

		if (end.kind == MEETING_TIME_NONE)
			end = value_end_from(master, &master->rdates[i].start);
		include(all, place_span(&master->rdates[i].start, &end, reader));
	}
	for (size_t i = 0; i < master->rule_count; i++) {
		int64_t last = last_start(master, &master->rules[i]);

		/* more, as whole days are placed in the reader's zone: up to 26 hours away from
		 * where midnights of another zone stood */
		all->end = MAX(all->end, last == MEETING_FOREVER ? MEETING_FOREVER
				  : last + master->duration + (master->start.whole_day ? 2 : 1) * DAY);
	}
}

struct meeting_span recur_span(const struct meeting *meeting, const struct zone *reader)
{
	struct meeting_span all = { INT64_MAX, INT64_MIN };

	if (meeting->master != NULL)
		include_master(&all, meeting->master, reader);
	for (size_t i = 0; i < meeting->override_count; i++) {
		const struct meeting_event *event = meeting->overrides[i];

		if (event->start.kind != MEETING_TIME_NONE)
			include(&all, place_span(&event->start, &event->end, reader));
	}
	if (all.start > all.end) /* no time at all */
		all = (struct meeting_span){ 0, 0 };
	return all;
}

struct meeting_time recur_normalise_within(const struct meeting *meeting, const struct meeting_time *id,
					   int64_t *budget)
{
	struct meeting_time none = { .kind = MEETING_TIME_NONE };
	struct meeting_rdate next;
	struct raw raw;

	if (meeting->master == NULL || meeting->master->start.kind == MEETING_TIME_NONE ||
	    id->kind == MEETING_TIME_NONE || *budget < 0)
		return none;
	*budget -= (int64_t)(meeting->master->rdate_count + meeting->master->exdate_count); /* sorted anew */
	raw_open(&raw, meeting->master, id->instant - 3 * DAY, budget);
	while (raw_next(&raw, &next) == 1 && next.start.instant <= id->instant + 3 * DAY)
		if (meeting_time_equal(&next.start, id)) {
			none = next.start;
			break;
		}
	raw_close(&raw);
	return none;
}

struct meeting_time recur_normalise(const struct meeting *meeting, const struct meeting_time *id)
{
	int64_t budget = RECUR_BUDGET;

	return recur_normalise_within(meeting, id, &budget);
}

bool recur_has_occurrence(const struct meeting *meeting, const struct meeting_time *recurrence_id)
{
	return recur_normalise(meeting, recurrence_id).kind != MEETING_TIME_NONE;
}

static bool blocks(const struct meeting *meeting, const struct recur_occurrence *occurrence,
		   const char *const *addresses)
{
	return !occurrence->event->transparent && !is_off(meeting, occurrence) &&
	       occurrence->span.end > occurrence->span.start &&
	       (addresses == NULL || meeting_event_blocks(occurrence->event, addresses));
}

/* The next occurrence that takes time. */
static int next_blocking(struct recur_iterator *iterator, const char *const *addresses,
			 struct recur_occurrence *occurrence_out)
{
	int more;

	while ((more = recur_next(iterator, occurrence_out)) == 1)
		if (blocks(iterator->meeting, occurrence_out, addresses))
			break;
	return more;
}

int recur_first_clash(const struct meeting *a, const struct meeting *b, const struct recur_clash_query *query,
		      struct recur_occurrence clash_out[2])
{
	struct recur_iterator *first = recur_open(a, query->window, query->reader);
	struct recur_iterator *second = recur_open(b, query->window, query->reader);
	int more_a = next_blocking(first, NULL, &clash_out[0]);
	int more_b = next_blocking(second, query->addresses, &clash_out[1]);
	int result = 0;

	while (more_a == 1 && more_b == 1) {
		if (clash_out[0].span.start < clash_out[1].span.end &&
		    clash_out[1].span.start < clash_out[0].span.end) {
			result = 1;
			break;
		}
		/* the one that ends first cannot meet anything later of the other */
		if (clash_out[0].span.end <= clash_out[1].span.end)
			more_a = next_blocking(first, NULL, &clash_out[0]);
		else
			more_b = next_blocking(second, query->addresses, &clash_out[1]);
	}
	if (result == 0 && (more_a < 0 || more_b < 0))
		result = -1;
	recur_close(&first);
	recur_close(&second);
	return result;
}
