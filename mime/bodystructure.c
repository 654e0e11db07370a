/* BODY and BODYSTRUCTURE from the part index. */
#include "mime/bodystructure.h"
#include "mime/envelope.h"

/* Octets of the headers of all embedded messages together that their ENVELOPEs are made of: the
 * answer must not grow with a message that is nothing but headers. */
#define MAX_HEADERS (4 * 1024 * 1024)

struct writer {
	GString *out;
	const struct part_index *index;
	const struct mime_source *source;
	unsigned forms;
	bool ok;
	uint64_t headers_left;
};

static void write_part(struct writer *w, uint32_t number);

static void write_nstring(struct writer *w, struct slice text)
{
	if (text.len == 0)
		g_string_append(w->out, "NIL");
	else
		envelope_write_string(w->out, text);
}

static bool is_extended(const struct part_parameter *p)
{
	return p->name.len > 0 && p->name.data[p->name.len - 1] == '*';
}

static void write_value(struct writer *w, const struct part_parameter *p)
{
	g_autofree char *decoded = NULL;

	if (!(w->forms & BODYSTRUCTURE_DECODED) || !is_extended(p)) {
		envelope_write_string(w->out, p->value);
		return;
	}
	decoded = part_parameter_decode(p->value);
	envelope_write_string(w->out, slice_from_string(decoded));
}

static void write_parameters(struct writer *w, struct slice rest)
{
	struct part_parameter p;
	char open = '(';

	while (part_parameter_next(&rest, &p)) {
		g_string_append_c(w->out, open);
		envelope_write_string(w->out, p.name);
		g_string_append_c(w->out, ' ');
		write_value(w, &p);
		open = ' ';
	}
	g_string_append(w->out, open == '(' ? "NIL" : ")");
}

static void write_disposition(struct writer *w, const struct part *part)
{
	if (part->disposition.len == 0) {
		g_string_append(w->out, "NIL");
		return;
	}
	g_string_append_c(w->out, '(');
	envelope_write_string(w->out, part->disposition);
	g_string_append_c(w->out, ' ');
	write_parameters(w, part->raw_disposition_parameters);
	g_string_append_c(w->out, ')');
}

/* The next word of "en, de"; empty ones are skipped. */
static bool next_language(struct slice *rest, struct slice *word_out)
{
	while (rest->len > 0) {
		const char *comma = memchr(rest->data, ',', rest->len);
		size_t len = comma != NULL ? (size_t)(comma - rest->data) : rest->len;
		struct slice word = slice_of(rest->data, len);

		rest->data += len + (comma != NULL);
		rest->len -= len + (comma != NULL);
		while (word.len > 0 && g_ascii_isspace(word.data[0])) {
			word.data++;
			word.len--;
		}
		while (word.len > 0 && g_ascii_isspace(word.data[word.len - 1]))
			word.len--;
		if (word.len > 0) {
			*word_out = word;
			return true;
		}
	}
	return false;
}

static void write_language(struct writer *w, struct slice languages)
{
	struct slice word;
	char open = '(';

	while (next_language(&languages, &word)) {
		g_string_append_c(w->out, open);
		envelope_write_string(w->out, word);
		open = ' ';
	}
	g_string_append(w->out, open == '(' ? "NIL" : ")");
}

/* disposition, language, location: the common end of both kinds of extension data. */
static void write_tail(struct writer *w, const struct part *part)
{
	g_string_append_c(w->out, ' ');
	write_disposition(w, part);
	g_string_append_c(w->out, ' ');
	write_language(w, part->language);
	g_string_append_c(w->out, ' ');
	write_nstring(w, part->location);
}

static void write_multipart(struct writer *w, const struct part *part)
{
	for (uint32_t i = 0; i < part->child_count; i++)
		write_part(w, part_index_child(w->index, part, i));
	g_string_append_c(w->out, ' ');
	envelope_write_string(w->out, part->subtype);
	if (!(w->forms & BODYSTRUCTURE_EXTENDED))
		return;
	g_string_append_c(w->out, ' ');
	write_parameters(w, part->raw_parameters);
	write_tail(w, part);
}

static void write_inner_message(struct writer *w, const struct part *part)
{
	uint32_t number = part_index_child(w->index, part, 0);
	struct part root = part_index_get(w->index, number);
	g_autoptr(GString) header = g_string_new(NULL);
	uint64_t size = MIN(root.header_size, w->headers_left);

	if (!mime_source_append(w->source, root.header_offset, size, header)) {
		g_string_truncate(header, 0);
		w->ok = false;
	}
	w->headers_left -= size;
	g_string_append_c(w->out, ' ');
	envelope_write(w->out, slice_of(header->str, header->len));
	g_string_append_c(w->out, ' ');
	write_part(w, number);
}

static void write_single(struct writer *w, const struct part *part)
{
	envelope_write_string(w->out, part->type);
	g_string_append_c(w->out, ' ');
	envelope_write_string(w->out, part->subtype);
	g_string_append_c(w->out, ' ');
	write_parameters(w, part->raw_parameters);
	g_string_append_c(w->out, ' ');
	write_nstring(w, part->id);
	g_string_append_c(w->out, ' ');
	write_nstring(w, part->description);
	g_string_append_c(w->out, ' ');
	envelope_write_string(w->out, part->encoding.len > 0 ? part->encoding : SLICE("7bit"));
	g_string_append_printf(w->out, " %" G_GUINT64_FORMAT, part->body_size);
	if (part->kind == PART_MESSAGE)
		write_inner_message(w, part);
	if (part->kind == PART_MESSAGE || part_is(part, "text", NULL))
		g_string_append_printf(w->out, " %" G_GUINT64_FORMAT, part->body_lines);
	if (!(w->forms & BODYSTRUCTURE_EXTENDED))
		return;
	g_string_append_c(w->out, ' ');
	write_nstring(w, part->md5);
	write_tail(w, part);
}

/* As deep as PART_MAX_DEPTH allows. */
static void write_part(struct writer *w, uint32_t number)
{
	struct part part = part_index_get(w->index, number);

	g_string_append_c(w->out, '(');
	if (part.kind == PART_MULTIPART)
		write_multipart(w, &part);
	else
		write_single(w, &part);
	g_string_append_c(w->out, ')');
}

bool bodystructure_write(GString *out, const struct part_index *index,
			 const struct mime_source *source, unsigned forms)
{
	struct writer w = { out, index, source, forms, true, MAX_HEADERS };

	write_part(&w, PART_ROOT);
	return w.ok;
}

static bool any_is_extended(struct slice parameters)
{
	struct part_parameter p;

	while (part_parameter_next(&parameters, &p))
		if (is_extended(&p))
			return true;
	return false;
}

bool bodystructure_has_extended_values(const struct part_index *index)
{
	for (uint32_t i = 0; i < part_index_count(index); i++) {
		struct part part = part_index_get(index, i);

		if (any_is_extended(part.raw_parameters) || any_is_extended(part.raw_disposition_parameters))
			return true;
	}
	return false;
}
