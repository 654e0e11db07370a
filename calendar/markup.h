/* HTML for mail, by construction: text and attribute values are escaped on their way
 * in, elements nest because the writer closes them, a link goes to http, https or a mail
 * address or nowhere.  Foreign markup enters only through mime/clean_html.h.
 *
 * Element and attribute names and styles are the program's own words. */
#ifndef CALENDAR_MARKUP_H
#define CALENDAR_MARKUP_H

#include "base/slice.h"

struct markup;

/* Starts with the doctype. */
struct markup *markup_create(void);
/* Asserts that every element is closed; *markup becomes NULL; g_string_free() the result. */
GString *markup_finish(struct markup **markup);

/* Attributes are pairs of name and value, ended by NULL. */
void markup_open(struct markup *markup, const char *element, ...) G_GNUC_NULL_TERMINATED;
/* Closes the innermost open element, which must be `element`. */
void markup_close(struct markup *markup, const char *element);
/* <meta>, <br>, <hr>. */
void markup_void(struct markup *markup, const char *element, ...) G_GNUC_NULL_TERMINATED;
void markup_text(struct markup *markup, const char *text);
/* An element that holds text only. */
void markup_element(struct markup *markup, const char *element, const char *text, ...)
	G_GNUC_NULL_TERMINATED;
/* Text with its line ends kept, and http and https addresses in it made links. */
void markup_prose(struct markup *markup, const char *text);
/* <style>; the sheet is a constant of the program. */
void markup_style_sheet(struct markup *markup, const char *sheet);
/* A sender's HTML, made harmless. */
void markup_foreign(struct markup *markup, struct slice html);

/* Whether a mail program may be told to open it: http or https, no controls or spaces. */
bool markup_is_web_address(const char *address);

#endif
