/* The table of routes: what is found under which prefix, what a method may do, and that no
 * form but ours reaches a handler (the calls here have no store: a handler that ran would
 * crash on it). */
#include "web/handlers.h"
#include "web/routes.h"
#include "web/session.h"

static struct config config;
static const struct config_domain domains[] = {
	{ .name = "other.test", .url_protocol = "https:", .host = "other.test", .path = "/other/" },
};

static void paths_are_found_under_every_prefix(void)
{
	static const struct {
		enum web_method method;
		const char *path;
		enum route_outcome outcome;
		const char *pattern, *base, *part, *allow;
	} rows[] = {
		{ WEB_GET, "/mail/m/abc", ROUTE_FOUND, "m/*", "/mail/", "abc", NULL },
		{ WEB_HEAD, "/mail/m/abc", ROUTE_FOUND, "m/*", "/mail/", "abc", NULL },
		{ WEB_GET, "/mail/m/abc/", ROUTE_FOUND, "m/*/", "/mail/", "abc", NULL },
		{ WEB_GET, "/other/m/abc", ROUTE_FOUND, "m/*", "/other/", "abc", NULL },
		{ WEB_GET, "/m/abc", ROUTE_FOUND, "m/*", "/", "abc", NULL },
		{ WEB_GET, "/m/abc/invite.ics", ROUTE_FOUND, "m/*/invite.ics", "/", "abc", NULL },
		{ WEB_POST, "/m/abc/answer", ROUTE_FOUND, "m/*/answer", "/", "abc", NULL },
		{ WEB_GET, "/healthz", ROUTE_FOUND, "healthz", "/", NULL, NULL },
		{ WEB_GET, "/mail/", ROUTE_FOUND, "", "/mail/", NULL, NULL },
		{ WEB_GET, "/", ROUTE_FOUND, "", "/", NULL, NULL },
		{ WEB_GET, "/mail/nothing", ROUTE_NOT_FOUND, NULL, "/mail/", NULL, NULL },
		{ WEB_GET, "/other/nothing", ROUTE_NOT_FOUND, NULL, "/other/", NULL, NULL },
		{ WEB_GET, "/nothing", ROUTE_NOT_FOUND, NULL, "/", NULL, NULL },
		{ WEB_GET, "/mail/sign-out", ROUTE_WRONG_METHOD, NULL, "/mail/", NULL, "POST" },
		{ WEB_GET, "/m/", ROUTE_NOT_FOUND, NULL, NULL, NULL, NULL },
		{ WEB_GET, "/m", ROUTE_NOT_FOUND, NULL, NULL, NULL, NULL },
		{ WEB_GET, "/m//answer", ROUTE_NOT_FOUND, NULL, NULL, NULL, NULL },
		{ WEB_GET, "/m/a/b", ROUTE_NOT_FOUND, NULL, NULL, NULL, NULL },
		{ WEB_GET, "/M/abc", ROUTE_NOT_FOUND, NULL, NULL, NULL, NULL },
		{ WEB_GET, "/metrics", ROUTE_NOT_FOUND, NULL, NULL, NULL, NULL },
		{ WEB_GET, "/m/abc/answer", ROUTE_WRONG_METHOD, NULL, NULL, NULL, "POST" },
		{ WEB_HEAD, "/m/abc/answer", ROUTE_WRONG_METHOD, NULL, NULL, NULL, "POST" },
		{ WEB_GET, "/sign-out", ROUTE_WRONG_METHOD, NULL, NULL, NULL, "POST" },
		{ WEB_POST, "/m/abc", ROUTE_WRONG_METHOD, NULL, NULL, NULL, "GET, HEAD" },
		{ WEB_OTHER, "/sign-in", ROUTE_WRONG_METHOD, NULL, NULL, NULL, "GET, HEAD, POST" },
	};

	for (size_t i = 0; i < G_N_ELEMENTS(rows); i++) {
		const struct route *route = NULL;
		const char *base = NULL, *allow = NULL;
		g_auto(GStrv) parts = NULL;

		g_test_message("%s", rows[i].path);
		g_assert_cmpint(route_find(&config, rows[i].method, rows[i].path, &route, &base, &parts, &allow),
				==, rows[i].outcome);
		if (rows[i].base != NULL)
			g_assert_cmpstr(base, ==, rows[i].base);
		if (rows[i].outcome == ROUTE_FOUND) {
			g_assert_cmpstr(route_pattern(route), ==, rows[i].pattern);
			g_assert_cmpstr(parts[0], ==, rows[i].part);
		} else {
			g_assert_cmpstr(allow, ==, rows[i].allow);
		}
	}
}

/* One call through route_run() without a store. */
struct trial {
	enum web_method method;
	const char *path, *body, *cookie, *fetch_site;
	bool signed_in;
};

static struct web_response *run(const struct trial *trial)
{
	struct web_request *request = web_request_create(trial->method == WEB_POST ? "POST" : "GET", trial->path);
	struct web_response *response = web_response_create();
	struct web_session session = { .account_id = 1, .address = (char *)"alice@example.test" };
	struct web_call call = { .config = &config, .request = request, .response = response, .peer = "::1",
				 .words = words_for("en") };
	const struct route *route;
	const char *allow;

	request->content_type = g_strdup("application/x-www-form-urlencoded");
	g_string_append(request->body, trial->body != NULL ? trial->body : "");
	request->cookie = g_strdup(trial->cookie);
	request->fetch_site = g_strdup(trial->fetch_site);
	web_request_complete(request);
	if (trial->signed_in) {
		call.reader = web_reader_create(&session, &config);
		call.csrf = g_strdup("good");
	}
	g_assert_cmpint(route_find(&config, trial->method, request->path, &route, &call.base, &call.parts, &allow),
			==, ROUTE_FOUND);
	route_run(route, &call);
	web_reader_destroy(&call.reader);
	g_free(call.csrf);
	g_strfreev(call.parts);
	web_request_destroy(&request);
	return response;
}

static void no_form_without_our_token_reaches_a_handler(void)
{
	static const char *const paths[] = {
		"/m/abc/answer", "/m/abc/delegate", "/m/abc/propose", "/m/abc/apply", "/m/abc/hide", "/m/abc/edit", "/m/abc/cancel",
		"/m/abc/proposal", "/m/abc/invite", "/calendar/new", "/sign-out",
	};
	static const struct {
		const char *body, *fetch_site;
	} rows[] = {
		{ "answer=ACCEPTED", NULL },
		{ "answer=ACCEPTED&csrf=", NULL },
		{ "answer=ACCEPTED&csrf=bad", NULL },
		{ "answer=ACCEPTED&csrf=good2", NULL },
		{ "answer=ACCEPTED&csrf=goo", NULL },
		{ "answer=ACCEPTED&csrf=bad&csrf=good", NULL },
		{ "answer=ACCEPTED&csrf=good", "cross-site" },
		{ "answer=ACCEPTED&csrf=good", "same-site" },
	};

	for (size_t p = 0; p < G_N_ELEMENTS(paths); p++) {
		for (size_t i = 0; i < G_N_ELEMENTS(rows); i++) {
			struct web_response *response = run(&(struct trial){
				WEB_POST, paths[p], rows[i].body, "convoke_form=good2", rows[i].fetch_site, true });

			g_assert_cmpuint(response->status, ==, 403);
			web_response_destroy(&response);
		}
	}
}

static void signing_in_needs_the_token_of_this_browser(void)
{
	static const struct {
		const char *body, *cookie;
	} rows[] = {
		{ "address=a&password=b", NULL },
		{ "address=a&password=b&csrf=x", NULL },
		{ "address=a&password=b&csrf=", "convoke_form=" },
		{ "address=a&password=b&csrf=x", "convoke_form=y" },
		{ "address=a&password=b", "convoke_form=y" },
		{ "address=a&password=b&csrf=y", "convoke_form=y; convoke_form=y" },
	};

	for (size_t i = 0; i < G_N_ELEMENTS(rows); i++) {
		struct web_response *response =
			run(&(struct trial){ WEB_POST, "/sign-in", rows[i].body, rows[i].cookie, NULL, false });

		g_assert_cmpuint(response->status, ==, 403);
		web_response_destroy(&response);
	}
}

static void whoever_is_not_signed_in_is_asked_to(void)
{
	static const struct {
		enum web_method method;
		const char *path;
		unsigned status;
		const char *next;
	} rows[] = {
		{ WEB_GET, "/m/abc", 200, "m/abc" },
		{ WEB_GET, "/m/abc?occurrence=20260505T120000Z", 200, "m/abc?occurrence=20260505T120000Z" },
		{ WEB_GET, "/m/abc?x=%3Cscript%3E", 200, "m/abc" },
		{ WEB_GET, "/m/abc/invite.ics", 403, "m/abc" },
		{ WEB_GET, "/calendar/week?date=2026-05-05", 200, "calendar/week?date=2026-05-05" },
		{ WEB_GET, "/mail/calendar/", 200, "calendar/" },
		{ WEB_POST, "/m/abc/answer", 403, "m/abc" },
		{ WEB_POST, "/calendar/new", 403, "calendar/" },
		{ WEB_POST, "/sign-out", 403, "calendar/" },
	};

	for (size_t i = 0; i < G_N_ELEMENTS(rows); i++) {
		struct web_response *response =
			run(&(struct trial){ rows[i].method, rows[i].path, "csrf=x", NULL, NULL, false });
		g_autofree char *next = g_strdup_printf("name=\"next\" value=\"%s\"", rows[i].next);

		g_test_message("%s", rows[i].path);
		g_assert_cmpuint(response->status, ==, rows[i].status);
		g_assert_nonnull(strstr(response->body->str, "type=\"password\""));
		g_assert_nonnull(strstr(response->body->str, next));
		g_assert_cmpuint(response->cookies->len, ==, 1);
		web_response_destroy(&response);
	}
}

int main(int argc, char **argv)
{
	const struct config *defaults;
	int status;

	g_test_init(&argc, &argv, NULL);
	zone_init();
	defaults = config_defaults();
	config = *defaults;
	config.web.path = "/mail/";
	config.domains = domains;
	config.domain_count = G_N_ELEMENTS(domains);
	g_test_add_func("/web/routes/paths", paths_are_found_under_every_prefix);
	g_test_add_func("/web/routes/forms", no_form_without_our_token_reaches_a_handler);
	g_test_add_func("/web/routes/sign-in", signing_in_needs_the_token_of_this_browser);
	g_test_add_func("/web/routes/asked", whoever_is_not_signed_in_is_asked_to);
	status = g_test_run();
	config_unref(&defaults);
	return status;
}
