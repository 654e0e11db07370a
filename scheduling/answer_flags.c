/* The trail tells which messages brought the meeting.  One that was moved since is
 * not looked for: its keywords are its reader's. */
#include "scheduling/answer_flags.h"

#include "base/log.h"
#include "store/meeting_store.h"
#include "store/message.h"

#define MAX_MESSAGES 50

static const char *keyword_of(enum meeting_partstat partstat)
{
	switch (partstat) {
	case MEETING_PARTSTAT_ACCEPTED: return "$Accepted";
	case MEETING_PARTSTAT_TENTATIVE: return "$Tentative";
	case MEETING_PARTSTAT_DECLINED: return "$Declined";
	default: return NULL;
	}
}

static void change(struct store *store, const struct trail_row *row, enum flag_mode mode,
		   const char *const *keywords)
{
	const struct uid_range range = { row->message_uid, row->message_uid };
	const struct flag_change ask = { .uids = { &range, 1 }, .mode = mode, .flags = { 0, keywords },
					 .unchanged_since = UINT64_MAX };
	struct flags_changed changed;
	enum store_result result = message_store_flags(store, row->mailbox, &ask, &changed);

	if (result != STORE_OK && result != STORE_NOT_FOUND)
		log_warning("scheduling", "keywords of message %u could not follow the answer: %s",
			    row->message_uid, store_result_name(result));
	flags_changed_clear(&changed);
}

void answer_flags_follow(struct store *store, uint64_t account_id, const char *uid,
			 enum meeting_partstat partstat)
{
	static const char *const all[] = { "$MeetingPending", "$Accepted", "$Tentative", "$Declined" };
	const char *keyword = keyword_of(partstat);
	const char *const added[] = { keyword, NULL };
	const char *removed[G_N_ELEMENTS(all) + 1];
	GPtrArray *rows = NULL;
	size_t count = 0;

	for (size_t i = 0; i < G_N_ELEMENTS(all); i++)
		if (g_strcmp0(all[i], keyword) != 0)
			removed[count++] = all[i];
	removed[count] = NULL;
	if (trail_list(store, account_id, uid, MAX_MESSAGES, &rows) != STORE_OK)
		return;
	for (guint i = 0; i < rows->len; i++) {
		const struct trail_row *row = g_ptr_array_index(rows, i);

		if (row->message_uid == 0 || row->mailbox.mailbox_id == 0)
			continue;
		change(store, row, FLAGS_REMOVE, removed);
		if (keyword != NULL)
			change(store, row, FLAGS_ADD, added);
	}
	g_ptr_array_unref(rows);
}
