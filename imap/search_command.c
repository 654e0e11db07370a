#include "imap/search_command.h"

#include "imap/selected.h"

bool search_command_read(struct imap_session *session, struct command *command, struct args *args,
			 const struct slice *charset, struct search_program *program_out)
{
	struct args ahead = *args;

	if (charset == NULL && session_has(session, EXTENSION_UTF8) && args_take_word(&ahead, "CHARSET")) {
		command_bad(command, "After ENABLE UTF8=ACCEPT no CHARSET may be named");
		return false;
	}
	switch (search_program_read(args, charset, program_out)) {
	case SEARCH_PROGRAM_OK:
		return true;
	case SEARCH_PROGRAM_BAD:
		command->args.error = args->error;
		command_bad_args(command);
		return false;
	case SEARCH_PROGRAM_BAD_CHARSET:
		command_no(command, "BADCHARSET (US-ASCII UTF-8)", "This charset is not known here");
		return false;
	}
	g_assert_not_reached();
}

/* Message numbers or UIDs one by one, as a heap array. */
static uint32_t *found_numbers(const struct search_found *found, bool is_uid, size_t *count_out)
{
	uint32_t *numbers = g_new(uint32_t, sequence_set_size(found->seqs) + 1);
	size_t count = 0;

	for (size_t i = 0; i < found->seqs->count; i++)
		for (uint32_t seq = found->seqs->ranges[i].first; seq <= found->seqs->ranges[i].last; seq++)
			numbers[count++] = is_uid ? view_entry(found->view, seq)->uid : seq;
	*count_out = count;
	return numbers;
}

static unsigned *scores_of(const struct search_found *found, const uint32_t *seqs, size_t count)
{
	unsigned *scores = g_new(unsigned, count + 1);

	for (size_t i = 0; i < count; i++)
		scores[i] = search_relevancy(found->search, view_entry(found->view, seqs[i])->uid);
	return scores;
}

void search_found_tell(struct imap_session *session, struct slice tag,
		       const struct search_return *wanted, const struct search_found *found)
{
	struct search_numbers results = {
		.is_uid = found->is_uid, .mailbox = found->mailbox, .uidvalidity = view_uidvalidity(found->view),
	};
	g_autofree uint32_t *seqs = found_numbers(found, false, &results.count);
	g_autofree uint32_t *uids = NULL;
	g_autofree unsigned *scores = NULL;

	if (found->is_uid)
		uids = found_numbers(found, true, &results.count);
	results.numbers = uids != NULL ? uids : seqs;
	if (wanted->options & RETURN_RELEVANCY)
		results.scores = scores = scores_of(found, seqs, results.count);
	if (found->shows_modseq)
		results.modseqs = found->view;
	search_return_print(session, tag, wanted, &results);
}

void search_found_tell_plain(struct imap_session *session, const struct search_found *found)
{
	GString *out = session_text(session);
	struct search_numbers results = { .is_uid = found->is_uid, .modseqs = found->shows_modseq ? found->view : NULL };
	g_autofree uint32_t *numbers = found_numbers(found, found->is_uid, &results.count);
	uint64_t modseq;

	results.numbers = numbers;
	modseq = search_return_modseq(&(struct search_return){ 0 }, &results);
	g_string_append(out, "* SEARCH");
	for (size_t i = 0; i < results.count; i++) {
		g_string_append_c(out, ' ');
		quote_number(out, numbers[i]);
	}
	if (modseq > 0)
		g_string_append_printf(out, " (MODSEQ %" G_GUINT64_FORMAT ")", modseq);
	g_string_append(out, "\r\n");
}

void search_found_save(struct imap_session *session, const struct search_return *wanted,
		       const struct search_found *found)
{
	struct selected *selected = session->selected;
	size_t count;
	g_autofree uint32_t *uids = found_numbers(found, true, &count);

	sequence_set_clear(&selected->saved);
	for (size_t i = 0; i < count; i++)
		if (search_return_tells(wanted, count, i))
			sequence_set_add(&selected->saved, uids[i], uids[i]);
}

void search_found_forget(struct imap_session *session, const struct search_return *wanted)
{
	if (wanted->options & RETURN_SAVE)
		sequence_set_clear(&session->selected->saved);
}
