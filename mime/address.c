/* The address parser.
 *
 * A value is read from left to right into phrases.  What stops a phrase says what it was: '<'
 * its display name, '@' a local part, ':' a group's name, ',' or the end a lone word.  Quotes and
 * brackets that never close count as nothing, so that one slip does not swallow the rest of the
 * list; once one kind was found open, later ones of its kind are not searched again (a long
 * value of them would cost its square), nor is a closing bracket that was seen, and a route is
 * looked for in a line's length only.
 *
 * Every reader of addresses uses this parser, ENVELOPE and the judge of who sent a meeting: were the
 * second GMime's, a sender could be one to the reader and another to the judge. */
#include "mime/address.h"
#include "mime/charset.h"
#include "mime/header.h"

#define ROUTE_MAX 1000 /* octets */

struct parser {
	struct arena *arena;
	const char *at, *end;
	const char *bracket; /* the next '>', or the end; looked for again only behind it */
	bool in_group, open_quote, open_comment;
	size_t count;
	struct address *first, **tail;
	/* The phrase being read. */
	GString *words;      /* display form: words with one space between */
	GString *comment;    /* the last comment */
	size_t last_word;    /* where the last word begins in `words` */
	bool has_text;
};

static bool is_space(char c)
{
	return c == ' ' || c == '\t' || c == '\r' || c == '\n' || c == '\0';
}

static struct slice keep(struct parser *p, const char *data, size_t len)
{
	return slice_of(arena_copy(p->arena, data, len), len);
}

static void clear_phrase(struct parser *p)
{
	g_string_truncate(p->words, 0);
	g_string_truncate(p->comment, 0);
	p->last_word = 0;
	p->has_text = false;
}

static struct address *add(struct parser *p, enum address_kind kind)
{
	struct address *address = arena_new(p->arena, struct address);

	address->kind = kind;
	*p->tail = address;
	p->tail = &address->next;
	p->count++;
	return address;
}

/* The closing quote of the one at p->at, NULL when there is none. */
static const char *find_quote(struct parser *p)
{
	if (p->open_quote)
		return NULL;
	for (const char *q = p->at + 1; q < p->end; q++) {
		if (*q == '\\' && q + 1 < p->end)
			q++;
		else if (*q == '"')
			return q;
	}
	p->open_quote = true;
	return NULL;
}

static const char *find_comment_end(struct parser *p)
{
	int depth = 0;

	if (p->open_comment)
		return NULL;
	for (const char *q = p->at; q < p->end; q++) {
		if (*q == '\\' && q + 1 < p->end)
			q++;
		else if (*q == '(')
			depth++;
		else if (*q == ')' && --depth == 0)
			return q;
	}
	p->open_comment = true;
	return NULL;
}

/* Quoted content without backslashes and line ends. */
static void append_unescaped(GString *out, const char *from, const char *to)
{
	for (; from < to; from++) {
		if (*from == '\\' && from + 1 < to)
			from++;
		if (*from != '\r' && *from != '\n' && *from != '\0')
			g_string_append_c(out, *from);
	}
}

/* An encoded word is one word, whatever specials it holds (many programs forget to encode them). */
static size_t encoded_word_size(const struct parser *p)
{
	size_t left = (size_t)(p->end - p->at);
	const char *q, *close;

	if (left < 8 || p->at[0] != '=' || p->at[1] != '?')
		return 0;
	q = memchr(p->at + 2, '?', MIN(left - 2, 64));
	if (q == NULL || p->end - q < 4 || strchr("bBqQ", q[1]) == NULL || q[2] != '?')
		return 0;
	left = MIN((size_t)(p->end - (q + 3)), 512);
	close = memmem(q + 3, left, "?=", 2);
	if (close == NULL)
		return 0;
	for (const char *c = p->at; c < close; c++)
		if (is_space(*c))
			return 0;
	return (size_t)(close + 2 - p->at);
}

static void begin_word(struct parser *p, bool spaced)
{
	if (spaced && p->words->len > 0)
		g_string_append_c(p->words, ' ');
	if (spaced || !p->has_text)
		p->last_word = p->words->len;
	p->has_text = true;
}

/* A comment or an octet that means nothing here. */
static void take_comment(struct parser *p)
{
	const char *close = find_comment_end(p);

	if (close == NULL) {
		p->at++;
		return;
	}
	g_string_truncate(p->comment, 0);
	append_unescaped(p->comment, p->at + 1, close);
	p->at = close + 1;
}

static void take_quoted(struct parser *p, bool spaced)
{
	const char *close = find_quote(p);

	if (close == NULL) {
		p->at++;
		return;
	}
	begin_word(p, spaced);
	append_unescaped(p->words, p->at + 1, close);
	p->at = close + 1;
}

static bool is_atom(const struct parser *p, char c)
{
	return !is_space(c) && strchr("\"(),;<>@", c) == NULL && (c != ':' || p->in_group);
}

static void take_atom(struct parser *p, bool spaced)
{
	size_t encoded = encoded_word_size(p);
	const char *start = p->at;

	begin_word(p, spaced);
	if (encoded > 0)
		p->at += encoded;
	else
		while (p->at < p->end && is_atom(p, *p->at) &&
		       (p->at == start || encoded_word_size(p) == 0))
			p->at++;
	g_string_append_len(p->words, start, p->at - start);
}

/* Words up to one of < > @ , ; : or the end. */
static void take_phrase(struct parser *p)
{
	bool spaced = true;

	while (p->at < p->end) {
		char c = *p->at;

		if (is_space(c)) {
			p->at++;
			spaced = true;
			continue;
		}
		if (c == '(')
			take_comment(p);
		else if (c == ')')
			p->at++;
		else if (c == '"')
			take_quoted(p, spaced);
		else if (is_atom(p, c))
			take_atom(p, spaced);
		else
			return;
		spaced = c == '(';
	}
}

static void skip_filler(struct parser *p)
{
	while (p->at < p->end && (is_space(*p->at) || *p->at == '(')) {
		if (*p->at == '(')
			take_comment(p);
		else
			p->at++;
	}
}

/* Behind '@': a domain, or a literal in square brackets. */
static void take_domain(struct parser *p, GString *domain)
{
	skip_filler(p);
	if (p->at < p->end && *p->at == '[') {
		while (p->at < p->end && *p->at != ']' && *p->at != '>' && *p->at != ',')
			g_string_append_c(domain, *p->at++);
		if (p->at < p->end && *p->at == ']')
			g_string_append_c(domain, *p->at++);
		return;
	}
	while (p->at < p->end) {
		if (*p->at == '"') {
			p->at++;
		} else if (*p->at == '.' || is_atom(p, *p->at)) {
			g_string_append_c(domain, *p->at++);
		} else if (is_space(*p->at) && p->at + 1 < p->end &&
			   (p->at[1] == '.' || (domain->len > 0 && domain->str[domain->len - 1] == '.' &&
						is_atom(p, p->at[1])))) {
			p->at++; /* "a . b" */
		} else {
			return;
		}
	}
}

/* "@a,@b:" in front of an address in brackets. */
static void take_route(struct parser *p, GString *route)
{
	const char *q = p->at, *stop = q + MIN(p->end - q, ROUTE_MAX);

	while (q < stop && *q != ':' && *q != '>' && *q != '"')
		q++;
	if (q == stop || *q != ':')
		return;
	for (; p->at < q; p->at++)
		if (!is_space(*p->at))
			g_string_append_c(route, *p->at);
	p->at++;
}

/* local@domain, of the words and what follows at '@'; a second '@' moves the first into the
 * local part. */
static void take_at(struct parser *p, GString *local, GString *domain)
{
	while (p->at < p->end && *p->at == '@') {
		p->at++;
		if (domain->len > 0) {
			g_string_append_c(local, '@');
			g_string_append_len(local, domain->str, (gssize)domain->len);
			g_string_truncate(domain, 0);
		}
		take_domain(p, domain);
	}
}

static bool has_bracket_end(struct parser *p)
{
	if (p->bracket == NULL || p->bracket < p->at) {
		p->bracket = memchr(p->at, '>', (size_t)(p->end - p->at));
		if (p->bracket == NULL)
			p->bracket = p->end;
	}
	return p->bracket < p->end;
}

/* Inside the brackets everything but '@' and '>' belongs to the local part. */
static void take_bracket_local(struct parser *p, GString *local)
{
	bool closed = has_bracket_end(p);

	while (p->at < p->end && *p->at != '@' && *p->at != '>') {
		const char *close;

		if (*p->at == '"' && (close = find_quote(p)) != NULL) {
			append_unescaped(local, p->at + 1, close);
			p->at = close + 1;
		} else if (*p->at == '(' && find_comment_end(p) != NULL) {
			take_comment(p);
		} else {
			/* A bracket that was never closed ends with its address. */
			if (*p->at == ',' && !closed)
				return;
			if (!is_space(*p->at) && *p->at != '<' && *p->at != '"')
				g_string_append_c(local, *p->at);
			p->at++;
		}
	}
}

static void skip_to_bracket_end(struct parser *p)
{
	while (p->at < p->end && *p->at != '>' && *p->at != ',')
		p->at++;
	while (p->at < p->end && *p->at == '>')
		p->at++;
}

static void take_bracketed(struct parser *p)
{
	g_autoptr(GString) local = g_string_new(NULL), domain = g_string_new(NULL);
	g_autoptr(GString) route = g_string_new(NULL);
	g_autoptr(GString) name = g_string_new(p->words->len > 0 ? p->words->str : p->comment->str);
	struct address *address;

	while (p->at < p->end && (*p->at == '<' || is_space(*p->at)))
		p->at++;
	if (p->at < p->end && *p->at == '@')
		take_route(p, route);
	take_bracket_local(p, local);
	take_at(p, local, domain);
	skip_to_bracket_end(p);
	g_string_truncate(p->comment, 0); /* one within the brackets names nobody */
	skip_filler(p);
	address = add(p, ADDRESS_MAILBOX);
	if (name->len == 0)
		g_string_assign(name, p->comment->str);
	address->name = keep(p, name->str, name->len);
	address->route = keep(p, route->str, route->len);
	address->local = keep(p, local->str, local->len);
	address->domain = keep(p, domain->str, domain->len);
	clear_phrase(p);
}

/* Without brackets: the last word is the local part, words in front of it a name. */
static void take_bare(struct parser *p)
{
	g_autoptr(GString) local = g_string_new(p->words->str + p->last_word);
	g_autoptr(GString) domain = g_string_new(NULL);
	size_t name_len = p->last_word > 0 ? p->last_word - 1 : 0;
	struct address *address;

	take_at(p, local, domain);
	skip_filler(p);
	if (p->at < p->end && *p->at == '<') {
		/* "a@b <a@b>": the display name is an address without its quotes. */
		g_string_truncate(p->words, p->last_word);
		g_string_append_printf(p->words, "%s@%s", local->str, domain->str);
		take_bracketed(p);
		return;
	}
	address = add(p, ADDRESS_MAILBOX);
	if (name_len > 0)
		address->name = keep(p, p->words->str, name_len);
	else
		address->name = keep(p, p->comment->str, p->comment->len);
	address->local = keep(p, local->str, local->len);
	address->domain = keep(p, domain->str, domain->len);
	clear_phrase(p);
}

static void take_lone_words(struct parser *p)
{
	struct address *address;

	if (p->has_text && p->words->len > 0) {
		address = add(p, ADDRESS_MAILBOX);
		address->local = keep(p, p->words->str, p->words->len);
		address->name = keep(p, p->comment->str, p->comment->len);
	}
	clear_phrase(p);
}

static void begin_group(struct parser *p)
{
	add(p, ADDRESS_GROUP_START)->name = keep(p, p->words->str, p->words->len);
	p->in_group = true;
	p->at++;
	clear_phrase(p);
}

static void end_group(struct parser *p)
{
	take_lone_words(p);
	if (p->in_group)
		add(p, ADDRESS_GROUP_END);
	p->in_group = false;
}

static void take_list(struct parser *p)
{
	while (p->at < p->end && p->count < ADDRESS_MAX) {
		take_phrase(p);
		if (p->at == p->end)
			break;
		switch (*p->at) {
		case '<':
			take_bracketed(p);
			break;
		case '@':
			take_bare(p);
			break;
		case ':':
			begin_group(p);
			break;
		case ';':
			end_group(p);
			p->at++;
			break;
		default: /* ',' and a stray '>' */
			take_lone_words(p);
			p->at++;
			break;
		}
	}
	end_group(p);
}

static void parse_into(struct parser *p, struct slice value)
{
	if (value.len == 0)
		return;
	p->at = value.data;
	p->end = value.data + value.len;
	p->bracket = NULL;
	p->in_group = p->open_quote = p->open_comment = false;
	clear_phrase(p);
	take_list(p);
}

static void parser_open(struct parser *p, struct arena *arena)
{
	*p = (struct parser){ .arena = arena, .words = g_string_new(NULL),
			      .comment = g_string_new(NULL) };
	p->tail = &p->first;
}

static struct address *parser_close(struct parser *p)
{
	g_string_free(p->words, TRUE);
	g_string_free(p->comment, TRUE);
	return p->first;
}

struct address *address_parse(struct arena *arena, struct slice value)
{
	struct parser parser;

	parser_open(&parser, arena);
	parse_into(&parser, value);
	return parser_close(&parser);
}

struct address *address_parse_header(struct arena *arena, struct slice header, const char *name)
{
	struct parser parser;
	struct header_field field;

	parser_open(&parser, arena);
	while (header_next(&header, &field))
		if (slice_equal_ascii_case(field.name, slice_from_string(name)))
			parse_into(&parser, field.value);
	return parser_close(&parser);
}

const struct address *address_first_mailbox(const struct address *list)
{
	while (list != NULL && list->kind != ADDRESS_MAILBOX)
		list = list->next;
	return list;
}

size_t address_count(const struct address *list)
{
	size_t count = 0;

	for (; list != NULL; list = list->next)
		count += list->kind == ADDRESS_MAILBOX;
	return count;
}

char *address_name(const struct address *address)
{
	GString *out = g_string_new(NULL);

	charset_decode_header(out, address->name);
	return g_string_free(out, FALSE);
}

char *address_spec(const struct address *address)
{
	g_autofree char *domain = NULL;
	g_autoptr(GString) raw = g_string_new(NULL);
	GString *out = g_string_new(NULL);

	g_string_append_len(raw, address->local.data, (gssize)address->local.len);
	if (address->domain.len > 0) {
		domain = g_ascii_strdown(address->domain.data, (gssize)address->domain.len);
		g_string_append_printf(raw, "@%s", domain);
	}
	charset_make_utf8(out, slice_of(raw->str, raw->len));
	return g_string_free(out, FALSE);
}
