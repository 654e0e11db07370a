/* From a request to its handler: one table of method, path, needs and handler.
 *
 * GET and HEAD never change anything: a link scanner that opens every link must
 * not answer an invitation.  A POST is let to its handler only from a form of ours:
 * a browser that says it came from another site is refused, and the form's token
 * must be the session's. */
#ifndef WEB_ROUTES_H
#define WEB_ROUTES_H

#include "web/call.h"

struct route;

/* How a request fares before any handler. */
enum route_outcome {
	ROUTE_FOUND,
	ROUTE_NOT_FOUND,
	ROUTE_WRONG_METHOD, /* *allow_out is set */
};

/* `path` is decoded and begins with '/'.  *base_out is the prefix it came under (the
 * web's, a domain's, or "/"), owned by the configuration; *parts_out what the stars
 * matched (g_strfreev() it). */
enum route_outcome route_find(const struct config *config, enum web_method method, const char *path,
			      const struct route **route_out, const char **base_out, char ***parts_out,
			      const char **allow_out);
/* For the log, which must not hold the tokens of links. */
const char *route_pattern(const struct route *route);
bool route_needs_store(const struct route *route);
/* Whether a plain listener answers it itself where there is a TLS one. */
bool route_stays_plain(const struct route *route);

/* Runs the handler, with the checks the route asks for before it.  In a worker
 * when it needs the store. */
void route_run(const struct route *route, struct web_call *call);

#endif
