/* Parameters of a content line, and TEXT values: reading them out of the written
 * form, and writing them into it. */
#include "calendar/component.h"

struct param {
	const char *begin; /* at the ';' */
	struct slice name, value;
	const char *end;
};

/* The parameter that starts at a ';', or false at the end.  A value ends at the
 * next ';' outside quotes. */
static bool next_param(const char *at, struct param *param_out)
{
	const char *c = at;
	bool quoted = false;

	if (*c != ';')
		return false;
	param_out->begin = c++;
	param_out->name.data = c;
	while (*c != '\0' && *c != '=' && *c != ';')
		c++;
	param_out->name.len = (size_t)(c - param_out->name.data);
	if (*c == '=')
		c++;
	param_out->value.data = c;
	while (*c != '\0' && (quoted || *c != ';')) {
		if (*c == '"')
			quoted = !quoted;
		c++;
	}
	param_out->value.len = (size_t)(c - param_out->value.data);
	param_out->end = c;
	return true;
}

static bool find_param(const struct property *property, const char *name, struct param *param_out)
{
	struct slice wanted = slice_from_string(name);

	for (const char *at = property->params; next_param(at, param_out); at = param_out->end)
		if (slice_equal_ascii_case(param_out->name, wanted))
			return true;
	return false;
}

/* Quotes dropped, RFC 6868 ^n ^' ^^ resolved. */
static char *decode_value(struct arena *arena, struct slice value)
{
	char *out = arena_alloc(arena, value.len + 1), *to = out;

	for (size_t i = 0; i < value.len; i++) {
		char c = value.data[i];

		if (c == '"')
			continue;
		if (c == '^' && i + 1 < value.len && strchr("n'^", value.data[i + 1]) != NULL) {
			i++;
			c = value.data[i] == 'n' ? '\n' : value.data[i] == '\'' ? '"' : '^';
		}
		*to++ = c;
	}
	*to = '\0';
	return out;
}

char *property_param(struct arena *arena, const struct property *property, const char *name)
{
	struct param param;

	return find_param(property, name, &param) ? decode_value(arena, param.value) : NULL;
}

static size_t split_values(struct slice value, struct slice *pieces_out)
{
	size_t count = 0, start = 0;
	bool quoted = false;

	for (size_t i = 0; i <= value.len; i++) {
		if (i < value.len && value.data[i] == '"')
			quoted = !quoted;
		if (i == value.len || (value.data[i] == ',' && !quoted)) {
			if (pieces_out != NULL)
				pieces_out[count] = slice_of(value.data + start, i - start);
			count++;
			start = i + 1;
		}
	}
	return count;
}

const char *const *property_param_list(struct arena *arena, const struct property *property,
				       const char *name)
{
	static const char *const none[] = { NULL };
	struct param param;
	struct slice *pieces;
	const char **list;
	size_t count, used = 0;

	if (!find_param(property, name, &param))
		return none;
	count = split_values(param.value, NULL);
	pieces = arena_new_array(arena, struct slice, count);
	split_values(param.value, pieces);
	list = arena_new_array(arena, const char *, count + 1);
	for (size_t i = 0; i < count; i++) {
		const char *text = decode_value(arena, pieces[i]);

		if (*text != '\0')
			list[used++] = text;
	}
	return list;
}

/* Quoted always where it is not a plain token: "," ":" ";" need it, the rest allows it. */
static char *encode_value(struct arena *arena, const char *value)
{
	g_autoptr(GString) out = g_string_new("\"");
	bool plain = *value != '\0';

	for (const char *c = value; *c != '\0'; c++)
		if (!g_ascii_isalnum(*c) && strchr("-._/+@", *c) == NULL)
			plain = false;
	if (plain)
		return arena_copy(arena, value, strlen(value));
	for (const char *c = value; *c != '\0'; c++) {
		if (*c == '"')
			g_string_append(out, "^'");
		else if (*c == '^')
			g_string_append(out, "^^");
		else if (*c == '\n')
			g_string_append(out, "^n");
		else if ((unsigned char)*c >= 0x20 || *c == '\t')
			g_string_append_c(out, *c);
	}
	g_string_append_c(out, '"');
	return arena_copy(arena, out->str, out->len);
}

void property_set_param(struct arena *arena, struct property *property, const char *name,
			const char *value)
{
	struct param param;
	const char *encoded = value != NULL ? encode_value(arena, value) : NULL;

	if (!find_param(property, name, &param)) {
		if (encoded != NULL)
			property->params = arena_printf(arena, "%s;%s=%s", property->params, name, encoded);
		return;
	}
	if (encoded != NULL)
		property->params = arena_printf(arena, "%.*s;%s=%s%s",
						(int)(param.begin - property->params), property->params,
						name, encoded, param.end);
	else
		property->params = arena_printf(arena, "%.*s%s", (int)(param.begin - property->params),
						property->params, param.end);
}

void property_remove_params(struct arena *arena, struct property *property, const char *prefix)
{
	struct slice wanted = slice_from_string(prefix);
	g_autoptr(GString) kept = NULL;
	struct param param;

	for (const char *at = property->params; next_param(at, &param); at = param.end) {
		struct slice start = slice_of(param.name.data, MIN(param.name.len, wanted.len));

		if (slice_equal_ascii_case(start, wanted)) {
			if (kept == NULL)
				kept = g_string_new_len(property->params, param.begin - property->params);
		} else if (kept != NULL) {
			g_string_append_len(kept, param.begin, param.end - param.begin);
		}
	}
	if (kept != NULL)
		property->params = arena_copy(arena, kept->str, kept->len);
}

static char *decode_text(struct arena *arena, const char *value, size_t len)
{
	char *out = arena_alloc(arena, len + 1), *to = out;

	for (size_t i = 0; i < len; i++) {
		char c = value[i];

		if (c == '\\' && i + 1 < len) {
			c = value[++i];
			if (c == 'n' || c == 'N')
				c = '\n';
		}
		*to++ = c;
	}
	*to = '\0';
	return out;
}

char *text_decode(struct arena *arena, const char *value)
{
	return decode_text(arena, value, strlen(value));
}

char *text_encode(struct arena *arena, const char *text)
{
	g_autoptr(GString) out = g_string_sized_new(strlen(text) + 16);

	for (const char *c = text; *c != '\0'; c++) {
		if (*c == '\n')
			g_string_append(out, "\\n");
		else if (strchr("\\;,", *c) != NULL) {
			g_string_append_c(out, '\\');
			g_string_append_c(out, *c);
		} else if ((unsigned char)*c >= 0x20 || *c == '\t')
			g_string_append_c(out, *c);
	}
	return arena_copy(arena, out->str, out->len);
}

const char *const *text_decode_list(struct arena *arena, const char *value)
{
	g_autoptr(GPtrArray) list = g_ptr_array_new();
	const char **copy;
	size_t start = 0;

	for (size_t i = 0;; i++) {
		if (value[i] == '\\' && value[i + 1] != '\0') {
			i++;
			continue;
		}
		if (value[i] != ',' && value[i] != '\0')
			continue;
		if (i > start)
			g_ptr_array_add(list, decode_text(arena, value + start, i - start));
		if (value[i] == '\0')
			break;
		start = i + 1;
	}
	copy = arena_new_array(arena, const char *, list->len + 1);
	if (list->len > 0)
		memcpy(copy, list->pdata, list->len * sizeof(*copy));
	return copy;
}
