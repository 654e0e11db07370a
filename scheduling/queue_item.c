/* The pauses double from half a minute to four hours; after five days an item has
 * failed.  What its sender learns: a note in his INBOX, and the attendee's
 * SCHEDULE-STATUS (RFC 6638 3.2.9) in a meeting that he organises. */
#include "scheduling/queue_item.h"

#include "base/log.h"
#include "calendar/outgoing.h"
#include "calendar/words.h"
#include "ingest/ingest.h"
#include "mime/builder.h"
#include "scheduling/deliver.h"
#include "scheduling/holdings.h"
#include "store/mailbox.h"
#include "store/message.h"

#define SECOND ((int64_t)G_USEC_PER_SEC)
#define GIVE_UP_AFTER (5 * 86400 * SECOND)
#define FIRST_PAUSE (30 * SECOND)
#define LONGEST_PAUSE (4 * 3600 * SECOND)
#define SPOOL_MEMORY (1024 * 1024)

int64_t queue_item_pause(unsigned attempts)
{
	int64_t pause = FIRST_PAUSE;

	for (unsigned i = 1; i < attempts && pause < LONGEST_PAUSE; i++)
		pause *= 2;
	return MIN(pause, LONGEST_PAUSE);
}

static enum queue_step_kind step_of(enum deliver_result result)
{
	switch (result) {
	case DELIVER_DONE:
	case DELIVER_DUPLICATE: return QUEUE_STEP_DELIVERED;
	case DELIVER_NO_MAILBOX: return QUEUE_STEP_FAILED;
	default: return QUEUE_STEP_LATER;
	}
}

/* An alias may lead to several accounts: the item is done when all have it (the key
 * keeps those that have it already from getting it again). */
static struct queue_step deliver_to_all(struct store *store, struct delivery *delivery,
					const struct queue_item *item, const GPtrArray *targets)
{
	struct queue_step step = { QUEUE_STEP_DELIVERED, NULL };

	for (guint i = 0; i < targets->len; i++) {
		struct deliver_outcome outcome;
		enum queue_step_kind kind;

		deliver_to(delivery, store, g_ptr_array_index(targets, i), item->recipient, &outcome);
		kind = step_of(outcome.result);
		if (kind != QUEUE_STEP_DELIVERED && step.kind != QUEUE_STEP_LATER) {
			step.kind = kind;
			g_free(step.text);
			step.text = g_steal_pointer(&outcome.text);
		}
		deliver_outcome_clear(&outcome);
	}
	return step;
}

struct queue_step queue_item_deliver(struct store *store, const struct config *config,
				     const struct queue_item *item, int64_t now)
{
	GPtrArray *targets = NULL;
	enum store_result result = account_resolve(store, item->recipient, &targets);
	g_autofree char *key = g_strdup_printf("queue %" G_GUINT64_FORMAT, item->queue_id);
	struct queue_step step = { QUEUE_STEP_LATER, NULL };
	struct delivery *delivery;
	struct spool *spool;

	if (result != STORE_OK) {
		step.kind = result == STORE_NOT_FOUND ? QUEUE_STEP_ELSEWHERE : QUEUE_STEP_LATER;
		step.text = g_strdup(store_result_name(result));
		return step;
	}
	spool = spool_create(SPOOL_MEMORY, NULL);
	if (spool_append(spool, item->octets.data, item->octets.len) == 0) {
		delivery = delivery_create(&(struct deliver_options){
			.config = config, .sender = item->sender, .spool = spool, .submitted_here = true,
			.key = key, .now = now });
		if (delivery != NULL)
			step = deliver_to_all(store, delivery, item, targets);
		delivery_destroy(&delivery);
	}
	spool_destroy(&spool);
	g_ptr_array_unref(targets);
	return step;
}

/* ---- what the sender learns ---------------------------------------------------------------- */

static void set_schedule_status(struct store *store, const struct config *config,
				const struct queue_item *item, const char *status)
{
	enum store_result result = STORE_CONFLICT;

	for (unsigned i = 0; i < 8 && result == STORE_CONFLICT; i++) {
		struct reader reader;
		struct holding holding = { 0 };
		struct meeting *changed = NULL;
		g_autofree char *ics = NULL;

		result = reader_load(store, config, item->account_id, &reader);
		if (result == STORE_OK)
			result = holding_load(store, item->account_id, item->meeting_uid, false, &holding);
		if (result == STORE_OK && holding.stored != NULL && holding.row.is_organizer)
			ics = outgoing_store_schedule_status(holding.stored, item->recipient, status);
		/* told before, and nothing new: most of the mail about a change */
		if (ics != NULL && !slice_equal(holding.stored->ics, slice_from_string(ics)))
			changed = meeting_load(slice_from_string(ics));
		if (changed != NULL)
			result = holding_save(store, &reader, &holding, changed, holding.row.shown);
		meeting_destroy(&changed);
		holding_clear(&holding);
		reader_clear(&reader);
	}
}

static GBytes *build_notice(const struct reader *reader, const struct queue_item *item, const char *why,
			    int64_t now)
{
	const struct words *words = words_for(reader->locale);
	g_autofree char *id = g_strdup_printf("<queue-%" G_GUINT64_FORMAT "-failed@%s>", item->queue_id,
					      strrchr(reader->address, '@') + 1);
	g_autofree char *text = words_filled(
		words_get(words, "Your meeting mail to {recipient} could not be delivered.\n\n{reason}\n"),
		"recipient", item->recipient, "reason", why, NULL);
	struct builder *builder = builder_create(id);
	GBytes *made;

	builder_date(builder, now / SECOND, 0);
	builder_address(builder, "From", "convoke", reader->address);
	builder_address(builder, "To", NULL, reader->address);
	builder_header(builder, "Subject", words_get(words, "Meeting mail could not be delivered"));
	builder_header_raw(builder, "Message-ID", id);
	builder_header_raw(builder, "Auto-Submitted", "auto-replied");
	builder_alternative(builder, &(struct builder_part){ .type = "text/plain", .parameters = "charset=utf-8",
							     .content = slice_from_string(text) });
	made = builder_finish(builder);
	builder_destroy(&builder);
	return made;
}

/* Into the INBOX, once per item. */
static void tell_sender(struct store *store, const struct config *config, const struct queue_item *item,
			const char *why, int64_t now)
{
	struct reader reader;
	struct mailbox inbox = { 0 };
	g_autofree char *key = g_strdup_printf("queue %" G_GUINT64_FORMAT " failed", item->queue_id);
	enum store_result result = reader_load(store, config, item->account_id, &reader);

	if (result == STORE_OK)
		result = mailbox_find(store, item->account_id, SLICE("INBOX"), &inbox);
	if (result == STORE_OK) {
		GBytes *made = build_notice(&reader, item, why, now);
		struct slice octets = slice_of(g_bytes_get_data(made, NULL), g_bytes_get_size(made));
		struct mime_source source = mime_source_of_slice(&octets);
		struct ingest *ingest = ingest_create(&source);
		struct message_new message = { .content = ingest_row(ingest), .internal_date = now / SECOND,
					       .delivery_key = slice_from_string(key), .delivery = true };
		struct message_appended appended;

		result = message_append(store, inbox.ref, &message, &appended);
		ingest_destroy(&ingest);
		g_bytes_unref(made);
	}
	if (result != STORE_OK && result != STORE_EXISTS)
		log_warning("scheduling", "the sender of queue item %" G_GUINT64_FORMAT " could not be told: %s",
			    item->queue_id, store_result_name(result));
	mailbox_clear(&inbox);
	reader_clear(&reader);
}

static void note_failure(struct store *store, const struct config *config, const struct queue_item *item,
			 const char *why, int64_t now)
{
	if (queue_failed(store, item->account_id, item->queue_id, why) != STORE_OK)
		return;
	log_warning("scheduling", "queue item %" G_GUINT64_FORMAT " failed: %s", item->queue_id, why);
	if (item->account_id == 0)
		return;
	tell_sender(store, config, item, why, now);
	if (*item->meeting_uid != '\0')
		set_schedule_status(store, config, item, "5.1");
}

void queue_item_note(struct store *store, const struct config *config, const struct queue_item *item,
		     const struct queue_step *step, int64_t now)
{
	const char *why = step->text != NULL ? step->text : "";

	switch (step->kind) {
	case QUEUE_STEP_DELIVERED:
	case QUEUE_STEP_RELAYED:
		if (queue_sent(store, item->account_id, item->queue_id) == STORE_OK &&
		    *item->meeting_uid != '\0' && item->account_id != 0)
			set_schedule_status(store, config, item,
					    step->kind == QUEUE_STEP_DELIVERED ? "1.2" : "1.1");
		break;
	case QUEUE_STEP_FAILED:
		note_failure(store, config, item, why, now);
		break;
	case QUEUE_STEP_LATER:
	case QUEUE_STEP_ELSEWHERE:
		if (now - item->created > GIVE_UP_AFTER)
			note_failure(store, config, item, why, now);
		else
			queue_retry(store, item->account_id, item->queue_id, now + queue_item_pause(item->attempts),
				    why);
		break;
	}
}
