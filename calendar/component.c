/* One pass over the text: a physical line is found, its continuation lines are
 * joined, the logical line is split at the first ':' outside quotes, and hung
 * into the component on top of a small stack.  Lists keep a tail pointer, so
 * 100,000 lines cost the same each. */
#include "calendar/component.h"

struct reader {
	struct arena *arena;
	struct slice text;
	size_t at; /* start of the next physical line */
	const struct meeting_limits *limits;
	struct component **stack; /* limits->depth entries */
	size_t depth;
	struct component *calendar; /* the first VCALENDAR */
	struct property *last;      /* of the line before, for lines that broke without folding */
	struct component *last_home;
	char *joined; /* the value of `last` once broken lines were added to it */
	size_t joined_len, joined_size;
	size_t components, properties;
	char *reason;
};

/* The next physical line without its end; false at the end of the text. */
static bool physical_line(struct reader *reader, struct slice *line_out)
{
	const char *start = reader->text.data + reader->at;
	size_t left = reader->text.len - reader->at;
	const char *end;

	if (left == 0)
		return false;
	end = memchr(start, '\n', left);
	reader->at += end != NULL ? (size_t)(end - start) + 1 : left;
	line_out->data = start;
	line_out->len = end != NULL ? (size_t)(end - start) : left;
	while (line_out->len > 0 && start[line_out->len - 1] == '\r')
		line_out->len--;
	return true;
}

static bool continues(const struct reader *reader)
{
	return reader->at < reader->text.len &&
	       (reader->text.data[reader->at] == ' ' || reader->text.data[reader->at] == '\t');
}

/* Joins continuation lines; NULL at the end of the text or over the limit. */
static char *logical_line(struct reader *reader)
{
	size_t begin = reader->at, size, used;
	struct slice piece;
	char *line;

	if (!physical_line(reader, &piece))
		return NULL;
	if (!continues(reader))
		size = piece.len;
	else {
		while (continues(reader))
			physical_line(reader, &piece);
		size = reader->at - begin;
	}
	if (size > reader->limits->line) {
		reader->reason = g_strdup_printf("a line is longer than %zu octets", reader->limits->line);
		return NULL;
	}
	line = arena_alloc(reader->arena, size + 1);
	reader->at = begin;
	physical_line(reader, &piece);
	memcpy(line, piece.data, piece.len);
	used = piece.len;
	while (continues(reader)) {
		physical_line(reader, &piece);
		memcpy(line + used, piece.data + 1, piece.len - 1);
		used += piece.len - 1;
	}
	return line;
}

static size_t name_length(const char *line)
{
	size_t len = 0;

	while (g_ascii_isalnum(line[len]) || line[len] == '-' || line[len] == '_' ||
	       (line[len] == '.' && len > 0))
		len++;
	return len;
}

/* Where the value begins: the ':' outside quotes, or the first one when the
 * quotes don't pair up. */
static char *find_colon(char *params)
{
	bool quoted = false;

	for (char *c = params; *c != '\0'; c++) {
		if (*c == '"')
			quoted = !quoted;
		else if (*c == ':' && !quoted)
			return c;
	}
	return strchr(params, ':');
}

/* False when the line has no NAME[;params]:value shape. */
static bool split_line(struct reader *reader, char *line, struct property *property_out)
{
	size_t len = name_length(line);
	char *colon, *dot;

	if (len == 0 || (line[len] != ':' && line[len] != ';'))
		return false;
	colon = find_colon(line + len);
	if (colon == NULL)
		return false;
	*colon = '\0';
	property_out->value = colon + 1;
	property_out->params = arena_copy(reader->arena, line + len, strlen(line + len));
	line[len] = '\0';
	dot = strrchr(line, '.'); /* a vCard-like group in front of the name */
	property_out->name = dot != NULL ? dot + 1 : line;
	for (char *c = line; *c != '\0'; c++)
		*c = g_ascii_toupper(*c);
	return *property_out->name != '\0';
}

static char *upper_word(struct arena *arena, const char *value)
{
	size_t len = strlen(value);
	char *word;

	while (len > 0 && g_ascii_isspace(value[len - 1]))
		len--;
	while (len > 0 && g_ascii_isspace(*value)) {
		value++;
		len--;
	}
	word = arena_copy(arena, value, len);
	for (char *c = word; *c != '\0'; c++)
		*c = g_ascii_toupper(*c);
	return word;
}

static bool begin_component(struct reader *reader, const char *value)
{
	struct component *component;
	const char *name = upper_word(reader->arena, value);

	if (reader->depth == 0 && strcmp(name, "VCALENDAR") != 0)
		return true; /* text before the calendar */
	if (reader->depth == reader->limits->depth) {
		reader->reason = g_strdup_printf("components are nested deeper than %zu",
						 reader->limits->depth);
		return false;
	}
	if (++reader->components > reader->limits->components) {
		reader->reason = g_strdup_printf("more than %zu components", reader->limits->components);
		return false;
	}
	if (reader->depth == 0 && reader->calendar != NULL) {
		component = reader->calendar;
	} else {
		component = component_create(reader->arena, name);
		if (reader->depth == 0)
			reader->calendar = component;
		else
			component_add_child(reader->stack[reader->depth - 1], component);
	}
	reader->stack[reader->depth++] = component;
	return true;
}

/* Closes the innermost component of that name; an END that fits nothing is ignored. */
static bool end_component(struct reader *reader, const char *value)
{
	const char *name = upper_word(reader->arena, value);
	size_t depth = reader->depth;

	while (depth > 0 && strcmp(reader->stack[depth - 1]->name, name) != 0)
		depth--;
	if (depth == 0)
		return true;
	if (depth != reader->depth) {
		reader->reason = g_strdup_printf("END:%.40s while %s is open", name,
						 reader->stack[reader->depth - 1]->name);
		return false;
	}
	reader->depth--;
	return true;
}

/* Whether the value may go over several lines: words, not times, rules or people. */
static bool is_text(const struct property *property)
{
	static const char *const texts[] = { "SUMMARY", "DESCRIPTION", "LOCATION", "COMMENT", "CONTACT", "CATEGORIES" };

	for (size_t i = 0; i < G_N_ELEMENTS(texts); i++)
		if (strcmp(property->name, texts[i]) == 0)
			return true;
	return g_str_has_prefix(property->name, "X-");
}

/* A line without a name: some producers write a line break of a text value as it
 * is.  It belongs to the value before, as the line break it was meant to be. */
static void append_broken_line(struct reader *reader, const char *line)
{
	size_t add = strlen(line);

	if (reader->last == NULL || !is_text(reader->last) || reader->last_home != reader->stack[reader->depth - 1] || add == 0)
		return;
	if (reader->joined == NULL)
		reader->joined_len = strlen(reader->last->value);
	if (reader->joined_len + add + 2 > reader->limits->line)
		return;
	if (reader->joined == NULL || reader->joined_len + add + 3 > reader->joined_size) {
		char *grown = arena_alloc(reader->arena, 2 * (reader->joined_len + add + 3));

		memcpy(grown, reader->last->value, reader->joined_len);
		reader->joined_size = 2 * (reader->joined_len + add + 3);
		reader->last->value = reader->joined = grown;
	}
	memcpy(reader->joined + reader->joined_len, "\\n", 2);
	memcpy(reader->joined + reader->joined_len + 2, line, add + 1);
	reader->joined_len += add + 2;
}

static bool take_line(struct reader *reader, char *line)
{
	struct property property = { 0 };
	struct component *home;

	if (g_ascii_strncasecmp(line, "BEGIN:", 6) == 0)
		return begin_component(reader, line + 6);
	if (reader->depth == 0)
		return true;
	if (g_ascii_strncasecmp(line, "END:", 4) == 0)
		return end_component(reader, line + 4);
	if (++reader->properties > reader->limits->properties) {
		reader->reason = g_strdup_printf("more than %zu properties", reader->limits->properties);
		return false;
	}
	if (!split_line(reader, line, &property)) {
		append_broken_line(reader, line);
		return true;
	}
	home = reader->stack[reader->depth - 1];
	reader->last = component_add(reader->arena, home, property.name, property.params, property.value);
	reader->last_home = home;
	reader->joined = NULL;
	return true;
}

struct component *component_parse(struct arena *arena, struct slice text,
				  const struct meeting_limits *limits, char **reason_out)
{
	struct reader reader = { .arena = arena, .text = text, .limits = limits };
	char *line;

	reader.stack = arena_new_array(arena, struct component *, limits->depth);
	while (reader.reason == NULL && (line = logical_line(&reader)) != NULL)
		if (!take_line(&reader, line))
			break;
	if (reader.reason == NULL && reader.calendar == NULL)
		reader.reason = g_strdup("no VCALENDAR");
	if (reader.reason == NULL && reader.depth > 0)
		reader.reason = g_strdup_printf("ends inside %s", reader.stack[reader.depth - 1]->name);
	if (reader.reason == NULL)
		return reader.calendar;
	*reason_out = reader.reason;
	return NULL;
}

/* One content line; a fold may not stand inside a UTF-8 sequence. */
static void write_line(GString *out, const char *line, size_t len)
{
	size_t room = 75;

	while (len > room) {
		size_t cut = room;

		while (cut > room - 4 && ((unsigned char)line[cut] & 0xc0) == 0x80)
			cut--;
		g_string_append_len(out, line, (gssize)cut);
		g_string_append(out, "\r\n ");
		line += cut;
		len -= cut;
		room = 74;
	}
	g_string_append_len(out, line, (gssize)len);
	g_string_append(out, "\r\n");
}

/* A line end inside a line would begin another property: nothing that came from a
 * form or a foreign object may do that, whatever its maker forgot to check. */
static void drop_line_ends(GString *line)
{
	size_t to = 0;

	if (strpbrk(line->str, "\r\n") == NULL)
		return;
	for (size_t from = 0; from < line->len; from++)
		if (line->str[from] != '\r' && line->str[from] != '\n')
			line->str[to++] = line->str[from];
	g_string_truncate(line, to);
}

static void write_component(const struct component *component, GString *out, GString *line)
{
	g_string_append_printf(out, "BEGIN:%s\r\n", component->name);
	for (const struct property *p = component->properties; p != NULL; p = p->next) {
		g_string_truncate(line, 0);
		g_string_append(line, p->name);
		g_string_append(line, p->params);
		g_string_append_c(line, ':');
		g_string_append(line, p->value);
		drop_line_ends(line);
		write_line(out, line->str, line->len);
	}
	for (const struct component *c = component->children; c != NULL; c = c->next)
		write_component(c, out, line);
	g_string_append_printf(out, "END:%s\r\n", component->name);
}

void component_write(const struct component *component, GString *out)
{
	g_autoptr(GString) line = g_string_new(NULL);

	write_component(component, out, line);
}

struct component *component_create(struct arena *arena, const char *name)
{
	struct component *component = arena_new(arena, struct component);

	component->name = name;
	return component;
}

struct component *component_copy(struct arena *arena, const struct component *component)
{
	struct component *copy = component_create(arena, component->name);

	for (const struct property *p = component->properties; p != NULL; p = p->next)
		component_add(arena, copy, p->name, p->params, p->value);
	for (const struct component *c = component->children; c != NULL; c = c->next)
		component_add_child(copy, component_copy(arena, c));
	return copy;
}

static const char *copy_string(struct arena *arena, const char *string)
{
	return arena_copy(arena, string, strlen(string));
}

struct component *component_copy_text(struct arena *arena, const struct component *component)
{
	struct component *copy = component_create(arena, copy_string(arena, component->name));

	for (const struct property *p = component->properties; p != NULL; p = p->next)
		component_add(arena, copy, copy_string(arena, p->name), copy_string(arena, p->params),
			      copy_string(arena, p->value));
	for (const struct component *c = component->children; c != NULL; c = c->next)
		component_add_child(copy, component_copy_text(arena, c));
	return copy;
}

void component_add_child(struct component *parent, struct component *child)
{
	child->next = NULL;
	if (parent->last_child != NULL)
		parent->last_child->next = child;
	else
		parent->children = child;
	parent->last_child = child;
}

void component_remove_child(struct component *parent, struct component *child)
{
	struct component *before = NULL;

	for (struct component *c = parent->children; c != child; c = c->next) {
		g_assert(c != NULL);
		before = c;
	}
	if (before != NULL)
		before->next = child->next;
	else
		parent->children = child->next;
	if (parent->last_child == child)
		parent->last_child = before;
	child->next = NULL;
}

void component_remove_children(struct component *parent, const char *name)
{
	struct component *kept = parent->children;

	parent->children = parent->last_child = NULL;
	while (kept != NULL) {
		struct component *next = kept->next;

		if (strcmp(kept->name, name) != 0)
			component_add_child(parent, kept);
		kept = next;
	}
}

struct property *component_find(const struct component *component, const char *name)
{
	for (struct property *p = component->properties; p != NULL; p = p->next)
		if (strcmp(p->name, name) == 0)
			return p;
	return NULL;
}

struct property *component_find_next(const struct property *property)
{
	for (struct property *p = property->next; p != NULL; p = p->next)
		if (strcmp(p->name, property->name) == 0)
			return p;
	return NULL;
}

const char *component_value(const struct component *component, const char *name)
{
	const struct property *property = component_find(component, name);

	return property != NULL ? property->value : NULL;
}

struct property *component_add(struct arena *arena, struct component *component, const char *name,
			       const char *params, const char *value)
{
	struct property *property = arena_new(arena, struct property);

	property->name = name;
	property->params = params;
	property->value = value;
	if (component->last_property != NULL)
		component->last_property->next = property;
	else
		component->properties = property;
	component->last_property = property;
	return property;
}

struct property *component_set(struct arena *arena, struct component *component, const char *name,
			       const char *params, const char *value)
{
	struct property *first = component_find(component, name), *other;

	if (first == NULL)
		return component_add(arena, component, name, params, value);
	while ((other = component_find_next(first)) != NULL)
		component_remove(component, other);
	first->params = params;
	first->value = value;
	return first;
}

void component_remove(struct component *component, struct property *property)
{
	struct property *before = NULL;

	for (struct property *p = component->properties; p != property; p = p->next) {
		g_assert(p != NULL);
		before = p;
	}
	if (before != NULL)
		before->next = property->next;
	else
		component->properties = property->next;
	if (component->last_property == property)
		component->last_property = before;
}

static bool name_matches(const char *name, const char *pattern)
{
	size_t len = strlen(pattern);

	if (len > 0 && pattern[len - 1] == '*')
		return strncmp(name, pattern, len - 1) == 0;
	return strcmp(name, pattern) == 0;
}

void component_remove_all(struct component *component, const char *name)
{
	struct property *p = component->properties;

	component->properties = component->last_property = NULL;
	while (p != NULL) {
		struct property *next = p->next;

		p->next = NULL;
		if (!name_matches(p->name, name)) {
			if (component->last_property != NULL)
				component->last_property->next = p;
			else
				component->properties = p;
			component->last_property = p;
		}
		p = next;
	}
}
