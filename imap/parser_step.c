/* One state per place in the grammar; every step looks at one octet.  A step that fails goes to
 * SKIP, which only looks for the command's end, minding `{n+}`. */
#include "imap/parser_private.h"

#include "imap/quote.h"

enum { MAX_TAG = 256, MAX_COMMAND = 40 };

/* The arguments. */

static struct imap_parser_level *top(struct imap_parser *parser)
{
	return &g_array_index(parser->levels, struct imap_parser_level, parser->levels->len - 1);
}

static struct imap_arg *add_arg(struct imap_parser *parser, enum imap_arg_type type)
{
	struct imap_parser_level *level = top(parser);
	struct imap_arg *arg = arena_new(parser->arena, struct imap_arg);

	arg->type = type;
	arg->after_list = parser->no_space;
	parser->no_space = false;
	parser->args++;
	if (level->last != NULL)
		level->last->next = arg;
	else if (level->list != NULL)
		level->list->first = arg;
	else
		parser->first = arg;
	level->last = arg;
	return arg;
}

static struct slice keep_token(struct imap_parser *parser)
{
	struct slice kept = slice_of(arena_copy(parser->arena, parser->token->str, parser->token->len),
				     parser->token->len);

	g_string_truncate(parser->token, 0);
	return kept;
}

static void end_text(struct imap_parser *parser, enum imap_arg_type type)
{
	struct imap_arg *arg = add_arg(parser, type);

	arg->text = keep_token(parser);
	parser->state = STATE_AFTER;
}

void imap_parser_end_literal(struct imap_parser *parser)
{
	struct imap_arg *arg = add_arg(parser, IMAP_ARG_LITERAL);

	arg->is_binary = parser->literal.is_binary;
	arg->spool = parser->spool;
	if (parser->spool == NULL)
		arg->text = keep_token(parser);
	parser->spool = NULL;
	parser->state = STATE_AFTER;
}

/* Bad input. */

/* An announcement of a literal may be begun already. */
static struct imap_parser_skip skip_of(const struct imap_parser *parser)
{
	const struct imap_literal *literal = &parser->literal;
	struct imap_parser_skip skip = { .size = literal->size };

	if (parser->state == STATE_SIZE)
		skip.seen = !literal->is_sync ? SKIP_PLUS : parser->has_digits ? SKIP_DIGITS : SKIP_OPEN;
	else if (parser->state == STATE_SIZE_END || parser->state == STATE_SIZE_LF)
		skip.seen = literal->is_sync ? SKIP_NOTHING : SKIP_CLOSED;
	return skip;
}

enum imap_parse_result imap_parser_begin_skip(struct imap_parser *parser, const char *error)
{
	if (parser->error == NULL)
		parser->error = error;
	parser->skip = skip_of(parser);
	parser->state = STATE_SKIP;
	return IMAP_PARSE_MORE;
}

static enum imap_parse_result skip_line_end(struct imap_parser *parser)
{
	if (parser->skip.seen != SKIP_CLOSED) {
		parser->state = STATE_ENDED;
		return IMAP_PARSE_BAD;
	}
	if (parser->skip.too_large) {
		parser->state = STATE_ENDED;
		return IMAP_PARSE_FATAL;
	}
	parser->left = parser->skip.size;
	parser->skip = (struct imap_parser_skip){ 0 };
	parser->state = parser->left > 0 ? STATE_SKIP_LITERAL : STATE_SKIP;
	return IMAP_PARSE_MORE;
}

static enum imap_parse_result step_skip(struct imap_parser *parser, char c)
{
	struct imap_parser_skip *skip = &parser->skip;

	if (c == '\n')
		return skip_line_end(parser);
	if (c == '{') {
		*skip = (struct imap_parser_skip){ .seen = SKIP_OPEN };
	} else if ((skip->seen == SKIP_OPEN || skip->seen == SKIP_DIGITS) && g_ascii_isdigit(c)) {
		skip->seen = SKIP_DIGITS;
		skip->too_large |= skip->size > (UINT64_MAX >> 8);
		if (!skip->too_large)
			skip->size = skip->size * 10 + (uint64_t)(c - '0');
	} else if (skip->seen == SKIP_DIGITS && c == '+') {
		skip->seen = SKIP_PLUS;
	} else if (skip->seen == SKIP_PLUS && c == '}') {
		skip->seen = SKIP_CLOSED;
	} else if (skip->seen != SKIP_CLOSED || c != '\r') {
		skip->seen = SKIP_NOTHING;
	}
	return IMAP_PARSE_MORE;
}

static enum imap_parse_result fail(struct imap_parser *parser, char c, const char *error)
{
	imap_parser_begin_skip(parser, error);
	return step_skip(parser, c);
}

static enum imap_parse_result unexpected(struct imap_parser *parser, char c)
{
	switch (c) {
	case '\0': return fail(parser, c, "A command may not contain NUL");
	case '\n': return fail(parser, c, "A line must end with CR LF, not with LF alone");
	case '\r': return fail(parser, c, "The command ends too early, or CR stands alone");
	default: return fail(parser, c, (unsigned char)c >= 0x80
				? "8-bit text is only allowed in quoted strings and literals"
				: "Unexpected character in the command");
	}
}

/* Tag and name. */

static enum imap_parse_result step_tag(struct imap_parser *parser, char c)
{
	if (c == ' ' && parser->token->len > 0) {
		parser->tag = keep_token(parser);
		parser->state = STATE_COMMAND;
		return IMAP_PARSE_MORE;
	}
	if (c == '\r' && parser->token->len == 0)
		return fail(parser, c, "The line is empty");
	if (c == '\r') {
		parser->tag = keep_token(parser);
		return fail(parser, c, "A command is missing behind the tag");
	}
	if (!quote_is_astring_char((unsigned char)c) || c == '+')
		return fail(parser, c, "A command begins with a tag");
	if (parser->token->len >= MAX_TAG)
		return fail(parser, c, "The tag is too long");
	g_string_append_c(parser->token, c);
	return IMAP_PARSE_MORE;
}

static enum imap_parse_result step_command(struct imap_parser *parser, char c)
{
	GString *token = parser->token;

	if (c == ' ' && token->len == 3 && memcmp(token->str, "UID", 3) == 0) {
		g_string_append_c(token, ' ');
		return IMAP_PARSE_MORE;
	}
	if ((c == ' ' || c == '\r') && token->len > 0 && token->str[token->len - 1] != ' ') {
		parser->command = keep_token(parser);
		parser->state = c == ' ' ? STATE_ARG : STATE_LF;
		return IMAP_PARSE_MORE;
	}
	if (!quote_is_atom_char((unsigned char)c))
		return fail(parser, c, "A command name is expected behind the tag");
	if (token->len >= MAX_COMMAND)
		return fail(parser, c, "Unknown command");
	g_string_append_c(token, g_ascii_toupper(c));
	return IMAP_PARSE_MORE;
}

/* Arguments. */

bool imap_parser_is_token_char(unsigned char c)
{
	return c > 0x20 && c < 0x7f && c != '(' && c != ')' && c != '{' && c != '"';
}

static enum imap_parse_result open_list(struct imap_parser *parser, char c)
{
	struct imap_parser_level level = { 0 };

	if (parser->levels->len > parser->limits.depth)
		return fail(parser, c, "Lists are nested too deeply");
	level.list = add_arg(parser, IMAP_ARG_LIST);
	g_array_append_val(parser->levels, level);
	parser->state = STATE_ARG;
	return IMAP_PARSE_MORE;
}

static enum imap_parse_result close_list(struct imap_parser *parser, char c)
{
	if (parser->levels->len == 1)
		return fail(parser, c, "A parenthesis is closed that was not opened");
	g_array_set_size(parser->levels, parser->levels->len - 1);
	parser->state = STATE_AFTER_LIST;
	return IMAP_PARSE_MORE;
}

static void begin_size(struct imap_parser *parser, bool is_binary)
{
	parser->literal = (struct imap_literal){ .is_sync = true, .is_binary = is_binary };
	parser->has_digits = false;
	parser->state = STATE_SIZE;
}

static enum imap_parse_result step_arg(struct imap_parser *parser, char c)
{
	struct imap_parser_level *level = top(parser);

	if (parser->args >= parser->limits.args)
		return fail(parser, c, "The command has too many arguments");
	switch (c) {
	case '(':
		return open_list(parser, c);
	case ')':
		if (level->list == NULL || level->last != NULL)
			return unexpected(parser, c);
		return close_list(parser, c);
	case '"':
		parser->state = STATE_QUOTED;
		return IMAP_PARSE_MORE;
	case '{':
		begin_size(parser, false);
		return IMAP_PARSE_MORE;
	case '\r':
		/* Some clients leave a space at the end of a line. */
		if (parser->levels->len > 1)
			return unexpected(parser, c);
		parser->state = STATE_LF;
		return IMAP_PARSE_MORE;
	}
	if (!imap_parser_is_token_char((unsigned char)c))
		return unexpected(parser, c);
	g_string_append_c(parser->token, c);
	parser->state = c == '~' ? STATE_TILDE : STATE_ATOM;
	return IMAP_PARSE_MORE;
}

static enum imap_parse_result step_after(struct imap_parser *parser, char c)
{
	switch (c) {
	case ' ':
		parser->state = STATE_ARG;
		return IMAP_PARSE_MORE;
	case ')':
		return close_list(parser, c);
	case '\r':
		if (parser->levels->len > 1)
			return fail(parser, c, "A parenthesis is not closed");
		parser->state = STATE_LF;
		return IMAP_PARSE_MORE;
	case ']':
		if (parser->state != STATE_AFTER_LIST)
			break;
		parser->no_space = true;
		g_string_append_c(parser->token, c);
		parser->state = STATE_ATOM;
		return IMAP_PARSE_MORE;
	}
	return unexpected(parser, c);
}

static enum imap_parse_result step_atom(struct imap_parser *parser, char c)
{
	if (imap_parser_is_token_char((unsigned char)c)) {
		g_string_append_c(parser->token, c);
		return IMAP_PARSE_MORE;
	}
	if (c != ' ' && c != ')' && c != '\r')
		return unexpected(parser, c);
	end_text(parser, IMAP_ARG_ATOM);
	return step_after(parser, c);
}

static enum imap_parse_result step_quoted(struct imap_parser *parser, char c)
{
	if (c == '\r' || c == '\n')
		return fail(parser, c, "A quoted string is not closed");
	if (c == '\0')
		return unexpected(parser, c);
	if (parser->state == STATE_ESCAPED) {
		if (c != '"' && c != '\\')
			return fail(parser, c, "Only a double quote or a backslash may stand behind a backslash");
		g_string_append_c(parser->token, c);
		parser->state = STATE_QUOTED;
	} else if (c == '\\') {
		parser->state = STATE_ESCAPED;
	} else if (c == '"') {
		end_text(parser, IMAP_ARG_QUOTED);
	} else {
		g_string_append_c(parser->token, c);
	}
	return IMAP_PARSE_MORE;
}

static enum imap_parse_result step_tilde(struct imap_parser *parser, char c)
{
	if (c != '{') {
		parser->state = STATE_ATOM;
		return step_atom(parser, c);
	}
	g_string_truncate(parser->token, 0);
	begin_size(parser, true);
	return IMAP_PARSE_MORE;
}

static enum imap_parse_result step_size(struct imap_parser *parser, char c)
{
	static const char bad[] = "A literal is announced as {number} or {number+}";
	struct imap_literal *literal = &parser->literal;

	if (g_ascii_isdigit(c) && literal->is_sync) {
		if (literal->size > (UINT64_MAX >> 8)) {
			imap_parser_begin_skip(parser, "The size of a literal is too large");
			/* Only with '+' will it be sent. */
			parser->skip.too_large = true;
			return IMAP_PARSE_MORE;
		}
		literal->size = literal->size * 10 + (uint64_t)(c - '0');
		parser->has_digits = true;
	} else if (c == '+' && literal->is_sync && parser->has_digits) {
		literal->is_sync = false;
	} else if (c == '}' && parser->has_digits) {
		parser->state = STATE_SIZE_END;
	} else {
		return fail(parser, c, bad);
	}
	return IMAP_PARSE_MORE;
}

static enum imap_parse_result step_size_end(struct imap_parser *parser, char c)
{
	if (parser->state == STATE_SIZE_END && c == '\r') {
		parser->state = STATE_SIZE_LF;
		return IMAP_PARSE_MORE;
	}
	if (parser->state == STATE_SIZE_LF && c == '\n') {
		parser->state = STATE_LITERAL_ASK;
		return IMAP_PARSE_LITERAL;
	}
	return fail(parser, c, "The announcement of a literal must end its line");
}

static enum imap_parse_result step_lf(struct imap_parser *parser, char c)
{
	if (c != '\n')
		return unexpected(parser, c);
	parser->state = STATE_ENDED;
	return IMAP_PARSE_DONE;
}

enum imap_parse_result imap_parser_step(struct imap_parser *parser, char c)
{
	switch (parser->state) {
	case STATE_TAG: return step_tag(parser, c);
	case STATE_COMMAND: return step_command(parser, c);
	case STATE_ARG: return step_arg(parser, c);
	case STATE_ATOM: return step_atom(parser, c);
	case STATE_QUOTED:
	case STATE_ESCAPED: return step_quoted(parser, c);
	case STATE_TILDE: return step_tilde(parser, c);
	case STATE_SIZE: return step_size(parser, c);
	case STATE_SIZE_END:
	case STATE_SIZE_LF: return step_size_end(parser, c);
	case STATE_AFTER:
	case STATE_AFTER_LIST: return step_after(parser, c);
	case STATE_LF: return step_lf(parser, c);
	case STATE_SKIP: return step_skip(parser, c);
	case STATE_LITERAL_ASK:
	case STATE_LITERAL:
	case STATE_SKIP_LITERAL:
	case STATE_ENDED: break;
	}
	g_assert_not_reached();
}
