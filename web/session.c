#include "web/session.h"

#include "base/secret.h"

bool session_load(struct web_call *call)
{
	g_autofree char *token = web_cookie_get(call->request->cookie, COOKIE_SESSION);
	struct web_session session;
	enum store_result result;

	if (token == NULL)
		return true;
	result = web_session_find(call->store, token, SESSION_SECONDS, &session);
	if (result == STORE_OK) {
		call->reader = web_reader_create(&session, call->config);
		call->words = call->reader->words;
		call->csrf = g_strdup(session.csrf);
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
		web_response_cookie(call->response, COOKIE_SESSION, token, call->base, SESSION_SECONDS,
				    call->secure);
		web_response_cookie(call->response, COOKIE_FORM, "", call->base, 0, call->secure);
	}
	secret_free(&token);
	web_session_clear(&session);
	return made;
}

void session_end(struct web_call *call)
{
	g_autofree char *token = web_cookie_get(call->request->cookie, COOKIE_SESSION);

	if (token != NULL)
		web_session_remove(call->store, token);
	web_response_cookie(call->response, COOKIE_SESSION, "", call->base, 0, call->secure);
	web_reader_destroy(&call->reader);
	g_clear_pointer(&call->csrf, g_free);
}

void session_prepare_form(struct web_call *call)
{
	if (call->csrf != NULL)
		return;
	call->csrf = web_cookie_get(call->request->cookie, COOKIE_FORM);
	if (call->csrf != NULL)
		return;
	call->csrf = secret_token(18);
	web_response_cookie(call->response, COOKIE_FORM, call->csrf, call->base, 86400, call->secure);
}

bool session_form_holds(const struct web_call *call)
{
	const char *sent = web_fields_get(call->request->form, "csrf");
	g_autofree char *cookie = web_cookie_get(call->request->cookie, COOKIE_FORM);
	const char *expected = call->reader != NULL ? call->csrf : cookie;

	return sent != NULL && expected != NULL && expected[0] != '\0' &&
	       secret_equal(slice_from_string(sent), slice_from_string(expected));
}
