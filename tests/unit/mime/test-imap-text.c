/* ENVELOPE, BODY and BODYSTRUCTURE: legal for every message, and right where it is known. */
#include "mime/bodystructure.h"
#include "mime/envelope.h"
#include "corpus.h"
#include "grammar.h"

static void check_texts(const char *name, struct slice octets)
{
	struct part_index *index = part_index_of_slice(octets);
	struct mime_source source = mime_source_of_slice(&octets);
	struct part root = part_index_get(index, PART_ROOT);
	g_autoptr(GString) text = g_string_new(NULL);
	g_autofree char *problem = NULL;

	for (unsigned forms = 0; forms <= (BODYSTRUCTURE_EXTENDED | BODYSTRUCTURE_DECODED); forms++) {
		g_string_truncate(text, 0);
		g_assert_true(bodystructure_write(text, index, &source, forms));
		problem = grammar_check_body(slice_of(text->str, text->len),
					     (forms & BODYSTRUCTURE_EXTENDED) != 0);
		if (problem != NULL)
			g_error("%s: BODYSTRUCTURE in form %u: %s", name, forms, problem);
	}
	g_string_truncate(text, 0);
	envelope_write(text, slice_of(octets.data, (size_t)root.header_size));
	problem = grammar_check_envelope(slice_of(text->str, text->len));
	if (problem != NULL)
		g_error("%s: ENVELOPE: %s", name, problem);
	part_index_destroy(&index);
}

static void each_message(const char *name, struct slice octets, void *arg)
{
	(void)arg;
	check_texts(name, octets);
}

static void every_corpus_message_has_legal_texts(void)
{
	corpus_each(each_message, NULL);
}

/* Octets overwritten, cut out and doubled at places a fixed seed chooses. */
static void each_damaged(const char *name, struct slice octets, void *arg)
{
	static const char spice[] = "\0\r\n\"\\(){}<>@,;:= ?*'%\xff\xc3-";
	GRand *rand = arg;

	if (octets.len == 0 || octets.len > 20000)
		return;
	for (int round = 0; round < 8; round++) {
		g_autoptr(GString) copy = g_string_new_len(octets.data, (gssize)octets.len);

		for (int i = 0; i < 12; i++) {
			gsize at = (gsize)g_rand_int_range(rand, 0, (gint32)MIN(copy->len, 4000));
			gsize len = (gsize)g_rand_int_range(rand, 1, 40);

			len = MIN(len, copy->len - at);
			if (g_rand_int_range(rand, 0, 4) > 0)
				copy->str[at] = spice[g_rand_int_range(rand, 0, sizeof(spice) - 1)];
			else if (g_rand_boolean(rand) && copy->len > 100)
				g_string_erase(copy, (gssize)at, (gssize)len);
			else
				g_string_insert_len(copy, (gssize)at, octets.data, (gssize)MIN(len, octets.len));
		}
		check_texts(name, slice_of(copy->str, copy->len));
	}
}

static void damaged_messages_have_legal_texts(void)
{
	GRand *rand = g_rand_new_with_seed(20260505);

	corpus_each(each_damaged, rand);
	g_rand_free(rand);
}

static void envelopes_say_what_the_header_says(void)
{
	static const struct {
		const char *header, *envelope;
	} rows[] = {
		{ "", "(NIL NIL NIL NIL NIL NIL NIL NIL NIL NIL)" },
		{ "Subject:\n", "(NIL \"\" NIL NIL NIL NIL NIL NIL NIL NIL)" },
		{ "Date: x\r\nSubject: a\r\n b\r\nMessage-ID: <i@j>\r\nIn-Reply-To: <k@l>\r\n",
		  "(\"x\" \"a b\" NIL NIL NIL NIL NIL NIL \"<k@l>\" \"<i@j>\")" },
		{ "From: a@b\nSender:\nReply-To: r@s\n",
		  "(NIL NIL ((NIL NIL \"a\" \"b\")) ((NIL NIL \"a\" \"b\")) ((NIL NIL \"r\" \"s\")) "
		  "NIL NIL NIL NIL NIL)" },
		{ "From: a@b\nFrom: c@d\n",
		  "(NIL NIL ((NIL NIL \"a\" \"b\")(NIL NIL \"c\" \"d\")) ((NIL NIL \"a\" \"b\")(NIL NIL \"c\" \"d\")) "
		  "((NIL NIL \"a\" \"b\")(NIL NIL \"c\" \"d\")) NIL NIL NIL NIL NIL)" },
		{ "Subject: \"q\\\n", "(NIL \"\\\"q\\\\\" NIL NIL NIL NIL NIL NIL NIL NIL)" },
		{ "Subject: gr\xc3\xbc\n", "(NIL {4}\r\ngr\xc3\xbc NIL NIL NIL NIL NIL NIL NIL NIL)" },
		{ "To: g: a@b;\n",
		  "(NIL NIL NIL NIL NIL ((NIL NIL \"g\" NIL)(NIL NIL \"a\" \"b\")(NIL NIL NIL NIL)) "
		  "NIL NIL NIL NIL)" },
		{ "To: =?utf-8?Q?=C3=BC?= <a@b>\n",
		  "(NIL NIL NIL NIL NIL ((\"=?utf-8?Q?=C3=BC?=\" NIL \"a\" \"b\")) NIL NIL NIL NIL)" },
		{ "To: lonely\n", "(NIL NIL NIL NIL NIL ((NIL NIL \"lonely\" \"\")) NIL NIL NIL NIL)" },
		{ "To: <@r:a@b>\n", "(NIL NIL NIL NIL NIL ((NIL \"@r\" \"a\" \"b\")) NIL NIL NIL NIL)" },
	};

	for (size_t i = 0; i < G_N_ELEMENTS(rows); i++) {
		g_autoptr(GString) text = g_string_new(NULL);

		envelope_write(text, slice_from_string(rows[i].header));
		g_assert_cmpstr(text->str, ==, rows[i].envelope);
	}
}

static void bodystructures_say_what_the_parts_are(void)
{
	static const struct {
		const char *message, *structure;
	} rows[] = {
		{ "\nx\n", "(\"text\" \"plain\" (\"charset\" \"us-ascii\") NIL NIL \"7bit\" 2 1 NIL NIL NIL NIL)" },
		{ "Content-Type: text/html; charset=x\nContent-Transfer-Encoding: BASE64\nContent-ID: <i>\n"
		  "Content-Description: d\nContent-MD5: m\nContent-Disposition: inline; filename=f\n"
		  "Content-Language: en, de\nContent-Location: l\n\nx\n",
		  "(\"text\" \"html\" (\"charset\" \"x\") \"<i>\" \"d\" \"base64\" 2 1 \"m\" "
		  "(\"inline\" (\"filename\" \"f\")) (\"en\" \"de\") \"l\")" },
		{ "Content-Type: image/png\n\nx\n", "(\"image\" \"png\" NIL NIL NIL \"7bit\" 2 NIL NIL NIL NIL)" },
		{ "Content-Type: multipart/mixed; boundary=b\n\n--b\n\nx\n--b--",
		  "((\"text\" \"plain\" (\"charset\" \"us-ascii\") NIL NIL \"7bit\" 1 0 NIL NIL NIL NIL) \"mixed\" "
		  "(\"boundary\" \"b\") NIL NIL NIL)" },
		{ "Content-Type: message/rfc822\n\nSubject: s\n\nx\n",
		  "(\"message\" \"rfc822\" NIL NIL NIL \"7bit\" 14 "
		  "(NIL \"s\" NIL NIL NIL NIL NIL NIL NIL NIL) "
		  "(\"text\" \"plain\" (\"charset\" \"us-ascii\") NIL NIL \"7bit\" 2 1 NIL NIL NIL NIL) 3 "
		  "NIL NIL NIL NIL)" },
	};

	for (size_t i = 0; i < G_N_ELEMENTS(rows); i++) {
		struct slice octets = slice_from_string(rows[i].message);
		struct part_index *index = part_index_of_slice(octets);
		struct mime_source source = mime_source_of_slice(&octets);
		g_autoptr(GString) text = g_string_new(NULL);

		g_assert_true(bodystructure_write(text, index, &source, BODYSTRUCTURE_EXTENDED));
		g_assert_cmpstr(text->str, ==, rows[i].structure);
		part_index_destroy(&index);
	}
}

/* RFC 9051 7.5.2: "foo*0*" and "foo*1*" as one "foo*", in UTF-8. */
static void values_in_a_charset_are_decoded_where_asked(void)
{
	static const struct {
		const char *parameter, *as_is, *decoded;
	} rows[] = {
		{ "name=plain", "\"name\" \"plain\"", NULL },
		{ "name*0=a; name*1=\"b c\"", "\"name\" \"ab c\"", NULL },
		{ "name*=iso-8859-1'de'gr%FC%DFe", "\"name*\" \"iso-8859-1'de'gr%FC%DFe\"",
		  "\"name*\" {7}\r\ngr\xc3\xbc\xc3\x9f" "e" },
		{ "name*0*=utf-8''%E2; name*1*=%82; name*2*=%AC%20; name*3=\"100%25\"",
		  "\"name*\" \"utf-8''%E2%82%AC%20100%2525\"", "\"name*\" {10}\r\n\xe2\x82\xac 100%25" },
		{ "name*=us-ascii''a%22b", "\"name*\" \"us-ascii''a%22b\"", "\"name*\" \"a\\\"b\"" },
		{ "name*=utf-8''a%00b%0D%0A", "\"name*\" \"utf-8''a%00b%0D%0A\"", "\"name*\" {4}\r\nab\r\n" },
	};

	for (size_t i = 0; i < G_N_ELEMENTS(rows); i++) {
		g_autofree char *message = g_strdup_printf("Content-Type: text/plain; %s\n\nx\n", rows[i].parameter);
		struct slice octets = slice_from_string(message);
		struct part_index *index = part_index_of_slice(octets);
		struct mime_source source = mime_source_of_slice(&octets);
		g_autoptr(GString) as_is = g_string_new(NULL), decoded = g_string_new(NULL);

		g_assert_true(bodystructure_write(as_is, index, &source, 0));
		g_assert_true(bodystructure_write(decoded, index, &source, BODYSTRUCTURE_DECODED));
		g_assert_nonnull(strstr(as_is->str, rows[i].as_is));
		g_assert_nonnull(strstr(decoded->str, rows[i].decoded != NULL ? rows[i].decoded : rows[i].as_is));
		g_assert_cmpint(bodystructure_has_extended_values(index), ==, rows[i].decoded != NULL);
		part_index_destroy(&index);
	}
}

static void the_checker_refuses_what_is_illegal(void)
{
	static const char *const bad[] = {
		"", "(", "(NIL)", "(\"text\" \"plain\" NIL NIL NIL NIL 2 1 NIL NIL NIL NIL)",
		"(\"text\" \"plain\" () NIL NIL \"7bit\" 2 1 NIL NIL NIL NIL)",
		"(\"text\" \"plain\" NIL NIL NIL \"7bit\" 2 NIL NIL NIL NIL)",
		"(\"multipart\" \"mixed\" NIL NIL NIL \"7bit\" 2 NIL NIL NIL NIL)",
		"(\"message\" \"rfc822\" NIL NIL NIL \"7bit\" 2 NIL NIL NIL NIL)",
		"(\"image\" \"p\xc3\xbcg\" NIL NIL NIL \"7bit\" 2 NIL NIL NIL NIL)",
		"(\"image\" \"png\" NIL NIL NIL \"7bit\" 2 NIL NIL NIL NIL) ",
	};

	for (size_t i = 0; i < G_N_ELEMENTS(bad); i++) {
		g_autofree char *problem = grammar_check_body(slice_from_string(bad[i]), true);

		g_assert_nonnull(problem);
	}
}

int main(int argc, char **argv)
{
	g_test_init(&argc, &argv, NULL);
	g_test_add_func("/imap-text/every-corpus-message-has-legal-texts",
			every_corpus_message_has_legal_texts);
	g_test_add_func("/imap-text/damaged-messages-have-legal-texts",
			damaged_messages_have_legal_texts);
	g_test_add_func("/imap-text/envelopes-say-what-the-header-says",
			envelopes_say_what_the_header_says);
	g_test_add_func("/imap-text/bodystructures-say-what-the-parts-are",
			bodystructures_say_what_the_parts_are);
	g_test_add_func("/imap-text/values-in-a-charset-are-decoded-where-asked",
			values_in_a_charset_are_decoded_where_asked);
	g_test_add_func("/imap-text/the-checker-refuses-what-is-illegal",
			the_checker_refuses_what_is_illegal);
	return g_test_run();
}
