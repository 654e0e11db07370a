#include "web/draft_form.h"

#include "calendar/dates.h"

#define PEOPLE_MAX 1000

static const struct {
	const char *value, *rule;
} repeats[] = {
	{ "daily", "FREQ=DAILY" },
	{ "weekly", "FREQ=WEEKLY" },
	{ "fortnightly", "FREQ=WEEKLY;INTERVAL=2" },
	{ "monthly", "FREQ=MONTHLY" },
	{ "yearly", "FREQ=YEARLY" },
};

static const char *field(const struct web_fields *form, const char *name)
{
	const char *value = web_fields_get(form, name);

	return value != NULL ? value : "";
}

static const char *stripped(struct arena *arena, const char *text)
{
	char *copy = arena_copy(arena, text, strlen(text));

	return g_strstrip(copy);
}

/* ---- people ---- */

/* One address as it may stand in a calendar and on an SMTP line: a local part and a domain,
 * no spaces, controls or characters that would end it. */
static bool is_address(const char *text)
{
	const char *at = strrchr(text, '@');

	if (at == NULL || at == text || at[1] == '\0' || strlen(text) > 254)
		return false;
	for (const char *p = text; *p != '\0'; p++)
		if ((guchar)*p <= 0x20 || *p == 0x7f || strchr("<>\",;:()[]\\", *p) != NULL)
			return false;
	return true;
}

/* Splits "Name <address>" in place. */
static bool read_person(char *text, struct meeting_person *person)
{
	char *open = strrchr(text, '<');
	char *close = open != NULL ? strchr(open, '>') : NULL;

	person->name = NULL;
	person->address = text;
	if (open != NULL && close != NULL && close[1] == '\0') {
		*open = *close = '\0';
		person->address = g_strstrip(open + 1);
		text = g_strstrip(text);
		if (text[0] == '"' && strlen(text) > 1 && text[strlen(text) - 1] == '"') {
			text[strlen(text) - 1] = '\0';
			text++;
		}
		person->name = text[0] != '\0' ? text : NULL;
	}
	return is_address(person->address);
}

static bool is_there(const GArray *people, const char *address)
{
	for (guint i = 0; i < people->len; i++)
		if (meeting_address_equal(g_array_index(people, struct meeting_person, i).address, address))
			return true;
	return false;
}

/* Length of the first entry. */
static size_t entry_length(const char *text)
{
	bool quoted = false, angled = false;
	size_t n;

	for (n = 0; text[n] != '\0' && text[n] != '\n' && text[n] != '\r'; n++) {
		if (text[n] == '"')
			quoted = !quoted;
		angled = text[n] == '<' || (angled && text[n] != '>');
		if (!quoted && !angled && (text[n] == ',' || text[n] == ';'))
			break;
	}
	return n;
}

bool draft_form_people(struct arena *arena, const char *text, enum meeting_role role, GArray *people,
		       const char **bad_out)
{
	while (*text != '\0') {
		size_t n = entry_length(text);
		char *entry = g_strstrip(arena_copy(arena, text, n));
		struct meeting_person person = { .role = role, .rsvp = true };

		text += n + (text[n] != '\0');
		if (entry[0] == '\0')
			continue;
		*bad_out = arena_copy(arena, entry, strlen(entry));
		if (!read_person(entry, &person) || people->len >= PEOPLE_MAX)
			return false;
		if (!is_there(people, person.address))
			g_array_append_val(people, person);
	}
	return true;
}

static const char *read_people(const struct when *when, const struct web_fields *form,
			       struct outgoing_draft *draft)
{
	g_autoptr(GArray) people = g_array_new(FALSE, FALSE, sizeof(struct meeting_person));
	struct meeting_person *kept;
	const char *bad = NULL;
	char *text, *problem;

	if (draft_form_people(when->arena, field(form, "required"), MEETING_ROLE_REQUIRED, people, &bad) &&
	    draft_form_people(when->arena, field(form, "optional"), MEETING_ROLE_OPTIONAL, people, &bad)) {
		kept = arena_new_array(when->arena, struct meeting_person, people->len + 1);
		for (guint i = 0; i < people->len; i++)
			kept[i] = g_array_index(people, struct meeting_person, i);
		draft->attendees = kept;
		draft->attendee_count = people->len;
		return NULL;
	}
	if (people->len >= PEOPLE_MAX)
		return words_get(when->words, "These are too many people for one meeting.");
	text = words_filled(words_get(when->words, "“{address}” is not a mail address."), "address", bad, NULL);
	problem = arena_copy(when->arena, text, strlen(text));
	g_free(text);
	return problem;
}

/* ---- times ---- */

static const char *read_times(const struct when *when, const struct web_fields *form,
			      struct outgoing_draft *draft)
{
	bool all_day = field(form, "all_day")[0] != '\0';

	if (!when_form_parse(field(form, "start"), when->zone, all_day, &draft->start))
		return words_get(when->words, "The start is not a date and time.");
	if (!when_form_parse(field(form, "end"), when->zone, all_day, &draft->end))
		return words_get(when->words, "The end is not a date and time.");
	if (all_day) {
		/* The form says the last day; a calendar says the day after it. */
		draft->end.instant += 86400;
		zone_fields(draft->end.instant, &draft->end.fields);
	}
	if (draft->end.instant < draft->start.instant || (all_day && draft->end.instant == draft->start.instant))
		return words_get(when->words, "The end must come after the start.");
	return NULL;
}

/* ";UNTIL=..." of a last day: as a date for all-day meetings, else its last second (RFC 5545
 * 3.3.10: of the same kind as DTSTART, in UTC). */
static const char *until_part(const struct when *when, const struct outgoing_draft *draft,
			      const struct meeting_time *day)
{
	struct meeting_fields f = day->fields;

	if (draft->start.kind != MEETING_TIME_DATE) {
		f.hour = 23, f.minute = f.second = 59;
		zone_fields(zone_instant(when->zone, &f, NULL), &f);
		return arena_printf(when->arena, ";UNTIL=%04d%02d%02dT%02d%02d%02dZ", f.year, f.month, f.day,
				    f.hour, f.minute, f.second);
	}
	return arena_printf(when->arena, ";UNTIL=%04d%02d%02d", f.year, f.month, f.day);
}

/* The rule as it is, but for a last day that was written for times and is now one for whole days, or
 * the other way round. */
static const char *kept_rule(const struct when *when, const struct meeting_event *master,
			     const struct outgoing_draft *draft)
{
	const struct meeting_rule *rule = &master->rules[0];
	g_auto(GStrv) parts = NULL;
	GString *out;
	struct meeting_time last = rule->until;
	const char *kept;

	if (last.kind == MEETING_TIME_NONE ||
	    meeting_time_is_day(&master->start) == (draft->start.kind == MEETING_TIME_DATE))
		return rule->text;
	dates_fields(&rule->until, when->zone, &last.fields);
	parts = g_strsplit(rule->text, ";", -1);
	out = g_string_new(NULL);
	for (char **part = parts; *part != NULL; part++)
		if (g_ascii_strncasecmp(*part, "UNTIL=", 6) != 0)
			g_string_append_printf(out, "%s%s", out->len > 0 ? ";" : "", *part);
	g_string_append(out, until_part(when, draft, &last));
	kept = arena_copy(when->arena, out->str, out->len);
	g_string_free(out, TRUE);
	return kept;
}

static const char *read_rule(const struct when *when, const struct web_fields *form,
			     const struct meeting_event *master, struct outgoing_draft *draft)
{
	const char *repeat = field(form, "repeat"), *rule = NULL, *until = "";
	struct meeting_time last;

	if (strcmp(repeat, "keep") == 0 && master != NULL && master->rule_count > 0) {
		draft->rule = kept_rule(when, master, draft);
		return NULL;
	}
	for (size_t i = 0; i < G_N_ELEMENTS(repeats); i++)
		if (strcmp(repeats[i].value, repeat) == 0)
			rule = repeats[i].rule;
	if (rule == NULL)
		return NULL;
	if (field(form, "until")[0] != '\0') {
		if (!when_form_parse(field(form, "until"), when->zone, true, &last) ||
		    last.instant + 86400 <= draft->start.instant)
			return words_get(when->words, "The last day must not come before the start.");
		until = until_part(when, draft, &last);
	}
	draft->rule = arena_printf(when->arena, "%s%s", rule, until);
	return NULL;
}

const char *draft_form_read(const struct when *when, const struct web_fields *form,
			    const struct meeting_event *master, struct outgoing_draft *draft_out)
{
	const char *problem;

	memset(draft_out, 0, sizeof(*draft_out));
	draft_out->summary = stripped(when->arena, field(form, "title"));
	draft_out->location = stripped(when->arena, field(form, "location"));
	draft_out->description = stripped(when->arena, field(form, "description"));
	if (draft_out->summary[0] == '\0')
		return words_get(when->words, "A meeting needs a title.");
	problem = read_times(when, form, draft_out);
	if (problem == NULL)
		problem = read_rule(when, form, master, draft_out);
	if (problem == NULL)
		problem = read_people(when, form, draft_out);
	return problem;
}

/* ---- back into the form ---- */

struct page_draft draft_form_again(const struct web_fields *form)
{
	return (struct page_draft){
		.title = field(form, "title"),
		.location = field(form, "location"),
		.description = field(form, "description"),
		.start = field(form, "start"),
		.end = field(form, "end"),
		.all_day = field(form, "all_day")[0] != '\0',
		.repeat = field(form, "repeat"),
		.until = field(form, "until"),
		.required = field(form, "required"),
		.optional = field(form, "optional"),
	};
}

static const char *people_lines(const struct when *when, const struct meeting_event *event, bool optional)
{
	g_autoptr(GString) out = g_string_new(NULL);

	for (size_t i = 0; i < event->attendee_count; i++) {
		const struct meeting_person *person = &event->attendees[i];
		bool is_optional = person->role == MEETING_ROLE_OPTIONAL ||
				   person->role == MEETING_ROLE_NON_PARTICIPANT;
		bool has_name = person->name != NULL && person->name[0] != '\0' &&
				strpbrk(person->name, "\"<>\r\n") == NULL;

		if (is_optional != optional)
			continue;
		if (has_name)
			g_string_append_printf(out, "\"%s\" <%s>\n", person->name, person->address);
		else
			g_string_append_printf(out, "%s\n", person->address);
	}
	return arena_copy(when->arena, out->str, out->len);
}

/* What the form shows, in few letters. */
static const char *print_of(struct arena *arena, const struct page_draft *draft)
{
	g_autofree char *all = g_strjoin("\n", draft->title, draft->location, draft->description, draft->start, draft->end,
					 draft->all_day ? "day" : "", draft->repeat, draft->required, "",
					 draft->optional, NULL);
	g_autofree char *hash = g_compute_checksum_for_string(G_CHECKSUM_SHA256, all, -1);

	return arena_printf(arena, "%.16s", hash);
}

struct page_draft draft_form_of(const struct when *when, const struct meeting_event *event,
				const struct meeting_time *start, const struct meeting_time *end)
{
	struct meeting_time last = *end;
	struct page_draft draft;

	if (meeting_time_is_day(start)) /* the form says the last day */
		zone_fields(zone_seconds(&last.fields) - 86400, &last.fields);
	draft = (struct page_draft){
		.title = event->summary,
		.location = event->location,
		.description = event->description,
		.start = when_form_value(when, start),
		.end = when_form_value(when, &last),
		.all_day = meeting_time_is_day(start),
		.repeat = event->rule_count > 0 ? "keep" : "",
		.keeps_rule = event->rule_count > 0,
		.required = people_lines(when, event, false),
		.optional = people_lines(when, event, true),
	};
	draft.version = print_of(when->arena, &draft);
	return draft;
}
