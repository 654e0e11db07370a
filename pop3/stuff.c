/* See the header.  Runs of lines without a leading dot are copied in one piece. */
#include "pop3/stuff.h"

void pop3_stuffer_init(struct pop3_stuffer *stuffer)
{
	*stuffer = (struct pop3_stuffer){ .before_last = '\r', .last = '\n' };
}

/* Where in the piece the next dot stands that begins a line; its end when none. */
static size_t next_dot(struct slice piece, size_t from)
{
	while (from < piece.len) {
		const char *lf = memchr(piece.data + from, '\n', piece.len - from);

		if (lf == NULL)
			return piece.len;
		from = (size_t)(lf - piece.data) + 1;
		if (from < piece.len && piece.data[from] == '.')
			return from;
	}
	return piece.len;
}

void pop3_stuffer_skip(struct pop3_stuffer *stuffer, struct slice piece)
{
	stuffer->before_last = piece.len > 1 ? piece.data[piece.len - 2] : stuffer->last;
	stuffer->last = piece.data[piece.len - 1];
}

void pop3_stuff(struct pop3_stuffer *stuffer, struct slice piece, GString *out)
{
	size_t done = 0;

	if (piece.len == 0)
		return;
	if (stuffer->last == '\n' && piece.data[0] == '.')
		g_string_append_c(out, '.');
	while (done < piece.len) {
		size_t dot = next_dot(piece, done);

		g_string_append_len(out, piece.data + done, (gssize)(dot - done));
		if (dot < piece.len)
			g_string_append_c(out, '.');
		done = dot;
	}
	pop3_stuffer_skip(stuffer, piece);
}

void pop3_stuff_end(struct pop3_stuffer *stuffer, GString *out)
{
	if (stuffer->before_last != '\r' || stuffer->last != '\n')
		g_string_append(out, "\r\n");
	g_string_append(out, ".\r\n");
}

struct slice pop3_first_lines(struct slice body, uint64_t *lines)
{
	size_t end = 0;

	while (*lines > 0 && end < body.len) {
		const char *lf = memchr(body.data + end, '\n', body.len - end);

		if (lf == NULL)
			return body;
		end = (size_t)(lf - body.data) + 1;
		(*lines)--;
	}
	return slice_of(body.data, end);
}
