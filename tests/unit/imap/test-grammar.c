/* The pieces of the grammar: sets, modified UTF-7, names, dates, quoting, FETCH items. */
#include "imap/args.h"
#include "imap/date.h"
#include "imap/fetch_items.h"
#include "imap/mailbox_name.h"
#include "imap/progress_code.h"
#include "imap/quote.h"
#include "imap/search_program.h"
#include "imap/sequence_set.h"
#include "imap/utf7.h"

static char *set_text(const char *text, uint32_t star)
{
	struct arena *arena = arena_create();
	struct sequence_set set;
	GString *out = g_string_new(NULL);

	if (sequence_set_parse(slice_from_string(text), true, arena, &set)) {
		sequence_set_resolve(&set, star);
		sequence_set_format(&set, out);
		if (set.is_saved)
			g_string_append_c(out, '$');
	} else {
		g_string_append(out, "bad");
	}
	arena_destroy(&arena);
	return g_string_free(out, FALSE);
}

static void sequence_sets_resolve_sorted_and_merged(void)
{
	static const struct {
		const char *text;
		uint32_t star;
		const char *expected;
	} rows[] = {
		{ "1", 5, "1" }, { "1:3", 5, "1:3" }, { "3:1", 5, "1:3" }, { "*", 5, "5" },
		{ "2:*", 5, "2:5" }, { "*:2", 5, "2:5" }, { "9:*", 5, "5:9" }, { "*:*", 5, "5" },
		{ "*", 0, "" }, { "1:*", 0, "" }, { "1,*", 0, "1" }, { "5,1,3", 5, "1,3,5" },
		{ "1,2,3,4", 5, "1:4" }, { "4,3,2,1", 5, "1:4" }, { "1:5,3:9", 20, "1:9" },
		{ "1:2,4:5,3", 5, "1:5" }, { "4294967295", 5, "4294967295" },
		{ "4294967294:4294967295,1", 5, "1,4294967294:4294967295" }, { "$", 5, "$" },
		{ "0", 5, "bad" }, { "", 5, "bad" }, { "1,", 5, "bad" }, { ",1", 5, "bad" },
		{ "1:", 5, "bad" }, { ":1", 5, "bad" }, { "1::2", 5, "bad" }, { "1:2:3", 5, "bad" },
		{ "4294967296", 5, "bad" }, { "1 2", 5, "bad" }, { "a", 5, "bad" }, { "$,1", 5, "bad" },
		{ "**", 5, "bad" }, { "-1", 5, "bad" },
	};

	for (size_t i = 0; i < G_N_ELEMENTS(rows); i++) {
		g_autofree char *got = set_text(rows[i].text, rows[i].star);

		g_assert_cmpstr(got, ==, rows[i].expected);
	}
}

static void a_set_of_100000_entries_shrinks_to_its_ranges(void)
{
	struct arena *arena = arena_create();
	g_autoptr(GString) text = g_string_new("1");
	struct sequence_set set;

	for (unsigned i = 2; i <= 100000; i++)
		g_string_append_printf(text, ",%u", i);
	g_assert_true(sequence_set_parse(slice_of(text->str, text->len), false, arena, &set));
	g_assert_cmpuint(set.count, ==, 1);
	g_assert_true(sequence_set_contains(&set, 100000));
	g_assert_false(sequence_set_contains(&set, 100001));
	g_assert_cmpuint(sequence_set_size(&set), ==, 100000);
	arena_destroy(&arena);
}

static void the_highest_of_a_set_are_kept(void)
{
	static const struct {
		const char *text;
		uint64_t most;
		const char *expected;
	} rows[] = {
		{ "1:10", 10, NULL }, { "1:10", 11, NULL }, { "1:10", 3, "8:10" }, { "1:3,5,7:9", 3, "7:9" },
		{ "1:3,5,7:9", 4, "5,7:9" }, { "1:3,5,7:9", 5, "3,5,7:9" }, { "1,3,5", 1, "5" },
		{ "1:4294967295", 2, "4294967294:4294967295" },
	};

	for (size_t i = 0; i < G_N_ELEMENTS(rows); i++) {
		struct arena *arena = arena_create();
		g_autoptr(GString) out = g_string_new(NULL);
		struct sequence_set set;

		g_assert_true(sequence_set_parse(slice_from_string(rows[i].text), false, arena, &set));
		g_assert_cmpint(sequence_set_keep_highest(&set, rows[i].most), ==, rows[i].expected != NULL);
		sequence_set_format(&set, out);
		g_assert_cmpstr(out->str, ==, rows[i].expected != NULL ? rows[i].expected : rows[i].text);
		arena_destroy(&arena);
	}
}

static void modified_utf7_has_one_form_per_name(void)
{
	static const struct {
		const char *wire, *utf8;
	} rows[] = {
		{ "", "" }, { "INBOX", "INBOX" }, { "a&-b", "a&b" }, { "&AOQ-", "ä" },
		{ "~peter/mail/&U,BTFw-/&ZeVnLIqe-", "~peter/mail/台北/日本語" },
		{ "&2D3eCQ-", "😉" }, { "Entw&APw-rfe", "Entwürfe" }, { "&AOQA9gD8-", "äöü" },
		{ "&-&-", "&&" }, { "&AOQ-&-", "ä&" },
	};
	static const char *const bad[] = {
		"&", "&A", "&AOQ", "&AOQ-&APY-", "&AGE-", "&2D0-", "&3gk-", "&AOR-", "&AOQ=-", "\xc3\xa4",
		"&AAA-", "a\nb", "&A-", "&AOQAA-", "&/-",
	};

	for (size_t i = 0; i < G_N_ELEMENTS(rows); i++) {
		g_autoptr(GString) utf8 = g_string_new(NULL), wire = g_string_new(NULL);

		g_assert_true(utf7_decode(slice_from_string(rows[i].wire), utf8));
		g_assert_cmpstr(utf8->str, ==, rows[i].utf8);
		utf7_encode(slice_from_string(rows[i].utf8), wire);
		g_assert_cmpstr(wire->str, ==, rows[i].wire);
	}
	for (size_t i = 0; i < G_N_ELEMENTS(bad); i++) {
		g_autoptr(GString) utf8 = g_string_new("x");

		g_assert_false(utf7_decode(slice_from_string(bad[i]), utf8));
		g_assert_cmpstr(utf8->str, ==, "x");
	}
}

static void every_character_survives_modified_utf7(void)
{
	for (gunichar c = 1; c <= 0x10ffff; c += c < 0x3000 ? 1 : 97) {
		g_autoptr(GString) utf8 = g_string_new("a"), wire = g_string_new(NULL), back = g_string_new(NULL);

		if (c >= 0xd800 && c <= 0xdfff)
			continue;
		g_string_append_unichar(utf8, c);
		utf7_encode(slice_of(utf8->str, utf8->len), wire);
		g_assert_true(utf7_decode(slice_of(wire->str, wire->len), back));
		g_assert_cmpstr(back->str, ==, utf8->str);
	}
}

static void patterns_match_names_by_level(void)
{
	static const struct {
		const char *name, *pattern;
		bool matches;
	} rows[] = {
		{ "INBOX", "*", true }, { "a/b", "%", false }, { "a/b", "*", true }, { "a/b", "a/%", true },
		{ "a/b/c", "a/%", false }, { "a/b/c", "%/c", false }, { "a/b/c", "*/c", true },
		{ "a/b/c", "%/%/c", true }, { "INBOX", "inbox", true }, { "INBOX", "inB%", true },
		{ "abc", "ABC", false }, { "", "", true }, { "a", "", false }, { "aXbXc", "a*X%c", true },
		{ "a/x/b", "*%b", true }, { "foo/bar", "%o/%r", true }, { "foo/bar", "%%%", false },
		{ "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaab", "*a*a*a*a*a*a*a*a*a*a*a*a*c", false },
	};

	for (size_t i = 0; i < G_N_ELEMENTS(rows); i++)
		g_assert_cmpint(mailbox_name_matches(slice_from_string(rows[i].name),
						     slice_from_string(rows[i].pattern)), ==, rows[i].matches);
}

static void names_change_between_wire_and_store(void)
{
	static const struct {
		const char *wire;
		struct mailbox_name_rules rules;
		enum mailbox_name_error error;
		const char *stored, *back;
	} rows[] = {
		{ "inbox", { '/', false }, MAILBOX_NAME_OK, "INBOX", "INBOX" },
		{ "Inbox/x", { '/', false }, MAILBOX_NAME_OK, "INBOX/x", "INBOX/x" },
		{ "inboxes", { '/', false }, MAILBOX_NAME_OK, "inboxes", "inboxes" },
		{ "a.b", { '.', false }, MAILBOX_NAME_OK, "a/b", "a.b" },
		{ "a/b", { '.', false }, MAILBOX_NAME_CHARACTER, NULL, NULL },
		{ "a b", { '/', false }, MAILBOX_NAME_OK, "a b", "\"a b\"" },
		{ "&AOQ-", { '/', false }, MAILBOX_NAME_OK, "ä", "&AOQ-" },
		{ "ä", { '/', true }, MAILBOX_NAME_OK, "ä", "\"ä\"" },
		{ "ä", { '/', false }, MAILBOX_NAME_ENCODING, NULL, NULL },
		{ "\xff", { '/', true }, MAILBOX_NAME_ENCODING, NULL, NULL },
		{ "a\tb", { '/', true }, MAILBOX_NAME_CHARACTER, NULL, NULL },
	};

	for (size_t i = 0; i < G_N_ELEMENTS(rows); i++) {
		g_autoptr(GString) stored = g_string_new(NULL), back = g_string_new(NULL);

		g_assert_cmpint(mailbox_name_read(slice_from_string(rows[i].wire), rows[i].rules, stored), ==,
				rows[i].error);
		if (rows[i].stored == NULL)
			continue;
		g_assert_cmpstr(stored->str, ==, rows[i].stored);
		mailbox_name_write(back, slice_of(stored->str, stored->len), rows[i].rules);
		g_assert_cmpstr(back->str, ==, rows[i].back);
	}
}

static void strings_go_out_quoted_or_as_literals(void)
{
	static const struct {
		struct slice text;
		enum quote_mode mode;
		const char *string, *astring;
	} rows[] = {
		{ { "abc", 3 }, QUOTE_ASCII, "\"abc\"", "abc" },
		{ { "", 0 }, QUOTE_ASCII, "\"\"", "\"\"" },
		{ { "NIL", 3 }, QUOTE_ASCII, "\"NIL\"", "\"NIL\"" },
		{ { "a]", 2 }, QUOTE_ASCII, "\"a]\"", "a]" },
		{ { "a\"\\", 3 }, QUOTE_ASCII, "\"a\\\"\\\\\"", "\"a\\\"\\\\\"" },
		{ { "a\r\n", 3 }, QUOTE_UTF8, "{3}\r\na\r\n", "{3}\r\na\r\n" },
		{ { "\xc3\xa4", 2 }, QUOTE_ASCII, "{2}\r\n\xc3\xa4", "{2}\r\n\xc3\xa4" },
		{ { "\xc3\xa4", 2 }, QUOTE_UTF8, "\"\xc3\xa4\"", "\"\xc3\xa4\"" },
		{ { "\xc3", 1 }, QUOTE_UTF8, "{1}\r\n\xc3", "{1}\r\n\xc3" },
		{ { "a\0b", 3 }, QUOTE_UTF8, "{3}\r\na\x80" "b", "{3}\r\na\x80" "b" },
	};

	for (size_t i = 0; i < G_N_ELEMENTS(rows); i++) {
		g_autoptr(GString) string = g_string_new(NULL), astring = g_string_new(NULL);

		quote_string(string, rows[i].text, rows[i].mode);
		quote_astring(astring, rows[i].text, rows[i].mode);
		g_assert_cmpstr(string->str, ==, rows[i].string);
		g_assert_cmpstr(astring->str, ==, rows[i].astring);
	}
}

static void progress_has_a_goal_that_lies_ahead(void)
{
	static const struct {
		const char *tag;
		uint64_t did, planned;
		const char *code;
	} rows[] = {
		{ "a1", 0, 0, "INPROGRESS (\"a1\" NIL NIL)" },
		{ "a1", 0, 3, "INPROGRESS (\"a1\" 0 3)" },
		{ "a1", 2, 3, "INPROGRESS (\"a1\" 2 3)" },
		{ "a1", 3, 3, "INPROGRESS (\"a1\" 3 NIL)" },
		{ "a1", 4, 3, "INPROGRESS (\"a1\" 3 NIL)" },
		{ "a]b", 2, 3, "INPROGRESS (NIL 2 3)" },
	};

	for (size_t i = 0; i < G_N_ELEMENTS(rows); i++) {
		g_autoptr(GString) out = g_string_new(NULL);

		progress_code_print(out, slice_from_string(rows[i].tag), rows[i].did, rows[i].planned);
		g_assert_cmpstr(out->str, ==, rows[i].code);
	}
}

static void dates_are_exact_or_refused(void)
{
	static const struct {
		const char *text;
		int64_t seconds; /* -1: refused */
		int zone;
	} rows[] = {
		{ "17-Jul-1996 02:44:25 -0700", 837596665, -420 },
		{ " 1-Jan-1970 00:00:01 +0000", 1, 0 },
		{ "01-Jan-1970 00:00:01 -0000", 1, 0 },
		{ "01-Jan-1970 01:00:00 +0030", 1800, 30 },
		{ "01-Jan-2000 00:00:00 -0959", 946720740, -599 },
		{ "01-Jan-2000 00:00:00 +2359", 946598460, 1439 },
		{ "01-Jan-2000 00:00:00 -2359", 946771140, -1439 },
		{ "29-Feb-2000 12:00:00 +0000", 951825600, 0 },
		{ "29-Feb-1900 12:00:00 +0000", -1, 0 },
		{ "31-Apr-2020 12:00:00 +0000", -1, 0 },
		{ "17-Jul-1996 24:44:25 -0700", -1, 0 },
		{ "17-Jul-1996 02:44:25 0700", -1, 0 },
		{ "17-Jul-1996 02:44:25 +2400", -1, 0 },
		{ "17-Foo-1996 02:44:25 -0700", -1, 0 },
		{ "1-Jan-1970 00:00:01 +0000", -1, 0 },
		{ "", -1, 0 },
	};
	g_autoptr(GString) back = g_string_new(NULL);
	int64_t day;

	for (size_t i = 0; i < G_N_ELEMENTS(rows); i++) {
		int64_t seconds = -1;
		int zone = 0;
		bool ok = date_time_parse(slice_from_string(rows[i].text), &seconds, &zone);

		g_assert_cmpint(ok, ==, rows[i].seconds >= 0);
		g_assert_cmpint(seconds, ==, rows[i].seconds);
		if (!ok)
			continue;
		g_assert_cmpint(zone, ==, rows[i].zone);
		g_string_truncate(back, 0);
		date_time_format(back, seconds, zone);
		g_assert_true(date_time_parse(slice_of(back->str + 1, back->len - 2), &seconds, &zone));
		g_assert_cmpint(seconds, ==, rows[i].seconds);
		g_assert_cmpint(zone, ==, rows[i].zone);
	}
	for (int64_t seconds = -62135596800; seconds < 253402300799; seconds += 86400 * 13 + 12345) {
		g_autoptr(GDateTime) when = g_date_time_new_from_unix_utc(seconds);
		g_autofree char *expected = g_date_time_format(when, "%d");
		int64_t again;
		int zone;

		g_string_truncate(back, 0);
		date_time_format(back, seconds, 0);
		g_assert_true(date_time_parse(slice_of(back->str + 1, back->len - 2), &again, &zone));
		g_assert_cmpint(again, ==, seconds);
		g_assert_true(memcmp(expected, back->str + 1, 2) == 0);
	}
	g_string_truncate(back, 0);
	date_time_format(back, 837596665, 0);
	g_assert_cmpstr(back->str, ==, "\"17-Jul-1996 09:44:25 +0000\"");
	g_string_truncate(back, 0);
	date_time_format(back, 837596665, -420);
	g_assert_cmpstr(back->str, ==, "\"17-Jul-1996 02:44:25 -0700\"");
	g_string_truncate(back, 0);
	date_time_format(back, 253402300799, 60);
	g_assert_cmpstr(back->str, ==, "\"31-Dec-9999 23:59:59 +0100\"");
	g_assert_true(date_parse(SLICE("1-Feb-1994"), &day) && day == 760060800);
	g_assert_true(date_parse(SLICE("01-feb-1994"), &day) && day == 760060800);
	g_assert_false(date_parse(SLICE("1-Feb-94"), &day));
	g_assert_false(date_parse(SLICE("30-Feb-1994"), &day));
}

/* Parses `a X <text>` and gives the cursor over its arguments. */
static struct args read_args(struct imap_parser *parser, const char *text)
{
	static const struct imap_parser_limits limits = { 100000, 1000, 300, 10000 };
	g_autofree char *line = g_strdup_printf("a X %s\r\n", text);
	size_t eaten;

	imap_parser_next(parser);
	imap_parser_set_limits(parser, &limits);
	g_assert_cmpint(imap_parser_feed(parser, slice_from_string(line), &eaten), ==, IMAP_PARSE_DONE);
	return args_of(imap_parser_args(parser), imap_parser_arena(parser));
}

static struct imap_parser *new_parser(void)
{
	static const struct imap_parser_limits limits = { 100000, 1000, 300, 10000 };

	return imap_parser_create(&limits);
}

static void fetch_sections_are_read_and_named(void)
{
	static const struct {
		const char *text;
		const char *label; /* NULL: refused */
		bool seen;
	} rows[] = {
		{ "BODY[]", "BODY[]", true },
		{ "BODY.PEEK[]", "BODY[]", false },
		{ "body[1.2.mime]", "BODY[1.2.MIME]", true },
		{ "BODY[TEXT]<5.10>", "BODY[TEXT]<5>", true },
		{ "BODY.PEEK[HEADER.FIELDS (To \"Cc\" \"a b\")]<0.1>", "BODY[HEADER.FIELDS (To Cc \"a b\")]<0>", false },
		{ "BODY[1.HEADER.FIELDS.NOT (To)]", "BODY[1.HEADER.FIELDS.NOT (To)]", true },
		{ "RFC822", "RFC822", true },
		{ "RFC822.HEADER", "RFC822.HEADER", false },
		{ "RFC822.TEXT", "RFC822.TEXT", true },
		{ "BINARY[1]", "BINARY[1]", true },
		{ "BINARY.PEEK[]<0.5>", "BINARY[]<0>", false },
		{ "BINARY.SIZE[1.2]", "BINARY.SIZE[1.2]", false },
		{ "BODY[MIME]", NULL, false },
		{ "BODY[0]", NULL, false },
		{ "BODY[1.]", NULL, false },
		{ "BODY[1", NULL, false },
		{ "BODY[1]x", NULL, false },
		{ "BODY[1]<5>", NULL, false },
		{ "BODY[1]<5.0>", NULL, false },
		{ "BODY[1]<.5>", NULL, false },
		{ "BODY[HEADER.FIELDS]", NULL, false },
		{ "BODY[HEADER.FIELDS ()]", NULL, false },
		{ "BODY[HEADER (To)]", NULL, false },
		{ "BODY[HEADER.FIELDS (To)", NULL, false },
		{ "BINARY[1.HEADER]", "BINARY[1.HEADER]", true },
		{ "BINARY.SIZE[1.HEADER.FIELDS (To)]", "BINARY.SIZE[1.HEADER.FIELDS (To)]", false },
		{ "BINARY.PEEK[1]<5>", "BINARY[1]<5>", false },
		{ "BINARY.PEEK[1]<>", NULL, false },
		{ "BINARY.SIZE[1]<5>", NULL, false },
		{ "BINARY.SIZE[MIME]", NULL, false },
		{ "BINARY.SIZE[1]<0.1>", NULL, false },
		{ "BODY[4294967296]", NULL, false },
		{ "FOO[]", NULL, false },
		{ "FOO", NULL, false },
		{ "()", NULL, false },
		{ "(ALL)", NULL, false },
	};
	struct imap_parser *parser = new_parser();

	for (size_t i = 0; i < G_N_ELEMENTS(rows); i++) {
		struct args args = read_args(parser, rows[i].text);
		struct fetch_items items;
		bool ok = fetch_items_read(&args, &items) && args_end(&args);

		g_assert_cmpint(ok, ==, rows[i].label != NULL);
		if (!ok)
			continue;
		g_assert_true(slice_equal(items.sections->label, slice_from_string(rows[i].label)));
		g_assert_cmpint(items.sets_seen, ==, rows[i].seen);
	}
	imap_parser_destroy(&parser);
}

static void search_programs_are_read_or_refused(void)
{
	static const struct {
		const char *text;
		bool ok;
	} rows[] = {
		{ "ALL", true }, { "1:5,7", true }, { "$", true }, { "UID 1:*", true }, { "SEEN UNSEEN", true },
		{ "NOT NOT SEEN", true }, { "OR SEEN (FLAGGED 1)", true }, { "HEADER X-Foo \"\"", true },
		{ "CHARSET UTF-8 SUBJECT {2+}\r\n\xc3\xa4", true }, { "CHARSET iso-8859-1 ALL", true },
		{ "SINCE 1-Feb-1994", true }, { "SENTON \"1-Feb-1994\"", true }, { "LARGER 5", true },
		{ "MODSEQ 5", true }, { "MODSEQ \"/flags/\\\\Seen\" all 5", true }, { "OLDER 60", true },
		{ "KEYWORD $Foo", true }, { "FUZZY (SUBJECT x)", true }, { "(ALL (ALL))", true },
		{ "", false }, { "FOO", false }, { "NOT", false }, { "OR SEEN", false }, { "()", false },
		{ "SINCE 32-Feb-1994", false }, { "LARGER x", false }, { "UID", false }, { "HEADER X", false },
		{ "OLDER 0", false }, { "1:", false }, { "(SEEN) x", false }, { "CHARSET", false },
	};
	struct imap_parser *parser = new_parser();

	for (size_t i = 0; i < G_N_ELEMENTS(rows); i++) {
		static const struct imap_parser_limits limits = { 100000, 1000, 300, 10000 };
		g_autofree char *line = g_strdup_printf("a X %s\r\n", rows[i].text);
		struct search_program program;
		struct args args;
		size_t eaten, more;

		imap_parser_next(parser);
		imap_parser_set_limits(parser, &limits);
		if (imap_parser_feed(parser, slice_from_string(line), &eaten) == IMAP_PARSE_LITERAL) {
			g_assert_true(imap_parser_accept(parser));
			g_assert_cmpint(imap_parser_feed(parser, slice_from_string(line + eaten), &more), ==,
					IMAP_PARSE_DONE);
		}
		args = args_of(imap_parser_args(parser), imap_parser_arena(parser));
		g_assert_cmpint(search_program_read(&args, NULL, &program) == SEARCH_PROGRAM_OK, ==, rows[i].ok);
	}
	imap_parser_destroy(&parser);
}

static void a_search_nested_without_end_is_refused(void)
{
	g_autoptr(GString) text = g_string_new(NULL);
	struct imap_parser *parser = new_parser();
	struct search_program program;
	struct args args;

	for (int i = 0; i < 5000; i++)
		g_string_append(text, "NOT ");
	g_string_append(text, "ALL");
	args = read_args(parser, text->str);
	g_assert_cmpint(search_program_read(&args, NULL, &program), ==, SEARCH_PROGRAM_BAD);
	imap_parser_destroy(&parser);
}

static void an_unknown_charset_is_told_apart(void)
{
	struct imap_parser *parser = new_parser();
	struct args args = read_args(parser, "CHARSET X-NONE ALL");
	struct search_program program;

	g_assert_cmpint(search_program_read(&args, NULL, &program), ==, SEARCH_PROGRAM_BAD_CHARSET);
	imap_parser_destroy(&parser);
}

int main(int argc, char **argv)
{
	g_test_init(&argc, &argv, NULL);
	g_test_add_func("/set/resolve", sequence_sets_resolve_sorted_and_merged);
	g_test_add_func("/set/large", a_set_of_100000_entries_shrinks_to_its_ranges);
	g_test_add_func("/set/highest", the_highest_of_a_set_are_kept);
	g_test_add_func("/utf7/one-form", modified_utf7_has_one_form_per_name);
	g_test_add_func("/utf7/all", every_character_survives_modified_utf7);
	g_test_add_func("/name/patterns", patterns_match_names_by_level);
	g_test_add_func("/name/both-ways", names_change_between_wire_and_store);
	g_test_add_func("/quote", strings_go_out_quoted_or_as_literals);
	g_test_add_func("/progress", progress_has_a_goal_that_lies_ahead);
	g_test_add_func("/date", dates_are_exact_or_refused);
	g_test_add_func("/fetch-items", fetch_sections_are_read_and_named);
	g_test_add_func("/search/read", search_programs_are_read_or_refused);
	g_test_add_func("/search/nesting", a_search_nested_without_end_is_refused);
	g_test_add_func("/search/charset", an_unknown_charset_is_told_apart);
	return g_test_run();
}
