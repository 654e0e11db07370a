/* Containers ("nodes") are numbers into one array, linked as first child and next
 * sibling.  Node 0 is the root above all threads. */
#include "imap/thread_tree.h"

#include <stdlib.h>

enum { ROOT = 0, NONE = 0 };

struct node {
	uint32_t parent, child, last_child, next, previous;
	const struct thread_message *message; /* NULL: a dummy */
	int64_t date;
	uint32_t order; /* mailbox order of the first message in it; breaks ties */
};

struct tree {
	GArray *nodes;
	const struct thread_message *messages;
};

static struct node *at(struct tree *tree, uint32_t number)
{
	return &g_array_index(tree->nodes, struct node, number);
}

static uint32_t add_node(struct tree *tree, const struct thread_message *message)
{
	struct node node = { .message = message, .order = UINT32_MAX };

	if (message != NULL) {
		node.date = message->date;
		node.order = (uint32_t)(message - tree->messages);
	}
	g_array_append_val(tree->nodes, node);
	return tree->nodes->len - 1;
}

/* Linked under a parent?  A node that hangs nowhere has parent, siblings NONE and is
 * not the root's child; roots are gathered at the end of step 1. */
static void unlink_node(struct tree *tree, uint32_t number)
{
	struct node *node = at(tree, number), *parent = at(tree, node->parent);

	if (node->previous != NONE)
		at(tree, node->previous)->next = node->next;
	else if (parent->child == number)
		parent->child = node->next;
	if (node->next != NONE)
		at(tree, node->next)->previous = node->previous;
	else if (parent->last_child == number)
		parent->last_child = node->previous;
	node->parent = node->next = node->previous = NONE;
}

static void append_child(struct tree *tree, uint32_t parent_number, uint32_t number)
{
	struct node *node = at(tree, number), *parent = at(tree, parent_number);

	node->parent = parent_number;
	node->previous = parent->last_child;
	node->next = NONE;
	if (parent->last_child != NONE)
		at(tree, parent->last_child)->next = number;
	else
		parent->child = number;
	parent->last_child = number;
}

/* All of from's children go to the end of to's. */
static void move_children(struct tree *tree, uint32_t from, uint32_t to)
{
	uint32_t child;

	while ((child = at(tree, from)->child) != NONE) {
		unlink_node(tree, child);
		append_child(tree, to, child);
	}
}

/* Step 1: parents from references. */

static uint32_t node_of_id(struct tree *tree, GHashTable *by_id, struct slice id)
{
	GBytes *key = g_bytes_new_static(id.data, id.len);
	uint32_t number = GPOINTER_TO_UINT(g_hash_table_lookup(by_id, key));

	if (number != NONE) {
		g_bytes_unref(key);
		return number;
	}
	number = add_node(tree, NULL);
	g_hash_table_insert(by_id, key, GUINT_TO_POINTER(number));
	return number;
}

enum { LONGEST_CHAIN = 100000 };

/* Whether `ancestor` is `number` or above it; a chain of absurd length counts as a loop. */
static bool is_above(struct tree *tree, uint32_t ancestor, uint32_t number)
{
	if (at(tree, ancestor)->child == NONE)
		return ancestor == number;
	for (unsigned steps = 0; number != ROOT; number = at(tree, number)->parent)
		if (number == ancestor || ++steps > LONGEST_CHAIN)
			return true;
	return false;
}

static void link_message(struct tree *tree, GHashTable *by_id, const struct thread_message *message)
{
	uint32_t self = NONE, parent = NONE;

	if (message->message_id.len > 0) {
		self = node_of_id(tree, by_id, message->message_id);
		if (at(tree, self)->message != NULL)
			self = NONE; /* a duplicate: as if it had an id of its own */
	}
	if (self == NONE) {
		self = add_node(tree, message);
	} else {
		at(tree, self)->message = message;
		at(tree, self)->date = message->date;
		at(tree, self)->order = (uint32_t)(message - tree->messages);
	}
	for (size_t i = 0; i < message->reference_count; i++) {
		uint32_t next = node_of_id(tree, by_id, message->references[i]);

		if (parent != NONE && at(tree, next)->parent == NONE && !is_above(tree, next, parent))
			append_child(tree, parent, next);
		parent = next;
	}
	/* Its own references say best; what others said of it may have been cut short.  Without any it
	 * has no parent (RFC 5256 REFERENCES 1.B). */
	if (at(tree, self)->parent != NONE)
		unlink_node(tree, self);
	if (parent != NONE && !is_above(tree, self, parent))
		append_child(tree, parent, self);
}

static void link_all(struct tree *tree, size_t count)
{
	g_autoptr(GHashTable) by_id = g_hash_table_new_full(g_bytes_hash, g_bytes_equal,
							    (GDestroyNotify)g_bytes_unref, NULL);

	for (size_t i = 0; i < count; i++)
		link_message(tree, by_id, &tree->messages[i]);
	for (uint32_t i = 1; i < tree->nodes->len; i++)
		if (at(tree, i)->parent == ROOT)
			append_child(tree, ROOT, i);
}

/* Walking without recursion. */

static uint32_t first_in_post_order(struct tree *tree, uint32_t number)
{
	while (at(tree, number)->child != NONE)
		number = at(tree, number)->child;
	return number;
}

/* Behind `number` in the post-order walk below `top`; NONE at the end. */
static uint32_t next_in_post_order(struct tree *tree, uint32_t number)
{
	struct node *node = at(tree, number);

	if (node->next != NONE)
		return first_in_post_order(tree, node->next);
	return node->parent;
}

/* The node's children take its place among its brothers, so that a walk in post
 * order that has passed them does not meet them again. */
static void replace_by_children(struct tree *tree, uint32_t number)
{
	struct node *node = at(tree, number), *parent = at(tree, node->parent);

	for (uint32_t i = node->child; i != NONE; i = at(tree, i)->next)
		at(tree, i)->parent = node->parent;
	at(tree, node->child)->previous = node->previous;
	at(tree, node->last_child)->next = node->next;
	if (node->previous != NONE)
		at(tree, node->previous)->next = node->child;
	else
		parent->child = node->child;
	if (node->next != NONE)
		at(tree, node->next)->previous = node->last_child;
	else
		parent->last_child = node->last_child;
	node->parent = node->next = node->previous = node->child = node->last_child = NONE;
}

/* Step 3: dummies vanish, their children move up, except that a dummy at the top
 * keeps several children together. */
static void prune(struct tree *tree)
{
	uint32_t number = first_in_post_order(tree, ROOT);

	while (number != ROOT) {
		uint32_t next = next_in_post_order(tree, number);
		struct node *node = at(tree, number);
		bool keep = node->message != NULL ||
			    (node->parent == ROOT && node->child != NONE && node->child != node->last_child);

		if (!keep && node->child != NONE)
			replace_by_children(tree, number);
		else if (!keep)
			unlink_node(tree, number);
		number = next;
	}
}

/* Steps 4 and 7: siblings by date. */

struct sort_entry {
	int64_t date;
	uint32_t order, number;
};

static int compare_entries(const void *a, const void *b)
{
	const struct sort_entry *x = a, *y = b;

	if (x->date != y->date)
		return x->date < y->date ? -1 : 1;
	return (x->order > y->order) - (x->order < y->order);
}

static void sort_children(struct tree *tree, uint32_t parent, GArray *scratch)
{
	if (at(tree, parent)->child == at(tree, parent)->last_child)
		return;
	g_array_set_size(scratch, 0);
	for (uint32_t i = at(tree, parent)->child; i != NONE; i = at(tree, i)->next) {
		struct sort_entry entry = { at(tree, i)->date, at(tree, i)->order, i };

		g_array_append_val(scratch, entry);
	}
	g_array_sort(scratch, compare_entries);
	at(tree, parent)->child = at(tree, parent)->last_child = NONE;
	for (guint i = 0; i < scratch->len; i++)
		append_child(tree, parent, g_array_index(scratch, struct sort_entry, i).number);
}

/* A dummy takes the place of its first child. */
static void sort_below(struct tree *tree, uint32_t number, GArray *scratch)
{
	struct node *node;

	sort_children(tree, number, scratch);
	node = at(tree, number);
	if (node->message == NULL && node->child != NONE) {
		node->date = at(tree, node->child)->date;
		node->order = at(tree, node->child)->order;
	}
}

static void sort_all(struct tree *tree)
{
	g_autoptr(GArray) scratch = g_array_new(FALSE, FALSE, sizeof(struct sort_entry));
	uint32_t number = first_in_post_order(tree, ROOT);

	while (number != ROOT) {
		/* Sorting below a node does not move the node itself. */
		uint32_t parent = at(tree, number)->parent, next = at(tree, number)->next;

		sort_below(tree, number, scratch);
		number = next != NONE ? first_in_post_order(tree, next) : parent;
	}
	sort_children(tree, ROOT, scratch);
}

/* Steps 5 and 6: threads of the same subject. */

static const struct thread_message *subject_message(struct tree *tree, uint32_t number)
{
	struct node *node = at(tree, number);

	return node->message != NULL ? node->message : at(tree, node->child)->message;
}

static GBytes *subject_key(struct tree *tree, uint32_t number)
{
	struct slice subject = subject_message(tree, number)->subject;

	return g_bytes_new_static(subject.data, subject.len);
}

static bool is_reply(struct tree *tree, uint32_t number)
{
	return at(tree, number)->message != NULL && at(tree, number)->message->is_reply;
}

static bool is_dummy(struct tree *tree, uint32_t number)
{
	return at(tree, number)->message == NULL;
}

static GHashTable *gather_subjects(struct tree *tree)
{
	GHashTable *subjects = g_hash_table_new_full(g_bytes_hash, g_bytes_equal,
						     (GDestroyNotify)g_bytes_unref, NULL);

	for (uint32_t i = at(tree, ROOT)->child; i != NONE; i = at(tree, i)->next) {
		g_autoptr(GBytes) key = subject_key(tree, i);
		uint32_t there;

		if (g_bytes_get_size(key) == 0)
			continue;
		there = GPOINTER_TO_UINT(g_hash_table_lookup(subjects, key));
		if (there == NONE || (!is_dummy(tree, there) && is_dummy(tree, i)) ||
		    (!is_dummy(tree, there) && is_reply(tree, there) && !is_reply(tree, i)))
			g_hash_table_replace(subjects, g_bytes_ref(key), GUINT_TO_POINTER(i));
	}
	return subjects;
}

static void merge_thread(struct tree *tree, GHashTable *subjects, GBytes *key, uint32_t there,
			 uint32_t number)
{
	uint32_t dummy;

	unlink_node(tree, number);
	if (is_dummy(tree, there) && is_dummy(tree, number)) {
		move_children(tree, number, there);
	} else if (is_dummy(tree, there) || (is_reply(tree, number) && !is_reply(tree, there))) {
		append_child(tree, there, number);
	} else {
		dummy = add_node(tree, NULL);
		unlink_node(tree, there);
		append_child(tree, ROOT, dummy);
		append_child(tree, dummy, there);
		append_child(tree, dummy, number);
		g_hash_table_replace(subjects, g_bytes_ref(key), GUINT_TO_POINTER(dummy));
	}
}

static void merge_subjects(struct tree *tree)
{
	g_autoptr(GHashTable) subjects = gather_subjects(tree);
	uint32_t next, old_nodes = tree->nodes->len;

	for (uint32_t i = at(tree, ROOT)->child; i != NONE; i = next) {
		g_autoptr(GBytes) key = subject_key(tree, i);
		uint32_t there = GPOINTER_TO_UINT(g_hash_table_lookup(subjects, key));

		next = at(tree, i)->next;
		/* Dummies made here stand at the end and are nobody's duplicates. */
		if (i < old_nodes && there != NONE && there != i)
			merge_thread(tree, subjects, key, there, i);
	}
}

/* The response. */

static void print_tree(struct tree *tree, GString *out)
{
	uint32_t number = at(tree, ROOT)->child;

	while (number != ROOT) {
		struct node *node = at(tree, number), *parent = at(tree, node->parent);
		bool has_brothers = node->parent == ROOT || parent->child != parent->last_child;

		if (has_brothers) {
			if (node->previous == NONE && node->parent != ROOT && parent->message != NULL)
				g_string_append_c(out, ' ');
			g_string_append_c(out, '(');
		} else if (parent->message != NULL) {
			g_string_append_c(out, ' ');
		}
		if (node->message != NULL)
			g_string_append_printf(out, "%u", node->message->number);
		if (node->child != NONE) {
			number = node->child;
			continue;
		}
		/* Up to the next brother; every level with brothers has a parenthesis. */
		while (number != ROOT) {
			node = at(tree, number);
			parent = at(tree, node->parent);
			if (node->parent == ROOT || parent->child != parent->last_child)
				g_string_append_c(out, ')');
			if (node->next != NONE)
				break;
			number = node->parent;
		}
		if (number != ROOT)
			number = at(tree, number)->next;
	}
}

static void tree_init(struct tree *tree, const struct thread_message *messages, size_t count)
{
	tree->nodes = g_array_sized_new(FALSE, TRUE, sizeof(struct node), (guint)count + 1);
	tree->messages = messages;
	add_node(tree, NULL);
}

void thread_references(const struct thread_message *messages, size_t count, GString *out)
{
	struct tree tree;

	if (count == 0)
		return;
	tree_init(&tree, messages, count);
	link_all(&tree, count);
	prune(&tree);
	sort_all(&tree);
	merge_subjects(&tree);
	sort_all(&tree);
	print_tree(&tree, out);
	g_array_unref(tree.nodes);
}

/* Sorted by date, each subject's first message is the parent of the others. */
void thread_ordered_subject(const struct thread_message *messages, size_t count, GString *out)
{
	g_autoptr(GHashTable) subjects = g_hash_table_new_full(g_bytes_hash, g_bytes_equal,
							       (GDestroyNotify)g_bytes_unref, NULL);
	g_autofree struct sort_entry *order = g_new(struct sort_entry, count);
	struct tree tree;

	if (count == 0)
		return;
	tree_init(&tree, messages, count);
	for (size_t i = 0; i < count; i++)
		order[i] = (struct sort_entry){ messages[i].date, (uint32_t)i, (uint32_t)i };
	qsort(order, count, sizeof(order[0]), compare_entries);
	for (size_t i = 0; i < count; i++) {
		const struct thread_message *message = &messages[order[i].number];
		GBytes *key = g_bytes_new_static(message->subject.data, message->subject.len);
		uint32_t parent = GPOINTER_TO_UINT(g_hash_table_lookup(subjects, key));
		uint32_t self = add_node(&tree, message);

		append_child(&tree, parent, self);
		if (parent == NONE)
			g_hash_table_insert(subjects, key, GUINT_TO_POINTER(self));
		else
			g_bytes_unref(key);
	}
	print_tree(&tree, out);
	g_array_unref(tree.nodes);
}
