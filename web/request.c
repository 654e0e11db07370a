#include "web/request.h"

#include "base/secret.h"

#define FIELDS_MAX 1000

struct field {
	char *name, *value;
};

struct web_fields {
	GArray *fields; /* struct field */
};

static void field_clear(gpointer data)
{
	struct field *field = data;

	g_free(field->name);
	secret_free(&field->value); /* it may be a password */
}

/* NULL when an escape is bad, gives NUL, or the whole is not UTF-8. */
static char *decode(struct slice text, bool plus_is_space)
{
	g_autoptr(GString) out = g_string_sized_new(text.len);

	for (size_t i = 0; i < text.len; i++) {
		char c = text.data[i];

		if (c == '%') {
			if (i + 2 >= text.len || !g_ascii_isxdigit(text.data[i + 1]) ||
			    !g_ascii_isxdigit(text.data[i + 2]))
				return NULL;
			c = (char)(g_ascii_xdigit_value(text.data[i + 1]) * 16 +
				   g_ascii_xdigit_value(text.data[i + 2]));
			i += 2;
		} else if (c == '+' && plus_is_space) {
			c = ' ';
		}
		g_string_append_c(out, c);
	}
	if (!g_utf8_validate(out->str, (gssize)out->len, NULL))
		return NULL; /* false for embedded NULs too */
	return g_string_free(g_steal_pointer(&out), FALSE);
}

char *web_path_decode(struct slice path)
{
	return decode(path, false);
}

static bool add_field(struct web_fields *fields, struct slice pair)
{
	const char *equals = memchr(pair.data, '=', pair.len);
	size_t name_len = equals != NULL ? (size_t)(equals - pair.data) : pair.len;
	struct field field = { .name = decode(slice_of(pair.data, name_len), true) };

	if (field.name == NULL)
		return false;
	field.value = equals != NULL
			      ? decode(slice_of(equals + 1, pair.len - name_len - 1), true)
			      : g_strdup("");
	if (field.value == NULL || fields->fields->len >= FIELDS_MAX) {
		field_clear(&field);
		return false;
	}
	g_array_append_val(fields->fields, field);
	return true;
}

struct web_fields *web_fields_parse(struct slice encoded)
{
	struct web_fields *fields = g_new0(struct web_fields, 1);

	fields->fields = g_array_new(FALSE, FALSE, sizeof(struct field));
	g_array_set_clear_func(fields->fields, field_clear);
	for (size_t start = 0; start < encoded.len;) {
		const char *end = memchr(encoded.data + start, '&', encoded.len - start);
		size_t stop = end != NULL ? (size_t)(end - encoded.data) : encoded.len;

		if (stop > start &&
		    !add_field(fields, slice_of(encoded.data + start, stop - start))) {
			web_fields_destroy(&fields);
			return NULL;
		}
		start = stop + 1;
	}
	return fields;
}

void web_fields_destroy(struct web_fields **fields)
{
	if (*fields == NULL)
		return;
	g_array_unref((*fields)->fields);
	g_clear_pointer(fields, g_free);
}

const char *web_fields_nth(const struct web_fields *fields, const char *name, size_t n)
{
	if (fields == NULL)
		return NULL;
	for (guint i = 0; i < fields->fields->len; i++) {
		const struct field *field = &g_array_index(fields->fields, struct field, i);

		if (strcmp(field->name, name) == 0 && n-- == 0)
			return field->value;
	}
	return NULL;
}

const char *web_fields_get(const struct web_fields *fields, const char *name)
{
	return web_fields_nth(fields, name, 0);
}

static bool is_cookie_value(struct slice value)
{
	for (size_t i = 0; i < value.len; i++)
		if (!g_ascii_isalnum(value.data[i]) && value.data[i] != '-' && value.data[i] != '_')
			return false;
	return value.len > 0;
}

char *web_cookie_get(const char *field, const char *name)
{
	size_t name_len = strlen(name);
	struct slice found = { NULL, 0 };

	for (const char *p = field; p != NULL && *p != '\0';) {
		size_t len = strcspn(p, ";");

		while (len > 0 && (*p == ' ' || *p == '\t')) {
			p++;
			len--;
		}
		if (len > name_len && strncmp(p, name, name_len) == 0 && p[name_len] == '=') {
			if (found.data != NULL)
				return NULL;
			found = slice_of(p + name_len + 1, len - name_len - 1);
			while (found.len > 0 && found.data[found.len - 1] == ' ')
				found.len--;
		}
		p += len;
		p += *p == ';';
	}
	return found.data != NULL && is_cookie_value(found) ? slice_dup(found) : NULL;
}

static enum web_method method_of(const char *name)
{
	if (strcmp(name, "GET") == 0)
		return WEB_GET;
	if (strcmp(name, "HEAD") == 0)
		return WEB_HEAD;
	return strcmp(name, "POST") == 0 ? WEB_POST : WEB_OTHER;
}

void web_request_set_method(struct web_request *request, const char *method)
{
	request->method = method_of(method);
	g_free(request->method_name);
	request->method_name = g_strdup(method);
}

struct slice web_target_path(struct slice target, struct slice *authority_out)
{
	static const struct slice schemes[] = { { "http://", 7 }, { "https://", 8 } };

	*authority_out = slice_of(NULL, 0);
	for (size_t i = 0; i < G_N_ELEMENTS(schemes); i++) {
		size_t start = schemes[i].len, end = start;

		if (target.len < start || !slice_equal_ascii_case(slice_of(target.data, start), schemes[i]))
			continue;
		while (end < target.len && target.data[end] != '/' && target.data[end] != '?')
			end++;
		*authority_out = slice_of(target.data + start, end - start);
		return slice_of(target.data + end, target.len - end);
	}
	return target;
}

struct web_request *web_request_create(const char *method, const char *url)
{
	struct slice authority, rest = web_target_path(slice_from_string(url), &authority);
	g_autofree char *target = g_strconcat(rest.len == 0 || *rest.data == '?' ? "/" : "", rest.data, NULL);
	size_t path_len = strcspn(target, "?");
	const char *query = target[path_len] == '?' ? target + path_len + 1 : "";
	struct web_request *request = g_new0(struct web_request, 1);

	web_request_set_method(request, method);
	request->target = g_strdup(target);
	request->path = web_path_decode(slice_of(target, path_len));
	request->query = web_fields_parse(slice_from_string(query));
	request->body = g_string_new(NULL);
	if (request->path == NULL || request->query == NULL)
		web_request_destroy(&request);
	return request;
}

void web_request_complete(struct web_request *request)
{
	static const char form[] = "application/x-www-form-urlencoded";

	if (request->method == WEB_POST && request->content_type != NULL &&
	    g_ascii_strncasecmp(request->content_type, form, strlen(form)) == 0)
		request->form = web_fields_parse(slice_of(request->body->str, request->body->len));
}

void web_request_destroy(struct web_request **request)
{
	struct web_request *r = *request;

	if (r == NULL)
		return;
	g_free(r->method_name);
	g_free(r->target);
	g_free(r->path);
	web_fields_destroy(&r->query);
	web_fields_destroy(&r->form);
	g_free(r->host);
	g_free(r->cookie);
	g_free(r->fetch_site);
	g_free(r->accept_language);
	g_free(r->if_none_match);
	g_free(r->content_type);
	g_free(r->forwarded_for);
	secret_wipe(r->body->str, r->body->len); /* the same password */
	g_string_free(r->body, TRUE);
	g_free(r->peer);
	g_clear_pointer(request, g_free);
}

struct web_response *web_response_create(void)
{
	struct web_response *response = g_new0(struct web_response, 1);

	response->status = 200;
	response->content_type = "text/html; charset=utf-8";
	response->body = g_string_new(NULL);
	response->cookies = g_ptr_array_new_with_free_func(g_free);
	return response;
}

void web_response_destroy(struct web_response **response)
{
	struct web_response *r = *response;

	if (r == NULL)
		return;
	g_string_free(r->body, TRUE);
	g_free(r->location);
	g_free(r->disposition);
	g_ptr_array_unref(r->cookies);
	g_clear_pointer(response, g_free);
}

void web_response_redirect(struct web_response *response, const char *location)
{
	response->status = 303;
	g_free(response->location);
	response->location = g_strdup(location);
	g_string_truncate(response->body, 0);
	response->content_type = "text/plain; charset=utf-8";
}

void web_response_cookie(struct web_response *response, const char *name, const char *value,
			 const char *path, int max_age, bool secure)
{
	g_ptr_array_add(response->cookies,
			g_strdup_printf("%s=%s; Path=%s; Max-Age=%d; HttpOnly; SameSite=Lax%s", name,
					value, path, max_age, secure ? "; Secure" : ""));
}
