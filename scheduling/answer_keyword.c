/* The keyword says what, the message says to which meeting: the mail as it came is read
 * again, which happens at the speed of a person's answers. */
#include "scheduling/answer_keyword.h"

#include "base/clock.h"
#include "base/log.h"
#include "scheduling/respond.h"
#include "scheduling/stored_mail.h"
#include "store/account.h"

/* Nobody answers more at once by hand. */
#define MAX_MESSAGES 20

static bool read_keywords(const char *const *keywords, enum meeting_partstat *partstat_out)
{
	static const struct {
		const char *keyword;
		enum meeting_partstat partstat;
	} answers[] = {
		{ "$Accepted", MEETING_PARTSTAT_ACCEPTED },
		{ "$Tentative", MEETING_PARTSTAT_TENTATIVE },
		{ "$Declined", MEETING_PARTSTAT_DECLINED },
	};
	unsigned found = 0;

	for (; keywords != NULL && *keywords != NULL; keywords++)
		for (size_t i = 0; i < G_N_ELEMENTS(answers); i++)
			if (g_ascii_strcasecmp(*keywords, answers[i].keyword) == 0) {
				*partstat_out = answers[i].partstat;
				found++;
			}
	/* Two at once say nothing. */
	return found == 1;
}

static bool wants_it(struct store *store, uint64_t account_id)
{
	struct account account;
	bool wants = account_get(store, account_id, &account) == STORE_OK && account.answer_by_keyword;

	account_clear(&account);
	return wants;
}

static void answer_message(const struct respond_actor *actor, struct mailbox_ref mailbox, uint32_t uid,
			   enum meeting_partstat partstat)
{
	struct message message;
	struct mail_facts *facts;
	enum respond_result result;

	if (message_get(actor->store, mailbox, uid, &message) != STORE_OK)
		return;
	facts = stored_mail_facts(actor->store, message.has_original ? message.original_hash : message.hash);
	if (facts != NULL && facts->found.verdict == IMIP_MEETING &&
	    facts->found.meeting->method == MEETING_METHOD_REQUEST) {
		const struct meeting *meeting = facts->found.meeting;
		const struct meeting_time *id = &meeting_main_event(meeting)->recurrence_id;
		const struct respond_answer answer = {
			.uid = meeting->uid, .partstat = partstat,
			.recurrence_id = id->kind != MEETING_TIME_NONE ? id : NULL,
		};

		result = respond_answer(actor, &answer);
		if (result != RESPOND_DONE)
			log_info("scheduling", "an answer by keyword was not taken: %s", respond_result_name(result));
	}
	mail_facts_destroy(&facts);
}

void answer_keyword_stored(struct store *store, const struct config *config, struct mailbox_ref mailbox,
			   struct uid_set uids, const char *const *keywords)
{
	const struct respond_actor actor = { store, config, mailbox.account_id, clock_now() };
	enum meeting_partstat partstat = MEETING_PARTSTAT_NEEDS_ACTION;
	unsigned count = 0;

	if (!read_keywords(keywords, &partstat) || !wants_it(store, mailbox.account_id))
		return;
	for (size_t i = 0; i < uids.count; i++)
		for (uint64_t uid = uids.ranges[i].first; uid <= uids.ranges[i].last && count < MAX_MESSAGES; uid++) {
			answer_message(&actor, mailbox, (uint32_t)uid, partstat);
			count++;
		}
}
