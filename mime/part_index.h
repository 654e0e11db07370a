/* The part index: what parts a message has and where their octets are.
 *
 * Indexing is a total function of the octets: every string of octets has exactly
 * one tree, whatever is wrong with it, and no octet is lost.  It is one pass over
 * octets pushed in pieces of any size (the tree does not depend on the cuts), with
 * memory per part only.  The finished index is one compact blob, read in place:
 * finding a section unpacks nothing else.
 *
 * A part's header range ends behind its blank line, where the body range begins.
 * The line end in front of a boundary line belongs to the boundary, unless the
 * part's body is empty.  A boundary line is `--boundary` or `--boundary--`, with
 * spaces and tabs behind it, innermost multipart first.  Past the limits (depth,
 * number of parts) the rest becomes one opaque application/octet-stream part.  A
 * multipart in which no part begins has its preamble as its only part (text/plain):
 * IMAP's grammar knows no empty multipart.  message/rfc822 and message/global are
 * descended: their only child is the root part of the message they hold. */
#ifndef MIME_PART_INDEX_H
#define MIME_PART_INDEX_H

#include "base/slice.h"

#include <stdint.h>

#define PART_INDEX_VERSION 1
/* Why not more: mail programs and parsers of the answer descend by recursion (1,000 levels end some
 * of them), each boundary-like line is compared at every level, and BODYSTRUCTURE of 10,000 parts
 * is 750 KB already, that of 100,000 would be asked for as often and be ten times that.  Honest mail
 * stays far below; Dovecot has the same two limits, so programs have met both. */
#define PART_MAX_DEPTH 100
#define PART_MAX_PARTS 10000
#define PART_NONE UINT32_MAX
#define PART_ROOT 0

enum part_kind {
	PART_LEAF,
	PART_MULTIPART, /* one or more children */
	PART_MESSAGE,   /* one child: the root part of the message inside */
};

/* One part, as a view into its index.  Words are lower case; a slice is empty
 * where the header has no such field. */
struct part {
	uint32_t number;          /* in order of appearance; 0 is the message itself */
	uint32_t parent;          /* PART_NONE for the root */
	uint32_t child_count;
	enum part_kind kind;
	uint64_t header_offset, header_size; /* with the blank line */
	uint64_t body_offset, body_size;     /* header_offset + header_size == body_offset */
	uint64_t body_lines;      /* LFs in the body */
	struct slice type, subtype;
	struct slice encoding;    /* "7bit" where absent; unknown words as they came */
	struct slice disposition; /* word only; see part_parameter */
	struct slice id, description, location, md5;
	struct slice language;    /* as in the header: words between commas */
	struct slice raw_parameters, raw_disposition_parameters; /* for part_parameter_next */
};

struct part_parameter {
	struct slice name;  /* lower case; ends in '*' when the value is RFC 2231 extended */
	struct slice value; /* continuations joined, quotes removed, else as in the header */
};

/* The finished index.  Immutable; may be read by several threads. */
struct part_index;

/* Octets to index. */
struct part_indexer;
struct part_indexer *part_indexer_create(void);
/* *indexer becomes NULL.  NULL is allowed. */
void part_indexer_destroy(struct part_indexer **indexer);
void part_indexer_push(struct part_indexer *indexer, const void *data, size_t len);
/* Ends the message; the indexer may then only be destroyed. */
struct part_index *part_indexer_finish(struct part_indexer *indexer);
/* All at once. */
struct part_index *part_index_of_slice(struct slice octets);

/* The blob, to be stored; lives as long as the index. */
struct slice part_index_blob(const struct part_index *index);
/* An index over a stored blob, which is copied; NULL when it is damaged or of
 * another version (the row must then be made anew). */
struct part_index *part_index_from_blob(struct slice blob);
/* The same over octets the caller keeps alive and unchanged. */
struct part_index *part_index_over_blob(struct slice blob);
/* *index becomes NULL.  NULL is allowed. */
void part_index_destroy(struct part_index **index);

/* Octets of the whole message. */
uint64_t part_index_size(const struct part_index *index);
uint64_t part_index_lines(const struct part_index *index);
bool part_index_has_nul(const struct part_index *index);
/* Octets over 127 in the header of the message or of any part. */
bool part_index_has_8bit_header(const struct part_index *index);
uint32_t part_index_count(const struct part_index *index);

/* number < part_index_count. */
struct part part_index_get(const struct part_index *index, uint32_t number);
/* nth < child_count; the child's number. */
uint32_t part_index_child(const struct part_index *index, const struct part *parent, uint32_t nth);

/* The part that IMAP names by these numbers, each from 1 (RFC 9051 6.4.5.1): false
 * when there is none.  No numbers name the root. */
bool part_index_find(const struct part_index *index, const uint32_t *path, size_t path_len,
		     struct part *part_out);
/* "1.2.3" of a part; NULL for one that has no number (the message itself when it is
 * a multipart, and the multipart directly inside a message part).  g_free() it. */
char *part_index_path(const struct part_index *index, uint32_t number);

/* Walks raw_parameters or raw_disposition_parameters: start with *rest = that slice;
 * false at the end. */
bool part_parameter_next(struct slice *rest, struct part_parameter *parameter_out);
/* A parameter's value as UTF-8: RFC 2231 decoded where extended (preferred over a
 * plain one of the same name), encoded words in plain ones decoded too, since many
 * programs write them.  NULL when absent; g_free() it. */
char *part_parameter(struct slice raw_parameters, const char *name);
/* The value of a parameter whose name ends in '*' as UTF-8.  g_free() it. */
char *part_parameter_decode(struct slice value);
/* The file name as UTF-8: filename of the disposition, else name of the type, tidied.  NULL when
 * there is none; g_free() it. */
char *part_filename(const struct part *part);
/* A name of others (UTF-8) without any path in front, and without what could hide or forge it on a
 * page or a disk (controls, marks of direction); of a long one the last 255 octets.  NULL when nothing is left; g_free() it. */
char *part_tidy_name(const char *name);

/* Type and subtype at once, in lower case: part_is(&part, "text", "calendar"); a NULL
 * subtype fits all. */
bool part_is(const struct part *part, const char *type, const char *subtype);
/* True for what a mail program shows as an attachment: disposition attachment, or a
 * leaf with a file name, or a leaf that is neither text nor multipart. */
bool part_is_attachment(const struct part *part);

#endif
