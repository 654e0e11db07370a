/* Rows of a message, signatures, line ends; without a database. */
#include "ingest/ingest.h"
#include "ingest/signature.h"
#include "mime/casemap.h"
#include "mime/part_index.h"

/* ---- rows ---------------------------------------------------------------------------------- */

static char *as_text(struct slice slice)
{
	return slice_dup(slice);
}

#define assert_slice(slice, expected) do { \
	g_autofree char *slice_text_ = as_text(slice); \
	g_assert_cmpstr(slice_text_, ==, (expected)); \
} while (0)

static const char message[] =
	"Date: Tue, 5 May 2026 01:30:00 +0200\r\n"
	"From: =?utf-8?Q?=C3=84nne?= <aenne@Example.Test>\r\n"
	"To: team: bob@example.test;\r\nCc: Carl@example.test\r\n"
	"Subject: Re: [list] =?utf-8?Q?Gr=C3=BC=C3=9Fe?=\r\n"
	"Message-ID: <\"m\"@example.test>\r\nIn-Reply-To: <r@example.test>\r\n"
	"References: <q@example.test>\r\n <r@example.test>\r\n"
	"Content-Type: multipart/mixed; boundary=b\r\n\r\n"
	"--b\r\n\r\nHello there\r\n--b\r\nContent-Type: text/calendar\r\n\r\n"
	"BEGIN:VCALENDAR\r\nMETHOD:REQUEST\r\nEND:VCALENDAR\r\n--b--\r\n";

static void a_row_says_everything_of_the_message(void)
{
	struct slice octets = SLICE(message);
	struct mime_source source = mime_source_of_slice(&octets);
	struct ingest *ingest = ingest_create(&source);
	const struct content_row *row = ingest_row(ingest);
	const struct content_facts *facts = &row->facts;
	g_autofree char *sum = g_compute_checksum_for_data(G_CHECKSUM_SHA256, (const guchar *)octets.data,
							   octets.len);
	g_autoptr(GString) hash = g_string_new(NULL);

	for (size_t i = 0; i < sizeof(row->hash); i++)
		g_string_append_printf(hash, "%02x", row->hash[i]);
	g_assert_cmpstr(hash->str, ==, sum);
	g_assert_cmpuint(facts->size, ==, octets.len);
	g_assert_true(slice_equal(row->octets, octets));
	g_assert_null(row->read);
	g_assert_cmpuint(facts->header_size, ==, (size_t)(strstr(message, "\r\n\r\n") + 4 - message));
	g_assert_cmpint(facts->sent_date, ==, 1777937400);
	g_assert_cmpint(facts->sent_day, ==, 20578);
	assert_slice(facts->subject, "Re: [list] Gr\xc3\xbc\xc3\x9f" "e");
	assert_slice(facts->base_subject, "GRU\xcc\x88\xc3\x9f" "E");
	assert_slice(facts->from, "AENNE");
	assert_slice(facts->display_from, "A\xcc\x88NNE");
	assert_slice(facts->to, "TEAM");
	assert_slice(facts->cc, "CARL");
	assert_slice(facts->message_id, "<m@example.test>");
	assert_slice(facts->in_reply_to, "<r@example.test>");
	assert_slice(facts->references, "<q@example.test> <r@example.test>");
	assert_slice(facts->preview, "Hello there");
	g_assert_cmpuint(facts->traits, ==, CONTENT_HAS_CALENDAR | CONTENT_IS_MEETING);
	g_assert_cmpuint(facts->version, ==, INGEST_VERSION);
	g_assert_true(g_str_has_prefix(facts->envelope.data, "(\"Tue, 5 May 2026 01:30:00 +0200\" "));
	g_assert_true(g_str_has_prefix(facts->bodystructure.data, "((\"text\" \"plain\" "));
	g_assert_cmpuint(facts->body.len, <, facts->bodystructure.len);
	ingest_destroy(&ingest);
}

static void absent_fields_are_absent(void)
{
	struct slice octets = SLICE("\nbody");
	struct mime_source source = mime_source_of_slice(&octets);
	struct ingest *ingest = ingest_create(&source);
	const struct content_facts *facts = &ingest_row(ingest)->facts;

	g_assert_cmpint(facts->sent_date, ==, CONTENT_NO_DATE);
	g_assert_cmpint(facts->sent_day, ==, CONTENT_NO_DAY);
	g_assert_cmpuint(facts->subject.len + facts->from.len + facts->to.len + facts->cc.len +
			 facts->message_id.len + facts->references.len, ==, 0);
	ingest_destroy(&ingest);
}

/* A source that is too large for memory is read where it lies; one that fails gives no row. */
static void large_messages_are_read_from_their_source(void)
{
	struct spool *spool = spool_create(4096, NULL);
	struct mime_source source;
	struct ingest *ingest;
	char piece[1000];

	memset(piece, 'x', sizeof(piece));
	piece[999] = '\n';
	spool_append(spool, "Subject: large\n\n", 16);
	for (int i = 0; i < 3000; i++)
		spool_append(spool, piece, sizeof(piece));
	source = mime_source_of_spool(spool);
	ingest = ingest_create(&source);
	g_assert_null(ingest_row(ingest)->octets.data);
	g_assert_true(ingest_row(ingest)->read == source.read);
	g_assert_cmpuint(ingest_row(ingest)->facts.size, ==, 3000016);
	g_assert_true(ingest_row(ingest)->facts.traits & CONTENT_TEXT_TRUNCATED);
	/* Not all text is known, so the signature rules nothing out. */
	g_assert_cmpuint(ingest_row(ingest)->signature.len, ==, 0);
	ingest_destroy(&ingest);
	source.size++;
	g_assert_null(ingest_create(&source));
	spool_destroy(&spool);
}

/* ---- signatures --------------------------------------------------------------------------------- */

static bool may_contain(GBytes *signature, const char *needle)
{
	struct signature_query *query = signature_query_create(slice_from_string(needle));
	bool may = signature_may_contain(slice_of(g_bytes_get_data(signature, NULL),
						  g_bytes_get_size(signature)), query);

	signature_query_destroy(&query);
	return may;
}

static void a_signature_never_denies_what_the_text_contains(void)
{
	GRand *rand = g_rand_new_with_seed(1);

	for (int size = 0; size < 200000; size = size * 3 + 1) {
		g_autoptr(GString) text = g_string_new(NULL);
		g_autoptr(GBytes) signature = NULL;
		struct slice slices[2];

		for (int i = 0; i < size; i++)
			g_string_append_c(text, (char)g_rand_int_range(rand, 'A', 'Z'));
		slices[0] = slice_of(text->str, text->len / 2);
		slices[1] = slice_of(text->str + text->len / 2, text->len - text->len / 2);
		signature = signature_build(slices, 2);
		for (int i = 0; i < 200; i++) {
			size_t half = text->len / 2;
			size_t at = half > 0 ? (size_t)g_rand_int_range(rand, 0, (gint32)half) : 0;
			g_autofree char *needle = g_strndup(text->str + at, MIN((size_t)i, half - at));

			g_assert_true(may_contain(signature, needle));
		}
	}
	g_rand_free(rand);
}

static void a_signature_rules_out_most_absent_words(void)
{
	static const char *const words[] = { "MEETING", "BUDGET", "REPORT", "PLEASE", "REGARDS", "TOMORROW",
					     "PROJECT", "CUSTOMER", "INVOICE", "DELIVERY", "QUESTION", "ANSWER" };
	GRand *rand = g_rand_new_with_seed(2);
	unsigned maybe = 0, asked = 0;

	for (int round = 0; round < 50; round++) {
		g_autoptr(GString) text = g_string_new(NULL);
		g_autoptr(GBytes) signature = NULL;
		struct slice slice;

		for (int i = 0; i < 400; i++)
			g_string_append_printf(text, "%s%d ", words[g_rand_int_range(rand, 0, G_N_ELEMENTS(words))],
					       g_rand_int_range(rand, 0, 1000));
		slice = slice_of(text->str, text->len);
		signature = signature_build(&slice, 1);
		for (int i = 0; i < 200; i++) {
			g_autofree char *needle = g_strdup_printf("%c%c%c%c", g_rand_int_range(rand, 'A', 'Z'),
								  g_rand_int_range(rand, 'A', 'Z'),
								  g_rand_int_range(rand, 'A', 'Z'),
								  g_rand_int_range(rand, 'A', 'Z'));

			if (strstr(text->str, needle) != NULL)
				continue;
			asked++;
			maybe += may_contain(signature, needle);
		}
	}
	g_test_message("%u of %u absent words answered maybe", maybe, asked);
	g_assert_cmpuint(maybe * 25, <, asked);
	g_rand_free(rand);
}

static void what_is_not_known_is_maybe(void)
{
	g_autoptr(GBytes) anything = signature_anything(), built = NULL;
	struct slice text = SLICE("SOME TEXT");
	struct signature_query *query = signature_query_create(SLICE("ABSENT"));
	static const char damaged[] = "\x01\x40zzz";

	built = signature_build(&text, 1);
	g_assert_true(may_contain(anything, "ABSENT"));
	g_assert_true(may_contain(built, "ZZ"));
	g_assert_true(may_contain(built, ""));
	g_assert_false(may_contain(built, "ABSENT WORDS OF SOME LENGTH"));
	g_assert_true(signature_may_contain(slice_of(damaged, 5), query));
	signature_query_destroy(&query);
}

/* ---- line ends --------------------------------------------------------------------------------------- */

static void bare_lf_becomes_crlf_whatever_the_cuts(void)
{
	static const char text[] = "a\nb\r\nc\r\rd\n\n";

	for (size_t cut = 0; cut < sizeof(text); cut++) {
		g_autoptr(GString) out = g_string_new(NULL);
		char last = 0;

		ingest_convert_crlf(out, slice_of(text, cut), &last);
		ingest_convert_crlf(out, slice_of(text + cut, sizeof(text) - 1 - cut), &last);
		g_assert_cmpstr(out->str, ==, "a\r\nb\r\nc\r\rd\r\n\r\n");
	}
}

int main(int argc, char **argv)
{
	g_test_init(&argc, &argv, NULL);
	g_test_add_func("/ingest/a-row-says-everything-of-the-message", a_row_says_everything_of_the_message);
	g_test_add_func("/ingest/absent-fields-are-absent", absent_fields_are_absent);
	g_test_add_func("/ingest/large-messages-are-read-from-their-source",
			large_messages_are_read_from_their_source);
	g_test_add_func("/signature/a-signature-never-denies-what-the-text-contains",
			a_signature_never_denies_what_the_text_contains);
	g_test_add_func("/signature/a-signature-rules-out-most-absent-words",
			a_signature_rules_out_most_absent_words);
	g_test_add_func("/signature/what-is-not-known-is-maybe", what_is_not_known_is_maybe);
	g_test_add_func("/ingest/bare-lf-becomes-crlf-whatever-the-cuts",
			bare_lf_becomes_crlf_whatever_the_cuts);
	return g_test_run();
}
