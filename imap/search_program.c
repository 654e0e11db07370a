/* Every key is a row: its name, what argument it takes, and what it becomes. */
#include "imap/search_program.h"

#include "base/number.h"
#include "imap/date.h"
#include "mime/casemap.h"
#include "mime/charset.h"

enum { MAX_NESTING = 200, MAX_KEYS = 5000 };

enum key_argument {
	TAKES_NOTHING,
	TAKES_ATOM,
	TAKES_ID,
	TAKES_TEXT,
	TAKES_HEADER,
	TAKES_NUMBER,
	TAKES_INTERVAL,
	TAKES_DATE,
	TAKES_SET,
	TAKES_UID_FLOOR,
	TAKES_UID_CEILING,
	TAKES_MODSEQ,
	TAKES_KEY,
	TAKES_TWO_KEYS,
};

static const struct key_row {
	const char *name;
	enum key_argument argument;
	enum search_kind kind;
	unsigned flags;
	const char *field;
} rows[] = {
	{ "ALL", TAKES_NOTHING, SEARCH_ALL, 0, NULL },
	{ "ANSWERED", TAKES_NOTHING, SEARCH_FLAG, MESSAGE_ANSWERED, NULL },
	{ "BCC", TAKES_TEXT, SEARCH_HEADER, 0, "bcc" },
	{ "BEFORE", TAKES_DATE, SEARCH_BEFORE, 0, NULL },
	{ "BODY", TAKES_TEXT, SEARCH_BODY, 0, NULL },
	{ "CC", TAKES_TEXT, SEARCH_HEADER, 0, "cc" },
	{ "DELETED", TAKES_NOTHING, SEARCH_FLAG, MESSAGE_DELETED, NULL },
	{ "DRAFT", TAKES_NOTHING, SEARCH_FLAG, MESSAGE_DRAFT, NULL },
	{ "EMAILID", TAKES_ID, SEARCH_EMAIL_ID, 0, NULL },
	{ "FLAGGED", TAKES_NOTHING, SEARCH_FLAG, MESSAGE_FLAGGED, NULL },
	{ "FROM", TAKES_TEXT, SEARCH_HEADER, 0, "from" },
	{ "FUZZY", TAKES_KEY, SEARCH_FUZZY, 0, NULL },
	{ "HEADER", TAKES_HEADER, SEARCH_HEADER, 0, NULL },
	{ "KEYWORD", TAKES_ATOM, SEARCH_KEYWORD, 0, NULL },
	{ "LARGER", TAKES_NUMBER, SEARCH_LARGER, 0, NULL },
	{ "MODSEQ", TAKES_MODSEQ, SEARCH_MODSEQ, 0, NULL },
	{ "NEW", TAKES_NOTHING, SEARCH_NEW, 0, NULL },
	{ "NOT", TAKES_KEY, SEARCH_NOT, 0, NULL },
	{ "OLD", TAKES_NOTHING, SEARCH_OLD, 0, NULL },
	{ "OLDER", TAKES_INTERVAL, SEARCH_OLDER, 0, NULL },
	{ "ON", TAKES_DATE, SEARCH_ON, 0, NULL },
	{ "OR", TAKES_TWO_KEYS, SEARCH_OR, 0, NULL },
	{ "RECENT", TAKES_NOTHING, SEARCH_RECENT, 0, NULL },
	{ "SAVEDATESUPPORTED", TAKES_NOTHING, SEARCH_SAVE_DATE_SUPPORTED, 0, NULL },
	{ "SAVEDBEFORE", TAKES_DATE, SEARCH_SAVED_BEFORE, 0, NULL },
	{ "SAVEDON", TAKES_DATE, SEARCH_SAVED_ON, 0, NULL },
	{ "SAVEDSINCE", TAKES_DATE, SEARCH_SAVED_SINCE, 0, NULL },
	{ "SEEN", TAKES_NOTHING, SEARCH_FLAG, MESSAGE_SEEN, NULL },
	{ "SENTBEFORE", TAKES_DATE, SEARCH_SENT_BEFORE, 0, NULL },
	{ "SENTON", TAKES_DATE, SEARCH_SENT_ON, 0, NULL },
	{ "SENTSINCE", TAKES_DATE, SEARCH_SENT_SINCE, 0, NULL },
	{ "SINCE", TAKES_DATE, SEARCH_SINCE, 0, NULL },
	{ "SMALLER", TAKES_NUMBER, SEARCH_SMALLER, 0, NULL },
	{ "SUBJECT", TAKES_TEXT, SEARCH_HEADER, 0, "subject" },
	{ "TEXT", TAKES_TEXT, SEARCH_TEXT, 0, NULL },
	{ "THREADID", TAKES_ID, SEARCH_THREAD_ID, 0, NULL },
	{ "TO", TAKES_TEXT, SEARCH_HEADER, 0, "to" },
	{ "UID", TAKES_SET, SEARCH_UID, 0, NULL },
	{ "UIDAFTER", TAKES_UID_FLOOR, SEARCH_UID, 0, NULL },
	{ "UIDBEFORE", TAKES_UID_CEILING, SEARCH_UID, 0, NULL },
	{ "UNANSWERED", TAKES_NOTHING, SEARCH_NO_FLAG, MESSAGE_ANSWERED, NULL },
	{ "UNDELETED", TAKES_NOTHING, SEARCH_NO_FLAG, MESSAGE_DELETED, NULL },
	{ "UNDRAFT", TAKES_NOTHING, SEARCH_NO_FLAG, MESSAGE_DRAFT, NULL },
	{ "UNFLAGGED", TAKES_NOTHING, SEARCH_NO_FLAG, MESSAGE_FLAGGED, NULL },
	{ "UNKEYWORD", TAKES_ATOM, SEARCH_NO_KEYWORD, 0, NULL },
	{ "UNSEEN", TAKES_NOTHING, SEARCH_NO_FLAG, MESSAGE_SEEN, NULL },
	{ "YOUNGER", TAKES_INTERVAL, SEARCH_YOUNGER, 0, NULL },
};

struct reader {
	struct search_program *program;
	struct slice charset; /* empty: UTF-8 */
	unsigned depth;
};

static bool read_key(struct reader *reader, struct args *args, struct search_key *key);

static struct slice search_form(struct args *args, struct slice utf8)
{
	g_autoptr(GString) form = g_string_new(NULL);
	bool in_space = false;

	casemap_append_search(form, utf8, &in_space);
	return slice_of(arena_copy(args->arena, form->str, form->len), form->len);
}

static bool read_text(struct reader *reader, struct args *args, struct search_key *key)
{
	g_autoptr(GString) utf8 = g_string_new(NULL);
	struct slice raw;

	if (!args_astring(args, &raw))
		return false;
	charset_to_utf8(utf8, raw, reader->charset);
	key->text = slice_of(arena_copy(args->arena, utf8->str, utf8->len), utf8->len);
	key->needle = search_form(args, key->text);
	reader->program->uses_text = true;
	return true;
}

static bool read_date(struct args *args, struct search_key *key)
{
	struct slice text;

	return args_astring(args, &text) &&
	       (date_parse(text, &key->date) || args_fail(args, "A date like 1-Feb-1994 is expected"));
}

/* `MODSEQ ["/flags/\Seen" all] 1234`: a store of one mod-sequence per message
 * may answer for the message when asked for one flag (RFC 7162 3.1.5). */
static bool read_modseq(struct reader *reader, struct args *args, struct search_key *key)
{
	struct slice entry;

	if (args_is_string(args)) {
		if (!args_string(args, &entry))
			return false;
		if (!args_take_word(args, "priv") && !args_take_word(args, "shared") &&
		    !args_take_word(args, "all"))
			return args_fail(args, "MODSEQ wants priv, shared or all behind the entry");
	}
	reader->program->uses_modseq = true;
	return args_number(args, 0, INT64_MAX, &key->number);
}

/* UIDAFTER and UIDBEFORE (RFC 9738): the set on one side of a UID, without it. */
static bool read_uid_side(struct args *args, bool above, struct search_key *key)
{
	uint64_t uid;

	if (!args_number(args, 1, UINT32_MAX, &uid))
		return false;
	key->set = (struct sequence_set){ .in_arena = true };
	if (above ? uid == UINT32_MAX : uid == 1)
		return true;
	key->set.ranges = arena_new(args->arena, struct uid_range);
	key->set.ranges[0] = above ? (struct uid_range){ (uint32_t)uid + 1, UINT32_MAX }
				   : (struct uid_range){ 1, (uint32_t)uid - 1 };
	key->set.count = 1;
	return true;
}

static bool read_children(struct reader *reader, struct args *args, struct search_key *key,
			  unsigned count)
{
	struct search_key **end = &key->children;

	if (reader->depth >= MAX_NESTING)
		return args_fail(args, "The search is nested too deeply");
	reader->depth++;
	for (; count > 0; count--) {
		*end = arena_new(args->arena, struct search_key);
		if (!read_key(reader, args, *end))
			return false;
		end = &(*end)->next;
	}
	reader->depth--;
	return true;
}

static bool read_argument(struct reader *reader, const struct key_row *row, struct args *args,
			  struct search_key *key)
{
	switch (row->argument) {
	case TAKES_NOTHING:
		return true;
	case TAKES_ATOM:
		/* System flags have keys of their own. */
		return args_atom(args, &key->text) &&
		       (key->text.data[0] != '\\' || args_fail(args, "A keyword has no backslash"));
	case TAKES_ID:
		return args_astring(args, &key->text);
	case TAKES_TEXT:
		return read_text(reader, args, key);
	case TAKES_HEADER:
		if (!args_astring(args, &key->field))
			return false;
		key->field = search_form(args, key->field);
		return read_text(reader, args, key);
	case TAKES_NUMBER:
		return args_number(args, 0, INT64_MAX, &key->number);
	case TAKES_INTERVAL:
		return args_number(args, 1, UINT32_MAX, &key->number);
	case TAKES_DATE:
		return read_date(args, key);
	case TAKES_SET:
		return args_sequence_set(args, &key->set);
	case TAKES_UID_FLOOR:
		return read_uid_side(args, true, key);
	case TAKES_UID_CEILING:
		return read_uid_side(args, false, key);
	case TAKES_MODSEQ:
		return read_modseq(reader, args, key);
	case TAKES_KEY:
		return read_children(reader, args, key, 1);
	case TAKES_TWO_KEYS:
		return read_children(reader, args, key, 2);
	}
	g_assert_not_reached();
}

static int compare_row(const void *name, const void *row)
{
	return g_ascii_strcasecmp(name, ((const struct key_row *)row)->name);
}

static bool read_named_key(struct reader *reader, struct args *args, struct search_key *key)
{
	const struct key_row *row;
	struct slice name;

	if (!args_atom(args, &name))
		return false;
	if (++reader->program->keys > MAX_KEYS)
		return args_fail(args, "The search has too many keys");
	if (g_ascii_isdigit(name.data[0]) || name.data[0] == '*' || name.data[0] == '$') {
		key->kind = SEARCH_SEQUENCE;
		reader->program->uses_numbers = true;
		return sequence_set_parse(name, true, args->arena, &key->set) ||
		       args_fail(args, "A set of message numbers is expected");
	}
	row = bsearch(arena_copy(args->arena, name.data, name.len), rows, G_N_ELEMENTS(rows),
		      sizeof(rows[0]), compare_row);
	if (row == NULL)
		return args_fail(args, "Unknown search key");
	key->kind = row->kind;
	reader->program->uses_recent |= row->kind == SEARCH_RECENT || row->kind == SEARCH_OLD ||
					row->kind == SEARCH_NEW;
	key->number = row->flags;
	if (row->field != NULL)
		key->field = search_form(args, slice_from_string(row->field));
	return read_argument(reader, row, args, key);
}

static bool read_all_keys(struct reader *reader, struct args *args, struct search_key *parent)
{
	struct search_key **end = &parent->children;

	parent->kind = SEARCH_AND;
	do {
		*end = arena_new(args->arena, struct search_key);
		if (!read_key(reader, args, *end))
			return false;
		end = &(*end)->next;
	} while (!args_at_end(args));
	return true;
}

static bool read_key(struct reader *reader, struct args *args, struct search_key *key)
{
	struct args list;
	bool ok;

	if (!args_is_list(args))
		return read_named_key(reader, args, key);
	if (!args_list(args, &list))
		return false;
	if (reader->depth >= MAX_NESTING)
		return args_fail(args, "The search is nested too deeply");
	reader->depth++;
	ok = read_all_keys(reader, &list, key);
	reader->depth--;
	return ok || args_fail(args, list.error);
}

/* Only what the converter knows may be named; the rest is the client's error. */
static bool charset_is_known(struct slice charset)
{
	g_autofree char *name = slice_dup(charset);
	GIConv converter;

	if (memchr(name, '/', strlen(name)) != NULL || strlen(name) != charset.len)
		return false;
	converter = g_iconv_open("UTF-8", name);
	if (converter == (GIConv)-1)
		return false;
	g_iconv_close(converter);
	return true;
}

enum search_program_result search_program_read(struct args *args, const struct slice *charset,
					       struct search_program *program_out)
{
	struct reader reader = { .program = program_out };

	*program_out = (struct search_program){ 0 };
	if (charset != NULL)
		reader.charset = *charset;
	else if (args_take_word(args, "CHARSET") && !args_astring(args, &reader.charset))
		return SEARCH_PROGRAM_BAD;
	if (reader.charset.len > 0 && !charset_is_known(reader.charset))
		return SEARCH_PROGRAM_BAD_CHARSET;
	if (slice_equal_ascii_case(reader.charset, SLICE("US-ASCII")))
		reader.charset = (struct slice){ 0 };
	if (!read_all_keys(&reader, args, &program_out->root))
		return SEARCH_PROGRAM_BAD;
	return SEARCH_PROGRAM_OK;
}
