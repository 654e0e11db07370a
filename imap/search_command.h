/* What SEARCH, ESEARCH, SORT and THREAD share: reading the program, and what has been found on its
 * way to the client and to `$`. */
#ifndef IMAP_SEARCH_COMMAND_H
#define IMAP_SEARCH_COMMAND_H

#include "imap/search_eval.h"
#include "imap/search_return.h"

/* `[CHARSET name] key key ...`, as search_program_read(); false with the tagged reply decided. */
bool search_command_read(struct imap_session *session, struct command *command, struct args *args,
			 const struct slice *charset, struct search_program *program_out);

/* What a search of one mailbox has found. */
struct search_found {
	const struct view *view;
	const struct sequence_set *seqs; /* message numbers */
	const struct search *search;     /* for RELEVANCY */
	bool shows_modseq;
	bool is_uid;
	const char *mailbox;             /* ESEARCH command: its stored name; NULL: it is not named */
};

/* The untagged ESEARCH. */
void search_found_tell(struct imap_session *session, struct slice tag,
		       const struct search_return *wanted, const struct search_found *found);
/* The untagged SEARCH. */
void search_found_tell_plain(struct imap_session *session, const struct search_found *found);
/* `$` becomes what SAVE means with these options. */
void search_found_save(struct imap_session *session, const struct search_return *wanted,
		       const struct search_found *found);
/* A search with SAVE that is answered by NO leaves an empty result (RFC 5182 2.1). */
void search_found_forget(struct imap_session *session, const struct search_return *wanted);

#endif
