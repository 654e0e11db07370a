/* A session's replies on their way to its stream: text built in place and large
 * octets passed by reference.  Filled by whoever owns the session (network thread
 * or worker), flushed by its network thread. */
#ifndef IMAP_OUTPUT_H
#define IMAP_OUTPUT_H

#include "net/stream.h"

struct output;

/* A command that has made this much answers "more" and goes on when the client
 * has taken it. */
#define OUTPUT_HIGH_WATER (256 * 1024)

struct output *output_create(void);
void output_destroy(struct output **output);

/* To append to; valid until the next other call on this output. */
GString *output_text(struct output *output);
/* A reference is taken. */
void output_bytes(struct output *output, GBytes *bytes);
bool output_is_full(const struct output *output);

/* Everything to the stream. */
void output_flush(struct output *output, struct stream *stream);

#endif
