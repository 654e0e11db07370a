/* SORT and THREAD with their UID forms (RFC 5256, RFC 5957, RFC 6203, RFC 5267 for RETURN) from stored keys:
 * no message is parsed. */
#include "imap/commands.h"

#include "imap/loader.h"
#include "imap/message_limit.h"
#include "imap/progress.h"
#include "imap/search_command.h"
#include "imap/search_context.h"
#include "imap/selected.h"
#include "imap/thread_tree.h"
#include "mime/subject.h"

#include <stdlib.h>

enum { MOST_KEYS = 16 };

enum sort_kind {
	SORT_ARRIVAL,
	SORT_CC,
	SORT_DATE,
	SORT_DISPLAY_FROM, /* RFC 5957 */
	SORT_DISPLAY_TO,
	SORT_FROM,
	SORT_RELEVANCY,    /* RFC 6203: best first */
	SORT_SIZE,
	SORT_SUBJECT,
	SORT_TO,
};

static const char *const sort_names[] = {
	[SORT_ARRIVAL] = "ARRIVAL", [SORT_CC] = "CC", [SORT_DATE] = "DATE",
	[SORT_DISPLAY_FROM] = "DISPLAYFROM", [SORT_DISPLAY_TO] = "DISPLAYTO", [SORT_FROM] = "FROM",
	[SORT_RELEVANCY] = "RELEVANCY", [SORT_SIZE] = "SIZE", [SORT_SUBJECT] = "SUBJECT", [SORT_TO] = "TO",
};

struct sort_key {
	enum sort_kind kind;
	bool reverse;
};

/* One message with the values of the keys, in their order. */
struct sort_row {
	uint32_t seq, uid;
	union {
		struct slice text;
		int64_t number;
	} values[];
};

struct sort {
	struct imap_session *session;
	struct command *command;
	struct search_return wanted;
	struct search_program program;
	struct search *search;
	struct sequence_set seqs;
	struct sort_key keys[MOST_KEYS];
	size_t key_count;
	struct arena *rows;     /* for the time of the command's one call */
};

static bool read_key(struct args *list, struct sort *sort)
{
	struct sort_key *key = &sort->keys[sort->key_count];

	if (sort->key_count == MOST_KEYS)
		return args_fail(list, "Too many sort keys");
	key->reverse = args_take_word(list, "REVERSE");
	for (size_t i = 0; i < G_N_ELEMENTS(sort_names); i++) {
		if (args_take_word(list, sort_names[i])) {
			key->kind = (enum sort_kind)i;
			sort->key_count++;
			return true;
		}
	}
	return args_fail(list, "Unknown sort key");
}

static bool read_keys(struct args *args, struct sort *sort)
{
	struct args list;

	if (!args_list(args, &list))
		return false;
	if (args_at_end(&list))
		return args_fail(args, "SORT wants at least one key");
	while (!args_at_end(&list))
		if (!read_key(&list, sort))
			return args_fail(args, list.error);
	return true;
}

static bool wants_relevancy(const struct sort *sort)
{
	for (size_t i = 0; i < sort->key_count; i++)
		if (sort->keys[i].kind == SORT_RELEVANCY)
			return true;
	return (sort->wanted.options & RETURN_RELEVANCY) != 0;
}

/* Charset and search program, the result in sort->seqs; false with the reply decided. */
static bool search(struct sort *sort, struct store *store)
{
	struct command *command = sort->command;
	enum store_result failure;
	struct slice charset;
	bool done;

	if (!args_astring(&command->args, &charset)) {
		command_bad_args(command);
		return false;
	}
	if (!search_command_read(sort->session, command, &command->args, &charset, &sort->program)) {
		if (command->reply == REPLY_NO)
			search_found_forget(sort->session, &sort->wanted);
		return false;
	}
	if (sort->program.uses_modseq)
		selected_enable_condstore(sort->session);
	sort->search = search_create(sort->session, command, &sort->program);
	if (sort->search == NULL)
		return false;
	if (wants_relevancy(sort) && !search_has_relevancy(sort->search)) {
		command_bad(command, "RELEVANCY needs a FUZZY search");
		return false;
	}
	done = !message_limit_refuses_search(sort->session, command, sort->search);
	if (done && search_run(sort->search, store, &sort->seqs, &failure) != SEARCH_DONE) {
		command_store_failed(command, failure, "mailbox");
		done = false;
	}
	if (!done)
		search_found_forget(sort->session, &sort->wanted);
	return done;
}

static struct slice keep(struct arena *arena, struct slice text)
{
	return slice_of(arena_copy(arena, text.data, text.len), text.len);
}

static int64_t sent_date(const struct loaded *loaded)
{
	const struct content_facts *facts =
		loaded->facts != NULL ? content_value_facts(loaded->facts) : NULL;

	return facts != NULL && facts->sent_date != CONTENT_NO_DATE ? facts->sent_date
								    : loaded->entry->internal_date;
}

static struct slice text_of(const struct content_facts *facts, enum sort_kind kind)
{
	switch (kind) {
	case SORT_CC: return facts->cc;
	case SORT_DISPLAY_FROM: return facts->display_from;
	case SORT_DISPLAY_TO: return facts->display_to;
	case SORT_FROM: return facts->from;
	case SORT_SUBJECT: return facts->base_subject;
	case SORT_TO: return facts->to;
	default: g_assert_not_reached();
	}
}

static struct sort_row *make_row(const struct sort *sort, const struct loaded *loaded)
{
	struct sort_row *row = arena_alloc(sort->rows, sizeof(*row) +
					   sort->key_count * sizeof(row->values[0]));

	row->seq = loaded->seq;
	row->uid = loaded->entry->uid;
	for (size_t i = 0; i < sort->key_count; i++) {
		switch (sort->keys[i].kind) {
		case SORT_ARRIVAL: row->values[i].number = loaded->entry->internal_date; break;
		case SORT_DATE: row->values[i].number = sent_date(loaded); break;
		case SORT_SIZE: row->values[i].number = (int64_t)loaded->entry->size; break;
		case SORT_RELEVANCY:
			row->values[i].number = -(int64_t)search_relevancy(sort->search, row->uid);
			break;
		default:
			if (loaded->facts != NULL)
				row->values[i].text = keep(sort->rows, text_of(content_value_facts(loaded->facts),
									       sort->keys[i].kind));
		}
	}
	return row;
}

static bool is_number(enum sort_kind kind)
{
	return kind == SORT_ARRIVAL || kind == SORT_DATE || kind == SORT_SIZE || kind == SORT_RELEVANCY;
}

static int compare_text(struct slice a, struct slice b)
{
	int order = MIN(a.len, b.len) > 0 ? memcmp(a.data, b.data, MIN(a.len, b.len)) : 0;

	return order != 0 ? order : (a.len > b.len) - (a.len < b.len);
}

static int compare_rows(const void *a, const void *b, void *arg)
{
	const struct sort_row *x = *(const struct sort_row *const *)a;
	const struct sort_row *y = *(const struct sort_row *const *)b;
	const struct sort *sort = arg;

	for (size_t i = 0; i < sort->key_count; i++) {
		int64_t m = x->values[i].number, n = y->values[i].number;
		int order = is_number(sort->keys[i].kind) ? (m > n) - (m < n)
							  : compare_text(x->values[i].text, y->values[i].text);

		if (order != 0)
			return sort->keys[i].reverse ? -order : order;
	}
	return (x->seq > y->seq) - (x->seq < y->seq);
}

/* Calls fn for every message found, with its facts if `needs` asks for them. */
static enum store_result each_message(struct sort *sort, struct store *store, unsigned needs,
				      void (*fn)(const struct sort *sort, const struct loaded *loaded,
						 GPtrArray *out),
				      GPtrArray *out)
{
	struct loader *loader = loader_create(sort->session, sort->session->selected->view, &sort->seqs,
					      needs);
	enum store_result failure = STORE_OK;
	const struct loaded *loaded;

	progress_plan(sort->session, sequence_set_size(&sort->seqs));
	while (loader_get(loader, store, &loaded, &failure) == LOADER_HAVE) {
		fn(sort, loaded, out);
		progress_did(sort->session, 1);
		loader_next(loader);
	}
	loader_destroy(loader);
	return failure;
}

static void add_row(const struct sort *sort, const struct loaded *loaded, GPtrArray *rows)
{
	g_ptr_array_add(rows, make_row(sort, loaded));
}

static unsigned sort_needs(const struct sort *sort)
{
	for (size_t i = 0; i < sort->key_count; i++)
		if (!is_number(sort->keys[i].kind) || sort->keys[i].kind == SORT_DATE)
			return LOAD_FACTS;
	return 0;
}

/* MIN and MAX are the first and the last in this order (RFC 5267 3.1). */
static void save_sorted(const struct sort *sort, const GPtrArray *rows)
{
	struct sequence_set *saved = &sort->session->selected->saved;

	sequence_set_clear(saved);
	for (guint i = 0; i < rows->len; i++) {
		uint32_t uid = ((const struct sort_row *)rows->pdata[i])->uid;

		if (search_return_tells(&sort->wanted, rows->len, i))
			sequence_set_add(saved, uid, uid);
	}
	sequence_set_resolve(saved, 0);
}

static void print_sorted(struct sort *sort, const GPtrArray *rows)
{
	struct imap_session *session = sort->session;
	struct search_numbers results = { .count = rows->len, .is_uid = command_is_uid(sort->command) };
	g_autofree unsigned *scores = NULL;
	g_autofree uint32_t *numbers = g_new(uint32_t, rows->len + 1);
	GString *out = session_text(session);
	uint64_t modseq;

	for (guint i = 0; i < rows->len; i++) {
		const struct sort_row *row = rows->pdata[i];

		numbers[i] = results.is_uid ? row->uid : row->seq;
	}
	results.numbers = numbers;
	if (sort->wanted.options & RETURN_RELEVANCY) {
		results.scores = scores = g_new(unsigned, rows->len + 1);
		for (guint i = 0; i < rows->len; i++)
			scores[i] = search_relevancy(sort->search, ((const struct sort_row *)rows->pdata[i])->uid);
	}
	if (sort->program.uses_modseq)
		results.modseqs = session->selected->view;
	if (sort->wanted.is_extended) {
		if (search_return_tells_something(&sort->wanted))
			search_return_print(session, sort->command->tag, &sort->wanted, &results);
		return;
	}
	g_string_append(out, "* SORT");
	for (size_t i = 0; i < results.count; i++) {
		g_string_append_c(out, ' ');
		quote_number(out, numbers[i]);
	}
	modseq = search_return_modseq(&sort->wanted, &results);
	if (modseq > 0)
		g_string_append_printf(out, " (MODSEQ %" G_GUINT64_FORMAT ")", modseq);
	g_string_append(out, "\r\n");
}

static enum store_result run_sort(struct sort *sort, struct store *store)
{
	g_autoptr(GPtrArray) rows = g_ptr_array_new();
	enum store_result result = each_message(sort, store, sort_needs(sort), add_row, rows);

	if (result == STORE_OK) {
		if (rows->len > 0)
			qsort_r(rows->pdata, rows->len, sizeof(rows->pdata[0]), compare_rows, sort);
		if (sort->wanted.options & RETURN_SAVE)
			save_sorted(sort, rows);
		print_sorted(sort, rows);
	}
	return result;
}

/* THREAD. */

static size_t count_words(struct slice text)
{
	size_t count = text.len > 0;

	for (size_t i = 0; i < text.len; i++)
		count += text.data[i] == ' ';
	return count;
}

/* Ids separated by single spaces; at most `most`. */
static size_t split_words(struct slice text, struct slice *words, size_t most)
{
	size_t count = 0;

	while (text.len > 0 && count < most) {
		const char *space = memchr(text.data, ' ', text.len);
		size_t len = space != NULL ? (size_t)(space - text.data) : text.len;

		if (len > 0)
			words[count++] = slice_of(text.data, len);
		len = MIN(len + 1, text.len);
		text = slice_of(text.data + len, text.len - len);
	}
	return count;
}

static void add_message(const struct sort *sort, const struct loaded *loaded, GPtrArray *messages)
{
	struct thread_message *message = arena_new(sort->rows, struct thread_message);
	const struct content_facts *facts;
	struct slice references, *words;

	message->number = command_is_uid(sort->command) ? loaded->entry->uid : loaded->seq;
	message->date = sent_date(loaded);
	g_ptr_array_add(messages, message);
	if (loaded->facts == NULL)
		return;
	facts = content_value_facts(loaded->facts);
	message->subject = keep(sort->rows, facts->base_subject);
	g_free(subject_base_decoded(facts->subject, &message->is_reply));
	message->message_id = keep(sort->rows, facts->message_id);
	references = keep(sort->rows, facts->references.len > 0 ? facts->references : facts->in_reply_to);
	words = arena_new_array(sort->rows, struct slice, count_words(references));
	/* Of In-Reply-To only the first id counts. */
	message->reference_count = split_words(references, words, facts->references.len > 0
						       ? count_words(references) : 1);
	message->references = words;
}

typedef void (*thread_fn)(const struct thread_message *messages, size_t count, GString *out);

static enum store_result run_thread(struct sort *sort, struct store *store, thread_fn algorithm)
{
	g_autoptr(GPtrArray) found = g_ptr_array_new();
	enum store_result result = each_message(sort, store, LOAD_FACTS, add_message, found);
	g_autofree struct thread_message *messages = g_new(struct thread_message, found->len + 1);
	GString *out = session_text(sort->session);

	if (result != STORE_OK)
		return result;
	for (guint i = 0; i < found->len; i++)
		messages[i] = *(const struct thread_message *)found->pdata[i];
	g_string_append(out, "* THREAD");
	if (found->len > 0)
		g_string_append_c(out, ' ');
	algorithm(messages, found->len, out);
	g_string_append(out, "\r\n");
	return STORE_OK;
}

static enum command_step finish(struct sort *sort, enum store_result result)
{
	arena_destroy(&sort->rows);
	if (result != STORE_OK)
		search_found_forget(sort->session, &sort->wanted);
	return command_answer(sort->command, result, "mailbox", "Done");
}

static struct sort *begin(struct imap_session *session, struct command *command)
{
	struct sort *sort = arena_new(command->arena, struct sort);

	sort->session = session;
	sort->command = command;
	command_on_end(command, sequence_set_clear_later, &sort->seqs);
	return sort;
}

enum command_step cmd_sort(struct imap_session *session, struct command *command,
			   struct store *store)
{
	struct sort *sort = begin(session, command);

	if (!search_return_read(&command->args, &sort->wanted) || !read_keys(&command->args, sort))
		return command_bad_args(command);
	if ((sort->wanted.options & RETURN_UPDATE) && search_context_is_known(session, command->tag))
		return command_bad(command, "A search of that tag is kept up to date already");
	/* CONTEXT=SORT is not offered: the order is told, but not its changes. */
	if (sort->wanted.options & RETURN_UPDATE)
		search_context_refuse(session, command, "Sorted results are not kept up to date");
	if (!search(sort, store))
		return STEP_DONE;
	sort->rows = arena_create();
	return finish(sort, run_sort(sort, store));
}

enum command_step cmd_thread(struct imap_session *session, struct command *command,
			     struct store *store)
{
	struct sort *sort = begin(session, command);
	thread_fn algorithm = NULL;

	if (args_take_word(&command->args, "REFERENCES"))
		algorithm = thread_references;
	else if (args_take_word(&command->args, "ORDEREDSUBJECT"))
		algorithm = thread_ordered_subject;
	else
		return command_bad(command, "The threading algorithms are REFERENCES and ORDEREDSUBJECT");
	if (!search(sort, store))
		return STEP_DONE;
	sort->rows = arena_create();
	return finish(sort, run_thread(sort, store, algorithm));
}
