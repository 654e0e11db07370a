#include "web/html.h"

#include "base/escape.h"

#include <stdarg.h>

/* A writer keeps the names of the open elements, so that a page that does not
 * nest is a bug found by its first test, not by a browser's guess. */
struct html {
	GString *out;
	GPtrArray *open; /* const char *, static names */
};

struct html *html_create(void)
{
	struct html *html = g_new0(struct html, 1);

	html->out = g_string_sized_new(8192);
	html->open = g_ptr_array_new();
	g_string_append(html->out, "<!DOCTYPE html>\n");
	return html;
}

void html_destroy(struct html **html)
{
	if (*html == NULL)
		return;
	g_string_free((*html)->out, TRUE);
	g_ptr_array_unref((*html)->open);
	g_clear_pointer(html, g_free);
}

GString *html_finish(struct html **html)
{
	GString *out = (*html)->out;

	g_assert((*html)->open->len == 0);
	g_ptr_array_unref((*html)->open);
	g_clear_pointer(html, g_free);
	return out;
}

static void assert_name(const char *name)
{
	g_assert(g_ascii_islower(name[0]));
	for (const char *p = name; *p != '\0'; p++)
		g_assert(g_ascii_islower(*p) || g_ascii_isdigit(*p) || *p == '-');
}

static bool is_link_attribute(const char *name)
{
	return strcmp(name, "href") == 0 || strcmp(name, "src") == 0 || strcmp(name, "action") == 0;
}

bool html_link_is_safe(const char *address)
{
	static const char *const schemes[] = { "http", "https", "mailto" };
	size_t n = strcspn(address, ":/?#");

	/* A browser strips controls and leading spaces before it looks for the
	 * scheme; an address that has any is not one of ours. */
	for (const char *p = address; *p != '\0'; p++)
		if ((guchar)*p <= 0x20 || *p == 0x7f || *p == '\\')
			return false;
	if (address[n] != ':')
		return true;
	for (size_t i = 0; i < G_N_ELEMENTS(schemes); i++)
		if (strlen(schemes[i]) == n && g_ascii_strncasecmp(address, schemes[i], n) == 0)
			return true;
	return false;
}

static void add_attribute(struct html *html, const char *name, const char *value)
{
	assert_name(name);
	/* Scripts have no place in these pages. */
	g_assert(!g_str_has_prefix(name, "on") && strcmp(name, "style") != 0);
	if (is_link_attribute(name) && !html_link_is_safe(value))
		return;
	g_string_append_c(html->out, ' ');
	g_string_append(html->out, name);
	if (value[0] == '\0' && !is_link_attribute(name) && strcmp(name, "value") != 0 &&
	    strcmp(name, "alt") != 0)
		return;
	g_string_append(html->out, "=\"");
	escape_html(html->out, slice_from_string(value));
	g_string_append_c(html->out, '"');
}

static void add_tag(struct html *html, const char *element, va_list pairs)
{
	assert_name(element);
	g_assert(strcmp(element, "script") != 0 && strcmp(element, "style") != 0);
	g_string_append_c(html->out, '<');
	g_string_append(html->out, element);
	for (;;) {
		const char *name = va_arg(pairs, const char *);
		const char *value;

		if (name == NULL)
			break;
		value = va_arg(pairs, const char *);
		if (value != NULL)
			add_attribute(html, name, value);
	}
	g_string_append_c(html->out, '>');
}

void html_open(struct html *html, const char *element, ...)
{
	va_list pairs;

	va_start(pairs, element);
	add_tag(html, element, pairs);
	va_end(pairs);
	g_ptr_array_add(html->open, (gpointer)element);
}

void html_close(struct html *html, const char *element)
{
	g_assert(html->open->len > 0);
	g_assert_cmpstr(g_ptr_array_index(html->open, html->open->len - 1), ==, element);
	g_ptr_array_set_size(html->open, (gint)html->open->len - 1);
	g_string_append(html->out, "</");
	g_string_append(html->out, element);
	g_string_append_c(html->out, '>');
}

void html_void(struct html *html, const char *element, ...)
{
	va_list pairs;

	va_start(pairs, element);
	add_tag(html, element, pairs);
	va_end(pairs);
}

void html_element(struct html *html, const char *element, const char *text, ...)
{
	va_list pairs;

	va_start(pairs, text);
	add_tag(html, element, pairs);
	va_end(pairs);
	g_ptr_array_add(html->open, (gpointer)element);
	if (text != NULL)
		html_text(html, text);
	html_close(html, element);
}

void html_text(struct html *html, const char *text)
{
	escape_html(html->out, slice_from_string(text));
}

void html_textf(struct html *html, const char *format, ...)
{
	g_autofree char *text = NULL;
	va_list values;

	va_start(values, format);
	text = g_strdup_vprintf(format, values);
	va_end(values);
	html_text(html, text);
}

/* Length of the http(s) address that text starts with, 0 when there is none.
 * Punctuation that ends a sentence is not part of it. */
static size_t address_length(const char *text)
{
	size_t n = 0;

	if (!g_str_has_prefix(text, "http://") && !g_str_has_prefix(text, "https://"))
		return 0;
	while ((guchar)text[n] > 0x20 && strchr("<>\"'`\\{}|^\x7f", text[n]) == NULL)
		n++;
	while (n > 0 && strchr(".,;:!?)]*", text[n - 1]) != NULL)
		n--;
	return n > strlen("https://") ? n : 0;
}

void html_prose(struct html *html, const char *text)
{
	const char *start = text;

	for (const char *p = text; *p != '\0';) {
		size_t n = address_length(p);

		if (n == 0 && *p != '\n') {
			p++;
			continue;
		}
		escape_html(html->out, slice_of(start, (size_t)(p - start)));
		if (n == 0) {
			html_void(html, "br", NULL);
			p++;
		} else {
			g_autofree char *address = g_strndup(p, n);

			html_element(html, "a", address, "href", address, "rel",
				     "noreferrer noopener nofollow", NULL);
			p += n;
		}
		start = p;
	}
	html_text(html, start);
}
