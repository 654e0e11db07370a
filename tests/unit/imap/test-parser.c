/* The command tokenizer: every command is fed whole, octet by octet, and cut in
 * two at every offset, and must come out the same. */
#include "imap/parser.h"

#include <errno.h>

static const struct imap_parser_limits limits = { .line = 2000, .literals = 1000, .depth = 10, .args = 100 };

static void print_args(GString *out, const struct imap_arg *arg)
{
	for (bool first = true; arg != NULL; arg = arg->next, first = false) {
		if (!first && !arg->after_list)
			g_string_append_c(out, ' ');
		switch (arg->type) {
		case IMAP_ARG_ATOM:
			g_string_append_len(out, arg->text.data, (gssize)arg->text.len);
			break;
		case IMAP_ARG_QUOTED:
			g_string_append_printf(out, "\"%.*s\"", (int)arg->text.len, arg->text.data);
			break;
		case IMAP_ARG_LITERAL:
			g_string_append_printf(out, "%s<%.*s>", arg->is_binary ? "~" : "",
					       (int)arg->text.len, arg->text.data);
			break;
		case IMAP_ARG_LIST:
			g_string_append_c(out, '(');
			print_args(out, arg->first);
			g_string_append_c(out, ')');
			break;
		}
	}
}

/* One line per event: "L5+" a literal, "tag COMMAND args", "BAD tag", "FATAL". */
static enum imap_parse_result feed_piece(struct imap_parser *parser, struct slice piece, GString *out)
{
	while (piece.len > 0) {
		size_t eaten;
		enum imap_parse_result result = imap_parser_feed(parser, piece, &eaten);

		piece = slice_of(piece.data + eaten, piece.len - eaten);
		if (result == IMAP_PARSE_LITERAL) {
			struct imap_literal literal = imap_parser_literal(parser);

			g_string_append_printf(out, "L%d%s ", (int)literal.size, literal.is_sync ? "" : "+");
			if (!imap_parser_accept(parser))
				result = imap_parser_refuse(parser, "too big");
		}
		if (result == IMAP_PARSE_FATAL) {
			g_string_append(out, "FATAL\n");
			return result;
		}
		if (result == IMAP_PARSE_DONE || result == IMAP_PARSE_BAD) {
			struct slice tag = imap_parser_tag(parser), name = imap_parser_command(parser);

			if (result == IMAP_PARSE_BAD)
				g_string_append(out, "BAD ");
			g_string_append_printf(out, "%.*s", (int)tag.len, tag.data);
			if (result == IMAP_PARSE_DONE) {
				g_string_append_printf(out, " %.*s ", (int)name.len, name.data);
				print_args(out, imap_parser_args(parser));
			} else {
				g_assert_nonnull(imap_parser_error(parser));
			}
			g_string_append_c(out, '\n');
			imap_parser_next(parser);
		}
	}
	return IMAP_PARSE_MORE;
}

static char *parse(struct slice input, size_t piece, size_t cut)
{
	struct imap_parser *parser = imap_parser_create(&limits);
	GString *out = g_string_new(NULL);

	for (size_t at = 0; at < input.len;) {
		size_t len = at < cut ? MIN(cut - at, piece) : piece;

		len = MIN(len, input.len - at);
		if (feed_piece(parser, slice_of(input.data + at, len), out) == IMAP_PARSE_FATAL)
			break;
		at += len;
	}
	imap_parser_destroy(&parser);
	return g_string_free(out, FALSE);
}

struct row {
	struct slice input;
	const char *expected;
};

#define ROW(in, out) { { in, sizeof(in) - 1 }, out }

static void check_every_cut(const struct row *row)
{
	g_autofree char *whole = parse(row->input, row->input.len, 0);
	g_autofree char *octets = parse(row->input, 1, 0);

	g_assert_cmpstr(whole, ==, row->expected);
	g_assert_cmpstr(octets, ==, row->expected);
	for (size_t cut = 1; cut < row->input.len; cut++) {
		g_autofree char *pieces = parse(row->input, row->input.len, cut);

		g_assert_cmpstr(pieces, ==, row->expected);
	}
}

static void commands_come_out_the_same_however_they_are_cut(void)
{
	static const struct row rows[] = {
		ROW("a NOOP\r\n", "a NOOP \n"),
		ROW("a noop\r\nb check\r\n", "a NOOP \nb CHECK \n"),
		ROW("A1 LOGIN user \"pa ss\"\r\n", "A1 LOGIN user \"pa ss\"\n"),
		ROW("a LOGIN \"\" \"a\\\"b\\\\c\"\r\n", "a LOGIN \"\" \"a\"b\\c\"\n"),
		ROW("a LOGIN {3}\r\nbob {2+}\r\npw\r\n", "L3 L2+ a LOGIN <bob> <pw>\n"),
		ROW("a LOGIN {0}\r\n {0+}\r\n\r\n", "L0 L0+ a LOGIN <> <>\n"),
		ROW("a APPEND x ~{4+}\r\n\0\1\2\3\r\n", "L4+ a APPEND x ~<>\n"),
		ROW("a SELECT ~user\r\n", "a SELECT ~user\n"),
		ROW("a SELECT ~\r\n", "a SELECT ~\n"),
		ROW("a UID FETCH 1:* (FLAGS UID)\r\n", "a UID FETCH 1:* (FLAGS UID)\n"),
		ROW("a FETCH 1 BODY.PEEK[HEADER.FIELDS (To \"Cc\" {4+}\r\nFrom)]<0.10>\r\n",
		    "L4+ a FETCH 1 BODY.PEEK[HEADER.FIELDS (To \"Cc\" <From>)]<0.10>\n"),
		ROW("a FETCH 1 (BODY[HEADER.FIELDS (A)] FLAGS)\r\n", "a FETCH 1 (BODY[HEADER.FIELDS (A)] FLAGS)\n"),
		ROW("a STORE 1 +FLAGS.SILENT (\\Seen $x)\r\n", "a STORE 1 +FLAGS.SILENT (\\Seen $x)\n"),
		ROW("a LIST () \"\" (% *) RETURN ()\r\n", "a LIST () \"\" (% *) RETURN ()\n"),
		ROW("a X ((()) (a b))\r\n", "a X ((()) (a b))\n"),
		ROW("a NOOP \r\n", "a NOOP \n"),
		ROW("a X \"\xc3\xa4\"\r\n", "a X \"\xc3\xa4\"\n"),
		ROW("]! X a]b\r\n", "]! X a]b\n"),
	};

	for (size_t i = 0; i < G_N_ELEMENTS(rows); i++)
		check_every_cut(&rows[i]);
}

static void bad_commands_are_skipped_to_their_end_and_the_next_is_read(void)
{
	static const struct row rows[] = {
		ROW("\r\na NOOP\r\n", "BAD \na NOOP \n"),
		ROW("+ X\r\na NOOP\r\n", "BAD \na NOOP \n"),
		ROW("a\r\na NOOP\r\n", "BAD a\na NOOP \n"),
		ROW("a \r\na NOOP\r\n", "BAD a\na NOOP \n"),
		ROW("a UID\r\n", "a UID \n"),
		ROW("a UID \r\n", "BAD a\n"),
		ROW("a NOOP\nb NOOP\r\n", "BAD a\nb NOOP \n"),
		ROW("a NOOP\rb\r\nb NOOP\r\n", "BAD a\nb NOOP \n"),
		ROW("a NO\0P\r\nb NOOP\r\n", "BAD a\nb NOOP \n"),
		ROW("a X a  b\r\nb NOOP\r\n", "BAD a\nb NOOP \n"),
		ROW("a X (a\r\nb NOOP\r\n", "BAD a\nb NOOP \n"),
		ROW("a X a)\r\nb NOOP\r\n", "BAD a\nb NOOP \n"),
		ROW("a X (a )\r\nb NOOP\r\n", "BAD a\nb NOOP \n"),
		ROW("a X (a)(b)\r\nb NOOP\r\n", "BAD a\nb NOOP \n"),
		ROW("a X \"abc\r\nb NOOP\r\n", "BAD a\nb NOOP \n"),
		ROW("a X \"a\\b\"\r\nb NOOP\r\n", "BAD a\nb NOOP \n"),
		ROW("a X \"a\"b\r\nb NOOP\r\n", "BAD a\nb NOOP \n"),
		ROW("a X a\"b\"\r\nb NOOP\r\n", "BAD a\nb NOOP \n"),
		ROW("a X \xff\r\nb NOOP\r\n", "BAD a\nb NOOP \n"),
		ROW("a X {3x}\r\nb NOOP\r\n", "BAD a\nb NOOP \n"),
		ROW("a X {+}\r\nb NOOP\r\n", "BAD a\nb NOOP \n"),
		ROW("a X {3}b\r\nb NOOP\r\n", "BAD a\nb NOOP \n"),
		ROW("a X {9999}\r\nb NOOP\r\n", "L9999 BAD a\nb NOOP \n"),
		/* Octets of a literal with '+' are never a command, even behind an error. */
		ROW("a X ) {8+}\r\nx NOOP\r\n rest\r\nb NOOP\r\n", "BAD a\nb NOOP \n"),
		ROW("a X ) {3+}\r\nabc {8+}\r\nx NOOP\r\n\r\nb NOOP\r\n", "BAD a\nb NOOP \n"),
		ROW("a X ) {+}\r\nb NOOP\r\n", "BAD a\nb NOOP \n"),
		ROW("a X ) {8}\r\nx NOOP\r\n", "BAD a\nx NOOP \n"),
		ROW("a X x{8+}\r\nx NOOP\r\n\r\nb NOOP\r\n", "BAD a\nb NOOP \n"),
		ROW("a X {8+}\nx NOOP\r\n\r\nb NOOP\r\n", "BAD a\nb NOOP \n"),
		ROW("a X ((((((((((((((a))))))))))))))\r\nb NOOP\r\n", "BAD a\nb NOOP \n"),
		ROW("a X {99999999999999999999999}\r\n", "BAD a\n"),
		ROW("a X {99999999999999999999999+}\r\n", "FATAL\n"),
		ROW("a X ) {99999999999999999999999+}\r\n", "FATAL\n"),
	};

	for (size_t i = 0; i < G_N_ELEMENTS(rows); i++)
		check_every_cut(&rows[i]);
}

static void check_repeated(const char *unit, size_t times, const char *expected)
{
	g_autoptr(GString) input = g_string_new("a X ");
	g_autofree char *got = NULL;

	for (size_t i = 0; i < times; i++)
		g_string_append(input, unit);
	g_string_append(input, "z\r\nb NOOP\r\n");
	got = parse(slice_of(input->str, input->len), input->len, 0);
	g_assert_cmpstr(got, ==, expected);
}

static void limits_make_a_command_bad_and_leave_the_next_alone(void)
{
	check_repeated("x", 3000, "BAD a\nb NOOP \n");
	check_repeated("x ", 150, "BAD a\nb NOOP \n");
	check_repeated("\"a\" ", 700, "BAD a\nb NOOP \n");
}

/* Wherever the line's end falls in it. */
static void an_announcement_at_the_limit_of_the_line_is_heeded(void)
{
	for (size_t before = limits.line - 10; before <= limits.line; before++) {
		g_autoptr(GString) input = g_string_new("a X ");
		g_autofree char *got = NULL;

		while (input->len < before)
			g_string_append_c(input, 'x');
		g_string_append(input, " {10+}\r\nx NOOP\r\nyz z\r\nb NOOP\r\n");
		got = parse(slice_of(input->str, input->len), input->len, 0);
		g_assert_true(g_str_has_suffix(got, "BAD a\nb NOOP \n"));
		g_assert_null(strstr(got, "x NOOP"));
	}
}

static void literals_over_the_memory_limit_are_skipped(void)
{
	g_autoptr(GString) input = g_string_new("a X {1500+}\r\n");
	g_autofree char *got = NULL;

	for (int i = 0; i < 1500; i++)
		g_string_append_c(input, 'x');
	g_string_append(input, " y\r\nb NOOP\r\n");
	got = parse(slice_of(input->str, input->len), 7, 0);
	g_assert_cmpstr(got, ==, "L1500+ BAD a\nb NOOP \n");
}

static void a_spooled_literal_holds_the_octets_sent(void)
{
	struct imap_parser *parser = imap_parser_create(&limits);
	struct slice input = SLICE("a APPEND x {6}\r\nab\r\ncd\r\n");
	const struct imap_arg *arg;
	char octets[10];
	size_t eaten;

	g_assert_cmpint(imap_parser_feed(parser, input, &eaten), ==, IMAP_PARSE_LITERAL);
	imap_parser_accept_spool(parser, spool_create(2, NULL));
	input = slice_of(input.data + eaten, input.len - eaten);
	g_assert_cmpint(imap_parser_feed(parser, input, &eaten), ==, IMAP_PARSE_DONE);
	g_assert_cmpuint(eaten, ==, input.len);
	arg = imap_parser_args(parser)->next;
	g_assert_cmpint(spool_read(arg->spool, 0, octets, sizeof(octets)), ==, 6);
	g_assert_true(memcmp(octets, "ab\r\ncd", 6) == 0);
	imap_parser_destroy(&parser);
}

static void a_spool_that_fails_makes_the_command_bad(void)
{
	struct imap_parser *parser = imap_parser_create(&limits);
	struct slice input = SLICE("a APPEND x {6+}\r\nab\r\ncd\r\nb NOOP\r\n");
	size_t eaten;

	g_assert_cmpint(imap_parser_feed(parser, input, &eaten), ==, IMAP_PARSE_LITERAL);
	imap_parser_accept_spool(parser, spool_create(2, "/nonexistent"));
	input = slice_of(input.data + eaten, input.len - eaten);
	g_assert_cmpint(imap_parser_feed(parser, input, &eaten), ==, IMAP_PARSE_BAD);
	g_assert_cmpint(imap_parser_spool_error(parser), ==, ENOENT);
	input = slice_of(input.data + eaten, input.len - eaten);
	imap_parser_next(parser);
	g_assert_cmpint(imap_parser_feed(parser, input, &eaten), ==, IMAP_PARSE_DONE);
	imap_parser_destroy(&parser);
}

int main(int argc, char **argv)
{
	g_test_init(&argc, &argv, NULL);
	g_test_add_func("/parser/cuts", commands_come_out_the_same_however_they_are_cut);
	g_test_add_func("/parser/bad", bad_commands_are_skipped_to_their_end_and_the_next_is_read);
	g_test_add_func("/parser/limits", limits_make_a_command_bad_and_leave_the_next_alone);
	g_test_add_func("/parser/limit-in-announcement", an_announcement_at_the_limit_of_the_line_is_heeded);
	g_test_add_func("/parser/literal-limit", literals_over_the_memory_limit_are_skipped);
	g_test_add_func("/parser/spool", a_spooled_literal_holds_the_octets_sent);
	g_test_add_func("/parser/spool-fails", a_spool_that_fails_makes_the_command_bad);
	return g_test_run();
}
