/* Attributes and properties of TNEF ([MS-OXTNEF] 2.1). */
#include "mime/tnef_props.h"
#include "mime/charset.h"

#define MULTI_VALUE 0x1000
#define NAMED 0x8000
#define MAX_PROPERTIES 10000
/* Octets of one text that is converted. */
#define MAX_TEXT (16 * 1024 * 1024)

bool tnef_take(struct slice *rest, uint64_t len, struct slice *octets_out)
{
	if (len > rest->len)
		return false;
	*octets_out = slice_of(rest->data, (size_t)len);
	rest->data += len;
	rest->len -= (size_t)len;
	return true;
}

static bool take_number(struct slice *rest, size_t size, uint64_t *value_out)
{
	struct slice octets;

	if (!tnef_take(rest, size, &octets))
		return false;
	*value_out = 0;
	for (size_t i = size; i > 0; i--)
		*value_out = *value_out << 8 | (unsigned char)octets.data[i - 1];
	return true;
}

bool tnef_take_u8(struct slice *rest, uint8_t *value_out)
{
	uint64_t value;

	if (!take_number(rest, 1, &value))
		return false;
	*value_out = (uint8_t)value;
	return true;
}

bool tnef_take_u16(struct slice *rest, uint16_t *value_out)
{
	uint64_t value;

	if (!take_number(rest, 2, &value))
		return false;
	*value_out = (uint16_t)value;
	return true;
}

bool tnef_take_u32(struct slice *rest, uint32_t *value_out)
{
	uint64_t value;

	if (!take_number(rest, 4, &value))
		return false;
	*value_out = (uint32_t)value;
	return true;
}

bool tnef_take_u64(struct slice *rest, uint64_t *value_out)
{
	return take_number(rest, 8, value_out);
}

bool tnef_next_attribute(struct slice *rest, struct tnef_attribute *attribute_out)
{
	uint32_t len;
	struct slice checksum;

	if (!tnef_take_u8(rest, &attribute_out->level) ||
	    (attribute_out->level != 1 && attribute_out->level != 2) ||
	    !tnef_take_u32(rest, &attribute_out->id) || !tnef_take_u32(rest, &len))
		return false;
	tnef_take(rest, MIN(len, rest->len), &attribute_out->data);
	if (!tnef_take(rest, 2, &checksum))
		*rest = slice_of(NULL, 0);
	return true;
}

/* ---- properties --------------------------------------------------------------------- */

bool tnef_properties_begin(struct slice *rest, struct tnef_properties *properties_out)
{
	uint32_t count;

	if (!tnef_take_u32(rest, &count))
		return false;
	*properties_out = (struct tnef_properties){ *rest, MIN(count, MAX_PROPERTIES) };
	return true;
}

static size_t pad(uint64_t len)
{
	return (size_t)(-len & 3);
}

/* {00062002-...}, {6ed8da90-...}, {00062008-...}, as they lie in the input. */
static enum tnef_set set_of(struct slice guid)
{
	static const struct {
		const char *octets;
		enum tnef_set set;
	} rows[] = {
		{ "\x02\x20\x06\x00\x00\x00\x00\x00\xc0\x00\x00\x00\x00\x00\x00\x46", TNEF_SET_APPOINTMENT },
		{ "\x90\xda\xd8\x6e\x0b\x45\x1b\x10\x98\xda\x00\xaa\x00\x3f\x13\x05", TNEF_SET_MEETING },
		{ "\x08\x20\x06\x00\x00\x00\x00\x00\xc0\x00\x00\x00\x00\x00\x00\x46", TNEF_SET_COMMON },
	};

	for (size_t i = 0; i < G_N_ELEMENTS(rows); i++)
		if (memcmp(guid.data, rows[i].octets, 16) == 0)
			return rows[i].set;
	return TNEF_SET_OTHER;
}

static bool take_name(struct slice *rest, struct tnef_property *property)
{
	struct slice guid, name;
	uint32_t kind, value;

	if (!tnef_take(rest, 16, &guid) || !tnef_take_u32(rest, &kind) || !tnef_take_u32(rest, &value))
		return false;
	property->set = set_of(guid);
	property->id = value;
	if (kind == 0)
		return true;
	property->set = TNEF_SET_OTHER; /* named by text: none that we need */
	return tnef_take(rest, (uint64_t)value + pad(value), &name);
}

/* Octets of one value of a type of fixed size, 0 for the others. */
static size_t fixed_size(uint16_t type)
{
	switch (type) {
	case TNEF_SHORT: case TNEF_LONG: case 0x04: case 0x0a: case TNEF_BOOLEAN:
		return 4;
	case 0x05: case 0x06: case 0x07: case 0x14: case TNEF_TIME:
		return 8;
	case 0x48:
		return 16;
	default:
		return 0;
	}
}

static bool is_variable(uint16_t type)
{
	return type == TNEF_OBJECT || type == TNEF_STRING8 || type == TNEF_UNICODE || type == TNEF_BINARY;
}

static bool take_value(struct slice *rest, uint16_t type, struct slice *value_out)
{
	struct slice padding;
	uint32_t len;

	if (fixed_size(type) > 0)
		return tnef_take(rest, fixed_size(type), value_out);
	if (!is_variable(type) || !tnef_take_u32(rest, &len) || !tnef_take(rest, len, value_out))
		return false;
	/* The last value of all may lack its padding. */
	tnef_take(rest, MIN(pad(len), rest->len), &padding);
	return true;
}

bool tnef_properties_next(struct tnef_properties *properties, struct tnef_property *property_out)
{
	struct slice *rest = &properties->rest, ignored;
	uint32_t count = 1;
	uint16_t type, id;

	if (properties->left == 0 || !tnef_take_u16(rest, &type) || !tnef_take_u16(rest, &id))
		return false;
	properties->left--;
	*property_out = (struct tnef_property){ .set = TNEF_SET_NONE, .id = id,
						.type = type & (uint16_t)~MULTI_VALUE };
	if (id >= NAMED && !take_name(rest, property_out))
		return false;
	if ((type & MULTI_VALUE || is_variable(property_out->type)) && !tnef_take_u32(rest, &count))
		return false;
	for (uint32_t i = 0; i < count; i++)
		if (!take_value(rest, property_out->type, i == 0 ? &property_out->value : &ignored))
			return false;
	return true;
}

char *tnef_property_text(const struct tnef_property *property, struct slice charset)
{
	struct slice text = slice_of(property->value.data, MIN(property->value.len, MAX_TEXT));
	GString *out;

	if (property->type != TNEF_STRING8 && property->type != TNEF_UNICODE)
		return NULL;
	out = g_string_new(NULL);
	/* NULs, the one at the end too, are no part of converted text. */
	charset_to_utf8(out, text, property->type == TNEF_UNICODE ? SLICE("utf-16le") : charset);
	return g_string_free(out, FALSE);
}

bool tnef_property_number(const struct tnef_property *property, uint32_t *value_out)
{
	struct slice rest = property->value;
	uint16_t small;

	if (property->type == TNEF_LONG)
		return tnef_take_u32(&rest, value_out);
	if ((property->type != TNEF_SHORT && property->type != TNEF_BOOLEAN) ||
	    !tnef_take_u16(&rest, &small))
		return false;
	*value_out = small;
	return true;
}

bool tnef_property_time(const struct tnef_property *property, int64_t *seconds_out)
{
	struct slice rest = property->value;
	uint64_t ticks; /* of 100 ns since 1601-01-01 */

	if (property->type != TNEF_TIME || !tnef_take_u64(&rest, &ticks))
		return false;
	*seconds_out = (int64_t)(ticks / 10000000) - INT64_C(11644473600);
	/* Years 1970 to 9999: others are damage. */
	return *seconds_out >= 0 && *seconds_out < INT64_C(253402300800);
}
