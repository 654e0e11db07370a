/* The names of the open elements are kept, so that a mail that does not nest is a bug
 * found by its first test and not by a mail program's guess. */
#include "calendar/markup.h"

#include "base/escape.h"
#include "mime/clean_html.h"

#include <stdarg.h>

struct markup {
	GString *out;
	GPtrArray *open; /* static names */
};

struct markup *markup_create(void)
{
	struct markup *markup = g_new0(struct markup, 1);

	markup->out = g_string_sized_new(8192);
	markup->open = g_ptr_array_new();
	g_string_append(markup->out, "<!DOCTYPE html>\n");
	return markup;
}

GString *markup_finish(struct markup **markup)
{
	GString *out = (*markup)->out;

	g_assert((*markup)->open->len == 0);
	g_ptr_array_unref((*markup)->open);
	g_clear_pointer(markup, g_free);
	return out;
}

bool markup_is_web_address(const char *address)
{
	for (const char *p = address; *p != '\0'; p++)
		if ((guchar)*p <= 0x20 || *p == 0x7f || *p == '\\')
			return false;
	return g_ascii_strncasecmp(address, "http://", 7) == 0 ||
	       g_ascii_strncasecmp(address, "https://", 8) == 0;
}

static void add_tag(struct markup *markup, const char *element, va_list pairs)
{
	const char *name, *value;

	g_string_append_printf(markup->out, "<%s", element);
	while ((name = va_arg(pairs, const char *)) != NULL) {
		value = va_arg(pairs, const char *);
		g_assert(!g_str_has_prefix(name, "on") && strcmp(name, "src") != 0);
		if (strcmp(name, "href") == 0 && !markup_is_web_address(value) &&
		    !g_str_has_prefix(value, "mailto:"))
			continue;
		g_string_append_printf(markup->out, " %s=\"", name);
		escape_html(markup->out, slice_from_string(value));
		g_string_append_c(markup->out, '"');
	}
	g_string_append_c(markup->out, '>');
}

void markup_open(struct markup *markup, const char *element, ...)
{
	va_list pairs;

	va_start(pairs, element);
	add_tag(markup, element, pairs);
	va_end(pairs);
	g_ptr_array_add(markup->open, (gpointer)element);
}

/* Block elements end a line, so that no line grows without end. */
static bool ends_line(const char *element)
{
	static const char *const names[] = { "tr", "table", "p", "div", "h1", "head", "title", "style",
					     "body", "html" };

	for (size_t i = 0; i < G_N_ELEMENTS(names); i++)
		if (strcmp(names[i], element) == 0)
			return true;
	return false;
}

void markup_close(struct markup *markup, const char *element)
{
	g_assert(markup->open->len > 0);
	g_assert_cmpstr(g_ptr_array_index(markup->open, markup->open->len - 1), ==, element);
	g_ptr_array_set_size(markup->open, (gint)markup->open->len - 1);
	g_string_append_printf(markup->out, "</%s>%s", element, ends_line(element) ? "\n" : "");
}

void markup_void(struct markup *markup, const char *element, ...)
{
	va_list pairs;

	va_start(pairs, element);
	add_tag(markup, element, pairs);
	va_end(pairs);
}

void markup_text(struct markup *markup, const char *text)
{
	escape_html(markup->out, slice_from_string(text));
}

void markup_element(struct markup *markup, const char *element, const char *text, ...)
{
	va_list pairs;

	va_start(pairs, text);
	add_tag(markup, element, pairs);
	va_end(pairs);
	g_ptr_array_add(markup->open, (gpointer)element);
	markup_text(markup, text);
	markup_close(markup, element);
}

/* Length of the address that text starts with, 0 when there is none.  Punctuation
 * that ends a sentence, and a closing bracket, are not part of it. */
static size_t address_length(const char *text)
{
	size_t n = 0;

	if (g_ascii_strncasecmp(text, "http://", 7) != 0 && g_ascii_strncasecmp(text, "https://", 8) != 0)
		return 0;
	while ((guchar)text[n] > 0x20 && strchr("<>\"'`\\{}|^\x7f", text[n]) == NULL)
		n++;
	while (n > 0 && strchr(".,;:!?)]*", text[n - 1]) != NULL)
		n--;
	return n > strlen("https://") ? n : 0;
}

static void add_link(struct markup *markup, const char *text, size_t len)
{
	g_autofree char *address = g_strndup(text, len);

	markup_element(markup, "a", address, "class", "link", "style", "color:#1a56b0;", "href", address,
		       "rel", "noreferrer noopener nofollow", NULL);
}

void markup_prose(struct markup *markup, const char *text)
{
	const char *start = text;

	for (const char *p = text; *p != '\0';) {
		size_t n = (*p == 'h' || *p == 'H') ? address_length(p) : 0;

		if (n == 0 && *p != '\n') {
			p++;
			continue;
		}
		escape_html(markup->out, slice_of(start, (size_t)(p - start)));
		if (n > 0)
			add_link(markup, p, n);
		else
			g_string_append(markup->out, "<br>\n");
		p += n > 0 ? n : 1;
		start = p;
	}
	markup_text(markup, start);
}

void markup_style_sheet(struct markup *markup, const char *sheet)
{
	g_assert(strchr(sheet, '<') == NULL);
	g_string_append_printf(markup->out, "<style>%s</style>\n", sheet);
}

void markup_foreign(struct markup *markup, struct slice html)
{
	clean_html(markup->out, html);
}
