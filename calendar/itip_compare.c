/* What changed, as a reader means it: a DTEND written as DURATION, another order of
 * attendees or rule parts, another zone name for the same time are no change. */
#include "calendar/itip_private.h"

#include "calendar/zone.h"

static int kind_class(const struct meeting_time *time)
{
	if (time->whole_day)
		return 2;
	switch (time->kind) {
	case MEETING_TIME_UTC:
	case MEETING_TIME_ZONED:
		return 1;
	case MEETING_TIME_NONE:
		return 0;
	case MEETING_TIME_DATE:
		return 2;
	default:
		return 3;
	}
}

bool itip_same_time(const struct meeting_time *a, const struct meeting_time *b)
{
	if (meeting_time_is_day(a) && meeting_time_is_day(b))
		return zone_seconds(&a->fields) == zone_seconds(&b->fields);
	return kind_class(a) == kind_class(b) && a->instant == b->instant;
}

static int compare_strings(const void *a, const void *b)
{
	return strcmp(*(char *const *)a, *(char *const *)b);
}

static char *sort_joined(char *text, const char *separator)
{
	g_auto(GStrv) parts = g_strsplit(text, separator, -1);

	qsort(parts, g_strv_length(parts), sizeof(*parts), compare_strings);
	g_free(text);
	return g_strjoinv(separator, parts);
}

/* A rule's parts in one order, without those that say what holds anyway; UNTIL is
 * compared as an instant. */
static char *canonical_rule(const struct meeting_rule *rule)
{
	g_auto(GStrv) parts = g_strsplit(rule->text, ";", -1);
	g_autoptr(GString) out = g_string_new(NULL);

	for (char **part = parts; *part != NULL; part++) {
		g_autofree char *upper = g_ascii_strup(g_strstrip(*part), -1), *values = NULL;
		char *equals = strchr(upper, '=');

		if (equals == NULL || strcmp(upper, "INTERVAL=1") == 0 || strcmp(upper, "WKST=MO") == 0 ||
		    g_str_has_prefix(upper, "UNTIL="))
			continue;
		*equals = '\0';
		values = sort_joined(g_strdup(equals + 1), ",");
		g_string_append_printf(out, "%s%s=%s", out->len > 0 ? ";" : "", upper, values);
	}
	return sort_joined(g_string_free(g_steal_pointer(&out), FALSE), ";");
}

static bool same_rules(const struct meeting_event *a, const struct meeting_event *b)
{
	if (a->rule_count != b->rule_count)
		return false;
	for (size_t i = 0; i < a->rule_count; i++) {
		g_autofree char *x = canonical_rule(&a->rules[i]), *y = canonical_rule(&b->rules[i]);

		if (strcmp(x, y) != 0 || !itip_same_time(&a->rules[i].until, &b->rules[i].until))
			return false;
	}
	return true;
}

static int compare_instants(const void *a, const void *b)
{
	int64_t x = *(const int64_t *)a, y = *(const int64_t *)b;

	return (x > y) - (x < y);
}

static int64_t *sorted_instants(const struct meeting_event *event, bool exceptions, size_t *count_out)
{
	size_t count = exceptions ? event->exdate_count : event->rdate_count;
	int64_t *instants = g_new(int64_t, count + 1);

	for (size_t i = 0; i < count; i++)
		instants[i] = exceptions ? event->exdates[i].instant : event->rdates[i].start.instant;
	qsort(instants, count, sizeof(*instants), compare_instants);
	*count_out = count;
	return instants;
}

static bool same_dates(const struct meeting_event *a, const struct meeting_event *b, bool exceptions)
{
	size_t count_a, count_b;
	g_autofree int64_t *x = sorted_instants(a, exceptions, &count_a);
	g_autofree int64_t *y = sorted_instants(b, exceptions, &count_b);

	return count_a == count_b && memcmp(x, y, count_a * sizeof(*x)) == 0;
}

/* Spaces and line ends counted as one space. */
static bool same_text(const char *a, const char *b)
{
	for (;;) {
		bool gap_a = false, gap_b = false;

		for (; g_ascii_isspace(*a); a++)
			gap_a = true;
		for (; g_ascii_isspace(*b); b++)
			gap_b = true;
		if (*a == '\0' || *b == '\0')
			return *a == *b;
		if (gap_a != gap_b || *a != *b)
			return false;
		a++;
		b++;
	}
}

static bool same_joins(const struct meeting_event *a, const struct meeting_event *b)
{
	if (a->join_count != b->join_count)
		return false;
	for (size_t i = 0; i < a->join_count; i++)
		if (strcmp(a->joins[i].uri, b->joins[i].uri) != 0)
			return false;
	return true;
}

static GHashTable *attendee_set(const struct meeting_event *event)
{
	GHashTable *set = g_hash_table_new_full(g_str_hash, g_str_equal, g_free, NULL);

	for (size_t i = 0; i < event->attendee_count; i++) {
		const char *address = event->attendees[i].address;

		if (*address != '\0' && !meeting_address_equal(address, event->organizer.address))
			g_hash_table_add(set, g_utf8_casefold(address, -1));
	}
	return set;
}

static bool same_attendees(const struct meeting_event *a, const struct meeting_event *b)
{
	g_autoptr(GHashTable) x = attendee_set(a), y = attendee_set(b);
	GHashTableIter iter;
	void *address;

	if (g_hash_table_size(x) != g_hash_table_size(y))
		return false;
	g_hash_table_iter_init(&iter, x);
	while (g_hash_table_iter_next(&iter, &address, NULL))
		if (!g_hash_table_contains(y, address))
			return false;
	return true;
}

static enum meeting_status plain_status(const struct meeting_event *event)
{
	return event->status == MEETING_STATUS_NONE ? MEETING_STATUS_CONFIRMED : event->status;
}

static bool same_length(const struct meeting_event *a, const struct meeting_event *b)
{
	if (meeting_time_is_day(&a->start) && meeting_time_is_day(&b->start))
		return zone_seconds(&a->end.fields) - zone_seconds(&a->start.fields) ==
		       zone_seconds(&b->end.fields) - zone_seconds(&b->start.fields);
	return a->duration == b->duration;
}

/* The time against the series: where the rule puts it is no change. */
static bool occurrence_kept(const struct meeting_event *series, const struct meeting_event *occurrence)
{
	return meeting_time_equal(&occurrence->recurrence_id, &occurrence->start) &&
	       meeting_time_is_day(&occurrence->start) == meeting_time_is_day(&series->start) &&
	       same_length(occurrence, series);
}

unsigned itip_compare(const struct meeting_event *before, const struct meeting_event *after)
{
	unsigned changed = 0;
	bool against_series;

	if (before == NULL || after == NULL)
		return 0;
	against_series = after->recurrence_id.kind != MEETING_TIME_NONE &&
			 before->recurrence_id.kind == MEETING_TIME_NONE;
	if (against_series ? !occurrence_kept(before, after)
			   : !itip_same_time(&before->start, &after->start) || !itip_same_time(&before->end, &after->end))
		changed |= ITIP_CHANGED_TIME;
	if (!against_series && !same_rules(before, after))
		changed |= ITIP_CHANGED_RULE;
	if (!against_series && (!same_dates(before, after, false) || !same_dates(before, after, true)))
		changed |= ITIP_CHANGED_OCCURRENCES;
	if (!same_text(before->summary, after->summary))
		changed |= ITIP_CHANGED_SUMMARY;
	if (!same_text(before->location, after->location))
		changed |= ITIP_CHANGED_LOCATION;
	if (!same_text(before->description, after->description))
		changed |= ITIP_CHANGED_DESCRIPTION;
	if (!same_joins(before, after))
		changed |= ITIP_CHANGED_JOIN;
	if (!same_attendees(before, after))
		changed |= ITIP_CHANGED_ATTENDEES;
	if (plain_status(before) != plain_status(after))
		changed |= ITIP_CHANGED_STATUS;
	if (!meeting_address_equal(before->organizer.address, after->organizer.address) &&
	    before->has_organizer && after->has_organizer)
		changed |= ITIP_CHANGED_ORGANIZER;
	return changed;
}
