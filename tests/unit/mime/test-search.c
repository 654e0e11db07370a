/* What searches look at: the comparison form, search texts, scans of what they leave out. */
#include "mime/casemap.h"
#include "mime/text.h"
#include "corpus.h"

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

int main(int argc, char **argv)
{
	g_test_init(&argc, &argv, NULL);
	g_test_add_func("/search/search-form-is-the-same-wherever-a-stride-begins",
			search_form_is_the_same_wherever_a_stride_begins);
	g_test_add_func("/search/casemap-folds-case-and-compatibility",
			casemap_folds_case_and_compatibility);
	g_test_add_func("/search/search-text-holds-headers-and-texts-normalised",
			search_text_holds_headers_and_texts_normalised);
	g_test_add_func("/search/addresses-are-search-text-as-they-are-meant",
			addresses_are_search_text_as_they_are_meant);
	g_test_add_func("/search/what-the-limit-cut-off-is-scanned",
			what_the_limit_cut_off_is_scanned);
	g_test_add_func("/search/a-scan-finds-what-lies-across-its-pieces",
			a_scan_finds_what_lies_across_its_pieces);
	g_test_add_func("/search/a-scan-reads-wide-charsets-whole",
			a_scan_reads_wide_charsets_whole);
	g_test_add_func("/search/a-scan-sees-whether-flowed-lines-flow-across-its-pieces",
			a_scan_sees_whether_flowed_lines_flow_across_its_pieces);
	return g_test_run();
}
