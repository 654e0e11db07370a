/* libxml2's HTML parser without a tree, so memory follows the nesting only.
 *
 * Two things cost it the square of their number: each end tag is looked for among all open
 * elements, and each attribute among all of its element (500 KB of either took 20 seconds).  So a
 * document that nests too deeply is read in several pieces, and one whose element has too many
 * attributes is not read any further, as soon as the parser asks for more octets. */
#include "mime/html_read.h"
#include "mime/charset.h"

#include <libxml/HTMLparser.h>
#include <libxml/parserInternals.h>

#define MAX_DEPTH 256
/* Places for names and values that the parser has made room for; it doubles them. */
#define MAX_ATTRIBUTE_PLACES 2000

struct reading {
	const struct html_events *events;
	void *arg;
	htmlParserCtxtPtr context;
	struct slice left;  /* not yet given to the parser */
	long resume;        /* octets read when the nesting was too deep; -1: it was not */
};

static int give(void *arg, char *room, int len)
{
	struct reading *r = arg;
	size_t n = MIN((size_t)len, r->left.len);

	if (r->context->maxatts > MAX_ATTRIBUTE_PLACES)
		return 0;
	memcpy(room, r->left.data, n);
	r->left = slice_of(r->left.data + n, r->left.len - n);
	return (int)n;
}

/* What stands in these is no HTML, so a piece must not begin there. */
static bool holds_raw_text(const char *element)
{
	return strcmp(element, "script") == 0 || strcmp(element, "style") == 0;
}

static void on_start(void *arg, const xmlChar *name, const xmlChar **attributes)
{
	struct reading *r = arg;
	const char *element = (const char *)name;

	if (r->resume >= 0)
		return;
	r->events->start(r->arg, element, (const char *const *)attributes);
	if (r->context->nameNr <= MAX_DEPTH || holds_raw_text(element))
		return;
	/* The parser stands at the end of this tag; stopped, it closes what is open. */
	r->resume = xmlByteConsumed(r->context);
	xmlStopParser(r->context);
}

static void on_end(void *arg, const xmlChar *name)
{
	struct reading *r = arg;

	r->events->end(r->arg, (const char *)name);
}

static void on_text(void *arg, const xmlChar *text, int len)
{
	struct reading *r = arg;

	if (r->resume < 0)
		r->events->text(r->arg, slice_of((const char *)text, (size_t)len));
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

static void parse(struct reading *r)
{
	htmlSAXHandler handler = { .startElement = on_start, .endElement = on_end,
				   .characters = on_text, .ignorableWhitespace = on_text,
				   .cdataBlock = on_text, .warning = on_error, .error = on_error };
	htmlParserCtxtPtr context = r->context = htmlNewParserCtxt();
	htmlSAXHandlerPtr own = context->sax;

	context->sax = &handler;
	context->userData = r;
	htmlCtxtUseOptions(context, HTML_PARSE_RECOVER | HTML_PARSE_NOERROR | HTML_PARSE_NOWARNING |
			   HTML_PARSE_NONET | HTML_PARSE_IGNORE_ENC);
	inputPush(context, xmlNewIOInputStream(context,
		  xmlParserInputBufferCreateIO(give, NULL, r, XML_CHAR_ENCODING_NONE), XML_CHAR_ENCODING_NONE));
	xmlSwitchEncoding(context, XML_CHAR_ENCODING_UTF8);
	htmlParseDocument(context);
	context->sax = own;
	if (context->myDoc != NULL)
		xmlFreeDoc(context->myDoc);
	context->myDoc = NULL;
	htmlFreeParserCtxt(context);
}

/* What follows the first `n` octets and the end of the tag they stop in. */
static struct slice behind(struct slice rest, size_t n)
{
	n = MIN(n, rest.len);
	n += n < rest.len && rest.data[n] == '/';
	n += n < rest.len && rest.data[n] == '>';
	return slice_of(rest.data + n, rest.len - n);
}

void html_read(struct slice html, const struct html_events *events, void *arg)
{
	static GOnce once = G_ONCE_INIT;
	g_autoptr(GString) text = g_string_sized_new(html.len);
	struct slice rest;

	g_once(&once, start_library, NULL);
	charset_make_utf8(text, html);
	rest = slice_of(text->str, text->len);
	while (rest.len > 0) {
		struct reading r = { .events = events, .arg = arg, .left = rest, .resume = -1 };

		parse(&r);
		if (r.resume <= 0)
			break;
		rest = behind(rest, (size_t)r.resume);
	}
}
