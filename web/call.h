/* One request on its way through a route: what the handlers are given, and the
 * few things that each of them does. */
#ifndef WEB_CALL_H
#define WEB_CALL_H

#include "auth/auth.h"
#include "config/config.h"
#include "store/store.h"
#include "web/page.h"
#include "web/reader.h"
#include "web/request.h"

struct web_call {
	const struct config *config;
	struct auth *auth;
	struct store *store;         /* NULL in routes that do without */
	const struct web_request *request;
	struct web_response *response;
	const char *peer;            /* the client's bare address (behind a front proxy: as it says) */
	bool secure;                 /* the browser's side is TLS */
	const char *base;            /* the path prefix this request came under */
	char **parts;                /* what matched the pattern's stars, NULL-terminated */

	struct web_reader *reader;   /* who is signed in, or NULL */
	char *csrf;                  /* for the forms of this page, or NULL */
	const struct words *words;   /* of the reader, else of the browser's choice */
};

/* A frame with everything but title, nav and width filled in. */
struct page_frame call_frame(const struct web_call *call, const char *title, enum page_width width);
/* The page becomes the response's body; freed. */
void call_show(struct web_call *call, GString *page);
/* A page that says one thing, with this status. */
void call_say(struct web_call *call, unsigned status, const char *heading, const char *text);
/* 303 to a path below base; the path is copied. */
void call_go(struct web_call *call, const char *path);
/* Standard ways to fail. */
void call_not_found(struct web_call *call);
void call_unavailable(struct web_call *call);
/* A field of the form, "" when absent. */
const char *call_field(const struct web_call *call, const char *name);

#endif
