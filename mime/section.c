/* Sections.
 *
 * A section is an input (the prefix, then one range of the content) and perhaps a transformation
 * of it (a header filter, a decoder).  Without one it is read where it lies.  With one, the
 * first pass counts what comes out and keeps it when it is small (the usual HEADER.FIELDS);
 * what is large is transformed again while it is sent, so memory stays bounded. */
#include "mime/section.h"
#include "mime/decode.h"
#include "mime/header_filter.h"

#define KEEP_LIMIT (256 * 1024)

enum transform { TRANSFORM_NONE, TRANSFORM_FILTER, TRANSFORM_DECODE };

struct section {
	const struct mime_source *source;
	struct slice prefix;        /* empty when the section has none of it */
	uint64_t offset, input;     /* the content's range */
	enum transform transform;
	enum transfer_encoding encoding;
	const struct section_spec *spec;
	uint64_t total;             /* octets of the section before the partial range */
	uint64_t skip, left;        /* of the output, still */
	bool may_hold_nul;
	/* a transformation under way */
	bool running, ended;
	struct header_filter filter;
	struct decoder *decoder;
	uint64_t taken;             /* of prefix and range */
	GString *made;
	size_t made_at;
};

/* ---- which octets ------------------------------------------------------------- */

static void use_header(struct section *s, const struct part *part)
{
	s->offset = part->header_offset;
	s->input = part->header_size;
}

static void use_body(struct section *s, const struct part *part)
{
	s->offset = part->body_offset;
	s->input = part->body_size;
}

/* The root part of the message that HEADER and TEXT speak of: the message itself, or the one in
 * a message part. */
static bool find_message(const struct section_spec *spec, const struct part_index *index,
			 struct part *part)
{
	if (spec->path_len == 0)
		return true;
	if (part->kind != PART_MESSAGE)
		return false;
	*part = part_index_get(index, part_index_child(index, part, 0));
	return true;
}

static enum section_result use_binary(struct section *s, const struct part *part)
{
	use_body(s, part);
	if (part->kind != PART_LEAF)
		return SECTION_OK;
	s->encoding = transfer_encoding_of(part->encoding);
	if (s->encoding == TRANSFER_UNKNOWN)
		return SECTION_UNKNOWN_CTE;
	if (s->encoding != TRANSFER_IDENTITY)
		s->transform = TRANSFORM_DECODE;
	return SECTION_OK;
}

static enum section_result choose(struct section *s, const struct part_index *index,
				  struct slice prefix)
{
	const struct section_spec *spec = s->spec;
	bool of_message = spec->what == SECTION_HEADER || spec->what == SECTION_TEXT ||
			  spec->what == SECTION_HEADER_FIELDS || spec->what == SECTION_HEADER_FIELDS_NOT;
	struct part part;

	if (!part_index_find(index, spec->path, spec->path_len, &part) ||
	    (of_message && !find_message(spec, index, &part)))
		return SECTION_NONE;
	switch (spec->what) {
	case SECTION_BODY:
	case SECTION_BINARY:
		if (spec->path_len == 0) {
			s->offset = 0;
			s->input = part_index_size(index);
			s->prefix = prefix;
			return SECTION_OK;
		}
		if (spec->what == SECTION_BINARY)
			return use_binary(s, &part);
		use_body(s, &part);
		return SECTION_OK;
	case SECTION_TEXT:
		use_body(s, &part);
		return SECTION_OK;
	case SECTION_HEADER_FIELDS:
	case SECTION_HEADER_FIELDS_NOT:
		s->transform = TRANSFORM_FILTER;
		break;
	case SECTION_HEADER:
		break;
	case SECTION_MIME:
		if (spec->path_len == 0)
			return SECTION_NONE;
		break;
	}
	use_header(s, &part);
	if (part.number == PART_ROOT)
		s->prefix = prefix;
	return SECTION_OK;
}

/* ---- the untransformed input ------------------------------------------------------ */

/* Up to len octets of prefix and range at `at`; 0 only at the end, -1 when the source fails. */
static ssize_t read_input(const struct section *s, uint64_t at, void *data, size_t len)
{
	uint64_t behind;
	ssize_t got;

	if (at < s->prefix.len) {
		len = MIN(len, s->prefix.len - (size_t)at);
		memcpy(data, s->prefix.data + at, len);
		return (ssize_t)len;
	}
	behind = at - s->prefix.len;
	if (behind >= s->input || len == 0)
		return 0;
	len = (size_t)MIN((uint64_t)len, s->input - behind);
	got = s->source->read(s->source->arg, s->offset + behind, data, len);
	/* Content shorter than its index says is damage, never a short answer. */
	return got > 0 ? got : -1;
}

/* ---- transformations ----------------------------------------------------------------- */

static void start_transform(struct section *s)
{
	s->running = true;
	s->ended = false;
	s->taken = 0;
	s->made_at = 0;
	g_string_truncate(s->made, 0);
	if (s->transform == TRANSFORM_FILTER)
		header_filter_open(&s->filter, s->spec->fields, s->spec->field_count,
				   s->spec->what == SECTION_HEADER_FIELDS_NOT);
	else
		s->decoder = decoder_create(s->encoding);
}

static void stop_transform(struct section *s)
{
	if (!s->running)
		return;
	s->running = false;
	if (s->transform == TRANSFORM_FILTER)
		header_filter_close(&s->filter);
	else
		decoder_destroy(&s->decoder);
}

/* Transforms one more piece into `made`; false when the source fails. */
static bool transform_more(struct section *s)
{
	char room[16384];
	ssize_t got = read_input(s, s->taken, room, sizeof(room));

	if (got < 0)
		return false;
	s->taken += (uint64_t)got;
	if (got > 0 && s->transform == TRANSFORM_FILTER)
		header_filter_push(&s->filter, room, (size_t)got, s->made);
	else if (got > 0)
		decoder_push(s->decoder, room, (size_t)got, s->made);
	if (got > 0)
		return true;
	if (s->transform == TRANSFORM_FILTER)
		header_filter_finish(&s->filter, s->made);
	else
		decoder_finish(s->decoder, s->made);
	s->ended = true;
	return true;
}

/* Of the octets of the output from `at` on: whether one in the partial range is NUL. */
static bool has_nul(const struct section *s, uint64_t at, const char *data, size_t len)
{
	uint64_t from = s->spec->partial ? s->spec->offset : 0;
	uint64_t most = s->spec->partial ? s->spec->length : UINT64_MAX;
	uint64_t skip = from > at ? from - at : 0;

	/* What of the range lies in front of this. */
	most -= MIN(most, at > from ? at - from : 0);
	if (skip >= len)
		return false;
	return memchr(data + skip, '\0', (size_t)MIN((uint64_t)len - skip, most)) != NULL;
}

/* The first pass: how much comes out?  What is small stays in `made`. */
static bool count_transformed(struct section *s)
{
	bool keep = true;

	s->total = 0;
	start_transform(s);
	while (!s->ended) {
		size_t before = s->made->len;

		if (!transform_more(s))
			return false;
		s->may_hold_nul = s->may_hold_nul ||
				  has_nul(s, s->total, s->made->str + before, s->made->len - before);
		s->total += s->made->len - before;
		keep = keep && s->made->len <= KEEP_LIMIT;
		if (!keep)
			g_string_truncate(s->made, 0);
	}
	stop_transform(s);
	if (!keep)
		start_transform(s);
	return true;
}

/* Up to len octets of the transformed section in order, `skip` octets thrown away first. */
static ssize_t read_transformed(struct section *s, char *data, size_t len)
{
	for (;;) {
		size_t ready = s->made->len - s->made_at;
		size_t drop = (size_t)MIN((uint64_t)ready, s->skip);

		s->made_at += drop;
		s->skip -= drop;
		ready -= drop;
		if (ready > 0) {
			len = MIN(len, ready);
			memcpy(data, s->made->str + s->made_at, len);
			s->made_at += len;
			return (ssize_t)len;
		}
		if (!s->running || s->ended)
			return -1; /* other octets than counted: the source changed */
		g_string_truncate(s->made, 0);
		s->made_at = 0;
		if (!transform_more(s))
			return -1;
	}
}

/* ---- the door --------------------------------------------------------------------------- */

/* The partial range last, on what is sent. */
static void apply_partial(struct section *s)
{
	s->skip = 0;
	s->left = s->total;
	if (!s->spec->partial)
		return;
	s->skip = MIN(s->spec->offset, s->total);
	s->left = MIN(s->spec->length, s->total - s->skip);
}

void section_sort_fields(struct slice *names, size_t count)
{
	qsort(names, count, sizeof(names[0]), header_filter_compare);
}

enum section_result section_open(const struct section_spec *spec, const struct part_index *index,
				 struct slice prefix, const struct mime_source *source,
				 struct section **section_out)
{
	struct section *s = g_new0(struct section, 1);
	enum section_result result;

	s->source = source;
	s->spec = spec;
	s->made = g_string_new(NULL);
	result = choose(s, index, prefix);
	if (result == SECTION_OK && s->transform == TRANSFORM_NONE) {
		s->total = s->prefix.len + s->input;
		s->may_hold_nul = part_index_has_nul(index) ||
				  (s->prefix.len > 0 && memchr(s->prefix.data, '\0', s->prefix.len) != NULL);
	} else if (result == SECTION_OK && !count_transformed(s)) {
		result = SECTION_FAILED;
	}
	if (result != SECTION_OK) {
		section_close(&s);
		return result;
	}
	apply_partial(s);
	*section_out = s;
	return SECTION_OK;
}

uint64_t section_size(const struct section *section)
{
	return section->left;
}

bool section_may_hold_nul(const struct section *section)
{
	return section->may_hold_nul;
}

ssize_t section_read(struct section *s, void *data, size_t len)
{
	ssize_t got;

	len = (size_t)MIN((uint64_t)len, s->left);
	if (len == 0)
		return 0;
	if (s->transform != TRANSFORM_NONE) {
		got = read_transformed(s, data, len);
	} else {
		got = read_input(s, s->skip, data, len);
		if (got > 0)
			s->skip += (uint64_t)got;
	}
	if (got > 0)
		s->left -= (uint64_t)got;
	return got;
}

void section_close(struct section **section)
{
	if (*section == NULL)
		return;
	stop_transform(*section);
	g_string_free((*section)->made, TRUE);
	g_clear_pointer(section, g_free);
}

bool section_as_ranges(const struct section *s, struct section_ranges *ranges_out)
{
	uint64_t of_prefix;

	if (s->transform != TRANSFORM_NONE)
		return false;
	of_prefix = s->skip < s->prefix.len ? MIN(s->prefix.len - s->skip, s->left) : 0;
	ranges_out->prefix = of_prefix > 0 ? slice_of(s->prefix.data + s->skip, (size_t)of_prefix)
					   : slice_of(NULL, 0);
	ranges_out->offset = s->offset + (s->skip > s->prefix.len ? s->skip - s->prefix.len : 0);
	ranges_out->size = s->left - of_prefix;
	return true;
}

uint64_t section_message_size(const struct part_index *index, struct slice prefix)
{
	return prefix.len + part_index_size(index);
}
