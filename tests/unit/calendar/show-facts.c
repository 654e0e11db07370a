/* Prints what we read out of calendars and mails, and what their rendering says, for
 * compare-facts: one JSON object a line and file.  A file that holds no meeting gives
 * no line. */
#include "calendar/recur.h"
#include "calendar/zone.h"

#include "mail_parts.h"
#include "render_case.h"

#include <stdio.h>

#define MAX_STARTS 40

static void print_string(const char *name, const char *text)
{
	if (name != NULL)
		printf("\"%s\":", name);
	if (text == NULL) {
		printf("null");
		return;
	}
	putchar('"');
	for (const char *p = text; *p != '\0'; p++) {
		if (*p == '"' || *p == '\\')
			printf("\\%c", *p);
		else if ((unsigned char)*p < 0x20)
			printf("\\u%04x", *p);
		else
			putchar(*p);
	}
	putchar('"');
}

static void print_time(const char *name, const struct meeting_time *time)
{
	static const char *const kinds[] = {
		[MEETING_TIME_NONE] = "none",	  [MEETING_TIME_UTC] = "utc",
		[MEETING_TIME_ZONED] = "zoned",	  [MEETING_TIME_FLOATING] = "floating",
		[MEETING_TIME_DATE] = "date",	  [MEETING_TIME_UNKNOWN_ZONE] = "unknown",
	};
	const struct meeting_fields *f = &time->fields;

	if (name != NULL)
		printf("\"%s\":", name);
	printf("{\"kind\":\"%s\",\"wall\":\"%04d%02d%02dT%02d%02d%02d\",\"instant\":%" G_GINT64_FORMAT ",",
	       kinds[time->kind], f->year, f->month, f->day, f->hour, f->minute, f->second, time->instant);
	print_string("zone", time->zone_name);
	putchar('}');
}

static void print_person(const struct meeting_person *person)
{
	putchar('{');
	print_string("address", person->address);
	putchar(',');
	print_string("name", person->name);
	putchar(',');
	print_string("partstat", meeting_partstat_name(person->partstat));
	putchar('}');
}

static void print_event(const struct meeting_event *event)
{
	putchar('{');
	print_string("summary", event->summary);
	putchar(',');
	print_string("location", event->location);
	putchar(',');
	print_string("description", event->description);
	putchar(',');
	print_string("status", event->status_name);
	printf(",\"sequence\":%u,", event->sequence);
	print_time("recurrence_id", &event->recurrence_id);
	putchar(',');
	print_time("start", &event->start);
	putchar(',');
	print_time("end", &event->end);
	printf(",\"organizer\":");
	if (event->has_organizer)
		print_person(&event->organizer);
	else
		printf("null");
	printf(",\"attendees\":[");
	for (size_t i = 0; i < event->attendee_count; i++) {
		printf(i > 0 ? "," : "");
		print_person(&event->attendees[i]);
	}
	printf("]}");
}

/* The first occurrences, those of exceptions among them, where each one stands. */
static void print_occurrences(const struct meeting *meeting)
{
	struct meeting_span all = { INT64_MIN, MEETING_FOREVER };
	struct recur_iterator *iterator;
	struct recur_occurrence o;

	printf("\"occurrences\":[");
	if (meeting->master == NULL || meeting->master->start.kind == MEETING_TIME_NONE) {
		printf("],");
		return;
	}
	iterator = recur_open(meeting, all, NULL);
	for (int count = 0; count < MAX_STARTS && recur_next(iterator, &o) == 1; count++) {
		printf(count > 0 ? "," : "");
		printf("{");
		print_time("start", &o.start);
		putchar(',');
		print_time("end", &o.end);
		printf(",\"override\":%s}", o.event != meeting->master ? "true" : "false");
	}
	recur_close(&iterator);
	printf("],");
}

static const char *other_than(const struct meeting_event *event, const char *organizer)
{
	for (size_t i = 0; i < event->attendee_count; i++)
		if (*event->attendees[i].address != '\0' &&
		    !meeting_address_equal(event->attendees[i].address, organizer))
			return event->attendees[i].address;
	return "nobody@example.test";
}

/* As its first attendee (of an answer: its organizer) reads it, in UTC and English. */
static void print_rendering(const struct meeting *meeting)
{
	const struct meeting_event *event = meeting_main_event(meeting);
	const char *organizer = event->has_organizer ? event->organizer.address : "organizer@example.test";
	const char *attendee = other_than(event, organizer);
	bool answer = meeting->method == MEETING_METHOD_REPLY || meeting->method == MEETING_METHOD_COUNTER;
	struct render_case c = { .incoming = meeting->ics, .from = answer ? attendee : organizer,
				 .reader = answer ? organizer : attendee, .locale = "en", .zone = "UTC",
				 .words_text = "", .words_html = "" };
	struct rendered rendered;

	print_string("reader", c.reader);
	putchar(',');
	if (!render_case_run(&c, &rendered))
		g_error("what was read is not read again");
	print_string("text", rendered.text->str);
	rendered_clear(&rendered);
}

static void print_meeting(const char *path, const struct meeting *meeting)
{
	putchar('{');
	print_string("path", path);
	putchar(',');
	print_string("method", meeting->method_name);
	putchar(',');
	print_string("uid", meeting->uid);
	printf(",\"events\":[");
	print_event(meeting_main_event(meeting));
	for (size_t i = meeting->master == NULL ? 1 : 0; i < meeting->override_count; i++) {
		putchar(',');
		print_event(meeting->overrides[i]);
	}
	printf("],");
	print_occurrences(meeting);
	print_rendering(meeting);
	printf("}\n");
}

/* A calendar by itself; else it is a mail. */
static bool is_calendar(const char *text)
{
	text += g_str_has_prefix(text, "\xef\xbb\xbf") ? 3 : 0;
	text += strspn(text, " \t\r\n");
	return g_ascii_strncasecmp(text, "BEGIN:V", 7) == 0;
}

static void show(const char *path, struct slice octets)
{
	struct meeting *meeting = is_calendar(octets.data) ? meeting_parse(octets, NULL, NULL) : NULL;
	g_autoptr(GPtrArray) owned = g_ptr_array_new_with_free_func(g_free);
	g_autoptr(GArray) parts = NULL;
	struct imip_found found;

	if (meeting != NULL) {
		if (!meeting_main_event(meeting)->is_task)
			print_meeting(path, meeting);
		meeting_destroy(&meeting);
		return;
	}
	parts = mail_parts(octets, owned);
	imip_find((const struct imip_part *)(void *)parts->data, parts->len, NULL, &found);
	if (found.verdict == IMIP_MEETING && !meeting_main_event(found.meeting)->is_task)
		print_meeting(path, found.meeting);
	imip_found_clear(&found);
}

int main(int argc, char **argv)
{
	zone_init();
	for (int i = 1; i < argc; i++) {
		g_autofree char *data = NULL;
		gsize len;

		if (g_file_get_contents(argv[i], &data, &len, NULL))
			show(argv[i], slice_of(data, len));
	}
	return 0;
}
