/* Transfer encodings off.
 *
 * base64 and the lines of uuencode are read by GMime; ours is what goes on behind padding and at an end
 * without it, and where uuencoded lines begin and end: GMime alone drops both (of "aGVsbG8" it gives
 * "hel"), and makes octets of the text around them.  quoted-printable is ours: GMime keeps white space at
 * line ends, takes a soft break followed by blanks for text, drops a broken escape at the end and
 * makes "==41" text where an encoder forgot to escape a '='. */
#include "mime/decode.h"

#include <gmime/gmime-encodings.h>

/* Where "begin" must stand at the latest. */
#define UU_FRONT 65536
/* Characters of the longest line (63 octets). */
#define UU_LINE 84

enum uu_state { UU_FRONT_MATTER, UU_INSIDE, UU_AFTER, UU_NONE };

struct decoder {
	enum transfer_encoding encoding;
	/* base64 */
	int state;
	guint32 save;
	/* quoted-printable: what stands undecided at the end of a piece ("=", "=A", "  ");
	 * uuencode: the current line */
	GString *held;
	GString *front;  /* uuencode: what came before "begin" */
	enum uu_state uu;
};

enum transfer_encoding transfer_encoding_of(struct slice word)
{
	static const struct {
		const char *word;
		enum transfer_encoding encoding;
	} rows[] = {
		{ "", TRANSFER_IDENTITY },
		{ "7bit", TRANSFER_IDENTITY },
		{ "8bit", TRANSFER_IDENTITY },
		{ "binary", TRANSFER_IDENTITY },
		{ "7-bit", TRANSFER_IDENTITY },
		{ "8-bit", TRANSFER_IDENTITY },
		{ "7bits", TRANSFER_IDENTITY },
		{ "8bits", TRANSFER_IDENTITY },
		{ "plain", TRANSFER_IDENTITY },
		{ "none", TRANSFER_IDENTITY },
		{ "base64", TRANSFER_BASE64 },
		{ "base-64", TRANSFER_BASE64 },
		{ "quoted-printable", TRANSFER_QUOTED_PRINTABLE },
		{ "quoted_printable", TRANSFER_QUOTED_PRINTABLE },
		{ "quotedprintable", TRANSFER_QUOTED_PRINTABLE },
		{ "quoted-print", TRANSFER_QUOTED_PRINTABLE },
		{ "qp", TRANSFER_QUOTED_PRINTABLE },
		{ "x-uuencode", TRANSFER_UUENCODE },
		{ "uuencode", TRANSFER_UUENCODE },
		{ "x-uue", TRANSFER_UUENCODE },
		{ "uue", TRANSFER_UUENCODE },
	};

	for (size_t i = 0; i < G_N_ELEMENTS(rows); i++)
		if (slice_equal_ascii_case(word, slice_from_string(rows[i].word)))
			return rows[i].encoding;
	return TRANSFER_UNKNOWN;
}

struct decoder *decoder_create(enum transfer_encoding encoding)
{
	struct decoder *decoder = g_new0(struct decoder, 1);

	decoder->encoding = encoding;
	decoder->held = g_string_new(NULL);
	decoder->front = g_string_new(NULL);
	return decoder;
}

void decoder_destroy(struct decoder **decoder)
{
	if (*decoder == NULL)
		return;
	g_string_free((*decoder)->held, TRUE);
	g_string_free((*decoder)->front, TRUE);
	g_clear_pointer(decoder, g_free);
}

/* ---- base64 -------------------------------------------------------------------- */

/* Padding ends a quantum, for GMime everything: it is begun anew behind it. */
static unsigned char *step_base64(struct decoder *d, const unsigned char *data, size_t len, unsigned char *to)
{
	to += g_mime_encoding_base64_decode_step(data, len, to, &d->state, &d->save);
	if (d->state == -1) {
		d->state = 0;
		d->save = 0;
	}
	return to;
}

static void push_base64(struct decoder *d, const unsigned char *data, size_t len, GString *out)
{
	size_t start = out->len;
	unsigned char *to;

	/* The output never exceeds the input by more than what is held. */
	g_string_set_size(out, start + len + 4);
	to = (unsigned char *)out->str + start;
	while (len > 0) {
		const unsigned char *padding = memchr(data, '=', len);
		size_t run = padding != NULL ? (size_t)(padding - data) + 1 : len;

		to = step_base64(d, data, run, to);
		data += run;
		len -= run;
	}
	g_string_truncate(out, (gsize)((char *)to - out->str));
}

/* ---- quoted-printable ------------------------------------------------------------- */

/* What is held begins with '=' or is white space that may be the end of a line. */
static void release(struct decoder *d, GString *out)
{
	g_string_append_len(out, d->held->str, (gssize)d->held->len);
	g_string_truncate(d->held, 0);
}

static bool is_blank(char c)
{
	return c == ' ' || c == '\t';
}

/* Behind "=": an escape, a soft break ("=", blanks, line end), or something broken. */
static void push_behind_equals(struct decoder *d, char c, GString *out);

static void push_qp_octet(struct decoder *d, char c, GString *out)
{
	if (d->held->len > 0 && d->held->str[0] == '=') {
		push_behind_equals(d, c, out);
		return;
	}
	if (c == '=') {
		release(d, out);
		g_string_append_c(d->held, c);
	} else if (is_blank(c) || c == '\r') {
		if (d->held->len > 0 && d->held->str[d->held->len - 1] == '\r')
			release(d, out);
		else if (d->held->len > 65536)
			release(d, out);
		g_string_append_c(d->held, c);
	} else if (c == '\n') {
		/* Trailing white space of the line goes, its line end stays as it is. */
		if (d->held->len > 0 && d->held->str[d->held->len - 1] == '\r')
			g_string_append_c(out, '\r');
		g_string_truncate(d->held, 0);
		g_string_append_c(out, c);
	} else {
		if (d->held->len > 0)
			release(d, out);
		g_string_append_c(out, c);
	}
}

static void push_behind_equals(struct decoder *d, char c, GString *out)
{
	char first = d->held->len > 1 ? d->held->str[1] : '\0';

	if (d->held->len == 1 && g_ascii_isxdigit(c)) {
		g_string_append_c(d->held, c);
	} else if (d->held->len == 2 && g_ascii_isxdigit(first) && g_ascii_isxdigit(c)) {
		g_string_append_c(out, (char)(g_ascii_xdigit_value(first) * 16 +
					      g_ascii_xdigit_value(c)));
		g_string_truncate(d->held, 0);
	} else if (c == '\n' && !g_ascii_isxdigit(first)) {
		g_string_truncate(d->held, 0);
	} else if ((is_blank(c) || c == '\r') && !g_ascii_isxdigit(first) && d->held->len < 1024 &&
		   d->held->str[d->held->len - 1] != '\r') {
		g_string_append_c(d->held, c);
	} else {
		release(d, out);
		push_qp_octet(d, c, out);
	}
}

static void push_qp(struct decoder *d, const char *data, size_t len, GString *out)
{
	size_t i = 0;

	while (i < len) {
		size_t start = i;

		if (d->held->len == 0) {
			while (i < len && (unsigned char)data[i] > ' ' && data[i] != '=')
				i++;
			g_string_append_len(out, data + start, (gssize)(i - start));
		}
		if (i < len)
			push_qp_octet(d, data[i++], out);
	}
}

static void finish_qp(struct decoder *d, GString *out)
{
	/* A soft break at the very end leaves nothing; so does white space. */
	if (d->held->len > 1 && d->held->str[0] == '=' && g_ascii_isxdigit(d->held->str[1]))
		release(d, out);
	g_string_truncate(d->held, 0);
}

/* ---- uuencode ------------------------------------------------------------------------ */

/* A line shorter than it says has lost the blanks at its end (zeros) to some program on the way. */
static void decode_uu_line(const char *line, size_t len, GString *out)
{
	unsigned char blanks[UU_LINE];
	size_t start = out->len;
	unsigned char *to;
	int state = 0;
	guint32 save = 0;

	memset(blanks, ' ', sizeof(blanks));
	g_string_set_size(out, start + len + sizeof(blanks));
	to = (unsigned char *)out->str + start;
	to += g_mime_encoding_uudecode_step((const unsigned char *)line, len, to, &state, &save);
	to += g_mime_encoding_uudecode_step(blanks, sizeof(blanks), to, &state, &save);
	g_string_truncate(out, (gsize)((char *)to - out->str));
}

static bool is_uu_begin(const char *line, size_t len)
{
	return len >= 10 && memcmp(line, "begin ", 6) == 0 && g_ascii_isdigit(line[6]) &&
	       g_ascii_isdigit(line[7]) && g_ascii_isdigit(line[8]);
}

/* No "begin": the octets pass as they are. */
static void give_up_uu(struct decoder *d, GString *out)
{
	g_string_append_len(out, d->front->str, (gssize)d->front->len);
	g_string_truncate(d->front, 0);
	d->uu = UU_NONE;
}

static void take_uu_line(struct decoder *d, GString *out)
{
	const char *line = d->held->str;
	size_t len = d->held->len;

	while (len > 0 && (line[len - 1] == '\n' || line[len - 1] == '\r'))
		len--;
	if (d->uu == UU_FRONT_MATTER && is_uu_begin(line, len)) {
		g_string_truncate(d->front, 0);
		d->uu = UU_INSIDE;
	} else if (d->uu == UU_FRONT_MATTER) {
		g_string_append_len(d->front, line, (gssize)d->held->len);
		if (d->front->len > UU_FRONT)
			give_up_uu(d, out);
	} else if (d->uu == UU_NONE) {
		g_string_append_len(out, line, (gssize)d->held->len);
	} else if (d->uu == UU_INSIDE && len == 3 && memcmp(line, "end", 3) == 0) {
		d->uu = UU_AFTER;
	} else if (d->uu == UU_INSIDE && len > 0) {
		decode_uu_line(line, len, out);
	}
	g_string_truncate(d->held, 0);
}

static void push_uu(struct decoder *d, const char *data, size_t len, GString *out)
{
	for (size_t i = 0; i < len; i++) {
		g_string_append_c(d->held, data[i]);
		if (data[i] == '\n' || d->held->len >= 4096)
			take_uu_line(d, out);
	}
}

/* ---- the door --------------------------------------------------------------------------- */

void decoder_push(struct decoder *d, const void *data, size_t len, GString *out)
{
	switch (d->encoding) {
	case TRANSFER_BASE64:
		push_base64(d, data, len, out);
		break;
	case TRANSFER_QUOTED_PRINTABLE:
		push_qp(d, data, len, out);
		break;
	case TRANSFER_UUENCODE:
		push_uu(d, data, len, out);
		break;
	case TRANSFER_IDENTITY:
	case TRANSFER_UNKNOWN:
		g_string_append_len(out, data, (gssize)len);
		break;
	}
}

void decoder_finish(struct decoder *d, GString *out)
{
	if (d->encoding == TRANSFER_BASE64)
		push_base64(d, (const unsigned char *)"=", 1, out);
	else if (d->encoding == TRANSFER_QUOTED_PRINTABLE)
		finish_qp(d, out);
	else if (d->encoding == TRANSFER_UUENCODE) {
		if (d->held->len > 0)
			take_uu_line(d, out);
		if (d->uu == UU_FRONT_MATTER)
			give_up_uu(d, out);
	}
}

bool decode_part(const struct part *part, const struct mime_source *source, uint64_t limit,
		 GString *out, bool *truncated_out)
{
	struct decoder *decoder = decoder_create(transfer_encoding_of(part->encoding));
	uint64_t at = part->body_offset, left = part->body_size;
	size_t start = out->len;
	char room[16384];
	bool ok = true;

	while (left > 0 && ok && out->len - start < limit) {
		ssize_t got = source->read(source->arg, at, room, (size_t)MIN(left, sizeof(room)));

		ok = got > 0;
		if (ok) {
			decoder_push(decoder, room, (size_t)got, out);
			at += (uint64_t)got;
			left -= (uint64_t)got;
		}
	}
	if (left == 0)
		decoder_finish(decoder, out);
	if (truncated_out != NULL)
		*truncated_out = left > 0 || out->len - start > limit;
	if (out->len - start > limit)
		g_string_truncate(out, start + (size_t)limit);
	decoder_destroy(&decoder);
	return ok;
}
