/* Words for the numbers and days inside a rule; only the sentence files use this. */
#ifndef CALENDAR_SENTENCE_DAYS_H
#define CALENDAR_SENTENCE_DAYS_H

#include "calendar/meeting.h"
#include "calendar/words.h"

/* Longer lists are no plain sentence any more. */
#define SENTENCE_MAX_NAMED 8

/* Sets of weekdays: bit 1 is Monday, bit 7 Sunday. */
#define ALL_DAYS 0xfeU
#define WORKING_DAYS 0x3eU
#define WEEKEND_DAYS 0xc0U

/* Strings that the list owns. */
GPtrArray *sentence_list(void);
void sentence_list_add(GPtrArray *list, const char *text);

/* "1st": the day of a month, or the number in a row. */
char *sentence_ordinal(const struct words *words, int n);
/* "second", "last", "second to last", "20th": as in "on the ... Tuesday".  n is not 0. */
char *sentence_position(const struct words *words, int n);

/* BYDAY without the ones that have an nth. */
unsigned sentence_weekday_bits(const struct meeting_rule *rule);
char *sentence_weekdays_and(const struct words *words, unsigned bits);
char *sentence_weekdays_or(const struct words *words, unsigned bits);
/* Whether all, or none, of BYDAY have an nth. */
bool sentence_all_nth(const struct meeting_rule *rule);
bool sentence_no_nth(const struct meeting_rule *rule);

/* "March and September" */
char *sentence_months(const struct words *words, const struct meeting_numbers *months);
/* "1st, 8th to 14th and last day" */
char *sentence_month_days(const struct words *words, const struct meeting_numbers *days);
/* "first and third Monday and last Friday" of a rule whose BYDAY all have an nth. */
char *sentence_nth_weekdays(const struct words *words, const struct meeting_rule *rule);
/* "last weekday (Monday to Friday)": BYSETPOS in a set of weekdays without nth. */
char *sentence_set_positions(const struct words *words, const struct meeting_rule *rule);

/* Whether all numbers are between low and high, and none is 0. */
bool sentence_all_in(const struct meeting_numbers *numbers, int low, int high);
/* A sorted copy without doubles; g_free() it. */
int16_t *sentence_sorted(const struct meeting_numbers *numbers, size_t *count_out);

#endif
