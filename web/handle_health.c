#include "web/handlers.h"

#include "store/queue.h"

/* One small read by an index; what it answers does not matter. */
void handle_health(struct web_call *call)
{
	int64_t due;
	bool answers = queue_next_due(call->store, &due) == STORE_OK;

	call->response->content_type = "text/plain; charset=utf-8";
	call->response->status = answers ? 200 : 503;
	g_string_append(call->response->body, answers ? "ok\n" : "the database does not answer\n");
}
