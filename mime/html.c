/* HTML to text. */
#include "mime/html.h"
#include "mime/charset.h"
#include "mime/html_read.h"
#include "mime/text.h"

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

static void on_start(void *arg, const char *word, const char *const *attributes)
{
	struct reader *r = arg;

	(void)attributes;
	if (is_hidden(word))
		r->hidden++;
	else if (is_block(word))
		break_line(r);
	else if (strcmp(word, "td") == 0 || strcmp(word, "th") == 0)
		r->space = true;
}

static void on_end(void *arg, const char *word)
{
	struct reader *r = arg;

	if (is_hidden(word)) {
		if (r->hidden > 0)
			r->hidden--;
	} else if (is_block(word)) {
		break_line(r);
	}
}

static void on_text(void *arg, struct slice text)
{
	struct reader *r = arg;

	if (r->hidden > 0)
		return;
	for (size_t i = 0; i < text.len; i++) {
		if (strchr(" \t\r\n", text.data[i]) != NULL) {
			r->space = true;
			continue;
		}
		if (r->space && r->out->len > 0 && r->out->str[r->out->len - 1] != '\n')
			g_string_append_c(r->out, ' ');
		r->space = false;
		g_string_append_c(r->out, text.data[i]);
	}
}

void text_of_html(GString *out, struct slice html)
{
	static const struct html_events events = { on_start, on_end, on_text };
	struct reader reader = { .out = g_string_new(NULL) };

	html_read(html, &events, &reader);
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
