/* See the header. */
#include "lmtp/delivery.h"

#include "base/clock.h"
#include "base/escape.h"
#include "base/log.h"
#include "lmtp/lmtp.h"
#include "store/account.h"

#include <stdatomic.h>

#define ROOM "lmtp"

struct lmtp_delivery {
	const struct lmtp_envelope *envelope;
	struct delivery *delivery;   /* NULL: the octets can't be read */
	GHashTable *outcomes;        /* "account+detail" -> struct deliver_outcome, owned */
	bool is_mixed;               /* a recipient's accounts had different outcomes */
};

static struct {
	atomic_uint_fast64_t delivered, meetings, over_quota, unknown, later;
} counters;

struct lmtp_counters lmtp_counters_get(void)
{
	return (struct lmtp_counters){ .delivered = counters.delivered, .meetings = counters.meetings,
				       .over_quota = counters.over_quota, .unknown = counters.unknown,
				       .later = counters.later };
}

void lmtp_recipient_free(struct lmtp_recipient *recipient)
{
	g_free(recipient->address);
	g_clear_pointer(&recipient->targets, g_ptr_array_unref);
	g_free(recipient->reply);
	g_free(recipient);
}

static bool all_over_quota(const GPtrArray *targets)
{
	for (guint i = 0; i < targets->len; i++)
		if (!((const struct account_target *)targets->pdata[i])->over_quota)
			return false;
	return true;
}

/* <postmaster> is the one name that may stand without a domain (RFC 5321 4.5.1);
 * any other is given the same chance. */
static char *whole_address(const struct config *config, const char *address)
{
	const char *domain = config->server.default_domain;

	return strchr(address, '@') != NULL || domain == NULL ? g_strdup(address)
							      : g_strconcat(address, "@", domain, NULL);
}

const char *lmtp_recipient_find(struct store *store, const struct config *config,
				struct lmtp_recipient *recipient)
{
	g_autofree char *address = whole_address(config, recipient->address);

	switch (account_resolve(store, address, &recipient->targets)) {
	case STORE_OK:
		if (!all_over_quota(recipient->targets))
			return NULL;
		counters.over_quota++;
		return "452 4.2.2 Mailbox is full";
	case STORE_NOT_FOUND:
	case STORE_INVALID:
		counters.unknown++;
		return "550 5.1.1 No such user here";
	default:
		counters.later++;
		return "451 4.3.0 Recipients can't be looked up now";
	}
}

/* In front of the date in Received.  The reverse name of the client is not asked for:
 * LMTP is spoken by the relay next door. */
static char *make_trace(const struct lmtp_envelope *envelope)
{
	static atomic_uint counter;

	return g_strdup_printf("from %s ([%s%s]) by %s with %s id %" G_GINT64_MODIFIER "x-%x",
			       envelope->client_name, strchr(envelope->client_address, ':') != NULL ? "IPv6:" : "",
			       envelope->client_address, g_get_host_name(), envelope->protocol,
			       envelope->session_id, atomic_fetch_add(&counter, 1));
}

static void free_outcome(void *data)
{
	deliver_outcome_clear(data);
	g_free(data);
}

struct lmtp_delivery *lmtp_delivery_create(const struct lmtp_envelope *envelope)
{
	struct lmtp_delivery *delivery = g_new0(struct lmtp_delivery, 1);
	g_autofree char *trace = make_trace(envelope);
	const struct deliver_options options = {
		.config = envelope->config,
		.sender = envelope->sender,
		.spool = envelope->octets,
		.trace = trace,
		.memory = envelope->memory,
		.now = clock_now(),
	};

	delivery->envelope = envelope;
	delivery->delivery = delivery_create(&options);
	delivery->outcomes = g_hash_table_new_full(g_str_hash, g_str_equal, g_free, free_outcome);
	return delivery;
}

void lmtp_delivery_destroy(struct lmtp_delivery **delivery)
{
	if (*delivery == NULL)
		return;
	delivery_destroy(&(*delivery)->delivery);
	g_hash_table_unref((*delivery)->outcomes);
	g_free(*delivery);
	*delivery = NULL;
}

GBytes *lmtp_delivery_receipt(const struct lmtp_delivery *delivery)
{
	if (delivery->delivery == NULL || delivery->is_mixed)
		return NULL;
	return delivery_receipt(delivery->delivery);
}

/* Once for each account and sub-address in this transaction. */
static const struct deliver_outcome *deliver_to_target(struct lmtp_delivery *delivery, struct store *store,
						       const struct account_target *target, const char *address)
{
	g_autofree char *key = g_strdup_printf("%" G_GUINT64_FORMAT "+%s", target->account_id,
					       target->detail != NULL ? target->detail : "");
	struct deliver_outcome *outcome = g_hash_table_lookup(delivery->outcomes, key);

	if (outcome != NULL)
		return outcome;
	outcome = g_new0(struct deliver_outcome, 1);
	deliver_to(delivery->delivery, store, target, address, outcome);
	g_hash_table_insert(delivery->outcomes, g_steal_pointer(&key), outcome);
	return outcome;
}

/* Behind an alias the worst counts, so that nobody is left out for good: the client
 * comes again, and who has the message gets no second one.  An account that has just
 * been removed is the exception. */
static int weight(enum deliver_result result)
{
	static const int weights[] = {
		[DELIVER_NO_MAILBOX] = 0, [DELIVER_DUPLICATE] = 1, [DELIVER_DONE] = 2,
		[DELIVER_OVER_QUOTA] = 3, [DELIVER_LATER] = 4,
	};

	return weights[result];
}

static bool has_it(enum deliver_result result)
{
	return result == DELIVER_DONE || result == DELIVER_DUPLICATE;
}

static const struct deliver_outcome *deliver_to_all(struct lmtp_delivery *delivery, struct store *store,
						    const struct lmtp_recipient *recipient)
{
	const struct deliver_outcome *worst = NULL;
	bool somebody_has_it = false;

	for (guint i = 0; i < recipient->targets->len; i++) {
		const struct deliver_outcome *outcome =
			deliver_to_target(delivery, store, recipient->targets->pdata[i], recipient->address);

		somebody_has_it |= has_it(outcome->result);
		if (worst == NULL || weight(outcome->result) > weight(worst->result))
			worst = outcome;
	}
	delivery->is_mixed |= somebody_has_it && !has_it(worst->result);
	return worst;
}

static const struct {
	const char *code;
	atomic_uint_fast64_t *count;
} replies[] = {
	[DELIVER_DONE] = { "250 2.1.5", &counters.delivered },
	[DELIVER_DUPLICATE] = { "250 2.1.5", &counters.delivered },
	[DELIVER_OVER_QUOTA] = { "452 4.2.2", &counters.over_quota },
	[DELIVER_NO_MAILBOX] = { "550 5.1.1", &counters.unknown },
	[DELIVER_LATER] = { "451 4.3.0", &counters.later },
};

static void log_delivery(const struct lmtp_envelope *envelope, const struct lmtp_recipient *recipient)
{
	g_autoptr(GString) sender = g_string_new(NULL);
	g_autoptr(GString) address = g_string_new(NULL);

	escape_log(sender, slice_from_string(envelope->sender));
	escape_log(address, slice_from_string(recipient->address));
	log_info(ROOM, "session=%" G_GUINT64_FORMAT " peer=%s from=\"%s\" to=\"%s\" octets=%" G_GUINT64_FORMAT ": %s",
		 envelope->session_id, envelope->client_address, sender->str, address->str,
		 spool_size(envelope->octets), recipient->reply);
}

void lmtp_delivery_run(struct lmtp_delivery *delivery, struct store *store, struct lmtp_recipient *recipient)
{
	const struct deliver_outcome *outcome;
	bool may_show = delivery->envelope->may_show_utf8 || g_str_is_ascii(recipient->address);

	if (delivery->delivery == NULL) {
		counters.later++;
		recipient->reply = g_strdup("451 4.3.0 The message can't be read back, try again");
	} else {
		outcome = deliver_to_all(delivery, store, recipient);
		(*replies[outcome->result].count)++;
		counters.meetings += has_it(outcome->result) && outcome->meeting;
		recipient->reply = g_strdup_printf("%s %s%s%s%s", replies[outcome->result].code, may_show ? "<" : "",
						   may_show ? recipient->address : "", may_show ? "> " : "",
						   outcome->text);
	}
	log_delivery(delivery->envelope, recipient);
}
