/* The finished part index: one blob, read in place.
 *
 * A blob from the database is checked once, record by record, when it is opened; after
 * that every access is in range by construction.  See part_blob.h for the layout. */
#include "mime/part_index.h"
#include "mime/part_blob.h"

struct part_index {
	GBytes *owned;  /* NULL: somebody else keeps the octets */
	struct slice blob;
	struct part_blob_head head;
	const unsigned char *records, *children;
	struct slice strings;
};

static uint32_t load32(const unsigned char *p)
{
	uint32_t value;

	memcpy(&value, p, sizeof(value));
	return GUINT32_FROM_LE(value);
}

static uint64_t load64(const unsigned char *p)
{
	uint64_t value;

	memcpy(&value, p, sizeof(value));
	return GUINT64_FROM_LE(value);
}

static void store32(GByteArray *out, uint32_t value)
{
	value = GUINT32_TO_LE(value);
	g_byte_array_append(out, (const guint8 *)&value, sizeof(value));
}

static void store64(GByteArray *out, uint64_t value)
{
	value = GUINT64_TO_LE(value);
	g_byte_array_append(out, (const guint8 *)&value, sizeof(value));
}

void part_varint_append(GString *out, size_t value)
{
	while (value >= 128) {
		g_string_append_c(out, (char)(value | 128));
		value >>= 7;
	}
	g_string_append_c(out, (char)value);
}

bool part_varint_take(struct slice *rest, size_t *value_out)
{
	size_t value = 0;

	for (unsigned shift = 0; rest->len > 0 && shift < 35; shift += 7) {
		unsigned char octet = (unsigned char)*rest->data++;

		rest->len--;
		value |= (size_t)(octet & 127) << shift;
		if (octet < 128) {
			*value_out = value;
			return true;
		}
	}
	return false;
}

bool part_varint_take_slice(struct slice *rest, struct slice *slice_out)
{
	size_t len;

	if (!part_varint_take(rest, &len) || len > rest->len)
		return false;
	*slice_out = slice_of(rest->data, len);
	rest->data += len;
	rest->len -= len;
	return true;
}

static struct part_record load_record(const unsigned char *p)
{
	return (struct part_record){
		.header_offset = load64(p),
		.body_offset = load64(p + 8),
		.body_size = load64(p + 16),
		.body_lines = load64(p + 24),
		.parent = load32(p + 32),
		.child_count = load32(p + 36),
		.child_slot = load32(p + 40),
		.kind = load32(p + 44),
		.strings_offset = load32(p + 48),
		.strings_size = load32(p + 52),
	};
}

static void store_record(GByteArray *out, const struct part_record *record)
{
	store64(out, record->header_offset);
	store64(out, record->body_offset);
	store64(out, record->body_size);
	store64(out, record->body_lines);
	store32(out, record->parent);
	store32(out, record->child_count);
	store32(out, record->child_slot);
	store32(out, record->kind);
	store32(out, record->strings_offset);
	store32(out, record->strings_size);
}

/* Parts come in order of appearance, so a walk in that order meets each parent's children
 * in order. */
static uint32_t *make_children(struct part_record *records, uint32_t count)
{
	uint32_t *children = g_new0(uint32_t, count), *filled = g_new0(uint32_t, count);
	uint32_t slot = 0;

	for (uint32_t i = 0; i < count; i++) {
		records[i].child_slot = slot;
		slot += records[i].child_count;
	}
	for (uint32_t i = 1; i < count; i++) {
		uint32_t parent = records[i].parent;

		children[records[parent].child_slot + filled[parent]++] = i;
	}
	g_free(filled);
	return children;
}

struct part_index *part_blob_build(struct part_blob_head head, struct part_record *records,
				   struct slice strings)
{
	GByteArray *out = g_byte_array_sized_new(PART_BLOB_HEAD + strings.len +
						 head.count * (PART_BLOB_RECORD + 4));
	g_autofree uint32_t *children = make_children(records, head.count);
	g_autoptr(GBytes) bytes = NULL;
	struct part_index *index;

	store32(out, PART_BLOB_MAGIC);
	store32(out, head.count);
	store32(out, head.flags);
	store32(out, (uint32_t)strings.len);
	store64(out, head.octets);
	store64(out, head.lines);
	store64(out, 0);
	store64(out, 0);
	for (uint32_t i = 0; i < head.count; i++)
		store_record(out, &records[i]);
	for (uint32_t i = 0; i + 1 < head.count; i++)
		store32(out, children[i]);
	g_byte_array_append(out, (const guint8 *)strings.data, strings.len);
	bytes = g_byte_array_free_to_bytes(out);
	index = part_index_over_blob(slice_of(g_bytes_get_data(bytes, NULL), g_bytes_get_size(bytes)));
	g_assert(index != NULL);
	index->owned = g_steal_pointer(&bytes);
	return index;
}

static bool strings_are_sound(struct slice rest)
{
	while (rest.len > 0) {
		struct slice value;
		enum part_tag tag = (unsigned char)*rest.data++;

		rest.len--;
		if (tag < PART_TAG_TYPE || tag > PART_TAG_MD5 || !part_varint_take_slice(&rest, &value))
			return false;
	}
	return true;
}

static bool record_is_sound(const struct part_index *index, uint32_t number)
{
	struct part_record r = load_record(index->records + (size_t)number * PART_BLOB_RECORD);
	uint64_t slots = index->head.count - 1;

	if (r.header_offset > r.body_offset || r.body_offset > index->head.octets ||
	    r.body_size > index->head.octets - r.body_offset || r.kind > PART_MESSAGE)
		return false;
	if (number == 0 ? r.parent != PART_NONE : r.parent >= number)
		return false;
	if (r.child_slot > slots || r.child_count > slots - r.child_slot ||
	    (r.kind == PART_LEAF) != (r.child_count == 0) ||
	    (r.kind == PART_MESSAGE && r.child_count != 1))
		return false;
	for (uint32_t i = 0; i < r.child_count; i++) {
		uint32_t child = load32(index->children + 4 * ((size_t)r.child_slot + i));

		/* Children come behind their parent, so no walk can go round in a circle. */
		if (child <= number || child >= index->head.count)
			return false;
	}
	if (r.strings_offset > index->strings.len ||
	    r.strings_size > index->strings.len - r.strings_offset)
		return false;
	return strings_are_sound(slice_of(index->strings.data + r.strings_offset, r.strings_size));
}

static bool lay_out(struct part_index *index)
{
	const unsigned char *p = (const unsigned char *)index->blob.data;
	uint64_t expected;

	if (index->blob.len < PART_BLOB_HEAD || load32(p) != PART_BLOB_MAGIC)
		return false;
	index->head = (struct part_blob_head){
		.count = load32(p + 4), .flags = load32(p + 8), .strings_size = load32(p + 12),
		.octets = load64(p + 16), .lines = load64(p + 24),
	};
	if (index->head.count == 0)
		return false;
	expected = PART_BLOB_HEAD + (uint64_t)index->head.count * PART_BLOB_RECORD +
		   ((uint64_t)index->head.count - 1) * 4 + index->head.strings_size;
	if (expected != index->blob.len)
		return false;
	index->records = p + PART_BLOB_HEAD;
	index->children = index->records + (size_t)index->head.count * PART_BLOB_RECORD;
	index->strings = slice_of((const char *)index->children + ((size_t)index->head.count - 1) * 4,
				  index->head.strings_size);
	for (uint32_t i = 0; i < index->head.count; i++)
		if (!record_is_sound(index, i))
			return false;
	return true;
}

struct part_index *part_index_over_blob(struct slice blob)
{
	struct part_index *index = g_new0(struct part_index, 1);

	index->blob = blob;
	if (!lay_out(index))
		part_index_destroy(&index);
	return index;
}

struct part_index *part_index_from_blob(struct slice blob)
{
	g_autoptr(GBytes) copy = g_bytes_new(blob.data, blob.len);
	struct part_index *index = part_index_over_blob(
		slice_of(g_bytes_get_data(copy, NULL), g_bytes_get_size(copy)));

	if (index != NULL)
		index->owned = g_steal_pointer(&copy);
	return index;
}

void part_index_destroy(struct part_index **index)
{
	if (*index == NULL)
		return;
	g_clear_pointer(&(*index)->owned, g_bytes_unref);
	g_clear_pointer(index, g_free);
}

struct slice part_index_blob(const struct part_index *index)
{
	return index->blob;
}

uint64_t part_index_size(const struct part_index *index)
{
	return index->head.octets;
}

uint64_t part_index_lines(const struct part_index *index)
{
	return index->head.lines;
}

bool part_index_has_nul(const struct part_index *index)
{
	return index->head.flags & PART_BLOB_HAS_NUL;
}

bool part_index_has_8bit_header(const struct part_index *index)
{
	return index->head.flags & PART_BLOB_HAS_8BIT_HEADER;
}

uint32_t part_index_count(const struct part_index *index)
{
	return index->head.count;
}

static void take_strings(struct part *part, struct slice rest)
{
	struct slice *const fields[] = {
		[PART_TAG_TYPE] = &part->type,
		[PART_TAG_SUBTYPE] = &part->subtype,
		[PART_TAG_PARAMETERS] = &part->raw_parameters,
		[PART_TAG_ENCODING] = &part->encoding,
		[PART_TAG_DISPOSITION] = &part->disposition,
		[PART_TAG_DISPOSITION_PARAMETERS] = &part->raw_disposition_parameters,
		[PART_TAG_ID] = &part->id,
		[PART_TAG_DESCRIPTION] = &part->description,
		[PART_TAG_LANGUAGE] = &part->language,
		[PART_TAG_LOCATION] = &part->location,
		[PART_TAG_MD5] = &part->md5,
	};

	while (rest.len > 0) {
		unsigned tag = (unsigned char)*rest.data++;

		rest.len--;
		if (!part_varint_take_slice(&rest, fields[tag]))
			g_assert_not_reached();
	}
}

struct part part_index_get(const struct part_index *index, uint32_t number)
{
	struct part_record r;
	struct part part = { .number = number };

	g_assert(number < index->head.count);
	r = load_record(index->records + (size_t)number * PART_BLOB_RECORD);
	part.parent = r.parent;
	part.child_count = r.child_count;
	part.kind = (enum part_kind)r.kind;
	part.header_offset = r.header_offset;
	part.header_size = r.body_offset - r.header_offset;
	part.body_offset = r.body_offset;
	part.body_size = r.body_size;
	part.body_lines = r.body_lines;
	take_strings(&part, slice_of(index->strings.data + r.strings_offset, r.strings_size));
	return part;
}

uint32_t part_index_child(const struct part_index *index, const struct part *parent, uint32_t nth)
{
	struct part_record r = load_record(index->records +
					   (size_t)parent->number * PART_BLOB_RECORD);

	g_assert(nth < r.child_count);
	return load32(index->children + 4 * ((size_t)r.child_slot + nth));
}

/* Part `n` (from 1) of a message whose root part is `number`, or of a multipart: a message that
 * is no multipart has itself as part 1. */
static bool step_into(const struct part_index *index, uint32_t *number, uint32_t n)
{
	struct part part = part_index_get(index, *number);

	if (part.kind != PART_MULTIPART)
		return n == 1;
	if (n == 0 || n > part.child_count)
		return false;
	*number = part_index_child(index, &part, n - 1);
	return true;
}

bool part_index_find(const struct part_index *index, const uint32_t *path, size_t path_len,
		     struct part *part_out)
{
	uint32_t number = PART_ROOT;

	for (size_t i = 0; i < path_len; i++) {
		if (i > 0) {
			struct part part = part_index_get(index, number);

			if (part.kind == PART_LEAF)
				return false;
			if (part.kind == PART_MESSAGE)
				number = part_index_child(index, &part, 0);
		}
		if (!step_into(index, &number, path[i]))
			return false;
	}
	*part_out = part_index_get(index, number);
	return true;
}

static uint32_t place_among_siblings(const struct part_index *index, const struct part *parent,
				     uint32_t number)
{
	for (uint32_t i = 0; i < parent->child_count; i++)
		if (part_index_child(index, parent, i) == number)
			return i + 1;
	g_assert_not_reached();
}

char *part_index_path(const struct part_index *index, uint32_t number)
{
	g_autoptr(GString) path = g_string_new(NULL);
	struct part part = part_index_get(index, number);
	bool is_message_root = part.parent == PART_NONE ||
			       part_index_get(index, part.parent).kind == PART_MESSAGE;

	if (is_message_root && part.kind == PART_MULTIPART)
		return NULL;
	while (part.parent != PART_NONE) {
		struct part parent = part_index_get(index, part.parent);
		g_autofree char *word = NULL;

		if (parent.kind == PART_MULTIPART)
			word = g_strdup_printf(".%u", place_among_siblings(index, &parent, part.number));
		else if (part.kind != PART_MULTIPART)
			word = g_strdup(".1");
		g_string_prepend(path, word != NULL ? word : "");
		part = parent;
	}
	if (part.kind != PART_MULTIPART)
		g_string_prepend(path, ".1");
	return g_strdup(path->str + 1);
}
