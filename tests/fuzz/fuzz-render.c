/* A foreign calendar as its reader would see it, in every language: what is read can be
 * rendered, as valid UTF-8, with nothing in the HTML that a program would run, and every rule
 * has a sentence or is called irregular. */
#include "calendar/render.h"
#include "calendar/sentence.h"
#include "calendar/zone.h"

#include <string.h>

#define LINK "https://mail.example.test/m/AAAAAAAAAAAAAAAAAAAAAA"
#define NOW 1777000000

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void check_text(const GString *text)
{
	g_assert_true(g_utf8_validate(text->str, (gssize)text->len, NULL));
	g_assert_null(memchr(text->str, '\r', text->len));
	g_assert_nonnull(strstr(text->str, LINK));
}

static void check_html(const GString *html)
{
	/* Quotes in the text of a page are escaped, so the last three can only be attributes. */
	static const char *const never[] = { "<script", "<iframe", "<form", "href=\"javascript:", " src=\"http", " onerror=\"" };
	g_autofree char *lower = g_ascii_strdown(html->str, (gssize)html->len);

	g_assert_true(g_utf8_validate(html->str, (gssize)html->len, NULL));
	for (size_t i = 0; i < G_N_ELEMENTS(never); i++)
		g_assert_null(strstr(lower, never[i]));
}

static void check_sentences(const struct meeting_event *event, const struct words *words, const struct zone *zone)
{
	g_autoptr(GString) out = g_string_new(NULL);

	sentence_append(out, words, event, zone, NOW);
	g_assert_true(g_utf8_validate(out->str, (gssize)out->len, NULL));
	for (size_t i = 0; i < event->rule_count; i++) {
		gsize before = out->len;

		g_assert_true(sentence_append_rule(out, words, &event->rules[i], &event->start) ==
			      (out->len > before));
	}
}

/* The words beside the calendar are foreign too. */
static void render(const struct meeting *meeting, const struct itip_decision *decision, const char *locale,
		   struct slice words)
{
	static const char *const addresses[] = { "alice@example.test", NULL };
	const struct render_input input = {
		.incoming = meeting, .decision = decision, .locale = locale, .zone = zone_find("Europe/Berlin"),
		.addresses = addresses, .link = LINK, .answer_address = "alice+answer-A@example.test",
		.words_text = words, .words_html = words, .now = NOW,
	};
	g_autoptr(GString) text = render_text(&input), html = render_html(&input);
	g_autofree char *heading = render_heading(&input);

	check_text(text);
	check_html(html);
	g_assert_true(g_utf8_validate(heading, -1, NULL) && strpbrk(heading, "\r\n") == NULL);
	check_sentences(meeting_main_event(meeting), words_for(locale), input.zone);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct meeting *meeting = meeting_parse(slice_of((const char *)data, size), NULL, NULL);
	const char *const to[] = { "alice@example.test", NULL };
	const char *from[] = { NULL, NULL };
	struct itip_input input = { .addresses = to, .recipient = to[0], .from = from, .vouch = IMIP_VOUCHED,
				    .now = NOW };
	struct slice words = slice_of((const char *)data, size);
	struct itip_decision *decision;

	if (!g_utf8_validate((const char *)data, (gssize)size, NULL))
		words = SLICE("<p>Dear <b>Alice</b></p>");
	if (meeting == NULL)
		return 0;
	from[0] = meeting_main_event(meeting)->organizer.address;
	input.incoming = meeting;
	decision = itip_decide(&input);
	for (const char *const *locale = words_languages(); *locale != NULL; locale++)
		render(meeting, decision, *locale, words);
	itip_decision_destroy(&decision);
	meeting_destroy(&meeting);
	return 0;
}
