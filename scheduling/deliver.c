/* The way of a delivery: ordinary mail is one append.  Meeting mail is decided and
 * rendered first, without holding any lock; then the transaction saves meeting,
 * message and trail, and if somebody changed the meeting meanwhile (its version tells)
 * all of it is done anew on what is stored now. */
#include "scheduling/deliver.h"

#include "base/log.h"
#include "calendar/itip.h"
#include "calendar/link.h"
#include "calendar/outgoing.h"
#include "ingest/ingest.h"
#include "scheduling/answer_mail.h"
#include "scheduling/deliver_memory.h"
#include "scheduling/deliver_mail.h"
#include "scheduling/meeting_mail.h"
#include "store/mailbox.h"
#include "store/meeting_store.h"

#include <stdio.h>

struct delivery *delivery_create(const struct deliver_options *options)
{
	struct delivery *d = g_new0(struct delivery, 1);

	d->source = mime_source_of_spool(options->spool);
	d->ingest = ingest_create(&d->source);
	if (d->ingest == NULL) {
		g_free(d);
		return NULL;
	}
	d->config = config_ref(options->config);
	d->sender = g_strdup(options->sender);
	d->trace = g_strdup(options->trace);
	d->key = g_strdup(options->key);
	d->submitted_here = options->submitted_here;
	d->memory = options->memory;
	d->now = options->now;
	d->receipt = g_string_new(NULL);
	d->facts = mail_facts_create(ingest_index(d->ingest), &d->source);
	return d;
}

void delivery_destroy(struct delivery **delivery)
{
	struct delivery *d = *delivery;

	if (d == NULL)
		return;
	mail_facts_destroy(&d->facts);
	ingest_destroy(&d->ingest);
	config_unref(&d->config);
	g_free(d->sender);
	g_free(d->trace);
	g_free(d->key);
	g_string_free(d->receipt, TRUE);
	g_clear_pointer(delivery, g_free);
}

GBytes *delivery_receipt(const struct delivery *delivery)
{
	return g_bytes_new(delivery->receipt->str, delivery->receipt->len);
}

void deliver_outcome_clear(struct deliver_outcome *outcome)
{
	g_clear_pointer(&outcome->text, g_free);
}

/* A header word from an envelope: no line end or control octet gets through. */
static void append_clean(GString *out, const char *text)
{
	for (const char *p = text; *p != '\0'; p++)
		g_string_append_c(out, (guchar)*p < 0x20 || *p == 0x7f ? '?' : *p);
}

char *deliver_make_prefix(const struct delivery *delivery, const char *recipient)
{
	GString *out = g_string_new("Return-Path: <");
	g_autoptr(GDateTime) now = g_date_time_new_from_unix_utc(delivery->now / G_USEC_PER_SEC);
	g_autofree char *date = NULL;

	append_clean(out, delivery->sender);
	g_string_append(out, ">\r\nDelivered-To: ");
	append_clean(out, recipient);
	g_string_append(out, "\r\n");
	if (delivery->trace == NULL)
		return g_string_free(out, FALSE);
	g_string_append(out, "Received: ");
	append_clean(out, delivery->trace);
	/* English names whatever the locale: RFC 5322's words are fixed. */
	date = g_date_time_format(now, "%H:%M:%S +0000");
	g_string_append_printf(out, ";\r\n\t%.3s, %d %.3s %04d %s\r\n",
			       &"MonTueWedThuFriSatSun"[3 * (g_date_time_get_day_of_week(now) - 1)],
			       g_date_time_get_day_of_month(now),
			       &"JanFebMarAprMayJunJulAugSepOctNovDec"[3 * (g_date_time_get_month(now) - 1)],
			       g_date_time_get_year(now), date);
	return g_string_free(out, FALSE);
}

/* The key of this transaction for this recipient, without how often it was
 * acknowledged; NULL: repeats can't be told from mail sent twice. */
static char *base_key(const struct delivery *d, const char *recipient)
{
	g_autoptr(GChecksum) sum = NULL;
	const struct content_row *row = ingest_row(d->ingest);

	if (d->key != NULL)
		return g_strconcat(d->key, " ", recipient, NULL);
	if (d->facts->message_id == NULL)
		return NULL;
	sum = g_checksum_new(G_CHECKSUM_SHA256);
	g_checksum_update(sum, row->hash, sizeof row->hash);
	g_checksum_update(sum, (const guchar *)d->sender, (gssize)strlen(d->sender) + 1);
	g_checksum_update(sum, (const guchar *)recipient, (gssize)strlen(recipient));
	return g_strdup(g_checksum_get_string(sum));
}

/* The folder of user+detail when there is one of that name, else INBOX. */
static enum store_result find_mailbox(struct store *store, const struct account_target *target,
				      struct mailbox_ref *ref_out)
{
	struct mailbox mailbox;
	enum store_result result = STORE_NOT_FOUND;
	g_autofree char *name =
		target->detail != NULL ? mailbox_name_normalise(slice_from_string(target->detail)) : NULL;

	if (name != NULL) {
		result = mailbox_find(store, target->account_id, slice_from_string(name), &mailbox);
		if (result == STORE_OK && mailbox.noselect)
			result = STORE_NOT_FOUND;
		*ref_out = mailbox.ref;
		mailbox_clear(&mailbox);
	}
	if (result == STORE_NOT_FOUND) {
		result = mailbox_find(store, target->account_id, SLICE("INBOX"), &mailbox);
		*ref_out = mailbox.ref;
		mailbox_clear(&mailbox);
	}
	return result;
}

static enum store_result deliver_ordinary(struct delivery *d, struct store *store, struct letter *letter)
{
	const struct content_row *row = ingest_row(d->ingest);
	struct message_new message = { .content = row, .prefix = slice_from_string(letter->prefix),
				       .internal_date = d->now / G_USEC_PER_SEC,
				       .delivery_key = slice_from_string(letter->key), .delivery = true };
	struct message_appended appended;
	enum store_result result = STORE_OK;

	/* Large octets are stored chunk by chunk before the mailbox is locked. */
	if (row->facts.size > CONTENT_CHUNK) {
		result = ingest_store(store, d->ingest);
		message.content = NULL;
		message.hash = row->hash;
	}
	if (result == STORE_OK)
		result = message_append(store, letter->mailbox, &message, &appended);
	if (result == STORE_OK)
		letter->uid = appended.uid;
	return result;
}

static const struct {
	enum deliver_result result;
	const char *text;
} answers[] = {
	[STORE_OK] = { DELIVER_DONE, "delivered" },
	[STORE_NOT_FOUND] = { DELIVER_NO_MAILBOX, "the mailbox is gone" },
	[STORE_EXISTS] = { DELIVER_DUPLICATE, "delivered already" },
	[STORE_CONFLICT] = { DELIVER_LATER, "the meeting is being changed" },
	[STORE_LIMIT] = { DELIVER_LATER, "a limit of the mailbox is reached" },
	[STORE_OVER_QUOTA] = { DELIVER_OVER_QUOTA, "the mailbox is full" },
	[STORE_INVALID] = { DELIVER_LATER, "the message can't be stored" },
	[STORE_UNAVAILABLE] = { DELIVER_LATER, "the database can't be reached" },
	[STORE_DAMAGED] = { DELIVER_LATER, "the message can't be stored" },
};

void deliver_to(struct delivery *delivery, struct store *store, const struct account_target *target,
		const char *recipient, struct deliver_outcome *outcome_out)
{
	g_autofree char *prefix = deliver_make_prefix(delivery, recipient);
	g_autofree char *base = base_key(delivery, recipient);
	g_autofree char *key = NULL;
	struct letter letter = { .target = target, .recipient = recipient, .prefix = prefix };
	enum store_result result;

	if (answer_mail_take(delivery, store, &letter)) {
		*outcome_out = (struct deliver_outcome){ .result = DELIVER_DONE, .meeting = true,
							 .text = g_strdup("the meeting is answered") };
		return;
	}
	result = find_mailbox(store, target, &letter.mailbox);
	if (base != NULL)
		key = g_strdup_printf("%s %u", base, deliver_memory_count(delivery->memory, base));
	letter.key = key;
	if (result == STORE_OK)
		result = delivery->facts->found.verdict == IMIP_NONE
				 ? deliver_ordinary(delivery, store, &letter)
				 : deliver_meeting(delivery, store, &letter);
	*outcome_out = (struct deliver_outcome){
		.result = answers[result].result,
		.mailbox = letter.mailbox,
		.uid = letter.uid,
		.meeting = delivery->facts->found.verdict == IMIP_MEETING,
		.text = g_strdup(answers[result].text),
	};
	if (base != NULL && delivery->key == NULL && (result == STORE_OK || result == STORE_EXISTS))
		g_string_append_len(delivery->receipt, base, (gssize)strlen(base) + 1);
}
