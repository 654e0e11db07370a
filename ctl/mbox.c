/* Line by line over a mapped file. */
#include "ctl/mbox.h"

static size_t line_end(struct slice file, size_t at)
{
	const char *lf = memchr(file.data + at, '\n', file.len - at);

	return lf != NULL ? (size_t)(lf - file.data) + 1 : file.len;
}

static bool starts_with(struct slice file, size_t at, const char *word)
{
	size_t len = strlen(word);

	return file.len - at >= len && memcmp(file.data + at, word, len) == 0;
}

static bool line_is_empty(struct slice file, size_t at)
{
	return starts_with(file, at, "\n") || starts_with(file, at, "\r\n");
}

bool mbox_is_one(struct slice file)
{
	return starts_with(file, 0, "From ");
}

/* The empty line behind each message belongs to the format. */
static struct slice without_last_empty_line(struct slice message)
{
	size_t len = message.len;

	if (len >= 4 && memcmp(message.data + len - 4, "\r\n\r\n", 4) == 0)
		return slice_of(message.data, len - 2);
	if (len >= 2 && memcmp(message.data + len - 2, "\n\n", 2) == 0)
		return slice_of(message.data, len - 1);
	return message;
}

bool mbox_next(struct slice file, size_t *at, struct mbox_message *message_out)
{
	size_t start, end;
	bool after_empty = false;

	if (*at >= file.len)
		return false;
	start = line_end(file, *at);
	end = file.len;
	for (size_t line = start; line < file.len; line = line_end(file, line)) {
		if (after_empty && starts_with(file, line, "From ")) {
			end = line;
			break;
		}
		after_empty = line_is_empty(file, line);
	}
	*at = end;
	message_out->octets = without_last_empty_line(slice_of(file.data + start, end - start));
	return true;
}

GByteArray *mbox_unquote(struct slice message)
{
	GByteArray *out = g_byte_array_sized_new((guint)message.len);

	for (size_t line = 0; line < message.len;) {
		size_t end = line_end(message, line), quotes = line;

		while (quotes < end && message.data[quotes] == '>')
			quotes++;
		if (quotes > line && starts_with(message, quotes, "From "))
			line++;
		g_byte_array_append(out, (const guint8 *)message.data + line, (guint)(end - line));
		line = end;
	}
	return out;
}
