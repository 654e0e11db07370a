/* The organizer's side.  The new object is compared with the old one: who stays or
 * comes gets a REQUEST, who was taken off a CANCEL, and nobody hears of a change that
 * is none of his. */
#include "scheduling/organize.h"

#include "base/secret.h"
#include "calendar/itip.h"
#include "calendar/recur.h"
#include "scheduling/outbox.h"
#include "scheduling/queue_runner.h"
#include "scheduling/respond_private.h"
#include "store/account.h"

struct organizing;
struct mailing;

/* One thing that an organizer does to a meeting that is there. */
struct change {
	/* Makes the new stored object, or NULL. */
	char *(*make)(const struct organizing *o, const struct meeting *meeting, char **reason_out);
	const char *action; /* in the trail */
	enum store_result (*send)(const struct mailing *m);
};

struct organizing {
	const struct respond_actor *actor;
	const char *uid;
	const struct meeting_time *recurrence_id;
	const struct outgoing_draft *draft;
	const char *address;       /* of a proposal's author or a party crasher */
	uint64_t expected_version; /* 0: any */
	char **uid_out, **reason_out;
	const struct change *change;
};

static int64_t seconds(const struct organizing *o)
{
	return o->actor->now / G_USEC_PER_SEC;
}

static bool is_own(const struct reader *reader, const char *address)
{
	for (char **own = reader->addresses; *own != NULL; own++)
		if (meeting_address_equal(*own, address))
			return true;
	return false;
}

static bool organises(const struct respond_work *work)
{
	const struct meeting_event *event;

	if (work->holding.stored == NULL)
		return false;
	event = meeting_main_event(work->holding.stored);
	return event->has_organizer && is_own(&work->reader, event->organizer.address);
}

/* Every address that is an attendee of some event of the meeting, each once. */
static GPtrArray *attendees_of(const struct meeting *meeting, const struct reader *reader)
{
	GPtrArray *list = g_ptr_array_new();
	GHashTable *seen = g_hash_table_new_full(g_str_hash, g_str_equal, g_free, NULL);

	for (size_t i = 0; i <= meeting->override_count; i++) {
		const struct meeting_event *event =
			i < meeting->override_count ? meeting->overrides[i] : meeting->master;

		for (size_t k = 0; event != NULL && k < event->attendee_count; k++) {
			const char *address = event->attendees[k].address;

			if (*address != '\0' && !is_own(reader, address) &&
			    g_hash_table_add(seen, g_ascii_strdown(address, -1)))
				g_ptr_array_add(list, (gpointer)address);
		}
	}
	g_hash_table_unref(seen);
	return list;
}

static bool is_attendee(const struct meeting *meeting, const char *address)
{
	const char *const addresses[] = { address, NULL };

	if (meeting->master != NULL && meeting_find_attendee(meeting->master, addresses) != NULL)
		return true;
	for (size_t i = 0; i < meeting->override_count; i++)
		if (meeting_find_attendee(meeting->overrides[i], addresses) != NULL)
			return true;
	return false;
}

struct mailing {
	const struct organizing *o;
	const struct respond_work *work;
	const struct meeting *before, *after; /* before NULL: new */
};

/* What was, or what is to be: the one that lasts longer tells whether all is over. */
static const struct meeting *longer_lasting(const struct mailing *m)
{
	const struct zone *zone = m->work->reader.zone;

	if (m->before != NULL && recur_span(m->before, zone).end > recur_span(m->after, zone).end)
		return m->before;
	return m->after;
}

static enum store_result send_one(const struct mailing *m, const char *recipient, const char *ics,
				  enum itip_kind kind, const struct meeting_event *before)
{
	const struct meeting_event *event = meeting_main_event(m->after);

	return outbox_add(m->o->actor->store, m->o->actor->config, &(struct outbox_mail){
		.sender = &m->work->reader,
		.sender_address = reader_own_form(&m->work->reader,
						  event->has_organizer ? event->organizer.address : NULL),
		.recipient = recipient, .ics = ics, .kind = kind, .before = before,
		.about = longer_lasting(m), .now = m->o->actor->now });
}

/* The event that is changed: the occurrence, which may still be the series' own, or all of it. */
static const struct meeting_event *event_of(const struct mailing *m, const struct meeting *meeting)
{
	const struct meeting_event *override =
		m->o->recurrence_id != NULL ? meeting_find_override(meeting, m->o->recurrence_id) : NULL;

	return override != NULL ? override : meeting_main_event(meeting);
}

/* Whom a change concerns: of one occurrence those invited to it, else everybody. */
static GPtrArray *concerned(const struct mailing *m, const struct meeting *meeting)
{
	const struct meeting_event *event = event_of(m, meeting);
	GPtrArray *list;

	if (m->o->recurrence_id == NULL)
		return attendees_of(meeting, &m->work->reader);
	list = g_ptr_array_new();
	for (size_t i = 0; i < event->attendee_count; i++)
		if (*event->attendees[i].address != '\0' && !is_own(&m->work->reader, event->attendees[i].address))
			g_ptr_array_add(list, (gpointer)event->attendees[i].address);
	return list;
}

static bool is_concerned(const struct mailing *m, const struct meeting *meeting, const char *address)
{
	const char *const addresses[] = { address, NULL };

	return m->o->recurrence_id != NULL ? meeting_find_attendee(event_of(m, meeting), addresses) != NULL
					   : is_attendee(meeting, address);
}

/* Of the series: who comes to single dates only, and did before, hears nothing new of them. */
static bool hears_of_it(const struct mailing *m, const char *address, bool stays)
{
	const char *const addresses[] = { address, NULL };

	return m->o->recurrence_id != NULL || !stays || m->after->master == NULL ||
	       meeting_find_attendee(m->after->master, addresses) != NULL;
}

static enum store_result send_requests(const struct mailing *m)
{
	const struct meeting_time *id = m->o->recurrence_id;
	g_autofree char *ics = outgoing_request(m->after, id, seconds(m->o));
	g_autoptr(GPtrArray) list = concerned(m, m->after);
	enum store_result result = STORE_OK;

	if (ics == NULL)
		return list->len == 0 ? STORE_OK : STORE_INVALID;
	for (guint i = 0; i < list->len && result == STORE_OK; i++) {
		const char *address = g_ptr_array_index(list, i);
		bool stays = m->before != NULL && is_concerned(m, m->before, address);
		enum itip_kind update = id != NULL ? ITIP_KIND_OCCURRENCE_UPDATE : ITIP_KIND_UPDATE;
		enum itip_kind fresh = id != NULL ? ITIP_KIND_OCCURRENCE_INVITATION : ITIP_KIND_INVITATION;

		if (!hears_of_it(m, address, stays))
			continue;
		result = send_one(m, address, ics, stays ? update : fresh, stays ? event_of(m, m->before) : NULL);
	}
	return result;
}

/* CANCEL to those who were taken off. */
static enum store_result send_removals(const struct mailing *m)
{
	g_autoptr(GPtrArray) list = NULL;
	enum store_result result = STORE_OK;

	if (m->before == NULL)
		return STORE_OK;
	list = concerned(m, m->before);
	for (guint i = 0; i < list->len && result == STORE_OK; i++) {
		const char *const gone[] = { g_ptr_array_index(list, i), NULL };
		g_autofree char *ics = NULL;

		if (is_concerned(m, m->after, gone[0]))
			continue;
		ics = outgoing_cancel(m->before, gone, m->o->recurrence_id, seconds(m->o));
		if (ics != NULL)
			result = send_one(m, gone[0], ics, ITIP_KIND_REMOVED, NULL);
	}
	return result;
}

static enum store_result send_cancels(const struct mailing *m)
{
	g_autofree char *ics = outgoing_cancel(m->after, NULL, m->o->recurrence_id, seconds(m->o));
	g_autoptr(GPtrArray) list = concerned(m, m->before);
	enum itip_kind kind = m->o->recurrence_id != NULL ? ITIP_KIND_OCCURRENCE_CANCELLED : ITIP_KIND_CANCELLED;
	enum store_result result = STORE_OK;

	if (ics == NULL)
		return list->len == 0 ? STORE_OK : STORE_INVALID;
	for (guint i = 0; i < list->len && result == STORE_OK; i++)
		result = send_one(m, g_ptr_array_index(list, i), ics, kind, NULL);
	return result;
}

static enum store_result send_changes(const struct mailing *m)
{
	enum store_result result = send_removals(m);

	return result == STORE_OK ? send_requests(m) : result;
}

static enum store_result add_trail(const struct mailing *m, const char *action)
{
	struct trail_row row;

	respond_trail(&row, m->o->actor, m->work, m->after->uid);
	row.method = (char *)"REQUEST";
	row.kind = (char *)"own-meeting";
	row.action = (char *)action;
	row.reason = (char *)"asked";
	row.sequence = meeting_main_event(m->after)->sequence;
	return trail_add(m->o->actor->store, m->o->actor->account_id, &row, NULL);
}

static enum respond_result commit(const struct mailing *m, const char *action,
				  enum store_result (*send)(const struct mailing *m))
{
	struct store *store = m->o->actor->store;
	enum store_result result = store_begin(store);

	if (result != STORE_OK)
		return respond_of_store(result);
	result = holding_save(store, &m->work->reader, &m->work->holding, m->after, true);
	if (result == STORE_OK)
		result = add_trail(m, action);
	if (result == STORE_OK)
		result = send(m);
	if (result == STORE_OK)
		return respond_of_store(store_commit(store));
	store_rollback(store);
	return respond_of_store(result);
}

/* Whoever is invited or answered is known from then on (policy `known`). */
static void remember_contacts(const struct organizing *o, const struct mailing *m)
{
	g_autoptr(GPtrArray) list = attendees_of(m->after, &m->work->reader);

	for (guint i = 0; i < MIN(list->len, 1000); i++)
		contact_add(o->actor->store, o->actor->account_id, g_ptr_array_index(list, i));
}

static void set_reason(const struct organizing *o, char *reason)
{
	if (o->reason_out != NULL)
		*o->reason_out = reason;
	else
		g_free(reason);
}

/* ---- a new meeting ---------------------------------------------------------------------- */

static enum respond_result attempt_create(void *arg)
{
	const struct organizing *o = arg;
	struct outgoing_draft draft = *o->draft;
	g_autofree char *token = secret_token(16), *uid = g_strdup(draft.uid), *ics = NULL;
	struct respond_work work;
	struct meeting *made = NULL;
	char *reason = NULL;
	enum respond_result result = respond_begin(o->actor, NULL, &work);

	if (result != RESPOND_DONE) {
		respond_end(&work);
		return result;
	}
	if (uid == NULL)
		uid = g_strdup_printf("%s@%s", token, strrchr(work.reader.address, '@') + 1);
	draft.uid = uid;
	draft.now = seconds(o);
	if (draft.organizer_address == NULL)
		draft.organizer_address = work.reader.address;
	if (draft.organizer_name == NULL && *work.reader.display_name != '\0')
		draft.organizer_name = work.reader.display_name;
	ics = outgoing_create(&draft, &reason);
	made = ics != NULL ? meeting_load(slice_from_string(ics)) : NULL; /* our own object: its marks count */
	if (made != NULL) {
		const struct mailing m = { o, &work, NULL, made };

		result = commit(&m, "created", send_changes);
		if (result == RESPOND_DONE)
			remember_contacts(o, &m);
	} else {
		result = RESPOND_INVALID;
	}
	if (result == RESPOND_DONE)
		*o->uid_out = g_steal_pointer(&uid);
	set_reason(o, reason);
	meeting_destroy(&made);
	respond_end(&work);
	return result;
}

enum respond_result organize_create(const struct respond_actor *actor, const struct outgoing_draft *draft,
				    char **uid_out, char **reason_out)
{
	struct organizing o = { .actor = actor, .draft = draft, .uid_out = uid_out, .reason_out = reason_out };
	enum respond_result result = attempt_create(&o);

	if (result == RESPOND_DONE)
		queue_runner_wake();
	return result;
}

/* ---- changes ------------------------------------------------------------------------------ */

static enum respond_result apply_change(const struct organizing *o, const struct respond_work *work)
{
	const struct meeting *before = work->holding.stored;
	char *reason = NULL;
	g_autofree char *ics = o->change->make(o, before, &reason);
	struct meeting *after = ics != NULL ? meeting_load(slice_from_string(ics)) : NULL;
	struct organizing dated = *o;
	const struct mailing m = { &dated, work, before, after };
	enum respond_result result = RESPOND_INVALID;

	if (after != NULL)
		result = commit(&m, o->change->action, o->change->send);
	if (result == RESPOND_DONE)
		remember_contacts(o, &m);
	set_reason(o, reason);
	meeting_destroy(&after);
	return result;
}

static enum respond_result attempt_change(void *arg)
{
	const struct organizing *o = arg;
	struct respond_work work;
	enum respond_result result = respond_begin(o->actor, o->uid, &work);

	if (result == RESPOND_DONE && !organises(&work))
		result = RESPOND_NOT_ORGANIZER;
	if (result == RESPOND_DONE && o->expected_version != 0 &&
	    o->expected_version != work.holding.row.version)
		result = RESPOND_STALE;
	if (result == RESPOND_DONE)
		result = apply_change(o, &work);
	respond_end(&work);
	return result;
}

static enum respond_result run_change(struct organizing *o)
{
	enum respond_result result = respond_again(attempt_change, o);

	if (result == RESPOND_DONE)
		queue_runner_wake();
	return result;
}

/* A change that has only one way to fail: what it is about is not there. */
static enum respond_result run_simple_change(struct organizing *o)
{
	enum respond_result result = run_change(o);

	return result == RESPOND_INVALID ? RESPOND_NOT_FOUND : result;
}

static char *change_edit(const struct organizing *o, const struct meeting *meeting, char **reason_out)
{
	struct outgoing_draft draft = *o->draft;

	draft.now = seconds(o);
	return outgoing_edit(meeting, &draft, o->recurrence_id, reason_out);
}

static const struct change edit = { change_edit, "changed", send_changes };

enum respond_result organize_edit(const struct respond_actor *actor, const char *uid,
				  const struct meeting_time *recurrence_id,
				  const struct outgoing_draft *draft, uint64_t expected_version,
				  char **reason_out)
{
	struct organizing o = { .actor = actor, .uid = uid, .recurrence_id = recurrence_id, .draft = draft,
				.expected_version = expected_version, .reason_out = reason_out,
				.change = &edit };

	return run_change(&o);
}

static char *change_accept(const struct organizing *o, const struct meeting *meeting, char **reason_out)
{
	(void)reason_out;
	return outgoing_accept_proposal(meeting, o->address, o->recurrence_id, seconds(o));
}

static const struct change accept = { change_accept, "changed", send_changes };

enum respond_result organize_accept_proposal(const struct respond_actor *actor, const char *uid,
					     const char *address, const struct meeting_time *recurrence_id)
{
	struct organizing o = { .actor = actor, .uid = uid, .address = address,
				.recurrence_id = recurrence_id, .change = &accept };

	return run_simple_change(&o);
}

static char *change_invite(const struct organizing *o, const struct meeting *meeting, char **reason_out)
{
	(void)reason_out;
	return outgoing_invite_crasher(meeting, o->address, seconds(o));
}

static const struct change invite = { change_invite, "changed", send_changes };

enum respond_result organize_invite_crasher(const struct respond_actor *actor, const char *uid,
					    const char *address)
{
	struct organizing o = { .actor = actor, .uid = uid, .address = address, .change = &invite };

	return run_simple_change(&o);
}

/* ---- cancelling, declining ------------------------------------------------------------------ */

static char *change_cancel(const struct organizing *o, const struct meeting *meeting, char **reason_out)
{
	(void)reason_out;
	return outgoing_store_cancel(meeting, o->recurrence_id, seconds(o));
}

static const struct change cancel = { change_cancel, "cancelled", send_cancels };

enum respond_result organize_cancel(const struct respond_actor *actor, const char *uid,
				    const struct meeting_time *recurrence_id)
{
	struct organizing o = { .actor = actor, .uid = uid, .recurrence_id = recurrence_id,
				.change = &cancel };

	return run_simple_change(&o);
}

static enum store_result send_decline(const struct mailing *m)
{
	g_autofree char *ics = outgoing_decline_counter(m->before, m->o->address, m->o->recurrence_id, seconds(m->o));

	return ics != NULL ? send_one(m, m->o->address, ics, ITIP_KIND_COUNTER_DECLINED, NULL) : STORE_INVALID;
}

static char *change_decline(const struct organizing *o, const struct meeting *meeting, char **reason_out)
{
	(void)reason_out;
	return outgoing_drop_proposal(meeting, o->address, o->recurrence_id);
}

static const struct change decline = { change_decline, "proposal-declined", send_decline };

enum respond_result organize_decline_proposal(const struct respond_actor *actor, const char *uid,
					      const char *address, const struct meeting_time *recurrence_id)
{
	struct organizing o = { .actor = actor, .uid = uid, .address = address,
				.recurrence_id = recurrence_id, .change = &decline };

	return run_simple_change(&o);
}
