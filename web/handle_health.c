#include "web/handlers.h"

#include "store/secret_store.h"

/* A small read that every instance can do; what it answers does not matter. */
void handle_health(struct web_call *call)
{
	uint8_t secret[SERVER_SECRET_SIZE];
	bool answers = server_secret(call->store, "csrf", secret) == STORE_OK;

	call->response->content_type = "text/plain; charset=utf-8";
	call->response->status = answers ? 200 : 503;
	g_string_append(call->response->body, answers ? "ok\n" : "the database does not answer\n");
}
