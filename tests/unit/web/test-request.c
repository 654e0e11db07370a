/* Queries, forms, cookies and paths. */
#include "web/request.h"

#define TEXT(literal) { literal, sizeof(literal) - 1 }

static void cookies_of_ours_are_found_and_odd_ones_are_not(void)
{
	static const struct {
		const char *field, *value;
	} rows[] = {
		{ "s=abc", "abc" },
		{ "a=1; s=abc; b=2", "abc" },
		{ "a=1;s=abc", "abc" },
		{ "s=abc ", "abc" },
		{ "ss=abc", NULL },
		{ "xs=abc", NULL },
		{ "s=", NULL },
		{ "s", NULL },
		{ "", NULL },
		{ NULL, NULL },
		{ ";;;", NULL },
		{ "s=a=b", NULL },
		{ "s=\"abc\"", NULL },
		{ "s=a b", NULL },
		{ "s=abc; s=def", NULL },
		{ "S=abc", NULL },
		{ "s=abc%20", NULL },
	};

	for (size_t i = 0; i < G_N_ELEMENTS(rows); i++) {
		g_autofree char *value = web_cookie_get(rows[i].field, "s");

		g_assert_cmpstr(value, ==, rows[i].value);
	}
}

static void forms_are_decoded_or_refused_whole(void)
{
	static const struct {
		struct slice in;
		const char *a; /* value of a; "-" : absent; NULL: refused */
	} rows[] = {
		{ TEXT("a=1&b=2"), "1" },
		{ TEXT("b=2&a=1&a=3"), "1" },
		{ TEXT("a=x+y%20z%2B"), "x y z+" },
		{ TEXT("a=gr%C3%BC%C3%9Fe"), "gr\xc3\xbc\xc3\x9f" "e" },
		{ TEXT("a"), "" },
		{ TEXT("a="), "" },
		{ TEXT("a=b=c"), "b=c" },
		{ TEXT("&&a=1&"), "1" },
		{ TEXT(""), "-" },
		{ TEXT("b=1"), "-" },
		{ TEXT("a=%"), NULL },
		{ TEXT("a=%4"), NULL },
		{ TEXT("a=%zz"), NULL },
		{ TEXT("a=%00"), NULL },
		{ TEXT("a=\0"), NULL },
		{ TEXT("a=%ff"), NULL },
		{ TEXT("b=1&a%=1"), NULL },
	};

	for (size_t i = 0; i < G_N_ELEMENTS(rows); i++) {
		struct web_fields *fields = web_fields_parse(rows[i].in);
		const char *a;

		g_assert_cmpint(fields != NULL, ==, rows[i].a != NULL);
		a = web_fields_get(fields, "a");
		if (fields != NULL)
			g_assert_cmpstr(a != NULL ? a : "-", ==, rows[i].a);
		web_fields_destroy(&fields);
	}
}

static void a_form_of_too_many_fields_is_refused(void)
{
	g_autoptr(GString) text = g_string_new(NULL);
	struct web_fields *fields;

	for (int i = 0; i < 1000; i++)
		g_string_append(text, "a=1&");
	fields = web_fields_parse(slice_of(text->str, text->len));
	g_assert_nonnull(fields);
	g_assert_cmpstr(web_fields_nth(fields, "a", 999), ==, "1");
	g_assert_null(web_fields_nth(fields, "a", 1000));
	web_fields_destroy(&fields);
	g_string_append(text, "a=1");
	g_assert_null(web_fields_parse(slice_of(text->str, text->len)));
}

static void a_request_is_split_into_path_query_and_form(void)
{
	struct web_request *request = web_request_create("POST", "/m/a%20b?x=1&y=2%203");

	g_assert_cmpint(request->method, ==, WEB_POST);
	g_assert_cmpstr(request->path, ==, "/m/a b");
	g_assert_cmpstr(web_fields_get(request->query, "y"), ==, "2 3");
	request->content_type = g_strdup("application/x-www-form-urlencoded; charset=utf-8");
	g_string_append(request->body, "answer=ACCEPTED");
	web_request_complete(request);
	g_assert_cmpstr(web_fields_get(request->form, "answer"), ==, "ACCEPTED");
	web_request_destroy(&request);

	request = web_request_create("POST", "/");
	request->content_type = g_strdup("text/plain");
	g_string_append(request->body, "answer=ACCEPTED");
	web_request_complete(request);
	g_assert_null(request->form);
	web_request_destroy(&request);
	g_assert_null(web_request_create("GET", "/%ff"));
	/* RFC 9112 3.2.2: a proxy's form of it */
	request = web_request_create("GET", "HTTP://a.test:8080/m/x?y=1");
	g_assert_cmpstr(request->target, ==, "/m/x?y=1");
	g_assert_cmpstr(request->path, ==, "/m/x");
	web_request_destroy(&request);
	request = web_request_create("GET", "https://a.test?y=1");
	g_assert_cmpstr(request->target, ==, "/?y=1");
	g_assert_cmpstr(request->path, ==, "/");
	g_assert_cmpstr(web_fields_get(request->query, "y"), ==, "1");
	web_request_destroy(&request);
}

static void cookies_are_set_with_every_guard(void)
{
	struct web_response *response = web_response_create();

	web_response_cookie(response, "s", "v", "/x/", 60, true);
	web_response_cookie(response, "s", "", "/", 0, false);
	g_assert_cmpstr(g_ptr_array_index(response->cookies, 0), ==,
			"s=v; Path=/x/; Max-Age=60; HttpOnly; SameSite=Lax; Secure");
	g_assert_cmpstr(g_ptr_array_index(response->cookies, 1), ==,
			"s=; Path=/; Max-Age=0; HttpOnly; SameSite=Lax");
	web_response_destroy(&response);
}

int main(int argc, char **argv)
{
	g_test_init(&argc, &argv, NULL);
	g_test_add_func("/web/request/cookies", cookies_of_ours_are_found_and_odd_ones_are_not);
	g_test_add_func("/web/request/forms", forms_are_decoded_or_refused_whole);
	g_test_add_func("/web/request/field-limit", a_form_of_too_many_fields_is_refused);
	g_test_add_func("/web/request/split", a_request_is_split_into_path_query_and_form);
	g_test_add_func("/web/request/set-cookie", cookies_are_set_with_every_guard);
	return g_test_run();
}
