/* What a rendered meeting mail says, before it is text or HTML: so the two cannot
 * say different things.  Only the renderers use this. */
#ifndef CALENDAR_CARD_H
#define CALENDAR_CARD_H

#include "calendar/render.h"
#include "calendar/words.h"

enum card_tone {
	CARD_PLAIN,
	CARD_QUIET, /* an old value, the organizer's clock */
	CARD_ALERT, /* a warning */
};

struct card_line {
	char *text; /* clean: one line, valid UTF-8, no controls */
	enum card_tone tone;
};

struct card_row {
	const char *label; /* in the reader's language */
	GPtrArray *lines;  /* struct card_line, at least one */
};

struct card {
	const struct words *words;
	char *kind;        /* "Updated invitation" */
	char *title;       /* "Quarterly planning" */
	bool off;          /* does not take place (for this reader): struck through */
	GPtrArray *rows;   /* struct card_row */
	const char *action; /* "See it and answer"; NULL without a link */
	bool by_mail;      /* an answer may be sent to input->answer_address */
	char *description; /* several lines; NULL when there is none, or the sender's words hold it */
	char *words_text;  /* the sender's words, clean; NULL when there are none */
};

struct card *card_create(const struct render_input *input);
/* *card becomes NULL. */
void card_destroy(struct card **card);

/* One clean line of at most `max` characters ("…" behind what was cut): white space
 * collapsed, control and bidi control characters dropped, bad octets replaced. */
char *card_clean_line(const char *text, size_t max);
/* The same with line ends (LF) kept, at most `max` octets; *cut_out says that there was more. */
char *card_clean_text(struct slice text, size_t max, bool *cut_out);

/* card_rows.c: the rows, each made only where there is something to say. */
struct card_source {
	const struct render_input *input;
	const struct words *words;
	/* The event shown, and the one before; before may be NULL. */
	const struct meeting_event *event, *before;
	/* The meeting that `event` stands in. */
	const struct meeting *meeting;
	unsigned changed; /* itip_change bits from before to event */
};
void card_add_rows(struct card *card, const struct card_source *source);

/* card_when.c: the row "When". */
void card_add_when(struct card *card, const struct card_source *source);

struct card_row *card_row(struct card *card, const char *label);
/* Takes the text, which must be clean. */
void card_line(struct card_row *row, enum card_tone tone, char *text);
/* Whether the mail says that the meeting (or this date) is off. */
bool card_is_off(enum itip_kind kind);
/* Whether the mail may not come from whom it says: what it claims is not to be believed. */
bool card_is_doubtful(enum itip_reason reason);

#endif
