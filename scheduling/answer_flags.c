/* The trail tells which mails brought the meeting; a message is known by the content of
 * that mail, so it is found wherever it was moved or copied to within the account. */
#include "scheduling/answer_flags.h"

#include "base/log.h"
#include "calendar/link.h"
#include "store/meeting_store.h"
#include "store/message.h"

#define MAX_MAILS 50
#define MAX_MESSAGES 200

const char *answer_flags_keyword(enum meeting_partstat partstat)
{
	switch (partstat) {
	case MEETING_PARTSTAT_NEEDS_ACTION: return "$MeetingPending";
	case MEETING_PARTSTAT_ACCEPTED: return "$Accepted";
	case MEETING_PARTSTAT_TENTATIVE: return "$Tentative";
	case MEETING_PARTSTAT_DECLINED: return "$Declined";
	default: return NULL;
	}
}

static void change(struct store *store, const struct message *message, enum flag_mode mode,
		   const char *const *keywords)
{
	const struct uid_range range = { message->uid, message->uid };
	const struct flag_change ask = { .uids = { &range, 1 }, .mode = mode, .flags = { 0, keywords },
					 .unchanged_since = UINT64_MAX };
	struct flags_changed changed;
	enum store_result result = message_store_flags(store, message->mailbox, &ask, &changed);

	if (result != STORE_OK && result != STORE_NOT_FOUND)
		log_warning("scheduling", "keywords of message %u could not follow the answer: %s", message->uid,
			    store_result_name(result));
	flags_changed_clear(&changed);
}

static void follow(struct store *store, const GArray *messages, enum meeting_partstat partstat)
{
	static const char *const all[] = { "$MeetingPending", "$Accepted", "$Tentative", "$Declined" };
	const char *keyword = answer_flags_keyword(partstat);
	const char *const added[] = { keyword, NULL };
	const char *removed[G_N_ELEMENTS(all) + 1];
	size_t count = 0;

	for (size_t i = 0; i < G_N_ELEMENTS(all); i++)
		if (g_strcmp0(all[i], keyword) != 0)
			removed[count++] = all[i];
	removed[count] = NULL;
	for (guint i = 0; i < MIN(messages->len, MAX_MESSAGES); i++) {
		const struct message *message = &g_array_index(messages, struct message, i);

		change(store, message, FLAGS_REMOVE, removed);
		if (keyword != NULL)
			change(store, message, FLAGS_ADD, added);
	}
}

/* Whether the mail is about what was answered: the answer to a series holds for its single
 * dates too; the one to a date for mails about that date only. */
static bool is_about(const struct trail_row *row, const struct meeting_time *recurrence_id)
{
	struct meeting_time date;

	if (recurrence_id == NULL || recurrence_id->kind == MEETING_TIME_NONE)
		return true;
	return link_occurrence_parse(row->recurrence_id, &date) && meeting_time_equal(&date, recurrence_id);
}

void answer_flags_follow(struct store *store, uint64_t account_id, const char *uid,
			 const struct meeting_time *recurrence_id, enum meeting_partstat partstat)
{
	GPtrArray *rows = NULL;

	if (trail_list(store, account_id, uid, MAX_MAILS, &rows) != STORE_OK)
		return;
	for (guint i = 0; i < rows->len; i++) {
		const struct trail_row *row = g_ptr_array_index(rows, i);
		GArray *messages = NULL;

		if (!row->has_content || !is_about(row, recurrence_id))
			continue;
		if (message_find_content(store, account_id, row->content_hash, &messages) == STORE_OK) {
			follow(store, messages, partstat);
			g_array_unref(messages);
		}
	}
	g_ptr_array_unref(rows);
}
