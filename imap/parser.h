/* Command tokenizer: octets in, one command's tag, name and argument tree out
 * (RFC 9051 section 9).  Eats any run of octets, stops at every one, and knows
 * no connection.
 *
 * It knows what an argument looks like, not what it means: atoms (with the
 * characters of flags, sequence sets and section specs), quoted strings,
 * literals ({n}, {n+}, ~{n}, ~{n+}) and lists.  The meaning is imap/args.h's.
 *
 * Bad input: the rest of the command is skipped, literals announced with '+'
 * included (their octets must not be taken for commands), and the answer is
 * IMAP_PARSE_BAD with a text for the client.  Memory is bounded by the limits. */
#ifndef IMAP_PARSER_H
#define IMAP_PARSER_H

#include "base/arena.h"
#include "base/spool.h"

#include <stdint.h>

struct imap_parser;

enum imap_arg_type { IMAP_ARG_ATOM, IMAP_ARG_QUOTED, IMAP_ARG_LITERAL, IMAP_ARG_LIST };

/* Lives until imap_parser_next() or destroy. */
struct imap_arg {
	enum imap_arg_type type;
	bool is_binary;               /* literal8 */
	bool after_list;              /* no space between this and the list before: `)]<0.5>` */
	struct slice text;            /* all but lists and spooled literals */
	struct spool *spool;          /* a literal that went to a spool; the parser's */
	const struct imap_arg *first; /* of a list */
	const struct imap_arg *next;
};

struct imap_parser_limits {
	size_t line;     /* octets of a command without its literals */
	size_t literals; /* octets of all literals kept in memory */
	unsigned depth;  /* of lists */
	unsigned args;
};

enum imap_parse_result {
	IMAP_PARSE_MORE,    /* all octets eaten, the command is not at its end */
	IMAP_PARSE_LITERAL, /* a literal is announced: accept or refuse it, then go on */
	IMAP_PARSE_DONE,    /* the command is complete */
	IMAP_PARSE_BAD,     /* the command was bad and has been skipped to its end */
	IMAP_PARSE_FATAL,   /* where the next command begins can't be known */
};

struct imap_literal {
	uint64_t size;
	bool is_sync; /* the client waits for "+ " */
	bool is_binary;
};

struct imap_parser *imap_parser_create(const struct imap_parser_limits *limits);
void imap_parser_destroy(struct imap_parser **parser);
void imap_parser_set_limits(struct imap_parser *parser, const struct imap_parser_limits *limits);

/* Eats octets until a result other than MORE, or all of them; *eaten_out is how many. */
enum imap_parse_result imap_parser_feed(struct imap_parser *parser, struct slice octets,
					size_t *eaten_out);
/* Forgets the command and frees its memory; the next octet starts a new one. */
void imap_parser_next(struct imap_parser *parser);
/* True when no octet of a command has been eaten. */
bool imap_parser_is_idle(const struct imap_parser *parser);

/* After IMAP_PARSE_LITERAL, one of these. */
struct imap_literal imap_parser_literal(const struct imap_parser *parser);
/* Into memory; false (nothing changed) when the limit would be passed. */
bool imap_parser_accept(struct imap_parser *parser);
/* Into the spool, which becomes the parser's.  A spool that fails makes the
 * command BAD; imap_parser_spool_error() tells it from bad syntax. */
void imap_parser_accept_spool(struct imap_parser *parser, struct spool *spool);
/* How many spools the command has already. */
unsigned imap_parser_spools(const struct imap_parser *parser);
/* How many octets of these are in memory. */
size_t imap_parser_spooled_in_memory(const struct imap_parser *parser);
/* The command ends as BAD with this text: a synchronising literal at once (the
 * client sends nothing), another one when it has been skipped. */
enum imap_parse_result imap_parser_refuse(struct imap_parser *parser, const char *text);

/* Empty until it has been read; of a bad command too. */
struct slice imap_parser_tag(const struct imap_parser *parser);
/* Upper case, "UID FETCH" as one name; empty until it has been read. */
struct slice imap_parser_command(const struct imap_parser *parser);
/* The first argument or NULL. */
const struct imap_arg *imap_parser_args(const struct imap_parser *parser);
/* Why the command is bad. */
const char *imap_parser_error(const struct imap_parser *parser);
/* The errno of a spool that failed, else 0. */
int imap_parser_spool_error(const struct imap_parser *parser);
/* For what else belongs to the command. */
struct arena *imap_parser_arena(struct imap_parser *parser);

#endif
