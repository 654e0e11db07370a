/* Days are counted in the proleptic Gregorian calendar, without the C library's
 * time zone state. */
#include "imap/date.h"

#include "base/number.h"

static const char months[] = "JanFebMarAprMayJunJulAugSepOctNovDec";
enum { DAY = 86400 };

/* Days since 1970-01-01; the year begins in March so that leap days come last. */
static int64_t days_from_date(int64_t year, unsigned month, unsigned day)
{
	int64_t y = year - (month <= 2);
	int64_t era = y / 400;
	int64_t year_of_era = y - era * 400;
	int64_t day_of_year = (153 * (month + (month > 2 ? -3u : 9u)) + 2) / 5 + day - 1;

	return era * 146097 + year_of_era * 365 + year_of_era / 4 - year_of_era / 100 +
	       day_of_year - 719468;
}

static unsigned days_in_month(unsigned year, unsigned month)
{
	static const unsigned char days[] = { 31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31 };
	bool leap = year % 4 == 0 && (year % 100 != 0 || year % 400 == 0);

	return days[month - 1] + (month == 2 && leap);
}

static unsigned parse_month(const char *text)
{
	for (unsigned i = 0; i < 12; i++)
		if (g_ascii_strncasecmp(text, months + i * 3, 3) == 0)
			return i + 1;
	return 0;
}

/* `d-Mon-yyyy` or `dd-Mon-yyyy`. */
bool date_parse(struct slice text, int64_t *seconds_out)
{
	uint64_t day, year;
	unsigned month;
	size_t day_len;

	if (text.len != 10 && text.len != 11)
		return false;
	day_len = text.len - 9;
	if (text.data[day_len] != '-' || text.data[day_len + 4] != '-')
		return false;
	month = parse_month(text.data + day_len + 1);
	if (month == 0 || !number_parse(slice_of(text.data + day_len + 5, 4), 1, 9999, &year) ||
	    !number_parse(slice_of(text.data, day_len), 1, days_in_month((unsigned)year, month), &day))
		return false;
	*seconds_out = days_from_date((int64_t)year, month, (unsigned)day) * DAY;
	return true;
}

/* `hh:mm:ss` */
static bool parse_time(const char *text, int64_t *seconds_out)
{
	uint64_t hour, minute, second;

	if (text[2] != ':' || text[5] != ':' || !number_parse(slice_of(text, 2), 0, 23, &hour) ||
	    !number_parse(slice_of(text + 3, 2), 0, 59, &minute) ||
	    !number_parse(slice_of(text + 6, 2), 0, 60, &second))
		return false;
	*seconds_out = (int64_t)(hour * 3600 + minute * 60 + MIN(second, 59));
	return true;
}

/* `+hhmm` */
static bool parse_zone(const char *text, int *minutes_out)
{
	uint64_t hour, minute;

	if ((text[0] != '+' && text[0] != '-') || !number_parse(slice_of(text + 1, 2), 0, 23, &hour) ||
	    !number_parse(slice_of(text + 3, 2), 0, 59, &minute))
		return false;
	*minutes_out = (int)(hour * 60 + minute) * (text[0] == '-' ? -1 : 1);
	return true;
}

bool date_time_parse(struct slice text, int64_t *seconds_out, int *zone_out)
{
	int64_t day, time;
	size_t skip = text.len > 0 && text.data[0] == ' ' ? 1 : 0;

	if (text.len != 26 || text.data[11] != ' ' || text.data[20] != ' ' ||
	    !date_parse(slice_of(text.data + skip, 11 - skip), &day) ||
	    !parse_time(text.data + 12, &time) || !parse_zone(text.data + 21, zone_out))
		return false;
	*seconds_out = day + time - (int64_t)*zone_out * 60;
	return true;
}

/* The other way; y counts years that begin in March. */
static void date_from_days(int64_t days, int64_t *year_out, unsigned *month_out, unsigned *day_out)
{
	int64_t z = days + 719468;
	int64_t era = (z >= 0 ? z : z - 146096) / 146097;
	int64_t day_of_era = z - era * 146097;
	int64_t year_of_era = (day_of_era - day_of_era / 1460 + day_of_era / 36524 - day_of_era / 146096) / 365;
	int64_t day_of_year = day_of_era - (365 * year_of_era + year_of_era / 4 - year_of_era / 100);
	unsigned month = (unsigned)((5 * day_of_year + 2) / 153);

	*day_out = (unsigned)(day_of_year - (153 * month + 2) / 5 + 1);
	*month_out = month + (month < 10 ? 3u : -9u);
	*year_out = year_of_era + era * 400 + (*month_out <= 2);
}

static void put_digits(char *at, unsigned count, uint64_t value)
{
	while (count-- > 0) {
		at[count] = (char)('0' + value % 10);
		value /= 10;
	}
}

void date_time_format(GString *out, int64_t seconds, int zone)
{
	char text[] = "\"00-Jan-0000 00:00:00 +0000\"";
	/* 0001-01-01 to 9999-12-31: what the grammar's four digits can say. */
	int64_t clamped = CLAMP(seconds + (int64_t)zone * 60, INT64_C(-62135596800), INT64_C(253402300799));
	int64_t days = (clamped >= 0 ? clamped : clamped - (DAY - 1)) / DAY;
	uint64_t second = (uint64_t)(clamped - days * DAY);
	unsigned month, day;
	int64_t year;

	date_from_days(days, &year, &month, &day);
	put_digits(text + 1, 2, day);
	memcpy(text + 4, months + (month - 1) * 3, 3);
	put_digits(text + 8, 4, (uint64_t)year);
	put_digits(text + 13, 2, second / 3600);
	put_digits(text + 16, 2, second / 60 % 60);
	put_digits(text + 19, 2, second % 60);
	text[22] = zone < 0 ? '-' : '+';
	put_digits(text + 23, 2, (unsigned)ABS(zone) / 60);
	put_digits(text + 25, 2, (unsigned)ABS(zone) % 60);
	g_string_append_len(out, text, sizeof(text) - 1);
}
