/* The pages: pure functions from a model to HTML.  No store, no clock, no
 * request; every string in a model is foreign until the writer has escaped it. */
#ifndef WEB_PAGE_H
#define WEB_PAGE_H

#include "calendar/words.h"
#include "web/html.h"

#include <stdint.h>

enum page_nav { PAGE_NAV_NONE, PAGE_NAV_CALENDAR, PAGE_NAV_NEW };
enum page_width { PAGE_WIDE, PAGE_NARROW, PAGE_SMALL };

/* What every page has around its content. */
struct page_frame {
	const char *base;      /* path prefix, begins and ends with '/' */
	const char *style;     /* path of the style sheet below base */
	const char *icon;      /* and of the icon */
	const struct words *words;
	const char *title;     /* document title, in words of the page */
	const char *account;   /* address of whoever is signed in, or NULL */
	const char *csrf;      /* for every form; NULL when nobody is signed in */
	enum page_nav nav;
	enum page_width width;
};

/* The document up to and with <main>; then the content; then its end. */
struct html *page_begin(const struct page_frame *frame);
GString *page_end(const struct page_frame *frame, struct html **html);

/* base followed by the printed path; g_free() it. */
char *page_link(const struct page_frame *frame, const char *format, ...) G_GNUC_PRINTF(2, 3);
/* <form method="post"> with the CSRF token in it; html_close(html, "form") ends it. */
void page_form(struct html *html, const struct page_frame *frame, const char *action);
/* The template (already in the reader's language) with its one {name} filled, as text. */
void page_fill(struct html *html, const char *template, const char *name, const char *value);
void page_hidden(struct html *html, const char *name, const char *value);

/* A coloured remark. */
enum page_note { PAGE_NOTE_PLAIN, PAGE_NOTE_GOOD, PAGE_NOTE_WARN, PAGE_NOTE_BAD };
void page_note(struct html *html, enum page_note note, const char *text);

/* A page that says one thing: an error, a confirmation. */
struct page_message {
	const char *heading;
	const char *text;         /* or NULL */
	const char *link, *link_text; /* a way on, or NULL */
	const char *switch_next;  /* offers to sign in as somebody else, then go there; or NULL */
};
GString *page_message(const struct page_frame *frame, const struct page_message *message);

struct page_sign_in {
	const char *next;    /* where to go afterwards: a path below base */
	const char *address; /* filled in; NULL or "" */
	const char *problem; /* why the last try failed, or NULL */
	bool for_meeting;    /* came by a meeting's link */
};
GString *page_sign_in(const struct page_frame *frame, const struct page_sign_in *model);

#endif
