/* The strict request check: what passes, what is refused and with what, however
 * the octets are cut. */
#include "web/request_check.h"

#define LIMIT 1000
#define HOST "Host: mail.example.test\r\n"

/* What became of a run of octets: the heads and body octets that passed. */
struct outcome {
	unsigned status; /* 0: not refused */
	unsigned heads;
	GString *passed;
};

static void outcome_clear(struct outcome *outcome)
{
	g_string_free(outcome->passed, TRUE);
}

/* Shows the octets in pieces that end at `cut`, or octet by octet (cut 0). */
static struct outcome run(struct slice octets, size_t cut)
{
	struct outcome outcome = { .passed = g_string_new(NULL) };
	struct request_check *check = request_check_create(LIMIT);
	size_t seen = cut != 0 ? cut : 1, from = 0;

	for (;;) {
		size_t pass;
		enum request_verdict verdict =
			request_check_next(check, slice_of(octets.data + from, seen - from), &pass);

		if (verdict == REQUEST_REFUSED)
			break;
		if (verdict == REQUEST_HEAD)
			outcome.heads++;
		g_string_append_len(outcome.passed, octets.data + from, (gssize)pass);
		from += pass;
		if (verdict != REQUEST_MORE)
			continue;
		if (seen == octets.len)
			break;
		seen = cut != 0 ? octets.len : seen + 1;
	}
	outcome.status = request_check_status(check);
	request_check_destroy(&check);
	return outcome;
}

static const struct row {
	const char *name;
	struct slice octets;
	unsigned status;
	unsigned heads;
} rows[] = {
#define ROW(name, text, status, heads) { name, { text, sizeof(text) - 1 }, status, heads }
	/* good ones */
	ROW("get", "GET / HTTP/1.1\r\n" HOST "\r\n", 0, 1),
	ROW("get with query", "GET /m/abc_-?x=%2Fm%2F1&y=a+b? HTTP/1.1\r\n" HOST "\r\n", 0, 1),
	ROW("percent path", "GET /a%20b HTTP/1.1\r\n" HOST "\r\n", 0, 1),
	ROW("1.0 without host", "GET / HTTP/1.0\r\n\r\n", 0, 1),
	ROW("post with body", "POST /x HTTP/1.1\r\n" HOST "Content-Length: 3\r\n\r\na=b", 0, 1),
	ROW("pipelined", "GET /1 HTTP/1.1\r\n" HOST "\r\nGET /2 HTTP/1.1\r\n" HOST "\r\n", 0, 2),
	ROW("body then head", "POST /x HTTP/1.1\r\n" HOST "Content-Length: 4\r\n\r\nGET "
			      "GET /2 HTTP/1.1\r\n" HOST "\r\n", 0, 2),
	ROW("expect continue", "POST /x HTTP/1.1\r\n" HOST "Expect: 100-continue\r\nContent-Length: 0\r\n\r\n", 0, 1),
	ROW("other method", "DELETE /x HTTP/1.1\r\n" HOST "\r\n", 0, 1),
	ROW("tab and utf-8 in a value", "GET / HTTP/1.1\r\n" HOST "X: a\tb\xc3\xbc\r\n\r\n", 0, 1),
	ROW("unfinished", "GET / HTTP/1.1\r\nHost: x\r\n", 0, 0),
	ROW("host with port", "GET / HTTP/1.1\r\nHost: [::1]:10080\r\n\r\n", 0, 1),
	ROW("dots that are no dot segment", "GET /a..b/.../.well-known HTTP/1.1\r\n" HOST "\r\n", 0, 1),
	/* smuggling shapes */
	ROW("two lengths", "POST / HTTP/1.1\r\n" HOST "Content-Length: 5\r\nContent-Length: 6\r\n\r\nhello", 400, 0),
	ROW("same length twice", "POST / HTTP/1.1\r\n" HOST "Content-Length: 5\r\nContent-Length: 5\r\n\r\nhello", 400, 0),
	ROW("length list", "POST / HTTP/1.1\r\n" HOST "Content-Length: 5, 5\r\n\r\nhello", 400, 0),
	ROW("signed length", "POST / HTTP/1.1\r\n" HOST "Content-Length: +5\r\n\r\nhello", 400, 0),
	ROW("negative length", "POST / HTTP/1.1\r\n" HOST "Content-Length: -1\r\n\r\n", 400, 0),
	ROW("hex length", "POST / HTTP/1.1\r\n" HOST "Content-Length: 0x5\r\n\r\nhello", 400, 0),
	ROW("empty length", "POST / HTTP/1.1\r\n" HOST "Content-Length: \r\n\r\n", 400, 0),
	ROW("overflowing length", "POST / HTTP/1.1\r\n" HOST "Content-Length: 18446744073709551617\r\n\r\n", 400, 0),
	ROW("length and chunked", "POST / HTTP/1.1\r\n" HOST "Content-Length: 5\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n", 400, 0),
	ROW("chunked and length", "POST / HTTP/1.1\r\n" HOST "Transfer-Encoding: chunked\r\nContent-Length: 5\r\n\r\n0\r\n\r\n", 400, 0),
	ROW("chunked", "POST / HTTP/1.1\r\n" HOST "Transfer-Encoding: Chunked\r\n\r\n0\r\n\r\n", 411, 0),
	ROW("chunked twice", "POST / HTTP/1.1\r\n" HOST "Transfer-Encoding: chunked\r\nTransfer-Encoding: chunked\r\n\r\n", 400, 0),
	ROW("unknown coding", "POST / HTTP/1.1\r\n" HOST "Transfer-Encoding: xchunked\r\n\r\n", 501, 0),
	ROW("coding list", "POST / HTTP/1.1\r\n" HOST "Transfer-Encoding: gzip, chunked\r\n\r\n", 501, 0),
	ROW("identity", "POST / HTTP/1.1\r\n" HOST "Transfer-Encoding: identity\r\n\r\n", 501, 0),
	ROW("chunked in 1.0", "POST / HTTP/1.0\r\nTransfer-Encoding: chunked\r\n\r\n", 400, 0),
	ROW("coding with vertical tab", "POST / HTTP/1.1\r\n" HOST "Transfer-Encoding: \x0b" "chunked\r\n\r\n", 400, 0),
	ROW("space before colon", "POST / HTTP/1.1\r\n" HOST "Content-Length : 5\r\n\r\nhello", 400, 0),
	ROW("two hosts", "GET / HTTP/1.1\r\nHost: a\r\nHost: b\r\n\r\n", 400, 0),
	ROW("same host twice", "GET / HTTP/1.1\r\nHost: a\r\nhost: a\r\n\r\n", 400, 0),
	ROW("no host", "GET / HTTP/1.1\r\n\r\n", 400, 0),
	ROW("empty host", "GET / HTTP/1.1\r\nHost: \r\n\r\n", 400, 0),
	ROW("host with user", "GET / HTTP/1.1\r\nHost: a@b\r\n\r\n", 400, 0),
	ROW("host with path", "GET / HTTP/1.1\r\nHost: a/b\r\n\r\n", 400, 0),
	ROW("bare LF after request line", "GET / HTTP/1.1\n" HOST "\r\n", 400, 0),
	ROW("bare LF after field", "GET / HTTP/1.1\r\nHost: a\n\r\n", 400, 0),
	ROW("bare LF as empty line", "GET / HTTP/1.1\r\nHost: a\r\n\n", 400, 0),
	ROW("bare CR", "GET / HTTP/1.1\r\nHost: a\rX: b\r\n\r\n", 400, 0),
	ROW("CR CR LF", "GET / HTTP/1.1\r\nHost: a\r\r\n\r\n", 400, 0),
	ROW("folded field", "GET / HTTP/1.1\r\nHost: a\r\nX: a\r\n b\r\n\r\n", 400, 0),
	ROW("folded with tab", "GET / HTTP/1.1\r\nHost: a\r\nX: a\r\n\tb\r\n\r\n", 400, 0),
	ROW("space before first field", "GET / HTTP/1.1\r\n Host: a\r\n\r\n", 400, 0),
	ROW("NUL in value", "GET / HTTP/1.1\r\nHost: a\r\nX: a\0b\r\n\r\n", 400, 0),
	ROW("NUL in target", "GET /a\0b HTTP/1.1\r\nHost: a\r\n\r\n", 400, 0),
	ROW("no colon", "GET / HTTP/1.1\r\nHost: a\r\nX\r\n\r\n", 400, 0),
	ROW("no name", "GET / HTTP/1.1\r\nHost: a\r\n: x\r\n\r\n", 400, 0),
	ROW("body on GET", "GET / HTTP/1.1\r\n" HOST "Content-Length: 5\r\n\r\nhello", 400, 0),
	ROW("empty line first", "\r\nGET / HTTP/1.1\r\n" HOST "\r\n", 400, 0),
	ROW("bad one behind a good one", "GET /1 HTTP/1.1\r\n" HOST "\r\nGET /2 HTTP/1.1\r\n\r\n", 400, 1),
	ROW("body longer than said", "POST / HTTP/1.1\r\n" HOST "Content-Length: 2\r\n\r\nhello", 0, 1),
	/* targets */
	ROW("absolute form", "GET http://Mail.example.test:80/a?b=c HTTP/1.1\r\nHost: mail.example.test:80\r\n\r\n", 0, 1),
	ROW("absolute form without path", "GET HTTPS://a?b HTTP/1.1\r\nHost: a\r\n\r\n", 0, 1),
	ROW("absolute form in 1.0", "GET http://a/ HTTP/1.0\r\n\r\n", 0, 1),
	ROW("absolute form of another host", "GET http://a/ HTTP/1.1\r\nHost: b\r\n\r\n", 400, 0),
	ROW("absolute form with user", "GET http://u@a/ HTTP/1.1\r\nHost: a\r\n\r\n", 400, 0),
	ROW("absolute form without host", "GET http:///x HTTP/1.1\r\nHost: a\r\n\r\n", 400, 0),
	ROW("absolute form with dot dot", "GET http://a/x/../y HTTP/1.1\r\nHost: a\r\n\r\n", 400, 0),
	ROW("absolute form of another scheme", "GET ftp://a/ HTTP/1.1\r\nHost: a\r\n\r\n", 400, 0),
	ROW("absolute form, then another host", "GET http://a/ HTTP/1.1\r\nHost: a\r\n\r\n"
						"GET / HTTP/1.1\r\nHost: b\r\n\r\n", 0, 2),
	ROW("asterisk", "OPTIONS * HTTP/1.1\r\n" HOST "\r\n", 400, 0),
	ROW("authority form", "CONNECT a:443 HTTP/1.1\r\n" HOST "\r\n", 400, 0),
	ROW("dot dot", "GET /a/../b HTTP/1.1\r\n" HOST "\r\n", 400, 0),
	ROW("dot dot at end", "GET /a/.. HTTP/1.1\r\n" HOST "\r\n", 400, 0),
	ROW("dot", "GET /./a HTTP/1.1\r\n" HOST "\r\n", 400, 0),
	ROW("encoded dot dot", "GET /a/%2e%2E/b HTTP/1.1\r\n" HOST "\r\n", 400, 0),
	ROW("half encoded dot dot", "GET /a/.%2e HTTP/1.1\r\n" HOST "\r\n", 400, 0),
	ROW("encoded slash", "GET /a%2fb HTTP/1.1\r\n" HOST "\r\n", 400, 0),
	ROW("encoded backslash", "GET /a%5cb HTTP/1.1\r\n" HOST "\r\n", 400, 0),
	ROW("encoded NUL", "GET /a%00 HTTP/1.1\r\n" HOST "\r\n", 400, 0),
	ROW("encoded NUL in query", "GET /a?b=%00 HTTP/1.1\r\n" HOST "\r\n", 400, 0),
	ROW("encoded LF", "GET /a%0ab HTTP/1.1\r\n" HOST "\r\n", 400, 0),
	ROW("bad percent", "GET /a%zz HTTP/1.1\r\n" HOST "\r\n", 400, 0),
	ROW("short percent", "GET /a% HTTP/1.1\r\n" HOST "\r\n", 400, 0),
	ROW("short percent 2", "GET /a%4 HTTP/1.1\r\n" HOST "\r\n", 400, 0),
	ROW("bad percent in query", "GET /?a=%4 HTTP/1.1\r\n" HOST "\r\n", 400, 0),
	ROW("fragment", "GET /a#b HTTP/1.1\r\n" HOST "\r\n", 400, 0),
	ROW("raw 8-bit", "GET /\xc3\xbc HTTP/1.1\r\n" HOST "\r\n", 400, 0),
	ROW("quote", "GET /\"<> HTTP/1.1\r\n" HOST "\r\n", 400, 0),
	ROW("two spaces", "GET  / HTTP/1.1\r\n" HOST "\r\n", 400, 0),
	ROW("space at end", "GET / HTTP/1.1 \r\n" HOST "\r\n", 400, 0),
	ROW("tab", "GET\t/\tHTTP/1.1\r\n" HOST "\r\n", 400, 0),
	ROW("0.9", "GET /\r\n", 400, 0),
	ROW("method not a token", "G(T / HTTP/1.1\r\n" HOST "\r\n", 400, 0),
	/* versions */
	ROW("http/2 preface", "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n", 505, 0),
	ROW("1.2", "GET / HTTP/1.2\r\n" HOST "\r\n", 505, 0),
	ROW("lower case version", "GET / http/1.1\r\n" HOST "\r\n", 400, 0),
	ROW("tls hello", "\x16\x03\x01\x02\x00\x01", 400, 0),
	/* limits and the rest */
	ROW("body at the limit", "POST / HTTP/1.1\r\n" HOST "Content-Length: 1000\r\n\r\n", 0, 1),
	ROW("body over the limit", "POST / HTTP/1.1\r\n" HOST "Content-Length: 1001\r\n\r\n", 413, 0),
	ROW("unknown expectation", "POST / HTTP/1.1\r\n" HOST "Expect: x\r\n\r\n", 417, 0),
#undef ROW
};

static void verdict_is_the_same_however_the_octets_are_cut(void)
{
	for (size_t i = 0; i < G_N_ELEMENTS(rows); i++) {
		struct outcome whole = run(rows[i].octets, rows[i].octets.len);

		g_test_message("%s", rows[i].name);
		g_assert_cmpuint(whole.status, ==, rows[i].status);
		g_assert_cmpuint(whole.heads, ==, rows[i].heads);
		for (size_t cut = 0; cut < rows[i].octets.len; cut++) {
			struct outcome other = run(rows[i].octets, cut);

			g_assert_cmpuint(other.status, ==, rows[i].status);
			g_assert_cmpuint(other.heads, ==, rows[i].heads);
			g_assert_true(g_string_equal(other.passed, whole.passed));
			outcome_clear(&other);
		}
		outcome_clear(&whole);
	}
}

static void a_refused_head_passes_no_octet(void)
{
	for (size_t i = 0; i < G_N_ELEMENTS(rows); i++) {
		struct outcome outcome = run(rows[i].octets, 0);

		if (rows[i].status != 0 && rows[i].heads == 0)
			g_assert_cmpuint(outcome.passed->len, ==, 0);
		outcome_clear(&outcome);
	}
}

static void body_passes_exactly_its_length_and_the_next_head_is_checked(void)
{
	struct slice octets = SLICE("POST / HTTP/1.1\r\n" HOST "Content-Length: 2\r\n\r\nhiGET /../ HTTP/1.1\r\n");
	struct outcome outcome = run(octets, 0);

	g_assert_cmpuint(outcome.heads, ==, 1);
	g_assert_cmpuint(outcome.status, ==, 400);
	g_assert_true(g_str_has_suffix(outcome.passed->str, "\r\n\r\nhi"));
	outcome_clear(&outcome);
}

static void sizes_over_the_limits_are_refused_before_the_head_ends(void)
{
	static const struct {
		const char *start;
		const char *repeat;
		size_t times;
		unsigned status;
	} cases[] = {
		{ "GET /", "a", REQUEST_TARGET_LIMIT - 1, 0 },
		{ "GET /", "a", REQUEST_HEAD_LIMIT, 431 },
		{ "GET / HTTP/1.1\r\n" HOST "X: ", "a", REQUEST_HEAD_LIMIT, 431 },
		{ "GET / HTTP/1.1\r\n" HOST, "X: a\r\n", REQUEST_FIELD_LIMIT - 1, 0 },
		{ "GET / HTTP/1.1\r\n" HOST, "X: a\r\n", REQUEST_FIELD_LIMIT, 431 },
	};

	for (size_t i = 0; i < G_N_ELEMENTS(cases); i++) {
		g_autoptr(GString) text = g_string_new(cases[i].start);
		struct outcome outcome;

		for (size_t n = 0; n < cases[i].times; n++)
			g_string_append(text, cases[i].repeat);
		outcome = run(slice_of(text->str, text->len), 0);
		g_assert_cmpuint(outcome.status, ==, cases[i].status);
		outcome_clear(&outcome);
	}
}

static void a_long_target_is_414(void)
{
	g_autoptr(GString) text = g_string_new("GET /");
	struct outcome outcome;

	for (size_t n = 0; n < REQUEST_TARGET_LIMIT; n++)
		g_string_append_c(text, 'a');
	g_string_append(text, " HTTP/1.1\r\n");
	outcome = run(slice_of(text->str, text->len), text->len);
	g_assert_cmpuint(outcome.status, ==, 414);
	outcome_clear(&outcome);
}

static void the_refusal_is_a_whole_response_that_closes(void)
{
	struct request_check *check = request_check_create(LIMIT);
	g_autoptr(GString) out = g_string_new(NULL);
	size_t pass;

	g_assert_cmpint(request_check_next(check, SLICE("GET /%00 HTTP/1.1\r\n"), &pass), ==,
			REQUEST_REFUSED);
	request_check_refusal(check, out);
	g_assert_true(g_str_has_prefix(out->str, "HTTP/1.1 400 Bad Request\r\n"));
	g_assert_nonnull(strstr(out->str, "\r\nConnection: close\r\n"));
	/* ... and it stays refused. */
	g_assert_cmpint(request_check_next(check, SLICE("GET / HTTP/1.1\r\n" HOST "\r\n"), &pass), ==,
			REQUEST_REFUSED);
	g_assert_cmpuint(pass, ==, 0);
	request_check_destroy(&check);
}

int main(int argc, char **argv)
{
	g_test_init(&argc, &argv, NULL);
	g_test_add_func("/web/request-check/cuts", verdict_is_the_same_however_the_octets_are_cut);
	g_test_add_func("/web/request-check/nothing-passes", a_refused_head_passes_no_octet);
	g_test_add_func("/web/request-check/body-framing",
			body_passes_exactly_its_length_and_the_next_head_is_checked);
	g_test_add_func("/web/request-check/limits",
			sizes_over_the_limits_are_refused_before_the_head_ends);
	g_test_add_func("/web/request-check/long-target", a_long_target_is_414);
	g_test_add_func("/web/request-check/refusal", the_refusal_is_a_whole_response_that_closes);
	return g_test_run();
}
