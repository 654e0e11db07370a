/* Transfer encodings off, octet by octet where it matters and in runs where it does not. */
#include "mime/decode.h"

/* Where "begin" must stand at the latest. */
#define UU_FRONT 65536

enum uu_state { UU_FRONT_MATTER, UU_INSIDE, UU_AFTER, UU_NONE };

struct decoder {
	enum transfer_encoding encoding;
	/* base64 */
	uint32_t bits;
	unsigned count;
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

/* 64: not of the alphabet, 65: padding */
static const unsigned char *base64_values(void)
{
	static unsigned char values[256];
	static gsize ready;

	if (g_once_init_enter(&ready)) {
		static const char alphabet[] =
			"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";

		memset(values, 64, sizeof(values));
		for (unsigned i = 0; i < 64; i++)
			values[(unsigned char)alphabet[i]] = (unsigned char)i;
		values['='] = 65;
		g_once_init_leave(&ready, 1);
	}
	return values;
}

/* Whole octets of a quantum that ended early. */
static void end_quantum(struct decoder *d, GString *out)
{
	if (d->count == 2) {
		g_string_append_c(out, (char)(d->bits >> 4));
	} else if (d->count == 3) {
		g_string_append_c(out, (char)(d->bits >> 10));
		g_string_append_c(out, (char)(d->bits >> 2));
	}
	d->bits = 0;
	d->count = 0;
}

static void push_base64(struct decoder *d, const unsigned char *data, size_t len, GString *out)
{
	const unsigned char *values = base64_values();
	size_t start = out->len;
	unsigned char *to;

	/* The output never exceeds the input by more than what is held. */
	g_string_set_size(out, start + len + 4);
	to = (unsigned char *)out->str + start;
	for (size_t i = 0; i < len; i++) {
		unsigned char value = values[data[i]];

		if (value < 64) {
			d->bits = d->bits << 6 | value;
			if (++d->count == 4) {
				*to++ = (unsigned char)(d->bits >> 16);
				*to++ = (unsigned char)(d->bits >> 8);
				*to++ = (unsigned char)d->bits;
				d->bits = 0;
				d->count = 0;
			}
		} else if (value == 65 && d->count > 0) {
			if (d->count >= 2)
				*to++ = (unsigned char)(d->count == 2 ? d->bits >> 4 : d->bits >> 10);
			if (d->count == 3)
				*to++ = (unsigned char)(d->bits >> 2);
			d->bits = 0;
			d->count = 0;
		}
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

static void decode_uu_line(const char *line, size_t len, GString *out)
{
	size_t count = (size_t)((line[0] - ' ') & 63);
	size_t have = (len - 1) / 4 * 3 + ((len - 1) % 4 > 1 ? (len - 1) % 4 - 1 : 0);

	count = MIN(count, have);
	for (size_t i = 0; i < count; i++) {
		const char *group = line + 1 + i / 3 * 4;
		unsigned a = (unsigned)(group[i % 3] - ' ') & 63;
		unsigned b = (unsigned)(group[i % 3 + 1] - ' ') & 63;

		g_string_append_c(out, (char)(i % 3 == 0 ? a << 2 | b >> 4 :
					      i % 3 == 1 ? a << 4 | b >> 2 : a << 6 | b));
	}
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
		end_quantum(d, out);
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
