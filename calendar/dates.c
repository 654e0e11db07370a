/* Every form is a template in the catalog, so a language orders day, month, year and
 * the clock as it likes; "en_US" is a catalog of such templates. */
#include "calendar/dates.h"

#include "calendar/zone.h"

static const char *const weekdays[] = {
	N_("Monday"), N_("Tuesday"), N_("Wednesday"), N_("Thursday"), N_("Friday"), N_("Saturday"),
	N_("Sunday"),
};
static const char *const short_weekdays[] = {
	N_("Mon"), N_("Tue"), N_("Wed"), N_("Thu"), N_("Fri"), N_("Sat"), N_("Sun"),
};
static const char *const months[] = {
	NC_("month", "January"), NC_("month", "February"), NC_("month", "March"),
	NC_("month", "April"), NC_("month", "May"), NC_("month", "June"), NC_("month", "July"),
	NC_("month", "August"), NC_("month", "September"), NC_("month", "October"),
	NC_("month", "November"), NC_("month", "December"),
};
static const char *const short_months[] = {
	NC_("short month", "Jan"), NC_("short month", "Feb"), NC_("short month", "Mar"),
	NC_("short month", "Apr"), NC_("short month", "May"), NC_("short month", "Jun"),
	NC_("short month", "Jul"), NC_("short month", "Aug"), NC_("short month", "Sep"),
	NC_("short month", "Oct"), NC_("short month", "Nov"), NC_("short month", "Dec"),
};

const char *dates_weekday(const struct words *words, int weekday)
{
	g_assert(weekday >= 1 && weekday <= 7);
	return words_get(words, weekdays[weekday - 1]);
}

const char *dates_weekday_short(const struct words *words, int weekday)
{
	g_assert(weekday >= 1 && weekday <= 7);
	return words_get(words, short_weekdays[weekday - 1]);
}

const char *dates_month(const struct words *words, int month)
{
	g_assert(month >= 1 && month <= 12);
	return words_get_in(words, "month", months[month - 1]);
}

const char *dates_month_short(const struct words *words, int month)
{
	g_assert(month >= 1 && month <= 12);
	return words_get_in(words, "short month", short_months[month - 1]);
}

int dates_week_start(const struct words *words)
{
	/* TRANSLATORS: the day a week begins with: monday, saturday or sunday. */
	const char *day = words_get_in(words, "week start", "monday");

	return strcmp(day, "sunday") == 0 ? 7 : strcmp(day, "saturday") == 0 ? 6 : 1;
}

static void fill_date(GString *out, const struct words *words, const char *template,
		      const struct meeting_fields *fields)
{
	struct words_number day, year;

	words_fill(out, template, "weekday", dates_weekday(words, zone_weekday(fields)), "day",
		   words_number(&day, fields->day), "month", dates_month(words, fields->month),
		   "year", words_number(&year, fields->year), NULL);
}

void dates_append_day(GString *out, const struct words *words, const struct meeting_fields *fields)
{
	fill_date(out, words, words_get(words, "{weekday}, {day} {month} {year}"), fields);
}

void dates_append_date(GString *out, const struct words *words, const struct meeting_fields *fields)
{
	fill_date(out, words, words_get(words, "{day} {month} {year}"), fields);
}

void dates_append_short(GString *out, const struct words *words,
			const struct meeting_fields *fields, int year)
{
	if (fields->year != year)
		dates_append_date(out, words, fields);
	else
		fill_date(out, words, words_get(words, "{day} {month}"), fields);
}

void dates_append_month(GString *out, const struct words *words, int year, int month)
{
	struct words_number number;

	words_fill(out, words_get(words, "{month} {year}"), "month", dates_month(words, month),
		   "year", words_number(&number, year), NULL);
}

void dates_append_time(GString *out, const struct words *words, const struct meeting_fields *fields)
{
	char hour[8], hour12[8], minute[8];
	int twelve = fields->hour % 12 == 0 ? 12 : fields->hour % 12;

	g_snprintf(hour, sizeof hour, "%02d", fields->hour);
	g_snprintf(hour12, sizeof hour12, "%d", twelve);
	g_snprintf(minute, sizeof minute, "%02d", fields->minute);
	/* TRANSLATORS: also {hour12} and {half}, "am" or "pm". */
	words_fill(out, words_get(words, "{hour}:{minute}"), "hour", hour, "hour12", hour12,
		   "minute", minute, "half",
		   fields->hour < 12 ? words_get(words, "am") : words_get(words, "pm"), NULL);
}

void dates_append_offset(GString *out, int offset)
{
	int minutes = ABS(offset) / 60;

	g_string_append(out, "UTC");
	if (minutes == 0)
		return;
	g_string_append_printf(out, "%c%d", offset < 0 ? '-' : '+', minutes / 60);
	if (minutes % 60 != 0)
		g_string_append_printf(out, ":%02d", minutes % 60);
}

void dates_fields(const struct meeting_time *time, const struct zone *zone,
		  struct meeting_fields *fields_out)
{
	struct zone_local local;

	*fields_out = time->fields;
	if (time->whole_day || (time->kind != MEETING_TIME_UTC && time->kind != MEETING_TIME_ZONED))
		return;
	zone_local(zone != NULL ? zone : zone_utc(), time->instant, &local);
	*fields_out = local.fields;
}

static bool same_day(const struct meeting_fields *a, const struct meeting_fields *b)
{
	return a->year == b->year && a->month == b->month && a->day == b->day;
}

static bool same_clock(const struct meeting_fields *a, const struct meeting_fields *b)
{
	return a->hour == b->hour && a->minute == b->minute;
}

/* All-day: the stored end is the day after the last (RFC 5545 3.6.1); people mean
 * the last. */
static void append_days(GString *out, const struct words *words, const struct meeting_time *start,
			const struct meeting_time *end)
{
	struct meeting_fields last;
	g_autoptr(GString) from = g_string_new(NULL), to = g_string_new(NULL);

	zone_fields(MAX(zone_seconds(&end->fields) - 86400, zone_seconds(&start->fields)), &last);
	dates_append_day(from, words, &start->fields);
	dates_append_day(to, words, &last);
	if (same_day(&start->fields, &last))
		words_fill(out, words_get(words, "{day}, all day"), "day", from->str, NULL);
	else
		words_fill(out, words_get(words, "{from} to {to}, all day"), "from", from->str, "to",
			   to->str, NULL);
}

static void append_moment(GString *out, const struct words *words,
			  const struct meeting_fields *fields, bool with_day)
{
	g_autoptr(GString) day = g_string_new(NULL), time = g_string_new(NULL);

	dates_append_time(time, words, fields);
	if (!with_day) {
		g_string_append(out, time->str);
		return;
	}
	dates_append_day(day, words, fields);
	words_fill(out, words_get(words, "{day}, {time}"), "day", day->str, "time", time->str, NULL);
}

void dates_append_span_beside(GString *out, const struct words *words,
			      const struct meeting_time *start, const struct meeting_time *end,
			      const struct zone *zone, const struct meeting_fields *day)
{
	struct meeting_fields from, to;
	g_autoptr(GString) first = g_string_new(NULL), second = g_string_new(NULL);
	bool one_day;

	if (meeting_time_is_day(start)) {
		append_days(out, words, start, end);
		return;
	}
	dates_fields(start, zone, &from);
	dates_fields(end, zone, &to);
	one_day = same_day(&from, &to);
	append_moment(first, words, &from, day == NULL || !one_day || !same_day(&from, day));
	/* where the clocks are put back, the same clock may be an hour later */
	if (one_day && same_clock(&from, &to) && end->instant - start->instant < 60) {
		g_string_append(out, first->str);
		return;
	}
	append_moment(second, words, &to, !one_day);
	words_fill(out, words_get(words, "{from} to {to}"), "from", first->str, "to", second->str,
		   NULL);
}

void dates_append_span(GString *out, const struct words *words, const struct meeting_time *start,
		       const struct meeting_time *end, const struct zone *zone)
{
	dates_append_span_beside(out, words, start, end, zone, NULL);
}

void dates_append_zone(GString *out, const struct zone *zone, int64_t instant)
{
	if (zone != zone_utc() && strcmp(zone_name(zone), "UTC") != 0)
		g_string_append_printf(out, "%s, ", zone_name(zone));
	dates_append_offset(out, zone_offset(zone, instant));
}
