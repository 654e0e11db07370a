/* LIST with all of RFC 5258, RFC 5819 (STATUS), RFC 6154 (SPECIAL-USE), RFC 8440 (MYRIGHTS) and
 * RFC 9590 (METADATA), and LSUB. */
#include "imap/commands.h"

#include "imap/list_tree.h"
#include "imap/lookup.h"
#include "imap/metadata.h"
#include "imap/rights.h"
#include "imap/selected.h"
#include "imap/status.h"

enum { MOST_PATTERNS = 100, ANNOTATED_AT_ONCE = 100 };

struct list {
	struct imap_session *session;
	struct slice patterns[MOST_PATTERNS];
	size_t pattern_count;
	bool empty_pattern;            /* LIST "" "": the separator is asked for */
	unsigned options;              /* enum list_options */
	bool is_extended;
	bool is_lsub;
	bool return_subscribed, return_special_use, return_rights;
	struct metadata_query metadata; /* entries NULL: not asked for */
	unsigned status_items;
	GPtrArray *mailboxes;
	struct list_tree *tree;
	GPtrArray *entries;             /* what is told, of struct list_entry */
	guint at;                       /* the next one */
	guint annotated;                /* the annotations of those in front of this one are read: */
	GPtrArray *annotations;         /* by mailbox_id */
};

static const struct {
	const char *word;
	unsigned option;
} selections[] = {
	{ "SUBSCRIBED", LIST_SELECT_SUBSCRIBED },
	{ "RECURSIVEMATCH", LIST_SELECT_RECURSIVE },
	{ "SPECIAL-USE", LIST_SELECT_SPECIAL_USE },
	{ "REMOTE", 0 },
};

static bool read_selection(struct args *args, struct list *list)
{
	struct args words;

	if (!args_is_list(args))
		return true;
	list->is_extended = true;
	args_list(args, &words);
	while (!args_at_end(&words)) {
		size_t i = 0;

		while (i < G_N_ELEMENTS(selections) && !args_take_word(&words, selections[i].word))
			i++;
		if (i == G_N_ELEMENTS(selections))
			return args_fail(args, "Unknown selection option of LIST");
		list->options |= selections[i].option;
	}
	if ((list->options & LIST_SELECT_RECURSIVE) &&
	    !(list->options & (LIST_SELECT_SUBSCRIBED | LIST_SELECT_SPECIAL_USE)))
		return args_fail(args, "RECURSIVEMATCH needs another selection option");
	list->return_subscribed |= (list->options & LIST_SELECT_SUBSCRIBED) != 0;
	list->return_special_use |= (list->options & LIST_SELECT_SPECIAL_USE) != 0;
	return true;
}

/* One pattern, behind the reference, in the stored form. */
static bool add_pattern(struct args *args, struct list *list, struct slice reference)
{
	g_autoptr(GString) whole = g_string_new_len(reference.data, (gssize)reference.len);
	g_autoptr(GString) stored = g_string_new(NULL);
	struct slice pattern;

	if (!args_list_mailbox(args, &pattern))
		return false;
	if (list->pattern_count == MOST_PATTERNS)
		return args_fail(args, "Too many patterns");
	list->empty_pattern = pattern.len == 0;
	g_string_append_len(whole, pattern.data, (gssize)pattern.len);
	switch (mailbox_name_read(slice_of(whole->str, whole->len), session_names(list->session), stored)) {
	case MAILBOX_NAME_OK:
		break;
	case MAILBOX_NAME_ENCODING:
		return args_fail(args, "The pattern has the wrong encoding");
	case MAILBOX_NAME_CHARACTER:
		return true; /* nothing is named like that */
	}
	list->patterns[list->pattern_count++] =
		slice_of(arena_copy(args->arena, stored->str, stored->len), stored->len);
	return true;
}

static bool read_patterns(struct args *args, struct list *list)
{
	struct slice reference;
	struct args patterns;

	if (!args_astring(args, &reference))
		return false;
	if (!args_is_list(args))
		return add_pattern(args, list, reference);
	list->is_extended = true;
	args_list(args, &patterns);
	do {
		if (!add_pattern(&patterns, list, reference))
			return args_fail(args, patterns.error);
	} while (!args_at_end(&patterns));
	list->empty_pattern = false;
	return true;
}

static bool read_return(struct args *args, struct list *list)
{
	struct args words;

	if (!args_take_word(args, "RETURN"))
		return true;
	list->is_extended = true;
	if (!args_list(args, &words))
		return false;
	while (!args_at_end(&words)) {
		if (args_take_word(&words, "SUBSCRIBED"))
			list->return_subscribed = true;
		else if (args_take_word(&words, "SPECIAL-USE"))
			list->return_special_use = true;
		else if (args_take_word(&words, "STATUS")) {
			if (!status_read(&words, &list->status_items))
				return args_fail(args, words.error);
		} else if (args_take_word(&words, "MYRIGHTS"))
			list->return_rights = true;
		else if (args_take_word(&words, "METADATA")) {
			if (!metadata_read_entries(&words, &list->metadata))
				return args_fail(args, words.error);
		} else if (!args_take_word(&words, "CHILDREN"))
			return args_fail(args, "Unknown return option of LIST");
	}
	return true;
}

static void print_attributes(const struct list *list, const struct list_entry *entry)
{
	GString *out = session_text(list->session);
	const struct mailbox *mailbox = entry->mailbox;
	const char *word = "";

	if (mailbox == NULL)
		word = list->is_extended || session_has(list->session, EXTENSION_IMAP4REV2)
			? "\\NonExistent" : "\\Noselect";
	else if (mailbox->noselect)
		word = "\\Noselect";
	g_string_append(out, word);
	if (*word != '\0')
		g_string_append_c(out, ' ');
	g_string_append(out, entry->has_children ? "\\HasChildren" : "\\HasNoChildren");
	if (list->return_subscribed && entry->is_subscribed)
		g_string_append(out, " \\Subscribed");
	if (mailbox != NULL && (!list->is_extended || list->return_special_use))
		lookup_print_use(out, mailbox->use);
}

static bool wants_shared(const struct list *list)
{
	for (size_t i = 0; i < list->pattern_count; i++)
		if (lookup_may_match_shared(list->patterns[i]))
			return true;
	return false;
}

/* Those of one mailbox stand together. */
static guint first_annotation(const GPtrArray *annotations, uint64_t mailbox_id)
{
	guint low = 0, high = annotations->len;

	while (low < high) {
		guint middle = low + (high - low) / 2;

		if (((const struct annotation *)annotations->pdata[middle])->mailbox_id < mailbox_id)
			low = middle + 1;
		else
			high = middle;
	}
	return low;
}

static void print_annotations(const struct list *list, const struct mailbox *mailbox)
{
	g_autoptr(GPtrArray) own = g_ptr_array_new();

	for (guint i = first_annotation(list->annotations, mailbox->ref.mailbox_id); i < list->annotations->len; i++) {
		struct annotation *annotation = list->annotations->pdata[i];

		if (annotation->mailbox_id != mailbox->ref.mailbox_id)
			break;
		g_ptr_array_add(own, annotation);
	}
	metadata_print_read(list->session, mailbox, &list->metadata, own, NULL);
}

static void print_entry(const struct list *list, const struct list_entry *entry)
{
	const struct mailbox *mailbox = entry->mailbox;
	GString *out = session_text(list->session);

	g_string_append(out, list->is_lsub ? "* LSUB (" : "* LIST (");
	if (!list->is_lsub)
		print_attributes(list, entry);
	else if (mailbox == NULL ? !entry->is_subscribed : mailbox->noselect || !entry->is_subscribed)
		g_string_append(out, "\\Noselect");
	g_string_append_printf(out, ") \"%c\" ", session_names(list->session).separator);
	mailbox_name_write(out, slice_from_string(entry->name), session_names(list->session));
	if (entry->child_is_selected && (list->options & LIST_SELECT_SUBSCRIBED))
		g_string_append(out, " (\"CHILDINFO\" (\"SUBSCRIBED\"))");
	g_string_append(out, "\r\n");
	if (mailbox == NULL)
		return;
	if (list->status_items != 0 && !mailbox->noselect && rights_have(mailbox->rights, "r"))
		status_print(list->session, mailbox, list->status_items);
	if (list->return_rights)
		lookup_print_rights(list->session, mailbox);
	if (list->annotations != NULL && metadata_may(mailbox))
		print_annotations(list, mailbox);
}

/* Those of the next entries, in one query. */
static enum store_result read_annotations(struct list *list, struct store *store)
{
	g_autoptr(GArray) refs = g_array_new(FALSE, FALSE, sizeof(struct mailbox_ref));

	list->annotated = MIN(list->at + ANNOTATED_AT_ONCE, list->entries->len);
	for (guint i = list->at; i < list->annotated; i++) {
		const struct mailbox *mailbox = ((const struct list_entry *)list->entries->pdata[i])->mailbox;

		if (mailbox != NULL && metadata_may(mailbox))
			g_array_append_val(refs, mailbox->ref);
	}
	g_clear_pointer(&list->annotations, g_ptr_array_unref);
	return annotation_get_many(store, (const struct mailbox_ref *)(const void *)refs->data, refs->len,
				   list->session->account_id, list->metadata.entries, &list->annotations);
}

static void keep_entry(const struct list_entry *entry, void *arg)
{
	struct list *list = arg;

	g_ptr_array_add(list->entries, (void *)entry);
}

/* What is to be told, found before the first word is said. */
static enum store_result find_entries(struct list *list, struct store *store)
{
	g_auto(GStrv) subscriptions = NULL;
	enum store_result result;

	result = mailbox_list(store, list->session->account_id, &list->mailboxes);
	if (result == STORE_OK && wants_shared(list))
		result = lookup_list_shared(list->session, store, list->mailboxes);
	if (result == STORE_OK)
		result = mailbox_subscriptions(store, list->session->account_id, &subscriptions);
	if (result != STORE_OK)
		return result;
	list->tree = list_tree_create();
	for (guint i = 0; i < list->mailboxes->len; i++) {
		const struct mailbox *mailbox = list->mailboxes->pdata[i];

		list_tree_add(list->tree, mailbox->name, mailbox, mailbox->use != 0);
	}
	for (size_t i = 0; subscriptions[i] != NULL; i++)
		list_tree_subscribe(list->tree, subscriptions[i]);
	list_tree_match(list->tree, list->patterns, list->pattern_count, list->options, keep_entry, list);
	return STORE_OK;
}

static enum command_step tell(struct list *list, struct command *command, struct store *store)
{
	for (; list->at < list->entries->len; list->at++) {
		enum store_result result = STORE_OK;

		if (output_is_full(list->session->output))
			return STEP_MORE;
		if (list->metadata.entries != NULL && list->at == list->annotated)
			result = read_annotations(list, store);
		if (result != STORE_OK)
			return command_store_failed(command, result, "list");
		print_entry(list, list->entries->pdata[list->at]);
	}
	return command_ok(command, NULL, "Listed");
}

static enum command_step run(struct list *list, struct command *command, struct store *store)
{
	enum store_result result;

	if (!args_end(&command->args))
		return command_bad_args(command);
	if (list->empty_pattern && !list->is_extended) {
		session_untagged(list->session, "%s (\\Noselect) \"%c\" \"\"", list->is_lsub ? "LSUB" : "LIST",
				 session_names(list->session).separator);
		return command_ok(command, NULL, "Listed");
	}
	if (status_wants_condstore(list->status_items))
		selected_enable_condstore(list->session);
	result = find_entries(list, store);
	return result == STORE_OK ? tell(list, command, store) : command_store_failed(command, result, "list");
}

static void destroy_list(void *arg)
{
	struct list *list = arg;

	list_tree_destroy(&list->tree);
	g_ptr_array_unref(list->entries);
	g_clear_pointer(&list->mailboxes, g_ptr_array_unref);
	g_clear_pointer(&list->annotations, g_ptr_array_unref);
}

static struct list *new_list(struct imap_session *session, struct command *command)
{
	struct list *list = arena_new(command->arena, struct list);

	list->session = session;
	list->entries = g_ptr_array_new();
	command->state = list;
	command_on_end(command, destroy_list, list);
	return list;
}

enum command_step cmd_list(struct imap_session *session, struct command *command,
			   struct store *store)
{
	struct list *list = command->state;

	if (list != NULL)
		return tell(list, command, store);
	list = new_list(session, command);
	if (!read_selection(&command->args, list) || !read_patterns(&command->args, list) ||
	    !read_return(&command->args, list))
		return command_bad_args(command);
	return run(list, command, store);
}

enum command_step cmd_lsub(struct imap_session *session, struct command *command,
			   struct store *store)
{
	struct list *list = command->state;

	if (list != NULL)
		return tell(list, command, store);
	list = new_list(session, command);
	list->is_lsub = true;
	list->options = LIST_IS_LSUB;
	if (!read_patterns(&command->args, list))
		return command_bad_args(command);
	return run(list, command, store);
}
