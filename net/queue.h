/* Octets waiting to go out: a chain of copied runs and of references to
 * immutable bytes.  Small copies share a chunk; an empty queue holds no memory.
 * For net/ alone. */
#ifndef NET_QUEUE_H
#define NET_QUEUE_H

#include "base/slice.h"

#include <stdint.h>
#include <sys/uio.h>

struct queue_chunk;

struct queue { /* zero is an empty queue */
	struct queue_chunk *first, *last;
	size_t length;
};

void queue_append(struct queue *queue, const void *data, size_t len);
void queue_append_bytes(struct queue *queue, GBytes *bytes);
/* Room for at least `least` octets at the end, to be filled and then committed. */
uint8_t *queue_reserve(struct queue *queue, size_t least, size_t *room_out);
void queue_commit(struct queue *queue, size_t len);
/* The first min(len, length) octets in one run: in place, or copied to scratch. */
struct slice queue_front(const struct queue *queue, uint8_t *scratch, size_t len);
/* Fills at most `max` vectors from the front; returns how many. */
int queue_vectors(const struct queue *queue, struct iovec *vectors, int max);
void queue_consume(struct queue *queue, size_t len);
void queue_clear(struct queue *queue);

#endif
