#include "web/meeting_view.h"

#include "calendar/sentence.h"

#define ATTENDEES_MAX 2000
#define OCCURRENCES_MAX 50
#define NEXT_DATES 3

/* What every piece of the model is made from. */
struct making {
	const struct when *when;
	const struct meeting_sources *sources;
	const struct meeting_event *event;
	struct meeting_view *view;
	struct page_meeting_model *model;
};

#define W(making, text) words_get((making)->when->words, (text))

static char *keep(const struct making *m, GString *text)
{
	char *copy = arena_copy(m->when->arena, text->str, text->len);

	g_string_free(text, TRUE);
	return copy;
}

static const char *fill(const struct making *m, const char *template, const char *name, const char *value)
{
	GString *out = g_string_new(NULL);

	words_fill(out, template, name, value, NULL);
	return keep(m, out);
}

const char *meeting_view_answer(const struct words *words, enum meeting_partstat partstat)
{
	switch (partstat) {
	case MEETING_PARTSTAT_ACCEPTED: return words_get(words, "accepted");
	case MEETING_PARTSTAT_DECLINED: return words_get(words, "declined");
	case MEETING_PARTSTAT_TENTATIVE: return words_get(words, "tentative");
	case MEETING_PARTSTAT_DELEGATED: return words_get(words, "delegated");
	case MEETING_PARTSTAT_NEEDS_ACTION: break;
	}
	return words_get(words, "not answered yet");
}

static bool is_reader(const struct meeting_sources *sources, const char *address)
{
	if (sources->invited_as != NULL && meeting_address_equal(sources->invited_as, address))
		return true;
	for (size_t i = 0; sources->addresses[i] != NULL; i++)
		if (meeting_address_equal(sources->addresses[i], address))
			return true;
	return false;
}

const struct meeting_person *meeting_view_reader(const struct meeting_event *event,
						 const struct meeting_sources *sources)
{
	for (size_t i = 0; i < event->attendee_count; i++)
		if (is_reader(sources, event->attendees[i].address))
			return &event->attendees[i];
	return NULL;
}

/* ---- people ---- */

static const char *role_word(const struct making *m, const struct meeting_person *person)
{
	if (person->cutype == MEETING_CUTYPE_ROOM)
		return W(m, "room");
	if (person->cutype == MEETING_CUTYPE_RESOURCE)
		return W(m, "resource");
	switch (person->role) {
	case MEETING_ROLE_CHAIR: return W(m, "chair");
	case MEETING_ROLE_OPTIONAL: return W(m, "optional");
	case MEETING_ROLE_NON_PARTICIPANT: return W(m, "for information");
	case MEETING_ROLE_REQUIRED: break;
	}
	return NULL;
}

/* Whom one sent, or for whom one comes. */
static const char *deputy_words(const struct making *m, const struct meeting_person *person)
{
	if (person->partstat == MEETING_PARTSTAT_DELEGATED && person->delegated_to[0] != NULL)
		return fill(m, W(m, "to {name}"), "name", person->delegated_to[0]);
	if (person->delegated_from[0] != NULL)
		return fill(m, W(m, "in place of {name}"), "name", person->delegated_from[0]);
	return NULL;
}

static struct page_person page_person(const struct making *m, const struct meeting_person *person)
{
	return (struct page_person){
		.name = person->name,
		.address = person->address,
		.role = role_word(m, person),
		.answer = meeting_view_answer(m->when->words, person->partstat),
		.deputy = deputy_words(m, person),
		.comment = person->comment,
		.is_reader = is_reader(m->sources, person->address),
	};
}

static void add_attendees(struct making *m)
{
	for (size_t i = 0; i < MIN(m->event->attendee_count, ATTENDEES_MAX); i++) {
		struct page_person person = page_person(m, &m->event->attendees[i]);

		g_array_append_val(m->view->attendees, person);
	}
	for (size_t i = 0; i < MIN(m->event->crasher_count, ATTENDEES_MAX); i++) {
		struct page_person person = page_person(m, &m->event->crashers[i]);

		person.role = W(m, "not invited, wants to come");
		person.invite = m->sources->row->is_organizer ? person.address : NULL;
		g_array_append_val(m->view->attendees, person);
	}
	m->model->attendees = m->view->attendees;
}

static void add_organizer(struct making *m)
{
	if (!m->event->has_organizer)
		return;
	m->view->organizer = (struct page_person){
		.name = m->event->organizer.name,
		.address = m->event->organizer.address,
		.is_reader = m->sources->row->is_organizer,
	};
	m->model->organizer = &m->view->organizer;
}

/* "3 accepted, 1 declined" */
static void add_tally(struct making *m)
{
	static const enum meeting_partstat order[] = {
		MEETING_PARTSTAT_ACCEPTED, MEETING_PARTSTAT_TENTATIVE, MEETING_PARTSTAT_DECLINED,
		MEETING_PARTSTAT_DELEGATED, MEETING_PARTSTAT_NEEDS_ACTION,
	};
	size_t counts[MEETING_PARTSTAT_DELEGATED + 1] = { 0 };
	GString *out;

	if (m->event->attendee_count < 3)
		return;
	for (size_t i = 0; i < m->event->attendee_count; i++)
		counts[m->event->attendees[i].partstat]++;
	out = g_string_new(NULL);
	for (size_t i = 0; i < G_N_ELEMENTS(order); i++)
		if (counts[order[i]] > 0)
			g_string_append_printf(out, "%s%zu %s", out->len > 0 ? ", " : "", counts[order[i]],
					       meeting_view_answer(m->when->words, order[i]));
	m->model->tally = keep(m, out);
}

/* ---- time ---- */

static void add_next(struct making *m)
{
	struct recur_occurrence next[NEXT_DATES];
	size_t count = recur_upcoming(m->sources->meeting, m->sources->now, m->when->zone, next, NEXT_DATES);

	for (size_t i = 0; i < count; i++) {
		struct meeting_fields fields;
		GString *out = g_string_new(NULL);

		dates_fields(&next[i].start, m->when->zone, &fields);
		dates_append_date(out, m->when->words, &fields);
		g_ptr_array_add(m->view->next, keep(m, out));
	}
	m->model->next = m->view->next;
}

static void add_recurrence(struct making *m)
{
	const struct meeting *meeting = m->sources->meeting;
	GString *out;

	if (m->sources->one_occurrence || !meeting_is_recurring(meeting) || meeting->master == NULL)
		return;
	out = g_string_new(NULL);
	if (!sentence_append(out, m->when->words, meeting->master, m->when->zone, m->sources->now) &&
	    out->len == 0)
		g_string_append(out, W(m, "It repeats on the dates below."));
	m->model->recurrence = keep(m, out);
	add_next(m);
}

/* Occurrences that differ from the series, as links to their own pages. */
static void add_occurrences(struct making *m)
{
	const struct meeting *meeting = m->sources->meeting;

	if (m->sources->one_occurrence || meeting->master == NULL)
		return;
	for (size_t i = 0; i < meeting->override_count && m->view->occurrences->len < OCCURRENCES_MAX; i++) {
		const struct meeting_event *event = meeting->overrides[i];
		struct page_occurrence *occurrence;

		if (event->end.instant < m->sources->now)
			continue;
		occurrence = arena_new(m->when->arena, struct page_occurrence);
		occurrence->text = when_span_text(m->when, &event->start, &event->end);
		occurrence->query = when_occurrence_query(m->when, &event->recurrence_id);
		if (event->status == MEETING_STATUS_CANCELLED)
			occurrence->off = W(m, "cancelled");
		else if (event->removed)
			occurrence->off = W(m, "you were removed");
		g_ptr_array_add(m->view->occurrences, occurrence);
	}
	m->model->occurrences = m->view->occurrences;
}

static void add_times(struct making *m)
{
	const struct recur_occurrence *about = &m->sources->about;

	when_span(m->when, &about->start, &about->end, &m->model->when);
	when_span_organizer(m->when, &about->start, &about->end, &m->model->organizer_when);
	m->model->when_note = when_note(m->when, &about->start);
	if (m->sources->one_occurrence) {
		m->model->occurrence = when_occurrence_query(m->when, &about->recurrence_id);
		m->model->occurrence_text = W(m, "This is one date of a series.");
		m->model->has_series = m->sources->meeting->master != NULL;
	}
	if (about->start.kind != MEETING_TIME_NONE && !meeting_time_is_day(&about->start)) {
		m->model->propose_start = when_form_value(m->when, &about->start);
		m->model->propose_end = when_form_value(m->when, &about->end);
	}
}

/* ---- the reader's own state ---- */

static const char *answer_status(const struct making *m, const struct meeting_person *reader)
{
	switch (reader->partstat) {
	case MEETING_PARTSTAT_ACCEPTED: return W(m, "You have accepted.");
	case MEETING_PARTSTAT_TENTATIVE: return W(m, "You have accepted tentatively.");
	case MEETING_PARTSTAT_DECLINED: return W(m, "You have declined.");
	case MEETING_PARTSTAT_DELEGATED:
		if (reader->delegated_to[0] != NULL)
			return fill(m, W(m, "You have sent {address} in your place."), "address",
				    reader->delegated_to[0]);
		return W(m, "You have sent somebody else.");
	case MEETING_PARTSTAT_NEEDS_ACTION: break;
	}
	return W(m, "You have not answered yet.");
}

/* Somebody who does not go. */
static bool is_away(const struct meeting_person *reader)
{
	return reader->partstat == MEETING_PARTSTAT_DECLINED || reader->partstat == MEETING_PARTSTAT_DELEGATED;
}

static bool is_over(const struct making *m)
{
	int64_t end = m->sources->one_occurrence ? m->sources->about.span.end : m->sources->row->last_end;

	return end <= m->sources->now;
}

static void add_attendee_state(struct making *m, const struct meeting_person *reader)
{
	struct page_meeting_model *model = m->model;

	model->answer = reader->partstat;
	model->comment = reader->comment;
	model->status = answer_status(m, reader);
	if (!meeting_address_equal(reader->address, m->sources->addresses[0]))
		model->invited_as = reader->address;
	/* One that is only offered too: answering puts it into the calendar. */
	model->answerable = !model->cancelled && !is_over(m);
	model->can_propose = model->answerable && model->propose_start != NULL;
	if (is_over(m) && reader->partstat == MEETING_PARTSTAT_NEEDS_ACTION)
		model->status = W(m, "This meeting is over.");
}

static void add_state(struct making *m)
{
	const struct meeting_person *reader = meeting_view_reader(m->event, m->sources);
	struct page_meeting_model *model = m->model;
	bool removed = m->sources->meeting->removed || m->event->removed;

	model->cancelled = m->event->status == MEETING_STATUS_CANCELLED ||
			   m->sources->row->status == MEETING_STATUS_CANCELLED;
	model->is_organizer = m->sources->row->is_organizer;
	if (reader != NULL && !model->is_organizer)
		add_attendee_state(m, reader);
	if (model->cancelled)
		model->status = W(m, "This meeting was cancelled.");
	else if (removed)
		model->status = m->sources->meeting->removed ? W(m, "You were removed from this meeting.")
							     : W(m, "You were removed from this date.");
	if (removed)
		model->answerable = model->can_propose = false;
	model->can_hide = m->sources->row->shown && !model->is_organizer &&
			  (model->cancelled || m->sources->meeting->removed ||
			   (reader != NULL && is_away(reader)));
	if (model->cancelled)
		model->kind = W(m, "Cancelled");
	else if (model->is_organizer)
		model->kind = W(m, "Your meeting");
	else if (reader != NULL && !removed)
		model->kind = W(m, "Invitation");
}

/* ---- the rest ---- */

static void add_joins(struct making *m)
{
	for (size_t i = 0; i < m->event->join_count; i++) {
		struct page_join join = { m->event->joins[i].uri, m->event->joins[i].label };

		g_array_append_val(m->view->joins, join);
	}
	m->model->joins = m->view->joins;
}

static void add_proposals(struct making *m)
{
	const struct meeting_event *main = meeting_main_event(m->sources->meeting);

	for (size_t i = 0; m->sources->row->is_organizer && i < main->proposal_count; i++) {
		const struct meeting_proposal *proposal = &main->proposals[i];
		struct page_proposal *page = arena_new(m->when->arena, struct page_proposal);
		const char *name = proposal->attendee.name;

		page->who = name != NULL && name[0] != '\0' ? name : proposal->attendee.address;
		page->address = proposal->attendee.address;
		if (proposal->recurrence_id.kind != MEETING_TIME_NONE) {
			page->query = when_occurrence_query(m->when, &proposal->recurrence_id);
			page->date = when_span_text(m->when, &proposal->recurrence_id, &proposal->recurrence_id);
		}
		page->comment = proposal->comment;
		when_span(m->when, &proposal->start, &proposal->end, &page->when);
		g_ptr_array_add(m->view->proposals, page);
	}
	m->model->proposals = m->view->proposals;
}

/* What the reader has proposed for what the page is about, until the organizer has decided. */
static void add_own_proposal(struct making *m)
{
	const struct meeting_event *main = meeting_main_event(m->sources->meeting);
	const struct meeting_time *about = &m->sources->about.recurrence_id;

	for (size_t i = 0; m->model->answerable && i < main->proposal_count; i++) {
		const struct meeting_proposal *proposal = &main->proposals[i];
		bool whole = proposal->recurrence_id.kind == MEETING_TIME_NONE;

		if (is_reader(m->sources, proposal->attendee.address) &&
		    (m->sources->one_occurrence ? meeting_time_equal(&proposal->recurrence_id, about) : whole))
			when_span(m->when, &proposal->start, &proposal->end, &m->model->proposed);
	}
}

/* The calendar's page of the meeting's day. */
static void add_back(struct making *m)
{
	struct meeting_fields f;

	if (m->sources->about.start.kind == MEETING_TIME_NONE || !m->sources->row->shown)
		return;
	dates_fields(&m->sources->about.start, m->when->zone, &f);
	m->model->back = fill(m, "calendar/?date={date}", "date",
			      arena_printf(m->when->arena, "%04d-%02d-%02d", f.year, f.month, f.day));
}

struct meeting_view *meeting_view_create(const struct when *when, const struct meeting_sources *sources)
{
	struct meeting_view *view = g_new0(struct meeting_view, 1);
	struct making m = { when, sources, sources->about.event, view, &view->model };

	view->attendees = g_array_new(FALSE, FALSE, sizeof(struct page_person));
	view->joins = g_array_new(FALSE, FALSE, sizeof(struct page_join));
	view->next = g_ptr_array_new();
	view->occurrences = g_ptr_array_new();
	view->proposals = g_ptr_array_new();
	view->model.token = sources->token;
	view->model.title = m.event->summary;
	view->model.location = m.event->location;
	view->model.description = m.event->description;
	view->model.url = m.event->url;
	view->model.clashes = sources->clashes;
	add_times(&m);
	add_recurrence(&m);
	add_occurrences(&m);
	add_joins(&m);
	add_organizer(&m);
	add_attendees(&m);
	add_tally(&m);
	add_state(&m);
	add_own_proposal(&m);
	add_proposals(&m);
	add_back(&m);
	return view;
}

void meeting_view_destroy(struct meeting_view **view)
{
	if (*view == NULL)
		return;
	g_array_unref((*view)->attendees);
	g_array_unref((*view)->joins);
	g_ptr_array_unref((*view)->next);
	g_ptr_array_unref((*view)->occurrences);
	g_ptr_array_unref((*view)->proposals);
	g_clear_pointer(view, g_free);
}
