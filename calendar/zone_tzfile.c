/* The zone database's files (TZif, RFC 9636): the listed changes, and behind them
 * those that the rule at the file's end gives (POSIX TZ, with the extensions that
 * the database uses: hours beyond a day, summer time that is behind). */
#include "calendar/zone_table.h"

enum { DAY = 86400, HEADER = 44, MAX_CHANGES = 5000 };

struct counts {
	uint32_t utc, standard, leap, times, types, chars;
};

static int64_t read_number(const unsigned char *at, size_t octets)
{
	uint64_t value = 0;

	for (size_t i = 0; i < octets; i++)
		value = value << 8 | at[i];
	if (octets == 4)
		return (int32_t)(uint32_t)value;
	return (int64_t)value;
}

static bool read_header(struct slice file, size_t at, struct counts *counts_out)
{
	const unsigned char *o = (const unsigned char *)file.data + at;
	uint32_t *fields[] = { &counts_out->utc, &counts_out->standard, &counts_out->leap,
			       &counts_out->times, &counts_out->types, &counts_out->chars };

	if (file.len < at + HEADER || memcmp(o, "TZif", 4) != 0)
		return false;
	for (size_t i = 0; i < G_N_ELEMENTS(fields); i++) {
		*fields[i] = (uint32_t)read_number(o + 20 + 4 * i, 4);
		if (*fields[i] > 100000)
			return false;
	}
	return true;
}

static size_t body_size(const struct counts *c, size_t time_size)
{
	return c->times * time_size + c->times + c->types * 6 + c->chars + c->leap * (time_size + 4) +
	       c->standard + c->utc;
}

/* The change to type number `type` at an instant. */
static bool read_type(const unsigned char *body, const struct counts *c, size_t type, struct zone_change *change)
{
	const unsigned char *types = body + c->times * 9, *chars = types + c->types * 6;
	const unsigned char *one = types + type * 6;

	if (type >= c->types || one[5] >= c->chars || memchr(chars + one[5], '\0', c->chars - one[5]) == NULL)
		return false;
	change->offset = (int32_t)read_number(one, 4);
	change->daylight = one[4] != 0;
	change->abbreviation = g_intern_string((const char *)chars + one[5]);
	return true;
}

/* Some files list an instant at which nothing changes. */
static bool changes_nothing(const GArray *changes, const struct zone_change *change)
{
	const struct zone_change *last = &g_array_index(changes, struct zone_change, changes->len - 1);

	return last->offset == change->offset && last->daylight == change->daylight &&
	       last->abbreviation == change->abbreviation;
}

static bool read_changes(const unsigned char *body, const struct counts *c, GArray *changes)
{
	struct zone_change change = { .at = INT64_MIN };

	if (!read_type(body, c, 0, &change))
		return false;
	g_array_append_val(changes, change);
	for (size_t i = 0; i < c->times; i++) {
		change.at = read_number(body + i * 8, 8);
		if (!read_type(body, c, body[c->times * 8 + i], &change))
			return false;
		if (change.at <= zone_days(1800, 1, 1) * DAY) /* the "Big Bang" of old compilers */
			g_array_index(changes, struct zone_change, 0) = (struct zone_change){
				INT64_MIN, change.offset, change.daylight, change.abbreviation };
		else if (!changes_nothing(changes, &change))
			g_array_append_val(changes, change);
	}
	return true;
}

/* "M3.5.0/2" */
struct rule_day {
	char kind; /* 'M', 'J' or '0' */
	int month, week, day;
	int seconds;
};

struct posix_rule {
	const char *names[2]; /* standard, daylight */
	int offsets[2];
	bool has_daylight;
	struct rule_day days[2]; /* when daylight begins, when it ends */
};

static bool read_int(const char **text, int *value_out)
{
	int value = 0;

	if (!g_ascii_isdigit(**text))
		return false;
	for (; g_ascii_isdigit(**text) && value < 100000; (*text)++)
		value = value * 10 + (**text - '0');
	*value_out = value;
	return true;
}

/* [+-]h[h][:mm[:ss]] */
static bool read_clock(const char **text, int *seconds_out)
{
	int sign = 1, part[3] = { 0 };

	if (**text == '-' || **text == '+')
		sign = *(*text)++ == '-' ? -1 : 1;
	for (int i = 0; i < 3; i++) {
		if (i > 0 && *(*text)++ != ':')
			return false;
		if (!read_int(text, &part[i]))
			return false;
		if (**text != ':')
			break;
	}
	*seconds_out = sign * (part[0] * 3600 + part[1] * 60 + part[2]);
	return true;
}

static bool read_name(const char **text, const char **name_out)
{
	const char *begin = *text, *end;
	g_autofree char *name = NULL;

	if (*begin == '<') {
		end = strchr(++begin, '>');
		if (end == NULL)
			return false;
		*text = end + 1;
	} else {
		for (end = begin; g_ascii_isalpha(*end); end++)
			;
		*text = end;
	}
	name = g_strndup(begin, (gsize)(end - begin));
	*name_out = g_intern_string(name);
	return end > begin;
}

static bool read_day(const char **text, struct rule_day *day_out)
{
	*day_out = (struct rule_day){ .kind = '0', .seconds = 2 * 3600 };
	if (*(*text)++ != ',')
		return false;
	if (**text == 'M' || **text == 'J')
		day_out->kind = *(*text)++;
	if (day_out->kind == 'M') {
		if (!read_int(text, &day_out->month) || *(*text)++ != '.' || !read_int(text, &day_out->week) ||
		    *(*text)++ != '.' || !read_int(text, &day_out->day) || day_out->month < 1 ||
		    day_out->month > 12 || day_out->week < 1 || day_out->week > 5 || day_out->day > 6)
			return false;
	} else if (!read_int(text, &day_out->day) || day_out->day > 366) {
		return false;
	}
	if (**text != '/')
		return true;
	(*text)++;
	return read_clock(text, &day_out->seconds);
}

static bool read_rule(const char *text, struct posix_rule *rule)
{
	*rule = (struct posix_rule){ .has_daylight = false };
	if (!read_name(&text, &rule->names[0]) || !read_clock(&text, &rule->offsets[0]))
		return false;
	rule->offsets[0] = -rule->offsets[0]; /* POSIX counts west */
	if (*text == '\0')
		return true;
	rule->has_daylight = true;
	rule->offsets[1] = rule->offsets[0] + 3600;
	if (!read_name(&text, &rule->names[1]))
		return false;
	if (*text != ',' && *text != '\0') {
		if (!read_clock(&text, &rule->offsets[1]))
			return false;
		rule->offsets[1] = -rule->offsets[1];
	}
	return read_day(&text, &rule->days[0]) && read_day(&text, &rule->days[1]) && *text == '\0';
}

/* Wall clock, before the change, of one rule in one year. */
static int64_t rule_wall(const struct rule_day *rule, int year)
{
	int64_t first, day;
	bool leap = zone_days(year, 3, 1) - zone_days(year, 2, 28) == 2;

	if (rule->kind == 'J') /* 1 to 365, 29 February never counted */
		return (zone_days(year, 1, 1) + rule->day - 1 + (leap && rule->day >= 60)) * DAY + rule->seconds;
	if (rule->kind == '0')
		return (zone_days(year, 1, 1) + rule->day) * DAY + rule->seconds;
	first = zone_days(year, rule->month, 1);
	/* 1970-01-01 was a Thursday; 0 is Sunday */
	day = first + (rule->day - (first + 4) % 7 + 7) % 7 + (rule->week - 1) * 7;
	if (day >= zone_days(year, rule->month + 1, 1))
		day -= 7;
	return day * DAY + rule->seconds;
}

static void add_rule(GArray *changes, const struct posix_rule *rule)
{
	int64_t last = g_array_index(changes, struct zone_change, changes->len - 1).at;
	struct meeting_fields from = { .year = 1970 };

	if (last != INT64_MIN)
		zone_fields(last, &from);
	if (!rule->has_daylight)
		return; /* the last change has led here already */
	for (int year = from.year; year < ZONE_LAST_YEAR && changes->len < MAX_CHANGES; year++) {
		struct zone_change begin = { rule_wall(&rule->days[0], year) - rule->offsets[0], rule->offsets[1], true,
					     rule->names[1] };
		struct zone_change end = { rule_wall(&rule->days[1], year) - rule->offsets[1], rule->offsets[0], false,
					   rule->names[0] };
		const struct zone_change *two[] = { begin.at < end.at ? &begin : &end,
						    begin.at < end.at ? &end : &begin };

		for (size_t i = 0; i < 2; i++)
			if (two[i]->at > last)
				g_array_append_vals(changes, two[i], 1);
	}
}

struct zone_change *zone_read_file(struct slice file, size_t *count_out)
{
	g_autoptr(GArray) changes = g_array_new(FALSE, FALSE, sizeof(struct zone_change));
	struct counts old, counts;
	g_autofree char *footer = NULL;
	struct posix_rule rule;
	size_t second, body, end;

	if (!read_header(file, 0, &old) || file.data[4] < '2')
		return NULL;
	second = HEADER + body_size(&old, 4);
	if (!read_header(file, second, &counts))
		return NULL;
	body = second + HEADER;
	end = body + body_size(&counts, 8);
	if (end >= file.len || !read_changes((const unsigned char *)file.data + body, &counts, changes))
		return NULL;
	footer = g_strstrip(g_strndup(file.data + end, file.len - end));
	if (*footer != '\0' && read_rule(footer, &rule))
		add_rule(changes, &rule);
	*count_out = changes->len;
	return (struct zone_change *)g_array_free(g_steal_pointer(&changes), FALSE);
}
