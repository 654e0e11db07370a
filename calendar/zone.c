/* IANA zones are read once each from the system's database into a table of changes;
 * a lookup is then a binary search without locks.  The registry keeps every zone ever asked for: their number is bounded by
 * the names the database has. */
#include "calendar/zone.h"

#include "calendar/zone_table.h"

#include <pthread.h>

enum { DAY = 86400 };

/* pthread's, since thread sanitizers see through these */
static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;
static pthread_once_t loaded = PTHREAD_ONCE_INIT;
static GHashTable *names;  /* lower case -> canonical; filled once */
static GHashTable *cities; /* lower-case last part of a name, '_' as ' ' -> canonical */
static GHashTable *zones;  /* canonical -> struct zone; under the lock */

static const char zoneinfo[] = "/usr/share/zoneinfo";

static void add_name(const char *name)
{
	const char *slash = strrchr(name, '/');
	char *key = g_ascii_strdown(name, -1), *city;

	if (g_hash_table_contains(names, key)) {
		g_free(key);
		return;
	}
	g_hash_table_insert(names, key, g_strdup(name));
	if (slash == NULL || g_str_has_prefix(name, "Etc/"))
		return;
	city = g_ascii_strdown(slash + 1, -1);
	g_strdelimit(city, "_", ' ');
	if (g_hash_table_contains(cities, city))
		g_free(city);
	else
		g_hash_table_insert(cities, city, g_strdup(name));
}

/* tzdata.zi names every zone ("Z NAME ...") and alias ("L TARGET NAME"). */
static void load_compact(const char *text)
{
	g_auto(GStrv) lines = g_strsplit(text, "\n", -1);

	for (int pass = 0; pass < 2; pass++) /* zones first, so that a city means its zone */
		for (char **line = lines; *line != NULL; line++) {
			g_auto(GStrv) words = NULL;

			if ((*line)[0] != (pass == 0 ? 'Z' : 'L') || (*line)[1] != ' ')
				continue;
			words = g_strsplit(*line, " ", 4);
			if (g_strv_length(words) > (guint)pass + 1)
				add_name(words[pass + 1]);
		}
}

/* zone.tab: country, place, NAME. */
static void load_table(const char *text)
{
	g_auto(GStrv) lines = g_strsplit(text, "\n", -1);

	for (char **line = lines; *line != NULL; line++) {
		g_auto(GStrv) columns = g_strsplit(*line, "\t", 5);

		if ((*line)[0] != '#' && g_strv_length(columns) >= 3)
			add_name(columns[2]);
	}
}

static void load_names(void)
{
	static const char *const always[] = { "UTC", "Etc/UTC", "GMT", "Etc/GMT" };
	g_autofree char *compact = NULL, *table = NULL;
	g_autofree char *compact_path = g_build_filename(zoneinfo, "tzdata.zi", NULL);
	g_autofree char *table_path = g_build_filename(zoneinfo, "zone.tab", NULL);

	names = g_hash_table_new_full(g_str_hash, g_str_equal, g_free, g_free);
	cities = g_hash_table_new_full(g_str_hash, g_str_equal, g_free, g_free);
	zones = g_hash_table_new(g_str_hash, g_str_equal);
	if (g_file_get_contents(compact_path, &compact, NULL, NULL))
		load_compact(compact);
	else if (g_file_get_contents(table_path, &table, NULL, NULL))
		load_table(table);
	for (size_t i = 0; i < G_N_ELEMENTS(always); i++)
		add_name(always[i]);
}

void zone_init(void)
{
	pthread_once(&loaded, load_names);
}

static struct zone *load_zone(const char *name)
{
	g_autofree char *path = g_build_filename(zoneinfo, name, NULL), *data = NULL;
	struct zone_change *changes;
	struct zone *zone;
	size_t count;
	gsize len;

	if (!g_file_get_contents(path, &data, &len, NULL))
		return NULL;
	changes = zone_read_file(slice_of(data, len), &count);
	if (changes == NULL)
		return NULL;
	zone = g_new0(struct zone, 1);
	zone->name = g_intern_string(name);
	zone->iana = true;
	zone->changes = changes;
	zone->count = count;
	return zone;
}

static const struct zone *find_iana(const char *lower)
{
	const char *name = g_hash_table_lookup(names, lower);
	struct zone *zone;

	if (name == NULL)
		return NULL;
	pthread_mutex_lock(&lock);
	zone = g_hash_table_lookup(zones, name);
	if (zone == NULL && (zone = load_zone(name)) != NULL)
		g_hash_table_insert(zones, (char *)zone->name, zone);
	pthread_mutex_unlock(&lock);
	return zone;
}

void zone_load_all(void)
{
	GHashTableIter iter;
	void *lower;

	zone_init();
	g_hash_table_iter_init(&iter, names);
	while (g_hash_table_iter_next(&iter, &lower, NULL))
		find_iana(lower);
}

static const struct zone *find_alias(const char *name)
{
	for (size_t i = 0; i < zone_alias_count; i++)
		if (g_ascii_strcasecmp(zone_aliases[i].name, name) == 0) {
			g_autofree char *lower = g_ascii_strdown(zone_aliases[i].iana, -1);

			return find_iana(lower);
		}
	return NULL;
}

/* "Eastern Daylight Time", "W. Europe": Windows names said otherwise. */
static const struct zone *find_windows(const char *name)
{
	const struct zone *zone = find_alias(name);
	g_autofree char *standard = NULL, *stem = NULL;

	if (zone != NULL)
		return zone;
	stem = g_strdup(name);
	if (g_str_has_suffix(stem, " Daylight Time"))
		stem[strlen(stem) - strlen(" Daylight Time")] = '\0';
	else if (g_str_has_suffix(stem, " Time"))
		stem[strlen(stem) - strlen(" Time")] = '\0';
	standard = g_strconcat(stem, " Standard Time", NULL);
	return find_alias(standard);
}

/* "/mozilla.org/20050126_1/America/Argentina/Buenos_Aires": the longest tail that
 * is a name; never the vendor's prefix. */
static const struct zone *find_tail(const char *lower)
{
	const char *tail = lower;

	while ((tail = strchr(tail, '/')) != NULL) {
		const struct zone *zone = find_iana(++tail);

		if (zone != NULL)
			return zone;
	}
	return NULL;
}

/* "+01:00", "-0500", "+5" behind "(UTC" or "GMT": seconds; false when there is none. */
static bool parse_offset(const char *text, int *offset_out, const char **end_out)
{
	int hours = 0, minutes = 0, len = 0, sign = *text == '-' ? -1 : 1;

	if (*text != '+' && *text != '-')
		return false;
	for (text++; g_ascii_isdigit(*text) && len < 2; text++, len++)
		hours = hours * 10 + (*text - '0');
	if (len == 0)
		return false;
	if (*text == ':' || *text == '.')
		text++;
	if (g_ascii_isdigit(text[0]) && g_ascii_isdigit(text[1])) {
		minutes = (text[0] - '0') * 10 + (text[1] - '0');
		text += 2;
	}
	*offset_out = sign * (hours * 3600 + minutes * 60);
	*end_out = text;
	return hours <= 14 && minutes < 60;
}

/* "UTC+2", "GMT-0500", "+01:00": a fixed offset, as Etc/GMT where it is in whole hours. */
static const struct zone *find_fixed(const char *lower)
{
	const char *text = lower, *end;
	g_autofree char *etc = NULL;
	int offset;

	if (g_str_has_prefix(text, "utc") || g_str_has_prefix(text, "gmt"))
		text += 3;
	while (*text == ' ')
		text++;
	if (!parse_offset(text, &offset, &end) || *end != '\0' || offset % 3600 != 0)
		return NULL;
	etc = offset == 0 ? g_strdup("etc/utc") : g_strdup_printf("etc/gmt%+d", -offset / 3600);
	return find_iana(etc);
}

static int standard_offset(const struct zone *zone)
{
	for (size_t i = zone->count; i > 0; i--)
		if (!zone->changes[i - 1].daylight)
			return zone->changes[i - 1].offset;
	return zone->changes[0].offset;
}

/* One of "Amsterdam", "Berlin", ...: a city of the database or a known word. */
static const struct zone *find_city(const char *city)
{
	g_autofree char *lower = g_ascii_strdown(city, -1);
	const char *name;
	g_autofree char *lower_name = NULL;

	g_strstrip(lower);
	name = g_hash_table_lookup(cities, lower);
	if (name == NULL)
		return find_alias(lower);
	lower_name = g_ascii_strdown(name, -1);
	return find_iana(lower_name);
}

/* "(UTC+01:00) Amsterdam, Berlin, Bern, Rome": the first city known whose standard
 * time is the offset in front. */
static const struct zone *find_display_name(const char *name)
{
	const char *text = name, *end;
	g_auto(GStrv) words = NULL;
	int offset = 0;

	if (*text != '(' || (g_ascii_strncasecmp(text + 1, "UTC", 3) != 0 &&
			     g_ascii_strncasecmp(text + 1, "GMT", 3) != 0))
		return NULL;
	text += 4;
	if (*text != ')') {
		if (!parse_offset(text, &offset, &end))
			return NULL;
		text = end;
	}
	if (*text != ')')
		return NULL;
	words = g_strsplit(text + 1, offset == 0 && strchr(text, ':') ? ":" : ",", 16);
	for (char **word = words; *word != NULL; word++) {
		const struct zone *zone;
		char *city = g_strstrip(*word);

		if (g_str_has_prefix(city, "Greenwich Mean Time"))
			city = (char *)"Greenwich Mean Time";
		zone = find_city(city);
		if (zone != NULL && standard_offset(zone) == offset)
			return zone;
	}
	return NULL;
}

const struct zone *zone_find(const char *name)
{
	g_autofree char *clean = NULL, *lower = NULL;
	const struct zone *zone;

	zone_init();
	if (name == NULL || strlen(name) > 255)
		return NULL;
	clean = g_strdup(name);
	g_strdelimit(clean, "\"", ' ');
	g_strstrip(clean);
	lower = g_ascii_strdown(clean, -1);
	zone = find_iana(strcmp(lower, "z") == 0 ? "utc" : lower);
	if (zone == NULL)
		zone = find_windows(clean);
	if (zone == NULL)
		zone = find_display_name(clean);
	if (zone == NULL)
		zone = find_fixed(lower);
	if (zone == NULL && strcmp(lower, "tzone://microsoft/utc") == 0)
		zone = find_iana("utc");
	if (zone == NULL)
		zone = find_tail(lower);
	return zone;
}

const struct zone *zone_utc(void)
{
	zone_init();
	return find_iana("etc/utc");
}

const char *zone_name(const struct zone *zone)
{
	return zone->name;
}

bool zone_is_iana(const struct zone *zone)
{
	return zone->iana;
}

const struct zone_change *zone_change_at(const struct zone *zone, int64_t instant)
{
	size_t low = 0, high = zone->count;

	while (high - low > 1) {
		size_t middle = low + (high - low) / 2;

		if (zone->changes[middle].at <= instant)
			low = middle;
		else
			high = middle;
	}
	return &zone->changes[low];
}

int zone_offset(const struct zone *zone, int64_t instant)
{
	return zone_change_at(zone, instant)->offset;
}

void zone_local(const struct zone *zone, int64_t instant, struct zone_local *out)
{
	const struct zone_change *change = zone_change_at(zone, instant);

	zone_fields(instant + change->offset, &out->fields);
	out->weekday = zone_weekday(&out->fields);
	out->offset = change->offset;
	out->daylight = change->daylight;
	out->abbreviation = change->abbreviation;
}

/* A wall clock is read with the offset of the day before; where that does not give
 * this wall clock back, with the offset of the day after; where neither does, it
 * never was, and the offset before the jump counts. */
int64_t zone_instant(const struct zone *zone, const struct meeting_fields *fields, enum zone_hit *hit_out)
{
	int64_t wall = zone_seconds(fields);
	int before = zone_offset(zone, wall - zone_offset(zone, wall) - DAY);
	int after = zone_offset(zone, wall - before + DAY);
	int64_t early = wall - before, late = wall - after;
	bool early_fits = zone_offset(zone, early) == before, late_fits = zone_offset(zone, late) == after;
	enum zone_hit hit = ZONE_EXACT;

	if (early_fits && late_fits && early != late)
		hit = ZONE_TWICE;
	else if (!early_fits && !late_fits)
		hit = ZONE_GAP;
	if (hit_out != NULL)
		*hit_out = hit;
	if (hit == ZONE_TWICE)
		return MIN(early, late);
	return early_fits || hit == ZONE_GAP ? early : late;
}

bool zone_same_between(const struct zone *a, const struct zone *b, int64_t from, int64_t to)
{
	const struct zone *const both[] = { a, b };

	if (a == b)
		return true;
	if (zone_offset(a, from) != zone_offset(b, from))
		return false;
	for (size_t z = 0; z < 2; z++) {
		const struct zone *zone = both[z];
		const struct zone_change *end = zone->changes + zone->count;

		for (const struct zone_change *c = zone_change_at(zone, from) + 1; c < end && c->at <= to; c++)
			if (zone_offset(a, c->at) != zone_offset(b, c->at))
				return false;
	}
	return true;
}

/* Days from civil: years begin in March, so that the leap day is the last. */
int64_t zone_days(int year, int month, int day)
{
	int64_t months = (int64_t)year * 12 + month - 3; /* since March of year 0 */
	int64_t y = months >= 0 ? months / 12 : -((11 - months) / 12);
	int64_t m = months - y * 12;
	int64_t era = (y >= 0 ? y : y - 399) / 400;
	int64_t year_of_era = y - era * 400;
	int64_t day_of_year = (153 * m + 2) / 5 + day - 1;
	int64_t day_of_era = year_of_era * 365 + year_of_era / 4 - year_of_era / 100 + day_of_year;

	return era * 146097 + day_of_era - 719468;
}

int64_t zone_seconds(const struct meeting_fields *fields)
{
	return zone_days(fields->year, fields->month, fields->day) * DAY + fields->hour * 3600 +
	       fields->minute * 60 + fields->second;
}

void zone_fields(int64_t seconds, struct meeting_fields *fields_out)
{
	int64_t rest = ((seconds % DAY) + DAY) % DAY;
	int64_t days = (seconds - rest) / DAY + 719468;
	int64_t era = (days >= 0 ? days : days - 146096) / 146097;
	int64_t day_of_era = days - era * 146097;
	int64_t year_of_era =
		(day_of_era - day_of_era / 1460 + day_of_era / 36524 - day_of_era / 146096) / 365;
	int64_t day_of_year = day_of_era - (365 * year_of_era + year_of_era / 4 - year_of_era / 100);
	int64_t m = (5 * day_of_year + 2) / 153;

	fields_out->day = (int)(day_of_year - (153 * m + 2) / 5 + 1);
	fields_out->month = (int)(m < 10 ? m + 3 : m - 9);
	fields_out->year = (int)(year_of_era + era * 400 + (fields_out->month <= 2 ? 1 : 0));
	fields_out->hour = (int)(rest / 3600);
	fields_out->minute = (int)(rest / 60 % 60);
	fields_out->second = (int)(rest % 60);
}

int zone_weekday(const struct meeting_fields *fields)
{
	int64_t day = zone_days(fields->year, fields->month, fields->day);

	return (int)(((day % 7) + 7 + 3) % 7) + 1;
}
