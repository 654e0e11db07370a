#include "calendar/guard.h"

/* Charsets that mail uses; anything else is not handed to iconv. */
static const char *const charsets[] = {
	"iso-8859-1", "iso-8859-2", "iso-8859-3", "iso-8859-4", "iso-8859-5", "iso-8859-6",
	"iso-8859-7", "iso-8859-8", "iso-8859-9", "iso-8859-10", "iso-8859-13", "iso-8859-14",
	"iso-8859-15", "iso-8859-16", "windows-1250", "windows-1251", "windows-1252",
	"windows-1253", "windows-1254", "windows-1255", "windows-1256", "windows-1257",
	"windows-1258", "cp1250", "cp1251", "cp1252", "koi8-r", "koi8-u", "macintosh",
	"iso-2022-jp", "iso-2022-kr", "shift_jis", "euc-jp", "euc-kr", "gb2312", "gbk",
	"gb18030", "big5", "tis-620", "utf-7", "utf-16", "utf-16le", "utf-16be", "utf-32",
};

void guard_load_charsets(void)
{
	for (size_t i = 0; i < G_N_ELEMENTS(charsets); i++)
		g_iconv_open("UTF-8", charsets[i]); /* stays open: so its code stays loaded */
}

static bool charset_known(const char *charset)
{
	for (size_t i = 0; i < G_N_ELEMENTS(charsets); i++)
		if (g_ascii_strcasecmp(charsets[i], charset) == 0)
			return true;
	return false;
}

/* UTF-16 by byte order mark or by the NULs that ASCII text has in it. */
static const char *utf16_by_look(struct slice octets)
{
	const unsigned char *o = (const unsigned char *)octets.data;

	if (octets.len < 4)
		return NULL;
	if ((o[0] == 0xff && o[1] == 0xfe) || (o[0] != 0 && o[1] == 0 && o[2] != 0 && o[3] == 0))
		return "UTF-16LE";
	if ((o[0] == 0xfe && o[1] == 0xff) || (o[0] == 0 && o[1] != 0 && o[2] == 0 && o[3] != 0))
		return "UTF-16BE";
	return NULL;
}

static GString *convert(struct slice octets, const char *from)
{
	gsize written = 0;
	g_autofree char *text = g_convert(octets.data, (gssize)octets.len, "UTF-8", from, NULL,
					  &written, NULL);

	return text != NULL ? g_string_new_len(text, (gssize)written) : NULL;
}

/* Joins folded lines, so that a character cut by a fold is whole again. */
static GString *unfold(struct slice octets)
{
	GString *out = g_string_sized_new(octets.len + 1);

	for (size_t i = 0; i < octets.len; i++) {
		size_t next = i;

		while (next < octets.len && octets.data[next] == '\r')
			next++;
		if (next < octets.len && octets.data[next] == '\n') {
			if (next + 1 < octets.len &&
			    (octets.data[next + 1] == ' ' || octets.data[next + 1] == '\t'))
				i = next + 1;
			else {
				g_string_append_c(out, '\n');
				i = next;
			}
		} else if (next > i) { /* CR alone: the line end of old systems */
			g_string_append_c(out, '\n');
			i = next - 1;
		} else {
			g_string_append_c(out, octets.data[i]);
		}
	}
	return out;
}

/* windows-1252, octet by octet: never fails. */
static GString *convert_latin(struct slice octets)
{
	static const gunichar high[32] = {
		0x20ac, 0xfffd, 0x201a, 0x0192, 0x201e, 0x2026, 0x2020, 0x2021, 0x02c6, 0x2030, 0x0160,
		0x2039, 0x0152, 0xfffd, 0x017d, 0xfffd, 0xfffd, 0x2018, 0x2019, 0x201c, 0x201d, 0x2022,
		0x2013, 0x2014, 0x02dc, 0x2122, 0x0161, 0x203a, 0x0153, 0xfffd, 0x017e, 0x0178,
	};
	GString *out = g_string_sized_new(octets.len + octets.len / 8);

	for (size_t i = 0; i < octets.len; i++) {
		unsigned char c = (unsigned char)octets.data[i];

		g_string_append_unichar(out, c >= 0x80 && c < 0xa0 ? high[c - 0x80] : c);
	}
	return out;
}

static bool names_utf8(const char *charset)
{
	return charset == NULL || *charset == '\0' || g_ascii_strcasecmp(charset, "utf-8") == 0 ||
	       g_ascii_strcasecmp(charset, "utf8") == 0 || g_ascii_strcasecmp(charset, "us-ascii") == 0 ||
	       g_ascii_strcasecmp(charset, "ascii") == 0;
}

static bool has_high_octets(const GString *text)
{
	for (size_t i = 0; i < text->len; i++)
		if ((unsigned char)text->str[i] >= 0x80)
			return true;
	return false;
}

/* NULs and control octets but TAB and line ends go; so does a byte order mark. */
static void drop_controls(GString *text)
{
	size_t to = 0, from = 0;

	if (text->len >= 3 && memcmp(text->str, "\xef\xbb\xbf", 3) == 0)
		from = 3;
	for (; from < text->len; from++) {
		unsigned char c = (unsigned char)text->str[from];

		if ((c >= 0x20 && c != 0x7f) || c == '\t' || c == '\n')
			text->str[to++] = (char)c;
	}
	g_string_truncate(text, to);
}

/* UTF-8 that was damaged on its way: more whole characters of several octets than
 * octets that fit nowhere.  Text in another charset has hardly any of those. */
static bool is_damaged_utf8(const GString *text)
{
	const char *p = text->str, *end = p + text->len;
	size_t whole = 0, broken = 0;

	while (p < end) {
		gunichar c = g_utf8_get_char_validated(p, end - p);
		bool bad = c == (gunichar)-1 || c == (gunichar)-2;

		broken += bad;
		whole += !bad && c >= 0x80;
		p = bad ? p + 1 : g_utf8_next_char(p);
	}
	return whole > broken;
}

static GString *replace_bad_octets(const GString *text)
{
	g_autofree char *valid = g_utf8_make_valid(text->str, (gssize)text->len);

	return g_string_new(valid);
}

static GString *decode(struct slice octets, const char *charset)
{
	const char *utf16 = utf16_by_look(octets);
	GString *converted = NULL;
	GString *text;

	if (utf16 != NULL && (converted = convert(octets, utf16)) != NULL) {
		text = unfold(slice_of(converted->str, converted->len));
		g_string_free(converted, TRUE);
		return text;
	}
	text = unfold(octets);
	for (size_t i = 0; i < text->len; i++)
		if (text->str[i] == '\0')
			text->str[i] = '\x01'; /* dropped below; a NUL would end the check */
	/* Real multi-octet UTF-8 under another label is a wrong label; plain ASCII may
	 * still be ISO-2022-JP or UTF-7. */
	if (g_utf8_validate_len(text->str, text->len, NULL) &&
	    (names_utf8(charset) || has_high_octets(text) || !charset_known(charset)))
		return text;
	if (!names_utf8(charset) && charset_known(charset))
		converted = convert(slice_of(text->str, text->len), charset);
	if (converted == NULL && is_damaged_utf8(text))
		converted = replace_bad_octets(text);
	if (converted == NULL)
		converted = convert_latin(slice_of(text->str, text->len));
	g_string_free(text, TRUE);
	return converted;
}

GString *guard_text(struct slice octets, const char *charset, const struct meeting_limits *limits,
		    char **reason_out)
{
	GString *text;

	if (octets.len > limits->octets) {
		*reason_out = g_strdup_printf("the calendar is larger than %zu octets", limits->octets);
		return NULL;
	}
	text = decode(octets, charset);
	drop_controls(text);
	return text;
}

static size_t count_values(const char *value)
{
	size_t count = 1;

	for (; *value != '\0'; value++)
		count += *value == ',';
	return count;
}

static bool rule_is_yearly(const char *value)
{
	g_autofree char *upper = g_ascii_strup(value, -1);
	const char *frequency = strstr(upper, "FREQ=");

	return frequency != NULL && g_str_has_prefix(frequency, "FREQ=YEARLY") &&
	       strstr(frequency + 1, "FREQ=") == NULL && strlen(value) < 512;
}

/* A rule below YEARLY in an observance makes a naive expander run for minutes. */
static bool zone_is_sane(const struct component *zone)
{
	size_t observances = 0, dates = 0;

	for (const struct component *c = zone->children; c != NULL; c = c->next) {
		if (++observances > 1000)
			return false;
		for (const struct property *p = c->properties; p != NULL; p = p->next) {
			if (strcmp(p->name, "RRULE") == 0 && !rule_is_yearly(p->value))
				return false;
			if (strcmp(p->name, "RDATE") == 0)
				dates += count_values(p->value);
		}
	}
	return observances > 0 && dates <= 2000;
}

/* Its rules go; where it names a place, that may still tell the zone. */
static void drop_zone(struct component *zone)
{
	if (component_find(zone, "X-LIC-LOCATION") == NULL)
		zone->name = "X-UNUSABLE";
	else
		zone->children = zone->last_child = NULL;
}

static void count_event(const struct component *event, size_t *dates, size_t *rules)
{
	for (const struct property *p = event->properties; p != NULL; p = p->next) {
		if (strcmp(p->name, "RDATE") == 0 || strcmp(p->name, "EXDATE") == 0)
			*dates += count_values(p->value);
		else if (strcmp(p->name, "RRULE") == 0 || strcmp(p->name, "EXRULE") == 0)
			(*rules)++;
	}
}

bool guard_check(struct component *calendar, const struct meeting_limits *limits, char **reason_out)
{
	size_t dates = 0, rules = 0, zones = 0;

	component_remove_all(calendar, "X-LIC-ERROR");
	for (struct component *c = calendar->children, *next; c != NULL; c = next) {
		next = c->next;
		component_remove_all(c, "X-LIC-ERROR");
		if (strcmp(c->name, "VTIMEZONE") != 0)
			count_event(c, &dates, &rules);
		else if (++zones > 500 || !zone_is_sane(c))
			drop_zone(c);
	}
	component_remove_children(calendar, "X-UNUSABLE");
	if (dates > limits->dates)
		*reason_out = g_strdup_printf("more than %zu dates", limits->dates);
	else if (rules > limits->rules)
		*reason_out = g_strdup_printf("more than %zu recurrence rules", limits->rules);
	else
		return true;
	return false;
}
