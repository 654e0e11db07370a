/* Paths and command lines of LMTP. */
#include "lmtp/parser.h"

static void paths_have_one_meaning_or_none(void)
{
	static const struct {
		const char *text;
		const char *address; /* NULL: refused */
		enum lmtp_path_kind kind;
	} rows[] = {
		{ "<a@b.test>", "a@b.test", LMTP_FORWARD_PATH },
		{ "<a.b+c@b.test>", "a.b+c@b.test", LMTP_FORWARD_PATH },
		{ "<\"a b\"@b.test>", "\"a b\"@b.test", LMTP_FORWARD_PATH },
		{ "<\"ab\"@b.test>", "ab@b.test", LMTP_FORWARD_PATH },
		{ "<\"a.b\"@b.test>", "a.b@b.test", LMTP_FORWARD_PATH },
		{ "<\"a..b\"@b.test>", "\"a..b\"@b.test", LMTP_FORWARD_PATH },
		{ "<\"a\\\"b\"@b.test>", "\"a\\\"b\"@b.test", LMTP_FORWARD_PATH },
		{ "<\"a\\b\"@b.test>", "ab@b.test", LMTP_FORWARD_PATH },
		{ "<\"a>b\"@b.test>", "\"a>b\"@b.test", LMTP_FORWARD_PATH },
		{ "<\"\"@b.test>", "\"\"@b.test", LMTP_FORWARD_PATH },
		{ "<@x.test,@y.test:a@b.test>", "a@b.test", LMTP_FORWARD_PATH },
		{ "<a@[192.0.2.1]>", "a@[192.0.2.1]", LMTP_FORWARD_PATH },
		{ "<a@[IPv6:2001:db8::1]>", "a@[IPv6:2001:db8::1]", LMTP_FORWARD_PATH },
		{ "<postmaster>", "postmaster", LMTP_FORWARD_PATH },
		{ "<postmaster>", NULL, LMTP_REVERSE_PATH },
		{ "<>", "", LMTP_REVERSE_PATH },
		{ "<>", NULL, LMTP_FORWARD_PATH },
		{ "<gr\xc3\xbc\xc3\x9f" "e@b.test>", "gr\xc3\xbc\xc3\x9f" "e@b.test", LMTP_FORWARD_PATH },
		{ "<a@b\xc3\xbc" "ro.test>", "a@b\xc3\xbc" "ro.test", LMTP_FORWARD_PATH },
		{ "<\"gr\xc3\xbc\xc3\x9f e\"@b.test>", "\"gr\xc3\xbc\xc3\x9f e\"@b.test", LMTP_FORWARD_PATH },
		{ "<gr\xfc" "e@b.test>", NULL, LMTP_FORWARD_PATH },
		{ "<a@b_c.test>", "a@b_c.test", LMTP_FORWARD_PATH },
		{ "<a@b.test", NULL, LMTP_FORWARD_PATH },
		{ "a@b.test", NULL, LMTP_FORWARD_PATH },
		{ "<a b@b.test>", NULL, LMTP_FORWARD_PATH },
		{ "<a@@b.test>", NULL, LMTP_FORWARD_PATH },
		{ "<.a@b.test>", "\".a\"@b.test", LMTP_REVERSE_PATH },
		{ "<a.@b.test>", "\"a.\"@b.test", LMTP_REVERSE_PATH },
		{ "<a..b@b.test>", "\"a..b\"@b.test", LMTP_REVERSE_PATH },
		{ "<a..b@b.test>", "\"a..b\"@b.test", LMTP_FORWARD_PATH },
		{ "<a..@[192.0.2.1]>", "\"a..\"@[192.0.2.1]", LMTP_REVERSE_PATH },
		{ "<a..b c@b.test>", NULL, LMTP_REVERSE_PATH },
		{ "<..>", NULL, LMTP_REVERSE_PATH },
		{ "<a@b..test>", NULL, LMTP_FORWARD_PATH },
		{ "<a@.test>", NULL, LMTP_FORWARD_PATH },
		{ "<a@>", NULL, LMTP_FORWARD_PATH },
		{ "<@b.test>", NULL, LMTP_FORWARD_PATH },
		{ "<@x.test:>", NULL, LMTP_FORWARD_PATH },
		{ "<a@b.test\x01>", NULL, LMTP_FORWARD_PATH },
		{ "<\"a\x01\"@b.test>", NULL, LMTP_FORWARD_PATH },
		{ "<\"a\"b@b.test>", NULL, LMTP_FORWARD_PATH },
		{ "<a@[]>", NULL, LMTP_FORWARD_PATH },
		{ "<a@[1.2.3.4>", NULL, LMTP_FORWARD_PATH },
		{ "", NULL, LMTP_FORWARD_PATH },
	};

	for (size_t i = 0; i < G_N_ELEMENTS(rows); i++) {
		struct lmtp_path path;
		struct slice rest;
		bool ok = lmtp_path_parse(slice_from_string(rows[i].text), rows[i].kind, &path, &rest);

		g_test_message("%s", rows[i].text);
		g_assert_cmpint(ok, ==, rows[i].address != NULL);
		if (ok) {
			g_assert_cmpstr(path.address, ==, rows[i].address);
			g_assert_cmpuint(rest.len, ==, 0);
		}
		lmtp_path_clear(&path);
	}
}

static void every_cut_of_a_path_is_refused(void)
{
	static const char *const texts[] = {
		"<@x.test,@y.test:\"a \\\"b\"@b.test>", "<a@[IPv6:2001:db8::1]>", "<gr\xc3\xbc\xc3\x9fxe@b\xc3\xbcx.test>",
	};

	for (size_t i = 0; i < G_N_ELEMENTS(texts); i++) {
		for (size_t cut = 0; cut < strlen(texts[i]); cut++) {
			/* A copy of its own size, so that a checker sees reads behind it. */
			g_autofree char *exact = g_memdup2(texts[i], cut);
			struct lmtp_path path;
			struct slice rest;

			g_assert_false(lmtp_path_parse(slice_of(exact, cut), LMTP_FORWARD_PATH, &path, &rest));
			lmtp_path_clear(&path);
		}
	}
}

static void every_octet_in_a_local_part_is_taken_or_refused(void)
{
	for (int octet = 0; octet < 256; octet++) {
		char text[] = "<aXb@c.test>";
		struct lmtp_path path;
		struct slice rest;
		bool ok, atom = g_ascii_isalnum(octet) ||
				(octet > 0x20 && octet < 0x7f && strchr("\"(),:;<>@[\\]", octet) == NULL);

		text[2] = (char)octet;
		ok = lmtp_path_parse(slice_of(text, sizeof(text) - 1), LMTP_FORWARD_PATH, &path, &rest) &&
		     rest.len == 0;
		g_assert_cmpint(ok, ==, atom);
		lmtp_path_clear(&path);
	}
}

static void over_long_paths_are_refused(void)
{
	g_autofree char *local = g_strnfill(LMTP_MAX_ADDRESS, 'a');
	g_autofree char *label = g_strnfill(256, 'd');
	g_autofree char *long_local = g_strdup_printf("<%s@b.test>", local);
	g_autofree char *long_domain = g_strdup_printf("<a@%s>", label);
	struct lmtp_path path;
	struct slice rest;

	g_assert_false(lmtp_path_parse(slice_from_string(long_local), LMTP_FORWARD_PATH, &path, &rest));
	g_assert_false(lmtp_path_parse(slice_from_string(long_domain), LMTP_FORWARD_PATH, &path, &rest));
}

static void mail_takes_known_parameters_once(void)
{
	static const struct {
		const char *arguments;
		const char *reply; /* its code; NULL: taken */
		uint64_t size;
		bool is_8bit, is_utf8;
	} rows[] = {
		{ "FROM:<a@b.test>", NULL, 0, false, false },
		{ "from:<>", NULL, 0, false, false },
		{ "FROM: <a@b.test>", NULL, 0, false, false },
		{ "FROM:<a@b.test> SIZE=1000", NULL, 1000, false, false },
		{ "FROM:<a@b.test> size=1000 body=8bitmime smtputf8", NULL, 1000, true, true },
		{ "FROM:<a@b.test> BODY=7BIT ", NULL, 0, false, false },
		{ "FROM:<a@b.test> SIZE=18446744073709551615", NULL, UINT64_MAX, false, false },
		{ "FROM:<a@b.test> SIZE=18446744073709551616", "501", 0, false, false },
		{ "FROM:<a@b.test> SIZE=-1", "501", 0, false, false },
		{ "FROM:<a@b.test> SIZE", "501", 0, false, false },
		{ "FROM:<a@b.test> SIZE=1 SIZE=1", "501", 0, false, false },
		{ "FROM:<a@b.test> BODY=BINARYMIME", "501", 0, false, false },
		{ "FROM:<a@b.test> SMTPUTF8=1", "501", 0, false, false },
		{ "FROM:<a@b.test> RET=HDRS", "555", 0, false, false },
		{ "FROM:<a@b.test>SIZE=1", "501", 0, false, false },
		{ "FROM:a@b.test", "501", 0, false, false },
		{ "TO:<a@b.test>", "501", 0, false, false },
		{ "", "501", 0, false, false },
	};

	for (size_t i = 0; i < G_N_ELEMENTS(rows); i++) {
		struct lmtp_mail mail;
		const char *reply = lmtp_parse_mail(slice_from_string(rows[i].arguments), &mail);

		g_test_message("%s", rows[i].arguments);
		if (rows[i].reply != NULL) {
			g_assert_nonnull(reply);
			g_assert_true(g_str_has_prefix(reply, rows[i].reply));
		} else {
			g_assert_null(reply);
			g_assert_cmpuint(mail.size, ==, rows[i].size);
			g_assert_cmpint(mail.is_8bit, ==, rows[i].is_8bit);
			g_assert_cmpint(mail.is_utf8, ==, rows[i].is_utf8);
		}
		lmtp_path_clear(&mail.path);
	}
}

static void rcpt_takes_no_parameter(void)
{
	static const struct {
		const char *arguments, *reply;
	} rows[] = {
		{ "TO:<a@b.test>", NULL },
		{ "to: <a@b.test> ", NULL },
		{ "TO:<postmaster>", NULL },
		{ "TO:<>", "501 5.1.3" },
		{ "TO:<a@b.test> NOTIFY=NEVER", "555" },
		{ "FROM:<a@b.test>", "501 5.5.4" },
	};

	for (size_t i = 0; i < G_N_ELEMENTS(rows); i++) {
		struct lmtp_path path;
		const char *reply = lmtp_parse_rcpt(slice_from_string(rows[i].arguments), &path);

		g_assert_cmpint(reply != NULL, ==, rows[i].reply != NULL);
		if (reply != NULL)
			g_assert_true(g_str_has_prefix(reply, rows[i].reply));
		lmtp_path_clear(&path);
	}
}

static void bdat_takes_a_size_and_perhaps_last(void)
{
	static const struct {
		const char *arguments;
		bool ok;
		uint64_t size;
		bool last;
	} rows[] = {
		{ "0", true, 0, false },
		{ "0 LAST", true, 0, true },
		{ "123  last", true, 123, true },
		{ "", false, 0, false },
		{ "LAST", false, 0, false },
		{ "12 FIRST", false, 0, false },
		{ "12 LAST x", false, 0, false },
		{ "-1", false, 0, false },
		{ "9223372036854775808", false, 0, false },
	};

	for (size_t i = 0; i < G_N_ELEMENTS(rows); i++) {
		uint64_t size = 0;
		bool last = false;
		const char *reply = lmtp_parse_bdat(slice_from_string(rows[i].arguments), &size, &last);

		g_assert_cmpint(reply == NULL, ==, rows[i].ok);
		if (rows[i].ok) {
			g_assert_cmpuint(size, ==, rows[i].size);
			g_assert_cmpint(last, ==, rows[i].last);
		}
	}
}

static void verbs_end_at_the_first_blank(void)
{
	static const struct {
		const char *line, *verb, *rest;
	} rows[] = {
		{ "NOOP", "NOOP", "" },
		{ "NOOP  x ", "NOOP", "x" },
		{ "", "", "" },
		{ " NOOP", "", "NOOP" },
		{ "MAIL\tFROM:<>", "MAIL", "FROM:<>" },
	};

	for (size_t i = 0; i < G_N_ELEMENTS(rows); i++) {
		struct slice verb, rest;

		lmtp_split_verb(slice_from_string(rows[i].line), &verb, &rest);
		g_assert_true(slice_equal(verb, slice_from_string(rows[i].verb)));
		g_assert_true(slice_equal(rest, slice_from_string(rows[i].rest)));
	}
}

static void a_client_s_name_can_stand_in_a_trace_header(void)
{
	g_assert_true(lmtp_is_client_name(SLICE("mail.example.test")));
	g_assert_true(lmtp_is_client_name(SLICE("[192.0.2.1]")));
	g_assert_false(lmtp_is_client_name(SLICE("")));
	g_assert_false(lmtp_is_client_name(SLICE("a b")));
	g_assert_false(lmtp_is_client_name(SLICE("a(b)")));
	g_assert_false(lmtp_is_client_name(SLICE("a\0b")));
	g_assert_false(lmtp_is_client_name(SLICE("\xff")));
}

int main(int argc, char **argv)
{
	g_test_init(&argc, &argv, NULL);
#define ADD(name) g_test_add_func("/lmtp/" #name, name)
	ADD(paths_have_one_meaning_or_none);
	ADD(every_cut_of_a_path_is_refused);
	ADD(every_octet_in_a_local_part_is_taken_or_refused);
	ADD(over_long_paths_are_refused);
	ADD(mail_takes_known_parameters_once);
	ADD(rcpt_takes_no_parameter);
	ADD(bdat_takes_a_size_and_perhaps_last);
	ADD(verbs_end_at_the_first_blank);
	ADD(a_client_s_name_can_stand_in_a_trace_header);
	return g_test_run();
}
