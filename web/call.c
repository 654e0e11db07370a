#include "web/call.h"

#include "web/handlers.h"

struct page_frame call_frame(const struct web_call *call, const char *title, enum page_width width)
{
	return (struct page_frame){
		.base = call->base,
		.style = handle_style_path(),
		.icon = handle_icon_path(),
		.words = call->words,
		.title = title,
		.account = call->reader != NULL ? call->reader->address : NULL,
		.csrf = call->csrf,
		.width = width,
	};
}

void call_show(struct web_call *call, GString *page)
{
	g_string_free(call->response->body, TRUE);
	call->response->body = page;
}

void call_say(struct web_call *call, unsigned status, const char *heading, const char *text)
{
	struct page_frame frame = call_frame(call, heading, PAGE_SMALL);
	g_autofree char *calendar = page_link(&frame, "calendar/");
	struct page_message message = {
		.heading = heading,
		.text = text,
		.link = calendar,
		.link_text = words_get(call->words, "To the calendar"),
	};

	call->response->status = status;
	call_show(call, page_message(&frame, &message));
}

void call_go(struct web_call *call, const char *path)
{
	g_autofree char *location = g_strconcat(call->base, path, NULL);

	web_response_redirect(call->response, location);
}

void call_not_found(struct web_call *call)
{
	call_say(call, 404, words_get(call->words, "There is nothing here"),
		 words_get(call->words, "The link may be incomplete, or the meeting is no longer kept."));
}

void call_unavailable(struct web_call *call)
{
	call_say(call, 503, words_get(call->words, "This can't be shown at the moment"),
		 words_get(call->words, "Please try again in a minute. Nothing was changed."));
}

const char *call_field(const struct web_call *call, const char *name)
{
	const char *value = web_fields_get(call->request->form, name);

	return value != NULL ? value : "";
}
