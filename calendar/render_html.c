/* The HTML card: nested tables with widths, colours and padding on the cells, since
 * that is what Outlook's engine understands; dark colours by a media query for the
 * programs that know it, and nothing that depends on it.  No image, no script, no
 * font, nothing fetched. */
#include "calendar/render.h"

#include "calendar/card.h"
#include "calendar/markup.h"

#define FONT "font-family:'Segoe UI',Roboto,Helvetica,Arial,sans-serif;"

static const char sheet[] =
	"\n:root{color-scheme:light dark;supported-color-schemes:light dark}\n"
	"body{margin:0;padding:0}\n"
	"@media (max-width:480px){.pad{padding-left:16px!important;padding-right:16px!important}}\n"
	"@media (prefers-color-scheme:dark){\n"
	".page{background-color:#121417!important}\n"
	".card{background-color:#1c2025!important;border-color:#343a42!important}\n"
	".ink{color:#e8eaed!important}\n"
	".quiet{color:#a8b0ba!important}\n"
	".alert{color:#ffb4a4!important}\n"
	".link{color:#8ab8ff!important}\n"
	".rule{border-color:#343a42!important}\n"
	"}\n";

/* Their colours are for the light page; dark ones come from the sheet. */
static const struct {
	const char *class_name, *style;
} tones[] = {
	[CARD_PLAIN] = { "ink", "color:#1d2126;" },
	[CARD_QUIET] = { "quiet", "color:#5b6470;" },
	[CARD_ALERT] = { "alert", "color:#a3260f;" },
};

static void head(struct markup *m, const struct card *card)
{
	g_autofree char *title = g_strdup_printf("%s: %s", card->kind, card->title);

	markup_open(m, "head", NULL);
	markup_void(m, "meta", "http-equiv", "Content-Type", "content", "text/html; charset=utf-8", NULL);
	markup_void(m, "meta", "name", "viewport", "content", "width=device-width, initial-scale=1", NULL);
	markup_void(m, "meta", "name", "color-scheme", "content", "light dark", NULL);
	markup_void(m, "meta", "name", "supported-color-schemes", "content", "light dark", NULL);
	markup_element(m, "title", title, NULL);
	markup_style_sheet(m, sheet);
	markup_close(m, "head");
}

/* A table for layout only: screen readers pass over it. */
static void open_table(struct markup *m, const char *class_name, const char *width, const char *style)
{
	markup_open(m, "table", "role", "presentation", "class", class_name, "width", width, "border", "0",
		    "cellpadding", "0", "cellspacing", "0", "style", style, NULL);
}

static void title_rows(struct markup *m, const struct card *card)
{
	markup_open(m, "tr", NULL);
	markup_element(m, "td", card->kind, "class", "quiet pad", "dir", "auto", "style",
		       "padding:24px 28px 0 28px;" FONT "font-size:14px;line-height:20px;color:#5b6470;", NULL);
	markup_close(m, "tr");
	markup_open(m, "tr", NULL);
	markup_open(m, "td", "class", "pad", "style", "padding:2px 28px 12px 28px;", NULL);
	markup_element(m, "h1", card->title, "class", "ink", "dir", "auto", "style",
		       card->off ? "margin:0;" FONT "font-size:22px;line-height:28px;font-weight:600;"
				   "color:#1d2126;text-decoration:line-through;"
				 : "margin:0;" FONT "font-size:22px;line-height:28px;font-weight:600;color:#1d2126;",
		       NULL);
	markup_close(m, "td");
	markup_close(m, "tr");
}

static void row_lines(struct markup *m, const struct card_row *row)
{
	for (guint i = 0; i < row->lines->len; i++) {
		const struct card_line *line = g_ptr_array_index(row->lines, i);

		markup_open(m, "div", "class", tones[line->tone].class_name, "dir", "auto", "style",
			    tones[line->tone].style, NULL);
		markup_prose(m, line->text);
		markup_close(m, "div");
	}
}

static void data_rows(struct markup *m, const struct card *card)
{
	if (card->rows->len == 0)
		return;
	markup_open(m, "tr", NULL);
	markup_open(m, "td", "class", "pad", "style", "padding:0 28px 8px 28px;", NULL);
	markup_open(m, "table", "width", "100%", "border", "0", "cellpadding", "0", "cellspacing", "0",
		    NULL);
	for (guint i = 0; i < card->rows->len; i++) {
		const struct card_row *row = g_ptr_array_index(card->rows, i);

		markup_open(m, "tr", NULL);
		markup_element(m, "th", row->label, "scope", "row", "align", "left", "valign", "top", "width",
			       "84", "class", "quiet", "style",
			       "padding:6px 12px 6px 0;" FONT
			       "font-size:14px;line-height:21px;font-weight:400;text-align:left;color:#5b6470;",
			       NULL);
		markup_open(m, "td", "valign", "top", "style",
			    "padding:6px 0;" FONT "font-size:15px;line-height:21px;word-break:break-word;", NULL);
		row_lines(m, row);
		markup_close(m, "td");
		markup_close(m, "tr");
	}
	markup_close(m, "table");
	markup_close(m, "td");
	markup_close(m, "tr");
}

/* A coloured cell around the anchor: Outlook ignores padding on anchors. */
static void button(struct markup *m, const struct card *card, const char *link)
{
	if (card->action == NULL)
		return;
	markup_open(m, "tr", NULL);
	markup_open(m, "td", "class", "pad", "style", "padding:8px 28px 28px 28px;", NULL);
	open_table(m, "button", "auto", "");
	markup_open(m, "tr", NULL);
	markup_open(m, "td", "bgcolor", "#1a56b0", "align", "center", "style",
		    "padding:12px 22px;background-color:#1a56b0;border-radius:6px;", NULL);
	markup_element(m, "a", card->action, "href", link, "style",
		       FONT "font-size:15px;line-height:20px;font-weight:600;color:#ffffff;text-decoration:none;",
		       NULL);
	markup_close(m, "td");
	markup_close(m, "tr");
	markup_close(m, "table");
	markup_close(m, "td");
	markup_close(m, "tr");
}

/* For the reader without a browser: one address, three words. */
static void mail_answers(struct markup *m, const struct card *card, const char *address)
{
	static const struct {
		const char *word, *label;
	} answers[] = { { "ACCEPT", N_("Accept") }, { "TENTATIVE", N_("Tentative") }, { "DECLINE", N_("Decline") } };

	if (!card->by_mail)
		return;
	markup_open(m, "tr", NULL);
	markup_open(m, "td", "class", "quiet pad", "style",
		    "padding:0 28px 24px 28px;" FONT "font-size:13px;line-height:18px;color:#5b6470;", NULL);
	markup_text(m, words_get(card->words, "Answer by mail:"));
	for (size_t i = 0; i < G_N_ELEMENTS(answers); i++) {
		g_autofree char *href = g_strdup_printf("mailto:%s?subject=%s&body=%s", address, answers[i].word,
							answers[i].word);

		markup_text(m, " ");
		markup_element(m, "a", words_get(card->words, answers[i].label), "class", "link", "href", href,
			       "style", "color:#1a56b0;", NULL);
	}
	markup_close(m, "td");
	markup_close(m, "tr");
}

static void open_block(struct markup *m)
{
	markup_open(m, "tr", NULL);
	markup_open(m, "td", "class", "ink rule pad", "dir", "auto", "style",
		    "padding:18px 28px;border-top:1px solid #dde1e6;" FONT
		    "font-size:15px;line-height:22px;color:#1d2126;word-break:break-word;", NULL);
}

static void close_block(struct markup *m)
{
	markup_close(m, "td");
	markup_close(m, "tr");
}

static void body(struct markup *m, const struct card *card, const struct render_input *input)
{
	open_table(m, "page", "100%", "background-color:#f3f4f6;");
	markup_open(m, "tr", NULL);
	markup_open(m, "td", "align", "center", "style", "padding:16px 8px;", NULL);
	open_table(m, "card", "100%",
		   "max-width:640px;background-color:#ffffff;border:1px solid #dde1e6;border-radius:8px;"
		   "border-collapse:separate;text-align:left;");
	title_rows(m, card);
	data_rows(m, card);
	button(m, card, input->link);
	mail_answers(m, card, input->answer_address);
	if (card->description != NULL) {
		open_block(m);
		markup_prose(m, card->description);
		close_block(m);
	}
	if (input->words_html.len > 0) {
		open_block(m);
		markup_foreign(m, input->words_html);
		close_block(m);
	} else if (card->words_text != NULL) {
		open_block(m);
		markup_prose(m, card->words_text);
		close_block(m);
	}
	markup_close(m, "table");
	markup_close(m, "td");
	markup_close(m, "tr");
	markup_close(m, "table");
}

GString *render_html(const struct render_input *input)
{
	struct card *card = card_create(input);
	struct markup *m = markup_create();

	markup_open(m, "html", "lang", words_language(card->words), NULL);
	head(m, card);
	markup_open(m, "body", "class", "page", "style", "margin:0;padding:0;background-color:#f3f4f6;", NULL);
	body(m, card, input);
	markup_close(m, "body");
	markup_close(m, "html");
	card_destroy(&card);
	return markup_finish(&m);
}
