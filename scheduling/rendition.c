/* The texts come from calendar/render.h, the calendar object from
 * calendar/outgoing.h, the tree from mime/builder.h; this file brings them together. */
#include "scheduling/rendition.h"

#include "base/escape.h"
#include "calendar/outgoing.h"
#include "calendar/render.h"
#include "mime/builder.h"

#define MAX_UID 200

char *rendition_decision_header(const char *uid, const struct itip_decision *decision)
{
	GString *out = g_string_new("X-Convoke-Meeting: uid=");

	/* A UID is foreign text: percent-encoding keeps it from making headers. */
	escape_url(out, slice_of(uid, strnlen(uid, MAX_UID)));
	g_string_append_printf(out, ";\r\n kind=%s; action=%s; reason=%s; sender=%s\r\n",
			       itip_kind_name(decision->kind), itip_action_name(decision->action),
			       itip_reason_name(decision->reason), imip_vouch_name(decision->vouch));
	return g_string_free(out, FALSE);
}

static struct render_clash *list_clashes(const GPtrArray *clashes)
{
	struct render_clash *list;

	if (clashes == NULL || clashes->len == 0)
		return NULL;
	list = g_new0(struct render_clash, clashes->len);
	for (guint i = 0; i < clashes->len; i++) {
		const struct clash *clash = g_ptr_array_index(clashes, i);

		list[i] = (struct render_clash){ clash->title, clash->start, clash->end };
	}
	return list;
}

static struct slice words_of(const GString *words, bool without)
{
	return without ? slice_of(NULL, 0) : slice_of(words->str, words->len);
}

static char *calendar_parameters(const struct meeting *meeting)
{
	const char *method = meeting_method_name(meeting->method);

	/* a word that iTIP does not know stays inside the calendar */
	return g_strdup_printf("charset=utf-8%s%s; component=%s", *method != '\0' ? "; method=" : "", method,
			       meeting_main_event(meeting)->is_task ? "VTODO" : "VEVENT");
}

static GBytes *build(const struct rendition_input *input, const GString *text, const GString *html,
		     const char *ics)
{
	const struct meeting *meeting = input->facts->found.meeting;
	g_autofree char *parameters = calendar_parameters(meeting);
	g_autofree char *headers = rendition_decision_header(meeting->uid, input->decision);
	g_autofree char *seed = g_strconcat(input->facts->message_id != NULL ? input->facts->message_id : "",
					    input->link != NULL ? input->link : "", NULL);
	const struct builder_part alternatives[] = {
		{ .type = "text/plain", .parameters = "charset=utf-8", .content = slice_of(text->str, text->len) },
		{ .type = "text/html", .parameters = "charset=utf-8", .content = slice_of(html->str, html->len) },
		{ .type = "text/calendar", .parameters = parameters, .content = slice_from_string(ics) },
	};
	const struct builder_part invite = { .type = "application/ics", .filename = "invite.ics",
					     .attachment = true, .content = slice_from_string(ics) };

	return builder_render(&(struct builder_rendition){
		.index = input->index,
		.source = input->source,
		.seed = seed,
		.headers = headers,
		.alternatives = alternatives,
		.alternative_count = G_N_ELEMENTS(alternatives),
		.attachments = &invite,
		.attachment_count = 1,
		.replaced = (const uint32_t *)(const void *)input->facts->calendar_parts->data,
		.replaced_count = input->facts->calendar_parts->len,
	});
}

GBytes *rendition_make(const struct rendition_input *input)
{
	const struct mail_facts *facts = input->facts;
	g_autofree struct render_clash *clashes = list_clashes(input->clashes);
	const struct render_input render = {
		.incoming = facts->found.meeting,
		.decision = input->decision,
		.locale = input->reader->locale,
		.zone = input->reader->zone,
		.addresses = (const char *const *)input->reader->addresses,
		.clashes = clashes,
		.clash_count = clashes != NULL ? input->clashes->len : 0,
		.link = input->link,
		.answer_address = input->answer_address,
		.words_text = words_of(facts->words_text, input->without_words),
		.words_html = words_of(facts->words_html, input->without_words),
		.now = input->now,
	};
	g_autofree char *ics = outgoing_with_url(facts->found.meeting, input->link);
	GString *text, *html;
	GBytes *made;

	if (ics == NULL)
		return NULL;
	text = render_text(&render);
	html = render_html(&render);
	made = build(input, text, html, ics);
	g_string_free(text, TRUE);
	g_string_free(html, TRUE);
	return made;
}
