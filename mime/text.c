/* Text of parts, previews and search text.
 *
 * Which parts are text: text/... leaves that are no attachments for the preview, all text/...
 * leaves for search.  The header fields of the message go to the search text's headers, those of
 * inner parts and messages to its body, as IMAP's TEXT and BODY divide them. */
#include "mime/text.h"
#include "mime/address.h"
#include "mime/casemap.h"
#include "mime/charset.h"
#include "mime/decode.h"
#include "mime/header.h"
#include "mime/html.h"
#include "mime/text_private.h"

#define PREVIEW_CHARACTERS 200
#define PREVIEW_OCTETS (64 * 1024)

/* ---- one part ---------------------------------------------------------------------- */

/* CRLF and lone CR become LF. */
static void unify_lines(GString *text)
{
	char *from = text->str, *end = from + text->len, *to = from;

	while (from < end) {
		char *cr = memchr(from, '\r', (size_t)(end - from));
		size_t run = (size_t)((cr != NULL ? cr : end) - from);

		memmove(to, from, run);
		to += run;
		from += run;
		if (cr != NULL && (++from == end || *from != '\n'))
			*to++ = '\n';
	}
	g_string_truncate(text, (gsize)(to - text->str));
}

static size_t quote_depth(const char *line, size_t len)
{
	size_t depth = 0;

	while (depth < len && line[depth] == '>')
		depth++;
	return depth;
}

/* format=flowed (RFC 3676): a line that ends in a space goes on in the next of the same quote
 * depth; with delsp the space itself goes.  Stuffed spaces are removed. */
static void join_flowed(GString *text, bool delsp)
{
	g_autoptr(GString) out = g_string_sized_new(text->len);
	const char *p = text->str, *end = p + text->len;
	bool flowing = false;
	size_t flow_depth = 0;

	while (p < end) {
		const char *lf = memchr(p, '\n', (size_t)(end - p));
		size_t len = lf != NULL ? (size_t)(lf - p) : (size_t)(end - p);
		size_t depth = quote_depth(p, len), skip = depth;
		bool soft, signature;

		if (skip < len && p[skip] == ' ')
			skip++;
		signature = len - skip == 3 && memcmp(p + skip, "-- ", 3) == 0;
		if (flowing && (depth != flow_depth || signature)) {
			g_string_append_c(out, '\n');
			flowing = false;
		}
		if (!flowing)
			g_string_append_len(out, p, (gssize)depth);
		soft = len > skip && p[len - 1] == ' ' && !signature && lf != NULL;
		g_string_append_len(out, p + skip, (gssize)(len - skip - (soft && delsp)));
		if (!soft && lf != NULL)
			g_string_append_c(out, '\n');
		flowing = soft;
		flow_depth = depth;
		p += len + (lf != NULL);
	}
	g_string_assign(text, out->str);
}

static bool parameter_is(const struct part *part, const char *name, const char *value)
{
	g_autofree char *found = part_parameter(part->raw_parameters, name);

	return found != NULL && g_ascii_strcasecmp(found, value) == 0;
}

char *text_charset(const struct part *part)
{
	return part_parameter(part->raw_parameters, "charset");
}

bool text_is_flowed(const struct part *part)
{
	return parameter_is(part, "format", "flowed");
}

void text_finish_plain(GString *text, const struct part *part)
{
	unify_lines(text);
	if (text_is_flowed(part))
		join_flowed(text, parameter_is(part, "delsp", "yes"));
}

static void decode_charset(GString *out, const struct part *part, struct slice octets, bool html)
{
	g_autofree char *name = text_charset(part);
	struct slice charset = slice_from_string(name);

	if (html && (name == NULL || g_ascii_strcasecmp(name, "us-ascii") == 0))
		charset = html_charset(octets);
	charset_to_utf8(out, octets, charset);
}

bool text_of_part(const struct part *part, const struct mime_source *source, uint64_t limit,
		  GString *out, bool *truncated_out)
{
	g_autoptr(GString) octets = g_string_new(NULL), text = g_string_new(NULL);
	bool html = part_is(part, "text", "html");
	bool ok = decode_part(part, source, limit, octets, truncated_out);

	decode_charset(text, part, slice_of(octets->str, octets->len), html);
	if (html) {
		text_of_html(out, slice_of(text->str, text->len));
		return ok;
	}
	text_finish_plain(text, part);
	g_string_append_len(out, text->str, (gssize)text->len);
	return ok;
}

/* ---- preview ------------------------------------------------------------------------- */

/* The best text to show: plain before HTML, in order of appearance; PART_NONE without any. */
static uint32_t find_preview_part(const struct part_index *index)
{
	uint32_t html = PART_NONE;

	for (uint32_t i = 0; i < part_index_count(index); i++) {
		struct part part = part_index_get(index, i);

		if (part.kind != PART_LEAF || !part_is(&part, "text", NULL) || part.body_size == 0 ||
		    slice_equal(part.disposition, SLICE("attachment")))
			continue;
		if (part_is(&part, "text", "plain"))
			return i;
		if (html == PART_NONE && part_is(&part, "text", "html"))
			html = i;
	}
	return html;
}

/* Appends characters with runs of white space and control characters made one space. */
static void append_preview(GString *out, const char *text, bool skip_quoted)
{
	size_t characters = 0;
	bool space = false, line_start = true;
	const char *p = text;

	while (*p != '\0' && characters < PREVIEW_CHARACTERS) {
		gunichar c = g_utf8_get_char(p);
		GUnicodeType type = g_unichar_type(c);

		if (line_start && skip_quoted && *p == '>') {
			p = strchr(p, '\n');
			if (p == NULL)
				return;
			continue;
		}
		line_start = *p == '\n' || (line_start && g_unichar_isspace(c));
		p = g_utf8_next_char(p);
		if (g_unichar_isspace(c) || type == G_UNICODE_CONTROL) {
			space = characters > 0;
			continue;
		}
		if (type == G_UNICODE_FORMAT && c != 0x200d)
			continue;
		if (space && ++characters < PREVIEW_CHARACTERS)
			g_string_append_c(out, ' ');
		if (characters < PREVIEW_CHARACTERS) {
			g_string_append_unichar(out, c);
			characters++;
		}
		space = false;
	}
}

void text_preview(GString *out, const struct part_index *index, const struct mime_source *source)
{
	uint32_t number = find_preview_part(index);
	g_autoptr(GString) text = g_string_new(NULL);
	struct part part;
	size_t start = out->len;

	if (number == PART_NONE)
		return;
	part = part_index_get(index, number);
	text_of_part(&part, source, PREVIEW_OCTETS, text, NULL);
	append_preview(out, text->str, true);
	if (out->len == start)
		append_preview(out, text->str, false);
	while (out->len > start && out->str[out->len - 1] == ' ')
		g_string_truncate(out, out->len - 1);
}

/* ---- search text ------------------------------------------------------------------------ */

struct search {
	const struct part_index *index;
	const struct mime_source *source;
	uint64_t left;           /* octets of inner headers and decoded content still to be looked at */
	struct text_search *out;
};

static bool holds_addresses(struct slice name)
{
	static const char *const names[] = { "From", "Sender", "Reply-To", "To", "Cc", "Bcc" };

	for (size_t i = 0; i < G_N_ELEMENTS(names); i++)
		if (slice_equal_ascii_case(name, slice_from_string(names[i])))
			return true;
	return false;
}

static void append_mailbox(GString *out, const struct address *address)
{
	g_autofree char *name = address_name(address), *spec = address_spec(address);

	if (*name != '\0')
		g_string_append_printf(out, "%s <%s>", name, spec);
	else
		g_string_append(out, spec);
}

/* "Name <local@domain>, Group: local@domain;" */
static void append_addresses(GString *out, struct slice value)
{
	struct arena *arena = arena_create();
	const char *between = "";

	for (const struct address *a = address_parse(arena, value); a != NULL; a = a->next) {
		if (a->kind == ADDRESS_GROUP_END) {
			g_string_append_c(out, ';');
			between = ", ";
			continue;
		}
		g_string_append(out, between);
		if (a->kind == ADDRESS_GROUP_START) {
			g_autofree char *name = address_name(a);

			g_string_append_printf(out, "%s:", name);
			between = " ";
		} else {
			append_mailbox(out, a);
			between = ", ";
		}
	}
	arena_destroy(&arena);
}

static void append_search_line(GString *out, struct slice name, const GString *value)
{
	bool in_space = true;

	casemap_append(out, name);
	g_string_append(out, ": ");
	casemap_append_search(out, slice_of(value->str, value->len), &in_space);
	g_string_append_c(out, '\n');
}

/* A second line of the field, without comments, quotes and white space within an address, unless the
 * first, which begins at `line`, says the same: who searches for user@host means all who are that. */
static void append_meant(GString *out, size_t line, const struct header_field *field)
{
	g_autoptr(GString) value = g_string_new(NULL), meant = g_string_new(NULL);
	const char *says;

	append_addresses(value, field->value);
	if (value->len == 0)
		return;
	append_search_line(meant, field->name, value);
	says = strchr(meant->str, ':') + strlen(": ");
	/* Without the line end: "<a@b>" says all that "a@b" does. */
	if (memmem(out->str + line, out->len - line, says,
		   (size_t)(meant->str + meant->len - says) - 1) == NULL)
		g_string_append_len(out, meant->str, (gssize)meant->len);
}

/* Each field becomes "NAME: VALUE" and a line end that no normalised needle can hold. */
void text_search_header(GString *out, struct slice header)
{
	g_autoptr(GString) value = g_string_new(NULL);
	struct header_field field;

	while (header_next(&header, &field)) {
		size_t line = out->len;

		g_string_truncate(value, 0);
		charset_decode_header(value, field.value);
		append_search_line(out, field.name, value);
		if (holds_addresses(field.name))
			append_meant(out, line, &field);
	}
}

bool text_search_part_header(GString *out, const struct part *part, const struct mime_source *source,
			     uint64_t limit)
{
	g_autoptr(GString) raw = g_string_new(NULL);
	uint64_t size = MIN(part->header_size, limit);
	bool ok = mime_source_append(source, part->header_offset, size, raw) && size == part->header_size;

	text_search_header(out, slice_of(raw->str, raw->len));
	return ok;
}

static void add_inner_header(struct search *s, const struct part *part)
{
	if (!text_search_part_header(s->out->body, part, s->source, s->left))
		s->out->truncated = true;
	s->left -= MIN(s->left, part->header_size);
}

static void add_text(struct search *s, const struct part *part)
{
	g_autoptr(GString) text = g_string_new(NULL);
	bool truncated = false, in_space = true;

	if (s->left == 0) {
		s->out->truncated = s->out->truncated || part->body_size > 0;
		return;
	}
	if (!text_of_part(part, s->source, s->left, text, &truncated))
		truncated = true;
	s->out->truncated = s->out->truncated || truncated;
	s->left -= MIN(s->left, text->len);
	casemap_append_search(s->out->body, slice_of(text->str, text->len), &in_space);
	g_string_append_c(s->out->body, '\n');
}

void text_search_build(const struct part_index *index, const struct mime_source *source,
		       uint64_t limit, struct text_search *search_out)
{
	struct search s = { index, source, limit, search_out };

	*search_out = (struct text_search){ .headers = g_string_new(NULL),
					    .body = g_string_new(NULL) };
	for (uint32_t i = 0; i < part_index_count(index); i++) {
		struct part part = part_index_get(index, i);

		if (i > PART_ROOT)
			add_inner_header(&s, &part);
		else if (!text_search_part_header(search_out->headers, &part, source, limit))
			search_out->truncated = true;
		if (part.kind == PART_LEAF && part_is(&part, "text", NULL))
			add_text(&s, &part);
	}
}

void text_search_clear(struct text_search *search)
{
	if (search->headers != NULL)
		g_string_free(search->headers, TRUE);
	if (search->body != NULL)
		g_string_free(search->body, TRUE);
	*search = (struct text_search){ 0 };
}
