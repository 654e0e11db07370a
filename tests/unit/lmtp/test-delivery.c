/* From what deliver_to() and account_resolve() say to reply lines. */
#include "lmtp/delivery.h"

#include "base/log.h"

/* ---- What stands for the store and scheduling: names say what happens. */

static GString *copies;        /* "account+detail " per copy made */
static bool unreadable;
static enum store_result resolve_result;

struct delivery {
	int unused;
};

static void free_target(void *data)
{
	struct account_target *target = data;

	g_free(target->address);
	g_free(target->detail);
	g_free(target);
}

static void add_target(GPtrArray *targets, uint64_t id, const char *name, const char *detail)
{
	struct account_target *target = g_new0(struct account_target, 1);

	target->account_id = id;
	target->address = g_strdup(name);
	target->detail = g_strdup(detail);
	target->over_quota = strcmp(name, "full") == 0;
	g_ptr_array_add(targets, target);
}

/* team is an alias of alice, bob and later; fan of alice and full. */
enum store_result account_resolve(struct store *store, const char *address, GPtrArray **targets_out)
{
	g_auto(GStrv) words = g_strsplit_set(address, "+@", -1);
	static const char *const names[] = { "alice", "bob", "full", "later", "gone", "twice" };
	const char *detail = strchr(address, '+') != NULL ? words[1] : NULL;

	(void)store;
	if (resolve_result != STORE_OK)
		return resolve_result;
	g_assert_true(g_str_has_suffix(address, "@example.test"));
	*targets_out = g_ptr_array_new_with_free_func(free_target);
	if (strcmp(words[0], "team") == 0 || strcmp(words[0], "fan") == 0) {
		add_target(*targets_out, 0, "alice", NULL);
		if (words[0][0] == 't')
			add_target(*targets_out, 1, "bob", NULL);
		add_target(*targets_out, words[0][0] == 't' ? 3 : 2, words[0][0] == 't' ? "later" : "full", NULL);
		return STORE_OK;
	}
	for (size_t i = 0; i < G_N_ELEMENTS(names); i++)
		if (strcmp(words[0], names[i]) == 0)
			add_target(*targets_out, i, names[i], detail);
	return (*targets_out)->len > 0 ? STORE_OK : STORE_NOT_FOUND;
}

struct delivery *delivery_create(const struct deliver_options *options)
{
	g_assert_true(g_str_has_prefix(options->trace, "from client ([192.0.2.1]) by "));
	return unreadable ? NULL : g_new0(struct delivery, 1);
}

void delivery_destroy(struct delivery **delivery)
{
	g_clear_pointer(delivery, g_free);
}

void deliver_outcome_clear(struct deliver_outcome *outcome)
{
	g_free(outcome->text);
}

void deliver_to(struct delivery *delivery, struct store *store, const struct account_target *target,
		const char *recipient, struct deliver_outcome *outcome_out)
{
	static const enum deliver_result results[] = {
		DELIVER_DONE, DELIVER_DONE, DELIVER_OVER_QUOTA, DELIVER_LATER, DELIVER_NO_MAILBOX, DELIVER_DUPLICATE,
	};

	(void)delivery;
	(void)store;
	(void)recipient;
	*outcome_out = (struct deliver_outcome){ .result = results[target->account_id], .text = g_strdup("Said") };
	g_string_append_printf(copies, "%s+%s ", target->address, target->detail != NULL ? target->detail : "");
}

GBytes *delivery_receipt(const struct delivery *delivery)
{
	return g_bytes_new_static(delivery, sizeof(*delivery));
}

/* ---- The rules. */

static struct lmtp_recipient *find(const char *address)
{
	struct lmtp_recipient *recipient = g_new0(struct lmtp_recipient, 1);
	const struct config *config = config_defaults();

	((struct config *)config)->server.default_domain = "example.test";
	recipient->address = g_strdup(address);
	recipient->reply = g_strdup(lmtp_recipient_find(NULL, config, recipient));
	config_unref(&config);
	return recipient;
}

static void recipients_are_known_full_or_unknown(void)
{
	static const struct {
		const char *address;
		enum store_result result;
		const char *reply;
	} rows[] = {
		{ "alice@example.test", STORE_OK, NULL },
		{ "alice+work@example.test", STORE_OK, NULL },
		{ "alice", STORE_OK, NULL },
		{ "full@example.test", STORE_OK, "452 4.2.2 Mailbox is full" },
		{ "fan@example.test", STORE_OK, NULL },
		{ "nobody@example.test", STORE_OK, "550 5.1.1 No such user here" },
		{ "\"x y\"@example.test", STORE_INVALID, "550 5.1.1 No such user here" },
		{ "alice@example.test", STORE_UNAVAILABLE, "451 4.3.0 Recipients can't be looked up now" },
		{ "alice@example.test", STORE_DAMAGED, "451 4.3.0 Recipients can't be looked up now" },
	};

	for (size_t i = 0; i < G_N_ELEMENTS(rows); i++) {
		struct lmtp_recipient *recipient;

		resolve_result = rows[i].result;
		recipient = find(rows[i].address);
		g_assert_cmpstr(recipient->reply, ==, rows[i].reply);
		lmtp_recipient_free(recipient);
	}
	resolve_result = STORE_OK;
}

static void each_recipient_gets_the_worst_of_its_accounts_and_each_account_one_copy(void)
{
	static const struct {
		const char *recipients[3], *replies[3], *copies;
		bool receipt;
	} rows[] = {
		{ { "alice@example.test" }, { "250 2.1.5 <alice@example.test> Said" }, "alice+ ", true },
		{ { "twice@example.test" }, { "250 2.1.5 <twice@example.test> Said" }, "twice+ ", true },
		{ { "later@example.test" }, { "451 4.3.0 <later@example.test> Said" }, "later+ ", true },
		{ { "gone@example.test" }, { "550 5.1.1 <gone@example.test> Said" }, "gone+ ", true },
		{ { "alice@example.test", "alice@example.test" },
		  { "250 2.1.5 <alice@example.test> Said", "250 2.1.5 <alice@example.test> Said" }, "alice+ ", true },
		{ { "alice@example.test", "alice+a@example.test", "alice+b@example.test" },
		  { "250 2.1.5 <alice@example.test> Said", "250 2.1.5 <alice+a@example.test> Said",
		    "250 2.1.5 <alice+b@example.test> Said" }, "alice+ alice+a alice+b ", true },
		{ { "alice@example.test", "later@example.test" },
		  { "250 2.1.5 <alice@example.test> Said", "451 4.3.0 <later@example.test> Said" },
		  "alice+ later+ ", true },
		/* The client comes again for all of the alias: who has it gets no second one. */
		{ { "bob@example.test", "team@example.test" },
		  { "250 2.1.5 <bob@example.test> Said", "451 4.3.0 <team@example.test> Said" },
		  "bob+ alice+ later+ ", false },
		{ { "fan@example.test" }, { "452 4.2.2 <fan@example.test> Said" }, "alice+ full+ ", false },
	};

	for (size_t i = 0; i < G_N_ELEMENTS(rows); i++) {
		struct spool *spool = spool_create(100, NULL);
		struct lmtp_envelope envelope = {
			.sender = "", .client_name = "client", .client_address = "192.0.2.1", .protocol = "LMTP",
			.octets = spool,
		};
		struct lmtp_delivery *delivery = lmtp_delivery_create(&envelope);
		GBytes *receipt;

		g_string_truncate(copies, 0);
		for (size_t k = 0; k < 3 && rows[i].recipients[k] != NULL; k++) {
			struct lmtp_recipient *recipient = find(rows[i].recipients[k]);

			lmtp_delivery_run(delivery, NULL, recipient);
			g_assert_cmpstr(recipient->reply, ==, rows[i].replies[k]);
			lmtp_recipient_free(recipient);
		}
		g_assert_cmpstr(copies->str, ==, rows[i].copies);
		receipt = lmtp_delivery_receipt(delivery);
		g_assert_cmpint(receipt != NULL, ==, rows[i].receipt);
		g_clear_pointer(&receipt, g_bytes_unref);
		lmtp_delivery_destroy(&delivery);
		spool_destroy(&spool);
	}
}

static void a_message_that_can_not_be_read_back_is_refused_for_now(void)
{
	struct spool *spool = spool_create(100, NULL);
	struct lmtp_envelope envelope = { .sender = "", .client_name = "client", .client_address = "192.0.2.1",
					  .protocol = "LMTP", .octets = spool };
	struct lmtp_recipient *recipient = find("alice@example.test");
	struct lmtp_delivery *delivery;

	unreadable = true;
	delivery = lmtp_delivery_create(&envelope);
	unreadable = false;
	lmtp_delivery_run(delivery, NULL, recipient);
	g_assert_true(g_str_has_prefix(recipient->reply, "451 4.3.0 "));
	g_assert_null(lmtp_delivery_receipt(delivery));
	lmtp_delivery_destroy(&delivery);
	lmtp_recipient_free(recipient);
	spool_destroy(&spool);
}

int main(int argc, char **argv)
{
	int status;

	g_test_init(&argc, &argv, NULL);
	log_set_level(LOG_LEVEL_WARNING);
	copies = g_string_new(NULL);
#define ADD(name) g_test_add_func("/lmtp-delivery/" #name, name)
	ADD(recipients_are_known_full_or_unknown);
	ADD(each_recipient_gets_the_worst_of_its_accounts_and_each_account_one_copy);
	ADD(a_message_that_can_not_be_read_back_is_refused_for_now);
	status = g_test_run();
	g_string_free(copies, TRUE);
	return status;
}
