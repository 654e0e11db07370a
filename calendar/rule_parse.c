/* RRULE's value: KEY=VALUE;...  Keys nobody knows are passed over; a value out of
 * its range makes the rule unexpandable instead of something else than was meant. */
#include "base/arena.h"
#include "base/number.h"
#include "calendar/rule.h"
#include "calendar/value.h"

static const char *const frequencies[] = {
	"SECONDLY", "MINUTELY", "HOURLY", "DAILY", "WEEKLY", "MONTHLY", "YEARLY",
};
static const char weekday_words[] = "MOTUWETHFRSASU";

static bool parse_signed(const char *text, int limit, bool may_be_negative, int *value_out)
{
	bool negative = *text == '-';
	uint64_t value;

	if (*text == '+' || *text == '-')
		text++;
	if ((negative && !may_be_negative) || !number_parse(slice_from_string(text), 0, (uint64_t)limit, &value))
		return false;
	*value_out = negative ? -(int)value : (int)value;
	return true;
}

static bool parse_weekday(const char *text, int *weekday_out)
{
	for (int i = 0; i < 7; i++)
		if (g_ascii_strncasecmp(text, weekday_words + 2 * i, 2) == 0 && text[2] == '\0') {
			*weekday_out = i + 1;
			return true;
		}
	return false;
}

static bool parse_by_day(struct arena *arena, const char *value, struct meeting_rule *rule)
{
	g_auto(GStrv) words = g_strsplit(value, ",", 400);
	struct meeting_weekday *list = arena_new_array(arena, struct meeting_weekday, g_strv_length(words));
	size_t count = 0;

	for (char **word = words; *word != NULL; word++) {
		const char *text = g_strstrip(*word);
		size_t len = strlen(text);
		int weekday, nth = 0;
		g_autofree char *number = NULL;

		if (len < 2 || !parse_weekday(text + len - 2, &weekday))
			return false;
		number = g_strndup(text, len - 2);
		if (len > 2 && (!parse_signed(number, 53, true, &nth) || nth == 0))
			return false;
		list[count++] = (struct meeting_weekday){ (int8_t)weekday, (int8_t)nth };
	}
	rule->by_day = list;
	rule->by_day_count = count;
	return count > 0;
}

static bool parse_numbers(struct arena *arena, const char *value, int min, int max,
			  struct meeting_numbers *numbers_out)
{
	g_auto(GStrv) words = g_strsplit(value, ",", 800);
	int16_t *list = arena_new_array(arena, int16_t, g_strv_length(words));
	size_t count = 0;

	for (char **word = words; *word != NULL; word++) {
		int number;

		if (!parse_signed(g_strstrip(*word), max, min < 0, &number) || (number == 0 && min != 0))
			return false;
		list[count++] = (int16_t)number;
	}
	*numbers_out = (struct meeting_numbers){ list, count };
	return count > 0;
}

static bool parse_frequency(const char *value, struct meeting_rule *rule)
{
	for (size_t i = 0; i < G_N_ELEMENTS(frequencies); i++)
		if (g_ascii_strcasecmp(value, frequencies[i]) == 0) {
			rule->frequency = (enum meeting_frequency)i;
			return true;
		}
	return false;
}

static bool parse_scalar(const char *key, const char *value, struct meeting_rule *rule, bool *known_out)
{
	uint64_t number;

	*known_out = true;
	if (strcmp(key, "INTERVAL") == 0) {
		if (!number_parse(slice_from_string(value), 1, 100000, &number))
			return false;
		rule->interval = (uint32_t)number;
	} else if (strcmp(key, "COUNT") == 0) {
		if (!number_parse(slice_from_string(value), 1, UINT32_MAX, &number))
			return false;
		rule->count = (uint32_t)number;
	} else if (strcmp(key, "UNTIL") == 0) {
		return value_parse_time(value, &rule->until);
	} else if (strcmp(key, "WKST") == 0) {
		return parse_weekday(value, &rule->week_start);
	} else if (strcmp(key, "RSCALE") == 0) {
		return g_ascii_strcasecmp(value, "GREGORIAN") == 0;
	} else {
		*known_out = false;
	}
	return true;
}

static bool parse_list(struct arena *arena, const char *key, const char *value, struct meeting_rule *rule)
{
	const struct {
		const char *key;
		int min, max;
		struct meeting_numbers *numbers;
	} lists[] = {
		{ "BYMONTH", 1, 12, &rule->by_month },
		{ "BYMONTHDAY", -31, 31, &rule->by_month_day },
		{ "BYYEARDAY", -366, 366, &rule->by_year_day },
		{ "BYWEEKNO", -53, 53, &rule->by_week_number },
		{ "BYSETPOS", -366, 366, &rule->by_set_position },
		{ "BYHOUR", 0, 23, &rule->by_hour },
		{ "BYMINUTE", 0, 59, &rule->by_minute },
		{ "BYSECOND", 0, 60, &rule->by_second },
	};

	if (strcmp(key, "BYDAY") == 0)
		return parse_by_day(arena, value, rule);
	for (size_t i = 0; i < G_N_ELEMENTS(lists); i++)
		if (strcmp(key, lists[i].key) == 0)
			return parse_numbers(arena, value, lists[i].min, lists[i].max, lists[i].numbers);
	return true;
}

/* Some producers write a rule as if it were text: "FREQ=DAILY\;COUNT=10". */
static char *without_backslashes(const char *value)
{
	char *clean = g_strdup(value), *to = clean;

	for (const char *from = value; *from != '\0'; from++)
		if (*from != '\\')
			*to++ = *from;
	*to = '\0';
	return clean;
}

bool rule_parse(struct arena *arena, const char *value, struct meeting_rule *rule_out)
{
	struct meeting_rule rule = { .text = value, .interval = 1, .week_start = 1, .expandable = true };
	g_auto(GStrv) parts = NULL;
	g_autofree char *clean = NULL;
	bool has_frequency = false;

	if (strlen(value) > 8192)
		return false;
	clean = without_backslashes(value);
	parts = g_strsplit(clean, ";", 64);
	for (char **part = parts; *part != NULL; part++) {
		char *equals = strchr(*part, '=');
		g_autofree char *key = NULL;
		const char *word;
		bool known;

		if (equals == NULL)
			continue;
		*equals = '\0';
		key = g_ascii_strup(g_strstrip(*part), -1);
		word = g_strstrip(equals + 1);
		if (strcmp(key, "FREQ") == 0)
			has_frequency = parse_frequency(word, &rule);
		else if (!parse_scalar(key, word, &rule, &known) ||
			 (!known && !parse_list(arena, key, word, &rule)))
			rule.expandable = false;
	}
	if (!has_frequency)
		return false;
	if (rule.frequency < MEETING_DAILY)
		rule.expandable = false;
	*rule_out = rule;
	return true;
}
