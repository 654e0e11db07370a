#include "mail_parts.h"

#include "mime/decode.h"
#include "mime/part_index.h"

static bool is_nested(const struct part_index *index, struct part part)
{
	while (part.parent != PART_NONE) {
		part = part_index_get(index, part.parent);
		if (part.kind == PART_MESSAGE)
			return true;
	}
	return false;
}

static char *word(struct slice a, struct slice b)
{
	return g_strdup_printf("%.*s/%.*s", (int)a.len, a.data, (int)b.len, b.data);
}

GArray *mail_parts(struct slice mail, GPtrArray *owned)
{
	struct part_index *index = part_index_of_slice(mail);
	struct mime_source source = mime_source_of_slice(&mail);
	GArray *parts = g_array_new(FALSE, TRUE, sizeof(struct imip_part));

	for (uint32_t i = 0; i < part_index_count(index); i++) {
		struct part part = part_index_get(index, i);
		struct imip_part leaf = { 0 };
		GString *octets;

		if (part.kind != PART_LEAF)
			continue;
		octets = g_string_new(NULL);
		g_assert_true(decode_part(&part, &source, 30 << 20, octets, NULL));
		leaf.type = word(part.type, part.subtype);
		leaf.charset = part_parameter(part.raw_parameters, "charset");
		leaf.method = part_parameter(part.raw_parameters, "method");
		leaf.filename = part_filename(&part);
		leaf.octets = slice_of(octets->str, octets->len);
		leaf.nested = is_nested(index, part);
		g_ptr_array_add(owned, (char *)leaf.type);
		g_ptr_array_add(owned, (char *)leaf.charset);
		g_ptr_array_add(owned, (char *)leaf.method);
		g_ptr_array_add(owned, (char *)leaf.filename);
		g_ptr_array_add(owned, g_string_free(octets, FALSE));
		g_array_append_val(parts, leaf);
	}
	part_index_destroy(&index);
	return parts;
}
