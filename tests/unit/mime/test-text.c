/* Text out of mail: of parts, previews, and all of it for every message of the corpus. */
#include "mime/text.h"
#include "corpus.h"

static char *text_of(struct slice octets)
{
	struct part_index *index = part_index_of_slice(octets);
	struct mime_source source = mime_source_of_slice(&octets);
	struct part part = part_index_get(index, PART_ROOT);
	GString *out = g_string_new(NULL);

	g_assert_true(text_of_part(&part, &source, 1 << 20, out, NULL));
	part_index_destroy(&index);
	return g_string_free(out, FALSE);
}

static void texts_of_parts_are_readable(void)
{
	static const struct {
		const char *message, *text;
	} rows[] = {
		{ "\nplain\r\ntext\r\n", "plain\ntext\n" },
		{ "Content-Transfer-Encoding: base64\n\naGVs\nbG8=\n", "hello" },
		{ "Content-Transfer-Encoding: quoted-printable\n\na=C3=BC=\nb", "a\xc3\xbc" "b" },
		{ "Content-Type: text/plain; charset=koi8-r\n\n\xf0", "\xd0\x9f" },
		{ "Content-Type: text/plain; format=flowed\n\none \ntwo\nthree\n", "one two\nthree\n" },
		{ "Content-Type: text/plain; format=flowed; delsp=yes\n\none \ntwo\n", "onetwo\n" },
		{ "Content-Type: text/plain; format=flowed\n\n> one \n> two\nthree\n", ">one two\nthree\n" },
		{ "Content-Type: text/plain; format=flowed\n\none \n-- \nsig\n", "one \n-- \nsig\n" },
		{ "Content-Type: text/plain; format=flowed\n\n from\n", "from\n" },
		{ "Content-Type: text/html\n\n<p>a&auml;<script>x</script><b>b</b> c<br>d", "a\xc3\xa4" "b c\nd\n" },
		{ "Content-Type: text/html\n\n<style>x</style>\n <table><tr><td>a</td><td>b</td></tr></table>",
		  "a b\n" },
		{ "Content-Type: text/html\n\n<meta charset=koi8-r>\xf0", "\xd0\x9f" },
		{ "Content-Type: text/html; charset=utf-8\n\n<meta charset=koi8-r>\xc3\xbc", "\xc3\xbc" },
		{ "Content-Type: text/html\n\nplain text", "plain text\n" },
		{ "Content-Type: text/html\n\n", "" },
		{ "Content-Type: text/html\n\n<!-- never closed", "" },
	};

	for (size_t i = 0; i < G_N_ELEMENTS(rows); i++) {
		g_autofree char *text = text_of(slice_from_string(rows[i].message));
		g_autofree char *expected = g_strchomp(g_strdup(rows[i].text));

		if (strcmp(g_strchomp(text), expected) != 0)
			g_error("%s: %s", rows[i].message, text);
	}
}

static void previews_are_short_and_of_the_text_to_read(void)
{
	static const struct {
		const char *message, *preview;
	} rows[] = {
		{ "\n\n  hello \n\n world\n", "hello world" },
		{ "\n> quoted\nanswer\n", "answer" },
		{ "\n> quoted\n", "> quoted" },
		{ "Content-Type: image/png\n\nx", "" },
		{ "Content-Type: multipart/mixed; boundary=b\n\n--b\nContent-Type: text/html\n\n<p>h\n--b\n\nplain\n--b--",
		  "plain" },
		{ "Content-Type: multipart/mixed; boundary=b\n\n--b\nContent-Disposition: attachment\n\nx\n--b\n"
		  "Content-Type: text/html\n\n<p>h\n--b--", "h" },
	};
	g_autofree char *xs = g_strnfill(500, 'x'), *message = g_strdup_printf("\n%s", xs);

	for (size_t i = 0; i <= G_N_ELEMENTS(rows); i++) {
		struct slice octets = slice_from_string(i < G_N_ELEMENTS(rows) ? rows[i].message : message);
		struct part_index *index = part_index_of_slice(octets);
		struct mime_source source = mime_source_of_slice(&octets);
		g_autoptr(GString) preview = g_string_new(NULL);

		text_preview(preview, index, &source);
		if (i < G_N_ELEMENTS(rows))
			g_assert_cmpstr(preview->str, ==, rows[i].preview);
		else
			g_assert_cmpuint(preview->len, ==, 200);
		part_index_destroy(&index);
	}
}

/* What the built text holds, a scan finds. */
static void check_scan(const char *name, const struct part_index *index, const struct mime_source *source,
		       const GString *body)
{
	for (size_t at = 0; at + 12 < body->len; at += body->len / 5 + 1) {
		struct slice needle = slice_of(body->str + at, 12);

		if (memchr(needle.data, '\n', needle.len) != NULL)
			continue;
		if (!text_search_scan(index, source, needle))
			g_error("%s: a scan does not find \"%.12s\"", name, needle.data);
	}
	g_assert_false(text_search_scan(index, source, SLICE("\001 NOWHERE \001")));
}

static void each_message(const char *name, struct slice octets, void *arg)
{
	struct part_index *index = part_index_of_slice(octets);
	struct mime_source source = mime_source_of_slice(&octets);
	struct text_search search;
	g_autoptr(GString) preview = g_string_new(NULL);

	(void)arg;
	text_search_build(index, &source, 1 << 20, &search);
	check_scan(name, index, &source, search.body);
	text_preview(preview, index, &source);
	if (!g_utf8_validate(search.headers->str, (gssize)search.headers->len, NULL) ||
	    !g_utf8_validate(search.body->str, (gssize)search.body->len, NULL) ||
	    !g_utf8_validate(preview->str, (gssize)preview->len, NULL))
		g_error("%s: text that is not UTF-8", name);
	g_assert_cmpint(g_utf8_strlen(preview->str, -1), <=, 200);
	text_search_clear(&search);
	part_index_destroy(&index);
}

static void every_corpus_message_gives_valid_text(void)
{
	corpus_each(each_message, NULL);
}

int main(int argc, char **argv)
{
	g_test_init(&argc, &argv, NULL);
	g_test_add_func("/text/texts-of-parts-are-readable", texts_of_parts_are_readable);
	g_test_add_func("/text/previews-are-short-and-of-the-text-to-read",
			previews_are_short_and_of_the_text_to_read);
	g_test_add_func("/text/every-corpus-message-gives-valid-text",
			every_corpus_message_gives_valid_text);
	return g_test_run();
}
