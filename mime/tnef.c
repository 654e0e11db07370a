/* The TNEF reader.
 *
 * Own, not libytnef's: it takes sizes and counts from its input on trust, prints to standard
 * output and keeps state that one bad attribute corrupts.  This one never allocates by a number it
 * has not compared with the octets that are left; attachment data are slices of the input.
 * Embedded objects (a mail inside an attachment) are offered as files, not descended. */
#include "mime/tnef_private.h"
#include "mime/charset.h"

#define SIGNATURE 0x223e9f78u
#define MAX_ATTACHMENTS 1000

enum attribute {
	ATTRIBUTE_CODEPAGE = 0x00069007,
	ATTRIBUTE_MESSAGE_CLASS = 0x00078008,
	ATTRIBUTE_SUBJECT = 0x00018004,
	ATTRIBUTE_BODY = 0x0002800c,
	ATTRIBUTE_PROPERTIES = 0x00069003,
	ATTRIBUTE_RECIPIENTS = 0x00069004,
	ATTRIBUTE_RENDER_DATA = 0x00069002, /* begins an attachment */
	ATTRIBUTE_ATTACH_DATA = 0x0006800f,
	ATTRIBUTE_ATTACH_TITLE = 0x00018010,
	ATTRIBUTE_ATTACH_FILENAME = 0x00069001,
	ATTRIBUTE_ATTACH_PROPERTIES = 0x00069005,
};

enum tag {
	TAG_MESSAGE_CLASS = 0x001a,
	TAG_BODY = 0x1000,
	TAG_DISPLAY_NAME = 0x3001,
	TAG_ATTACH_DATA = 0x3701,
	TAG_ATTACH_FILENAME = 0x3704,
	TAG_ATTACH_LONG_FILENAME = 0x3707,
};

bool tnef_is_part(const struct part *part)
{
	g_autofree char *name = NULL;

	if (part->kind != PART_LEAF)
		return false;
	if (part_is(part, "application", "ms-tnef") || part_is(part, "application", "vnd.ms-tnef"))
		return true;
	name = part_filename(part);
	return name != NULL && g_ascii_strcasecmp(name, "winmail.dat") == 0;
}

/* An 8-bit string attribute, which ends in NUL. */
static char *text_of(const struct tnef *tnef, struct slice data)
{
	const char *nul = memchr(data.data, '\0', data.len);
	GString *out = g_string_new(NULL);

	charset_to_utf8(out, slice_of(data.data, nul != NULL ? (size_t)(nul - data.data) : data.len),
			tnef->charset);
	return g_string_free(out, FALSE);
}

static void replace(char **text, char *better)
{
	if (better == NULL || *better == '\0') {
		g_free(better);
		return;
	}
	g_free(*text);
	*text = better;
}

/* ---- attachments --------------------------------------------------------------------- */

static void attachment_clear(void *data)
{
	struct tnef_attachment *attachment = data;

	g_free(attachment->name);
}

static struct tnef_attachment *current_attachment(struct tnef *tnef)
{
	guint count = tnef->attachments->len;

	return count > 0 ? &g_array_index(tnef->attachments, struct tnef_attachment, count - 1) : NULL;
}

static void begin_attachment(struct tnef *tnef)
{
	struct tnef_attachment empty = { NULL, { NULL, 0 } };

	if (tnef->attachments->len < MAX_ATTACHMENTS)
		g_array_append_val(tnef->attachments, empty);
}

static void name_attachment(struct tnef_attachment *attachment, char *text)
{
	if (text != NULL)
		replace(&attachment->name, part_tidy_name(text));
	g_free(text);
}

static void take_attachment_properties(struct tnef *tnef, struct tnef_attachment *attachment,
				       struct slice data)
{
	struct tnef_properties properties;
	struct tnef_property p;

	if (!tnef_properties_begin(&data, &properties))
		return;
	while (tnef_properties_next(&properties, &p)) {
		if (p.set != TNEF_SET_NONE)
			continue;
		if (p.id == TAG_ATTACH_LONG_FILENAME ||
		    ((p.id == TAG_ATTACH_FILENAME || p.id == TAG_DISPLAY_NAME) && attachment->name == NULL))
			name_attachment(attachment, tnef_property_text(&p, tnef->charset));
		else if (p.id == TAG_ATTACH_DATA && attachment->data.len == 0)
			/* An object's octets stand behind the identifier of its interface. */
			attachment->data = p.type == TNEF_OBJECT && p.value.len >= 16
				? slice_of(p.value.data + 16, p.value.len - 16) : p.value;
	}
}

static void take_attachment_attribute(struct tnef *tnef, const struct tnef_attribute *attribute)
{
	struct tnef_attachment *attachment;

	if (attribute->id == ATTRIBUTE_RENDER_DATA || tnef->attachments->len == 0)
		begin_attachment(tnef);
	attachment = current_attachment(tnef);
	switch (attribute->id) {
	case ATTRIBUTE_ATTACH_DATA:
		attachment->data = attribute->data;
		break;
	case ATTRIBUTE_ATTACH_TITLE:
	case ATTRIBUTE_ATTACH_FILENAME:
		if (attachment->name == NULL)
			name_attachment(attachment, text_of(tnef, attribute->data));
		break;
	case ATTRIBUTE_ATTACH_PROPERTIES:
		take_attachment_properties(tnef, attachment, attribute->data);
		break;
	default:
		break;
	}
}

/* Names where the sender gave none. */
static void complete_attachments(struct tnef *tnef)
{
	for (guint i = 0; i < tnef->attachments->len; i++) {
		struct tnef_attachment *a = &g_array_index(tnef->attachments, struct tnef_attachment, i);

		if (a->name == NULL)
			a->name = g_strdup_printf("attachment-%u.dat", i + 1);
	}
}

/* ---- the message --------------------------------------------------------------------------- */

static void take_codepage(struct tnef *tnef, struct slice data)
{
	uint32_t codepage;

	if (!tnef_take_u32(&data, &codepage))
		return;
	g_snprintf(tnef->charset_room, sizeof(tnef->charset_room), "cp%u", codepage);
	tnef->charset = slice_from_string(tnef->charset_room);
}

static void take_message_properties(struct tnef *tnef, struct slice data)
{
	struct tnef_properties properties;
	struct tnef_property p;

	tnef->properties = data;
	if (!tnef_properties_begin(&data, &properties))
		return;
	while (tnef_properties_next(&properties, &p)) {
		if (p.set == TNEF_SET_NONE && p.id == TAG_MESSAGE_CLASS)
			replace(&tnef->message_class, tnef_property_text(&p, tnef->charset));
		else if (p.set == TNEF_SET_NONE && p.id == TAG_BODY)
			replace(&tnef->body, tnef_property_text(&p, tnef->charset));
	}
}

static void take_message_attribute(struct tnef *tnef, const struct tnef_attribute *attribute)
{
	switch (attribute->id) {
	case ATTRIBUTE_CODEPAGE:
		take_codepage(tnef, attribute->data);
		break;
	case ATTRIBUTE_MESSAGE_CLASS:
		replace(&tnef->message_class, text_of(tnef, attribute->data));
		break;
	case ATTRIBUTE_SUBJECT:
		replace(&tnef->old_subject, text_of(tnef, attribute->data));
		break;
	case ATTRIBUTE_BODY:
		replace(&tnef->body, text_of(tnef, attribute->data));
		break;
	case ATTRIBUTE_PROPERTIES:
		take_message_properties(tnef, attribute->data);
		break;
	case ATTRIBUTE_RECIPIENTS:
		tnef->recipients = attribute->data;
		break;
	default:
		break;
	}
}

struct tnef *tnef_parse(struct slice data)
{
	struct tnef *tnef;
	struct tnef_attribute attribute;
	uint32_t signature;
	uint16_t key;

	if (!tnef_take_u32(&data, &signature) || signature != SIGNATURE || !tnef_take_u16(&data, &key))
		return NULL;
	tnef = g_new0(struct tnef, 1);
	tnef->charset = SLICE("windows-1252");
	tnef->attachments = g_array_new(FALSE, TRUE, sizeof(struct tnef_attachment));
	g_array_set_clear_func(tnef->attachments, attachment_clear);
	while (tnef_next_attribute(&data, &attribute)) {
		if (attribute.level == 2)
			take_attachment_attribute(tnef, &attribute);
		else
			take_message_attribute(tnef, &attribute);
	}
	complete_attachments(tnef);
	return tnef;
}

void tnef_destroy(struct tnef **tnef)
{
	if (*tnef == NULL)
		return;
	g_array_unref((*tnef)->attachments);
	g_free((*tnef)->message_class);
	g_free((*tnef)->body);
	g_free((*tnef)->old_subject);
	g_clear_pointer(tnef, g_free);
}

size_t tnef_attachment_count(const struct tnef *tnef)
{
	return tnef->attachments->len;
}

const struct tnef_attachment *tnef_attachment(const struct tnef *tnef, size_t number)
{
	g_assert(number < tnef->attachments->len);
	return &g_array_index(tnef->attachments, struct tnef_attachment, number);
}

const char *tnef_message_class(const struct tnef *tnef)
{
	return tnef->message_class != NULL ? tnef->message_class : "";
}

const char *tnef_body(const struct tnef *tnef)
{
	return tnef->body;
}
