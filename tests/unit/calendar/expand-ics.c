/* Prints the starts of recurring meetings, for compare-expanders: one line a file,
 * its name and at most 60 starts of the series itself on its own wall clock. */
#include "calendar/recur.h"
#include "calendar/zone.h"

#include <stdio.h>

static void print_starts(const char *path, const struct meeting *meeting)
{
	struct meeting_span all = { INT64_MIN, MEETING_FOREVER };
	struct recur_iterator *iterator = recur_open(meeting, all, NULL);
	struct recur_occurrence o;

	printf("%s", path);
	for (int count = 0; count < 60 && recur_next(iterator, &o) == 1;) {
		const struct meeting_fields *f = &o.start.fields;

		if (o.event != meeting->master)
			continue;
		printf(" %04d%02d%02dT%02d%02d%02d", f->year, f->month, f->day, f->hour, f->minute, f->second);
		count++;
	}
	printf("\n");
	recur_close(&iterator);
}

int main(int argc, char **argv)
{
	zone_init();
	for (int i = 1; i < argc; i++) {
		g_autofree char *data = NULL;
		struct meeting *meeting = NULL;
		gsize len;

		if (g_file_get_contents(argv[i], &data, &len, NULL))
			meeting = meeting_parse(slice_of(data, len), NULL, NULL);
		if (meeting != NULL && meeting_is_recurring(meeting) &&
		    meeting->master->start.kind != MEETING_TIME_NONE)
			print_starts(argv[i], meeting);
		meeting_destroy(&meeting);
	}
	return 0;
}
