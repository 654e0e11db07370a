/* A sentence has up to five pieces: how often, on which days, at which times, how
 * long, and with what exceptions.  "Which days" is made per frequency, since the
 * same BY part means "also" in one and "only" in another (RFC 5545 3.3.10, the
 * table of expansions and limits).  A maker that meets a combination it has no
 * true words for answers false, and the rule is odd. */
#include "calendar/sentence.h"

#include "calendar/dates.h"
#include "calendar/sentence_days.h"
#include "calendar/zone.h"

struct rule_words {
	const struct words *words;
	const struct meeting_rule *rule;
	const struct meeting_time *start;
};

/* How often, without days: "every month", "every second year", "every 3 weeks". */
static char *every(const struct words *words, enum meeting_frequency frequency, uint32_t interval)
{
	static const struct {
		const char *one, *two, *many;
	} forms[] = {
		[MEETING_SECONDLY] = { N_("every second"), N_("every other second"), N_("every {n} seconds") },
		[MEETING_MINUTELY] = { N_("every minute"), N_("every second minute"), N_("every {n} minutes") },
		[MEETING_HOURLY] = { N_("every hour"), N_("every second hour"), N_("every {n} hours") },
		[MEETING_DAILY] = { N_("every day"), N_("every second day"), N_("every {n} days") },
		[MEETING_WEEKLY] = { N_("every week"), N_("every second week"), N_("every {n} weeks") },
		[MEETING_MONTHLY] = { N_("every month"), N_("every second month"), N_("every {n} months") },
		[MEETING_YEARLY] = { N_("every year"), N_("every second year"), N_("every {n} years") },
	};
	struct words_number number;

	if (interval == 1)
		return g_strdup(words_get(words, forms[frequency].one));
	if (interval == 2)
		return g_strdup(words_get(words, forms[frequency].two));
	return words_filled(words_get(words, forms[frequency].many), "n",
			    words_number(&number, interval), NULL);
}

static void add_on(GString *out, const struct words *words, const char *days)
{
	g_string_append_c(out, ' ');
	words_fill(out, words_get(words, "on the {days}"), "days", days, NULL);
}

static void add_months(GString *out, const struct rule_words *r)
{
	g_autofree char *months = NULL;

	if (r->rule->by_month.count == 0)
		return;
	months = sentence_months(r->words, &r->rule->by_month);
	g_string_append_c(out, ' ');
	words_fill(out, words_get(r->words, "in {months}"), "months", months, NULL);
}

/* ", when that is a Friday" */
static void add_when_weekday(GString *out, const struct rule_words *r)
{
	g_autofree char *days = sentence_weekdays_or(r->words, sentence_weekday_bits(r->rule));

	words_fill(out, words_get(r->words, ", when that is a {weekday}"), "weekday", days, NULL);
}

static bool has_year_parts(const struct meeting_rule *rule)
{
	return rule->by_year_day.count > 0 || rule->by_week_number.count > 0;
}

/* Frequencies below a day: only the plainest can be told. */
static bool hourly(GString *out, const struct rule_words *r)
{
	const struct meeting_rule *rule = r->rule;
	g_autofree char *base = every(r->words, rule->frequency, rule->interval);

	if (rule->by_day_count > 0 || rule->by_month.count > 0 || rule->by_month_day.count > 0 ||
	    rule->by_set_position.count > 0 || has_year_parts(rule))
		return false;
	g_string_append(out, base);
	return true;
}

/* Whether another first day of the week would give other dates (RFC 5545: WKST
 * matters for INTERVAL over 1 with more than one weekday, or one that is not
 * DTSTART's). */
static bool week_start_matters(const struct rule_words *r, unsigned bits)
{
	unsigned own = 1U << zone_weekday(&r->start->fields);

	return r->rule->interval > 1 && r->rule->week_start != 1 && bits != own;
}

static void add_week_start(GString *out, const struct rule_words *r)
{
	g_string_append_c(out, ' ');
	words_fill(out, words_get(r->words, "(weeks begin on {weekday})"), "weekday",
		   dates_weekday(r->words, r->rule->week_start), NULL);
}

static void weekly_days(GString *out, const struct rule_words *r, unsigned bits)
{
	const struct meeting_rule *rule = r->rule;
	g_autofree char *base = every(r->words, MEETING_WEEKLY, rule->interval);
	g_autofree char *days = sentence_weekdays_and(r->words, bits);

	if (rule->interval == 1 && bits == ALL_DAYS) {
		g_string_append(out, words_get(r->words, "every day"));
	} else if (rule->interval == 1 && bits == WORKING_DAYS) {
		g_string_append(out, words_get(r->words, "every weekday (Monday to Friday)"));
	} else if (rule->interval == 1) {
		words_fill(out, words_get(r->words, "every {weekdays}"), "weekdays", days, NULL);
	} else if (rule->interval == 2 && __builtin_popcount(bits) == 1) {
		words_fill(out, words_get(r->words, "every second {weekday}"), "weekday", days, NULL);
	} else {
		words_fill(out, words_get(r->words, "{every} on {weekdays}"), "every", base, "weekdays",
			   days, NULL);
	}
}

static bool weekly(GString *out, const struct rule_words *r)
{
	const struct meeting_rule *rule = r->rule;
	unsigned bits = sentence_weekday_bits(rule);

	if (!sentence_no_nth(rule) || rule->by_set_position.count > 0 || rule->by_month_day.count > 0 ||
	    has_year_parts(rule))
		return false;
	if (bits == 0)
		bits = 1U << zone_weekday(&r->start->fields);
	weekly_days(out, r, bits);
	add_months(out, r);
	if (week_start_matters(r, bits))
		add_week_start(out, r);
	return true;
}

/* Which days of a month, as "on the ..."; the same for MONTHLY and for YEARLY with
 * months.  False for odd ones. */
static bool days_of_month(GString *out, const struct rule_words *r)
{
	const struct meeting_rule *rule = r->rule;
	bool days = rule->by_month_day.count > 0, weekdays = rule->by_day_count > 0;
	g_autofree char *text = NULL;

	if (rule->by_set_position.count > 0) {
		if (days || !weekdays || !sentence_no_nth(rule) || rule->by_set_position.count > SENTENCE_MAX_NAMED)
			return false;
		text = sentence_set_positions(r->words, rule);
		add_on(out, r->words, text);
		return true;
	}
	if (weekdays && sentence_all_nth(rule) && !days) {
		text = sentence_nth_weekdays(r->words, rule);
		add_on(out, r->words, text);
		return true;
	}
	if (weekdays && !sentence_no_nth(rule))
		return false;
	if (weekdays && !days) {
		text = sentence_weekdays_and(r->words, sentence_weekday_bits(rule));
		g_string_append_c(out, ' ');
		words_fill(out, words_get(r->words, "on each {weekday}"), "weekday", text, NULL);
		return true;
	}
	text = days ? sentence_month_days(r->words, &rule->by_month_day) : sentence_ordinal(r->words, r->start->fields.day);
	add_on(out, r->words, text);
	if (weekdays)
		add_when_weekday(out, r);
	return true;
}

static bool monthly(GString *out, const struct rule_words *r)
{
	const struct meeting_rule *rule = r->rule;
	bool some_months = rule->by_month.count > 0;
	/* "Every month in March" is every year in March. */
	g_autofree char *base =
		every(r->words, some_months ? MEETING_YEARLY : MEETING_MONTHLY, rule->interval);

	if (has_year_parts(rule) || (some_months && rule->interval > 1))
		return false;
	if (rule->interval == 1 && rule->by_day_count > 0 && sentence_no_nth(rule) &&
	    rule->by_month_day.count == 0 && rule->by_set_position.count == 0)
		return weekly(out, r);
	/* The positions count in each month; with one month, in the year as well. */
	g_string_append(out, base);
	add_months(out, r);
	if (some_months && rule->by_set_position.count > 0 && rule->by_month.count > 1)
		g_string_append(out, words_get(r->words, ", each time"));
	return days_of_month(out, r);
}

/* "5 March", "1 January and 1 July": months times days, few and from the front. */
static char *year_dates(const struct rule_words *r)
{
	int16_t own_month = (int16_t)r->start->fields.month, own_day = (int16_t)r->start->fields.day;
	struct meeting_numbers months = r->rule->by_month, days = r->rule->by_month_day;
	g_autoptr(GPtrArray) dates = sentence_list();
	g_autofree int16_t *month_list = NULL, *day_list = NULL;
	size_t month_count, day_count;

	if (months.count == 0)
		months = (struct meeting_numbers){ &own_month, 1 };
	if (days.count == 0)
		days = (struct meeting_numbers){ &own_day, 1 };
	month_list = sentence_sorted(&months, &month_count);
	day_list = sentence_sorted(&days, &day_count);
	if (month_count * day_count > SENTENCE_MAX_NAMED || !sentence_all_in(&days, 1, 31))
		return NULL;
	for (size_t i = 0; i < month_count; i++)
		for (size_t k = 0; k < day_count; k++) {
			struct meeting_fields fields = { .year = 2000, .month = month_list[i],
							 .day = day_list[k] };
			g_autoptr(GString) date = g_string_new(NULL);

			dates_append_short(date, r->words, &fields, 2000);
			sentence_list_add(dates, date->str);
		}
	return words_join_and(r->words, dates);
}

static bool daily(GString *out, const struct rule_words *r)
{
	const struct meeting_rule *rule = r->rule;
	g_autofree char *base = every(r->words, MEETING_DAILY, rule->interval);
	unsigned bits = sentence_weekday_bits(rule);

	if (!sentence_no_nth(rule) || rule->by_set_position.count > 0 || has_year_parts(rule))
		return false;
	/* Of every day, the limits leave what other frequencies say plainly. */
	if (rule->interval == 1 && rule->by_month_day.count > 0)
		return monthly(out, r);
	if (rule->interval == 1 && bits != 0) {
		weekly_days(out, r, bits);
		add_months(out, r);
		return true;
	}
	g_string_append(out, base);
	add_months(out, r);
	if (rule->by_month_day.count > 0) {
		g_autofree char *days = sentence_month_days(r->words, &rule->by_month_day);

		words_fill(out, words_get(r->words, ", but only on the {days} of the month"), "days",
			   days, NULL);
	}
	if (bits != 0 && bits != ALL_DAYS)
		add_when_weekday(out, r);
	return true;
}

static void add_every_year(GString *out, const struct rule_words *r)
{
	g_autofree char *base = every(r->words, MEETING_YEARLY, r->rule->interval);

	g_string_append(out, base);
}

/* "on the 100th day of the year", "on the last day of the year" */
static bool year_days(GString *out, const struct rule_words *r)
{
	const struct meeting_rule *rule = r->rule;
	g_autoptr(GPtrArray) names = sentence_list();
	g_autofree char *joined = NULL;

	if (rule->by_day_count > 0 || rule->by_month.count > 0 || rule->by_month_day.count > 0 ||
	    rule->by_week_number.count > 0 || rule->by_set_position.count > 0 ||
	    rule->by_year_day.count > SENTENCE_MAX_NAMED)
		return false;
	for (size_t i = 0; i < rule->by_year_day.count; i++) {
		int n = rule->by_year_day.at[i];
		g_autofree char *nth = n > 0 ? sentence_ordinal(r->words, n) : sentence_position(r->words, n);

		g_ptr_array_add(names, words_filled(words_get_in(r->words, "days", "{nth} day"), "nth",
						    nth, NULL));
	}
	joined = words_join_and(r->words, names);
	add_every_year(out, r);
	g_string_append_c(out, ' ');
	words_fill(out, words_get(r->words, "on the {days} of the year"), "days", joined, NULL);
	return true;
}

/* "in week 20 on Monday" */
static bool year_weeks(GString *out, const struct rule_words *r)
{
	const struct meeting_rule *rule = r->rule;
	unsigned bits = sentence_weekday_bits(rule);
	g_autoptr(GPtrArray) names = sentence_list();
	g_autofree char *weeks = NULL, *days = NULL;
	struct words_number number;

	if (!sentence_no_nth(rule) || rule->by_month.count > 0 || rule->by_month_day.count > 0 ||
	    rule->by_set_position.count > 0 || rule->by_week_number.count > SENTENCE_MAX_NAMED ||
	    !sentence_all_in(&rule->by_week_number, 1, 53))
		return false;
	for (size_t i = 0; i < rule->by_week_number.count; i++)
		sentence_list_add(names, words_number(&number, rule->by_week_number.at[i]));
	weeks = words_join_and(r->words, names);
	days = sentence_weekdays_and(r->words, bits != 0 ? bits : 1U << zone_weekday(&r->start->fields));
	add_every_year(out, r);
	g_string_append_c(out, ' ');
	words_fill(out, words_plural(r->words, "in week {weeks} on {weekdays}",
				     "in weeks {weeks} on {weekdays}", names->len),
		   "weeks", weeks, "weekdays", days, NULL);
	if (rule->week_start != 1)
		add_week_start(out, r);
	return true;
}

/* YEARLY with weekdays and no month: they count within the year. */
static bool year_weekdays(GString *out, const struct rule_words *r)
{
	const struct meeting_rule *rule = r->rule;
	g_autofree char *text = NULL;

	if (rule->by_set_position.count > 0 && sentence_no_nth(rule))
		text = sentence_set_positions(r->words, rule);
	else if (rule->by_set_position.count == 0 && sentence_all_nth(rule))
		text = sentence_nth_weekdays(r->words, rule);
	if (text != NULL) {
		add_every_year(out, r);
		g_string_append_c(out, ' ');
		words_fill(out, words_get(r->words, "on the {days} of the year"), "days", text, NULL);
		return true;
	}
	if (rule->by_set_position.count > 0 || !sentence_no_nth(rule))
		return false;
	if (rule->interval == 1)
		return weekly(out, r);
	add_every_year(out, r);
	text = sentence_weekdays_and(r->words, sentence_weekday_bits(rule));
	g_string_append_c(out, ' ');
	words_fill(out, words_get(r->words, "on each {weekday}"), "weekday", text, NULL);
	return true;
}

/* "in March on the last Sunday", "in every month on the 15th" */
static bool year_months(GString *out, const struct rule_words *r)
{
	const struct meeting_rule *rule = r->rule;

	/* The positions count in the whole year: with several months no "of March". */
	if (rule->by_set_position.count > 0 && rule->by_month.count != 1)
		return false;
	if (rule->interval == 1 && rule->by_day_count > 0 && sentence_no_nth(rule) &&
	    rule->by_month_day.count == 0 && rule->by_set_position.count == 0)
		return weekly(out, r);
	if (rule->by_month.count == 0 && rule->interval == 1)
		return monthly(out, r);
	add_every_year(out, r);
	add_months(out, r);
	if (rule->by_month.count == 0) {
		g_string_append_c(out, ' ');
		g_string_append(out, words_get(r->words, "in every month"));
	}
	return days_of_month(out, r);
}

static bool yearly(GString *out, const struct rule_words *r)
{
	const struct meeting_rule *rule = r->rule;
	g_autofree char *dates = NULL;

	if (rule->by_year_day.count > 0)
		return year_days(out, r);
	if (rule->by_week_number.count > 0)
		return year_weeks(out, r);
	if (rule->by_day_count > 0 && rule->by_month_day.count == 0 && rule->by_month.count == 0)
		return year_weekdays(out, r);
	if (rule->by_day_count == 0 && rule->by_set_position.count == 0 &&
	    (rule->by_month.count > 0 || rule->by_month_day.count == 0))
		dates = year_dates(r);
	if (dates == NULL)
		return year_months(out, r);
	add_every_year(out, r);
	g_string_append_c(out, ' ');
	words_fill(out, words_get(r->words, "on {dates}"), "dates", dates, NULL);
	return true;
}

/* " at 09:00 and 17:00", nothing when they are the start's own. */
static bool add_times(GString *out, const struct rule_words *r)
{
	const struct meeting_rule *rule = r->rule;
	int16_t own_hour = (int16_t)r->start->fields.hour, own_minute = (int16_t)r->start->fields.minute;
	struct meeting_numbers hours = rule->by_hour, minutes = rule->by_minute;
	g_autoptr(GPtrArray) times = sentence_list();
	g_autofree int16_t *hour_list = NULL, *minute_list = NULL;
	g_autofree char *joined = NULL;
	size_t hour_count, minute_count;

	if (rule->by_second.count > 1 ||
	    (rule->by_second.count == 1 && rule->by_second.at[0] != r->start->fields.second))
		return false;
	if (hours.count == 0 && minutes.count == 0)
		return true;
	if (rule->frequency < MEETING_DAILY || meeting_time_is_day(r->start))
		return false;
	/* Of several times a day, BYSETPOS picks times, not days. */
	if (hours.count * minutes.count > 1 && rule->by_set_position.count > 0)
		return false;
	if (hours.count == 0)
		hours = (struct meeting_numbers){ &own_hour, 1 };
	if (minutes.count == 0)
		minutes = (struct meeting_numbers){ &own_minute, 1 };
	hour_list = sentence_sorted(&hours, &hour_count);
	minute_list = sentence_sorted(&minutes, &minute_count);
	if (hour_count * minute_count > SENTENCE_MAX_NAMED)
		return false;
	if (hour_count * minute_count == 1 && hour_list[0] == own_hour && minute_list[0] == own_minute)
		return true;
	for (size_t i = 0; i < hour_count; i++)
		for (size_t k = 0; k < minute_count; k++) {
			struct meeting_fields fields = { .hour = hour_list[i], .minute = minute_list[k] };
			g_autoptr(GString) time = g_string_new(NULL);

			dates_append_time(time, r->words, &fields);
			sentence_list_add(times, time->str);
		}
	joined = words_join_and(r->words, times);
	g_string_append_c(out, ' ');
	words_fill(out, words_get(r->words, "at {times}"), "times", joined, NULL);
	return true;
}

/* The last day that UNTIL lets in, in the meeting's own zone: an UNTIL earlier on
 * its day than the meeting begins leaves that day out. */
static void until_day(const struct meeting_rule *rule, const struct meeting_time *start,
		      struct meeting_fields *fields_out)
{
	const struct meeting_time *until = &rule->until;
	int64_t of_day, start_of_day;

	*fields_out = until->fields;
	if (until->kind == MEETING_TIME_UTC && start->kind == MEETING_TIME_ZONED)
		dates_fields(until, start->zone, fields_out);
	if (until->kind == MEETING_TIME_DATE || start->kind == MEETING_TIME_DATE)
		return;
	/* A rule with its own times has no single start of day to compare with. */
	if (rule->by_hour.count > 0 || rule->by_minute.count > 0 || rule->frequency < MEETING_DAILY)
		return;
	of_day = fields_out->hour * 3600 + fields_out->minute * 60 + fields_out->second;
	start_of_day = start->fields.hour * 3600 + start->fields.minute * 60 + start->fields.second;
	if (of_day < start_of_day)
		zone_fields(zone_seconds(fields_out) - 86400, fields_out);
}

static void add_end(GString *out, const struct rule_words *r)
{
	const struct meeting_rule *rule = r->rule;
	struct words_number number;

	if (rule->until.kind != MEETING_TIME_NONE) {
		struct meeting_fields fields;
		g_autoptr(GString) date = g_string_new(NULL);

		until_day(rule, r->start, &fields);
		dates_append_date(date, r->words, &fields);
		words_fill(out, words_get(r->words, " until {date}"), "date", date->str, NULL);
	} else if (rule->count > 0) {
		words_fill(out, words_plural(r->words, ", once", ", {n} times", rule->count), "n",
			   words_number(&number, rule->count), NULL);
	}
}

/* The numbers that a later array access or a division could stumble over. */
static bool is_sane(const struct meeting_rule *rule, const struct meeting_time *start)
{
	for (size_t i = 0; i < rule->by_day_count; i++)
		if (rule->by_day[i].weekday < 1 || rule->by_day[i].weekday > 7)
			return false;
	return rule->interval >= 1 && sentence_all_in(&rule->by_month, 1, 12) &&
	       sentence_all_in(&rule->by_month_day, -31, 31) && sentence_all_in(&rule->by_year_day, -366, 366) &&
	       sentence_all_in(&rule->by_set_position, -366, 366) && start->fields.month >= 1 &&
	       start->fields.month <= 12 && rule->frequency <= MEETING_YEARLY;
}

bool sentence_append_rule(GString *out, const struct words *words, const struct meeting_rule *rule,
			  const struct meeting_time *start)
{
	static bool (*const makers[])(GString *, const struct rule_words *) = {
		[MEETING_SECONDLY] = hourly, [MEETING_MINUTELY] = hourly, [MEETING_HOURLY] = hourly,
		[MEETING_DAILY] = daily, [MEETING_WEEKLY] = weekly, [MEETING_MONTHLY] = monthly,
		[MEETING_YEARLY] = yearly,
	};
	const struct rule_words r = { words, rule, start };
	gsize before = out->len;

	if (!is_sane(rule, start) || !makers[rule->frequency](out, &r) || !add_times(out, &r)) {
		g_string_truncate(out, before);
		return false;
	}
	add_end(out, &r);
	return true;
}
