/* The row "When": the reader's clock first, then the organizer's where it is another,
 * the old time, the recurrence.  What has no zone is never moved and said so. */
#include "calendar/card.h"

#include "calendar/dates.h"
#include "calendar/recur.h"
#include "calendar/sentence.h"
#include "calendar/value.h"
#include "calendar/zone.h"

#define NEXT_DATES 3

static bool is_instant(const struct meeting_time *time)
{
	return time->kind == MEETING_TIME_UTC || time->kind == MEETING_TIME_ZONED;
}

static const struct zone *reader_zone(const struct card_source *source)
{
	return source->input->zone != NULL ? source->input->zone : zone_utc();
}

/* When it was to be; for one date of a series that had no time of its own yet, where the
 * series had put it. */
static char *old_span(const struct card_source *source)
{
	const struct meeting_event *before = source->before;
	const struct meeting_time *id = &source->event->recurrence_id;
	struct meeting_time start = before->start, end = before->end;
	GString *out = g_string_new(NULL);

	if (id->kind != MEETING_TIME_NONE && before->recurrence_id.kind == MEETING_TIME_NONE) {
		start = *id;
		if (before->start.whole_day)
			value_take_day(&start, &before->start);
		end = value_end_from(before, &start);
	}
	dates_append_span(out, source->words, &start, &end, reader_zone(source));
	return g_string_free(out, FALSE);
}

/* What stands behind the time: the zone, or why there is none. */
static void append_place(GString *out, const struct card_source *source,
			 const struct meeting_time *start)
{
	g_autofree char *name = card_clean_line(start->zone_name != NULL ? start->zone_name : "", 60);

	if (meeting_time_is_day(start))
		return;
	g_string_append_c(out, ' ');
	if (is_instant(start)) {
		g_string_append_c(out, '(');
		dates_append_zone(out, reader_zone(source), start->instant);
		g_string_append_c(out, ')');
	} else if (start->kind == MEETING_TIME_FLOATING) {
		g_string_append(out, words_get(source->words, "(no time zone: this clock time wherever you are)"));
	} else if (start->kind == MEETING_TIME_UNKNOWN_ZONE) {
		words_fill(out, words_get(source->words, "(time zone \"{zone}\" is not known here: this is the "
					  "time as the sender wrote it)"), "zone", name, NULL);
	} else {
		g_string_truncate(out, out->len - 1);
	}
}

static void add_start(struct card_row *row, const struct card_source *source)
{
	GString *out = g_string_new(NULL);
	const struct meeting_event *event = source->event;

	dates_append_span(out, source->words, &event->start, &event->end, reader_zone(source));
	append_place(out, source, &event->start);
	card_line(row, CARD_PLAIN, g_string_free(out, FALSE));
}

static void add_organizer_clock(struct card_row *row, const struct card_source *source)
{
	const struct meeting_event *event = source->event;
	const struct zone *zone = event->start.zone;
	g_autoptr(GString) span = g_string_new(NULL);
	g_autofree char *name = NULL;
	struct meeting_fields mine;

	/* a proposal's zone is that of who proposes; the organizer reads it */
	if (event->start.kind != MEETING_TIME_ZONED || event->start.whole_day ||
	    source->input->decision->kind == ITIP_KIND_COUNTER)
		return;
	if (zone_offset(zone, event->start.instant) ==
		    zone_offset(reader_zone(source), event->start.instant) &&
	    zone_offset(zone, event->end.instant) == zone_offset(reader_zone(source), event->end.instant))
		return;
	dates_fields(&event->start, reader_zone(source), &mine);
	dates_append_span_beside(span, source->words, &event->start, &event->end, zone, &mine);
	name = card_clean_line(zone_name(zone), 60);
	card_line(row, CARD_QUIET,
		  words_filled(words_get(source->words, "for the organizer {time} ({zone})"), "time",
			       span->str, "zone", name, NULL));
}

static void add_old_time(struct card_row *row, const struct card_source *source)
{
	const struct itip_decision *decision = source->input->decision;
	g_autofree char *old = NULL;
	const char *form;

	if (source->before == NULL || !(source->changed & ITIP_CHANGED_TIME) ||
	    source->before->start.kind == MEETING_TIME_NONE)
		return;
	old = old_span(source);
	form = decision->kind == ITIP_KIND_COUNTER ? words_get(source->words, "now planned: {old}")
						   : words_get(source->words, "was: {old}");
	card_line(row, CARD_QUIET, words_filled(form, "old", old, NULL));
}

/* For one date of a series: which one it is. */
static void add_occurrence(struct card_row *row, const struct card_source *source)
{
	const struct meeting_event *event = source->event;
	const struct meeting_time *id = &event->recurrence_id;
	bool known_move = row->lines->len > 1 && source->before != NULL &&
			  (source->changed & ITIP_CHANGED_TIME);
	g_autoptr(GString) day = g_string_new(NULL);
	const char *form;

	if (id->kind == MEETING_TIME_NONE)
		return;
	form = event->this_and_future ? words_get(source->words, "this date of a series and all after it")
				      : words_get(source->words, "this date of a series only");
	card_line(row, CARD_QUIET, g_strdup(form));
	if (meeting_time_equal(id, &event->start) || known_move ||
	    source->input->decision->kind == ITIP_KIND_OCCURRENCE_CANCELLED)
		return;
	dates_append_span(day, source->words, id, id, reader_zone(source));
	card_line(row, CARD_QUIET,
		  words_filled(words_get(source->words, "moved from {old}"), "old", day->str, NULL));
}

static void append_next(GString *out, const struct card_source *source)
{
	struct recur_occurrence found[NEXT_DATES + 1];
	const struct meeting_event *event = source->event;
	size_t count = recur_upcoming(source->meeting, MAX(source->input->now, event->start.instant),
				      reader_zone(source), found, G_N_ELEMENTS(found));
	g_autoptr(GString) list = g_string_new(NULL);
	struct meeting_fields first, fields;
	unsigned shown = 0;

	dates_fields(&event->start, reader_zone(source), &first);
	for (size_t i = 0; i < count && shown < NEXT_DATES; i++) {
		if (meeting_time_equal(&found[i].start, &event->start))
			continue;
		dates_fields(&found[i].start, reader_zone(source), &fields);
		g_string_append(list, shown++ > 0 ? ", " : "");
		dates_append_short(list, source->words, &fields, first.year);
		if (!meeting_time_is_day(&found[i].start) &&
		    (fields.hour != first.hour || fields.minute != first.minute)) {
			g_string_append_c(list, ' ');
			dates_append_time(list, source->words, &fields);
		}
	}
	if (shown > 0)
		words_fill(out, words_get(source->words, "; next {dates}"), "dates", list->str, NULL);
}

static void add_recurrence(struct card_row *row, const struct card_source *source)
{
	GString *out;
	const struct meeting_event *event = source->event;
	g_autoptr(GString) old = g_string_new(NULL);

	if (event->recurrence_id.kind != MEETING_TIME_NONE)
		return;
	if (source->before != NULL && (source->changed & ITIP_CHANGED_RULE))
		sentence_append(old, source->words, source->before, reader_zone(source),
				source->input->now);
	out = g_string_new(NULL);
	sentence_append(out, source->words, event, reader_zone(source), source->input->now);
	if (out->len > 0 && !card_is_off(source->input->decision->kind))
		append_next(out, source);
	if (out->len > 0)
		card_line(row, CARD_PLAIN, g_string_free(out, FALSE));
	else
		g_string_free(out, TRUE);
	if (old->len > 0)
		card_line(row, CARD_QUIET,
			  words_filled(words_get(source->words, "was: {old}"), "old", old->str, NULL));
}

void card_add_when(struct card *card, const struct card_source *source)
{
	struct card_row *row;
	const char *label = source->event->is_task ? words_get(source->words, "Due")
						: words_get(source->words, "When");

	if (source->event->start.kind == MEETING_TIME_NONE)
		return;
	row = card_row(card, label);
	add_start(row, source);
	add_organizer_clock(row, source);
	add_old_time(row, source);
	add_occurrence(row, source);
	add_recurrence(row, source);
}
