/* A search program (RFC 9051 6.4.4 and its extensions) as a tree, read from the
 * command's arguments.  Texts are already in the form in which stored text is
 * searched (mime/casemap.h); dates are seconds. */
#ifndef IMAP_SEARCH_PROGRAM_H
#define IMAP_SEARCH_PROGRAM_H

#include "imap/args.h"

enum search_kind {
	SEARCH_ALL,
	SEARCH_AND,            /* children */
	SEARCH_OR,             /* two children */
	SEARCH_NOT,            /* one child */
	SEARCH_FUZZY,          /* one child (RFC 6203) */
	SEARCH_SEQUENCE,       /* set, of message numbers */
	SEARCH_UID,            /* set */
	SEARCH_FLAG,           /* number: mask of system flags, all set */
	SEARCH_NO_FLAG,        /* number: mask, none set */
	SEARCH_KEYWORD,        /* text: the keyword */
	SEARCH_NO_KEYWORD,
	SEARCH_RECENT,
	SEARCH_OLD,
	SEARCH_NEW,
	SEARCH_LARGER,         /* number */
	SEARCH_SMALLER,
	SEARCH_OLDER,          /* number: seconds (RFC 5032) */
	SEARCH_YOUNGER,
	SEARCH_BEFORE,         /* date: midnight UTC, internal date */
	SEARCH_ON,
	SEARCH_SINCE,
	SEARCH_SENT_BEFORE,
	SEARCH_SENT_ON,
	SEARCH_SENT_SINCE,
	SEARCH_SAVED_BEFORE,   /* RFC 8514 */
	SEARCH_SAVED_ON,
	SEARCH_SAVED_SINCE,
	SEARCH_SAVE_DATE_SUPPORTED,
	SEARCH_HEADER,         /* field, needle (may be empty: the field is there) */
	SEARCH_BODY,           /* needle */
	SEARCH_TEXT,           /* needle */
	SEARCH_MODSEQ,         /* number: at least (RFC 7162) */
	SEARCH_EMAIL_ID,       /* text */
	SEARCH_THREAD_ID,      /* text */
};

struct search_key {
	enum search_kind kind;
	uint64_t number;
	int64_t date;
	struct slice text;      /* as given */
	struct slice field;     /* of HEADER: in search form (casemap) */
	struct slice needle;    /* in search form */
	struct sequence_set set;
	struct search_key *children;
	struct search_key *next;
};

enum search_program_result {
	SEARCH_PROGRAM_OK,
	SEARCH_PROGRAM_BAD,         /* args->error */
	SEARCH_PROGRAM_BAD_CHARSET, /* NO [BADCHARSET (...)] */
};

struct search_program {
	struct search_key root;     /* SEARCH_AND */
	bool uses_modseq;
	bool uses_text;             /* HEADER, BODY, TEXT */
	unsigned keys;              /* how many there are: the cost of one message */
	bool uses_numbers;          /* message numbers, $: of the selected mailbox, as it is now */
	bool uses_recent;
};

/* `[CHARSET name] key key ...` to the end of the cursor; lives in its arena.
 * `charset` is NULL when the arguments may name one, else the charset given
 * elsewhere (SORT, THREAD). */
enum search_program_result search_program_read(struct args *args, const struct slice *charset,
					       struct search_program *program_out);

#endif
