#include "calendar/value.h"

#include "base/number.h"

static bool digits(const char *text, size_t count, int *value_out)
{
	int value = 0;

	for (size_t i = 0; i < count; i++) {
		if (!g_ascii_isdigit(text[i]))
			return false;
		value = value * 10 + (text[i] - '0');
	}
	*value_out = value;
	return true;
}

static int month_days(int year, int month)
{
	return (int)(zone_days(year, month + 1, 1) - zone_days(year, month, 1));
}

static bool parse_date(const char *text, struct meeting_fields *fields_out)
{
	return digits(text, 4, &fields_out->year) && digits(text + 4, 2, &fields_out->month) &&
	       digits(text + 6, 2, &fields_out->day) && fields_out->year >= 1 &&
	       fields_out->month >= 1 && fields_out->month <= 12 && fields_out->day >= 1 &&
	       fields_out->day <= month_days(fields_out->year, fields_out->month);
}

bool value_parse_time(const char *text, struct meeting_time *time_out)
{
	struct meeting_time time = { .kind = MEETING_TIME_DATE };
	struct meeting_fields *f = &time.fields;
	size_t len;

	*time_out = (struct meeting_time){ .kind = MEETING_TIME_NONE };
	while (g_ascii_isspace(*text))
		text++;
	len = strlen(text);
	while (len > 0 && g_ascii_isspace(text[len - 1]))
		len--;
	if (len < 8 || !parse_date(text, f))
		return false;
	if (len > 8) {
		if (len < 13 || g_ascii_toupper(text[8]) != 'T' || !digits(text + 9, 2, &f->hour) ||
		    !digits(text + 11, 2, &f->minute) || f->hour > 23 || f->minute > 59)
			return false;
		text += 13;
		len -= 13;
		if (len >= 2 && digits(text, 2, &f->second)) {
			text += 2;
			len -= 2;
		}
		f->second = MIN(f->second, 59); /* a leap second */
		if (len > 1 || (len == 1 && g_ascii_toupper(*text) != 'Z'))
			return false;
		time.kind = len == 1 ? MEETING_TIME_UTC : MEETING_TIME_FLOATING;
	}
	time.instant = zone_seconds(f);
	*time_out = time;
	return true;
}

void value_place(struct meeting_time *time, const struct zone *zone, const char *zone_name)
{
	time->zone_name = zone_name;
	if (zone == NULL) {
		time->kind = MEETING_TIME_UNKNOWN_ZONE;
		return;
	}
	time->kind = MEETING_TIME_ZONED;
	time->zone = zone;
	time->instant = zone_instant(zone, &time->fields, NULL);
}

bool value_read_time(struct arena *arena, const struct property *property, const char *text,
		     struct zone_book *book, struct meeting_time *time_out)
{
	const char *tzid, *type;

	if (!value_parse_time(text, time_out))
		return false;
	type = property_param(arena, property, "VALUE");
	if (type != NULL && g_ascii_strcasecmp(type, "DATE") == 0 && time_out->kind != MEETING_TIME_DATE) {
		/* a date written with a time: the label says what was meant */
		time_out->kind = MEETING_TIME_DATE;
		time_out->fields.hour = time_out->fields.minute = time_out->fields.second = 0;
		time_out->instant = zone_seconds(&time_out->fields);
	}
	tzid = time_out->kind == MEETING_TIME_FLOATING ? property_param(arena, property, "TZID") : NULL;
	if (tzid != NULL && *tzid != '\0')
		value_place(time_out, zone_book_find(book, tzid), tzid);
	return true;
}

bool value_parse_duration(const char *text, struct value_duration *duration_out)
{
	struct value_duration duration = { 0 };
	bool negative = *text == '-', time = false, any = false;

	if (*text == '+' || *text == '-')
		text++;
	if (*text != 'P' && *text != 'p')
		return false;
	for (text++; *text != '\0' && !g_ascii_isspace(*text); text++) {
		size_t len = strspn(text, "0123456789");
		uint64_t value;

		if (*text == 'T' || *text == 't') {
			time = true;
			continue;
		}
		if (!number_parse(slice_of(text, len), 0, 100000000, &value))
			return false;
		text += len;
		any = true;
		switch (g_ascii_toupper(*text)) {
		case 'W':
			duration.days += 7 * (int64_t)value;
			break;
		case 'D':
			duration.days += (int64_t)value;
			break;
		case 'H':
			duration.seconds += 3600 * (int64_t)value;
			break;
		case 'M':
			duration.seconds += 60 * (int64_t)value;
			break;
		case 'S':
			duration.seconds += (int64_t)value;
			break;
		default:
			return false;
		}
	}
	if (negative) {
		duration.days = -duration.days;
		duration.seconds = -duration.seconds;
	}
	*duration_out = duration;
	return any || time;
}

static bool is_midnight(const struct meeting_time *time)
{
	return time->fields.hour == 0 && time->fields.minute == 0 && time->fields.second == 0;
}

struct meeting_time value_at_wall(const struct meeting_time *like, int64_t wall)
{
	struct meeting_time time = *like;

	zone_fields(wall, &time.fields);
	time.instant = time.kind == MEETING_TIME_ZONED ? zone_instant(time.zone, &time.fields, NULL) : wall;
	time.whole_day = time.whole_day && is_midnight(&time);
	return time;
}

struct meeting_time value_at_instant(const struct meeting_time *like, int64_t instant)
{
	struct meeting_time time = *like;
	struct zone_local local;

	time.instant = instant;
	if (time.kind == MEETING_TIME_ZONED) {
		zone_local(time.zone, instant, &local);
		time.fields = local.fields;
	} else {
		zone_fields(instant, &time.fields);
	}
	time.whole_day = time.whole_day && is_midnight(&time);
	return time;
}

struct meeting_time value_add_duration(const struct meeting_time *time,
				       const struct value_duration *duration)
{
	struct meeting_time later = *time;

	if (duration->days > 0)
		later = value_at_wall(time, zone_seconds(&time->fields) + duration->days * 86400);
	if (duration->seconds > 0 && later.kind != MEETING_TIME_DATE)
		later = value_at_instant(&later, later.instant + duration->seconds);
	else if (duration->seconds > 0) /* PT24H of an all-day event */
		later = value_at_wall(&later, later.instant + (duration->seconds + 86399) / 86400 * 86400);
	return later;
}

struct meeting_time value_end_from(const struct meeting_event *event, const struct meeting_time *start)
{
	int64_t wall = zone_seconds(&start->fields);

	if (event->start.whole_day) /* a day on which the clocks change is no 24 hours */
		return value_at_wall(start, wall + zone_seconds(&event->end.fields) - zone_seconds(&event->start.fields));
	if (start->kind == MEETING_TIME_DATE || (event->start.kind == MEETING_TIME_ZONED && event->duration % 86400 == 0))
		return value_at_wall(start, wall + event->duration);
	return value_at_instant(start, start->instant + event->duration);
}

bool value_take_day(struct meeting_time *time, const struct meeting_time *like)
{
	struct meeting_time day = *time;

	if (day.kind == MEETING_TIME_NONE || day.kind == MEETING_TIME_DATE)
		return false;
	if (day.kind == MEETING_TIME_UTC && like->kind == MEETING_TIME_ZONED)
		day = value_at_instant(like, day.instant);
	if (!is_midnight(&day))
		return false;
	*time = day;
	time->whole_day = true;
	return true;
}

char *value_address(struct arena *arena, const char *value)
{
	const char *at = value;
	g_autofree char *decoded = NULL;
	char *text;
	size_t len;

	for (const char *c = value; *c != '\0'; c++)
		if (g_ascii_strncasecmp(c, "mailto:", 7) == 0)
			at = c + 7;
	if (at == value && strchr(value, ':') != NULL)
		return arena_copy(arena, "", 0); /* urn:uuid:, https:, ...: no mail address */
	while (g_ascii_isspace(*at) || *at == '"' || *at == '<' || *at == '\'')
		at++;
	len = strcspn(at, "?\">' \t");
	decoded = g_uri_unescape_segment(at, at + len, NULL);
	text = decoded != NULL && g_utf8_validate(decoded, -1, NULL) ? arena_copy(arena, decoded, strlen(decoded))
								     : arena_copy(arena, at, len);
	for (const char *c = text; *c != '\0'; c++)
		if ((unsigned char)*c <= 0x20 || *c == 0x7f || strchr("<>\"(),;:\\[]", *c) != NULL)
			return arena_copy(arena, "", 0);
	return strchr(text, '@') != NULL ? text : arena_copy(arena, "", 0);
}

char *value_format_utc(struct arena *arena, int64_t instant)
{
	struct meeting_fields f;

	zone_fields(instant, &f);
	return arena_printf(arena, "%04d%02d%02dT%02d%02d%02dZ", f.year, f.month, f.day, f.hour,
			    f.minute, f.second);
}

char *value_format_time(struct arena *arena, const struct meeting_time *time, const char **params_out)
{
	const struct meeting_fields *f = &time->fields;
	struct property property = { .params = "" };

	*params_out = "";
	if (time->kind == MEETING_TIME_DATE) {
		*params_out = ";VALUE=DATE";
		return arena_printf(arena, "%04d%02d%02d", f->year, f->month, f->day);
	}
	if (time->kind == MEETING_TIME_UTC)
		return value_format_utc(arena, time->instant);
	if (time->kind == MEETING_TIME_ZONED || time->kind == MEETING_TIME_UNKNOWN_ZONE) {
		property_set_param(arena, &property, "TZID",
				   time->zone_name != NULL ? time->zone_name : zone_name(time->zone));
		*params_out = property.params;
	}
	return arena_printf(arena, "%04d%02d%02dT%02d%02d%02d", f->year, f->month, f->day, f->hour,
			    f->minute, f->second);
}
