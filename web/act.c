#include "web/act.h"

#include "base/clock.h"
#include "web/when.h"

struct respond_actor act_as(struct web_call *call)
{
	return (struct respond_actor){
		.store = call->store,
		.config = call->config,
		.account_id = call->reader->account_id,
		.now = clock_now(),
	};
}

const struct meeting_time *act_occurrence(const struct meeting_place *place)
{
	return place->one_occurrence ? &place->about.recurrence_id : NULL;
}

static void go_back(struct web_call *call, const struct meeting_place *place, const char *done)
{
	struct when when = { arena_create(), call->words, call->reader->zone };
	const struct meeting_time *occurrence = act_occurrence(place);

	call_go(call, arena_printf(when.arena, "m/%s?done=%s%s%s", place->link.token, done,
				   occurrence != NULL ? "&occurrence=" : "",
				   occurrence != NULL ? when_occurrence_query(&when, occurrence) : ""));
	arena_destroy(&when.arena);
}

void act_finish(struct web_call *call, const struct meeting_place *place, enum respond_result result,
		const char *done)
{
	switch (result) {
	case RESPOND_DONE:
		go_back(call, place, done);
		return;
	case RESPOND_NOT_FOUND:
		call_not_found(call);
		return;
	case RESPOND_NOT_INVITED:
		call_say(call, 403, words_get(call->words, "You are not invited to this meeting"), NULL);
		return;
	case RESPOND_NOT_ORGANIZER:
		call_say(call, 403, words_get(call->words, "Only the organizer can do this"), NULL);
		return;
	case RESPOND_CANCELLED:
		go_back(call, place, "over");
		return;
	case RESPOND_INVALID:
		call_say(call, 400, words_get(call->words, "This makes no meeting"),
			 words_get(call->words, "Nothing was changed."));
		return;
	case RESPOND_STALE:
	case RESPOND_CONFLICT:
		go_back(call, place, "moved-on");
		return;
	case RESPOND_UNAVAILABLE:
		call_unavailable(call);
		return;
	}
	g_assert_not_reached();
}
