/* Command lines and multi-line responses of POP3. */
#include "pop3/parser.h"
#include "pop3/stuff.h"

/* What a client makes of a multi-line response: lines by CRLF only, one leading dot
 * taken off, "." ends. */
static GString *unstuff(const GString *wire, bool lf_is_enough)
{
	GString *octets = g_string_new(NULL);
	size_t at = 0;

	for (;;) {
		size_t end = at;
		size_t mark = lf_is_enough ? 1 : 2;

		while (end + mark <= wire->len && memcmp(wire->str + end, lf_is_enough ? "\n" : "\r\n", mark) != 0)
			end++;
		g_assert_cmpuint(end + mark, <=, wire->len);
		if (wire->str[at] == '.') {
			if (end == at + 1 || (lf_is_enough && end == at + 2 && wire->str[at + 1] == '\r')) {
				g_assert_cmpuint(end + mark, ==, wire->len);
				return octets;
			}
			at++;
		}
		g_string_append_len(octets, wire->str + at, (gssize)(end + mark - at));
		at = end + mark;
	}
}

static const struct {
	struct slice in;
	const char *wire;
} stuffed[] = {
	{ { "", 0 }, ".\r\n" },
	{ { "a\r\n", 3 }, "a\r\n.\r\n" },
	{ { "a", 1 }, "a\r\n.\r\n" },
	{ { "a\r", 2 }, "a\r\r\n.\r\n" },
	{ { "a\n", 2 }, "a\n\r\n.\r\n" },
	{ { "\n", 1 }, "\n\r\n.\r\n" },
	{ { ".\r\n", 3 }, "..\r\n.\r\n" },
	{ { "a\r\n.\r\nb\r\n", 9 }, "a\r\n..\r\nb\r\n.\r\n" },
	{ { "a\r\n..b\r\n", 8 }, "a\r\n...b\r\n.\r\n" },
	{ { "a\n.\nb\r\n", 7 }, "a\n..\nb\r\n.\r\n" },
	{ { "a.\r.b\r\n", 7 }, "a.\r.b\r\n.\r\n" },
	{ { ".", 1 }, "..\r\n.\r\n" },
};

static void dots_are_stuffed_however_the_octets_are_cut(void)
{
	for (size_t i = 0; i < G_N_ELEMENTS(stuffed); i++) {
		for (size_t step = 1; step <= stuffed[i].in.len + 1; step++) {
			g_autoptr(GString) out = g_string_new(NULL);
			struct pop3_stuffer stuffer;

			pop3_stuffer_init(&stuffer);
			for (size_t at = 0; at < stuffed[i].in.len; at += step)
				pop3_stuff(&stuffer,
					   slice_of(stuffed[i].in.data + at, MIN(step, stuffed[i].in.len - at)), out);
			pop3_stuff_end(&stuffer, out);
			g_assert_cmpstr(out->str, ==, stuffed[i].wire);
		}
	}
}

static void a_client_gets_the_octets_back_and_stays_in_step(void)
{
	for (size_t i = 0; i < G_N_ELEMENTS(stuffed); i++) {
		g_autoptr(GString) wire = g_string_new(stuffed[i].wire);
		g_autoptr(GString) expected = g_string_new_len(stuffed[i].in.data, (gssize)stuffed[i].in.len);
		GString *strict = unstuff(wire, false), *lenient = unstuff(wire, true);

		if (expected->len > 0 && !g_str_has_suffix(expected->str, "\r\n"))
			g_string_append(expected, "\r\n");
		g_assert_true(g_string_equal(lenient, expected));
		/* A dot behind a bare LF costs a client that knows no bare LF one more. */
		if (strstr(expected->str, "\n.\n") == NULL)
			g_assert_true(g_string_equal(strict, expected));
		g_string_free(strict, TRUE);
		g_string_free(lenient, TRUE);
	}
}

static void top_counts_lines_however_the_body_is_cut(void)
{
	static const char body[] = "one\r\n\r\nthree\r\n.\r\nfive";
	static const size_t ends[] = { 0, 5, 7, 14, 17, 21, 21 };

	for (uint64_t lines = 0; lines < G_N_ELEMENTS(ends); lines++) {
		for (size_t step = 1; step < sizeof(body); step++) {
			uint64_t left = lines;
			size_t taken = 0;

			for (size_t at = 0; at < sizeof(body) - 1; at += step)
				taken += pop3_first_lines(slice_of(body + at, MIN(step, sizeof(body) - 1 - at)), &left).len;
			g_assert_cmpuint(taken, ==, ends[lines]);
		}
	}
}

static void verbs_end_at_the_first_space(void)
{
	static const struct {
		const char *line, *verb, *rest;
	} rows[] = {
		{ "STAT", "STAT", "" },
		{ "PASS a b ", "PASS", "a b " },
		{ "PASS  x", "PASS", " x" },
		{ "PASS ", "PASS", "" },
		{ "", "", "" },
	};

	for (size_t i = 0; i < G_N_ELEMENTS(rows); i++) {
		struct slice verb, rest;

		pop3_split_verb(slice_from_string(rows[i].line), &verb, &rest);
		g_assert_true(slice_equal(verb, slice_from_string(rows[i].verb)));
		g_assert_true(slice_equal(rest, slice_from_string(rows[i].rest)));
	}
}

static void numbers_are_as_many_as_asked_for(void)
{
	static const struct {
		const char *rest;
		size_t count;
		bool ok;
		uint64_t numbers[2];
	} rows[] = {
		{ "1", 1, true, { 1 } },
		{ "1 ", 1, true, { 1 } },
		{ "12 0", 2, true, { 12, 0 } },
		{ "1 2", 1, false, { 0 } },
		{ "1", 2, false, { 0 } },
		{ "1  2", 2, false, { 0 } },
		{ " 1", 1, false, { 0 } },
		{ "", 1, false, { 0 } },
		{ "-1", 1, false, { 0 } },
		{ "x", 1, false, { 0 } },
		{ "99999999999999999999", 1, false, { 0 } },
	};

	for (size_t i = 0; i < G_N_ELEMENTS(rows); i++) {
		uint64_t numbers[2] = { 0 };

		g_assert_cmpint(pop3_parse_numbers(slice_from_string(rows[i].rest), rows[i].count, numbers), ==,
				rows[i].ok);
		if (rows[i].ok)
			g_assert_cmpmem(numbers, rows[i].count * sizeof(*numbers), rows[i].numbers,
					rows[i].count * sizeof(*numbers));
	}
}

static void auth_takes_a_mechanism_and_perhaps_a_response(void)
{
	static const struct {
		const char *rest, *mechanism, *response;
	} rows[] = {
		{ "PLAIN", "PLAIN", NULL },
		{ "PLAIN AAAA", "PLAIN", "AAAA" },
		{ "EXTERNAL =", "EXTERNAL", "=" },
		{ "PLAIN ", "PLAIN", NULL },
		{ "PLAIN A B", NULL, NULL },
		{ "PLAIN  A", NULL, NULL },
		{ "", NULL, NULL },
		{ " PLAIN", NULL, NULL },
	};

	for (size_t i = 0; i < G_N_ELEMENTS(rows); i++) {
		struct slice mechanism, response;
		bool ok = pop3_parse_auth(slice_from_string(rows[i].rest), &mechanism, &response);

		g_assert_cmpint(ok, ==, rows[i].mechanism != NULL);
		if (!ok)
			continue;
		g_assert_true(slice_equal(mechanism, slice_from_string(rows[i].mechanism)));
		g_assert_cmpint(response.data != NULL, ==, rows[i].response != NULL);
		if (rows[i].response != NULL)
			g_assert_true(slice_equal(response, slice_from_string(rows[i].response)));
	}
}

int main(int argc, char **argv)
{
	g_test_init(&argc, &argv, NULL);
#define ADD(name) g_test_add_func("/pop3/" #name, name)
	ADD(dots_are_stuffed_however_the_octets_are_cut);
	ADD(a_client_gets_the_octets_back_and_stays_in_step);
	ADD(top_counts_lines_however_the_body_is_cut);
	ADD(verbs_end_at_the_first_space);
	ADD(numbers_are_as_many_as_asked_for);
	ADD(auth_takes_a_mechanism_and_perhaps_a_response);
	return g_test_run();
}
