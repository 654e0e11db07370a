/* Flags: read from a command, written in replies.  System flags are bits 0 to 4
 * (doc/architecture.md); keywords are names, which the store maps to bits per
 * mailbox. */
#ifndef IMAP_FLAGS_H
#define IMAP_FLAGS_H

#include "imap/args.h"
#include "store/message.h"

enum flags_result {
	FLAGS_OK,
	FLAGS_BAD,    /* args->error */
	FLAGS_CANNOT, /* \Recent or an unknown system flag, or too long a keyword */
};

/* `(\Seen $Work)`, or with `bare_allowed` also `\Seen $Work` to the end; the
 * names live in the cursor's arena. */
enum flags_result flags_read(struct args *args, bool bare_allowed, struct flag_names *flags_out);

/* Appends `\Seen $Work` (no parentheses); `keywords` as struct mailbox has them. */
void flags_print(GString *out, uint64_t flags, bool recent, const char *const *keywords);
/* Appends all flags there are in the mailbox: system flags and keywords. */
void flags_print_all(GString *out, const char *const *keywords);

#endif
