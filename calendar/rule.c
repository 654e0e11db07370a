/* The days of a period are those that pass every BYxxx part; what DTSTART alone
 * decides (the day of the month of a monthly rule without BYxxx) is turned into a
 * BYxxx part first.  The times of a day are the product of BYHOUR, BYMINUTE and
 * BYSECOND.  BYSETPOS picks from days x times by number, so nothing larger than a
 * year's days is ever held. */
#include "calendar/rule.h"

#include "calendar/zone.h"

enum {
	DAY = 86400,
	MAX_TIMES = 4096,   /* a day with more starts than that is no meeting */
	LAST_YEAR = 9999,
};

struct rule_walk {
	const struct meeting_rule *rule;
	int64_t start;     /* wall clock */
	int64_t start_day; /* days since 1970 */
	int64_t *budget;

	uint16_t months;                   /* bit 1..12; 0: all */
	uint32_t month_days, month_days_back; /* bit 1..31 */
	uint8_t weekdays;                  /* bit 1..7, every one of the period */
	bool any_weekday_nth;
	uint8_t year_days[47], year_days_back[47]; /* bit 1..366 */
	bool any_year_day;
	uint64_t weeks, weeks_back;        /* bit 1..53 */

	int32_t *times;                    /* seconds of the day, ascending */
	size_t time_count;

	int64_t period;                    /* number of periods of one unit since the first */
	unsigned empty;                    /* periods in a row without a day */
	int32_t days[366];                 /* of the current period, relative to its first day */
	size_t day_count;
	int64_t first_day;
	int64_t positions[366];            /* chosen by BYSETPOS */
	size_t position_count;
	size_t at;                         /* next index into positions, or into days x times */
	uint32_t given;
};

static int month_length(int year, int month)
{
	static const uint8_t lengths[] = { 31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31 };
	bool leap = (year % 4 == 0 && year % 100 != 0) || year % 400 == 0;

	return month == 2 && leap ? 29 : lengths[month - 1];
}

static int year_length(int year)
{
	return 337 + month_length(year, 2);
}

static int weekday_of(int64_t day)
{
	return (int)(((day % 7) + 7 + 3) % 7) + 1; /* 1970-01-01 was a Thursday */
}

static int compare_numbers(const void *a, const void *b)
{
	int64_t x = *(const int64_t *)a, y = *(const int64_t *)b;

	return (x > y) - (x < y);
}

static int compare_times(const void *a, const void *b)
{
	int32_t x = *(const int32_t *)a, y = *(const int32_t *)b;

	return (x > y) - (x < y);
}

static bool make_times(struct rule_walk *walk)
{
	const struct meeting_rule *rule = walk->rule;
	int second_of_day = (int)(walk->start - walk->start_day * DAY);
	int16_t hour = (int16_t)(second_of_day / 3600), minute = (int16_t)(second_of_day / 60 % 60),
		second = (int16_t)(second_of_day % 60);
	struct meeting_numbers hours = { &hour, 1 }, minutes = { &minute, 1 }, seconds = { &second, 1 };
	size_t used = 0, kept = 0;

	if (rule->by_hour.count > 0)
		hours = rule->by_hour;
	if (rule->by_minute.count > 0)
		minutes = rule->by_minute;
	if (rule->by_second.count > 0)
		seconds = rule->by_second;
	if (hours.count * minutes.count * seconds.count > MAX_TIMES)
		return false;
	walk->times = g_new(int32_t, hours.count * minutes.count * seconds.count);
	for (size_t h = 0; h < hours.count; h++)
		for (size_t m = 0; m < minutes.count; m++)
			for (size_t s = 0; s < seconds.count; s++)
				walk->times[used++] =
					hours.at[h] * 3600 + minutes.at[m] * 60 + MIN(seconds.at[s], 59);
	qsort(walk->times, used, sizeof(*walk->times), compare_times);
	for (size_t i = 0; i < used; i++)
		if (kept == 0 || walk->times[kept - 1] != walk->times[i])
			walk->times[kept++] = walk->times[i];
	walk->time_count = kept;
	return true;
}

static void take_lists(struct rule_walk *walk)
{
	const struct meeting_rule *rule = walk->rule;

	for (size_t i = 0; i < rule->by_month.count; i++)
		walk->months |= (uint16_t)(1u << rule->by_month.at[i]);
	for (size_t i = 0; i < rule->by_month_day.count; i++) {
		int day = rule->by_month_day.at[i];

		*(day > 0 ? &walk->month_days : &walk->month_days_back) |= 1u << ABS(day);
	}
	for (size_t i = 0; i < rule->by_year_day.count; i++) {
		int day = rule->by_year_day.at[i];

		(day > 0 ? walk->year_days : walk->year_days_back)[ABS(day) / 8] |=
			(uint8_t)(1u << (ABS(day) % 8));
		walk->any_year_day = true;
	}
	for (size_t i = 0; i < rule->by_week_number.count; i++) {
		int week = rule->by_week_number.at[i];

		*(week > 0 ? &walk->weeks : &walk->weeks_back) |= UINT64_C(1) << ABS(week);
	}
	for (size_t i = 0; i < rule->by_day_count; i++) {
		bool positional = rule->by_day[i].nth != 0 && rule->frequency >= MEETING_MONTHLY &&
				  rule->by_week_number.count == 0;

		if (positional)
			walk->any_weekday_nth = true;
		else
			walk->weekdays |= (uint8_t)(1u << rule->by_day[i].weekday);
	}
}

/* RFC 5545 3.3.10: what the rule does not say is taken from DTSTART. */
static void take_defaults(struct rule_walk *walk)
{
	const struct meeting_rule *rule = walk->rule;
	struct meeting_fields start;
	bool has_weekday = rule->by_day_count > 0;
	bool has_day = has_weekday || rule->by_month_day.count > 0 || walk->any_year_day;

	zone_fields(walk->start, &start);
	if (rule->frequency == MEETING_WEEKLY && !has_weekday)
		walk->weekdays = (uint8_t)(1u << weekday_of(walk->start_day));
	else if (rule->frequency == MEETING_MONTHLY && !has_day)
		walk->month_days = 1u << start.day;
	else if (rule->frequency == MEETING_YEARLY && !has_day && rule->by_week_number.count > 0)
		walk->weekdays = (uint8_t)(1u << weekday_of(walk->start_day));
	else if (rule->frequency == MEETING_YEARLY && !has_day) {
		walk->month_days = 1u << start.day;
		if (walk->months == 0)
			walk->months = (uint16_t)(1u << start.month);
	}
}

static int64_t first_period(const struct rule_walk *walk, int64_t from)
{
	struct meeting_fields a, b;
	int64_t days, units = 0;

	if (walk->rule->count > 0 || from <= walk->start)
		return 0;
	days = from / DAY - walk->start_day;
	zone_fields(walk->start, &a);
	zone_fields(from, &b);
	switch (walk->rule->frequency) {
	case MEETING_YEARLY:
		units = b.year - a.year;
		break;
	case MEETING_MONTHLY:
		units = (int64_t)(b.year - a.year) * 12 + b.month - a.month;
		break;
	case MEETING_WEEKLY:
		units = days / 7;
		break;
	default:
		units = days;
	}
	units = units / walk->rule->interval - 1;
	return MAX(units, 0) * walk->rule->interval;
}

struct rule_walk *rule_walk_create(const struct meeting_rule *rule, int64_t start, int64_t from,
				   int64_t *budget)
{
	struct rule_walk *walk;

	if (!rule->expandable)
		return NULL;
	walk = g_new0(struct rule_walk, 1);
	walk->rule = rule;
	walk->start = start;
	walk->start_day = (start - (((start % DAY) + DAY) % DAY)) / DAY;
	walk->budget = budget;
	if (!make_times(walk)) {
		rule_walk_destroy(&walk);
		return NULL;
	}
	take_lists(walk);
	take_defaults(walk);
	walk->period = first_period(walk, from);
	return walk;
}

void rule_walk_destroy(struct rule_walk **walk)
{
	if (*walk == NULL)
		return;
	g_free((*walk)->times);
	g_free(*walk);
	*walk = NULL;
}

/* First day and length of the current period; false past the last year. */
static bool period_bounds(const struct rule_walk *walk, int64_t *first_out, int *length_out)
{
	struct meeting_fields start;
	int64_t months, day;
	int back;

	zone_fields(walk->start, &start);
	switch (walk->rule->frequency) {
	case MEETING_YEARLY:
		if (start.year + walk->period > LAST_YEAR)
			return false;
		*first_out = zone_days((int)(start.year + walk->period), 1, 1);
		*length_out = year_length((int)(start.year + walk->period));
		return true;
	case MEETING_MONTHLY:
		months = (int64_t)start.year * 12 + start.month - 1 + walk->period;
		if (months / 12 > LAST_YEAR)
			return false;
		*first_out = zone_days((int)(months / 12), (int)(months % 12) + 1, 1);
		*length_out = month_length((int)(months / 12), (int)(months % 12) + 1);
		return true;
	case MEETING_WEEKLY:
		back = (weekday_of(walk->start_day) - walk->rule->week_start + 7) % 7;
		day = walk->start_day - back + walk->period * 7;
		*length_out = 7;
		break;
	default:
		day = walk->start_day + walk->period;
		*length_out = 1;
	}
	*first_out = day;
	return day <= zone_days(LAST_YEAR, 12, 31);
}

/* Number of the week that holds the day, and how many weeks its week-year has
 * (RFC 5545 BYWEEKNO: week 1 has at least four days of the year). */
static int week_number(int64_t day, int week_start, int *weeks_out)
{
	int64_t week = day - (weekday_of(day) - week_start + 7) % 7; /* its first day */
	struct meeting_fields middle;
	int64_t first, next;

	zone_fields((week + 3) * DAY, &middle); /* the fourth day decides the year */
	first = zone_days(middle.year, 1, 4);
	first -= (weekday_of(first) - week_start + 7) % 7;
	next = zone_days(middle.year + 1, 1, 4);
	next -= (weekday_of(next) - week_start + 7) % 7;
	*weeks_out = (int)((next - first) / 7);
	return (int)((week - first) / 7) + 1;
}

/* Whether the day is the nth of its weekday, counted in the month or the year. */
static bool nth_weekday_fits(const struct rule_walk *walk, int weekday, int index, int length)
{
	for (size_t i = 0; i < walk->rule->by_day_count; i++) {
		const struct meeting_weekday *by = &walk->rule->by_day[i];

		if (by->weekday != weekday || by->nth == 0)
			continue;
		if (by->nth > 0 ? index / 7 + 1 == by->nth : (length - 1 - index) / 7 + 1 == -by->nth)
			return true;
	}
	return false;
}

static bool weekday_fits(const struct rule_walk *walk, int64_t day, const struct meeting_fields *date,
			 int year_day)
{
	int weekday = weekday_of(day);
	bool in_year = walk->rule->frequency == MEETING_YEARLY && walk->rule->by_month.count == 0;

	if (walk->weekdays == 0 && !walk->any_weekday_nth)
		return true;
	if ((walk->weekdays & (1u << weekday)) != 0)
		return true;
	if (!walk->any_weekday_nth)
		return false;
	return in_year ? nth_weekday_fits(walk, weekday, year_day - 1, year_length(date->year))
		       : nth_weekday_fits(walk, weekday, date->day - 1,
					  month_length(date->year, date->month));
}

static bool bit(const uint8_t *bits, int number)
{
	return (bits[number / 8] & (1u << (number % 8))) != 0;
}

static bool day_fits(const struct rule_walk *walk, int64_t day)
{
	struct meeting_fields date;
	int year_day, back, weeks, week;

	zone_fields(day * DAY, &date);
	if (walk->months != 0 && (walk->months & (1u << date.month)) == 0)
		return false;
	if (walk->month_days != 0 || walk->month_days_back != 0) {
		back = month_length(date.year, date.month) - date.day + 1;
		if ((walk->month_days & (1u << date.day)) == 0 &&
		    (walk->month_days_back & (1u << back)) == 0)
			return false;
	}
	year_day = (int)(day - zone_days(date.year, 1, 1)) + 1;
	if (walk->any_year_day && !bit(walk->year_days, year_day) &&
	    !bit(walk->year_days_back, year_length(date.year) - year_day + 1))
		return false;
	if (walk->weeks != 0 || walk->weeks_back != 0) {
		week = week_number(day, walk->rule->week_start, &weeks);
		if ((walk->weeks & (UINT64_C(1) << week)) == 0 &&
		    (walk->weeks_back & (UINT64_C(1) << (weeks - week + 1))) == 0)
			return false;
	}
	return weekday_fits(walk, day, &date, year_day);
}

static void pick_positions(struct rule_walk *walk)
{
	int64_t total = (int64_t)(walk->day_count * walk->time_count);
	size_t used = 0, kept = 0;

	for (size_t i = 0; i < walk->rule->by_set_position.count && used < G_N_ELEMENTS(walk->positions); i++) {
		int64_t position = walk->rule->by_set_position.at[i];

		position = position > 0 ? position - 1 : total + position;
		if (position >= 0 && position < total)
			walk->positions[used++] = position;
	}
	qsort(walk->positions, used, sizeof(*walk->positions), compare_numbers);
	for (size_t i = 0; i < used; i++)
		if (kept == 0 || walk->positions[kept - 1] != walk->positions[i])
			walk->positions[kept++] = walk->positions[i];
	walk->position_count = kept;
}

/* The first day from i on that is in one of the rule's months: a yearly rule of
 * one month need not look at the other eleven. */
static int skip_months(const struct rule_walk *walk, int i, int length)
{
	struct meeting_fields date;

	if (walk->months == 0 || length < 365)
		return i;
	while (i < length) {
		zone_fields((walk->first_day + i) * DAY, &date);
		if ((walk->months & (1u << date.month)) != 0)
			break;
		i += month_length(date.year, date.month) - date.day + 1;
	}
	return i;
}

/* Finds the days of the current period and moves on: 1 even when there are none. */
static int fill_period(struct rule_walk *walk)
{
	int length;

	if (!period_bounds(walk, &walk->first_day, &length))
		return 0;
	walk->day_count = 0;
	for (int i = skip_months(walk, 0, length); i < length; i = skip_months(walk, i + 1, length)) {
		if (--*walk->budget < 0)
			return -1;
		if (day_fits(walk, walk->first_day + i))
			walk->days[walk->day_count++] = i;
	}
	*walk->budget -= 1;
	walk->at = 0;
	if (walk->rule->by_set_position.count > 0)
		pick_positions(walk);
	walk->period += walk->rule->interval;
	walk->empty = walk->day_count > 0 ? 0 : walk->empty + 1;
	return 1;
}

/* So many periods in a row without a day: the rule has no more (29 February on a
 * leap year that is a Monday comes within 40 years). */
static unsigned empty_limit(enum meeting_frequency frequency)
{
	return frequency == MEETING_YEARLY ? 400 : frequency == MEETING_MONTHLY ? 1300 : 15000;
}

static bool next_in_period(struct rule_walk *walk, int64_t *wall_out)
{
	bool by_position = walk->rule->by_set_position.count > 0;
	size_t total = by_position ? walk->position_count : walk->day_count * walk->time_count;
	size_t index;

	if (walk->at >= total)
		return false;
	index = by_position ? (size_t)walk->positions[walk->at] : walk->at;
	walk->at++;
	*wall_out = (walk->first_day + walk->days[index / walk->time_count]) * DAY +
		    walk->times[index % walk->time_count];
	return true;
}

int rule_walk_next(struct rule_walk *walk, int64_t *wall_out)
{
	if (walk->rule->count > 0 && walk->given >= walk->rule->count)
		return 0;
	for (;;) {
		int filled;

		while (next_in_period(walk, wall_out)) {
			if (--*walk->budget < 0)
				return -1;
			if (*wall_out < walk->start)
				continue;
			walk->given++;
			return 1;
		}
		if (walk->empty > empty_limit(walk->rule->frequency))
			return 0;
		filled = fill_period(walk);
		if (filled <= 0)
			return filled;
	}
}
