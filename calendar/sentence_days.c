/* Lists are sorted and said once, in the order of the week or the month, whatever
 * order the rule has them in; runs of three days and more become "8th to 14th". */
#include "calendar/sentence_days.h"

#include "calendar/dates.h"

GPtrArray *sentence_list(void)
{
	return g_ptr_array_new_with_free_func(g_free);
}

void sentence_list_add(GPtrArray *list, const char *text)
{
	g_ptr_array_add(list, g_strdup(text));
}

/* "1st": the day of a month, or the number in a row. */
char *sentence_ordinal(const struct words *words, int n)
{
	struct words_number number;
	const char *form;

	if (n % 10 == 1 && n % 100 != 11)
		form = words_get_in(words, "ordinal", "{n}st");
	else if (n % 10 == 2 && n % 100 != 12)
		form = words_get_in(words, "ordinal", "{n}nd");
	else if (n % 10 == 3 && n % 100 != 13)
		form = words_get_in(words, "ordinal", "{n}rd");
	else
		form = words_get_in(words, "ordinal", "{n}th");
	return words_filled(form, "n", words_number(&number, n), NULL);
}

/* "second", "last", "second to last", "20th", "10th to last": as in "on the ... Tuesday". */
char *sentence_position(const struct words *words, int n)
{
	static const char *const front[] = {
		NC_("position", "first"), NC_("position", "second"), NC_("position", "third"),
		NC_("position", "fourth"), NC_("position", "fifth"),
	};
	static const char *const back[] = {
		NC_("position", "last"), NC_("position", "second to last"),
		NC_("position", "third to last"), NC_("position", "fourth to last"),
		NC_("position", "fifth to last"),
	};
	g_autofree char *numbered = NULL;

	g_assert(n != 0);
	if (n > 0 && n <= 5)
		return g_strdup(words_get_in(words, "position", front[n - 1]));
	if (n < 0 && n >= -5)
		return g_strdup(words_get_in(words, "position", back[-n - 1]));
	numbered = sentence_ordinal(words, ABS(n));
	if (n > 0)
		return g_steal_pointer(&numbered);
	return words_filled(words_get_in(words, "position", "{nth} to last"), "nth", numbered, NULL);
}

/* A set of weekdays as bits 1..7; nth ones are left out. */
unsigned sentence_weekday_bits(const struct meeting_rule *rule)
{
	unsigned bits = 0;

	for (size_t i = 0; i < rule->by_day_count; i++)
		if (rule->by_day[i].nth == 0)
			bits |= 1U << rule->by_day[i].weekday;
	return bits;
}

/* The names in the order of the week. */
static GPtrArray *weekday_names(const struct words *words, unsigned bits)
{
	GPtrArray *names = sentence_list();

	for (int day = 1; day <= 7; day++)
		if (bits & 1U << day)
			sentence_list_add(names, dates_weekday(words, day));
	return names;
}

char *sentence_weekdays_and(const struct words *words, unsigned bits)
{
	g_autoptr(GPtrArray) names = weekday_names(words, bits);

	return words_join_and(words, names);
}

char *sentence_weekdays_or(const struct words *words, unsigned bits)
{
	g_autoptr(GPtrArray) names = weekday_names(words, bits);

	return words_join_or(words, names);
}

char *sentence_months(const struct words *words, const struct meeting_numbers *months)
{
	g_autoptr(GPtrArray) names = sentence_list();

	for (int month = 1; month <= 12; month++)
		for (size_t i = 0; i < months->count; i++)
			if (months->at[i] == month) {
				sentence_list_add(names, dates_month(words, month));
				break;
			}
	return words_join_and(words, names);
}

bool sentence_all_in(const struct meeting_numbers *numbers, int low, int high)
{
	for (size_t i = 0; i < numbers->count; i++)
		if (numbers->at[i] < low || numbers->at[i] > high || numbers->at[i] == 0)
			return false;
	return true;
}

static int compare_numbers(const void *a, const void *b)
{
	return *(const int16_t *)a - *(const int16_t *)b;
}

/* A sorted copy without doubles; g_free() it. */
int16_t *sentence_sorted(const struct meeting_numbers *numbers, size_t *count_out)
{
	int16_t *list = g_memdup2(numbers->at, numbers->count * sizeof *list);
	size_t count = 0;

	if (numbers->count > 0)
		qsort(list, numbers->count, sizeof *list, compare_numbers);
	for (size_t i = 0; i < numbers->count; i++)
		if (count == 0 || list[count - 1] != list[i])
			list[count++] = list[i];
	*count_out = count;
	return list;
}

/* "1st", "15th", "8th to 14th", and from the end "last day", "second to last day". */
char *sentence_month_days(const struct words *words, const struct meeting_numbers *days)
{
	size_t count;
	g_autofree int16_t *list = sentence_sorted(days, &count);
	g_autoptr(GPtrArray) names = sentence_list();

	for (size_t i = 0; i < count;) {
		size_t run = i;
		g_autofree char *first = NULL;

		if (list[i] < 0) {
			i++;
			continue;
		}
		while (run + 1 < count && list[run + 1] == list[run] + 1)
			run++;
		first = sentence_ordinal(words, list[i]);
		if (run >= i + 2) {
			g_autofree char *last = sentence_ordinal(words, list[run]);

			g_ptr_array_add(names, words_filled(words_get_in(words, "days", "{from} to {to}"),
							    "from", first, "to", last, NULL));
			i = run + 1;
		} else {
			g_ptr_array_add(names, g_steal_pointer(&first));
			i++;
		}
	}
	for (size_t i = 0; i < count && list[i] < 0; i++) {
		g_autofree char *nth = sentence_position(words, list[i]);

		g_ptr_array_add(names, words_filled(words_get_in(words, "days", "{nth} day"), "nth", nth,
						    NULL));
	}
	return words_join_and(words, names);
}

/* "first and third Monday", "first Monday and last Friday": nth weekdays only. */
char *sentence_nth_weekdays(const struct words *words, const struct meeting_rule *rule)
{
	g_autoptr(GPtrArray) names = sentence_list();

	for (int day = 1; day <= 7; day++) {
		g_autoptr(GPtrArray) nths = sentence_list();
		g_autofree char *joined = NULL;

		for (size_t i = 0; i < rule->by_day_count; i++)
			if (rule->by_day[i].weekday == day)
				g_ptr_array_add(nths, sentence_position(words, rule->by_day[i].nth));
		if (nths->len == 0)
			continue;
		joined = words_join_and(words, nths);
		g_ptr_array_add(names, words_filled(words_get(words, "{nth} {weekday}"), "nth", joined,
						    "weekday", dates_weekday(words, day), NULL));
	}
	return words_join_and(words, names);
}

bool sentence_all_nth(const struct meeting_rule *rule)
{
	for (size_t i = 0; i < rule->by_day_count; i++)
		if (rule->by_day[i].nth == 0)
			return false;
	return rule->by_day_count > 0;
}

bool sentence_no_nth(const struct meeting_rule *rule)
{
	for (size_t i = 0; i < rule->by_day_count; i++)
		if (rule->by_day[i].nth != 0)
			return false;
	return true;
}

/* "last weekday (Monday to Friday)", "second Tuesday or Wednesday": the positions of
 * BYSETPOS in a set of weekdays. */
char *sentence_set_positions(const struct words *words, const struct meeting_rule *rule)
{
	unsigned bits = sentence_weekday_bits(rule);
	g_autoptr(GPtrArray) nths = sentence_list();
	g_autofree char *joined = NULL, *days = NULL;

	for (size_t i = 0; i < rule->by_set_position.count; i++)
		g_ptr_array_add(nths, sentence_position(words, rule->by_set_position.at[i]));
	joined = words_join_and(words, nths);
	if (bits == ALL_DAYS)
		return words_filled(words_get_in(words, "days", "{nth} day"), "nth", joined, NULL);
	if (bits == WORKING_DAYS)
		return words_filled(words_get(words, "{nth} weekday (Monday to Friday)"), "nth", joined,
				    NULL);
	if (bits == WEEKEND_DAYS)
		return words_filled(words_get(words, "{nth} weekend day"), "nth", joined, NULL);
	days = sentence_weekdays_or(words, bits);
	return words_filled(words_get(words, "{nth} {weekday}"), "nth", joined, "weekday", days, NULL);
}
