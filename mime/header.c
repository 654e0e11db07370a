/* The field walker.  It sees the same fields as the part indexer (header_line.h). */
#include "mime/header.h"
#include "mime/charset.h"
#include "mime/header_line.h"

/* The next line with its line end; the last may have none. */
static struct slice take_line(struct slice *rest)
{
	const char *lf = memchr(rest->data, '\n', rest->len);
	size_t len = lf != NULL ? (size_t)(lf + 1 - rest->data) : rest->len;
	struct slice line = slice_of(rest->data, len);

	rest->data += len;
	rest->len -= len;
	return line;
}

static bool is_white(char c)
{
	return c == ' ' || c == '\t' || c == '\r' || c == '\n';
}

static struct slice trim(struct slice text)
{
	while (text.len > 0 && is_white(text.data[0])) {
		text.data++;
		text.len--;
	}
	while (text.len > 0 && is_white(text.data[text.len - 1]))
		text.len--;
	return text;
}

bool header_next(struct slice *rest, struct header_field *field_out)
{
	while (rest->len > 0) {
		struct slice line = take_line(rest);
		size_t colon, name;
		const char *value;

		if (header_line_is_blank(line.data, line.len)) {
			*rest = slice_of(NULL, 0);
			return false;
		}
		if (!header_line_is_field(line.data, line.len, &name, &colon))
			continue;
		value = line.data + colon + 1;
		while (rest->len > 0 && (rest->data[0] == ' ' || rest->data[0] == '\t'))
			take_line(rest);
		field_out->name = slice_of(line.data, name);
		field_out->value = trim(slice_of(value, (size_t)(rest->data - value)));
		field_out->whole = slice_of(line.data, (size_t)(rest->data - line.data));
		return true;
	}
	return false;
}

bool header_find(struct slice header, const char *name, struct header_field *field_out)
{
	while (header_next(&header, field_out))
		if (slice_equal_ascii_case(field_out->name, slice_from_string(name)))
			return true;
	return false;
}

size_t header_count(struct slice header, const char *name)
{
	struct header_field field;
	size_t count = 0;

	while (header_next(&header, &field))
		count += slice_equal_ascii_case(field.name, slice_from_string(name));
	return count;
}

void header_unfold(GString *out, struct slice value)
{
	for (size_t i = 0; i < value.len; i++)
		if (value.data[i] != '\r' && value.data[i] != '\n' && value.data[i] != '\0')
			g_string_append_c(out, value.data[i]);
}

char *header_value(struct slice header, const char *name)
{
	struct header_field field;
	GString *out;

	if (!header_find(header, name, &field))
		return NULL;
	out = g_string_new(NULL);
	header_unfold(out, field.value);
	return g_string_free(out, FALSE);
}

char *header_decoded(struct slice header, const char *name)
{
	struct header_field field;
	GString *out;

	if (!header_find(header, name, &field))
		return NULL;
	out = g_string_new(NULL);
	charset_decode_header(out, field.value);
	return g_string_free(out, FALSE);
}

GPtrArray *header_message_ids(struct slice value)
{
	GPtrArray *ids = g_ptr_array_new_with_free_func(g_free);
	const char *p = value.len > 0 ? value.data : "", *end = p + value.len;

	while (p < end && (p = memchr(p, '<', (size_t)(end - p))) != NULL) {
		const char *close = memchr(p, '>', (size_t)(end - p));
		GString *id;

		if (close == NULL)
			break;
		id = g_string_new(NULL);
		for (; p <= close; p++) {
			if (*p == '<')
				g_string_truncate(id, 0); /* "<" forgotten to close: the later one counts */
			/* Quotes that change nothing are no part of an id (RFC 5256, "normalized"). */
			if (!g_ascii_isspace(*p) && *p != '\0' && *p != '"' && *p != '\\')
				g_string_append_c(id, *p);
		}
		if (id->len > 2)
			g_ptr_array_add(ids, g_string_free(id, FALSE));
		else
			g_string_free(id, TRUE);
	}
	return ids;
}
