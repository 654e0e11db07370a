/* Searches whose results are kept up to date (RFC 5267, RETURN (UPDATE)): they belong to the
 * selected mailbox and look at what has changed, not at the rest. */
#ifndef IMAP_SEARCH_CONTEXT_H
#define IMAP_SEARCH_CONTEXT_H

#include "imap/search_program.h"
#include "imap/search_return.h"
#include "imap/session.h"
#include "store/view.h"

struct search_context;

/* Whether a search of that tag is kept up to date: it can't be used again (RFC 5267 4.3). */
bool search_context_is_known(const struct imap_session *session, struct slice tag);
/* Goes with the command unless it is kept.  That of ESEARCH speaks of UIDs and names its mailbox
 * (RFC 7377 2.1). */
struct search_context *search_context_create(struct command *command, const struct search_return *wanted);
/* The arguments to read the program from, which live as long as the context. */
struct args search_context_args(struct search_context *context, const struct args *args);
/* The search is done and has found those message numbers; or NOUPDATE is told. */
void search_context_keep(struct imap_session *session, struct command *command,
			 struct search_context *context, const struct search_program *program,
			 const struct sequence_set *seqs);
/* The untagged NO [NOUPDATE "tag"]. */
void search_context_refuse(struct imap_session *session, const struct command *command,
			   const char *text);

/* REMOVEFROM of what is about to vanish, in the numbers that still hold. */
void search_context_before_expunges(struct imap_session *session, const struct view *old_view,
				    const struct view *new_view);
/* ADDTO and REMOVEFROM after new and changed messages (message numbers of now) were told; `arrived`
 * are the new ones among them.  `store` may be NULL only when there is no context. */
void search_context_update(struct imap_session *session, struct store *store,
			   const struct sequence_set *touched, const struct sequence_set *arrived);
/* Whether items of messages that arrived in a result (RFC 5465 7) wait to be told, behind their
 * ADDTO (5.2). */
bool search_context_is_waiting(const struct imap_session *session);
/* In a worker: tells them.  STEP_MORE: output is at its mark, call again. */
enum command_step search_context_tell(struct imap_session *session, struct store *store);

#endif
