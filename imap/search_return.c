#include "imap/search_return.h"

#include "base/number.h"
#include "imap/fetch_items.h"

static const struct {
	const char *word;
	unsigned option;
} words[] = {
	{ "MIN", RETURN_MIN },
	{ "MAX", RETURN_MAX },
	{ "ALL", RETURN_ALL },
	{ "COUNT", RETURN_COUNT },
	{ "SAVE", RETURN_SAVE },
	{ "RELEVANCY", RETURN_RELEVANCY },
	{ "CONTEXT", RETURN_CONTEXT },
	{ "UPDATE", RETURN_UPDATE },
};

/* `1:500` or `-1:-500`; both ends of one sign. */
bool search_return_read_window(struct args *args, struct search_return *wanted)
{
	struct slice text;
	uint64_t first, last;
	const char *colon;
	bool negative;

	if (!args_atom(args, &text))
		return false;
	colon = memchr(text.data, ':', text.len);
	negative = text.data[0] == '-';
	if (colon == NULL || (negative && (colon + 1 == text.data + text.len || colon[1] != '-')) ||
	    !number_parse(slice_of(text.data + negative, (size_t)(colon - text.data) - negative), 1,
			  UINT32_MAX, &first) ||
	    !number_parse(slice_of(colon + 1 + negative,
				   (size_t)(text.data + text.len - colon - 1) - negative),
			  1, UINT32_MAX, &last))
		return args_fail(args, "PARTIAL takes a range like 1:500 or -1:-500");
	/* 500:400 is 400:500 (RFC 9394 4); the answer names it that way round too. */
	wanted->partial_first = (int64_t)MIN(first, last) * (negative ? -1 : 1);
	wanted->partial_last = (int64_t)MAX(first, last) * (negative ? -1 : 1);
	return true;
}

uint64_t search_return_window_width(const struct search_return *wanted)
{
	return (uint64_t)ABS(wanted->partial_last - wanted->partial_first) + 1;
}

static bool read_update_items(struct args *list, struct search_return *wanted)
{
	struct fetch_items items;

	wanted->has_update_items = true;
	wanted->update_items = *list;
	return fetch_items_read(list, &items);
}

static bool read_option(struct args *list, struct search_return *wanted)
{
	for (size_t i = 0; i < G_N_ELEMENTS(words); i++) {
		if (args_take_word(list, words[i].word)) {
			wanted->options |= words[i].option;
			return words[i].option != RETURN_UPDATE || !args_is_list(list) || read_update_items(list, wanted);
		}
	}
	if (!args_take_word(list, "PARTIAL"))
		return args_fail(list, "Unknown RETURN option");
	if (wanted->options & RETURN_PARTIAL)
		return args_fail(list, "PARTIAL may be given once");
	wanted->options |= RETURN_PARTIAL;
	return search_return_read_window(list, wanted);
}

bool search_return_read(struct args *args, struct search_return *return_out)
{
	struct args list;

	*return_out = (struct search_return){ 0 };
	if (!args_take_word(args, "RETURN"))
		return true;
	return_out->is_extended = true;
	if (!args_list(args, &list))
		return false;
	while (!args_at_end(&list))
		if (!read_option(&list, return_out))
			return args_fail(args, list.error);
	if ((return_out->options & RETURN_PARTIAL) && (return_out->options & RETURN_ALL))
		return args_fail(args, "PARTIAL and ALL exclude each other");
	/* Hints alone ask for the whole result; UPDATE alone asks for what changes (RFC 5267 4.3). */
	if ((return_out->options & ~(unsigned)(RETURN_CONTEXT | RETURN_RELEVANCY)) == 0)
		return_out->options |= RETURN_ALL;
	return true;
}

bool search_return_window(const struct search_return *wanted, size_t count, size_t *first_out,
			  size_t *behind_out)
{
	uint64_t from = (uint64_t)ABS(wanted->partial_first), to = (uint64_t)ABS(wanted->partial_last);

	if (from > count)
		return false;
	to = MIN(to, count);
	*first_out = wanted->partial_first > 0 ? from - 1 : count - to;
	*behind_out = wanted->partial_first > 0 ? to : count - from + 1;
	return true;
}

bool search_return_tells_something(const struct search_return *wanted)
{
	return (wanted->options & ~(unsigned)(RETURN_SAVE | RETURN_CONTEXT)) != 0;
}

bool search_return_tells(const struct search_return *wanted, size_t count, size_t place)
{
	size_t first = 0, behind = 0;

	if ((wanted->options & (RETURN_ALL | RETURN_COUNT)) ||
	    !(wanted->options & (RETURN_MIN | RETURN_MAX | RETURN_PARTIAL)))
		return true;
	if (((wanted->options & RETURN_MIN) && place == 0) || ((wanted->options & RETURN_MAX) && place + 1 == count))
		return true;
	return (wanted->options & RETURN_PARTIAL) && search_return_window(wanted, count, &first, &behind) &&
	       place >= first && place < behind;
}

uint64_t search_return_modseq(const struct search_return *wanted, const struct search_numbers *results)
{
	uint64_t highest = 0;

	for (size_t i = 0; results->modseqs != NULL && i < results->count; i++) {
		uint32_t number = results->numbers[i];

		if (search_return_tells(wanted, results->count, i))
			highest = MAX(highest, view_entry(results->modseqs, results->is_uid
							  ? view_seq(results->modseqs, number) : number)->modseq);
	}
	return highest;
}

/* Runs that rise by one become ranges; other orders stay as they are (SORT). */
static void print_numbers(GString *out, const uint32_t *numbers, size_t count)
{
	for (size_t i = 0; i < count;) {
		size_t end = i + 1;

		while (end < count && numbers[end] == numbers[end - 1] + 1)
			end++;
		if (i > 0)
			g_string_append_c(out, ',');
		g_string_append_printf(out, "%u", numbers[i]);
		if (end > i + 1)
			g_string_append_printf(out, ":%u", numbers[end - 1]);
		i = end;
	}
}

static void print_partial(GString *out, const struct search_return *wanted,
			  const struct search_numbers *results)
{
	size_t first, behind;

	g_string_append_printf(out, " PARTIAL (%" G_GINT64_FORMAT ":%" G_GINT64_FORMAT " ",
			       wanted->partial_first, wanted->partial_last);
	if (search_return_window(wanted, results->count, &first, &behind))
		print_numbers(out, results->numbers + first, behind - first);
	else
		g_string_append(out, "NIL");
	g_string_append_c(out, ')');
}

/* In the order of the numbers told. */
static void print_scores(GString *out, const struct search_return *wanted,
			 const struct search_numbers *results)
{
	size_t first = 0, behind = results->count;

	if (results->scores == NULL || results->count == 0 ||
	    ((wanted->options & RETURN_PARTIAL) && !search_return_window(wanted, results->count, &first, &behind)))
		return;
	g_string_append(out, " RELEVANCY (");
	for (size_t i = first; i < behind; i++)
		g_string_append_printf(out, "%s%u", i > first ? " " : "", results->scores[i]);
	g_string_append_c(out, ')');
}

void search_return_print_mailbox(struct imap_session *session, const char *name, uint32_t uidvalidity)
{
	GString *out = session_text(session);

	g_string_append(out, " MAILBOX ");
	mailbox_name_write(out, slice_from_string(name), session_names(session));
	g_string_append_printf(out, " UIDVALIDITY %u", uidvalidity);
}

void search_return_print(struct imap_session *session, struct slice tag,
			 const struct search_return *wanted, const struct search_numbers *results)
{
	GString *out = session_text(session);
	uint64_t modseq = search_return_modseq(wanted, results);

	g_string_append(out, "* ESEARCH (TAG ");
	quote_string(out, tag, QUOTE_ASCII);
	if (results->mailbox != NULL)
		search_return_print_mailbox(session, results->mailbox, results->uidvalidity);
	g_string_append(out, results->is_uid ? ") UID" : ")");
	if ((wanted->options & RETURN_MIN) && results->count > 0)
		g_string_append_printf(out, " MIN %u", results->numbers[0]);
	if ((wanted->options & RETURN_MAX) && results->count > 0)
		g_string_append_printf(out, " MAX %u", results->numbers[results->count - 1]);
	if ((wanted->options & RETURN_ALL) && results->count > 0) {
		g_string_append(out, " ALL ");
		print_numbers(out, results->numbers, results->count);
	}
	if (wanted->options & RETURN_COUNT)
		g_string_append_printf(out, " COUNT %zu", results->count);
	if (wanted->options & RETURN_PARTIAL)
		print_partial(out, wanted, results);
	print_scores(out, wanted, results);
	if (modseq > 0)
		g_string_append_printf(out, " MODSEQ %" G_GUINT64_FORMAT, modseq);
	g_string_append(out, "\r\n");
}
