/* What is the same for everybody: the style sheet, the icon, robots.txt. */
#include "web/handlers.h"

#include "web/page_calendar.h"

static const char style_sheet[] =
#include "web/style.inc"
	;

static const char icon_svg[] =
	"<svg xmlns=\"http://www.w3.org/2000/svg\" viewBox=\"0 0 32 32\">"
	"<rect x=\"3\" y=\"5\" width=\"26\" height=\"24\" rx=\"5\" fill=\"#1f5c8c\"/>"
	"<rect x=\"6\" y=\"12\" width=\"20\" height=\"14\" rx=\"2\" fill=\"#fff\"/>"
	"<path d=\"M11 19l4 4 7-8\" fill=\"none\" stroke=\"#1c6b40\" stroke-width=\"3\"/></svg>\n";

/* Its name says what is in it, so a browser may keep it for ever. */
struct asset {
	GString *body;
	char *path, *name, *etag;
};

static void name_asset(struct asset *asset, const char *folder, const char *ending)
{
	g_autofree char *hash = g_compute_checksum_for_string(G_CHECKSUM_SHA256, asset->body->str,
							      (gssize)asset->body->len);

	asset->name = g_strdup_printf("%.16s%s", hash, ending);
	asset->path = g_strconcat(folder, asset->name, NULL);
	asset->etag = g_strdup_printf("\"%.16s\"", hash);
}

static const struct asset *style(void)
{
	static gsize made;
	static struct asset it;

	if (g_once_init_enter(&made)) {
		it.body = g_string_new(style_sheet);
		calendar_grid_style(it.body);
		name_asset(&it, "style/", ".css");
		g_once_init_leave(&made, 1);
	}
	return &it;
}

static const struct asset *icon(void)
{
	static gsize made;
	static struct asset it;

	if (g_once_init_enter(&made)) {
		it.body = g_string_new(icon_svg);
		name_asset(&it, "icon/", ".svg");
		g_once_init_leave(&made, 1);
	}
	return &it;
}

const char *handle_style_path(void)
{
	return style()->path;
}

const char *handle_icon_path(void)
{
	return icon()->path;
}

/* An old name, from a page of before an upgrade, gets the present content, not to be kept. */
static void send_asset(struct web_call *call, const struct asset *asset, const char *type)
{
	call->response->content_type = type;
	if (strcmp(call->parts[0], asset->name) == 0)
		call->response->etag = asset->etag;
	if (call->response->etag != NULL && g_strcmp0(call->request->if_none_match, asset->etag) == 0)
		call->response->status = 304;
	else
		g_string_append_len(call->response->body, asset->body->str, (gssize)asset->body->len);
}

void handle_style(struct web_call *call)
{
	send_asset(call, style(), "text/css; charset=utf-8");
}

void handle_icon(struct web_call *call)
{
	send_asset(call, icon(), "image/svg+xml");
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
