/* libxml2's HTML parser gives events with elements closed and attributes decoded, as
 * a browser would read them; the writer here lets pass what its tables name.  So a
 * trick of spelling has to survive being parsed and written again, and only names
 * from the tables are ever written. */
#include "mime/clean_html.h"
#include "base/escape.h"
#include "mime/charset.h"

#include <libxml/HTMLparser.h>
#include <libxml/parserInternals.h>

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
	"script", "style", "title", "noscript", "template", "iframe", "object", "embed", "applet",
	"svg", "math", "select", "textarea", "noframes", "xmp", "plaintext", NULL,
};
static const char *const kept[] = {
	"a", "abbr", "address", "b", "bdi", "bdo", "big", "blockquote", "caption", "center", "cite",
	"code", "col", "colgroup", "dd", "del", "dfn", "div", "dl", "dt", "em", "font", "h1", "h2",
	"h3", "h4", "h5", "h6", "i", "ins", "kbd", "li", "mark", "ol", "p", "pre", "q", "s", "samp",
	"small", "span", "strike", "strong", "sub", "sup", "table", "tbody", "td", "tfoot", "th",
	"thead", "tr", "tt", "u", "ul", "var", NULL,
};
static const char *const empty[] = { "br", "hr", "wbr", "img", NULL };
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

static void write_attributes(GString *out, const char *element, const xmlChar **attributes)
{
	static const char *const links[] = { "http://", "https://", "mailto:", "tel:", NULL };
	static const char *const inside[] = { "cid:", NULL };

	for (; attributes != NULL && attributes[0] != NULL; attributes += 2) {
		const char *name = find((const char *)attributes[0], attributes_kept);
		const char *value = attributes[1] != NULL ? (const char *)attributes[1] : "";

		if (name != NULL)
			write_attribute(out, name, value);
		else if (strcmp(element, "a") == 0 &&
			 g_ascii_strcasecmp((const char *)attributes[0], "href") == 0)
			write_link(out, "href", value, links);
		else if (strcmp(element, "img") == 0 &&
			 g_ascii_strcasecmp((const char *)attributes[0], "src") == 0)
			write_link(out, "src", value, inside);
	}
	if (strcmp(element, "a") == 0)
		write_attribute(out, "rel", "noreferrer noopener nofollow");
}

static void on_start(void *arg, const xmlChar *name, const xmlChar **attributes)
{
	struct cleaner *c = arg;
	const char *element;

	if (find((const char *)name, dropped) != NULL)
		c->hidden++;
	if (c->hidden > 0)
		return;
	element = find((const char *)name, empty);
	if (element == NULL) {
		element = find((const char *)name, kept);
		if (element == NULL || c->open->len >= MAX_DEPTH)
			return;
		g_ptr_array_add(c->open, (gpointer)element);
	}
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

static void on_end(void *arg, const xmlChar *name)
{
	struct cleaner *c = arg;
	const char *element = find((const char *)name, kept);
	guint at;

	if (find((const char *)name, dropped) != NULL) {
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

static void on_text(void *arg, const xmlChar *text, int len)
{
	struct cleaner *c = arg;

	if (c->hidden == 0)
		escape_html(c->out, slice_of((const char *)text, (size_t)len));
}

static void on_error(void *arg, const char *format, ...) G_GNUC_PRINTF(2, 3);
static void on_error(void *arg, const char *format, ...)
{
	(void)arg;
	(void)format;
}

static gpointer start_library(gpointer unused)
{
	(void)unused;
	xmlInitParser();
	return NULL;
}

static void parse(struct cleaner *cleaner, const GString *text)
{
	htmlSAXHandler handler = { .startElement = on_start, .endElement = on_end,
				   .characters = on_text, .ignorableWhitespace = on_text,
				   .warning = on_error, .error = on_error };
	htmlParserCtxtPtr context = htmlCreateMemoryParserCtxt(text->str, (int)text->len);
	htmlSAXHandlerPtr own;

	if (context == NULL)
		return;
	own = context->sax;
	context->sax = &handler;
	context->userData = cleaner;
	htmlCtxtUseOptions(context, HTML_PARSE_RECOVER | HTML_PARSE_NOERROR | HTML_PARSE_NOWARNING |
			   HTML_PARSE_NONET | HTML_PARSE_IGNORE_ENC);
	xmlSwitchEncoding(context, XML_CHAR_ENCODING_UTF8);
	htmlParseDocument(context);
	context->sax = own;
	if (context->myDoc != NULL)
		xmlFreeDoc(context->myDoc);
	context->myDoc = NULL;
	htmlFreeParserCtxt(context);
}

void clean_html(GString *out, struct slice html)
{
	static GOnce once = G_ONCE_INIT;
	g_autoptr(GString) text = g_string_sized_new(html.len);
	struct cleaner cleaner = { .out = out };

	g_once(&once, start_library, NULL);
	charset_make_utf8(text, html);
	if (text->len == 0 || text->len > G_MAXINT / 2)
		return;
	cleaner.open = g_ptr_array_new();
	parse(&cleaner, text);
	while (cleaner.open->len > 0)
		close_last(&cleaner);
	g_ptr_array_unref(cleaner.open);
}
