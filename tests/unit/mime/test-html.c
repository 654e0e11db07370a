/* HTML: to text, and to HTML that is safe to show. */
#include "mime/clean_html.h"
#include "mime/text.h"
#include "tests/unit/cost.h"

static void deep_and_broken_html_ends_in_time(void)
{
	static const char *const pieces[] = { "<div>", "<b><p>", "</p>", "<!--", "<table><td>", "&#x", "<a href=",
					      "<![CDATA[", "<script>", "<" };

	for (size_t i = 0; i < G_N_ELEMENTS(pieces); i++) {
		g_autoptr(GString) html = g_string_new(NULL), out = g_string_new(NULL);
		gint64 start = cost_now();

		while (html->len < 200000)
			g_string_append(html, pieces[i]);
		text_of_html(out, slice_of(html->str, html->len));
		g_assert_true(g_utf8_validate(out->str, (gssize)out->len, NULL));
		cost_check(pieces[i], start, 5);
	}
}

/* What libxml2 looks for among all that is open, or among all attributes, again and again. */
static void hostile_html_costs_no_more_than_its_length(void)
{
	static const struct {
		const char *name, *before, *first, *second;
	} rows[] = {
		{ "end tags without a start", "", "<i>", "</b>" },
		{ "starts and other ends", "", "<span></div>", "" },
		{ "end tags behind a hidden element", "<template>", "<i>", "</b>" },
		{ "attributes", "<a ", "%d", "" },
	};

	for (size_t i = 0; i < G_N_ELEMENTS(rows); i++) {
		g_autoptr(GString) html = g_string_new(rows[i].before), out = g_string_new(NULL);
		gint64 start;

		for (int n = 0; n < 80000; n++)
			if (strstr(rows[i].first, "%d") != NULL)
				g_string_append_printf(html, "a%d=\">\" ", n);
			else
				g_string_append(html, rows[i].first);
		for (int n = 0; n < 80000; n++)
			g_string_append(html, rows[i].second);
		start = cost_now();
		text_of_html(out, slice_of(html->str, html->len));
		clean_html(out, slice_of(html->str, html->len));
		cost_check(rows[i].name, start, 3);
	}
}

/* Programs that never close what they open. */
static void deep_html_loses_no_word(void)
{
	g_autoptr(GString) html = g_string_new("<html><body>"), text = g_string_new(NULL), clean = g_string_new(NULL);

	for (int i = 0; i < 2000; i++)
		g_string_append_printf(html, "<font size=2>word%d. ", i);
	text_of_html(text, slice_of(html->str, html->len));
	clean_html(clean, slice_of(html->str, html->len));
	for (int i = 0; i < 2000; i++) {
		g_autofree char *word = g_strdup_printf("word%d.", i);

		g_assert_nonnull(strstr(text->str, word));
		g_assert_nonnull(strstr(clean->str, word));
	}
	g_assert_null(strchr(text->str, '>'));
	g_assert_null(strstr(clean->str, "&gt;"));
}

static void html_of_others_is_harmless(void)
{
	static const struct {
		const char *html, *clean;
	} rows[] = {
		{ "<p onclick=x>a<script>b</script>c", "<p>ac</p>" },
		{ "<a href=javascript:x>a</a>", "<a rel=\"noreferrer noopener nofollow\">a</a>" },
		{ "<a href=' https://a.test/?a&amp;b\"'>a</a>",
		  "<a href=\"https://a.test/?a&amp;b&quot;\" rel=\"noreferrer noopener nofollow\">a</a>" },
		{ "<a href='java&#9;script:x'>a", "<a rel=\"noreferrer noopener nofollow\">a</a>" },
		{ "<p><img src=http://a.test/ alt=x><img src='cid:a'>", "<p><img alt=\"x\"><img src=\"cid:a\"></p>" },
		{ "<p style='color:red' class=a>&lt;b&gt;", "<p>&lt;b&gt;</p>" },
		{ "<svg><style><img src=x onerror=y></style></svg><p>a", "<p>a</p>" },
		{ "<p>a<embed src=x>b</p><p>c", "<p>ab</p><p>c</p>" },
		/* pieces of a table, which would take ours apart */
		{ "<div></td></tr></table>a", "<div>a</div>" },
		{ "<div><td>a</td><tr><th>b", "<div>ab</div>" },
		{ "<table><tr><td>a<table><tr><td>b", "<table><tr><td>a<table><tr><td>b</td></tr></table></td></tr></table>" },
		{ "<table><table><tr><td>a</table></table>b", "<table><tr><td>a</td></tr></table>b" },
		{ "<table><col width=1><caption>a</caption><td>b",
		  "<table><col width=\"1\"><caption>a</caption><td>b</td></table>" },
	};

	for (size_t i = 0; i < G_N_ELEMENTS(rows); i++) {
		g_autoptr(GString) out = g_string_new(NULL);

		clean_html(out, slice_from_string(rows[i].html));
		if (strcmp(out->str, rows[i].clean) != 0)
			g_error("%s: got %s, expected %s", rows[i].html, out->str, rows[i].clean);
	}
}

int main(int argc, char **argv)
{
	g_test_init(&argc, &argv, NULL);
	g_test_add_func("/html/deep-and-broken-html-ends-in-time",
			deep_and_broken_html_ends_in_time);
	g_test_add_func("/html/hostile-html-costs-no-more-than-its-length",
			hostile_html_costs_no_more_than_its_length);
	g_test_add_func("/html/deep-html-loses-no-word", deep_html_loses_no_word);
	g_test_add_func("/html/html-of-others-is-harmless", html_of_others_is_harmless);
	return g_test_run();
}
