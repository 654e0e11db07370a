/* SEARCH and UID SEARCH (RFC 9051 6.4.4, RFC 4731, RFC 5182, RFC 7162 3.1.5). */
#include "imap/commands.h"

#include "imap/message_limit.h"
#include "imap/search_command.h"
#include "imap/search_context.h"
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

static void print_results(struct imap_session *session, struct command *command,
			  struct search_command *run)
{
	struct search_found found = {
		.view = session->selected->view, .seqs = &run->seqs, .search = run->search,
		.shows_modseq = run->program.uses_modseq, .is_uid = command_is_uid(command),
	};

	if (run->wanted.options & RETURN_SAVE)
		search_found_save(session, &run->wanted, &found);
	if (!run->wanted.is_extended && !session_has(session, EXTENSION_IMAP4REV2)) {
		search_found_tell_plain(session, &found);
		return;
	}
	if (!run->wanted.is_extended)
		run->wanted.options = RETURN_ALL;
	if (search_return_tells_something(&run->wanted))
		search_found_tell(session, command->tag, &run->wanted, &found);
}

static bool start(struct imap_session *session, struct command *command, struct search_command *run)
{
	struct args args;

	if (!search_return_read(&command->args, &run->wanted)) {
		command_bad_args(command);
		return false;
	}
	args = command->args;
	if (run->wanted.options & RETURN_UPDATE) {
		if (search_context_is_known(session, command->tag)) {
			command_bad(command, "A search of that tag is kept up to date already");
			return false;
		}
		run->context = search_context_create(command, &run->wanted);
		args = search_context_args(run->context, &command->args);
	}
	if (!search_command_read(session, command, &args, NULL, &run->program)) {
		if (command->reply == REPLY_NO)
			search_found_forget(session, &run->wanted);
		return false;
	}
	if (run->program.uses_modseq)
		selected_enable_condstore(session);
	run->search = search_create(session, command, &run->program);
	if (run->search == NULL)
		return false;
	message_limit_cut_search(session, command, run->search);
	if ((run->wanted.options & RETURN_RELEVANCY) && !search_has_relevancy(run->search)) {
		command_bad(command, "RELEVANCY needs a FUZZY search");
		return false;
	}
	return true;
}

enum command_step cmd_search(struct imap_session *session, struct command *command,
			     struct store *store)
{
	struct search_command *run = command->state;
	enum store_result failure;

	if (run == NULL) {
		run = command->state = arena_new(command->arena, struct search_command);
		command_on_end(command, sequence_set_clear_later, &run->seqs);
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
		search_found_forget(session, &run->wanted);
		return command_store_failed(command, failure, "mailbox");
	case SEARCH_DONE:
		break;
	}
	if (run->context != NULL)
		search_context_keep(session, command, run->context, &run->program, &run->seqs);
	print_results(session, command, run);
	return command_ok(command, NULL, "Searched");
}
