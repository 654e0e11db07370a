/* The rows below "When".  Old values stand beside the new ones; lists are cut where a
 * reader would stop reading, and say how much was left out. */
#include "calendar/card.h"

#include "calendar/dates.h"
#include "calendar/zone.h"

#define MAX_FIELD 500
#define MAX_JOINS 5
#define MAX_PEOPLE 6
#define MAX_CLASHES 5
#define MAX_COMMENT 2000
#define MAX_CHANGED_DATES 5

/* "new   (was: old)" */
static void add_changed_field(struct card *card, const struct card_source *source, const char *label,
			      const char *now, const char *old)
{
	g_autofree char *have = card_clean_line(now, MAX_FIELD);
	g_autofree char *had = old != NULL ? card_clean_line(old, MAX_FIELD) : NULL;
	struct card_row *row;

	if (*have == '\0' && (had == NULL || *had == '\0'))
		return;
	row = card_row(card, label);
	card_line(row, CARD_PLAIN, *have != '\0' ? g_steal_pointer(&have)
						  : g_strdup(words_get(source->words, "none")));
	if (had != NULL)
		card_line(row, CARD_QUIET,
			  words_filled(words_get(source->words, "was: {old}"), "old",
				       *had != '\0' ? had : words_get(source->words, "none"), NULL));
}

static void add_title_change(struct card *card, const struct card_source *source)
{
	if (source->before != NULL && (source->changed & ITIP_CHANGED_SUMMARY))
		add_changed_field(card, source, words_get(source->words, "Title"),
				  source->event->summary, source->before->summary);
}

static void add_where(struct card *card, const struct card_source *source)
{
	bool changed = source->before != NULL &&
		       (source->changed & ITIP_CHANGED_LOCATION) != 0;

	add_changed_field(card, source, words_get(source->words, "Where"), source->event->location,
			  changed ? source->before->location : NULL);
}

static void add_join_line(struct card_row *row, const struct meeting_join *join)
{
	g_autofree char *uri = card_clean_line(join->uri, MAX_FIELD);
	g_autofree char *label = card_clean_line(join->label != NULL ? join->label : "", 80);

	if (*label != '\0' && strcmp(label, uri) != 0)
		card_line(row, CARD_PLAIN, g_strdup_printf("%s (%s)", uri, label));
	else
		card_line(row, CARD_PLAIN, g_steal_pointer(&uri));
}

static bool is_among_joins(const struct meeting_event *event, const char *uri)
{
	for (size_t i = 0; i < event->join_count; i++)
		if (strcmp(event->joins[i].uri, uri) == 0)
			return true;
	return false;
}

static void add_join(struct card *card, const struct card_source *source)
{
	const struct meeting_event *event = source->event;
	const char *link = source->input->link;
	bool has_url = event->url != NULL && !is_among_joins(event, event->url) &&
		       (link == NULL || strcmp(link, event->url) != 0);
	struct card_row *row;

	if (event->join_count == 0 && !has_url)
		return;
	row = card_row(card, words_get(source->words, "Join"));
	for (size_t i = 0; i < MIN(event->join_count, MAX_JOINS); i++)
		add_join_line(row, &event->joins[i]);
	if (has_url)
		card_line(row, CARD_PLAIN, card_clean_line(event->url, MAX_FIELD));
}

static void add_from(struct card *card, const struct card_source *source)
{
	const struct itip_decision *decision = source->input->decision;
	const struct meeting_event *event = source->event;
	bool answer = decision->kind == ITIP_KIND_REPLY || decision->kind == ITIP_KIND_COUNTER ||
		      decision->kind == ITIP_KIND_REFRESH;
	const struct meeting_person *person = answer ? decision->replier : NULL;
	g_autofree char *sent_by = NULL;
	char *text;

	if (person == NULL && event->has_organizer)
		person = &event->organizer;
	if (person == NULL)
		return;
	text = render_person(person);
	if (person->sent_by != NULL && !meeting_address_equal(person->sent_by, person->address)) {
		g_autofree char *front = text;

		sent_by = card_clean_line(person->sent_by, 100);
		text = words_filled(words_get(source->words, "{name} (sent by {sender})"), "name", front,
				    "sender", sent_by, NULL);
	}
	if (*text != '\0')
		card_line(card_row(card, words_get(source->words, "From")), CARD_PLAIN, text);
	else
		g_free(text);
}

static bool is_reader(const struct card_source *source, const struct meeting_person *person)
{
	const char *const *addresses = source->input->addresses;

	for (; addresses != NULL && *addresses != NULL; addresses++)
		if (meeting_address_equal(*addresses, person->address))
			return true;
	return source->input->decision->invited_as != NULL &&
	       meeting_address_equal(source->input->decision->invited_as, person->address);
}

static const char *role_text(const struct words *words, const struct meeting_person *person)
{
	if (person->cutype == MEETING_CUTYPE_ROOM)
		return words_get(words, "room");
	if (person->cutype == MEETING_CUTYPE_RESOURCE)
		return words_get(words, "resource");
	if (person->cutype == MEETING_CUTYPE_GROUP)
		return words_get(words, "group");
	switch (person->role) {
	case MEETING_ROLE_CHAIR: return words_get(words, "chair");
	case MEETING_ROLE_OPTIONAL: return words_get(words, "optional");
	case MEETING_ROLE_NON_PARTICIPANT: return words_get(words, "for information");
	default: return NULL;
	}
}

static void add_deputy(GString *notes, const char *form, const char *address)
{
	g_autofree char *clean = card_clean_line(address, 80);

	g_string_append(notes, notes->len > 0 ? ", " : "");
	words_fill(notes, form, "name", clean, NULL);
}

/* "NAME (optional, tentative)"; who has not answered is only said of the reader. */
static char *attendee_text(const struct card_source *source, const struct meeting_person *person)
{
	bool reader = is_reader(source, person);
	const char *role = role_text(source->words, person);
	const char *name = person->name != NULL && *person->name != '\0' ? person->name : person->address;
	g_autofree char *who = reader ? g_strdup(words_get(source->words, "you"))
				      : card_clean_line(name, 80);
	g_autoptr(GString) notes = g_string_new(role);

	if (person->partstat != MEETING_PARTSTAT_NEEDS_ACTION || reader) {
		g_string_append(notes, notes->len > 0 ? ", " : "");
		g_string_append(notes, render_partstat(source->input->locale, person->partstat));
	}
	if (person->delegated_to[0] != NULL)
		add_deputy(notes, words_get(source->words, "to {name}"), person->delegated_to[0]);
	if (person->delegated_from[0] != NULL)
		add_deputy(notes, words_get(source->words, "in place of {name}"), person->delegated_from[0]);
	return notes->len > 0 ? g_strdup_printf("%s (%s)", who, notes->str) : g_steal_pointer(&who);
}

static bool has_attendee(const struct meeting_event *event, const struct meeting_person *person)
{
	const char *const addresses[] = { person->address, NULL };

	return meeting_find_attendee(event, addresses) != NULL;
}

/* "new: A, B" and "no longer: C" */
static void add_coming_and_going(struct card_row *row, const struct card_source *source,
				 const struct meeting_event *with, const struct meeting_event *without,
				 const char *form)
{
	g_autoptr(GString) names = g_string_new(NULL);
	struct words_number number;
	unsigned shown = 0, left = 0;

	/* Comparing two long lists costs their product. */
	if (with->attendee_count > 500 || without->attendee_count > 500)
		return;
	for (size_t i = 0; i < with->attendee_count; i++) {
		g_autofree char *name = NULL;

		if (has_attendee(without, &with->attendees[i]))
			continue;
		if (++shown > MAX_PEOPLE) {
			left++;
			continue;
		}
		name = attendee_text(source, &with->attendees[i]);
		g_string_append_printf(names, "%s%s", shown > 1 ? ", " : "", name);
	}
	if (left > 0) {
		g_string_append(names, ", ");
		words_fill(names, words_get(source->words, "{n} more"), "n", words_number(&number, left), NULL);
	}
	if (shown > 0)
		card_line(row, CARD_QUIET, words_filled(form, "names", names->str, NULL));
}

static void add_who(struct card *card, const struct card_source *source)
{
	const struct meeting_event *event = source->event;
	g_autoptr(GString) names = g_string_new(NULL);
	size_t shown = 0, room = event->attendee_count > MAX_PEOPLE + 1 ? MAX_PEOPLE : MAX_PEOPLE + 1;
	struct words_number number;
	struct card_row *row;

	if (event->attendee_count == 0 || source->input->decision->kind == ITIP_KIND_REMOVED)
		return;
	/* The reader first, wherever he stands in the list. */
	for (int pass = 0; pass < 2; pass++)
		for (size_t i = 0; i < event->attendee_count && shown < room; i++) {
			g_autofree char *name = NULL;

			if (is_reader(source, &event->attendees[i]) != (pass == 0))
				continue;
			name = attendee_text(source, &event->attendees[i]);
			g_string_append_printf(names, "%s%s", shown++ > 0 ? ", " : "", name);
		}
	if (shown < event->attendee_count) {
		g_string_append(names, ", ");
		words_fill(names, words_get(source->words, "{n} more"), "n",
			   words_number(&number, (gint64)(event->attendee_count - shown)), NULL);
	}
	row = card_row(card, words_get(source->words, "Who"));
	card_line(row, CARD_PLAIN, g_strdup(names->str));
	if (source->before != NULL && (source->changed & ITIP_CHANGED_ATTENDEES)) {
		add_coming_and_going(row, source, event, source->before,
				     words_get(source->words, "new: {names}"));
		add_coming_and_going(row, source, source->before, event,
				     words_get(source->words, "no longer: {names}"));
	}
}

static void add_clashes(struct card *card, const struct card_source *source)
{
	const struct render_input *input = source->input;
	struct meeting_fields day;
	struct words_number number;
	struct card_row *row;

	if (input->clash_count == 0 || card_is_off(input->decision->kind))
		return;
	dates_fields(&source->event->start, input->zone, &day);
	row = card_row(card, words_get(source->words, "Clash"));
	for (size_t i = 0; i < MIN(input->clash_count, MAX_CLASHES); i++) {
		const struct render_clash *clash = &input->clashes[i];
		g_autofree char *title = card_clean_line(clash->title, 100);
		g_autoptr(GString) span = g_string_new(NULL);

		dates_append_span_beside(span, source->words, &clash->start, &clash->end, input->zone, &day);
		card_line(row, CARD_ALERT,
			  words_filled(words_get(source->words, "\"{title}\", {time}"), "title",
				       *title != '\0' ? title : words_get(source->words, "(no title)"),
				       "time", span->str, NULL));
	}
	if (input->clash_count > MAX_CLASHES)
		card_line(row, CARD_ALERT,
			  words_filled(words_get(source->words, "{n} more"), "n",
				       words_number(&number, (gint64)(input->clash_count - MAX_CLASHES)), NULL));
}

static void add_comment(struct card *card, const struct card_source *source)
{
	const struct itip_decision *decision = source->input->decision;
	const char *comment = decision->about != NULL ? decision->about->comments[0] : NULL;
	g_autofree char *clean = comment != NULL ? card_clean_line(comment, MAX_COMMENT) : NULL;

	if (clean != NULL && *clean != '\0')
		card_line(card_row(card, words_get(source->words, "Comment")), CARD_PLAIN,
			  g_steal_pointer(&clean));
}

/* Decisions that the reader should know of: the calendar is not what the mail asks. */
static bool is_worth_saying(enum itip_reason reason)
{
	switch (reason) {
	case ITIP_REASON_APPLIED:
	case ITIP_REASON_DUPLICATE:
	case ITIP_REASON_PAST:
	case ITIP_REASON_PUBLISHED:
	case ITIP_REASON_METHOD_UNKNOWN:
	case ITIP_REASON_NOT_AN_EVENT:
	case ITIP_REASON_REMOVED:
	case ITIP_REASON_UNVERIFIED:
		return false;
	default:
		return true;
	}
}

static void note(struct card_row **row, struct card *card, char *text)
{
	if (*row == NULL)
		*row = card_row(card, words_get(card->words, "Note"));
	card_line(*row, CARD_PLAIN, text);
}

static char *changed_date(const struct card_source *source, const struct itip_changed_date *date)
{
	const struct zone *zone = source->input->zone != NULL ? source->input->zone : zone_utc();
	const struct itip_date *shown = date->before.start.kind != MEETING_TIME_NONE ? &date->before : &date->after;
	bool moved = shown == &date->before && date->after.start.kind != MEETING_TIME_NONE &&
		     (date->before.start.instant != date->after.start.instant ||
		      date->before.end.instant != date->after.end.instant);
	g_autoptr(GString) old = g_string_new(NULL), now = g_string_new(NULL);

	dates_append_span(old, source->words, &shown->start, moved ? &shown->start : &shown->end, zone);
	if (moved) {
		dates_append_span(now, source->words, &date->after.start, &date->after.end, zone);
		return words_filled(words_get(source->words, "{old} is now {new}."), "old", old->str, "new", now->str,
				    NULL);
	}
	return words_filled(shown == &date->after ? words_get(source->words, "{date} is added.")
			    : date->after.start.kind == MEETING_TIME_NONE
				    ? words_get(source->words, "{date} is cancelled.")
				    : words_get(source->words, "{date} has changed."),
			    "date", old->str, NULL);
}

/* Which dates of the series are other ones now. */
static void add_changed_dates(struct card_row **row, struct card *card, const struct card_source *source)
{
	const GArray *dates = source->input->decision->dates;
	struct words_number number;

	for (guint i = 0; i < MIN(dates->len, MAX_CHANGED_DATES); i++)
		note(row, card, changed_date(source, &g_array_index(dates, struct itip_changed_date, i)));
	if (dates->len > MAX_CHANGED_DATES)
		note(row, card, words_filled(words_get(source->words, "{n} more"), "n",
					     words_number(&number, dates->len - MAX_CHANGED_DATES), NULL));
}

static void add_changes(struct card_row **row, struct card *card, const struct card_source *source)
{
	static const struct {
		unsigned bit;
		const char *text;
	} changes[] = {
		{ ITIP_CHANGED_DESCRIPTION, N_("The description has changed.") },
		{ ITIP_CHANGED_JOIN, N_("The link to join has changed.") },
		{ ITIP_CHANGED_OCCURRENCES, N_("Single dates of the series have changed.") },
		{ ITIP_CHANGED_ORGANIZER, N_("The organizer has changed.") },
	};

	if (source->before == NULL || card_is_off(source->input->decision->kind))
		return;
	for (size_t i = 0; i < G_N_ELEMENTS(changes); i++) {
		if (!(source->changed & changes[i].bit))
			continue;
		if (changes[i].bit == ITIP_CHANGED_OCCURRENCES && source->input->decision->dates != NULL)
			add_changed_dates(row, card, source);
		else
			note(row, card, g_strdup(words_get(source->words, changes[i].text)));
	}
}

/* The decision's own sentence, said of the calendar. */
static char *reason_text(const struct card_source *source)
{
	const struct itip_decision *decision = source->input->decision;
	const char *form = decision->result == NULL
				   ? words_get(source->words, "Your calendar was not changed: {reason}.")
				   : words_get(source->words, "Mind that {reason}.");

	if (decision->kind == ITIP_KIND_REMOVED)
		return g_strdup(words_get(source->words,
					  "You are no longer on the list; the meeting itself takes place."));
	return words_filled(form, "reason", render_reason(source->input->locale, decision->reason), NULL);
}

static void add_notes(struct card *card, const struct card_source *source)
{
	const struct itip_decision *decision = source->input->decision;
	struct card_row *row = NULL;

	add_changes(&row, card, source);
	if (decision->kind != ITIP_KIND_REMOVED && !is_worth_saying(decision->reason))
		return;
	if (row == NULL)
		row = card_row(card, words_get(source->words, "Note"));
	card_line(row, CARD_ALERT, reason_text(source));
}

void card_add_rows(struct card *card, const struct card_source *source)
{
	bool doubtful = card_is_doubtful(source->input->decision->reason);

	/* A warning stands first, before anything is believed. */
	if (doubtful)
		add_notes(card, source);
	add_title_change(card, source);
	card_add_when(card, source);
	add_where(card, source);
	if (!card->off)
		add_join(card, source);
	add_from(card, source);
	add_comment(card, source);
	add_who(card, source);
	add_clashes(card, source);
	if (!doubtful)
		add_notes(card, source);
}
