/* The organizer's side: what attendees answer.
 *
 * The object keeps the newest answer of each person to the series and to each
 * occurrence, whoever they are (MARK_ANSWER, on the master).  The events are derived
 * from the invited people and these answers: an occurrence shows the answer given to
 * it, else the one to the series; whom an invited person delegated to is on the list;
 * the rest "want to come".  So it does not matter which mail came first. */
#include "calendar/itip_private.h"

#include "base/number.h"
#include "calendar/edit.h"
#include "calendar/recur.h"

const struct meeting_person *itip_answering(const struct itip_input *input, const struct meeting_event *event)
{
	if (event->attendee_count == 1)
		return &event->attendees[0];
	/* several: programs that list everybody; the one who wrote is meant */
	for (size_t i = 0; i < event->attendee_count; i++)
		if (itip_from_is(input, event->attendees[i].address))
			return &event->attendees[i];
	return NULL;
}

/* Answers with a SEQUENCE below it speak of a meeting that has changed since. */
static uint32_t significant_sequence(const struct component *c)
{
	const char *mark = component_value(c, MARK_SIGNIFICANT);
	uint64_t number;

	if (mark != NULL && number_parse(slice_from_string(mark), 0, INT32_MAX, &number))
		return (uint32_t)number;
	return meeting_read_sequence(c);
}

static bool has_sequence(const struct meeting_event *event)
{
	return component_find(meeting_event_tree(event), "SEQUENCE") != NULL;
}

static const char *first_comment(const struct meeting_event *event, const struct meeting_person *person)
{
	return event->comments[0] != NULL ? event->comments[0] : person->comment;
}

static void set_reason(struct itip_work *work, enum itip_action action, enum itip_reason reason)
{
	work->decision->action = action;
	work->decision->reason = reason;
}

static const char *person_params(struct arena *arena, const struct meeting_person *person)
{
	struct property property = { .params = "" };

	if (person->name != NULL)
		property_set_param(arena, &property, "CN", person->name);
	if (person->delegated_from[0] != NULL)
		property_set_param(arena, &property, "DELEGATED-FROM",
				   arena_printf(arena, "mailto:%s", person->delegated_from[0]));
	return property.params;
}

/* Where the answers are kept: the master, or the first event. */
static struct component *answers_home(const struct itip_work *work)
{
	struct component *home = itip_find_master(work);

	for (struct component *c = work->calendar->children; home == NULL && c != NULL; c = c->next)
		if (meeting_is_event_name(c->name))
			home = c;
	return home;
}

/* "whose, to which occurrence": alice@example.test 20260505T080000Z */
static char *answer_key(const char *address, const char *of)
{
	g_autofree char *folded = g_utf8_casefold(address, -1);

	return g_strdup_printf("%s %s", folded, of != NULL ? of : "");
}

/* What people have answered. */
struct answers {
	GHashTable *by_key; /* values are properties */
	GHashTable *by_occurrence; /* "" the series -> GPtrArray of properties, in one order; once grouped */
};

/* Takes them out of the object, whose master is copied for each occurrence that is answered. */
static struct answers take_answers(struct itip_work *work)
{
	struct answers answers = { .by_key = g_hash_table_new_full(g_str_hash, g_str_equal, g_free, NULL) };
	struct component *home = answers_home(work);

	for (struct property *p = component_find(home, MARK_ANSWER); p != NULL; p = component_find_next(p))
		g_hash_table_insert(answers.by_key,
				    answer_key(value_address(work->arena, p->value),
					       property_param(work->arena, p, "OCCURRENCE")),
				    p);
	component_remove_all(home, MARK_ANSWER);
	return answers;
}

static void free_group(void *group)
{
	g_ptr_array_unref(group);
}

/* When all of them are known.  Puts them back, in one order, so that objects with the same answers
 * are the same. */
static void group_answers(struct itip_work *work, struct answers *answers)
{
	g_autoptr(GList) keys = g_list_sort(g_hash_table_get_keys(answers->by_key), (GCompareFunc)strcmp);
	struct component *home = answers_home(work);

	answers->by_occurrence = g_hash_table_new_full(g_str_hash, g_str_equal, NULL, free_group);
	for (GList *key = keys; key != NULL; key = key->next) {
		const struct property *p = g_hash_table_lookup(answers->by_key, key->data);
		struct property *sorted = component_add(work->arena, home, p->name, p->params, p->value);
		const char *of = property_param(work->arena, sorted, "OCCURRENCE");
		GPtrArray *group;

		of = of != NULL ? of : "";
		group = g_hash_table_lookup(answers->by_occurrence, of);
		if (group == NULL) {
			group = g_ptr_array_new();
			g_hash_table_insert(answers->by_occurrence, (char *)of, group);
		}
		g_ptr_array_add(group, sorted);
	}
}

static void clear_answers(struct answers *answers)
{
	g_clear_pointer(&answers->by_key, g_hash_table_destroy);
	g_clear_pointer(&answers->by_occurrence, g_hash_table_destroy);
}

static uint32_t param_number(struct arena *arena, const struct property *p, const char *name)
{
	const char *text = property_param(arena, p, name);
	uint64_t number = 0;

	if (text != NULL)
		number_parse(slice_from_string(text), 0, INT32_MAX, &number);
	return (uint32_t)number;
}

static int64_t param_stamp(struct arena *arena, const struct property *p, const char *name)
{
	const char *text = property_param(arena, p, name);
	struct meeting_time time;

	return text != NULL && value_parse_time(text, &time) ? time.instant : 0;
}

/* What an answer speaks of; without a SEQUENCE the event as it is now, `version`. */
static uint32_t answered_sequence(const struct meeting_event *event, const struct component *version)
{
	return has_sequence(event) || version == NULL ? event->sequence : meeting_read_sequence(version);
}

/* -1: what is known is newer, 0: the same, 1: the event is newer. */
static int compare_known(struct itip_work *work, const struct property *known, const struct meeting_event *event,
			 uint32_t sequence)
{
	return meeting_compare_versions(sequence, event->stamp,
					param_number(work->arena, known, "SEQUENCE"),
					param_stamp(work->arena, known, "STAMP"));
}

static void write_known(struct itip_work *work, struct property *p, const struct meeting_event *event,
			const struct meeting_person *person, uint32_t sequence)
{
	struct arena *arena = work->arena;
	const char *comment = first_comment(event, person);

	p->params = person_params(arena, person);
	property_set_param(arena, p, "PARTSTAT", meeting_partstat_name(person->partstat));
	if (person->partstat == MEETING_PARTSTAT_DELEGATED && person->delegated_to[0] != NULL)
		property_set_param(arena, p, "DELEGATED-TO",
				   arena_printf(arena, "mailto:%s", person->delegated_to[0]));
	if (comment != NULL && *comment != '\0')
		property_set_param(arena, p, "COMMENT", comment);
	property_set_param(arena, p, "STAMP", value_format_utc(arena, event->stamp));
	property_set_param(arena, p, "SEQUENCE", arena_printf(arena, "%u", sequence));
}

/* An attendee's line says what the answer says. */
static void show_answer(struct arena *arena, struct property *line, const struct property *answer)
{
	static const struct {
		const char *of_line, *of_answer;
	} shown[] = {
		{ "PARTSTAT", "PARTSTAT" },
		{ "RSVP", NULL },
		{ "DELEGATED-TO", "DELEGATED-TO" },
		{ MARK_COMMENT, "COMMENT" },
		{ MARK_REPLY_STAMP, "STAMP" },
		{ MARK_REPLY_SEQUENCE, "SEQUENCE" },
	};

	/* taken out first, so that the line reads the same whatever stood there before */
	for (size_t i = 0; i < G_N_ELEMENTS(shown); i++)
		property_set_param(arena, line, shown[i].of_line, NULL);
	for (size_t i = 0; i < G_N_ELEMENTS(shown); i++)
		if (shown[i].of_answer != NULL)
			property_set_param(arena, line, shown[i].of_line,
					   property_param(arena, answer, shown[i].of_answer));
}

static bool is_waiting(struct arena *arena, const struct property *answer)
{
	return property_param(arena, answer, ANSWER_WAITING) != NULL;
}

/* The answer that counts in a slot: its own, else the series'; one that is still waited for, since the
 * date was moved, may come to the series too. */
static struct property *answer_for(struct arena *arena, const struct answers *answers, const char *address,
				   const char *of)
{
	g_autofree char *own_key = answer_key(address, of), *series_key = answer_key(address, NULL);
	struct property *own = g_hash_table_lookup(answers->by_key, own_key);
	struct property *series = g_hash_table_lookup(answers->by_key, series_key);

	if (own == NULL || !is_waiting(arena, own))
		return own != NULL ? own : series;
	return series != NULL && meeting_compare_versions(param_number(arena, series, "SEQUENCE"),
							   param_stamp(arena, series, "STAMP"),
							   param_number(arena, own, "SEQUENCE"),
							   param_stamp(arena, own, "STAMP")) > 0
		       ? series
		       : NULL;
}

static void add_delegate(struct arena *arena, struct component *slot, const char *address, const char *from,
			 const struct property *answer)
{
	const char *name = answer != NULL ? property_param(arena, answer, "CN") : NULL;
	struct property *line = component_add(arena, slot, "ATTENDEE", "",
					      arena_printf(arena, "mailto:%s", address));

	if (name != NULL)
		property_set_param(arena, line, "CN", name);
	property_set_param(arena, line, "DELEGATED-FROM", arena_printf(arena, "mailto:%s", from));
	property_set_param(arena, line, MARK_DELEGATE, "TRUE");
	property_set_param(arena, line, "PARTSTAT", "NEEDS-ACTION");
	property_set_param(arena, line, "RSVP", "TRUE");
	if (answer != NULL)
		show_answer(arena, line, answer);
}

static void remove_derived(struct arena *arena, struct component *slot)
{
	component_remove_all(slot, MARK_CRASHER);
	for (struct property *p = component_find(slot, "ATTENDEE"), *next; p != NULL; p = next) {
		next = component_find_next(p);
		if (property_param(arena, p, MARK_DELEGATE) != NULL)
			component_remove(slot, p);
	}
}

/* Answers of people who are not on the list, in one order. */
static void show_crashers(struct itip_work *work, struct component *slot, const struct answers *answers,
			  GHashTable *listed, const char *of)
{
	const GPtrArray *group = g_hash_table_lookup(answers->by_occurrence, of != NULL ? of : "");

	for (guint i = 0; group != NULL && i < group->len; i++) {
		const struct property *answer = group->pdata[i];
		const char *address = value_address(work->arena, answer->value);
		g_autofree char *folded = g_utf8_casefold(address, -1);
		struct property *line;

		if (g_hash_table_contains(listed, folded) || is_waiting(work->arena, answer))
			continue;
		line = component_add(work->arena, slot, MARK_CRASHER, "", answer->value);
		property_set_param(work->arena, line, "CN", property_param(work->arena, answer, "CN"));
		property_set_param(work->arena, line, "DELEGATED-FROM",
				   property_param(work->arena, answer, "DELEGATED-FROM"));
		show_answer(work->arena, line, answer);
	}
}

/* The people of one event, from who is invited and what was answered. */
static void derive_slot(struct itip_work *work, struct component *slot, const struct answers *answers,
			const char *of)
{
	g_autoptr(GHashTable) listed = g_hash_table_new_full(g_str_hash, g_str_equal, g_free, NULL);
	struct arena *arena = work->arena;
	unsigned added = 0;

	remove_derived(arena, slot);
	for (struct property *p = component_find(slot, "ATTENDEE"); p != NULL; p = component_find_next(p)) {
		struct meeting_person person;

		meeting_read_person(arena, p, &person);
		g_hash_table_add(listed, g_utf8_casefold(person.address, -1));
	}
	/* delegates stand behind, and are met by the same loop: chains end by themselves */
	for (struct property *p = component_find(slot, "ATTENDEE"); p != NULL; p = component_find_next(p)) {
		struct meeting_person person;
		struct property *answer;

		meeting_read_person(arena, p, &person);
		answer = answer_for(arena, answers, person.address, of);
		if (answer == NULL)
			continue;
		show_answer(arena, p, answer);
		meeting_read_person(arena, p, &person);
		for (size_t i = 0; person.delegated_to[i] != NULL && added < 100; i++) {
			const char *to = person.delegated_to[i];

			if (!g_hash_table_add(listed, g_utf8_casefold(to, -1)))
				continue;
			add_delegate(arena, slot, to, person.address, answer_for(arena, answers, to, of));
			added++;
		}
	}
	show_crashers(work, slot, answers, listed, of);
}

/* The master's instance, to hold what is said of one occurrence. */
static struct component *make_override(struct itip_work *work, const struct meeting_time *id)
{
	const struct meeting *stored = work->input->stored;
	const struct component *master = itip_find_master(work);
	struct component *c;

	if (master == NULL || !meeting_is_recurring(stored) ||
	    (work->budget -= itip_cost_of_copy(stored->master)) < 0)
		return NULL;
	c = edit_make_occurrence(work->arena, stored, master, id);
	itip_put_slot(work, id, c, NULL);
	return c;
}

/* The occurrence as the stored meeting writes it, so that one has one name. */
static struct meeting_time plain_occurrence(struct itip_work *work, const struct meeting_time *id)
{
	const struct meeting *stored = work->input->stored;
	const struct meeting_event *override = meeting_find_override(stored, id);

	if (id->kind == MEETING_TIME_NONE)
		return *id;
	return override != NULL ? override->recurrence_id : recur_normalise_within(stored, id, &work->budget);
}

static void derive_all(struct itip_work *work, const struct answers *answers)
{
	struct component *master = itip_find_master(work);
	const struct meeting *stored = work->input->stored;

	if (master != NULL)
		derive_slot(work, master, answers, NULL);
	for (size_t i = 0; i < stored->override_count; i++) {
		const struct meeting_time *id = &stored->overrides[i]->recurrence_id;

		derive_slot(work, itip_find_slot(work, id), answers, edit_plain_time(work->arena, id));
	}
}

/* One event of a REPLY, noted: what came of it, and the event of the object that it is about. */
struct taken {
	enum itip_reason reason; /* APPLIED: noted */
	struct component *slot;
	const char *of;
};

static struct taken refused(enum itip_reason reason)
{
	return (struct taken){ .reason = reason };
}

static struct taken note_reply(struct itip_work *work, const struct meeting_event *event, struct answers *answers)
{
	const struct meeting_person *person = itip_answering(work->input, event);
	bool whole = event->recurrence_id.kind == MEETING_TIME_NONE;
	struct meeting_time id = plain_occurrence(work, &event->recurrence_id);
	struct component *slot = whole || id.kind != MEETING_TIME_NONE ? itip_find_slot(work, &id) : NULL;
	const struct component *version = slot != NULL ? slot : itip_find_master(work);
	const char *of = edit_plain_time(work->arena, &id);
	g_autofree char *key = answer_key(person->address, of);
	struct property *known = g_hash_table_lookup(answers->by_key, key);
	uint32_t sequence = answered_sequence(event, version);
	int order = known != NULL && !is_waiting(work->arena, known) ? compare_known(work, known, event, sequence) : 1;

	if (version != NULL && has_sequence(event) && event->sequence < significant_sequence(version))
		return refused(ITIP_REASON_REPLY_TO_OLD_VERSION);
	if (slot == NULL && !whole && id.kind != MEETING_TIME_NONE && order > 0)
		slot = make_override(work, &id);
	if (slot == NULL)
		return refused(ITIP_REASON_NO_SUCH_OCCURRENCE);
	if (order <= 0)
		return refused(order < 0 ? ITIP_REASON_REPLY_OLDER : ITIP_REASON_DUPLICATE);
	if (known == NULL) {
		known = arena_new(work->arena, struct property);
		known->name = MARK_ANSWER;
		known->value = arena_printf(work->arena, "mailto:%s", person->address);
		g_hash_table_insert(answers->by_key, g_steal_pointer(&key), known);
	}
	write_known(work, known, event, person, sequence);
	property_set_param(work->arena, known, "OCCURRENCE", of);
	return (struct taken){ ITIP_REASON_APPLIED, slot, of };
}

/* The people of what was answered, and what the mail did there. */
static void show_reply(struct itip_work *work, const struct taken *taken, const struct answers *answers)
{
	if (taken->reason != ITIP_REASON_APPLIED) {
		set_reason(work, ITIP_ACTION_NONE, taken->reason);
		return;
	}
	if (taken->of == NULL)
		derive_all(work, answers);
	else
		derive_slot(work, taken->slot, answers, taken->of);
	if (meeting_tree_attendee(work->arena, taken->slot, "ATTENDEE", work->decision->replier->address) != NULL) {
		set_reason(work, ITIP_ACTION_SET_ANSWER, ITIP_REASON_APPLIED);
	} else {
		work->decision->crasher = true;
		set_reason(work, ITIP_ACTION_KEEP_CRASHER, ITIP_REASON_CRASHER);
	}
}

/* Whether an event of the mail is the answer of whom its sender may speak for. */
static bool is_of_replier(const struct itip_work *work, const struct meeting_event *event)
{
	const struct meeting_person *person = itip_answering(work->input, event);

	return person != NULL && meeting_address_equal(person->address, work->decision->replier->address);
}

/* One mail may answer for several occurrences: all are noted, then shown; the best outcome
 * names the mail. */
void itip_take_reply(struct itip_work *work)
{
	const struct meeting *incoming = work->input->incoming;
	struct itip_decision best = { .reason = ITIP_REASON_NO_ATTENDEE };
	g_autoptr(GArray) all = g_array_new(FALSE, FALSE, sizeof(struct taken));
	struct answers answers;

	itip_begin_edit(work);
	answers = take_answers(work);
	for (size_t i = 0; i < incoming->override_count + 1; i++) {
		const struct meeting_event *event = i == 0 ? incoming->master : incoming->overrides[i - 1];

		if (event != NULL && is_of_replier(work, event)) {
			struct taken taken = note_reply(work, event, &answers);

			g_array_append_val(all, taken);
		}
	}
	group_answers(work, &answers);
	for (guint i = 0; i < all->len; i++) {
		show_reply(work, &g_array_index(all, struct taken, i), &answers);
		if (i == 0 || best.action == ITIP_ACTION_NONE)
			best = *work->decision;
	}
	clear_answers(&answers);
	set_reason(work, best.action, best.reason);
}

static void write_proposal(struct itip_work *work, struct property *p, const struct meeting_event *event,
			   const struct meeting_person *person, const char *occurrence)
{
	struct arena *arena = work->arena;
	const struct meeting_event *now = work->input->stored->master;
	const char *comment = first_comment(event, person);

	p->params = person_params(arena, person);
	property_set_param(arena, p, "PARTSTAT", meeting_partstat_name(person->partstat));
	property_set_param(arena, p, "OCCURRENCE", occurrence);
	property_set_param(arena, p, "START", edit_plain_time(arena, &event->start));
	property_set_param(arena, p, "END", edit_plain_time(arena, &event->end));
	if (now != NULL && *event->summary != '\0' && strcmp(event->summary, now->summary) != 0)
		property_set_param(arena, p, "SUMMARY", event->summary);
	if (now != NULL && *event->location != '\0' && strcmp(event->location, now->location) != 0)
		property_set_param(arena, p, "LOCATION", event->location);
	if (comment != NULL && *comment != '\0')
		property_set_param(arena, p, "COMMENT", comment);
	property_set_param(arena, p, "STAMP", value_format_utc(arena, event->stamp));
}

const struct meeting_person *itip_find_invited(const struct meeting *stored, const char *address)
{
	const char *const addresses[] = { address, NULL };
	const struct meeting_person *found = NULL;

	if (stored->master != NULL)
		found = meeting_find_attendee(stored->master, addresses);
	for (size_t i = 0; found == NULL && i < stored->override_count; i++)
		found = meeting_find_attendee(stored->overrides[i], addresses);
	return found;
}

void itip_take_counter(struct itip_work *work)
{
	const struct meeting_event *event = meeting_main_event(work->input->incoming);
	const struct meeting_person *person = itip_answering(work->input, event);
	struct component *slot;
	struct property *known;
	const char *occurrence;
	uint32_t sequence;

	if (person == NULL || itip_find_invited(work->input->stored, person->address) == NULL) {
		set_reason(work, ITIP_ACTION_NONE,
			   person == NULL ? ITIP_REASON_NO_ATTENDEE : ITIP_REASON_CRASHER);
		work->decision->crasher = person != NULL;
		return;
	}
	if (event->start.kind == MEETING_TIME_NONE) {
		set_reason(work, ITIP_ACTION_NONE, ITIP_REASON_NO_START);
		return;
	}
	itip_begin_edit(work);
	slot = itip_find_master(work);
	if (slot == NULL)
		slot = itip_find_slot(work, &event->recurrence_id);
	if (slot == NULL || (event->recurrence_id.kind != MEETING_TIME_NONE &&
			     itip_find_slot(work, &event->recurrence_id) == NULL &&
			     plain_occurrence(work, &event->recurrence_id).kind == MEETING_TIME_NONE)) {
		set_reason(work, ITIP_ACTION_NONE, ITIP_REASON_NO_SUCH_OCCURRENCE);
		return;
	}
	occurrence = edit_plain_time(work->arena, &event->recurrence_id);
	known = meeting_tree_proposal(work->arena, slot, person->address, occurrence);
	sequence = answered_sequence(event, slot);
	if (known != NULL && compare_known(work, known, event, sequence) <= 0) {
		set_reason(work, ITIP_ACTION_NONE, ITIP_REASON_DUPLICATE);
		return;
	}
	if (known == NULL)
		known = component_add(work->arena, slot, MARK_PROPOSAL, "",
				      arena_printf(work->arena, "mailto:%s", person->address));
	write_proposal(work, known, event, person, occurrence);
	property_set_param(work->arena, known, "SEQUENCE", arena_printf(work->arena, "%u", sequence));
	set_reason(work, ITIP_ACTION_KEEP_PROPOSAL, ITIP_REASON_APPLIED);
}

void itip_take_refresh(struct itip_work *work)
{
	const struct meeting_person *person =
		itip_answering(work->input, meeting_main_event(work->input->incoming));

	if (person == NULL)
		set_reason(work, ITIP_ACTION_NONE, ITIP_REASON_NO_ATTENDEE);
	else if (itip_find_invited(work->input->stored, person->address) == NULL)
		set_reason(work, ITIP_ACTION_NONE, ITIP_REASON_CRASHER);
	else
		set_reason(work, ITIP_ACTION_SEND_REQUEST, ITIP_REASON_APPLIED);
}
