/* One meeting mail, decided and rendered, for tests. */
#ifndef TESTS_RENDER_CASE_H
#define TESTS_RENDER_CASE_H

#include "calendar/render.h"

struct render_case {
	struct slice incoming, stored; /* iCalendar text; stored may be empty */
	const char *from;              /* address of the sender */
	const char *reader;            /* address of the reader */
	const char *locale, *zone;
	const char *words_text, *words_html;
	bool clash;
};

struct rendered {
	struct meeting *incoming, *stored;
	struct itip_decision *decision;
	GString *text, *html;
	char *heading;
};

#define RENDER_LINK "https://mail.example.test/m/Yk3vT0c2mQ8s_-abcdefAB"
/* 2026-04-24 08:00 UTC */
#define RENDER_NOW INT64_C(1777017600)

/* False when the incoming text is no meeting. */
bool render_case_run(const struct render_case *c, struct rendered *out);
void rendered_clear(struct rendered *rendered);

#endif
