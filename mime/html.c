/* HTML to text, by libxml2's parser without a tree: elements and text come as events, so memory
 * follows the nesting only, and nothing is fetched. */
#include "mime/html.h"
#include "mime/charset.h"
#include "mime/text.h"

#include <libxml/HTMLparser.h>
#include <libxml/parserInternals.h>

struct reader {
	GString *out;
	int hidden;   /* inside so many script, style, head ... */
	bool space;   /* white space stands before the next text */
};

static bool is_one_of(const char *name, const char *const *names)
{
	for (; *names != NULL; names++)
		if (g_ascii_strcasecmp(name, *names) == 0)
			return true;
	return false;
}

static bool is_hidden(const char *name)
{
	static const char *const names[] = { "script", "style", "title", "noscript", "template", NULL };

	return is_one_of(name, names);
}

static bool is_block(const char *name)
{
	static const char *const names[] = {
		"p", "div", "br", "tr", "li", "ul", "ol", "dl", "dt", "dd", "table", "h1", "h2", "h3",
		"h4", "h5", "h6", "hr", "blockquote", "pre", "address", "article", "section", "header",
		"footer", "center", "form", NULL
	};

	return is_one_of(name, names);
}

static void break_line(struct reader *r)
{
	r->space = false;
	if (r->out->len > 0 && r->out->str[r->out->len - 1] != '\n')
		g_string_append_c(r->out, '\n');
}

static void on_start(void *arg, const xmlChar *name, const xmlChar **attributes)
{
	struct reader *r = arg;
	const char *word = (const char *)name;

	(void)attributes;
	if (is_hidden(word))
		r->hidden++;
	else if (is_block(word))
		break_line(r);
	else if (strcmp(word, "td") == 0 || strcmp(word, "th") == 0)
		r->space = true;
}

static void on_end(void *arg, const xmlChar *name)
{
	struct reader *r = arg;

	if (is_hidden((const char *)name)) {
		if (r->hidden > 0)
			r->hidden--;
	} else if (is_block((const char *)name)) {
		break_line(r);
	}
}

static void on_text(void *arg, const xmlChar *text, int len)
{
	struct reader *r = arg;

	if (r->hidden > 0)
		return;
	for (int i = 0; i < len; i++) {
		if (strchr(" \t\r\n", (char)text[i]) != NULL) {
			r->space = true;
			continue;
		}
		if (r->space && r->out->len > 0 && r->out->str[r->out->len - 1] != '\n')
			g_string_append_c(r->out, ' ');
		r->space = false;
		g_string_append_c(r->out, (char)text[i]);
	}
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

void text_of_html(GString *out, struct slice html)
{
	static GOnce once = G_ONCE_INIT;
	struct reader reader = { .out = g_string_new(NULL) };
	g_autoptr(GString) clean = g_string_sized_new(html.len);
	htmlSAXHandler handler = { .startElement = on_start, .endElement = on_end,
				   .characters = on_text, .ignorableWhitespace = on_text,
				   .cdataBlock = on_text, .warning = on_error, .error = on_error };
	htmlParserCtxtPtr context;

	g_once(&once, start_library, NULL);
	charset_make_utf8(clean, html);
	if (clean->len == 0 || clean->len > G_MAXINT / 2) {
		g_string_free(reader.out, TRUE);
		return;
	}
	context = htmlCreateMemoryParserCtxt(clean->str, (int)clean->len);
	if (context != NULL) {
		htmlSAXHandlerPtr own = context->sax;

		context->sax = &handler;
		context->userData = &reader;
		htmlCtxtUseOptions(context, HTML_PARSE_RECOVER | HTML_PARSE_NOERROR |
				   HTML_PARSE_NOWARNING | HTML_PARSE_NONET | HTML_PARSE_IGNORE_ENC);
		xmlSwitchEncoding(context, XML_CHAR_ENCODING_UTF8);
		htmlParseDocument(context);
		context->sax = own;
		if (context->myDoc != NULL)
			xmlFreeDoc(context->myDoc);
		context->myDoc = NULL;
		htmlFreeParserCtxt(context);
	}
	charset_make_utf8(out, slice_of(reader.out->str, reader.out->len));
	g_string_free(reader.out, TRUE);
}

struct slice html_charset(struct slice html)
{
	const char *p = html.len > 0 ? html.data : "", *end = p + MIN(html.len, 2048);

	while (p < end && (p = memchr(p, '<', (size_t)(end - p))) != NULL) {
		const char *close = memchr(p, '>', (size_t)(end - p));

		if (close == NULL)
			break;
		if (close - p > 5 && g_ascii_strncasecmp(p + 1, "meta", 4) == 0) {
			for (; close - p > 8; p++) {
				if (g_ascii_strncasecmp(p, "charset=", 8) == 0) {
					size_t len = 0;

					p += 8;
					p += *p == '"' || *p == '\'';
					while (p + len < close && (g_ascii_isalnum(p[len]) ||
								   strchr("-_:", p[len]) != NULL))
						len++;
					return slice_of(p, len);
				}
			}
		}
		p = close;
	}
	return slice_of(NULL, 0);
}
