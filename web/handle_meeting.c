/* The meeting's page and its downloads: all of it reading. */
#include "web/handlers.h"

#include "base/clock.h"
#include "base/number.h"
#include "calendar/outgoing.h"
#include "scheduling/attachments.h"
#include "scheduling/freebusy.h"
#include "store/content.h"
#include "web/meeting_place.h"
#include "web/meeting_view.h"
#include "web/trail_view.h"

#define TRAIL_MAX 50
#define CLASHES_MAX 5
#define CLASH_DAYS 90
#define ORIGINAL_MAX (32u << 20) /* octets of an original that are handed out here */

/* What was just done, said by the page it leads to. */
static const struct {
	const char *word;
	const char *text;
	enum page_note note;
} flashes[] = {
	{ "answered", N_("Your answer is noted and on its way to the organizer."), PAGE_NOTE_GOOD },
	{ "noted", N_("Your answer is noted."), PAGE_NOTE_GOOD },
	{ "delegated", N_("The invitation is on its way to them, and your answer to the organizer."), PAGE_NOTE_GOOD },
	{ "proposed", N_("Your proposal is on its way to the organizer."), PAGE_NOTE_GOOD },
	{ "applied", N_("The meeting is in your calendar."), PAGE_NOTE_GOOD },
	{ "created", N_("The meeting is made; the invitations are on their way."), PAGE_NOTE_GOOD },
	{ "changed", N_("The meeting is changed; everybody concerned is told."), PAGE_NOTE_GOOD },
	{ "cancelled", N_("The meeting is cancelled; everybody invited is told."), PAGE_NOTE_GOOD },
	{ "invited", N_("The invitation is on its way."), PAGE_NOTE_GOOD },
	{ "kept", N_("The time stays; the one who proposed another is told."), PAGE_NOTE_GOOD },
	{ "unchanged", N_("Nothing had to be changed."), PAGE_NOTE_PLAIN },
	{ "moved-on", N_("The meeting has changed meanwhile. Please look at it again."), PAGE_NOTE_WARN },
	{ "over", N_("This can no longer be answered."), PAGE_NOTE_WARN },
};

static void add_flash(const struct web_call *call, struct page_meeting_model *model)
{
	const char *done = web_fields_get(call->request->query, "done");

	for (size_t i = 0; done != NULL && i < G_N_ELEMENTS(flashes); i++) {
		if (strcmp(flashes[i].word, done) != 0)
			continue;
		model->flash = words_get(call->words, flashes[i].text);
		model->flash_note = flashes[i].note;
	}
}

/* The newest mail about the meeting whose octets are kept. */
static const struct trail_row *newest_original(const GPtrArray *trail)
{
	for (guint i = 0; i < trail->len; i++) {
		const struct trail_row *row = g_ptr_array_index(trail, i);

		if (row->has_content)
			return row;
	}
	return NULL;
}

/* The newest mail as it came, and the files that came with it. */
static bool add_original(struct web_call *call, const GPtrArray *trail, struct page_meeting_model *model,
			 GPtrArray **files_out)
{
	const struct trail_row *row = newest_original(trail);

	model->has_original = row != NULL;
	if (row == NULL)
		return true;
	model->mail_id = row->trail_id;
	if (attachments_list(call->store, row->content_hash, files_out) != STORE_OK)
		return false;
	model->files = *files_out;
	return true;
}

static const char *why_only_offered(const struct when *when, const struct trail_row *row)
{
	g_autofree char *text = words_filled(words_get(when->words, "Your calendar was not changed: {reason}."),
					     "reason", trail_view_why(when, row), NULL);

	return arena_copy(when->arena, text, strlen(text));
}

/* A meeting that is only offered, or a mail about it that the calendar did not take. */
static void add_offer(const struct when *when, const struct meeting_place *place, const GPtrArray *trail,
		      struct page_meeting_model *model)
{
	const struct trail_row *row = trail_view_open(trail);

	if (row != NULL) {
		model->offer_untrusted = trail_view_is_doubtful(row);
		model->offer_id = arena_printf(when->arena, "%" G_GUINT64_FORMAT, row->trail_id);
		model->offer = why_only_offered(when, row);
	} else if (!place->row.shown && !place->meeting->removed) {
		model->offer = words_get(when->words, "This meeting is not in your calendar.");
	}
}

/* "“Standup”, 14:00 to 14:15": what else is at that time, for a meeting that can still clash. */
static bool add_clashes(struct web_call *call, const struct meeting_place *place, const struct when *when,
			int64_t now, GPtrArray **texts_out)
{
	int64_t from = place->one_occurrence ? place->about.span.start : MAX(now, place->about.span.start);
	struct freebusy_query query = {
		.account_id = call->reader->account_id,
		.from = from,
		.to = place->one_occurrence ? place->about.span.end : from + CLASH_DAYS * 86400,
		.zone = call->reader->zone,
	};
	g_autoptr(GPtrArray) clashes = NULL;

	*texts_out = g_ptr_array_new();
	if (place->about.event->status == MEETING_STATUS_CANCELLED || place->about.event->removed ||
	    place->meeting->removed)
		return true;
	if (clash_find(call->store, &query, place->meeting, CLASHES_MAX, &clashes) != STORE_OK)
		return false;
	for (guint i = 0; i < clashes->len; i++) {
		const struct clash *clash = g_ptr_array_index(clashes, i);

		g_ptr_array_add(*texts_out, arena_printf(when->arena, "“%s”, %s", clash->title,
							 when_span_text(when, &clash->start, &clash->end)));
	}
	return true;
}

static void show(struct web_call *call, struct meeting_place *place, const struct when *when)
{
	g_autoptr(GPtrArray) trail = NULL, clashes = NULL, entries = NULL, files = NULL;
	struct meeting_sources sources = {
		.token = place->link.token,
		.meeting = place->meeting,
		.row = &place->row,
		.about = place->about,
		.one_occurrence = place->one_occurrence,
		.addresses = place->addresses,
		.invited_as = place->link.address,
		.now = clock_now() / G_USEC_PER_SEC,
	};
	struct page_frame frame = call_frame(call, place->about.event->summary, PAGE_NARROW);
	struct meeting_view *view;

	if (trail_list(call->store, call->reader->account_id, place->link.uid, TRAIL_MAX, &trail) != STORE_OK ||
	    !add_clashes(call, place, when, sources.now, &clashes)) {
		call_unavailable(call);
		return;
	}
	sources.clashes = clashes;
	view = meeting_view_create(when, &sources);
	entries = trail_view_entries(when, trail);
	view->model.trail = entries;
	if (!add_original(call, trail, &view->model, &files)) {
		call_unavailable(call);
		meeting_view_destroy(&view);
		return;
	}
	if (view->model.back != NULL)
		view->model.back = arena_printf(when->arena, "%s%s", call->base, view->model.back);
	add_offer(when, place, trail, &view->model);
	add_flash(call, &view->model);
	if (frame.title[0] == '\0')
		frame.title = words_get(call->words, "(no title)");
	call_show(call, page_meeting(&frame, &view->model));
	meeting_view_destroy(&view);
}

void handle_meeting(struct web_call *call)
{
	struct meeting_place place;
	struct when when = { NULL, call->words, call->reader->zone };

	if (!place_load_to_see(call, web_fields_get(call->request->query, "occurrence"), &place))
		return;
	when.arena = arena_create();
	show(call, &place, &when);
	arena_destroy(&when.arena);
	place_clear(&place);
}

void handle_meeting_ics(struct web_call *call)
{
	struct meeting_place place;
	g_autofree char *ics = NULL;

	if (!place_load(call, NULL, &place))
		return;
	ics = outgoing_export(place.meeting);
	call->response->content_type = "text/calendar; charset=utf-8";
	call->response->disposition = g_strdup("attachment; filename=\"invite.ics\"");
	g_string_append(call->response->body, ics);
	place_clear(&place);
}

static void send_original(struct web_call *call, const struct trail_row *row)
{
	struct content_value *facts = NULL;
	enum store_result result = content_load_one(call->store, CONTENT_FACTS, row->content_hash, &facts);
	size_t size = 0, read = 0;
	GString *body = call->response->body;

	if (result == STORE_OK)
		size = content_value_facts(facts)->size;
	if (result == STORE_OK && size > ORIGINAL_MAX) {
		call_say(call, 413, words_get(call->words, "This message is too large to be shown here"),
			 words_get(call->words, "Your mail program has it."));
	} else if (result == STORE_OK) {
		g_string_set_size(body, size);
		result = content_read(call->store, row->content_hash, 0, body->str, size, &read);
	}
	if (result == STORE_OK && size <= ORIGINAL_MAX) {
		g_string_truncate(body, read);
		call->response->content_type = "message/rfc822";
		call->response->disposition = g_strdup("attachment; filename=\"original.eml\"");
	} else if (result != STORE_OK) {
		g_string_truncate(body, 0);
		call_unavailable(call);
	}
	content_value_unref(&facts);
}

void handle_meeting_original(struct web_call *call)
{
	g_autoptr(GPtrArray) trail = NULL;
	const struct trail_row *row;
	struct meeting_place place;

	if (!place_load(call, NULL, &place))
		return;
	if (trail_list(call->store, call->reader->account_id, place.link.uid, TRAIL_MAX, &trail) != STORE_OK) {
		call_unavailable(call);
	} else {
		row = newest_original(trail);
		if (row != NULL)
			send_original(call, row);
		else
			call_not_found(call);
	}
	place_clear(&place);
}

/* The type is not the sender's: a browser keeps such a file and never shows it as ours. */
static void send_file(struct web_call *call, const struct trail_row *row, unsigned number)
{
	g_autofree char *name = NULL, *encoded = NULL;
	enum store_result result =
		attachments_read(call->store, row->content_hash, number, call->response->body, &name);

	if (result == STORE_OK) {
		encoded = g_uri_escape_string(name, NULL, FALSE);
		call->response->content_type = "application/octet-stream";
		call->response->disposition = g_strconcat("attachment; filename*=UTF-8''", encoded, NULL);
		return;
	}
	g_string_truncate(call->response->body, 0);
	if (result == STORE_NOT_FOUND)
		call_not_found(call);
	else if (result == STORE_LIMIT)
		call_say(call, 413, words_get(call->words, "This file is too large to be handed out here"),
			 words_get(call->words, "Your mail program has it."));
	else
		call_unavailable(call);
}

/* m/TOKEN/file/MAIL/NUMBER: a mail of this meeting only. */
void handle_meeting_file(struct web_call *call)
{
	g_autoptr(GPtrArray) trail = NULL;
	const struct trail_row *row = NULL;
	struct meeting_place place;
	uint64_t mail, number;

	if (!place_load(call, NULL, &place))
		return;
	if (!number_parse(slice_from_string(call->parts[1]), 1, UINT64_MAX, &mail) ||
	    !number_parse(slice_from_string(call->parts[2]), 0, UINT_MAX - 1, &number)) {
		call_not_found(call);
	} else if (trail_list(call->store, call->reader->account_id, place.link.uid, TRAIL_MAX, &trail) !=
		   STORE_OK) {
		call_unavailable(call);
	} else {
		for (guint i = 0; i < trail->len && row == NULL; i++) {
			const struct trail_row *one = g_ptr_array_index(trail, i);

			if (one->trail_id == mail && one->has_content)
				row = one;
		}
		if (row != NULL)
			send_file(call, row, (unsigned)number);
		else
			call_not_found(call);
	}
	place_clear(&place);
}
