/* The rendered copy of a meeting mail: a new body under the old header, with the old attachments.
 *
 * Which parts of the original are attachments is decided by walking its mixed, related and
 * alternative multiparts; any other multipart (signed, report, digest ...) stays whole.  What the
 * new alternatives replace: text/plain, text/html and text/calendar leaves inside an alternative,
 * the first text leaf in reading order, the first calendar, and further calendars of the same
 * content (the usual invite.ics beside the calendar alternative). */
#include "mime/builder_kept.h"
#include "mime/builder_tree.h"
#include "mime/decode.h"
#include "mime/header.h"

#define CALENDAR_LIMIT (4 * 1024 * 1024)

struct render {
	const struct builder_rendition *rendition;
	GPtrArray *entities;      /* children of the new multipart/mixed */
	GString *calendar;        /* the calendar replaced first; NULL before it */
	bool text_replaced, failed;
};

static bool is_listed(const struct builder_rendition *r, uint32_t number)
{
	for (size_t i = 0; i < r->replaced_count; i++)
		if (r->replaced[i] == number)
			return true;
	return false;
}

static bool is_calendar(const struct part *part)
{
	return part_is(part, "text", "calendar") || part_is(part, "text", "x-vcalendar") ||
	       part_is(part, "application", "ics") || part_is(part, "application", "x-ics");
}

/* ---- keeping a part's octets ------------------------------------------------------------- */

static bool append_range(struct render *render, uint64_t offset, uint64_t size, GString *out)
{
	bool ok = mime_source_append(render->rendition->source, offset, size, out);

	render->failed = render->failed || !ok;
	return ok;
}

/* A field's octets as they are, but for what is no CRLF: a bare LF becomes one, a lone CR (which
 * some programs take for a line end) and a NUL become a space. */
static void append_field(GString *out, struct slice whole)
{
	for (size_t i = 0; i < whole.len; i++) {
		char c = whole.data[i];

		if (c == '\n' && (i == 0 || whole.data[i - 1] != '\r'))
			g_string_append(out, "\r\n");
		else if (c == '\0' || (c == '\r' && (i + 1 == whole.len || whole.data[i + 1] != '\n')))
			g_string_append_c(out, ' ');
		else
			g_string_append_c(out, c);
	}
	if (out->str[out->len - 1] != '\n')
		g_string_append(out, "\r\n");
}

/* The root part stands below the message's header; of that its Content- fields are its own. */
static void append_content_fields(struct render *render, const struct part *root, GString *out)
{
	g_autoptr(GString) header = g_string_new(NULL);
	struct header_field field;
	struct slice rest;

	append_range(render, root->header_offset, root->header_size, header);
	rest = slice_of(header->str, header->len);
	while (header_next(&rest, &field)) {
		if (field.name.len >= 8 && g_ascii_strncasecmp(field.name.data, "content-", 8) == 0)
			append_field(out, field.whole);
	}
	g_string_append(out, "\r\n");
}

static void keep_part(struct render *render, const struct part *part)
{
	GString *entity = g_string_new(NULL);

	if (part->number == PART_ROOT)
		append_content_fields(render, part, entity);
	else if (part->header_size == 0)
		g_string_append(entity, "\r\n"); /* so that its first line stays body */
	else
		append_range(render, part->header_offset, part->header_size, entity);
	append_range(render, part->body_offset, part->body_size, entity);
	g_ptr_array_add(render->entities, kept_entity_new(entity));
}

/* ---- which parts stay ------------------------------------------------------------------------ */

static void squeeze(GString *text)
{
	size_t to = 0;

	for (size_t i = 0; i < text->len; i++)
		if (!g_ascii_isspace(text->str[i]))
			text->str[to++] = text->str[i];
	g_string_truncate(text, to);
}

/* True when this calendar is the first, or says the same as the first. */
static bool replaces_calendar(struct render *render, const struct part *part)
{
	g_autoptr(GString) content = g_string_new(NULL);

	if (!decode_part(part, render->rendition->source, CALENDAR_LIMIT, content, NULL))
		render->failed = true;
	squeeze(content);
	if (render->calendar == NULL) {
		render->calendar = g_steal_pointer(&content);
		return true;
	}
	return g_string_equal(render->calendar, content);
}

static bool is_replaced(struct render *render, const struct part *part, bool in_alternative)
{
	bool is_text = part_is(part, "text", "plain") || part_is(part, "text", "html");

	if (is_listed(render->rendition, part->number))
		return true;
	if (is_calendar(part))
		return replaces_calendar(render, part) || in_alternative;
	if (!is_text || slice_equal(part->disposition, SLICE("attachment")))
		return false;
	if (in_alternative || !render->text_replaced) {
		render->text_replaced = true;
		return true;
	}
	return false;
}

/* As deep as PART_MAX_DEPTH allows. */
static void walk(struct render *render, uint32_t number, bool in_alternative)
{
	const struct part_index *index = render->rendition->index;
	struct part part = part_index_get(index, number);
	bool alternative = part_is(&part, "multipart", "alternative");
	bool opened = alternative || part_is(&part, "multipart", "mixed") ||
		      part_is(&part, "multipart", "related");

	if (part.kind != PART_MULTIPART || !opened) {
		if (part.kind != PART_LEAF || !is_replaced(render, &part, in_alternative))
			keep_part(render, &part);
		return;
	}
	for (uint32_t i = 0; i < part.child_count; i++)
		walk(render, part_index_child(index, &part, i), in_alternative || alternative);
	/* Inside a related part of an alternative only its root is text; behind an alternative
	 * further text is no longer the body. */
	if (alternative)
		render->text_replaced = true;
}

/* ---- the new message ------------------------------------------------------------------------- */

static void copy_header(struct render *render, GString *out)
{
	struct part root = part_index_get(render->rendition->index, PART_ROOT);
	g_autoptr(GString) header = g_string_new(NULL);
	struct header_field field;
	struct slice rest;

	append_range(render, root.header_offset, root.header_size, header);
	rest = slice_of(header->str, header->len);
	while (header_next(&rest, &field)) {
		if ((field.name.len < 8 || g_ascii_strncasecmp(field.name.data, "content-", 8) != 0) &&
		    field.name.len > 0 && !slice_equal_ascii_case(field.name, SLICE("MIME-Version")))
			append_field(out, field.whole);
	}
}

GBytes *builder_render(const struct builder_rendition *rendition)
{
	struct render render = { .rendition = rendition, .entities = tree_list() };
	GPtrArray *alternatives = tree_list();
	GString *header = g_string_new(NULL);
	GMimeObject *body;

	for (size_t i = 0; i < rendition->alternative_count; i++)
		g_ptr_array_add(alternatives, tree_leaf(&rendition->alternatives[i]));
	g_ptr_array_add(render.entities, tree_multipart("alternative", alternatives, rendition->seed));
	for (size_t i = 0; i < rendition->attachment_count; i++)
		g_ptr_array_add(render.entities, tree_leaf(&rendition->attachments[i]));
	copy_header(&render, header);
	walk(&render, PART_ROOT, false);
	if (rendition->headers != NULL)
		g_string_append(header, rendition->headers);
	g_string_append(header, "MIME-Version: 1.0\r\n");
	body = tree_multipart("mixed", render.entities, rendition->seed);
	if (render.calendar != NULL)
		g_string_free(render.calendar, TRUE);
	if (render.failed) {
		g_string_free(header, TRUE);
		g_object_unref(body);
		return NULL;
	}
	return tree_finish(header, body);
}
