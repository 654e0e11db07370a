#include "web/session.h"

#include "base/secret.h"

/* Each prefix has cookies of its own names: a browser sends those of "/" to all longer
 * prefixes as well, and of two with one name neither is believed. */
static char *cookie_name(const struct web_call *call, const char *name)
{
	char *whole = g_strconcat(name, strcmp(call->base, "/") != 0 ? call->base : "", NULL);

	return g_strdelimit(whole, "/", '_');
}

static char *cookie_get(const struct web_call *call, const char *name)
{
	g_autofree char *whole = cookie_name(call, name);

	return web_cookie_get(call->request->cookie, whole);
}

static void cookie_set(struct web_call *call, const char *name, const char *value, int max_age)
{
	g_autofree char *whole = cookie_name(call, name);

	web_response_cookie(call->response, whole, value, call->base, max_age, call->secure);
}

bool session_load(struct web_call *call)
{
	g_autofree char *token = cookie_get(call, COOKIE_SESSION);
	struct web_session session;
	enum store_result result;

	if (token == NULL)
		return true;
	result = web_session_find(call->store, token, SESSION_SECONDS, &session);
	if (result == STORE_OK) {
		call->reader = web_reader_create(&session, call->config);
		call->words = call->reader->words;
		call->csrf = g_strdup(session.csrf);
		if (session.extended)
			cookie_set(call, COOKIE_SESSION, token, SESSION_SECONDS);
	}
	web_session_clear(&session);
	return result == STORE_OK || result == STORE_NOT_FOUND;
}

bool session_begin(struct web_call *call, uint64_t account_id)
{
	struct web_session session;
	char *token = NULL;
	bool made = web_session_create(call->store, account_id, SESSION_SECONDS, &token, &session) == STORE_OK;

	if (made) {
		cookie_set(call, COOKIE_SESSION, token, SESSION_SECONDS);
		cookie_set(call, COOKIE_FORM, "", 0);
	}
	secret_free(&token);
	web_session_clear(&session);
	return made;
}

void session_end(struct web_call *call)
{
	g_autofree char *token = cookie_get(call, COOKIE_SESSION);

	if (token != NULL)
		web_session_remove(call->store, token);
	cookie_set(call, COOKIE_SESSION, "", 0);
	web_reader_destroy(&call->reader);
	g_clear_pointer(&call->csrf, g_free);
}

void session_prepare_form(struct web_call *call)
{
	if (call->csrf != NULL)
		return;
	call->csrf = cookie_get(call, COOKIE_FORM);
	if (call->csrf != NULL)
		return;
	call->csrf = secret_token(18);
	cookie_set(call, COOKIE_FORM, call->csrf, 86400);
}

bool session_form_holds(const struct web_call *call)
{
	const char *sent = web_fields_get(call->request->form, "csrf");
	g_autofree char *cookie = cookie_get(call, COOKIE_FORM);
	const char *expected = call->reader != NULL ? call->csrf : cookie;

	return sent != NULL && expected != NULL && expected[0] != '\0' &&
	       secret_equal(slice_from_string(sent), slice_from_string(expected));
}
