/* Which messages of a snapshot fit a search program.
 *
 * In three passes, each over what the one before left open: by the snapshot alone;
 * by facts and signatures; by the stored text.  So most messages cost nanoseconds,
 * and text is read only where the signature says "maybe". */
#ifndef IMAP_SEARCH_EVAL_H
#define IMAP_SEARCH_EVAL_H

#include "imap/search_program.h"
#include "imap/session.h"
#include "store/view.h"

struct search;

/* What the program needs is prepared (sets resolved, keywords mapped); lives until
 * the command ends.  NULL with the tagged reply decided. */
struct search *search_create(struct imap_session *session, struct command *command,
			     struct search_program *program);
/* The same over the snapshot of a mailbox that need not be selected (RFC 7377): message numbers
 * and `$` are refused there. */
struct search *search_create_over(struct imap_session *session, struct command *command,
				  struct search_program *program, const struct view *view);
/* Only these message numbers (resolved; outlives the run) are looked at. */
void search_limit(struct search *search, const struct sequence_set *seqs);
/* The message numbers that its sets leave, whatever its other keys say, into an empty heap set. */
void search_named(const struct search *search, struct sequence_set *seqs_out);
/* True when the snapshot alone decides, or may decide with what is in memory of the texts: may be
 * tried in a network thread. */
bool search_is_light(const struct search *search);

enum search_result { SEARCH_DONE, SEARCH_NEEDS_STORE, SEARCH_FAILED };
/* `store` NULL: in a network thread, which gives up with SEARCH_NEEDS_STORE.  *seqs_out (a heap set, cleared by the caller):
 * message numbers.  SEARCH_FAILED: *failure_out. */
enum search_result search_run(struct search *search, struct store *store,
			      struct sequence_set *seqs_out, enum store_result *failure_out);
/* RFC 6203, after search_run(): whether the program has a FUZZY key, and how well a message fits
 * (1 to 100). */
bool search_has_relevancy(const struct search *search);
unsigned search_relevancy(const struct search *search, uint32_t uid);

#endif
