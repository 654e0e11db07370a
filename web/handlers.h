/* The handlers of the routes, by the file they are in. */
#ifndef WEB_HANDLERS_H
#define WEB_HANDLERS_H

#include "web/call.h"

/* handle_static.c */
void handle_style(struct web_call *call);
void handle_icon(struct web_call *call);
void handle_robots(struct web_call *call);
void handle_home(struct web_call *call);
/* The style sheet's address below base, with its hash in it. */
const char *handle_style_path(void);
const char *handle_icon_path(void);

/* handle_sign_in.c */
void handle_sign_in_form(struct web_call *call);
void handle_sign_in(struct web_call *call);
void handle_sign_out(struct web_call *call);
/* The sign-in form instead of the page asked for. */
void handle_ask_sign_in(struct web_call *call);

/* handle_health.c */
void handle_health(struct web_call *call);

/* handle_meeting.c: what is read */
void handle_meeting(struct web_call *call);
void handle_meeting_ics(struct web_call *call);
void handle_meeting_original(struct web_call *call);
void handle_meeting_file(struct web_call *call);

/* handle_answer.c: what is done by an attendee */
void handle_answer(struct web_call *call);
void handle_delegate(struct web_call *call);
void handle_propose(struct web_call *call);
void handle_apply(struct web_call *call);
void handle_hide(struct web_call *call);

/* handle_organize.c: what is done by the organizer */
void handle_new_form(struct web_call *call);
void handle_new(struct web_call *call);
void handle_edit_form(struct web_call *call);
void handle_edit(struct web_call *call);
void handle_cancel(struct web_call *call);
void handle_proposal(struct web_call *call);
void handle_invite(struct web_call *call);

/* handle_calendar.c */
void handle_month(struct web_call *call);
void handle_week(struct web_call *call);
void handle_day(struct web_call *call);
void handle_agenda(struct web_call *call);
/* 303 to the page of a meeting by its UID. */
void handle_open(struct web_call *call);

#endif
