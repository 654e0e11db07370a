#include "render_case.h"

#include "calendar/zone.h"

bool render_case_run(const struct render_case *c, struct rendered *out)
{
	const char *const from[] = { c->from, NULL };
	const char *const addresses[] = { c->reader, NULL };
	struct render_clash clash = { .title = "Standup" };
	struct render_input input = { .locale = c->locale, .zone = zone_find(c->zone), .addresses = addresses,
				      .link = RENDER_LINK, .words_text = slice_from_string(c->words_text),
				      .words_html = slice_from_string(c->words_html), .now = RENDER_NOW };
	struct itip_input decide = { .addresses = addresses, .recipient = c->reader, .from = from,
				     .vouch = IMIP_VOUCHED, .now = RENDER_NOW };

	memset(out, 0, sizeof *out);
	out->incoming = meeting_parse(c->incoming, NULL, NULL);
	if (out->incoming == NULL)
		return false;
	if (c->stored.len > 0)
		out->stored = meeting_parse(c->stored, NULL, NULL);
	decide.incoming = out->incoming;
	decide.stored = out->stored;
	out->decision = itip_decide(&decide);
	if (c->clash) {
		clash.start = meeting_main_event(out->incoming)->start;
		clash.end = clash.start;
		clash.end.instant += 900;
		clash.end.fields.minute += 15;
		input.clashes = &clash;
		input.clash_count = 1;
	}
	input.incoming = out->incoming;
	input.decision = out->decision;
	out->text = render_text(&input);
	out->html = render_html(&input);
	out->heading = render_heading(&input);
	return true;
}

void rendered_clear(struct rendered *rendered)
{
	itip_decision_destroy(&rendered->decision);
	meeting_destroy(&rendered->incoming);
	meeting_destroy(&rendered->stored);
	if (rendered->text != NULL)
		g_string_free(rendered->text, TRUE);
	if (rendered->html != NULL)
		g_string_free(rendered->html, TRUE);
	g_free(rendered->heading);
	memset(rendered, 0, sizeof *rendered);
}
