/* Days as the calendar's pages count them: since 1970-01-01, on the reader's clock. */
#ifndef WEB_DAYS_H
#define WEB_DAYS_H

#include "calendar/dates.h"

struct date {
	int year, month, day; /* month and day from 1 */
	int weekday;          /* 1 = Monday .. 7 = Sunday */
};

struct date date_of(int days);
/* A month of 0 or 13 and a day out of its month carry over. */
int date_days(int year, int month, int day);
/* "2026-05-05" exactly, from year 1900 to 2200; false for anything else. */
bool days_parse(const char *text, int *days_out);
char *date_iso(int days);

/* In words; g_free() them.  "Tuesday, 5 May 2026"; "5 May", with the year when it
 * is not `year`; "May 2026". */
char *day_long(const struct words *words, int days);
char *day_short(const struct words *words, int days, int year);
char *day_month(const struct words *words, int days);

#endif
