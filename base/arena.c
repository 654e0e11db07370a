/* Blocks in a list, the newest first; a piece that does not fit starts a new
 * block, large pieces get a block of their own.  A reset keeps the first block
 * so that a session that runs small commands does not visit the allocator. */
#include "base/arena.h"

#include <stdalign.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>

enum { BLOCK_SIZE = 4096 - 64 };

struct block {
	struct block *next;
	size_t size, used;
	alignas(max_align_t) char data[];
};

struct arena {
	struct block *newest;
};

static struct block *block_create(size_t size, struct block *next)
{
	struct block *block = g_malloc(sizeof(*block) + size);

	block->next = next;
	block->size = size;
	block->used = 0;
	return block;
}

struct arena *arena_create(void)
{
	return g_new0(struct arena, 1);
}

static void free_blocks(struct block *block)
{
	while (block != NULL) {
		struct block *next = block->next;

		g_free(block);
		block = next;
	}
}

void arena_destroy(struct arena **arena)
{
	if (*arena == NULL)
		return;
	free_blocks((*arena)->newest);
	g_free(*arena);
	*arena = NULL;
}

void arena_reset(struct arena *arena)
{
	struct block *keep = arena->newest;

	if (keep == NULL)
		return;
	free_blocks(keep->next);
	keep->next = NULL;
	keep->used = 0;
	if (keep->size > BLOCK_SIZE) {
		g_free(keep);
		arena->newest = NULL;
	}
}

void *arena_alloc(struct arena *arena, size_t size)
{
	const size_t align = alignof(max_align_t);
	size_t need;
	void *piece;

	g_assert(size <= SIZE_MAX / 2);
	need = (MAX(size, 1) + align - 1) / align * align;
	if (arena->newest == NULL || arena->newest->size - arena->newest->used < need)
		arena->newest = block_create(MAX(need, (size_t)BLOCK_SIZE), arena->newest);
	piece = arena->newest->data + arena->newest->used;
	arena->newest->used += need;
	return memset(piece, 0, need);
}

size_t arena_array_size(size_t size, size_t count)
{
	g_assert(size == 0 || count <= SIZE_MAX / size);
	return size * count;
}

char *arena_copy(struct arena *arena, const void *data, size_t len)
{
	char *copy = arena_alloc(arena, len + 1);

	if (len > 0)
		memcpy(copy, data, len);
	return copy;
}

char *arena_printf(struct arena *arena, const char *format, ...)
{
	va_list args;
	int len;
	char *text;

	va_start(args, format);
	len = vsnprintf(NULL, 0, format, args);
	va_end(args);
	g_assert(len >= 0);
	text = arena_alloc(arena, (size_t)len + 1);
	va_start(args, format);
	vsnprintf(text, (size_t)len + 1, format, args);
	va_end(args);
	return text;
}
