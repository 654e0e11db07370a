/* Answers in words, by mail: to user+answer-TOKEN@domain, with ACCEPT, TENTATIVE or
 * DECLINE as the first word.  For the reader who has a mail program and nothing else.
 *
 * The token names the meeting, what may stand behind it (-20260512T1200Z) one date of it; the
 * sender must be the account's own address, and no trusted server may have said that it is
 * forged.  Mail sent by programs (vacation notices) answers nothing. */
#ifndef SCHEDULING_ANSWER_MAIL_H
#define SCHEDULING_ANSWER_MAIL_H

#include "calendar/meeting.h"
#include "scheduling/deliver_mail.h"

/* What stands between the account's own local part and the token. */
#define ANSWER_MAIL_DETAIL "+answer-"
/* "alice@example.test" to "alice+answer-TOKEN@example.test"; g_free() it.  date: of a series, as
 * calendars write it, or NULL.  NULL when servers may not take so long an address. */
char *answer_mail_address(const char *address, const char *token, const char *date);

/* What the text says: the word, in English or German, any case; false when it is none.
 * *rest_out: what stands behind it on its line. */
bool answer_mail_read(struct slice text, enum meeting_partstat *partstat_out, struct slice *rest_out);

/* True when the letter was such an answer and it is durable now; else nothing was done
 * and it is to be delivered like any other. */
bool answer_mail_take(const struct delivery *delivery, struct store *store, const struct letter *letter);

#endif
