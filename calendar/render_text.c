/* The block of plain text: labels in a column, values beside them wrapped at 78
 * columns, the link on a line of its own, and below it what the sender wrote. */
#include "calendar/render.h"

#include "calendar/card.h"

#define COLUMNS 78
#define MIN_LABEL 8

/* Columns that a terminal gives to the text. */
static int width_of(const char *text, gssize len)
{
	int width = 0;

	for (const char *p = text; p < text + len; p = g_utf8_next_char(p)) {
		gunichar c = g_utf8_get_char(p);

		width += g_unichar_iszerowidth(c) ? 0 : g_unichar_iswide(c) ? 2 : 1;
	}
	return width;
}

static void spaces(GString *out, int count)
{
	for (; count > 0; count--)
		g_string_append_c(out, ' ');
}

/* "5." or "12": what follows is its month, and stays with it. */
static bool is_day_number(const char *word, gssize len)
{
	if (len > 0 && word[len - 1] == '.')
		len--;
	return (len == 1 || len == 2) && g_ascii_isdigit(word[0]) && g_ascii_isdigit(word[len - 1]);
}

/* Length of the next piece that is not cut: a word, or a day with its month. */
static gssize piece_length(const char *p)
{
	gssize len = (gssize)strcspn(p, " ");

	if (is_day_number(p, len) && p[len] == ' ')
		len += 1 + (gssize)strcspn(p + len + 1, " ");
	return len;
}

/* The text in lines of at most COLUMNS, the first one already indented; a word that
 * is longer stays whole, since it may be an address. */
static void wrap(GString *out, const char *text, int indent)
{
	int column = indent;

	for (const char *p = text; *p != '\0';) {
		gssize len = piece_length(p);
		int width = width_of(p, len);

		if (p != text && column + 1 + width > COLUMNS) {
			g_string_append_c(out, '\n');
			spaces(out, indent);
			column = indent;
		} else if (p != text) {
			g_string_append_c(out, ' ');
			column++;
		}
		g_string_append_len(out, p, len);
		column += width;
		p += len;
		if (*p == ' ')
			p++;
	}
	g_string_append_c(out, '\n');
}

static int label_width(const struct card *card)
{
	int widest = MIN_LABEL;

	for (guint i = 0; i < card->rows->len; i++) {
		const struct card_row *row = g_ptr_array_index(card->rows, i);

		widest = MAX(widest, width_of(row->label, (gssize)strlen(row->label)) + 1);
	}
	return widest;
}

/* An old value of one line goes behind the new one: "Room 4   (was: Room 2)". */
static bool fits_behind(const struct card_row *row, int indent)
{
	const struct card_line *first, *second;

	if (row->lines->len != 2)
		return false;
	first = g_ptr_array_index(row->lines, 0);
	second = g_ptr_array_index(row->lines, 1);
	return second->tone == CARD_QUIET && first->tone == CARD_PLAIN &&
	       width_of(first->text, (gssize)strlen(first->text)) +
			       width_of(second->text, (gssize)strlen(second->text)) + 5 + indent <=
		       COLUMNS &&
	       width_of(first->text, (gssize)strlen(first->text)) < 40;
}

static void append_row(GString *out, const struct card_row *row, int indent)
{
	const struct card_line *first = g_ptr_array_index(row->lines, 0);

	g_string_append(out, row->label);
	spaces(out, indent - width_of(row->label, (gssize)strlen(row->label)));
	if (fits_behind(row, indent)) {
		const struct card_line *second = g_ptr_array_index(row->lines, 1);

		g_string_append_printf(out, "%s   (%s)\n", first->text, second->text);
		return;
	}
	wrap(out, first->text, indent);
	for (guint i = 1; i < row->lines->len; i++) {
		const struct card_line *line = g_ptr_array_index(row->lines, i);

		spaces(out, indent);
		wrap(out, line->text, indent);
	}
}

/* The sender's words begin behind a rule, so that nothing in them can pass for ours. */
static void append_foreign(GString *out, const char *text)
{
	g_string_append(out, "\n----------------------------------------\n");
	g_string_append(out, text);
	g_string_append_c(out, '\n');
}

GString *render_text(const struct render_input *input)
{
	struct card *card = card_create(input);
	GString *out = g_string_sized_new(2048);
	int indent = label_width(card);

	g_string_append_printf(out, "%s: %s\n\n", card->kind, card->title);
	for (guint i = 0; i < card->rows->len; i++)
		append_row(out, g_ptr_array_index(card->rows, i), indent);
	if (card->action != NULL)
		g_string_append_printf(out, "\n%s:\n%s\n", card->action, input->link);
	if (card->by_mail)
		g_string_append_printf(out, "\n%s:\n%s\n",
				       words_get(card->words, "Or by mail, with ACCEPT, TENTATIVE or DECLINE as "
							      "the first word, to"),
				       input->answer_address);
	if (card->description != NULL)
		append_foreign(out, card->description);
	if (card->words_text != NULL)
		append_foreign(out, card->words_text);
	card_destroy(&card);
	return out;
}
