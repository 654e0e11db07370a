/* LIST and LSUB over a table of mailboxes. */
#include "imap/list_tree.h"

static const char *const mailboxes[] = {
	"INBOX", "INBOX/sub", "a", "a/b", "a/b/c", "lone/child", "Sent", "zebra",
};
static const char *const subscriptions[] = { "a/b/c", "gone", "gone/below", "INBOX", "zebra" };

static void put(const struct list_entry *entry, void *arg)
{
	g_string_append_printf(arg, "%s%s%s%s%s%s ", entry->name, entry->mailbox == NULL ? "!" : "",
			       entry->has_children ? "+" : "", entry->is_subscribed ? "s" : "",
			       entry->has_special_use ? "u" : "", entry->child_is_selected ? "c" : "");
}

static char *list(const char *patterns, unsigned options)
{
	struct list_tree *tree = list_tree_create();
	g_auto(GStrv) words = g_strsplit(patterns, " ", -1);
	struct slice slices[10];
	GString *out = g_string_new(NULL);
	size_t count = 0;

	for (size_t i = 0; i < G_N_ELEMENTS(mailboxes); i++)
		list_tree_add(tree, mailboxes[i], mailboxes[i], g_str_equal(mailboxes[i], "Sent"));
	for (size_t i = 0; i < G_N_ELEMENTS(subscriptions); i++)
		list_tree_subscribe(tree, subscriptions[i]);
	for (; words[count] != NULL; count++)
		slices[count] = slice_from_string(words[count]);
	list_tree_match(tree, slices, count, options, put, out);
	list_tree_destroy(&tree);
	return g_string_free(out, FALSE);
}

static void answers_follow_selection_and_pattern(void)
{
	static const struct {
		const char *patterns;
		unsigned options;
		const char *expected;
	} rows[] = {
		{ "*", 0, "INBOX+s INBOX/sub Sentu a+ a/b+ a/b/cs lone!+ lone/child zebras " },
		{ "%", 0, "INBOX+s Sentu a+ lone!+ zebras " },
		{ "inbox", 0, "INBOX+s " },
		{ "a/%", 0, "a/b+ " },
		{ "a* z* a*", 0, "a+ a/b+ a/b/cs zebras " },
		{ "nothing", 0, "" },
		{ "*", LIST_SELECT_SUBSCRIBED, "INBOX+s a/b/cs gone!s gone/below!s zebras " },
		{ "*", LIST_SELECT_SPECIAL_USE, "Sentu " },
		{ "%", LIST_SELECT_SUBSCRIBED | LIST_SELECT_RECURSIVE, "INBOX+s a+c gone!sc zebras " },
		{ "a/b", LIST_SELECT_SUBSCRIBED | LIST_SELECT_RECURSIVE, "a/b+c " },
		{ "*", LIST_IS_LSUB, "INBOX+s a/b/cs gone!s gone/below!s zebras " },
		{ "%", LIST_IS_LSUB, "INBOX+s a+ gone!s zebras " },
		{ "a", LIST_IS_LSUB, "" },
	};

	for (size_t i = 0; i < G_N_ELEMENTS(rows); i++) {
		g_autofree char *got = list(rows[i].patterns, rows[i].options);

		g_assert_cmpstr(got, ==, rows[i].expected);
	}
}

static void ten_thousand_folders_are_listed_quickly(void)
{
	struct list_tree *tree = list_tree_create();
	g_autoptr(GString) out = g_string_new(NULL);
	g_autoptr(GPtrArray) names = g_ptr_array_new_with_free_func(g_free);
	struct slice pattern = SLICE("a/%/c*");

	for (int i = 0; i < 10000; i++)
		g_ptr_array_add(names, g_strdup_printf("a/%d/c%d", i / 10, i));
	for (guint i = 0; i < names->len; i++)
		list_tree_add(tree, names->pdata[i], names->pdata[i], false);
	g_test_timer_start();
	list_tree_match(tree, &pattern, 1, 0, put, out);
	g_assert_cmpfloat(g_test_timer_elapsed(), <, 1);
	g_assert_true(g_str_has_prefix(out->str, "a/0/c0 a/0/c1 "));
	list_tree_destroy(&tree);
}

int main(int argc, char **argv)
{
	g_test_init(&argc, &argv, NULL);
	g_test_add_func("/list/rows", answers_follow_selection_and_pattern);
	g_test_add_func("/list/many", ten_thousand_folders_are_listed_quickly);
	return g_test_run();
}
