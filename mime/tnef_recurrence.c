/* [MS-OXOCAL] 2.2.1.44 (recurrence) and 2.2.1.39 (time zone). */
#include "mime/tnef_recurrence.h"
#include "mime/tnef_props.h"

#define MINUTES_1601_TO_1970 INT64_C(194074560)
#define MAX_EXCLUDED 1000

static const char *const day_names[] = { "SU", "MO", "TU", "WE", "TH", "FR", "SA" };

void tnef_append_time(GString *out, int64_t seconds)
{
	g_autoptr(GDateTime) when = g_date_time_new_from_unix_utc(seconds);
	g_autofree char *text = when != NULL ? g_date_time_format(when, "%Y%m%dT%H%M%S") : NULL;

	g_string_append(out, text != NULL ? text : "19700101T000000");
}

/* ---- zone --------------------------------------------------------------------------- */

struct rule {
	uint16_t year, month, weekday, day, hour, minute, second, ms;
};

struct zone {
	int32_t bias, standard_bias, daylight_bias; /* minutes west */
	struct rule standard, daylight;
};

static bool take_rule(struct slice *rest, struct rule *rule)
{
	uint16_t *const fields[] = { &rule->year, &rule->month, &rule->weekday, &rule->day,
				     &rule->hour, &rule->minute, &rule->second, &rule->ms };

	for (size_t i = 0; i < G_N_ELEMENTS(fields); i++)
		if (!tnef_take_u16(rest, fields[i]))
			return false;
	return rule->month <= 12 && rule->weekday <= 6 && rule->day <= 31 && rule->hour < 24 &&
	       rule->minute < 60;
}

static bool read_zone(struct slice rest, struct zone *zone)
{
	uint32_t bias[3];
	uint16_t year;

	for (int i = 0; i < 3; i++)
		if (!tnef_take_u32(&rest, &bias[i]))
			return false;
	zone->bias = (int32_t)bias[0];
	zone->standard_bias = (int32_t)bias[1];
	zone->daylight_bias = (int32_t)bias[2];
	return tnef_take_u16(&rest, &year) && take_rule(&rest, &zone->standard) &&
	       tnef_take_u16(&rest, &year) && take_rule(&rest, &zone->daylight) &&
	       ABS((int64_t)zone->bias) < 1440 && ABS((int64_t)zone->standard_bias) < 1440 &&
	       ABS((int64_t)zone->daylight_bias) < 1440;
}

static void append_offset(GString *out, const char *name, int minutes_west)
{
	int east = -minutes_west;

	g_string_append_printf(out, "%s:%c%02d%02d\r\n", name, east < 0 ? '-' : '+', ABS(east) / 60,
			       ABS(east) % 60);
}

static void write_observance(GString *out, const char *name, const struct rule *rule, int from, int to)
{
	g_string_append_printf(out, "BEGIN:%s\r\nDTSTART:16010101T%02d%02d%02d\r\n", name, rule->hour,
			       rule->minute, MIN(rule->second, 59));
	/* Day 5 is the last of its kind in the month. */
	if (rule->month != 0)
		g_string_append_printf(out, "RRULE:FREQ=YEARLY;BYMONTH=%u;BYDAY=%d%s\r\n", rule->month,
				       rule->day >= 5 ? -1 : MAX(rule->day, 1), day_names[rule->weekday]);
	append_offset(out, "TZOFFSETFROM", from);
	append_offset(out, "TZOFFSETTO", to);
	g_string_append_printf(out, "END:%s\r\n", name);
}

bool tnef_zone_write(GString *out, struct slice blob)
{
	struct zone zone;
	int winter, summer;

	if (!read_zone(blob, &zone))
		return false;
	winter = zone.bias + zone.standard_bias;
	summer = zone.bias + zone.daylight_bias;
	if (ABS(winter) >= 1440 || ABS(summer) >= 1440)
		return false;
	g_string_append(out, "BEGIN:VTIMEZONE\r\nTZID:" TNEF_TZID "\r\n");
	if (zone.standard.month == 0 || zone.daylight.month == 0) {
		write_observance(out, "STANDARD", &(struct rule){ 0 }, winter, winter);
	} else {
		write_observance(out, "STANDARD", &zone.standard, summer, winter);
		write_observance(out, "DAYLIGHT", &zone.daylight, winter, summer);
	}
	g_string_append(out, "END:VTIMEZONE\r\n");
	return true;
}

/* ---- recurrence ------------------------------------------------------------------------ */

enum { DAILY = 0x200a, WEEKLY = 0x200b, MONTHLY = 0x200c, YEARLY = 0x200d };
enum { PATTERN_DAY = 0, PATTERN_WEEK = 1, PATTERN_MONTH = 2, PATTERN_MONTH_NTH = 3, PATTERN_MONTH_END = 4 };
enum { END_AFTER_DATE = 0x2021, END_AFTER_COUNT = 0x2022 };

struct pattern {
	uint16_t frequency, type;
	uint32_t period, mask, nth, end_type, count;
};

static int64_t local_seconds(uint32_t minutes)
{
	return ((int64_t)minutes - MINUTES_1601_TO_1970) * 60;
}

static bool read_pattern(struct slice *rest, struct pattern *p)
{
	uint16_t version, calendar;
	uint32_t first, sliding, weekday;

	if (!tnef_take_u16(rest, &version) || !tnef_take_u16(rest, &version) ||
	    !tnef_take_u16(rest, &p->frequency) || !tnef_take_u16(rest, &p->type) ||
	    !tnef_take_u16(rest, &calendar) || !tnef_take_u32(rest, &first) ||
	    !tnef_take_u32(rest, &p->period) || !tnef_take_u32(rest, &sliding))
		return false;
	/* Other than Gregorian calendars have no RRULE. */
	if (calendar > 1 || sliding != 0 || p->type > PATTERN_MONTH_END)
		return false;
	if (p->type != PATTERN_DAY && !tnef_take_u32(rest, &p->mask))
		return false;
	if (p->type == PATTERN_MONTH_NTH && !tnef_take_u32(rest, &p->nth))
		return false;
	return tnef_take_u32(rest, &p->end_type) && tnef_take_u32(rest, &p->count) &&
	       tnef_take_u32(rest, &weekday);
}

/* A list of dates (midnights): its count, then each. */
static bool read_dates(struct slice *rest, GArray *dates)
{
	uint32_t count, minutes;

	if (!tnef_take_u32(rest, &count) || count > MAX_EXCLUDED)
		return false;
	for (uint32_t i = 0; i < count; i++) {
		int64_t seconds;

		if (!tnef_take_u32(rest, &minutes))
			return false;
		seconds = local_seconds(minutes);
		if (dates != NULL)
			g_array_append_val(dates, seconds);
	}
	return true;
}

static void append_days(GString *out, uint32_t mask, int nth)
{
	const char *separator = ";BYDAY=";

	for (int i = 0; i < 7; i++) {
		if (!(mask >> i & 1))
			continue;
		g_string_append(out, separator);
		if (nth != 0)
			g_string_append_printf(out, "%d", nth);
		g_string_append(out, day_names[i]);
		separator = ",";
	}
}

/* The nth of a set of days ("last workday") is BYSETPOS; of one day, a number in front of it. */
static void append_month_nth(GString *out, const struct pattern *p)
{
	int nth = p->nth >= 5 ? -1 : (int)p->nth;

	if ((p->mask & (p->mask - 1)) == 0) {
		append_days(out, p->mask, nth);
		return;
	}
	append_days(out, p->mask, 0);
	g_string_append_printf(out, ";BYSETPOS=%d", nth);
}

static bool append_frequency(GString *out, const struct pattern *p, int64_t start)
{
	g_autoptr(GDateTime) first = g_date_time_new_from_unix_utc(start);
	uint32_t interval = p->period;

	switch (p->frequency) {
	case DAILY:
		/* A daily pattern counts minutes; "every workday" is one of weeks. */
		interval = p->type == PATTERN_DAY ? p->period / 1440 : p->period;
		g_string_append(out, p->type == PATTERN_DAY ? "FREQ=DAILY" : "FREQ=WEEKLY");
		break;
	case WEEKLY:
		g_string_append(out, "FREQ=WEEKLY");
		break;
	case MONTHLY:
		g_string_append(out, "FREQ=MONTHLY");
		break;
	case YEARLY:
		interval = p->period / 12;
		if (first == NULL)
			return false;
		g_string_append_printf(out, "FREQ=YEARLY;BYMONTH=%d", g_date_time_get_month(first));
		break;
	default:
		return false;
	}
	if (interval == 0 || interval > 1000)
		return false;
	if (interval > 1)
		g_string_append_printf(out, ";INTERVAL=%u", interval);
	return true;
}

static bool append_which(GString *out, const struct pattern *p)
{
	if (p->type == PATTERN_WEEK) {
		append_days(out, p->mask & 127, 0);
		return (p->mask & 127) != 0;
	}
	if (p->type == PATTERN_MONTH_NTH) {
		append_month_nth(out, p);
		return (p->mask & 127) != 0 && p->nth >= 1;
	}
	if (p->type == PATTERN_MONTH_END || (p->type == PATTERN_MONTH && p->mask == 31))
		g_string_append(out, ";BYMONTHDAY=-1");
	else if (p->type == PATTERN_MONTH)
		g_string_append_printf(out, ";BYMONTHDAY=%u", p->mask);
	return p->type != PATTERN_MONTH || (p->mask >= 1 && p->mask <= 31);
}

static void append_end(GString *out, const struct pattern *p, int64_t last_day, struct slice zone_blob)
{
	struct zone zone;

	if (p->end_type == END_AFTER_COUNT && p->count > 0 && p->count < 10000) {
		g_string_append_printf(out, ";COUNT=%u", p->count);
	} else if (p->end_type == END_AFTER_DATE) {
		/* The end of the last day, in UTC as RRULE wants it beside a TZID. */
		int64_t until = last_day + 86399;

		if (read_zone(zone_blob, &zone))
			until += (int64_t)zone.bias * 60;
		g_string_append(out, ";UNTIL=");
		tnef_append_time(out, until);
		g_string_append_c(out, 'Z');
	}
}

/* Behind the pattern: dates, then versions, then minutes of the day of start and end. */
static bool read_times(struct slice *rest, struct tnef_recurrence *r, int64_t *last_day)
{
	uint32_t start_day, end_day, version, start, end;

	if (!read_dates(rest, r->excluded) || !read_dates(rest, NULL) ||
	    !tnef_take_u32(rest, &start_day) || !tnef_take_u32(rest, &end_day) ||
	    !tnef_take_u32(rest, &version) || !tnef_take_u32(rest, &version) ||
	    !tnef_take_u32(rest, &start) || !tnef_take_u32(rest, &end) || start > 1440 * 31 ||
	    end > 1440 * 31)
		return false;
	r->start = local_seconds(start_day) + (int64_t)start * 60;
	r->end = local_seconds(start_day) + (int64_t)end * 60;
	*last_day = local_seconds(end_day);
	for (guint i = 0; i < r->excluded->len; i++)
		g_array_index(r->excluded, int64_t, i) += (int64_t)start * 60;
	return true;
}

bool tnef_recurrence_read(struct slice blob, struct slice zone, struct tnef_recurrence *recurrence_out)
{
	g_autoptr(GString) rule = g_string_new(NULL);
	struct tnef_recurrence r = { .excluded = g_array_new(FALSE, FALSE, sizeof(int64_t)) };
	struct pattern pattern = { 0 };
	int64_t last_day = 0;

	if (!read_pattern(&blob, &pattern) || !read_times(&blob, &r, &last_day) ||
	    !append_frequency(rule, &pattern, r.start) || !append_which(rule, &pattern)) {
		tnef_recurrence_clear(&r);
		return false;
	}
	append_end(rule, &pattern, last_day, zone);
	r.rule = g_string_free(g_steal_pointer(&rule), FALSE);
	*recurrence_out = r;
	return true;
}

void tnef_recurrence_clear(struct tnef_recurrence *recurrence)
{
	g_free(recurrence->rule);
	if (recurrence->excluded != NULL)
		g_array_unref(recurrence->excluded);
	*recurrence = (struct tnef_recurrence){ 0 };
}
