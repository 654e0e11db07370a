/* The recurrence of an event: its rules one after the other, and what RDATE, EXDATE
 * and EXRULE add and take away. */
#include "calendar/sentence.h"

#include "calendar/dates.h"
#include "calendar/sentence_days.h"
#include "calendar/zone.h"

/* A rule that is not expanded for being too frequent can still be said; one of another
 * calendar (RSCALE) would be said wrongly. */
static bool can_be_told(const struct meeting_rule *rule)
{
	return rule->expandable ||
	       (rule->frequency < MEETING_DAILY && strstr(rule->text, "RSCALE") == NULL);
}

static bool append_rules(GString *out, const struct words *words, const struct meeting_event *event)
{
	bool told = true;
	gsize before = out->len;

	for (size_t i = 0; i < event->rule_count; i++) {
		g_autoptr(GString) one = g_string_new(NULL);

		if (can_be_told(&event->rules[i]) &&
		    sentence_append_rule(one, words, &event->rules[i], &event->start)) {
			if (out->len > before)
				g_string_append(out, words_get(words, ", and "));
			g_string_append(out, one->str);
		} else {
			told = false;
		}
	}
	if (!told) {
		if (out->len > before)
			g_string_append(out, words_get(words, ", and "));
		g_string_append(out, words_get(words, "repeats irregularly"));
	}
	return told;
}

/* What a list of dates needs to be said. */
struct dates_words {
	const struct words *words;
	const struct meeting_event *event;
	const struct zone *zone;
	int64_t from;
};

/* "5 May, 7 May and 4 more" */
static char *list_dates(const struct dates_words *d, const GArray *times)
{
	enum { SHOWN = 5 };
	g_autoptr(GPtrArray) names = sentence_list();
	struct words_number number;
	guint shown = times->len > SHOWN + 1 ? SHOWN : times->len;

	for (guint i = 0; i < shown; i++) {
		struct meeting_fields fields;
		g_autoptr(GString) date = g_string_new(NULL);

		dates_fields(&g_array_index(times, struct meeting_time, i), d->zone, &fields);
		dates_append_short(date, d->words, &fields, d->event->start.fields.year);
		sentence_list_add(names, date->str);
	}
	if (shown < times->len)
		g_ptr_array_add(names, words_filled(words_get_in(d->words, "dates", "{n} more"), "n",
						    words_number(&number, times->len - shown), NULL));
	return words_join_and(d->words, names);
}

static int compare_times(const void *a, const void *b)
{
	const struct meeting_time *x = a, *y = b;

	return x->instant < y->instant ? -1 : x->instant > y->instant;
}

static void add_dates(GString *out, const struct dates_words *d, GArray *times, const char *template)
{
	g_autofree char *list = NULL;

	if (times->len == 0)
		return;
	g_array_sort(times, compare_times);
	list = list_dates(d, times);
	words_fill(out, template, "dates", list, NULL);
}

static void append_rdates(GString *out, const struct dates_words *d)
{
	g_autoptr(GArray) times = g_array_new(FALSE, FALSE, sizeof(struct meeting_time));
	const struct meeting_event *event = d->event;

	for (size_t i = 0; i < event->rdate_count; i++)
		if (event->rdates[i].start.instant >= d->from &&
		    !meeting_time_equal(&event->rdates[i].start, &event->start))
			g_array_append_val(times, event->rdates[i].start);
	add_dates(out, d, times,
		  event->rule_count == 0 ? words_get(d->words, "again on {dates}")
					 : words_get(d->words, ", also on {dates}"));
}

static void append_exdates(GString *out, const struct dates_words *d)
{
	g_autoptr(GArray) times = g_array_new(FALSE, FALSE, sizeof(struct meeting_time));

	for (size_t i = 0; i < d->event->exdate_count; i++)
		if (d->event->exdates[i].instant >= d->from)
			g_array_append_val(times, d->event->exdates[i]);
	add_dates(out, d, times, words_get(d->words, ", not on {dates}"));
}

static bool append_exrules(GString *out, const struct words *words, const struct meeting_event *event)
{
	bool told = true;

	for (size_t i = 0; i < event->exrule_count; i++) {
		g_autoptr(GString) one = g_string_new(NULL);

		if (sentence_append_rule(one, words, &event->exrules[i], &event->start)) {
			words_fill(out, words_get(words, ", but not {rule}"), "rule", one->str, NULL);
		} else {
			g_string_append(out, words_get(words, ", with exceptions"));
			told = false;
		}
	}
	return told;
}

/* Whether the rule names days or times at all ("every day" is true in any zone). */
static bool names_days(const struct meeting_rule *rule)
{
	return rule->frequency > MEETING_DAILY || rule->by_day_count > 0 ||
	       rule->by_month_day.count > 0 || rule->by_month.count > 0 || rule->by_hour.count > 0 ||
	       rule->by_minute.count > 0;
}

/* The rule's days are those of the meeting's zone: said where the reader's date of
 * the start is another one, or times are named and his clock is another one. */
static void add_day_zone(GString *out, const struct dates_words *d)
{
	const struct meeting_event *event = d->event;
	const struct meeting_fields *its = &event->start.fields;
	struct meeting_fields mine;
	bool times;

	if (d->zone == NULL || event->rule_count == 0 || !names_days(&event->rules[0]))
		return;
	dates_fields(&event->start, d->zone, &mine);
	times = event->rules[0].by_hour.count + event->rules[0].by_minute.count > 0;
	if (mine.day == its->day &&
	    (!times || (mine.hour == its->hour && mine.minute == its->minute)))
		return;
	g_string_append_c(out, ' ');
	words_fill(out, words_get(d->words, "(as the calendar of {zone} counts)"), "zone",
		   event->start.kind == MEETING_TIME_ZONED ? zone_name(event->start.zone) : "UTC", NULL);
}

bool sentence_append(GString *out, const struct words *words, const struct meeting_event *event,
		     const struct zone *zone, int64_t from)
{
	const struct dates_words d = { words, event, zone, from };
	bool told;

	if (event->rule_count == 0 && event->rdate_count == 0)
		return true;
	told = append_rules(out, words, event);
	add_day_zone(out, &d);
	append_rdates(out, &d);
	if (!append_exrules(out, words, event))
		told = false;
	append_exdates(out, &d);
	return told;
}
