/* Parts and multiparts.
 *
 * GMime writes headers, parameters, encodings and boundaries.  Ours is the choice of encoding and of
 * boundaries, so that the same input gives the same octets and no boundary occurs in what stands
 * between: our own parts can't hold "=_" (base64 and quoted-printable have no such thing, and a text
 * with it is not sent as it is), kept entities are looked through. */
#include "mime/builder_tree.h"
#include "mime/builder_kept.h"
#include "mime/builder_words.h"
#include "mime/mime.h"

#define MAX_LINE 998
#define BOUNDARY_MARK "=_"
#define MAX_PARAMETER_NAME 40

GPtrArray *tree_list(void)
{
	mime_init();
	return g_ptr_array_new_with_free_func(g_object_unref);
}

/* ---- leaves -------------------------------------------------------------------------------- */

static GMimeContentEncoding choose_encoding(struct slice content, bool is_text)
{
	size_t line = 0, longest = 0, high = 0;
	bool odd = false;

	if (!is_text)
		return GMIME_CONTENT_ENCODING_BASE64;
	for (size_t i = 0; i < content.len; i++) {
		unsigned char c = (unsigned char)content.data[i];

		line = c == '\n' ? 0 : line + 1;
		longest = MAX(longest, line);
		high += c >= 128;
		odd = odd || (c < ' ' && c != '\r' && c != '\n' && c != '\t') || c == 127 ||
		      (c == '\r' && (i + 1 == content.len || content.data[i + 1] != '\n'));
	}
	if (high * 6 > content.len)
		return GMIME_CONTENT_ENCODING_BASE64;
	odd = odd || (content.len > 0 && memmem(content.data, content.len, BOUNDARY_MARK, 2) != NULL);
	return high > 0 || longest > MAX_LINE || odd ? GMIME_CONTENT_ENCODING_QUOTEDPRINTABLE
						     : GMIME_CONTENT_ENCODING_7BIT;
}

static GString *filtered(struct slice octets, GMimeFilter *filter)
{
	char *out;
	size_t len, before;
	GString *result;

	g_mime_filter_complete(filter, (char *)(octets.len > 0 ? octets.data : ""), octets.len, 0, &out, &len, &before);
	result = g_string_new_len(out, (gssize)len);
	g_object_unref(filter);
	return result;
}

/* No mailbox file changes a line that does not begin with "From ".  (GMime's filter for it loses a last
 * line of less than five octets that begins with F.) */
static void hide_from(GString *quoted_printable)
{
	g_string_prepend_c(quoted_printable, '\n');
	g_string_replace(quoted_printable, "\nFrom ", "\n=46rom =\n", 0);
	g_string_erase(quoted_printable, 0, 1);
}

/* The content, encoded.  Text in base64 has CRLF (RFC 2046 4.1.1). */
static GMimeDataWrapper *encode(struct slice content, GMimeContentEncoding encoding, bool is_text)
{
	g_autoptr(GString) lines = NULL, encoded = NULL;
	GMimeStream *memory;
	GMimeDataWrapper *wrapper;

	if (is_text && encoding == GMIME_CONTENT_ENCODING_BASE64) {
		lines = filtered(content, g_mime_filter_unix2dos_new(FALSE));
		content = slice_of(lines->str, lines->len);
	}
	if (encoding != GMIME_CONTENT_ENCODING_7BIT) {
		encoded = filtered(content, g_mime_filter_basic_new(encoding, TRUE));
		if (encoding == GMIME_CONTENT_ENCODING_QUOTEDPRINTABLE)
			hide_from(encoded);
		content = slice_of(encoded->str, encoded->len);
	}
	memory = g_mime_stream_mem_new_with_buffer(content.len > 0 ? content.data : "", content.len);
	wrapper = g_mime_data_wrapper_new_with_stream(memory, encoding);
	g_object_unref(memory);
	return wrapper;
}

/* GMime never ends writing a parameter whose name is as long as a line (its issue 165), and takes
 * values as they are: only plain names, and no control characters. */
static void add_parameters(GMimeContentType *type, const char *parameters)
{
	g_autofree char *clean = g_strdup(parameters != NULL ? parameters : "");
	GMimeParamList *list;

	builder_clean(clean);
	list = g_mime_param_list_parse(NULL, clean);
	for (int i = 0; i < g_mime_param_list_length(list); i++) {
		GMimeParam *param = g_mime_param_list_get_parameter_at(list, i);
		const char *name = g_mime_param_get_name(param);

		if (strlen(name) <= MAX_PARAMETER_NAME && g_str_is_ascii(name))
			g_mime_content_type_set_parameter(type, name, g_mime_param_get_value(param));
	}
	g_object_unref(list);
}

static GMimeContentType *make_type(const struct builder_part *part, bool is_text)
{
	GMimeContentType *type = g_mime_content_type_parse(NULL, part->type);

	add_parameters(type, part->parameters);
	if (is_text && g_mime_content_type_get_parameter(type, "charset") == NULL)
		g_mime_content_type_set_parameter(type, "charset", "utf-8");
	return type;
}

static void set_utf8(GMimeParamList *list, const char *name)
{
	g_mime_param_set_charset(g_mime_param_list_get_parameter(list, name), "utf-8");
}

static void set_filename(GMimePart *leaf, const char *filename)
{
	g_autofree char *clean = g_utf8_make_valid(filename, -1);
	GMimeObject *object = (GMimeObject *)leaf;

	builder_clean(clean);
	if (*clean == '\0')
		return;
	g_mime_part_set_filename(leaf, clean);
	set_utf8(g_mime_content_disposition_get_parameters(g_mime_object_get_content_disposition(object)),
		 "filename");
	set_utf8(g_mime_content_type_get_parameters(g_mime_object_get_content_type(object)), "name");
}

GMimeObject *tree_leaf(const struct builder_part *part)
{
	bool is_text = g_ascii_strncasecmp(part->type, "text/", 5) == 0;
	GMimeContentEncoding encoding = choose_encoding(part->content, is_text);
	GMimeContentType *type;
	GMimeDataWrapper *content;
	GMimePart *leaf;

	mime_init();
	leaf = g_mime_part_new();
	type = make_type(part, is_text);
	g_mime_object_set_content_type((GMimeObject *)leaf, type);
	g_object_unref(type);
	if (part->filename != NULL || part->attachment)
		g_mime_object_set_disposition((GMimeObject *)leaf, part->attachment ? "attachment" : "inline");
	if (part->filename != NULL)
		set_filename(leaf, part->filename);
	g_mime_part_set_content_encoding(leaf, encoding);
	content = encode(part->content, encoding, is_text);
	g_mime_part_set_content(leaf, content);
	g_object_unref(content);
	return (GMimeObject *)leaf;
}

/* ---- multiparts ------------------------------------------------------------------------------ */

static bool occurs_in(const GPtrArray *entities, const char *boundary)
{
	for (guint i = 0; i < entities->len; i++) {
		struct slice octets = kept_entity_octets(g_ptr_array_index(entities, i));

		if (octets.len > 0 && memmem(octets.data, octets.len, boundary, strlen(boundary)) != NULL)
			return true;
	}
	return false;
}

static char *choose_boundary(const char *seed, const char *subtype, const GPtrArray *entities)
{
	for (unsigned attempt = 0;; attempt++) {
		g_autofree char *text = g_strdup_printf("%s\n%s\n%u", seed, subtype, attempt);
		g_autofree char *sum = g_compute_checksum_for_string(G_CHECKSUM_SHA256, text, -1);
		g_autofree char *boundary = g_strdup_printf(BOUNDARY_MARK "%.32s", sum);

		if (!occurs_in(entities, boundary))
			return g_steal_pointer(&boundary);
	}
}

GMimeObject *tree_multipart(const char *subtype, GPtrArray *entities, const char *seed)
{
	g_autofree char *boundary = NULL;
	GMimeMultipart *multipart;

	if (entities->len == 1) {
		GMimeObject *alone = g_object_ref(g_ptr_array_index(entities, 0));

		g_ptr_array_unref(entities);
		return alone;
	}
	boundary = choose_boundary(seed, subtype, entities);
	multipart = g_mime_multipart_new_with_subtype(subtype);
	g_mime_multipart_set_boundary(multipart, boundary);
	for (guint i = 0; i < entities->len; i++)
		g_mime_multipart_add(multipart, g_ptr_array_index(entities, i));
	g_ptr_array_unref(entities);
	return (GMimeObject *)multipart;
}

GBytes *tree_finish(GString *header, GMimeObject *object)
{
	GByteArray *octets = g_byte_array_new();
	GMimeStream *stream = g_mime_stream_mem_new_with_byte_array(octets);
	GMimeFormatOptions *format = g_mime_format_options_new();

	g_mime_format_options_set_newline_format(format, GMIME_NEWLINE_FORMAT_DOS);
	g_mime_stream_mem_set_owner((GMimeStreamMem *)stream, FALSE);
	if (header != NULL) {
		g_mime_stream_write(stream, header->str, header->len);
		g_string_free(header, TRUE);
	}
	g_mime_object_write_to_stream(object, format, stream);
	g_mime_format_options_free(format);
	g_object_unref(object);
	g_object_unref(stream);
	return g_byte_array_free_to_bytes(octets);
}
