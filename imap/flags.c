#include "imap/flags.h"

#include "imap/quote.h"

enum { LONGEST_KEYWORD = 255, MOST_FLAGS = 200 };

static const char *const system_names[] = {
	"\\Answered", "\\Flagged", "\\Deleted", "\\Seen", "\\Draft",
};

static enum flags_result add_system(struct slice name, struct flag_list *flags)
{
	for (size_t i = 0; i < G_N_ELEMENTS(system_names); i++) {
		if (slice_equal_ascii_case(name, slice_from_string(system_names[i]))) {
			flags->system |= 1u << i;
			return FLAGS_OK;
		}
	}
	return FLAGS_CANNOT;
}

static bool has_keyword(const struct flag_list *flags, const char *name)
{
	for (size_t i = 0; i < flags->keyword_count; i++)
		if (g_ascii_strcasecmp(flags->keywords[i], name) == 0)
			return true;
	return false;
}

static enum flags_result add_keyword(struct args *args, struct slice name, struct flag_list *flags)
{
	char *copy;

	for (size_t i = 0; i < name.len; i++)
		if (!quote_is_atom_char((unsigned char)name.data[i])) {
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

static enum flags_result add_flag(struct args *args, struct flag_list *flags)
{
	struct slice name;

	if (!args_atom(args, &name))
		return FLAGS_BAD;
	if (flags->keyword_count >= MOST_FLAGS)
		return FLAGS_CANNOT;
	return name.data[0] == '\\' ? add_system(name, flags) : add_keyword(args, name, flags);
}

enum flags_result flags_read(struct args *args, bool bare_allowed, struct flag_list *flags_out)
{
	enum flags_result result = FLAGS_OK;
	bool is_list = args_is_list(args);
	struct args list;

	*flags_out = (struct flag_list){ 0 };
	flags_out->keywords = arena_new_array(args->arena, const char *, MOST_FLAGS + 1);
	if (!is_list && !bare_allowed) {
		args_fail(args, "A list of flags in parentheses is expected");
		return FLAGS_BAD;
	}
	if (is_list)
		args_list(args, &list);
	else
		list = *args;
	if (!is_list && args_at_end(&list)) {
		args_fail(args, "Flags are missing");
		return FLAGS_BAD;
	}
	while (result == FLAGS_OK && !args_at_end(&list))
		result = add_flag(&list, flags_out);
	if (result == FLAGS_BAD)
		args_fail(args, list.error);
	else if (!is_list)
		*args = list;
	return result;
}

void flags_print(GString *out, uint64_t flags, bool recent, const char *const *keywords,
		 size_t keyword_count)
{
	const char *space = "";

	for (size_t i = 0; i < G_N_ELEMENTS(system_names); i++) {
		if (!(flags & (UINT64_C(1) << i)))
			continue;
		g_string_append(out, space);
		g_string_append(out, system_names[i]);
		space = " ";
	}
	if (recent) {
		g_string_append(out, space);
		g_string_append(out, "\\Recent");
		space = " ";
	}
	for (flags >>= FLAG_FIRST_KEYWORD; flags != 0; flags &= flags - 1) {
		unsigned bit = (unsigned)__builtin_ctzll(flags);

		if (bit >= keyword_count || keywords[bit] == NULL)
			continue;
		g_string_append(out, space);
		g_string_append(out, keywords[bit]);
		space = " ";
	}
}
