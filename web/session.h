/* Who is signed in: the cookie, the session's row, and what hangs on it. */
#ifndef WEB_SESSION_H
#define WEB_SESSION_H

#include "web/call.h"

/* Under a prefix other than "/" its name stands behind: convoke_session_mail_web_. */
#define COOKIE_SESSION "convoke_session"
#define COOKIE_FORM "convoke_form" /* for the sign-in form, before there is a session */
#define SESSION_SECONDS (14 * 86400)

/* Fills in reader, words and csrf of the call from its cookie; nobody signed in is an
 * ordinary answer.  False: the store does not answer. */
bool session_load(struct web_call *call);
/* Begins a session: its cookie goes with the response.  False: the store does not answer. */
bool session_begin(struct web_call *call, uint64_t account_id);
void session_end(struct web_call *call);

/* Before there is a session a form's token is that of a cookie of its own, set here. */
void session_prepare_form(struct web_call *call);
/* Whether the form's token is the session's (or, without one, this browser's). */
bool session_form_holds(const struct web_call *call);

#endif
