/* One walk over the parts finds what may be a calendar; only those are decoded whole.
 * The words are taken from the parts that the rendition replaces (mime/builder.h),
 * so that nothing is lost and nothing said twice. */
#include "scheduling/mail_facts.h"

#include "mime/address.h"
#include "mime/charset.h"
#include "mime/decode.h"
#include "mime/header.h"
#include "mime/html.h"
#include "mime/text.h"
#include "mime/tnef.h"
#include "scheduling/calendar_reader.h"

#define HEAD_OCTETS 96
#define HEADER_LIMIT (1024 * 1024)
#define WORDS_LIMIT (2 * 1024 * 1024)
/* A mail with more calendars than this has its first ones looked at. */
#define MAX_CANDIDATES 16

struct candidate {
	uint32_t number;
	char *type, *charset, *method, *filename;
	GString *octets;
	bool nested;
};

struct reading {
	const struct part_index *index;
	const struct mime_source *source;
	struct mail_facts *facts;
	GPtrArray *candidates;
	uint32_t text_part, html_part; /* PART_NONE: none */
};

static void candidate_free(gpointer data)
{
	struct candidate *c = data;

	g_free(c->type);
	g_free(c->charset);
	g_free(c->method);
	g_free(c->filename);
	g_string_free(c->octets, TRUE);
	g_free(c);
}

static char *type_of(const struct part *part)
{
	return g_strdup_printf("%.*s/%.*s", (int)part->type.len, part->type.data, (int)part->subtype.len,
			       part->subtype.data);
}

static bool is_nested(const struct part_index *index, const struct part *part)
{
	uint32_t number = part->parent;

	while (number != PART_NONE) {
		struct part above = part_index_get(index, number);

		if (above.kind == PART_MESSAGE)
			return true;
		number = above.parent;
	}
	return false;
}

/* The nearest multipart/alternative above; PART_NONE: none. */
static uint32_t alternative_above(const struct part_index *index, const struct part *part)
{
	uint32_t number = part->parent;

	while (number != PART_NONE) {
		struct part above = part_index_get(index, number);

		if (part_is(&above, "multipart", "alternative"))
			return number;
		number = above.parent;
	}
	return PART_NONE;
}

/* winmail.dat: the meeting inside it, as a calendar. */
static void take_tnef(struct reading *r, const struct part *part)
{
	g_autoptr(GString) octets = g_string_new(NULL);
	g_autofree char *ics = NULL;
	struct candidate *c;
	struct tnef *tnef;

	if (!decode_part(part, r->source, meeting_limits_default.octets, octets, NULL))
		return;
	tnef = tnef_parse(slice_of(octets->str, octets->len));
	if (tnef == NULL)
		return;
	ics = tnef_calendar(tnef);
	if (ics != NULL) {
		c = g_new0(struct candidate, 1);
		c->number = part->number;
		c->type = g_strdup("text/calendar");
		c->charset = g_strdup("utf-8");
		c->octets = g_string_new(ics);
		c->nested = is_nested(r->index, part);
		g_ptr_array_add(r->candidates, c);
	}
	tnef_destroy(&tnef);
}

static void take_candidate(struct reading *r, const struct part *part)
{
	g_autoptr(GString) head = g_string_new(NULL);
	g_autofree char *type = type_of(part), *filename = part_filename(part);
	struct candidate *c;
	bool truncated;

	if (r->candidates->len >= MAX_CANDIDATES)
		return;
	decode_part(part, r->source, HEAD_OCTETS, head, &truncated);
	if (!imip_is_candidate(type, filename, slice_of(head->str, head->len)))
		return;
	c = g_new0(struct candidate, 1);
	c->number = part->number;
	c->type = g_steal_pointer(&type);
	c->filename = g_steal_pointer(&filename);
	c->charset = part_parameter(part->raw_parameters, "charset");
	c->method = part_parameter(part->raw_parameters, "method");
	c->octets = g_string_new(NULL);
	c->nested = is_nested(r->index, part);
	/* One octet over the limit, so that what was cut is refused as too large. */
	decode_part(part, r->source, meeting_limits_default.octets + 1, c->octets, &truncated);
	g_ptr_array_add(r->candidates, c);
}

/* The body: the first text leaf, and its other form in the same alternative. */
static void note_text(struct reading *r, const struct part *part)
{
	bool html = part_is(part, "text", "html");
	uint32_t *own = html ? &r->html_part : &r->text_part;
	uint32_t other_number = html ? r->text_part : r->html_part;

	if ((!html && !part_is(part, "text", "plain")) || *own != PART_NONE ||
	    slice_equal(part->disposition, SLICE("attachment")) || is_nested(r->index, part))
		return;
	if (other_number != PART_NONE) {
		struct part other = part_index_get(r->index, other_number);
		uint32_t shared = alternative_above(r->index, &other);

		if (shared == PART_NONE || shared != alternative_above(r->index, part))
			return;
	}
	*own = part->number;
}

static void walk_parts(struct reading *r)
{
	for (uint32_t i = 0; i < part_index_count(r->index); i++) {
		struct part part = part_index_get(r->index, i);
		g_autofree char *type = type_of(&part);

		if (!is_nested(r->index, &part) && imip_type_is_sealed(type))
			r->facts->sealed = true;
		if (part.kind != PART_LEAF)
			continue;
		note_text(r, &part);
		if (tnef_is_part(&part))
			take_tnef(r, &part);
		else
			take_candidate(r, &part);
	}
}

static void read_html(struct reading *r, const struct part *part)
{
	g_autoptr(GString) octets = g_string_new(NULL);
	g_autofree char *named = part_parameter(part->raw_parameters, "charset");
	struct slice charset = slice_from_string(named);
	bool truncated;

	if (!decode_part(part, r->source, WORDS_LIMIT, octets, &truncated))
		return;
	if (charset.len == 0)
		charset = html_charset(slice_of(octets->str, octets->len));
	charset_to_utf8(r->facts->words_html, slice_of(octets->str, octets->len), charset);
}

static void read_words(struct reading *r)
{
	struct mail_facts *facts = r->facts;
	bool truncated;

	if (r->html_part != PART_NONE) {
		struct part part = part_index_get(r->index, r->html_part);

		read_html(r, &part);
	}
	if (r->text_part != PART_NONE) {
		struct part part = part_index_get(r->index, r->text_part);

		if (!text_of_part(&part, r->source, WORDS_LIMIT, facts->words_text, &truncated))
			g_string_truncate(facts->words_text, 0);
		if (imip_text_is_sealed(slice_of(facts->words_text->str, facts->words_text->len)))
			facts->sealed = true;
	}
	if (facts->words_text->len == 0 && facts->words_html->len > 0)
		text_of_html(facts->words_text, slice_of(facts->words_html->str, facts->words_html->len));
}

static const char *const *addresses_of(struct slice header, const char *name)
{
	struct arena *arena = arena_create();
	GPtrArray *list = g_ptr_array_new();

	for (const struct address *a = address_parse_header(arena, header, name); a != NULL; a = a->next)
		if (a->kind == ADDRESS_MAILBOX && a->domain.len > 0)
			g_ptr_array_add(list, address_spec(a));
	g_ptr_array_add(list, NULL);
	arena_destroy(&arena);
	return (const char *const *)g_ptr_array_free(list, FALSE);
}

static const char *const *all_values(struct slice header, const char *name)
{
	GPtrArray *list = g_ptr_array_new();
	struct slice rest = header;
	struct header_field field;

	while (header_next(&rest, &field)) {
		GString *value;

		if (!slice_equal_ascii_case(field.name, slice_from_string(name)))
			continue;
		value = g_string_new(NULL);
		header_unfold(value, field.value);
		g_ptr_array_add(list, g_string_free(value, FALSE));
	}
	g_ptr_array_add(list, NULL);
	return (const char *const *)g_ptr_array_free(list, FALSE);
}

static void read_header(struct reading *r)
{
	struct part root = part_index_get(r->index, PART_ROOT);
	g_autoptr(GString) octets = g_string_new(NULL);
	g_auto(GStrv) senders = NULL;
	struct slice header;

	mime_source_append(r->source, root.header_offset, MIN(root.header_size, HEADER_LIMIT), octets);
	header = slice_of(octets->str, octets->len);
	r->facts->from = addresses_of(header, "From");
	r->facts->results = all_values(header, "Authentication-Results");
	senders = (char **)addresses_of(header, "Sender");
	r->facts->sender = g_strdup(senders[0]);
	r->facts->message_id = header_value(header, "Message-ID");
}

/* False: a calendar of this mail is dangerous to read; none of them is. */
static bool came_through_reader(struct reading *r)
{
	int64_t left = CALENDAR_READER_WORK;

	for (guint i = 0; i < r->candidates->len; i++) {
		const struct candidate *c = g_ptr_array_index(r->candidates, i);
		const char *reason;

		if (c->nested || /* nobody reads it: see imip.h */
		    calendar_reader_check(slice_of(c->octets->str, c->octets->len), c->charset, &left, &reason))
			continue;
		r->facts->found.verdict = IMIP_UNUSABLE;
		r->facts->found.reason = g_strdup(reason);
		r->facts->found.part = i;
		return false;
	}
	return true;
}

static void find_meeting(struct reading *r)
{
	size_t count = r->candidates->len;
	g_autofree struct imip_part *parts = g_new0(struct imip_part, count + 1);
	struct imip_found *found = &r->facts->found;
	uint32_t number;

	if (!came_through_reader(r))
		return;
	for (size_t i = 0; i < count; i++) {
		const struct candidate *c = g_ptr_array_index(r->candidates, i);

		parts[i] = (struct imip_part){ c->type, c->charset, c->method, c->filename,
					       slice_of(c->octets->str, c->octets->len), c->nested };
	}
	imip_find(parts, count, &meeting_limits_default, found);
	if (found->verdict != IMIP_MEETING)
		return;
	number = ((struct candidate *)g_ptr_array_index(r->candidates, found->part))->number;
	g_array_append_val(r->facts->calendar_parts, number);
	for (size_t i = 0; i < found->copy_count; i++) {
		number = ((struct candidate *)g_ptr_array_index(r->candidates, found->copies[i]))->number;
		g_array_append_val(r->facts->calendar_parts, number);
	}
}

struct mail_facts *mail_facts_create(const struct part_index *index, const struct mime_source *source)
{
	struct mail_facts *facts = g_new0(struct mail_facts, 1);
	struct reading r = { index, source, facts, NULL, PART_NONE, PART_NONE };

	facts->words_text = g_string_new(NULL);
	facts->words_html = g_string_new(NULL);
	facts->calendar_parts = g_array_new(FALSE, FALSE, sizeof(uint32_t));
	r.candidates = g_ptr_array_new_with_free_func(candidate_free);
	read_header(&r);
	walk_parts(&r);
	find_meeting(&r);
	/* Ordinary mail is not rendered, so its words are nobody's business. */
	if (facts->found.verdict == IMIP_MEETING)
		read_words(&r);
	g_ptr_array_unref(r.candidates);
	return facts;
}

void mail_facts_destroy(struct mail_facts **facts)
{
	struct mail_facts *f = *facts;

	if (f == NULL)
		return;
	imip_found_clear(&f->found);
	g_strfreev((char **)f->from);
	g_strfreev((char **)f->results);
	g_free(f->sender);
	g_free(f->message_id);
	g_string_free(f->words_text, TRUE);
	g_string_free(f->words_html, TRUE);
	g_array_unref(f->calendar_parts);
	g_clear_pointer(facts, g_free);
}
