#include "web/trail_view.h"

#include "calendar/itip.h"

/* What a mail did to the calendar, by the words of calendar/itip.h. */
static const struct {
	enum itip_action action;
	const char *text;
} actions[] = {
	{ ITIP_ACTION_NONE, N_("Nothing was changed") },
	{ ITIP_ACTION_OFFER, N_("Not put into the calendar, only offered") },
	{ ITIP_ACTION_ADD, N_("Added to the calendar") },
	{ ITIP_ACTION_REPLACE, N_("The meeting was updated") },
	{ ITIP_ACTION_MERGE_OCCURRENCE, N_("One date was updated") },
	{ ITIP_ACTION_CANCEL, N_("The meeting was cancelled") },
	{ ITIP_ACTION_CANCEL_OCCURRENCE, N_("One date was cancelled") },
	{ ITIP_ACTION_REMOVE, N_("You were removed from the meeting") },
	{ ITIP_ACTION_SET_ANSWER, N_("An answer was noted") },
	{ ITIP_ACTION_KEEP_CRASHER, N_("An answer of somebody not invited was noted") },
	{ ITIP_ACTION_KEEP_PROPOSAL, N_("A proposal of another time was noted") },
	{ ITIP_ACTION_CLEAR_PROPOSAL, N_("A proposal of another time was settled") },
	{ ITIP_ACTION_SEND_REQUEST, N_("The current invitation was sent again") },
	{ ITIP_ACTION_SEND_REFRESH, N_("The organizer was asked for the whole meeting") },
};

/* Steps that were taken here, by scheduling/'s words. */
static const struct {
	const char *kind, *action; /* action NULL: any */
	const char *text;
} own_steps[] = {
	{ "own-meeting", "created", N_("The meeting was made here") },
	{ "own-meeting", NULL, N_("The organizer changed the meeting here") },
	{ "own-proposal", NULL, N_("Another time was proposed here") },
	{ "own-answer", "ACCEPTED", N_("Accepted here") },
	{ "own-answer", "TENTATIVE", N_("Tentatively accepted here") },
	{ "own-answer", "DECLINED", N_("Declined here") },
	{ "own-answer", "DELEGATED", N_("Given to somebody else here") },
	{ "own-answer", NULL, N_("Answered here") },
};

static const struct {
	const char *word, *text;
} own_reasons[] = {
	{ "asked", "" }, /* what was done says it */
	{ "by-hand", N_("applied by hand") },
	{ "unusable", N_("the calendar in it could not be read") },
};

static bool is_action(const struct trail_row *row, enum itip_action action)
{
	return row->action != NULL && strcmp(row->action, itip_action_name(action)) == 0;
}

static bool is_reason(const struct trail_row *row, enum itip_reason reason)
{
	return row->reason != NULL && strcmp(row->reason, itip_reason_name(reason)) == 0;
}

static const char *what(const struct when *when, const struct trail_row *row)
{
	for (size_t i = 0; row->kind != NULL && i < G_N_ELEMENTS(own_steps); i++)
		if (strcmp(own_steps[i].kind, row->kind) == 0 &&
		    (own_steps[i].action == NULL || g_strcmp0(own_steps[i].action, row->action) == 0))
			return words_get(when->words, own_steps[i].text);
	for (size_t i = 0; i < G_N_ELEMENTS(actions); i++)
		if (is_action(row, actions[i].action))
			return words_get(when->words, actions[i].text);
	return row->action != NULL && row->action[0] != '\0' ? row->action : row->method;
}

const char *trail_view_why(const struct when *when, const struct trail_row *row)
{
	for (int reason = ITIP_REASON_APPLIED; reason <= ITIP_REASON_UNVERIFIED; reason++)
		if (is_reason(row, (enum itip_reason)reason))
			return words_get(when->words, itip_reason_sentence((enum itip_reason)reason));
	for (size_t i = 0; row->reason != NULL && i < G_N_ELEMENTS(own_reasons); i++)
		if (strcmp(own_reasons[i].word, row->reason) == 0)
			return own_reasons[i].text[0] != '\0' ? words_get(when->words, own_reasons[i].text) : "";
	return row->reason != NULL ? row->reason : "";
}

/* A refused mail can be applied all the same; one that is merely old, known or strange
 * can't: it would undo what came later. */
static bool can_be_applied(const struct trail_row *row)
{
	static const enum itip_reason reasons[] = {
		ITIP_REASON_NOT_INVITED, ITIP_REASON_POLICY_KNOWN, ITIP_REASON_POLICY_NONE,
		ITIP_REASON_SENDER_NOT_ORGANIZER, ITIP_REASON_SENDER_NOT_ATTENDEE,
		ITIP_REASON_SENDER_FAILED, ITIP_REASON_PUBLISHED, ITIP_REASON_DELEGATED,
	};

	if (!row->has_content || (!is_action(row, ITIP_ACTION_OFFER) && !is_action(row, ITIP_ACTION_NONE)))
		return false;
	for (size_t i = 0; i < G_N_ELEMENTS(reasons); i++)
		if (is_reason(row, reasons[i]))
			return true;
	return false;
}

bool trail_view_is_doubtful(const struct trail_row *row)
{
	return is_reason(row, ITIP_REASON_SENDER_NOT_ORGANIZER) ||
	       is_reason(row, ITIP_REASON_SENDER_NOT_ATTENDEE) ||
	       is_reason(row, ITIP_REASON_SENDER_FAILED) ||
	       g_strcmp0(row->vouch, imip_vouch_name(IMIP_FAILED)) == 0;
}

const struct trail_row *trail_view_open(const GPtrArray *rows)
{
	for (guint i = 0; i < rows->len; i++) {
		const struct trail_row *row = g_ptr_array_index(rows, i);

		if (can_be_applied(row))
			return row;
		if (!is_action(row, ITIP_ACTION_NONE))
			return NULL;
	}
	return NULL;
}

static struct page_trail_entry *entry_of(const struct when *when, const struct trail_row *row)
{
	struct page_trail_entry *entry = arena_new(when->arena, struct page_trail_entry);
	const char *why = trail_view_why(when, row);
	const char *note = row->note != NULL && row->note[0] != '\0' ? row->note : NULL;

	entry->time = when_moment(when, row->received / G_USEC_PER_SEC, &entry->time_iso);
	entry->what = arena_printf(when->arena, "%s (%s%s%s)", what(when, row), row->method,
				   row->from != NULL && row->from[0] != '\0' ? ", " : "",
				   row->from != NULL ? row->from : "");
	entry->why = arena_printf(when->arena, "%s%s%s", why, note != NULL ? " " : "",
				  note != NULL ? note : "");
	return entry;
}

GPtrArray *trail_view_entries(const struct when *when, const GPtrArray *rows)
{
	GPtrArray *entries = g_ptr_array_new();

	for (guint i = 0; i < rows->len; i++)
		g_ptr_array_add(entries, entry_of(when, g_ptr_array_index(rows, i)));
	return entries;
}
