#include "imap/args.h"

#include "base/number.h"
#include "imap/quote.h"

/* What a spooled literal may hold to be read as an ordinary string. */
enum { MAX_SPOOLED_STRING = 64 * 1024 };

struct args args_of(const struct imap_arg *first, struct arena *arena)
{
	return (struct args){ .next = first, .arena = arena };
}

bool args_fail(struct args *args, const char *error)
{
	if (args->error == NULL)
		args->error = error;
	args->next = NULL;
	return false;
}

static const struct imap_arg *copy_list(const struct imap_arg *from, struct arena *arena)
{
	const struct imap_arg *first = NULL, **end = &first;

	for (; from != NULL; from = from->next) {
		struct imap_arg *copy = arena_new(arena, struct imap_arg);

		g_assert(from->spool == NULL);
		*copy = *from;
		copy->text = slice_of(arena_copy(arena, from->text.data, from->text.len), from->text.len);
		copy->first = copy_list(from->first, arena); /* as deep as the parser allows lists */
		copy->next = NULL;
		*end = copy;
		end = &copy->next;
	}
	return first;
}

struct args args_copy(const struct args *args, struct arena *arena)
{
	return args_of(copy_list(args->next, arena), arena);
}

bool args_at_end(const struct args *args)
{
	return args->next == NULL;
}

bool args_end(struct args *args)
{
	if (args->error != NULL)
		return false;
	return args->next == NULL || args_fail(args, "The command has too many arguments");
}

static const struct imap_arg *take(struct args *args)
{
	const struct imap_arg *arg = args->next;

	if (arg == NULL) {
		args_fail(args, "An argument is missing");
		return NULL;
	}
	if (arg->after_list) {
		args_fail(args, "A space is missing behind a list");
		return NULL;
	}
	args->next = arg->next;
	return arg;
}

static bool all_chars(struct slice text, bool (*is_char)(unsigned char))
{
	for (size_t i = 0; i < text.len; i++)
		if (!is_char((unsigned char)text.data[i]))
			return false;
	return text.len > 0;
}

static bool is_list_char(unsigned char c)
{
	return quote_is_astring_char(c) || c == '%' || c == '*';
}

/* The text of a string argument; spooled ones are read into the arena. */
static bool string_text(struct args *args, const struct imap_arg *arg, struct slice *out)
{
	uint64_t size;
	char *copy;

	if (arg->spool == NULL) {
		*out = arg->text;
		return true;
	}
	size = spool_size(arg->spool);
	if (size > MAX_SPOOLED_STRING)
		return args_fail(args, "A string is too long");
	copy = arena_alloc(args->arena, (size_t)size + 1);
	if (spool_read(arg->spool, 0, copy, (size_t)size) != (ssize_t)size)
		return args_fail(args, "A literal could not be read back");
	*out = slice_of(copy, (size_t)size);
	return true;
}

static bool take_text(struct args *args, bool (*is_char)(unsigned char), const char *error,
		      struct slice *out)
{
	const struct imap_arg *arg = take(args);

	if (arg == NULL)
		return false;
	switch (arg->type) {
	case IMAP_ARG_ATOM:
		if (is_char == NULL || !all_chars(arg->text, is_char))
			return args_fail(args, error);
		*out = arg->text;
		return true;
	case IMAP_ARG_QUOTED:
	case IMAP_ARG_LITERAL:
		return string_text(args, arg, out);
	case IMAP_ARG_LIST:
		break;
	}
	return args_fail(args, error);
}

bool args_atom(struct args *args, struct slice *out)
{
	const struct imap_arg *arg = take(args);

	if (arg == NULL)
		return false;
	if (arg->type != IMAP_ARG_ATOM)
		return args_fail(args, "An atom is expected");
	*out = arg->text;
	return true;
}

bool args_astring(struct args *args, struct slice *out)
{
	return take_text(args, quote_is_astring_char, "A string is expected", out);
}

bool args_string(struct args *args, struct slice *out)
{
	return take_text(args, NULL, "A quoted string or a literal is expected", out);
}

bool args_nstring(struct args *args, struct slice *out)
{
	if (args_take_word(args, "NIL")) {
		*out = (struct slice){ 0 };
		return true;
	}
	return args_string(args, out);
}

bool args_list_mailbox(struct args *args, struct slice *out)
{
	return take_text(args, is_list_char, "A mailbox name or pattern is expected", out);
}

bool args_number(struct args *args, uint64_t min, uint64_t max, uint64_t *out)
{
	struct slice text;

	if (!args_atom(args, &text))
		return false;
	return number_parse(text, min, max, out) || args_fail(args, "A number is expected or out of range");
}

bool args_list(struct args *args, struct args *items_out)
{
	const struct imap_arg *arg = take(args);

	if (arg == NULL)
		return false;
	if (arg->type != IMAP_ARG_LIST)
		return args_fail(args, "A list in parentheses is expected");
	*items_out = args_of(arg->first, args->arena);
	return true;
}

bool args_sequence_set(struct args *args, struct sequence_set *out)
{
	struct slice text;

	return args_atom(args, &text) &&
	       (sequence_set_parse(text, true, args->arena, out) ||
		args_fail(args, "A set of message numbers is expected"));
}

bool args_literal(struct args *args, const struct imap_arg **out)
{
	const struct imap_arg *arg = take(args);

	if (arg == NULL)
		return false;
	if (arg->type != IMAP_ARG_LITERAL)
		return args_fail(args, "A literal is expected");
	*out = arg;
	return true;
}

bool args_is_list(const struct args *args)
{
	return args->next != NULL && args->next->type == IMAP_ARG_LIST;
}

bool args_is_literal(const struct args *args)
{
	return args->next != NULL && args->next->type == IMAP_ARG_LITERAL;
}

bool args_is_string(const struct args *args)
{
	return args->next != NULL &&
	       (args->next->type == IMAP_ARG_QUOTED || args->next->type == IMAP_ARG_LITERAL);
}

bool args_take_word(struct args *args, const char *word)
{
	if (args->next == NULL || args->next->type != IMAP_ARG_ATOM || args->next->after_list ||
	    !slice_equal_ascii_case(args->next->text, slice_from_string(word)))
		return false;
	args->next = args->next->next;
	return true;
}

enum mailbox_name_error args_mailbox(struct args *args, struct mailbox_name_rules rules,
				     struct slice *stored_out)
{
	g_autoptr(GString) stored = g_string_new(NULL);
	enum mailbox_name_error error;
	struct slice wire;

	*stored_out = (struct slice){ 0 };
	if (!args_astring(args, &wire))
		return MAILBOX_NAME_ENCODING;
	error = mailbox_name_read(wire, rules, stored);
	if (error == MAILBOX_NAME_ENCODING)
		args_fail(args, rules.is_utf8 ? "A mailbox name must be UTF-8"
					      : "A mailbox name must be modified UTF-7");
	*stored_out = slice_of(arena_copy(args->arena, stored->str, stored->len), stored->len);
	return error;
}
