/* One decision: who is who, may the sender say this, then the object's edit.
 *
 * The order of the checks is the order of the reasons a person would give: is it
 * for us at all, is it from who it says, is it newer than what we have. */
#include "calendar/itip_private.h"

#include "calendar/edit.h"
#include "calendar/recur.h"

bool itip_from_is(const struct itip_input *input, const char *address)
{
	for (const char *const *from = input->from; from != NULL && *from != NULL; from++)
		if (meeting_address_equal(*from, address))
			return true;
	return false;
}

/* local+detail@domain is local@domain. */
static bool is_sub_address_of(const char *address, const char *base)
{
	const char *plus = strchr(address, '+'), *at = strrchr(address, '@');
	g_autofree char *bare = NULL;

	if (plus == NULL || at == NULL || plus > at)
		return false;
	bare = g_strdup_printf("%.*s%s", (int)(plus - address), address, at);
	return meeting_address_equal(bare, base);
}

bool itip_is_ours(const struct itip_input *input, const char *address)
{
	if (address == NULL || *address == '\0')
		return false;
	for (const char *const *own = input->addresses; own != NULL && *own != NULL; own++)
		if (meeting_address_equal(address, *own) || is_sub_address_of(address, *own))
			return true;
	return input->recipient != NULL && meeting_address_equal(address, input->recipient);
}

/* The account's own addresses count before sub-addresses and the envelope's. */
const struct meeting_person *itip_find_ours(const struct itip_input *input, const struct meeting_event *event)
{
	const struct meeting_person *found = NULL;

	if (input->addresses != NULL)
		found = meeting_find_attendee(event, input->addresses);
	for (size_t i = 0; found == NULL && i < event->attendee_count; i++)
		if (itip_is_ours(input, event->attendees[i].address))
			found = &event->attendees[i];
	return found;
}

static const struct meeting_person *find_ours_in(const struct itip_input *input, const struct meeting *meeting)
{
	const struct meeting_person *found = NULL;

	if (meeting == NULL)
		return NULL;
	if (meeting->master != NULL)
		found = itip_find_ours(input, meeting->master);
	for (size_t i = 0; found == NULL && i < meeting->override_count; i++)
		found = itip_find_ours(input, meeting->overrides[i]);
	return found;
}

static bool same_domain(const char *a, const char *b)
{
	const char *at_a = strrchr(a, '@'), *at_b = strrchr(b, '@');

	return at_a != NULL && at_b != NULL && g_ascii_strcasecmp(at_a, at_b) == 0;
}

/* From is the person, or who sends for them.  A SENT-BY that only the mail itself
 * claims is believed within the person's own domain: else anybody could name
 * themselves there and cancel other people's meetings. */
static bool from_speaks_for(const struct itip_input *input, const struct meeting_person *claimed,
			    const struct meeting_person *known)
{
	if (itip_from_is(input, known != NULL ? known->address : claimed->address))
		return true;
	if (known != NULL && known->sent_by != NULL && itip_from_is(input, known->sent_by))
		return true;
	if (claimed->sent_by == NULL || !itip_from_is(input, claimed->sent_by))
		return false;
	return known == NULL || same_domain(claimed->sent_by, known->address);
}

static const struct meeting_person *organizer_of(const struct meeting *meeting)
{
	if (meeting == NULL)
		return NULL;
	if (meeting->master != NULL && meeting->master->has_organizer)
		return &meeting->master->organizer;
	for (size_t i = 0; i < meeting->override_count; i++)
		if (meeting->overrides[i]->has_organizer)
			return &meeting->overrides[i]->organizer;
	return NULL;
}

static void decide(struct itip_work *work, enum itip_action action, enum itip_reason reason)
{
	work->decision->action = action;
	work->decision->reason = reason;
}

/* The stored meeting that counts: a shell that another organizer left is none. */
static const struct meeting *known_meeting(const struct itip_input *input)
{
	const struct meeting_person *stored = organizer_of(input->stored), *incoming = organizer_of(input->incoming);

	if (input->stored == NULL || !input->stored->shell || stored == NULL || incoming == NULL)
		return input->stored;
	return meeting_address_equal(stored->address, incoming->address) ? input->stored : NULL;
}

static bool names(const char *const *addresses, const char *address)
{
	for (; *addresses != NULL; addresses++)
		if (meeting_address_equal(*addresses, address))
			return true;
	return false;
}

/* RFC 5546 3.2.2.3: an invited one forwards the REQUEST to whom he sends in his place, and
 * both lines say so.  He is no organizer: that is a reason to offer it, not to doubt it. */
static bool is_delegation(const struct itip_input *input)
{
	const struct meeting_event *event = meeting_main_event(input->incoming);
	const struct meeting_person *ours = itip_find_ours(input, event), *sender;

	if (input->incoming->method != MEETING_METHOD_REQUEST || input->vouch == IMIP_FAILED || ours == NULL ||
	    input->from == NULL)
		return false;
	sender = meeting_find_attendee(event, input->from);
	return sender != NULL && names(sender->delegated_to, ours->address) &&
	       names(ours->delegated_from, sender->address);
}

/* Something in the calendar that nobody organises (an imported holiday, one's own appointment):
 * its UID, which others may know, makes nobody its organizer. */
static bool is_appointment(const struct itip_input *input)
{
	return input->stored != NULL && !input->stored->shell && organizer_of(input->stored) == NULL;
}

/* REQUEST, ADD, CANCEL, DECLINECOUNTER: true when the sender may say so. */
static bool organizer_may(struct itip_work *work)
{
	const struct itip_input *input = work->input;
	const struct meeting_person *claimed = organizer_of(input->incoming), *known = organizer_of(input->stored);

	if (input->by_hand)
		return true;
	if (claimed == NULL || *claimed->address == '\0') {
		decide(work, ITIP_ACTION_OFFER, ITIP_REASON_NO_ORGANIZER);
	} else if (itip_is_ours(input, claimed->address)) {
		decide(work, ITIP_ACTION_NONE, ITIP_REASON_CLAIMS_OUR_MEETING);
	} else if (is_appointment(input) ||
		   (known != NULL && !meeting_address_equal(known->address, claimed->address))) {
		decide(work, ITIP_ACTION_OFFER, ITIP_REASON_ORGANIZER_DIFFERS);
	} else if (!from_speaks_for(input, claimed, known)) {
		decide(work, ITIP_ACTION_OFFER,
		       is_delegation(input) ? ITIP_REASON_DELEGATED : ITIP_REASON_SENDER_NOT_ORGANIZER);
	} else if (input->vouch == IMIP_FAILED) {
		decide(work, ITIP_ACTION_OFFER, ITIP_REASON_SENDER_FAILED);
	} else {
		return true;
	}
	return false;
}

/* Whether a meeting that is new to us may enter the calendar by itself. */
static bool may_enter(struct itip_work *work)
{
	const struct itip_input *input = work->input;

	if (input->by_hand || (input->stored != NULL && !input->stored->shell))
		return true;
	if (work->decision->invited_as == NULL)
		decide(work, ITIP_ACTION_OFFER, ITIP_REASON_NOT_INVITED);
	else if (input->policy == ITIP_ADD_NONE)
		decide(work, ITIP_ACTION_OFFER, ITIP_REASON_POLICY_NONE);
	else if (input->policy == ITIP_ADD_KNOWN && !input->sender_known)
		decide(work, ITIP_ACTION_OFFER, ITIP_REASON_POLICY_KNOWN);
	else
		return true;
	return false;
}

static bool has_start(const struct meeting *meeting)
{
	if (meeting->master != NULL && meeting->master->start.kind == MEETING_TIME_NONE)
		return false;
	for (size_t i = 0; i < meeting->override_count; i++)
		if (meeting->overrides[i]->start.kind == MEETING_TIME_NONE)
			return false;
	return true;
}

/* Which of the older reasons: the SEQUENCE, or only the time of writing. */
static enum itip_reason older_reason(const struct itip_input *input)
{
	const struct meeting_event *about = meeting_main_event(input->incoming);
	const struct meeting_event *known = input->stored->master;

	if (about->recurrence_id.kind != MEETING_TIME_NONE) {
		const struct meeting_event *own = meeting_find_override(input->stored, &about->recurrence_id);

		known = own != NULL ? own : known;
	}
	return known != NULL && about->sequence < known->sequence ? ITIP_REASON_SEQUENCE_LOWER
								  : ITIP_REASON_STAMP_OLDER;
}

static void take_step(struct itip_work *work, enum itip_step step, enum itip_action action)
{
	if (step == ITIP_STEP_APPLIED) {
		decide(work, action,
		       work->input->vouch == IMIP_UNVERIFIED && !work->input->by_hand ? ITIP_REASON_UNVERIFIED
										      : ITIP_REASON_APPLIED);
	} else {
		decide(work, ITIP_ACTION_NONE,
		       step == ITIP_STEP_SAME || work->input->stored == NULL ? ITIP_REASON_DUPLICATE
									     : older_reason(work->input));
		if (step == ITIP_STEP_OLDER)
			work->decision->kind = ITIP_KIND_OUTDATED;
	}
}

static bool was_invited(const struct itip_input *input)
{
	return input->stored != NULL && !input->stored->shell && !input->stored->removed &&
	       find_ours_in(input, input->stored) != NULL;
}

static void decide_request(struct itip_work *work)
{
	const struct itip_input *input = work->input;
	bool single = input->incoming->master == NULL, known = was_invited(input);

	if (single)
		work->decision->kind = known && input->stored->master != NULL ? ITIP_KIND_OCCURRENCE_UPDATE
			: known && meeting_find_override(input->stored, &work->decision->about->recurrence_id) != NULL
				? ITIP_KIND_OCCURRENCE_UPDATE
				: ITIP_KIND_OCCURRENCE_INVITATION;
	else
		work->decision->kind = known && input->stored->master != NULL ? ITIP_KIND_UPDATE : ITIP_KIND_INVITATION;
	if (!has_start(input->incoming)) {
		decide(work, ITIP_ACTION_NONE, ITIP_REASON_NO_START);
		return;
	}
	if (!organizer_may(work) || !may_enter(work))
		return;
	itip_begin_edit(work);
	take_step(work, itip_merge_request(work),
		  input->stored == NULL || input->stored->shell ? ITIP_ACTION_ADD
		  : single					 ? ITIP_ACTION_MERGE_OCCURRENCE
								 : ITIP_ACTION_REPLACE);
	if (work->decision->reason == ITIP_REASON_DUPLICATE && work->decision->about->sequence == 0 && !single)
		work->decision->kind = ITIP_KIND_INVITATION;
}

static void decide_publish(struct itip_work *work)
{
	work->decision->kind = ITIP_KIND_PUBLISHED;
	if (!has_start(work->input->incoming)) {
		decide(work, ITIP_ACTION_NONE, ITIP_REASON_NO_START);
	} else if (!work->input->by_hand) {
		decide(work, ITIP_ACTION_OFFER, ITIP_REASON_PUBLISHED);
	} else {
		itip_begin_edit(work);
		take_step(work, itip_merge_request(work),
			  work->input->stored == NULL ? ITIP_ACTION_ADD : ITIP_ACTION_REPLACE);
	}
}

static void decide_add(struct itip_work *work)
{
	work->decision->kind = ITIP_KIND_OCCURRENCE_ADDED;
	if (!has_start(work->input->incoming)) {
		decide(work, ITIP_ACTION_NONE, ITIP_REASON_NO_START);
		return;
	}
	if (!organizer_may(work) || !may_enter(work))
		return;
	itip_begin_edit(work);
	take_step(work, itip_merge_add(work), ITIP_ACTION_ADD);
	if (work->decision->action == ITIP_ACTION_ADD &&
	    (work->input->stored == NULL || work->input->stored->master == NULL))
		decide(work, ITIP_ACTION_SEND_REFRESH, ITIP_REASON_WAITS_FOR_MASTER);
}

/* Whether we are the only one whom the organizer had invited to that event. */
static bool invited_alone(const struct itip_input *input, const struct meeting_event *cancelled)
{
	const struct meeting *stored = input->stored;
	const struct meeting_event *event;

	if (stored == NULL || stored->shell)
		return false;
	event = meeting_find_override(stored, &cancelled->recurrence_id);
	if (event == NULL)
		event = meeting_main_event(stored);
	for (size_t i = 0; i < event->attendee_count; i++)
		if (!itip_is_ours(input, event->attendees[i].address) &&
		    !meeting_address_equal(event->attendees[i].address, event->organizer.address))
			return false;
	return true;
}

/* "You were removed": the CANCEL names nobody but us, does not say that the meeting
 * is off, and others may still go.  Some programs leave STATUS out of every CANCEL:
 * where nobody else was invited, the meeting is off. */
static bool is_removal(const struct itip_input *input)
{
	const struct meeting_event *event = meeting_main_event(input->incoming);

	if (event->status == MEETING_STATUS_CANCELLED || event->attendee_count == 0)
		return false;
	for (size_t i = 0; i < event->attendee_count; i++)
		if (!itip_is_ours(input, event->attendees[i].address))
			return false;
	return !invited_alone(input, event);
}

/* Whether any of the occurrences that are cancelled is one. */
static bool any_occurrence_exists(struct itip_work *work)
{
	const struct itip_input *input = work->input;
	const struct meeting *stored = input->stored;

	if (stored == NULL || stored->master == NULL || stored->shell || input->incoming->master != NULL)
		return true; /* nothing to check against */
	for (size_t i = 0; i < input->incoming->override_count; i++) {
		const struct meeting_time *id = &input->incoming->overrides[i]->recurrence_id;

		if (meeting_find_override(stored, id) != NULL ||
		    recur_normalise_within(stored, id, &work->budget).kind != MEETING_TIME_NONE)
			return true;
	}
	return false;
}

static void decide_cancel(struct itip_work *work)
{
	const struct itip_input *input = work->input;
	bool single = input->incoming->master == NULL, removal = is_removal(input);
	enum itip_step step;

	work->decision->kind = removal	? ITIP_KIND_REMOVED
			       : single ? ITIP_KIND_OCCURRENCE_CANCELLED
					: ITIP_KIND_CANCELLED;
	if (!organizer_may(work))
		return;
	if (!may_enter(work)) {
		decide(work, ITIP_ACTION_NONE, ITIP_REASON_UNKNOWN_MEETING);
		return;
	}
	itip_begin_edit(work);
	step = itip_merge_cancel(work, removal);
	if (!any_occurrence_exists(work)) { /* noted all the same: the series that has it may come late */
		work->noted = true;
		decide(work, ITIP_ACTION_NONE, ITIP_REASON_NO_SUCH_OCCURRENCE);
		return;
	}
	take_step(work, step,
		  removal  ? ITIP_ACTION_REMOVE
		  : single ? ITIP_ACTION_CANCEL_OCCURRENCE
			   : ITIP_ACTION_CANCEL);
	if (work->decision->action != ITIP_ACTION_NONE && (input->stored == NULL || input->stored->shell))
		decide(work, ITIP_ACTION_NONE, ITIP_REASON_UNKNOWN_MEETING);
}

/* REPLY, COUNTER, REFRESH: the meeting must be ours, the sender the attendee. */
static bool attendee_may(struct itip_work *work)
{
	const struct itip_input *input = work->input;
	const struct meeting_person *organizer = organizer_of(input->stored), *claimed = organizer_of(input->incoming);
	const struct meeting_person *replier = work->decision->replier;
	const struct meeting_person *known = NULL;

	if (input->stored == NULL || input->stored->shell) {
		decide(work, ITIP_ACTION_NONE, ITIP_REASON_UNKNOWN_MEETING);
		return false;
	}
	if (organizer == NULL || !itip_is_ours(input, organizer->address)) {
		decide(work, ITIP_ACTION_NONE, ITIP_REASON_NOT_ORGANIZER);
		return false;
	}
	/* Outlook leaves ORGANIZER out */
	if (claimed != NULL && *claimed->address != '\0' && !itip_is_ours(input, claimed->address) &&
	    !meeting_address_equal(claimed->address, organizer->address)) {
		decide(work, ITIP_ACTION_NONE, ITIP_REASON_ORGANIZER_DIFFERS);
		return false;
	}
	if (replier == NULL || *replier->address == '\0') {
		decide(work, ITIP_ACTION_NONE, ITIP_REASON_NO_ATTENDEE);
		return false;
	}
	if (input->by_hand)
		return true;
	known = itip_find_invited(input->stored, replier->address);
	if (!from_speaks_for(input, replier, known))
		decide(work, ITIP_ACTION_OFFER, ITIP_REASON_SENDER_NOT_ATTENDEE);
	else if (input->vouch == IMIP_FAILED)
		decide(work, ITIP_ACTION_OFFER, ITIP_REASON_SENDER_FAILED);
	else
		return true;
	return false;
}

static void decide_answer(struct itip_work *work)
{
	enum meeting_method method = work->input->incoming->method;

	work->decision->kind = method == MEETING_METHOD_REPLY	  ? ITIP_KIND_REPLY
			       : method == MEETING_METHOD_COUNTER ? ITIP_KIND_COUNTER
								  : ITIP_KIND_REFRESH;
	work->decision->replier = itip_answering(work->input, work->decision->about);
	if (!attendee_may(work))
		return;
	if (method == MEETING_METHOD_REPLY)
		itip_take_reply(work);
	else if (method == MEETING_METHOD_COUNTER)
		itip_take_counter(work);
	else
		itip_take_refresh(work);
	if (work->decision->reason == ITIP_REASON_APPLIED && work->input->vouch == IMIP_UNVERIFIED &&
	    !work->input->by_hand)
		work->decision->reason = ITIP_REASON_UNVERIFIED;
}

bool itip_drop_own_proposals(struct itip_work *work, struct component *event, const struct meeting_time *id)
{
	const char *occurrence = edit_plain_time(work->arena, id);
	bool any = false;

	for (struct property *p = component_find(event, MARK_PROPOSAL), *next; p != NULL; p = next) {
		next = component_find_next(p);
		if (!itip_is_ours(work->input, value_address(work->arena, p->value)) ||
		    (occurrence != NULL && g_strcmp0(property_param(work->arena, p, "OCCURRENCE"), occurrence) != 0))
			continue;
		component_remove(event, p);
		any = true;
	}
	return any;
}

/* The attendee's own proposal is off the table. */
static void decide_decline_counter(struct itip_work *work)
{
	const struct meeting_time *id = &meeting_main_event(work->input->incoming)->recurrence_id;
	bool any = false;

	work->decision->kind = ITIP_KIND_COUNTER_DECLINED;
	if (!organizer_may(work))
		return;
	if (work->input->stored == NULL || work->input->stored->shell) {
		decide(work, ITIP_ACTION_NONE, ITIP_REASON_UNKNOWN_MEETING);
		return;
	}
	itip_begin_edit(work);
	for (struct component *c = work->calendar->children; c != NULL; c = c->next)
		any |= itip_drop_own_proposals(work, c, id);
	take_step(work, any ? ITIP_STEP_APPLIED : ITIP_STEP_SAME, ITIP_ACTION_CLEAR_PROPOSAL);
}

/* VTIMEZONEs that no time names any more. */
static void prune_zones(struct itip_work *work)
{
	g_autoptr(GHashTable) used = g_hash_table_new(g_str_hash, g_str_equal);

	for (const struct component *c = work->calendar->children; c != NULL; c = c->next)
		for (const struct property *p = c->properties; p != NULL; p = p->next) {
			const char *tzid = *p->params != '\0' ? property_param(work->arena, p, "TZID") : NULL;

			if (tzid != NULL)
				g_hash_table_add(used, (char *)tzid);
		}
	for (struct component *c = work->calendar->children; c != NULL; c = c->next) {
		const char *tzid = strcmp(c->name, "VTIMEZONE") == 0 ? component_value(c, "TZID") : NULL;

		if (tzid != NULL && !g_hash_table_contains(used, tzid) &&
		    !g_hash_table_contains(used, text_decode(work->arena, tzid)))
			c->name = "X-UNUSED";
	}
	component_remove_children(work->calendar, "X-UNUSED");
}

/* A day looked at costs some 200 ns, a line of a person copied and read again some 40 times that. */
int64_t itip_cost_of_copy(const struct meeting_event *event)
{
	return 40 * (int64_t)(event->attendee_count + 10);
}

/* One cancelled occurrence of which nothing else is known, told by the series. */
static struct component *shell_of_series(struct arena *arena, const struct meeting *meeting,
					 const struct meeting_event *shell, int64_t *budget)
{
	static const char *const marks[] = { MARK_CANCELLED, MARK_REMOVED };
	const struct component *old = meeting_event_tree(shell);
	struct meeting_time start = { .kind = MEETING_TIME_NONE };
	struct component *c;

	if (meeting_is_recurring(meeting))
		start = recur_normalise_within(meeting, &shell->recurrence_id, budget);
	if (start.kind == MEETING_TIME_NONE)
		return NULL;
	*budget -= itip_cost_of_copy(meeting->master);
	c = edit_make_occurrence(arena, meeting, meeting_event_tree(meeting->master), &start);
	edit_remove_marks(arena, c);
	component_remove_children(c, "VALARM");
	component_add(arena, c, MARK_SHELL, "", "TRUE");
	for (size_t i = 0; i < G_N_ELEMENTS(marks); i++) {
		const struct property *mark = component_find(old, marks[i]);

		if (mark != NULL)
			component_add(arena, c, mark->name, mark->params, mark->value);
	}
	itip_show_void(arena, c);
	return c;
}

/* The cancellations of an occurrence that the series does not have, for its next version. */
static void note_gone(struct arena *arena, struct component *master, const struct meeting_event *shell)
{
	static const char *const marks[] = { MARK_CANCELLED, MARK_REMOVED };

	for (size_t i = 0; i < G_N_ELEMENTS(marks); i++) {
		const struct property *mark = component_find(meeting_event_tree(shell), marks[i]);
		struct property *gone;

		if (mark == NULL)
			continue;
		gone = component_add(arena, master, MARK_GONE, "", mark->value);
		property_set_param(arena, gone, "OCCURRENCE", edit_plain_time(arena, &shell->recurrence_id));
		property_set_param(arena, gone, "MARK", marks[i]);
		property_set_param(arena, gone, "SEQUENCE", property_param(arena, mark, "SEQUENCE"));
		property_set_param(arena, gone, "RANGE", property_param(arena, mark, "RANGE"));
	}
}

/* Cancellations that came before, or outlived, the content of their occurrence: where
 * the series is known it tells what they were; what it does not have is shown nowhere.
 * So the object does not depend on what came first. */
static void settle_shells(struct itip_decision *decision, int64_t *budget)
{
	const struct meeting *result = decision->result;
	g_autofree char *reason = NULL;
	struct arena *arena;
	struct component *calendar;
	bool any = false;

	if (result == NULL || result->master == NULL || result->shell)
		return;
	for (size_t i = 0; i < result->override_count; i++)
		any = any || component_find(meeting_event_tree(result->overrides[i]), MARK_SHELL) != NULL;
	if (!any)
		return;
	arena = arena_create();
	calendar = component_create(arena, "VCALENDAR");
	for (const struct property *p = meeting_tree(result)->properties; p != NULL; p = p->next)
		component_add(arena, calendar, p->name, p->params, p->value);
	for (const struct component *c = meeting_tree(result)->children; c != NULL; c = c->next)
		if (component_find(c, MARK_SHELL) == NULL)
			component_add_child(calendar, component_copy(arena, c));
	for (size_t i = 0; i < result->override_count; i++) {
		struct component *shell;

		if (component_find(meeting_event_tree(result->overrides[i]), MARK_SHELL) == NULL)
			continue;
		shell = shell_of_series(arena, result, result->overrides[i], budget);
		if (shell != NULL)
			component_add_child(calendar, shell);
		else
			note_gone(arena, meeting_tree_master(calendar), result->overrides[i]);
	}
	calendar = component_copy_text(arena, calendar); /* strings of the old result end with it */
	meeting_destroy(&decision->result);
	decision->result = meeting_from_tree(arena, calendar, &reason);
}

static void finish_edit(struct itip_work *work)
{
	struct itip_decision *decision = work->decision;
	bool keep = decision->reason == ITIP_REASON_APPLIED || decision->reason == ITIP_REASON_UNVERIFIED ||
		    decision->reason == ITIP_REASON_CRASHER || decision->reason == ITIP_REASON_WAITS_FOR_MASTER ||
		    decision->reason == ITIP_REASON_UNKNOWN_MEETING || work->noted;
	g_autofree char *reason = NULL;

	if (work->arena == NULL)
		return;
	itip_end_edit(work);
	if (keep) {
		/* the edit borrows strings of the meetings that went in; the result may outlive them */
		struct arena *arena = arena_create();

		prune_zones(work);
		decision->result = meeting_from_tree(arena, component_copy_text(arena, work->calendar), &reason);
		settle_shells(decision, &work->budget);
	}
	arena_destroy(&work->arena);
	if (decision->result != NULL && !meeting_is_loadable(decision->result)) {
		meeting_destroy(&decision->result);
		decide(work, ITIP_ACTION_NONE, ITIP_REASON_TOO_LARGE);
	}
	if (decision->result != NULL && work->input->stored != NULL &&
	    slice_equal(decision->result->ics, work->input->stored->ics))
		meeting_destroy(&decision->result);
}

static const struct meeting_event *event_of(const struct meeting *meeting, const struct meeting_event *about,
					    bool or_master)
{
	const struct meeting_event *found;

	if (meeting == NULL)
		return NULL;
	if (about->recurrence_id.kind == MEETING_TIME_NONE)
		return meeting->master;
	found = meeting_find_override(meeting, &about->recurrence_id);
	return found == NULL && or_master ? meeting->master : found;
}

static void compare_versions(struct itip_work *work)
{
	struct itip_decision *decision = work->decision;
	const struct meeting *stored = known_meeting(work->input);

	if (stored != NULL && !stored->shell)
		decision->before = event_of(stored, decision->about, true);
	if (decision->result != NULL)
		decision->after = event_of(decision->result, decision->about, false);
	decision->changed = itip_compare(decision->before, decision->after);
	if (decision->before == NULL || decision->after == NULL ||
	    decision->about->recurrence_id.kind != MEETING_TIME_NONE)
		return;
	if (work->input->incoming->method == MEETING_METHOD_REQUEST)
		decision->dates = itip_compare_dates(stored, decision->result, &work->budget);
	if (decision->dates != NULL ? decision->dates->len > 0
				    : stored->override_count > 0 &&
					      stored->override_count != decision->result->override_count)
		decision->changed |= ITIP_CHANGED_OCCURRENCES;
	else if (decision->dates != NULL) /* written otherwise */
		decision->changed &= ~(unsigned)ITIP_CHANGED_OCCURRENCES;
}

static void judge_answerable(struct itip_work *work)
{
	struct itip_decision *decision = work->decision;
	const struct meeting *shown = decision->result != NULL ? decision->result : work->input->incoming;
	static const bool invites[] = {
		[ITIP_KIND_INVITATION] = true, [ITIP_KIND_UPDATE] = true,
		[ITIP_KIND_OCCURRENCE_UPDATE] = true, [ITIP_KIND_OCCURRENCE_INVITATION] = true,
		[ITIP_KIND_OCCURRENCE_ADDED] = true, [ITIP_KIND_OTHER] = false,
	};
	const struct meeting_event *main_event = meeting_main_event(shown);
	bool over = recur_span(shown, NULL).end <= work->input->now;

	decision->answerable = invites[decision->kind] && decision->invited_as != NULL && !over &&
			       !decision->organised_here && main_event->status != MEETING_STATUS_CANCELLED;
	if (over && (decision->reason == ITIP_REASON_APPLIED || decision->reason == ITIP_REASON_UNVERIFIED) &&
	    invites[decision->kind])
		decision->reason = ITIP_REASON_PAST;
}

static void dispatch(struct itip_work *work)
{
	switch (work->input->incoming->method) {
	case MEETING_METHOD_REQUEST:
		decide_request(work);
		break;
	case MEETING_METHOD_NONE:
	case MEETING_METHOD_PUBLISH:
		decide_publish(work);
		break;
	case MEETING_METHOD_ADD:
		decide_add(work);
		break;
	case MEETING_METHOD_CANCEL:
		decide_cancel(work);
		break;
	case MEETING_METHOD_REPLY:
	case MEETING_METHOD_COUNTER:
	case MEETING_METHOD_REFRESH:
		decide_answer(work);
		break;
	case MEETING_METHOD_DECLINECOUNTER:
		decide_decline_counter(work);
		break;
	default:
		decide(work, ITIP_ACTION_NONE, ITIP_REASON_METHOD_UNKNOWN);
	}
}

struct itip_decision *itip_decide(const struct itip_input *input)
{
	struct itip_decision *decision = g_new0(struct itip_decision, 1);
	struct itip_input known = *input;
	struct itip_work work = { .input = &known, .decision = decision, .budget = 2 * RECUR_BUDGET };
	const struct meeting_person *organizer, *ours;

	known.stored = known_meeting(input);
	decision->kind = ITIP_KIND_OTHER;
	decision->vouch = input->vouch;
	decision->about = meeting_main_event(input->incoming);
	ours = find_ours_in(&known, input->incoming);
	decision->invited_as = ours != NULL ? ours->address : NULL;
	organizer = organizer_of(known.stored != NULL ? known.stored : input->incoming);
	decision->organised_here = organizer != NULL && itip_is_ours(input, organizer->address);
	if (decision->about->is_task)
		decide(&work, ITIP_ACTION_NONE, ITIP_REASON_NOT_AN_EVENT);
	else
		dispatch(&work);
	finish_edit(&work);
	compare_versions(&work);
	judge_answerable(&work);
	return decision;
}

void itip_decision_destroy(struct itip_decision **decision)
{
	if (*decision == NULL)
		return;
	g_clear_pointer(&(*decision)->dates, g_array_unref);
	meeting_destroy(&(*decision)->result);
	g_free(*decision);
	*decision = NULL;
}
