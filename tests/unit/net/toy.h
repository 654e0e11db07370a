/* The server under test: a toy protocol on real streams in threads of their own.
 *
 *   LINE text        -> "line 4 text"
 *   LIT n CRLF, n octets, rest CRLF -> "literal n CRC rest"
 *   DATA limit CRLF, SMTP data      -> "data done|long N CRC"
 *   SHOW CRLF, SMTP data            -> "data done <the octets escaped>"
 *   GET n            -> n octets of the pattern, then "got"
 *   FLOOD n          -> the same in pieces, as the high water allows
 *   STARTTLS, DEFLATE -> "go", then it begins
 *   PAUSE            -> stays paused until toy_resume()
 *   SLOW             -> as a command that runs in a worker: pauses, answers "slow" by a job
 *   LIMIT n          -> stream_set_input_limit, "limit"
 *   TIMEOUT ms       -> "timeout"; WHO -> "who SECURITY"; BIND type -> "bind HEX|none"
 *   QUIT             -> "bye", closes; DESTROY -> destroys at once
 *   else             -> "bad" */
#ifndef TESTS_UNIT_NET_TOY_H
#define TESTS_UNIT_NET_TOY_H

#include "net/listener.h"

struct toy;

/* `threads` loops, each run by a thread. */
struct toy *toy_start(unsigned threads);
/* All connections must be over or are ended.  *toy becomes NULL. */
void toy_stop(struct toy **toy);
struct loop *toy_loop(struct toy *toy, unsigned index);
struct loop *const *toy_loops(struct toy *toy);
/* A socketpair: one end served by the first loop, the other is returned. */
int toy_connect(struct toy *toy);
/* The same with TLS from the first octet. */
int toy_connect_tls(struct toy *toy, struct tls_server *tls);
/* What STARTTLS uses when there is no listener. */
void toy_set_tls(struct toy *toy, struct tls_server *tls);
/* For struct listener_options. */
void toy_accepted(void *toy, struct stream *stream);
/* A listener on a free loopback port. */
struct listener *toy_listen(struct toy *toy, const struct listener_options *options);
/* A blocking TCP connection to it. */
int toy_dial(const struct listener *listener);

/* Every loop has handled all that was ready when this was called. */
void toy_barrier(struct toy *toy);
/* Runs fn in the first loop's thread and waits for it. */
void toy_call(struct toy *toy, void (*fn)(void *arg), void *arg);
/* Resumes all paused streams. */
void toy_resume(struct toy *toy);
/* Waits until no stream is alive (by the loops' own doing). */
void toy_wait_empty(struct toy *toy);

struct toy_facts {
	unsigned ended[6];       /* by enum stream_end */
	unsigned drained, secured, timed_out, goodbyes;
	size_t most_input;       /* the longest run seen by stream_peek() */
	size_t most_queued;
	unsigned sessions[8];    /* by loop, ever */
};
struct toy_facts toy_facts(struct toy *toy);

/* The octets that GET and FLOOD send, and their CRC. */
void toy_pattern(uint8_t *data, size_t offset, size_t len);
uint32_t toy_crc(const void *data, size_t len);

#endif
