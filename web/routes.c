#include "web/routes.h"

#include "web/handlers.h"
#include "web/session.h"

enum needs {
	NEEDS_NOTHING = 0,
	NEEDS_STORE = 1 << 0,
	NEEDS_SIGN_IN = 1 << 1 | NEEDS_STORE, /* asks for it in place */
	NEEDS_FORM = 1 << 2,                  /* a POST with our token */
	NEEDS_NO_TLS = 1 << 3,                /* answered on a plain listener too */
};

struct route {
	enum web_method method; /* WEB_GET stands for HEAD too */
	const char *pattern;    /* below the prefix; a star is one segment that is not empty */
	unsigned needs;
	void (*handle)(struct web_call *call);
};

static const struct route routes[] = {
	{ WEB_GET, "", NEEDS_NOTHING, handle_home },
	{ WEB_GET, "healthz", NEEDS_STORE | NEEDS_NO_TLS, handle_health },
	{ WEB_GET, "robots.txt", NEEDS_NOTHING, handle_robots },
	{ WEB_GET, "icon/*", NEEDS_NOTHING, handle_icon },
	{ WEB_GET, "style/*", NEEDS_NOTHING, handle_style },
	{ WEB_GET, "sign-in", NEEDS_STORE, handle_sign_in_form },
	{ WEB_POST, "sign-in", NEEDS_STORE | NEEDS_FORM, handle_sign_in },
	{ WEB_POST, "sign-out", NEEDS_SIGN_IN | NEEDS_FORM, handle_sign_out },
	{ WEB_GET, "m/*", NEEDS_SIGN_IN, handle_meeting },
	{ WEB_GET, "m/*/", NEEDS_SIGN_IN, handle_meeting }, /* a slash that a mail program added */
	{ WEB_GET, "m/*/invite.ics", NEEDS_SIGN_IN, handle_meeting_ics },
	{ WEB_GET, "m/*/original.eml", NEEDS_SIGN_IN, handle_meeting_original },
	{ WEB_GET, "m/*/file/*/*", NEEDS_SIGN_IN, handle_meeting_file },
	{ WEB_POST, "m/*/answer", NEEDS_SIGN_IN | NEEDS_FORM, handle_answer },
	{ WEB_POST, "m/*/delegate", NEEDS_SIGN_IN | NEEDS_FORM, handle_delegate },
	{ WEB_POST, "m/*/propose", NEEDS_SIGN_IN | NEEDS_FORM, handle_propose },
	{ WEB_POST, "m/*/apply", NEEDS_SIGN_IN | NEEDS_FORM, handle_apply },
	{ WEB_POST, "m/*/hide", NEEDS_SIGN_IN | NEEDS_FORM, handle_hide },
	{ WEB_GET, "m/*/edit", NEEDS_SIGN_IN, handle_edit_form },
	{ WEB_POST, "m/*/edit", NEEDS_SIGN_IN | NEEDS_FORM, handle_edit },
	{ WEB_POST, "m/*/cancel", NEEDS_SIGN_IN | NEEDS_FORM, handle_cancel },
	{ WEB_POST, "m/*/proposal", NEEDS_SIGN_IN | NEEDS_FORM, handle_proposal },
	{ WEB_POST, "m/*/invite", NEEDS_SIGN_IN | NEEDS_FORM, handle_invite },
	{ WEB_GET, "calendar", NEEDS_SIGN_IN, handle_month },
	{ WEB_GET, "calendar/", NEEDS_SIGN_IN, handle_month },
	{ WEB_GET, "calendar/week", NEEDS_SIGN_IN, handle_week },
	{ WEB_GET, "calendar/day", NEEDS_SIGN_IN, handle_day },
	{ WEB_GET, "calendar/agenda", NEEDS_SIGN_IN, handle_agenda },
	{ WEB_GET, "calendar/meeting", NEEDS_SIGN_IN, handle_open },
	{ WEB_GET, "calendar/new", NEEDS_SIGN_IN, handle_new_form },
	{ WEB_POST, "calendar/new", NEEDS_SIGN_IN | NEEDS_FORM, handle_new },
};

/* ---- finding ---- */

/* The segments that stars stand for, or NULL when the path is another one. */
static char **match(const char *pattern, const char *path)
{
	g_autoptr(GPtrArray) parts = g_ptr_array_new_with_free_func(g_free);

	while (*pattern != '\0') {
		if (*pattern == '*') {
			size_t n = strcspn(path, "/");

			if (n == 0)
				return NULL;
			g_ptr_array_add(parts, g_strndup(path, n));
			path += n;
			pattern++;
		} else if (*pattern++ != *path++) {
			return NULL;
		}
	}
	if (*path != '\0')
		return NULL;
	g_ptr_array_add(parts, NULL);
	return (char **)g_ptr_array_steal(parts, NULL);
}

static bool method_fits(const struct route *route, enum web_method method)
{
	return route->method == method || (route->method == WEB_GET && method == WEB_HEAD);
}

static enum route_outcome find_below(const char *path, enum web_method method,
				     const struct route **route_out, char ***parts_out,
				     const char **allow_out)
{
	bool get = false, post = false;

	for (size_t i = 0; i < G_N_ELEMENTS(routes); i++) {
		char **parts = match(routes[i].pattern, path);

		if (parts == NULL)
			continue;
		if (method_fits(&routes[i], method)) {
			*route_out = &routes[i];
			*parts_out = parts;
			return ROUTE_FOUND;
		}
		g_strfreev(parts);
		get = get || routes[i].method == WEB_GET;
		post = post || routes[i].method == WEB_POST;
	}
	if (!get && !post)
		return ROUTE_NOT_FOUND;
	*allow_out = get && post ? "GET, HEAD, POST" : get ? "GET, HEAD" : "POST";
	return ROUTE_WRONG_METHOD;
}

/* Every listener serves the same paths, under the prefix of the web, of each domain,
 * and none: a link that was sent out works after a prefix has changed.  A page that says
 * "nothing here" stays under the first prefix that the path has: a front proxy may pass no other. */
enum route_outcome route_find(const struct config *config, enum web_method method, const char *path,
			      const struct route **route_out, const char **base_out, char ***parts_out,
			      const char **allow_out)
{
	enum route_outcome best = ROUTE_NOT_FOUND;

	*base_out = NULL;
	for (size_t i = 0; i < config->domain_count + 2; i++) {
		const char *base = i == 0			? config->web.path
				   : i <= config->domain_count ? config->domains[i - 1].path
							       : "/";
		enum route_outcome outcome;

		if (!g_str_has_prefix(path, base))
			continue;
		outcome = find_below(path + strlen(base), method, route_out, parts_out, allow_out);
		if (*base_out == NULL || outcome == ROUTE_FOUND || outcome > best)
			*base_out = base;
		if (outcome == ROUTE_FOUND)
			return outcome;
		best = MAX(best, outcome);
	}
	return best;
}

const char *route_pattern(const struct route *route)
{
	return route->pattern;
}

bool route_needs_store(const struct route *route)
{
	return (route->needs & NEEDS_STORE) != 0;
}

bool route_stays_plain(const struct route *route)
{
	return (route->needs & NEEDS_NO_TLS) != 0;
}

/* ---- running ---- */

/* Browsers say where a request comes from; one from elsewhere is never a form of ours. */
static bool comes_from_elsewhere(const struct web_request *request)
{
	return request->fetch_site != NULL && strcmp(request->fetch_site, "same-origin") != 0 &&
	       strcmp(request->fetch_site, "none") != 0;
}

static bool form_is_ours(struct web_call *call)
{
	if (call->request->form == NULL) {
		call_say(call, 400, words_get(call->words, "This is not a form of this site"), NULL);
		return false;
	}
	if (comes_from_elsewhere(call->request) || !session_form_holds(call)) {
		call_say(call, 403, words_get(call->words, "This form is out of date"),
			 words_get(call->words, "Nothing was changed. Go back, load the page again and "
						"send the form once more."));
		return false;
	}
	return true;
}

void route_run(const struct route *route, struct web_call *call)
{
	if ((route->needs & NEEDS_SIGN_IN) == NEEDS_SIGN_IN && call->reader == NULL) {
		handle_ask_sign_in(call);
		return;
	}
	if ((route->needs & NEEDS_FORM) != 0 && !form_is_ours(call))
		return;
	route->handle(call);
}
