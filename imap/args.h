/* A cursor over the arguments of a command: each call takes the next argument as
 * the given kind, or leaves a text for the client in `error` and says false.
 * Errors are sticky, so a row of calls may be checked once. */
#ifndef IMAP_ARGS_H
#define IMAP_ARGS_H

#include "imap/mailbox_name.h"
#include "imap/parser.h"
#include "imap/sequence_set.h"

struct args {
	const struct imap_arg *next;
	struct arena *arena;
	const char *error;
};

struct args args_of(const struct imap_arg *first, struct arena *arena);
/* Sets the error, if there is none yet; always false. */
bool args_fail(struct args *args, const char *error);

/* The same arguments from here on, living in that arena (spooled literals can't be copied). */
struct args args_copy(const struct args *args, struct arena *arena);

/* No more arguments; args_end() makes more an error. */
bool args_at_end(const struct args *args);
bool args_end(struct args *args);

bool args_atom(struct args *args, struct slice *out);
/* Atom (with `]`), quoted string or literal. */
bool args_astring(struct args *args, struct slice *out);
/* Quoted string or literal. */
bool args_string(struct args *args, struct slice *out);
/* NIL gives a slice whose data is NULL. */
bool args_nstring(struct args *args, struct slice *out);
/* As astring, with the wildcards of LIST allowed in atoms. */
bool args_list_mailbox(struct args *args, struct slice *out);
bool args_number(struct args *args, uint64_t min, uint64_t max, uint64_t *out);
/* `*items_out` walks the list's elements (same arena). */
bool args_list(struct args *args, struct args *items_out);
bool args_sequence_set(struct args *args, struct sequence_set *out);
/* A literal, spooled or not: exactly one of the two is set. */
bool args_literal(struct args *args, const struct imap_arg **out);

/* What comes next, without an error. */
bool args_is_list(const struct args *args);
bool args_is_literal(const struct args *args);
bool args_is_string(const struct args *args); /* quoted or literal */
/* Takes the next argument when it is this atom (any case). */
bool args_take_word(struct args *args, const char *word);

/* One rule per result (the stored name is in the arena): BAD and NO differ. */
enum mailbox_name_error args_mailbox(struct args *args, struct mailbox_name_rules rules,
				     struct slice *stored_out);

#endif
