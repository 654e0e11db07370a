#include "imap/mailbox_scope.h"

enum { MOST_NAMES = 10000 };

static const struct {
	const char *word;
	enum mailbox_scope_kind kind;
} scopes[] = {
	{ "selected", SCOPE_SELECTED },
	{ "selected-delayed", SCOPE_SELECTED_DELAYED },
	{ "inboxes", SCOPE_INBOXES },
	{ "personal", SCOPE_PERSONAL },
	{ "subscribed", SCOPE_SUBSCRIBED },
	{ "subtree", SCOPE_SUBTREE },
	{ "subtree-one", SCOPE_SUBTREE_ONE },
	{ "mailboxes", SCOPE_MAILBOXES },
};

bool mailbox_scope_is_selected(const struct mailbox_scope *scope)
{
	return scope->kind == SCOPE_SELECTED || scope->kind == SCOPE_SELECTED_DELAYED;
}

static bool has_names(const struct mailbox_scope *scope)
{
	return scope->kind >= SCOPE_SUBTREE;
}

bool mailbox_scope_is_wide(const struct mailbox_scope *scope)
{
	return has_names(scope) || scope->kind == SCOPE_SUBSCRIBED;
}

static enum mailbox_scope_result read_name(struct args *args, struct mailbox_name_rules rules,
					   struct mailbox_scope *scope)
{
	struct slice name;

	switch (args_mailbox(args, rules, &name)) {
	case MAILBOX_NAME_OK: break;
	case MAILBOX_NAME_ENCODING: return SCOPE_BAD;
	case MAILBOX_NAME_CHARACTER: return SCOPE_BAD_NAME;
	}
	scope->names[scope->name_count++] = name;
	return SCOPE_READ;
}

static size_t count_args(const struct args *args)
{
	size_t count = 0;

	for (const struct imap_arg *arg = args->next; arg != NULL; arg = arg->next)
		count++;
	return count;
}

static enum mailbox_scope_result read_names(struct args *args, struct mailbox_name_rules rules,
					    struct mailbox_scope *scope)
{
	enum mailbox_scope_result result = SCOPE_READ;
	struct args list;
	size_t count;

	if (!args_is_list(args)) {
		scope->names = arena_new_array(args->arena, struct slice, 1);
		return read_name(args, rules, scope);
	}
	args_list(args, &list);
	count = count_args(&list);
	if (count == 0 || count > MOST_NAMES) {
		args_fail(args, "One or more mailbox names are expected");
		return SCOPE_BAD;
	}
	scope->names = arena_new_array(args->arena, struct slice, count);
	while (result == SCOPE_READ && !args_at_end(&list))
		result = read_name(&list, rules, scope);
	if (result == SCOPE_BAD)
		args_fail(args, list.error);
	return result;
}

enum mailbox_scope_result mailbox_scope_read(struct args *args, struct mailbox_name_rules rules,
					     struct mailbox_scope *scope_out)
{
	*scope_out = (struct mailbox_scope){ 0 };
	for (size_t i = 0; i < G_N_ELEMENTS(scopes); i++) {
		if (!args_take_word(args, scopes[i].word))
			continue;
		scope_out->kind = scopes[i].kind;
		return has_names(scope_out) ? read_names(args, rules, scope_out) : SCOPE_READ;
	}
	args_fail(args, "Which mailboxes: selected, inboxes, personal, subscribed, subtree, subtree-one or mailboxes");
	return SCOPE_BAD;
}

static bool is_named(const struct mailbox_scope *scope, const char *name, struct slice given)
{
	size_t len = strlen(name);

	if (len < given.len || memcmp(name, given.data, given.len) != 0)
		return false;
	if (len == given.len)
		return true;
	return scope->kind != SCOPE_MAILBOXES && name[given.len] == '/' &&
	       (scope->kind == SCOPE_SUBTREE || strchr(name + given.len + 1, '/') == NULL);
}

bool mailbox_scope_fits(const struct mailbox_scope *scope, const char *name, GHashTable *subscribed)
{
	switch (scope->kind) {
	case SCOPE_SELECTED:
	case SCOPE_SELECTED_DELAYED: return false;
	case SCOPE_INBOXES: /* all that mail is delivered to: user+detail reaches any of one's own */
	case SCOPE_PERSONAL: return !g_str_has_prefix(name, MAILBOX_SHARED_PREFIX);
	case SCOPE_SUBSCRIBED: return subscribed != NULL && g_hash_table_contains(subscribed, name);
	case SCOPE_SUBTREE:
	case SCOPE_SUBTREE_ONE:
	case SCOPE_MAILBOXES: break;
	}
	for (size_t i = 0; i < scope->name_count; i++)
		if (is_named(scope, name, scope->names[i]))
			return true;
	return false;
}
