/* The inside of the command tokenizer: what imap/parser.c (memory, runs of octets, literals) and
 * imap/parser_step.c (the grammar, one octet at a time) share. */
#ifndef IMAP_PARSER_PRIVATE_H
#define IMAP_PARSER_PRIVATE_H

#include "imap/parser.h"

enum imap_parser_state {
	STATE_TAG,
	STATE_COMMAND,
	STATE_ARG,         /* an argument must begin */
	STATE_ATOM,
	STATE_QUOTED,
	STATE_ESCAPED,     /* behind a backslash in a quoted string */
	STATE_TILDE,       /* `~`: literal8 or an atom */
	STATE_SIZE,        /* in `{...` */
	STATE_SIZE_END,    /* behind `}` */
	STATE_SIZE_LF,
	STATE_LITERAL_ASK, /* the caller has to decide */
	STATE_LITERAL,
	STATE_AFTER,       /* behind an argument */
	STATE_AFTER_LIST,  /* behind `)`: also `]` of a section */
	STATE_LF,          /* behind the CR that ends the command */
	STATE_SKIP,
	STATE_SKIP_LITERAL,
	STATE_ENDED,
};

/* What the skipper has seen of `{n+}CRLF`. */
struct imap_parser_skip {
	enum { SKIP_NOTHING, SKIP_OPEN, SKIP_DIGITS, SKIP_PLUS, SKIP_CLOSED } seen;
	uint64_t size;
	bool too_large;
};

struct imap_parser_level {
	struct imap_arg *list;
	struct imap_arg *last; /* the argument new ones are linked behind */
};

struct imap_parser {
	struct imap_parser_limits limits;
	struct arena *arena;
	enum imap_parser_state state;
	GString *token;
	struct slice tag, command;
	struct imap_arg *first;
	GArray *levels;            /* struct imap_parser_level; [0] is the command itself */
	GPtrArray *spools;
	struct imap_literal literal;
	uint64_t left;             /* octets of the literal to come */
	struct spool *spool;       /* the literal goes there; NULL: to token */
	size_t line, in_memory;
	unsigned args;
	bool has_digits, no_space;
	struct imap_parser_skip skip;
	const char *error;
	int spool_error;
};

/* One octet, in any state that looks at single ones. */
enum imap_parse_result imap_parser_step(struct imap_parser *parser, char c);
/* The command is bad: the first error stays, the rest is skipped; MORE. */
enum imap_parse_result imap_parser_begin_skip(struct imap_parser *parser, const char *error);
/* The literal's last octet is there: it becomes an argument. */
void imap_parser_end_literal(struct imap_parser *parser);
/* May stand in an atom as tokens know them: flags, sections, sequence sets and list patterns too. */
bool imap_parser_is_token_char(unsigned char c);

#endif
