/* The frame of every page, and the two pages that need nothing else. */
#include "web/page.h"

#include <stdarg.h>

char *page_link(const struct page_frame *frame, const char *format, ...)
{
	g_autofree char *path = NULL;
	va_list values;

	va_start(values, format);
	path = g_strdup_vprintf(format, values);
	va_end(values);
	return g_strconcat(frame->base, path, NULL);
}

void page_hidden(struct html *html, const char *name, const char *value)
{
	html_void(html, "input", "type", "hidden", "name", name, "value", value, NULL);
}

void page_fill(struct html *html, const char *template, const char *name, const char *value)
{
	g_autofree char *text = words_filled(template, name, value, NULL);

	html_text(html, text);
}

void page_form(struct html *html, const struct page_frame *frame, const char *action)
{
	html_open(html, "form", "method", "post", "action", action, NULL);
	page_hidden(html, "csrf", frame->csrf != NULL ? frame->csrf : "");
}

void page_note(struct html *html, enum page_note note, const char *text)
{
	static const char *const classes[] = { "note", "note good", "note warn", "note bad" };

	html_element(html, "p", text, "class", classes[note], "role",
		     note == PAGE_NOTE_BAD ? "alert" : NULL, NULL);
}

static void add_nav_link(struct html *html, const struct page_frame *frame, const char *path,
			 const char *text, enum page_nav nav)
{
	g_autofree char *link = page_link(frame, "%s", path);

	html_open(html, "li", NULL);
	html_element(html, "a", text, "href", link, "aria-current",
		     frame->nav == nav ? "true" : NULL, NULL);
	html_close(html, "li");
}

static void add_bar(struct html *html, const struct page_frame *frame)
{
	g_autofree char *sign_out = page_link(frame, "sign-out");

	html_open(html, "header", "class", "bar", NULL);
	html_open(html, "div", NULL);
	html_open(html, "nav", "aria-label", words_get(frame->words, "Main"), NULL);
	html_open(html, "ul", NULL);
	add_nav_link(html, frame, "calendar/", words_get(frame->words, "Calendar"), PAGE_NAV_CALENDAR);
	add_nav_link(html, frame, "calendar/new", words_get(frame->words, "New meeting"), PAGE_NAV_NEW);
	html_close(html, "ul");
	html_close(html, "nav");
	html_open(html, "div", "class", "who", NULL);
	html_element(html, "span", frame->account, NULL);
	page_form(html, frame, sign_out);
	html_element(html, "button", words_get(frame->words, "Sign out"), "type", "submit", "class",
		     "plain", NULL);
	html_close(html, "form");
	html_close(html, "div");
	html_close(html, "div");
	html_close(html, "header");
}

struct html *page_begin(const struct page_frame *frame)
{
	static const char *const widths[] = { NULL, "narrow", "small" };
	g_autofree char *style = page_link(frame, "%s", frame->style);
	g_autofree char *icon = page_link(frame, "%s", frame->icon);
	struct html *html = html_create();

	html_open(html, "html", "lang", words_language(frame->words), NULL);
	html_open(html, "head", NULL);
	html_void(html, "meta", "charset", "utf-8", NULL);
	html_void(html, "meta", "name", "viewport", "content", "width=device-width, initial-scale=1",
		  NULL);
	html_void(html, "meta", "name", "robots", "content", "noindex, nofollow", NULL);
	html_void(html, "meta", "name", "color-scheme", "content", "light dark", NULL);
	html_element(html, "title", frame->title, NULL);
	html_void(html, "link", "rel", "stylesheet", "href", style, NULL);
	html_void(html, "link", "rel", "icon", "type", "image/svg+xml", "href", icon, NULL);
	html_close(html, "head");
	html_open(html, "body", NULL);
	html_element(html, "a", words_get(frame->words, "Skip to the content"), "class", "skip", "href",
		     "#content", NULL);
	if (frame->account != NULL)
		add_bar(html, frame);
	html_open(html, "main", "id", "content", "class", widths[frame->width], NULL);
	return html;
}

GString *page_end(const struct page_frame *frame, struct html **html)
{
	(void)frame;
	html_close(*html, "main");
	html_close(*html, "body");
	html_close(*html, "html");
	return html_finish(html);
}

GString *page_message(const struct page_frame *frame, const struct page_message *message)
{
	struct html *html = page_begin(frame);

	html_open(html, "div", "class", "card stack", NULL);
	html_element(html, "h1", message->heading, NULL);
	if (message->text != NULL)
		html_element(html, "p", message->text, NULL);
	if (message->link != NULL) {
		html_open(html, "p", NULL);
		html_element(html, "a", message->link_text, "href", message->link, NULL);
		html_close(html, "p");
	}
	if (message->switch_next != NULL) {
		g_autofree char *sign_out = page_link(frame, "sign-out");

		page_form(html, frame, sign_out);
		page_hidden(html, "next", message->switch_next);
		html_element(html, "button", words_get(frame->words, "Sign in as somebody else"), "type",
			     "submit", "class", "main", NULL);
		html_close(html, "form");
	}
	html_close(html, "div");
	return page_end(frame, &html);
}

static void add_credentials(struct html *html, const struct page_frame *frame,
			    const struct page_sign_in *model)
{
	bool has_address = model->address != NULL && model->address[0] != '\0';

	html_open(html, "div", NULL);
	html_element(html, "label", words_get(frame->words, "Mail address"), "for", "address", NULL);
	html_void(html, "input", "id", "address", "name", "address", "type", "text", "inputmode",
		  "email", "autocomplete", "username", "autocapitalize", "none", "spellcheck", "false",
		  "required", "", "maxlength", "320", "value", model->address, "autofocus",
		  has_address ? NULL : "", NULL);
	html_close(html, "div");
	html_open(html, "div", NULL);
	html_element(html, "label", words_get(frame->words, "Password"), "for", "password", NULL);
	html_void(html, "input", "id", "password", "name", "password", "type", "password",
		  "autocomplete", "current-password", "required", "", "maxlength", "1024",
		  "autofocus", has_address ? "" : NULL, NULL);
	html_close(html, "div");
}

GString *page_sign_in(const struct page_frame *frame, const struct page_sign_in *model)
{
	g_autofree char *action = page_link(frame, "sign-in");
	struct html *html = page_begin(frame);

	html_open(html, "div", "class", "card stack", NULL);
	html_element(html, "h1", words_get(frame->words, "Sign in"), NULL);
	if (model->for_meeting)
		html_element(html, "p", words_get(frame->words, "Sign in to see the meeting and answer it."),
			     "class", "soft", NULL);
	if (model->problem != NULL)
		page_note(html, PAGE_NOTE_BAD, model->problem);
	page_form(html, frame, action);
	html_open(html, "div", "class", "stack", NULL);
	page_hidden(html, "next", model->next != NULL ? model->next : "");
	add_credentials(html, frame, model);
	html_element(html, "button", words_get(frame->words, "Sign in"), "type", "submit", "class", "main",
		     NULL);
	html_close(html, "div");
	html_close(html, "form");
	html_close(html, "div");
	return page_end(frame, &html);
}
