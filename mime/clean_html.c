/* The reader gives events with elements closed and attributes decoded, as a browser
 * would read them; the writer here lets pass what its tables name.  So a
 * trick of spelling has to survive being parsed and written again, and only names
 * from the tables are ever written. */
#include "mime/clean_html.h"
#include "base/escape.h"
#include "mime/html_read.h"

#define MAX_DEPTH 200

struct cleaner {
	GString *out;
	GPtrArray *open; /* static names of the elements written and not closed */
	int hidden;      /* inside so many elements whose content is dropped */
};

static const char *find(const char *name, const char *const *names)
{
	for (; *names != NULL; names++)
		if (g_ascii_strcasecmp(name, *names) == 0)
			return *names;
	return NULL;
}

/* Content and all: what a browser does not show as text. */
static const char *const dropped[] = {
	"script", "style", "title", "noscript", "template", "iframe", "object", "applet",
	"svg", "math", "select", "textarea", "noframes", "xmp", "plaintext", NULL,
};
static const char *const kept[] = {
	"a", "abbr", "address", "b", "bdi", "bdo", "big", "blockquote", "caption", "center", "cite",
	"code", "colgroup", "dd", "del", "dfn", "div", "dl", "dt", "em", "font", "h1", "h2",
	"h3", "h4", "h5", "h6", "i", "ins", "kbd", "li", "mark", "ol", "p", "pre", "q", "s", "samp",
	"small", "span", "strike", "strong", "sub", "sup", "table", "tbody", "td", "tfoot", "th",
	"thead", "tr", "tt", "u", "ul", "var", NULL,
};
static const char *const empty[] = { "br", "hr", "wbr", "img", "col", NULL };
/* The frame of a table: what may stand in a table only, and what stands in a cell. */
static const char *const table_frame[] = { "table", "thead", "tbody", "tfoot", "tr", "colgroup", NULL };
static const char *const table_parts[] = { "caption", "colgroup", "col", "thead", "tbody", "tfoot", "tr", "td", "th",
					   NULL };
static const char *const cells[] = { "td", "th", "caption", NULL };
static const char *const attributes_kept[] = {
	"abbr", "align", "alt", "border", "cellpadding", "cellspacing", "colspan",
	"dir", "face", "height", "lang", "rowspan", "scope", "size", "start", "title", "valign",
	"width", NULL,
};

static void write_attribute(GString *out, const char *name, const char *value)
{
	g_string_append_printf(out, " %s=\"", name);
	escape_html(out, slice_from_string(value));
	g_string_append_c(out, '"');
}

/* Whether the address begins with one of the schemes; controls and spaces, which
 * browsers drop before they look, make it none of them. */
static bool has_scheme(const char *address, const char *const *schemes)
{
	for (const char *p = address; *p != '\0'; p++)
		if ((guchar)*p <= 0x20 || *p == 0x7f)
			return false;
	for (; *schemes != NULL; schemes++)
		if (g_ascii_strncasecmp(address, *schemes, strlen(*schemes)) == 0)
			return true;
	return false;
}

/* Spaces around an address are common and harmless. */
static void write_link(GString *out, const char *name, const char *value,
		       const char *const *schemes)
{
	g_autofree char *address = g_strstrip(g_strdup(value));

	if (has_scheme(address, schemes))
		write_attribute(out, name, address);
}

static void write_attributes(GString *out, const char *element, const char *const *attributes)
{
	static const char *const links[] = { "http://", "https://", "mailto:", "tel:", NULL };
	static const char *const inside[] = { "cid:", NULL };

	for (; attributes != NULL && attributes[0] != NULL; attributes += 2) {
		const char *name = find(attributes[0], attributes_kept);
		const char *value = attributes[1] != NULL ? attributes[1] : "";

		if (name != NULL)
			write_attribute(out, name, value);
		else if (strcmp(element, "a") == 0 &&
			 g_ascii_strcasecmp(attributes[0], "href") == 0)
			write_link(out, "href", value, links);
		else if (strcmp(element, "img") == 0 &&
			 g_ascii_strcasecmp(attributes[0], "src") == 0)
			write_link(out, "src", value, inside);
	}
	if (strcmp(element, "a") == 0)
		write_attribute(out, "rel", "noreferrer noopener nofollow");
}

/* Whether the innermost piece of a table that is open is its frame, not a cell, and there is one. */
static bool in_table_frame(const struct cleaner *c)
{
	for (guint at = c->open->len; at > 0; at--) {
		const char *element = g_ptr_array_index(c->open, at - 1);

		if (find(element, cells) != NULL)
			return false;
		if (find(element, table_frame) != NULL)
			return true;
	}
	return false;
}

/* A cell without its table, and a table in the frame of another, would make a browser close the
 * table of ours that all this stands in: such a tag goes, its words stay. */
static bool fits(const struct cleaner *c, const char *element)
{
	if (find(element, table_parts) != NULL)
		return in_table_frame(c);
	return strcmp(element, "table") != 0 || !in_table_frame(c);
}

static void on_start(void *arg, const char *name, const char *const *attributes)
{
	struct cleaner *c = arg;
	const char *element;
	bool is_empty;

	if (find(name, dropped) != NULL)
		c->hidden++;
	if (c->hidden > 0)
		return;
	element = find(name, empty);
	is_empty = element != NULL;
	if (!is_empty)
		element = find(name, kept);
	if (element == NULL || !fits(c, element) || (!is_empty && c->open->len >= MAX_DEPTH))
		return;
	if (!is_empty)
		g_ptr_array_add(c->open, (gpointer)element);
	g_string_append_printf(c->out, "<%s", element);
	write_attributes(c->out, element, attributes);
	g_string_append_c(c->out, '>');
}

static void close_last(struct cleaner *c)
{
	const char *element = g_ptr_array_index(c->open, c->open->len - 1);

	g_ptr_array_set_size(c->open, (gint)c->open->len - 1);
	g_string_append_printf(c->out, "</%s>", element);
}

static void on_end(void *arg, const char *name)
{
	struct cleaner *c = arg;
	const char *element = find(name, kept);
	guint at;

	if (find(name, dropped) != NULL) {
		if (c->hidden > 0)
			c->hidden--;
		return;
	}
	if (c->hidden > 0 || element == NULL)
		return;
	for (at = c->open->len; at > 0; at--)
		if (g_ptr_array_index(c->open, at - 1) == element)
			break;
	while (at > 0 && c->open->len >= at)
		close_last(c);
}

static void on_text(void *arg, struct slice text)
{
	struct cleaner *c = arg;

	if (c->hidden == 0)
		escape_html(c->out, text);
}

void clean_html(GString *out, struct slice html)
{
	static const struct html_events events = { on_start, on_end, on_text };
	struct cleaner cleaner = { .out = out, .open = g_ptr_array_new() };

	html_read(html, &events, &cleaner);
	while (cleaner.open->len > 0)
		close_last(&cleaner);
	g_ptr_array_unref(cleaner.open);
}
