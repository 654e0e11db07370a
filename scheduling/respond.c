/* An answer is decided on what is stored now and saved by version: when somebody was
 * quicker, all is done anew.  The mail goes into the queue in the same transaction, so
 * there is never an answer without its REPLY, nor a REPLY without its answer. */
#include "scheduling/respond.h"

#include "calendar/outgoing.h"
#include "calendar/recur.h"
#include "scheduling/answer_flags.h"
#include "scheduling/meeting_mail.h"
#include "scheduling/outbox.h"
#include "scheduling/queue_runner.h"
#include "scheduling/respond_private.h"
#include "scheduling/stored_mail.h"

#define MAX_TRIES 8

const char *respond_result_name(enum respond_result result)
{
	static const char *const names[] = {
		[RESPOND_DONE] = "done",
		[RESPOND_NOT_FOUND] = "not found",
		[RESPOND_NOT_INVITED] = "not invited",
		[RESPOND_NOT_ORGANIZER] = "not the organizer",
		[RESPOND_CANCELLED] = "cancelled",
		[RESPOND_INVALID] = "invalid",
		[RESPOND_CONFLICT] = "changed at the same time",
		[RESPOND_STALE] = "another version",
		[RESPOND_UNAVAILABLE] = "the database can't be reached",
	};

	return names[result];
}

enum respond_result respond_of_store(enum store_result result)
{
	switch (result) {
	case STORE_OK: return RESPOND_DONE;
	case STORE_NOT_FOUND: return RESPOND_NOT_FOUND;
	case STORE_CONFLICT: return RESPOND_CONFLICT;
	case STORE_INVALID:
	case STORE_LIMIT: return RESPOND_INVALID;
	default: return RESPOND_UNAVAILABLE;
	}
}

enum respond_result respond_again(respond_attempt_fn attempt, void *arg)
{
	enum respond_result result = RESPOND_CONFLICT;

	for (unsigned i = 0; i < MAX_TRIES && result == RESPOND_CONFLICT; i++)
		result = attempt(arg);
	return result;
}

enum respond_result respond_begin(const struct respond_actor *actor, const char *uid,
				  struct respond_work *work)
{
	enum store_result result;

	memset(work, 0, sizeof *work);
	result = reader_load(actor->store, actor->config, actor->account_id, &work->reader);
	if (result == STORE_OK && uid != NULL)
		result = holding_load(actor->store, actor->account_id, uid, false, &work->holding);
	if (result == STORE_OK && uid != NULL && work->holding.meeting == NULL)
		return RESPOND_NOT_FOUND;
	return respond_of_store(result);
}

void respond_end(struct respond_work *work)
{
	holding_clear(&work->holding);
	reader_clear(&work->reader);
}

void respond_trail(struct trail_row *row, const struct respond_actor *actor,
		   const struct respond_work *work, const char *uid)
{
	*row = (struct trail_row){ .uid = (char *)uid, .received = actor->now, .from = work->reader.address,
				   .vouch = (char *)"self" };
}

/* ---- an answer ------------------------------------------------------------------------- */

struct answering {
	const struct respond_actor *actor;
	const struct respond_answer *answer;
	const struct meeting_time *start, *end; /* a proposal; NULL: an answer */
};

/* The object that the answer goes into: the stored one, or what was offered, taken in. */
static struct meeting *object_to_answer(const struct respond_work *work, int64_t now)
{
	const struct meeting_event *event = meeting_main_event(work->holding.meeting);
	const char *from[] = { event->has_organizer ? event->organizer.address : "", NULL };
	const struct itip_input input = {
		.incoming = work->holding.meeting, .addresses = (const char *const *)work->reader.addresses,
		.from = from, .vouch = IMIP_VOUCHED, .by_hand = true, .now = now / G_USEC_PER_SEC,
	};
	struct itip_decision *decision;
	struct meeting *taken = NULL;

	if (work->holding.stored != NULL)
		return meeting_load(work->holding.stored->ics);
	decision = itip_decide(&input);
	if (decision->result != NULL)
		taken = meeting_load(decision->result->ics);
	itip_decision_destroy(&decision);
	return taken;
}

/* What is answered: the occurrence, where it differs from the series. */
static const struct meeting_event *event_to_answer(const struct meeting *meeting, const struct respond_answer *answer)
{
	const struct meeting_event *override =
		answer->recurrence_id != NULL ? meeting_find_override(meeting, answer->recurrence_id) : NULL;

	return override != NULL ? override : meeting_main_event(meeting);
}

/* The address that was invited: the link's, where it is among the attendees, else any of
 * the account's. */
static const struct meeting_person *find_invited(const struct meeting *meeting,
						 const struct respond_answer *answer,
						 const struct respond_work *work)
{
	const char *const named[] = { answer->address, NULL };
	const struct meeting_event *event = event_to_answer(meeting, answer);
	const struct meeting_person *person = NULL;

	if (answer->address != NULL)
		person = meeting_find_attendee(event, named);
	if (person == NULL)
		person = meeting_find_attendee(event, (const char *const *)work->reader.addresses);
	return person;
}

/* A delegate comes instead of somebody: he is not there yet, in whatever part. */
static bool delegate_is_fit(const struct meeting_event *event, const struct respond_work *work, const char *address)
{
	const char *const addresses[] = { address, NULL };

	for (char **own = work->reader.addresses; *own != NULL; own++)
		if (meeting_address_equal(*own, address))
			return false;
	return meeting_find_attendee(event, addresses) == NULL &&
	       !(event->has_organizer && meeting_address_equal(event->organizer.address, address));
}

static enum respond_result check_answerable(const struct meeting *meeting, const struct respond_answer *answer)
{
	const struct meeting_event *event = event_to_answer(meeting, answer);

	if (answer->recurrence_id != NULL && meeting_find_override(meeting, answer->recurrence_id) == NULL &&
	    !recur_has_occurrence(meeting, answer->recurrence_id))
		return RESPOND_NOT_FOUND;
	if (meeting->removed || event->removed || event->status == MEETING_STATUS_CANCELLED)
		return RESPOND_CANCELLED;
	return RESPOND_DONE;
}

/* What an answer comes to. */
struct answered {
	const struct meeting *meeting; /* as it is then */
	const char *address;           /* the invited one */
	const char *reply;             /* to the organizer */
	const char *delegation;        /* to the delegate; NULL: none */
};

static enum store_result queue_answer(const struct answering *a, const struct respond_work *work,
				      const struct answered *answered)
{
	const struct meeting_event *event = meeting_main_event(answered->meeting);

	if (!event->has_organizer || *event->organizer.address == '\0')
		return STORE_OK;
	return outbox_add(a->actor->store, a->actor->config, &(struct outbox_mail){
		.sender = &work->reader, .sender_address = reader_own_form(&work->reader, answered->address),
		.recipient = event->organizer.address, .ics = answered->reply,
		.kind = a->start != NULL ? ITIP_KIND_COUNTER : ITIP_KIND_REPLY,
		.before = a->start != NULL ? event : NULL, .about = answered->meeting,
		.occurrence = a->answer->recurrence_id, .now = a->actor->now });
}

static enum store_result queue_delegation(const struct answering *a, const struct respond_work *work,
					  const struct answered *answered)
{
	if (answered->delegation == NULL)
		return STORE_OK;
	return outbox_add(a->actor->store, a->actor->config, &(struct outbox_mail){
		.sender = &work->reader, .sender_address = reader_own_form(&work->reader, answered->address),
		.recipient = a->answer->delegate_to, .ics = answered->delegation,
		.kind = a->answer->recurrence_id != NULL ? ITIP_KIND_OCCURRENCE_INVITATION : ITIP_KIND_INVITATION,
		.comment_words = a->answer->comment, .about = answered->meeting,
		.occurrence = a->answer->recurrence_id, .now = a->actor->now });
}

static enum store_result trail_answer(const struct answering *a, const struct respond_work *work,
				      const struct meeting *meeting)
{
	const char *to = a->answer->delegate_to, *comment = a->answer->comment;
	g_autofree char *note = to != NULL ? g_strdup_printf("%s%s%s", to, comment != NULL ? ": " : "",
							     comment != NULL ? comment : "")
					   : g_strdup(comment);
	struct trail_row row;

	respond_trail(&row, a->actor, work, meeting->uid);
	row.method = (char *)(a->start != NULL ? "COUNTER" : "REPLY");
	row.kind = (char *)(a->start != NULL ? "own-proposal" : "own-answer");
	row.action = (char *)meeting_partstat_name(a->answer->partstat);
	row.reason = (char *)"asked";
	row.note = note;
	row.sequence = meeting_main_event(meeting)->sequence;
	return trail_add(a->actor->store, a->actor->account_id, &row, NULL);
}

/* Whoever comes wants to see it, even if it was only offered or taken out of sight. */
static bool is_coming(const struct answering *a)
{
	return a->start == NULL && (a->answer->partstat == MEETING_PARTSTAT_ACCEPTED ||
				    a->answer->partstat == MEETING_PARTSTAT_TENTATIVE);
}

static enum store_result commit_answer(const struct answering *a, const struct respond_work *work,
				       const struct answered *answered)
{
	struct store *store = a->actor->store;
	enum store_result result = store_begin(store);

	if (result != STORE_OK)
		return result;
	result = holding_save(store, &work->reader, &work->holding, answered->meeting,
			      is_coming(a) || (work->holding.stored != NULL && work->holding.row.shown));
	if (result == STORE_OK)
		result = trail_answer(a, work, answered->meeting);
	if (result == STORE_OK)
		result = queue_answer(a, work, answered);
	if (result == STORE_OK)
		result = queue_delegation(a, work, answered);
	if (result == STORE_OK)
		return store_commit(store);
	store_rollback(store);
	return result;
}

static enum respond_result send_proposal(const struct answering *a, const struct respond_work *work,
					 const struct meeting *meeting, const struct outgoing_answer *own)
{
	g_autofree char *counter = outgoing_counter(meeting, own, a->start, a->end);
	g_autofree char *ics = outgoing_store_counter(meeting, own, a->start, a->end);
	struct meeting *changed = ics != NULL ? meeting_load(slice_from_string(ics)) : NULL;
	const struct answered answered = { changed, own->address, counter, NULL };
	enum respond_result result = RESPOND_INVALID;

	if (counter != NULL && changed != NULL)
		result = respond_of_store(commit_answer(a, work, &answered));
	meeting_destroy(&changed);
	return result;
}

static enum respond_result send_answer(const struct answering *a, const struct respond_work *work,
				       const struct meeting *meeting, const struct outgoing_answer *own)
{
	bool delegates = own->partstat == MEETING_PARTSTAT_DELEGATED;
	g_autofree char *reply = outgoing_reply(meeting, own), *ics = outgoing_store_answer(meeting, own);
	g_autofree char *delegation = NULL;
	struct meeting *changed = ics != NULL ? meeting_load(slice_from_string(ics)) : NULL;
	enum respond_result result = RESPOND_INVALID;

	if (delegates && changed != NULL)
		delegation = outgoing_delegation(changed, own);
	if (reply != NULL && changed != NULL && (!delegates || delegation != NULL)) {
		const struct answered answered = { changed, own->address, reply, delegation };

		result = respond_of_store(commit_answer(a, work, &answered));
	}
	meeting_destroy(&changed);
	return result;
}

static enum respond_result answer_meeting(const struct answering *a, const struct respond_work *work,
					  const struct meeting *meeting)
{
	const struct meeting_person *invited = find_invited(meeting, a->answer, work);
	struct outgoing_answer own = {
		.partstat = a->answer->partstat, .comment = a->answer->comment,
		.recurrence_id = a->answer->recurrence_id, .delegate_to = a->answer->delegate_to,
		.now = a->actor->now / G_USEC_PER_SEC,
	};

	if (invited == NULL)
		return RESPOND_NOT_INVITED;
	if (own.delegate_to != NULL &&
	    !delegate_is_fit(event_to_answer(meeting, a->answer), work, own.delegate_to))
		return RESPOND_INVALID;
	own.address = invited->address;
	if (invited->name == NULL && *work->reader.display_name != '\0')
		own.name = work->reader.display_name;
	return a->start != NULL ? send_proposal(a, work, meeting, &own) : send_answer(a, work, meeting, &own);
}

static enum respond_result attempt_answer(void *arg)
{
	const struct answering *a = arg;
	struct respond_work work;
	struct meeting *meeting = NULL;
	enum respond_result result = respond_begin(a->actor, a->answer->uid, &work);

	if (result == RESPOND_DONE) {
		meeting = object_to_answer(&work, a->actor->now);
		result = meeting != NULL ? check_answerable(meeting, a->answer) : RESPOND_INVALID;
	}
	if (result == RESPOND_DONE)
		result = answer_meeting(a, &work, meeting);
	meeting_destroy(&meeting);
	respond_end(&work);
	return result;
}

enum respond_result respond_answer(const struct respond_actor *actor, const struct respond_answer *answer)
{
	struct answering a = { actor, answer, NULL, NULL };
	enum respond_result result;

	if ((answer->partstat == MEETING_PARTSTAT_DELEGATED) != (answer->delegate_to != NULL))
		return RESPOND_INVALID;
	result = respond_again(attempt_answer, &a);
	if (result == RESPOND_DONE) {
		queue_runner_wake();
		answer_flags_follow(actor->store, actor->account_id, answer->uid, answer->recurrence_id,
				    answer->partstat);
	}
	return result;
}

enum respond_result respond_propose(const struct respond_actor *actor, const struct respond_answer *answer,
				    const struct meeting_time *start, const struct meeting_time *end)
{
	struct answering a = { actor, answer, start, end };
	enum respond_result result;

	if (end->instant < start->instant)
		return RESPOND_INVALID;
	result = respond_again(attempt_answer, &a);
	if (result == RESPOND_DONE)
		queue_runner_wake();
	return result;
}

/* ---- a mail that was refused, applied by hand ------------------------------------------- */

struct applying {
	const struct respond_actor *actor;
	const struct trail_row *row;
	const struct mail_facts *facts;
};

static enum store_result commit_applied(const struct applying *a, const struct respond_work *work,
					const struct verdict *verdict)
{
	struct store *store = a->actor->store;
	const struct itip_decision *decision = verdict->decision;
	struct trail_row row;
	enum store_result result = store_begin(store);

	if (result != STORE_OK)
		return result;
	result = holding_save(store, &work->reader, &verdict->holding, decision->result, true);
	if (result == STORE_OK) {
		respond_trail(&row, a->actor, work, decision->result->uid);
		row.method = a->row->method;
		row.kind = (char *)itip_kind_name(decision->kind);
		row.action = (char *)itip_action_name(decision->action);
		row.reason = (char *)"by-hand";
		result = trail_add(store, a->actor->account_id, &row, NULL);
	}
	if (result == STORE_OK)
		result = verdict_send(store, a->actor->config, &work->reader, verdict, a->facts->found.meeting,
				      a->actor->now);
	if (result == STORE_OK)
		return store_commit(store);
	store_rollback(store);
	return result;
}

static enum respond_result attempt_apply(void *arg)
{
	const struct applying *a = arg;
	struct respond_work work;
	struct verdict verdict = { 0 };
	enum respond_result result = respond_begin(a->actor, NULL, &work);
	const struct verdict_options options = { .config = a->actor->config, .facts = a->facts,
						 .reader = &work.reader, .by_hand = true, .now = a->actor->now };

	if (result == RESPOND_DONE)
		result = respond_of_store(verdict_reach(a->actor->store, &options, &verdict));
	if (result == RESPOND_DONE && verdict.decision->result == NULL)
		result = RESPOND_INVALID;
	if (result == RESPOND_DONE)
		result = respond_of_store(commit_applied(a, &work, &verdict));
	verdict_clear(&verdict);
	respond_end(&work);
	return result;
}

enum respond_result respond_apply(const struct respond_actor *actor, uint64_t trail_id)
{
	struct trail_row *row = NULL;
	struct mail_facts *facts = NULL;
	enum respond_result result =
		respond_of_store(trail_get(actor->store, actor->account_id, trail_id, &row));

	if (result == RESPOND_DONE) {
		facts = row->has_content ? stored_mail_facts(actor->store, row->content_hash) : NULL;
		if (facts == NULL || facts->found.verdict != IMIP_MEETING)
			result = RESPOND_NOT_FOUND;
	}
	if (result == RESPOND_DONE) {
		struct applying a = { actor, row, facts };

		result = respond_again(attempt_apply, &a);
	}
	mail_facts_destroy(&facts);
	if (row != NULL)
		trail_row_free(row);
	return result;
}

/* ---- out of sight -------------------------------------------------------------------------- */

struct hiding {
	const struct respond_actor *actor;
	const char *uid;
};

static enum respond_result attempt_hide(void *arg)
{
	const struct hiding *h = arg;
	struct respond_work work;
	enum respond_result result = respond_begin(h->actor, h->uid, &work);

	if (result == RESPOND_DONE)
		result = respond_of_store(holding_save(h->actor->store, &work.reader, &work.holding,
						       work.holding.meeting, false));
	respond_end(&work);
	return result;
}

enum respond_result respond_hide(const struct respond_actor *actor, const char *uid)
{
	struct hiding h = { actor, uid };

	return respond_again(attempt_hide, &h);
}
