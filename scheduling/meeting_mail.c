/* Meeting mail: decision, rendition, one transaction; again when somebody was quicker.
 *
 * Failures on the way are reasons in the trail, not failures of the delivery: whatever
 * can't be decided or rendered is delivered as it came. */
#include "scheduling/meeting_mail.h"

#include "base/log.h"
#include "calendar/link.h"
#include "calendar/outgoing.h"
#include "calendar/render.h"
#include "scheduling/answer_flags.h"
#include "scheduling/answer_mail.h"
#include "scheduling/deliver.h"
#include "scheduling/freebusy.h"
#include "scheduling/outbox.h"
#include "scheduling/queue_runner.h"
#include "scheduling/rendition.h"
#include "store/meeting_store.h"

#define MAX_TRIES 8
#define MAX_CLASHES 20

enum store_result verdict_reach(struct store *store, const struct verdict_options *options,
				struct verdict *verdict_out)
{
	const struct mail_facts *facts = options->facts;
	const struct meeting *incoming = facts->found.meeting;
	const struct imip_sender sender = { facts->from, facts->results,
					    options->config->calendar.trusted_authserv_ids,
					    options->submitted_here };
	struct itip_input input = {
		.incoming = incoming,
		.addresses = (const char *const *)options->reader->addresses,
		.recipient = options->recipient,
		.from = facts->from,
		.sender = facts->sender,
		.vouch = imip_vouch(&sender, NULL),
		.policy = (enum itip_policy)options->reader->add_invitations,
		.by_hand = options->by_hand,
		.now = options->now / G_USEC_PER_SEC,
	};
	enum store_result result;

	verdict_out->decision = NULL;
	result = holding_load(store, options->reader->account_id, incoming->uid, false, &verdict_out->holding);
	if (result == STORE_OK && input.policy == ITIP_ADD_KNOWN && facts->from[0] != NULL)
		result = contact_known(store, options->reader->account_id, facts->from[0], &input.sender_known);
	if (result != STORE_OK)
		return result;
	input.stored = verdict_out->holding.stored;
	verdict_out->decision = itip_decide(&input);
	return STORE_OK;
}

void verdict_clear(struct verdict *verdict)
{
	itip_decision_destroy(&verdict->decision);
	holding_clear(&verdict->holding);
}

/* Whether what was offered before is to be what this mail says now: its organizer's newer word
 * (or his cancellation), which the calendar does not take by itself either. */
static bool renews_offer(const struct verdict *verdict, const struct meeting *incoming)
{
	const struct meeting *offered = verdict->holding.meeting;
	const struct meeting_event *now = meeting_main_event(incoming), *before;
	enum itip_reason reason = verdict->decision->reason;

	if (offered == NULL || verdict->holding.stored != NULL)
		return false;
	before = meeting_main_event(offered);
	return (reason == ITIP_REASON_NOT_INVITED || reason == ITIP_REASON_POLICY_NONE ||
		reason == ITIP_REASON_POLICY_KNOWN || reason == ITIP_REASON_UNKNOWN_MEETING) &&
	       meeting_address_equal(now->organizer.address, before->organizer.address) &&
	       (incoming->master != NULL || offered->master == NULL) &&
	       (now->sequence > before->sequence ||
		(now->sequence == before->sequence && now->stamp > before->stamp));
}

enum store_result verdict_save(struct store *store, const struct reader *reader,
			       const struct verdict *verdict, const struct meeting *incoming)
{
	const struct holding *holding = &verdict->holding;
	bool in_calendar = holding->stored != NULL && !holding->stored->shell;

	if (verdict->decision->result != NULL)
		return holding_save(store, reader, holding, verdict->decision->result,
				    !in_calendar || holding->row.shown);
	/* For the page behind the link. */
	if (!holding->known || renews_offer(verdict, incoming))
		return holding_save(store, reader, holding, incoming, false);
	return STORE_OK;
}

static enum store_result send_request(struct store *store, const struct config *config,
				      const struct reader *reader, const struct verdict *verdict, int64_t now)
{
	const struct itip_decision *decision = verdict->decision;
	const struct meeting *meeting = verdict->holding.stored;
	g_autofree char *ics = NULL;

	if (meeting == NULL || decision->replier == NULL)
		return STORE_OK;
	ics = outgoing_request(meeting, NULL, now / G_USEC_PER_SEC);
	if (ics == NULL)
		return STORE_OK;
	return outbox_add(store, config, &(struct outbox_mail){
		.sender = reader,
		.sender_address = reader_own_form(reader, meeting_main_event(meeting)->organizer.address),
		.recipient = decision->replier->address, .ics = ics, .kind = ITIP_KIND_UPDATE, .about = meeting, .now = now });
}

static enum store_result send_refresh(struct store *store, const struct config *config,
				      const struct reader *reader, const struct verdict *verdict,
				      const struct meeting *incoming, int64_t now)
{
	const struct meeting_event *event = meeting_main_event(incoming);
	const char *invited = verdict->decision->invited_as;
	const struct outgoing_answer answer = { .address = invited, .now = now / G_USEC_PER_SEC };
	g_autofree char *ics = NULL;

	if (invited == NULL || !event->has_organizer || *event->organizer.address == '\0')
		return STORE_OK;
	ics = outgoing_refresh(incoming, &answer);
	if (ics == NULL)
		return STORE_OK;
	return outbox_add(store, config, &(struct outbox_mail){
		.sender = reader, .sender_address = invited, .recipient = event->organizer.address, .ics = ics,
		.kind = ITIP_KIND_REFRESH, .about = incoming, .now = now });
}

enum store_result verdict_send(struct store *store, const struct config *config,
			       const struct reader *reader, const struct verdict *verdict,
			       const struct meeting *incoming, int64_t now)
{
	if (verdict->decision->action == ITIP_ACTION_SEND_REQUEST)
		return send_request(store, config, reader, verdict, now);
	if (verdict->decision->action == ITIP_ACTION_SEND_REFRESH)
		return send_refresh(store, config, reader, verdict, incoming, now);
	return STORE_OK;
}

/* What is to be stored for one recipient, made before the transaction. */
struct package {
	struct reader reader;
	struct verdict verdict;
	char *link;            /* URL, or NULL */
	char *answer_address;  /* or NULL */
	GBytes *rendition;     /* or NULL: the octets as they came */
	struct slice rendered; /* of rendition */
	struct mime_source source;
	struct ingest *ingest; /* of rendition */
	char *prefix;
	const char *note;      /* why it is not rendered; NULL: it is */
};

static void package_clear(struct package *package)
{
	ingest_destroy(&package->ingest);
	g_clear_pointer(&package->rendition, g_bytes_unref);
	verdict_clear(&package->verdict);
	reader_clear(&package->reader);
	g_clear_pointer(&package->link, g_free);
	g_clear_pointer(&package->answer_address, g_free);
	g_clear_pointer(&package->prefix, g_free);
}

/* The date of a series that a mail is about, for link and address; NULL: about all of it. */
static char *date_of(const struct meeting *meeting)
{
	const struct meeting_event *event = meeting_main_event(meeting);

	if (event->recurrence_id.kind != MEETING_TIME_NONE)
		return meeting->override_count == 1 ? link_occurrence(&event->recurrence_id) : NULL;
	/* ADD names its date by its own start */
	return meeting->method == MEETING_METHOD_ADD ? link_occurrence(&event->start) : NULL;
}

static enum store_result make_link(struct store *store, const struct delivery *d,
				   const struct letter *letter, struct package *package)
{
	const struct itip_decision *decision = package->verdict.decision;
	const char *invited = decision->invited_as != NULL ? decision->invited_as : letter->target->matched;
	const char *address = reader_own_form(&package->reader, invited);
	const char *at = strrchr(address, '@');
	struct config_domain links = config_links_for(d->config, at != NULL ? at + 1 : "");
	struct link link;
	enum store_result result = link_ensure(store, package->reader.account_id, d->facts->found.meeting->uid,
					       address, &link);

	if (result == STORE_OK && link_token_is_valid(slice_from_string(link.token))) {
		g_autofree char *date = date_of(d->facts->found.meeting);
		g_autofree char *whole = link_format(&links, link.token);

		package->link = g_strconcat(whole, date != NULL ? "?occurrence=" : "", date, NULL);
		package->answer_address = answer_mail_address(address, link.token, date);
	}
	link_clear(&link);
	return result;
}

/* Fills rendition and ingest, or note. */
static void render(const struct delivery *d, const GPtrArray *clashes, struct package *package)
{
	const struct rendition_input input = {
		.index = ingest_index(d->ingest), .source = &d->source, .facts = d->facts,
		.decision = package->verdict.decision, .reader = &package->reader, .clashes = clashes,
		.link = package->link, .answer_address = package->answer_address,
		.without_words = d->submitted_here, .now = d->now / G_USEC_PER_SEC,
	};

	if (!d->config->calendar.stamp) {
		package->note = "left as it came: stamping is off";
		return;
	}
	if (d->facts->sealed) {
		package->note = "left as it came: signed or encrypted";
		return;
	}
	package->rendition = rendition_make(&input);
	if (package->rendition != NULL) {
		package->rendered = slice_of(g_bytes_get_data(package->rendition, NULL),
					     g_bytes_get_size(package->rendition));
		package->source = mime_source_of_slice(&package->rendered);
		package->ingest = ingest_create(&package->source);
	}
	if (package->ingest == NULL)
		package->note = "left as it came: it could not be rendered";
}

/* Whether other meetings at that time matter to the reader of this mail. */
static bool asks_for_time(const struct itip_decision *decision)
{
	switch (decision->kind) {
	case ITIP_KIND_PUBLISHED:
	case ITIP_KIND_INVITATION:
	case ITIP_KIND_UPDATE:
	case ITIP_KIND_OCCURRENCE_UPDATE:
	case ITIP_KIND_OCCURRENCE_INVITATION:
	case ITIP_KIND_OCCURRENCE_ADDED:
		return true;
	default:
		return false;
	}
}

static enum store_result find_clashes(struct store *store, const struct delivery *d,
				      struct package *package, GPtrArray **clashes_out)
{
	const struct freebusy_query query = { .account_id = package->reader.account_id,
					      .from = d->now / G_USEC_PER_SEC, .to = MEETING_FOREVER,
					      .zone = package->reader.zone };

	*clashes_out = NULL;
	if (!asks_for_time(package->verdict.decision) || !d->config->calendar.stamp || d->facts->sealed)
		return STORE_OK;
	return clash_find(store, &query, d->facts->found.meeting, MAX_CLASHES, clashes_out);
}

static enum store_result prepare(struct delivery *d, struct store *store, const struct letter *letter,
				 struct package *package)
{
	const struct verdict_options options = {
		.config = d->config, .facts = d->facts, .reader = &package->reader,
		.recipient = letter->recipient, .submitted_here = d->submitted_here, .now = d->now,
	};
	GPtrArray *clashes = NULL;
	enum store_result result = reader_load(store, d->config, letter->target->account_id, &package->reader);

	if (result != STORE_OK)
		return result;
	reader_add_address(&package->reader, letter->target->matched);
	reader_add_address(&package->reader, letter->recipient);
	result = verdict_reach(store, &options, &package->verdict);
	if (result == STORE_OK)
		result = make_link(store, d, letter, package);
	if (result == STORE_OK)
		result = find_clashes(store, d, package, &clashes);
	if (result == STORE_OK)
		render(d, clashes, package);
	if (clashes != NULL)
		g_ptr_array_unref(clashes);
	if (result == STORE_OK && package->ingest == NULL && d->config->calendar.stamp) {
		g_autofree char *header = rendition_decision_header(d->facts->found.meeting->uid,
								     package->verdict.decision);

		package->prefix = g_strconcat(letter->prefix, header, NULL);
	} else {
		package->prefix = g_strdup(letter->prefix);
	}
	return result;
}

/* What is asked, or answered already where an update asks nothing anew; NULL: nothing is. */
static const char *keyword_of(const struct itip_decision *decision)
{
	const char *const invited[] = { decision != NULL ? decision->invited_as : NULL, NULL };
	const struct meeting_person *own;

	if (decision == NULL || !decision->answerable || decision->after == NULL)
		return NULL;
	own = meeting_find_attendee(decision->after, invited);
	return answer_flags_keyword(own != NULL ? own->partstat : MEETING_PARTSTAT_NEEDS_ACTION);
}

/* The message as this reader gets it; its octets as they came are kept with it. */
static enum store_result append(struct delivery *d, struct store *store, struct letter *letter,
				const struct package *package)
{
	const char *const keywords[] = { keyword_of(package->verdict.decision), NULL };
	const struct content_row *original = ingest_row(d->ingest);
	const struct content_row *shown = package->ingest != NULL ? ingest_row(package->ingest) : original;
	struct message_new message = {
		.content = shown, .prefix = slice_from_string(package->prefix),
		.internal_date = d->now / G_USEC_PER_SEC, .delivery_key = slice_from_string(letter->key),
		.delivery = true,
	};
	struct message_appended appended;
	enum store_result result = STORE_OK;

	if (keywords[0] != NULL)
		message.flags.keywords = keywords;
	if (shown->facts.size > CONTENT_CHUNK) {
		message.content = NULL;
		message.hash = shown->hash;
	}
	if (package->ingest != NULL) {
		message.original_hash = original->hash;
		result = content_store(store, original);
	}
	if (result == STORE_OK)
		result = message_append(store, letter->mailbox, &message, &appended);
	if (result == STORE_OK)
		letter->uid = appended.uid;
	return result;
}

static enum store_result add_trail(struct delivery *d, struct store *store, const struct letter *letter,
				   const struct package *package)
{
	const struct mail_facts *facts = d->facts;
	const struct meeting *meeting = facts->found.meeting;
	const struct itip_decision *decision = package->verdict.decision;
	const struct content_row *row = ingest_row(d->ingest);
	g_autofree char *date = meeting != NULL ? date_of(meeting) : NULL;
	struct trail_row trail = {
		.received = d->now, .from = (char *)facts->from[0], .mailbox = letter->mailbox,
		.message_uid = letter->uid, .has_content = true,
		.note = (char *)(facts->found.reason != NULL ? facts->found.reason : package->note),
	};

	memcpy(trail.content_hash, row->hash, sizeof trail.content_hash);
	if (meeting != NULL && decision != NULL) {
		const struct meeting_event *event =
			decision->about != NULL ? decision->about : meeting_main_event(meeting);

		trail.uid = (char *)meeting->uid;
		trail.method = (char *)meeting->method_name;
		trail.vouch = (char *)imip_vouch_name(decision->vouch);
		trail.kind = (char *)itip_kind_name(decision->kind);
		trail.action = (char *)itip_action_name(decision->action);
		trail.reason = (char *)itip_reason_name(decision->reason);
		trail.sequence = event->sequence;
		trail.recurrence_id = date;
	} else {
		trail.kind = (char *)"ordinary";
		trail.reason = (char *)"unusable";
	}
	return trail_add(store, letter->target->account_id, &trail, NULL);
}

/* Meeting first, then mailbox, queue last (store/store.h: the order of locks). */
static enum store_result commit(struct delivery *d, struct store *store, struct letter *letter,
				const struct package *package)
{
	const struct meeting *meeting = d->facts->found.meeting;
	enum store_result result = store_begin(store);

	if (result != STORE_OK)
		return result;
	if (meeting != NULL)
		result = verdict_save(store, &package->reader, &package->verdict, meeting);
	if (result == STORE_OK)
		result = append(d, store, letter, package);
	if (result == STORE_OK)
		result = add_trail(d, store, letter, package);
	if (result == STORE_OK && meeting != NULL)
		result = verdict_send(store, d->config, &package->reader, &package->verdict, meeting, d->now);
	if (result == STORE_OK)
		return store_commit(store);
	store_rollback(store);
	return result;
}

/* Octets over a chunk are stored before the transaction, where no lock waits for them. */
static enum store_result store_large(struct delivery *d, struct store *store,
				     const struct package *package)
{
	enum store_result result = STORE_OK;

	if (ingest_row(d->ingest)->facts.size > CONTENT_CHUNK)
		result = ingest_store(store, d->ingest);
	if (result == STORE_OK && package->ingest != NULL &&
	    ingest_row(package->ingest)->facts.size > CONTENT_CHUNK)
		result = ingest_store(store, package->ingest);
	return result;
}

static enum store_result attempt(struct delivery *d, struct store *store, struct letter *letter)
{
	struct package package = { 0 };
	enum store_result result = STORE_OK;

	if (d->facts->found.verdict == IMIP_MEETING)
		result = prepare(d, store, letter, &package);
	else
		package.prefix = g_strdup(letter->prefix);
	if (result == STORE_OK)
		result = store_large(d, store, &package);
	if (result == STORE_OK)
		result = commit(d, store, letter, &package);
	if (result == STORE_OK && package.verdict.decision != NULL &&
	    (package.verdict.decision->action == ITIP_ACTION_SEND_REQUEST ||
	     package.verdict.decision->action == ITIP_ACTION_SEND_REFRESH))
		queue_runner_wake();
	package_clear(&package);
	return result;
}

enum store_result deliver_meeting(struct delivery *delivery, struct store *store, struct letter *letter)
{
	enum store_result result = STORE_CONFLICT;

	for (unsigned i = 0; i < MAX_TRIES && result == STORE_CONFLICT; i++)
		result = attempt(delivery, store, letter);
	return result;
}
