/* SEARCH and UID SEARCH (RFC 9051 6.4.4, RFC 4731, RFC 5182, RFC 7162 3.1.5). */
#include "imap/commands.h"

#include "imap/search_context.h"
#include "imap/search_eval.h"
#include "imap/search_return.h"
#include "imap/selected.h"

/* Looks at a key that a network thread may take; more is a worker's. */
#define LIGHT_LIMIT (UINT64_C(500) * 1000)

struct search_command {
	struct search_return wanted;
	struct search_program program;
	struct search *search;
	struct sequence_set seqs;
	struct search_context *context; /* RETURN (UPDATE) */
};

/* Message numbers, or UIDs, one by one. */
static uint32_t *expand(const struct view *view, const struct sequence_set *seqs, bool is_uid,
			size_t *count_out)
{
	uint32_t *numbers = g_new(uint32_t, sequence_set_size(seqs) + 1);
	size_t count = 0;

	for (size_t i = 0; i < seqs->count; i++)
		for (uint32_t seq = seqs->ranges[i].first; seq <= seqs->ranges[i].last; seq++)
			numbers[count++] = is_uid ? view_entry(view, seq)->uid : seq;
	*count_out = count;
	return numbers;
}

static void print_search(struct imap_session *session, const struct search_return *wanted,
			 const struct search_numbers *results)
{
	GString *out = session_text(session);
	uint64_t modseq = search_return_modseq(wanted, results);

	g_string_append(out, "* SEARCH");
	for (size_t i = 0; i < results->count; i++) {
		g_string_append_c(out, ' ');
		quote_number(out, results->numbers[i]);
	}
	if (modseq > 0)
		g_string_append_printf(out, " (MODSEQ %" G_GUINT64_FORMAT ")", modseq);
	g_string_append(out, "\r\n");
}

/* What SAVE keeps: what the answer is about. */
static void save_result(struct imap_session *session, const struct search_return *wanted,
			const struct sequence_set *seqs)
{
	struct selected *selected = session->selected;
	g_autofree uint32_t *uids = NULL;
	size_t count;

	uids = expand(selected->view, seqs, true, &count);
	sequence_set_clear(&selected->saved);
	for (size_t i = 0; i < count; i++)
		if (search_return_tells(wanted, count, i))
			sequence_set_add(&selected->saved, uids[i], uids[i]);
}

/* A failed SAVE leaves an empty result (RFC 5182 2.1). */
static void forget_saved(struct imap_session *session, const struct search_return *wanted)
{
	if (wanted->options & RETURN_SAVE)
		sequence_set_clear(&session->selected->saved);
}

static void print_results(struct imap_session *session, struct command *command,
			  struct search_command *run)
{
	g_autofree uint32_t *numbers = NULL;
	g_autofree unsigned *scores = NULL;
	struct search_numbers results = { .is_uid = command_is_uid(command) };

	numbers = expand(session->selected->view, &run->seqs, results.is_uid, &results.count);
	results.numbers = numbers;
	if (run->wanted.options & RETURN_RELEVANCY) {
		results.scores = scores = g_new(unsigned, results.count + 1);
		for (size_t i = 0, n = 0; i < run->seqs.count; i++)
			for (uint32_t seq = run->seqs.ranges[i].first; seq <= run->seqs.ranges[i].last; seq++)
				scores[n++] = search_relevancy(run->search, view_entry(session->selected->view, seq)->uid);
	}
	if (run->program.uses_modseq)
		results.modseqs = session->selected->view;
	if (run->wanted.options & RETURN_SAVE)
		save_result(session, &run->wanted, &run->seqs);
	if ((run->wanted.options & ~(unsigned)(RETURN_SAVE | RETURN_UPDATE | RETURN_CONTEXT)) == 0 &&
	    run->wanted.is_extended)
		return;
	if (run->wanted.is_extended || session_has(session, EXTENSION_IMAP4REV2)) {
		if (!run->wanted.is_extended)
			run->wanted.options = RETURN_ALL;
		search_return_print(session, command->tag, &run->wanted, &results);
	} else {
		print_search(session, &run->wanted, &results);
	}
}

static bool start(struct imap_session *session, struct command *command, struct search_command *run)
{
	struct args args;

	if (!search_return_read(&command->args, &run->wanted)) {
		command_bad_args(command);
		return false;
	}
	if (session_has(session, EXTENSION_UTF8) && args_take_word(&command->args, "CHARSET")) {
		command_bad(command, "After ENABLE UTF8=ACCEPT no CHARSET may be named");
		return false;
	}
	args = command->args;
	if (run->wanted.options & RETURN_UPDATE) {
		run->context = search_context_create(command);
		args = search_context_args(run->context, &command->args);
	}
	switch (search_program_read(&args, NULL, &run->program)) {
	case SEARCH_PROGRAM_OK:
		break;
	case SEARCH_PROGRAM_BAD:
		command->args.error = args.error;
		command_bad_args(command);
		return false;
	case SEARCH_PROGRAM_BAD_CHARSET:
		command_no(command, "BADCHARSET (US-ASCII UTF-8)", "This charset is not known here");
		forget_saved(session, &run->wanted);
		return false;
	}
	if (run->program.uses_modseq)
		selected_enable_condstore(session);
	run->search = search_create(session, command, &run->program);
	if (run->search != NULL && (run->wanted.options & RETURN_RELEVANCY) && !search_has_relevancy(run->search)) {
		command_bad(command, "RELEVANCY needs a FUZZY search");
		return false;
	}
	return run->search != NULL;
}

enum command_step cmd_search(struct imap_session *session, struct command *command,
			     struct store *store)
{
	struct search_command *run = command->state;
	enum store_result failure;

	if (run == NULL) {
		run = command->state = arena_new(command->arena, struct search_command);
		if (!start(session, command, run))
			return STEP_DONE;
		if (!search_is_light(run->search) ||
		    (uint64_t)view_count(session->selected->view) * run->program.keys > LIGHT_LIMIT)
			return STEP_STORE;
	}
	switch (search_run(run->search, store, &run->seqs, &failure)) {
	case SEARCH_NEEDS_STORE:
		return STEP_STORE;
	case SEARCH_FAILED:
		forget_saved(session, &run->wanted);
		return command_store_failed(command, failure, "mailbox");
	case SEARCH_DONE:
		break;
	}
	print_results(session, command, run);
	if (run->context != NULL)
		search_context_keep(session, command, run->context, &run->program, &run->seqs);
	sequence_set_clear(&run->seqs);
	return command_ok(command, NULL, "Searched");
}
