/* Dates as they are written in mail: RFC 5322 with its obsolete forms, asctime, missing weekday,
 * seconds or zone, zones by name, comments, dashes, years of two and three digits.
 *
 * The words are taken as they come and each is given to the first place it fits: a month name,
 * a time (with a colon), a zone (behind the time), a year, a day.
 *
 * Own: GMime's g_mime_utils_header_decode_date() reads "2:00 PM" as two in the morning and "+02:00" as
 * no zone. */
#include "mime/header.h"

struct date {
	int day, month, year, hour, minute, second, zone;
	bool has_time, has_zone, negative_year;
};

static bool take_word(struct slice *rest, struct slice *word_out)
{
	const char *p = rest->data, *end = p + rest->len, *start;

	while (p < end && !g_ascii_isalnum(*p) && *p != '+' && *p != '-') {
		if (*p == '(') {
			const char *close = memchr(p, ')', (size_t)(end - p));

			p = close != NULL ? close : end - 1;
		}
		p++;
	}
	start = p;
	if (p < end && (*p == '+' || *p == '-'))
		p++;
	if (p < end && g_ascii_isalpha(*p))
		while (p < end && g_ascii_isalpha(*p))
			p++;
	else
		while (p < end && (g_ascii_isdigit(*p) || *p == ':' || (*p == '.' && p > start)))
			p++;
	*word_out = slice_of(start, (size_t)(p - start));
	*rest = slice_of(p, (size_t)(end - p));
	return p > start;
}

static int number_of(struct slice digits)
{
	int value = 0;

	for (size_t i = 0; i < digits.len && i < 9; i++) {
		if (!g_ascii_isdigit(digits.data[i]))
			break;
		value = value * 10 + (digits.data[i] - '0');
	}
	return value;
}

static bool take_month(struct slice word, struct date *date)
{
	static const char months[] = "janfebmaraprmayjunjulaugsepoctnovdec";

	if (word.len < 3)
		return false;
	for (int i = 0; i < 12; i++) {
		if (g_ascii_strncasecmp(word.data, months + 3 * i, 3) == 0) {
			date->month = i + 1;
			return true;
		}
	}
	return false;
}

static void take_zone_name(struct slice word, struct date *date)
{
	static const struct {
		const char *name;
		int hours;
	} rows[] = {
		{ "UT", 0 }, { "UTC", 0 }, { "GMT", 0 }, { "Z", 0 }, { "EST", -5 }, { "EDT", -4 },
		{ "CST", -6 }, { "CDT", -5 }, { "MST", -7 }, { "MDT", -6 }, { "PST", -8 },
		{ "PDT", -7 }, { "CET", 1 }, { "CEST", 2 }, { "MET", 1 }, { "MEST", 2 }, { "BST", 1 },
		{ "EET", 2 }, { "EEST", 3 }, { "JST", 9 },
	};

	if (!date->has_time || date->has_zone)
		return;
	for (size_t i = 0; i < G_N_ELEMENTS(rows); i++) {
		if (slice_equal_ascii_case(word, slice_from_string(rows[i].name))) {
			date->zone = rows[i].hours * 3600;
			date->has_zone = true;
		}
	}
}

static void take_time(struct slice word, struct date *date)
{
	int parts[3] = { 0, 0, 0 };
	size_t at = 0;

	for (int i = 0; i < 3 && at < word.len; i++) {
		parts[i] = number_of(slice_of(word.data + at, word.len - at));
		while (at < word.len && g_ascii_isdigit(word.data[at]))
			at++;
		at++;
	}
	date->hour = parts[0];
	date->minute = parts[1];
	date->second = parts[2];
	date->has_time = true;
}

static void take_zone(struct slice word, struct date *date)
{
	/* Nine digits at most, times what follows: more than an int holds. */
	int64_t value = number_of(slice_of(word.data + 1, word.len - 1));

	if (memchr(word.data, ':', word.len) != NULL) {
		const char *colon = memchr(word.data, ':', word.len);

		value = value * 100 + number_of(slice_of(colon + 1, word.len - (size_t)(colon + 1 - word.data)));
	} else if (word.len <= 3) {
		value *= 100;
	}
	value = value / 100 * 3600 + value % 100 * 60;
	if (value <= 24 * 3600) {
		date->zone = (int)(word.data[0] == '-' ? -value : value);
		date->has_zone = true;
	}
}

static void take_number(struct slice word, struct date *date)
{
	int value = number_of(word);

	if (word.len <= 2 && date->day == 0 && value >= 1 && value <= 31)
		date->day = value;
	else if (date->year < 0 && word.len <= 4)
		date->year = word.len == 4 ? value : value < 50 ? value + 2000 : value + 1900;
}

static void take(struct slice word, struct date *date)
{
	bool is_signed = word.data[0] == '+' || word.data[0] == '-';

	if (is_signed && word.len > 1 && g_ascii_isalpha(word.data[1])) {
		take_month(slice_of(word.data + 1, word.len - 1), date);
	} else if (is_signed && date->has_time && word.len > 1) {
		if (!date->has_zone && (word.len >= 5 || word.len <= 3))
			take_zone(word, date);
		else
			take_number(slice_of(word.data + 1, word.len - 1), date);
	} else if (is_signed) {
		take_number(slice_of(word.data + 1, word.len - 1), date);
	} else if (g_ascii_isalpha(word.data[0])) {
		if (date->month != 0 || !take_month(word, date))
			take_zone_name(word, date);
		if (slice_equal_ascii_case(word, SLICE("PM")) && date->hour < 12)
			date->hour += 12;
		if (slice_equal_ascii_case(word, SLICE("AM")) && date->hour == 12)
			date->hour = 0;
	} else if (memchr(word.data, ':', word.len) != NULL) {
		if (!date->has_time)
			take_time(word, date);
	} else {
		take_number(word, date);
	}
}

/* Days from 1970-01-01 in the proleptic Gregorian calendar. */
static int64_t days_from_civil(int year, int month, int day)
{
	int64_t y = month <= 2 ? year - 1 : year;
	int64_t era = (y >= 0 ? y : y - 399) / 400;
	int64_t of_era = y - era * 400;
	int64_t of_year = (153 * (month + (month > 2 ? -3 : 9)) + 2) / 5 + day - 1;

	return era * 146097 + of_era * 365 + of_era / 4 - of_era / 100 + of_year - 719468;
}

bool header_parse_date(struct slice value, int64_t *seconds_out, int *zone_out)
{
	struct date date = { .year = -1 };
	struct slice word;

	if (value.len > 1024)
		value.len = 1024;
	while (value.len > 0 && take_word(&value, &word))
		take(word, &date);
	if (date.day == 0 || date.month == 0 || date.year < 0 || date.hour > 24 ||
	    date.minute > 59 || date.second > 60 ||
	    !g_date_valid_dmy((GDateDay)date.day, (GDateMonth)date.month, (GDateYear)MAX(date.year, 1)))
		return false;
	*seconds_out = days_from_civil(date.year, date.month, date.day) * 86400 + date.hour * 3600 +
		       date.minute * 60 + date.second - date.zone;
	*zone_out = date.zone;
	return true;
}
