#include "web/days.h"

#include "base/number.h"

#include "calendar/zone.h"

struct date date_of(int days)
{
	struct meeting_fields fields;

	zone_fields((int64_t)days * 86400, &fields);
	return (struct date){ fields.year, fields.month, fields.day, zone_weekday(&fields) };
}

int date_days(int year, int month, int day)
{
	return (int)zone_days(year, month, day);
}

bool days_parse(const char *text, int *days_out)
{
	uint64_t year, month, day;
	int days;
	struct date date;

	if (text == NULL || strlen(text) != 10 || text[4] != '-' || text[7] != '-' ||
	    !number_parse(slice_of(text, 4), 1900, 2200, &year) ||
	    !number_parse(slice_of(text + 5, 2), 1, 12, &month) ||
	    !number_parse(slice_of(text + 8, 2), 1, 31, &day))
		return false;
	days = date_days((int)year, (int)month, (int)day);
	date = date_of(days);
	if (date.day != (int)day)
		return false;
	*days_out = days;
	return true;
}

char *date_iso(int days)
{
	struct date date = date_of(days);

	return g_strdup_printf("%04d-%02d-%02d", date.year, date.month, date.day);
}

static struct meeting_fields fields_of(int days)
{
	struct meeting_fields fields;

	zone_fields((int64_t)days * 86400, &fields);
	return fields;
}

char *day_long(const struct words *words, int days)
{
	GString *out = g_string_new(NULL);
	struct meeting_fields fields = fields_of(days);

	dates_append_day(out, words, &fields);
	return g_string_free(out, FALSE);
}

char *day_short(const struct words *words, int days, int year)
{
	GString *out = g_string_new(NULL);
	struct meeting_fields fields = fields_of(days);

	dates_append_short(out, words, &fields, year);
	return g_string_free(out, FALSE);
}

char *day_month(const struct words *words, int days)
{
	GString *out = g_string_new(NULL);
	struct meeting_fields fields = fields_of(days);

	dates_append_month(out, words, fields.year, fields.month);
	return g_string_free(out, FALSE);
}
