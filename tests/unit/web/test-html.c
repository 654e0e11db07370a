/* The HTML writer: nothing foreign becomes markup. */
#include "web/html.h"

#include <stdlib.h>

static char *body_of(struct html *html)
{
	GString *out = html_finish(&html);

	g_assert_true(g_str_has_prefix(out->str, "<!DOCTYPE html>\n"));
	g_string_erase(out, 0, (gssize)strlen("<!DOCTYPE html>\n"));
	return g_string_free(out, FALSE);
}

static void text_and_attributes_are_escaped(void)
{
	static const struct {
		const char *in, *text, *attribute;
	} rows[] = {
		{ "a", "a", " title=\"a\"" },
		{ "<script>alert(1)</script>", "&lt;script&gt;alert(1)&lt;/script&gt;",
		  " title=\"&lt;script&gt;alert(1)&lt;/script&gt;\"" },
		{ "\" onload=\"x", "&quot; onload=&quot;x", " title=\"&quot; onload=&quot;x\"" },
		{ "' x='", "&#39; x=&#39;", " title=\"&#39; x=&#39;\"" },
		{ "a&amp;b", "a&amp;amp;b", " title=\"a&amp;amp;b\"" },
		{ "\xe2\x80\xaegnp.exe", "gnp.exe", " title=\"gnp.exe\"" },
		{ "\xff<", "\xef\xbf\xbd&lt;", " title=\"\xef\xbf\xbd&lt;\"" },
		{ "", "", " title" },
	};

	for (size_t i = 0; i < G_N_ELEMENTS(rows); i++) {
		struct html *html = html_create();
		g_autofree char *expected = g_strdup_printf("<p%s>%s</p>", rows[i].attribute, rows[i].text);
		g_autofree char *got = NULL;

		html_element(html, "p", rows[i].in, "title", rows[i].in, NULL);
		got = body_of(html);
		g_assert_cmpstr(got, ==, expected);
	}
}

static void links_with_a_foreign_scheme_are_dropped(void)
{
	static const struct {
		const char *address;
		bool safe;
	} rows[] = {
		{ "https://example.test/x?y=z:1", true },
		{ "HTTP://example.test/", true },
		{ "mailto:bob@example.test", true },
		{ "/m/abc", true },
		{ "?day=2026-05-05", true },
		{ "#top", true },
		{ "", true },
		{ "javascript:alert(1)", false },
		{ "JavaScript:alert(1)", false },
		{ " javascript:alert(1)", false },
		{ "java\nscript:alert(1)", false },
		{ "\x01javascript:alert(1)", false },
		{ "data:text/html,x", false },
		{ "vbscript:x", false },
		{ "file:///etc/passwd", false },
		{ "/\\evil.test/", false },
	};

	for (size_t i = 0; i < G_N_ELEMENTS(rows); i++) {
		struct html *html = html_create();
		g_autofree char *got = NULL;

		g_assert_cmpint(html_link_is_safe(rows[i].address), ==, rows[i].safe);
		html_element(html, "a", "x", "href", rows[i].address, NULL);
		got = body_of(html);
		g_assert_cmpint(strstr(got, "href") != NULL, ==, rows[i].safe);
	}
}

static void prose_links_addresses_and_keeps_lines(void)
{
	static const struct {
		const char *in, *out;
	} rows[] = {
		{ "a\nb", "a<br>b" },
		{ "see https://x.test/a?b=1&c=2.", "see <a href=\"https://x.test/a?b=1&amp;c=2\" rel=\"noreferrer "
						   "noopener nofollow\">https://x.test/a?b=1&amp;c=2</a>." },
		{ "<https://x.test/>", "&lt;<a href=\"https://x.test/\" rel=\"noreferrer noopener "
				       "nofollow\">https://x.test/</a>&gt;" },
		{ "javascript:alert(1)", "javascript:alert(1)" },
		{ "https://", "https://" },
		{ "https://x.test/\x7f" "b", "<a href=\"https://x.test/\" rel=\"noreferrer noopener "
					    "nofollow\">https://x.test/</a>b" },
		{ "https://\"><script>", "https://&quot;&gt;&lt;script&gt;" },
	};

	for (size_t i = 0; i < G_N_ELEMENTS(rows); i++) {
		struct html *html = html_create();
		g_autofree char *got = NULL;

		html_prose(html, rows[i].in);
		got = body_of(html);
		g_assert_cmpstr(got, ==, rows[i].out);
	}
}

static void a_null_value_leaves_the_attribute_out(void)
{
	struct html *html = html_create();
	g_autofree char *got = NULL;

	html_open(html, "form", "action", NULL, "method", "post", NULL);
	html_void(html, "input", "name", "n", "value", "", "required", "", NULL);
	html_close(html, "form");
	got = body_of(html);
	g_assert_cmpstr(got, ==, "<form method=\"post\"><input name=\"n\" value=\"\" required></form>");
}

static void badly_nested_elements_abort(void)
{
	if (g_test_subprocess()) {
		struct html *html = html_create();

		html_open(html, "p", NULL);
		html_close(html, "div");
		return;
	}
	g_test_trap_subprocess(NULL, 0, 0);
	g_test_trap_assert_failed();
}

int main(int argc, char **argv)
{
	g_test_init(&argc, &argv, NULL);
	g_test_add_func("/web/html/escape", text_and_attributes_are_escaped);
	g_test_add_func("/web/html/links", links_with_a_foreign_scheme_are_dropped);
	g_test_add_func("/web/html/prose", prose_links_addresses_and_keeps_lines);
	g_test_add_func("/web/html/null-attribute", a_null_value_leaves_the_attribute_out);
	g_test_add_func("/web/html/nesting", badly_nested_elements_abort);
	return g_test_run();
}
