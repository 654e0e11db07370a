/* The part index is stored with the content: a mail without a winmail.dat is listed
 * without reading any of its octets. */
#include "scheduling/attachments.h"

#include "mime/decode.h"
#include "mime/tnef.h"

#define MAX_FILES 100

struct search {
	struct content_value *facts;
	struct content_source content;
	struct mime_source source;
	struct part_index *index;
	GPtrArray *names;  /* of what was found so far */
	unsigned wanted;   /* the number of the one to be read; UINT_MAX: none */
	GString *out;      /* where that one goes */
	bool too_long, failed;
};

static void add_name(struct search *s, const char *name)
{
	g_ptr_array_add(s->names, name != NULL && name[0] != '\0' ? g_strdup(name)
							     : g_strdup_printf("file-%u", s->names->len + 1));
}

static bool is_calendar(const struct part *part, const char *name)
{
	g_autofree char *lower = name != NULL ? g_ascii_strdown(name, -1) : NULL;

	return part_is(part, "text", "calendar") || part_is(part, "application", "ics") ||
	       (lower != NULL && g_str_has_suffix(lower, ".ics"));
}

/* True when all of it is in `out`. */
static bool decode_whole(struct search *s, const struct part *part, GString *out)
{
	bool truncated = false;

	if (!decode_part(part, &s->source, ATTACHMENT_MAX, out, &truncated))
		s->failed = true;
	return !truncated;
}

static void take_tnef(struct search *s, const struct part *part)
{
	g_autoptr(GString) octets = g_string_new(NULL);
	struct tnef *tnef;

	decode_whole(s, part, octets); /* of one that is too long, the files in its beginning */
	tnef = tnef_parse(slice_of(octets->str, octets->len));
	for (size_t i = 0; tnef != NULL && i < tnef_attachment_count(tnef) && s->names->len < MAX_FILES; i++) {
		const struct tnef_attachment *file = tnef_attachment(tnef, i);

		if (s->names->len == s->wanted)
			g_string_append_len(s->out, file->data.data, (gssize)file->data.len);
		add_name(s, file->name);
	}
	tnef_destroy(&tnef);
}

static void take_file(struct search *s, const struct part *part)
{
	g_autofree char *name = part_filename(part);

	if (!part_is_attachment(part) || is_calendar(part, name))
		return;
	if (s->names->len == s->wanted)
		s->too_long = !decode_whole(s, part, s->out);
	add_name(s, name);
}

static void walk(struct search *s)
{
	for (uint32_t i = 0; i < part_index_count(s->index) && s->names->len < MAX_FILES; i++) {
		struct part part = part_index_get(s->index, i);

		if (part.kind != PART_LEAF)
			continue;
		if (tnef_is_part(&part))
			take_tnef(s, &part);
		else
			take_file(s, &part);
	}
}

static enum store_result search_mail(struct store *store, const uint8_t hash[CONTENT_HASH_SIZE],
				     struct search *s)
{
	enum store_result result = content_load_one(store, CONTENT_FACTS, hash, &s->facts);

	if (result != STORE_OK)
		return result;
	content_source_init(&s->content, store, hash);
	s->source = (struct mime_source){ content_source_read, &s->content, content_value_facts(s->facts)->size };
	s->index = part_index_from_blob(content_value_facts(s->facts)->part_index);
	if (s->index != NULL)
		walk(s);
	if (s->index == NULL)
		result = STORE_DAMAGED;
	else if (s->failed)
		result = s->content.result;
	part_index_destroy(&s->index);
	content_source_clear(&s->content);
	content_value_unref(&s->facts);
	return result;
}

enum store_result attachments_list(struct store *store, const uint8_t hash[CONTENT_HASH_SIZE],
				   GPtrArray **names_out)
{
	struct search s = { .names = g_ptr_array_new_with_free_func(g_free), .wanted = UINT_MAX };

	*names_out = s.names;
	return search_mail(store, hash, &s);
}

enum store_result attachments_read(struct store *store, const uint8_t hash[CONTENT_HASH_SIZE],
				   unsigned number, GString *out, char **name_out)
{
	g_autoptr(GPtrArray) names = g_ptr_array_new_with_free_func(g_free);
	struct search s = { .names = names, .wanted = number, .out = out };
	enum store_result result = search_mail(store, hash, &s);

	*name_out = NULL;
	if (result != STORE_OK)
		return result;
	if (number >= names->len)
		return STORE_NOT_FOUND;
	*name_out = g_strdup(g_ptr_array_index(names, number));
	return s.too_long ? STORE_LIMIT : STORE_OK;
}
