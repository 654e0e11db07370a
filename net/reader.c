/* Three small machines over stream_peek() and stream_consume().  A line is
 * gathered in a buffer of the reader's own, because it must outlive the return
 * to the loop (a command runs in a worker while the stream reads on); the buffer
 * is wiped, for it may have held a password, and given back when idle. */
#include "net/reader.h"

#include "base/secret.h"

enum { KEEP_LINE_BUFFER = 1024 };

/* RFC 5321 4.5.2: which of CR LF '.' CR LF came last. */
enum dot_state {
	DOT_LINE_START,
	DOT_TEXT,
	DOT_CR,
	DOT_DOT,    /* a dot at a line's start, held back */
	DOT_DOT_CR, /* ".\r" held back */
	DOT_END,
};

struct reader {
	struct stream *stream;
	size_t max_line;
	GByteArray *line;  /* NULL: none begun */
	bool line_given;   /* it was handed out and is to be forgotten */
	bool skipping;     /* a line over the limit */
	bool counting;     /* inside a literal or dot data */
	bool failed;
	uint64_t left;     /* of the literal, or of the limit */
	bool over;         /* dot data passed the limit */
	enum dot_state dot;
};

struct reader *reader_create(struct stream *stream, size_t max_line)
{
	struct reader *reader = g_new0(struct reader, 1);

	reader->stream = stream;
	reader->max_line = max_line;
	return reader;
}

static void forget_line(struct reader *reader, bool release)
{
	reader->line_given = false;
	if (reader->line == NULL)
		return;
	secret_wipe(reader->line->data, reader->line->len);
	if (release || reader->line->len > KEEP_LINE_BUFFER)
		g_clear_pointer(&reader->line, g_byte_array_unref);
	else
		g_byte_array_set_size(reader->line, 0);
}

void reader_destroy(struct reader **reader)
{
	if (*reader == NULL)
		return;
	forget_line(*reader, true);
	g_free(*reader);
	*reader = NULL;
}

static size_t line_length(const struct reader *reader)
{
	return reader->line != NULL ? reader->line->len : 0;
}

static void gather(struct reader *reader, struct slice part)
{
	if (reader->line == NULL)
		reader->line = g_byte_array_new();
	g_byte_array_append(reader->line, (const guint8 *)part.data, (guint)part.len);
}

/* The line without LF is gathered; hands it out, or says that it is too long. */
static enum reader_result finish_line(struct reader *reader, struct slice *line_out,
				      bool *bare_lf_out)
{
	struct slice line = SLICE("");
	bool bare = true;

	if (reader->line != NULL)
		line = slice_of((const char *)reader->line->data, reader->line->len);
	if (line.len > 0 && line.data[line.len - 1] == '\r') {
		line.len--;
		bare = false;
	}
	if (line.len > reader->max_line) {
		forget_line(reader, true);
		return READER_TOO_LONG;
	}
	reader->line_given = true;
	*line_out = line;
	if (bare_lf_out != NULL)
		*bare_lf_out = bare;
	return READER_DONE;
}

enum reader_result reader_line(struct reader *reader, struct slice *line_out, bool *bare_lf_out)
{
	struct slice in;

	if (reader->line_given)
		forget_line(reader, false);
	while (in = stream_peek(reader->stream), in.len > 0) {
		const char *end = memchr(in.data, '\n', in.len);
		struct slice part = slice_of(in.data, end != NULL ? (size_t)(end - in.data) : in.len);

		/* One more than the limit: it may be the CR. */
		if (!reader->skipping && line_length(reader) + part.len > reader->max_line + 1) {
			forget_line(reader, true);
			reader->skipping = true;
		}
		if (!reader->skipping)
			gather(reader, part);
		stream_consume(reader->stream, part.len + (end != NULL ? 1 : 0));
		if (end == NULL)
			continue;
		if (!reader->skipping)
			return finish_line(reader, line_out, bare_lf_out);
		reader->skipping = false;
		return READER_TOO_LONG;
	}
	if (line_length(reader) == 0)
		forget_line(reader, true);
	return READER_MORE;
}

static void store(struct reader *reader, struct spool *spool, const char *data, size_t len)
{
	if (spool != NULL && !reader->failed && len > 0 && spool_append(spool, data, len) != 0)
		reader->failed = true;
}

static void begin_count(struct reader *reader, uint64_t left)
{
	if (reader->counting)
		return;
	forget_line(reader, true);
	reader->counting = true;
	reader->failed = reader->over = false;
	reader->left = left;
	reader->dot = DOT_LINE_START;
}

enum reader_result reader_literal(struct reader *reader, uint64_t size, struct spool *spool)
{
	begin_count(reader, size);
	while (reader->left > 0) {
		struct slice in = stream_peek(reader->stream);
		size_t part = (size_t)MIN((uint64_t)in.len, reader->left);

		if (part == 0)
			return READER_MORE;
		store(reader, spool, in.data, part);
		reader->left -= part;
		stream_consume(reader->stream, part);
	}
	reader->counting = false;
	return reader->failed ? READER_FAILED : READER_DONE;
}

/* Octets of the message itself, under the limit. */
static void store_limited(struct reader *reader, struct spool *spool, const char *data, size_t len)
{
	size_t part = (size_t)MIN((uint64_t)len, reader->left);

	reader->over = reader->over || part < len;
	reader->left -= part;
	store(reader, spool, data, part);
}

/* The state after an octet that stands for itself. */
static enum dot_state after_octet(enum dot_state state, char octet)
{
	if (octet == '\r')
		return DOT_CR;
	if (octet == '\n' && state == DOT_CR)
		return DOT_LINE_START;
	return DOT_TEXT;
}

/* Octets at the front that stand for themselves: up to the next dot at a line's
 * start.  Moves the state behind them. */
static size_t plain_run(struct reader *reader, struct slice in)
{
	size_t at = 0;

	while (at < in.len) {
		if (reader->dot == DOT_TEXT) { /* the common case, a line at a time */
			const char *cr = memchr(in.data + at, '\r', in.len - at);

			if (cr == NULL)
				return in.len;
			at = (size_t)(cr - in.data);
		}
		if (reader->dot == DOT_LINE_START && in.data[at] == '.')
			return at;
		reader->dot = after_octet(reader->dot, in.data[at]);
		at++;
	}
	return at;
}

/* One octet behind a dot at a line's start. */
static void step_behind_dot(struct reader *reader, struct spool *spool, char octet)
{
	if (reader->dot == DOT_DOT && octet == '\r') {
		reader->dot = DOT_DOT_CR;
		return;
	}
	if (reader->dot == DOT_DOT_CR) {
		if (octet == '\n') {
			reader->dot = DOT_END;
			return;
		}
		/* Not the end mark: the line goes on behind a stuffed dot. */
		store_limited(reader, spool, "\r", 1);
		reader->dot = after_octet(DOT_CR, octet);
	} else {
		reader->dot = after_octet(DOT_TEXT, octet);
	}
	store_limited(reader, spool, &octet, 1);
}

static bool in_dot(const struct reader *reader)
{
	return reader->dot == DOT_DOT || reader->dot == DOT_DOT_CR;
}

/* How many octets of `in` were taken; the state says whether the end came. */
static size_t take_dot_data(struct reader *reader, struct slice in, struct spool *spool)
{
	size_t at = 0;

	while (at < in.len && reader->dot != DOT_END) {
		struct slice rest = slice_of(in.data + at, in.len - at);
		size_t run;

		if (in_dot(reader)) {
			step_behind_dot(reader, spool, rest.data[0]);
			at++;
			continue;
		}
		run = plain_run(reader, rest);
		store_limited(reader, spool, rest.data, run);
		at += run;
		if (run < rest.len) { /* the dot, held back */
			reader->dot = DOT_DOT;
			at++;
		}
	}
	return at;
}

enum reader_result reader_dot_data(struct reader *reader, uint64_t limit, struct spool *spool)
{
	begin_count(reader, limit);
	while (reader->dot != DOT_END) {
		struct slice in = stream_peek(reader->stream);

		if (in.len == 0)
			return READER_MORE;
		stream_consume(reader->stream, take_dot_data(reader, in, spool));
	}
	reader->counting = false;
	if (reader->over)
		return READER_TOO_LONG;
	return reader->failed ? READER_FAILED : READER_DONE;
}
