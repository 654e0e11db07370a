/* Parameters and file names of an indexed part, decoded for people. */
#include "mime/charset.h"
#include "mime/part_blob.h"
#include "mime/part_index.h"

#define NAME_MAX_OCTETS 255 /* more no disk takes */

bool part_parameter_next(struct slice *rest, struct part_parameter *parameter_out)
{
	return rest->len > 0 && part_varint_take_slice(rest, &parameter_out->name) &&
	       part_varint_take_slice(rest, &parameter_out->value);
}

static void unpercent(GString *out, struct slice text)
{
	for (size_t i = 0; i < text.len; i++) {
		if (text.data[i] == '%' && i + 2 < text.len && g_ascii_isxdigit(text.data[i + 1]) &&
		    g_ascii_isxdigit(text.data[i + 2])) {
			g_string_append_c(out, (char)(g_ascii_xdigit_value(text.data[i + 1]) * 16 +
						      g_ascii_xdigit_value(text.data[i + 2])));
			i += 2;
		} else {
			g_string_append_c(out, text.data[i]);
		}
	}
}

/* charset'language'percent-coded (RFC 2231 4); without the quotes, all is the text. */
char *part_parameter_decode(struct slice value)
{
	g_autoptr(GString) octets = g_string_new(NULL), out = g_string_new(NULL);
	const char *first = memchr(value.data, '\'', value.len), *second = NULL;
	struct slice charset = { NULL, 0 };

	if (first != NULL)
		second = memchr(first + 1, '\'', value.len - (size_t)(first + 1 - value.data));
	if (second != NULL) {
		charset = slice_of(value.data, (size_t)(first - value.data));
		value = slice_of(second + 1, value.len - (size_t)(second + 1 - value.data));
	}
	unpercent(octets, value);
	charset_to_utf8(out, slice_of(octets->str, octets->len), charset);
	return g_string_free(g_steal_pointer(&out), FALSE);
}

char *part_parameter(struct slice raw_parameters, const char *name)
{
	g_autofree char *extended = g_strconcat(name, "*", NULL);
	struct part_parameter p;
	char *plain = NULL;

	while (part_parameter_next(&raw_parameters, &p)) {
		if (slice_equal_ascii_case(p.name, slice_from_string(extended))) {
			g_free(plain);
			return part_parameter_decode(p.value);
		}
		if (plain == NULL && slice_equal_ascii_case(p.name, slice_from_string(name))) {
			GString *out = g_string_new(NULL);

			charset_decode_header(out, p.value);
			plain = g_string_free(out, FALSE);
		}
	}
	return plain;
}

/* Whole characters of the end, where a name says what kind of file it is. */
static char *keep_end(const char *name)
{
	const char *from = name + strlen(name) - NAME_MAX_OCTETS;

	while (((unsigned char)*from & 0xc0) == 0x80)
		from++;
	return g_strdup(from);
}

char *part_tidy_name(const char *name)
{
	g_autoptr(GString) out = g_string_new(NULL);
	const char *base = name;

	for (const char *p = name; *p != '\0'; p++)
		if (*p == '/' || *p == '\\')
			base = p + 1;
	for (const char *p = base; *p != '\0'; p = g_utf8_next_char(p)) {
		gunichar c = g_utf8_get_char(p);
		GUnicodeType type = g_unichar_type(c);

		if (type != G_UNICODE_CONTROL && type != G_UNICODE_FORMAT &&
		    type != G_UNICODE_LINE_SEPARATOR && type != G_UNICODE_PARAGRAPH_SEPARATOR)
			g_string_append_unichar(out, c);
	}
	g_strstrip(out->str);
	if (strlen(out->str) > NAME_MAX_OCTETS)
		return keep_end(out->str);
	if (*out->str == '\0' || strcmp(out->str, ".") == 0 || strcmp(out->str, "..") == 0)
		return NULL;
	return g_strdup(out->str);
}

char *part_filename(const struct part *part)
{
	g_autofree char *name = part_parameter(part->raw_disposition_parameters, "filename");

	if (name == NULL || *name == '\0') {
		g_free(name);
		name = part_parameter(part->raw_parameters, "name");
	}
	return name != NULL ? part_tidy_name(name) : NULL;
}

bool part_is(const struct part *part, const char *type, const char *subtype)
{
	return slice_equal(part->type, slice_from_string(type)) &&
	       (subtype == NULL || slice_equal(part->subtype, slice_from_string(subtype)));
}

bool part_is_attachment(const struct part *part)
{
	g_autofree char *name = NULL;

	if (part->kind == PART_MULTIPART)
		return false;
	if (slice_equal(part->disposition, SLICE("attachment")))
		return true;
	if (part->kind == PART_MESSAGE || !part_is(part, "text", NULL))
		return true;
	name = part_filename(part);
	return name != NULL;
}
