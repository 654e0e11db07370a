/* The pieces of TNEF: attributes and MAPI properties, read without ever leaving the input.
 * Internal to mime/. */
#ifndef MIME_TNEF_PROPS_H
#define MIME_TNEF_PROPS_H

#include "base/slice.h"

#include <stdint.h>

/* Reading little-endian numbers off the front; false when too few octets are left. */
bool tnef_take_u8(struct slice *rest, uint8_t *value_out);
bool tnef_take_u16(struct slice *rest, uint16_t *value_out);
bool tnef_take_u32(struct slice *rest, uint32_t *value_out);
bool tnef_take_u64(struct slice *rest, uint64_t *value_out);
bool tnef_take(struct slice *rest, uint64_t len, struct slice *octets_out);

struct tnef_attribute {
	uint8_t level;       /* 1: of the message, 2: of an attachment */
	uint32_t id;
	struct slice data;   /* what is there of it, when the input ends early */
};

/* Behind the signature; false at the end. */
bool tnef_next_attribute(struct slice *rest, struct tnef_attribute *attribute_out);

enum tnef_type {
	TNEF_SHORT = 0x02, TNEF_LONG = 0x03, TNEF_BOOLEAN = 0x0b, TNEF_OBJECT = 0x0d,
	TNEF_STRING8 = 0x1e, TNEF_UNICODE = 0x1f, TNEF_TIME = 0x40, TNEF_BINARY = 0x102,
};

/* Property sets whose named properties we know. */
enum tnef_set { TNEF_SET_NONE, TNEF_SET_OTHER, TNEF_SET_APPOINTMENT, TNEF_SET_MEETING, TNEF_SET_COMMON };

struct tnef_property {
	enum tnef_set set;   /* NONE: `id` is a tag's number, else the number within the set */
	uint32_t id;
	uint16_t type;       /* without the multi-value bit */
	struct slice value;  /* the first value's octets */
};

/* A list of properties: its count, then each.  Start with tnef_properties_begin. */
struct tnef_properties {
	struct slice rest;
	uint32_t left;
};
bool tnef_properties_begin(struct slice *rest, struct tnef_properties *properties_out);
/* False at the end, or where the list is damaged. */
bool tnef_properties_next(struct tnef_properties *properties, struct tnef_property *property_out);

/* A property's text as UTF-8, without the NUL behind it; NULL when it is no text.  g_free() it. */
char *tnef_property_text(const struct tnef_property *property, struct slice charset);
/* A number (long, short, boolean); false for other types. */
bool tnef_property_number(const struct tnef_property *property, uint32_t *value_out);
/* Seconds since 1970 of a time. */
bool tnef_property_time(const struct tnef_property *property, int64_t *seconds_out);

#endif
