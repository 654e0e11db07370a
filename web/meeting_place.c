#include "web/meeting_place.h"

#include "base/log.h"
#include "calendar/link.h"
#include "calendar/zone.h"

#define TOKEN_MAX 64

static bool is_token(const char *text)
{
	size_t n = strspn(text, "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_");

	return text[n] == '\0' && n > 0 && n <= TOKEN_MAX;
}

static void say_somebody_elses(struct web_call *call)
{
	struct page_frame frame = call_frame(call, words_get(call->words, "This link is for somebody else"),
					     PAGE_SMALL);
	g_autofree char *next = g_strconcat("m/", call->parts[0], NULL);
	g_autofree char *text = words_filled(words_get(call->words, "You are signed in as {address}. The meeting "
							   "was sent to another address."),
					     "address", call->reader->address, NULL);
	struct page_message message = { .heading = frame.title, .text = text, .switch_next = next };

	call->response->status = 403;
	call_show(call, page_message(&frame, &message));
}

static bool load_link(struct web_call *call, struct link *link)
{
	enum store_result result = is_token(call->parts[0])
					   ? link_find(call->store, call->parts[0], link)
					   : STORE_NOT_FOUND;

	if (result == STORE_OK && link->revoked)
		result = STORE_NOT_FOUND;
	if (result == STORE_NOT_FOUND)
		call_not_found(call);
	else if (result != STORE_OK)
		call_unavailable(call);
	else if (link->account_id != call->reader->account_id)
		say_somebody_elses(call);
	else
		return true;
	return false;
}

static bool load_row(struct web_call *call, struct meeting_place *place)
{
	enum store_result result = meeting_find(call->store, call->reader->account_id, place->link.uid,
						false, &place->row);

	if (result == STORE_NOT_FOUND) {
		call_say(call, 404, words_get(call->words, "This meeting is no longer kept"),
			 words_get(call->words, "It was removed from the calendar."));
		return false;
	}
	place->addresses = web_reader_addresses(call->reader, call->store);
	if (result != STORE_OK || place->addresses == NULL) {
		call_unavailable(call);
		return false;
	}
	place->meeting = meeting_load(place->row.ics);
	if (place->meeting == NULL) {
		log_error("web", "a stored meeting of account %" G_GUINT64_FORMAT " can't be read",
			  call->reader->account_id);
		call_say(call, 500, words_get(call->words, "This meeting can't be shown"), NULL);
		return false;
	}
	return true;
}

static void about_whole(struct meeting_place *place)
{
	const struct meeting_event *event = meeting_main_event(place->meeting);

	place->about = (struct recur_occurrence){
		.event = event,
		.recurrence_id = event->recurrence_id,
		.start = event->start,
		.end = event->end,
		.span = { event->start.instant, event->end.instant },
	};
	place->one_occurrence = event->recurrence_id.kind != MEETING_TIME_NONE;
}

/* The occurrence is looked for where its RECURRENCE-ID says; a moved one has its own
 * event, so the window needs to hold the rule's place only. */
static bool about_occurrence(struct web_call *call, struct meeting_place *place,
			     const struct meeting_time *wanted)
{
	const struct meeting_event *moved = meeting_find_override(place->meeting, wanted);
	struct recur_iterator *iterator;
	struct meeting_span window = { wanted->instant - 2 * 86400, wanted->instant + 2 * 86400 };
	bool found = false;

	place->one_occurrence = true;
	if (moved != NULL) {
		place->about = (struct recur_occurrence){
			.event = moved,
			.recurrence_id = moved->recurrence_id,
			.start = moved->start,
			.end = moved->end,
			.span = { moved->start.instant, moved->end.instant },
		};
		return true;
	}
	iterator = recur_open(place->meeting, window, call->reader->zone);
	while (!found && recur_next(iterator, &place->about) == 1)
		found = meeting_time_equal(&place->about.recurrence_id, wanted);
	recur_close(&iterator);
	return found;
}

static bool load(struct web_call *call, struct meeting_place *place)
{
	memset(place, 0, sizeof(*place));
	if (load_link(call, &place->link) && load_row(call, place)) {
		about_whole(place);
		return true;
	}
	place_clear(place);
	return false;
}

/* False when the meeting has no such occurrence. */
static bool turn_to(struct web_call *call, const char *occurrence, struct meeting_place *place)
{
	struct meeting_time wanted;

	if (occurrence == NULL || occurrence[0] == '\0')
		return true;
	return link_occurrence_parse(occurrence, &wanted) && about_occurrence(call, place, &wanted);
}

bool place_load(struct web_call *call, const char *occurrence, struct meeting_place *place_out)
{
	if (!load(call, place_out))
		return false;
	if (turn_to(call, occurrence, place_out))
		return true;
	call_not_found(call);
	place_clear(place_out);
	return false;
}

bool place_load_to_see(struct web_call *call, const char *occurrence, struct meeting_place *place_out)
{
	if (!load(call, place_out))
		return false;
	if (!turn_to(call, occurrence, place_out))
		about_whole(place_out);
	return true;
}

void place_clear(struct meeting_place *place)
{
	link_clear(&place->link);
	meeting_row_clear(&place->row);
	meeting_destroy(&place->meeting);
}
