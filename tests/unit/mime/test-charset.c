/* Octets into text: charsets, encoded words, transfer encodings. */
#include "mime/charset.h"
#include "mime/decode.h"
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

		/* Each search makes a sanitizer look at all that is left. */
		while (value->len < 1000000 / COST_SLOWDOWN)
			g_string_append(value, pieces[i]);
		charset_decode_header(out, slice_of(value->str, value->len));
		cost_check(pieces[i], start, 3);
	}
}

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
	g_test_add_func("/charset/charsets-are-what-senders-mean-by-their-names",
			charsets_are_what_senders_mean_by_their_names);
	g_test_add_func("/charset/no-octets-make-invalid-utf8", no_octets_make_invalid_utf8);
	g_test_add_func("/charset/encoded-words-are-read-in-every-form",
			encoded_words_are_read_in_every_form);
	g_test_add_func("/charset/hostile-values-cost-no-more-than-their-length",
			hostile_values_cost_no_more_than_their_length);
	g_test_add_func("/charset/transfer-encodings-are-read-in-every-form",
			transfer_encodings_are_read_in_every_form);
	g_test_add_func("/charset/base64-agrees-with-glib-on-random-octets",
			base64_agrees_with_glib_on_random_octets);
	return g_test_run();
}
