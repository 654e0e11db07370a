/* RETURN options (RFC 4731, 5182, 9394) and the reply of SEARCH and its kin. */
#ifndef IMAP_SEARCH_RETURN_H
#define IMAP_SEARCH_RETURN_H

#include "imap/session.h"
#include "imap/sequence_set.h"
#include "store/view.h"

enum search_return_options {
	RETURN_MIN = 1 << 0,
	RETURN_MAX = 1 << 1,
	RETURN_ALL = 1 << 2,
	RETURN_COUNT = 1 << 3,
	RETURN_SAVE = 1 << 4,
	RETURN_PARTIAL = 1 << 5,
	RETURN_RELEVANCY = 1 << 6, /* RFC 6203 */
	RETURN_CONTEXT = 1 << 7,   /* RFC 5267: a hint */
	RETURN_UPDATE = 1 << 8,    /* RFC 5267 */
};

struct search_return {
	bool is_extended;       /* RETURN was given: the reply is ESEARCH */
	unsigned options;
	struct args update_items; /* of UPDATE, from the list of FETCH items on (RFC 5465 7) */
	bool has_update_items;
	int64_t partial_first, partial_last; /* from 1, first nearer to it; negative: from the end */
};

/* `RETURN (MIN MAX)`, if it is there; false with args->error. */
bool search_return_read(struct args *args, struct search_return *return_out);

/* Results in the order to show (ascending for SEARCH); MIN is the first, MAX the last of them
 * (RFC 5267 3.1). */
struct search_numbers {
	const uint32_t *numbers; /* message numbers or UIDs */
	size_t count;
	const struct view *modseqs; /* the snapshot they are of, when MODSEQ is shown; else NULL */
	const char *mailbox;     /* ESEARCH: its stored name; NULL: the selected one, not named */
	uint32_t uidvalidity;
	const unsigned *scores;  /* RELEVANCY, one for each number; NULL: not asked for */
	bool is_uid;
};

/* Whether the answer is about the result at this place of `count`: with MIN, MAX or PARTIAL alone
 * only about these (RFC 4731 3.2, RFC 5182 2.4, RFC 9394 3.3). */
bool search_return_tells(const struct search_return *wanted, size_t count, size_t place);
/* The highest mod-sequence of the messages that the answer is about; 0: not shown. */
uint64_t search_return_modseq(const struct search_return *wanted, const struct search_numbers *results);
/* The untagged ESEARCH. */
void search_return_print(struct imap_session *session, struct slice tag,
			 const struct search_return *wanted, const struct search_numbers *results);
/* Whether there is an untagged reply: not for SAVE alone. */
bool search_return_tells_something(const struct search_return *wanted);
/* Of `count` results, the window that PARTIAL means: false when it is empty. */
bool search_return_window(const struct search_return *wanted, size_t count, size_t *first_out,
			  size_t *behind_out);

/* The correlators ` MAILBOX x UIDVALIDITY 1` (RFC 7377 2.1). */
void search_return_print_mailbox(struct imap_session *session, const char *name, uint32_t uidvalidity);
/* Reads the range of PARTIAL: of SEARCH and of FETCH. */
bool search_return_read_window(struct args *args, struct search_return *wanted);
/* How many it asks for. */
uint64_t search_return_window_width(const struct search_return *wanted);

#endif
