/* One pass over a message's octets, in pieces of any size, to its part index.
 *
 * The machine works on lines.  In a header every line is looked at; in a body only those that
 * begin with '-' while a multipart is open, the others are skipped (line_scan.h).  A line that
 * must be looked at is shown by its head (its first HEADER_LINE_HEAD octets), which is gathered
 * in `carry` when a cut falls into it; so what happens never depends on the cuts.
 *
 * `open` is the stack of multiparts and messages around the current part.  Nothing here
 * fails: limits turn what exceeds them into an opaque part. */
#include "mime/content_field.h"
#include "mime/decode.h"
#include "mime/header_line.h"
#include "mime/line_scan.h"
#include "mime/part_blob.h"
#include "mime/part_index.h"

/* Octets kept of one Content- field, and of all kept strings together. */
#define MAX_FIELD (64 * 1024)
#define MAX_STRINGS (16 * 1024 * 1024)
#define MAX_BOUNDARY 4096
/* Octets in front of the first field in which a header may still begin. */
#define MAX_FRONT (64 * 1024)

enum state {
	IN_HEADER,
	IN_BODY,     /* of a leaf, a preamble or an epilogue */
};

enum field {
	FIELD_TYPE,
	FIELD_ENCODING,
	FIELD_DISPOSITION,
	FIELD_ID,
	FIELD_DESCRIPTION,
	FIELD_LANGUAGE,
	FIELD_LOCATION,
	FIELD_MD5,
	FIELD_COUNT,
	FIELD_OTHER = FIELD_COUNT,
	FIELD_NONE, /* no field yet: a continuation line has nothing to continue */
};

static const char *const field_names[FIELD_COUNT] = {
	[FIELD_TYPE] = "type",
	[FIELD_ENCODING] = "transfer-encoding",
	[FIELD_DISPOSITION] = "disposition",
	[FIELD_ID] = "id",
	[FIELD_DESCRIPTION] = "description",
	[FIELD_LANGUAGE] = "language",
	[FIELD_LOCATION] = "location",
	[FIELD_MD5] = "md5",
};

/* A multipart or message that is not over yet. */
struct open_part {
	uint32_t number;
	char *boundary;      /* NULL: a message, or a multipart behind its closing boundary */
	size_t boundary_len;
	bool digest;
};

/* A place in the message, and the line ends in front of it. */
struct place {
	uint64_t offset, lines;
};

struct part_indexer {
	GArray *records;     /* struct part_record; body_lines holds the lines in front until closed */
	GArray *open;        /* struct open_part */
	GString *strings;
	GString *carry;
	GString *fields[FIELD_COUNT];
	bool seen[FIELD_COUNT];
	enum field field;    /* whose value is being gathered */
	enum state state;
	uint32_t current;    /* the part whose header or leaf body this is */
	unsigned boundaries; /* open parts with a boundary */
	bool mid_line, header_start, opaque_rest;
	bool any_field;      /* the header has one */
	bool in_doubt;       /* a line that is no field stands in the header, and no field behind it */
	struct place doubt;  /* where that line begins */
	bool has_nul, has_8bit_header;
	char last_octet;
	unsigned last_eol;   /* octets of the line end in front of the current line */
	uint64_t line_start, octets, lines;
};

static struct part_record *record_of(struct part_indexer *ix, uint32_t number)
{
	return &g_array_index(ix->records, struct part_record, number);
}

static struct open_part *open_at(struct part_indexer *ix, guint depth)
{
	return &g_array_index(ix->open, struct open_part, depth);
}

/* ---- parts ---------------------------------------------------------------- */

static uint32_t add_part(struct part_indexer *ix, uint32_t parent, uint64_t offset)
{
	struct part_record record = { .parent = parent, .header_offset = offset,
				      .body_offset = offset };

	if (parent != PART_NONE)
		record_of(ix, parent)->child_count++;
	g_array_append_val(ix->records, record);
	return ix->records->len - 1;
}

static void begin_header(struct part_indexer *ix, uint32_t parent, uint64_t offset)
{
	ix->current = add_part(ix, parent, offset);
	ix->state = IN_HEADER;
	ix->field = FIELD_NONE;
	ix->header_start = true;
	ix->any_field = ix->in_doubt = false;
	for (int i = 0; i < FIELD_COUNT; i++) {
		g_string_truncate(ix->fields[i], 0);
		ix->seen[i] = false;
	}
}

static void keep(struct part_indexer *ix, enum part_tag tag, const char *data, size_t len)
{
	/* Types are always kept (they are short, and parts are counted). */
	if (len == 0 || (tag > PART_TAG_SUBTYPE && ix->strings->len + len > MAX_STRINGS))
		return;
	g_string_append_c(ix->strings, (char)tag);
	part_varint_append(ix->strings, len);
	g_string_append_len(ix->strings, data, (gssize)len);
}

static void keep_word(struct part_indexer *ix, enum part_tag tag, const char *word)
{
	keep(ix, tag, word, strlen(word));
}

static void keep_trimmed(struct part_indexer *ix, enum part_tag tag, const GString *value)
{
	const char *start = value->str, *end = start + value->len;

	while (start < end && g_ascii_isspace(*start))
		start++;
	while (end > start && g_ascii_isspace(end[-1]))
		end--;
	keep(ix, tag, start, (size_t)(end - start));
}

static void keep_encoding(struct part_indexer *ix)
{
	static const char *const canonical[] = {
		[TRANSFER_BASE64] = "base64",
		[TRANSFER_QUOTED_PRINTABLE] = "quoted-printable",
	};
	g_autoptr(GString) word = g_string_new(NULL);
	struct slice rest;
	enum transfer_encoding encoding;

	content_field_word(word, slice_of(ix->fields[FIELD_ENCODING]->str,
					  ix->fields[FIELD_ENCODING]->len), &rest);
	encoding = transfer_encoding_of(slice_of(word->str, word->len));
	if (encoding == TRANSFER_BASE64 || encoding == TRANSFER_QUOTED_PRINTABLE)
		keep_word(ix, PART_TAG_ENCODING, canonical[encoding]);
	else
		keep(ix, PART_TAG_ENCODING, word->str, MIN(word->len, 255));
}

static void keep_disposition(struct part_indexer *ix)
{
	g_autoptr(GString) word = g_string_new(NULL), parameters = g_string_new(NULL);
	struct slice value = slice_of(ix->fields[FIELD_DISPOSITION]->str,
				      ix->fields[FIELD_DISPOSITION]->len);
	struct slice rest;

	content_field_word(word, value, &rest);
	if (memchr(word->str, '=', word->len) != NULL) {
		/* "Content-Disposition: filename=x": the word was forgotten. */
		g_string_truncate(word, 0);
		rest = value;
	}
	content_field_parameters(parameters, rest);
	if (word->len == 0 && parameters->len > 0)
		g_string_assign(word, "attachment"); /* RFC 2183 2.8, as for unknown words */
	keep(ix, PART_TAG_DISPOSITION, word->str, MIN(word->len, 255));
	keep(ix, PART_TAG_DISPOSITION_PARAMETERS, parameters->str, parameters->len);
}

/* ---- the end of a header: what kind of part is it? ------------------------- */

static bool word_is(const GString *a, const char *b)
{
	return strcmp(a->str, b) == 0 && a->len == strlen(b);
}

static bool is_padding(struct slice text)
{
	for (size_t i = 0; i < text.len; i++)
		if (text.data[i] != ' ' && text.data[i] != '\t' && text.data[i] != '\r' && text.data[i] != '\n')
			return false;
	return true;
}

/* The boundary parameter, with the trailing space that it may not have (RFC 2046 5.1.1) but that
 * its lines then have too; NULL without one. */
static char *find_boundary(const GString *parameters, size_t *len_out)
{
	struct slice rest = slice_of(parameters->str, parameters->len);
	struct part_parameter p;
	char *boundary = NULL;

	while (part_parameter_next(&rest, &p)) {
		size_t len = p.value.len;

		if (!slice_equal(p.name, SLICE("boundary")) && !slice_equal(p.name, SLICE("boundary*")))
			continue;
		if (p.name.len == 9 && memchr(p.value.data, '\'', len) != NULL) {
			boundary = part_parameter(slice_of(parameters->str, parameters->len), "boundary");
			*len_out = strlen(boundary);
			break;
		}
		boundary = slice_dup(p.value);
		*len_out = len;
		break;
	}
	if (boundary != NULL && (is_padding(slice_of(boundary, *len_out)) || *len_out > MAX_BOUNDARY))
		g_clear_pointer(&boundary, g_free);
	return boundary;
}

static void push_open(struct part_indexer *ix, char *boundary, size_t len, bool digest)
{
	struct open_part entry = { ix->current, boundary, len, digest };

	g_array_append_val(ix->open, entry);
	if (boundary != NULL)
		ix->boundaries++;
}

static bool in_digest(struct part_indexer *ix)
{
	guint depth = ix->open->len;

	return depth > 0 && open_at(ix, depth - 1)->digest &&
	       record_of(ix, ix->current)->parent == open_at(ix, depth - 1)->number;
}

/* Type and subtype, with the defaults of RFC 2045 5.2 and RFC 2046 5.1.5. */
static void decide_type(struct part_indexer *ix, GString *type, GString *subtype,
			GString *parameters)
{
	struct slice value = slice_of(ix->fields[FIELD_TYPE]->str, ix->fields[FIELD_TYPE]->len);
	struct slice rest = { NULL, 0 };

	if (!ix->seen[FIELD_TYPE] && in_digest(ix)) {
		g_string_assign(type, "message");
		g_string_assign(subtype, "rfc822");
		return;
	}
	if (content_field_type(value, type, subtype, &rest)) {
		content_field_parameters(parameters, rest);
		return;
	}
	content_field_word(type, value, &rest);
	content_field_parameters(parameters, rest);
	if (word_is(type, "multipart") && parameters->len > 0) {
		g_string_assign(subtype, "mixed");
		return;
	}
	g_string_assign(type, "text");
	g_string_assign(subtype, "plain");
}

static enum part_kind decide_kind(struct part_indexer *ix, GString *type, GString *subtype,
				  GString *parameters)
{
	enum part_kind kind = PART_LEAF;

	if (word_is(type, "multipart"))
		kind = PART_MULTIPART;
	else if (word_is(type, "message") && (word_is(subtype, "rfc822") || word_is(subtype, "global")))
		kind = PART_MESSAGE;
	if (kind != PART_LEAF && (ix->open->len >= PART_MAX_DEPTH || ix->opaque_rest ||
				  ix->records->len >= PART_MAX_PARTS)) {
		g_string_assign(type, "application");
		g_string_assign(subtype, "octet-stream");
		g_string_truncate(parameters, 0);
		kind = PART_LEAF;
	}
	return kind;
}

static void keep_strings(struct part_indexer *ix, const GString *type, const GString *subtype,
			 const GString *parameters)
{
	struct part_record *record = record_of(ix, ix->current);

	record->strings_offset = (uint32_t)ix->strings->len;
	keep(ix, PART_TAG_TYPE, type->str, MIN(type->len, 255));
	keep(ix, PART_TAG_SUBTYPE, subtype->str, MIN(subtype->len, 255));
	if (!ix->seen[FIELD_TYPE] && word_is(type, "text"))
		keep(ix, PART_TAG_PARAMETERS, "\7charset\10us-ascii", 17);
	keep(ix, PART_TAG_PARAMETERS, parameters->str, parameters->len);
	keep_encoding(ix);
	keep_disposition(ix);
	keep_trimmed(ix, PART_TAG_ID, ix->fields[FIELD_ID]);
	keep_trimmed(ix, PART_TAG_DESCRIPTION, ix->fields[FIELD_DESCRIPTION]);
	keep_trimmed(ix, PART_TAG_LANGUAGE, ix->fields[FIELD_LANGUAGE]);
	keep_trimmed(ix, PART_TAG_LOCATION, ix->fields[FIELD_LOCATION]);
	keep_trimmed(ix, PART_TAG_MD5, ix->fields[FIELD_MD5]);
	record->strings_size = (uint32_t)(ix->strings->len - record->strings_offset);
}

static void make_body(struct part_indexer *ix, struct place start)
{
	g_autoptr(GString) type = g_string_new(NULL), subtype = g_string_new(NULL);
	g_autoptr(GString) parameters = g_string_new(NULL);
	struct part_record *record = record_of(ix, ix->current);
	enum part_kind kind;
	char *boundary;
	size_t boundary_len = 0;

	decide_type(ix, type, subtype, parameters);
	kind = decide_kind(ix, type, subtype, parameters);
	keep_strings(ix, type, subtype, parameters);
	record->kind = kind;
	record->body_offset = start.offset;
	record->body_lines = start.lines;
	ix->state = IN_BODY;
	if (kind == PART_MULTIPART) {
		boundary = find_boundary(parameters, &boundary_len);
		push_open(ix, boundary, boundary_len, word_is(subtype, "digest"));
	} else if (kind == PART_MESSAGE) {
		push_open(ix, NULL, 0, false);
		begin_header(ix, ix->current, start.offset);
	}
}

/* Ends the header in front of `start`, or where the doubtful line began: no field came behind it,
 * so the body's separator was forgotten.  (What has passed since holds neither fields nor boundaries:
 * a message in it has an empty header.) */
static void end_header(struct part_indexer *ix, struct place start)
{
	bool in_doubt = ix->in_doubt;

	if (in_doubt)
		start = ix->doubt;
	do {
		make_body(ix, start);
	} while (in_doubt && ix->state == IN_HEADER);
}

/* The rest of the message, whatever it is, as one last part. */
static void begin_opaque_rest(struct part_indexer *ix, uint32_t parent, uint64_t offset,
			      uint64_t lines)
{
	struct part_record *record;

	ix->current = add_part(ix, parent, offset);
	ix->state = IN_BODY;
	ix->opaque_rest = true;
	record = record_of(ix, ix->current);
	record->body_lines = lines;
	record->strings_offset = (uint32_t)ix->strings->len;
	keep_word(ix, PART_TAG_TYPE, "application");
	keep_word(ix, PART_TAG_SUBTYPE, "octet-stream");
	record->strings_size = (uint32_t)(ix->strings->len - record->strings_offset);
	for (guint i = 0; i < ix->open->len; i++)
		g_clear_pointer(&open_at(ix, i)->boundary, g_free);
	ix->boundaries = 0;
}

/* ---- ends of parts ---------------------------------------------------------- */

/* A part whose header reaches up to the boundary keeps the line end in front of it, and so do the
 * parts around it: their end moves. */
static void close_record(struct part_indexer *ix, uint32_t number, struct place *end)
{
	struct part_record *record = record_of(ix, number);

	if (end->offset < record->body_offset)
		*end = (struct place){ record->body_offset, record->body_lines };
	record->body_size = end->offset - record->body_offset;
	record->body_lines = end->lines - record->body_lines;
}

/* A multipart without parts has its preamble as its only part: no octet is lost. */
static void give_preamble(struct part_indexer *ix, uint32_t number, struct place *end)
{
	uint32_t child;
	struct part_record *record;

	if (record_of(ix, number)->child_count > 0)
		return;
	child = add_part(ix, number, record_of(ix, number)->body_offset);
	record = record_of(ix, child);
	record->body_lines = record_of(ix, number)->body_lines;
	record->strings_offset = (uint32_t)ix->strings->len;
	keep_word(ix, PART_TAG_TYPE, "text");
	keep_word(ix, PART_TAG_SUBTYPE, "plain");
	keep(ix, PART_TAG_PARAMETERS, "\7charset\10us-ascii", 17);
	record->strings_size = (uint32_t)(ix->strings->len - record->strings_offset);
	close_record(ix, child, end);
}

/* Ends the current leaf and every open part down to and without `depth`. */
static void close_parts(struct part_indexer *ix, guint depth, struct place *end)
{
	if (ix->current != PART_NONE && record_of(ix, ix->current)->kind == PART_LEAF)
		close_record(ix, ix->current, end);
	ix->current = PART_NONE;
	while (ix->open->len > depth) {
		struct open_part *entry = open_at(ix, ix->open->len - 1);

		if (record_of(ix, entry->number)->kind == PART_MULTIPART)
			give_preamble(ix, entry->number, end);
		close_record(ix, entry->number, end);
		if (entry->boundary != NULL)
			ix->boundaries--;
		g_free(entry->boundary);
		g_array_set_size(ix->open, ix->open->len - 1);
	}
}

/* ---- lines -------------------------------------------------------------------- */

enum boundary_kind { BOUNDARY_NO, BOUNDARY_DELIMITER, BOUNDARY_CLOSE };

/* `line` behind its two hyphens. */
static enum boundary_kind compare_boundary(const struct open_part *entry, struct slice line)
{
	struct slice rest;

	if (entry->boundary == NULL || line.len < entry->boundary_len ||
	    memcmp(line.data, entry->boundary, entry->boundary_len) != 0)
		return BOUNDARY_NO;
	rest = slice_of(line.data + entry->boundary_len, line.len - entry->boundary_len);
	if (is_padding(rest))
		return BOUNDARY_DELIMITER;
	if (rest.len >= 2 && memcmp(rest.data, "--", 2) == 0 &&
	    is_padding(slice_of(rest.data + 2, rest.len - 2)))
		return BOUNDARY_CLOSE;
	return BOUNDARY_NO;
}

/* Which open multipart's boundary the line is, innermost first. */
static enum boundary_kind match_boundary(struct part_indexer *ix, struct slice line, guint *depth_out)
{
	if (ix->boundaries == 0 || line.len < 2 || line.data[0] != '-' || line.data[1] != '-')
		return BOUNDARY_NO;
	line = slice_of(line.data + 2, line.len - 2);
	for (guint depth = ix->open->len; depth > 0; depth--) {
		enum boundary_kind kind = compare_boundary(open_at(ix, depth - 1), line);

		if (kind != BOUNDARY_NO) {
			*depth_out = depth;
			return kind;
		}
	}
	return BOUNDARY_NO;
}

/* The boundary line of the multipart open_at(depth - 1). */
static void take_boundary(struct part_indexer *ix, enum boundary_kind kind, guint depth, size_t len,
			  bool has_lf)
{
	struct place end = { ix->line_start - ix->last_eol, ix->lines - (ix->last_eol > 0) };
	uint64_t behind = ix->line_start + len;
	struct open_part *entry;

	if (ix->state == IN_HEADER)
		end_header(ix, (struct place){ ix->line_start, ix->lines });
	close_parts(ix, depth, &end);
	entry = open_at(ix, depth - 1);
	/* A boundary with nothing behind it begins no part. */
	if (kind == BOUNDARY_CLOSE || !has_lf) {
		give_preamble(ix, entry->number, &end);
		g_clear_pointer(&entry->boundary, g_free);
		ix->boundaries--;
		ix->state = IN_BODY;
	} else if (ix->records->len >= PART_MAX_PARTS) {
		begin_opaque_rest(ix, entry->number, behind, ix->lines + 1);
	} else {
		begin_header(ix, entry->number, behind);
	}
}

static enum field field_of_name(const char *line, size_t len)
{
	if (len < 8 || g_ascii_strncasecmp(line, "content-", 8) != 0)
		return FIELD_OTHER;
	for (int i = 0; i < FIELD_COUNT; i++)
		if (slice_equal_ascii_case(slice_of(line + 8, len - 8),
					   slice_from_string(field_names[i])))
			return (enum field)i;
	return FIELD_OTHER;
}

static bool any_8bit(const char *data, size_t len)
{
	uint64_t word;

	for (; len >= 8; data += 8, len -= 8) {
		memcpy(&word, data, 8);
		if (word & UINT64_C(0x8080808080808080))
			return true;
	}
	for (; len > 0; data++, len--)
		if (*data & 0x80)
			return true;
	return false;
}

/* A piece of the value of the field being gathered; its line end is left out. */
static void gather(struct part_indexer *ix, const char *data, size_t len)
{
	if (ix->field == FIELD_NONE)
		return;
	ix->has_8bit_header = ix->has_8bit_header || any_8bit(data, len);
	if (ix->field == FIELD_OTHER)
		return;
	for (size_t i = 0; i < len && ix->fields[ix->field]->len < MAX_FIELD; i++)
		if (data[i] != '\n' && data[i] != '\r')
			g_string_append_c(ix->fields[ix->field], data[i]);
}

/* Fields that programs write, and no text that somebody types has. */
static bool is_written_by_programs(const char *name, size_t len)
{
	static const char *const names[] = { "received", "return-path", "message-id", "mime-version" };

	for (size_t i = 0; i < G_N_ELEMENTS(names); i++)
		if (slice_equal_ascii_case(slice_of(name, len), slice_from_string(names[i])))
			return true;
	return len > 8 && g_ascii_strncasecmp(name, "content-", 8) == 0;
}

static void take_field(struct part_indexer *ix, const char *head, size_t len, size_t name, size_t colon)
{
	/* Behind a first line that is no field only these are a header's; others may be a text's. */
	if (ix->in_doubt && !ix->any_field && !is_written_by_programs(head, name)) {
		ix->field = FIELD_NONE;
		return;
	}
	ix->any_field = true;
	ix->in_doubt = false;
	ix->field = field_of_name(head, name);
	if (ix->field < FIELD_COUNT && ix->seen[ix->field])
		ix->field = FIELD_OTHER; /* the first of a name counts */
	if (ix->field < FIELD_COUNT)
		ix->seen[ix->field] = true;
	ix->has_8bit_header = ix->has_8bit_header || any_8bit(head, colon);
	gather(ix, head + colon + 1, len - colon - 1);
}

/* One line of a header.  False when it is the first of the body.
 *
 * A line that is no field ends the header when it looks like a boundary.  Else it is damage when
 * fields follow (a folded line that lost its space), and the body when none does; if it is the
 * first, only fields that programs write make it damage. */
static bool take_header_line(struct part_indexer *ix, const char *head, size_t len, bool has_lf)
{
	struct place here = { ix->line_start, ix->lines };
	bool first = ix->header_start;
	bool in_front = ix->in_doubt && !ix->any_field;
	size_t colon, name;

	ix->header_start = false;
	if (in_front && here.offset - ix->doubt.offset > MAX_FRONT) {
		end_header(ix, here);
		return false;
	}
	if (has_lf && header_line_is_blank(head, len)) {
		end_header(ix, (struct place){ ix->line_start + len, ix->lines + 1 });
		return true;
	}
	if (head[0] == ' ' || head[0] == '\t') {
		gather(ix, head, len);
		return true;
	}
	if (header_line_is_field(head, len, &name, &colon)) {
		take_field(ix, head, len, name, colon);
		return true;
	}
	ix->field = FIELD_NONE;
	if (first && header_line_is_mbox(head, len))
		return true;
	if (len >= 2 && head[0] == '-' && head[1] == '-') {
		end_header(ix, here);
		return false;
	}
	if (!ix->in_doubt)
		ix->doubt = here;
	ix->in_doubt = true;
	return true;
}

/* The head of a line; has_lf when it is the whole line, at_end when the message ends with it. */
static void take_head(struct part_indexer *ix, const char *head, size_t len, bool has_lf, bool at_end)
{
	guint depth;

	for (;;) {
		enum boundary_kind kind = has_lf || at_end
			? match_boundary(ix, slice_of(head, len), &depth) : BOUNDARY_NO;

		if (kind != BOUNDARY_NO) {
			take_boundary(ix, kind, depth, len, has_lf);
			return;
		}
		/* A line that ends a header may be the boundary of the multipart it began. */
		if (ix->state != IN_HEADER || take_header_line(ix, head, len, has_lf))
			return;
	}
}

/* `len` octets up to and with an LF. */
static void end_line(struct part_indexer *ix, const char *data, size_t len)
{
	char before = len >= 2 ? data[len - 2] : ix->last_octet;

	ix->last_eol = before == '\r' ? 2 : 1;
	ix->last_octet = '\n';
	ix->lines++;
	ix->mid_line = false;
}

/* Body lines that can be no boundary, from a line's start: the octets taken. */
static size_t skip_lines(struct part_indexer *ix, const char *data, size_t len)
{
	struct line_scan scan = { 0, ix->has_nul };
	size_t taken = len;

	if (ix->boundaries > 0)
		taken = line_scan_to_hyphen(&scan, data, len);
	else
		line_scan_all(&scan, data, len); /* nothing but the message's end can come now */
	ix->lines += scan.lines;
	ix->has_nul = scan.has_nul;
	ix->mid_line = data[taken - 1] != '\n';
	if (!ix->mid_line) {
		char before = taken >= 2 ? data[taken - 2] : ix->last_octet;

		ix->last_eol = before == '\r' ? 2 : 1;
		ix->line_start = ix->octets + taken;
	}
	ix->last_octet = data[taken - 1];
	return taken;
}

static void note_nul(struct part_indexer *ix, const char *data, size_t len)
{
	ix->has_nul = ix->has_nul || memchr(data, '\0', len) != NULL;
}

/* The rest of a line whose head was taken, or whose head was of no interest. */
static size_t take_rest_of_line(struct part_indexer *ix, const char *data, size_t len)
{
	const char *lf = memchr(data, '\n', len);
	size_t taken = lf != NULL ? (size_t)(lf + 1 - data) : len;

	note_nul(ix, data, taken);
	if (ix->state == IN_HEADER)
		gather(ix, data, taken);
	if (lf != NULL) {
		end_line(ix, data, taken);
		ix->line_start = ix->octets + taken;
	} else {
		ix->last_octet = data[len - 1];
	}
	return taken;
}

/* A line that must be looked at, or as much of it as is here. */
static size_t take_line(struct part_indexer *ix, const char *data, size_t len)
{
	size_t room = HEADER_LINE_HEAD - ix->carry->len, look = MIN(len, room);
	const char *lf = memchr(data, '\n', look);
	size_t taken = lf != NULL ? (size_t)(lf + 1 - data) : look;
	const char *head = data;
	size_t head_len = taken;

	note_nul(ix, data, taken);
	if (ix->carry->len > 0 || (lf == NULL && taken < room)) {
		g_string_append_len(ix->carry, data, (gssize)taken);
		if (lf == NULL && taken < room)
			return taken;
		head = ix->carry->str;
		head_len = ix->carry->len;
	}
	take_head(ix, head, head_len, lf != NULL, false);
	if (lf != NULL) {
		end_line(ix, head, head_len);
		ix->line_start = ix->octets + taken;
	} else {
		ix->last_octet = head[head_len - 1];
		ix->mid_line = true;
	}
	g_string_truncate(ix->carry, 0);
	return taken;
}

/* ---- the door -------------------------------------------------------------------- */

struct part_indexer *part_indexer_create(void)
{
	struct part_indexer *ix = g_new0(struct part_indexer, 1);

	ix->records = g_array_new(FALSE, TRUE, sizeof(struct part_record));
	ix->open = g_array_new(FALSE, TRUE, sizeof(struct open_part));
	ix->strings = g_string_new(NULL);
	ix->carry = g_string_new(NULL);
	for (int i = 0; i < FIELD_COUNT; i++)
		ix->fields[i] = g_string_new(NULL);
	begin_header(ix, PART_NONE, 0);
	return ix;
}

void part_indexer_destroy(struct part_indexer **indexer)
{
	struct part_indexer *ix = *indexer;

	if (ix == NULL)
		return;
	for (guint i = 0; i < ix->open->len; i++)
		g_free(open_at(ix, i)->boundary);
	for (int i = 0; i < FIELD_COUNT; i++)
		g_string_free(ix->fields[i], TRUE);
	g_array_free(ix->records, TRUE);
	g_array_free(ix->open, TRUE);
	g_string_free(ix->strings, TRUE);
	g_string_free(ix->carry, TRUE);
	g_clear_pointer(indexer, g_free);
}

void part_indexer_push(struct part_indexer *ix, const void *data, size_t len)
{
	const char *p = data, *end = p + len;

	while (p < end) {
		size_t left = (size_t)(end - p), taken;

		if (ix->mid_line && (ix->state == IN_HEADER || ix->boundaries > 0))
			taken = take_rest_of_line(ix, p, left);
		else if (ix->state == IN_BODY && ix->carry->len == 0 &&
			 (ix->boundaries == 0 || *p != '-'))
			taken = skip_lines(ix, p, left);
		else
			taken = take_line(ix, p, left);
		ix->octets += taken;
		p += taken;
	}
}

struct part_index *part_indexer_finish(struct part_indexer *ix)
{
	struct part_blob_head head = { 0 };
	struct place end;

	if (ix->carry->len > 0)
		take_head(ix, ix->carry->str, ix->carry->len, false, true);
	while (ix->state == IN_HEADER)
		end_header(ix, (struct place){ ix->octets, ix->lines });
	end = (struct place){ ix->octets, ix->lines };
	close_parts(ix, 0, &end);
	head.count = ix->records->len;
	head.octets = ix->octets;
	head.lines = ix->lines;
	head.flags = (ix->has_nul ? PART_BLOB_HAS_NUL : 0) |
		     (ix->has_8bit_header ? PART_BLOB_HAS_8BIT_HEADER : 0);
	return part_blob_build(head, record_of(ix, 0), slice_of(ix->strings->str, ix->strings->len));
}

struct part_index *part_index_of_slice(struct slice octets)
{
	struct part_indexer *ix = part_indexer_create();
	struct part_index *index;

	part_indexer_push(ix, octets.data, octets.len);
	index = part_indexer_finish(ix);
	part_indexer_destroy(&ix);
	return index;
}
