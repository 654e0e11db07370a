/* What a FETCH asks for (RFC 9051 6.4.5 and its extensions), read from the
 * command's arguments: a set of simple items and a list of sections. */
#ifndef IMAP_FETCH_ITEMS_H
#define IMAP_FETCH_ITEMS_H

#include "imap/args.h"
#include "mime/section.h"

enum fetch_item {
	FETCH_UID = 1 << 0,
	FETCH_FLAGS = 1 << 1,
	FETCH_INTERNALDATE = 1 << 2,
	FETCH_RFC822_SIZE = 1 << 3,
	FETCH_ENVELOPE = 1 << 4,
	FETCH_BODY = 1 << 5,          /* the structure without extension data */
	FETCH_BODYSTRUCTURE = 1 << 6,
	FETCH_MODSEQ = 1 << 7,
	FETCH_PREVIEW = 1 << 8,
	FETCH_SAVEDATE = 1 << 9,
	FETCH_EMAILID = 1 << 10,
	FETCH_THREADID = 1 << 11,
};

enum fetch_section_kind {
	FETCH_SECTION_TEXT,   /* BODY[...], RFC822...: a string */
	FETCH_SECTION_BINARY, /* BINARY[...]: literal8 where it holds NUL */
	FETCH_SECTION_SIZE,   /* BINARY.SIZE[...]: a number */
};

struct fetch_section {
	enum fetch_section_kind kind;
	struct section_spec spec;
	struct slice label;   /* as the reply names it: `BODY[1.MIME]<0>` */
	bool sets_seen;
	bool is_plain;        /* sent as it lies in the chunks, so opening it reads nothing */
	struct fetch_section *next;
};

struct fetch_items {
	unsigned simple;      /* enum fetch_item */
	struct fetch_section *sections;
	bool sets_seen;
};

/* An item, a macro, or a list of items; everything lives in the cursor's arena.
 * False with args->error. */
bool fetch_items_read(struct args *args, struct fetch_items *items_out);

#endif
