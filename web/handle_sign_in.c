/* Signing in and out.  Where to go afterwards is said by the page that asked; only
 * paths of our own are gone to. */
#include "web/handlers.h"

#include "base/secret.h"
#include "web/session.h"

/* A path below base that one of our pages names: "m/...", "calendar/...". */
static bool next_is_ours(const char *next)
{
	if (next == NULL || strlen(next) > 500 ||
	    (!g_str_has_prefix(next, "m/") && !g_str_has_prefix(next, "calendar")))
		return false;
	for (const char *p = next; *p != '\0'; p++)
		if (!g_ascii_isalnum(*p) && strchr("-._~/?=&", *p) == NULL)
			return false;
	return strstr(next, "..") == NULL && strstr(next, "//") == NULL;
}

static const char *next_or_calendar(const char *next)
{
	return next_is_ours(next) ? next : "calendar/";
}

static void show_form(struct web_call *call, unsigned status, const struct page_sign_in *model)
{
	struct page_frame frame;

	session_prepare_form(call);
	frame = call_frame(call, words_get(call->words, "Sign in"), PAGE_SMALL);
	frame.account = NULL;
	call->response->status = status;
	call_show(call, page_sign_in(&frame, model));
}

/* A browser saves what comes for these: it must not be the sign-in form. */
static bool is_download(const struct web_call *call)
{
	const char *path = call->request->path;

	return g_str_has_suffix(path, ".ics") || g_str_has_suffix(path, ".eml") ||
	       strstr(path, "/file/") != NULL;
}

/* Where the reader wanted to be: the page itself, or for anything else its meeting's. */
static char *wanted(const struct web_call *call)
{
	const char *below = call->request->target + strlen(call->base);
	bool is_page = call->request->method != WEB_POST && strchr(below, '%') == NULL;

	if (!g_str_has_prefix(call->request->target, call->base))
		return g_strdup("calendar/");
	if (g_str_has_prefix(below, "m/") && call->parts[0] != NULL &&
	    (!is_page || is_download(call)))
		return g_strconcat("m/", call->parts[0], NULL);
	return g_strdup(is_page ? below : "calendar/");
}

void handle_ask_sign_in(struct web_call *call)
{
	g_autofree char *next = wanted(call);
	struct page_sign_in model = {
		.next = next_or_calendar(next),
		.for_meeting = g_str_has_prefix(next, "m/"),
	};

	show_form(call, call->request->method == WEB_POST || is_download(call) ? 403 : 200, &model);
}

void handle_sign_in_form(struct web_call *call)
{
	const char *next = web_fields_get(call->request->query, "next");
	struct page_sign_in model = { .next = next_or_calendar(next) };

	if (call->reader != NULL)
		call_go(call, model.next);
	else
		show_form(call, 200, &model);
}

static const struct failure {
	enum auth_outcome outcome;
	unsigned status;
	const char *text;
} failures[] = {
	{ AUTH_DENIED, 403, N_("The address or the password is wrong.") },
	{ AUTH_DISABLED, 403, N_("This account is switched off.") },
	{ AUTH_NOT_ALLOWED, 403, N_("This account may not sign in here.") },
	{ AUTH_THROTTLED, 429, N_("Too many failed tries. Please wait a few minutes.") },
	{ AUTH_UNAVAILABLE, 503, N_("Signing in is not possible at the moment. Please try again in a minute.") },
};

static void show_failure(struct web_call *call, enum auth_outcome outcome)
{
	const struct failure *failure = &failures[0];
	const char *next = call_field(call, "next");
	struct page_sign_in model;

	for (size_t i = 0; i < G_N_ELEMENTS(failures); i++)
		if (failures[i].outcome == outcome)
			failure = &failures[i];
	model = (struct page_sign_in){
		.next = next_or_calendar(next),
		.address = call_field(call, "address"),
		.problem = words_get(call->words, failure->text),
		.for_meeting = g_str_has_prefix(next, "m/"),
	};
	show_form(call, failure->status, &model);
}

void handle_sign_in(struct web_call *call)
{
	g_autofree char *address = g_strstrip(g_strdup(call_field(call, "address")));
	struct auth_result result;

	auth_check_password(call->store, call->auth, slice_from_string(address),
			    slice_from_string(call_field(call, "password")), call->peer, &result);
	if (result.outcome != AUTH_OK)
		show_failure(call, result.outcome);
	else if (!session_begin(call, result.account_id))
		show_failure(call, AUTH_UNAVAILABLE);
	else
		call_go(call, next_or_calendar(call_field(call, "next")));
	auth_result_clear(&result);
}

void handle_sign_out(struct web_call *call)
{
	const char *next = web_fields_get(call->request->form, "next");
	g_autofree char *path = NULL;

	session_end(call);
	if (!next_is_ours(next)) {
		call_go(call, "sign-in");
		return;
	}
	path = g_strconcat("sign-in?next=", next, NULL);
	call_go(call, strpbrk(next, "?&") == NULL ? path : "sign-in");
}
