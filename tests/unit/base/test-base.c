/* The ground: numbers, escapes, secrets, arena, spool. */
#include "base/arena.h"
#include "base/escape.h"
#include "base/number.h"
#include "base/secret.h"
#include "base/spool.h"

static void numbers_are_digits_in_range_or_nothing(void)
{
	static const struct {
		const char *text;
		uint64_t min, max, value;
		bool ok;
	} rows[] = {
		{ "0", 0, 10, 0, true },
		{ "10", 0, 10, 10, true },
		{ "11", 0, 10, 0, false },
		{ "0", 1, 10, 0, false },
		{ "", 0, 10, 0, false },
		{ "+1", 0, 10, 0, false },
		{ "-1", 0, 10, 0, false },
		{ " 1", 0, 10, 0, false },
		{ "1 ", 0, 10, 0, false },
		{ "0x1", 0, 10, 0, false },
		{ "18446744073709551615", 0, UINT64_MAX, UINT64_MAX, true },
		{ "18446744073709551616", 0, UINT64_MAX, 0, false },
		{ "99999999999999999999", 0, UINT64_MAX, 0, false },
		{ "000000000000000000001", 0, 10, 0, false },
	};

	for (size_t i = 0; i < G_N_ELEMENTS(rows); i++) {
		uint64_t value = 77;
		bool ok = number_parse(slice_from_string(rows[i].text), rows[i].min, rows[i].max, &value);

		g_assert_cmpint(ok, ==, rows[i].ok);
		g_assert_cmpuint(value, ==, rows[i].ok ? rows[i].value : 77);
	}
}

static void html_escape_leaves_no_markup_and_no_bidi_controls(void)
{
	static const struct {
		struct slice in;
		const char *out;
	} rows[] = {
		{ { "a<b>&\"'", 7 }, "a&lt;b&gt;&amp;&quot;&#39;" },
		{ { "gr\xc3\xbc\xc3\x9f", 6 }, "gr\xc3\xbc\xc3\x9f" },
		{ { "\xff<", 2 }, "\xef\xbf\xbd&lt;" },
		{ { "\xe2\x80\xae" "evil", 7 }, "evil" },
		{ { "a\0b\x01\n", 5 }, "ab\n" },
		{ { "\xc3", 1 }, "\xef\xbf\xbd" },
	};

	for (size_t i = 0; i < G_N_ELEMENTS(rows); i++) {
		g_autoptr(GString) out = g_string_new(NULL);

		escape_html(out, rows[i].in);
		g_assert_cmpstr(out->str, ==, rows[i].out);
	}
}

static void log_escape_keeps_one_line(void)
{
	g_autoptr(GString) out = g_string_new(NULL);

	escape_log(out, SLICE("a\r\nb\"\\\xff\xc3\xbc"));
	g_assert_cmpstr(out->str, ==, "a\\x0d\\x0ab\\x22\\x5c\\xff\xc3\xbc");
}

static void url_escape_keeps_only_unreserved(void)
{
	g_autoptr(GString) out = g_string_new(NULL);

	escape_url(out, SLICE("aZ0-._~/ ?\xc3\xbc"));
	g_assert_cmpstr(out->str, ==, "aZ0-._~%2F%20%3F%C3%BC");
}

static void secrets_compare_by_content_and_tokens_differ(void)
{
	g_autofree char *a = secret_token(16), *b = secret_token(16);

	g_assert_true(secret_equal(SLICE("abc"), SLICE("abc")));
	g_assert_false(secret_equal(SLICE("abc"), SLICE("abd")));
	g_assert_false(secret_equal(SLICE("abc"), SLICE("ab")));
	g_assert_cmpuint(strlen(a), ==, 22);
	g_assert_cmpstr(a, !=, b);
	g_assert_cmpuint(strspn(a, "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_"), ==, 22);
}

static void arena_pieces_are_zero_aligned_and_apart(void)
{
	struct arena *arena = arena_create();
	char *previous = NULL;

	for (size_t size = 1; size < 10000; size = size * 3 / 2 + 1) {
		char *piece = arena_alloc(arena, size);

		g_assert_cmpuint((uintptr_t)piece % sizeof(void *), ==, 0);
		for (size_t i = 0; i < size; i++)
			g_assert_cmpint(piece[i], ==, 0);
		memset(piece, 0x55, size);
		if (previous != NULL)
			g_assert_cmpint(previous[0], ==, 0x55);
		previous = piece;
	}
	arena_reset(arena);
	g_assert_cmpstr(arena_printf(arena, "%d-%s", 7, "x"), ==, "7-x");
	arena_destroy(&arena);
	g_assert_null(arena);
}

static void spool_gives_back_what_went_in_on_both_sides_of_its_limit(void)
{
	for (size_t limit = 0; limit <= 64; limit += 16) {
		struct spool *spool = spool_create(limit, NULL);
		char buffer[64];
		struct slice whole;

		for (int i = 0; i < 32; i++) {
			char octet = (char)i;

			g_assert_cmpint(spool_append(spool, &octet, 1), ==, 0);
		}
		g_assert_cmpuint(spool_size(spool), ==, 32);
		g_assert_cmpint(spool_in_memory(spool, &whole), ==, limit >= 32);
		for (size_t offset = 0; offset <= 33; offset++) {
			ssize_t n = spool_read(spool, offset, buffer, sizeof(buffer));

			g_assert_cmpint(n, ==, offset < 32 ? 32 - (ssize_t)offset : 0);
			for (ssize_t i = 0; i < n; i++)
				g_assert_cmpint(buffer[i], ==, (int)offset + (int)i);
		}
		spool_destroy(&spool);
	}
}

static void spool_says_when_it_cannot_write(void)
{
	struct spool *spool = spool_create(0, "/nonexistent-directory");

	g_assert_cmpint(spool_append(spool, "x", 1), !=, 0);
	g_assert_cmpint(spool_error(spool), !=, 0);
	g_assert_cmpuint(spool_size(spool), ==, 0);
	spool_destroy(&spool);
}

int main(int argc, char **argv)
{
	g_test_init(&argc, &argv, NULL);
	g_test_add_func("/number/digits-in-range-or-nothing", numbers_are_digits_in_range_or_nothing);
	g_test_add_func("/escape/html", html_escape_leaves_no_markup_and_no_bidi_controls);
	g_test_add_func("/escape/log", log_escape_keeps_one_line);
	g_test_add_func("/escape/url", url_escape_keeps_only_unreserved);
	g_test_add_func("/secret/compare-and-token", secrets_compare_by_content_and_tokens_differ);
	g_test_add_func("/arena/pieces", arena_pieces_are_zero_aligned_and_apart);
	g_test_add_func("/spool/both-sides-of-limit", spool_gives_back_what_went_in_on_both_sides_of_its_limit);
	g_test_add_func("/spool/cannot-write", spool_says_when_it_cannot_write);
	return g_test_run();
}
