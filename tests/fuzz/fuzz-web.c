/* Any octets, by the first one: a connection's input through the request check (the verdict
 * does not depend on the cuts, and what passes is what an independent look calls one plain
 * request), a form, a Cookie field, or text put into a page (which stays text). */
#include "web/draft_form.h"
#include "web/html.h"
#include "web/request.h"
#include "web/request_check.h"

#define REQUIRE(condition) g_assert(condition)
#define BODY_LIMIT 500

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

/* What passed, with the length of each passed head in `heads`. */
static unsigned run_check(struct slice octets, size_t cut, GString *passed, GArray *heads)
{
	struct request_check *check = request_check_create(BODY_LIMIT);
	size_t from = 0, seen = cut;
	unsigned status;

	for (;;) {
		size_t pass;
		enum request_verdict verdict =
			request_check_next(check, slice_of(octets.data + from, seen - from), &pass);

		REQUIRE(pass <= seen - from);
		if (verdict == REQUEST_REFUSED)
			break;
		if (verdict == REQUEST_HEAD)
			g_array_append_val(heads, pass);
		g_string_append_len(passed, octets.data + from, (gssize)pass);
		from += pass;
		if (verdict == REQUEST_MORE && seen == octets.len)
			break;
		if (verdict == REQUEST_MORE)
			seen = octets.len;
	}
	status = request_check_status(check);
	request_check_destroy(&check);
	return status;
}

/* A head as the strictest reader would have it. */
static size_t plain_head_body(struct slice head)
{
	g_autofree char *text = slice_dup(head);
	g_auto(GStrv) lines = NULL;
	const char *target;
	size_t hosts = 0, lengths = 0, body = 0;

	REQUIRE(strlen(text) == head.len && g_str_has_suffix(text, "\r\n\r\n"));
	text[head.len - 4] = '\0';
	lines = g_strsplit(text, "\r\n", -1);
	for (size_t i = 0; lines[i] != NULL; i++) {
		REQUIRE(strpbrk(lines[i], "\r\n") == NULL && lines[i][0] != ' ' && lines[i][0] != '\t');
		REQUIRE(i == 0 || strchr(lines[i], ':') != NULL);
		hosts += g_ascii_strncasecmp(lines[i], "host:", 5) == 0;
		if (g_ascii_strncasecmp(lines[i], "content-length:", 15) == 0) {
			lengths++;
			body = (size_t)g_ascii_strtoull(g_strstrip(lines[i] + 15), NULL, 10);
		}
		REQUIRE(g_ascii_strncasecmp(lines[i], "transfer-encoding:", 18) != 0);
	}
	target = strchr(lines[0], ' ');
	REQUIRE(target != NULL && target[1] == '/' && strstr(target, "%00") == NULL);
	REQUIRE(strstr(target, "/../") == NULL || strchr(target, '?') != NULL);
	REQUIRE(hosts == 1 || (hosts == 0 && g_str_has_suffix(lines[0], "HTTP/1.0")));
	REQUIRE(lengths <= 1 && body <= BODY_LIMIT);
	return body;
}

static void check_requests(struct slice octets)
{
	g_autoptr(GString) whole = g_string_new(NULL), other = g_string_new(NULL);
	g_autoptr(GArray) heads = g_array_new(FALSE, FALSE, sizeof(size_t));
	g_autoptr(GArray) same = g_array_new(FALSE, FALSE, sizeof(size_t));
	unsigned status = run_check(octets, octets.len, whole, heads);
	size_t at = 0;

	REQUIRE(run_check(octets, octets.len / 2, other, same) == status);
	REQUIRE(g_string_equal(whole, other) && heads->len == same->len);
	for (guint i = 0; i < heads->len; i++) {
		size_t length = g_array_index(heads, size_t, i);

		at += length + plain_head_body(slice_of(whole->str + at, length));
	}
	/* The last body may not be all there. */
	REQUIRE(at >= whole->len);
}

static void check_page(struct slice octets)
{
	g_autofree char *text = slice_dup(octets);
	struct html *html = html_create();
	GString *page;
	unsigned tags = 0;

	html_element(html, "p", text, "title", text, "href", text, NULL);
	html_prose(html, text);
	page = html_finish(&html);
	REQUIRE(g_utf8_validate(page->str, (gssize)page->len, NULL));
	for (const char *p = page->str; (p = strchr(p, '<')) != NULL; p++) {
		REQUIRE(g_str_has_prefix(p, "<!DOCTYPE") || g_str_has_prefix(p, "<p ") ||
			g_str_has_prefix(p, "<p>") || g_str_has_prefix(p, "</p>") || g_str_has_prefix(p, "<br>") ||
			g_str_has_prefix(p, "<a href=\"http") || g_str_has_prefix(p, "</a>"));
		tags++;
	}
	REQUIRE(tags >= 3);
	g_string_free(page, TRUE);
}

static void check_form(struct slice octets)
{
	struct web_fields *fields = web_fields_parse(octets);
	const char *value = web_fields_get(fields, "a");

	REQUIRE(value == NULL || g_utf8_validate(value, -1, NULL));
	web_fields_destroy(&fields);
}

static void check_cookie_and_people(struct slice octets)
{
	g_autofree char *text = slice_dup(octets);
	g_autofree char *value = web_cookie_get(text, "s");
	g_autoptr(GArray) people = g_array_new(FALSE, FALSE, sizeof(struct meeting_person));
	struct arena *arena = arena_create();
	const char *bad = NULL;

	REQUIRE(value == NULL || value[strspn(value, "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz"
						    "0123456789-_")] == '\0');
	draft_form_people(arena, text, MEETING_ROLE_REQUIRED, people, &bad);
	for (guint i = 0; i < people->len; i++)
		REQUIRE(strpbrk(g_array_index(people, struct meeting_person, i).address, " \t\r\n<>\"") == NULL);
	arena_destroy(&arena);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct slice octets;

	if (size == 0)
		return 0;
	octets = slice_of((const char *)data + 1, size - 1);
	switch (data[0] % 4) {
	case 0: check_requests(octets); break;
	case 1: check_page(octets); break;
	case 2: check_form(octets); break;
	default: check_cookie_and_people(octets); break;
	}
	return 0;
}
