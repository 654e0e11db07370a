/* The object is read back before it is sent: what can't be read here is not sent to
 * anybody.  The wording for a recipient elsewhere is made as if he read it with the
 * sender's settings, since his are not known. */
#include "scheduling/outbox.h"

#include "base/clock.h"
#include "base/log.h"
#include "base/secret.h"
#include "calendar/outgoing.h"
#include "calendar/recur.h"
#include "calendar/render.h"
#include "calendar/words.h"
#include "mime/builder.h"
#include "scheduling/queue_runner.h"
#include "store/queue.h"

#define SECOND INT64_C(1000000)

/* A decision as the recipient's side would have come to it. */
static struct itip_decision assume_decision(const struct outbox_mail *mail, const struct meeting *meeting)
{
	const struct meeting_event *event = meeting_main_event(meeting);
	struct itip_decision decision = { .kind = mail->kind, .reason = ITIP_REASON_APPLIED, .about = event };
	bool answer = mail->kind == ITIP_KIND_REPLY || mail->kind == ITIP_KIND_COUNTER ||
		      mail->kind == ITIP_KIND_REFRESH;

	if (mail->before != NULL) {
		decision.before = mail->before;
		decision.changed = itip_compare(mail->before, event);
	}
	if (answer) {
		const char *const addresses[] = { mail->sender_address, NULL };

		decision.replier = meeting_find_attendee(event, addresses);
	}
	return decision;
}

static void add_envelope_fields(struct builder *builder, const struct outbox_mail *mail, const char *subject)
{
	const char *domain = strrchr(mail->sender_address, '@');
	g_autofree char *token = secret_token(18);
	g_autofree char *id = g_strdup_printf("<%s@%s>", token, domain != NULL ? domain + 1 : "localhost");

	builder_date(builder, mail->now / SECOND, 0);
	builder_address(builder, "From", *mail->sender->display_name != '\0' ? mail->sender->display_name : NULL,
			mail->sender_address);
	builder_address(builder, "To", NULL, mail->recipient);
	builder_header(builder, "Subject", subject);
	builder_header_raw(builder, "Message-ID", id);
	builder_header_raw(builder, "Auto-Submitted", "auto-generated");
}

static void add_parts(struct builder *builder, const struct render_input *render, const char *ics)
{
	const struct meeting *meeting = render->incoming;
	GString *text = render_text(render), *html = render_html(render);
	g_autofree char *parameters = g_strdup_printf(
		"charset=utf-8; method=%s; component=%s", meeting_method_name(meeting->method),
		meeting_main_event(meeting)->is_task ? "VTODO" : "VEVENT");

	builder_alternative(builder, &(struct builder_part){ .type = "text/plain", .parameters = "charset=utf-8",
							     .content = slice_of(text->str, text->len) });
	builder_alternative(builder, &(struct builder_part){ .type = "text/html", .parameters = "charset=utf-8",
							     .content = slice_of(html->str, html->len) });
	builder_alternative(builder, &(struct builder_part){ .type = "text/calendar", .parameters = parameters,
							     .content = slice_from_string(ics) });
	builder_attachment(builder, &(struct builder_part){ .type = "application/ics", .filename = "invite.ics",
							    .attachment = true,
							    .content = slice_from_string(ics) });
	g_string_free(text, TRUE);
	g_string_free(html, TRUE);
}

GBytes *outbox_build(const struct outbox_mail *mail)
{
	g_autofree char *reason = NULL, *subject = NULL, *seed = secret_token(12);
	struct meeting *meeting = meeting_parse(slice_from_string(mail->ics), NULL, &reason);
	struct itip_decision decision;
	struct render_input render;
	struct builder *builder;
	GBytes *made;

	if (meeting == NULL) {
		log_error("scheduling", "an object made here can't be read: %s", reason);
		return NULL;
	}
	decision = assume_decision(mail, meeting);
	render = (struct render_input){
		.incoming = meeting, .decision = &decision, .locale = mail->sender->locale,
		.zone = mail->sender->zone, .words_text = slice_from_string(mail->comment_words),
		.now = mail->now / SECOND,
	};
	subject = render_heading(&render);
	builder = builder_create(seed);
	add_envelope_fields(builder, mail, subject);
	add_parts(builder, &render, mail->ics);
	made = builder_finish(builder);
	builder_destroy(&builder);
	meeting_destroy(&meeting);
	return made;
}

static int64_t end_of(const struct outbox_mail *mail)
{
	const struct meeting *meeting = mail->about;
	const struct meeting_event *override;

	if (mail->occurrence == NULL || mail->occurrence->kind == MEETING_TIME_NONE)
		return recur_span(meeting, mail->sender->zone).end;
	override = meeting_find_override(meeting, mail->occurrence);
	if (override != NULL)
		return override->end.instant;
	return mail->occurrence->instant + meeting_main_event(meeting)->duration;
}

enum store_result outbox_add(struct store *store, const struct config *config,
			     const struct outbox_mail *mail)
{
	GBytes *made;
	const char *sender = config->submit.from != NULL ? config->submit.from : mail->sender_address;
	struct meeting *meeting;
	struct queue_item item;
	enum store_result result;

	if (mail->about != NULL && end_of(mail) <= mail->now / SECOND)
		return STORE_OK;
	made = outbox_build(mail);
	if (made == NULL)
		return STORE_INVALID;
	meeting = meeting_parse(slice_from_string(mail->ics), NULL, NULL);
	item = (struct queue_item){
		.account_id = mail->sender->account_id,
		.meeting_uid = (char *)meeting->uid,
		.sender = (char *)sender,
		.recipient = (char *)mail->recipient,
		.octets = slice_of(g_bytes_get_data(made, NULL), g_bytes_get_size(made)),
	};
	result = queue_add(store, &item, NULL);
	meeting_destroy(&meeting);
	g_bytes_unref(made);
	return result;
}
