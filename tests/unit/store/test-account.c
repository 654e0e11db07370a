/* Accounts, aliases, addresses; mailboxes, their names, rights and annotations. */
#include "store/account.h"
#include "store/connection.h"
#include "store/mailbox.h"
#include "store/meeting_store.h"
#include "store/message.h"
#include "store/web_session.h"
#include "tests/unit/store/cluster.h"

static struct store_service *service;
static struct store *store;

static void test_address_rules(void)
{
	static const struct { const char *given, *kept; } rows[] = {
		{ "Alice@Example.TEST", "alice@example.test" },
		{ "a@b", "a@b" },
		{ "J\303\226RG@b\303\274cher.test", "j\303\266rg@b\303\274cher.test" },
		{ "o\314\210@x.test", "\303\266@x.test" },
		{ "\"a@b\"@c.test", "\"a@b\"@c.test" },
		{ "", NULL }, { "@x.test", NULL }, { "a@", NULL }, { "a", NULL }, { "a b@x.test", NULL },
		{ "a\n@x.test", NULL }, { "a\377@x.test", NULL }, { "<a@x.test>", NULL },
	};

	for (size_t i = 0; i < G_N_ELEMENTS(rows); i++) {
		g_autofree char *kept = account_address_normalise(rows[i].given);

		g_assert_cmpstr(kept, ==, rows[i].kept);
	}
}

static uint64_t add_account(const char *address)
{
	return test_account(store, address).account_id;
}

static void test_new_account_has_folders(void)
{
	static const struct { const char *name; unsigned use; } wanted[] = {
		{ "INBOX", 0 }, { "Archive", MAILBOX_ARCHIVE }, { "Drafts", MAILBOX_DRAFTS },
		{ "Junk", MAILBOX_JUNK }, { "Sent", MAILBOX_SENT }, { "Trash", MAILBOX_TRASH },
	};
	uint64_t account_id = add_account("folders@example.test");
	GPtrArray *mailboxes, *calendars;

	assert_ok(mailbox_list(store, account_id, &mailboxes));
	g_assert_cmpuint(mailboxes->len, ==, G_N_ELEMENTS(wanted));
	for (guint i = 0; i < mailboxes->len; i++) {
		const struct mailbox *mailbox = g_ptr_array_index(mailboxes, i);

		g_assert_cmpstr(mailbox->name, ==, wanted[i].name);
		g_assert_cmpuint(mailbox->use, ==, wanted[i].use);
		g_assert_true(mailbox->subscribed);
		g_assert_cmpuint(mailbox->uidnext, ==, 1);
		g_assert_cmpuint(mailbox->highestmodseq, ==, 1);
		g_assert_cmpuint(mailbox->uidvalidity, >, 1000000000);
	}
	g_ptr_array_unref(mailboxes);
	assert_ok(calendar_list(store, account_id, &calendars));
	g_assert_cmpuint(calendars->len, ==, 1);
	g_ptr_array_unref(calendars);
}

static void test_account_is_found_set_and_removed(void)
{
	struct account account = { .address = (char *)"Life@Example.test", .display_name = (char *)"L",
				   .password_hash = (char *)"$y$x", .add_invitations = -1 };
	struct account read, change;
	uint64_t account_id;
	GPtrArray *list;

	assert_ok(account_add(store, &account, &account_id));
	assert_result(account_add(store, &account, &account_id), "exists");
	account.address = (char *)"nonsense";
	assert_result(account_add(store, &account, &account_id), "invalid");
	assert_ok(account_find(store, "LIFE@example.test", &read));
	g_assert_cmpstr(read.display_name, ==, "L");
	g_assert_cmpstr(read.password_hash, ==, "$y$x");
	g_assert_null(read.scram_sha256);
	change = (struct account){ .account_id = read.account_id, .timezone = (char *)"Europe/Berlin",
				   .disabled = true, .display_name = (char *)"not taken" };
	assert_ok(account_set(store, &change, ACCOUNT_TIMEZONE | ACCOUNT_DISABLED));
	account_id = read.account_id;
	account_clear(&read);
	assert_ok(account_get(store, account_id, &read));
	g_assert_cmpstr(read.timezone, ==, "Europe/Berlin");
	g_assert_cmpstr(read.display_name, ==, "L");
	g_assert_true(read.disabled);
	account_clear(&read);
	assert_ok(account_list(store, "life@example.tes", 1, &list));
	g_assert_cmpuint(list->len, ==, 1);
	g_ptr_array_unref(list);
	assert_ok(account_remove(store, account_id));
	assert_result(account_remove(store, account_id), "not found");
	assert_result(account_find(store, "life@example.test", &read), "not found");
	assert_ok(mailbox_list(store, account_id, &list));
	g_assert_cmpuint(list->len, ==, 0);
	g_ptr_array_unref(list);
	change.account_id = account_id;
	assert_result(account_set(store, &change, ACCOUNT_DISABLED), "not found");
}

/* Who gets mail for an address; "" nobody. */
static void test_resolve_table(void)
{
	static const struct { const char *address, *who, *detail; } rows[] = {
		{ "ra@example.test", "ra", NULL }, { "RA@EXAMPLE.TEST", "ra", NULL },
		{ "ra+List@example.test", "ra", "List" }, { "ra+@example.test", "ra", "" },
		{ "ra+a+b@example.test", "ra", "a+b" },
		{ "rb+exact@example.test", "rb", NULL },
		{ "team@example.test", "ra rb", NULL }, { "team+x@example.test", "ra rb", "x" },
		{ "solo@example.test", "rb", NULL },
		{ "+ra@example.test", "", NULL }, { "nobody@example.test", "", NULL },
		{ "ra@other.test", "", NULL }, { "not an address", "", NULL },
	};
	struct account account;
	g_auto(GStrv) addresses = NULL;
	uint64_t ra = add_account("ra@example.test");
	GPtrArray *list;

	add_account("rb@example.test");
	assert_ok(alias_add(store, "Team@example.test", "ra@example.test"));
	assert_ok(alias_add(store, "team@example.test", "rb@example.test"));
	assert_result(alias_add(store, "team@example.test", "rb@example.test"), "exists");
	assert_ok(alias_add(store, "solo@example.test", "RB@example.test"));
	assert_ok(alias_add(store, "rb+exact@example.test", "rb@example.test"));
	assert_result(alias_add(store, "ra@example.test", "rb@example.test"), "exists");
	assert_result(alias_add(store, "new@example.test", "nobody@example.test"), "not found");
	assert_result(alias_add(store, "new@example.test", "solo@example.test"), "not found");
	for (size_t i = 0; i < G_N_ELEMENTS(rows); i++) {
		GPtrArray *targets;
		GString *who = g_string_new(NULL);

		assert_result(account_resolve(store, rows[i].address, &targets),
			      rows[i].who[0] != '\0' ? "ok" : "not found");
		for (guint t = 0; t < targets->len; t++) {
			const struct account_target *target = g_ptr_array_index(targets, t);

			g_string_append_printf(who, "%s%.2s", t > 0 ? " " : "", target->address);
			g_assert_cmpstr(target->detail, ==, rows[i].detail);
		}
		g_assert_cmpstr(who->str, ==, rows[i].who);
		g_string_free(who, TRUE);
		g_ptr_array_unref(targets);
	}
	assert_ok(account_find(store, "solo@example.test", &account));
	g_assert_cmpstr(account.address, ==, "rb@example.test");
	account_clear(&account);
	assert_result(account_find(store, "team@example.test", &account), "not found");
	assert_ok(account_addresses(store, ra, &addresses));
	g_assert_cmpstr(addresses[0], ==, "ra@example.test");
	g_assert_cmpstr(addresses[1], ==, "team@example.test");
	assert_ok(alias_list(store, 0, &list));
	g_assert_cmpuint(list->len, ==, 4);
	g_ptr_array_unref(list);
	assert_ok(alias_remove(store, "team@example.test", "ra@example.test"));
	assert_result(alias_remove(store, "team@example.test", "ra@example.test"), "not found");
	assert_ok(alias_remove(store, "team@example.test", NULL));
	assert_result(alias_remove(store, "ra@example.test", NULL), "not found");
}

static void test_name_rules(void)
{
	static const char long_level[] =
		"aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa"
		"aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa"
		"aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa"
		"aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa";
	static const struct { const char *given, *kept; } rows[] = {
		{ "inbox", "INBOX" }, { "Inbox/x", "INBOX/x" }, { "inboxes", "inboxes" },
		{ "a/b", "a/b" }, { "a/", "a" }, { "\303\244", "\303\244" }, { "a.b", "a.b" },
		{ "", NULL }, { "/", NULL }, { "/a", NULL }, { "a//b", NULL }, { "a\tb", NULL },
		{ "\377", NULL }, { long_level, NULL },
	};

	for (size_t i = 0; i < G_N_ELEMENTS(rows); i++) {
		g_autofree char *kept = mailbox_name_normalise(slice_from_string(rows[i].given));

		g_assert_cmpstr(kept, ==, rows[i].kept);
	}
}

/* The names of an account in list order, "!" in front of \Noselect, "+" in front of those with
 * children. */
static char *names(uint64_t account_id)
{
	GString *all = g_string_new(NULL);
	GPtrArray *mailboxes;

	assert_ok(mailbox_list(store, account_id, &mailboxes));
	for (guint i = 0; i < mailboxes->len; i++) {
		const struct mailbox *mailbox = g_ptr_array_index(mailboxes, i);

		if (mailbox->use != 0)
			continue;
		g_string_append_printf(all, "%s%s%s ", mailbox->noselect ? "!" : "",
				       mailbox->has_children ? "+" : "", mailbox->name);
	}
	g_ptr_array_unref(mailboxes);
	return g_string_free(all, FALSE);
}

static struct mailbox_ref ref_of(uint64_t account_id, const char *name)
{
	struct mailbox mailbox;
	struct mailbox_ref ref;

	assert_ok(mailbox_find(store, account_id, slice_from_string(name), &mailbox));
	ref = mailbox.ref;
	mailbox_clear(&mailbox);
	return ref;
}

/* create, delete, rename: the step, its answer, and what is there then. */
static void test_tree_table(void)
{
	static const struct { char verb; const char *name, *to, *answer, *then; } steps[] = {
		{ 'c', "a/b/c", NULL, "ok", "INBOX +a +a/b a/b/c " },
		{ 'c', "a/b", NULL, "exists", "INBOX +a +a/b a/b/c " },
		{ 'c', "inbox", NULL, "exists", "INBOX +a +a/b a/b/c " },
		{ 'c', "x//y", NULL, "invalid", "INBOX +a +a/b a/b/c " },
		{ 'd', "a/b", NULL, "ok", "INBOX +a !+a/b a/b/c " },
		{ 'd', "a/b", NULL, "exists", "INBOX +a !+a/b a/b/c " },
		{ 'd', "INBOX", NULL, "invalid", "INBOX +a !+a/b a/b/c " },
		{ 'c', "a/b", NULL, "ok", "INBOX +a +a/b a/b/c " },
		{ 'c', "a-b", NULL, "ok", "INBOX +a a-b +a/b a/b/c " },
		{ 'r', "a", "z/y", "ok", "INBOX a-b +z +z/y +z/y/b z/y/b/c " },
		{ 'r', "z/y", "z/y/b/new", "invalid", "INBOX a-b +z +z/y +z/y/b z/y/b/c " },
		{ 'r', "z/y", "a-b", "exists", "INBOX a-b +z +z/y +z/y/b z/y/b/c " },
		{ 'r', "z/y/b", "B", "ok", "INBOX +B B/c a-b +z z/y " },
		{ 'r', "B", "INBOX", "exists", "INBOX +B B/c a-b +z z/y " },
		{ 'd', "B/c", NULL, "ok", "INBOX B a-b +z z/y " },
		{ 'd', "B", NULL, "ok", "INBOX a-b +z z/y " },
	};
	uint64_t account_id = add_account("tree@example.test");
	struct mailbox_ref ref;

	for (size_t i = 0; i < G_N_ELEMENTS(steps); i++) {
		enum store_result result = STORE_OK;
		g_autofree char *then = NULL;

		if (steps[i].verb == 'c')
			result = mailbox_create(store, account_id, slice_from_string(steps[i].name), 0, &ref);
		else if (steps[i].verb == 'd')
			result = mailbox_delete(store, ref_of(account_id, steps[i].name));
		else
			result = mailbox_rename(store, ref_of(account_id, steps[i].name),
						slice_from_string(steps[i].to));
		g_assert_cmpstr(store_result_name(result), ==, steps[i].answer);
		then = names(account_id);
		g_assert_cmpstr(then, ==, steps[i].then);
	}
}

static void append(struct mailbox_ref ref, const char *text)
{
	struct content_row row = test_content(slice_from_string(text), NULL, NULL);
	struct message_new message = { .content = &row };
	struct message_appended appended;

	assert_ok(message_append(store, ref, &message, &appended));
}

static void test_rename_of_inbox_moves_its_messages(void)
{
	struct mailbox_ref inbox = test_account(store, "inbox-rename@example.test");
	struct mailbox mailbox;

	append(inbox, "A: 1\r\n\r\nmoved");
	assert_ok(mailbox_create(store, inbox.account_id, SLICE("INBOX/child"), 0, &(struct mailbox_ref){ 0 }));
	assert_ok(mailbox_rename(store, inbox, SLICE("old/mail")));
	assert_ok(mailbox_find(store, inbox.account_id, SLICE("INBOX"), &mailbox));
	g_assert_cmpuint(mailbox.messages, ==, 0);
	g_assert_true(mailbox_ref_equal(mailbox.ref, inbox));
	g_assert_true(mailbox.has_children);
	mailbox_clear(&mailbox);
	assert_ok(mailbox_find(store, inbox.account_id, SLICE("old/mail"), &mailbox));
	g_assert_cmpuint(mailbox.messages, ==, 1);
	mailbox_clear(&mailbox);
}

static void test_special_use_is_unique(void)
{
	struct mailbox_ref inbox = test_account(store, "use@example.test"), ref;

	assert_result(mailbox_create(store, inbox.account_id, SLICE("x"), MAILBOX_SENT, &ref), "conflict");
	assert_ok(mailbox_create(store, inbox.account_id, SLICE("x"), MAILBOX_FLAGGED, &ref));
	assert_result(mailbox_set_use(store, ref, MAILBOX_TRASH), "conflict");
	assert_ok(mailbox_set_use(store, ref, MAILBOX_IMPORTANT));
	assert_ok(mailbox_set_use(store, ref, 0));
	assert_result(mailbox_set_use(store, (struct mailbox_ref){ inbox.account_id, 1 << 30 }, 0),
		      "not found");
}

static void test_recreated_mailbox_has_another_uidvalidity(void)
{
	struct mailbox_ref inbox = test_account(store, "validity@example.test"), ref;
	uint32_t before = 0;

	for (int i = 0; i < 5; i++) {
		struct mailbox mailbox;

		assert_ok(mailbox_create(store, inbox.account_id, SLICE("again"), 0, &ref));
		assert_ok(mailbox_get(store, ref, &mailbox));
		g_assert_cmpuint(mailbox.uidvalidity, >, before);
		before = mailbox.uidvalidity;
		mailbox_clear(&mailbox);
		assert_ok(mailbox_delete(store, ref));
		assert_result(mailbox_get(store, ref, &mailbox), "not found");
	}
}

static void test_subscriptions_outlive_their_mailboxes(void)
{
	uint64_t account_id = add_account("subscribe@example.test");
	g_auto(GStrv) subscribed = NULL;
	g_autofree char *joined = NULL;

	assert_ok(mailbox_subscribe(store, account_id, SLICE("not/there")));
	assert_ok(mailbox_subscribe(store, account_id, SLICE("not/there")));
	assert_ok(mailbox_delete(store, ref_of(account_id, "Junk")));
	assert_ok(mailbox_unsubscribe(store, account_id, SLICE("Trash")));
	assert_result(mailbox_unsubscribe(store, account_id, SLICE("Trash")), "not found");
	assert_result(mailbox_subscribe(store, account_id, SLICE("")), "invalid");
	assert_ok(mailbox_subscriptions(store, account_id, &subscribed));
	joined = g_strjoinv(" ", subscribed);
	g_assert_cmpstr(joined, ==, "Archive Drafts INBOX Junk Sent not/there");
}

static void test_recent_is_claimed_once(void)
{
	struct mailbox_ref inbox = test_account(store, "recent@example.test");
	struct mailbox mailbox;
	uint32_t first;

	assert_ok(mailbox_claim_recent(store, inbox, &first));
	g_assert_cmpuint(first, ==, 1);
	append(inbox, "A: 1\r\n\r\n1");
	append(inbox, "A: 1\r\n\r\n2");
	assert_ok(mailbox_get(store, inbox, &mailbox));
	g_assert_cmpuint(mailbox.recent, ==, 2);
	mailbox_clear(&mailbox);
	assert_ok(mailbox_claim_recent(store, inbox, &first));
	g_assert_cmpuint(first, ==, 1);
	assert_ok(mailbox_claim_recent(store, inbox, &first));
	g_assert_cmpuint(first, ==, 3);
	assert_ok(mailbox_get(store, inbox, &mailbox));
	g_assert_cmpuint(mailbox.recent, ==, 0);
	mailbox_clear(&mailbox);
}

/* What "reader" may do, by the entries set so far. */
static void test_rights_table(void)
{
	static const struct { const char *identifier, *rights, *answer, *effective; } steps[] = {
		{ "anyone", "l", "ok", "l" },
		{ "acl-reader@example.test", "sr", "ok", "lrs" },
		{ "-anyone", "s", "ok", "lr" },
		{ "acl-reader@example.test", "lrswipkxtea", "ok", "lrwipkxtea" },
		{ "-ACL-Reader@example.test", "a", "ok", "lrwipkxte" },
		{ "acl-reader@example.test", "", "ok", "l" },
		{ "acl-reader@example.test", "z", "invalid", "l" },
		{ "stranger@example.test", "l", "not found", "l" },
		{ "anyone", "", "ok", "" },
	};
	struct mailbox_ref owner = test_account(store, "acl-owner@example.test");
	uint64_t reader = add_account("acl-reader@example.test");
	g_autofree char *own = NULL;
	GPtrArray *list;

	for (size_t i = 0; i < G_N_ELEMENTS(steps); i++) {
		g_autofree char *rights = NULL;

		assert_result(acl_set(store, owner, steps[i].identifier, steps[i].rights), steps[i].answer);
		assert_ok(acl_rights(store, owner, reader, &rights));
		g_assert_cmpstr(rights, ==, steps[i].effective);
		assert_ok(mailbox_list_shared(store, reader, &list));
		g_assert_cmpuint(list->len, ==, rights[0] != '\0' ? 1 : 0);
		if (list->len > 0) {
			const struct mailbox *shared = g_ptr_array_index(list, 0);

			g_assert_cmpstr(shared->owner, ==, "acl-owner@example.test");
			g_assert_cmpstr(shared->rights, ==, rights);
			g_assert_cmpstr(shared->name, ==, "INBOX");
		}
		g_ptr_array_unref(list);
	}
	assert_ok(acl_rights(store, owner, owner.account_id, &own));
	g_assert_cmpstr(own, ==, ACL_ALL_RIGHTS);
	assert_ok(acl_list(store, owner, &list));
	g_assert_cmpuint(list->len, ==, 2);
	g_ptr_array_unref(list);
	assert_ok(account_remove(store, reader));
	assert_ok(acl_list(store, owner, &list));
	g_assert_cmpuint(list->len, ==, 1);
	g_ptr_array_unref(list);
}

static char *annotations(struct mailbox_ref mailbox, uint64_t reader, const char *entry, int depth)
{
	const char *const entries[] = { entry, NULL };
	struct annotation_query query = { mailbox, reader, entries, depth };
	GString *all = g_string_new(NULL);
	GPtrArray *found;

	assert_ok(annotation_get(store, &query, &found));
	for (guint i = 0; i < found->len; i++) {
		const struct annotation *annotation = g_ptr_array_index(found, i);
		gsize len;
		const char *value = g_bytes_get_data(annotation->value, &len);

		g_string_append_printf(all, "%s=%.*s ", annotation->entry, (int)len, value);
	}
	g_ptr_array_unref(found);
	return g_string_free(all, FALSE);
}

static void test_annotations(void)
{
	struct mailbox_ref inbox = test_account(store, "meta-a@example.test");
	uint64_t other = add_account("meta-b@example.test");
	struct mailbox_ref server = { inbox.account_id, 0 }, server_b = { other, 0 };
	struct annotation_change changes[] = {
		{ "/PRIVATE/comment", SLICE("mine") }, { "/shared/comment", SLICE("ours") },
		{ "/shared/comment/deep/er", SLICE("deep") }, { "/shared/comments", SLICE("beside") },
	};
	struct annotation_change bad = { "/other/x", SLICE("v") }, huge = { "/shared/x", { 0 } };
	g_autofree char *big = g_strnfill(70000, 'x');
	const struct { struct mailbox_ref mailbox; uint64_t reader; const char *entry; int depth;
		       const char *found; } rows[] = {
		{ inbox, inbox.account_id, "/private/comment", 0, "/private/comment=mine " },
		{ inbox, other, "/private/comment", 0, "" },
		{ inbox, other, "/shared/Comment", 0, "/shared/comment=ours " },
		{ inbox, other, "/shared/comment", 1, "/shared/comment=ours " },
		{ inbox, other, "/shared/comment", -1,
		  "/shared/comment=ours /shared/comment/deep/er=deep " },
		{ inbox, other, "/shared", 1, "/shared/comment=ours /shared/comments=beside " },
		{ server_b, other, "/shared/comment", 0, "/shared/comment=ours " },
		{ server_b, other, "/private/comment", 0, "" },
	};

	assert_ok(annotation_set(store, inbox, inbox.account_id, changes, G_N_ELEMENTS(changes)));
	assert_ok(annotation_set(store, server, inbox.account_id, changes, 2));
	for (size_t i = 0; i < G_N_ELEMENTS(rows); i++) {
		g_autofree char *found = annotations(rows[i].mailbox, rows[i].reader, rows[i].entry,
						     rows[i].depth);

		g_assert_cmpstr(found, ==, rows[i].found);
	}
	assert_result(annotation_set(store, inbox, other, &bad, 1), "invalid");
	huge.value = slice_from_string(big);
	assert_result(annotation_set(store, inbox, other, &huge, 1), "limit");
	changes[1].value = (struct slice){ NULL, 0 };
	assert_ok(annotation_set(store, inbox, other, &changes[1], 1));
	{
		g_autofree char *found = annotations(inbox, other, "/shared/comment", 0);

		g_assert_cmpstr(found, ==, "");
	}
}

static void test_contacts(void)
{
	uint64_t account_id = add_account("contacts@example.test");
	bool known;

	assert_ok(contact_add(store, account_id, "Friend@Example.test"));
	assert_ok(contact_add(store, account_id, "friend@example.test"));
	assert_ok(contact_known(store, account_id, "FRIEND@example.test", &known));
	g_assert_true(known);
	assert_ok(contact_known(store, account_id, "foe@example.test", &known));
	g_assert_false(known);
}

static void test_web_sessions(void)
{
	uint64_t account_id = add_account("web@example.test");
	struct account disable = { .account_id = account_id, .disabled = true };
	struct web_session session, read;
	g_autofree char *token = NULL;

	assert_ok(web_session_create(store, account_id, 3600, &token, &session));
	assert_ok(web_session_find(store, token, 3600, &read));
	g_assert_cmpstr(read.csrf, ==, session.csrf);
	g_assert_cmpstr(read.address, ==, "web@example.test");
	web_session_clear(&read);
	web_session_clear(&session);
	assert_result(web_session_find(store, "nonsense", 3600, &read), "not found");
	assert_ok(account_set(store, &disable, ACCOUNT_DISABLED));
	assert_result(web_session_find(store, token, 3600, &read), "not found");
	disable.disabled = false;
	assert_ok(account_set(store, &disable, ACCOUNT_DISABLED));
	/* Another password ends what was begun with the old one; another name does not. */
	disable.display_name = (char *)"Somebody";
	assert_ok(account_set(store, &disable, ACCOUNT_DISPLAY_NAME));
	assert_ok(web_session_find(store, token, 3600, &read));
	g_assert_false(read.extended);
	web_session_clear(&read);
	assert_ok(web_session_find(store, token, 3 * 3600, &read));
	g_assert_true(read.extended);
	web_session_clear(&read);
	assert_ok(account_set(store, &disable, ACCOUNT_SECRETS));
	assert_result(web_session_find(store, token, 3600, &read), "not found");
	g_clear_pointer(&token, g_free);
	assert_ok(web_session_create(store, account_id, 3600, &token, &session));
	web_session_clear(&session);
	assert_ok(web_session_remove(store, token));
	assert_result(web_session_find(store, token, 3600, &read), "not found");
	g_clear_pointer(&token, g_free);
	assert_ok(web_session_create(store, account_id, 3600, &token, &session));
	web_session_clear(&session);
	/* Who knew the old password only is not signed in any more. */
	assert_ok(account_set(store, &disable, ACCOUNT_LOCALE));
	assert_ok(web_session_find(store, token, 3600, &read));
	web_session_clear(&read);
	assert_ok(account_set(store, &disable, ACCOUNT_SECRETS));
	assert_result(web_session_find(store, token, 3600, &read), "not found");
	g_clear_pointer(&token, g_free);
	assert_ok(web_session_create(store, account_id, 0, &token, &session));
	web_session_clear(&session);
	assert_result(web_session_find(store, token, 3600, &read), "not found");
}

static void test_full_lists_can_be_changed(void)
{
	struct mailbox_ref inbox = test_account(store, "full@example.test");
	struct annotation_change change = { "/shared/e1000", SLICE("first") };
	GPtrArray *entries;

	assert_ok(connection_command(store, "INSERT INTO annotation SELECT account_id, mailbox_id, 0,"
		" '/shared/e' || i, '' FROM mailbox, generate_series(1, 999) AS i WHERE name = 'INBOX';"
		" INSERT INTO mailbox_right SELECT account_id, mailbox_id, 'u' || i, 'l'"
		" FROM mailbox, generate_series(1, 999) AS i WHERE name = 'INBOX';"
		" DELETE FROM subscription; INSERT INTO subscription SELECT account_id, 's' || i FROM account,"
		" generate_series(1, 49999) AS i WHERE address = 'full@example.test'"));
	assert_ok(annotation_set(store, inbox, 1, &change, 1));
	change.value = SLICE("second");
	assert_ok(annotation_set(store, inbox, 1, &change, 1));
	change.entry = "/shared/e1001";
	assert_result(annotation_set(store, inbox, 1, &change, 1), "limit");
	assert_ok(acl_set(store, inbox, "anyone", "l"));
	assert_ok(acl_set(store, inbox, "anyone", "lr"));
	assert_result(acl_set(store, inbox, "-anyone", "l"), "limit");
	assert_ok(acl_list(store, inbox, &entries));
	g_assert_cmpuint(entries->len, ==, 1000);
	g_ptr_array_unref(entries);
	assert_ok(mailbox_subscribe(store, inbox.account_id, SLICE("first")));
	assert_ok(mailbox_subscribe(store, inbox.account_id, SLICE("first")));
	assert_result(mailbox_subscribe(store, inbox.account_id, SLICE("second")), "limit");
	assert_ok(mailbox_unsubscribe(store, inbox.account_id, SLICE("first")));
	assert_ok(mailbox_subscribe(store, inbox.account_id, SLICE("second")));
}

/* A name of more levels than there may be could be listed, but never be named again. */
static void test_rename_makes_no_name_of_too_many_levels(void)
{
	g_autofree char *thirty = g_strnfill(59, '/'), *twenty = g_strnfill(39, '/');
	uint64_t account_id = add_account("deep@example.test");
	struct mailbox_ref deep, top, shallow;
	g_autofree char *below = NULL, *fits = NULL;

	for (int i = 0; i < 59; i += 2)
		thirty[i] = 'a';
	for (int i = 0; i < 39; i += 2)
		twenty[i] = 'b';
	below = g_strconcat(twenty, "/c/d", NULL);
	fits = g_strconcat(twenty, "/e", NULL);
	assert_ok(mailbox_create(store, account_id, slice_from_string(thirty), 0, &deep));
	top = ref_of(account_id, "a");
	assert_result(mailbox_rename(store, top, slice_from_string(below)), "invalid");
	assert_ok(mailbox_create(store, account_id, SLICE("x/y"), 0, &shallow));
	assert_ok(mailbox_rename(store, ref_of(account_id, "x"), slice_from_string(below)));
	assert_ok(mailbox_rename(store, ref_of(account_id, "a/a"), slice_from_string(fits)));
}

int main(int argc, char **argv)
{
	int status;

	service = test_begin(&argc, &argv, 1);
	store = test_store(service);
	g_test_add_func("/account/address-rules", test_address_rules);
	g_test_add_func("/account/new-account-has-folders", test_new_account_has_folders);
	g_test_add_func("/account/is-found-set-and-removed", test_account_is_found_set_and_removed);
	g_test_add_func("/account/resolve-table", test_resolve_table);
	g_test_add_func("/account/contacts", test_contacts);
	g_test_add_func("/account/web-sessions", test_web_sessions);
	g_test_add_func("/mailbox/name-rules", test_name_rules);
	g_test_add_func("/mailbox/tree-table", test_tree_table);
	g_test_add_func("/mailbox/rename-of-inbox-moves-its-messages", test_rename_of_inbox_moves_its_messages);
	g_test_add_func("/mailbox/special-use-is-unique", test_special_use_is_unique);
	g_test_add_func("/mailbox/recreated-has-another-uidvalidity",
			test_recreated_mailbox_has_another_uidvalidity);
	g_test_add_func("/mailbox/subscriptions-outlive-their-mailboxes",
			test_subscriptions_outlive_their_mailboxes);
	g_test_add_func("/mailbox/recent-is-claimed-once", test_recent_is_claimed_once);
	g_test_add_func("/mailbox/rights-table", test_rights_table);
	g_test_add_func("/mailbox/annotations", test_annotations);
	g_test_add_func("/mailbox/full-lists-can-be-changed", test_full_lists_can_be_changed);
	g_test_add_func("/mailbox/rename-makes-no-name-of-too-many-levels",
			test_rename_makes_no_name_of_too_many_levels);
	status = g_test_run();
	store_close(&store);
	store_service_destroy(&service);
	test_cluster_stop();
	return status;
}
