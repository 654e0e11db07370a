/* Lines and counted literals out of a stream, resumable at every octet.  Never
 * blocks: "not all there yet" is an ordinary answer. */
#ifndef NET_READER_H
#define NET_READER_H

#include "base/spool.h"
#include "net/stream.h"

struct reader;

enum reader_result {
	READER_MORE,     /* call again when the stream has more input */
	READER_DONE,
	READER_TOO_LONG, /* the line passed max_line; it was skipped to its end */
	READER_FAILED,   /* spool error (no space); the literal was skipped to its end */
};

/* The stream stays the caller's and must outlive the reader. */
struct reader *reader_create(struct stream *stream, size_t max_line);
void reader_destroy(struct reader **reader);

/* One line ended by CRLF or bare LF.  On READER_DONE *line_out is the line
 * without its end (valid until the next call); *bare_lf_out (NULL allowed) says
 * that the CR was missing. */
enum reader_result reader_line(struct reader *reader, struct slice *line_out, bool *bare_lf_out);

/* Exactly `size` octets into the spool (NULL: thrown away).  Call again with the
 * same arguments until it is not READER_MORE.  The octets behind the literal stay in the stream. */
enum reader_result reader_literal(struct reader *reader, uint64_t size, struct spool *spool);

/* SMTP data (RFC 5321 4.5.2) up to and with CRLF.CRLF: dots unstuffed, the octets
 * otherwise exactly as sent (bare CR or LF too; only CRLF.CRLF ends).  Octets
 * over `limit` are thrown away and READER_TOO_LONG is the answer at the end. */
enum reader_result reader_dot_data(struct reader *reader, uint64_t limit, struct spool *spool);

#endif
