/* All names (mailboxes, subscriptions, parents of either) in one hash; a child tells
 * all its parents once what they need to know. */
#include "imap/list_tree.h"

#include "imap/mailbox_name.h"

struct name {
	struct list_entry entry;
	bool child_subscribed, child_special;
	bool child_left_out;         /* a selected one below that no pattern matches */
	char text[];
};

struct list_tree {
	GHashTable *names; /* text -> struct name */
};

struct list_tree *list_tree_create(void)
{
	struct list_tree *tree = g_new0(struct list_tree, 1);

	tree->names = g_hash_table_new_full(g_str_hash, g_str_equal, NULL, g_free);
	return tree;
}

void list_tree_destroy(struct list_tree **tree)
{
	if (*tree == NULL)
		return;
	g_hash_table_unref((*tree)->names);
	g_free(*tree);
	*tree = NULL;
}

static struct name *get_name(struct list_tree *tree, const char *text, size_t len)
{
	g_autofree char *key = g_strndup(text, len);
	struct name *name = g_hash_table_lookup(tree->names, key);

	if (name == NULL) {
		name = g_malloc0(sizeof(*name) + len + 1);
		memcpy(name->text, text, len);
		name->entry.name = name->text;
		g_hash_table_insert(tree->names, name->text, name);
	}
	return name;
}

struct child_facts {
	bool exists, subscribed, special;
};

/* Stops where the parents know already. */
static void tell_parents(struct list_tree *tree, const char *text, struct child_facts facts)
{
	size_t len = strlen(text);

	while (len > 0) {
		struct name *parent;

		do
			len--;
		while (len > 0 && text[len] != '/');
		if (len == 0)
			return;
		parent = get_name(tree, text, len);
		if (parent->entry.has_children >= facts.exists &&
		    parent->child_subscribed >= facts.subscribed && parent->child_special >= facts.special)
			return;
		parent->entry.has_children |= facts.exists;
		parent->child_subscribed |= facts.subscribed;
		parent->child_special |= facts.special;
	}
}

void list_tree_add(struct list_tree *tree, const char *name, const void *mailbox,
		   bool has_special_use)
{
	struct name *self = get_name(tree, name, strlen(name));

	self->entry.mailbox = mailbox;
	self->entry.has_special_use = has_special_use;
	tell_parents(tree, name, (struct child_facts){ .exists = true, .special = has_special_use });
}

void list_tree_subscribe(struct list_tree *tree, const char *name)
{
	get_name(tree, name, strlen(name))->entry.is_subscribed = true;
	tell_parents(tree, name, (struct child_facts){ .subscribed = true });
}

static bool is_selected(const struct name *name, unsigned options)
{
	const struct list_entry *entry = &name->entry;

	if (options & (LIST_SELECT_SUBSCRIBED | LIST_IS_LSUB)) {
		if (!entry->is_subscribed)
			return false;
	} else if (entry->mailbox == NULL && !entry->has_children) {
		return false;
	}
	return !(options & LIST_SELECT_SPECIAL_USE) || entry->has_special_use;
}

static bool has_selected_child(const struct name *name, unsigned options)
{
	if ((options & LIST_SELECT_SUBSCRIBED) && name->child_subscribed)
		return true;
	return !(options & LIST_SELECT_SUBSCRIBED) && (options & LIST_SELECT_SPECIAL_USE) &&
	       name->child_special;
}

static bool ends_in_percent(struct slice pattern)
{
	return pattern.len > 0 && pattern.data[pattern.len - 1] == '%';
}

/* Matches one of the patterns; LSUB shows an implied parent only for `%` at the end. */
static bool matches(const struct name *name, const struct slice *patterns, size_t count, bool implied)
{
	for (size_t i = 0; i < count; i++)
		if ((!implied || ends_in_percent(patterns[i])) &&
		    mailbox_name_matches(slice_from_string(name->text), patterns[i]))
			return true;
	return false;
}

static int compare_names(const void *a, const void *b)
{
	const struct name *x = *(const struct name *const *)a, *y = *(const struct name *const *)b;
	bool x_inbox = g_str_equal(x->text, "INBOX"), y_inbox = g_str_equal(y->text, "INBOX");

	return x_inbox != y_inbox ? (int)y_inbox - (int)x_inbox : strcmp(x->text, y->text);
}

/* Tells the levels above every selected name that will not be told itself. */
static void find_left_out(struct list_tree *tree, const struct slice *patterns, size_t count, unsigned options)
{
	GHashTableIter iter;
	gpointer value;

	g_hash_table_iter_init(&iter, tree->names);
	while (g_hash_table_iter_next(&iter, NULL, &value)) {
		const struct name *name = value;

		if (!is_selected(name, options) || matches(name, patterns, count, false))
			continue;
		for (size_t len = strlen(name->text); len > 0; len--)
			if (name->text[len - 1] == '/')
				get_name(tree, name->text, len - 1)->child_left_out = true;
	}
}

/* RECURSIVEMATCH shows a parent that is not selected only for children that are not shown. */
static bool decide(struct name *name, const struct slice *patterns, size_t count, unsigned options)
{
	bool implied = false;

	name->entry.child_is_selected = (options & LIST_SELECT_RECURSIVE) && has_selected_child(name, options);
	if (!is_selected(name, options) && !name->child_left_out) {
		implied = (options & LIST_IS_LSUB) && name->child_subscribed;
		if (!implied)
			return false;
	}
	return matches(name, patterns, count, implied);
}

void list_tree_match(struct list_tree *tree, const struct slice *patterns, size_t pattern_count,
		     unsigned options, list_fn fn, void *arg)
{
	g_autoptr(GPtrArray) found = g_ptr_array_new();
	GHashTableIter iter;
	gpointer value;

	if (options & LIST_SELECT_RECURSIVE)
		find_left_out(tree, patterns, pattern_count, options);
	g_hash_table_iter_init(&iter, tree->names);
	while (g_hash_table_iter_next(&iter, NULL, &value))
		if (decide(value, patterns, pattern_count, options))
			g_ptr_array_add(found, value);
	g_ptr_array_sort(found, compare_names);
	for (guint i = 0; i < found->len; i++)
		fn(&((struct name *)found->pdata[i])->entry, arg);
}

