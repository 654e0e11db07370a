/* Sign-in sessions of the web: the token itself is never stored, only its hash. */
#ifndef STORE_WEB_SESSION_H
#define STORE_WEB_SESSION_H

#include "store/store.h"

struct web_session {
	uint64_t account_id;
	char *address;          /* the account's own */
	char *display_name, *timezone, *locale;
	char *csrf;             /* secret of the forms, base64url */
	int64_t created, expires; /* clock_now() terms */
	bool extended;          /* web_session_find() moved the expiry: the cookie's must go along */
};
void web_session_clear(struct web_session *session);

/* Makes one that lives for `seconds`; *token_out (256 random bits, base64url) is for the
 * cookie; secret_free() it. */
enum store_result web_session_create(struct store *store, uint64_t account_id, unsigned seconds,
				     char **token_out, struct web_session *session_out);
/* STORE_NOT_FOUND: unknown, expired, or the account is disabled.  Moves the expiry to `seconds`
 * from now when less than half of that is left. */
enum store_result web_session_find(struct store *store, const char *token, unsigned seconds,
				   struct web_session *session_out);
/* Signs out; an unknown token is STORE_OK. */
enum store_result web_session_remove(struct store *store, const char *token);

#endif
