/* One HTTP request as the pages see it, and the small grammars inside one: the
 * query and form encoding, and the Cookie field.  Pure values; no HTTP library.
 *
 * The octets have passed web/request_check.h, but the words in them are still
 * foreign: lengths are bounded there, meanings are judged by whoever uses them. */
#ifndef WEB_REQUEST_H
#define WEB_REQUEST_H

#include "base/slice.h"

enum web_method { WEB_GET, WEB_HEAD, WEB_POST, WEB_OTHER };

/* Names and values of a query or form; the first of a repeated name counts. */
struct web_fields;

/* application/x-www-form-urlencoded.  NULL when it has bad percent-encoding, NUL,
 * octets that are not UTF-8, or more than 1,000 fields. */
struct web_fields *web_fields_parse(struct slice encoded);
void web_fields_destroy(struct web_fields **fields);
/* NULL when absent. */
const char *web_fields_get(const struct web_fields *fields, const char *name);
/* The n-th value of a repeated name, NULL behind the last. */
const char *web_fields_nth(const struct web_fields *fields, const char *name, size_t n);

/* The value of the cookie (RFC 6265 4.2) in a Cookie field, or NULL: absent, or
 * more than one of that name (somebody planted one), or with a character outside
 * base64url, the only ones we set.  g_free() it. */
char *web_cookie_get(const char *field, const char *name);

/* The path, decoded; NULL when it is not UTF-8. g_free() it. */
char *web_path_decode(struct slice path);

/* A target's path and query ("/a?b", "?b" or "" in absolute form); of an http or https URL,
 * as proxies are asked, what stands between "//" and them too (else data NULL). */
struct slice web_target_path(struct slice target, struct slice *authority_out);

struct web_request {
	enum web_method method;
	char *method_name;
	char *target;             /* path and query as sent, for redirects */
	char *path;               /* decoded, begins with '/' */
	struct web_fields *query; /* never NULL */
	struct web_fields *form;  /* a POST's body; NULL when it is not a form */
	char *host, *cookie, *fetch_site, *accept_language, *if_none_match; /* NULL when absent */
	char *content_type, *forwarded_for;
	GString *body;            /* as it comes in */
	bool secure;              /* came over TLS */
	char *peer;               /* bare address */
};

/* From the target as sent; NULL when path or query is not fit to be read.  The
 * method may be "" and set later. */
struct web_request *web_request_create(const char *method, const char *target);
void web_request_set_method(struct web_request *request, const char *method);
/* When the body is there: reads the form of a POST. */
void web_request_complete(struct web_request *request);
void web_request_destroy(struct web_request **request);

/* What goes back. */
struct web_response {
	unsigned status;
	const char *content_type;  /* static */
	GString *body;
	char *location;            /* 3xx, or NULL */
	char *disposition;         /* Content-Disposition, or NULL */
	GPtrArray *cookies;        /* char *, whole Set-Cookie values */
	const char *etag;          /* static; makes it cacheable for a year */
	const char *allow;         /* 405 */
};

struct web_response *web_response_create(void);
void web_response_destroy(struct web_response **response);
/* 303 See Other; the location is copied. */
void web_response_redirect(struct web_response *response, const char *location);
/* Sets a cookie for our path: HttpOnly, SameSite=Lax, Secure when asked.  max_age
 * in seconds; 0 deletes it. */
void web_response_cookie(struct web_response *response, const char *name, const char *value,
			 const char *path, int max_age, bool secure);

#endif
