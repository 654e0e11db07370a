/* What an attendee does with an invitation. */
#include "web/handlers.h"

#include "base/number.h"
#include "web/act.h"
#include "web/draft_form.h"
#include "web/when.h"

#define COMMENT_MAX 2000 /* characters */

/* The comment field, cut to its length; NULL when there is nothing in it. */
static char *comment_of(const struct web_call *call)
{
	g_autofree char *text = g_strstrip(g_strdup(call_field(call, "comment")));

	if (text[0] == '\0')
		return NULL;
	return g_utf8_substring(text, 0, MIN(g_utf8_strlen(text, -1), COMMENT_MAX));
}

static struct respond_answer answer_for(const struct meeting_place *place, const char *comment)
{
	return (struct respond_answer){
		.uid = place->link.uid,
		.recurrence_id = act_occurrence(place),
		.comment = comment,
		.address = place->link.address,
	};
}

void handle_answer(struct web_call *call)
{
	g_autofree char *comment = comment_of(call);
	struct respond_actor actor = act_as(call);
	struct respond_answer answer;
	struct meeting_place place;
	enum meeting_partstat partstat;

	if (!meeting_partstat_parse(call_field(call, "answer"), &partstat) ||
	    partstat == MEETING_PARTSTAT_NEEDS_ACTION || partstat == MEETING_PARTSTAT_DELEGATED) {
		call_say(call, 400, words_get(call->words, "This is no answer"), NULL);
		return;
	}
	if (!place_load(call, call_field(call, "occurrence"), &place))
		return;
	answer = answer_for(&place, comment);
	answer.partstat = partstat;
	act_finish(call, &place, respond_answer(&actor, &answer), "answered");
	place_clear(&place);
}

/* The one address of the form, in the arena; NULL when it is none, or several. */
static const char *delegate_of(const struct web_call *call, struct arena *arena)
{
	g_autoptr(GArray) people = g_array_new(FALSE, FALSE, sizeof(struct meeting_person));
	const char *bad = NULL;

	if (!draft_form_people(arena, call_field(call, "delegate"), MEETING_ROLE_REQUIRED, people, &bad) ||
	    people->len != 1)
		return NULL;
	return g_array_index(people, struct meeting_person, 0).address;
}

static enum respond_result delegate(struct web_call *call, const struct meeting_place *place)
{
	g_autofree char *comment = comment_of(call);
	struct respond_actor actor = act_as(call);
	struct respond_answer answer = answer_for(place, comment);
	struct arena *arena = arena_create();
	enum respond_result result = RESPOND_INVALID;

	answer.partstat = MEETING_PARTSTAT_DELEGATED;
	answer.delegate_to = delegate_of(call, arena);
	if (answer.delegate_to != NULL)
		result = respond_answer(&actor, &answer);
	arena_destroy(&arena);
	return result;
}

void handle_delegate(struct web_call *call)
{
	struct meeting_place place;
	enum respond_result result;

	if (!place_load(call, call_field(call, "occurrence"), &place))
		return;
	result = delegate(call, &place);
	if (result == RESPOND_INVALID)
		call_say(call, 400, words_get(call->words, "This address can't take your place"),
			 words_get(call->words, "It must be the mail address of one person who is not in the "
						"meeting yet."));
	else
		act_finish(call, &place, result, "delegated");
	place_clear(&place);
}

void handle_propose(struct web_call *call)
{
	g_autofree char *comment = comment_of(call);
	struct respond_actor actor = act_as(call);
	struct meeting_time start, end;
	struct respond_answer answer;
	struct meeting_place place;

	if (!when_form_parse(call_field(call, "start"), call->reader->zone, false, &start) ||
	    !when_form_parse(call_field(call, "end"), call->reader->zone, false, &end) ||
	    end.instant <= start.instant) {
		call_say(call, 400, words_get(call->words, "These times can't be proposed"),
			 words_get(call->words, "The end must come after the start."));
		return;
	}
	if (!place_load(call, call_field(call, "occurrence"), &place))
		return;
	answer = answer_for(&place, comment);
	answer.partstat = MEETING_PARTSTAT_TENTATIVE;
	act_finish(call, &place, respond_propose(&actor, &answer, &start, &end), "proposed");
	place_clear(&place);
}

/* Whether the mail is about the meeting of this page: the form names it by its number, and a
 * number may be anybody's. */
static bool is_of_meeting(struct web_call *call, uint64_t trail_id, const struct meeting_place *place)
{
	struct trail_row *row = NULL;
	bool is = trail_get(call->store, call->reader->account_id, trail_id, &row) == STORE_OK &&
		  strcmp(row->uid, place->link.uid) == 0;

	g_clear_pointer(&row, trail_row_free);
	return is;
}

void handle_apply(struct web_call *call)
{
	struct respond_actor actor = act_as(call);
	struct meeting_place place;
	uint64_t trail_id;

	if (!place_load(call, call_field(call, "occurrence"), &place))
		return;
	if (number_parse(slice_from_string(call_field(call, "message")), 1, INT64_MAX, &trail_id) &&
	    is_of_meeting(call, trail_id, &place))
		act_finish(call, &place, respond_apply(&actor, trail_id), "applied");
	else
		call_not_found(call);
	place_clear(&place);
}

void handle_hide(struct web_call *call)
{
	struct respond_actor actor = act_as(call);
	struct meeting_place place;
	enum respond_result result;

	if (!place_load(call, NULL, &place))
		return;
	result = respond_hide(&actor, place.link.uid);
	if (result == RESPOND_DONE)
		call_go(call, "calendar/");
	else
		act_finish(call, &place, result, "unchanged");
	place_clear(&place);
}
