/* Encoded words (RFC 2047) in header values.
 *
 * Also the forms in use that the RFC forbids: words inside quotes or touching other text, spaces
 * inside a word, words longer than 75 octets, characters split between two words (the octets
 * of neighbouring words of one charset are joined before they are converted), missing base64
 * padding.  What looks like a word but is none stays as it is.
 *
 * Own, because GMime 3.2.13's g_mime_utils_header_decode_text() loses text and more: of two words in
 * base64 it shows the first alone when that ends in padding, of one without padding nothing; the
 * charset's name goes on the stack (one of 5 MB ends the process) and stays in a table for good
 * (100 MB after a million names). */
#include "mime/charset.h"
#include "mime/decode.h"

struct word {
	struct slice charset, text;
	char encoding; /* 'b' or 'q' */
	size_t size;   /* octets of the whole word */
};

/* Decoded octets that wait for a neighbour of the same charset.  base64 goes on over the words of a
 * run too: some programs cut it at any character. */
struct pending {
	GString *octets;
	struct slice charset;
	struct decoder *base64; /* NULL: not in base64 */
};

static bool find_word(struct slice at, struct word *word_out)
{
	const char *p = at.data + 2, *end = at.data + at.len, *mark, *close;

	if (at.len < 8 || at.data[0] != '=' || at.data[1] != '?')
		return false;
	mark = memchr(p, '?', MIN((size_t)(end - p), 80));
	if (mark == NULL || mark == p || end - mark < 4 || mark[2] != '?')
		return false;
	word_out->charset = slice_of(p, (size_t)(mark - p));
	word_out->encoding = g_ascii_tolower(mark[1]);
	if ((word_out->encoding != 'b' && word_out->encoding != 'q') ||
	    memchr(p, ' ', word_out->charset.len) != NULL)
		return false;
	p = mark + 3;
	close = memmem(p, (size_t)(end - p), "?=", 2);
	if (close == NULL)
		return false;
	word_out->text = slice_of(p, (size_t)(close - p));
	word_out->size = (size_t)(close + 2 - at.data);
	return true;
}

static const char *find_close(const char *from, const char *end)
{
	return memmem(from, (size_t)(end - from), "?=", 2);
}

static void decode_q(GString *out, struct slice text)
{
	for (size_t i = 0; i < text.len; i++) {
		if (text.data[i] == '_') {
			g_string_append_c(out, ' ');
		} else if (text.data[i] == '=' && i + 2 < text.len &&
			   g_ascii_isxdigit(text.data[i + 1]) && g_ascii_isxdigit(text.data[i + 2])) {
			g_string_append_c(out, (char)(g_ascii_xdigit_value(text.data[i + 1]) * 16 +
						      g_ascii_xdigit_value(text.data[i + 2])));
			i += 2;
		} else {
			g_string_append_c(out, text.data[i]);
		}
	}
}

static void end_base64(struct pending *pending)
{
	if (pending->base64 != NULL)
		decoder_finish(pending->base64, pending->octets);
	decoder_destroy(&pending->base64);
}

static void add_word(struct pending *pending, const struct word *word)
{
	if (word->encoding == 'q') {
		end_base64(pending);
		decode_q(pending->octets, word->text);
		return;
	}
	if (pending->base64 == NULL)
		pending->base64 = decoder_create(TRANSFER_BASE64);
	decoder_push(pending->base64, word->text.data, word->text.len, pending->octets);
}

/* Line ends and NULs from inside words would end the header elsewhere. */
static void flush(GString *out, struct pending *pending)
{
	size_t start = out->len;

	end_base64(pending);
	charset_to_utf8(out, slice_of(pending->octets->str, pending->octets->len), pending->charset);
	for (size_t i = start; i < out->len; i++)
		if (out->str[i] == '\r' || out->str[i] == '\n')
			out->str[i] = ' ';
	g_string_truncate(pending->octets, 0);
}

static bool is_all_space(struct slice text)
{
	for (size_t i = 0; i < text.len; i++)
		if (strchr(" \t\r\n", text.data[i]) == NULL || text.data[i] == '\0')
			return false;
	return true;
}

static void append_plain(GString *out, struct slice text)
{
	g_autoptr(GString) unfolded = g_string_sized_new(text.len);

	for (size_t i = 0; i < text.len; i++)
		if (text.data[i] != '\r' && text.data[i] != '\n' && text.data[i] != '\0')
			g_string_append_c(unfolded, text.data[i]);
	charset_to_utf8(out, slice_of(unfolded->str, unfolded->len), slice_of(NULL, 0));
}

void charset_decode_header(GString *out, struct slice value)
{
	struct pending pending = { .octets = g_string_new(NULL) };
	const char *p = value.len > 0 ? value.data : "", *end = p + value.len, *plain = p;
	const char *close = find_close(p, end);
	bool after_word = false;

	while (p < end && close != NULL) {
		const char *start = memmem(p, (size_t)(end - p), "=?", 2);
		struct slice between;
		struct word word;

		/* Without an end behind it there is no word, here or later (and no second search). */
		if (start != NULL && close < start + 2)
			close = find_close(start + 2, end);
		if (start == NULL || close == NULL)
			break;
		if (!find_word(slice_of(start, (size_t)(end - start)), &word)) {
			p = start + 2;
			continue;
		}
		between = slice_of(plain, (size_t)(start - plain));
		if (!after_word || !is_all_space(between)) {
			flush(out, &pending);
			append_plain(out, between);
		}
		if (!slice_equal_ascii_case(word.charset, pending.charset))
			flush(out, &pending);
		pending.charset = word.charset;
		add_word(&pending, &word);
		after_word = true;
		plain = p = start + word.size;
	}
	flush(out, &pending);
	if (value.len > 0)
		append_plain(out, slice_of(plain, (size_t)(end - plain)));
	g_string_free(pending.octets, TRUE);
}
