#include "web/page_meeting.h"

/* The parts of one page; all need the same three things. */
struct view {
	struct html *html;
	const struct page_frame *frame;
	const struct page_meeting_model *model;
};

#define W(view, text) words_get((view)->frame->words, (text))

static bool is_there(const char *text)
{
	return text != NULL && text[0] != '\0';
}

/* An action of this meeting's page, with the occurrence it is about. */
static char *action_link(const struct view *view, const char *verb)
{
	return page_link(view->frame, "m/%s/%s", view->model->token, verb);
}

static void begin_action(const struct view *view, const char *verb)
{
	g_autofree char *action = action_link(view, verb);

	page_form(view->html, view->frame, action);
	if (view->model->occurrence != NULL)
		page_hidden(view->html, "occurrence", view->model->occurrence);
}

static void add_when(const struct view *view, const struct page_when *when)
{
	struct html *html = view->html;

	html_element(html, "time", when->start, "datetime", when->start_iso, NULL);
	if (when->end != NULL) {
		html_textf(html, " %s ", W(view, "to"));
		html_element(html, "time", when->end, "datetime", when->end_iso, NULL);
	}
	if (when->all_day != NULL) {
		html_text(html, ", ");
		html_element(html, "time", when->all_day, "datetime", when->start_iso, NULL);
	}
	if (when->zone != NULL) {
		html_text(html, " ");
		html_open(html, "span", "class", "soft", NULL);
		html_textf(html, "(%s)", when->zone);
		html_close(html, "span");
	}
}

/* ---- the facts ---- */

static void begin_fact(const struct view *view, const char *name)
{
	html_element(view->html, "dt", name, NULL);
	html_open(view->html, "dd", NULL);
}

static void end_fact(const struct view *view)
{
	html_close(view->html, "dd");
}

static void add_next_dates(const struct view *view)
{
	const GPtrArray *next = view->model->next;

	if (next == NULL || next->len == 0)
		return;
	html_open(view->html, "p", "class", "soft", NULL);
	html_textf(view->html, "%s ", W(view, "Next:"));
	for (guint i = 0; i < next->len; i++)
		html_textf(view->html, "%s%s", i > 0 ? "; " : "", (char *)g_ptr_array_index(next, i));
	html_close(view->html, "p");
}

static void add_occurrences(const struct view *view)
{
	const GPtrArray *occurrences = view->model->occurrences;

	if (occurrences == NULL || occurrences->len == 0)
		return;
	html_open(view->html, "ul", "class", "soft", NULL);
	for (guint i = 0; i < occurrences->len; i++) {
		const struct page_occurrence *occurrence = g_ptr_array_index(occurrences, i);
		g_autofree char *link = page_link(view->frame, "m/%s?occurrence=%s",
						  view->model->token, occurrence->query);

		html_open(view->html, "li", "class", occurrence->off != NULL ? "cancelled" : NULL, NULL);
		html_element(view->html, "a", occurrence->text, "href", link, NULL);
		if (occurrence->off != NULL)
			html_textf(view->html, " (%s)", occurrence->off);
		html_close(view->html, "li");
	}
	html_close(view->html, "ul");
}

static void add_time_fact(const struct view *view)
{
	const struct page_meeting_model *model = view->model;

	begin_fact(view, W(view, "When"));
	html_open(view->html, "p", "class", "when", NULL);
	if (model->when.start != NULL)
		add_when(view, &model->when);
	else
		html_text(view->html, W(view, "The time is missing."));
	html_close(view->html, "p");
	if (model->organizer_when.start != NULL) {
		html_open(view->html, "p", "class", "soft when", NULL);
		html_textf(view->html, "%s ", W(view, "for the organizer"));
		add_when(view, &model->organizer_when);
		html_close(view->html, "p");
	}
	if (model->when_note != NULL)
		html_element(view->html, "p", model->when_note, "class", "soft", NULL);
	if (is_there(model->recurrence))
		html_element(view->html, "p", model->recurrence, NULL);
	add_next_dates(view);
	add_occurrences(view);
	end_fact(view);
}

static void add_join_facts(const struct view *view)
{
	const struct page_meeting_model *model = view->model;

	for (guint i = 0; model->joins != NULL && i < model->joins->len; i++) {
		const struct page_join *join = &g_array_index(model->joins, struct page_join, i);
		bool is_web = g_str_has_prefix(join->uri, "https:") || g_str_has_prefix(join->uri, "http:");

		begin_fact(view, W(view, "Join"));
		if (is_web)
			html_element(view->html, "a", join->uri, "href", join->uri, "rel",
				     "noreferrer noopener nofollow", NULL);
		else
			html_text(view->html, join->uri);
		if (is_there(join->label))
			html_textf(view->html, " (%s)", join->label);
		end_fact(view);
	}
	if (is_there(model->url)) {
		begin_fact(view, W(view, "Link"));
		html_element(view->html, "a", model->url, "href", model->url, "rel",
			     "noreferrer noopener nofollow", NULL);
		end_fact(view);
	}
}

static void add_person_name(const struct view *view, const struct page_person *person)
{
	if (is_there(person->name) && g_ascii_strcasecmp(person->name, person->address) != 0) {
		html_text(view->html, person->name);
		html_text(view->html, " ");
		html_element(view->html, "span", person->address, "class", "soft", NULL);
	} else {
		html_text(view->html, person->address);
	}
	if (person->is_reader)
		html_textf(view->html, " – %s", W(view, "you"));
}

/* "(optional, accepted, in place of carol@example.test)" */
static void add_person_notes(const struct view *view, const struct page_person *person)
{
	const char *const notes[] = { person->role, person->answer, person->deputy };
	bool any = false;

	for (size_t i = 0; i < G_N_ELEMENTS(notes); i++) {
		if (!is_there(notes[i]))
			continue;
		if (!any)
			html_open(view->html, "span", "class", "soft", NULL);
		html_textf(view->html, "%s%s", any ? ", " : " (", notes[i]);
		any = true;
	}
	if (any) {
		html_text(view->html, ")");
		html_close(view->html, "span");
	}
}

static void add_person(const struct view *view, const struct page_person *person)
{
	html_open(view->html, "li", NULL);
	add_person_name(view, person);
	add_person_notes(view, person);
	if (is_there(person->comment))
		html_element(view->html, "span", person->comment, "class", "comment", NULL);
	if (person->invite != NULL) {
		begin_action(view, "invite");
		page_hidden(view->html, "address", person->invite);
		html_element(view->html, "button", W(view, "Invite"), "type", "submit", "class",
			     "plain", NULL);
		html_close(view->html, "form");
	}
	html_close(view->html, "li");
}

static void add_people_facts(const struct view *view)
{
	const struct page_meeting_model *model = view->model;

	if (model->organizer != NULL) {
		begin_fact(view, W(view, "Organizer"));
		html_open(view->html, "ul", "class", "people", NULL);
		add_person(view, model->organizer);
		html_close(view->html, "ul");
		end_fact(view);
	}
	if (model->attendees != NULL && model->attendees->len > 0) {
		begin_fact(view, W(view, "Attendees"));
		if (model->tally != NULL)
			html_element(view->html, "p", model->tally, "class", "tally", NULL);
		html_open(view->html, "ul", "class", "people", NULL);
		for (guint i = 0; i < model->attendees->len; i++)
			add_person(view, &g_array_index(model->attendees, struct page_person, i));
		html_close(view->html, "ul");
		end_fact(view);
	}
}

static void add_clashes(const struct view *view)
{
	const GPtrArray *clashes = view->model->clashes;

	if (clashes == NULL || clashes->len == 0)
		return;
	begin_fact(view, W(view, "Clash"));
	for (guint i = 0; i < clashes->len; i++)
		html_element(view->html, "p", g_ptr_array_index(clashes, i), NULL);
	end_fact(view);
}

static void add_facts(const struct view *view)
{
	const struct page_meeting_model *model = view->model;

	html_open(view->html, "dl", "class", "facts", NULL);
	add_time_fact(view);
	if (is_there(model->location)) {
		begin_fact(view, W(view, "Where"));
		html_prose(view->html, model->location);
		end_fact(view);
	}
	add_join_facts(view);
	add_people_facts(view);
	add_clashes(view);
	if (is_there(model->description)) {
		begin_fact(view, W(view, "About"));
		html_open(view->html, "p", "class", "words", NULL);
		html_prose(view->html, model->description);
		html_close(view->html, "p");
		end_fact(view);
	}
	html_close(view->html, "dl");
}

/* ---- one's own answer ---- */

static const struct answer_button {
	const char *text, *value;
	enum meeting_partstat partstat;
} answer_buttons[] = {
	{ N_("Accept"), "ACCEPTED", MEETING_PARTSTAT_ACCEPTED },
	{ N_("Tentative"), "TENTATIVE", MEETING_PARTSTAT_TENTATIVE },
	{ N_("Decline"), "DECLINED", MEETING_PARTSTAT_DECLINED },
};

static const char *status_class(enum meeting_partstat partstat)
{
	switch (partstat) {
	case MEETING_PARTSTAT_ACCEPTED: return "status-accepted";
	case MEETING_PARTSTAT_TENTATIVE: return "status-tentative";
	case MEETING_PARTSTAT_DECLINED: return "status-declined";
	default: return NULL;
	}
}

static void add_answer_form(const struct view *view)
{
	const struct page_meeting_model *model = view->model;

	begin_action(view, "answer");
	html_open(view->html, "div", "class", "stack", NULL);
	html_open(view->html, "div", "class", "actions", NULL);
	for (size_t i = 0; i < G_N_ELEMENTS(answer_buttons); i++) {
		const struct answer_button *button = &answer_buttons[i];
		bool chosen = button->partstat == model->answer;

		html_element(view->html, "button", W(view, button->text), "type", "submit", "name",
			     "answer", "value", button->value, "aria-current",
			     chosen ? "true" : NULL, "class",
			     i == 0 && model->answer == MEETING_PARTSTAT_NEEDS_ACTION ? "main" : NULL, NULL);
	}
	html_close(view->html, "div");
	html_open(view->html, "div", NULL);
	html_open(view->html, "label", "for", "comment", NULL);
	html_text(view->html, W(view, "Comment for the organizer"));
	html_open(view->html, "span", "class", "soft", NULL);
	html_textf(view->html, " (%s)", W(view, "optional"));
	html_close(view->html, "span");
	html_close(view->html, "label");
	html_element(view->html, "textarea", model->comment, "id", "comment", "name", "comment", "rows",
		     "2", "maxlength", "2000", NULL);
	html_close(view->html, "div");
	html_close(view->html, "div");
	html_close(view->html, "form");
}

static void add_moment_input(const struct view *view, const char *id, const char *label,
			     const char *value)
{
	html_open(view->html, "div", NULL);
	html_element(view->html, "label", label, "for", id, NULL);
	html_void(view->html, "input", "id", id, "name", id, "type", "datetime-local", "required", "",
		  "value", value, NULL);
	html_close(view->html, "div");
}

static void add_comment_input(const struct view *view, const char *id)
{
	html_open(view->html, "div", NULL);
	html_element(view->html, "label", W(view, "Comment"), "for", id, NULL);
	html_element(view->html, "textarea", NULL, "id", id, "name", "comment", "rows", "2", "maxlength",
		     "2000", NULL);
	html_close(view->html, "div");
}

static void add_delegate_form(const struct view *view)
{
	html_open(view->html, "details", NULL);
	html_element(view->html, "summary", W(view, "Send somebody else"), NULL);
	begin_action(view, "delegate");
	html_open(view->html, "div", "class", "stack", NULL);
	html_element(view->html, "p", W(view, "They get the invitation, and the organizer is told."), NULL);
	html_open(view->html, "div", NULL);
	html_element(view->html, "label", W(view, "Mail address of the one who goes in your place"), "for",
		     "delegate", NULL);
	html_void(view->html, "input", "id", "delegate", "name", "delegate", "type", "email", "required", "",
		  "maxlength", "254", NULL);
	html_close(view->html, "div");
	add_comment_input(view, "word");
	html_open(view->html, "div", NULL);
	html_element(view->html, "button", W(view, "Send them instead"), "type", "submit", NULL);
	html_close(view->html, "div");
	html_close(view->html, "div");
	html_close(view->html, "form");
	html_close(view->html, "details");
}

static void add_propose_form(const struct view *view)
{
	html_open(view->html, "details", NULL);
	html_element(view->html, "summary", W(view, "Propose another time"), NULL);
	begin_action(view, "propose");
	html_open(view->html, "div", "class", "stack", NULL);
	html_open(view->html, "div", "class", "pair", NULL);
	add_moment_input(view, "start", W(view, "Start"), view->model->propose_start);
	add_moment_input(view, "end", W(view, "End"), view->model->propose_end);
	html_close(view->html, "div");
	add_comment_input(view, "why");
	html_open(view->html, "div", NULL);
	html_element(view->html, "button", W(view, "Send the proposal"), "type", "submit", NULL);
	html_close(view->html, "div");
	html_close(view->html, "div");
	html_close(view->html, "form");
	html_close(view->html, "details");
}

static void add_answer(const struct view *view)
{
	const struct page_meeting_model *model = view->model;

	if (model->status == NULL && !model->answerable && !model->can_hide)
		return;
	html_open(view->html, "section", "class", "answer", "aria-label", W(view, "Your answer"), NULL);
	html_element(view->html, "p", model->status != NULL ? model->status : "", "role", "status",
		     "class", status_class(model->answer), NULL);
	if (model->proposed.start != NULL) {
		html_open(view->html, "p", "class", "proposed", NULL);
		html_textf(view->html, "%s ", W(view, "You have proposed another time:"));
		add_when(view, &model->proposed);
		html_close(view->html, "p");
	}
	if (model->invited_as != NULL) {
		html_open(view->html, "p", "class", "small-print", NULL);
		page_fill(view->html, W(view, "You were invited as {address}."), "address",
			  model->invited_as);
		html_close(view->html, "p");
	}
	if (model->answerable)
		add_answer_form(view);
	if (model->answerable && model->can_propose)
		add_propose_form(view);
	if (model->answerable)
		add_delegate_form(view);
	if (model->can_hide) {
		begin_action(view, "hide");
		html_element(view->html, "button", W(view, "Take it out of my calendar"), "type", "submit",
			     NULL);
		html_close(view->html, "form");
	}
	html_close(view->html, "section");
}

/* ---- the organizer's side ---- */

static void add_proposal(const struct view *view, const struct page_proposal *proposal)
{
	html_open(view->html, "div", "class", "proposal", NULL);
	html_open(view->html, "p", NULL);
	if (proposal->date != NULL) {
		g_autofree char *text = words_filled(W(view, "{name} proposes another time for {date}:"), "name",
						     proposal->who, "date", proposal->date, NULL);

		html_text(view->html, text);
	} else {
		page_fill(view->html, W(view, "{name} proposes another time:"), "name", proposal->who);
	}
	html_close(view->html, "p");
	html_open(view->html, "p", NULL);
	add_when(view, &proposal->when);
	html_close(view->html, "p");
	if (is_there(proposal->comment))
		html_element(view->html, "p", proposal->comment, "class", "soft", NULL);
	begin_action(view, "proposal");
	page_hidden(view->html, "address", proposal->address);
	if (proposal->query != NULL)
		page_hidden(view->html, "proposed", proposal->query);
	html_open(view->html, "div", "class", "actions", NULL);
	html_element(view->html, "button", W(view, "Take this time"), "type", "submit", "name",
		     "decision", "value", "take", NULL);
	html_element(view->html, "button", W(view, "Keep the time"), "type", "submit", "name", "decision",
		     "value", "keep", NULL);
	html_close(view->html, "div");
	html_close(view->html, "form");
	html_close(view->html, "div");
}

static char *edit_link(const struct view *view)
{
	g_autofree char *link = action_link(view, "edit");

	if (view->model->occurrence == NULL)
		return g_steal_pointer(&link);
	return g_strconcat(link, "?occurrence=", view->model->occurrence, NULL);
}

static void add_organizer_side(const struct view *view)
{
	const struct page_meeting_model *model = view->model;

	if (!model->is_organizer)
		return;
	html_open(view->html, "section", "class", "answer", "aria-label", W(view, "Organizer"), NULL);
	html_element(view->html, "p", model->status != NULL ? model->status
							    : W(view, "You organise this meeting."),
		     "role", "status", NULL);
	for (guint i = 0; model->proposals != NULL && i < model->proposals->len; i++)
		add_proposal(view, g_ptr_array_index(model->proposals, i));
	if (!model->cancelled) {
		g_autofree char *edit = edit_link(view);
		bool one_date = model->occurrence != NULL;

		html_open(view->html, "div", "class", "actions", NULL);
		html_element(view->html, "a",
			     one_date ? W(view, "Change this date") : W(view, "Change the meeting"), "href", edit,
			     "class", "button", NULL);
		html_close(view->html, "div");
		html_open(view->html, "details", NULL);
		html_element(view->html, "summary", one_date ? W(view, "Cancel this date")
								   : W(view, "Cancel the meeting"), NULL);
		begin_action(view, "cancel");
		html_open(view->html, "div", "class", "stack", NULL);
		html_element(view->html, "p", W(view, "Everybody invited is told by mail."), NULL);
		html_element(view->html, "button", W(view, "Cancel it for everybody"), "type", "submit",
			     "class", "danger", NULL);
		html_close(view->html, "div");
		html_close(view->html, "form");
		html_close(view->html, "details");
	}
	html_close(view->html, "section");
}

/* ---- not in the calendar ---- */

static void add_offer(const struct view *view)
{
	const struct page_meeting_model *model = view->model;

	if (model->offer == NULL)
		return;
	html_open(view->html, "section", "class", "answer stack", "aria-label", W(view, "Calendar"), NULL);
	page_note(view->html, model->offer_untrusted ? PAGE_NOTE_WARN : PAGE_NOTE_PLAIN, model->offer);
	if (model->offer_untrusted && model->offer_id != NULL)
		html_element(view->html, "p", W(view, "Nobody vouches for the sender of this mail. Apply it only if "
						      "you know that it is genuine."), NULL);
	if (model->offer_id == NULL) {
		html_close(view->html, "section");
		return;
	}
	begin_action(view, "apply");
	page_hidden(view->html, "message", model->offer_id);
	html_element(view->html, "button",
		     model->offer_untrusted ? W(view, "Apply it all the same") : W(view, "Add to my calendar"),
		     "type", "submit", "class", model->offer_untrusted ? NULL : "main", NULL);
	html_close(view->html, "form");
	html_close(view->html, "section");
}

/* ---- downloads and trail ---- */

static void add_trail_entry(const struct view *view, const struct page_trail_entry *entry)
{
	html_open(view->html, "li", NULL);
	html_element(view->html, "time", entry->time, "datetime", entry->time_iso, NULL);
	html_text(view->html, entry->what);
	if (is_there(entry->why))
		html_textf(view->html, " – %s", entry->why);
	if (entry->apply_id != NULL) {
		begin_action(view, "apply");
		page_hidden(view->html, "message", entry->apply_id);
		html_element(view->html, "button", W(view, "Apply by hand"), "type", "submit", "class",
			     "plain", NULL);
		html_close(view->html, "form");
	}
	html_close(view->html, "li");
}

static void add_trail(const struct view *view)
{
	const GPtrArray *trail = view->model->trail;

	if (trail == NULL || trail->len == 0)
		return;
	html_open(view->html, "details", NULL);
	html_element(view->html, "summary", W(view, "What was decided about this meeting, and why"), NULL);
	html_open(view->html, "ol", "class", "trail", NULL);
	for (guint i = 0; i < trail->len; i++)
		add_trail_entry(view, g_ptr_array_index(trail, i));
	html_close(view->html, "ol");
	html_close(view->html, "details");
}

static void add_files(const struct view *view)
{
	const GPtrArray *files = view->model->files;

	if (files == NULL || files->len == 0)
		return;
	html_element(view->html, "h2", W(view, "Files that came with the mail"), NULL);
	html_open(view->html, "ul", "class", "files", NULL);
	for (guint i = 0; i < files->len; i++) {
		g_autofree char *verb = g_strdup_printf("file/%" G_GUINT64_FORMAT "/%u", view->model->mail_id, i);
		g_autofree char *link = action_link(view, verb);
		const char *name = g_ptr_array_index(files, i);

		html_open(view->html, "li", NULL);
		html_element(view->html, "a", name, "href", link, "download", name, NULL);
		html_close(view->html, "li");
	}
	html_close(view->html, "ul");
}

static void add_downloads(const struct view *view)
{
	g_autofree char *ics = action_link(view, "invite.ics");
	g_autofree char *original = action_link(view, "original.eml");

	html_open(view->html, "section", "class", "card", "aria-label", W(view, "More"), NULL);
	html_open(view->html, "p", "class", "downloads", NULL);
	html_element(view->html, "a", W(view, "Download .ics"), "href", ics, "download", "invite.ics", NULL);
	if (view->model->has_original)
		html_element(view->html, "a", W(view, "Original message"), "href", original, "download",
			     "original.eml", NULL);
	if (view->model->back != NULL)
		html_element(view->html, "a", W(view, "See it in the calendar"), "href",
			     view->model->back, NULL);
	html_close(view->html, "p");
	add_files(view);
	add_trail(view);
	html_close(view->html, "section");
}

static void add_place_in_series(const struct view *view)
{
	g_autofree char *series = page_link(view->frame, "m/%s", view->model->token);

	html_open(view->html, "p", "class", "soft", NULL);
	html_text(view->html, view->model->occurrence_text);
	if (view->model->has_series) {
		html_text(view->html, " ");
		html_element(view->html, "a", W(view, "See the whole series"), "href", series, NULL);
	}
	html_close(view->html, "p");
}

GString *page_meeting(const struct page_frame *frame, const struct page_meeting_model *model)
{
	struct view view = { page_begin(frame), frame, model };

	html_open(view.html, "article", "class", "card", NULL);
	if (model->flash != NULL)
		page_note(view.html, model->flash_note, model->flash);
	if (model->kind != NULL)
		html_element(view.html, "p", model->kind, "class", "kind", NULL);
	html_element(view.html, "h1", is_there(model->title) ? model->title : words_get(frame->words, "(no title)"),
		     "class", model->cancelled ? "cancelled" : NULL, NULL);
	if (model->occurrence_text != NULL)
		add_place_in_series(&view);
	add_facts(&view);
	add_offer(&view);
	if (model->is_organizer)
		add_organizer_side(&view);
	else
		add_answer(&view);
	html_close(view.html, "article");
	add_downloads(&view);
	return page_end(frame, &view.html);
}
