/* Entities and multiparts. */
#include "mime/builder_tree.h"
#include "mime/builder_encode.h"

static void free_entity(void *entity)
{
	g_string_free(entity, TRUE);
}

GPtrArray *tree_list(void)
{
	return g_ptr_array_new_with_free_func(free_entity);
}

static bool mentions_charset(const char *parameters)
{
	g_autofree char *lower = g_ascii_strdown(parameters != NULL ? parameters : "", -1);

	return strstr(lower, "charset=") != NULL;
}

static void write_type(GString *out, const struct builder_part *part, bool is_text)
{
	g_autoptr(GString) value = g_string_new(part->type);

	if (part->parameters != NULL && *part->parameters != '\0')
		g_string_append_printf(value, "; %s", part->parameters);
	if (is_text && !mentions_charset(part->parameters))
		g_string_append(value, "; charset=utf-8");
	if (part->filename != NULL)
		encode_parameter(value, "name", part->filename);
	encode_field(out, "Content-Type", value->str);
}

static void write_disposition(GString *out, const struct builder_part *part)
{
	g_autoptr(GString) value = g_string_new(part->attachment ? "attachment" : "inline");

	if (part->filename != NULL)
		encode_parameter(value, "filename", part->filename);
	encode_field(out, "Content-Disposition", value->str);
}

GString *tree_leaf(const struct builder_part *part)
{
	bool is_text = g_ascii_strncasecmp(part->type, "text/", 5) == 0;
	GString *out = g_string_new(NULL);
	g_autoptr(GString) lines = NULL;
	struct slice content = part->content;
	const char *encoding;

	if (is_text) {
		lines = encode_crlf(content);
		content = slice_of(lines->str, lines->len);
	}
	encoding = encode_choose(content, is_text);
	write_type(out, part, is_text);
	if (part->filename != NULL || part->attachment)
		write_disposition(out, part);
	encode_field(out, "Content-Transfer-Encoding", encoding);
	g_string_append(out, "\r\n");
	if (strcmp(encoding, "base64") == 0)
		encode_base64(out, content);
	else if (strcmp(encoding, "quoted-printable") == 0)
		encode_quoted_printable(out, content);
	else
		g_string_append_len(out, content.data, (gssize)content.len);
	return out;
}

static bool occurs_in(const GPtrArray *entities, const char *boundary)
{
	for (guint i = 0; i < entities->len; i++) {
		const GString *entity = g_ptr_array_index(entities, i);

		if (memmem(entity->str, entity->len, boundary, strlen(boundary)) != NULL)
			return true;
	}
	return false;
}

/* "=_" can't stand in base64 or quoted-printable; entities kept from another message may hold
 * anything, so they are looked through. */
static char *choose_boundary(const char *seed, const char *subtype, const GPtrArray *entities)
{
	for (unsigned attempt = 0;; attempt++) {
		g_autofree char *text = g_strdup_printf("%s\n%s\n%u", seed, subtype, attempt);
		g_autofree char *sum = g_compute_checksum_for_string(G_CHECKSUM_SHA256, text, -1);
		g_autofree char *boundary = g_strdup_printf("=_%.32s", sum);

		if (!occurs_in(entities, boundary))
			return g_steal_pointer(&boundary);
	}
}

GString *tree_multipart(const char *subtype, GPtrArray *entities, const char *seed)
{
	g_autofree char *boundary = NULL;
	GString *out;

	if (entities->len == 1) {
		out = g_ptr_array_steal_index(entities, 0);
		g_ptr_array_unref(entities);
		return out;
	}
	boundary = choose_boundary(seed, subtype, entities);
	out = g_string_new(NULL);
	g_string_append_printf(out, "Content-Type: multipart/%s;\r\n boundary=\"%s\"\r\n\r\n", subtype,
			       boundary);
	for (guint i = 0; i < entities->len; i++) {
		const GString *entity = g_ptr_array_index(entities, i);

		g_string_append_printf(out, "%s--%s\r\n", i > 0 ? "\r\n" : "", boundary);
		g_string_append_len(out, entity->str, (gssize)entity->len);
	}
	g_string_append_printf(out, "\r\n--%s--\r\n", boundary);
	g_ptr_array_unref(entities);
	return out;
}
