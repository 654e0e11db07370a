/* The tokenizer's memory, what is eaten in runs (atoms, quoted strings, literals), and the
 * caller's choice about literals.  The grammar is imap/parser_step.c's. */
#include "imap/parser_private.h"

enum { TRIM_TOKEN = 4096 };

static void destroy_spool(gpointer spool)
{
	struct spool *s = spool;

	spool_destroy(&s);
}

struct imap_parser *imap_parser_create(const struct imap_parser_limits *limits)
{
	struct imap_parser *parser = g_new0(struct imap_parser, 1);

	parser->limits = *limits;
	parser->arena = arena_create();
	parser->token = g_string_new(NULL);
	parser->levels = g_array_new(FALSE, TRUE, sizeof(struct imap_parser_level));
	parser->spools = g_ptr_array_new_with_free_func(destroy_spool);
	imap_parser_next(parser);
	return parser;
}

void imap_parser_destroy(struct imap_parser **parser)
{
	struct imap_parser *p = *parser;

	if (p == NULL)
		return;
	g_ptr_array_unref(p->spools);
	g_array_unref(p->levels);
	g_string_free(p->token, TRUE);
	arena_destroy(&p->arena);
	g_free(p);
	*parser = NULL;
}

void imap_parser_set_limits(struct imap_parser *parser, const struct imap_parser_limits *limits)
{
	parser->limits = *limits;
}

void imap_parser_next(struct imap_parser *parser)
{
	struct imap_parser_level ground = { 0 };

	arena_reset(parser->arena);
	if (parser->token->allocated_len > TRIM_TOKEN) {
		g_string_free(parser->token, TRUE);
		parser->token = g_string_new(NULL);
	}
	g_string_truncate(parser->token, 0);
	g_array_set_size(parser->levels, 0);
	g_array_append_val(parser->levels, ground);
	g_ptr_array_set_size(parser->spools, 0);
	parser->state = STATE_TAG;
	parser->tag = parser->command = (struct slice){ 0 };
	parser->first = NULL;
	parser->spool = NULL;
	parser->left = 0;
	parser->line = parser->in_memory = 0;
	parser->args = 0;
	parser->no_space = false;
	parser->skip = (struct imap_parser_skip){ 0 };
	parser->error = NULL;
	parser->spool_error = 0;
}

bool imap_parser_is_idle(const struct imap_parser *parser)
{
	return parser->state == STATE_TAG && parser->line == 0;
}

/* Runs of octets that need no look at each. */

static size_t eat_literal(struct imap_parser *parser, struct slice octets)
{
	size_t len = (size_t)MIN(parser->left, (uint64_t)octets.len);

	parser->left -= len;
	if (parser->state == STATE_SKIP_LITERAL) {
		if (parser->left == 0)
			parser->state = STATE_SKIP;
		return len;
	}
	if (parser->spool == NULL)
		g_string_append_len(parser->token, octets.data, (gssize)len);
	else if (parser->spool_error == 0)
		parser->spool_error = spool_append(parser->spool, octets.data, len);
	if (parser->left > 0)
		return len;
	if (parser->spool_error == 0)
		imap_parser_end_literal(parser);
	else
		imap_parser_begin_skip(parser, "The literal could not be stored");
	return len;
}

static size_t eat_run(struct imap_parser *parser, struct slice octets)
{
	size_t len = 0;

	if (parser->state == STATE_ATOM) {
		while (len < octets.len && imap_parser_is_token_char((unsigned char)octets.data[len]))
			len++;
	} else if (parser->state == STATE_QUOTED) {
		while (len < octets.len && strchr("\"\\\r\n", octets.data[len]) == NULL)
			len++; /* strchr finds NUL too */
	}
	len = MIN(len, parser->limits.line - parser->line);
	g_string_append_len(parser->token, octets.data, (gssize)len);
	parser->line += len;
	return len;
}

enum imap_parse_result imap_parser_feed(struct imap_parser *parser, struct slice octets,
					size_t *eaten_out)
{
	enum imap_parse_result result = IMAP_PARSE_MORE;
	size_t at = 0;

	while (at < octets.len && result == IMAP_PARSE_MORE) {
		struct slice rest = slice_of(octets.data + at, octets.len - at);

		if (parser->state == STATE_LITERAL || parser->state == STATE_SKIP_LITERAL) {
			at += eat_literal(parser, rest);
			continue;
		}
		if (parser->line >= parser->limits.line && parser->state != STATE_SKIP) {
			imap_parser_begin_skip(parser, "The line is too long");
			continue;
		}
		if (parser->state == STATE_ATOM || parser->state == STATE_QUOTED) {
			size_t run = eat_run(parser, rest);

			at += run;
			if (run > 0)
				continue;
		}
		parser->line += parser->state != STATE_SKIP;
		result = imap_parser_step(parser, octets.data[at++]);
	}
	*eaten_out = at;
	return result;
}

/* Literals: the caller's choice. */

struct imap_literal imap_parser_literal(const struct imap_parser *parser)
{
	g_assert(parser->state == STATE_LITERAL_ASK);
	return parser->literal;
}

static void begin_literal(struct imap_parser *parser)
{
	parser->left = parser->literal.size;
	parser->state = STATE_LITERAL;
	if (parser->left == 0)
		imap_parser_end_literal(parser);
}

bool imap_parser_accept(struct imap_parser *parser)
{
	g_assert(parser->state == STATE_LITERAL_ASK);
	if (parser->literal.size > parser->limits.literals - parser->in_memory)
		return false;
	parser->in_memory += (size_t)parser->literal.size;
	begin_literal(parser);
	return true;
}

unsigned imap_parser_spools(const struct imap_parser *parser)
{
	return parser->spools->len;
}

size_t imap_parser_spooled_in_memory(const struct imap_parser *parser)
{
	size_t octets = 0;

	for (guint i = 0; i < parser->spools->len; i++) {
		struct slice whole = { 0 };

		if (spool_in_memory(parser->spools->pdata[i], &whole))
			octets += whole.len;
	}
	return octets;
}

void imap_parser_accept_spool(struct imap_parser *parser, struct spool *spool)
{
	g_assert(parser->state == STATE_LITERAL_ASK);
	parser->spool = spool;
	g_ptr_array_add(parser->spools, spool);
	begin_literal(parser);
}

enum imap_parse_result imap_parser_refuse(struct imap_parser *parser, const char *text)
{
	g_assert(parser->state == STATE_LITERAL_ASK);
	imap_parser_begin_skip(parser, text);
	if (parser->literal.is_sync) {
		parser->state = STATE_ENDED;
		return IMAP_PARSE_BAD;
	}
	parser->left = parser->literal.size;
	if (parser->left > 0)
		parser->state = STATE_SKIP_LITERAL;
	return IMAP_PARSE_MORE;
}

struct slice imap_parser_tag(const struct imap_parser *parser)
{
	return parser->tag;
}

struct slice imap_parser_command(const struct imap_parser *parser)
{
	return parser->command;
}

const struct imap_arg *imap_parser_args(const struct imap_parser *parser)
{
	return parser->first;
}

const char *imap_parser_error(const struct imap_parser *parser)
{
	return parser->error;
}

int imap_parser_spool_error(const struct imap_parser *parser)
{
	return parser->spool_error;
}

struct arena *imap_parser_arena(struct imap_parser *parser)
{
	return parser->arena;
}
