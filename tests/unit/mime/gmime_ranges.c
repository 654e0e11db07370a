/* Both trees are written down as text, leaves as start-end:type, and compared.  Leaves without
 * octets are left out on both sides: GMime makes none of two boundaries in a row.
 *
 * What is set aside is damage that each mends in its own way (doc/mime-differences.md); the rules
 * look at our headers.  As long as they are whole, GMime reads the same headers, since the octets
 * in front of each were divided alike; so a rule for one part is enough to set the message aside.
 * g_mime_multipart_get_boundary and g_mime_content_type_encode are not called: they hang on some
 * types. */
#include "gmime_ranges.h"
#include "mime/header.h"
#include "mime/part_index.h"

#include <gmime/gmime.h>

#define TOKEN "[-!#$%&'*+.0-9A-Z^_`a-z{|}~]+"
#define QUOTED "\"(?:[^\"\\\\\\r\\n\\x00\\x80-\\xff]|\\\\[\\x20-\\x7e])*\""
#define SPACE "(?:[ \\t]|\\r?\\n[ \\t])*"

static GRegex *header_form, *type_form, *encoding_form, *boundary_form;

static GRegex *compile(const char *pattern)
{
	GError *error = NULL;
	GRegex *regex = g_regex_new(pattern, G_REGEX_RAW | G_REGEX_OPTIMIZE | G_REGEX_CASELESS, 0, &error);

	if (regex == NULL)
		g_error("%s", error->message);
	return regex;
}

void gmime_ranges_start(void)
{
	g_mime_init();
	header_form = compile("\\A(?:[!-9;-~]{1,200}:[^\\r\\n\\x00]*\\r?\\n(?:[ \\t][^\\r\\n\\x00]*\\r?\\n)*)*\\r?\\n\\z");
	type_form = compile("\\A" SPACE TOKEN "/" TOKEN SPACE "(?:;" SPACE TOKEN "=(?:" TOKEN "|" QUOTED ")"
			    SPACE ")*\\z");
	encoding_form = compile("\\A(?:7bit|8bit|binary|base64|quoted-printable|x-uuencode)\\z");
	boundary_form = compile("\\A[!-~](?:[ -~]{0,200}[!-~])?\\z");
}

static bool fits(const GRegex *form, struct slice text)
{
	return g_regex_match_full(form, text.len > 0 ? text.data : "", (gssize)text.len, 0, 0, NULL, NULL);
}

/* ---- what is set aside ---------------------------------------------------------- */

static const char *odd_type(const struct part *part)
{
	struct slice rest = part->raw_parameters;
	struct part_parameter p;
	unsigned boundaries = 0;

	while (part_parameter_next(&rest, &p)) {
		if (memchr(p.name.data, '*', p.name.len) != NULL)
			return "extended parameters";
		if (!slice_equal(p.name, SLICE("boundary")))
			continue;
		if (++boundaries > 1 || !fits(boundary_form, p.value))
			return "a boundary outside the grammar";
	}
	if (part_is(part, "message", "news") || part_is(part, "message", "rfc2822"))
		return "a message type of GMime alone";
	return NULL;
}

static const char *odd_header(const struct part *part, struct slice octets)
{
	struct slice header = slice_of(octets.data + part->header_offset, (size_t)part->header_size);
	unsigned types = 0, encodings = 0;
	struct header_field field;

	if (!fits(header_form, header))
		return "a damaged header";
	while (header_next(&header, &field)) {
		bool type = slice_equal_ascii_case(field.name, SLICE("Content-Type"));
		bool encoding = slice_equal_ascii_case(field.name, SLICE("Content-Transfer-Encoding"));

		types += type;
		encodings += encoding;
		if (types > 1 || encodings > 1)
			return "a field that stands twice";
		if ((type && !fits(type_form, field.value)) || (encoding && !fits(encoding_form, field.value)))
			return "a field outside the grammar";
	}
	return odd_type(part);
}

static bool is_preamble_of(const struct part *parent, const struct part *part)
{
	return part->header_size == 0 && part->header_offset == parent->body_offset &&
	       parent->kind == PART_MULTIPART;
}

static const char *odd_message(const struct part_index *index, struct slice octets)
{
	for (uint32_t i = 0; i < part_index_count(index); i++) {
		struct part part = part_index_get(index, i);
		const char *why;

		if (i >= PART_MAX_DEPTH)
			return "many parts";
		if (part.header_size + part.body_size == 0 && i > 0)
			continue;
		if (i > 0) {
			struct part parent = part_index_get(index, part.parent);

			if (is_preamble_of(&parent, &part))
				continue;
		}
		why = odd_header(&part, octets);
		if (why != NULL)
			return why;
	}
	return NULL;
}

/* ---- the trees as text -------------------------------------------------------------- */

static void write_leaf(GString *out, int64_t start, int64_t end, struct slice type, struct slice subtype)
{
	if (end > start)
		g_string_append_printf(out, "%" G_GINT64_FORMAT "-%" G_GINT64_FORMAT ":%.*s/%.*s ", start, end,
				       (int)type.len, type.data, (int)subtype.len, subtype.data);
}

static void begin_group(GString *out, const char *word, gsize *start_out)
{
	*start_out = out->len;
	g_string_append(out, word);
}

/* A message without anything in it is left out like a leaf without octets. */
static void end_group(GString *out, gsize start)
{
	if (strcmp(out->str + start, "message(") == 0)
		g_string_truncate(out, start);
	else
		g_string_append(out, ") ");
}

/* GMime leaves an encoded message as it is. */
static bool is_descended(const struct part *part)
{
	return part->kind == PART_MULTIPART ||
	       (part->kind == PART_MESSAGE && !slice_equal(part->encoding, SLICE("base64")) &&
		!slice_equal(part->encoding, SLICE("quoted-printable")) &&
		!slice_equal(part->encoding, SLICE("x-uuencode")));
}

static void write_ours(GString *out, const struct part_index *index, uint32_t number)
{
	struct part part = part_index_get(index, number);
	gsize start;

	if (part.kind == PART_LEAF || !is_descended(&part)) {
		write_leaf(out, (int64_t)part.body_offset, (int64_t)(part.body_offset + part.body_size), part.type,
			   part.subtype);
		return;
	}
	begin_group(out, part.kind == PART_MULTIPART ? "multipart(" : "message(", &start);
	for (uint32_t i = 0; i < part.child_count; i++) {
		struct part child = part_index_get(index, part_index_child(index, &part, i));

		if (!is_preamble_of(&part, &child))
			write_ours(out, index, child.number);
	}
	end_group(out, start);
}

static void write_theirs(GString *out, GMimeObject *object)
{
	GMimeContentType *type;
	GMimeDataWrapper *content;
	GMimeStream *stream;
	g_autofree char *kind = NULL, *subkind = NULL;
	gsize start;

	if (object == NULL)
		return;
	if (GMIME_IS_MULTIPART(object)) {
		GMimeMultipart *multipart = (GMimeMultipart *)object;

		begin_group(out, "multipart(", &start);
		for (int i = 0; i < g_mime_multipart_get_count(multipart); i++)
			write_theirs(out, g_mime_multipart_get_part(multipart, i));
		end_group(out, start);
		return;
	}
	if (GMIME_IS_MESSAGE_PART(object)) {
		GMimeMessage *message = g_mime_message_part_get_message((GMimeMessagePart *)object);

		begin_group(out, "message(", &start);
		write_theirs(out, message != NULL ? g_mime_message_get_mime_part(message) : NULL);
		end_group(out, start);
		return;
	}
	content = g_mime_part_get_content((GMimePart *)object);
	stream = content != NULL ? g_mime_data_wrapper_get_stream(content) : NULL;
	type = g_mime_object_get_content_type(object);
	kind = g_ascii_strdown(g_mime_content_type_get_media_type(type), -1);
	subkind = g_ascii_strdown(g_mime_content_type_get_media_subtype(type), -1);
	if (stream != NULL)
		write_leaf(out, stream->bound_start, stream->bound_end, slice_from_string(kind),
			   slice_from_string(subkind));
}

static void read_theirs(GString *out, struct slice octets)
{
	GMimeStream *stream = g_mime_stream_mem_new_with_buffer(octets.data, octets.len);
	GMimeParser *parser = g_mime_parser_new_with_stream(stream);
	GMimeMessage *message;

	g_mime_parser_set_persist_stream(parser, TRUE);
	message = g_mime_parser_construct_message(parser, NULL);
	if (message != NULL) {
		write_theirs(out, g_mime_message_get_mime_part(message));
		g_object_unref(message);
	}
	g_object_unref(parser);
	g_object_unref(stream);
}

/* GMime measures the line end in front of a boundary by the one behind it: all are made alike, and
 * the last line gets one. */
static GString *with_even_line_ends(struct slice octets)
{
	GString *copy = g_string_sized_new(octets.len + 2);
	bool crlf = true;

	for (size_t i = 0; i < octets.len && crlf; i++)
		crlf = octets.data[i] != '\n' || (i > 0 && octets.data[i - 1] == '\r');
	for (size_t i = 0; i < octets.len; i++) {
		while (!crlf && octets.data[i] == '\n' && copy->len > 0 && copy->str[copy->len - 1] == '\r')
			g_string_truncate(copy, copy->len - 1);
		g_string_append_c(copy, octets.data[i]);
	}
	if (copy->len == 0 || copy->str[copy->len - 1] != '\n')
		g_string_append(copy, crlf ? "\r\n" : "\n");
	return copy;
}

enum gmime_verdict gmime_ranges_compare(struct slice given, char **why_out)
{
	g_autoptr(GString) copy = with_even_line_ends(given), ours = g_string_new(NULL);
	g_autoptr(GString) theirs = g_string_new(NULL);
	struct slice octets = slice_of(copy->str, copy->len);
	struct part_index *index = part_index_of_slice(octets);
	const char *why = odd_message(index, octets);

	if (why == NULL) {
		write_ours(ours, index, PART_ROOT);
		read_theirs(theirs, octets);
	}
	part_index_destroy(&index);
	*why_out = why != NULL ? g_strdup(why) : g_strdup_printf("ours  %s\nGMime %s", ours->str, theirs->str);
	if (why != NULL)
		return GMIME_SET_ASIDE;
	return g_string_equal(ours, theirs) ? GMIME_AGREES : GMIME_DIFFERS;
}
