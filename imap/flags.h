/* Flags: read from a command, written in replies.  System flags are bits 0 to 4
 * (doc/architecture.md); keywords are names, which the store maps to bits per
 * mailbox. */
#ifndef IMAP_FLAGS_H
#define IMAP_FLAGS_H

#include "imap/args.h"

enum {
	FLAG_ANSWERED = 1 << 0,
	FLAG_FLAGGED = 1 << 1,
	FLAG_DELETED = 1 << 2,
	FLAG_SEEN = 1 << 3,
	FLAG_DRAFT = 1 << 4,
	FLAG_SYSTEM_MASK = 0x1f,
	FLAG_FIRST_KEYWORD = 8, /* bit */
};

struct flag_list {
	unsigned system;
	const char **keywords; /* NULL-terminated, in the arena */
	size_t keyword_count;
};

enum flags_result {
	FLAGS_OK,
	FLAGS_BAD,    /* args->error */
	FLAGS_CANNOT, /* \Recent or an unknown system flag, or too long a keyword */
};

/* `(\Seen $Work)`, or with `bare_allowed` also `\Seen $Work` to the end. */
enum flags_result flags_read(struct args *args, bool bare_allowed, struct flag_list *flags_out);

/* Appends `\Seen $Work` (no parentheses); `keywords` are the mailbox's names by bit
 * minus FLAG_FIRST_KEYWORD. */
void flags_print(GString *out, uint64_t flags, bool recent, const char *const *keywords,
		 size_t keyword_count);

#endif
