/* Foreign text is cleaned here, once, on its way into the card; the renderers then
 * only escape for their medium. */
#include "calendar/card.h"

#include <string.h>

#define MAX_TITLE 300
#define MAX_DESCRIPTION (16 * 1024)
#define MAX_WORDS (4 * 1024 * 1024)

/* What must not reach a reader's screen: controls, and the characters that turn the
 * direction of what stands behind them. */
static bool is_control(gunichar c)
{
	return c < 0x20 || (c >= 0x7f && c < 0xa0) || (c >= 0x202a && c <= 0x202e) ||
	       (c >= 0x2066 && c <= 0x2069) || c == 0xfeff || c == 0x2028 || c == 0x2029;
}

/* The character at p, U+FFFD for an octet that starts none. */
static gunichar next_char(const char **p, const char *end)
{
	gunichar c = g_utf8_get_char_validated(*p, end - *p);

	if (c == (gunichar)-1 || c == (gunichar)-2 || c == 0) {
		(*p)++;
		return 0xfffd;
	}
	*p = g_utf8_next_char(*p);
	return c;
}

char *card_clean_line(const char *text, size_t max)
{
	GString *out = g_string_new(NULL);
	const char *end = text + strlen(text);
	bool space = false;
	size_t count = 0;

	while (text < end) {
		gunichar c = next_char(&text, end);

		if (c == ' ' || c == '\t' || c == '\n' || c == '\r' || c == 0x2028 || c == 0x2029) {
			space = out->len > 0;
			continue;
		}
		if (is_control(c))
			continue;
		if (count >= max) {
			g_string_append(out, "…");
			break;
		}
		if (space)
			g_string_append_c(out, ' ');
		g_string_append_unichar(out, c);
		count += space ? 2 : 1;
		space = false;
	}
	return g_string_free(out, FALSE);
}

char *card_clean_text(struct slice text, size_t max, bool *cut_out)
{
	GString *out = g_string_sized_new(MIN(text.len, max) + 1);
	const char *p = text.data, *end = p + text.len;

	*cut_out = false;
	while (p < end) {
		gunichar c = next_char(&p, end);

		if (out->len >= max) {
			*cut_out = true;
			break;
		}
		if (c == '\r' && p < end && *p == '\n')
			continue;
		if (c == '\r' || c == 0x2028 || c == 0x2029)
			c = '\n';
		if (c == '\n' || c == '\t' || !is_control(c))
			g_string_append_unichar(out, c);
	}
	g_strchomp(out->str);
	return g_string_free(out, FALSE);
}

static void line_free(gpointer data)
{
	struct card_line *line = data;

	g_free(line->text);
	g_free(line);
}

static void row_free(gpointer data)
{
	struct card_row *row = data;

	g_ptr_array_unref(row->lines);
	g_free(row);
}

struct card_row *card_row(struct card *card, const char *label)
{
	struct card_row *row = g_new0(struct card_row, 1);

	row->label = label;
	row->lines = g_ptr_array_new_with_free_func(line_free);
	g_ptr_array_add(card->rows, row);
	return row;
}

void card_line(struct card_row *row, enum card_tone tone, char *text)
{
	struct card_line *line = g_new0(struct card_line, 1);

	line->text = text;
	line->tone = tone;
	g_ptr_array_add(row->lines, line);
}

bool card_is_off(enum itip_kind kind)
{
	return kind == ITIP_KIND_CANCELLED || kind == ITIP_KIND_OCCURRENCE_CANCELLED ||
	       kind == ITIP_KIND_REMOVED;
}

char *render_person(const struct meeting_person *person)
{
	g_autofree char *name = card_clean_line(person->name != NULL ? person->name : "", 100);
	g_autofree char *address = card_clean_line(person->address, 100);

	if (*name == '\0' || meeting_address_equal(name, address))
		return g_steal_pointer(&address);
	if (*address == '\0')
		return g_steal_pointer(&name);
	return g_strdup_printf("%s <%s>", name, address);
}

static char *short_name(const struct meeting_person *person)
{
	return card_clean_line(person->name != NULL && *person->name != '\0' ? person->name
									      : person->address,
			       100);
}

static char *answer_kind(const struct words *words, const struct itip_decision *decision)
{
	static const char *const forms[] = {
		[MEETING_PARTSTAT_NEEDS_ACTION] = N_("{name} has not decided yet"),
		[MEETING_PARTSTAT_ACCEPTED] = N_("{name} has accepted"),
		[MEETING_PARTSTAT_DECLINED] = N_("{name} has declined"),
		[MEETING_PARTSTAT_TENTATIVE] = N_("{name} has accepted tentatively"),
		[MEETING_PARTSTAT_DELEGATED] = N_("{name} has delegated"),
	};
	g_autofree char *name = short_name(decision->replier);

	return words_filled(words_get(words, forms[decision->replier->partstat]), "name", name, NULL);
}

static char *replier_kind(const struct words *words, const struct itip_decision *decision,
			  const char *form)
{
	g_autofree char *name = short_name(decision->replier);

	return words_filled(words_get(words, form), "name", name, NULL);
}

bool card_is_doubtful(enum itip_reason reason)
{
	return reason == ITIP_REASON_SENDER_NOT_ORGANIZER || reason == ITIP_REASON_SENDER_NOT_ATTENDEE ||
	       reason == ITIP_REASON_SENDER_FAILED || reason == ITIP_REASON_CLAIMS_OUR_MEETING ||
	       reason == ITIP_REASON_ORGANIZER_DIFFERS;
}

static bool is_answer(enum itip_kind kind)
{
	return kind == ITIP_KIND_REPLY || kind == ITIP_KIND_COUNTER || kind == ITIP_KIND_REFRESH;
}

static char *plain_kind(const struct words *words, const struct itip_decision *decision)
{
	static const char *const forms[] = {
		[ITIP_KIND_PUBLISHED] = N_("Calendar entry"),
		[ITIP_KIND_INVITATION] = N_("Invitation"),
		[ITIP_KIND_UPDATE] = N_("Updated invitation"),
		[ITIP_KIND_OCCURRENCE_UPDATE] = N_("Updated invitation (one date of a series)"),
		[ITIP_KIND_OCCURRENCE_INVITATION] = N_("Invitation (one date of a series)"),
		[ITIP_KIND_OCCURRENCE_ADDED] = N_("Additional date of a series"),
		[ITIP_KIND_CANCELLED] = N_("Cancelled"),
		[ITIP_KIND_OCCURRENCE_CANCELLED] = N_("Cancelled (one date of a series)"),
		[ITIP_KIND_REMOVED] = N_("You were removed"),
		[ITIP_KIND_COUNTER] = N_("{name} proposes a change"),
		[ITIP_KIND_COUNTER_DECLINED] = N_("Your proposal was declined"),
		[ITIP_KIND_REFRESH] = N_("{name} asks for the current version"),
		[ITIP_KIND_OUTDATED] = N_("Outdated invitation"),
		[ITIP_KIND_OTHER] = N_("Meeting message"),
	};

	if (is_answer(decision->kind) && decision->replier == NULL)
		return g_strdup(words_get(words, "Answer without a name"));
	if (decision->kind == ITIP_KIND_REPLY)
		return answer_kind(words, decision);
	if (decision->kind == ITIP_KIND_REMOVED && decision->about != NULL &&
	    decision->about->recurrence_id.kind != MEETING_TIME_NONE)
		return g_strdup(words_get(words, "You were removed (one date of a series)"));
	if (is_answer(decision->kind))
		return replier_kind(words, decision, forms[decision->kind]);
	return g_strdup(words_get(words, forms[decision->kind]));
}

static char *kind_text(const struct words *words, const struct itip_decision *decision)
{
	g_autofree char *kind = plain_kind(words, decision);

	if (!card_is_doubtful(decision->reason))
		return g_steal_pointer(&kind);
	return words_filled(words_get(words, "{kind} (sender not confirmed)"), "kind", kind, NULL);
}

static const char *action_text(const struct words *words, const struct render_input *input)
{
	const struct itip_decision *decision = input->decision;

	if (input->link == NULL)
		return NULL;
	if (decision->answerable && !card_is_off(decision->kind))
		return words_get(words, "See it and answer");
	if (decision->action == ITIP_ACTION_OFFER && !card_is_off(decision->kind))
		return words_get(words, "See it and decide");
	return words_get(words, "See the meeting");
}

/* Letters and digits alone, so that other line breaks and marks do not hide that two
 * texts are the same. */
static char *essence(const char *text, size_t max)
{
	GString *out = g_string_new(NULL);

	for (const char *p = text; *p != '\0' && out->len < max; p = g_utf8_next_char(p))
		if (g_unichar_isalnum(g_utf8_get_char(p)))
			g_string_append_unichar(out, g_utf8_get_char(p));
	return g_string_free(out, FALSE);
}

/* Most senders write the description into the mail's text as well: once is enough. */
static bool holds_description(const char *words_text, const char *description)
{
	g_autofree char *have = essence(words_text, 64 * 1024);
	g_autofree char *want = essence(description, 200);

	return strstr(have, want) != NULL;
}

static void add_foreign_text(struct card *card, const struct card_source *source)
{
	const struct render_input *input = source->input;
	bool cut;
	char *text = card_clean_text(input->words_text, MAX_WORDS, &cut);

	if (*text != '\0')
		card->words_text = text;
	else
		g_free(text);
	text = card_clean_text(slice_from_string(source->event->description), MAX_DESCRIPTION, &cut);
	if (*text != '\0' && input->decision->kind != ITIP_KIND_REPLY &&
	    (card->words_text == NULL || !holds_description(card->words_text, text)))
		card->description = cut ? g_strconcat(text, " …", NULL) : g_strdup(text);
	g_free(text);
}

/* What a proposal does not carry it does not propose to remove. */
static unsigned proposed_fields(const struct meeting_event *about)
{
	return ITIP_CHANGED_TIME | (*about->summary != '\0' ? ITIP_CHANGED_SUMMARY : 0) |
	       (*about->location != '\0' ? ITIP_CHANGED_LOCATION : 0);
}

/* The event that the mail is about is shown; an answer and a bare cancellation carry
 * little themselves, so they are shown with what is known. */
static void choose_event(const struct render_input *input, struct card_source *source)
{
	const struct itip_decision *decision = input->decision;
	const struct meeting_event *known =
		decision->after != NULL ? decision->after : decision->before;
	bool answer = decision->kind == ITIP_KIND_REPLY || decision->kind == ITIP_KIND_REFRESH ||
		      decision->kind == ITIP_KIND_COUNTER_DECLINED;
	const struct meeting_event *about =
		decision->about != NULL ? decision->about : meeting_main_event(input->incoming);

	source->event = about;
	source->meeting = input->incoming;
	source->before = decision->before;
	source->changed = decision->changed;
	/* A proposal changes nothing yet; it is shown beside what is planned. */
	if (decision->kind == ITIP_KIND_COUNTER && decision->before != NULL)
		source->changed = itip_compare(decision->before, about) & proposed_fields(about);
	if (known != NULL && (answer || about->start.kind == MEETING_TIME_NONE)) {
		source->event = known;
		source->meeting = decision->result != NULL ? decision->result : input->incoming;
		source->before = NULL;
	}
}

static char *title_of(const struct card_source *source)
{
	const struct itip_decision *decision = source->input->decision;
	const char *summary = source->event->summary;
	char *title;

	if (*summary == '\0' && decision->after != NULL)
		summary = decision->after->summary;
	if (*summary == '\0' && decision->before != NULL)
		summary = decision->before->summary;
	title = card_clean_line(summary, MAX_TITLE);
	if (*title != '\0')
		return title;
	g_free(title);
	return g_strdup(words_get(source->words, "(no title)"));
}

struct card *card_create(const struct render_input *input)
{
	struct card *card = g_new0(struct card, 1);
	struct card_source source = { .input = input, .words = words_for(input->locale) };

	choose_event(input, &source);
	card->words = source.words;
	card->kind = kind_text(source.words, input->decision);
	card->title = title_of(&source);
	card->off = card_is_off(input->decision->kind) && !card_is_doubtful(input->decision->reason);
	card->rows = g_ptr_array_new_with_free_func(row_free);
	card->action = action_text(source.words, input);
	card->by_mail = input->answer_address != NULL && input->decision->answerable && !card->off;
	card_add_rows(card, &source);
	add_foreign_text(card, &source);
	return card;
}

void card_destroy(struct card **card)
{
	g_free((*card)->kind);
	g_free((*card)->title);
	g_free((*card)->description);
	g_free((*card)->words_text);
	g_ptr_array_unref((*card)->rows);
	g_clear_pointer(card, g_free);
}

char *render_heading(const struct render_input *input)
{
	struct card_source source = { .input = input, .words = words_for(input->locale) };
	g_autofree char *kind = kind_text(source.words, input->decision), *title = NULL;

	choose_event(input, &source);
	title = title_of(&source);
	return g_strdup_printf("%s: %s", kind, title);
}

const char *render_partstat(const char *locale, enum meeting_partstat partstat)
{
	static const char *const names[] = {
		[MEETING_PARTSTAT_NEEDS_ACTION] = N_("not answered yet"),
		[MEETING_PARTSTAT_ACCEPTED] = N_("accepted"),
		[MEETING_PARTSTAT_DECLINED] = N_("declined"),
		[MEETING_PARTSTAT_TENTATIVE] = N_("tentative"),
		[MEETING_PARTSTAT_DELEGATED] = N_("delegated"),
	};

	return words_get(words_for(locale), names[partstat]);
}

const char *render_reason(const char *locale, enum itip_reason reason)
{
	return words_get(words_for(locale), itip_reason_sentence(reason));
}
