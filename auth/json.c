/* Recursive descent over a cursor; every function leaves the cursor behind what it
 * has read, or answers false. */
#include "auth/json.h"

struct cursor {
	const char *p, *end;
	unsigned depth;
};

struct member {
	char *name;
	enum json_kind kind;
	char *string;        /* JSON_STRING */
	double number;       /* JSON_NUMBER */
	GPtrArray *strings;  /* JSON_ARRAY: the strings among its elements */
};

struct json_object {
	GPtrArray *members;
};

static void skip_blanks(struct cursor *c)
{
	while (c->p < c->end && (*c->p == ' ' || *c->p == '\t' || *c->p == '\r' || *c->p == '\n'))
		c->p++;
}

static bool skip_octet(struct cursor *c, char octet)
{
	if (c->p == c->end || *c->p != octet)
		return false;
	c->p++;
	return true;
}

/* After blanks. */
static bool skip_mark(struct cursor *c, char mark)
{
	skip_blanks(c);
	return skip_octet(c, mark);
}

static bool read_hex4(struct cursor *c, gunichar *value_out)
{
	*value_out = 0;
	for (int i = 0; i < 4; i++) {
		if (c->p == c->end || !g_ascii_isxdigit(*c->p))
			return false;
		*value_out = *value_out << 4 | (gunichar)g_ascii_xdigit_value(*c->p++);
	}
	return true;
}

/* Behind "\u": one unit, or two that make a pair. */
static bool read_unicode(struct cursor *c, GString *out)
{
	gunichar unit, low;

	if (!read_hex4(c, &unit) || unit == 0 || (unit >= 0xdc00 && unit <= 0xdfff))
		return false;
	if (unit >= 0xd800 && unit <= 0xdbff) {
		if (!skip_octet(c, '\\') || !skip_octet(c, 'u') || !read_hex4(c, &low) || low < 0xdc00 || low > 0xdfff)
			return false;
		unit = 0x10000 + ((unit - 0xd800) << 10) + (low - 0xdc00);
	}
	g_string_append_unichar(out, unit);
	return true;
}

static bool read_escape(struct cursor *c, GString *out)
{
	static const char words[] = "\"\\/bfnrt", meanings[] = "\"\\/\b\f\n\r\t";
	const char *word;

	if (c->p == c->end)
		return false;
	if (*c->p == 'u') {
		c->p++;
		return read_unicode(c, out);
	}
	word = memchr(words, *c->p, sizeof(words) - 1);
	if (word == NULL)
		return false;
	g_string_append_c(out, meanings[word - words]);
	c->p++;
	return true;
}

/* The quote is the next octet. */
static bool read_string(struct cursor *c, GString *out)
{
	g_string_truncate(out, 0);
	if (!skip_octet(c, '"'))
		return false;
	while (c->p < c->end && *c->p != '"') {
		if ((unsigned char)*c->p < 0x20)
			return false;
		if (skip_octet(c, '\\')) {
			if (!read_escape(c, out))
				return false;
		} else {
			g_string_append_c(out, *c->p++);
		}
	}
	return skip_octet(c, '"') && g_utf8_validate(out->str, (gssize)out->len, NULL);
}

static bool skip_digits(struct cursor *c)
{
	const char *start = c->p;

	while (c->p < c->end && g_ascii_isdigit(*c->p))
		c->p++;
	return c->p > start;
}

static bool read_number(struct cursor *c, double *number_out)
{
	char text[64];
	const char *start = c->p;

	skip_octet(c, '-');
	if (!skip_octet(c, '0') && !skip_digits(c))
		return false;
	if (skip_octet(c, '.') && !skip_digits(c))
		return false;
	if (skip_octet(c, 'e') || skip_octet(c, 'E')) {
		if (!skip_octet(c, '+'))
			skip_octet(c, '-');
		if (!skip_digits(c))
			return false;
	}
	if ((size_t)(c->p - start) >= sizeof(text))
		return false;
	memcpy(text, start, (size_t)(c->p - start));
	text[c->p - start] = '\0';
	*number_out = g_ascii_strtod(text, NULL);
	return true;
}

static bool read_word(struct cursor *c, const char *word)
{
	size_t len = strlen(word);

	if ((size_t)(c->end - c->p) < len || memcmp(c->p, word, len) != 0)
		return false;
	c->p += len;
	return true;
}

static bool read_value(struct cursor *c, struct member *value);

static void member_clear(struct member *member)
{
	g_free(member->name);
	g_free(member->string);
	g_clear_pointer(&member->strings, g_ptr_array_unref);
}

static bool read_array(struct cursor *c, struct member *array)
{
	if (skip_mark(c, ']'))
		return true;
	do {
		struct member element = { 0 };
		bool ok = read_value(c, &element);

		if (ok && element.kind == JSON_STRING && array->strings != NULL)
			g_ptr_array_add(array->strings, g_steal_pointer(&element.string));
		member_clear(&element);
		if (!ok)
			return false;
	} while (skip_mark(c, ','));
	return skip_mark(c, ']');
}

static void member_free(void *data)
{
	member_clear(data);
	g_free(data);
}

static bool has_name(const GPtrArray *members, const char *name)
{
	for (guint i = 0; i < members->len; i++)
		if (strcmp(((const struct member *)members->pdata[i])->name, name) == 0)
			return true;
	return false;
}

/* members NULL: only checked. */
static bool read_member(struct cursor *c, GPtrArray *members)
{
	g_autoptr(GString) name = g_string_new(NULL);
	struct member *member;

	skip_blanks(c);
	if (!read_string(c, name) || !skip_mark(c, ':'))
		return false;
	member = g_new0(struct member, 1);
	member->name = g_strdup(name->str);
	if (!read_value(c, member) ||
	    (members != NULL && (members->len >= JSON_MAX_MEMBERS || has_name(members, name->str)))) {
		member_free(member);
		return false;
	}
	if (members != NULL)
		g_ptr_array_add(members, member);
	else
		member_free(member);
	return true;
}

static bool read_members(struct cursor *c, GPtrArray *members)
{
	if (skip_mark(c, '}'))
		return true;
	do {
		if (!read_member(c, members))
			return false;
	} while (skip_mark(c, ','));
	return skip_mark(c, '}');
}

static bool read_string_value(struct cursor *c, struct member *value)
{
	g_autoptr(GString) text = g_string_new(NULL);

	value->kind = JSON_STRING;
	if (!read_string(c, text))
		return false;
	value->string = g_strdup(text->str);
	return true;
}

static bool read_nested(struct cursor *c, struct member *value)
{
	bool is_array = *c->p++ == '[';
	bool ok;

	if (c->depth == JSON_MAX_DEPTH)
		return false;
	value->kind = is_array ? JSON_ARRAY : JSON_OBJECT;
	if (is_array && c->depth == 1)
		value->strings = g_ptr_array_new_with_free_func(g_free);
	c->depth++;
	ok = is_array ? read_array(c, value) : read_members(c, NULL);
	c->depth--;
	return ok;
}

static bool read_value(struct cursor *c, struct member *value)
{
	skip_blanks(c);
	if (c->p == c->end)
		return false;
	switch (*c->p) {
	case '"':
		return read_string_value(c, value);
	case '[':
	case '{':
		return read_nested(c, value);
	case 't':
		value->kind = JSON_TRUE;
		return read_word(c, "true");
	case 'f':
		value->kind = JSON_FALSE;
		return read_word(c, "false");
	case 'n':
		value->kind = JSON_NULL;
		return read_word(c, "null");
	default:
		value->kind = JSON_NUMBER;
		return read_number(c, &value->number);
	}
}

struct json_object *json_object_read(struct slice text)
{
	struct cursor c = { text.data, text.data + text.len, 1 };
	struct json_object *object = g_new0(struct json_object, 1);

	object->members = g_ptr_array_new_with_free_func(member_free);
	if (skip_mark(&c, '{') && read_members(&c, object->members)) {
		skip_blanks(&c);
		if (c.p == c.end)
			return object;
	}
	json_object_free(&object);
	return NULL;
}

void json_object_free(struct json_object **object)
{
	if (*object == NULL)
		return;
	g_ptr_array_unref((*object)->members);
	g_free(*object);
	*object = NULL;
}

static const struct member *find_member(const struct json_object *object, const char *name)
{
	for (guint i = 0; i < object->members->len; i++) {
		const struct member *member = object->members->pdata[i];

		if (strcmp(member->name, name) == 0)
			return member;
	}
	return NULL;
}

bool json_object_has(const struct json_object *object, const char *name)
{
	return find_member(object, name) != NULL;
}

bool json_object_is_true(const struct json_object *object, const char *name)
{
	const struct member *member = find_member(object, name);

	return member != NULL && member->kind == JSON_TRUE;
}

const char *json_object_string(const struct json_object *object, const char *name)
{
	const struct member *member = find_member(object, name);

	return member != NULL && member->kind == JSON_STRING ? member->string : NULL;
}

bool json_object_time(const struct json_object *object, const char *name, int64_t *seconds_out)
{
	const struct member *member = find_member(object, name);

	if (member == NULL || member->kind != JSON_NUMBER || !(member->number >= 0) ||
	    member->number > 9007199254740992.0)
		return false;
	*seconds_out = (int64_t)member->number;
	return true;
}

bool json_object_names(const struct json_object *object, const char *name, const char *wanted)
{
	const struct member *member = find_member(object, name);

	if (member == NULL)
		return false;
	if (member->kind == JSON_STRING)
		return strcmp(member->string, wanted) == 0;
	if (member->kind != JSON_ARRAY)
		return false;
	for (guint i = 0; i < member->strings->len; i++)
		if (strcmp(member->strings->pdata[i], wanted) == 0)
			return true;
	return false;
}
