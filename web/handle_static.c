/* What is the same for everybody: the style sheet, the icon, robots.txt. */
#include "web/handlers.h"

#include "web/page_calendar.h"

static const char style_sheet[] =
#include "web/style.inc"
	;

static const char icon[] =
	"<svg xmlns=\"http://www.w3.org/2000/svg\" viewBox=\"0 0 32 32\">"
	"<rect x=\"3\" y=\"5\" width=\"26\" height=\"24\" rx=\"5\" fill=\"#1f5c8c\"/>"
	"<rect x=\"6\" y=\"12\" width=\"20\" height=\"14\" rx=\"2\" fill=\"#fff\"/>"
	"<path d=\"M11 19l4 4 7-8\" fill=\"none\" stroke=\"#1c6b40\" stroke-width=\"3\"/></svg>\n";

struct style {
	GString *css;
	char *path, *name, *etag;
};

static const struct style *style(void)
{
	static gsize made;
	static struct style it;

	if (g_once_init_enter(&made)) {
		g_autofree char *hash = NULL;

		it.css = g_string_new(style_sheet);
		calendar_grid_style(it.css);
		hash = g_compute_checksum_for_string(G_CHECKSUM_SHA256, it.css->str, (gssize)it.css->len);
		it.name = g_strdup_printf("%.16s.css", hash);
		it.path = g_strconcat("style/", it.name, NULL);
		it.etag = g_strdup_printf("\"%.16s\"", hash);
		g_once_init_leave(&made, 1);
	}
	return &it;
}

const char *handle_style_path(void)
{
	return style()->path;
}

void handle_style(struct web_call *call)
{
	/* Its name says what is in it, so it may be kept for ever; an old name, from a
	 * page of before an upgrade, gets the present one. */
	call->response->content_type = "text/css; charset=utf-8";
	call->response->etag = style()->etag;
	if (strcmp(call->parts[0], style()->name) != 0)
		call->response->etag = NULL;
	if (call->response->etag != NULL && g_strcmp0(call->request->if_none_match, style()->etag) == 0)
		call->response->status = 304;
	else
		g_string_append_len(call->response->body, style()->css->str, (gssize)style()->css->len);
}

void handle_icon(struct web_call *call)
{
	call->response->content_type = "image/svg+xml";
	call->response->etag = "\"1\"";
	g_string_append(call->response->body, icon);
}

void handle_robots(struct web_call *call)
{
	call->response->content_type = "text/plain; charset=utf-8";
	g_string_append(call->response->body, "User-agent: *\nDisallow: /\n");
}

void handle_home(struct web_call *call)
{
	call_go(call, "calendar/");
}
