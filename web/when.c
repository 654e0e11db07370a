#include "web/when.h"

#include "base/number.h"
#include "calendar/link.h"

typedef void (*append_fn)(GString *out, const struct words *words, const struct meeting_fields *fields);

static char *keep(const struct when *when, GString *text)
{
	char *copy = arena_copy(when->arena, text->str, text->len);

	g_string_free(text, TRUE);
	return copy;
}

static bool has_clock(const struct meeting_time *time)
{
	return !meeting_time_is_day(time) && time->kind != MEETING_TIME_NONE;
}

static bool has_zone(const struct meeting_time *time)
{
	return time->kind == MEETING_TIME_UTC || time->kind == MEETING_TIME_ZONED;
}

static bool same_day(const struct meeting_fields *a, const struct meeting_fields *b)
{
	return a->year == b->year && a->month == b->month && a->day == b->day;
}

/* The datetime attribute: with the offset where there is one (HTML 4.4.15). */
static char *iso(const struct when *when, const struct meeting_time *time,
		 const struct meeting_fields *f, const struct zone *zone)
{
	GString *out = g_string_new(NULL);

	g_string_append_printf(out, "%04d-%02d-%02d", f->year, f->month, f->day);
	if (has_clock(time))
		g_string_append_printf(out, "T%02d:%02d", f->hour, f->minute);
	if (has_clock(time) && f->second != 0)
		g_string_append_printf(out, ":%02d", f->second);
	if (has_clock(time) && has_zone(time)) {
		int offset = zone_offset(zone, time->instant);

		g_string_append_printf(out, "%c%02d:%02d", offset < 0 ? '-' : '+', ABS(offset) / 3600,
				       ABS(offset) / 60 % 60);
	}
	return keep(when, out);
}

/* The day before, for the end of an all-day event, which is exclusive in a calendar. */
static struct meeting_fields day_before(const struct meeting_fields *fields)
{
	struct meeting_fields before;

	zone_fields((zone_days(fields->year, fields->month, fields->day) - 1) * 86400, &before);
	return before;
}

static char *clock_text(const struct when *when, const struct meeting_fields *fields,
			const struct meeting_fields *day_known)
{
	GString *out = g_string_new(NULL);

	if (day_known == NULL || !same_day(fields, day_known)) {
		dates_append_day(out, when->words, fields);
		g_string_append(out, ", ");
	}
	dates_append_time(out, when->words, fields);
	return keep(when, out);
}

static char *day_text(const struct when *when, const struct meeting_fields *fields)
{
	GString *out = g_string_new(NULL);

	dates_append_day(out, when->words, fields);
	return keep(when, out);
}

static void span_of_days(const struct when *when, const struct meeting_time *start,
			 const struct meeting_time *end, struct page_when *out)
{
	struct meeting_fields last = day_before(&end->fields);
	bool one_day = zone_seconds(&end->fields) <= zone_seconds(&start->fields) + 86400;

	out->start = day_text(when, &start->fields);
	out->start_iso = iso(when, start, &start->fields, NULL);
	if (one_day) {
		out->all_day = words_get(when->words, "all day");
	} else {
		out->end = day_text(when, &last);
		out->end_iso = iso(when, end, &last, NULL);
	}
}

/* day_known: a day that need not be said again; NULL: none. */
static void span_of_hours(const struct when *when, const struct meeting_time *start,
			  const struct meeting_time *end, const struct meeting_fields *day_known,
			  struct page_when *out)
{
	struct meeting_fields first, last;

	dates_fields(start, when->zone, &first);
	dates_fields(end, when->zone, &last);
	out->start = clock_text(when, &first, day_known);
	out->start_iso = iso(when, start, &first, when->zone);
	if (end->instant > start->instant) {
		out->end = clock_text(when, &last, &first);
		out->end_iso = iso(when, end, &last, when->zone);
	}
	if (has_zone(start)) {
		GString *zone = g_string_new(NULL);

		dates_append_zone(zone, when->zone, start->instant);
		out->zone = keep(when, zone);
	}
}

void when_span(const struct when *when, const struct meeting_time *start,
	       const struct meeting_time *end, struct page_when *out)
{
	memset(out, 0, sizeof(*out));
	if (meeting_time_is_day(start))
		span_of_days(when, start, end, out);
	else if (start->kind != MEETING_TIME_NONE)
		span_of_hours(when, start, end, NULL, out);
}

void when_span_organizer(const struct when *when, const struct meeting_time *start,
			 const struct meeting_time *end, struct page_when *out)
{
	struct when theirs = *when;
	struct meeting_fields day;

	memset(out, 0, sizeof(*out));
	if (start->kind != MEETING_TIME_ZONED || start->whole_day ||
	    zone_same_between(start->zone, when->zone, start->instant, end->instant))
		return;
	theirs.zone = start->zone;
	dates_fields(start, when->zone, &day);
	span_of_hours(&theirs, start, end, &day, out);
}

const char *when_note(const struct when *when, const struct meeting_time *start)
{
	char *text, *kept;

	if (start->whole_day)
		return NULL;
	switch (start->kind) {
	case MEETING_TIME_FLOATING:
		return words_get(when->words, "The time is that of wherever you are: no time zone is given.");
	case MEETING_TIME_UNKNOWN_ZONE:
		text = words_filled(words_get(when->words, "The time zone “{zone}” is not known here; the time "
							   "is shown as it was written."),
				    "zone", start->zone_name != NULL ? start->zone_name : "?", NULL);
		kept = arena_copy(when->arena, text, strlen(text));
		g_free(text);
		return kept;
	default:
		return NULL;
	}
}

static struct meeting_time instant_time(int64_t seconds)
{
	struct meeting_time time = { .kind = MEETING_TIME_UTC, .instant = seconds };

	zone_fields(seconds, &time.fields);
	return time;
}

char *when_moment(const struct when *when, int64_t seconds, char **iso_out)
{
	struct meeting_time time = instant_time(seconds);
	struct meeting_fields fields;
	GString *out = g_string_new(NULL);

	dates_fields(&time, when->zone, &fields);
	dates_append_date(out, when->words, &fields);
	g_string_append(out, ", ");
	dates_append_time(out, when->words, &fields);
	*iso_out = iso(when, &time, &fields, when->zone);
	return keep(when, out);
}

char *when_span_text(const struct when *when, const struct meeting_time *start,
		     const struct meeting_time *end)
{
	GString *out = g_string_new(NULL);

	dates_append_span(out, when->words, start, end, when->zone);
	return keep(when, out);
}

/* ---- forms and addresses ---- */

char *when_form_value(const struct when *when, const struct meeting_time *time)
{
	struct meeting_fields f;

	dates_fields(time, when->zone, &f);
	return arena_printf(when->arena, "%04d-%02d-%02dT%02d:%02d", f.year, f.month, f.day, f.hour,
			    f.minute);
}

/* Digits of `text` by a picture: each letter of YMDhms takes one digit of its field, every
 * other character stands for itself. */
static bool read_picture(const char *text, const char *picture, struct meeting_fields *f)
{
	memset(f, 0, sizeof(*f));
	for (; *picture != '\0'; picture++, text++) {
		int *field = *picture == 'Y' ? &f->year : *picture == 'M' ? &f->month
			   : *picture == 'D' ? &f->day : *picture == 'h' ? &f->hour
			   : *picture == 'm' ? &f->minute : *picture == 's' ? &f->second : NULL;

		if (field == NULL ? *text != *picture : !g_ascii_isdigit(*text))
			return false;
		if (field != NULL)
			*field = *field * 10 + (*text - '0');
	}
	return *text == '\0';
}

static bool fields_are_real(const struct meeting_fields *f)
{
	struct meeting_fields again;

	zone_fields(zone_seconds(f), &again);
	return f->year >= 1900 && f->year <= 2200 && f->hour < 24 && f->minute < 60 && f->second < 60 &&
	       f->month >= 1 && f->month <= 12 && same_day(f, &again);
}

bool when_form_parse(const char *text, const struct zone *zone, bool all_day,
		     struct meeting_time *time_out)
{
	struct meeting_time time = { .kind = all_day ? MEETING_TIME_DATE : MEETING_TIME_ZONED };
	struct meeting_fields *f = &time.fields;

	if (!read_picture(text, "YYYY-MM-DDThh:mm", f) && !read_picture(text, "YYYY-MM-DDThh:mm:ss", f) &&
	    !(all_day && read_picture(text, "YYYY-MM-DD", f)))
		return false;
	if (!fields_are_real(f))
		return false;
	if (all_day) {
		f->hour = f->minute = f->second = 0;
		time.instant = zone_seconds(f);
	} else {
		time.zone = zone;
		time.zone_name = zone_name(zone);
		time.instant = zone_instant(zone, f, NULL);
		if (zone == zone_utc())
			time.kind = MEETING_TIME_UTC;
	}
	*time_out = time;
	return true;
}

char *when_occurrence_query(const struct when *when, const struct meeting_time *recurrence_id)
{
	g_autofree char *name = link_occurrence(recurrence_id);

	return arena_copy(when->arena, name, strlen(name));
}
