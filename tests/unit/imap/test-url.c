/* URLs of CATENATE, rights, and names of other people's mailboxes. */
#include "imap/mailbox_name.h"
#include "imap/message_url.h"
#include "imap/rights.h"

static const struct {
	const char *url, *mailbox, *section;
	bool is_rooted;
	uint64_t uidvalidity, uid, offset, length;
} good[] = {
	{ ";UID=20", "", "", false, 0, 20, 0, 0 },
	{ "/;UID=20", "", "", false, 0, 20, 0, 0 },
	{ "/Drafts/;UID=1", "Drafts", "", true, 0, 1, 0, 0 },
	{ "Drafts/;uid=1", "Drafts", "", false, 0, 1, 0, 0 },
	{ "/Drafts;UIDVALIDITY=385759045/;UID=20/;section=1.MIME", "Drafts", "1.MIME", true, 385759045, 20, 0, 0 },
	{ "/a/b%20c%C3%A4/;UID=4294967295", "a/b c\xc3\xa4", "", true, 0, 4294967295, 0, 0 },
	{ ";UID=3/;SECTION=HEADER.FIELDS%20(To%20Cc)", "", "HEADER.FIELDS (To Cc)", false, 0, 3, 0, 0 },
	{ ";UID=3/;SECTION=TEXT/;PARTIAL=5.10", "", "TEXT", false, 0, 3, 5, 10 },
	{ ";UID=3/;PARTIAL=5", "", "", false, 0, 3, 5, UINT64_MAX },
	{ "/x%2F/;UID=1", "x/", "", true, 0, 1, 0, 0 },
};

static const char *const bad[] = {
	"", "/", "/INBOX", ";UID=", ";UID=0", ";UID=4294967296", ";UID=1x", ";UID=-1", ";UID=1/", ";UID=1/;", ";UID=1;",
	";UID=1/;SECTION=", ";UID=1/;SECTION=%", ";UID=1/;SECTION=%0", ";UID=1/;SECTION=%00", ";UID=1/;SECTION=a;b",
	";UID=1/;PARTIAL=", ";UID=1/;PARTIAL=.", ";UID=1/;PARTIAL=1.", ";UID=1/;PARTIAL=1.0", ";UID=1/;PARTIAL=1.2.3",
	";UID=1/;PARTIAL=1/;SECTION=TEXT", "imap://host/INBOX/;UID=1", "//host/INBOX/;UID=1", "imap:/INBOX/;UID=1",
	"/IN BOX/;UID=1", "/IN\tBOX/;UID=1", "/INB\xc3\xb6X/;UID=1", "/INBOX;UIDVALIDITY=/;UID=1",
	"/INBOX;UIDVALIDITY=0/;UID=1", "/INBOX;UIDVALIDITY=1;X=2/;UID=1", "/INBOX?x/;UID=1", "/INBOX;UID=1",
	";UID=1;URLAUTH=anonymous", "/INBOX#f/;UID=1", "\"/;UID=1",
};

static void test_urls_of_messages_are_read(void)
{
	for (size_t i = 0; i < G_N_ELEMENTS(good); i++) {
		struct arena *arena = arena_create();
		struct message_url url;

		g_assert_true(message_url_parse(slice_from_string(good[i].url), arena, &url));
		g_assert_cmpmem(url.mailbox.data, url.mailbox.len, good[i].mailbox, strlen(good[i].mailbox));
		g_assert_cmpmem(url.section.data, url.section.len, good[i].section, strlen(good[i].section));
		g_assert_cmpint(url.is_rooted, ==, good[i].is_rooted);
		g_assert_cmpuint(url.uidvalidity, ==, good[i].uidvalidity);
		g_assert_cmpuint(url.uid, ==, good[i].uid);
		g_assert_cmpint(url.has_partial, ==, good[i].length > 0);
		g_assert_cmpuint(url.offset, ==, good[i].offset);
		g_assert_cmpuint(url.length, ==, good[i].length);
		arena_destroy(&arena);
	}
}

static void test_other_urls_are_refused(void)
{
	for (size_t i = 0; i < G_N_ELEMENTS(bad); i++) {
		struct arena *arena = arena_create();
		struct message_url url;

		if (message_url_parse(slice_from_string(bad[i]), arena, &url))
			g_error("taken: %s", bad[i]);
		arena_destroy(&arena);
	}
}

/* Every prefix of a good URL is read or refused, and nothing behind its end is looked at. */
static void test_urls_cut_at_every_offset(void)
{
	for (size_t i = 0; i < G_N_ELEMENTS(good); i++) {
		for (size_t len = 0; len <= strlen(good[i].url); len++) {
			struct arena *arena = arena_create();
			g_autofree char *copy = g_memdup2(good[i].url, len);
			struct message_url url;

			message_url_parse(slice_of(copy, len), arena, &url);
			arena_destroy(&arena);
		}
	}
}

static const struct {
	const char *now, *change, *expected; /* NULL: refused */
} changes[] = {
	{ "", "lr", "lr" }, { "", "rl", "lr" }, { "lrs", "", "" }, { "lr", "+w", "lrw" }, { "lrw", "-rx", "lw" },
	{ "lr", "+cda", "lrkxtea" }, { "lrkxtea", "-c", "lrtea" }, { "", "aetxkpiwsrl", "lrswipkxtea" },
	{ "lr", "+", "lr" }, { "lr", "-", "lr" }, { "", "L", NULL }, { "", "q", NULL }, { "", "l+r", NULL },
	{ "", "+-l", NULL }, { "", "l r", NULL }, { "", "0", NULL },
};

static void test_rights_are_modified_as_setacl_says(void)
{
	for (size_t i = 0; i < G_N_ELEMENTS(changes); i++) {
		g_autofree char *got = rights_modify(changes[i].now, slice_from_string(changes[i].change));

		g_assert_cmpstr(got, ==, changes[i].expected);
	}
	g_assert_null(rights_modify("", SLICE("l\0r")));
}

static void test_rights_stand_for_flags(void)
{
	static const struct {
		const char *rights;
		uint64_t flags;
	} rows[] = {
		{ NULL, MESSAGE_SYSTEM_FLAGS }, { "", 0 }, { "lr", 0 }, { "s", MESSAGE_SEEN }, { "t", MESSAGE_DELETED },
		{ "w", MESSAGE_ANSWERED | MESSAGE_FLAGGED | MESSAGE_DRAFT }, { "stw", MESSAGE_SYSTEM_FLAGS },
	};

	for (size_t i = 0; i < G_N_ELEMENTS(rows); i++)
		g_assert_cmpuint(rights_system_flags(rows[i].rights), ==, rows[i].flags);
	g_assert_true(rights_have(NULL, "lrswipkxtea"));
	g_assert_true(rights_have("lr", ""));
	g_assert_false(rights_have("lr", "ls"));
	g_assert_true(rights_have_any("lr", "sr"));
	g_assert_false(rights_have_any("", "lr"));
}

static void test_old_letters_are_shown_too(void)
{
	g_autoptr(GString) out = g_string_new(NULL);

	rights_print(out, "lrx");
	g_assert_cmpstr(out->str, ==, "lrxc");
	g_string_truncate(out, 0);
	rights_print(out, "e");
	g_assert_cmpstr(out->str, ==, "ed");
}

static void test_an_owners_address_keeps_its_dots(void)
{
	static const struct {
		char separator;
		const char *wire, *stored;
	} rows[] = {
		{ '/', "Shared/a.b@example.test/INBOX", "Shared/a.b@example.test/INBOX" },
		{ '.', "Shared.a^b@example^test.INBOX.x", "Shared/a.b@example.test/INBOX/x" },
		{ '.', "Shared.a^b@example^test", "Shared/a.b@example.test" },
		{ '.', "Other.a^b", "Other/a^b" },
	};

	for (size_t i = 0; i < G_N_ELEMENTS(rows); i++) {
		struct mailbox_name_rules rules = { rows[i].separator, false };
		g_autoptr(GString) stored = g_string_new(NULL), wire = g_string_new(NULL);

		g_assert_cmpint(mailbox_name_read(slice_from_string(rows[i].wire), rules, stored), ==, MAILBOX_NAME_OK);
		g_assert_cmpstr(stored->str, ==, rows[i].stored);
		mailbox_name_write(wire, slice_of(stored->str, stored->len), rules);
		g_assert_cmpstr(wire->str, ==, rows[i].wire);
	}
}

int main(int argc, char **argv)
{
	g_test_init(&argc, &argv, NULL);
	g_test_add_func("/url/read", test_urls_of_messages_are_read);
	g_test_add_func("/url/refused", test_other_urls_are_refused);
	g_test_add_func("/url/cut", test_urls_cut_at_every_offset);
	g_test_add_func("/rights/modified", test_rights_are_modified_as_setacl_says);
	g_test_add_func("/rights/flags", test_rights_stand_for_flags);
	g_test_add_func("/rights/old-letters", test_old_letters_are_shown_too);
	g_test_add_func("/names/shared", test_an_owners_address_keeps_its_dots);
	return g_test_run();
}
