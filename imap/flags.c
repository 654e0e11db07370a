#include "imap/flags.h"

#include "imap/quote.h"

enum { LONGEST_KEYWORD = 100, MOST_FLAGS = 200 };

struct read_flags {
	uint64_t system;
	const char **keywords;
	size_t keyword_count;
};

static const char *const system_names[] = {
	"\\Answered", "\\Flagged", "\\Deleted", "\\Seen", "\\Draft",
};

static bool is_atom(struct slice text)
{
	for (size_t i = 0; i < text.len; i++)
		if (!quote_is_atom_char((unsigned char)text.data[i]))
			return false;
	return text.len > 0;
}

/* `\Seen`, or what the grammar calls an extension, which nothing here knows. */
static enum flags_result add_system(struct args *args, struct slice name, struct read_flags *flags)
{
	if (!is_atom(slice_of(name.data + 1, name.len - 1))) {
		args_fail(args, "A flag is an atom, or one behind a backslash");
		return FLAGS_BAD;
	}
	for (size_t i = 0; i < G_N_ELEMENTS(system_names); i++) {
		if (slice_equal_ascii_case(name, slice_from_string(system_names[i]))) {
			flags->system |= UINT64_C(1) << i;
			return FLAGS_OK;
		}
	}
	return FLAGS_CANNOT;
}

static bool has_keyword(const struct read_flags *flags, const char *name)
{
	for (size_t i = 0; i < flags->keyword_count; i++)
		if (g_ascii_strcasecmp(flags->keywords[i], name) == 0)
			return true;
	return false;
}

static enum flags_result add_keyword(struct args *args, struct slice name, struct read_flags *flags)
{
	char *copy;

	if (!is_atom(name)) {
		args_fail(args, "A keyword must be an atom");
		return FLAGS_BAD;
	}
	if (name.len > LONGEST_KEYWORD)
		return FLAGS_CANNOT;
	copy = arena_copy(args->arena, name.data, name.len);
	if (!has_keyword(flags, copy))
		flags->keywords[flags->keyword_count++] = copy;
	return FLAGS_OK;
}

static enum flags_result add_flag(struct args *args, struct read_flags *flags)
{
	struct slice name;

	if (!args_atom(args, &name))
		return FLAGS_BAD;
	if (flags->keyword_count >= MOST_FLAGS)
		return FLAGS_CANNOT;
	return name.data[0] == '\\' ? add_system(args, name, flags) : add_keyword(args, name, flags);
}

static enum flags_result read_all(struct args *args, struct args *from, struct read_flags *flags)
{
	enum flags_result result = FLAGS_OK;

	while (result == FLAGS_OK && !args_at_end(from))
		result = add_flag(from, flags);
	if (result == FLAGS_BAD)
		args_fail(args, from->error);
	return result;
}

enum flags_result flags_read(struct args *args, bool bare_allowed, struct flag_names *flags_out)
{
	struct read_flags flags = {
		.keywords = arena_new_array(args->arena, const char *, MOST_FLAGS + 1),
	};
	bool is_list = args_is_list(args);
	enum flags_result result;
	struct args list = *args;

	if (is_list) {
		args_list(args, &list);
	} else if (!bare_allowed || args_at_end(args)) {
		args_fail(args, "A list of flags in parentheses is expected");
		return FLAGS_BAD;
	}
	result = read_all(args, &list, &flags);
	if (!is_list && result == FLAGS_OK)
		args->next = NULL;
	*flags_out = (struct flag_names){ .system = flags.system, .keywords = flags.keywords };
	return result;
}

static const char *put_word(GString *out, const char *space, const char *word)
{
	g_string_append(out, space);
	g_string_append(out, word);
	return " ";
}

void flags_print(GString *out, uint64_t flags, bool recent, const char *const *keywords)
{
	const char *space = "";

	for (size_t i = 0; i < G_N_ELEMENTS(system_names); i++)
		if (flags & (UINT64_C(1) << i))
			space = put_word(out, space, system_names[i]);
	if (recent)
		space = put_word(out, space, "\\Recent");
	flags >>= MESSAGE_KEYWORD_FIRST;
	for (size_t bit = 0; flags != 0 && keywords != NULL && keywords[bit] != NULL; bit++, flags >>= 1)
		if ((flags & 1) && *keywords[bit] != '\0')
			space = put_word(out, space, keywords[bit]);
}

void flags_print_all(GString *out, const char *const *keywords)
{
	flags_print(out, UINT64_MAX, false, keywords);
}
