/* Running one command after another: the way from a parsed command to its tagged
 * reply, through worker, client line or drained output.  Room-internal. */
#ifndef IMAP_RUN_H
#define IMAP_RUN_H

#include "imap/session.h"

/* The parser holds a complete command. */
void run_begin(struct imap_session *session);
/* The parser holds what is left of a bad one. */
void run_bad(struct imap_session *session);
/* The running command waits for a line, and here it is. */
void run_line(struct imap_session *session, struct slice line);
/* The running command waited for the client to take its output, which it did. */
void run_drained(struct imap_session *session);
/* The client is quiet, and something has happened that it wants to hear of. */
void run_news(struct imap_session *session);
/* The command is given up (the connection is over). */
void run_abandon(struct imap_session *session);

/* Says BYE and closes when everything is sent. */
void run_goodbye(struct imap_session *session, const char *code, const char *text);

#endif
