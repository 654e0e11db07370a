/* A field passes or not as a whole; its name decides, which stands in the head of its first line. */
#include "mime/header_filter.h"
#include "mime/header_line.h"

#include <stdlib.h>

void header_filter_open(struct header_filter *filter, const struct slice *names, size_t count,
			bool invert)
{
	*filter = (struct header_filter){ .names = names, .count = count, .invert = invert,
					  .head = g_string_new(NULL) };
}

void header_filter_close(struct header_filter *filter)
{
	g_string_free(filter->head, TRUE);
}

int header_filter_compare(const void *a, const void *b)
{
	const struct slice *x = a, *y = b;

	if (x->len != y->len)
		return x->len < y->len ? -1 : 1;
	return x->len > 0 ? g_ascii_strncasecmp(x->data, y->data, x->len) : 0;
}

static bool is_named(const struct header_filter *filter, struct slice name)
{
	return filter->count > 0 &&
	       bsearch(&name, filter->names, filter->count, sizeof(name), header_filter_compare) != NULL;
}

static void take_head(struct header_filter *filter, const char *line, size_t len, GString *out)
{
	size_t colon, name;

	if (header_line_is_blank(line, len)) {
		filter->pass = true;
	} else if (line[0] != ' ' && line[0] != '\t') {
		if (!header_line_is_field(line, len, &name, &colon))
			name = 0;
		filter->pass = is_named(filter, slice_of(line, name)) != filter->invert;
	}
	if (filter->pass)
		g_string_append_len(out, line, (gssize)len);
}

void header_filter_push(struct header_filter *filter, const char *data, size_t len, GString *out)
{
	while (len > 0) {
		size_t room = filter->mid_line ? len : HEADER_LINE_HEAD - filter->head->len;
		const char *lf = memchr(data, '\n', MIN(len, room));
		size_t taken = lf != NULL ? (size_t)(lf + 1 - data) : MIN(len, room);

		if (filter->mid_line) {
			if (filter->pass)
				g_string_append_len(out, data, (gssize)taken);
			filter->mid_line = lf == NULL;
		} else {
			g_string_append_len(filter->head, data, (gssize)taken);
			if (lf != NULL || filter->head->len == HEADER_LINE_HEAD) {
				take_head(filter, filter->head->str, filter->head->len, out);
				g_string_truncate(filter->head, 0);
				filter->mid_line = lf == NULL;
			}
		}
		data += taken;
		len -= taken;
	}
}

void header_filter_finish(struct header_filter *filter, GString *out)
{
	if (filter->head->len > 0)
		take_head(filter, filter->head->str, filter->head->len, out);
	g_string_truncate(filter->head, 0);
}
