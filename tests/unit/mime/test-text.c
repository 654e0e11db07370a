/* Text out of mail: charsets, encoded words, comparison form, subjects, dates, HTML, previews. */
#include "mime/casemap.h"
#include "mime/charset.h"
#include "mime/clean_html.h"
#include "mime/decode.h"
#include "mime/header.h"
#include "mime/subject.h"
#include "mime/text.h"
#include "corpus.h"
#include "tests/unit/cost.h"

static void charsets_are_what_senders_mean_by_their_names(void)
{
	static const struct {
		const char *charset, *octets, *utf8;
	} rows[] = {
		{ "utf-8", "gr\xc3\xbc", "gr\xc3\xbc" },
		{ "UTF8", "gr\xc3\xbc", "gr\xc3\xbc" },
		{ "us-ascii", "gr\xc3\xbc", "gr\xc3\xbc" },
		{ "us-ascii", "gr\xfc", "gr\xc3\xbc" },
		{ "utf-8", "gr\xfc", "gr\xc3\xbc" },
		{ "", "gr\xfc", "gr\xc3\xbc" },
		{ "no-such-charset", "gr\xfc", "gr\xc3\xbc" },
		{ "no-such-charset", "gr\xc3\xbc", "gr\xc3\xbc" },
		{ "iso-8859-1", "\x80 \x93", "\xe2\x82\xac \xe2\x80\x9c" },
		{ "\"iso-8859-15\"", "\xa4", "\xe2\x82\xac" },
		{ "windows-1250", "\xb9", "\xc4\x85" },
		{ "windows-1251", "\xcf\xf0", "\xd0\x9f\xd1\x80" },
		{ "windows-1255", "\xf9", "\xd7\xa9" },
		{ "windows-1256", "\xe3", "\xd9\x85" },
		{ "koi8-r", "\xf0", "\xd0\x9f" },
		{ "utf-7", "a+AOQ-b", "a\xc3\xa4" "b" },
		{ "iso-2022-jp", "\x1b$B$\"\x1b(Ba", "\xe3\x81\x82" "a" },
		{ "shift_jis", "\x82\xa0", "\xe3\x81\x82" },
		{ "euc-jp", "\xa4\xa2", "\xe3\x81\x82" },
		{ "gb2312", "\xc4\xe3", "\xe4\xbd\xa0" },
		{ "gb18030", "\x81\x30\x81\x30", "\xc2\x80" },
		{ "big5", "\xa7\x41", "\xe4\xbd\xa0" },
		{ "ks_c_5601-1987", "\xb0\xa1", "\xea\xb0\x80" },
		{ "euc-kr", "a\xff" "b", "a\xef\xbf\xbd" "b" },
		{ "utf-8*en", "gr\xc3\xbc", "gr\xc3\xbc" },
		{ "utf-8//translit", "gr\xc3\xbc", "gr\xc3\xbc" },
		{ "tis-620", "\xa1", "\xe0\xb8\x81" },
	};

	for (size_t i = 0; i < G_N_ELEMENTS(rows); i++) {
		g_autoptr(GString) out = g_string_new(NULL);

		charset_to_utf8(out, slice_from_string(rows[i].octets), slice_from_string(rows[i].charset));
		if (strcmp(out->str, rows[i].utf8) != 0)
			g_error("%s: %s", rows[i].charset, out->str);
	}
}

static void no_octets_make_invalid_utf8(void)
{
	static const char *const charsets[] = { "", "utf-8", "utf-7", "iso-2022-jp", "gb18030", "utf-16",
						"big5", "iso-2022-kr", "euc-tw", "windows-1252", "johab" };
	GRand *rand = g_rand_new_with_seed(7);

	for (int round = 0; round < 2000; round++) {
		char octets[64];
		g_autoptr(GString) out = g_string_new(NULL);

		for (size_t i = 0; i < sizeof(octets); i++)
			octets[i] = (char)g_rand_int_range(rand, 0, round % 2 ? 256 : 128);
		charset_to_utf8(out, slice_of(octets, sizeof(octets)),
				slice_from_string(charsets[round % G_N_ELEMENTS(charsets)]));
		charset_decode_header(out, slice_of(octets, sizeof(octets)));
		g_assert_true(g_utf8_validate(out->str, (gssize)out->len, NULL));
	}
	g_rand_free(rand);
}

static void encoded_words_are_read_in_every_form(void)
{
	static const struct {
		const char *value, *text;
	} rows[] = {
		{ "plain", "plain" },
		{ "=?utf-8?Q?a=C3=BC_b?=", "a\xc3\xbc b" },
		{ "=?UTF-8?b?w7w=?=", "\xc3\xbc" },
		{ "=?utf-8?b?w7w?=", "\xc3\xbc" },
		{ "=?iso-8859-1?Q?=FC?= =?iso-8859-1?Q?=FC?=", "\xc3\xbc\xc3\xbc" },
		{ "=?iso-8859-1?Q?=FC?=\r\n =?utf-8?Q?x?= y", "\xc3\xbcx y" },
		{ "a =?utf-8?Q?b?= c", "a b c" },
		{ "a=?utf-8?Q?b?=c", "abc" },
		{ "\"=?utf-8?Q?b?=\"", "\"b\"" },
		{ "=?utf-8?B?w?= =?utf-8?B?7w=?=", "\xc3\xbc" },
		{ "=?utf-8?Q?=E2=82?= =?utf-8?Q?=AC?=", "\xe2\x82\xac" },
		{ "=?utf-8?Q?a b?=", "a b" },
		{ "=?utf-8*de?Q?x?=", "x" },
		{ "=?utf-8?X?x?=", "=?utf-8?X?x?=" },
		{ "=?utf-8?Q?never closed", "=?utf-8?Q?never closed" },
		{ "=?", "=?" },
		{ "=?" "?Q?x?=", "=?" "?Q?x?=" },
		{ "=?utf-8?Q?" "?=", "" },
		{ "=?utf-8?Q?=?=", "=" },
		{ "=?utf-8?Q?=41?=", "A" },
		{ "=?utf-8?Q?a=0D=0AB?=", "a  B" },
		{ "raw gr\xfc", "raw gr\xc3\xbc" },
		{ "raw gr\xc3\xbc", "raw gr\xc3\xbc" },
		{ "folded\r\n\tline", "folded\tline" },
		{ "=?iso-2022-jp?B?GyRCJCIbKEI=?=", "\xe3\x81\x82" },
	};

	for (size_t i = 0; i < G_N_ELEMENTS(rows); i++) {
		g_autoptr(GString) out = g_string_new(NULL);

		charset_decode_header(out, slice_from_string(rows[i].value));
		if (strcmp(out->str, rows[i].text) != 0)
			g_error("%s: %s", rows[i].value, out->str);
	}
}

static void hostile_values_cost_no_more_than_their_length(void)
{
	static const char *const pieces[] = { "=?a?Q? ", "=?", "=?a?B?", "?=", "=?a?Q?x?= ", "=?a" };

	for (size_t i = 0; i < G_N_ELEMENTS(pieces); i++) {
		g_autoptr(GString) value = g_string_new(NULL), out = g_string_new(NULL);
		gint64 start = cost_now();

		while (value->len < 1000000)
			g_string_append(value, pieces[i]);
		charset_decode_header(out, slice_of(value->str, value->len));
		cost_check(pieces[i], start, 3);
	}
}

/* Octet by octet, as slow as can be: what the search form of ASCII is. */
static void append_slowly(GString *out, struct slice text, bool *in_space)
{
	for (size_t i = 0; i < text.len; i++) {
		char c = text.data[i];

		if (c > ' ')
			g_string_append_c(out, g_ascii_toupper(c));
		else if (!*in_space)
			g_string_append_c(out, ' ');
		*in_space = c <= ' ';
	}
}

/* ASCII goes in strides; white space, and what is no ASCII, may stand anywhere in one. */
static void search_form_is_the_same_wherever_a_stride_begins(void)
{
	static const char octets[] = "aAzZ{`@[~\x7f!09 \t\r\n\x01 ";
	GRand *random = g_rand_new_with_seed(7);

	for (unsigned round = 0; round < 20000; round++) {
		g_autoptr(GString) fast = g_string_new("x"), slow = g_string_new("x");
		char text[40];
		size_t len = (size_t)g_rand_int_range(random, 0, sizeof(text));
		size_t cut = (size_t)g_rand_int_range(random, 0, (gint32)len + 1);
		bool strange = g_rand_boolean(random), fast_space = round % 2, slow_space = fast_space;

		for (size_t i = 0; i < len; i++)
			text[i] = octets[g_rand_int_range(random, 0, sizeof(octets) - 1)];
		append_slowly(slow, slice_of(text, cut), &slow_space);
		if (strange) {
			g_string_append(slow, "\xef\xbf\xbd");
			slow_space = false;
		}
		append_slowly(slow, slice_of(text + cut, len - cut), &slow_space);
		if (strange) {
			char with[41];

			memcpy(with, text, cut);
			with[cut] = round % 4 < 2 ? '\0' : '\xff';
			memcpy(with + cut + 1, text + cut, len - cut);
			casemap_append_search(fast, slice_of(with, len + 1), &fast_space);
		} else {
			casemap_append_search(fast, slice_of(text, len), &fast_space);
		}
		g_assert_cmpmem(fast->str, fast->len, slow->str, slow->len);
		g_assert_cmpint(fast_space, ==, slow_space);
	}
	g_rand_free(random);
}

static void casemap_folds_case_and_compatibility(void)
{
	static const struct {
		const char *text, *form, *search;
	} rows[] = {
		{ "abc XYZ", "ABC XYZ", "ABC XYZ" },
		{ "gr\xc3\xbc\xc3\x9f", "GRU\xcc\x88\xc3\x9f", "GRU\xcc\x88\xc3\x9f" },
		{ "\xef\xac\x81", "fi", "fi" },
		{ "\xc7\x86", "D\x7a\xcc\x8c", "D\x7a\xcc\x8c" },
		{ " a \r\n\t b ", " A \r\n\t B ", "A B " },
		{ "\xff", "\xef\xbf\xbd", "\xef\xbf\xbd" },
	};

	for (size_t i = 0; i < G_N_ELEMENTS(rows); i++) {
		g_autoptr(GString) form = g_string_new(NULL), search = g_string_new(NULL);
		bool in_space = true;

		casemap_append(form, slice_from_string(rows[i].text));
		casemap_append_search(search, slice_from_string(rows[i].text), &in_space);
		g_assert_cmpstr(form->str, ==, rows[i].form);
		g_assert_cmpstr(search->str, ==, rows[i].search);
	}
}

static void base_subjects_follow_rfc_5256(void)
{
	static const struct {
		const char *subject, *base;
		bool is_reply;
	} rows[] = {
		{ "hello", "HELLO", false },
		{ "Re: hello", "HELLO", true },
		{ "RE: re: Fwd: FW: hello", "HELLO", true },
		{ "Re:hello", "HELLO", true },
		{ "Re : hello", "HELLO", true },
		{ "Re[2]: hello", "HELLO", true },
		{ "Re [a b]: hello", "HELLO", true },
		{ "hello (fwd)", "HELLO", true },
		{ "hello (fwd) (FWD) ", "HELLO", true },
		{ "[list] hello", "HELLO", false },
		{ "[a][b] hello", "HELLO", false },
		{ "[list] Re: hello", "HELLO", true },
		{ "Re: [list] Re: hello", "HELLO", true },
		{ "[list]", "[LIST]", false },
		{ "[a] [b]", "[B]", false },
		{ "Re: [list]", "[LIST]", true },
		{ "[fwd: hello]", "HELLO", true },
		{ "[Fwd: Re: [x] hello (fwd)]", "HELLO", true },
		{ "[fwd: hello", "[FWD: HELLO", false },
		{ "[fwd: [fwd: hello]]", "HELLO", true },
		{ "  many   spaces\there ", "MANY SPACES HERE", false },
		{ "=?utf-8?Q?Re=3A_gr=C3=BC?=", "GRU\xcc\x88", true },
		{ "Re:", "", true },
		{ "", "", false },
		{ "(fwd)", "", true },
		{ "Regarding: x", "REGARDING: X", false },
		{ "[a[b] c", "[A[B] C", false },
		{ "Fwdx: a", "FWDX: A", false },
	};

	for (size_t i = 0; i < G_N_ELEMENTS(rows); i++) {
		bool is_reply = !rows[i].is_reply;
		g_autofree char *base = subject_base(slice_from_string(rows[i].subject), &is_reply);

		if (strcmp(base, rows[i].base) != 0 || is_reply != rows[i].is_reply)
			g_error("%s: %s %d", rows[i].subject, base, is_reply);
	}
}

static void long_subjects_cost_no_more_than_their_length(void)
{
	g_autoptr(GString) blobs = g_string_new(NULL), replies = g_string_new(NULL);
	g_autofree char *a = NULL, *b = NULL;

	for (int i = 0; i < 300000; i++) {
		g_string_append(blobs, "[a]");
		g_string_append(replies, "re:");
	}
	a = subject_base(slice_of(blobs->str, blobs->len), NULL);
	b = subject_base(slice_of(replies->str, replies->len), NULL);
	g_assert_cmpstr(a, ==, "[A]");
	g_assert_cmpstr(b, ==, "");
}

static void dates_are_read_in_every_form(void)
{
	static const struct {
		const char *text;
		int64_t seconds;
		int zone;
		bool ok;
	} rows[] = {
		{ "Tue, 5 May 2026 12:00:00 +0000", 1777982400, 0, true },
		{ "5 May 2026 14:00 +0200 (CEST)", 1777982400, 7200, true },
		{ "Tue, 05 May 26 07:00:00 EST", 1777982400, -18000, true },
		{ "Tue, 5 May 2026 12:00:00 GMT", 1777982400, 0, true },
		{ "Tue May  5 12:00:00 2026", 1777982400, 0, true },
		{ "5-May-2026 12:00:00 -0000", 1777982400, 0, true },
		{ "Tue, 5 May 2026 12:00:00", 1777982400, 0, true },
		{ "Tue, 5 May 2026", 1777939200, 0, true },
		{ "Thu, 1 Jan 1970 00:00:00 +0000", 0, 0, true },
		{ "Wed, 31 Dec 1969 23:59:59 +0000", -1, 0, true },
		{ "1 Jan 70 00:00:00 Z", 0, 0, true },
		{ "Tue, 5 May 2026 12:00:00 +02:00", 1777975200, 7200, true },
		{ "Tue, 5 May 2026 2:00 PM +0200", 1777982400, 7200, true },
		{ "Tue, 5 May 2026 12:00 PM +0000", 1777982400, 0, true },
		{ "Tue, 5 May 2026 12:00 AM +0000", 1777982400 - 12 * 3600, 0, true },
		{ "29 Feb 2024 00:00:00 +0000", 1709164800, 0, true },
		{ "29 Feb 2023 00:00:00 +0000", 0, 0, false },
		{ "31 Apr 2023 00:00:00 +0000", 0, 0, false },
		{ "Malformed Date.", 0, 0, false },
		{ "", 0, 0, false },
		{ "5 May 2026 25:00:00 +0000", 0, 0, false },
		/* A zone that is none: the time is read as UTC. */
		{ "Tue, 5 May 2026 12:00:00 +709551600", 1777982400, 0, true },
		{ "Tue, 5 May 2026 12:00:00 +999999999:99", 1777982400, 0, true },
		{ "Tue, 5 May 2026 12:00:00 -9900", 1777982400, 0, true },
	};

	for (size_t i = 0; i < G_N_ELEMENTS(rows); i++) {
		int64_t seconds = 0;
		int zone = 0;
		bool ok = header_parse_date(slice_from_string(rows[i].text), &seconds, &zone);

		if (ok != rows[i].ok || seconds != rows[i].seconds || zone != rows[i].zone)
			g_error("%s: %d %" G_GINT64_FORMAT " %d", rows[i].text, ok, seconds, zone);
	}
}

static void message_ids_are_normalised(void)
{
	static const struct {
		const char *value, *ids;
	} rows[] = {
		{ "<a@b> <c@d>", "<a@b> <c@d>" },
		{ "<a@b>\r\n <c@d>", "<a@b> <c@d>" },
		{ "<a@b><c@d>", "<a@b> <c@d>" },
		{ "text <a@\r\n b> (comment)", "<a@b>" },
		{ "<\"a\"@b>", "<a@b>" },
		{ "<a <b@c>", "<b@c>" },
		{ "<>", "" },
		{ "<open", "" },
		{ "", "" },
	};

	for (size_t i = 0; i < G_N_ELEMENTS(rows); i++) {
		g_autoptr(GPtrArray) ids = header_message_ids(slice_from_string(rows[i].value));
		g_autofree char *joined = NULL;

		g_ptr_array_add(ids, NULL);
		joined = g_strjoinv(" ", (char **)ids->pdata);
		g_assert_cmpstr(joined, ==, rows[i].ids);
	}
}

static void fields_are_walked_as_the_index_sees_them(void)
{
	struct slice header = SLICE("From x\nA: 1\r\nno field\nB : 2\n folded\nC:\n\nD: body\n");
	struct header_field field;
	g_autofree char *b = header_value(header, "b");

	g_assert_cmpstr(b, ==, "2 folded");
	g_assert_true(header_find(header, "C", &field));
	g_assert_cmpuint(field.value.len, ==, 0);
	g_assert_false(header_find(header, "D", &field));
	g_assert_cmpuint(header_count(header, "a"), ==, 1);
	g_assert_true(header_find(header, "A", &field));
	g_assert_true(slice_equal(field.whole, SLICE("A: 1\r\n")));
}

/* ---- parts ------------------------------------------------------------------------------ */

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

static void search_text_holds_headers_and_texts_normalised(void)
{
	struct slice octets = SLICE("Subject: =?utf-8?Q?Gr=C3=BC=C3=9Fe?=\n folded\n"
				    "Content-Type: multipart/mixed; boundary=b\n\n--b\n\nfirst\r\n  part\n--b\n"
				    "Content-Type: image/png; name=holiday.png\n\nxyz\n--b\n"
				    "Content-Type: message/rfc822\n\nSubject: inner\n\ninner text\n--b--\n");
	struct part_index *index = part_index_of_slice(octets);
	struct mime_source source = mime_source_of_slice(&octets);
	struct text_search search;

	text_search_build(index, &source, 1 << 20, &search);
	g_assert_nonnull(strstr(search.headers->str, "SUBJECT: GRU\xcc\x88\xc3\x9f" "E FOLDED\n"));
	g_assert_nonnull(strstr(search.body->str, "FIRST PART\n"));
	g_assert_nonnull(strstr(search.body->str, "HOLIDAY.PNG"));
	g_assert_null(strstr(search.body->str, "XYZ"));
	g_assert_nonnull(strstr(search.body->str, "SUBJECT: INNER\n"));
	g_assert_nonnull(strstr(search.body->str, "INNER TEXT"));
	g_assert_false(search.truncated);
	text_search_clear(&search);
	text_search_build(index, &source, 7, &search);
	g_assert_true(search.truncated);
	text_search_clear(&search);
	part_index_destroy(&index);
}

/* Beside what the field says stands what its addresses are, unless that is the same. */
static void addresses_are_search_text_as_they_are_meant(void)
{
	static const struct {
		const char *header, *text;
	} rows[] = {
		{ "From: Ann <ann@example.test>\n", "FROM: ANN <ANN@EXAMPLE.TEST>\n" },
		{ "To: ann@example.test, Bob <bob@example.test>\n",
		  "TO: ANN@EXAMPLE.TEST, BOB <BOB@EXAMPLE.TEST>\n" },
		{ "From: \"A \\\"B\\\"\" <user @ host (comment)>\n",
		  "FROM: \"A \\\"B\\\"\" <USER @ HOST (COMMENT)>\nFROM: A \"B\" <USER@HOST>\n" },
		{ "Cc: user@host (Ann\n Other)\n",
		  "CC: USER@HOST (ANN OTHER)\nCC: ANN OTHER <USER@HOST>\n" },
		{ "bcc: \"=?utf-8?Q?M=2E?=\" <m@host>\n", "BCC: \"M.\" <M@HOST>\nBCC: M. <M@HOST>\n" },
		{ "To: \"A friends\":a@x,\"b b\"@y;, c@z\n",
		  "TO: \"A FRIENDS\":A@X,\"B B\"@Y;, C@Z\nTO: A FRIENDS: A@X, B B@Y;, C@Z\n" },
		{ "Reply-To: <@r:a@b>\n", "REPLY-TO: <@R:A@B>\n" },
		{ "From:\n", "FROM: \n" },
		{ "To: undisclosed-recipients:;\n", "TO: UNDISCLOSED-RECIPIENTS:;\n" },
		{ "Subject: a @ b (c)\n", "SUBJECT: A @ B (C)\n" },
	};

	for (size_t i = 0; i < G_N_ELEMENTS(rows); i++) {
		g_autoptr(GString) text = g_string_new(NULL);

		text_search_header(text, slice_from_string(rows[i].header));
		g_assert_cmpstr(text->str, ==, rows[i].text);
	}
}

/* What the limit cut off the stored texts is found on the octets: in the header, in an inner one. */
static void what_the_limit_cut_off_is_scanned(void)
{
	g_autoptr(GString) message = g_string_new(NULL), header = g_string_new(NULL);
	struct text_search search;
	struct part_index *index;
	struct mime_source source;
	struct slice octets;

	while (message->len < 2000000)
		g_string_append(message, "X-Filling: straw\n");
	g_string_append(message, "X-Far: needle\nContent-Type: message/rfc822\n\n");
	for (int i = 0; i < 100000; i++)
		g_string_append(message, "X-Filling: straw\n");
	g_string_append(message, "X-Inner: pin\n\ntext\n");
	octets = slice_of(message->str, message->len);
	source = mime_source_of_slice(&octets);
	index = part_index_of_slice(octets);
	text_search_build(index, &source, 1 << 20, &search);
	g_assert_true(search.truncated);
	g_assert_cmpuint(search.headers->len, <=, (1 << 20) + 10);
	g_assert_cmpuint(search.body->len, <=, (1 << 20) + 10);
	text_search_clear(&search);
	text_search_whole_header(header, index, &source);
	g_assert_nonnull(strstr(header->str, "X-FAR: NEEDLE\n"));
	g_assert_true(text_search_scan(index, &source, SLICE("X-INNER: PIN")));
	g_assert_false(text_search_scan(index, &source, SLICE("NEEDLE")));
	part_index_destroy(&index);
}

/* A needle at every place around the cuts of a scan, in ASCII and beyond. */
static void a_scan_finds_what_lies_across_its_pieces(void)
{
	static const char *const lines[] = { "straw straw straw straw\n", "str\303\244w " };

	for (size_t kind = 0; kind < G_N_ELEMENTS(lines); kind++) {
		for (size_t at = 262144 - 60; at < 262144 + 20; at++) {
			g_autoptr(GString) message = g_string_new("Content-Type: text/plain; charset=utf-8\n\n");
			gsize start = message->len;
			struct slice octets;
			struct part_index *index;
			struct mime_source source;

			while (message->len < start + 700000)
				g_string_append(message, lines[kind]);
			memcpy(message->str + start + at, " find\nme here ", 14);
			octets = slice_of(message->str, message->len);
			index = part_index_of_slice(octets);
			source = mime_source_of_slice(&octets);
			g_assert_true(text_search_scan(index, &source, SLICE("FIND ME HERE")));
			g_assert_false(text_search_scan(index, &source, SLICE("FIND ME THERE")));
			part_index_destroy(&index);
		}
	}
}

/* By whatever name: a line end in the middle of a unit is no place to cut. */
static void a_scan_reads_wide_charsets_whole(void)
{
	static const char *const labels[] = { "utf-16le", "UTF16LE", "\"utf_16le\"", "utf-32", "utf32", "unicode-1-1-utf-7" };
	static const char *const names[] = { "UTF-16LE", "UTF-16LE", "UTF-16LE", "UTF-32", "UTF-32", "UTF-7" };

	for (size_t i = 0; i < G_N_ELEMENTS(labels); i++) {
		g_autoptr(GString) message = g_string_new(NULL);
		gsize len;
		g_autofree char *text = g_convert("straw\nb\303\274schel\nneedle", -1, names[i], "UTF-8", NULL, &len, NULL);
		struct slice octets;
		struct part_index *index;
		struct mime_source source;

		g_string_append_printf(message, "Content-Type: text/plain; charset=%s\n\n", labels[i]);
		g_string_append_len(message, text, (gssize)len);
		octets = slice_of(message->str, message->len);
		index = part_index_of_slice(octets);
		source = mime_source_of_slice(&octets);
		if (!text_search_scan(index, &source, SLICE("B\303\234SCHEL NEEDLE")) &&
		    !text_search_scan(index, &source, SLICE("BU\314\210SCHEL NEEDLE")))
			g_error("%s", labels[i]);
		part_index_destroy(&index);
	}
}

/* A line that would flow on where a piece ends, but the next is quoted: they are two. */
static void a_scan_sees_whether_flowed_lines_flow_across_its_pieces(void)
{
	for (size_t at = 262144 - 30; at < 262144; at++) {
		g_autoptr(GString) message = g_string_new("Content-Type: text/plain; format=flowed; delsp=yes\n\n");
		gsize start = message->len;
		struct slice octets;
		struct part_index *index;
		struct mime_source source;

		while (message->len < start + 400000)
			g_string_append(message, "straw\n");
		memcpy(message->str + start + at, "\nfin \n>ding\n", 12);
		octets = slice_of(message->str, message->len);
		index = part_index_of_slice(octets);
		source = mime_source_of_slice(&octets);
		g_assert_true(text_search_scan(index, &source, SLICE("FIN >DING")));
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

/* ---- transfer encodings -------------------------------------------------------------------- */

static char *decode_in_pieces(enum transfer_encoding encoding, struct slice in, size_t piece)
{
	struct decoder *decoder = decoder_create(encoding);
	GString *out = g_string_new(NULL);

	for (size_t at = 0; at < in.len; at += piece)
		decoder_push(decoder, in.data + at, MIN(piece, in.len - at), out);
	decoder_finish(decoder, out);
	decoder_destroy(&decoder);
	return g_string_free(out, FALSE);
}

static void transfer_encodings_are_read_in_every_form(void)
{
	static const struct {
		const char *word, *in, *out;
	} rows[] = {
		{ "7bit", "as is\r\n", "as is\r\n" },
		{ "base64", "aGVsbG8=", "hello" },
		{ "BASE64", "aGVs\r\nbG8=\r\n", "hello" },
		{ "base64", "a G*V-s\nbG8", "hello" },
		{ "base64", "aGVsbG8=aGVsbG8=", "hellohello" },
		{ "base64", "aGVsbG8", "hello" },
		{ "base64", "aGVsb", "hel" },
		{ "base64", "=aGVs", "hel" },
		{ "base64", "aGVs====bG8=", "hello" },
		{ "base64", "", "" },
		{ "quoted-printable", "a=C3=BC", "a\xc3\xbc" },
		{ "quoted-printable", "a=c3=bc", "a\xc3\xbc" },
		{ "quoted-printable", "soft=\r\nbreak", "softbreak" },
		{ "quoted-printable", "soft= \t\nbreak", "softbreak" },
		{ "quoted-printable", "end=", "end" },
		{ "quoted-printable", "bad=4", "bad=4" },
		{ "quoted-printable", "bad=zz=4z==41", "bad=zz=4z=A" },
		{ "quoted-printable", "trail  \r\nx \t", "trail\r\nx" },
		{ "quoted-printable", "a\rb\r\n", "a\rb\r\n" },
		{ "quoted-printable", "a  b", "a  b" },
		{ "quoted-printable", "a\r\r\nb", "a\r\r\nb" },
		{ "x-uuencode", "junk\nbegin 644 f\n%:&5L;&\\\n`\nend\nafter\n", "hello" },
		{ "uuencode", "begin 644 f\r\n#0V%T\r\n \r\nend\r\n", "Cat" },
		{ "x-uue", "no uuencode at all\n", "no uuencode at all\n" },
		{ "x-uuencode", "begin 644 f\n#0V%T", "Cat" },
		/* The blank at the line's end went lost. */
		{ "x-uuencode", "begin 644 f\n#0T%\nend\n", "CA@" },
	};

	for (size_t i = 0; i < G_N_ELEMENTS(rows); i++) {
		enum transfer_encoding encoding = transfer_encoding_of(slice_from_string(rows[i].word));

		for (size_t piece = 1; piece < 40; piece++) {
			g_autofree char *out = decode_in_pieces(encoding, slice_from_string(rows[i].in), piece);

			if (strcmp(out, rows[i].out) != 0)
				g_error("%s %s in %zu: %s", rows[i].word, rows[i].in, piece, out);
		}
	}
	g_assert_cmpint(transfer_encoding_of(SLICE("x-strange")), ==, TRANSFER_UNKNOWN);
}

static void base64_agrees_with_glib_on_random_octets(void)
{
	GRand *rand = g_rand_new_with_seed(3);

	for (size_t len = 0; len < 300; len++) {
		guchar octets[300];
		g_autofree char *encoded = NULL, *decoded = NULL;

		for (size_t i = 0; i < len; i++)
			octets[i] = (guchar)g_rand_int_range(rand, 1, 256);
		encoded = g_base64_encode(octets, len);
		decoded = decode_in_pieces(TRANSFER_BASE64, slice_from_string(encoded), 7);
		g_assert_cmpmem(decoded, strlen(decoded), octets, len);
	}
	g_rand_free(rand);
}

int main(int argc, char **argv)
{
	g_test_init(&argc, &argv, NULL);
	g_test_add_func("/text/charsets-are-what-senders-mean-by-their-names",
			charsets_are_what_senders_mean_by_their_names);
	g_test_add_func("/text/no-octets-make-invalid-utf8", no_octets_make_invalid_utf8);
	g_test_add_func("/text/encoded-words-are-read-in-every-form", encoded_words_are_read_in_every_form);
	g_test_add_func("/text/hostile-values-cost-no-more-than-their-length",
			hostile_values_cost_no_more_than_their_length);
	g_test_add_func("/text/casemap-folds-case-and-compatibility", casemap_folds_case_and_compatibility);
	g_test_add_func("/text/search-form-is-the-same-wherever-a-stride-begins",
			search_form_is_the_same_wherever_a_stride_begins);
	g_test_add_func("/text/base-subjects-follow-rfc-5256", base_subjects_follow_rfc_5256);
	g_test_add_func("/text/long-subjects-cost-no-more-than-their-length",
			long_subjects_cost_no_more_than_their_length);
	g_test_add_func("/text/dates-are-read-in-every-form", dates_are_read_in_every_form);
	g_test_add_func("/text/message-ids-are-normalised", message_ids_are_normalised);
	g_test_add_func("/text/fields-are-walked-as-the-index-sees-them",
			fields_are_walked_as_the_index_sees_them);
	g_test_add_func("/text/texts-of-parts-are-readable", texts_of_parts_are_readable);
	g_test_add_func("/text/deep-and-broken-html-ends-in-time", deep_and_broken_html_ends_in_time);
	g_test_add_func("/text/hostile-html-costs-no-more-than-its-length",
			hostile_html_costs_no_more_than_its_length);
	g_test_add_func("/text/deep-html-loses-no-word", deep_html_loses_no_word);
	g_test_add_func("/text/html-of-others-is-harmless", html_of_others_is_harmless);
	g_test_add_func("/text/previews-are-short-and-of-the-text-to-read",
			previews_are_short_and_of_the_text_to_read);
	g_test_add_func("/text/search-text-holds-headers-and-texts-normalised",
			search_text_holds_headers_and_texts_normalised);
	g_test_add_func("/text/addresses-are-search-text-as-they-are-meant",
			addresses_are_search_text_as_they_are_meant);
	g_test_add_func("/text/a-scan-sees-whether-flowed-lines-flow-across-its-pieces",
			a_scan_sees_whether_flowed_lines_flow_across_its_pieces);
	g_test_add_func("/text/what-the-limit-cut-off-is-scanned", what_the_limit_cut_off_is_scanned);
	g_test_add_func("/text/a-scan-finds-what-lies-across-its-pieces", a_scan_finds_what_lies_across_its_pieces);
	g_test_add_func("/text/a-scan-reads-wide-charsets-whole", a_scan_reads_wide_charsets_whole);
	g_test_add_func("/text/every-corpus-message-gives-valid-text", every_corpus_message_gives_valid_text);
	g_test_add_func("/text/transfer-encodings-are-read-in-every-form",
			transfer_encodings_are_read_in_every_form);
	g_test_add_func("/text/base64-agrees-with-glib-on-random-octets",
			base64_agrees_with_glib_on_random_octets);
	return g_test_run();
}
