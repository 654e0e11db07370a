/* Preparing a search, evaluating it (imap/search_private.h), and its passes. */
#include "imap/search_private.h"

#include "base/clock.h"
#include "imap/progress.h"
#include "imap/search_fuzzy.h"
#include "imap/search_text.h"
#include "imap/selected.h"
#include "ingest/signature.h"
#include "mime/part_index.h"
#include "mime/text.h"

enum { DAY = 86400, MOST_FUZZY_KEYS = 16 };

static void destroy_query(void *arg)
{
	struct signature_query *query = arg;

	signature_query_destroy(&query);
}

/* Whether it is about the snapshot that the client's message numbers are of. */
static bool is_selected(const struct search *search)
{
	return search->session->selected != NULL && search->view == search->session->selected->view;
}

static bool prepare_set(struct search *search, struct node *node)
{
	const struct sequence_set *given = &node->key->set;
	bool is_uid = node->key->kind == SEARCH_UID;

	if (!is_uid && !given->is_saved && session_has(search->session, EXTENSION_UIDONLY)) {
		command_bad_code(search->command, "UIDREQUIRED", "After ENABLE UIDONLY messages have no numbers");
		return false;
	}
	if (!is_selected(search) && (!is_uid || given->is_saved)) {
		command_bad(search->command, "Message numbers and $ belong to the selected mailbox alone");
		return false;
	}
	/* `$` holds UIDs. */
	if (given->is_saved)
		given = &search->session->selected->saved;
	selected_resolve_wide(search->view, search->command, given, is_uid || node->key->set.is_saved, &node->set);
	return true;
}

static struct node *prepare(struct search *search, const struct search_key *key);

static bool prepare_children(struct search *search, struct node *node)
{
	struct node **end = &node->children;

	for (const struct search_key *child = node->key->children; child != NULL; child = child->next) {
		*end = prepare(search, child);
		if (*end == NULL)
			return false;
		end = &(*end)->next;
	}
	return true;
}

static void unref_fuzzies(void *arg)
{
	g_ptr_array_unref(arg);
}

static void add_fuzzy(struct search *search, struct node *node)
{
	/* Each is a query of its own; what is beyond is searched exactly. */
	if (search->fuzzies->len >= MOST_FUZZY_KEYS)
		return;
	node->fuzzy = search_fuzzy_create(node->key);
	g_ptr_array_add(search->fuzzies, node->fuzzy);
}

/* Text keys below it are fuzzy; what is no text is as exact as ever. */
static bool prepare_fuzzy(struct search *search, struct node *node)
{
	bool outer = search->in_fuzzy, ok;

	if (search->fuzzies == NULL) {
		search->fuzzies = g_ptr_array_new_with_free_func(search_fuzzy_destroy);
		command_on_end(search->command, unref_fuzzies, search->fuzzies);
	}
	search->in_fuzzy = true;
	ok = prepare_children(search, node);
	search->in_fuzzy = outer;
	return ok;
}

static struct node *prepare(struct search *search, const struct search_key *key)
{
	struct node *node = arena_new(search->command->arena, struct node);

	node->key = key;
	switch (key->kind) {
	case SEARCH_SEQUENCE:
	case SEARCH_UID:
		if (!prepare_set(search, node))
			return NULL;
		break;
	case SEARCH_KEYWORD:
	case SEARCH_NO_KEYWORD:
		node->flag_bit = view_keyword_bit(search->view, key->text);
		break;
	case SEARCH_FUZZY:
		return prepare_fuzzy(search, node) ? node : NULL;
	case SEARCH_HEADER:
	case SEARCH_BODY:
	case SEARCH_TEXT:
		search->needs_text = true;
		if (search->in_fuzzy)
			add_fuzzy(search, node);
		node->signature = signature_query_create(key->needle);
		command_on_end(search->command, destroy_query, node->signature);
		break;
	case SEARCH_SENT_BEFORE:
	case SEARCH_SENT_ON:
	case SEARCH_SENT_SINCE:
		search->needs_facts = true;
		break;
	default:
		break;
	}
	return prepare_children(search, node) ? node : NULL;
}

struct search *search_create(struct imap_session *session, struct command *command,
			     struct search_program *program)
{
	return search_create_over(session, command, program, session->selected->view);
}

struct search *search_create_over(struct imap_session *session, struct command *command,
				  struct search_program *program, const struct view *view)
{
	struct search *search = arena_new(command->arena, struct search);

	search->session = session;
	search->command = command;
	search->view = view;
	search->now = clock_now() / 1000000;
	search->root = prepare(search, &program->root);
	return search->root != NULL ? search : NULL;
}

void search_limit(struct search *search, const struct sequence_set *seqs)
{
	search->limit = seqs;
}

/* A key that must hold, with those that must hold within it. */
static void leave_named(const struct node *parent, struct sequence_set *seqs_out)
{
	for (const struct node *node = parent->children; node != NULL; node = node->next) {
		struct sequence_set left;

		if (node->key->kind == SEARCH_AND)
			leave_named(node, seqs_out);
		if (node->key->kind != SEARCH_SEQUENCE && node->key->kind != SEARCH_UID)
			continue;
		sequence_set_init(&left);
		sequence_set_intersect(sequence_set_uids(seqs_out), sequence_set_uids(&node->set), &left);
		sequence_set_clear(seqs_out);
		*seqs_out = left;
	}
}

void search_named(const struct search *search, struct sequence_set *seqs_out)
{
	if (view_count(search->view) > 0)
		sequence_set_add(seqs_out, 1, view_count(search->view));
	leave_named(search->root, seqs_out);
}

bool search_has_relevancy(const struct search *search)
{
	return search->fuzzies != NULL;
}

unsigned search_relevancy(const struct search *search, uint32_t uid)
{
	unsigned sum = 0, count = 0;

	for (guint i = 0; i < search->fuzzies->len; i++) {
		unsigned score = search_fuzzy_score(search->fuzzies->pdata[i], uid);

		sum += score;
		count += score > 0;
	}
	if (count > 0)
		return sum / count;
	/* Words that stand within others are found by the exact search alone. */
	return search->fuzzies->len > 0 ? 1 : 100;
}

bool search_is_light(const struct search *search)
{
	return !search->needs_facts &&
	       (!search->needs_text || signature_memo_is_whole(search->session, search->view));
}

/* Text. */

/* A message whose signature was loaded, and its own headers. */
static enum truth eval_loaded_text(const struct loaded *loaded, const struct node *node)
{
	g_autoptr(GString) prefix = NULL;

	if (loaded->signature == NULL ||
	    signature_may_contain(content_value_octets(loaded->signature), node->signature))
		return MAYBE;
	if (loader_prefix(loaded).len == 0)
		return NO;
	prefix = g_string_new(NULL);
	text_search_header(prefix, loader_prefix(loaded));
	return search_text_fits_prefix(node->key, slice_of(prefix->str, prefix->len)) ? YES : NO;
}

static enum truth eval_text(struct hand *hand, const struct node *node)
{
	if (hand->loaded == NULL && !hand->has_place)
		return MAYBE;
	if (node->fuzzy != NULL && search_fuzzy_score(node->fuzzy, hand->entry->uid) > 0)
		return YES;
	if (hand->has_place)
		return search_has_bit(node->may, hand->place) ? MAYBE : NO;
	if (hand->has_text)
		return search_text_fits(node->key, hand->loaded, hand->store) ? YES : NO;
	return eval_loaded_text(hand->loaded, node);
}

/* Dates. */

static int64_t day_of(int64_t seconds)
{
	return seconds >= 0 ? seconds / DAY : -((-seconds + DAY - 1) / DAY);
}

static enum truth truth_of(bool value)
{
	return value ? YES : NO;
}

static enum truth compare_day(int64_t day, const struct search_key *key, enum search_kind before,
			      enum search_kind on)
{
	int64_t wanted = day_of(key->date);

	if (key->kind == before)
		return truth_of(day < wanted);
	return truth_of(key->kind == on ? day == wanted : day >= wanted);
}

/* The day of its internal date as it is told (RFC 9051 6.4.4: disregarding time and timezone). */
static int64_t internal_day(const struct view_entry *entry)
{
	return day_of(entry->internal_date + entry->zone * 60);
}

static enum truth eval_sent(const struct hand *hand, const struct search_key *key)
{
	const struct content_facts *facts;

	if (hand->loaded == NULL)
		return MAYBE;
	if (hand->loaded->facts == NULL)
		return hand->loaded->is_missing ? NO : MAYBE;
	facts = content_value_facts(hand->loaded->facts);
	if (facts->sent_day == CONTENT_NO_DAY)
		return compare_day(internal_day(hand->entry), key, SEARCH_SENT_BEFORE, SEARCH_SENT_ON);
	return compare_day(facts->sent_day, key, SEARCH_SENT_BEFORE, SEARCH_SENT_ON);
}

static bool id_equals(const struct hand *hand, const struct search_key *key)
{
	char id[OBJECT_ID_SIZE];

	if (key->kind == SEARCH_EMAIL_ID)
		message_email_id(hand->entry->hash, id);
	else
		message_thread_id(hand->entry->thread_id, id);
	return slice_equal(key->text, slice_from_string(id));
}

/* Keys that the snapshot decides. */
static bool eval_entry(const struct hand *hand, const struct node *node)
{
	const struct view_entry *entry = hand->entry;
	const struct search_key *key = node->key;
	const struct search *search = hand->search;
	bool recent = is_selected(search) && selected_is_recent(search->session, entry->uid);
	int64_t age = hand->search->now - entry->internal_date;

	switch (key->kind) {
	case SEARCH_ALL: return true;
	case SEARCH_SEQUENCE:
	case SEARCH_UID: return sequence_set_contains(&node->set, hand->seq);
	case SEARCH_FLAG: return (entry->flags & key->number) == key->number;
	case SEARCH_NO_FLAG: return (entry->flags & key->number) == 0;
	case SEARCH_KEYWORD: return (entry->flags & node->flag_bit) != 0;
	case SEARCH_NO_KEYWORD: return (entry->flags & node->flag_bit) == 0;
	case SEARCH_RECENT: return recent;
	case SEARCH_OLD: return !recent;
	case SEARCH_NEW: return recent && !(entry->flags & MESSAGE_SEEN);
	case SEARCH_LARGER: return entry->size > key->number;
	case SEARCH_SMALLER: return entry->size < key->number;
	case SEARCH_OLDER: return age >= (int64_t)key->number;
	case SEARCH_YOUNGER: return age <= (int64_t)key->number;
	case SEARCH_SAVE_DATE_SUPPORTED: return true;
	case SEARCH_MODSEQ: return entry->modseq >= key->number;
	case SEARCH_EMAIL_ID:
	case SEARCH_THREAD_ID: return id_equals(hand, key);
	default: g_assert_not_reached();
	}
}

static enum truth eval_all(struct hand *hand, const struct node *node)
{
	enum truth truth = YES;

	for (const struct node *child = node->children; child != NULL && truth != NO; child = child->next)
		truth = MIN(truth, search_eval(hand, child));
	return truth;
}

static enum truth eval_any(struct hand *hand, const struct node *node)
{
	enum truth truth = NO;

	for (const struct node *child = node->children; child != NULL && truth != YES; child = child->next)
		truth = MAX(truth, search_eval(hand, child));
	return truth;
}

enum truth search_eval(struct hand *hand, const struct node *node)
{
	const struct view_entry *entry = hand->entry;

	switch (node->key->kind) {
	case SEARCH_AND:
	case SEARCH_FUZZY: return eval_all(hand, node);
	case SEARCH_OR: return eval_any(hand, node);
	case SEARCH_NOT: return YES - search_eval(hand, node->children);
	case SEARCH_BEFORE:
	case SEARCH_ON:
	case SEARCH_SINCE:
		return compare_day(internal_day(entry), node->key, SEARCH_BEFORE, SEARCH_ON);
	case SEARCH_SAVED_BEFORE:
	case SEARCH_SAVED_ON:
	case SEARCH_SAVED_SINCE:
		return compare_day(day_of(entry->save_date), node->key, SEARCH_SAVED_BEFORE, SEARCH_SAVED_ON);
	case SEARCH_SENT_BEFORE:
	case SEARCH_SENT_ON:
	case SEARCH_SENT_SINCE: return eval_sent(hand, node->key);
	case SEARCH_HEADER:
	case SEARCH_BODY:
	case SEARCH_TEXT: return eval_text(hand, node);
	default: return truth_of(eval_entry(hand, node));
	}
}

/* First pass. */
static void run_light(const struct search *search, struct sequence_set *yes, struct sequence_set *maybe)
{
	struct view_cursor cursor;
	const struct view_entry *entry;

	for (view_cursor_at(&cursor, search->view, 1); (entry = view_cursor_get(&cursor)) != NULL;
	     view_cursor_next(&cursor)) {
		struct hand hand = { .search = search, .entry = entry, .seq = cursor.seq };

		if (search->limit != NULL && !sequence_set_contains(search->limit, cursor.seq))
			continue;
		search_add(search_eval(&hand, search->root), cursor.seq, yes, maybe);
	}
}

/* Second and third pass: over `open`, with what `needs` loads. */
static enum store_result run_loaded(struct search *search, struct store *store, unsigned needs,
				    const struct sequence_set *open, struct sequence_set *yes,
				    struct sequence_set *maybe)
{
	struct loader *loader = loader_create(search->session, search->view, open, needs);
	enum store_result failure = STORE_OK;
	const struct loaded *loaded;
	enum loader_result result;

	while ((result = loader_get(loader, store, &loaded, &failure)) == LOADER_HAVE) {
		struct hand hand = {
			.search = search, .store = store, .entry = loaded->entry, .seq = loaded->seq,
			.loaded = loaded, .has_text = maybe == NULL,
		};
		enum truth truth = search_eval(&hand, search->root);

		if (truth == YES)
			sequence_set_add(yes, loaded->seq, loaded->seq);
		else if (truth == MAYBE && maybe != NULL)
			sequence_set_add(maybe, loaded->seq, loaded->seq);
		if (truth != MAYBE || maybe == NULL)
			progress_did(search->session, 1);
		loader_next(loader);
	}
	loader_destroy(loader);
	return result == LOADER_FAILED ? failure : STORE_OK;
}

/* What the last pass looks at. */
enum { NEEDS_OF_TEXT = LOAD_FACTS | LOAD_SEARCH | LOAD_PREFIX };

/* A text search of few messages does not load the signatures of a whole mailbox. */
enum { MEMO_WORTH = 8 };

static uint64_t memo_worth(const struct sequence_set *open)
{
	return sequence_set_size(open) * MEMO_WORTH;
}

/* By the snapshot, and by the signatures when they are all in memory.  What is fuzzy is not loaded
 * yet. */
static enum store_result run_first(struct search *search, struct store *store, struct sequence_set *yes,
				   struct sequence_set *maybe)
{
	struct uid_range all = { 1, view_count(search->view) };
	enum store_result result = search->fuzzies == NULL ? search_memo_get(search, store, 0) : STORE_OK;

	if (search->memo != NULL)
		search_memo_run(search, &(struct sequence_set){ .ranges = &all, .count = 1 }, yes, maybe);
	else
		run_light(search, yes, maybe);
	return result;
}

/* The signatures after the first pass, when it was without. */
static enum store_result run_signatures(struct search *search, struct store *store,
					struct sequence_set *open, struct sequence_set *yes)
{
	struct sequence_set left;
	enum store_result result;

	if (search->has_run_memo)
		return STORE_OK;
	result = search_memo_get(search, store, memo_worth(open));
	if (search->memo == NULL)
		return result;
	sequence_set_init(&left);
	search_memo_run(search, open, yes, &left);
	sequence_set_clear(open);
	*open = left;
	return result;
}

/* Of what the first pass left open. */
static enum store_result load_fuzzies(struct search *search, struct store *store, const struct sequence_set *open)
{
	enum store_result result = search_memo_get(search, store, memo_worth(open));

	for (guint i = 0; i < search->fuzzies->len && result == STORE_OK; i++)
		result = search_fuzzy_load(search->fuzzies->pdata[i], store, search->view, open, search->memo);
	return result;
}

/* The passes behind the first, over what it left open. */
static enum store_result run_open(struct search *search, struct store *store,
				  struct sequence_set *open, struct sequence_set *yes)
{
	struct sequence_set still_open;
	enum store_result result = STORE_OK;
	uint64_t count = sequence_set_size(open);
	unsigned needs;

	result = run_signatures(search, store, open, yes);
	progress_did(search->session, count - sequence_set_size(open));
	needs = (search->needs_facts ? LOAD_FACTS : 0) |
		(search->needs_text && !search->has_run_memo ? LOAD_SIGNATURE | LOAD_PREFIX : 0);
	if (result != STORE_OK || open->count == 0)
		return result;
	if (needs == 0)
		return run_loaded(search, store, NEEDS_OF_TEXT, open, yes, NULL);
	sequence_set_init(&still_open);
	result = run_loaded(search, store, needs, open, yes, &still_open);
	if (result == STORE_OK && still_open.count > 0)
		result = run_loaded(search, store, NEEDS_OF_TEXT, &still_open, yes, NULL);
	sequence_set_clear(&still_open);
	return result;
}

/* What a network thread reads. */
enum { FEW_MESSAGES = 256, FEW_OCTETS = 2 * 1024 * 1024 };

static bool are_few(const struct search *search, const struct sequence_set *open)
{
	uint64_t octets = 0;

	if (sequence_set_size(open) > FEW_MESSAGES)
		return false;
	for (size_t i = 0; i < open->count; i++)
		for (uint32_t seq = open->ranges[i].first; seq <= open->ranges[i].last; seq++)
			octets += view_entry(search->view, seq)->size;
	return octets <= FEW_OCTETS;
}

/* The last pass in a network thread, over few texts that are all in the caches; else false. */
static bool run_cached(struct search *search, const struct sequence_set *open, struct sequence_set *yes)
{
	enum loader_result result;
	const struct loaded *loaded;
	enum store_result failure;
	struct loader *loader;

	if (search->needs_facts || search->memo == NULL || !are_few(search, open))
		return false;
	loader = loader_create(search->session, search->view, open, NEEDS_OF_TEXT);
	while ((result = loader_get(loader, NULL, &loaded, &failure)) == LOADER_HAVE &&
	       !search_text_is_cut(loaded)) {
		struct hand hand = {
			.search = search, .entry = loaded->entry, .seq = loaded->seq, .loaded = loaded,
			.has_text = true,
		};

		search_add(search_eval(&hand, search->root), loaded->seq, yes, NULL);
		loader_next(loader);
	}
	loader_destroy(loader);
	return result == LOADER_END;
}

/* In a network thread: what memory decides. */
static enum search_result run_in_memory(struct search *search, struct sequence_set *seqs_out)
{
	struct sequence_set open;
	bool done = search->fuzzies == NULL;

	sequence_set_init(&open);
	if (done)
		run_first(search, NULL, seqs_out, &open);
	done = done && (open.count == 0 || run_cached(search, &open, seqs_out));
	search_memo_forget(search);
	sequence_set_clear(&open);
	if (done)
		sequence_set_resolve(seqs_out, 0);
	else
		sequence_set_clear(seqs_out);
	return done ? SEARCH_DONE : SEARCH_NEEDS_STORE;
}

enum search_result search_run(struct search *search, struct store *store,
			      struct sequence_set *seqs_out, enum store_result *failure_out)
{
	struct sequence_set open;

	*failure_out = STORE_OK;
	if (store == NULL)
		return run_in_memory(search, seqs_out);
	sequence_set_init(&open);
	*failure_out = run_first(search, store, seqs_out, &open);
	progress_plan(search->session, sequence_set_size(&open));
	if (open.count > 0 && *failure_out == STORE_OK && search->fuzzies != NULL)
		*failure_out = load_fuzzies(search, store, &open);
	if (open.count > 0 && *failure_out == STORE_OK)
		*failure_out = run_open(search, store, &open, seqs_out);
	search_memo_forget(search);
	sequence_set_clear(&open);
	sequence_set_resolve(seqs_out, 0);
	return *failure_out == STORE_OK ? SEARCH_DONE : SEARCH_FAILED;
}
