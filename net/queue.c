/* A chunk is either a buffer of its own (room behind `end` may be filled) or a
 * reference.  The first chunk of an empty queue is small, for the one-line
 * reply; when more follows, chunks are of a TLS record's size. */
#include "net/queue.h"

enum {
	SMALL_CHUNK = 2048 - 64, /* less the chunk's head and malloc's own */
	LARGE_CHUNK = 16384,
	COPY_BELOW = 1024, /* a reference to fewer octets costs more than a copy */
};

struct queue_chunk {
	struct queue_chunk *next;
	GBytes *bytes; /* NULL: own buffer */
	const uint8_t *data;
	size_t start, end, capacity;
	uint8_t buffer[];
};

static struct queue_chunk *chunk_add(struct queue *queue, size_t capacity)
{
	struct queue_chunk *chunk = g_malloc(sizeof *chunk + capacity);

	chunk->next = NULL;
	chunk->bytes = NULL;
	chunk->data = chunk->buffer;
	chunk->start = chunk->end = 0;
	chunk->capacity = capacity;
	if (queue->last != NULL)
		queue->last->next = chunk;
	else
		queue->first = chunk;
	queue->last = chunk;
	return chunk;
}

static void chunk_drop_first(struct queue *queue)
{
	struct queue_chunk *chunk = queue->first;

	queue->first = chunk->next;
	if (queue->first == NULL)
		queue->last = NULL;
	if (chunk->bytes != NULL)
		g_bytes_unref(chunk->bytes);
	g_free(chunk);
}

uint8_t *queue_reserve(struct queue *queue, size_t least, size_t *room_out)
{
	struct queue_chunk *chunk = queue->last;

	if (chunk == NULL || chunk->capacity - chunk->end < least)
		chunk = chunk_add(queue, MAX(least, queue->length == 0 && least <= SMALL_CHUNK ?
						     SMALL_CHUNK : LARGE_CHUNK));
	*room_out = chunk->capacity - chunk->end;
	return chunk->buffer + chunk->end;
}

void queue_commit(struct queue *queue, size_t len)
{
	g_assert(len <= queue->last->capacity - queue->last->end);
	queue->last->end += len;
	queue->length += len;
}

void queue_append(struct queue *queue, const void *data, size_t len)
{
	const uint8_t *from = data;

	while (len > 0) {
		size_t room, part;
		uint8_t *to;
		bool fits = queue->last != NULL && queue->last->capacity > queue->last->end;

		to = queue_reserve(queue, fits ? 1 : MIN(len, LARGE_CHUNK), &room);
		part = MIN(room, len);
		memcpy(to, from, part);
		queue_commit(queue, part);
		from += part;
		len -= part;
	}
}

void queue_append_bytes(struct queue *queue, GBytes *bytes)
{
	size_t len;
	const uint8_t *data = g_bytes_get_data(bytes, &len);
	struct queue_chunk *chunk;

	if (len < COPY_BELOW) {
		queue_append(queue, data, len);
		return;
	}
	chunk = chunk_add(queue, 0);
	chunk->bytes = g_bytes_ref(bytes);
	chunk->data = data;
	chunk->end = chunk->capacity = len;
	queue->length += len;
}

struct slice queue_front(const struct queue *queue, uint8_t *scratch, size_t len)
{
	const struct queue_chunk *chunk = queue->first;
	size_t copied = 0;

	len = MIN(len, queue->length);
	if (chunk != NULL && chunk->end - chunk->start >= len)
		return slice_of((const char *)chunk->data + chunk->start, len);
	for (; copied < len; chunk = chunk->next) {
		size_t part = MIN(chunk->end - chunk->start, len - copied);

		memcpy(scratch + copied, chunk->data + chunk->start, part);
		copied += part;
	}
	return slice_of((const char *)scratch, len);
}

int queue_vectors(const struct queue *queue, struct iovec *vectors, int max)
{
	int count = 0;

	for (const struct queue_chunk *chunk = queue->first; chunk != NULL && count < max;
	     chunk = chunk->next) {
		if (chunk->end == chunk->start)
			continue;
		vectors[count].iov_base = (void *)(chunk->data + chunk->start);
		vectors[count].iov_len = chunk->end - chunk->start;
		count++;
	}
	return count;
}

void queue_consume(struct queue *queue, size_t len)
{
	g_assert(len <= queue->length);
	queue->length -= len;
	while (queue->first != NULL) {
		struct queue_chunk *chunk = queue->first;
		size_t part = MIN(chunk->end - chunk->start, len);

		chunk->start += part;
		len -= part;
		if (chunk->start < chunk->end)
			return;
		chunk_drop_first(queue);
	}
}

void queue_clear(struct queue *queue)
{
	while (queue->first != NULL)
		chunk_drop_first(queue);
	queue->length = 0;
}
